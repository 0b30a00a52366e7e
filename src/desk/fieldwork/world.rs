//! The part of a survey that one batch works on: read under the survey's head, changed in memory by
//! one command after another, written back as a whole. A command that is refused has changed nothing.

use super::command::Lease;
use super::hot::Known;
use crate::error::{Error, Reason, Result};
use crate::model::{
    AttemptRow, Caller, CaseRow, CellRow, DraftRow, Event, InterviewRow, QuarantineRow, RatingRow,
    SurveyRow, TargetRow, UnitPhoneRow, UnitRow, queue, state,
};
use crate::msg;
use crate::rules::{questionnaire::Questionnaire, schedule::Window};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// See the module.
pub struct World {
    pub survey: SurveyRow,
    pub incarnation: i64,
    pub now_us: i64,
    pub window: Window,
    pub questionnaire: Arc<Questionnaire>,
    pub cases: BTreeMap<i64, CaseRow>,
    pub cells: BTreeMap<i64, CellRow>,
    /// Every version of every dial, by case.
    pub attempts: BTreeMap<i64, Vec<AttemptRow>>,
    pub interviews: BTreeMap<i64, Vec<InterviewRow>>,
    pub ratings: BTreeMap<i64, Vec<RatingRow>>,
    pub drafts: BTreeMap<i64, DraftRow>,
    /// By number.
    pub units: BTreeMap<i64, UnitRow>,
    /// By unit.
    pub phones: BTreeMap<i64, Vec<UnitPhoneRow>>,
    /// By unit.
    pub targets: BTreeMap<i64, Vec<i64>>,
    /// Who is rated, by number.
    pub rated: BTreeMap<i64, TargetRow>,
    pub quarantine: BTreeMap<i64, QuarantineRow>,
    /// (case, epoch, user) of leases that have passed to somebody else, where one is claimed.
    pub grants: BTreeSet<(i64, i64, i64)>,
    /// Due cases in the order of offering.
    pub candidates: Vec<i64>,
    /// Cases whose turn has come while their person is to be left alone.
    pub alone: Vec<i64>,
    /// The cases here by person group.
    pub persons: BTreeMap<Vec<u8>, Vec<i64>>,
    /// The cases here by who holds or held them.
    pub holders: BTreeMap<i64, BTreeSet<i64>>,
    /// Cells of cases here that are not here themselves.
    pub unseen: BTreeSet<i64>,
    /// What was read completely.
    pub known: Known,
    /// A place became free in a cell that had none.
    pub freed: bool,
    /// Unreleased cases: (cell, replicate) → cases.
    pub unreleased: BTreeMap<(i64, i64), i64>,
    /// Valid and final cases of the whole survey.
    pub yields: (i64, i64),
    pub leasing: bool,
    pub changes: Changes,
}

/// What a batch writes.
#[derive(Default)]
pub struct Changes {
    pub cases: BTreeSet<i64>,
    pub cells: BTreeSet<i64>,
    pub attempts: Vec<AttemptRow>,
    pub interviews: Vec<InterviewRow>,
    pub ratings: Vec<RatingRow>,
    pub drafts: BTreeSet<i64>,
    pub dropped_drafts: BTreeSet<i64>,
    pub quarantine: Vec<QuarantineRow>,
    pub resolved: Vec<QuarantineRow>,
    pub phones: Vec<(i64, i64, bool)>,
    pub released: Vec<(i64, i64)>,
    pub parked: BTreeSet<i64>,
    pub unparked: BTreeSet<i64>,
    pub events: Vec<Event>,
    /// Events were written.
    pub logged: bool,
}

impl Changes {
    /// Whether nothing is written.
    pub fn is_empty(&self) -> bool {
        // whatever else is written goes with one of these
        self.cases.is_empty()
            && self.cells.is_empty()
            && self.drafts.is_empty()
            && self.dropped_drafts.is_empty()
            && self.events.is_empty()
            && !self.logged
    }
}

