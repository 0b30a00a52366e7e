//! The one clock: a replica that disagrees with the database leases nothing; wall time never runs
//! backwards past what is stored; a jump ends no lease.

use crate::floor::{EVENING_US, Floor, KINDS, MINUTE_US, SECOND_US, school::Plan};
use canvass::clock::Clock;
use canvass_proto::v1::EmptyReason;

#[test]
fn a_replica_is_skewed_until_the_next_reading_agrees() {
    let clock = Clock::database(1_000_000_000);
    assert!(clock.follows_database() && !clock.is_skewed());
    assert!(!clock.sync(1_000_000_000 + SECOND_US), "a second is no skew");
    assert!(clock.sync(1_000_000_000 + 5 * SECOND_US), "four seconds off");
    assert!(clock.is_skewed());
    assert!(clock.now_us() >= 1_000_000_000 + 5 * SECOND_US, "the database's time is taken");
    assert!(!clock.sync(1_000_000_000 + 5 * SECOND_US));
    assert!(!clock.is_skewed());
}

#[test]
fn time_is_never_before_what_is_stored() {
    let future = 4_102_444_800_000_000;
    let clock = Clock::system(future);
    assert_eq!(clock.now_us(), future);
    assert!(Clock::system(0).now_us() > 1_700_000_000_000_000);
    assert!(Clock::system(0).jump_us() < SECOND_US);
    let manual = Clock::manual(5);
    manual.set(9);
    assert!(manual.is_manual() && manual.now_us() == 9);
}

#[tokio::test]
async fn a_jump_of_the_wall_clock_ends_no_lease() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = floor.fielded(&Plan::default()).await;
        let mut a = floor.seat("a", survey_id).await;
        let lease = a.pull().await.lease.unwrap();
        let jump = 30 * MINUTE_US;
        floor.desk.clock().set(EVENING_US + jump);
        floor.desk.clock_jumped(jump).await.unwrap();
        let held = a.held().await;
        assert_eq!(held[0].lease.unwrap(), lease, "{kind:?}");
        assert_eq!(held[0].lease_expires_us, EVENING_US + jump + 90 * SECOND_US);
        // and so for the others: it is still nobody else's
        let mut b = floor.seat("b", survey_id).await;
        assert_ne!(b.pull().await.lease.unwrap().case_no, lease.case_no);
        floor.desk.stop();
        let mut c = floor.seat("c", survey_id).await;
        assert_eq!(c.dry().await, EmptyReason::Stopping, "no new leases from here on");
    }
}
