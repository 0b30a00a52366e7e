//! The server is killed again and again while interviewers work. The judge is a program that sees
//! only what the clients wrote down and what the export says.

use crate::floor::{
    KINDS, Kind,
    child::Server,
    id,
    shift::{Shift, judge, large},
    worker::Manners,
};
use serde_json::json;
use std::fs;

/// Kills of the server on each database; long runs ask for more.
fn kills() -> usize {
    usize::try_from(crate::floor::asked("CANVASS_KILLS").unwrap_or(20)).unwrap()
}
const SEATS: usize = 6;

async fn run(kind: Kind) {
    let mut server = Server::new(kind).await;
    let survey_id = server.site.fielded(&large(3)).await;
    let (site, address) = (server.site.clone(), server.site.address);
    let mut shift = Shift::begin(&site, address, survey_id, SEATS, Manners::default()).await;
    for round in 0..kills() {
        shift.more(12 + round % 5).await;
        server.kill();
        server.start().await;
    }
    shift.more(12).await;
    shift.end().await;
    check(kind, &mut server, &shift).await;
}

/// The judge's word on the run, and on a planted loss and a planted double.
async fn check(kind: Kind, server: &mut Server, shift: &Shift) {
    let (code, said) = shift.judged(server).await;
    let path = |name: &str| server.place.path(name);
    assert_eq!(code, Some(0), "{kind:?}: {said}");
    let lines = shift.lines().len();
    assert!(lines > 12 * kills(), "{kind:?}: too little was done to prove anything: {lines}");
    assert!(shift.unknown() > 0, "{kind:?}: no kill hit a request under way");

    // a planted loss and a planted double are found
    let table = fs::read_to_string(path("i.csv")).unwrap();
    let rows: Vec<&str> = table.lines().collect();
    let lost = [&rows[..rows.len() - 1], &[]].concat().join("\n") + "\n";
    fs::write(path("lost.csv"), lost).unwrap();
    let found = judge(&path("h.jsonl"), &path("lost.csv"), &path("a.csv"));
    assert!(found.0 == Some(1) && found.1.contains("is missing"), "a loss: {found:?}");
    let doubled = [&rows[..], &rows[rows.len() - 1..]].concat().join("\n") + "\n";
    fs::write(path("twice.csv"), doubled).unwrap();
    let found = judge(&path("h.jsonl"), &path("twice.csv"), &path("a.csv"));
    assert!(found.0 == Some(1) && found.1.contains("2 interviews"), "a double: {found:?}");
    // and so is the correction of a dial
    let table = fs::read_to_string(path("a.csv")).unwrap();
    let mended = table.lines().find(|l| l.contains(",language,")).expect("a corrected dial");
    fs::write(path("slip.csv"), table.replace(&format!("{mended}\n"), "")).unwrap();
    let found = judge(&path("h.jsonl"), &path("i.csv"), &path("slip.csv"));
    assert!(found.0 == Some(1) && found.1.contains("is missing"), "a correction: {found:?}");
    // and so is what was kept aside, and lost
    let late = json!({"op": "submit", "request_id": id(), "case_no": 1, "epoch": 1, "answers": {},
        "result": "ok", "status": "QUARANTINED", "attempt_no": 0, "log_pos": 1, "quarantine_no": 999});
    let lines = fs::read_to_string(path("h.jsonl")).unwrap();
    fs::write(path("late.jsonl"), format!("{lines}\n{late}")).unwrap();
    let found = judge(&path("late.jsonl"), &path("i.csv"), &path("a.csv"));
    assert!(found.0 == Some(1) && found.1.contains("kept aside is missing"), "{found:?}");
    // the ledger agrees with a recount of the export
    let p = server.site.progress(shift.survey_id).await;
    let valid = rows[1..].iter().filter(|r| r.contains(",true,false,")).count() as i64;
    assert_eq!(p.total.unwrap().valid, valid, "{kind:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_when_the_server_is_killed() {
    for kind in KINDS {
        run(kind).await;
    }
}
