//! The only clock. Rules and the store never read time; the desk asks here and passes it on.
//!
//! On PostgreSQL a replica's time is the database's, read every 10 s, plus this process's monotonic
//! time. On SQLite it is the system's, never before the last event stored. A manual clock, moved by
//! hand, replaces both in tests and in the demo.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, AtomicI64, Ordering},
};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A replica whose clock disagrees with the database by more than this stops leasing.
pub const SKEW_US_MAX: i64 = 2_000_000;

/// Time as microseconds since 1970-01-01 UTC.
#[derive(Clone)]
pub struct Clock(Arc<Source>);

enum Source {
    Manual(AtomicI64),
    System { floor_us: AtomicI64, last: Mutex<(i64, Instant)> },
    Database { base: Mutex<(i64, Instant)>, skewed: AtomicBool },
}

#[expect(clippy::disallowed_methods, reason = "this is the Clock everybody else asks")]
fn system_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

fn elapsed_us(since: Instant) -> i64 {
    i64::try_from(since.elapsed().as_micros()).unwrap_or(i64::MAX)
}

impl Clock {
    /// The system's clock, never before `floor_us` (SQLite).
    pub fn system(floor_us: i64) -> Clock {
        let last = Mutex::new((system_us(), Instant::now()));
        Clock(Arc::new(Source::System { floor_us: AtomicI64::new(floor_us), last }))
    }

    /// The database's clock, as just read (PostgreSQL).
    pub fn database(now_us: i64) -> Clock {
        let base = Mutex::new((now_us, Instant::now()));
        Clock(Arc::new(Source::Database { base, skewed: AtomicBool::new(false) }))
    }

    /// A clock that stands still until it is set.
    pub fn manual(now_us: i64) -> Clock {
        Clock(Arc::new(Source::Manual(AtomicI64::new(now_us))))
    }

    /// Now.
    pub fn now_us(&self) -> i64 {
        match &*self.0 {
            Source::Manual(at) => at.load(Ordering::SeqCst),
            Source::System { floor_us, .. } => {
                let now = system_us();
                floor_us.fetch_max(now, Ordering::SeqCst).max(now)
            }
            Source::Database { base, .. } => {
                let (at, when) = *base.lock().unwrap_or_else(PoisonError::into_inner);
                at + elapsed_us(when)
            }
        }
    }

    /// Moves a manual clock; the others cannot be set.
    pub fn set(&self, now_us: i64) {
        if let Source::Manual(at) = &*self.0 {
            at.store(now_us, Ordering::SeqCst);
        }
    }

    /// True for a clock that is moved by hand.
    pub fn is_manual(&self) -> bool {
        matches!(&*self.0, Source::Manual(_))
    }

    /// True for a clock that wants [`Clock::sync`].
    pub fn follows_database(&self) -> bool {
        matches!(&*self.0, Source::Database { .. })
    }

    /// Takes a fresh reading of the database's clock, and says whether this replica had drifted by
    /// more than [`SKEW_US_MAX`]. It leases nothing until the next reading agrees.
    pub fn sync(&self, database_us: i64) -> bool {
        let Source::Database { base, skewed } = &*self.0 else { return false };
        let off = (self.now_us() - database_us).abs() > SKEW_US_MAX;
        *base.lock().unwrap_or_else(PoisonError::into_inner) = (database_us, Instant::now());
        skewed.store(off, Ordering::SeqCst);
        off
    }

    /// True while this replica must not lease.
    pub fn is_skewed(&self) -> bool {
        matches!(&*self.0, Source::Database { skewed, .. } if skewed.load(Ordering::SeqCst))
    }

    /// How far wall time has run ahead of monotonic time since the last call, 0 or more (SQLite). A
    /// jump of more than one lease time would end every lease at once.
    pub fn jump_us(&self) -> i64 {
        let Source::System { last, .. } = &*self.0 else { return 0 };
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        let wall = system_us();
        let jump = (wall - last.0) - elapsed_us(last.1);
        *last = (wall, Instant::now());
        jump.max(0)
    }
}
