//! What a replica remembers of a survey from one batch to the next. It is true while the survey's number
//! of writes is the one it was read at: whoever changes a survey counts it up under the head, so a
//! replica that finds another number forgets everything and reads anew. Nothing is decided here,
//! and every case is written with the revision it was read at.

use super::world::{Changes, World};
use crate::model::{CaseRow, SurveyRow, queue, state};
use std::collections::BTreeSet;

/// Cases remembered at the most; beyond that all are forgotten at once.
const CASES_MAX: usize = 100_000;
/// Due cases are looked for anew after this, whatever is remembered.
pub const LOOK_AGAIN_US: i64 = 1_000_000;

/// What was read completely.
#[derive(Default)]
pub struct Known {
    /// The survey's number of writes for which all of it holds.
    pub writes: i64,
    /// Users whose live leases are all here.
    pub users: BTreeSet<i64>,
    /// Persons whose cases are all here.
    pub groups: BTreeSet<Vec<u8>>,
    /// Cells whose unreleased cases are counted here.
    pub reserves: BTreeSet<i64>,
    /// Cases whose unit, numbers, targets, draft and dials are here.
    pub details: BTreeSet<i64>,
    /// It was true for a whole batch: it may be worth remembering more than is asked for.
    pub warm: bool,
    /// Whether the yield of the survey is known.
    pub yields: bool,
    /// Until then no case is due but those in `candidates` (and more, if `more`).
    pub watch_us: i64,
    /// More cases were due than were read.
    pub more: bool,
}

impl World {
    /// Whether a new batch can go on with what is remembered.
    pub fn is_current(&self, survey: &SurveyRow) -> bool {
        self.known.writes == survey.writes
    }

    /// Begins a batch.
    pub fn resume(&mut self, survey: SurveyRow, now_us: i64, leasing: bool) {
        (self.survey, self.now_us, self.leasing) = (survey, now_us, leasing);
        self.changes = Changes::default();
        self.freed = false;
    }

    /// Takes cases in as they were read; what is here already is as new.
    pub fn insert(&mut self, rows: Vec<CaseRow>) {
        for row in rows {
            if self.cases.contains_key(&row.case_no) {
                continue;
            }
            if let Some(person) = &row.person_group {
                self.persons.entry(person.clone()).or_default().push(row.case_no);
            }
            if row.lease_until_us != 0 {
                self.holders.entry(row.holder).or_default().insert(row.case_no);
            }
            if !self.cells.contains_key(&row.cell_no) {
                self.unseen.insert(row.cell_no);
            }
            self.cases.insert(row.case_no, row);
        }
    }

    /// Forgets a case, and that all of its person are known.
    fn forget(&mut self, case_no: i64) {
        let Some(case) = self.cases.remove(&case_no) else { return };
        if let Some(held) = self.holders.get_mut(&case.holder) {
            held.remove(&case_no);
        }
        self.known.details.remove(&case_no);
        self.attempts.remove(&case_no);
        self.drafts.remove(&case_no);
        self.units.remove(&case.unit_no);
        self.phones.remove(&case.unit_no);
        self.targets.remove(&case.unit_no);
        let Some(person) = case.person_group else { return };
        self.known.groups.remove(&person);
        let others = self.persons.get_mut(&person);
        if let Some(others) = others {
            others.retain(|no| *no != case_no);
            let others = others.clone();
            if others.is_empty() {
                self.persons.remove(&person);
            } else {
                self.candidates.retain(|no| !others.contains(no));
                self.known.watch_us = 0;
            }
        }
    }

    /// Ends a batch that was committed: what nobody needs soon is forgotten, and so is what was changed
    /// in the database alone.
    pub fn remember(&mut self, changes: &Changes) {
        if !changes.is_empty() {
            self.survey.writes += 1;
            self.known.writes = self.survey.writes;
        }
        self.known.warm = true;
        self.interviews.clear();
        self.ratings.clear();
        self.quarantine.clear();
        self.grants.clear();
        let released = changes.released.iter().map(|(cell_no, _)| *cell_no);
        let in_place: BTreeSet<i64> =
            changes.parked.iter().chain(&changes.unparked).copied().chain(released).collect();
        if !in_place.is_empty() {
            let waiting = |c: &&CaseRow| in_place.contains(&c.cell_no) && c.lease_until_us == 0;
            let gone: Vec<i64> = self.cases.values().filter(waiting).map(|c| c.case_no).collect();
            gone.into_iter().for_each(|case_no| self.forget(case_no));
        }
        if self.freed || !changes.unparked.is_empty() || !changes.released.is_empty() {
            self.known.watch_us = 0;
        }
        for case_no in &changes.cases {
            let Some(case) = self.cases.get(case_no) else { continue };
            if case.person_group.is_some() && self.others(case).next().is_some() {
                self.known.watch_us = 0;
            }
            if case.state != state::FINAL && case.queue <= queue::FRESH {
                self.known.watch_us = self.known.watch_us.min(case.due_us);
            }
        }
        let (now_us, cases) = (self.now_us, &self.cases);
        let waits = |c: &CaseRow| c.is_due(now_us) && matches!(c.state, state::FRESH | state::OPEN);
        self.candidates.retain(|no| cases.get(no).is_some_and(waits));
        let kept: BTreeSet<i64> = self.candidates.iter().copied().collect();
        for case_no in &changes.cases {
            let held = self.cases.get(case_no).is_some_and(|c| c.is_held(now_us));
            if !held && !kept.contains(case_no) {
                self.forget(*case_no);
            }
        }
        if self.cases.len() > CASES_MAX {
            self.known.writes = -1;
        }
    }
}
