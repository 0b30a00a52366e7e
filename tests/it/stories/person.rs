//! One person behind several cases: rung up for one at a time, not before the time the last dial
//! gave, and not at all after a refusal or a withdrawal.

use super::leases::{sibling, three_siblings};
use crate::floor::{
    EVENING_US, Floor, KINDS, MINUTE_US, SECOND_US, id, reason,
    school::{Plan, Seat},
    with,
};
use canvass_proto::v1::{self, EmptyReason, Outcome, ReceiptStatus};

const SHARED: &str = "+8613800000001";

fn dialled(case: &v1::Assignment, outcome: Outcome) -> v1::RecordAttemptRequest {
    v1::RecordAttemptRequest {
        survey_id: case.survey_id,
        lease: case.lease,
        request_id: id(),
        outcome: outcome as i32,
        ..Default::default()
    }
}

/// The dial once more, as its author meant it.
fn mended(case: &v1::Assignment, attempt_no: i64, outcome: Outcome) -> v1::RecordAttemptRequest {
    v1::RecordAttemptRequest { correct_attempt_no: attempt_no, ..dialled(case, outcome) }
}

/// Refuses for everybody who is offered, none of them the shared person.
async fn refuse_all_others(seat: &mut Seat) {
    while let Some(v1::pull_assignment_response::Result::Assignment(other)) =
        seat.pull_with(&id()).await.unwrap().result
    {
        assert_ne!(other.phones[0].number, SHARED);
        seat.dial(other.lease.unwrap(), Outcome::HardRefusal).await.unwrap();
    }
}

async fn seen(floor: &Floor, survey_id: i64, case_no: i64) -> v1::GetCaseResponse {
    let request = v1::GetCaseRequest { survey_id, case_no };
    let mut supervision = floor.supervision().await;
    supervision.get_case(with(&floor.admin, request)).await.unwrap().into_inner()
}

async fn assert_left_alone(floor: &Floor, survey_id: i64, case_no: i64) {
    let seen = seen(floor, survey_id, case_no).await;
    assert_eq!(seen.case.unwrap().code, "2.11");
    assert!(seen.events.iter().any(|e| e.kind == "left_alone"), "case {case_no}");
}

async fn withdraw(floor: &Floor, survey_id: i64, case_no: i64) {
    let request = v1::WithdrawInterviewRequest {
        request_id: id(),
        survey_id,
        case_no,
        reason: "asked to be taken out".into(),
    };
    let mut admin = floor.administration().await;
    admin.withdraw_interview(with(&floor.admin, request)).await.unwrap();
}

#[tokio::test]
async fn a_person_is_not_rung_up_again_at_once_for_another_class() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = three_siblings(&floor).await;
        let mut a = floor.seat("a", survey_id).await;
        let first = sibling(&mut a).await;
        let late = v1::RecordAttemptRequest {
            call_back_us: EVENING_US + 100 * MINUTE_US,
            ..dialled(&first, Outcome::CallBack)
        };
        let receipt = a.report(late).await.unwrap();
        refuse_all_others(&mut a).await;
        assert_eq!(a.dry().await, EmptyReason::NothingDue, "{kind:?}");
        // a slip: the line was busy; the person's other cases follow the corrected time too
        let busy = mended(&first, receipt.attempt_no, Outcome::Busy);
        let due_us = a.report(busy).await.unwrap().due_us;
        assert_eq!(due_us, EVENING_US + 15 * MINUTE_US);
        floor.desk.clock().set(due_us - 1);
        assert_eq!(a.dry().await, EmptyReason::NothingDue, "{kind:?}");
        floor.desk.clock().set(due_us);
        let mut b = floor.seat("b", survey_id).await;
        let next = a.pull().await;
        assert_eq!(next.phones[0].number, SHARED, "{kind:?}");
        assert_eq!(b.dry().await, EmptyReason::AllHeld, "one call at a time");
        assert_eq!(a.submit(&next, 9, 9).await.status(), ReceiptStatus::Counted);
        // who withdraws is left alone, and the log says so of each of the other cases
        let withdrawn = next.lease.unwrap().case_no;
        withdraw(&floor, survey_id, withdrawn).await;
        assert_eq!(a.dry().await, EmptyReason::AllDone, "{kind:?}");
        for also in first.also_due.iter().filter(|c| c.case_no != withdrawn) {
            assert_left_alone(&floor, survey_id, also.case_no).await;
        }
    }
}

