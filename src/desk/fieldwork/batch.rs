//! One batch: read what its commands need under the survey's head, let them change it in memory one
//! after another, write it back with a fixed number of statements, commit. Replies go out only after
//! the commit.

use super::command::{Command, Nothing, Reply, Stored};
use super::hot::Known;
use super::needs::{Needs, note_grants};
use super::pull::{Offer, dry_reason};
use super::world::{Changes, World};
use crate::desk::{
    Desk,
    log::{receipt_of, seal},
    no_survey,
};
use crate::error::{Error, Result};
use crate::model::{CaseRow, SurveyRow};
use crate::rules::{questionnaire::Questionnaire, schedule::Window};
use crate::store::{KeyRow, Tx};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Numbers in order.
pub fn list(numbers: &BTreeSet<i64>) -> Vec<i64> {
    numbers.iter().copied().collect()
}

/// The window of a survey.
pub fn window_of(survey: &SurveyRow) -> Result<Window> {
    let minute = |m: i64| u16::try_from(m).map_err(Error::defect);
    let zone = survey.zone.parse().map_err(Error::defect)?;
    Window::new(minute(survey.window_open_min)?, minute(survey.window_close_min)?, zone)
        .map_err(|v| Error::Invalid(vec![v]))
}

impl Desk {
    /// The world of a survey without any case in it.
    pub(super) async fn empty_world(&self, tx: &mut Tx, survey: SurveyRow) -> Result<World> {
        let questionnaire = self.questionnaire_of(tx, &survey).await?;
        Ok(World {
            incarnation: self.0.incarnation,
            now_us: self.now_us(),
            window: window_of(&survey)?,
            questionnaire,
            cases: BTreeMap::new(),
            cells: BTreeMap::new(),
            attempts: BTreeMap::new(),
            interviews: BTreeMap::new(),
            ratings: BTreeMap::new(),
            drafts: BTreeMap::new(),
            units: BTreeMap::new(),
            phones: BTreeMap::new(),
            targets: BTreeMap::new(),
            rated: BTreeMap::new(),
            quarantine: BTreeMap::new(),
            grants: BTreeSet::new(),
            candidates: Vec::new(),
            alone: Vec::new(),
            persons: BTreeMap::new(),
            holders: BTreeMap::new(),
            unseen: BTreeSet::new(),
            known: Known { writes: survey.writes, ..Known::default() },
            freed: false,
            unreleased: BTreeMap::new(),
            yields: (0, 0),
            leasing: !self.clock().is_skewed(),
            changes: Changes::default(),
            survey,
        })
    }

    /// The questionnaire in force, parsed once and kept; an empty one before it is published.
    async fn questionnaire_of(
        &self,
        tx: &mut Tx,
        survey: &SurveyRow,
    ) -> Result<Arc<Questionnaire>> {
        let key = (survey.survey_id, survey.questionnaire_version.clone());
        if let Some(known) = self.0.questionnaires.get(&key) {
            return Ok(known);
        }
        let body = tx.questionnaire(key.0, &key.1).await?;
        let body = body.ok_or_else(|| Error::defect("no questionnaire in force"))?;
        let read = Arc::new(Questionnaire::from_json(&body).map_err(Error::Invalid)?);
        self.0.questionnaires.put(key, read.clone());
        Ok(read)
    }

