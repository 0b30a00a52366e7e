//! Whose lease it is, and what becomes of the answers saved under it.

use crate::floor::{
    Floor, KINDS, MINUTE_US, id, reason,
    school::{Plan, Seat, ratings},
    with,
};
use canvass_proto::v1::{self, Outcome, ReceiptStatus};
use tonic::Code;
use tonic_types::StatusExt;

#[tokio::test]
async fn a_lease_that_has_passed_on_is_its_former_holders_and_nobody_elses() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = floor.fielded(&Plan::default()).await;
        let mut a = floor.seat("a", survey_id).await;
        let mut b = floor.seat("b", survey_id).await;
        let mut c = floor.seat("c", survey_id).await;
        let first = a.pull().await;
        let lease = first.lease.unwrap();
        let revoke = v1::RevokeAssignmentRequest {
            survey_id,
            request_id: id(),
            case_no: lease.case_no,
            reason: "gone home".into(),
        };
        let mut supervision = floor.supervision().await;
        supervision.revoke_assignment(with(&floor.admin, revoke)).await.unwrap();
        // another takes it over
        let second = b.pull().await;
        assert_eq!(second.lease.unwrap(), v1::Lease { epoch: 2, ..lease });
        // one who never held it cannot put an interview aside for it, nor learn that it is there
        let planted = c.submission(&first, 0, 0);
        assert_eq!(c.send(planted).await.unwrap_err().code(), Code::NotFound, "{kind:?}");
        assert_eq!(c.dial(lease, Outcome::HardRefusal).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(c.extend(lease).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(floor.progress(survey_id).await.quarantined, 0);
        // the former holder's is kept, whole
        assert_eq!(a.submit(&first, 9, 9).await.status(), ReceiptStatus::Quarantined);
        assert_eq!(b.submit(&second, 8, 8).await.status(), ReceiptStatus::Counted);
        // nor does a later holder claim the earlier grant
        let claimed = b.submission(&first, 1, 1);
        assert_eq!(b.send(claimed).await.unwrap_err().code(), Code::NotFound);
    }
}

