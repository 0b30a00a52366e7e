//! CSV: UTF-8, LF, `.` as the decimal point, quotes only where needed.
//!
//! The ordinary form has a BOM, and text that a spreadsheet would run as a formula gets a leading
//! `'`; the exact form has neither and is what programs read.

use super::Cell;
use crate::rules::exact::decimal_text;

/// Which CSV is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For spreadsheets: BOM, and text beginning with `= + - @`, tab or CR behind a `'`.
    Guarded,
    /// For programs: neither.
    Exact,
}

/// A CSV file that is written row by row and taken away in chunks.
///
/// Writing to memory cannot fail, so these few lines keep an error that never happens out of every
/// caller; the tests read all of it back with the csv crate.
pub struct Csv {
    form: Form,
    out: Vec<u8>,
}

impl Csv {
    /// A file with its header line.
    pub fn new<S: AsRef<str>>(columns: &[S], form: Form) -> Csv {
        let bom: &[u8] = match form {
            Form::Guarded => b"\xef\xbb\xbf",
            Form::Exact => b"",
        };
        let mut csv = Csv { form, out: bom.to_vec() };
        let head: Vec<Cell> = columns.iter().map(|name| Cell::text(name.as_ref())).collect();
        csv.push(&head);
        csv
    }

    /// Adds a row.
    pub fn push(&mut self, cells: &[Cell]) {
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            let text = shown(cell, self.form);
            if text.contains([',', '"', '\n', '\r']) {
                self.out.push(b'"');
                self.out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
                self.out.push(b'"');
            } else {
                self.out.extend_from_slice(text.as_bytes());
            }
        }
        self.out.push(b'\n');
    }

    /// Takes the bytes written since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }
}

fn shown(cell: &Cell, form: Form) -> String {
    match cell {
        Cell::Blank => String::new(),
        Cell::Text(text) if form == Form::Guarded && text.starts_with(FORMULA) => {
            format!("'{text}")
        }
        Cell::Text(text) => text.clone(),
        Cell::Whole(value) => value.to_string(),
        Cell::Decimal { scaled, places } => decimal_text(*scaled, *places),
        Cell::Flag(true) => "true".to_owned(),
        Cell::Flag(false) => "false".to_owned(),
    }
}

/// Beginnings of text that a spreadsheet runs as a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
