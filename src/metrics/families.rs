//! The families, in the order of the page.

use super::text::{Kind, Page};
use crate::desk::{Desk, Gauges};
use crate::process::{self, Usage};
use crate::rpc::{Calls, MethodView};

/// Latencies are counted in microseconds.
const SECOND: f64 = 1e6;

/// The page. Without `gauges` the database does not answer, and what it would show is left out.
pub fn page(desk: &Desk, calls: &Calls, gauges: Option<Gauges>) -> String {
    let mut page = Page::default();
    build(&mut page);
    calls_made(&mut page, calls);
    lane(&mut page, desk);
    work(&mut page, gauges);
    database(&mut page, desk, gauges);
    process(&mut page);
    page.into_text()
}

fn build(page: &mut Page) {
    let name = "canvass_build_info";
    page.family(name, Kind::Gauge, "Always 1; its label is the version of this server.");
    page.sample(name, &[("version", env!("CARGO_PKG_VERSION"))], 1);
}

fn calls_made(page: &mut Page, calls: &Calls) {
    let methods: Vec<MethodView> = calls.view().collect();
    let name = "canvass_calls_total";
    page.family(
        name,
        Kind::Counter,
        "Calls that have ended, by method and gRPC code. CANCELLED: the client went away or its \
         deadline passed. Method other: health, reflection, unknown paths.",
    );
    for method in &methods {
        for (code, count) in &method.codes {
            page.sample(name, &[("method", method.name), ("code", code)], count);
        }
    }
    let called = || methods.iter().filter(|m| m.latency.count + m.under_way > 0);
    let name = "canvass_call_duration_seconds";
    page.family(
        name,
        Kind::Histogram,
        "Time from a call to the first message of its answer (of streams too, which go on after \
         it), or to its status or its client's going where that came first. PullAssignment may \
         wait as long as its client allows. Methods that were called.",
    );
    for method in called() {
        page.histogram(name, &[("method", method.name)], &method.latency, SECOND);
    }
    let name = "canvass_calls_in_progress";
    page.family(name, Kind::Gauge, "Calls under way, open streams included.");
    for method in called() {
        page.sample(name, &[("method", method.name)], method.under_way);
    }
}

fn lane(page: &mut Page, desk: &Desk) {
    let lane = desk.lane_view();
    page.single(
        "canvass_lane_waiting_commands",
        Kind::Gauge,
        "Commands that wait for a batch to take them, over all surveys.",
        lane.waiting,
    );
    for (name, help, value) in [
        ("canvass_lane_batches_total", "Batches committed.", lane.commands.count),
        ("canvass_lane_commands_total", "Commands in committed batches.", lane.commands.sum),
        ("canvass_lane_statements_total", "Statements of committed batches.", lane.statements.sum),
    ] {
        page.single(name, Kind::Counter, help, value);
    }
    for (name, help, seen) in [
        ("canvass_lane_batch_commands", "Commands in a committed batch.", &lane.commands),
        (
            "canvass_lane_batch_statements",
            "Statements of a committed batch, begin and commit included.",
            &lane.statements,
        ),
    ] {
        page.family(name, Kind::Histogram, help);
        page.histogram(name, &[], seen, 1.0);
    }
}

fn work(page: &mut Page, gauges: Option<Gauges>) {
    for (name, help, value) in [
        (
            "canvass_live_leases",
            "Cases held by interviewers now, in surveys in the field or paused. Of the whole \
             database, at most 5 seconds old.",
            gauges.map(|g| g.leases),
        ),
        (
            "canvass_quarantine_open_entries",
            "Quarantine entries that wait for a supervisor. Of the whole database, at most 5 \
             seconds old.",
            gauges.map(|g| g.quarantined),
        ),
    ] {
        page.family(name, Kind::Gauge, help);
        if let Some(value) = value {
            page.sample(name, &[], value);
        }
    }
}

fn database(page: &mut Page, desk: &Desk, gauges: Option<Gauges>) {
    page.single(
        "canvass_database_up",
        Kind::Gauge,
        "Whether the database answered within 2 seconds when it was last looked at, at most 5 \
         seconds ago. While it is 0, what is read from it is left out.",
        u8::from(gauges.is_some()),
    );
    let name = "canvass_database_size_bytes";
    page.family(name, Kind::Gauge, "Size of the database (SQLite: without its log file).");
    if let Some(gauges) = gauges {
        page.sample(name, &[], gauges.bytes);
    }
    let pools = desk.connections();
    let name = "canvass_database_connections";
    page.family(name, Kind::Gauge, "Open connections of this server to the database.");
    for pool in &pools {
        for (state, count) in [("in_use", pool.in_use), ("idle", pool.idle)] {
            page.sample(name, &[("pool", pool.pool), ("state", state)], count);
        }
    }
    let name = "canvass_database_connections_max";
    page.family(name, Kind::Gauge, "Connections that a pool may open.");
    for pool in &pools {
        page.sample(name, &[("pool", pool.pool)], pool.max);
    }
}

fn process(page: &mut Page) {
    let own = std::process::id();
    let usage = Usage::of(own);
    let descriptors = process::descriptors(own);
    let mut single = |name, kind, help, value: Option<f64>| {
        page.family(name, kind, help);
        if let Some(value) = value {
            page.sample(name, &[], value);
        }
    };
    single(
        "process_cpu_seconds_total",
        Kind::Counter,
        "Processor time used, user and system, in seconds.",
        usage.map(|u| u.cpu_s),
    );
    single(
        "process_resident_memory_bytes",
        Kind::Gauge,
        "Resident memory.",
        usage.map(|u| u.resident_kib as f64 * 1024.0),
    );
    single(
        "process_open_fds",
        Kind::Gauge,
        "Open file descriptors.",
        descriptors.map(|(open, _)| open as f64),
    );
    single(
        "process_max_fds",
        Kind::Gauge,
        "Open file descriptors allowed.",
        descriptors.map(|(_, most)| most as f64),
    );
    single(
        "process_start_time_seconds",
        Kind::Gauge,
        "When the process started, in seconds since 1970.",
        usage.and_then(|u| u.started_s()),
    );
}
