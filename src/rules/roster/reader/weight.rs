//! How much text a roster may hold: one long text can stand in every cell of a small spreadsheet.

use crate::{
    model::Msg,
    msg,
    rules::roster::{Cell, Row},
};

/// The longest text of a cell, in characters; a row with a longer one is no line.
pub const CELL_CHARS_MAX: usize = 1_000;

/// The most text of all cells together, in bytes: five times a roster of 1,000,000 lines.
pub const READ_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The most text of the rows that are kept to be handed back, in bytes.
pub const KEPT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What was weighed so far.
#[derive(Debug, Default)]
pub(super) struct Weight {
    read: u64,
    kept: u64,
}

impl Weight {
    /// Weighs a row and cuts its cells to [`CELL_CHARS_MAX`]. Answers the first column that held
    /// more.
    pub fn read(&mut self, row: &mut Row) -> Option<usize> {
        let mut long = None;
        for (column, cell) in row.cells.iter_mut().enumerate() {
            let (Cell::Text(text) | Cell::Date(text) | Cell::Error(text)) = cell else { continue };
            self.read += text.len() as u64;
            if let Some((end, _)) = text.char_indices().nth(CELL_CHARS_MAX) {
                // Truncating alone would keep the memory of the long text.
                *text = text[..end].to_owned();
                long = long.or(Some(column));
            }
        }
        long
    }

    /// Weighs the cells of a row that is kept.
    pub fn keep(&mut self, cells: &[Cell]) {
        let bytes = |cell: &Cell| match cell {
            Cell::Text(text) | Cell::Date(text) | Cell::Error(text) => text.len() as u64,
            Cell::Empty | Cell::Number(_) | Cell::Flag(_) => 0,
        };
        self.kept += cells.iter().map(bytes).sum::<u64>();
    }

    /// Whether a roster may hold so much.
    ///
    /// # Errors
    /// More than [`READ_BYTES_MAX`] or [`KEPT_BYTES_MAX`].
    pub fn check(&self) -> Result<(), Msg> {
        const MIB: u64 = 1024 * 1024;
        if self.read > READ_BYTES_MAX {
            return Err(msg!("roster.text_large", limit = READ_BYTES_MAX / MIB));
        }
        if self.kept > KEPT_BYTES_MAX {
            return Err(msg!("roster.rejected_large", limit = KEPT_BYTES_MAX / MIB));
        }
        Ok(())
    }
}