#[tokio::test]
async fn who_refuses_is_left_alone_unless_it_was_a_slip() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = three_siblings(&floor).await;
        let mut a = floor.seat("a", survey_id).await;
        let first = sibling(&mut a).await;
        let others: Vec<i64> = first.also_due.iter().map(|c| c.case_no).collect();
        assert_eq!(others.len(), 2, "{kind:?}");
        let slip = a.report(dialled(&first, Outcome::HardRefusal)).await.unwrap();
        assert_eq!((slip.r#final, slip.due_us), (true, 0), "{kind:?}");
        refuse_all_others(&mut a).await;
        let right = v1::RecordAttemptRequest {
            pull_next: true,
            ..mended(&first, slip.attempt_no, Outcome::Busy)
        };
        let reply = a.client.record_attempt(with(&a.token, right)).await.unwrap().into_inner();
        assert_eq!(reply.receipt.unwrap().due_us, EVENING_US + 15 * MINUTE_US);
        let Some(v1::record_attempt_response::Next::Empty(empty)) = reply.next else {
            panic!("asked for the next case")
        };
        assert_eq!(empty.reason(), EmptyReason::NothingDue, "{kind:?}");
        for case_no in &others {
            assert_eq!(seen(&floor, survey_id, *case_no).await.case.unwrap().code, "", "{kind:?}");
        }
        floor.desk.clock().set(EVENING_US + 15 * MINUTE_US);
        let second = a.pull().await;
        assert_eq!(second.phones[0].number, SHARED);
        a.report(dialled(&second, Outcome::HardRefusal)).await.unwrap();
        assert_eq!(a.dry().await, EmptyReason::NothingDue, "{kind:?}: it may be a slip again");
        floor.desk.clock().set(EVENING_US + 16 * MINUTE_US + SECOND_US);
        assert_eq!(a.dry().await, EmptyReason::AllDone, "{kind:?}");
        let closed = others.into_iter().chain([first.lease.unwrap().case_no]);
        for case_no in closed.filter(|no| *no != second.lease.unwrap().case_no) {
            assert_left_alone(&floor, survey_id, case_no).await;
        }
    }
}

/// Three classes; their first pupils have one phone; every pupil is drawn, half of them as reserves
/// where `n` is half of the class.
async fn sampled(floor: &Floor, pupils: usize, n: i32, release: &'static str) -> i64 {
    let classes = vec![("1-1", pupils), ("1-2", pupils), ("1-3", pupils)];
    let plan = Plan { classes, rate: "1.0", lo: n, hi: n, release, siblings: 1, ..Plan::default() };
    let survey_id = floor.drafted(&plan).await;
    floor.field(survey_id, "demo:4").await;
    survey_id
}

async fn release_everything(floor: &Floor, survey_id: i64) {
    let mut supervision = floor.supervision().await;
    for stratum in ["1-1", "1-2", "1-3"] {
        let release = || v1::ReleaseReservesRequest {
            survey_id,
            request_id: id(),
            stratum: stratum.into(),
            reason: "all of them".into(),
        };
        while supervision.release_reserves(with(&floor.admin, release())).await.is_ok() {}
    }
}

#[tokio::test]
async fn a_reserve_released_later_leaves_its_person_alone_too() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = sampled(&floor, 6, 3, "manual").await;
        let mut a = floor.seat("a", survey_id).await;
        let first = sibling(&mut a).await;
        let released = first.also_due.len();
        assert!(released < 2, "one of the three at least is a reserve");
        a.report(dialled(&first, Outcome::HardRefusal)).await.unwrap();
        floor.desk.clock().set(EVENING_US + 61 * SECOND_US);
        release_everything(&floor, survey_id).await;
        refuse_all_others(&mut a).await;
        let total = floor.progress(survey_id).await.total.unwrap();
        assert_eq!((total.drawn, total.refused, total.unreleased), (18, 18, 0), "{kind:?}");
    }
}

