//! A whole file into outcomes: what it is decides its first bytes, never its name.

use std::io::{Read, Seek, SeekFrom};

use serde::{Deserialize, Serialize};

use super::{
    Encoding, Kind, Options, Outcome, Reader, Summary, TextRows, encoding_of,
    xlsx::{SheetItem, read_xlsx},
};
use crate::{model::Msg, msg};

/// How a roster was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A text file.
    Text(Encoding),
    /// A spreadsheet.
    Xlsx,
}

impl Format {
    /// `utf-8`, `gb18030`, `xlsx` …
    pub const fn name(self) -> &'static str {
        match self {
            Format::Text(encoding) => encoding.name(),
            Format::Xlsx => "xlsx",
        }
    }
}

/// The sums of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSummary {
    /// How it was written.
    pub format: Format,
    /// Its lines.
    pub summary: Summary,
}

/// Reads a roster from a text file or spreadsheet, twice over for a text file (its encoding is
/// decided on all of it first), and hands over what became of each row, in order.
///
/// # Errors
/// The file cannot be read as a roster: then nothing of it is to be taken. Also the first error
/// of `each`.
pub fn read_file<R: Read + Seek>(
    file: &mut R,
    kind: Kind,
    options: Options,
    each: &mut dyn FnMut(Outcome) -> Result<(), Msg>,
) -> Result<FileSummary, Msg> {
    let only = options.sheet.clone();
    let mut reader = Reader::new(kind, options)?;
    let mut magic = Vec::new();
    rewind(file)?;
    file.by_ref().take(4).read_to_end(&mut magic).map_err(|_| msg!("roster.unreadable"))?;
    rewind(file)?;
    let format = if magic == b"PK\x03\x04" {
        read_xlsx(file, only.as_deref(), &mut |item| match item {
            SheetItem::Row(row) => reader.push(row)?.into_iter().try_for_each(&mut *each),
            SheetItem::Note(problem) => each(Outcome::Note(problem)),
        })?;
        Format::Xlsx
    } else {
        if only.is_some() {
            return Err(msg!("roster.text_sheet"));
        }
        let encoding = encoding_of(&mut *file)?;
        rewind(file)?;
        for row in TextRows::new(&mut *file, encoding)? {
            reader.push(row?)?.into_iter().try_for_each(&mut *each)?;
        }
        Format::Text(encoding)
    };
    let finish = reader.finish()?;
    finish.outcomes.into_iter().try_for_each(each)?;
    Ok(FileSummary { format, summary: finish.summary })
}

fn rewind(file: &mut impl Seek) -> Result<(), Msg> {
    file.seek(SeekFrom::Start(0)).map(drop).map_err(|_| msg!("roster.unreadable"))
}
