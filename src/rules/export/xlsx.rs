//! XLSX: typed cells, text as text, headers in the reader's language. The same rows give the same
//! bytes: the creation time in the file is a fixed one.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::Cell;
use crate::model::Msg;
use crate::msg;

/// A workbook of one sheet that is written row by row in little memory.
pub struct Xlsx {
    book: Workbook,
    row: u32,
    text: Format,
}

impl Xlsx {
    /// A workbook with the name of its sheet and its header row, both in the reader's language.
    ///
    /// # Errors
    /// A message when the sheet cannot be begun.
    pub fn new<S: AsRef<str>>(title: &str, headers: &[S]) -> Result<Xlsx, Msg> {
        let text = Format::new().set_num_format("@");
        let mut file = Xlsx { book: Workbook::new(), row: 1, text };
        file.begin(title, headers).map_err(told)?;
        Ok(file)
    }

    fn begin<S: AsRef<str>>(&mut self, title: &str, headers: &[S]) -> Result<(), XlsxError> {
        let fixed = ExcelDateTime::from_ymd(2000, 1, 1)?;
        self.book.set_properties(&DocProperties::new().set_creation_datetime(&fixed));
        let bold = self.text.clone().set_bold();
        let sheet = self.book.add_worksheet_with_constant_memory()?;
        sheet.set_name(title)?;
        sheet.set_freeze_panes(1, 0)?;
        for (at, header) in (0u16..).zip(headers) {
            sheet.write_string_with_format(0, at, header.as_ref(), &bold)?;
        }
        Ok(())
    }

    /// Adds a row.
    ///
    /// # Errors
    /// A message when the sheet is full (1,048,576 rows) or a text is too long (32,767 characters).
    pub fn push(&mut self, cells: &[Cell]) -> Result<(), Msg> {
        let (row, text) = (self.row, self.text.clone());
        let sheet = self.book.worksheet_from_index(0).map_err(told)?;
        for (at, cell) in (0u16..).zip(cells) {
            write(sheet, row, at, cell, &text).map_err(told)?;
        }
        self.row += 1;
        Ok(())
    }

    /// The bytes of the file.
    ///
    /// # Errors
    /// A message when the file cannot be put together.
    pub fn finish(mut self) -> Result<Vec<u8>, Msg> {
        self.book.save_to_buffer().map_err(told)
    }
}

fn write(
    sheet: &mut Worksheet,
    row: u32,
    at: u16,
    cell: &Cell,
    text: &Format,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Blank => return Ok(()),
        Cell::Text(words) => sheet.write_string_with_format(row, at, words, text)?,
        // Spreadsheets know floats only; the printed value is the one that counts.
        Cell::Whole(value) => sheet.write_number(row, at, *value as f64)?,
        Cell::Decimal { scaled, places } => {
            let format = Format::new().set_num_format(format!("0.{:0<1$}", "", *places as usize));
            let value = *scaled as f64 / 10f64.powi(places.cast_signed());
            sheet.write_number_with_format(row, at, value, &format)?
        }
        Cell::Flag(flag) => sheet.write_boolean(row, at, *flag)?,
    };
    Ok(())
}

fn told(error: XlsxError) -> Msg {
    msg!("export.xlsx_failed", detail = error)
}
