//! What a roster line, a target, a stratum and a unit are once they are stored.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

/// A telephone number of a line or unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPhone {
    /// E.164.
    pub e164: String,
    /// Extension, or empty.
    pub extension: String,
    /// As it stood in the sheet.
    pub original: String,
}

/// What an accepted line says besides its keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineBody {
    /// Class label, or empty.
    pub class: String,
    /// Staff number of the target, or empty.
    pub target_number: String,
    /// Name of the target, or empty.
    pub target_name: String,
    /// Group of targets ranked together, or empty.
    pub pool: String,
    /// Name of the pupil or contact.
    pub name: String,
    /// Whom to ask for.
    pub ask_for: String,
    /// Numbers in the order of dialling.
    pub phones: Vec<StoredPhone>,
}

/// One import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromRow)]
pub struct ImportRow {
    /// Number within the survey.
    pub import_no: i64,
    /// 1 parents, 2 contacts, 3 targets.
    pub kind: i64,
    /// Name of the file.
    pub file_name: String,
    /// SHA-256 of the file, hex.
    pub file_sha256: String,
    /// `staged`, `accepted`, `unchanged`, `refused`, `replaced`.
    pub status: String,
    /// Lines taken.
    pub accepted: i64,
    /// Lines that were there already.
    pub unchanged: i64,
    /// Lines not taken.
    pub rejected: i64,
    /// Lines held.
    pub held: i64,
    /// Lines passed over.
    pub ignored: i64,
    /// Problems in all.
    pub problem_count: i64,
    /// JSON: columns, encoding, header rows, reading options.
    pub detail: String,
    /// When.
    pub created_us: i64,
    /// Who.
    pub user_id: i64,
}

/// One line of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct LineRow {
    /// Its import.
    pub import_no: i64,
    /// Order within the import.
    pub line_no: i64,
    /// Sheet, or empty.
    pub sheet: String,
    /// Physical line.
    pub sheet_line: i64,
    /// `accepted`, `held`, `rejected`, `note`.
    pub state: String,
    /// Stratum key, empty where the line has none.
    pub stratum: String,
    /// Unit key, empty where the line has none.
    pub unit: String,
    /// JSON of [`LineBody`], or of the cells of a rejected line.
    pub body: String,
    /// SHA-256 of the content.
    pub content: Vec<u8>,
    /// Reason for lines not taken.
    pub code: String,
    /// Column letter, or empty.
    pub sheet_column: String,
    /// JSON of the message: key and arguments.
    pub message: String,
    /// JSON of the row's cells.
    pub cells: String,
}

/// Who or what is rated.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct TargetRow {
    /// Number within the survey.
    pub target_no: i64,
    /// Stable key.
    pub key: String,
    /// Name.
    pub name: String,
    /// Class label, or empty.
    pub class: String,
    /// Ranked together.
    pub pool: String,
}

/// A stratum of the frozen frame.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct StratumRow {
    /// Number within the survey, by key bytes.
    pub stratum_no: i64,
    /// Its key.
    pub name: String,
    /// The target it rates.
    pub target_no: i64,
    /// Lines in the roster.
    pub listed: i64,
    /// Of these rejected.
    pub rejected: i64,
    /// Of these held.
    pub held: i64,
    /// N.
    pub units: i64,
}

/// A unit of the frozen frame.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct UnitRow {
    /// Number within the survey, in the order of frame.csv.
    pub unit_no: i64,
    /// Its stratum.
    pub stratum_no: i64,
    /// Its key.
    pub key: String,
    /// Name of the pupil or contact.
    pub name: String,
    /// Whom to ask for.
    pub ask_for: String,
    /// Respondent group.
    pub category: String,
    /// Lines it stands for (twins: 2).
    pub multiplicity: i64,
    /// Units that share a phone, directly or through others.
    pub person_group: Option<Vec<u8>>,
}

/// A number of a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct UnitPhoneRow {
    /// The unit.
    pub unit_no: i64,
    /// Order of dialling, from 1.
    pub phone_no: i64,
    /// E.164.
    pub e164: String,
    /// Extension, or empty.
    pub extension: String,
    /// As it stood in the sheet.
    pub original: String,
    /// Keyed hash of the number.
    pub person: Vec<u8>,
    /// An attempt found it wrong or not working.
    pub bad: bool,
}

/// A draw as stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromRow)]
pub struct DrawRow {
    /// Number within the survey.
    pub draw_no: i64,
    /// `seeded`, `drawn`, `discarded`.
    pub state: String,
    /// Number of the algorithm.
    pub algorithm: i64,
    /// Method.
    pub method: String,
    /// Hash of its frame.
    pub frame_sha256: String,
    /// Sources of its seed, one line.
    pub sources: String,
    /// Its seed.
    pub seed: String,
    /// Cases drawn.
    pub cases: i64,
    /// SHA-256 of sample.csv.
    pub sample_sha256: String,
    /// When the seed was committed.
    pub seeded_us: i64,
    /// When the sample was drawn.
    pub drawn_us: i64,
    /// Why it was discarded.
    pub discard_reason: String,
}
