//! Imports, lines, the frozen frame, draws.

use super::{on_every_store, with_surveys};
use canvass::{
    model::{DrawRow, ImportRow, LineRow, StratumRow, TargetRow, UnitPhoneRow, UnitRow},
    store::Store,
};

on_every_store!(
    a_staged_import_is_read_by_nobody,
    lines_are_known_by_their_keys,
    held_lines_are_freed_and_handed_back,
    a_stale_import_is_removed_and_a_fresh_one_stays,
    a_frame_is_read_as_it_was_written,
    draws_keep_their_record,
);

fn import(import_no: i64, status: &str) -> ImportRow {
    ImportRow {
        import_no,
        kind: 1,
        status: status.into(),
        accepted: 2,
        detail: "{}".into(),
        created_us: 100 * import_no,
        user_id: 1,
        ..ImportRow::default()
    }
}

fn line(import_no: i64, line_no: i64, state: &str, unit: &str) -> LineRow {
    LineRow {
        import_no,
        line_no,
        sheet_line: line_no + 1,
        state: state.into(),
        stratum: if unit.is_empty() { String::new() } else { "3-1".into() },
        unit: unit.into(),
        body: format!("body {line_no}"),
        content: vec![line_no as u8],
        cells: format!("cells {line_no}"),
        ..LineRow::default()
    }
}

