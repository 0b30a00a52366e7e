//! Outcomes, numbers, appointments, siblings, reserves, the close, corrections: what happens to a
//! case over its life.

use crate::floor::{
    EVENING_US, Floor, KINDS, Kind, MINUTE_US, SECOND_US, id, reason,
    school::{Plan, ratings},
    with,
};
use canvass_proto::v1::{self, EmptyReason, Outcome, ReceiptStatus};
use tonic::Code;

async fn tally(floor: &Floor, survey_id: i64) -> v1::Tally {
    floor.progress(survey_id).await.total.unwrap()
}

#[tokio::test]
async fn outcomes_decide_what_happens_next() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = floor.fielded(&Plan::default()).await;
        let mut a = floor.seat("a", survey_id).await;
        let hours = 60 * MINUTE_US;
        // 18:00 + 180 min = 21:00 is outside: the next opening is 09:00
        let late = a.pull().await;
        let r = a.dial(late.lease.unwrap(), Outcome::NoAnswer).await.unwrap();
        assert_eq!(r.due_us, EVENING_US + 15 * hours, "{kind:?}");
        let busy = a.pull().await;
        let r = a.dial(busy.lease.unwrap(), Outcome::Busy).await.unwrap();
        assert_eq!(r.due_us, EVENING_US + 15 * MINUTE_US);
        let soft = a.pull().await;
        let r = a.dial(soft.lease.unwrap(), Outcome::SoftRefusal).await.unwrap();
        assert_eq!((r.r#final, r.due_us), (false, EVENING_US + 7 * 24 * hours));
        for (outcome, code) in [
            (Outcome::HardRefusal, "2.11"),
            (Outcome::WrongNumber, "3.30"),
            (Outcome::NotWorking, "4.31"),
            (Outcome::Deceased, "2.31"),
            (Outcome::Unable, "2.32"),
            (Outcome::Language, "2.33"),
            (Outcome::NotEligible, "4.70"),
            (Outcome::BreakOff, "2.12"),
        ] {
            let case = a.pull().await;
            let r = a.dial(case.lease.unwrap(), outcome).await.unwrap();
            assert_eq!((r.r#final, r.code.as_str()), (true, code), "{outcome:?}");
        }
        let case = a.pull().await;
        let call_back = |at| v1::RecordAttemptRequest {
            survey_id,
            lease: case.lease,
            request_id: id(),
            outcome: Outcome::CallBack as i32,
            call_back_us: at,
            ..Default::default()
        };
        for wrong in [0, EVENING_US - 1, EVENING_US + 4 * hours] {
            let e = a.report(call_back(wrong)).await.unwrap_err();
            assert_eq!(e.code(), Code::InvalidArgument);
        }
        // a time with another outcome would be an appointment that nobody keeps
        let at = EVENING_US + 30 * MINUTE_US;
        let busy = v1::RecordAttemptRequest { outcome: Outcome::Busy as i32, ..call_back(at) };
        let e = a.report(busy).await.unwrap_err();
        assert!(e.code() == Code::InvalidArgument && e.message().contains("call back"), "{e:?}");
        assert_eq!(a.report(call_back(at)).await.unwrap().due_us, at);
        // offered at its time, not before, and ahead of fresh cases
        floor.desk.clock().set(at - 1);
        let other = a.pull().await;
        assert_ne!(other.lease.unwrap().case_no, case.lease.unwrap().case_no);
        a.release(other.lease.unwrap()).await.unwrap();
        floor.desk.clock().set(at);
        let kept = a.pull().await;
        assert_eq!(kept.lease.unwrap().case_no, case.lease.unwrap().case_no);
        assert_eq!((kept.appointment_us, kept.why.as_str()), (at, "appointment"));
        a.release(kept.lease.unwrap()).await.unwrap();
        floor.desk.clock().set(EVENING_US + 4 * hours);
        assert_eq!(a.dry().await, EmptyReason::OutsideHours);
    }
}

#[tokio::test]
async fn a_dial_can_be_corrected_for_a_minute_by_its_author() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = floor.fielded(&Plan::default()).await;
        let mut a = floor.seat("a", survey_id).await;
        let mut b = floor.seat("b", survey_id).await;
        let case = a.pull().await;
        let lease = case.lease.unwrap();
        let first = a.dial(lease, Outcome::HardRefusal).await.unwrap();
        assert_eq!(tally(&floor, survey_id).await.refused, 1);
        let mend = |outcome: Outcome| v1::RecordAttemptRequest {
            survey_id,
            lease: Some(lease),
            request_id: id(),
            outcome: outcome as i32,
            correct_attempt_no: first.attempt_no,
            ..Default::default()
        };
        assert_eq!(b.report(mend(Outcome::Busy)).await.unwrap_err().code(), Code::NotFound);
        let second = a.report(mend(Outcome::Busy)).await.unwrap();
        assert_eq!((second.attempt_no, second.version, second.r#final), (1, 2, false));
        let t = tally(&floor, survey_id).await;
        assert_eq!((t.refused, t.open), (0, 1), "{kind:?}");
        floor.desk.clock().set(EVENING_US + 61 * SECOND_US);
        let e = a.report(mend(Outcome::NoAnswer)).await.unwrap_err();
        assert_eq!(reason(&e), "TOO_LATE");
        floor.desk.clock().set(EVENING_US + 16 * MINUTE_US);
        let again = b.pull().await;
        assert_eq!(again.lease.unwrap().case_no, lease.case_no);
        let shown: Vec<_> =
            again.attempts.iter().map(|x| (x.attempt_no, x.version, x.outcome())).collect();
        assert_eq!(shown, [(1, 2, Outcome::Busy)], "the latest version of each dial");
    }
}

#[tokio::test]
async fn siblings_are_called_one_after_the_other_in_one_call() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let plan = Plan {
            classes: vec![("3-1", 6), ("3-2", 6)],
            rate: "1.0",
            lo: 5,
            hi: 20,
            siblings: 1,
            ..Plan::default()
        };
        let survey_id = floor.drafted(&plan).await;
        floor.field(survey_id, "demo:4").await;
        let mut a = floor.seat("a", survey_id).await;
        let mut b = floor.seat("b", survey_id).await;
        let mut case = a.pull().await;
        while case.also_due.is_empty() {
            a.dial(case.lease.unwrap(), Outcome::HardRefusal).await.unwrap();
            case = a.pull().await;
        }
        let sibling = case.also_due[0].case_no;
        // nobody else is offered the sibling meanwhile
        while let Some(v1::pull_assignment_response::Result::Assignment(x)) =
            b.pull_with(&id()).await.unwrap().result
        {
            assert_ne!(x.lease.unwrap().case_no, sibling, "{kind:?}");
            b.dial(x.lease.unwrap(), Outcome::HardRefusal).await.unwrap();
        }
        let mut done = a.submission(&case, 9, 9);
        done.continue_with_person = true;
        let reply = a.send(done).await.unwrap();
        let Some(v1::submit_interview_response::Next::Assignment(next)) = reply.next else {
            panic!("the sibling follows")
        };
        assert_eq!(next.lease.unwrap().case_no, sibling);
        assert_eq!((&*case.why, &*next.why), ("fresh", "person"), "{kind:?}");
        assert_eq!(a.held().await[0].why, "person", "also after a crash of the desktop");
        assert_eq!(a.submit(&next, 5, 5).await.status(), ReceiptStatus::Counted);
        assert_eq!(a.dry().await, EmptyReason::AllDone);
    }
}

