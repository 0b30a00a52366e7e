//! Importing a roster: read in a child, staged in pieces that nobody reads, made visible by one small
//! last transaction, or not at all.

use super::{Desk, log::Opened, staging::Staging, survey::wrong_step};
use crate::error::{Error, Result};
use crate::model::{Caller, Event, ImportRow, RequestKey, SurveyRow, SurveyState};
use crate::msg;
use crate::rules::roster::{Kind, Line, Options, StratumSummary};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;

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
    /// Lines of each stratum that were rejected.
    #[serde(default)]
    pub rejected: Vec<(String, i64)>,
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

/// How many lines of each stratum a file had that were not taken; strata without a clean key are left
/// out, since no frame can have them.
fn rejected_by_stratum(
    kind: Kind,
    strata: &[StratumSummary],
    key: &[u8; 32],
) -> Vec<(String, i64)> {
    let of = |s: &StratumSummary| {
        let line = Line {
            kind,
            place: s.place.clone(),
            class: s.class.clone(),
            staff_number: s.staff_number.clone(),
            staff: s.staff.clone(),
            number: String::new(),
            name: String::new(),
            ask_for: String::new(),
            relation: String::new(),
            phones: Vec::new(),
        };
        let rejected = i64::try_from(s.listed.saturating_sub(s.accepted)).ok()?;
        Some((line.stratum_key(key).ok()?, rejected))
    };
    strata.iter().filter_map(of).collect()
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
        let mut staging = Staging::new(self, order, row);
        let read = staging.read(sheet).await?;
        staging.hold(survey.max_lines_per_phone).await?;
        let detail = ImportDetail {
            rejected: rejected_by_stratum(kind, &read.summary.strata, &self.0.key),
            columns: read.summary.columns,
            encoding: read.format.name().to_owned(),
        };
        staging.row.detail = serde_json::to_string(&detail).map_err(Error::defect)?;
        if order.strict && staging.row.rejected > 0 {
            let mut tx = self.0.store.read().await?;
            let first = tx.problem_lines(order.survey_id, staging.row.import_no, 0, 50).await?;
            let bad = first.iter().filter(|l| l.state == "rejected").take(5);
            let lines: Vec<String> = bad
                .map(|l| format!("{} {}{}", l.sheet, l.sheet_column, l.sheet_line))
                .map(|place| place.trim().to_owned())
                .collect();
            let (rejected, lines) = (staging.row.rejected, lines.join(", "));
            let why = msg!("import.strict", rejected = rejected, lines = lines);
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
