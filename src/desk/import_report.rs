//! What is known of an import: its report, and its rejected lines in her own form.

use super::{Desk, import::ImportDetail};
use crate::error::{Error, Result};
use crate::model::{Caller, ImportRow, Lang, LineRow, Msg};
use crate::msg;
use crate::rules::roster::{
    BackRole, BackRow, Cell, Encoding, Place, message_of, rejected_csv, rejected_xlsx,
};

/// Problems shown in a report.
const SHOWN: i64 = 1_000;
/// Lines read at a time.
const PAGE: i64 = 5_000;

/// One thing to know about one line.
pub struct ImportProblem {
    /// Sheet.
    pub sheet: String,
    /// Line.
    pub line: i64,
    /// Column letters.
    pub column: String,
    /// `rejected`, `held`, `duplicate`, `conflict`, `note`.
    pub kind: &'static str,
    /// For programs.
    pub code: String,
    /// For people.
    pub message: String,
}

/// An import and its first problems.
pub struct ImportReport {
    /// The import.
    pub row: ImportRow,
    /// How it was read.
    pub detail: ImportDetail,
    /// The first of its problems.
    pub problems: Vec<ImportProblem>,
    /// Log position now.
    pub log_pos: i64,
}

fn message(line: &LineRow) -> Msg {
    let sent = serde_json::from_str(&line.message).unwrap_or_default();
    message_of(sent).unwrap_or(msg!("roster.unreadable"))
}

fn kind(line: &LineRow) -> &'static str {
    match (line.state.as_str(), line.code.as_str()) {
        ("held", _) => "held",
        ("note", _) => "note",
        (_, "import_duplicate") => "duplicate",
        (_, code) if code.starts_with("roster_duplicate") => "duplicate",
        (_, "import_conflict") => "conflict",
        _ => "rejected",
    }
}

fn back(line: &LineRow, lang: Lang) -> Result<BackRow> {
    let cells: Vec<Cell> = serde_json::from_str(&line.body).map_err(Error::defect)?;
    let number = u64::try_from(line.sheet_line).unwrap_or_default();
    let place = Place { sheet: line.sheet.clone(), line: number };
    if line.state != "passed" {
        return Ok(BackRow::line(place, cells, &line.sheet_column, &message(line), lang));
    }
    let role = if line.code == "header" { BackRole::Header } else { BackRole::Title };
    Ok(BackRow { role, place, cells, reason: String::new() })
}

impl Desk {
    /// The report of an import; 0 = the latest.
    pub async fn import_report(
        &self,
        survey_id: i64,
        import_no: i64,
        lang: Lang,
    ) -> Result<ImportReport> {
        let mut tx = self.0.store.read().await?;
        let row = tx.import(survey_id, import_no).await?;
        let row =
            row.ok_or_else(|| Error::NotFound(msg!("import.not_found", import_no = import_no)))?;
        let lines = tx.problem_lines(survey_id, row.import_no, 0, SHOWN).await?;
        let problems = lines
            .iter()
            .map(|line| ImportProblem {
                sheet: line.sheet.clone(),
                line: line.sheet_line,
                column: line.sheet_column.clone(),
                kind: kind(line),
                code: line.code.clone(),
                message: message(line).text(lang),
            })
            .collect();
        let detail = serde_json::from_str(&row.detail).unwrap_or_default();
        let log_pos = tx.survey(survey_id).await?.map_or(0, |s| s.event_head);
        Ok(ImportReport { row, detail, problems, log_pos })
    }

    /// The lines of an import that were not taken, as her own spreadsheet with a reason column.
    pub async fn rejected_file(
        &self,
        who: &Caller,
        survey_id: i64,
        row: &ImportRow,
    ) -> Result<Vec<u8>> {
        let detail: ImportDetail = serde_json::from_str(&row.detail).unwrap_or_default();
        let mut tx = self.0.store.read().await?;
        let mut rows = Vec::new();
        let mut after = 0;
        loop {
            let page = tx.back_lines(survey_id, row.import_no, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.line_no;
            for line in &page {
                rows.push(back(line, who.lang)?);
            }
        }
        drop(tx);
        let what = format!("rejected lines of import {}", row.import_no);
        self.disclose(who, survey_id, &what, 0).await?;
        if detail.encoding == "xlsx"
            && let Ok(file) = rejected_xlsx(&rows, who.lang)
        {
            return Ok(file);
        }
        let encoding =
            if detail.encoding == "gb18030" { Encoding::Gb18030 } else { Encoding::Utf8 };
        Ok(rejected_csv(&rows, encoding, who.lang))
    }
}
