//! What a replica remembers of a survey: it saves reading, and never says what is no longer true.

use crate::floor::{
    Floor, KINDS, Kind,
    child::Server,
    id,
    school::{Plan, Seat},
    with,
};
use canvass_proto::v1::{self, Outcome, ReceiptStatus};
use std::collections::BTreeSet;

fn plan() -> Plan {
    Plan { classes: vec![("1-1", 900)], rate: "1.0", lo: 10, hi: 1000, ..Plan::default() }
}

/// Some seats at work at once, so that their calls share batches; a cycle is a pull and a submit.
async fn work(seats: &[Seat], cycles: usize) {
    let mut tasks = Vec::new();
    for seat in seats {
        let mut seat = seat.clone();
        tasks.push(tokio::spawn(async move {
            for _ in 0..cycles {
                let case = seat.pull().await;
                assert_eq!(seat.submit(&case, 7, 8).await.status(), ReceiptStatus::Counted);
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_of_any_size_sends_ten_statements_at_the_most() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = floor.fielded(&plan()).await;
        let mut seats = Vec::new();
        for at in 0..24 {
            seats.push(floor.seat(&format!("s{at}"), survey_id).await);
        }
        work(&seats, 2).await;
        let before = floor.desk.lane_counts();
        work(&seats, 10).await;
        let after = floor.desk.lane_counts();
        let batches = after.batches - before.batches;
        let commands = after.commands - before.commands;
        let statements = after.statements - before.statements;
        assert_eq!(commands, 24 * 10 * 2, "{kind:?}");
        assert!(batches < commands, "{kind:?}: calls share batches: {batches} of {commands}");
        // what is read now and then (due cases, whom to call) is spread over many batches
        let each = statements as f64 / batches as f64;
        assert!(each <= 10.0, "{kind:?}: {each} statements a batch");
        let p = floor.progress(survey_id).await.total.unwrap();
        assert_eq!(p.valid, 24 * 12, "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_take_turns_never_go_on_with_what_was_true_before() {
    let server = Server::new(Kind::Postgres).await;
    let (_process, other) = server.replica().await;
    let plan =
        Plan { whole_day: true, siblings: 2, classes: vec![("1-1", 60), ("1-2", 60)], ..plan() };
    let survey_id = server.site.fielded(&plan).await;
    let mut seats = Vec::new();
    for at in 0..4 {
        let site = if at % 2 == 0 { &server.site } else { &other };
        seats.push(site.seat(&format!("s{at}"), survey_id).await);
    }
    let mut taken = BTreeSet::new();
    for round in 0..12 {
        // each reads what the others have just written
        let mut held = Vec::new();
        for seat in &mut seats {
            let case = seat.pull().await;
            assert!(taken.insert(case.lease.unwrap().case_no), "round {round}: a case twice");
            held.push(case);
        }
        for (at, case) in held.iter().enumerate() {
            let seat = &mut seats[at];
            match round % 3 {
                0 => assert_eq!(seat.submit(case, 7, 8).await.status(), ReceiptStatus::Counted),
                1 => drop(seat.dial(case.lease.unwrap(), Outcome::NoAnswer).await.unwrap()),
                _ => {
                    seat.start(case.lease.unwrap()).await.unwrap();
                    // the same request once more, at the other replica
                    let submission = seat.submission(case, 6, 6);
                    let told = seat.send(submission.clone()).await.unwrap().receipt;
                    let elsewhere = if at % 2 == 0 { &other } else { &server.site };
                    let mut there = Seat { client: elsewhere.interviewing().await, ..seat.clone() };
                    assert_eq!(there.send(submission).await.unwrap().receipt, told);
                }
            }
        }
        let pause = |state| v1::ChangeSurveyStateRequest { request_id: id(), survey_id, state };
        let mut admin = other.administration().await;
        for state in [v1::SurveyState::Paused, v1::SurveyState::Fielding] {
            let request = with(&server.site.admin, pause(state as i32));
            admin.change_survey_state(request).await.unwrap();
            if state == v1::SurveyState::Paused {
                assert_eq!(seats[0].dry().await, v1::EmptyReason::Paused);
            }
        }
    }
    let p = server.site.progress(survey_id).await.total.unwrap();
    assert_eq!((p.valid, p.in_progress), (32, 0));
}

#[tokio::test]
async fn a_repeat_is_known_for_one_whatever_is_remembered() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = floor.fielded(&plan()).await;
        let mut seat = floor.seat("s", survey_id).await;
        work(&[seat.clone()], 3).await;
        for _ in 0..3 {
            let request_id = id();
            let first = seat.pull_with(&request_id).await.unwrap();
            assert_eq!(seat.pull_with(&request_id).await.unwrap(), first, "{kind:?}");
            let Some(v1::pull_assignment_response::Result::Assignment(case)) = first.result else {
                panic!("nothing to do");
            };
            let submission = seat.submission(&case, 5, 5);
            let told = seat.send(submission.clone()).await.unwrap().receipt;
            assert_eq!(seat.send(submission).await.unwrap().receipt, told, "{kind:?}");
        }
    }
}
