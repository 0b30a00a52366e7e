//! Rosters: rows of a spreadsheet into accepted, rejected and passed-over lines.
//!
//! A school's sheets are as people make them. All of it is read rightly or rejected by name, with
//! line, column and reason; nothing is guessed. What was not taken goes back in her own form.

mod columns;
mod file;
mod grades;
mod header;
mod join;
mod label;
mod line;
mod name;
mod nobody;
mod outcome;
mod owners;
mod part;
mod reader;
mod rejected;
mod rejected_xlsx;
mod row;
mod seen;
mod staff;
mod standing;
mod strata;
mod text;
mod title;
mod told;
mod vocabulary;
mod whose;
mod words;
mod xlsx;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use file::{FileSummary, Format, read_file};
pub use label::is_bare_class;
pub use outcome::{
    Line, Outcome, Passed, Place, Problem, StratumSummary, Summary, message_json, message_of,
};
pub use part::Part;
pub use reader::{CELL_CHARS_MAX, Finish, HEADER_ROWS_MAX, KEPT_BYTES_MAX, READ_BYTES_MAX, Reader};
pub use rejected::{BackRole, BackRow, rejected_csv};
pub use rejected_xlsx::{REJECTED_XLSX_LINES_MAX, rejected_xlsx};
pub use row::{Cell, Row, column_letters, column_of_letters};
pub use seen::{Hash12, PhoneCounter, compared_name, hash, may_be_one};
pub use text::{Encoding, LINE_BYTES_MAX, TextRows, encoding_of};
pub use xlsx::{
    ATTRIBUTES_MAX, MERGES_MAX, PARTS_MAX, ROWS_MAX, STRINGS_MAX, SheetItem, TAG_BYTES_MAX,
    TEXT_BYTES_MAX, UNPACKED_BYTES_MAX, read_xlsx,
};

/// The most columns a spreadsheet can have (`XFD`).
pub const COLUMNS_MAX_XLSX: usize = 16_384;

/// The most columns that are read.
pub const COLUMNS_MAX: usize = 256;

/// The longest name, in characters.
pub const NAME_MAX: usize = 100;

/// The default of the setting `max_lines_per_phone`.
pub const MAX_LINES_PER_PHONE: u32 = 4;

/// What a roster lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Pupils and their parents' numbers, by class.
    Parents,
    /// Contacts, by member of staff.
    Contacts,
    /// Who is rated: key, name, class.
    Targets,
}

impl Kind {
    /// Its word on the command line and in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::Parents => "parents",
            Kind::Contacts => "contacts",
            Kind::Targets => "targets",
        }
    }
}

/// How to read a roster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Field → header text or column letters, where the header is unknown; several columns of
    /// phones are joined by a comma. Fields: class, grade, name, number, phone, teacher,
    /// teacher_number, guardian (parents); staff, staff_number, name, number, phone, relation
    /// (contacts); key, name, class (targets).
    pub mapping: BTreeMap<String, String>,
    /// Area code of landlines written without one, such as `0536`.
    pub area: Option<String>,
    /// Only this sheet.
    pub sheet: Option<String>,
    /// Accepted lines bring their cells along, so that they can still be handed back.
    pub keep_cells: bool,
}
