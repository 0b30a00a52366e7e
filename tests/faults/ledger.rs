//! The ledger of seeds: which were run when, so that the counts of many runs add up.

use crate::sim::Sum;
use std::{fs, io::Write, path::Path};

/// Seeds that were set aside for runs: the first, and how many.
fn used(ledger: Option<&Path>) -> Vec<(u64, u64)> {
    let text = ledger.and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
    let range = |line: &str| {
        let mut words = line.split_whitespace().skip(1);
        Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
    };
    text.lines().filter(|line| !line.starts_with('#')).filter_map(range).collect()
}

/// A first seed so that none of the next `count` was run before.
pub fn fresh(ledger: Option<&Path>, count: u64) -> u64 {
    let used = used(ledger);
    loop {
        // multiples of 65,536 below 2^48: ranges of different runs do not touch
        let first = (rand::random::<u64>() >> 16) & !0xFFFF;
        let free = |(begin, many): &(u64, u64)| first + count <= *begin || begin + many <= first;
        if used.iter().all(free) {
            return first;
        }
    }
}

/// Notes a run without a failure: day, first seed, seeds set aside, schedules run, version.
pub fn add(ledger: &Path, first: u64, aside: u64, sum: &Sum) {
    let now_us = canvass::clock::Clock::system(0).now_us();
    let day = chrono::DateTime::from_timestamp_micros(now_us).unwrap();
    let line = format!(
        "{} {first} {aside} {} {}\n",
        day.format("%Y-%m-%d"),
        sum.schedules,
        env!("CARGO_PKG_VERSION")
    );
    let mut file = fs::File::options().append(true).create(true).open(ledger).unwrap();
    file.write_all(line.as_bytes()).unwrap();
    let text = fs::read_to_string(ledger).unwrap();
    let done = |line: &str| line.split_whitespace().nth(3).and_then(|n| n.parse::<u64>().ok());
    let all: u64 = text.lines().filter(|line| !line.starts_with('#')).filter_map(done).sum();
    println!("ledger: {all} schedules so far");
}
