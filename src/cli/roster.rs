//! `canvass import`: a school's spreadsheet into a survey, and what was not taken back.

use super::{
    Done, Failure, Ui,
    remote::{Remote, request_id},
    survey::find,
};
use canvass_proto::v1::{self, get_import_response, import_roster_request::Part};
use clap::{Args, ValueEnum};
use comfy_table::{Table, presets};
use indicatif::ProgressBar;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use tokio::io::AsyncReadExt;
use tokio_stream::{StreamExt, wrappers::ReceiverStream};

/// Bytes of a message.
const PIECE: usize = 64 * 1024;

#[derive(Clone, Copy, ValueEnum)]
enum RosterArg {
    /// Pupils and their parents' numbers, by class
    Parents,
    /// Contacts, by member of staff
    Contacts,
    /// Who is rated: key, name, class
    Targets,
}

/// Import a roster: CSV (UTF-8 or GB18030) or XLSX, as people make them.
///
/// Example: canvass import parents-2026 parents.xlsx --kind parents --rejected mend.xlsx
#[derive(Args)]
pub struct Import {
    /// Number or name of the survey
    survey: String,
    /// Spreadsheet
    file: PathBuf,
    /// What it lists
    #[arg(long, value_enum)]
    kind: RosterArg,
    /// Only this sheet
    #[arg(long)]
    sheet: Option<String>,
    /// Where the header is unknown: FIELD=HEADER or FIELD=COLUMN, e.g. phone=D
    #[arg(long = "map", value_name = "FIELD=HEADER", value_parser = pair)]
    mapping: Vec<(String, String)>,
    /// Replace everything earlier imports of this kind brought
    #[arg(long)]
    replace: bool,
    /// One rejected line refuses the whole file
    #[arg(long)]
    strict: bool,
    /// This line's much-shared phone is right
    #[arg(long, value_name = "LINE")]
    allow_phone: Vec<i64>,
    /// Area code of landlines written without one, e.g. 0536
    #[arg(long)]
    area_code: Option<String>,
    /// Write the lines that were not taken here, with a reason column
    #[arg(long)]
    rejected: Option<PathBuf>,
    #[command(flatten)]
    remote: Remote,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (field, header) = text.split_once('=').ok_or("must be FIELD=HEADER")?;
    Ok((field.to_owned(), header.to_owned()))
}

impl Import {
    pub async fn run(self, ui: Ui) -> Done {
        let connection = self.remote.connect(ui).await?;
        let survey_id = find(&connection, &self.survey).await?;
        let kind = match self.kind {
            RosterArg::Parents => v1::RosterKind::Parents,
            RosterArg::Contacts => v1::RosterKind::Contacts,
            RosterArg::Targets => v1::RosterKind::Targets,
        } as i32;
        let mode = if self.replace { v1::ImportMode::Replace } else { v1::ImportMode::Add } as i32;
        let header = v1::ImportHeader {
            survey_id,
            request_id: request_id()?,
            kind,
            file_name: self.file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            sheet: self.sheet.clone().unwrap_or_default(),
            mapping: self.mapping.iter().cloned().collect::<BTreeMap<_, _>>(),
            mode,
            strict: self.strict,
            allow_phone_lines: self.allow_phone.clone(),
            area_code: self.area_code.clone().unwrap_or_default(),
        };
        let file = tokio::fs::File::open(&self.file)
            .await
            .map_err(|e| Failure::Use(format!("{}: {e}", self.file.display())))?;
        let bar = ProgressBar::new(file.metadata().await?.len());
        let parts = read(file, bar.clone());
        let first =
            tokio_stream::once(v1::ImportRosterRequest { part: Some(Part::Header(header)) });
        let done = connection.administration().import_roster(first.chain(parts)).await;
        bar.finish_and_clear();
        let report = done?.into_inner().report.unwrap_or_default();
        print(&report, ui);
        if let Some(path) = &self.rejected
            && report.rejected + report.held > 0
        {
            write_rejected(&connection, survey_id, report.import_no, path).await?;
            eprintln!("the lines that were not taken are in {}", path.display());
        }
        if report.status == "refused" {
            return Err(Failure::Failed("nothing was taken".to_owned()));
        }
        Ok(())
    }
}

/// The file in pieces, never whole in memory.
fn read(
    mut file: tokio::fs::File,
    bar: ProgressBar,
) -> impl tokio_stream::Stream<Item = v1::ImportRosterRequest> + Send + 'static {
    let (out, pieces) = tokio::sync::mpsc::channel(4);
    tokio::spawn(async move {
        loop {
            let mut piece = vec![0; PIECE];
            match file.read(&mut piece).await {
                Ok(0) | Err(_) => return,
                Ok(read) => {
                    piece.truncate(read);
                    bar.inc(read as u64);
                    let part = v1::ImportRosterRequest { part: Some(Part::Chunk(piece)) };
                    if out.send(part).await.is_err() {
                        return;
                    }
                }
            }
        }
    });
    ReceiverStream::new(pieces)
}

fn print(r: &v1::Import, ui: Ui) {
    if ui.json {
        let problem = |p: &v1::ImportProblem| {
            json!({"sheet": p.sheet, "line": p.line, "column": p.column, "kind": p.kind,
                "code": p.code, "message": p.message})
        };
        println!(
            "{}",
            json!({
                "import_no": r.import_no, "status": r.status, "accepted": r.accepted,
                "unchanged": r.unchanged, "rejected": r.rejected, "held": r.held,
                "ignored": r.ignored, "encoding": r.encoding, "columns": r.columns,
                "problem_count": r.problem_count, "log_pos": r.log_pos,
                "problems": r.problems.iter().map(problem).collect::<Vec<_>>(),
            })
        );
        return;
    }
    println!(
        "{}: {} accepted, {} unchanged, {} rejected, {} held, {} passed over ({})",
        r.status, r.accepted, r.unchanged, r.rejected, r.held, r.ignored, r.encoding
    );
    println!("read as: {}", r.columns.join(" "));
    if r.problems.is_empty() {
        return;
    }
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_header(["sheet", "line", "column", "what", "why"]);
    for p in r.problems.iter().take(100) {
        table.add_row([&p.sheet, &p.line.to_string(), &p.column, &p.kind, &p.message]);
    }
    println!("{table}");
    if r.problem_count > 100 {
        println!("… and {} more", r.problem_count - 100);
    }
}

async fn write_rejected(
    connection: &super::remote::Connection,
    survey_id: i64,
    import_no: i64,
    path: &std::path::Path,
) -> Done {
    let request = v1::GetImportRequest { survey_id, import_no, with_rejected: true };
    let mut parts = connection.administration().get_import(request).await?.into_inner();
    let mut file = std::fs::File::create(path)?;
    while let Some(message) = parts.message().await? {
        if let Some(get_import_response::Part::RejectedChunk(piece)) = message.part {
            file.write_all(&piece)?;
        }
    }
    Ok(())
}
