//! What a process of this machine uses, read from `/proc`.

use serde::Serialize;
use std::fs;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// Ticks of `/proc/PID/stat` a second; Linux has shown 100 to programs since 2.4.
const TICKS: f64 = 100.0;

/// What the server's process used while it was measured.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Usage {
    /// Mean of processor cores at work.
    pub cores: f64,
    /// Largest resident size seen, MiB.
    pub rss_mib: f64,
}

/// Processor seconds and resident MiB now.
fn now(pid: u32) -> Option<(f64, f64)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // the name in brackets may hold anything; what follows it does not
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some((ticks / TICKS, kib / 1024.0))
}

/// Watches a process between two times.
pub fn watch(pid: Option<u32>, from: Instant, until: Instant) -> JoinHandle<Option<Usage>> {
    tokio::spawn(async move {
        let pid = pid?;
        tokio::time::sleep_until(from.into()).await;
        let (before, mut most) = now(pid)?;
        let mut last = before;
        while Instant::now() < until {
            let next = until.min(Instant::now() + Duration::from_millis(500));
            tokio::time::sleep_until(next.into()).await;
            let (seconds, mib) = now(pid)?;
            last = seconds;
            most = most.max(mib);
        }
        let passed = (until - from).as_secs_f64();
        Some(Usage { cores: (last - before) / passed, rss_mib: most })
    })
}
