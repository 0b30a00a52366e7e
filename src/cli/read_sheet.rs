//! `canvass read-sheet`: the child process in which the server reads a roster.

use crate::desk::read_sheet;
use crate::rules::roster::Kind;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Clone, Copy, ValueEnum)]
enum KindArg {
    Parents,
    Contacts,
    Targets,
}

/// What to read, and how.
#[derive(Args)]
pub struct ReadSheet {
    #[arg(long, value_enum)]
    kind: KindArg,
    #[arg(long)]
    options: String,
    path: PathBuf,
}

impl ReadSheet {
    /// Prints one JSON object a line.
    pub fn run(&self) -> ExitCode {
        let kind = match self.kind {
            KindArg::Parents => Kind::Parents,
            KindArg::Contacts => Kind::Contacts,
            KindArg::Targets => Kind::Targets,
        };
        match read_sheet(&self.path, kind, &self.options) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        }
    }
}
