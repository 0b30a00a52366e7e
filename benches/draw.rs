//! Draws 15 from each of 25,000 classes of 40 (1,000,000 units); prints seconds and bytes a unit.
//!
//! `cargo bench --bench draw`: under 2 s and under 200 bytes a unit. The bytes are the growth of
//! the peak resident size (Linux) from the frame's making to the end of the draw.

use std::{hint::black_box, time::Instant};

use canvass::{
    model::Msg,
    rules::{
        frame::Frame,
        sampling::{Bounds, Design, Rate, draw, seed_of_sources},
    },
};

const CLASSES: usize = 25_000;
const UNITS: usize = 40;
const SECONDS_MAX: f64 = 2.0;
const BYTES_MAX: f64 = 200.0;

fn main() -> Result<(), Msg> {
    let seed = seed_of_sources("dice:31415926535897932384")?;
    let bounds = Bounds::new(Rate::parse("0.375")?, 10, 20)?;
    // The roster's own strings are the importer's memory, not the draw's.
    let keys: Vec<(String, String)> = (0..CLASSES * UNITS)
        .map(|i| (format!("{:05}", i / UNITS), format!("P{:07}", i * 7919 % (CLASSES * UNITS))))
        .collect();
    let before = peak_bytes();
    let start = Instant::now();
    let frame = Frame::new(keys.iter().map(|(s, u)| (s.as_str(), u.as_str())))?;
    let frozen = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let design = Design::new(&frame, bounds, []);
    let rows = black_box(draw(&frame, &design, &seed)?);
    let seconds = start.elapsed().as_secs_f64();
    let bytes = (peak_bytes() - before) / frame.units() as f64;
    assert_eq!(rows.len(), CLASSES * 30);
    println!("frame of {} units: {frozen:.2} s; draw: {seconds:.2} s", frame.units());
    println!("peak: {bytes:.0} bytes a unit, {} rows drawn", rows.len());
    if seconds > SECONDS_MAX || bytes > BYTES_MAX {
        println!("over the limit of {SECONDS_MAX} s and {BYTES_MAX} bytes a unit");
        std::process::exit(1);
    }
    Ok(())
}

/// The peak resident size of this process; 0 where /proc does not tell.
fn peak_bytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.and_then(|l| l.split_whitespace().nth(1)).and_then(|n| n.parse::<f64>().ok());
    kib.unwrap_or_default() * 1024.0
}
