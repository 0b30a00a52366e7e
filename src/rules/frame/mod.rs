//! The frame: the frozen, canonical list of units that a draw is made from.
//!
//! Its bytes are `frame.csv`: UTF-8, LF, header `stratum,unit`, rows sorted as whole lines by
//! bytes, so that its hash is plain `sha256sum frame.csv`. It holds no personal data.

mod key;
mod person;
mod unit;

use sha2::{Digest, Sha256};

use crate::{model::Msg, msg};

pub use key::{check_key, key, looks_personal, shown_key, stratum_key, unit_key};
pub use person::{InstallationKey, PersonHash, person_groups, person_hash};
pub use unit::{Unit, UnitLine, units};

/// The first line of `frame.csv`.
pub const HEADER: &str = "stratum,unit";

/// A canonical frame: the text of `frame.csv` and where its rows and strata begin.
///
/// One text and one offset a unit: 1,000,000 units of 12 characters take about 20 MB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    text: String,
    /// Byte offset of each row, in row order.
    rows: Vec<usize>,
    /// Row numbers (from 0) at which each stratum begins, in row order.
    strata: Vec<usize>,
}

/// One stratum of a frame: its key and its units, borrowed from the frame.
#[derive(Clone, Copy, Debug)]
pub struct Stratum<'f> {
    frame: &'f Frame,
    first: usize,
    last: usize,
}

impl<'f> Stratum<'f> {
    /// The stratum's key.
    pub fn name(&self) -> &'f str {
        self.frame.row(self.first).0
    }

    /// N, the number of units; at least 1.
    pub fn size(&self) -> usize {
        self.last - self.first
    }

    /// The unit keys, in byte order.
    pub fn units(&self) -> impl Iterator<Item = &'f str> + use<'f> {
        let frame = self.frame;
        (self.first..self.last).map(move |row| frame.row(row).1)
    }
}

impl Frame {
    /// Makes the canonical frame from pairs (stratum key, unit key) in any order.
    ///
    /// # Errors
    /// A key that is not clean (see [`check_key`]), a unit given twice in one stratum, no units.
    pub fn new<'a>(units: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Frame, Msg> {
        let mut text = String::new();
        let mut spans = Vec::new();
        for (stratum, unit) in units {
            check_key(stratum)?;
            check_key(unit)?;
            let start = text.len();
            text.push_str(stratum);
            text.push(',');
            text.push_str(unit);
            spans.push(start..text.len());
        }
        spans.sort_unstable_by(|a, b| text[a.clone()].cmp(&text[b.clone()]));
        let mut canonical = String::with_capacity(HEADER.len() + 1 + text.len() + spans.len());
        canonical.push_str(HEADER);
        canonical.push('\n');
        for span in spans {
            canonical.push_str(&text[span]);
            canonical.push('\n');
        }
        drop(text);
        Frame::index(canonical)
    }

    /// Reads `frame.csv` strictly: only bytes that [`Frame::new`] could have written pass.
    ///
    /// # Errors
    /// Names the first line that breaks a rule: encoding, header, one comma, clean keys, order,
    /// a repeated row, a missing last line end.
    pub fn parse(bytes: &[u8]) -> Result<Frame, Msg> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Frame::index(text.to_owned()),
            Err(error) => {
                let line = 1 + count_lines(&bytes[..error.valid_up_to()]);
                Err(msg!("draw.not_utf8", file = "frame.csv", line = line))
            }
        }
    }

    fn index(text: String) -> Result<Frame, Msg> {
        let Some(body) = text.strip_prefix(HEADER).and_then(|rest| rest.strip_prefix('\n')) else {
            return Err(msg!("draw.header", file = "frame.csv", line = 1, header = HEADER));
        };
        if body.is_empty() {
            return Err(msg!("draw.frame_empty", file = "frame.csv", line = 2));
        }
        let mut rows = Vec::with_capacity(count_lines(body.as_bytes()));
        let mut strata = Vec::new();
        let mut at = text.len() - body.len();
        let (mut before, mut stratum_before) = ("", "");
        for (number, line) in (2_usize..).zip(body.split_inclusive('\n')) {
            let Some(row) = line.strip_suffix('\n') else {
                return Err(msg!("draw.no_line_end", file = "frame.csv", line = number));
            };
            let stratum = check_row(row, before, number)?;
            if rows.is_empty() || stratum != stratum_before {
                strata.push(rows.len());
            }
            rows.push(at);
            at += line.len();
            (before, stratum_before) = (row, stratum);
        }
        Ok(Frame { text, rows, strata })
    }

    /// The bytes of `frame.csv`.
    pub fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// SHA-256 of `frame.csv`.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.bytes()).into()
    }

    /// The number of units; at least 1.
    pub fn units(&self) -> usize {
        self.rows.len()
    }

    /// The strata by the bytes of their keys (the order of `sample.csv`; rows of `frame.csv`
    /// stand in another order where a key has characters below the comma, such as a space).
    pub fn strata(&self) -> Vec<Stratum<'_>> {
        let ends = self.strata.iter().skip(1).copied().chain([self.rows.len()]);
        let spans = self.strata.iter().copied().zip(ends);
        let mut all: Vec<_> =
            spans.map(|(first, last)| Stratum { frame: self, first, last }).collect();
        all.sort_by_key(Stratum::name);
        all
    }

    /// The row at an index: its stratum and unit.
    fn row(&self, index: usize) -> (&str, &str) {
        let end = self.rows.get(index + 1).map_or(self.text.len(), |next| *next) - 1;
        self.text[self.rows[index]..end].split_once(',').unwrap_or_default()
    }
}

/// Checks one row against the one before; answers its stratum.
fn check_row<'t>(row: &'t str, before: &str, line: usize) -> Result<&'t str, Msg> {
    let Some((stratum, unit)) = row.split_once(',') else {
        return Err(msg!("draw.frame_columns", file = "frame.csv", line = line));
    };
    for part in [stratum, unit] {
        if check_key(part).is_err() {
            return Err(msg!("draw.frame_key", file = "frame.csv", line = line));
        }
    }
    match before.as_bytes().cmp(row.as_bytes()) {
        std::cmp::Ordering::Less => Ok(stratum),
        std::cmp::Ordering::Equal => Err(msg!("draw.frame_twice", file = "frame.csv", line = line)),
        std::cmp::Ordering::Greater => {
            Err(msg!("draw.frame_order", file = "frame.csv", line = line))
        }
    }
}

fn count_lines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}
