//! One case after another: leases, fencing, repeats, the quarantine, quotas. The worked ledger and
//! the worked submits are here with their numbers.

use crate::floor::{
    EVENING_US, Floor, KINDS, SECOND_US, id, reason,
    school::{Plan, Seat, ratings},
    with,
};
use canvass_proto::v1::{self, Outcome, ReceiptStatus};
use tonic::Code;

async fn one_class(floor: &Floor) -> i64 {
    let plan = Plan { classes: vec![("3-2", 40)], ..Plan::default() };
    floor.fielded(&plan).await
}

fn total(p: &v1::Progress) -> v1::Tally {
    p.total.unwrap()
}

#[tokio::test]
async fn the_ledger_adds_up_at_every_instant() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = one_class(&floor).await;
        let mut a = floor.seat("a", survey_id).await;
        let mut b = floor.seat("b", survey_id).await;

        let first = a.pull().await;
        assert_eq!(first.targets[0].key, "T000");
        a.start(first.lease.unwrap()).await.unwrap();
        assert_eq!(a.submit(&first, 9, 8).await.status(), ReceiptStatus::Counted);
        let second = a.pull().await;
        a.dial(second.lease.unwrap(), Outcome::NoAnswer).await.unwrap();
        let third = a.pull().await;
        a.start(third.lease.unwrap()).await.unwrap();
        let fourth = b.pull().await;
        let ended = b.dial(fourth.lease.unwrap(), Outcome::HardRefusal).await.unwrap();
        assert_eq!((ended.r#final, ended.code.as_str()), (true, "2.11"));

        let t = total(&floor.progress(survey_id).await);
        assert_eq!((t.drawn, t.released, t.target, t.cap), (24, 12, 12, 20), "{kind:?}");
        assert_eq!((t.valid, t.open, t.in_progress, t.refused, t.fresh), (1, 1, 1, 1, 8));
        assert_eq!((t.unreleased, t.held, t.remaining), (12, 1, 11));

        floor.desk.clock().set(EVENING_US + 95 * SECOND_US);
        floor.desk.sweep().await.unwrap();
        let t = total(&floor.progress(survey_id).await);
        assert_eq!((t.in_progress, t.open, t.held), (0, 2, 0), "the desktop died: {kind:?}");

        // the case of the dead seat is due again and goes to somebody else, with the next epoch
        let again = b.pull().await;
        assert_eq!(again.lease.unwrap().case_no, third.lease.unwrap().case_no);
        assert_eq!((third.lease.unwrap().epoch, again.lease.unwrap().epoch), (1, 2));
        assert_eq!(b.submit(&again, 7, 7).await.status(), ReceiptStatus::Counted);
        let late = a.submit(&third, 1, 1).await;
        assert_eq!(late.status(), ReceiptStatus::Quarantined);
        let p = floor.progress(survey_id).await;
        assert_eq!((total(&p).valid, p.quarantined), (2, 1));
        let t = total(&p);
        let sum = t.valid
            + t.over_quota
            + t.refused
            + t.unreachable
            + t.unknown
            + t.other
            + t.not_eligible
            + t.in_progress
            + t.open
            + t.fresh
            + t.unreleased;
        assert_eq!(sum, t.drawn);
    }
}

