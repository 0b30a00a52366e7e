//! Rows and cells as a spreadsheet or a text file gives them, before anything is understood.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::{model::Msg, msg};

/// One cell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Cell {
    /// Nothing.
    #[default]
    #[serde(rename = "-")]
    Empty,
    /// Text, as it stands.
    #[serde(rename = "t")]
    Text(String),
    /// A number cell: how spreadsheets keep phones that were typed as digits.
    #[serde(rename = "n")]
    Number(f64),
    /// A date cell, as `YYYY-MM-DD`: often a class `3-2` that a spreadsheet took for a date.
    #[serde(rename = "d")]
    Date(String),
    /// A true/false cell.
    #[serde(rename = "b")]
    Flag(bool),
    /// An error cell, such as `#N/A`.
    #[serde(rename = "e")]
    Error(String),
}

/// What spreadsheets write into a text file for an error cell.
const ERRORS: [&str; 7] = ["#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"];

/// Whole numbers below this are exact in a number cell and are not shown with an exponent.
const EXACT_MAX: f64 = 1e15;

impl Cell {
    /// The cell of a text, `Empty` when it is blank. A leading `'` that marks text for a
    /// spreadsheet is taken off.
    pub fn of_text(text: &str) -> Cell {
        let marked = text.strip_prefix('\'').filter(|rest| {
            rest.starts_with(|c: char| c.is_ascii_digit() || "=+-@\t\r".contains(c))
        });
        let text = marked.unwrap_or(text);
        if ERRORS.contains(&text.trim()) {
            return Cell::Error(text.trim().to_owned());
        }
        if text.trim().is_empty() { Cell::Empty } else { Cell::Text(text.to_owned()) }
    }

    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        match self {
            Cell::Empty => true,
            Cell::Text(text) => text.trim().is_empty(),
            Cell::Number(_) | Cell::Date(_) | Cell::Flag(_) | Cell::Error(_) => false,
        }
    }

    /// What the cell shows, for looking at; never fails.
    pub fn shown(&self) -> String {
        match self {
            Cell::Empty => String::new(),
            Cell::Text(text) | Cell::Date(text) | Cell::Error(text) => text.trim().to_owned(),
            Cell::Number(value) => number_text(*value),
            Cell::Flag(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
        }
    }

    /// The trimmed text of a cell that must hold text or a whole number.
    ///
    /// # Errors
    /// Dates, true/false and error cells, numbers too long for a number cell, and numbers with
    /// decimals, by kind.
    pub fn text(&self) -> Result<String, Msg> {
        match self {
            Cell::Empty | Cell::Text(_) => Ok(self.shown()),
            Cell::Number(value) if value.abs() >= EXACT_MAX => Err(msg!("roster.number_lost")),
            Cell::Number(value) if value.fract() == 0.0 => Ok(number_text(*value)),
            // A class 3.10 in a number cell is 3.1, and so another class.
            Cell::Number(_) => Err(msg!("roster.number_fraction")),
            Cell::Date(_) => Err(msg!("roster.date_cell")),
            Cell::Flag(_) => Err(msg!("roster.flag_cell")),
            Cell::Error(text) => Err(msg!("roster.error_cell", text = text)),
        }
    }
}

fn number_text(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < EXACT_MAX {
        format!("{value:.0}")
    } else {
        format!("{value}")
    }
}

/// One row of a sheet; a text file is one sheet without a name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The sheet's name, empty for a text file.
    pub sheet: String,
    /// Line in the sheet or file, from 1, as an editor or spreadsheet counts.
    pub line: u64,
    /// The cells from column A.
    pub cells: Vec<Cell>,
    /// Columns whose cell lies in a range merged downward, and is filled in here. In such a column
    /// an empty class cell outside a range is empty: nothing is carried down to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<usize>,
    /// Those of them whose range began in a row above.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub continued: Vec<usize>,
}

impl Row {
    /// The cell of a column (from 0).
    pub fn cell(&self, column: usize) -> &Cell {
        const EMPTY: &Cell = &Cell::Empty;
        self.cells.get(column).unwrap_or(EMPTY)
    }

    /// Columns that hold something.
    pub fn filled(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.cells.len()).filter(|column| !self.cells[*column].is_empty())
    }
}

/// The letters of a column (from 0): `A` … `XFD`.
pub fn column_letters(column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(b'A' + u8::try_from(rest % 26).unwrap_or_default());
        rest /= 26;
    }
    letters.reverse();
    String::from_utf8(letters).unwrap_or_default()
}

/// The column (from 0) of letters `A` … `XFD`.
pub fn column_of_letters(letters: &str) -> Option<usize> {
    let plain =
        (1..=3).contains(&letters.len()) && letters.bytes().all(|b| b.is_ascii_alphabetic());
    if !plain {
        return None;
    }
    let digit = |b: u8| usize::from(b.to_ascii_uppercase() - b'A') + 1;
    let number = letters.bytes().fold(0, |sum, b| sum * 26 + digit(b));
    (number <= super::COLUMNS_MAX_XLSX).then(|| number - 1)
}

/// A word as headers and marks are compared: NFKC, lower case, without spaces, line ends,
/// punctuation, marks such as `*`, and remarks in brackets such as `(必填)`.
pub fn word(text: &str) -> String {
    let mut depth = 0_usize;
    text.nfkc()
        .flat_map(char::to_lowercase)
        .filter(|c| {
            match c {
                '(' | '[' | '【' => depth += 1,
                ')' | ']' | '】' => depth = depth.saturating_sub(1),
                _ => return depth == 0 && c.is_alphanumeric(),
            }
            false
        })
        .collect()
}
