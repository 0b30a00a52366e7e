//! What one seat did, call by call.

use std::collections::BTreeMap;
use std::time::Instant;

/// Calls that are timed; `Cycle` is all of one, from when it should have begun.
pub const CALLS: [&str; 8] =
    ["cycle", "pull", "start", "save", "extend", "submit", "attempt", "held"];

/// One answered call.
#[derive(Clone, Copy)]
pub struct Taken {
    /// Place in [`CALLS`].
    pub call: usize,
    /// Milliseconds from the beginning of the drill to the answer.
    pub at_ms: u32,
    /// How long it took, microseconds.
    pub us: u32,
}

/// Counts of a seat.
#[derive(Default)]
pub struct Tally {
    /// Answered calls.
    pub taken: Vec<Taken>,
    /// Failures by code, or by reason where the server gives one.
    pub errors: BTreeMap<String, u64>,
    /// Pulls that found nothing.
    pub empty: u64,
    /// Acknowledged interviews by status of the receipt.
    pub interviews: BTreeMap<String, u64>,
    /// Acknowledged dials.
    pub dials: u64,
    /// Interviews whose outcome was never heard of.
    pub unknown: u64,
}

impl Tally {
    /// Notes an answered call.
    pub fn take(&mut self, call: usize, begin: Instant, from: Instant) {
        let now = Instant::now();
        let at_ms = u32::try_from((now - begin).as_millis()).unwrap_or(u32::MAX);
        let us = u32::try_from((now - from).as_micros()).unwrap_or(u32::MAX);
        self.taken.push(Taken { call, at_ms, us });
    }

    /// Notes a failure.
    pub fn error(&mut self, what: String) {
        *self.errors.entry(what).or_default() += 1;
    }
}