#[tokio::test]
async fn reserves_follow_progress_and_every_release_says_why() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let plan = Plan { classes: vec![("3-2", 40)], release: "rule", ..Plan::default() };
        let survey_id = floor.fielded(&plan).await;
        let mut a = floor.seat("a", survey_id).await;
        let mut released = tally(&floor, survey_id).await.released;
        assert_eq!(released, 12);
        for _ in 0..6 {
            let case = a.pull().await;
            a.dial(case.lease.unwrap(), Outcome::HardRefusal).await.unwrap();
        }
        // 12 - 0 - (0+6)/(6+10) x open > 0: replicates of three are released until the frame's
        // reserves are all out
        released = tally(&floor, survey_id).await.released;
        assert_eq!(released, 24, "{kind:?}");
        let p = floor.progress(survey_id).await;
        assert_eq!(p.total.unwrap().unreleased, 0);
        let release = v1::ReleaseReservesRequest {
            survey_id,
            request_id: id(),
            stratum: "3-2".into(),
            reason: "more".into(),
        };
        let mut supervision = floor.supervision().await;
        let e = supervision.release_reserves(with(&floor.admin, release)).await.unwrap_err();
        assert_eq!(e.code(), Code::NotFound);
    }
}

#[tokio::test]
async fn a_closed_survey_keeps_late_work_aside_and_a_supervisor_decides() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = floor.fielded(&Plan::default()).await;
        let mut a = floor.seat("a", survey_id).await;
        let mut b = floor.seat("b", survey_id).await;
        let (x, y) = (a.pull().await, b.pull().await);
        floor.set_state(survey_id, v1::SurveyState::Paused).await.unwrap();
        let mut c = floor.seat("c", survey_id).await;
        assert_eq!(c.dry().await, EmptyReason::Paused);
        a.start(x.lease.unwrap()).await.unwrap();
        let mut half = ratings(x.targets[0].target_no, 8, 0);
        half[0].answers.truncate(1);
        a.save(x.lease.unwrap(), 1, half).await.unwrap();
        floor.set_state(survey_id, v1::SurveyState::Closed).await.unwrap();
        // the draft with half of the indicators is a partial; the rest have final codes
        let t = tally(&floor, survey_id).await;
        assert_eq!((t.valid, t.open, t.fresh, t.in_progress, t.held), (1, 0, 0, 0, 0), "{kind:?}");
        let gone = x.lease.unwrap();
        assert_eq!(reason(&a.extend(gone).await.unwrap_err()), "SURVEY_STATE", "{kind:?}");
        assert_eq!(reason(&a.start(gone).await.unwrap_err()), "SURVEY_STATE");
        assert_eq!(reason(&a.save(gone, 2, vec![]).await.unwrap_err()), "SURVEY_STATE");
        assert_eq!(reason(&c.pull_with(&id()).await.unwrap_err()), "SURVEY_STATE");
        let late = b.submit(&y, 9, 9).await;
        assert_eq!(late.status(), ReceiptStatus::Quarantined);
        let accept = v1::ResolveQuarantineRequest {
            survey_id,
            request_id: id(),
            quarantine_no: late.quarantine_no,
            decision: v1::QuarantineDecision::Accept as i32,
            reason: "spoken before the close".into(),
        };
        let mut supervision = floor.supervision().await;
        let done = supervision.resolve_quarantine(with(&floor.admin, accept.clone())).await;
        assert_eq!(done.unwrap().into_inner().status, "counted");
        let twice = v1::ResolveQuarantineRequest { request_id: id(), ..accept };
        let e = supervision.resolve_quarantine(with(&floor.admin, twice)).await.unwrap_err();
        assert_eq!(reason(&e), "ALREADY_DECIDED");
        let t = tally(&floor, survey_id).await;
        assert_eq!(t.valid, 2);
        let sum = t.valid
            + t.refused
            + t.unreachable
            + t.unknown
            + t.other
            + t.not_eligible
            + t.unreleased
            + t.over_quota;
        assert_eq!(sum, t.drawn);
    }
}