#[tokio::test]
async fn a_corrected_dial_finds_the_answers_that_were_saved_before_it() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = floor.fielded(&Plan::default()).await;
        let mut a = floor.seat("a", survey_id).await;
        let report = |case: &v1::Assignment, outcome: Outcome, of: i64| v1::RecordAttemptRequest {
            survey_id,
            lease: case.lease,
            request_id: id(),
            outcome: outcome as i32,
            correct_attempt_no: of,
            ..Default::default()
        };
        // mistyped: the respondent had answered everything, and then hung up
        let case = a.pull().await;
        let lease = case.lease.unwrap();
        a.start(lease).await.unwrap();
        a.save(lease, 1, ratings(case.targets[0].target_no, 8, 7)).await.unwrap();
        let wrong = a.report(report(&case, Outcome::HardRefusal, 0)).await.unwrap();
        assert_eq!(wrong.code, "2.11");
        let right = a.report(report(&case, Outcome::BreakOff, 1)).await.unwrap();
        assert_eq!((&*right.code, right.r#final), ("1.2", true), "{kind:?}");
        assert_eq!(floor.progress(survey_id).await.total.unwrap().valid, 1);
        // a break-off that is a call back after all: the next holder goes on where it stopped
        let case = a.pull().await;
        let lease = case.lease.unwrap();
        a.start(lease).await.unwrap();
        let mut half = ratings(case.targets[0].target_no, 6, 0);
        half[0].answers[0].value = Some(v1::answer::Value::DontKnow(true));
        half[0].answers.truncate(1);
        a.save(lease, 1, half.clone()).await.unwrap();
        let end = a.report(report(&case, Outcome::BreakOff, 0)).await.unwrap();
        assert_eq!((&*end.code, end.r#final), ("2.12", true));
        let again = v1::RecordAttemptRequest {
            call_back_us: floor.desk.now_us() + 10 * MINUTE_US,
            ..report(&case, Outcome::CallBack, 1)
        };
        assert!(!a.report(again).await.unwrap().r#final);
        floor.desk.clock().set(floor.desk.now_us() + 10 * MINUTE_US);
        let next = floor.seat("b", survey_id).await.pull().await;
        assert_eq!(next.lease.unwrap().case_no, lease.case_no);
        assert_eq!((next.draft_save_no, &next.draft), (1, &half));
    }
}

#[tokio::test]
async fn the_answers_of_one_who_refused_are_forgotten_when_the_dial_can_stand() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = floor.fielded(&Plan::default()).await;
        let mut a = floor.seat("a", survey_id).await;
        let drafts = async || {
            let mut tx = floor.desk.store().read().await.unwrap();
            let all: Vec<i64> = (1..=48).collect();
            tx.drafts(survey_id, &all).await.unwrap().len()
        };
        let mut refused = async || {
            let case = a.pull().await;
            let lease = case.lease.unwrap();
            a.start(lease).await.unwrap();
            a.save(lease, 1, ratings(case.targets[0].target_no, 8, 7)).await.unwrap();
            a.dial(lease, Outcome::HardRefusal).await.unwrap();
        };
        refused().await;
        floor.desk.sweep().await.unwrap();
        assert_eq!(drafts().await, 1, "{kind:?}");
        floor.desk.clock().set(floor.desk.now_us() + MINUTE_US + 1);
        floor.desk.sweep().await.unwrap();
        assert_eq!(drafts().await, 0, "{kind:?}");
        refused().await;
        floor.set_state(survey_id, v1::SurveyState::Closed).await.unwrap();
        assert_eq!(drafts().await, 0, "{kind:?}");
    }
}

#[tokio::test]
async fn a_withdrawn_interview_does_not_come_back_through_the_quarantine() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = floor.fielded(&Plan::default()).await;
        let mut a = floor.seat("a", survey_id).await;
        let case = a.pull().await;
        let case_no = case.lease.unwrap().case_no;
        assert_eq!(a.submit(&case, 9, 9).await.status(), ReceiptStatus::Counted);
        let second = a.submit(&case, 8, 8).await;
        assert_eq!(second.status(), ReceiptStatus::Quarantined);
        let withdraw = v1::WithdrawInterviewRequest {
            request_id: id(),
            survey_id,
            case_no,
            reason: "asked to be taken out".into(),
        };
        let mut admin = floor.administration().await;
        admin.withdraw_interview(with(&floor.admin, withdraw)).await.unwrap();
        let accept = v1::ResolveQuarantineRequest {
            survey_id,
            request_id: id(),
            quarantine_no: second.quarantine_no,
            decision: v1::QuarantineDecision::Accept as i32,
            reason: "late".into(),
        };
        let mut supervision = floor.supervision().await;
        let e = supervision.resolve_quarantine(with(&floor.admin, accept.clone())).await;
        assert_eq!(reason(&e.unwrap_err()), "ALREADY_DECIDED", "{kind:?}");
        let t = floor.progress(survey_id).await.total.unwrap();
        assert_eq!((t.valid, t.refused), (0, 1), "{kind:?}");
        let discard = v1::ResolveQuarantineRequest {
            request_id: id(),
            decision: v1::QuarantineDecision::Discard as i32,
            ..accept
        };
        supervision.resolve_quarantine(with(&floor.admin, discard)).await.unwrap();
    }
}

#[tokio::test]
async fn text_that_one_database_cannot_store_is_refused_by_both_and_named() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = floor.fielded(&Plan::default()).await;
        let mut a = floor.seat("a", survey_id).await;
        let case = a.pull().await;
        let noted = v1::SubmitInterviewRequest { note: "a\0b".into(), ..a.submission(&case, 9, 9) };
        let e = a.send(noted.clone()).await.unwrap_err();
        assert_eq!(e.code(), Code::InvalidArgument, "{kind:?}");
        let named = e.get_details_bad_request().unwrap().field_violations.remove(0).field;
        assert_eq!(named, "note");
        // nothing was stored: the same request goes through once it is mended
        let mended = v1::SubmitInterviewRequest { note: "行一\n行二".into(), ..noted };
        let receipt = a.send(mended).await.unwrap().receipt.unwrap();
        assert_eq!(receipt.status(), ReceiptStatus::Counted);
        let request = v1::GetQuestionnaireRequest { survey_id, version: "a\0".into() };
        let mut desk = floor.interviewing().await;
        let e = desk.get_questionnaire(with(&a.token, request)).await.unwrap_err();
        assert_eq!(e.code(), Code::InvalidArgument, "{kind:?}");
    }
}

