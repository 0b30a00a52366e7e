//! The pairs that matter, each from a state of its own.

use super::{Hall, gate::Grain};
use crate::sim::{Ask, Model, Op, Told};
use canvass::desk::Lease;
use std::{future::Future, pin::Pin};

type Set = for<'h> fn(&'h mut Hall) -> Pin<Box<dyn Future<Output = [Op; 2]> + 'h>>;

/// Two requests that meet.
pub struct Scene {
    pub name: &'static str,
    pub grain: Grain,
    pub set: Set,
    /// What must hold of the two answers, besides what holds always.
    pub check: fn(&Model, &[Op; 2]) -> Result<(), String>,
}

const SUPERVISOR: i64 = 100;

async fn pull(hall: &mut Hall, which: usize, user: i64) -> (Lease, i64) {
    let op = hall.op(user, Ask::Pull);
    match hall.tell(which, &op).await {
        Told::Case(lease, target, _) => (lease, target),
        other => panic!("a case is due: {other:?}"),
    }
}

async fn done(hall: &mut Hall, which: usize, user: i64, ask: Ask) -> Told {
    let op = hall.op(user, ask);
    let told = hall.tell(which, &op).await;
    assert!(!matches!(told, Told::Refused(_) | Told::Unknown), "{op:?} came to {told:?}");
    told
}

const fn whatever(_: &Model, _: &[Op; 2]) -> Result<(), String> {
    Ok(())
}

/// At least so many of the two were acknowledged.
fn acknowledged(model: &Model, ops: &[Op; 2], least: usize, most: usize) -> Result<(), String> {
    let done = ops.iter().filter(|op| model.is_acknowledged(op.serial)).count();
    if (least..=most).contains(&done) {
        Ok(())
    } else {
        Err(format!("{done} of the two were acknowledged: {:?}", model.answers(ops)))
    }
}

macro_rules! scene {
    ($name:literal, $grain:ident, |$hall:ident| $set:block, $check:expr) => {
        Scene {
            name: $name,
            grain: Grain::$grain,
            set: |$hall| Box::pin(async move { $set }),
            check: $check,
        }
    };
}