#[tokio::test]
async fn corrections_and_withdrawals_are_versions_and_the_score_follows() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let plan = Plan { classes: vec![("1-1", 6)], ..Plan::default() };
        let survey_id = floor.fielded(&plan).await;
        let mut a = floor.seat("a", survey_id).await;
        let mut cases = Vec::new();
        for _ in 0..6 {
            let case = a.pull().await;
            a.submit(&case, 8, 8).await;
            cases.push(case);
        }
        let mean = async |floor: &Floor| {
            let request = v1::GetScoresRequest { survey_id };
            let mut reporting = floor.reporting().await;
            let reply = reporting.get_scores(with(&floor.admin, request)).await.unwrap();
            let row = reply.into_inner().rows.remove(0);
            (row.n, row.mean, row.se_basis, row.status)
        };
        let census = (6, "80.00".into(), "census".into(), "final".into());
        assert_eq!(mean(&floor).await, census);
        let case_no = cases[0].lease.unwrap().case_no;
        let correct = v1::CorrectInterviewRequest {
            request_id: id(),
            survey_id,
            case_no,
            ratings: ratings(cases[0].targets[0].target_no, 2, 2),
            reason: "typed twice".into(),
        };
        let mut admin = floor.administration().await;
        let done = admin.correct_interview(with(&floor.admin, correct)).await.unwrap();
        let done = done.into_inner();
        assert_eq!((done.version, done.status.as_str()), (2, "counted"));
        assert_eq!(mean(&floor).await.1, "70.00", "{kind:?}");
        let withdraw = v1::WithdrawInterviewRequest {
            request_id: id(),
            survey_id,
            case_no,
            reason: "asked to be taken out".into(),
        };
        admin.withdraw_interview(with(&floor.admin, withdraw)).await.unwrap();
        let (n, m, ..) = mean(&floor).await;
        assert_eq!((n, m.as_str()), (5, "80.00"));
        let t = tally(&floor, survey_id).await;
        assert_eq!((t.valid, t.refused, t.remaining), (5, 1, 1), "{kind:?}");
        let request = v1::GetCaseRequest { survey_id, case_no };
        let seen = floor.supervision().await.get_case(with(&floor.admin, request)).await.unwrap();
        let versions: Vec<_> = seen
            .into_inner()
            .interviews
            .iter()
            .map(|i| (i.version, i.status.clone(), i.ratings.len()))
            .collect();
        let expected =
            [(1, "counted".to_owned(), 1), (2, "counted".into(), 1), (3, "withdrawn".into(), 0)];
        assert_eq!(versions, expected, "nothing is overwritten");
        let file = floor.export(survey_id, "interviews", v1::ExportFormat::CsvExact).await;
        assert_eq!(String::from_utf8(file).unwrap().lines().count(), 6, "header and five rows");
    }
}

