//! The weather of one virtual replica: a step of a transaction fails, or the replica is gone from there on.

use canvass::{
    error::{Error, Result},
    store::{Moment, Weather},
};
use std::{
    future::Future,
    pin::Pin,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};

/// What is to happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Blow {
    /// Nothing.
    #[default]
    None,
    /// The n-th step from now fails, and the next so many too.
    Fail(i64, i64),
    /// The commit fails before it has happened.
    BeforeCommit,
    /// The commit happens and nobody learns of it.
    AfterCommit,
    /// From the n-th step on the replica does nothing any more.
    Crash(i64),
    /// The commit happens, and then the replica does nothing any more.
    CrashAfterCommit,
}

/// See the module.
#[derive(Default)]
pub struct Storm {
    blow: Mutex<Blow>,
    left: AtomicI64,
    down: AtomicBool,
    /// What has happened, by kind: failed, before, after, crashed.
    pub struck: [AtomicI64; 4],
}

impl Storm {
    /// Prepares a blow.
    pub fn set(&self, blow: Blow) {
        *self.blow.lock().unwrap() = blow;
        self.left.store(
            if let Blow::Fail(n, _) | Blow::Crash(n) = blow { n } else { 0 },
            Ordering::SeqCst,
        );
    }

    /// Whether the replica has crashed.
    pub fn is_down(&self) -> bool {
        self.down.load(Ordering::SeqCst)
    }

    fn strikes(&self, moment: Moment) -> bool {
        if self.is_down() {
            return true;
        }
        let mut blow = self.blow.lock().unwrap();
        let at = match *blow {
            Blow::None => return false,
            Blow::Fail(..) | Blow::Crash(_) => self.left.fetch_sub(1, Ordering::SeqCst) <= 0,
            Blow::BeforeCommit => moment == Moment::Commit,
            Blow::AfterCommit | Blow::CrashAfterCommit => moment == Moment::Committed,
        };
        if !at {
            return false;
        }
        let kind = match *blow {
            Blow::None | Blow::Fail(..) => 0,
            Blow::BeforeCommit => 1,
            Blow::AfterCommit => 2,
            Blow::Crash(_) | Blow::CrashAfterCommit => 3,
        };
        self.struck[kind].fetch_add(1, Ordering::SeqCst);
        match &mut *blow {
            Blow::Fail(_, more) if *more > 0 => *more -= 1,
            Blow::Crash(_) | Blow::CrashAfterCommit => self.down.store(true, Ordering::SeqCst),
            Blow::None | Blow::Fail(..) | Blow::BeforeCommit | Blow::AfterCommit => {
                *blow = Blow::None;
            }
        }
        true
    }
}

impl Weather for Storm {
    fn at(&self, moment: Moment) -> Pin<Box<dyn Future<Output = Result<()>> + Send + '_>> {
        let struck = self.strikes(moment);
        Box::pin(
            async move { if struck { Err(Error::Busy("the weather".into())) } else { Ok(()) } },
        )
    }
}
