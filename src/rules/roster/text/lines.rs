//! Bytes of a text file into clean lines for the reader of records: decoded, with `\n` line ends,
//! bounded.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult};

use super::{Encoding, LINE_BYTES_MAX};
use crate::{model::Msg, msg};

/// A message on its way through the reader of records.
#[derive(Debug)]
struct Carried(Msg);

impl std::fmt::Display for Carried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Carried {}

fn carried(message: Msg) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, Carried(message))
}

pub(super) fn message(error: io::Error) -> Msg {
    match error.downcast::<Carried>() {
        Ok(carried) => carried.0,
        Err(_) => msg!("roster.unreadable"),
    }
}

/// Where in a record the bytes stand, as RFC 4180 has it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    LineStart,
    FieldStart,
    Plain,
    Quoted,
    Quote,
}

/// UTF-8 with `\n` line ends and without empty lines: an empty line becomes a record of one empty
/// field, as the reader of records would pass over it and lose count of the physical lines.
pub(super) struct Lines<R> {
    file: R,
    decoder: Decoder,
    raw: Vec<u8>,
    decoded: String,
    ready: Vec<u8>,
    given: usize,
    ended: bool,
    delimiter: u8,
    at: At,
    /// The last byte was a carriage return, already written as a line end.
    after_return: bool,
    line: u64,
    record_line: u64,
    record_bytes: usize,
}

impl<R: Read> Lines<R> {
    pub fn new(file: R, encoding: Encoding) -> Lines<R> {
        Lines {
            file,
            decoder: encoding.decoder(),
            raw: vec![0; 65_536],
            decoded: String::with_capacity(262_144),
            ready: Vec::new(),
            given: 0,
            ended: false,
            delimiter: b',',
            at: At::LineStart,
            after_return: false,
            line: 1,
            record_line: 1,
            record_bytes: 0,
        }
    }

    /// The separator the first 30 lines have most of: comma, tab or semicolon.
    pub fn delimiter(&mut self) -> io::Result<u8> {
        self.decode()?;
        let mut quoted = false;
        let start: Vec<u8> = self
            .decoded
            .lines()
            .take(30)
            .flat_map(str::bytes)
            .filter(|byte| {
                quoted ^= *byte == b'"';
                !quoted
            })
            .collect();
        let count = |wanted: u8| start.iter().filter(|byte| **byte == wanted).count();
        let mut best = b',';
        for other in [b'\t', b';'] {
            if count(other) > count(best) {
                best = other;
            }
        }
        self.delimiter = best;
        Ok(best)
    }

    /// Reads and decodes the next piece, unless one is waiting.
    fn decode(&mut self) -> io::Result<()> {
        while self.decoded.is_empty() && !self.ended {
            let length = loop {
                match self.file.read(&mut self.raw) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => break other?,
                }
            };
            self.ended = length == 0;
            // Every encoding read here grows by no more than half and some bytes of state.
            self.decoded.reserve(3 * length + 16);
            let (result, _) = self.decoder.decode_to_string_without_replacement(
                &self.raw[..length],
                &mut self.decoded,
                self.ended,
            );
            if result != DecoderResult::InputEmpty {
                return Err(carried(msg!("roster.encoding", line = self.line)));
            }
        }
        Ok(())
    }

    fn refill(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.given = 0;
        while self.ready.is_empty() {
            self.decode()?;
            let decoded = std::mem::take(&mut self.decoded);
            for byte in decoded.bytes() {
                self.take(byte).map_err(carried)?;
            }
            self.decoded = decoded;
            self.decoded.clear();
            if self.ended {
                break;
            }
        }
        if self.ended && self.at == At::Quoted {
            return Err(carried(msg!("roster.quote_open", line = self.record_line)));
        }
        Ok(())
    }

    fn take(&mut self, byte: u8) -> Result<(), Msg> {
        let after_return = std::mem::replace(&mut self.after_return, byte == b'\r');
        match byte {
            b'\n' if after_return => return Ok(()),
            b'\n' | b'\r' => {
                return self.line_end();
            }
            0 => return Err(msg!("roster.nul", line = self.line)),
            _ => {}
        }
        self.at = match (self.at, byte) {
            (At::LineStart | At::FieldStart | At::Quote, b'"') => At::Quoted,
            (At::Quoted, b'"') => At::Quote,
            (At::Quoted, _) => At::Quoted,
            (_, byte) if byte == self.delimiter => At::FieldStart,
            (_, _) => At::Plain,
        };
        self.put(byte)
    }

    fn put(&mut self, byte: u8) -> Result<(), Msg> {
        self.ready.push(byte);
        self.record_bytes += 1;
        if self.record_bytes > LINE_BYTES_MAX {
            return Err(msg!("roster.line_long", line = self.record_line, limit = LINE_BYTES_MAX));
        }
        Ok(())
    }

    fn line_end(&mut self) -> Result<(), Msg> {
        self.line += 1;
        if self.at == At::Quoted {
            return self.put(b'\n');
        }
        if self.at == At::LineStart {
            self.ready.extend(b"\"\"");
        }
        self.ready.push(b'\n');
        self.at = At::LineStart;
        self.record_line = self.line;
        self.record_bytes = 0;
        Ok(())
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.given == self.ready.len() && !(self.ended && self.decoded.is_empty()) {
            self.refill()?;
        }
        let length = into.len().min(self.ready.len() - self.given);
        into[..length].copy_from_slice(&self.ready[self.given..self.given + length]);
        self.given += length;
        Ok(length)
    }
}
