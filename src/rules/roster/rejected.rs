//! Rejected lines as her own spreadsheet: her titles and header, her rows, and a reason at the end.
//!
//! Mended and imported again it reads as the original did; the reason column is known by its
//! header.

use serde::{Deserialize, Serialize};

use super::row::word;
use super::title::{Reading, read_title};
use super::words::is_reason_header;
use super::{Cell, Encoding, Outcome, Passed, Place};
use crate::{
    locale,
    model::{Lang, Msg},
};

/// What a row is in a file of rejected lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackRole {
    /// A title above a table or between two classes.
    Title,
    /// A row of the header.
    Header,
    /// A line that was not taken.
    Line,
}

/// One row to hand back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackRow {
    /// What it is.
    pub role: BackRole,
    /// Where it stood.
    pub place: Place,
    /// Its cells.
    pub cells: Vec<Cell>,
    /// Why it was not taken, in the reader's language; empty for titles and headers.
    pub reason: String,
}

impl BackRow {
    /// A line that was not taken: `column` letters and reason as a problem has them.
    pub fn line(place: Place, cells: Vec<Cell>, column: &str, reason: &Msg, lang: Lang) -> BackRow {
        let text = reason.text(lang);
        let reason = if column.is_empty() { text } else { format!("{column}: {text}") };
        BackRow { role: BackRole::Line, place, cells, reason }
    }

    /// What an outcome gives to hand back: titles, headers and rejected lines.
    pub fn of(outcome: &Outcome, lang: Lang) -> Option<BackRow> {
        match outcome {
            Outcome::Passed { place, why, cells } => {
                let role = match why {
                    Passed::Title => BackRole::Title,
                    Passed::Header => BackRole::Header,
                    Passed::Blank | Passed::Total | Passed::Remark | Passed::Skipped => {
                        return None;
                    }
                };
                let (place, cells) = (place.clone(), cells.clone());
                Some(BackRow { role, place, cells, reason: String::new() })
            }
            Outcome::Rejected { problem, cells } => {
                let (place, column) = (problem.place.clone(), &problem.column);
                Some(BackRow::line(place, cells.clone(), column, &problem.reason, lang))
            }
            Outcome::Accepted { .. } | Outcome::Note(_) => None,
        }
    }
}

/// One row of the new file: sheet, cells, and what stands in the reason column.
pub(super) struct NewRow<'a> {
    pub sheet: &'a str,
    pub cells: &'a [Cell],
    pub reason: &'a str,
    /// The reason column (from 0): where the round before had it, else behind every cell.
    pub column: usize,
    /// Columns of the sheet, the reasons included.
    pub width: usize,
}

impl NewRow<'_> {
    /// What stands in a column.
    pub(super) fn text(&self, column: usize) -> String {
        if column == self.column {
            return self.reason.to_owned();
        }
        self.cells.get(column).map(Cell::shown).unwrap_or_default()
    }
}

/// The rows of the new file, in order: before each rejected line the titles and the header it
/// needs, once.
pub(super) fn new_rows(rows: &[BackRow], lang: Lang) -> Vec<NewRow<'_>> {
    let header_text = locale::label("roster.reason_header", lang);
    let mut out = Vec::new();
    for sheet in rows.chunk_by(|a, b| a.place.sheet == b.place.sheet) {
        let width = |row: &BackRow| {
            row.cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1)
        };
        // the reasons of the round before make room for the new ones
        let mended = sheet.iter().filter(|row| row.role == BackRole::Header).find_map(|row| {
            row.cells.iter().position(|cell| is_reason_header(&word(&cell.shown())))
        });
        let widest = sheet.iter().map(width).max().unwrap_or_default();
        let column = mended.unwrap_or(widest);
        let width = widest.max(column + 1);
        let mut titles: Vec<&BackRow> = Vec::new();
        let mut header: Vec<&BackRow> = Vec::new();
        let mut written: Vec<&[Cell]> = Vec::new();
        let mut before = BackRole::Line;
        for row in sheet {
            match row.role {
                BackRole::Title => {
                    // The title of the next class takes the place of one that was not needed.
                    let class = |row: &BackRow| names_class(&row.cells);
                    if class(row) && titles.iter().any(|title| class(title)) {
                        titles.clear();
                    }
                    titles.push(row);
                }
                BackRole::Header if before == BackRole::Header => header.push(row),
                BackRole::Header => header = vec![row],
                BackRole::Line => {
                    let sheet = &row.place.sheet;
                    let new = |cells, reason| NewRow { sheet, cells, reason, column, width };
                    out.extend(titles.drain(..).map(|title| new(&title.cells, "")));
                    let cells: Vec<&[Cell]> = header.iter().map(|row| &row.cells[..]).collect();
                    if cells != written {
                        let texts = [header_text].into_iter().chain(std::iter::repeat(""));
                        out.extend(cells.iter().zip(texts).map(|(cells, text)| new(cells, text)));
                        written = cells;
                    }
                    out.push(new(&row.cells, &row.reason));
                }
            }
            before = row.role;
        }
    }
    out
}

fn names_class(cells: &[Cell]) -> bool {
    let text = cells.iter().map(Cell::shown).collect::<Vec<_>>().join("  ");
    matches!(read_title(&text), Reading::Title(title) if !title.class.is_empty())
}

/// The rejected lines as CSV, in the encoding of the import (UTF-8 with a mark for all others but
/// GB18030), with a reason column in the asked language. Rows are in the order of the import;
/// titles and headers that no rejected line needs are left out.
///
/// Cells that a spreadsheet would take for a formula get a leading `'`, which the reader takes off.
pub fn rejected_csv(rows: &[BackRow], encoding: Encoding, lang: Lang) -> Vec<u8> {
    let mut text = String::new();
    for row in new_rows(rows, lang) {
        for column in 0..row.width {
            push_field(&mut text, &row.text(column));
            text.push(if column + 1 < row.width { ',' } else { '\n' });
        }
    }
    match encoding {
        Encoding::Gb18030 => encoding_rs::GB18030.encode(&text).0.into_owned(),
        Encoding::Utf8 | Encoding::Utf16Le | Encoding::Utf16Be => {
            let mut bytes = "\u{feff}".as_bytes().to_vec();
            bytes.extend(text.into_bytes());
            bytes
        }
    }
}

fn push_field(text: &mut String, field: &str) {
    let formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let mark = if formula { "'" } else { "" };
    if field.contains([',', '"', '\n', '\r', ';', '\t']) {
        text.push('"');
        text.push_str(mark);
        text.push_str(&field.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(mark);
        text.push_str(field);
    }
}