#[tokio::test]
async fn a_full_cell_says_so_before_the_first_question() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let plan = Plan {
            classes: vec![("1-1", 30)],
            rate: "0.01",
            lo: 1,
            hi: 1,
            min_valid_n: 1,
            ..Plan::default()
        };
        let survey_id = floor.drafted(&plan).await;
        floor.field(survey_id, "demo:3").await;
        let release = v1::ReleaseReservesRequest {
            survey_id,
            request_id: id(),
            stratum: "1-1".into(),
            reason: "one more at a time".into(),
        };
        floor.supervision().await.release_reserves(with(&floor.admin, release)).await.unwrap();
        let mut a = floor.seat("a", survey_id).await;
        let mut b = floor.seat("b", survey_id).await;
        let (x, y) = (a.pull().await, b.pull().await);
        let (one, other) = tokio::join!(a.start(x.lease.unwrap()), b.start(y.lease.unwrap()));
        let results = [one.is_ok(), other.is_ok()];
        assert_eq!(results.iter().filter(|ok| **ok).count(), 1, "{kind:?}");
        let refused = one.err().or(other.err()).unwrap();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::FailedPrecondition, "QUOTA_FULL")
        );
        assert_eq!(total(&floor.progress(survey_id).await).held, 1);
        // an interview already spoken is kept all the same, and marked
        let (mut winner, w, mut loser, l) = if results[0] { (a, x, b, y) } else { (b, y, a, x) };
        assert_eq!(winner.submit(&w, 8, 8).await.status(), ReceiptStatus::Counted);
        assert_eq!(loser.submit(&l, 2, 2).await.status(), ReceiptStatus::OverQuota);
        let t = total(&floor.progress(survey_id).await);
        assert_eq!((t.valid, t.over_quota, t.held), (1, 1, 0));
    }
}

fn same_receipt(a: &v1::SubmitInterviewResponse, b: &v1::SubmitInterviewResponse) -> bool {
    use prost::Message;
    let bytes = |r: &v1::SubmitInterviewResponse| r.receipt.clone().unwrap().encode_to_vec();
    bytes(a) == bytes(b)
}

#[tokio::test]
async fn a_submit_counts_once_however_often_it_is_sent() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = one_class(&floor).await;
        let mut a = floor.seat("a", survey_id).await;
        let case = a.pull().await;
        a.start(case.lease.unwrap()).await.unwrap();
        let mut r1 = a.submission(&case, 9, 9);
        r1.pull_next = true;
        let first = a.send(r1.clone()).await.unwrap();
        assert_eq!(first.receipt.as_ref().unwrap().status(), ReceiptStatus::Counted);
        let Some(v1::submit_interview_response::Next::Assignment(next)) = &first.next else {
            panic!("the answer carries the next case")
        };
        let again = a.send(r1.clone()).await.unwrap();
        assert!(same_receipt(&first, &again), "{kind:?}");
        let Some(v1::submit_interview_response::Next::Assignment(held)) = &again.next else {
            panic!("a repeat carries what is held now")
        };
        assert_eq!(held.lease, next.lease);
        let other = v1::SubmitInterviewRequest {
            ratings: ratings(case.targets[0].target_no, 1, 1),
            ..r1.clone()
        };
        assert_eq!(reason(&a.send(other).await.unwrap_err()), "REQUEST_ID_REUSED");
        // another user with the same id sees nothing
        let mut b = floor.seat("b", survey_id).await;
        assert_eq!(reason(&b.send(r1.clone()).await.unwrap_err()), "REQUEST_ID_REUSED");
        a.release(next.lease.unwrap()).await.unwrap();
        let empty = a.send(r1.clone()).await.unwrap();
        assert!(same_receipt(&first, &empty) && empty.next.is_none());
        // a restart, and a year later
        let place = floor.stop().await;
        let mut floor = Floor::again(place).await;
        floor.desk.clock().set(EVENING_US + 365 * 86_400 * SECOND_US);
        floor.admin = floor.sign_in("admin", crate::floor::PASSWORD, "").await;
        let token = floor.sign_in("a", crate::floor::PASSWORD, "").await;
        let mut a = Seat { client: floor.interviewing().await, token, ..a };
        let late = a.send(r1.clone()).await.unwrap();
        assert!(same_receipt(&first, &late));
        assert_eq!(total(&floor.progress(survey_id).await).valid, 1);
        // another id with the old lease is kept aside
        let mut r2 = r1;
        r2.request_id = id();
        let aside = a.send(r2).await.unwrap().receipt.unwrap();
        assert_eq!(aside.status(), ReceiptStatus::Quarantined);
        assert_eq!(total(&floor.progress(survey_id).await).valid, 1);
    }
}

