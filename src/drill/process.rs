//! What the server's process uses while a drill runs.

use crate::process;
use serde::Serialize;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

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
    let now = process::Usage::of(pid)?;
    Some((now.cpu_s, now.resident_kib as f64 / 1024.0))
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
