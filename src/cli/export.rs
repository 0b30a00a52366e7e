//! `canvass export`: scores, interviews, attempts and the evidence of a draw, as files.

use super::{
    Done, Failure, Ui,
    remote::{Connection, Remote},
    say,
};
use crate::msg;
use canvass_proto::v1::{
    ExportAttemptsRequest, ExportDrawRequest, ExportFormat, ExportInterviewsRequest,
    ExportScoresRequest,
};
use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use serde_json::json;
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

/// What to export.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// One row a target: mean, interval, tier, status
    Scores,
    /// One row an interview: weights and item answers, no names
    Interviews,
    /// One row a dial, no names, no numbers
    Attempts,
    /// The evidence of the draw: frame.csv, design.json, seed.txt, sample.csv
    Draw,
}

/// File formats.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// UTF-8 with byte order mark, safe to open in a spreadsheet
    Csv,
    /// A workbook with typed cells
    Xlsx,
}

/// Write scores, interviews, attempts or a draw's evidence
///
/// Example: canvass export parents-2026 scores --format xlsx --out scores.xlsx
#[derive(Args)]
pub struct Export {
    /// Number or name of the survey
    survey: String,
    /// What to export
    #[arg(value_enum)]
    what: What,
    /// Kind of file; a draw is always its four files
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// CSV for programs: no byte order mark, no guard against formulas
    #[arg(long)]
    exact: bool,
    /// Which draw; the one in force without it
    #[arg(long, value_name = "DRAW", default_value_t = 0, hide_default_value = true)]
    draw_no: i64,
    /// File to write, - for standard output; for a draw a directory
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    #[command(flatten)]
    remote: Remote,
}

impl Export {
    pub async fn run(self, ui: Ui) -> Done {
        let format = match (self.format, self.exact) {
            (Format::Csv, false) => ExportFormat::Csv,
            (Format::Csv, true) => ExportFormat::CsvExact,
            (Format::Xlsx, false) => ExportFormat::Xlsx,
            (Format::Xlsx, true) => {
                return Err(Failure::Use("--exact is of CSV; leave out --format xlsx".into()));
            }
        };
        let draw = self.what == What::Draw;
        if draw && (matches!(self.format, Format::Xlsx) || self.exact) {
            return Err(Failure::Use("a draw is always its four files".into()));
        }
        if !draw && self.draw_no != 0 {
            return Err(Failure::Use("--draw-no is for `export … draw`".into()));
        }
        let to = self.remote.connect(ui).await?;
        let survey_id = say::survey(&to, &self.survey).await?.id;
        if draw {
            let files = save_draw(&to, survey_id, self.draw_no, &self.out).await?;
            return tell_draw(&self.out, &files, ui);
        }
        let standard_output = self.out.as_os_str() == "-";
        let mut sink = if standard_output { Sink::Out } else { Sink::File(Draft::new(&self.out)?) };
        let bytes = fetch(&to, self.what, survey_id, format, &mut sink).await?;
        match sink {
            Sink::Out => Ok(()),
            Sink::File(draft) => {
                draft.keep()?;
                let shown = self.out.display().to_string();
                let text = msg!("cli.wrote_bytes", file = shown, bytes = bytes).text(ui.lang);
                say::either(ui, || json!({"file": shown, "bytes": bytes}), text)
            }
        }
    }
}

/// Where an export goes.
enum Sink {
    Out,
    File(Draft),
}

impl Sink {
    fn write(&mut self, chunk: &[u8]) -> Done {
        match self {
            Sink::Out => say::bytes(chunk),
            Sink::File(draft) => draft.write(chunk),
        }
    }
}

/// A file that appears under its name only when it is whole, and only its owner can read it.
pub struct Draft {
    file: NamedTempFile,
    path: PathBuf,
}

