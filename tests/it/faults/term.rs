//! SIGTERM: waiting pulls and open streams end, what is under way finishes, exit code 0.

use crate::floor::{KINDS, child::Server, id, school::Plan, with};
use canvass_proto::v1::{self, EmptyReason, Outcome};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_ends_waiting_pulls_and_streams_and_exits_with_0() {
    for kind in KINDS {
        let mut server = Server::new(kind).await;
        let plan = Plan { classes: vec![("1-1", 3)], whole_day: true, ..Plan::default() };
        let survey_id = server.site.fielded(&plan).await;
        let mut seat = server.site.seat("a", survey_id).await;
        for _ in 0..3 {
            let case = seat.pull().await;
            seat.dial(case.lease.unwrap(), Outcome::NoAnswer).await.unwrap();
        }
        let mut waiting = seat.clone();
        let pull = tokio::spawn(async move {
            let request =
                v1::PullAssignmentRequest { survey_id, request_id: id(), wait_ms: Some(30_000) };
            waiting.client.pull_assignment(with(&waiting.token, request)).await
        });
        let mut supervision = server.site.supervision().await;
        let watch = v1::WatchProgressRequest { survey_id, scope: None };
        let watch = supervision.watch_progress(with(&server.site.admin, watch)).await.unwrap();
        let mut stream = watch.into_inner();
        assert!(stream.message().await.unwrap().is_some());
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.signal("-TERM");
        let reply = pull.await.unwrap().unwrap().into_inner().result.unwrap();
        let v1::pull_assignment_response::Result::Empty(empty) = reply else { panic!("{reply:?}") };
        assert_eq!(empty.reason(), EmptyReason::Stopping, "{kind:?}");
        // the stream ends, it is not cut
        while stream.message().await.unwrap().is_some() {}
        assert_eq!(server.ended().await, Some(0), "{kind:?}");
    }
}
