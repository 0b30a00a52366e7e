//! Rejected lines as a spreadsheet, sheet by sheet as hers was; every cell is text.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

use super::{
    BackRow,
    rejected::{NewRow, new_rows},
};
use crate::{
    model::{Lang, Msg},
    msg,
};

/// The most lines of a spreadsheet of rejected lines, about 100 MB of memory; more go back as CSV.
pub const REJECTED_XLSX_LINES_MAX: usize = 50_000;

/// The rejected lines as XLSX, with a reason column in the asked language. Phones and all else are
/// text cells, so that nothing is taken for a number, a date or a formula. Equal rows give equal
/// bytes.
///
/// # Errors
/// More than [`REJECTED_XLSX_LINES_MAX`] rows: they can be had as CSV.
pub fn rejected_xlsx(rows: &[BackRow], lang: Lang) -> Result<Vec<u8>, Msg> {
    let rows = new_rows(rows, lang);
    if rows.len() > REJECTED_XLSX_LINES_MAX {
        return Err(msg!(
            "roster.rejected_many",
            lines = rows.len(),
            limit = REJECTED_XLSX_LINES_MAX
        ));
    }
    write(&rows).map_err(|_| msg!("roster.rejected_unwritten"))
}

fn write(rows: &[NewRow<'_>]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // The time of writing would make equal files differ.
    let properties =
        DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2000, 1, 1)?);
    book.set_properties(&properties);
    let text = Format::new().set_num_format("@");
    for sheet in rows.chunk_by(|a, b| a.sheet == b.sheet) {
        let page = book.add_worksheet();
        if let Some(first) = sheet.first().filter(|row| !row.sheet.is_empty()) {
            page.set_name(first.sheet)?;
        }
        for (line, row) in (0_u32..).zip(sheet) {
            let cells = (0..row.width).map(|column| row.text(column));
            for (at, cell) in (0..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
                page.write_string_with_format(line, at, cell, &text)?;
            }
        }
    }
    if rows.is_empty() {
        book.add_worksheet();
    }
    book.save_to_buffer()
}
