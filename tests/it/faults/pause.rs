//! A replica that was paused past its leases wakes and cannot write; many pullers never share a case.

use crate::floor::{
    Floor, KINDS, Kind,
    child::Server,
    reason,
    school::{Plan, Seat},
};
use canvass_proto::v1::{
    self, EmptyReason, Outcome, ReceiptStatus, pull_assignment_response::Result as P,
};
use std::{collections::HashMap, time::Duration};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_replica_that_wakes_cannot_write() {
    let server = Server::new(Kind::Postgres).await;
    let (_other_process, other) = server.replica().await;
    let plan = Plan { classes: vec![("1-1", 40)], whole_day: true, ..Plan::default() };
    let survey_id = server.site.drafted(&plan).await;
    let settings = v1::SurveySettings { lease_ttl_s: 30, ..Default::default() };
    let update = v1::UpdateSurveyRequest {
        request_id: crate::floor::id(),
        survey_id,
        settings: Some(settings),
        update_mask: vec!["lease_ttl_s".into()],
    };
    let mut admin = server.site.administration().await;
    admin.update_survey(crate::floor::with(&server.site.admin, update)).await.unwrap();
    server.site.field(survey_id, "demo:5").await;
    let mut here = server.site.seat("here", survey_id).await;
    let mut there = other.seat("there", survey_id).await;
    let case = here.pull().await;
    let lease = case.lease.unwrap();
    // the replica stops in the middle of a submit that has been sent to it
    server.signal("-STOP");
    let late = here.submission(&case, 3, 3);
    let mut sender = here.clone();
    let sent = tokio::spawn(async move { sender.send(late).await });
    tokio::time::sleep(Duration::from_secs(31)).await;
    let mut taken = there.pull().await;
    while taken.lease.unwrap().case_no != lease.case_no {
        there.dial(taken.lease.unwrap(), Outcome::NoAnswer).await.unwrap();
        taken = there.pull().await;
    }
    assert_eq!(taken.lease.unwrap().epoch, 2);
    server.signal("-CONT");
    let receipt = sent.await.unwrap().unwrap().receipt.unwrap();
    assert_eq!(receipt.status(), ReceiptStatus::Quarantined);
    assert_eq!(reason(&here.extend(lease).await.unwrap_err()), "LEASE_LOST");
    assert_eq!(there.submit(&taken, 9, 9).await.status(), ReceiptStatus::Counted);
    let p = other.progress(survey_id).await;
    assert_eq!((p.total.unwrap().valid, p.quarantined), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_pullers_never_share_a_case() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        // 10,000 cases
        let names: Vec<&'static str> = (0..25).map(|n| &*format!("c{n:02}").leak()).collect();
        let plan = Plan {
            classes: names.iter().map(|name| (*name, 400)).collect(),
            rate: "1.0",
            lo: 10,
            hi: 1000,
            ..Plan::default()
        };
        let survey_id = floor.fielded(&plan).await;
        assert_eq!(floor.progress(survey_id).await.total.unwrap().released, 10_000);
        let (_, token) = floor.user("p", v1::Role::Administrator, &[]).await;
        let mut tasks = Vec::new();
        for puller in 0..64 {
            // one user a puller; signing in costs an argon2 hash each, so they are made by hand
            let token = floor.token_of(&format!("p{puller}"), survey_id, &token).await;
            let client = floor.interviewing().await;
            let mut seat = Seat { client, token, survey_id };
            tasks.push(tokio::spawn(async move {
                let mut seen = Vec::new();
                // until nothing is left: every case is handed out
                loop {
                    match seat.pull_with(&crate::floor::id()).await.unwrap().result.unwrap() {
                        P::Assignment(case) => {
                            let lease = case.lease.unwrap();
                            seat.dial(lease, Outcome::HardRefusal).await.unwrap();
                            seen.push(lease.case_no);
                        }
                        P::Empty(empty) if empty.reason() == EmptyReason::AllHeld => {}
                        P::Empty(empty) => {
                            assert_eq!(empty.reason(), EmptyReason::AllDone);
                            return seen;
                        }
                    }
                }
            }));
        }
        let mut times: HashMap<i64, u32> = HashMap::new();
        for task in tasks {
            for case_no in task.await.unwrap() {
                *times.entry(case_no).or_default() += 1;
            }
        }
        assert_eq!(times.len(), 10_000, "{kind:?}");
        assert!(times.values().all(|n| *n == 1));
        let t = floor.progress(survey_id).await.total.unwrap();
        assert_eq!((t.refused, t.in_progress), (10_000, 0));
    }
}
