//! What a batch reads under the survey's head, as far as it is not remembered.

use super::batch::list;
use super::dial::AMEND_US;
use super::hot::LOOK_AGAIN_US;
use super::needs::Needs;
use super::world::World;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::model::{CaseRow, Event};
use crate::store::Tx;
use prost::Message;
use std::collections::BTreeSet;

/// A pull looks at no more rows than this.
const LOOK_MAX: i64 = 200;
/// Cases that are wanted beyond twice as many as the pulls of a batch may take.
const SPARE: usize = 8;
/// Reservations freed in one sweep.
const SWEEP_MAX: i64 = 500;

/// Those of some numbers that are not yet known.
fn missing(wanted: impl IntoIterator<Item = i64>, known: impl Fn(i64) -> bool) -> Vec<i64> {
    let new: BTreeSet<i64> = wanted.into_iter().filter(|no| !known(*no)).collect();
    list(&new)
}

impl World {
    /// Whether due cases have to be looked for: time may have made others due, or too few are left.
    pub fn must_look(&self, pulls: usize) -> bool {
        let usable = self.usable();
        let few = usable < pulls || (self.known.more && usable < 2 * pulls + SPARE);
        self.now_us >= self.known.watch_us || few
    }
}

impl Desk {
    /// Reads what the commands of a batch need to see.
    pub(super) async fn load(&self, tx: &mut Tx, w: &mut World, needs: &mut Needs) -> Result<()> {
        let survey_id = w.survey.survey_id;
        for entry in tx.quarantine(survey_id, &list(&needs.quarantine)).await? {
            needs.cases.insert(entry.case_no);
            w.quarantine.insert(entry.quarantine_no, entry);
        }
        let named = missing(needs.cases.iter().copied(), |no| w.cases.contains_key(&no));
        w.insert(tx.cases(survey_id, &named).await?);
        let users = missing(needs.users.iter().copied(), |id| w.known.users.contains(&id));
        w.insert(tx.cases_held_by(survey_id, &users, w.now_us).await?);
        w.known.users.extend(users);
        self.persons(tx, w, needs.cases.iter().copied()).await?;
        let mut reserves = needs.cells.clone();
        if needs.pulls > 0 {
            self.candidates(tx, w, needs.pulls).await?;
            w.alone = w.to_leave_alone();
            let cells = w.alone.iter().filter_map(|no| w.cases.get(no)).map(|c| c.cell_no);
            reserves.extend(cells);
        }
        if needs.sweep {
            w.insert(tx.expired_reservations(survey_id, w.now_us, SWEEP_MAX).await?);
            let since_us = w.now_us - AMEND_US;
            let stale = tx.stale_drafts(survey_id, since_us, SWEEP_MAX).await?;
            w.changes.dropped_drafts.extend(stale);
        }
        if needs.jump {
            w.insert(tx.live_leases(survey_id, 0).await?);
        }
        w.unseen.extend(&needs.cells);
        self.cells(tx, w).await?;
        self.claims(tx, w, needs).await?;
        if needs.answers {
            self.details(tx, w, needs.cases.iter().copied()).await?;
        }
        if needs.interviews {
            for interview in tx.interviews(survey_id, &list(&needs.cases)).await? {
                w.interviews.entry(interview.case_no).or_default().push(interview);
            }
        }
        if needs.history {
            reserves.extend(needs.cases.iter().filter_map(|no| w.cases.get(no)).map(|c| c.cell_no));
        }
        self.reserves(tx, w, &reserves).await
    }

    /// The cells of the cases that were read.
    pub(super) async fn cells(&self, tx: &mut Tx, w: &mut World) -> Result<()> {
        let unseen = std::mem::take(&mut w.unseen);
        let cells = missing(unseen, |no| w.cells.contains_key(&no));
        for cell in tx.cells(w.survey.survey_id, &cells).await? {
            w.cells.insert(cell.cell_no, cell);
        }
        Ok(())
    }

    /// All cases of the persons of some cases.
    pub(super) async fn persons(
        &self,
        tx: &mut Tx,
        w: &mut World,
        of: impl IntoIterator<Item = i64>,
    ) -> Result<()> {
        let groups = of.into_iter().filter_map(|no| w.cases.get(&no)?.person_group.clone());
        let groups: BTreeSet<Vec<u8>> =
            groups.filter(|group| !w.known.groups.contains(group)).collect();
        let groups: Vec<Vec<u8>> = groups.into_iter().collect();
        w.insert(tx.cases_of_groups(w.survey.survey_id, &groups).await?);
        w.known.groups.extend(groups);
        Ok(())
    }

