//! Importing a roster: read in a child, staged in pieces that nobody reads, made visible by one small
//! last transaction, or not at all.

use super::{
    Desk,
    log::Opened,
    sheet::{Heard, Sheet},
    survey::wrong_step,
};
use crate::error::{Error, Result};
use crate::model::{
    Caller, Event, ImportRow, LineBody, LineRow, Msg, RequestKey, StoredPhone, SurveyRow,
    SurveyState,
};
use crate::msg;
use crate::rules::phone::Phone;
use crate::rules::roster::{
    Cell, FileSummary, Kind, Line, Options, Outcome, Passed, PhoneCounter, Problem, message_json,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::path::Path;

/// Lines staged at a time.
const PIECE: usize = 1_000;
/// A staged import that has not ended after this was left by a crash.
const STALE_US: i64 = 3_600_000_000;

/// How to import.
#[derive(Clone, Debug, Default)]
pub struct ImportOrder {
    /// Survey.
    pub survey_id: i64,
    /// 1 parents, 2 contacts, 3 targets.
    pub kind: i64,
    /// Name of the file.
    pub file_name: String,
    /// Only this sheet.
    pub sheet: String,
    /// Field → header or column.
    pub mapping: std::collections::BTreeMap<String, String>,
    /// Replace what earlier imports of this kind brought.
    pub replace: bool,
    /// One rejected line refuses the file.
    pub strict: bool,
    /// Lines whose much-shared phone is right.
    pub allow_phone_lines: BTreeSet<i64>,
    /// Area code for local numbers.
    pub area_code: String,
}

/// What is kept about how a file was read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ImportDetail {
    /// How columns were read.
    pub columns: Vec<String>,
    /// Encoding.
    pub encoding: String,
}

fn kind_of(order: &ImportOrder, survey: &SurveyRow) -> Result<Kind> {
    let kind = match order.kind {
        1 => Kind::Parents,
        2 => Kind::Contacts,
        3 => Kind::Targets,
        _ => return Err(Error::invalid("kind", msg!("import.kind"))),
    };
    if order.kind != 3 && order.kind != survey.kind {
        return Err(Error::invalid("kind", msg!("import.other_kind", kind = kind.word())));
    }
    Ok(kind)
}

fn stored(phones: &[Phone]) -> Vec<StoredPhone> {
    let one = |p: &Phone| StoredPhone {
        e164: p.e164.clone(),
        extension: p.extension.clone().unwrap_or_default(),
        original: p.original.clone(),
    };
    phones.iter().map(one).collect()
}

fn body_of(line: &Line) -> LineBody {
    let target = line.kind == Kind::Targets;
    let ask_for = if line.ask_for.is_empty() { &line.relation } else { &line.ask_for };
    LineBody {
        class: line.class.clone(),
        target_number: if target { &line.number } else { &line.staff_number }.clone(),
        target_name: if target { &line.name } else { &line.staff }.clone(),
        pool: String::new(),
        name: line.name.clone(),
        ask_for: ask_for.clone(),
        phones: stored(&line.phones),
    }
}

/// An import being staged.
struct Staging<'d> {
    desk: &'d Desk,
    order: &'d ImportOrder,
    row: ImportRow,
    next_line: i64,
    piece: Vec<LineRow>,
    /// Accepted lines of the piece that have not been compared with what is known.
    accepted: Vec<(Line, Vec<Cell>)>,
    counter: PhoneCounter,
    /// Held lines of earlier imports that this one allows: (import, line).
    freed: Vec<(i64, i64)>,
}

