//! Spreadsheets into rows, streamed: sheet by sheet, with merged cells filled down.

mod format;
mod scan;

use std::{
    collections::BTreeMap,
    io::{Read, Seek, SeekFrom},
};

use calamine::{DataRef, Dimensions, Reader as _, SheetType, SheetVisible, Style, Xlsx};

use format::Written;

use super::{COLUMNS_MAX, Cell, Place, Problem, Row, column_letters};
use crate::{model::Msg, msg};

pub use scan::{
    ATTRIBUTES_MAX, PARTS_MAX, STRINGS_MAX, TAG_BYTES_MAX, TEXT_BYTES_MAX, UNPACKED_BYTES_MAX,
};

/// The most rows of a sheet.
pub const ROWS_MAX: u64 = 1_048_576;

/// The most merged ranges of a sheet.
pub const MERGES_MAX: usize = 100_000;

/// One thing out of a spreadsheet.
#[derive(Clone, Debug, PartialEq)]
pub enum SheetItem {
    /// A row with cells; a sheet without any gives one row without cells.
    Row(Row),
    /// Something to know about a sheet: it is hidden and was not read.
    Note(Problem),
}

/// Reads a spreadsheet and hands over its rows, in order. Hidden sheets are reported and not read,
/// unless `only` names one. Numbers stay numbers; dates are dates.
///
/// # Errors
/// What the checks before reading refuse (size, parts, tags), a cell beyond column
/// [`COLUMNS_MAX`] (named as `XFD1048576`), a damaged file, and the first error of `each`.
pub fn read_xlsx<R: Read + Seek>(
    file: &mut R,
    only: Option<&str>,
    each: &mut dyn FnMut(SheetItem) -> Result<(), Msg>,
) -> Result<(), Msg> {
    scan::check(file)?;
    file.seek(SeekFrom::Start(0)).map_err(|_| msg!("roster.unreadable"))?;
    let mut book: Xlsx<&mut R> = Xlsx::new(file).map_err(broken)?;
    for sheet in book.sheets_metadata().to_vec() {
        if sheet.typ != SheetType::WorkSheet || only.is_some_and(|only| only != sheet.name) {
            continue;
        }
        if sheet.visible != SheetVisible::Visible && only.is_none() {
            let reason = msg!("roster.sheet_hidden", sheet = sheet.name);
            let place = Place { sheet: sheet.name, line: 0 };
            each(SheetItem::Note(Problem { place, column: String::new(), reason }))?;
            continue;
        }
        read_sheet(&mut book, &sheet.name, each)?;
    }
    Ok(())
}

fn broken(_: calamine::XlsxError) -> Msg {
    msg!("roster.xlsx_broken")
}

fn read_sheet<R: Read + Seek>(
    book: &mut Xlsx<R>,
    name: &str,
    each: &mut dyn FnMut(SheetItem) -> Result<(), Msg>,
) -> Result<(), Msg> {
    let merges = book.merge_cells_by_sheet_name(name).map_err(broken)?;
    let mut merges = Merges::new(merges)?;
    let mut row = Row {
        sheet: name.to_owned(),
        line: 0,
        cells: Vec::new(),
        merged: Vec::new(),
        continued: Vec::new(),
    };
    let mut cells = book.worksheet_cells_reader(name).map_err(broken)?;
    while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(broken)? {
        let (line, column) = cell.get_position();
        let (line, column) = (u64::from(line) + 1, column as usize);
        let mut value = cell_of(cell.get_value());
        if matches!(value, Cell::Number(_) | Cell::Text(_)) {
            value = shown_by(cells.styles().get(style), value);
        }
        if value == Cell::Empty {
            continue;
        }
        if column >= COLUMNS_MAX || line > ROWS_MAX {
            let at = format!("{}{line}", column_letters(column));
            return Err(msg!("roster.xlsx_cell", sheet = name, cell = at, limit = COLUMNS_MAX));
        }
        if line < row.line {
            return Err(msg!("roster.xlsx_broken"));
        }
        if line > row.line {
            let next = Row {
                line,
                cells: Vec::new(),
                merged: Vec::new(),
                continued: Vec::new(),
                ..row.clone()
            };
            let before = std::mem::replace(&mut row, next);
            if before.line > 0 {
                each(SheetItem::Row(merges.fill(before)))?;
            }
        }
        if row.cells.len() <= column {
            row.cells.resize(column + 1, Cell::Empty);
        }
        row.cells[column] = value;
    }
    row.line = row.line.max(1);
    each(SheetItem::Row(merges.fill(row)))
}

/// A number or text as its format writes it, where that adds words.
fn shown_by(style: Option<&Style>, value: Cell) -> Cell {
    let Some(format) = style.and_then(|style| style.number_format.as_ref()) else { return value };
    match format::written(&value, &format.format_code) {
        Written::AsItIs => value,
        Written::Shown(text) => Cell::Text(text),
        // what it shows is not what is stored, and nobody knows what it is
        Written::Unknown => Cell::Error(format.format_code.clone()),
    }
}

fn cell_of(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::Int(value) => Cell::Number(*value as f64),
        DataRef::Float(value) => Cell::Number(*value),
        DataRef::String(text) => Cell::of_text(text),
        DataRef::SharedString(text) => Cell::of_text(text),
        DataRef::Bool(value) => Cell::Flag(*value),
        DataRef::DateTime(value) => {
            let (year, month, day, ..) = value.to_ymd_hms_milli();
            Cell::Date(format!("{year:04}-{month:02}-{day:02}"))
        }
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cell::Date(text.clone()),
        DataRef::Error(error) => Cell::Error(error.to_string()),
    }
}

/// Merged ranges that run down, by the line they begin in.
struct Merges {
    /// Ranges not reached yet, the next one last: first line, last line, column.
    waiting: Vec<(u64, u64, usize)>,
    /// By column: the value, and the last line it fills.
    open: BTreeMap<usize, (Cell, u64, u64)>,
}

impl Merges {
    fn new(ranges: Vec<Dimensions>) -> Result<Merges, Msg> {
        if ranges.len() > MERGES_MAX {
            return Err(msg!("roster.xlsx_merges", limit = MERGES_MAX));
        }
        let mut waiting: Vec<_> = ranges
            .iter()
            .filter(|range| range.start.0 < range.end.0)
            .map(|range| {
                (u64::from(range.start.0) + 1, u64::from(range.end.0) + 1, range.start.1 as usize)
            })
            .collect();
        waiting.sort_unstable_by(|a, b| b.cmp(a));
        Ok(Merges { waiting, open: BTreeMap::new() })
    }

    /// Fills the cells of a row that lie in a range begun above, and names their columns.
    fn fill(&mut self, mut row: Row) -> Row {
        while let Some((first, last, column)) = self.waiting.last().copied() {
            if first > row.line {
                break;
            }
            self.waiting.pop();
            // A range whose first line has no cell in this sheet is empty.
            let value = if first == row.line { row.cell(column).clone() } else { Cell::Empty };
            self.open.insert(column, (value, first, last));
        }
        self.open.retain(|_, (_, _, last)| *last >= row.line);
        for (column, (value, first, _)) in &self.open {
            if *value == Cell::Empty {
                continue;
            }
            if row.cells.len() <= *column {
                row.cells.resize(column + 1, Cell::Empty);
            }
            if row.cells[*column].is_empty() {
                row.cells[*column] = value.clone();
            }
            row.merged.push(*column);
            if *first < row.line {
                row.continued.push(*column);
            }
        }
        row
    }
}
