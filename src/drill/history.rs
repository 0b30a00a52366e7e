//! What every seat sent and heard, one JSON object a line, for whoever wants to judge it with a
//! program of their own. The fields are told in `docs/operations.md`.

use crate::error::Result;
use serde_json::Value;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::sync::{Mutex, PoisonError};

/// The file that all seats write, or nothing.
pub struct History(Option<Mutex<BufWriter<File>>>);

impl History {
    /// Writes to a file.
    pub fn to(file: File) -> History {
        History(Some(Mutex::new(BufWriter::new(file))))
    }

    /// Keeps nothing.
    pub const fn none() -> History {
        History(None)
    }

    /// Whether anything is kept.
    pub const fn is_kept(&self) -> bool {
        self.0.is_some()
    }

    /// Writes a line.
    pub fn write(&self, line: &Value) -> Result<()> {
        let Some(file) = &self.0 else { return Ok(()) };
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(writeln!(file, "{line}")?)
    }

    /// Everything written reaches the file.
    pub fn flush(&self) -> Result<()> {
        let Some(file) = &self.0 else { return Ok(()) };
        Ok(file.lock().unwrap_or_else(PoisonError::into_inner).flush()?)
    }
}
