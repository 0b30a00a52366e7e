//! The table of attempts: every dial in every version. The number dialled is an index into the
//! unit's numbers, never the number.

use chrono::{DateTime, SecondsFormat};

use super::{Cell, Csv, Form, SOFTWARE, Stamp, Xlsx};
use crate::locale::label;
use crate::model::{Lang, Msg};

/// Columns in order, each with the key of its XLSX header.
const COLUMNS: &[(&str, &str)] = &[
    ("survey", "export.survey"),
    ("case_no", "export.case_no"),
    ("attempt_no", "export.attempt_no"),
    ("version", "export.version"),
    ("at", "export.at"),
    ("outcome", "export.outcome"),
    ("code", "export.code"),
    ("interviewer", "export.interviewer"),
    ("phone_no", "export.phone_no"),
    ("interim", "export.interim"),
    ("log_pos", "export.log_pos"),
    ("questionnaire", "export.questionnaire"),
    ("software", "export.software"),
];

/// One version of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptLine {
    /// The case.
    pub case_no: i64,
    /// The attempt of the case, 1 and rising.
    pub attempt_no: i64,
    /// The version, 1 and rising with corrections.
    pub version: i64,
    /// When it was written, microseconds UTC.
    pub at_us: i64,
    /// The outcome's word, as `no_answer`.
    pub outcome: String,
    /// The final code it gave the case, as `2.11`; empty where the case stayed open.
    pub code: String,
    /// The interviewer's user number.
    pub interviewer: i64,
    /// Which of the unit's numbers was dialled, 1 for the first.
    pub phone_no: i64,
}

/// The table as CSV, in chunks.
pub struct AttemptsCsv {
    stamp: Stamp,
    csv: Csv,
}

impl AttemptsCsv {
    /// A file with its header line.
    pub fn new(stamp: &Stamp, form: Form) -> AttemptsCsv {
        let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
        AttemptsCsv { stamp: stamp.clone(), csv: Csv::new(&names, form) }
    }

    /// Adds rows, in order of case, attempt and version.
    pub fn push(&mut self, attempts: &[AttemptLine]) {
        for one in attempts {
            self.csv.push(&cells(one, &self.stamp));
        }
    }

    /// Takes the bytes written since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        self.csv.take()
    }
}

/// The table as XLSX with headers in a language.
///
/// # Errors
/// A message when the file cannot be written.
pub fn attempts_xlsx(attempts: &[AttemptLine], stamp: &Stamp, lang: Lang) -> Result<Vec<u8>, Msg> {
    let headers: Vec<&str> = COLUMNS.iter().map(|(_, key)| label(key, lang)).collect();
    let mut file = Xlsx::new(label("export.attempts", lang), &headers)?;
    for one in attempts {
        file.push(&cells(one, stamp))?;
    }
    file.finish()
}

fn cells(one: &AttemptLine, stamp: &Stamp) -> Vec<Cell> {
    let at = DateTime::from_timestamp_micros(one.at_us);
    let at = at.map(|at| at.to_rfc3339_opts(SecondsFormat::Micros, true));
    vec![
        Cell::text(&stamp.survey),
        Cell::Whole(one.case_no),
        Cell::Whole(one.attempt_no),
        Cell::Whole(one.version),
        at.map_or(Cell::Blank, Cell::Text),
        Cell::text(&one.outcome),
        Cell::text(&one.code),
        Cell::Whole(one.interviewer),
        Cell::Whole(one.phone_no),
        Cell::Flag(stamp.interim),
        Cell::Whole(stamp.log_pos),
        Cell::text(&stamp.questionnaire),
        Cell::text(SOFTWARE),
    ]
}