impl Staging<'_> {
    fn line(&mut self, sheet: &str, sheet_line: u64, state: &str) -> LineRow {
        self.next_line += 1;
        LineRow {
            import_no: self.row.import_no,
            line_no: self.next_line,
            sheet: sheet.to_owned(),
            sheet_line: i64::try_from(sheet_line).unwrap_or(i64::MAX),
            state: state.to_owned(),
            ..LineRow::default()
        }
    }

    fn problem(&mut self, state: &str, problem: &Problem, cells: &[Cell]) -> Result<()> {
        let mut row = self.line(&problem.place.sheet, problem.place.line, state);
        row.code = problem.code();
        row.sheet_column.clone_from(&problem.column);
        row.message = message_json(&problem.reason).to_string();
        row.body = serde_json::to_string(cells).map_err(Error::defect)?;
        self.row.problem_count += 1;
        self.piece.push(row);
        Ok(())
    }

    async fn take(&mut self, outcome: Outcome) -> Result<()> {
        match outcome {
            Outcome::Accepted { line, notes, cells } => {
                for note in &notes {
                    self.problem("note", note, &[])?;
                }
                self.accepted.push((*line, cells));
            }
            Outcome::Rejected { problem, cells } => {
                self.settle().await?;
                self.row.rejected += 1;
                self.problem("rejected", &problem, &cells)?;
            }
            Outcome::Passed { place, why, cells } => {
                self.row.ignored += 1;
                if matches!(why, Passed::Title | Passed::Header) {
                    self.settle().await?;
                    let mut row = self.line(&place.sheet, place.line, "passed");
                    row.code = why.word().to_owned();
                    row.body = serde_json::to_string(&cells).map_err(Error::defect)?;
                    self.piece.push(row);
                }
            }
            Outcome::Note(problem) => self.problem("note", &problem, &[])?,
        }
        if self.accepted.len() + self.piece.len() >= PIECE {
            self.flush().await?;
        }
        Ok(())
    }

    /// Compares accepted lines with what the survey knows: new, equal, or a conflict.
    async fn settle(&mut self) -> Result<()> {
        let lines = std::mem::take(&mut self.accepted);
        let key = &self.desk.0.key;
        let mut keyed = Vec::with_capacity(lines.len());
        for (line, cells) in lines {
            let wrong = |why: Msg| Error::invalid("file", why);
            let stratum = line.stratum_key(key).map_err(wrong)?;
            let unit = if line.kind == Kind::Targets {
                stratum.clone()
            } else {
                line.unit_key(key, &stratum).map_err(wrong)?
            };
            keyed.push((stratum, unit, line, cells));
        }
        let mut known = HashMap::new();
        if !self.order.replace && !keyed.is_empty() {
            let keys: Vec<_> = keyed.iter().map(|(s, u, ..)| (s.clone(), u.clone())).collect();
            let mut tx = self.desk.0.store.read().await?;
            for old in tx.known_units(self.order.survey_id, self.order.kind, &keys).await? {
                known.insert((old.stratum.clone(), old.unit.clone()), old);
            }
        }
        for (stratum, unit, line, cells) in keyed {
            let content = line.content();
            match known.get(&(stratum.clone(), unit.clone())) {
                Some(old) if old.content == content => self.same(old, &line),
                Some(_) => {
                    let reason = msg!("import.conflict");
                    let problem =
                        Problem { place: line.place.clone(), column: String::new(), reason };
                    self.row.rejected += 1;
                    self.problem("rejected", &problem, &cells)?;
                }
                None => self.fresh(stratum, unit, &line, &cells, content)?,
            }
        }
        Ok(())
    }

    fn allowed(&self, line: &Line) -> bool {
        let number = i64::try_from(line.place.line).unwrap_or_default();
        self.order.allow_phone_lines.contains(&number)
    }

    fn same(&mut self, old: &LineRow, line: &Line) {
        if old.state == "held" && self.allowed(line) {
            self.freed.push((old.import_no, old.line_no));
            self.row.accepted += 1;
        } else {
            self.row.unchanged += 1;
        }
    }

    fn fresh(
        &mut self,
        stratum: String,
        unit: String,
        line: &Line,
        cells: &[Cell],
        content: [u8; 32],
    ) -> Result<()> {
        self.counter.count(&line.phones);
        let mut row = self.line(&line.place.sheet, line.place.line, "accepted");
        row.stratum = stratum;
        row.unit = unit;
        row.body = serde_json::to_string(&body_of(line)).map_err(Error::defect)?;
        row.content = content.to_vec();
        // kept so that a line held later can still be handed back as it was
        row.cells = serde_json::to_string(cells).map_err(Error::defect)?;
        if self.allowed(line) {
            "allowed".clone_into(&mut row.code);
        }
        self.row.accepted += 1;
        self.piece.push(row);
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        self.settle().await?;
        if self.piece.is_empty() {
            return Ok(());
        }
        let mut tx = self.desk.0.store.begin().await?;
        tx.insert_lines(self.order.survey_id, &self.piece).await?;
        tx.commit().await?;
        self.piece.clear();
        Ok(())
    }

    async fn read(&mut self, mut sheet: Sheet) -> Result<FileSummary> {
        loop {
            match sheet.next().await? {
                Heard::Row(outcome) => self.take(*outcome).await?,
                Heard::End(summary) => {
                    self.flush().await?;
                    return Ok(summary);
                }
            }
        }
    }

    /// Second pass: lines whose phone stands on too many lines are held. Phones of earlier imports
    /// count too.
    async fn hold(&mut self, limit: i64) -> Result<()> {
        if self.order.kind == 3 {
            return Ok(());
        }
        let survey_id = self.order.survey_id;
        if !self.order.replace {
            let mut after = (0, 0);
            loop {
                let mut tx = self.desk.0.store.read().await?;
                let page = tx.roster_lines(survey_id, self.order.kind, after, 5_000).await?;
                let Some(last) = page.last() else { break };
                after = (last.import_no, last.line_no);
                for old in page.iter().filter(|l| l.state == "accepted" || l.state == "held") {
                    self.counter.count(&phones_of(old)?);
                }
            }
        }
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let mut after = 0;
        loop {
            let mut tx = self.desk.0.store.read().await?;
            let page =
                tx.lines_of_import(survey_id, self.row.import_no, "accepted", after, 5_000).await?;
            drop(tx);
            let Some(last) = page.last() else { return Ok(()) };
            after = last.line_no;
            let mut held = Vec::new();
            for line in page.iter().filter(|l| l.code != "allowed") {
                if let Some(why) = self.counter.held(&phones_of(line)?, limit) {
                    held.push((line.line_no, message_json(&why).to_string()));
                }
            }
            let count = i64::try_from(held.len()).map_err(Error::defect)?;
            self.row.held += count;
            self.row.accepted -= count;
            self.row.problem_count += count;
            if !held.is_empty() {
                let mut tx = self.desk.0.store.begin().await?;
                tx.hold_lines(survey_id, self.row.import_no, &held).await?;
                tx.commit().await?;
            }
        }
    }
}

