//! The lines of an import on their way in: compared with what the survey knows, written in pieces
//! under a number that nobody reads, held where a phone stands on too many lines.

use super::{
    Desk,
    earlier::Earlier,
    import::ImportOrder,
    sheet::{Heard, Sheet},
};
use crate::error::{Error, Result};
use crate::model::{ImportRow, LineBody, LineRow, Msg, StoredPhone};
use crate::msg;
use crate::rules::phone::Phone;
use crate::rules::roster::{
    Cell, FileSummary, Kind, Line, Outcome, Passed, PhoneCounter, Problem, is_bare_class,
    message_json,
};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};

/// Lines staged at a time.
const PIECE: usize = 1_000;

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
pub(super) struct Staging<'d> {
    desk: &'d Desk,
    order: &'d ImportOrder,
    pub(super) row: ImportRow,
    next_line: i64,
    piece: Vec<LineRow>,
    /// Accepted lines of the piece that have not been compared with what is known.
    accepted: Vec<(Line, Vec<Cell>)>,
    counter: PhoneCounter,
    earlier: Earlier,
    /// Running hash over the accepted lines: the roster they make, whatever the file looks like.
    content: Sha256,
    /// The survey rates classes: a target without one is none of it.
    by_class: bool,
    /// Lines of the order's list that were met.
    allowed: BTreeSet<i64>,
    /// Bare class labels of which pupils came before, as noted.
    grown: BTreeSet<String>,
    /// Held lines of earlier imports that come back mended: (import, line).
    pub(super) mended: Vec<(i64, i64)>,
    /// Held lines of earlier imports that this one allows: (import, line).
    pub(super) freed: Vec<(i64, i64)>,
}

impl<'d> Staging<'d> {
    /// A staging of nothing yet.
    pub(super) async fn new(
        desk: &'d Desk,
        order: &'d ImportOrder,
        row: ImportRow,
        by_class: bool,
    ) -> Result<Staging<'d>> {
        Ok(Staging {
            desk,
            order,
            row,
            next_line: 0,
            piece: Vec::with_capacity(PIECE),
            accepted: Vec::new(),
            counter: PhoneCounter::default(),
            earlier: desk.earlier(order.survey_id, order.kind, order.replace).await?,
            content: Sha256::new(),
            by_class,
            allowed: BTreeSet::new(),
            grown: BTreeSet::new(),
            mended: Vec::new(),
            freed: Vec::new(),
        })
    }

    /// SHA-256 of the accepted lines, hex.
    pub(super) fn content(&self) -> String {
        hex::encode(self.content.clone().finalize())
    }

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
            if self.by_class && line.kind == Kind::Targets && line.class.is_empty() {
                self.refuse(&line, msg!("import.target_class"), &cells)?;
                continue;
            }
            match known.get(&(stratum.clone(), unit.clone())) {
                Some(old) if old.content == content => self.same(old, &line),
                Some(old) if old.state == "held" => {
                    // a held line has come back mended
                    self.mended.push((old.import_no, old.line_no));
                    self.fresh(stratum, unit, &line, &cells, content)?;
                }
                Some(_) => self.refuse(&line, msg!("import.conflict"), &cells)?,
                None => match self.earlier.clash(&stratum, &unit, &line) {
                    Some(reason) => self.refuse(&line, reason, &cells)?,
                    None => {
                        if line.number.is_empty() {
                            let held = self.earlier.mends(&stratum, &line);
                            if held.is_none() {
                                self.note_name(&stratum, &unit, &line)?;
                            }
                            self.mended.extend(held);
                        }
                        self.fresh(stratum, unit, &line, &cells, content)?;
                    }
                },
            }
        }
        Ok(())
    }

    /// Rejects a line that was read rightly, because of what is known already.
    fn refuse(&mut self, line: &Line, reason: Msg, cells: &[Cell]) -> Result<()> {
        let problem = Problem { place: line.place.clone(), column: String::new(), reason };
        self.row.rejected += 1;
        self.problem("rejected", &problem, cells)
    }

    /// Says once a class that its pupils came with an earlier import too: `1班` of another file may be of
    /// another grade.
    fn note_grown(&mut self, stratum: &str, line: &Line) -> Result<()> {
        let bare = line.kind == Kind::Parents && is_bare_class(&line.class);
        if !bare || !self.earlier.knows(stratum) || !self.grown.insert(stratum.to_owned()) {
            return Ok(());
        }
        let reason = msg!("import.class_grows", class = line.class);
        let problem = Problem { place: line.place.clone(), column: String::new(), reason };
        self.problem("note", &problem, &[])
    }

    /// Says that an earlier import has another line of the same name: one person twice, or two.
    fn note_name(&mut self, stratum: &str, unit: &str, line: &Line) -> Result<()> {
        if line.kind == Kind::Targets || !self.earlier.names(stratum, unit, &line.name) {
            return Ok(());
        }
        let reason = msg!("import.same_name");
        let problem = Problem { place: line.place.clone(), column: String::new(), reason };
        self.problem("note", &problem, &[])
    }

    fn allowed(&mut self, line: &Line) -> bool {
        let number = i64::try_from(line.place.line).unwrap_or_default();
        let asked = self.order.allow_phone_lines.contains(&number);
        if asked {
            self.allowed.insert(number);
        }
        asked
    }

    /// Lines that were to be allowed and are no accepted lines of the file.
    fn check_allowed(&self) -> Result<()> {
        let unknown: Vec<String> = self
            .order
            .allow_phone_lines
            .difference(&self.allowed)
            .map(ToString::to_string)
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let lines = unknown.join(", ");
        Err(Error::invalid("allow_phone_lines", msg!("import.allow_unknown", lines = lines)))
    }

    fn same(&mut self, old: &LineRow, line: &Line) {
        let allowed = self.allowed(line);
        if old.state == "held" && allowed {
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
        self.note_grown(&stratum, line)?;
        self.counter.count(&line.phones);
        self.content.update(format!("{stratum}\n{unit}\n"));
        self.content.update(content);
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

    pub(super) async fn read(&mut self, mut sheet: Sheet) -> Result<FileSummary> {
        loop {
            match sheet.next().await? {
                Heard::Row(outcome) => self.take(*outcome).await?,
                Heard::End(summary) => {
                    self.flush().await?;
                    self.check_allowed()?;
                    return Ok(summary);
                }
            }
        }
    }

    /// Second pass: lines whose phone stands on too many lines are held. Phones of earlier imports
    /// count too.
    pub(super) async fn hold(&mut self, limit: i64) -> Result<()> {
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
