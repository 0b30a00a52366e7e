//! Counts of what happened, made of atomics: noting something takes no lock and makes nothing.

use std::sync::atomic::{AtomicU64, Ordering};

/// How often a whole number was seen, by upper bounds; its unit is the user's.
#[derive(Debug)]
pub struct Histogram<const N: usize> {
    bounds: [u64; N],
    within: [AtomicU64; N],
    beyond: AtomicU64,
    sum: AtomicU64,
}

/// A histogram as it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Upper bounds, and how many were at or below each.
    pub upto: Vec<(u64, u64)>,
    /// How many in all.
    pub count: u64,
    /// Their sum.
    pub sum: u64,
}

impl<const N: usize> Histogram<N> {
    /// An empty one; the bounds rise.
    pub const fn new(bounds: [u64; N]) -> Histogram<N> {
        Histogram {
            bounds,
            within: [const { AtomicU64::new(0) }; N],
            beyond: AtomicU64::new(0),
            sum: AtomicU64::new(0),
        }
    }

    /// Notes a number.
    pub fn note(&self, value: u64) {
        let at = self.bounds.iter().position(|bound| value <= *bound);
        let place = at.and_then(|at| self.within.get(at)).unwrap_or(&self.beyond);
        self.sum.fetch_add(value, Ordering::Relaxed);
        place.fetch_add(1, Ordering::Relaxed);
    }

    /// What was seen so far.
    pub fn seen(&self) -> Seen {
        let mut count = 0;
        let upto = self.bounds.iter().zip(&self.within).map(|(bound, within)| {
            count += within.load(Ordering::Relaxed);
            (*bound, count)
        });
        let upto = upto.collect();
        count += self.beyond.load(Ordering::Relaxed);
        Seen { upto, count, sum: self.sum.load(Ordering::Relaxed) }
    }
}