impl Draft {
    /// Begins a file.
    pub fn new(path: &Path) -> Result<Draft, Failure> {
        let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
        let dir = parent.unwrap_or(Path::new("."));
        if path.is_dir() || path.file_name().is_none() {
            return Err(Failure::Use(format!("{} is a directory", path.display())));
        }
        let bad = |e| Failure::Failed(format!("cannot write {}: {e}", path.display()));
        let file = NamedTempFile::new_in(dir).map_err(bad)?;
        Ok(Draft { file, path: path.to_owned() })
    }

    /// Adds bytes.
    pub fn write(&mut self, chunk: &[u8]) -> Done {
        Ok(self.file.write_all(chunk)?)
    }

    /// Puts the file in its place.
    pub fn keep(self) -> Done {
        self.file.as_file().sync_all()?;
        self.file.persist(&self.path).map_err(|e| Failure::from(e.error))?;
        Ok(())
    }
}

/// The pieces of one export; three calls that differ in their names only.
async fn fetch(
    to: &Connection,
    what: What,
    survey_id: i64,
    format: ExportFormat,
    sink: &mut Sink,
) -> Result<u64, Failure> {
    macro_rules! pieces {
        ($call:ident, $request:ident) => {{
            let bar = say::spinner("the server writes the export");
            let request = $request { survey_id, format: format.into() };
            let mut stream = to.reporting().$call(request).await?.into_inner();
            while let Some(piece) = stream.message().await? {
                count(&bar, &piece.chunk);
                sink.write(&piece.chunk)?;
            }
            bar
        }};
    }
    let bar = match what {
        What::Scores => pieces!(export_scores, ExportScoresRequest),
        What::Interviews => pieces!(export_interviews, ExportInterviewsRequest),
        What::Attempts => pieces!(export_attempts, ExportAttemptsRequest),
        What::Draw => return Ok(0),
    };
    let bytes = bar.position();
    bar.finish_and_clear();
    Ok(bytes)
}

fn count(bar: &ProgressBar, chunk: &[u8]) {
    bar.inc(u64::try_from(chunk.len()).unwrap_or_default());
}

/// The files of a draw's evidence, in the order they were fixed.
pub const EVIDENCE: [&str; 4] = ["frame.csv", "design.json", "seed.txt", "sample.csv"];

/// Writes the evidence of a draw into a directory; the names of its files.
pub async fn save_draw(
    to: &Connection,
    survey_id: i64,
    draw_no: i64,
    dir: &Path,
) -> Result<Vec<&'static str>, Failure> {
    let bar = say::spinner("fetching the evidence");
    let request = ExportDrawRequest { survey_id, draw_no };
    let mut stream = to.reporting().export_draw(request).await?.into_inner();
    let bad = |e| Failure::Failed(format!("cannot make {}: {e}", dir.display()));
    fs::create_dir_all(dir).map_err(bad)?;
    // all four or none: evidence of two draws must not mix
    let mut drafts: Vec<(&'static str, Draft)> = Vec::new();
    while let Some(piece) = stream.message().await? {
        // a name is never trusted as a path
        let Some(name) = EVIDENCE.into_iter().find(|known| *known == piece.file) else {
            let text = format!("the server sent a file {:?}, which is no evidence", piece.file);
            return Err(Failure::Failed(text));
        };
        if drafts.last().is_none_or(|(last, _)| *last != name) {
            drafts.push((name, Draft::new(&dir.join(name))?));
        }
        if let Some((_, draft)) = drafts.last_mut() {
            draft.write(&piece.chunk)?;
        }
        count(&bar, &piece.chunk);
    }
    bar.finish_and_clear();
    let mut names = Vec::new();
    for (name, draft) in drafts {
        draft.keep()?;
        names.push(name);
    }
    if names != EVIDENCE {
        return Err(Failure::Failed(format!("the server sent {names:?}, not {EVIDENCE:?}")));
    }
    Ok(names)
}

fn tell_draw(dir: &Path, files: &[&str], ui: Ui) -> Done {
    let shown = dir.display().to_string();
    let text = format!("wrote {} in {shown}; check with: canvass verify {shown}", files.join(", "));
    say::either(ui, || json!({"directory": shown, "files": files}), text)
}
