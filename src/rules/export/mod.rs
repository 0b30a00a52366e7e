//! The files that leave the system: scores, interviews and attempts, as CSV with the same machine
//! column names in every language, and as XLSX with translated headers. No names, no phones; every
//! row says which state of which survey it is of.

mod attempts;
mod cell;
mod csv;
mod interviews;
mod scores;
mod xlsx;

pub use attempts::{AttemptLine, AttemptsCsv, attempts_xlsx};
pub use cell::Cell;
pub use csv::{Csv, Form};
pub use interviews::{InterviewLine, InterviewsCsv, InterviewsXlsx, Layout, TargetLine, Words};
pub use scores::{scores_csv, scores_xlsx};
pub use xlsx::Xlsx;

use crate::rules::scheme::InForce;

/// The software that wrote a file, as files name it.
pub const SOFTWARE: &str = concat!("canvass ", env!("CARGO_PKG_VERSION"));

/// What every row of one export repeats, so that each row can be recomputed by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The survey's id or name.
    pub survey: String,
    /// The position of the survey's log that the export shows.
    pub log_pos: i64,
    /// True until the survey is closed.
    pub interim: bool,
    /// The scheme, [`crate::rules::scheme::Scheme::label`].
    pub scheme: String,
    /// The questionnaire, [`crate::rules::questionnaire::Questionnaire::label`].
    pub questionnaire: String,
    /// The scheme's numbers.
    pub rule: InForce,
}