/// How a lease that was sent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is the case's current one, perhaps expired.
    Current,
    /// Somebody else has got the case, or it has ended.
    Superseded,
}

/// The answer for a case that is missing or not the caller's.
pub fn no_case(case_no: i64) -> Error {
    Error::NotFound(msg!("case.not_found", case_no = case_no))
}

/// The answer for a stale lease.
pub fn lease_lost(case_no: i64) -> Error {
    Error::Refused(Reason::LeaseLost, msg!("case.lease_lost", case_no = case_no))
}

impl World {
    /// A case of this batch.
    pub fn case(&self, case_no: i64) -> Result<&CaseRow> {
        self.cases.get(&case_no).ok_or_else(|| no_case(case_no))
    }

    /// A cell of this batch.
    pub fn cell(&self, cell_no: i64) -> Result<&CellRow> {
        self.cells.get(&cell_no).ok_or_else(|| Error::defect(format!("cell {cell_no}")))
    }

    /// How a lease stands. The same lease under another user's token is not there at all. One of an
    /// earlier incarnation cannot be looked up, its grant may have gone with the restore: it is
    /// superseded, whoever brings it.
    pub fn standing(&self, who: &Caller, lease: Lease) -> Result<Standing> {
        let case = self.case(lease.case_no)?;
        if lease.epoch < 1 || lease.incarnation < 1 || lease.incarnation > self.incarnation {
            return Err(no_case(lease.case_no));
        }
        if lease.incarnation < self.incarnation {
            return Ok(Standing::Superseded);
        }
        let theirs = if lease.epoch == case.epoch {
            case.holder == who.user_id
        } else {
            self.grants.contains(&(lease.case_no, lease.epoch, who.user_id))
        };
        if !theirs {
            return Err(no_case(lease.case_no));
        }
        if lease.epoch < case.epoch {
            return Ok(Standing::Superseded);
        }
        let ended = case.lease_until_us == 0;
        Ok(if ended { Standing::Superseded } else { Standing::Current })
    }

    /// The case of a current lease.
    ///
    /// # Errors
    /// LEASE_LOST, or not found.
    pub fn current(&self, who: &Caller, lease: Lease) -> Result<&CaseRow> {
        match self.standing(who, lease)? {
            Standing::Current => self.case(lease.case_no),
            Standing::Superseded => Err(lease_lost(lease.case_no)),
        }
    }

    /// Changes a case.
    pub fn change(&mut self, case_no: i64, with: impl FnOnce(&mut CaseRow)) {
        if let Some(case) = self.cases.get_mut(&case_no) {
            with(case);
            self.changes.cases.insert(case_no);
        }
    }

    /// Changes a cell.
    pub fn change_cell(&mut self, cell_no: i64, with: impl FnOnce(&mut CellRow)) {
        if let Some(cell) = self.cells.get_mut(&cell_no) {
            with(cell);
            self.changes.cells.insert(cell_no);
        }
    }

    /// Adds an event; returns its position.
    pub fn event(&mut self, who: &Caller, kind: &str, event: Event) -> i64 {
        self.survey.event_head += 1;
        self.changes.events.push(Event {
            survey_id: self.survey.survey_id,
            log_pos: self.survey.event_head,
            at_us: self.now_us,
            user_id: who.user_id,
            kind: kind.to_owned(),
            ..event
        });
        self.survey.event_head
    }

    /// Reserves a place in the cell of a case, if there is room or it has one already.
    pub fn reserve(&mut self, case_no: i64) -> Result<bool> {
        let case = self.case(case_no)?;
        if case.reserved {
            return Ok(true);
        }
        let cell_no = case.cell_no;
        if !self.cell(cell_no)?.has_room() {
            return Ok(false);
        }
        self.change_cell(cell_no, |c| c.held += 1);
        self.change(case_no, |c| c.reserved = true);
        Ok(true)
    }

