//! What a drill found: rates, times, failures, and whether the server's figures are those that its
//! clients were told.

use super::{
    Order, Usage,
    tally::{CALLS, Taken, Tally},
};
use canvass_proto::v1;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// Times of one call, milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Call {
    /// How many were answered while it was measured.
    pub n: usize,
    /// Median.
    pub p50_ms: f64,
    /// 99 of 100 were no slower.
    pub p99_ms: f64,
    /// 999 of 1000 were no slower.
    pub p999_ms: f64,
    /// The slowest.
    pub max_ms: f64,
}

/// One second of the drill.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Second {
    /// Cycles finished in it.
    pub cycles: u64,
    /// Median and 99th percentile of a cycle that ended in it, milliseconds.
    pub p50_ms: f64,
    /// See above.
    pub p99_ms: f64,
}

/// See the module.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Name of the practice survey.
    pub survey: String,
    /// Virtual interviewers.
    pub interviewers: usize,
    /// Seconds measured.
    pub seconds: f64,
    /// Cycles asked for each second; 0 = closed loop.
    pub rate: f64,
    /// Cycles finished each second.
    pub cycles_per_s: f64,
    /// By call; `cycle` is a whole one, from when it should have begun.
    pub calls: BTreeMap<String, Call>,
    /// Failures by reason or code, warm-up included.
    pub errors: BTreeMap<String, u64>,
    /// Pulls that found nothing.
    pub empty: u64,
    /// Acknowledged interviews by status, warm-up included.
    pub interviews: BTreeMap<String, u64>,
    /// Acknowledged dials.
    pub dials: u64,
    /// Interviews whose outcome was never heard of.
    pub unknown: u64,
    /// What the server's process used, where it could be seen.
    pub server: Option<Usage>,
    /// What the server counts in the end.
    pub counted: i64,
    /// Whether that is what its clients were told.
    pub sound: bool,
    /// Second by second, warm-up included.
    pub course: Vec<Second>,
}

/// The value that a share of sorted values does not exceed (nearest rank), from microseconds to
/// milliseconds.
fn quantile(sorted: &[u32], per_mille: usize) -> f64 {
    let rank = (sorted.len() * per_mille).div_ceil(1000).max(1);
    sorted.get(rank - 1).map_or(0.0, |us| f64::from(*us) / 1000.0)
}

fn times(mut us: Vec<u32>) -> Call {
    us.sort_unstable();
    Call {
        n: us.len(),
        p50_ms: quantile(&us, 500),
        p99_ms: quantile(&us, 990),
        p999_ms: quantile(&us, 999),
        max_ms: quantile(&us, 1000),
    }
}

/// Sums what the seats did; what was answered before `warm_up` has passed is not timed.
pub fn of(order: &Order, tallies: &[Tally], warm_up: Duration, server: Option<Usage>) -> Report {
    let seconds = order.measure.as_secs_f64();
    let from_ms = u32::try_from(warm_up.as_millis()).unwrap_or(u32::MAX);
    let until_ms = from_ms + u32::try_from(order.measure.as_millis()).unwrap_or(u32::MAX);
    let all = || tallies.iter().flat_map(|tally| &tally.taken);
    let measured = |t: &&Taken| (from_ms..until_ms).contains(&t.at_ms);
    let mut calls = BTreeMap::new();
    for (call, name) in CALLS.iter().enumerate() {
        let us: Vec<u32> =
            all().filter(|t| t.call == call).filter(measured).map(|t| t.us).collect();
        if !us.is_empty() {
            calls.insert((*name).to_owned(), times(us));
        }
    }
    let cycles = calls.get("cycle").map_or(0, |cycle| cycle.n);
    let mut report = Report {
        interviewers: order.interviewers,
        seconds,
        rate: order.rate,
        cycles_per_s: cycles as f64 / seconds,
        calls,
        server,
        course: course(all().filter(|t| t.call == 0), until_ms),
        ..Report::default()
    };
    for tally in tallies {
        report.empty += tally.empty;
        report.dials += tally.dials;
        report.unknown += tally.unknown;
        for (to, from) in
            [(&mut report.errors, &tally.errors), (&mut report.interviews, &tally.interviews)]
        {
            for (name, n) in from {
                *to.entry(name.clone()).or_default() += n;
            }
        }
    }
    report
}

fn course<'t>(cycles: impl Iterator<Item = &'t Taken>, until_ms: u32) -> Vec<Second> {
    let mut seconds: Vec<Vec<u32>> = vec![Vec::new(); until_ms.div_ceil(1000) as usize];
    for cycle in cycles {
        if let Some(second) = seconds.get_mut((cycle.at_ms / 1000) as usize) {
            second.push(cycle.us);
        }
    }
    seconds
        .into_iter()
        .map(|us| {
            let call = times(us);
            Second { cycles: call.n as u64, p50_ms: call.p50_ms, p99_ms: call.p99_ms }
        })
        .collect()
}

impl Report {
    /// Compares what clients were told with what the server counts since before: every interview
    /// acknowledged as counted, and none besides, but for those whose outcome was never heard of.
    pub fn judge(&mut self, before: &v1::Progress, after: &v1::Progress) {
        let valid = |progress: &v1::Progress| {
            progress.cells.iter().filter_map(|c| c.tally).map(|t| t.valid).sum::<i64>()
        };
        self.counted = valid(after) - valid(before);
        let told = self.interviews.get("COUNTED").copied().unwrap_or_default();
        let counted = u64::try_from(self.counted).unwrap_or_default();
        self.sound = (told..=told + self.unknown).contains(&counted);
    }
}
