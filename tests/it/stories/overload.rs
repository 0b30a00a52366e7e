//! More than can be done: new work is refused first and quickly, finished work never, and a case goes to
//! nobody who has stopped waiting.

use crate::floor::{Floor, Kind, id, reason, school::Plan, with};
use canvass_proto::v1::{self, Outcome, ReceiptStatus};
use std::time::Duration;
use tonic::Code;
use tonic_types::StatusExt;

fn plan() -> Plan {
    Plan { classes: vec![("1-1", 60)], rate: "1.0", lo: 10, hi: 1000, ..Plan::default() }
}

/// Waits until so many commands wait for the writer that the test holds.
async fn waiting(floor: &Floor, wanted: u64) {
    while floor.desk.lane_view().waiting < wanted {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until so many calls are under way.
async fn under_way(floor: &Floor, wanted: u64) {
    while floor.calls.view().map(|method| method.under_way).sum::<u64>() != wanted {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_work_is_refused_before_finished_work() {
    let floor = Floor::new(Kind::Sqlite).await;
    let survey_id = floor.fielded(&plan()).await;
    let mut done = floor.seat("done", survey_id).await;
    let case = done.pull().await;
    let mut lost = floor.seat("lost", survey_id).await;
    let theirs = lost.pull().await;
    let idle = floor.seat("idle", survey_id).await;
    // nothing is written while this transaction is open
    let held = floor.desk.store().begin().await.unwrap();
    let mut pulls = Vec::new();
    // a connection carries 64 calls at once
    for _ in 0..13 {
        let client = floor.interviewing().await;
        for _ in 0..50 {
            let (mut client, token) = (client.clone(), idle.token.clone());
            pulls.push(tokio::spawn(async move {
                let request =
                    v1::PullAssignmentRequest { survey_id, request_id: id(), wait_ms: Some(0) };
                client.pull_assignment(with(&token, request)).await
            }));
        }
    }
    waiting(&floor, 512).await;
    let (mut refused, mut kept) = (0, Vec::new());
    for pull in pulls {
        tokio::time::sleep(Duration::from_millis(1)).await;
        if pull.is_finished() {
            let status = pull.await.unwrap().unwrap_err();
            assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
            assert_eq!(reason(&status), "THROTTLED");
            let again = status.get_details_retry_info().and_then(|info| info.retry_delay);
            assert_eq!(again, Some(Duration::from_secs(1)));
            refused += 1;
        } else {
            kept.push(pull);
        }
    }
    assert!(refused >= 50, "{refused} of 650 were refused");
    let submission = done.submission(&case, 7, 8);
    let submit = tokio::spawn(async move { done.send(submission).await });
    let dial =
        tokio::spawn(async move { lost.dial(theirs.lease.unwrap(), Outcome::NoAnswer).await });
    waiting(&floor, 514).await;
    drop(held);
    let receipt = submit.await.unwrap().unwrap().receipt.unwrap();
    assert_eq!(receipt.status(), ReceiptStatus::Counted);
    dial.await.unwrap().unwrap();
    let mut granted = 0;
    for pull in kept {
        granted += usize::from(pull.await.unwrap().is_ok());
    }
    assert_eq!(granted, 1, "one case an interviewer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_stopped_waiting_is_given_nothing() {
    let floor = Floor::new(Kind::Sqlite).await;
    let survey_id = floor.fielded(&plan()).await;
    let (mut seat, mut first) =
        (floor.seat("gone", survey_id).await, floor.seat("first", survey_id).await);
    let held = floor.desk.store().begin().await.unwrap();
    // a batch that waits for the writer, and a pull behind it
    let first = tokio::spawn(async move { first.pull().await });
    under_way(&floor, 1).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut gone = seat.clone();
    let pull = tokio::spawn(async move { gone.pull_with(&id()).await });
    waiting(&floor, 1).await;
    pull.abort();
    assert!(pull.await.unwrap_err().is_cancelled());
    under_way(&floor, 1).await;
    drop(held);
    first.await.unwrap();
    assert!(seat.held().await.is_empty(), "leased to somebody who has gone");
    seat.pull().await;
}
