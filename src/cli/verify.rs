//! `canvass verify`: derives a draw again from its evidence. It needs no server and trusts none.

use super::{Done, Failure, Ui, export::EVIDENCE, say};
use crate::msg;
use crate::rules::evidence;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// Derive a draw again from frame, rule and seed, and compare every byte
///
/// DIR holds frame.csv, design.json, seed.txt and sample.csv as `canvass draw` or
/// `canvass export S draw` wrote them. Exit code 1 names the file and the line that differ.
///
/// Example: canvass verify draw-parents-2026
#[derive(Args)]
pub struct Verify {
    /// Directory with the four files
    dir: PathBuf,
}

impl Verify {
    pub fn run(&self, ui: Ui) -> Done {
        let bar = say::spinner("deriving the draw again");
        let mut files = Vec::new();
        for name in EVIDENCE {
            let path = self.dir.join(name);
            let read = std::fs::read(&path);
            files.push(read.map_err(|e| Failure::Broken(say::cannot_read(&path, &e)))?);
        }
        let [frame, design, seed, sample] = files.as_slice() else {
            return Err(Failure::Use("four files are needed".to_owned()));
        };
        let found = evidence::verify(frame, design, seed, sample);
        bar.finish_and_clear();
        let found = found.map_err(|why| {
            let why = why.text(ui.lang);
            if ui.json {
                say::line(json!({"verified": false, "why": why})).ok();
            }
            Failure::Failed(format!("{}: {why}", self.dir.display()))
        })?;
        let (cases, units, strata) = (found.sampled, found.units, found.strata);
        let text = msg!("cli.verified", cases = cases, units = units, strata = strata);
        let json = json!({
            "verified": true, "strata": found.strata, "units": found.units, "sampled": found.sampled,
        });
        say::either(ui, || json, text.text(ui.lang))
    }
}
