//! Importing a roster: read in a child, staged in pieces that nobody reads, made visible by one small
//! last transaction, or not at all.

use super::{Desk, log::Opened, staging::Staging, survey::wrong_step};
use crate::error::{Error, Result};
use crate::model::{Caller, Event, ImportRow, RequestKey, SurveyRow, SurveyState};
use crate::msg;
use crate::rules::frame::shown_key;
use crate::rules::roster::{Kind, Line, Options, Part, StratumSummary};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
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
    /// Every stratum named, with its lines that were rejected.
    #[serde(default)]
    pub rejected: Vec<(String, i64)>,
    /// Labels that can name no stratum, as they can be shown, with their lines; all are rejected.
    #[serde(default)]
    pub unread: Vec<(String, i64)>,
    /// Strata of staff without a number whose name stood over two blocks: it may be two people's.
    #[serde(default)]
    pub ambiguous: BTreeSet<String>,
    /// In which part of the school each class is, where the file says so.
    #[serde(default)]
    pub parts: BTreeMap<String, Part>,
    /// Parts of the school in which the label of a class stood too; their lines were rejected.
    #[serde(default)]
    pub elsewhere: BTreeMap<String, Vec<Part>>,
    /// SHA-256 of the accepted lines, hex.
    #[serde(default)]
    pub content: String,
    /// The first classes or members of staff as they were read.
    #[serde(default)]
    pub shown: Vec<ShownStratum>,
}

/// A class or member of staff as a file names it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ShownStratum {
    /// Label or name.
    pub name: String,
    /// Class teacher, or empty.
    pub teacher: String,
    /// Lines read rightly.
    pub read: i64,
    /// Lines rejected.
    pub rejected: i64,
    /// Where it is named first.
    pub place: String,
}

/// Strata shown in a report.
const STRATA_SHOWN: usize = 1_000;

fn shown_strata(kind: Kind, strata: &[StratumSummary]) -> Vec<ShownStratum> {
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let shown = |s: &StratumSummary| {
        let staff = if s.staff.is_empty() { &s.staff_number } else { &s.staff };
        let classed = !s.class.is_empty();
        ShownStratum {
            name: shown_key(if classed { &s.class } else { staff }),
            teacher: if classed { shown_key(&s.staff) } else { String::new() },
            read: count(s.accepted),
            rejected: count(s.listed.saturating_sub(s.accepted)),
            place: s.place.to_string(),
        }
    };
    let all = strata.iter().filter(|_| kind != Kind::Targets);
    all.take(STRATA_SHOWN).map(shown).collect()
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

/// The key of a stratum that a file names, where it has a clean one; no frame can have another.
fn stratum_of(kind: Kind, s: &StratumSummary, key: &[u8; 32]) -> Option<String> {
    let line = Line {
        kind,
        place: s.place.clone(),
        class: s.class.clone(),
        part: Part::default(),
        staff_number: s.staff_number.clone(),
        staff: s.staff.clone(),
        number: String::new(),
        name: String::new(),
        ask_for: String::new(),
        relation: String::new(),
        phones: Vec::new(),
    };
    line.stratum_key(key).ok().filter(|stratum| !stratum.is_empty())
}

/// What is kept about the strata of a file.
fn strata_of(kind: Kind, strata: &[StratumSummary], key: &[u8; 32]) -> ImportDetail {
    let mut detail = ImportDetail { shown: shown_strata(kind, strata), ..ImportDetail::default() };
    for s in strata {
        let rejected = i64::try_from(s.listed.saturating_sub(s.accepted)).unwrap_or(i64::MAX);
        let Some(stratum) = stratum_of(kind, s, key).filter(|_| !s.unread) else {
            let labels = [&s.class, &s.staff_number, &s.staff];
            if let Some(label) = labels.into_iter().find(|label| !label.is_empty()) {
                detail.unread.push((shown_key(label), rejected));
            }
            continue;
        };
        if !s.part.is_silent() && s.accepted > 0 {
            detail.parts.insert(stratum.clone(), s.part.clone());
        }
        if !s.elsewhere.is_empty() {
            detail.elsewhere.insert(stratum.clone(), s.elsewhere.clone());
        }
        if s.twice {
            detail.ambiguous.insert(stratum.clone());
        }
        detail.rejected.push((stratum, rejected));
    }
    detail
}

/// An import whose lines are staged.
struct Staged {
    row: ImportRow,
    /// Held lines of earlier imports that become accepted: (import, line).
    freed: Vec<(i64, i64)>,
    /// Held lines of earlier imports that come back mended.
    mended: Vec<(i64, i64)>,
}

/// An import under way. Its request may be dropped at any point, with its client: then nothing of it
/// may stay, the lines hold names and numbers.
struct Guard {
    desk: Desk,
    survey_id: i64,
    import_no: i64,
    ended: bool,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if !self.ended {
            let (desk, survey_id, import_no) = (self.desk.clone(), self.survey_id, self.import_no);
            runtime.spawn(async move { desk.clean_up(survey_id, import_no).await });
        }
    }
}

