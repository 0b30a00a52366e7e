//! One batch: read what its commands need under the survey's head, let them change it in memory one
//! after another, write it back with a fixed number of statements, commit. Replies go out only after
//! the commit.

use super::command::{Command, Nothing, Reply, Stored};
use super::dial::AMEND_US;
use super::needs::{Needs, note_grants};
use super::pull::{Offer, dry_reason};
use super::view::views;
use super::world::{Changes, World};
use crate::desk::{
    Desk,
    log::{receipt_of, seal},
    no_survey,
};
use crate::error::{Error, Result};
use crate::model::{CaseRow, Event, SurveyRow};
use crate::rules::{questionnaire::Questionnaire, schedule::Window};
use crate::store::{KeyRow, Tx};
use prost::Message;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A pull looks at no more rows than this.
const LOOK_MAX: i64 = 200;
/// Rows looked at beyond those that the pulls of a batch may take.
const LOOK_SPARE: i64 = 8;
/// Reservations freed in one sweep.
const SWEEP_MAX: i64 = 500;

fn list(numbers: &BTreeSet<i64>) -> Vec<i64> {
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
            phones: BTreeMap::new(),
            targets: BTreeMap::new(),
            quarantine: BTreeMap::new(),
            grants: BTreeSet::new(),
            candidates: Vec::new(),
            alone: Vec::new(),
            persons: BTreeMap::new(),
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

    async fn world(&self, tx: &mut Tx, survey: SurveyRow, needs: &mut Needs) -> Result<World> {
        let survey_id = survey.survey_id;
        let mut w = self.empty_world(tx, survey).await?;
        let keep = |w: &mut World, rows: Vec<CaseRow>| {
            for row in rows {
                w.cases.insert(row.case_no, row);
            }
        };
        for entry in tx.quarantine(survey_id, &list(&needs.quarantine)).await? {
            needs.cases.insert(entry.case_no);
            w.quarantine.insert(entry.quarantine_no, entry);
        }
        let named = tx.cases(survey_id, &list(&needs.cases)).await?;
        let groups: BTreeSet<Vec<u8>> =
            named.iter().filter_map(|c| c.person_group.clone()).collect();
        keep(&mut w, named);
        let held = tx.cases_held_by(survey_id, &list(&needs.users), w.now_us).await?;
        keep(&mut w, held);
        let groups: Vec<Vec<u8>> = groups.into_iter().collect();
        let same = tx.cases_of_groups(survey_id, &groups).await?;
        keep(&mut w, same);
        if needs.pulls > 0 {
            // twice as many as are wanted: two of one batch may be of one person or one cell
            let look = (2 * needs.pulls + LOOK_SPARE).min(LOOK_MAX);
            let due = tx.due_cases(survey_id, 0, w.now_us, look).await?;
            w.candidates = due.iter().map(|d| d.case.case_no).collect();
            let alone = due.iter().filter(|d| d.alone).map(|d| &d.case);
            w.alone = alone.clone().map(|c| c.case_no).collect();
            needs.cells.extend(alone.map(|c| c.cell_no));
            needs.history |= !w.alone.is_empty();
            keep(&mut w, due.into_iter().map(|d| d.case).collect());
        }
        if needs.sweep {
            let expired = tx.expired_reservations(survey_id, w.now_us, SWEEP_MAX).await?;
            keep(&mut w, expired);
            let since_us = w.now_us - AMEND_US;
            let stale = tx.stale_drafts(survey_id, since_us, SWEEP_MAX).await?;
            w.changes.dropped_drafts.extend(stale);
        }
        if needs.jump {
            let live = tx.live_leases(survey_id, 0).await?;
            keep(&mut w, live);
        }
        w.index_persons();
        self.surroundings(tx, &mut w, needs).await?;
        Ok(w)
    }

    /// Cells, histories, numbers, targets, drafts of the cases that a batch names.
    async fn surroundings(&self, tx: &mut Tx, w: &mut World, needs: &Needs) -> Result<()> {
        let survey_id = w.survey.survey_id;
        let mut cells: BTreeSet<i64> = w.cases.values().map(|c| c.cell_no).collect();
        cells.extend(&needs.cells);
        for cell in tx.cells(survey_id, &list(&cells)).await? {
            w.cells.insert(cell.cell_no, cell);
        }
        let passed = needs.leases.iter().filter(|(case_no, epoch)| {
            w.cases.get(case_no).is_some_and(|case| *epoch < case.epoch)
        });
        let passed: BTreeSet<i64> = passed.map(|(case_no, _)| *case_no).collect();
        for (case_no, user_id, body) in tx.grants(survey_id, &list(&passed)).await? {
            let event = Event::decode(&body[..]).map_err(Error::defect)?;
            w.grants.insert((case_no, event.epoch, user_id));
        }
        let named = list(&needs.cases);
        if needs.answers {
            self.answers(tx, w, &named).await?;
        }
        if needs.history {
            for attempt in tx.attempts(survey_id, &named).await? {
                w.attempts.entry(attempt.case_no).or_default().push(attempt);
            }
            w.yields = tx.yield_counts(survey_id).await?;
        }
        if needs.interviews {
            for interview in tx.interviews(survey_id, &named).await? {
                w.interviews.entry(interview.case_no).or_default().push(interview);
            }
        }
        if needs.history || !needs.cells.is_empty() {
            let mut touched: BTreeSet<i64> =
                named.iter().filter_map(|no| w.cases.get(no)).map(|c| c.cell_no).collect();
            touched.extend(&needs.cells);
            for (cell, replicate, cases) in tx.unreleased(survey_id, &list(&touched)).await? {
                w.unreleased.insert((cell, replicate), cases);
            }
        }
        Ok(())
    }

    /// Drafts, numbers and targets of the cases that a batch names.
    async fn answers(&self, tx: &mut Tx, w: &mut World, named: &[i64]) -> Result<()> {
        let survey_id = w.survey.survey_id;
        for draft in tx.drafts(survey_id, named).await? {
            w.drafts.insert(draft.case_no, draft);
        }
        let units: BTreeSet<i64> =
            named.iter().filter_map(|no| w.cases.get(no)).map(|c| c.unit_no).collect();
        for phone in tx.unit_phones(survey_id, &list(&units)).await? {
            w.phones.entry(phone.unit_no).or_default().push(phone);
        }
        for (unit_no, target_no) in tx.unit_targets(survey_id, &list(&units)).await? {
            w.targets.entry(unit_no).or_default().push(target_no);
        }
        Ok(())
    }

    /// Runs a batch of commands of one survey in one transaction.
    pub(super) async fn run_batch(
        &self,
        survey_id: i64,
        commands: &[Command],
    ) -> Result<Vec<Result<Reply>>> {
        let mut tx = self.0.store.begin().await?;
        let survey = tx.head(survey_id).await?.ok_or_else(|| no_survey(survey_id))?;
        let ids: Vec<[u8; 16]> =
            commands.iter().filter_map(|c| c.key.as_ref()).map(|k| k.id).collect();
        let mut known: BTreeMap<Vec<u8>, KeyRow> = BTreeMap::new();
        for row in tx.keys(survey_id, &ids).await? {
            known.insert(row.request_id.clone(), row);
        }
        let mut needs = Needs::of(commands);
        note_grants(&known, &mut needs);
        let mut w = self.world(&mut tx, survey, &mut needs).await?;
        w.leave_alone()?;
        let mut fresh: Vec<KeyRow> = Vec::new();
        let mut answers = Vec::with_capacity(commands.len());
        for command in commands {
            let answer = match w.answer(command, &known) {
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
        self.write_back(&mut tx, &mut w).await?;
        // read after writing: what else is due for a person follows from what this batch did
        let replies = self.replies(&mut tx, &mut w, answers).await?;
        tx.insert_keys(survey_id, &fresh, w.now_us).await?;
        tx.commit().await?;
        Ok(replies)
    }

    /// Turns steps into replies: assignments are read once for the whole batch, and so is the reason
    /// of an empty pull.
    async fn replies(
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
        let rows: Vec<CaseRow> = wanted.iter().filter_map(|no| w.cases.get(no)).cloned().collect();
        let now_us = w.now_us;
        let mut shown = views(tx, &w.survey, w.incarnation, now_us, &rows).await?;
        let nothing = if look {
            dry_reason(tx.waiting(w.survey.survey_id, now_us).await?)
        } else {
            Nothing { dry: super::command::Dry::AllDone, until_us: 0 }
        };
        let mut reply = |offer: Offer| match offer {
            Offer::Case(case_no) => match shown.get_mut(&case_no) {
                Some(view) => Reply::Case(Box::new(view.clone())),
                None => Reply::Nothing(nothing),
            },
            Offer::Dry(dry) => Reply::Nothing(dry),
            Offer::Look => Reply::Nothing(nothing),
        };
        Ok(answers
            .into_iter()
            .map(|answer| {
                answer.map(|step| match step {
                    Step::Plain(done) => done,
                    Step::Offered(offer) => reply(offer),
                    Step::Then(receipt, next) => {
                        Reply::Receipt(receipt, next.map(|offer| Box::new(reply(offer))))
                    }
                })
            })
            .collect())
    }

    /// Writes what a batch changed, in one order: cases, dials, interviews, drafts, quarantine, cells,
    /// events.
    pub(super) async fn write_back(&self, tx: &mut Tx, w: &mut World) -> Result<()> {
        let survey_id = w.survey.survey_id;
        let changes = std::mem::take(&mut w.changes);
        let cases: Vec<CaseRow> =
            changes.cases.iter().filter_map(|no| w.cases.get(no)).cloned().collect();
        if !cases.is_empty() {
            tx.update_cases(survey_id, &cases).await?;
        }
        tx.insert_attempts(survey_id, &changes.attempts).await?;
        tx.insert_interviews(survey_id, &changes.interviews, &changes.ratings).await?;
        let drafts: Vec<_> =
            changes.drafts.iter().filter_map(|no| w.drafts.get(no)).cloned().collect();
        tx.put_drafts(survey_id, &drafts).await?;
        tx.delete_drafts(survey_id, &list(&changes.dropped_drafts)).await?;
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
        let sealed: Vec<_> =
            changes.events.into_iter().map(|e| seal(e, chance)).collect::<Result<_>>()?;
        tx.append(survey_id, &sealed).await
    }
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