/// The next picture; one that never comes fails the test instead of holding it up.
async fn seen(
    stream: &mut tonic::Streaming<v1::WatchProgressResponse>,
) -> Result<Option<v1::WatchProgressResponse>, tonic::Status> {
    let limit = std::time::Duration::from_secs(60);
    tokio::time::timeout(limit, stream.message()).await.expect("no picture for a minute")
}

#[tokio::test]
async fn watchers_see_changes_and_a_revoked_seat_is_kept_aside() {
    let floor = Floor::new(Kind::Postgres).await;
    let survey_id = floor.fielded(&Plan::default()).await;
    let (user_id, token) = floor.user("s", v1::Role::Supervisor, &[survey_id]).await;
    let scope = Some(v1::ProgressScope { pool: String::new(), strata: vec!["3-1".into()] });
    let request = v1::WatchProgressRequest { survey_id, scope };
    let mut supervision = floor.supervision().await;
    let mut stream = supervision.watch_progress(with(&token, request)).await.unwrap().into_inner();
    let first = seen(&mut stream).await.unwrap().unwrap().progress.unwrap();
    assert_eq!((first.cells.len(), first.cells[0].stratum.as_str()), (1, "3-1"));
    let mut a = floor.seat("a", survey_id).await;
    let case = a.pull().await;
    let second = seen(&mut stream).await.unwrap().unwrap().progress.unwrap();
    assert_eq!(second.total.unwrap().in_progress, 1);
    let seats = v1::ListSeatsRequest { survey_id };
    let seats = supervision.list_seats(with(&token, seats)).await.unwrap().into_inner().seats;
    assert_eq!((seats[0].user_name.as_str(), seats[0].case_no), ("a", case.lease.unwrap().case_no));
    let revoke = v1::RevokeAssignmentRequest {
        survey_id,
        request_id: id(),
        case_no: case.lease.unwrap().case_no,
        reason: "gone home".into(),
    };
    supervision.revoke_assignment(with(&token, revoke)).await.unwrap();
    assert_eq!(reason(&a.extend(case.lease.unwrap()).await.unwrap_err()), "LEASE_LOST");
    assert_eq!(a.submit(&case, 9, 9).await.status(), ReceiptStatus::Quarantined);
    let gone = v1::RevokeUserRequest { request_id: id(), user_id };
    floor.access().await.revoke_user(with(&floor.admin, gone)).await.unwrap();
    let ended = loop {
        match seen(&mut stream).await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the stream must say why it ends"),
            Err(status) => break status,
        }
    };
    assert_eq!(ended.code(), Code::Unauthenticated, "open streams end with their token");
}