/// See the module.
pub static SCENES: &[Scene] = &[
    scene!(
        "pull, pull",
        Statements,
        |hall| {
            // both replicas remember the survey
            pull(hall, 0, 3).await;
            pull(hall, 1, 4).await;
            [hall.op(1, Ask::Pull), hall.op(2, Ask::Pull)]
        },
        |model, ops| acknowledged(model, ops, 2, 2)
    ),
    scene!(
        "pull, pull of one interviewer",
        Statements,
        |hall| {
            pull(hall, 0, 3).await;
            [hall.op(1, Ask::Pull), hall.op(1, Ask::Pull)]
        },
        |model, ops| acknowledged(model, ops, 1, 2)
    ),
    // the sweep looks twice before it writes: what it saw may have gone
    scene!(
        "submit, sweep",
        Transactions,
        |hall| {
            let (lease, target) = pull(hall, 0, 1).await;
            done(hall, 0, 1, Ask::Start(lease)).await;
            hall.wait(100);
            [hall.op(1, Ask::Submit(lease, target, true, false)), hall.op(SUPERVISOR, Ask::Sweep)]
        },
        |model, ops| acknowledged(model, ops, 2, 2)
    ),
    scene!(
        "submit, submit under one key",
        Statements,
        |hall| {
            let (lease, target) = pull(hall, 0, 1).await;
            pull(hall, 1, 2).await;
            let op = hall.op(1, Ask::Submit(lease, target, true, true));
            [op.clone(), op]
        },
        |model, ops| acknowledged(model, ops, 2, 2)
    ),
    scene!(
        "start, start for the last place",
        Statements,
        |hall| { last_place(hall).await.map(|(user, lease, _)| hall.op(user, Ask::Start(lease))) },
        |model, ops| acknowledged(model, ops, 1, 1)
    ),
    scene!(
        "submit, submit for the last place",
        Statements,
        |hall| {
            let two = last_place(hall).await;
            two.map(|(user, lease, target)| hall.op(user, Ask::Submit(lease, target, true, false)))
        },
        |model, ops| acknowledged(model, ops, 2, 2)
    ),
    scene!(
        "heartbeat, lease to another",
        Statements,
        |hall| {
            let (lease, _) = pull(hall, 0, 1).await;
            pull(hall, 1, 2).await;
            hall.wait(100);
            [hall.op(1, Ask::Extend(lease)), hall.op(3, Ask::Pull)]
        },
        |model, ops| acknowledged(model, ops, 1, 2)
    ),
    scene!(
        "release, submit",
        Statements,
        |hall| {
            let (lease, target) = pull(hall, 0, 1).await;
            pull(hall, 1, 2).await;
            [hall.op(1, Ask::Release(lease)), hall.op(1, Ask::Submit(lease, target, true, false))]
        },
        |model, ops| acknowledged(model, ops, 1, 2)
    ),
    scene!(
        "revoke, submit",
        Statements,
        |hall| {
            let (lease, target) = pull(hall, 0, 1).await;
            pull(hall, 1, 2).await;
            let case_no = lease.case_no;
            [
                hall.op(SUPERVISOR, Ask::Revoke(case_no)),
                hall.op(1, Ask::Submit(lease, target, true, false)),
            ]
        },
        |model, ops| acknowledged(model, ops, 1, 2)
    ),
    scene!(
        "pause, submit",
        Statements,
        |hall| {
            let (lease, target) = pull(hall, 0, 1).await;
            pull(hall, 1, 2).await;
            [
                hall.op(SUPERVISOR, Ask::Pause(true)),
                hall.op(1, Ask::Submit(lease, target, true, true)),
            ]
        },
        |model, ops| acknowledged(model, ops, 2, 2)
    ),
    scene!(
        "reserves, submit",
        Statements,
        |hall| {
            let (lease, target) = pull(hall, 0, 1).await;
            pull(hall, 1, 2).await;
            [
                hall.op(SUPERVISOR, Ask::Reserves("1-1".into())),
                hall.op(1, Ask::Submit(lease, target, true, false)),
            ]
        },
        |model, ops| acknowledged(model, ops, 1, 2)
    ),
    scene!(
        "event, event",
        Statements,
        |hall| {
            let (first, target) = pull(hall, 0, 1).await;
            done(hall, 0, 1, Ask::Submit(first, target, true, false)).await;
            let (second, other) = pull(hall, 1, 2).await;
            done(hall, 1, 2, Ask::Submit(second, other, true, false)).await;
            [
                hall.op(SUPERVISOR, Ask::Correct(first.case_no, target)),
                hall.op(SUPERVISOR, Ask::Withdraw(second.case_no)),
            ]
        },
        |model, ops| acknowledged(model, ops, 2, 2)
    ),
    scene!(
        "submit, close",
        Transactions,
        |hall| {
            let (lease, target) = pull(hall, 0, 1).await;
            pull(hall, 1, 2).await;
            [hall.op(1, Ask::Submit(lease, target, true, false)), hall.op(SUPERVISOR, Ask::Close)]
        },
        whatever
    ),
];

/// Who holds what: user, lease, target.
type Held = (i64, Lease, i64);

/// Two cases of one cell that has one place left, and who holds them.
async fn last_place(hall: &mut Hall) -> [Held; 2] {
    for stratum in ["1-1", "1-2", "1-3"] {
        done(hall, 0, SUPERVISOR, Ask::Reserves(stratum.into())).await;
    }
    let mut held: Vec<Held> = Vec::new();
    for user in 1..=12 {
        let (lease, target) = pull(hall, (user % 2) as usize, user).await;
        held.push((user, lease, target));
    }
    // the class of which most are held
    let most = (1..=3).max_by_key(|t| held.iter().filter(|h| h.2 == *t).count()).unwrap();
    let (mut mine, others): (Vec<Held>, Vec<Held>) = held.into_iter().partition(|h| h.2 == most);
    for (user, lease, _) in others {
        done(hall, 0, user, Ask::Release(lease)).await;
    }
    let places = hall.places(most).await;
    assert!(mine.len() > places, "{} ask for {places} places", mine.len());
    for (user, lease, target) in mine.drain(..places - 1) {
        done(hall, 0, user, Ask::Submit(lease, target, true, false)).await;
    }
    [mine[0], mine[1]]
}