/// The phones of a stored line.
fn phones_of(line: &LineRow) -> Result<Vec<Phone>> {
    let body: LineBody = serde_json::from_str(&line.body).map_err(Error::defect)?;
    let phone = |p: StoredPhone| Phone {
        e164: p.e164,
        original: p.original,
        extension: Some(p.extension).filter(|e| !e.is_empty()),
    };
    Ok(body.phones.into_iter().map(phone).collect())
}

impl Desk {
    /// Reads the file at `path` into the survey's roster.
    pub async fn import(
        &self,
        who: &Caller,
        key: &RequestKey,
        order: &ImportOrder,
        path: &Path,
        file_sha256: &str,
    ) -> Result<ImportRow> {
        let survey_id = order.survey_id;
        // a repeat is answered before the file is read again
        let w = match self.write::<ImportRow>(who, survey_id, key).await? {
            Opened::Repeat(done) => return Ok(done),
            Opened::New(w) => w,
        };
        let survey = w.survey.clone();
        if survey.state() != SurveyState::Draft {
            return Err(wrong_step(&survey, msg!("survey.only_draft")));
        }
        let kind = kind_of(order, &survey)?;
        let mut tx = w.tx;
        let before = tx.accepted_imports(survey_id, order.kind).await?;
        tx.drop_stale_imports(survey_id, w.now_us - STALE_US).await?;
        let import_no = survey.import_head + 1;
        let row = ImportRow {
            import_no,
            kind: order.kind,
            file_name: order.file_name.clone(),
            file_sha256: file_sha256.to_owned(),
            status: "staged".to_owned(),
            detail: "{}".to_owned(),
            created_us: w.now_us,
            user_id: who.user_id,
            ..ImportRow::default()
        };
        tx.insert_import(survey_id, &row).await?;
        tx.update_survey(&SurveyRow { import_head: import_no, ..survey.clone() }).await?;
        tx.commit().await?;
        let done = self.stage(order, kind, &survey, row, path).await;
        let done = match done {
            Ok(staging) => self.reveal(who, key, order, staging, &before).await,
            Err(error) => Err(error),
        };
        if done.is_err() {
            self.clean_up(survey_id, import_no).await;
        }
        done
    }