/// Whether two imports made the same roster of the same file: other columns, area code or allowed
/// lines can make another one of it.
fn same(a: &ImportRow, b: &ImportRow) -> bool {
    let content =
        |i: &ImportRow| serde_json::from_str::<ImportDetail>(&i.detail).unwrap_or_default().content;
    a.file_sha256 == b.file_sha256
        && content(a) == content(b)
        && (a.accepted, a.held, a.rejected) == (b.accepted, b.held, b.rejected)
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
        let mut guard = Guard { desk: self.clone(), survey_id, import_no, ended: false };
        let done = match self.stage(order, kind, &survey, row, path).await {
            Ok(staging) => self.reveal(who, key, order, staging, &before).await,
            Err(error) => Err(error),
        };
        if done.is_err() {
            self.clean_up(survey_id, import_no).await;
        }
        guard.ended = true;
        done
    }

    async fn clean_up(&self, survey_id: i64, import_no: i64) {
        let work = async {
            let mut tx = self.0.store.begin().await?;
            tx.drop_staged(survey_id, import_no).await?;
            tx.commit().await
        };
        if let Err(error) = work.await {
            tracing::warn!(%error, "a staged import could not be removed; the keeper does it later");
        }
    }

    /// Removes what imports left that ended with their server.
    pub(super) async fn drop_stale_imports(&self) {
        // one server has an SQLite file: what was staged before it started is nobody's
        let alone = self.0.store.path().is_some();
        let before_us = if alone { self.0.opened_us } else { self.now_us() - STALE_US };
        let stale = async { self.0.store.read().await?.stale_imports(before_us).await };
        match stale.await {
            Ok(stale) => {
                for (survey_id, import_no) in stale {
                    self.clean_up(survey_id, import_no).await;
                }
            }
            Err(error) => tracing::warn!(%error, "stale imports could not be looked for"),
        }
    }

    async fn stage(
        &self,
        order: &ImportOrder,
        kind: Kind,
        survey: &SurveyRow,
        row: ImportRow,
        path: &Path,
    ) -> Result<Staged> {
        let text = |s: &String| Some(s.clone()).filter(|s| !s.is_empty());
        let options = Options {
            mapping: order.mapping.clone(),
            area: text(&order.area_code),
            sheet: text(&order.sheet),
            keep_cells: true,
        };
        let sheet = self.read_sheet(path, kind, &options)?;
        let mut staging = Staging::new(self, order, row, survey.kind == 1).await?;
        let read = staging.read(sheet).await?;
        staging.hold(survey.max_lines_per_phone).await?;
        let detail = ImportDetail {
            columns: read.summary.columns,
            encoding: read.format.name().to_owned(),
            content: staging.content(),
            ..strata_of(kind, &read.summary.strata, &self.0.key)
        };
        staging.row.detail = serde_json::to_string(&detail).map_err(Error::defect)?;
        Ok(Staged { row: staging.row, freed: staging.freed, mended: staging.mended })
    }

    /// The last, small transaction: everything of the import becomes visible, or nothing.
    async fn reveal(
        &self,
        who: &Caller,
        key: &RequestKey,
        order: &ImportOrder,
        staged: Staged,
        before: &[ImportRow],
    ) -> Result<ImportRow> {
        let Staged { mut row, freed, mended } = staged;
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
        let again = order.replace && before.len() == 1 && before.iter().all(|i| same(i, &row));
        let strict = order.strict && row.rejected > 0;
        let status = if strict {
            "refused"
        } else if again || (row.accepted == 0 && row.unchanged > 0) {
            "unchanged"
        } else if row.accepted + row.held == 0 {
            "refused"
        } else {
            "accepted"
        };
        status.clone_into(&mut row.status);
        if status != "accepted" {
            // only what the report shows is kept
            w.tx.drop_taken_lines(survey_id, row.import_no).await?;
            if strict {
                (row.accepted, row.held, row.unchanged) = (0, 0, 0);
            } else if again {
                (row.accepted, row.unchanged) = (0, row.accepted);
            }
        }
        w.tx.update_import(survey_id, &row).await?;
        if status == "accepted" {
            if order.replace {
                w.tx.replace_imports(survey_id, order.kind, row.import_no).await?;
            }
            w.tx.move_held(survey_id, &freed, "accepted", "allowed").await?;
            w.tx.move_held(survey_id, &mended, "replaced", "").await?;
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
