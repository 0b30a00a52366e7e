//! `canvass import`: a roster on its way in, and the lines that come back.

use super::{
    Done, Failure, Ui,
    remote::{Connection, Remote, request_id},
    say,
};
use crate::msg;
use canvass_proto::v1::{
    GetImportRequest, Import as Report, ImportHeader, ImportMode, ImportProblem,
    ImportRosterRequest, ImportStratum, RosterKind, get_import_response,
    import_roster_request::Part,
};
use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};
use tokio::{fs::File, io::AsyncReadExt, sync::mpsc};
use tokio_stream::wrappers::ReceiverStream;

/// The largest piece that the server takes.
const PIECE: usize = 64 * 1024;

/// The kinds of roster.
#[derive(Clone, Copy, ValueEnum)]
enum RosterArg {
    /// Pupils and their parents' numbers, by class
    Parents,
    /// Contacts, by member of staff
    Contacts,
    /// Who is rated: key, name, class
    Targets,
}

impl RosterArg {
    const fn message(self) -> RosterKind {
        match self {
            RosterArg::Parents => RosterKind::Parents,
            RosterArg::Contacts => RosterKind::Contacts,
            RosterArg::Targets => RosterKind::Targets,
        }
    }
}

/// `field=header`.
fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((field, header)) if !field.is_empty() && !header.is_empty() => {
            Ok((field.trim().to_owned(), header.trim().to_owned()))
        }
        Some(_) | None => Err("write FIELD=HEADER, e.g. phone=电话 or phone=D".to_owned()),
    }
}

/// Import a roster (.csv, .txt or .xlsx) into a survey in draft
///
/// Lines that cannot be taken are listed with line, column and reason; with --rejected they come
/// back in the form of the file, with a reason column, to be mended and imported again.
///
/// Example: canvass import parents-2026 roster.xlsx --kind parents --rejected mend.xlsx
#[derive(Args)]
pub struct Import {
    /// Number or name of the survey
    survey: String,
    /// The file
    file: PathBuf,
    /// What it lists
    #[arg(long, value_enum)]
    kind: RosterArg,
    /// Only this sheet of a workbook
    #[arg(long, default_value = "", hide_default_value = true)]
    sheet: String,
    /// Which column holds a field, by header or letter, where the header is not understood
    #[arg(long, value_name = "FIELD=HEADER", value_parser = pair)]
    map: Vec<(String, String)>,
    /// Replace all lines of earlier imports of this kind
    #[arg(long)]
    replace: bool,
    /// Take nothing if one line is rejected
    #[arg(long)]
    strict: bool,
    /// Take this line although its phone is on many lines
    #[arg(long, value_name = "LINE")]
    allow_phone: Vec<i64>,
    /// Area code of landlines written without one, e.g. 0536
    #[arg(long, default_value = "", hide_default_value = true)]
    area_code: String,
    /// Write the rejected and held lines to this file
    #[arg(long, value_name = "OUT")]
    rejected: Option<PathBuf>,
    #[command(flatten)]
    remote: Remote,
}

impl Import {
    pub async fn run(self, ui: Ui) -> Done {
        let unreadable = |e: std::io::Error| Failure::Wrong(say::cannot_read(&self.file, &e));
        let file = File::open(&self.file).await.map_err(unreadable)?;
        let about = file.metadata().await.map_err(unreadable)?;
        if !about.is_file() {
            return Err(Failure::Wrong(msg!("cli.no_file", path = self.file.display())));
        }
        let to = self.remote.connect(ui).await?;
        let survey_id = say::survey(&to, &self.survey).await?.id;
        let header = self.header(survey_id)?;
        let report = send(&to, header, file, about.len()).await?;
        let back = match &self.rejected {
            Some(out) if report.rejected + report.held > 0 => {
                fetch_rejected(&to, survey_id, report.import_no, out).await?
            }
            Some(_) | None => false,
        };
        self.show(&report, back, ui)?;
        if report.status == "refused" {
            return Err(Failure::Failed(msg!("cli.nothing_taken").text(ui.lang)));
        }
        Ok(())
    }

    fn header(&self, survey_id: i64) -> Result<ImportHeader, Failure> {
        let mut mapping = BTreeMap::new();
        for (field, column) in &self.map {
            if mapping.insert(field.clone(), column.clone()).is_some() {
                return Err(Failure::Wrong(msg!("cli.map_twice", field = field)));
            }
        }
        let mode = if self.replace { ImportMode::Replace } else { ImportMode::Add };
        let name = self.file.file_name().map(|n| n.to_string_lossy().into_owned());
        Ok(ImportHeader {
            survey_id,
            request_id: request_id()?,
            kind: self.kind.message().into(),
            file_name: name.unwrap_or_default(),
            sheet: self.sheet.clone(),
            mapping,
            mode: mode.into(),
            strict: self.strict,
            allow_phone_lines: self.allow_phone.clone(),
            area_code: self.area_code.clone(),
        })
    }