    /// Runs a batch of commands of one survey in one transaction. `hot` is what was remembered of the
    /// survey, and is put back only after the commit.
    pub(super) async fn run_batch(
        &self,
        survey_id: i64,
        commands: &[Command],
        hot: &mut Option<World>,
    ) -> Result<Vec<Result<Reply>>> {
        let mut needs = Needs::of(commands);
        let mut remembered = hot.take();
        if let Some(w) = remembered.as_mut()
            && w.knows(&needs, self.now_us())
        {
            if let Some(replies) = self.run_warm(survey_id, commands, w).await? {
                *hot = remembered;
                return Ok(replies);
            }
            remembered = None;
        }
        let mut tx = self.0.store.begin_brief().await?;
        let survey = tx.head(survey_id).await?.ok_or_else(|| no_survey(survey_id))?;
        let ids: Vec<[u8; 16]> =
            commands.iter().filter_map(|c| c.key.as_ref()).map(|k| k.id).collect();
        let mut known: BTreeMap<Vec<u8>, KeyRow> = BTreeMap::new();
        for row in tx.keys(survey_id, &ids).await? {
            known.insert(row.request_id.clone(), row);
        }
        note_grants(&known, &mut needs);
        let mut w = match remembered.filter(|w| w.is_current(&survey)) {
            Some(mut w) => {
                w.resume(survey, self.now_us(), !self.clock().is_skewed());
                w
            }
            None => self.empty_world(&mut tx, survey).await?,
        };
        self.load(&mut tx, &mut w, &mut needs).await?;
        w.leave_alone()?;
        let (answers, fresh) = answers(&mut w, commands, &mut known)?;
        let changes = self.write_back(&mut tx, &mut w, false).await?;
        // read after writing: what else is due for a person follows from what this batch did
        let replies = self.replies(&mut tx, &mut w, answers).await?;
        tx.insert_keys(survey_id, &fresh, w.now_us).await?;
        let statements = tx.statements() + 1;
        tx.commit().await?;
        self.0.lanes.note(commands.len(), statements);
        w.remember(&changes);
        *hot = Some(w);
        Ok(replies)
    }

    /// Turns steps into replies: what assignments show is read once for the whole batch, and so is the
    /// reason of an empty pull.
    pub(super) async fn replies(
        &self,
        tx: &mut Tx,
        w: &mut World,
        answers: Vec<Result<Step>>,
    ) -> Result<Vec<Result<Reply>>> {
        let offers = answers.iter().flatten().filter_map(Step::offer);
        let (mut wanted, mut look) = (BTreeSet::new(), false);
        for offer in offers {
            match offer {
                Offer::Case(case_no) => {
                    wanted.insert(*case_no);
                }
                Offer::Look => look = true,
                Offer::Dry(_) => {}
            }
        }
        self.show(tx, w, &list(&wanted)).await?;
        let now_us = w.now_us;
        let nothing = if look {
            dry_reason(tx.waiting(w.survey.survey_id, now_us).await?)
        } else {
            Nothing { dry: super::command::Dry::AllDone, until_us: 0 }
        };
        let reply = |offer: Offer| match offer {
            Offer::Case(case_no) => w.view(case_no).map(|view| Reply::Case(Box::new(view))),
            Offer::Dry(dry) => Ok(Reply::Nothing(dry)),
            Offer::Look => Ok(Reply::Nothing(nothing)),
        };
        Ok(answers
            .into_iter()
            .map(|answer| match answer? {
                Step::Plain(done) => Ok(done),
                Step::Offered(offer) => reply(offer),
                Step::Then(receipt, next) => {
                    let next = next.map(reply).transpose()?;
                    Ok(Reply::Receipt(receipt, next.map(Box::new)))
                }
            })
            .collect())
    }

