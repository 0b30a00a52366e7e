//! What came too late and is accepted: it counts as it would have in time.

use crate::floor::{
    EVENING_US, Floor, KINDS, MINUTE_US, id,
    school::{Plan, Seat, ratings},
    with,
};
use canvass_proto::v1::{self, Outcome, ReceiptStatus};

/// A dial that is put aside because the seat was revoked, or the survey closed, and is accepted then.
async fn accepted(
    floor: &Floor,
    seat: &mut Seat,
    case: &v1::Assignment,
    outcome: Outcome,
) -> v1::Case {
    let survey_id = seat.survey_id;
    let late = seat.dial(case.lease.unwrap(), outcome).await.unwrap();
    assert_eq!(late.status(), ReceiptStatus::Quarantined);
    let accept = v1::ResolveQuarantineRequest {
        survey_id,
        request_id: id(),
        quarantine_no: late.quarantine_no,
        decision: v1::QuarantineDecision::Accept as i32,
        reason: "it was dialled".into(),
    };
    let mut supervision = floor.supervision().await;
    supervision.resolve_quarantine(with(&floor.admin, accept)).await.unwrap();
    let request = v1::GetCaseRequest { survey_id, case_no: case.lease.unwrap().case_no };
    let seen = supervision.get_case(with(&floor.admin, request)).await.unwrap().into_inner();
    assert_eq!(seen.attempts.len(), 1);
    seen.case.unwrap()
}

async fn revoke(floor: &Floor, seat: &Seat, case: &v1::Assignment) {
    let request = v1::RevokeAssignmentRequest {
        survey_id: seat.survey_id,
        request_id: id(),
        case_no: case.lease.unwrap().case_no,
        reason: "gone home".into(),
    };
    floor.supervision().await.revoke_assignment(with(&floor.admin, request)).await.unwrap();
}

#[tokio::test]
async fn a_late_dial_decides_what_happens_next() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = floor.fielded(&Plan::default()).await;
        let mut a = floor.seat("a", survey_id).await;
        let case = a.pull().await;
        revoke(&floor, &a, &case).await;
        let busy = accepted(&floor, &mut a, &case, Outcome::Busy).await;
        assert_eq!(busy.state(), v1::CaseState::Open, "{kind:?}");
        assert_eq!(busy.due_us, EVENING_US + 15 * MINUTE_US, "not at once");
        let case = a.pull().await;
        revoke(&floor, &a, &case).await;
        let wrong = accepted(&floor, &mut a, &case, Outcome::WrongNumber).await;
        assert_eq!((wrong.state(), &*wrong.code), (v1::CaseState::Final, "3.30"), "{kind:?}");
        // closed as never dialled: the code follows the whole history
        let case = a.pull().await;
        floor.set_state(survey_id, v1::SurveyState::Closed).await.unwrap();
        let refused = accepted(&floor, &mut a, &case, Outcome::HardRefusal).await;
        assert_eq!(&*refused.code, "2.11", "{kind:?}");
    }
}

#[tokio::test]
async fn a_partial_interview_is_corrected_as_what_it_is() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = floor.fielded(&Plan::default()).await;
        let mut a = floor.seat("a", survey_id).await;
        let case = a.pull().await;
        let lease = case.lease.unwrap();
        a.start(lease).await.unwrap();
        let mut half = ratings(case.targets[0].target_no, 8, 0);
        half[0].answers.truncate(1);
        a.save(lease, 1, half.clone()).await.unwrap();
        assert_eq!(a.dial(lease, Outcome::BreakOff).await.unwrap().code, "1.2");
        let seats = v1::ListSeatsRequest { survey_id };
        let mut supervision = floor.supervision().await;
        let seats = supervision.list_seats(with(&floor.admin, seats)).await.unwrap().into_inner();
        assert_eq!(seats.seats[0].valid, 1, "{kind:?}: a partial is a valid interview");
        let code = async |answers: Vec<v1::Rating>| {
            let request = v1::CorrectInterviewRequest {
                request_id: id(),
                survey_id,
                case_no: lease.case_no,
                ratings: answers,
                reason: "mistyped".into(),
            };
            let mut admin = floor.administration().await;
            admin.correct_interview(with(&floor.admin, request)).await.unwrap();
            let request = v1::GetCaseRequest { survey_id, case_no: lease.case_no };
            let mut supervision = floor.supervision().await;
            let seen = supervision.get_case(with(&floor.admin, request)).await.unwrap();
            seen.into_inner().case.unwrap().code
        };
        half[0].answers[0].value = Some(v1::answer::Value::Score(7));
        assert_eq!(code(half).await, "1.2", "{kind:?}");
        assert_eq!(code(ratings(case.targets[0].target_no, 7, 6)).await, "1.1", "{kind:?}");
    }
}

#[tokio::test]
async fn what_is_kept_aside_releases_no_reserves() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = floor.fielded(&Plan { release: "rule", ..Plan::default() }).await;
        let mut a = floor.seat("a", survey_id).await;
        let case = a.pull().await;
        revoke(&floor, &a, &case).await;
        assert_eq!(a.submit(&case, 9, 9).await.status(), ReceiptStatus::Quarantined);
        let total = floor.progress(survey_id).await.total.unwrap();
        assert_eq!((total.released, total.unreleased), (24, 24), "{kind:?}: no case has ended");
        // nor does a dial after which the case waits
        let next = a.pull().await;
        a.dial(next.lease.unwrap(), Outcome::Busy).await.unwrap();
        let total = floor.progress(survey_id).await.total.unwrap();
        assert_eq!(total.released, 24, "{kind:?}");
    }
}

#[tokio::test]
async fn words_that_cannot_be_stored_are_refused_by_their_question() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = floor.fielded(&Plan::default()).await;
        let mut a = floor.seat("a", survey_id).await;
        let case = a.pull().await;
        let mut bad = a.submission(&case, 9, 9);
        bad.ratings[0].answers.push(v1::Answer {
            item: "more".into(),
            value: Some(v1::answer::Value::Text("a\0b".into())),
        });
        let e = a.send(bad).await.unwrap_err();
        assert!(e.message().contains("more"), "{kind:?}: {e}");
        let mut reporting = floor.reporting().await;
        let request = v1::ExportScoresRequest { survey_id, format: 9 };
        let e = reporting.export_scores(with(&floor.admin, request)).await.unwrap_err();
        assert!(e.message().contains("format"), "{kind:?}: {e}");
        let bogus =
            v1::Scheme { a10: "bogus".into(), ..crate::floor::school::scheme(&Plan::default()) };
        let publish = v1::PublishSchemeRequest {
            request_id: crate::floor::id(),
            survey_id,
            scheme: Some(bogus),
        };
        let mut admin = floor.administration().await;
        let e = admin.publish_scheme(with(&floor.admin, publish)).await.unwrap_err();
        assert!(format!("{e:?}").contains("scheme.A10"), "{kind:?}: {e:?}");
    }
}