#[tokio::test]
async fn a_command_that_panics_ends_alone() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = floor.fielded(&Plan::default()).await;
        let mut a = floor.seat("a", survey_id).await;
        let case = a.pull().await;
        // no time has room for this much: adding it to a lease overflows, which is a defect
        let defect = floor.desk.clock_jumped(i64::MAX).await;
        assert!(matches!(defect, Err(canvass::error::Error::Internal(_))), "{defect:?}");
        // the survey's lane goes on, and nothing of the command stands
        a.extend(case.lease.unwrap()).await.unwrap();
        assert_eq!(a.submit(&case, 9, 9).await.status(), ReceiptStatus::Counted, "{kind:?}");
    }
}

/// A survey whose three classes share the phone of their first pupil.
pub async fn three_siblings(floor: &Floor) -> i64 {
    let classes = vec![("1-1", 6), ("1-2", 6), ("1-3", 6)];
    let plan = Plan { classes, lo: 5, hi: 20, siblings: 1, ..Plan::default() };
    let survey_id = floor.drafted(&plan).await;
    floor.field(survey_id, "demo:4").await;
    survey_id
}

/// Pulls until a sibling comes; what is no sibling is refused.
pub async fn sibling(seat: &mut Seat) -> v1::Assignment {
    loop {
        let case = seat.pull().await;
        if case.phones[0].number == "+8613800000001" {
            return case;
        }
        seat.dial(case.lease.unwrap(), Outcome::HardRefusal).await.unwrap();
    }
}

/// A case as if its appointment bound it alone: its person's other cases wait for it otherwise.
async fn due_at_once(floor: &Floor, survey_id: i64, case_no: i64) {
    let mut tx = floor.desk.store().begin().await.unwrap();
    tx.head(survey_id).await.unwrap();
    let mut cases = tx.cases(survey_id, &[case_no]).await.unwrap();
    cases[0].plan_due_us = 0;
    tx.update_cases(survey_id, &cases).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn an_expired_lease_that_ends_does_not_free_a_person_who_is_being_called() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = three_siblings(&floor).await;
        let mut a = floor.seat("a", survey_id).await;
        let mut b = floor.seat("b", survey_id).await;
        let first = sibling(&mut a).await;
        let later = v1::RecordAttemptRequest {
            survey_id,
            lease: first.lease,
            request_id: id(),
            outcome: Outcome::CallBack as i32,
            call_back_us: floor.desk.now_us() + 5 * MINUTE_US,
            ..Default::default()
        };
        a.report(later).await.unwrap();
        due_at_once(&floor, survey_id, first.lease.unwrap().case_no).await;
        let second = sibling(&mut a).await;
        // the lease of a runs out; b calls the person at the time agreed
        floor.desk.clock().set(floor.desk.now_us() + 6 * MINUTE_US);
        let called = b.pull().await;
        assert_eq!(called.lease.unwrap().case_no, first.lease.unwrap().case_no, "{kind:?}");
        let mut done = a.submission(&second, 9, 9);
        done.continue_with_person = true;
        let reply = a.send(done).await.unwrap();
        assert_eq!(reply.receipt.unwrap().status(), ReceiptStatus::Counted);
        if let Some(v1::submit_interview_response::Next::Assignment(next)) = reply.next {
            assert_ne!(
                next.phones[0].number, "+8613800000001",
                "{kind:?}: b is calling this person"
            );
        }
    }
}
