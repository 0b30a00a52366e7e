//! Which encoding a file is in, or what else it is: decided on the whole file, never guessed.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult};

use super::Encoding;
use crate::{model::Msg, msg};

/// Characters beyond ASCII that are valid UTF-8 by chance in GB18030 text are few; a file with more
/// of them before its first wrong byte is broken UTF-8, not GB18030.
const UTF8_CHARACTERS_MIN: usize = 4;

/// Decides the encoding of a whole file, in constant memory: a mark, then strict UTF-8, then strict
/// GB18030. Read the file again from its start for [`TextRows`].
///
/// # Errors
/// Nothing in the file, a known other format (PDF, picture, old or new spreadsheet …), NUL bytes,
/// broken UTF-8 or neither encoding: named with the line of the first wrong byte.
pub fn encoding_of(mut file: impl Read) -> Result<Encoding, Msg> {
    let mut utf8 = Probe::new(Encoding::Utf8);
    let mut gb18030 = Probe::new(Encoding::Gb18030);
    let mut buffer = vec![0; 65_536];
    let mut first = true;
    loop {
        let length = fill(&mut file, &mut buffer).map_err(|_| msg!("roster.unreadable"))?;
        let bytes = &buffer[..length];
        if first {
            match bytes {
                [] => return Err(msg!("roster.empty_file")),
                [0xff, 0xfe, ..] => return Ok(Encoding::Utf16Le),
                [0xfe, 0xff, ..] => return Ok(Encoding::Utf16Be),
                _ => check_format(bytes)?,
            }
            first = false;
        }
        if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
            let line = utf8.line + bytes[..at].iter().filter(|b| **b == b'\n').count() as u64;
            return Err(msg!("roster.nul", line = line));
        }
        let last = length < buffer.len();
        utf8.take(bytes, last);
        gb18030.take(bytes, last);
        if last {
            break;
        }
    }
    match (utf8.wrong, gb18030.wrong) {
        (None, _) => Ok(Encoding::Utf8),
        (Some(line), _) if utf8.wide >= UTF8_CHARACTERS_MIN => {
            Err(msg!("roster.broken_utf8", line = line))
        }
        // Big5 reads as GB18030 too, with characters that no name has
        (Some(_), None) => match gb18030.private {
            Some(line) => Err(msg!("roster.not_gb18030", line = line)),
            None => Ok(Encoding::Gb18030),
        },
        (Some(line), Some(_)) => Err(msg!("roster.encoding", line = line)),
    }
}

/// Reads until the buffer is full or the file ends.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match file.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

/// Names a file that is no text by its first bytes.
fn check_format(bytes: &[u8]) -> Result<(), Msg> {
    const FORMATS: [(&[u8], &str); 10] = [
        (b"%PDF", "PDF"),
        (b"\x89PNG", "PNG"),
        (b"\xff\xd8\xff", "JPEG"),
        (b"GIF8", "GIF"),
        (b"PK\x03\x04", "XLSX/ZIP"),
        (b"\xd0\xcf\x11\xe0", "XLS/DOC"),
        (b"{\\rtf", "RTF"),
        (b"Rar!", "RAR"),
        (b"<html", "HTML"),
        (b"<!DOCTYPE", "HTML"),
    ];
    match FORMATS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        Some((_, format)) => Err(msg!("roster.other_format", format = format)),
        None => Ok(()),
    }
}

/// One encoding being tried on a file.
struct Probe {
    decoder: Decoder,
    text: String,
    line: u64,
    /// Characters beyond ASCII before the first wrong byte.
    wide: usize,
    /// Line of the first wrong byte.
    wrong: Option<u64>,
    /// Line of the first character of private use.
    private: Option<u64>,
}

impl Probe {
    fn new(encoding: Encoding) -> Probe {
        let text = String::with_capacity(65_536);
        Probe { decoder: encoding.decoder(), text, line: 1, wide: 0, wrong: None, private: None }
    }

    fn take(&mut self, mut bytes: &[u8], last: bool) {
        while self.wrong.is_none() {
            self.text.clear();
            let (result, read) =
                self.decoder.decode_to_string_without_replacement(bytes, &mut self.text, last);
            bytes = &bytes[read..];
            let own = |c: char| ('\u{e000}'..='\u{f8ff}').contains(&c);
            if let (None, Some(at)) = (self.private, self.text.find(own)) {
                let before = self.text[..at].bytes().filter(|byte| *byte == b'\n').count() as u64;
                self.private = Some(self.line + before);
            }
            self.line += self.text.bytes().filter(|byte| *byte == b'\n').count() as u64;
            self.wide += self.text.chars().filter(|c| !c.is_ascii()).count();
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => self.wrong = Some(self.line),
            }
        }
    }
}