#[tokio::test]
async fn reserves_replace_a_case_that_was_closed_for_its_person() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = sampled(&floor, 6, 3, "rule").await;
        // everybody holds what comes, until somebody has the shared person
        let (mut holder, held) = loop {
            let mut seat = floor.seat(&id(), survey_id).await;
            let case = seat.pull().await;
            if case.phones[0].number == SHARED {
                break (seat, case);
            }
        };
        let other = &held.also_due[0].targets[0].class;
        let unreleased = async || {
            let progress = floor.progress(survey_id).await;
            let cell = progress.cells.iter().find(|c| c.stratum == *other).unwrap();
            cell.tally.unwrap().unreleased
        };
        holder.report(dialled(&held, Outcome::HardRefusal)).await.unwrap();
        floor.desk.clock().set(EVENING_US + 61 * SECOND_US);
        assert_eq!(unreleased().await, 3, "{kind:?}");
        holder.pull_with(&id()).await.unwrap();
        assert!(unreleased().await < 3, "{kind:?}: one less is open in that class");
    }
}

#[tokio::test]
async fn also_due_names_only_what_can_follow_in_the_same_call() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = sampled(&floor, 2, 1, "manual").await;
        release_everything(&floor, survey_id).await;
        let mut seats = Vec::new();
        for name in ["a", "b", "c", "d"] {
            let mut seat = floor.seat(name, survey_id).await;
            let case = seat.pull().await;
            seats.push((seat, case));
        }
        let at = seats.iter().position(|(_, c)| c.phones[0].number == SHARED).unwrap();
        let (mut holder, held) = seats.remove(at);
        assert_eq!(held.also_due.len(), 2, "{kind:?}");
        // somebody takes the only place of another class
        let other = &held.also_due[0].targets[0];
        let rival = seats.iter_mut().find(|(_, c)| c.targets[0].key == other.key).unwrap();
        rival.0.start(rival.1.lease.unwrap()).await.unwrap();
        let left: Vec<i64> = holder.held().await[0].also_due.iter().map(|c| c.case_no).collect();
        assert_eq!(left, [held.also_due[1].case_no], "{kind:?}");
        floor.set_state(survey_id, v1::SurveyState::Paused).await.unwrap();
        assert!(holder.held().await[0].also_due.is_empty(), "{kind:?}: nothing follows in a pause");
    }
}

#[tokio::test]
async fn a_lease_ends_at_its_heartbeat_when_its_person_has_withdrawn() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = three_siblings(&floor).await;
        let mut a = floor.seat("a", survey_id).await;
        let mut b = floor.seat("b", survey_id).await;
        let first = sibling(&mut a).await;
        assert_eq!(a.submit(&first, 9, 9).await.status(), ReceiptStatus::Counted);
        let second = sibling(&mut b).await;
        let lease = second.lease.unwrap();
        b.extend(lease).await.unwrap();
        withdraw(&floor, survey_id, first.lease.unwrap().case_no).await;
        for refusal in [b.extend(lease).await.unwrap_err(), b.start(lease).await.unwrap_err()] {
            assert_eq!(reason(&refusal), "LEASE_LOST", "{kind:?}");
        }
        // what was said before all the same is not lost
        let sent = v1::SubmitInterviewRequest {
            continue_with_person: true,
            ..b.submission(&second, 9, 9)
        };
        let reply = b.send(sent).await.unwrap();
        assert_eq!(reply.receipt.unwrap().status(), ReceiptStatus::Counted, "{kind:?}");
        if let Some(v1::submit_interview_response::Next::Assignment(next)) = reply.next {
            assert_ne!(next.phones[0].number, SHARED, "{kind:?}: nor is the third begun");
            b.release(next.lease.unwrap()).await.unwrap();
        }
        refuse_all_others(&mut b).await;
    }
}