#[tokio::test]
async fn a_stale_lease_is_lost_and_another_users_is_not_there() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = one_class(&floor).await;
        let mut a = floor.seat("a", survey_id).await;
        let mut b = floor.seat("b", survey_id).await;
        let case = a.pull().await;
        let lease = case.lease.unwrap();
        let stranger = b.extend(lease).await.unwrap_err();
        assert_eq!(stranger.code(), Code::NotFound);
        floor.desk.clock().set(EVENING_US + 91 * SECOND_US);
        // expired and not taken: revived
        assert!(!a.extend(lease).await.unwrap().reservation_lost);
        floor.desk.clock().set(EVENING_US + 200 * SECOND_US);
        let taken = b.pull().await;
        assert_eq!(taken.lease.unwrap().case_no, lease.case_no);
        let set = ratings(case.targets[0].target_no, 5, 5);
        for refused in [
            a.extend(lease).await.unwrap_err(),
            a.start(lease).await.unwrap_err(),
            a.save(lease, 1, set).await.unwrap_err(),
            a.release(lease).await.unwrap_err(),
        ] {
            assert_eq!(reason(&refused), "LEASE_LOST", "{kind:?}");
        }
        let kept = a.dial(lease, Outcome::Busy).await.unwrap();
        assert_eq!(kept.status(), ReceiptStatus::Quarantined);
        let future = v1::Lease { epoch: 99, ..lease };
        assert_eq!(a.extend(future).await.unwrap_err().code(), Code::NotFound);
        let p = floor.progress(survey_id).await;
        assert_eq!((total(&p).in_progress, p.quarantined), (1, 1));
    }
}

#[tokio::test]
async fn a_pull_repeated_returns_the_same_lease() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = one_class(&floor).await;
        let mut a = floor.seat("a", survey_id).await;
        let request_id = id();
        let first = a.pull_with(&request_id).await.unwrap();
        let again = a.pull_with(&request_id).await.unwrap();
        assert_eq!(first, again, "{kind:?}");
        let refused = a.pull_with(&id()).await.unwrap_err();
        assert_eq!(reason(&refused), "ASSIGNMENT_HELD");
        let held = a.held().await;
        assert_eq!(held.len(), 1);
        a.release(held[0].lease.unwrap()).await.unwrap();
        let Some(v1::pull_assignment_response::Result::Empty(e)) =
            a.pull_with(&request_id).await.unwrap().result
        else {
            panic!("its lease has ended")
        };
        assert_eq!(e.reason(), v1::EmptyReason::LeaseEnded);
        assert!(a.held().await.is_empty());
    }
}

#[tokio::test]
async fn a_draft_survives_the_desktop_and_goes_to_the_next_holder() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = one_class(&floor).await;
        let mut a = floor.seat("a", survey_id).await;
        let case = a.pull().await;
        let lease = case.lease.unwrap();
        let target_no = case.targets[0].target_no;
        let early = a.save(lease, 1, vec![]).await.unwrap_err();
        assert_eq!(reason(&early), "NOT_STARTED");
        a.start(lease).await.unwrap();
        let mut half = ratings(target_no, 9, 0);
        half[0].answers.truncate(1);
        assert_eq!(a.save(lease, 2, half.clone()).await.unwrap(), 2);
        assert_eq!(a.save(lease, 1, vec![]).await.unwrap(), 2, "a lower number is ignored");
        let held = a.held().await.remove(0);
        assert_eq!((held.draft_save_no, held.started, held.draft), (2, true, half.clone()));
        let outside = a.save(lease, 3, ratings(target_no, 11, 0)).await.unwrap_err();
        assert_eq!(outside.code(), Code::InvalidArgument);
        assert!(outside.message().contains("q1"), "it names the question: {}", outside.message());
        floor.desk.clock().set(EVENING_US + 200 * SECOND_US);
        let mut b = floor.seat("b", survey_id).await;
        let next = b.pull().await;
        assert_eq!((next.lease.unwrap().case_no, next.draft), (lease.case_no, half));
        // broken off with half of the indicators answered: a partial interview that counts
        b.start(next.lease.unwrap()).await.unwrap();
        let receipt = b.dial(next.lease.unwrap(), Outcome::BreakOff).await.unwrap();
        assert_eq!((receipt.code.as_str(), receipt.status()), ("1.2", ReceiptStatus::Counted));
        assert_eq!(total(&floor.progress(survey_id).await).valid, 1, "{kind:?}");
    }
}