async fn a_staged_import_is_read_by_nobody(store: &Store) {
    let mut tx = with_surveys(store, &[7]).await;
    tx.insert_import(7, &import(1, "staged")).await.unwrap();
    tx.insert_lines(7, &[line(1, 1, "accepted", "P1"), line(1, 2, "rejected", "")]).await.unwrap();
    assert!(tx.import(7, 0).await.unwrap().is_none());
    assert!(tx.roster_lines(7, 1, (0, 0), 10).await.unwrap().is_empty());
    assert!(tx.accepted_imports(7, 1).await.unwrap().is_empty());
    assert_eq!(tx.count_lines(7).await.unwrap(), 0);
    let ended = ImportRow { file_sha256: "aa".into(), ..import(1, "accepted") };
    tx.update_import(7, &ended).await.unwrap();
    assert_eq!(tx.import(7, 0).await.unwrap().unwrap(), ended);
    assert_eq!(tx.import(7, 1).await.unwrap().unwrap(), ended);
    assert_eq!(tx.count_lines(7).await.unwrap(), 2);
    let lines = tx.roster_lines(7, 1, (0, 0), 10).await.unwrap();
    assert_eq!(lines.iter().map(|l| l.line_no).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(tx.roster_lines(7, 1, (1, 1), 10).await.unwrap().len(), 1);
    assert!(tx.roster_lines(7, 2, (0, 0), 10).await.unwrap().is_empty(), "another kind");
    assert!(tx.roster_lines(8, 1, (0, 0), 10).await.unwrap().is_empty(), "another survey");
    tx.insert_import(7, &import(2, "accepted")).await.unwrap();
    assert_eq!(tx.replace_imports(7, 1, 2).await.unwrap(), 1);
    let left: Vec<_> =
        tx.accepted_imports(7, 1).await.unwrap().iter().map(|i| i.import_no).collect();
    assert_eq!(left, [2]);
}

async fn lines_are_known_by_their_keys(store: &Store) {
    let mut tx = with_surveys(store, &[7]).await;
    tx.insert_import(7, &import(1, "accepted")).await.unwrap();
    let lines =
        [line(1, 1, "accepted", "P1"), line(1, 2, "held", "P2"), line(1, 3, "rejected", "P3")];
    tx.insert_lines(7, &lines).await.unwrap();
    let keys: Vec<(String, String)> =
        ["P1", "P2", "P3", "P9"].iter().map(|u| ("3-1".to_owned(), (*u).to_owned())).collect();
    let known = tx.known_units(7, 1, &keys).await.unwrap();
    assert_eq!(known.iter().map(|l| l.unit.as_str()).collect::<Vec<_>>(), ["P1", "P2"]);
    assert_eq!(known[0], lines[0]);
    assert!(tx.known_units(7, 2, &keys).await.unwrap().is_empty());
    assert!(tx.known_units(7, 1, &[]).await.unwrap().is_empty());
}

async fn held_lines_are_freed_and_handed_back(store: &Store) {
    let mut tx = with_surveys(store, &[7]).await;
    tx.insert_import(7, &import(1, "accepted")).await.unwrap();
    let lines = [
        line(1, 1, "passed", ""),
        line(1, 2, "accepted", "P1"),
        line(1, 3, "accepted", "P2"),
        line(1, 4, "rejected", ""),
        line(1, 5, "note", ""),
    ];
    tx.insert_lines(7, &lines).await.unwrap();
    tx.hold_lines(7, 1, &[(3, "why".into())]).await.unwrap();
    let accepted = tx.lines_of_import(7, 1, "accepted", 0, 10).await.unwrap();
    assert_eq!(accepted.iter().map(|l| l.line_no).collect::<Vec<_>>(), [2]);
    let problems = tx.problem_lines(7, 1, 0, 10).await.unwrap();
    let shown: Vec<_> = problems.iter().map(|l| (l.line_no, l.state.as_str())).collect();
    assert_eq!(shown, [(3, "held"), (4, "rejected"), (5, "note")]);
    let back = tx.back_lines(7, 1, 0, 10).await.unwrap();
    let shown: Vec<_> = back.iter().map(|l| (l.line_no, l.body.as_str())).collect();
    assert_eq!(shown, [(1, "body 1"), (3, "cells 3"), (4, "body 4")]);
    tx.move_held(7, &[(1, 3), (1, 4)], "accepted", "allowed").await.unwrap();
    let accepted = tx.lines_of_import(7, 1, "accepted", 0, 10).await.unwrap();
    let shown: Vec<_> = accepted.iter().map(|l| (l.line_no, l.code.as_str())).collect();
    assert_eq!(shown, [(2, ""), (3, "allowed")], "a rejected line is not freed");
    tx.hold_lines(7, 1, &[(2, "{}".into())]).await.unwrap();
    tx.move_held(7, &[(1, 2), (1, 3)], "replaced", "").await.unwrap();
    let left = tx.roster_lines(7, 1, (0, 0), 9).await.unwrap();
    let states: Vec<_> = left.iter().map(|l| (l.line_no, l.state.as_str())).collect();
    assert!(states.contains(&(2, "replaced")) && states.contains(&(3, "accepted")), "{states:?}");
}

async fn a_stale_import_is_removed_and_a_fresh_one_stays(store: &Store) {
    let mut tx = with_surveys(store, &[7]).await;
    for number in 1..=3 {
        tx.insert_import(7, &import(number, "staged")).await.unwrap();
        tx.insert_lines(7, &[line(number, 1, "accepted", "P1")]).await.unwrap();
    }
    let stale = tx.stale_imports(200).await.unwrap();
    assert_eq!(stale, [(7, 1)], "created at 100, 200 and 300");
    tx.drop_taken_lines(7, 1).await.unwrap();
    assert!(tx.lines_of_import(7, 1, "%", 0, 9).await.unwrap().is_empty());
    tx.insert_lines(7, &[line(2, 2, "rejected", "P2")]).await.unwrap();
    tx.drop_taken_lines(7, 2).await.unwrap();
    assert_eq!(tx.lines_of_import(7, 2, "%", 0, 9).await.unwrap().len(), 1, "for the report");
    // an import whose end was not heard of may have been accepted all the same
    tx.insert_import(7, &import(4, "accepted")).await.unwrap();
    tx.insert_lines(7, &[line(4, 1, "accepted", "P4")]).await.unwrap();
    tx.drop_staged(7, 4).await.unwrap();
    assert_eq!(tx.roster_lines(7, 1, (0, 0), 9).await.unwrap().len(), 1);
    tx.drop_staged(7, 3).await.unwrap();
    assert!(tx.lines_of_import(7, 3, "%", 0, 9).await.unwrap().is_empty());
    assert_eq!(tx.lines_of_import(7, 2, "%", 0, 9).await.unwrap().len(), 1);
}

async fn a_frame_is_read_as_it_was_written(store: &Store) {
    let mut tx = with_surveys(store, &[7]).await;
    let target = |target_no| TargetRow {
        target_no,
        key: format!("T{target_no}"),
        name: "王".into(),
        class: "3-1".into(),
        pool: String::new(),
    };
    let stratum = StratumRow {
        stratum_no: 1,
        name: "3-1".into(),
        target_no: 1,
        listed: 4,
        rejected: 1,
        held: 1,
        units: 2,
    };
    let unit = |unit_no: i64, group: Option<Vec<u8>>| UnitRow {
        unit_no,
        stratum_no: 1,
        key: format!("P{unit_no}"),
        name: "学生".into(),
        multiplicity: 1,
        person_group: group,
        ..UnitRow::default()
    };
    let phone = |unit_no, phone_no| UnitPhoneRow {
        unit_no,
        phone_no,
        e164: "+8613800000001".into(),
        person: vec![1; 32],
        ..UnitPhoneRow::default()
    };
    tx.insert_targets(7, &[target(1), target(2)]).await.unwrap();
    tx.insert_strata(7, std::slice::from_ref(&stratum)).await.unwrap();
    tx.insert_units(7, &[unit(1, None), unit(2, Some(vec![5; 32]))]).await.unwrap();
    tx.insert_unit_phones(7, &[phone(1, 1), phone(1, 2), phone(2, 1)]).await.unwrap();
    tx.insert_unit_targets(7, &[(1, 1), (2, 1)]).await.unwrap();
    tx.mark_phones(7, &[(1, 2, true)]).await.unwrap();
    assert_eq!(tx.targets(7).await.unwrap(), [target(1), target(2)]);
    assert_eq!(tx.targets_of(7, &[2, 9]).await.unwrap(), [target(2)]);
    assert_eq!(tx.strata(7).await.unwrap(), [stratum]);
    assert_eq!(tx.units_after(7, 1, 10).await.unwrap(), [unit(2, Some(vec![5; 32]))]);
    assert_eq!(tx.units(7, &[1]).await.unwrap(), [unit(1, None)]);
    let phones = tx.unit_phones(7, &[1, 2]).await.unwrap();
    let bad: Vec<_> = phones.iter().map(|p| (p.unit_no, p.phone_no, p.bad)).collect();
    assert_eq!(bad, [(1, 1, false), (1, 2, true), (2, 1, false)]);
    assert_eq!(tx.unit_targets(7, &[2]).await.unwrap(), [(2, 1)]);
    assert_eq!(tx.frame_counts(7).await.unwrap(), [2, 1, 2, 3, 2]);
    assert_eq!(tx.frame_counts(8).await.unwrap(), [0; 5]);
    tx.clear_frame(7).await.unwrap();
    assert!(tx.targets(7).await.unwrap().is_empty() && tx.units(7, &[1]).await.unwrap().is_empty());
}

async fn draws_keep_their_record(store: &Store) {
    let mut tx = with_surveys(store, &[7]).await;
    let draw = |draw_no: i64, state: &str| DrawRow {
        draw_no,
        state: state.into(),
        seed: "ab".into(),
        ..DrawRow::default()
    };
    tx.insert_draw(7, &draw(1, "seeded")).await.unwrap();
    let gone = DrawRow { discard_reason: "why".into(), cases: 3, ..draw(1, "discarded") };
    tx.update_draw(7, &gone).await.unwrap();
    tx.insert_draw(7, &draw(2, "seeded")).await.unwrap();
    assert_eq!(tx.draws(7).await.unwrap(), [gone, draw(2, "seeded")]);
    assert!(tx.draws(8).await.unwrap().is_empty());
}
