//! The demo: the same seed gives the same files, on both databases, and independent programs accept
//! them.

use crate::floor::{Kind, Place};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Stdio},
};

fn run(out: &Path, db: Option<&str>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_canvass"));
    command.args([
        "demo",
        "--classes",
        "3",
        "--teachers",
        "3",
        "--interviewers",
        "3",
        "--seed",
        "7",
    ]);
    command.arg("--out").arg(out);
    if let Some(db) = db {
        command.args(["--db", db]);
    }
    let done = command.stdin(Stdio::null()).output().unwrap();
    assert!(
        done.status.success(),
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
}

/// Every file but the database, by its hash.
fn files(dir: &Path) -> BTreeMap<String, String> {
    fn walk(root: &Path, dir: &Path, out: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(dir).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(root, &path, out);
            } else if !path.to_string_lossy().contains("demo.db") {
                let name = path.strip_prefix(root).unwrap().display().to_string();
                out.insert(name, hex::encode(Sha256::digest(fs::read(&path).unwrap())));
            }
        }
    }
    let mut out = BTreeMap::new();
    walk(dir, dir, &mut out);
    out
}

fn python(script: &str, args: &[&Path]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(script);
    let out = Command::new("python3").arg(script).args(args).output().unwrap();
    let said =
        String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{said}");
}

#[test]
fn the_same_seed_gives_the_same_files_on_both_databases() {
    let place = Place::new(Kind::Postgres);
    let (a, b, c) = (place.path("a"), place.path("b"), place.path("c"));
    run(&a, None);
    run(&b, None);
    run(&c, Some(&place.url));
    let first = files(&a);
    for name in [
        "rosters/parents.xlsx",
        "rosters/contacts.xlsx",
        "draw-parents/sample.csv",
        "draw-contacts/frame.csv",
        "scores-parents.csv",
        "scores-contacts.xlsx",
        "interviews-parents.csv",
        "attempts-contacts.csv",
        "client-log.jsonl",
    ] {
        assert!(first.contains_key(name), "{name} is missing: {:?}", first.keys());
    }
    assert_eq!(first, files(&b), "the same seed");
    assert_eq!(first, files(&c), "the other database");
    for name in ["parents", "contacts"] {
        python("verify_draw.py", &[&a.join(format!("draw-{name}"))]);
        let interviews = a.join(format!("interviews-{name}.csv"));
        python("reanalyse.py", &[&interviews, &a.join(format!("scores-{name}.csv"))]);
    }
    let scores = fs::read_to_string(a.join("scores-parents.csv")).unwrap();
    assert!(scores.contains(",false,"), "both surveys are closed: not interim");
}
