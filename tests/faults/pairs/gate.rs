//! A gate before every statement of a replica: it waits until the turn is its own.

use canvass::{
    error::Result,
    store::{Moment, Weather},
};
use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};
use tokio::sync::Semaphore;

/// Where the gate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// Before every statement and every commit.
    Statements,
    /// Before every transaction and every commit.
    Transactions,
}

/// See the module.
pub struct Gate {
    grain: Grain,
    open: AtomicBool,
    waiting: AtomicUsize,
    passed: AtomicUsize,
    turns: Semaphore,
}

impl Gate {
    /// An open gate.
    pub fn new(grain: Grain) -> Arc<Gate> {
        Arc::new(Gate {
            grain,
            open: AtomicBool::new(true),
            waiting: AtomicUsize::new(0),
            passed: AtomicUsize::new(0),
            turns: Semaphore::new(0),
        })
    }

    pub fn shut(&self) {
        self.open.store(false, Ordering::SeqCst);
    }

    /// From here on everybody goes through.
    pub fn reopen(&self) {
        self.open.store(true, Ordering::SeqCst);
        self.turns.add_permits(1_000_000);
    }

    /// Whether somebody stands before it.
    pub fn is_waited_at(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) > self.passed.load(Ordering::SeqCst)
    }

    /// Lets one through.
    pub fn let_through(&self) {
        self.passed.fetch_add(1, Ordering::SeqCst);
        self.turns.add_permits(1);
    }

    const fn stands_at(&self, moment: Moment) -> bool {
        match self.grain {
            Grain::Statements => {
                matches!(moment, Moment::Read | Moment::Statement | Moment::Commit)
            }
            Grain::Transactions => matches!(moment, Moment::Read | Moment::Begin | Moment::Commit),
        }
    }
}

impl Weather for Gate {
    fn at(&self, moment: Moment) -> Pin<Box<dyn Future<Output = Result<()>> + Send + '_>> {
        Box::pin(async move {
            if self.stands_at(moment) && !self.open.load(Ordering::SeqCst) {
                self.waiting.fetch_add(1, Ordering::SeqCst);
                if let Ok(turn) = self.turns.acquire().await {
                    turn.forget();
                }
            }
            Ok(())
        })
    }
}
