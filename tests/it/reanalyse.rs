//! `docs/reanalyse.py` recomputes every score from the respondent-level export, and says where a
//! file differs.

use crate::export::{Field, stamp};
use canvass::rules::export::{Form, scores_csv};
use canvass::rules::scoring::Score;
use std::path::Path;
use std::process::Command;

/// Exit code and stderr of the independent recomputation.
fn reanalyse(folder: &Path, files: [&str; 2]) -> (Option<i32>, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reanalyse.py");
    let done =
        Command::new("python3").arg(script).args(files).current_dir(folder).output().unwrap();
    (done.status.code(), String::from_utf8(done.stderr).unwrap())
}

/// Reasons that the made-up surveys below must contain, so that none goes uncompared.
const REASONS: [&str; 5] = [
    "no_variation",
    "no_valid_interview",
    "below_minimum_n",
    "interval_touches_other_tier",
    "indicator_without_answers",
];

#[test]
fn another_program_recomputes_every_score_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let stamp = stamp();
    let mut seen = std::collections::BTreeSet::new();
    for (seed, targets) in [(1, 7), (2, 36), (3, 110), (4, 1), (0, 8)] {
        let mut field = Field::new(seed, targets);
        // Alone, the eighth target, whose answers are all equal, finds no variation anywhere.
        field.targets.drain(..if seed == 0 { 7 } else { 0 });
        let rows = field.scores(&stamp);
        for form in [Form::Exact, Form::Guarded] {
            std::fs::write(folder.path().join("i.csv"), field.csv(&stamp, form)).unwrap();
            std::fs::write(folder.path().join("s.csv"), scores_csv(&rows, &stamp, form)).unwrap();
            let found = reanalyse(folder.path(), ["i.csv", "s.csv"]);
            assert_eq!(found, (Some(0), String::new()), "seed {seed}");
        }
        seen.extend(rows.iter().map(|row| row.se_basis.code()));
        let reason = |row: &Score| row.reason.split(';').next().map(str::to_owned);
        seen.extend(
            rows.iter()
                .filter_map(reason)
                .filter_map(|code| REASONS.into_iter().find(|known| code == *known)),
        );
    }
    assert_eq!(seen.len(), 4 + REASONS.len(), "{seen:?}");
}

#[test]
fn the_other_program_names_row_and_column_of_a_difference() {
    let folder = tempfile::tempdir().unwrap();
    let (stamp, field) = (stamp(), Field::new(2, 36));
    let interviews = String::from_utf8(field.csv(&stamp, Form::Exact)).unwrap();
    let scores = String::from_utf8(scores_csv(&field.scores(&stamp), &stamp, Form::Exact)).unwrap();
    let first: Vec<&str> = scores.lines().nth(1).unwrap().split(',').collect();
    let other = |from: String, to: String| scores.replacen(&from, &to, 1);
    let dropped: String = scores.lines().take(20).map(|line| format!("{line}\n")).collect();
    let table = [
        (
            other(format!(",{},", first[4]), ",99.99,".into()),
            "row 2 (target T000/3-1), column mean",
        ),
        (other(format!(",{},", first[5]), ",0.0001,".into()), "row 2 (target T000/3-1), column se"),
        (other(",final,".into(), ",provisional,".into()), "column status"),
        (other(",1051,".into(), ",1052,".into()), "row 2 (target T000/3-1), column log_pos"),
        (dropped, "row 21: recomputed"),
    ];
    std::fs::write(folder.path().join("i.csv"), &interviews).unwrap();
    for (changed, told) in table {
        assert_ne!(changed, scores, "{told}");
        std::fs::write(folder.path().join("s.csv"), changed).unwrap();
        let (code, found) = reanalyse(folder.path(), ["i.csv", "s.csv"]);
        assert!(code == Some(1) && found.contains(told), "{told}: {found}");
    }
    std::fs::write(folder.path().join("s.csv"), &scores).unwrap();
    let lie = interviews.replacen(",1.1,true,", ",1.1,false,", 1);
    std::fs::write(folder.path().join("i.csv"), lie).unwrap();
    let (code, found) = reanalyse(folder.path(), ["i.csv", "s.csv"]);
    assert!(code == Some(2) && found.contains("valid is false"), "{found}");
}
