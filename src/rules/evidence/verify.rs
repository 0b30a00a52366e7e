//! Derives a draw again from its frame, rule and sources, and compares every byte.
//!
//! It trusts nothing that can be derived: allocations, seed and sample are all computed anew.

use std::collections::BTreeMap;

use crate::{
    model::Msg,
    msg,
    rules::{
        frame::Frame,
        sampling::{
            ALGORITHM, Allocation, Bounds, Design, METHOD, Rate, SampleRow, draw, seed_of_sources,
        },
    },
};

use super::{DesignFile, SAMPLE_HEADER, design_json, push_row};

/// What a verified draw holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Strata in the frame.
    pub strata: usize,
    /// Units in the frame.
    pub units: usize,
    /// Rows of the sample, main and reserve.
    pub sampled: usize,
}

/// Checks the four files of a draw, given as bytes.
///
/// # Errors
/// Names the file and the line of the first difference.
pub fn verify(frame: &[u8], design: &[u8], seed: &[u8], sample: &[u8]) -> Result<Verified, Msg> {
    let frame = Frame::parse(frame)?;
    let design = check_design(&frame, design)?;
    let seed = check_seed(seed)?;
    let rows = draw(&frame, &design, &seed)?;
    check_sample(&rows, sample)?;
    Ok(Verified { strata: design.strata.len(), units: frame.units(), sampled: rows.len() })
}

/// Reads `design.json` as [`design_json`] writes it; whether it fits a frame is for the draw and
/// for [`verify`] to say.
///
/// # Errors
/// Not JSON of this form, another algorithm or method, a rule that cannot be, a bad hash.
pub fn parse_design(bytes: &[u8]) -> Result<Design, Msg> {
    let file: DesignFile = serde_json::from_slice(bytes)
        .map_err(|error| msg!("draw.design_json", line = error.line(), column = error.column()))?;
    if file.algorithm != ALGORITHM || file.method != METHOD {
        return Err(msg!("draw.design_method", algorithm = ALGORITHM, method = METHOD));
    }
    let rule = Rate::parse(&file.rate)
        .ok()
        .filter(|rate| rate.to_string() == file.rate)
        .and_then(|rate| Bounds::new(rate, file.lo, file.hi).ok());
    let Some(bounds) = rule else { return Err(msg!("draw.design_rule")) };
    let mut frame_sha256 = [0; 32];
    hex::decode_to_slice(&file.frame_sha256, &mut frame_sha256)
        .map_err(|_| msg!("draw.design_bytes"))?;
    Ok(Design { bounds, frame_sha256, strata: file.strata })
}

fn check_design(frame: &Frame, bytes: &[u8]) -> Result<Design, Msg> {
    let found = parse_design(bytes)?;
    let hash = frame.sha256();
    if found.frame_sha256 != hash {
        let (hash, expected) = (hex::encode(hash), hex::encode(found.frame_sha256));
        return Err(msg!("draw.frame_hash", found = hash, expected = expected));
    }
    let design = Design::new(frame, found.bounds, []);
    check_strata(&design.strata, &found.strata)?;
    if design_json(&design).as_bytes() != bytes {
        return Err(msg!("draw.design_bytes"));
    }
    Ok(design)
}

fn check_strata(
    expected: &BTreeMap<String, Allocation>,
    found: &BTreeMap<String, Allocation>,
) -> Result<(), Msg> {
    if let Some(extra) = found.keys().find(|name| !expected.contains_key(*name)) {
        return Err(msg!("draw.design_extra", stratum = extra));
    }
    for (name, plan) in expected {
        if found.get(name) != Some(plan) {
            let expected = serde_json::to_string(plan).unwrap_or_default();
            return Err(msg!("draw.design_stratum", stratum = name, expected = expected));
        }
    }
    Ok(())
}

/// Checks `seed.txt`; answers the seed.
fn check_seed(bytes: &[u8]) -> Result<String, Msg> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| msg!("draw.not_utf8", file = "seed.txt", line = 1))?;
    let lines: Vec<&str> = text.split('\n').collect();
    let [seed, sources, ""] = lines[..] else { return Err(msg!("draw.seed_lines")) };
    let derived = seed_of_sources(sources).map_err(|_| msg!("draw.seed_sources"))?;
    if derived != seed {
        return Err(msg!("draw.seed_hash", expected = derived));
    }
    Ok(derived)
}

fn check_sample(rows: &[SampleRow<'_>], bytes: &[u8]) -> Result<(), Msg> {
    let differs = |line: usize, expected: &str| {
        msg!("draw.sample_line", line = line, expected = expected.trim_end_matches('\n'))
    };
    let mut rest = bytes.split_inclusive(|byte| *byte == b'\n');
    let mut line = format!("{SAMPLE_HEADER}\n");
    if rest.next() != Some(line.as_bytes()) {
        return Err(differs(1, &line));
    }
    for (number, row) in (2_usize..).zip(rows) {
        line.clear();
        push_row(&mut line, row);
        if rest.next() != Some(line.as_bytes()) {
            return Err(differs(number, &line));
        }
    }
    match rest.next() {
        Some(_) => Err(msg!("draw.sample_extra", line = rows.len() + 2)),
        None => Ok(()),
    }
}
