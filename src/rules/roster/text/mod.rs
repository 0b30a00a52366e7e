//! Text files into rows: encoding decided strictly, records streamed, physical lines counted.

mod lines;
mod probe;

use std::io::Read;

use encoding_rs::{Decoder, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use serde::{Deserialize, Serialize};

use self::lines::{Lines, message};
use super::{COLUMNS_MAX, Cell, Row};
use crate::{model::Msg, msg};

pub use probe::encoding_of;

/// The longest record, in bytes of UTF-8: an unclosed quote would swallow the rest of the file.
pub const LINE_BYTES_MAX: usize = 65_536;

/// How a text file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// GB18030 (and so GBK and GB2312): what Chinese spreadsheets save as CSV.
    Gb18030,
    /// UTF-16, little-endian, with its mark: "Unicode text".
    Utf16Le,
    /// UTF-16, big-endian, with its mark.
    Utf16Be,
}

impl Encoding {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Gb18030 => "gb18030",
            Encoding::Utf16Le => "utf-16le",
            Encoding::Utf16Be => "utf-16be",
        }
    }

    fn decoder(self) -> Decoder {
        match self {
            Encoding::Utf8 => UTF_8.new_decoder_with_bom_removal(),
            Encoding::Gb18030 => GB18030.new_decoder_without_bom_handling(),
            Encoding::Utf16Le => UTF_16LE.new_decoder_with_bom_removal(),
            Encoding::Utf16Be => UTF_16BE.new_decoder_with_bom_removal(),
        }
    }
}

/// The rows of a text file, one at a time. Fields are separated by comma, tab or semicolon,
/// whichever the first lines have most of; quotes as in RFC 4180.
pub struct TextRows<R: Read> {
    reader: csv::Reader<Lines<R>>,
    record: csv::StringRecord,
    ended: bool,
}

impl<R: Read> TextRows<R> {
    /// Reads a file from its start, in the encoding that [`encoding_of`] answered.
    ///
    /// # Errors
    /// The file cannot be read, or is not in that encoding.
    pub fn new(file: R, encoding: Encoding) -> Result<TextRows<R>, Msg> {
        let mut lines = Lines::new(file, encoding);
        let delimiter = lines.delimiter().map_err(message)?;
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(lines);
        Ok(TextRows { reader, record: csv::StringRecord::new(), ended: false })
    }

    fn read(&mut self) -> Result<Option<Row>, Msg> {
        match self.reader.read_record(&mut self.record).map_err(csv::Error::into_kind) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(csv::ErrorKind::Io(error)) => return Err(message(error)),
            Err(_) => return Err(msg!("roster.unreadable")),
        }
        let line = self.record.position().map_or(0, csv::Position::line);
        if self.record.len() > COLUMNS_MAX {
            let columns = self.record.len();
            return Err(msg!(
                "roster.columns_many",
                line = line,
                columns = columns,
                limit = COLUMNS_MAX
            ));
        }
        let cells = self.record.iter().map(Cell::of_text).collect();
        Ok(Some(Row {
            sheet: String::new(),
            line,
            cells,
            merged: Vec::new(),
            continued: Vec::new(),
        }))
    }
}

impl<R: Read> Iterator for TextRows<R> {
    type Item = Result<Row, Msg>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.read().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}