    /// Writes what a batch changed, in one order: cases, dials, interviews, drafts, quarantine, cells,
    /// events; the head has been moved already where it was `claimed`. Answers what that was.
    pub(super) async fn write_back(
        &self,
        tx: &mut Tx,
        w: &mut World,
        claimed: bool,
    ) -> Result<Changes> {
        let survey_id = w.survey.survey_id;
        let mut changes = std::mem::take(&mut w.changes);
        if changes.is_empty() {
            return Ok(changes);
        }
        let cases: Vec<CaseRow> =
            changes.cases.iter().filter_map(|no| w.cases.get(no)).cloned().collect();
        if !cases.is_empty() {
            tx.update_cases(survey_id, &cases).await?;
            for case_no in &changes.cases {
                if let Some(case) = w.cases.get_mut(case_no) {
                    case.revision += 1;
                }
            }
        }
        tx.insert_attempts(survey_id, &changes.attempts).await?;
        tx.insert_interviews(survey_id, &changes.interviews, &changes.ratings).await?;
        let drafts: Vec<_> =
            changes.drafts.iter().filter_map(|no| w.drafts.get(no)).cloned().collect();
        tx.put_drafts(survey_id, &drafts).await?;
        tx.delete_drafts(survey_id, &list(&changes.dropped_drafts)).await?;
        for case_no in &changes.dropped_drafts {
            w.drafts.remove(case_no);
        }
        if !changes.quarantine.is_empty() {
            tx.insert_quarantine(survey_id, &changes.quarantine).await?;
            tx.move_quarantine_head(survey_id, w.survey.quarantine_head).await?;
        }
        for decided in &changes.resolved {
            tx.resolve_quarantine(survey_id, decided).await?;
        }
        tx.mark_phones(survey_id, &changes.phones).await?;
        let cells: Vec<_> =
            changes.cells.iter().filter_map(|no| w.cells.get(no)).cloned().collect();
        tx.update_cells(survey_id, &cells).await?;
        for (cell_no, replicate) in &changes.released {
            tx.release_replicate(survey_id, *cell_no, *replicate).await?;
        }
        for cell_no in &changes.unparked {
            tx.unpark_cell(survey_id, *cell_no).await?;
        }
        for cell_no in &changes.parked {
            tx.park_cell(survey_id, *cell_no).await?;
        }
        let chance = &self.0.chance;
        let events = std::mem::take(&mut changes.events);
        let sealed: Vec<_> = events.into_iter().map(|e| seal(e, chance)).collect::<Result<_>>()?;
        if claimed {
            tx.insert_events(survey_id, &sealed).await?;
        } else {
            tx.append(survey_id, &sealed).await?;
        }
        // an event alone is a change too
        changes.logged = !sealed.is_empty();
        Ok(changes)
    }
}

/// A step for each command.
pub type Steps = Vec<Result<Step>>;

/// Answers the commands one after another; what is new among their keys is to be stored.
pub fn answers(
    w: &mut World,
    commands: &[Command],
    known: &mut BTreeMap<Vec<u8>, KeyRow>,
) -> Result<(Steps, Vec<KeyRow>)> {
    let mut fresh: Vec<KeyRow> = Vec::new();
    let mut answers = Vec::with_capacity(commands.len());
    for command in commands {
        let answer = match w.answer(command, known) {
            // a defect may have left half a change in memory: nothing of the batch may stand
            Err(error @ (Error::Internal(_) | Error::Busy(_))) => return Err(error),
            answer => answer,
        };
        if let (Ok((Some(stored), _)), Some(key)) = (&answer, &command.key)
            && !known.contains_key(&key.id[..])
        {
            let row = KeyRow {
                request_id: key.id.to_vec(),
                user_id: command.who.user_id,
                method: key.method.to_owned(),
                request_sha256: key.sha256.to_vec(),
                receipt: serde_json::to_string(stored).map_err(Error::defect)?,
            };
            known.insert(row.request_id.clone(), row.clone());
            fresh.push(row);
        }
        answers.push(answer.map(|(_, step)| step));
    }
    Ok((answers, fresh))
}

/// What one command came to, before its reply is complete.
pub enum Step {
    /// The reply itself.
    Plain(Reply),
    /// A case, or nothing.
    Offered(Offer),
    /// A receipt, and what comes next.
    Then(super::command::Receipt, Option<Offer>),
}

impl Step {
    const fn offer(&self) -> Option<&Offer> {
        match self {
            Step::Plain(_) => None,
            Step::Offered(offer) => Some(offer),
            Step::Then(_, offer) => offer.as_ref(),
        }
    }
}

/// The stored answer of a repeated command.
pub fn repeated(known: &BTreeMap<Vec<u8>, KeyRow>, command: &Command) -> Result<Option<Stored>> {
    let Some(key) = &command.key else { return Ok(None) };
    let Some(row) = known.get(&key.id[..]) else { return Ok(None) };
    receipt_of(row, command.who.user_id, key).map(Some)
}
