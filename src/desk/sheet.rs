//! Reading a spreadsheet in a child process with limits on memory and processor time: what a file
//! asks for can end the child, never the server. The child is this program's hidden command
//! `read-sheet`; it answers one JSON object a line.

use super::Desk;
use crate::error::{Error, Result};
use crate::model::Msg;
use crate::msg;
use crate::rules::roster::{FileSummary, Kind, Options, Outcome, read_file};
use serde::{Deserialize, Serialize};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// Address space of the child in KiB; a roster of a million lines needs a third of it.
const MEMORY_KIB: u32 = 800_000;
/// Processor seconds of the child.
const CPU_S: u32 = 120;

/// One line of the child's answer.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Said {
    /// What became of a row.
    Row(Outcome),
    /// The end, with the sums.
    End(FileSummary),
    /// The file cannot be read: key and arguments of the message.
    Failed(String, Vec<(String, String)>),
}

/// The child's side: reads the file, prints one JSON line an outcome.
///
/// # Errors
/// Output that cannot be written: nobody listens any more.
pub fn read_sheet(path: &Path, kind: Kind, options: &str) -> std::io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    let options: Options = serde_json::from_str(options)?;
    let mut file = std::fs::File::open(path)?;
    let mut broken = None;
    let done = read_file(&mut file, kind, options, &mut |outcome| {
        let written = serde_json::to_writer(&mut out, &Said::Row(outcome))
            .map_err(std::io::Error::from)
            .and_then(|()| out.write_all(b"\n"));
        written.map_err(|error| {
            broken = Some(error);
            msg!("roster.unreadable")
        })
    });
    if let Some(error) = broken {
        return Err(error);
    }
    let last = match done {
        Ok(summary) => Said::End(summary),
        Err(why) => Said::Failed(
            why.key.to_owned(),
            why.args.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        ),
    };
    serde_json::to_writer(&mut out, &last)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// A message whose key and argument names come from outside: known ones only.
fn message(key: &str, args: &[(String, String)]) -> Msg {
    let wire = serde_json::json!({ "key": key, "args": args });
    crate::rules::roster::message_of(wire).unwrap_or(msg!("roster.unreadable"))
}

/// A running child.
pub struct Sheet {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

/// What the child says next.
pub enum Heard {
    /// What became of a row.
    Row(Box<Outcome>),
    /// The end.
    End(FileSummary),
}

impl Desk {
    /// Starts reading a file.
    pub(super) fn read_sheet(&self, path: &Path, kind: Kind, options: &Options) -> Result<Sheet> {
        let program = self.reader()?;
        let limits =
            format!("ulimit -v {MEMORY_KIB} -t {CPU_S} -c 0 2>/dev/null; exec \"$0\" \"$@\"");
        let mut child = Command::new("sh")
            .arg("-c")
            .arg(limits)
            .arg(program)
            .args(["read-sheet", "--kind", kind.word(), "--options"])
            .arg(serde_json::to_string(options).map_err(Error::defect)?)
            .arg(path)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let out = child.stdout.take().ok_or_else(|| Error::defect("the reader has no output"))?;
        Ok(Sheet { child, lines: BufReader::with_capacity(1 << 16, out).lines() })
    }
}

impl Sheet {
    /// The next thing the child says.
    ///
    /// # Errors
    /// A file that cannot be read, or that asked for more memory or time than a roster may.
    pub async fn next(&mut self) -> Result<Heard> {
        match self.lines.next_line().await? {
            Some(line) => match serde_json::from_str(&line) {
                Ok(Said::Row(outcome)) => Ok(Heard::Row(Box::new(outcome))),
                Ok(Said::End(summary)) => Ok(Heard::End(summary)),
                Ok(Said::Failed(key, args)) => Err(Error::invalid("file", message(&key, &args))),
                Err(error) => Err(Error::defect(format!("the reader's line: {error}"))),
            },
            None => {
                let status = self.child.wait().await?;
                tracing::warn!(%status, "the reader of a roster ended early");
                if matches!(status.code(), Some(126 | 127)) {
                    return Err(Error::defect("the reader of rosters could not be started"));
                }
                Err(Error::invalid("file", msg!("roster.too_heavy")))
            }
        }
    }
}
