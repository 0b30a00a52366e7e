//! The evidence of a draw: `frame.csv design.json seed.txt sample.csv`, and nothing personal.
//!
//! Every byte follows from the frame, the rule and the sources line; [`verify`] derives them again.

mod verify;

use std::{collections::BTreeMap, fmt::Write as _};

use serde::{Deserialize, Serialize};

use crate::{
    model::Msg,
    rules::{
        frame::Frame,
        sampling::{ALGORITHM, Allocation, Design, METHOD, SampleRow, draw, seed_of_sources},
    },
};

pub use verify::{Verified, parse_design, verify};

/// The first line of `sample.csv`.
pub const SAMPLE_HEADER: &str = "stratum,unit,rank,role,replicate,ticket";

/// The four files of one draw, by their bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// `frame.csv`.
    pub frame: String,
    /// `design.json`.
    pub design: String,
    /// `seed.txt`.
    pub seed: String,
    /// `sample.csv`.
    pub sample: String,
}

impl Evidence {
    /// The files by name, in the order they were fixed.
    pub fn files(&self) -> [(&'static str, &str); 4] {
        [
            ("frame.csv", &self.frame),
            ("design.json", &self.design),
            ("seed.txt", &self.seed),
            ("sample.csv", &self.sample),
        ]
    }
}

/// Draws, and writes all four files.
///
/// # Errors
/// A bad sources line, or what [`draw`] refuses.
pub fn evidence(frame: &Frame, design: &Design, sources: &str) -> Result<Evidence, Msg> {
    let seed = seed_of_sources(sources)?;
    let sample = sample_csv(&draw(frame, design, &seed)?);
    let frame = String::from_utf8_lossy(frame.bytes()).into_owned();
    Ok(Evidence { frame, design: design_json(design), seed: seed_txt(sources)?, sample })
}

/// `design.json` as it is written and read: fields in key order.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DesignFile {
    algorithm: u32,
    frame_sha256: String,
    hi: u32,
    lo: u32,
    method: String,
    rate: String,
    strata: BTreeMap<String, Allocation>,
}

/// The bytes of `design.json`: UTF-8, keys sorted, no spaces, one line end.
pub fn design_json(design: &Design) -> String {
    let file = DesignFile {
        algorithm: ALGORITHM,
        frame_sha256: hex::encode(design.frame_sha256),
        hi: design.bounds.hi,
        lo: design.bounds.lo,
        method: METHOD.to_owned(),
        rate: design.bounds.rate.to_string(),
        strata: design.strata.clone(),
    };
    // Plain numbers and strings under text keys: there is nothing that could fail to be written.
    let mut text = serde_json::to_string(&file).unwrap_or_default();
    text.push('\n');
    text
}

/// The bytes of `seed.txt`: line 1 the seed, line 2 the sources it was made from.
///
/// # Errors
/// A bad sources line.
pub fn seed_txt(sources: &str) -> Result<String, Msg> {
    Ok(format!("{}\n{sources}\n", seed_of_sources(sources)?))
}

/// The bytes of `sample.csv`, in the order of the rows.
pub fn sample_csv(rows: &[SampleRow<'_>]) -> String {
    let mut text = String::with_capacity(100 * (rows.len() + 1));
    text.push_str(SAMPLE_HEADER);
    text.push('\n');
    for row in rows {
        push_row(&mut text, row);
    }
    text
}

/// One line of `sample.csv` with its line end.
fn push_row(text: &mut String, row: &SampleRow<'_>) {
    let SampleRow { stratum, unit, rank, role, replicate, ticket } = row;
    let (role, ticket) = (role.word(), hex::encode(ticket));
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{stratum},{unit},{rank},{role},{replicate},{ticket}");
}