    fn show(&self, report: &Report, back: bool, ui: Ui) -> Done {
        if ui.json {
            return say::line(as_json(report));
        }
        let head = msg!(
            "cli.import",
            import_no = report.import_no,
            file = report.file_name,
            encoding = report.encoding,
            status = say::term(ui, &report.status),
        );
        say::told(ui, &head)?;
        let counts = msg!(
            "cli.import_counts",
            accepted = report.accepted,
            unchanged = report.unchanged,
            rejected = report.rejected,
            held = report.held,
            ignored = report.ignored,
        );
        say::told(ui, &counts)?;
        if !report.columns.is_empty() {
            say::told(ui, &msg!("cli.import_columns", columns = report.columns.join(" ")))?;
        }
        if !report.strata.is_empty() {
            say::line(strata(ui, report))?;
        }
        if !report.problems.is_empty() {
            say::line(problems(ui, &report.problems))?;
        }
        let more = report.problem_count - i64::try_from(report.problems.len()).unwrap_or_default();
        if more > 0 {
            say::told(ui, &msg!("cli.more", more = more))?;
        }
        match &self.rejected {
            Some(out) if back => say::told(ui, &msg!("cli.to_mend", file = out.display())),
            Some(_) => say::told(ui, &msg!("cli.nothing_to_mend")),
            None => Ok(()),
        }
    }
}

/// Streams header and file; never more than a few pieces are in memory.
async fn send(
    to: &Connection,
    header: ImportHeader,
    file: File,
    size: u64,
) -> Result<Report, Failure> {
    let (pieces, queue) = mpsc::channel(4);
    let bar = say::bar(size, "sending");
    let mut admin = to.administration();
    let call = admin.import_roster(ReceiverStream::new(queue));
    let feed = feed(header, file, pieces, &bar);
    tokio::pin!(call, feed);
    let early = tokio::select! {
        answer = &mut call => Some(answer),
        fed = &mut feed => {
            fed?;
            None
        }
    };
    bar.finish_and_clear();
    let answer = match early {
        Some(answer) => answer?.into_inner(),
        None => say::waiting("the server reads the roster", call).await?,
    };
    Ok(answer.report.unwrap_or_default())
}

/// Sends the pieces. A queue that nobody reads any more means that the server has answered.
async fn feed(
    header: ImportHeader,
    mut file: File,
    pieces: mpsc::Sender<ImportRosterRequest>,
    bar: &ProgressBar,
) -> Result<(), Failure> {
    let message = |part| ImportRosterRequest { part };
    if pieces.send(message(Some(Part::Header(header)))).await.is_err() {
        return Ok(());
    }
    loop {
        let mut piece = Vec::with_capacity(PIECE);
        let limit = u64::try_from(PIECE).unwrap_or(u64::MAX);
        if let Err(error) = (&mut file).take(limit).read_to_end(&mut piece).await {
            // the end of the stream would look like the end of the file, so an empty message
            // makes the server refuse what it has
            pieces.send(message(None)).await.ok();
            return Err(error.into());
        }
        if piece.is_empty() {
            return Ok(());
        }
        bar.inc(u64::try_from(piece.len()).unwrap_or_default());
        if pieces.send(message(Some(Part::Chunk(piece)))).await.is_err() {
            return Ok(());
        }
    }
}

/// Writes the lines to mend; whether there were any.
async fn fetch_rejected(
    to: &Connection,
    survey_id: i64,
    import_no: i64,
    out: &Path,
) -> Result<bool, Failure> {
    let request = GetImportRequest { survey_id, import_no, with_rejected: true };
    let mut stream = say::waiting("fetching the lines to mend", async {
        to.administration().get_import(request).await
    })
    .await?;
    let mut file = super::export::Draft::new(out)?;
    let mut any = false;
    while let Some(message) = stream.message().await? {
        if let Some(get_import_response::Part::RejectedChunk(chunk)) = message.part {
            any |= !chunk.is_empty();
            file.write(&chunk)?;
        }
    }
    if any {
        file.keep()?;
    }
    Ok(any)
}

fn problems(ui: Ui, problems: &[ImportProblem]) -> comfy_table::Table {
    let headers = ["sheet", "line", "column", "kind", "reason", "what is wrong"];
    let mut table = say::table(ui, &headers, &["line"]);
    for p in problems {
        let (line, kind) = (p.line.to_string(), say::term(ui, &p.kind));
        table.add_row([&p.sheet, &line, &p.column, kind, &p.code, &p.message]);
    }
    table
}

/// Every class or member of staff as it was read, to be looked over before the frame is frozen.
fn strata(ui: Ui, report: &Report) -> comfy_table::Table {
    let headers = ["class or staff", "class teacher", "read", "rejected", "first line"];
    let mut table = say::table(ui, &headers, &["read", "rejected"]);
    for s in &report.strata {
        table.add_row([
            &s.name,
            &s.teacher,
            &s.read.to_string(),
            &s.rejected.to_string(),
            &s.place,
        ]);
    }
    table
}

fn as_json(r: &Report) -> Value {
    let problem = |p: &ImportProblem| {
        json!({
            "sheet": p.sheet, "line": p.line, "column": p.column, "kind": p.kind, "code": p.code,
            "message": p.message,
        })
    };
    let stratum = |s: &ImportStratum| {
        json!({
            "name": s.name, "teacher": s.teacher, "read": s.read, "rejected": s.rejected,
            "place": s.place,
        })
    };
    json!({
        "import_no": r.import_no, "kind": say::word(r.kind().as_str_name(), "ROSTER_KIND_"),
        "file_name": r.file_name, "file_sha256": r.file_sha256, "status": r.status,
        "accepted": r.accepted, "unchanged": r.unchanged, "rejected": r.rejected, "held": r.held,
        "ignored": r.ignored, "problem_count": r.problem_count, "columns": r.columns,
        "encoding": r.encoding, "log_pos": r.log_pos,
        "strata": r.strata.iter().map(stratum).collect::<Vec<_>>(),
        "problems": r.problems.iter().map(problem).collect::<Vec<_>>(),
    })
}