    async fn clean_up(&self, survey_id: i64, import_no: i64) {
        let work = async {
            let mut tx = self.0.store.begin().await?;
            tx.drop_staged(survey_id, import_no).await?;
            tx.commit().await
        };
        if let Err(error) = work.await {
            tracing::warn!(%error, "a staged import could not be removed; the next import does it");
        }
    }

    async fn stage(
        &self,
        order: &ImportOrder,
        kind: Kind,
        survey: &SurveyRow,
        row: ImportRow,
        path: &Path,
    ) -> Result<(ImportRow, Vec<(i64, i64)>)> {
        let text = |s: &String| Some(s.clone()).filter(|s| !s.is_empty());
        let options = Options {
            mapping: order.mapping.clone(),
            area: text(&order.area_code),
            sheet: text(&order.sheet),
            keep_cells: true,
        };
        let sheet = self.read_sheet(path, kind, &options)?;
        let mut staging = Staging {
            desk: self,
            order,
            row,
            next_line: 0,
            piece: Vec::with_capacity(PIECE),
            accepted: Vec::new(),
            counter: PhoneCounter::default(),
            freed: Vec::new(),
        };
        let read = staging.read(sheet).await?;
        staging.hold(survey.max_lines_per_phone).await?;
        let detail =
            ImportDetail { columns: read.summary.columns, encoding: read.format.name().to_owned() };
        staging.row.detail = serde_json::to_string(&detail).map_err(Error::defect)?;
        if order.strict && staging.row.rejected > 0 {
            let why = msg!("import.strict", rejected = staging.row.rejected);
            return Err(Error::invalid("file", why));
        }
        Ok((staging.row, staging.freed))
    }

    /// The last, small transaction: everything of the import becomes visible, or nothing.
    async fn reveal(
        &self,
        who: &Caller,
        key: &RequestKey,
        order: &ImportOrder,
        (mut row, freed): (ImportRow, Vec<(i64, i64)>),
        before: &[ImportRow],
    ) -> Result<ImportRow> {
        let survey_id = order.survey_id;
        let mut w = match self.write::<ImportRow>(who, survey_id, key).await? {
            Opened::Repeat(done) => return Ok(done),
            Opened::New(w) => w,
        };
        if w.survey.state() != SurveyState::Draft {
            return Err(wrong_step(&w.survey, msg!("survey.only_draft")));
        }
        let now = w.tx.accepted_imports(survey_id, order.kind).await?;
        if now.iter().map(|i| i.import_no).ne(before.iter().map(|i| i.import_no)) {
            return Err(Error::Busy("another import of this kind ended meanwhile".into()));
        }
        let again = order.replace
            && before.len() == 1
            && before.iter().all(|i| i.file_sha256 == row.file_sha256);
        let status = if again || (row.accepted == 0 && row.unchanged > 0) {
            "unchanged"
        } else if row.accepted + row.held == 0 {
            "refused"
        } else {
            "accepted"
        };
        status.clone_into(&mut row.status);
        w.tx.update_import(survey_id, &row).await?;
        if status == "accepted" {
            if order.replace {
                w.tx.replace_imports(survey_id, order.kind, row.import_no).await?;
            }
            w.tx.free_lines(survey_id, &freed).await?;
            let event = Event {
                content_sha256: hex::decode(&row.file_sha256).unwrap_or_default(),
                detail: format!(
                    "import={} kind={} accepted={} unchanged={} rejected={} held={}",
                    row.import_no, row.kind, row.accepted, row.unchanged, row.rejected, row.held
                ),
                ..Event::default()
            };
            w.event("import", event)?;
        }
        w.commit(&row).await?;
        Ok(row)
    }
}