    /// Gives back the place of a case, if it has one.
    pub fn unreserve(&mut self, case_no: i64) -> Result<()> {
        let case = self.case(case_no)?;
        if case.reserved {
            let cell_no = case.cell_no;
            self.freed |= self.cells.get(&cell_no).is_some_and(|c| !c.has_room());
            self.change_cell(cell_no, |c| c.held -= 1);
            self.change(case_no, |c| c.reserved = false);
        }
        Ok(())
    }

    /// Ends the lease of a case and puts it where its plan says, or aside while its cell is full.
    pub fn let_go(&mut self, case_no: i64) -> Result<()> {
        self.unreserve(case_no)?;
        let cell = self.cell(self.case(case_no)?.cell_no)?;
        let full = cell.done >= cell.cap_n;
        self.change(case_no, |c| {
            c.let_go();
            if full && c.state != state::FINAL {
                c.queue = queue::PARKED;
            }
        });
        Ok(())
    }

    /// Makes a case final with a code.
    pub fn finish(&mut self, case_no: i64, code: &str) -> Result<()> {
        let cell_no = self.case(case_no)?.cell_no;
        self.change(case_no, |c| {
            c.state = state::FINAL;
            code.clone_into(&mut c.code);
            c.plan_queue = queue::NEVER;
            c.plan_due_us = 0;
            c.appointment_us = 0;
        });
        self.change_cell(cell_no, |c| c.final_n += 1);
        self.yields.1 += 1;
        self.let_go(case_no)
    }

    /// Forgets the draft of a case: its answers stand in an interview now.
    pub fn drop_draft(&mut self, case_no: i64) {
        if self.drafts.remove(&case_no).is_some() {
            self.changes.dropped_drafts.insert(case_no);
            self.changes.drafts.remove(&case_no);
        }
    }

    /// Counts a valid interview in its cell if there is room; whether it counts.
    pub fn count(&mut self, case_no: i64) -> Result<bool> {
        let had_place = self.case(case_no)?.reserved;
        self.unreserve(case_no)?;
        let cell_no = self.case(case_no)?.cell_no;
        let cell = self.cell(cell_no)?;
        if !(had_place || cell.has_room()) || cell.done >= cell.cap_n {
            return Ok(false);
        }
        let fills = cell.done + 1 >= cell.cap_n;
        self.change_cell(cell_no, |c| c.done += 1);
        self.change(case_no, |c| c.counted = true);
        self.yields.0 += 1;
        if fills {
            self.changes.parked.insert(cell_no);
            self.changes.unparked.remove(&cell_no);
        }
        Ok(true)
    }

    /// Takes a counted interview out of its cell again.
    pub fn uncount(&mut self, case_no: i64) -> Result<()> {
        let case = self.case(case_no)?;
        if !case.counted {
            return Ok(());
        }
        let cell_no = case.cell_no;
        let cell = self.cell(cell_no)?;
        let was_full = cell.done >= cell.cap_n;
        let full = !cell.has_room();
        self.freed |= full;
        self.change_cell(cell_no, |c| c.done -= 1);
        self.change(case_no, |c| c.counted = false);
        self.yields.0 -= 1;
        if was_full {
            self.changes.unparked.insert(cell_no);
            self.changes.parked.remove(&cell_no);
        }
        Ok(())
    }

    /// The latest version of each dial of a case, in order.
    pub fn dials(&self, case_no: i64) -> Vec<&AttemptRow> {
        let mut latest: BTreeMap<i64, &AttemptRow> = BTreeMap::new();
        for attempt in self.attempts.get(&case_no).into_iter().flatten() {
            latest.insert(attempt.attempt_no, attempt);
        }
        latest.into_values().collect()
    }

    /// Writes down a dial.
    pub fn record(&mut self, attempt: AttemptRow) {
        self.attempts.entry(attempt.case_no).or_default().push(attempt.clone());
        self.changes.attempts.push(attempt);
    }
}