    /// Due cases in the order of offering: read anew when time may have made others due, and before
    /// anybody is told that there is nothing.
    async fn candidates(&self, tx: &mut Tx, w: &mut World, pulls: usize) -> Result<()> {
        if !w.must_look(pulls) {
            return Ok(());
        }
        let survey_id = w.survey.survey_id;
        // where replicas take turns nothing is remembered: then no more than is needed is read
        let needed = i64::try_from(2 * pulls + SPARE).unwrap_or(LOOK_MAX);
        let look = if w.known.warm { LOOK_MAX } else { needed.min(LOOK_MAX) };
        let due = tx.due_cases(survey_id, 0, w.now_us, look).await?;
        w.known.more = i64::try_from(due.len()).unwrap_or_default() == look;
        let next_us = tx.next_due(survey_id, 0, w.now_us).await?;
        let again_us = w.now_us + LOOK_AGAIN_US;
        w.known.watch_us = if next_us > 0 { next_us.min(again_us) } else { again_us };
        w.candidates = due.iter().map(|case| case.case_no).collect();
        w.insert(due);
        let candidates = w.candidates.clone();
        self.persons(tx, w, candidates).await
    }

    /// Who was granted leases that have passed to somebody else, where one is claimed.
    async fn claims(&self, tx: &mut Tx, w: &mut World, needs: &Needs) -> Result<()> {
        let passed = needs.leases.iter().filter(|(case_no, epoch)| {
            w.cases.get(case_no).is_some_and(|case| *epoch < case.epoch)
        });
        let passed: BTreeSet<i64> = passed.map(|(case_no, _)| *case_no).collect();
        for (case_no, user_id, body) in tx.grants(w.survey.survey_id, &list(&passed)).await? {
            let event = Event::decode(&body[..]).map_err(Error::defect)?;
            w.grants.insert((case_no, event.epoch, user_id));
        }
        Ok(())
    }

    /// Unreleased cases of cells, and the yield of the survey: what the rule of release looks at.
    async fn reserves(&self, tx: &mut Tx, w: &mut World, cells: &BTreeSet<i64>) -> Result<()> {
        let survey_id = w.survey.survey_id;
        if cells.is_empty() {
            return Ok(());
        }
        if !w.known.yields {
            w.yields = tx.yield_counts(survey_id).await?;
            w.known.yields = true;
        }
        let cells = missing(cells.iter().copied(), |no| w.known.reserves.contains(&no));
        for (cell, replicate, cases) in tx.unreleased(survey_id, &cells).await? {
            w.unreleased.insert((cell, replicate), cases);
        }
        w.known.reserves.extend(cells);
        Ok(())
    }

    /// Units, numbers, targets, drafts and dials of cases.
    pub(super) async fn details(
        &self,
        tx: &mut Tx,
        w: &mut World,
        of: impl IntoIterator<Item = i64>,
    ) -> Result<()> {
        let survey_id = w.survey.survey_id;
        let new = missing(of, |no| w.known.details.contains(&no) || !w.cases.contains_key(&no));
        if new.is_empty() {
            return Ok(());
        }
        let cases: Vec<&CaseRow> = new.iter().filter_map(|no| w.cases.get(no)).collect();
        let units: Vec<i64> = cases.iter().map(|c| c.unit_no).collect();
        // a case that nobody has had, or only its first holder and only now, has neither a draft nor a
        // history; one that was given back may have a draft
        let first = |c: &CaseRow| c.epoch == 0 || (c.epoch == 1 && c.is_held(w.now_us));
        let worked = cases.iter().filter(|c| c.started || c.attempts > 0 || !first(c));
        let worked: Vec<i64> = worked.map(|c| c.case_no).collect();
        let dialled = cases.iter().filter(|c| c.attempts > 0).map(|c| c.case_no);
        let dialled: Vec<i64> = dialled.collect();
        for unit in tx.units(survey_id, &units).await? {
            w.units.insert(unit.unit_no, unit);
        }
        for phone in tx.unit_phones(survey_id, &units).await? {
            w.phones.entry(phone.unit_no).or_default().push(phone);
        }
        let rates = tx.unit_targets(survey_id, &units).await?;
        let targets = missing(rates.iter().map(|(_, no)| *no), |no| w.rated.contains_key(&no));
        for (unit_no, target_no) in rates {
            w.targets.entry(unit_no).or_default().push(target_no);
        }
        for target in tx.targets_of(survey_id, &targets).await? {
            w.rated.insert(target.target_no, target);
        }
        for draft in tx.drafts(survey_id, &worked).await? {
            w.drafts.insert(draft.case_no, draft);
        }
        for attempt in tx.attempts(survey_id, &dialled).await? {
            w.attempts.entry(attempt.case_no).or_default().push(attempt);
        }
        w.known.details.extend(new);
        Ok(())
    }
}
