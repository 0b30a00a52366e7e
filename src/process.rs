//! What a process of this machine uses, read from `/proc`; nothing where there is none.

use std::fs;

/// Ticks of `/proc/PID/stat` a second; Linux has shown 100 to programs since 2.4.
const TICKS: f64 = 100.0;

/// What a process has used and holds.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Processor seconds, of the system's work for it too.
    pub cpu_s: f64,
    /// Resident memory, KiB.
    pub resident_kib: u64,
    /// When it started, ticks of 10 ms after the machine did.
    since_ticks: f64,
}

impl Usage {
    /// Of a process now.
    pub fn of(pid: u32) -> Option<Usage> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // the name in brackets may hold anything; what follows it does not
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let field = |at: usize| fields.get(at)?.parse::<f64>().ok();
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        Some(Usage {
            cpu_s: (field(11)? + field(12)?) / TICKS,
            resident_kib: line.split_whitespace().nth(1)?.parse().ok()?,
            since_ticks: field(19)?,
        })
    }

    /// When the process started, Unix seconds.
    pub fn started_s(&self) -> Option<f64> {
        let stat = fs::read_to_string("/proc/stat").ok()?;
        let boot = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
        Some(boot.trim().parse::<f64>().ok()? + self.since_ticks / TICKS)
    }
}

/// File descriptors that a process has open, and how many it may.
pub fn descriptors(pid: u32) -> Option<(usize, u64)> {
    let open = fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count();
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).ok()?;
    let most = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    Some((open, most.split_whitespace().next()?.parse().ok()?))
}
