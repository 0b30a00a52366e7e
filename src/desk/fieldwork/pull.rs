//! Handing out a case, holding on to it, giving it back.

use super::command::{Dry, Lease, Nothing, Then};
use super::world::{World, lease_lost};
use crate::desk::survey::next_step;
use crate::error::{Error, Reason, Result};
use crate::model::{Caller, CaseRow, Event, SurveyState, queue, state};
use crate::msg;
use crate::store::Waiting;

/// What a pull comes to inside a batch: a case, or nothing (whose reason is looked up once a batch).
pub enum Offer {
    /// Leased to the caller.
    Case(i64),
    /// Nothing, for this reason.
    Dry(Nothing),
    /// Nothing; the counts of the survey say why.
    Look,
}

impl World {
    /// The case that a user holds now.
    pub fn held_by(&self, user_id: i64) -> Option<i64> {
        let numbers = self.holders.get(&user_id)?;
        let mine = numbers.iter().filter_map(|no| self.cases.get(no));
        mine.filter(|c| c.is_held(self.now_us) && c.holder == user_id).map(|c| c.case_no).next()
    }

    fn closed_for_pulls(&self) -> Option<Nothing> {
        let dry = |dry, until_us| Some(Nothing { dry, until_us });
        if !self.leasing {
            return dry(Dry::Clock, 0);
        }
        match self.survey.state() {
            SurveyState::Paused => dry(Dry::Paused, 0),
            SurveyState::Draft
            | SurveyState::Frozen
            | SurveyState::Designed
            | SurveyState::Drawn
            | SurveyState::Closed
            | SurveyState::Fielding => {
                if self.window.is_open(self.now_us) {
                    None
                } else {
                    dry(Dry::OutsideHours, self.window.next_opening(self.now_us))
                }
            }
        }
    }

    /// A new pull: refused while the user holds a case.
    pub fn pull(&mut self, who: &Caller) -> Result<Offer> {
        if self.survey.state() < SurveyState::Fielding || self.survey.state() == SurveyState::Closed
        {
            return Err(next_step(&self.survey, SurveyState::Fielding));
        }
        if let Some(case_no) = self.held_by(who.user_id) {
            let why = msg!("case.held_already", case_no = case_no);
            return Err(Error::Refused(Reason::AssignmentHeld, why));
        }
        Ok(self.offer(who, None))
    }

    /// What follows a finished call, inside the same command.
    pub fn then(&mut self, who: &Caller, then: Then, last: i64) -> Option<Offer> {
        let person = match then {
            Then::Nothing => return None,
            Then::Next => None,
            Then::SamePerson => self.cases.get(&last).and_then(|c| c.person_group.clone()),
        };
        if let Some(case_no) = self.held_by(who.user_id) {
            return Some(Offer::Case(case_no));
        }
        if self.survey.state() == SurveyState::Closed {
            return Some(Offer::Look);
        }
        Some(self.offer(who, person))
    }

    /// How many of the candidates could be offered now.
    pub fn usable(&self) -> usize {
        let rows = self.candidates.iter().filter_map(|no| self.cases.get(no));
        rows.filter(|case| self.may_offer(case)).count()
    }

    fn may_offer(&self, case: &CaseRow) -> bool {
        let open = matches!(case.state, state::FRESH | state::OPEN) && case.is_due(self.now_us);
        open && self.may_ring(case) && self.cells.get(&case.cell_no).is_some_and(|c| c.has_room())
    }

    fn offer(&mut self, who: &Caller, person: Option<Vec<u8>>) -> Offer {
        if let Some(nothing) = self.closed_for_pulls() {
            return Offer::Dry(nothing);
        }
        let of_person = person.as_ref().and_then(|group| {
            let numbers = self.persons.get(group).into_iter().flatten();
            let same = numbers.filter_map(|no| self.cases.get(no));
            same.filter(|c| self.may_offer(c)).map(|c| (c.due_us, c.case_no)).min()
        });
        let found = of_person.map(|(_, case_no)| (case_no, "person")).or_else(|| {
            let mut queue = self.candidates.iter().filter_map(|no| self.cases.get(no));
            queue.find(|c| self.may_offer(c)).map(|c| (c.case_no, "queue"))
        });
        let Some((case_no, how)) = found else { return Offer::Look };
        self.grant(who, case_no, how);
        Offer::Case(case_no)
    }

    fn grant(&mut self, who: &Caller, case_no: i64, how: &str) {
        let until_us = self.now_us + self.survey.lease_us();
        let now_us = self.now_us;
        // an expired holder's place dies with its lease
        if self.unreserve(case_no).is_err() {
            return;
        }
        self.holders.entry(who.user_id).or_default().insert(case_no);
        self.change(case_no, |c| {
            c.lease_why = if how == "person" { how } else { reason_of(c) }.to_owned();
            c.epoch += 1;
            c.holder = who.user_id;
            c.lease_since_us = now_us;
            c.lease_until_us = until_us;
            c.started = false;
            c.queue = queue::RETRY;
            c.due_us = until_us;
        });
        let Some(case) = self.cases.get(&case_no) else { return };
        let (epoch, cell_no) = (case.epoch, case.cell_no);
        let detail = format!("why={}", case.lease_why);
        self.event(who, "lease", Event { case_no, epoch, cell_no, detail, ..Event::default() });
    }

    /// Heartbeat: with the current epoch it revives an expired lease that nobody took, and reserves
    /// again where the interview had begun.
    pub fn extend(&mut self, who: &Caller, lease: Lease) -> Result<(i64, bool)> {
        if self.survey.state() == SurveyState::Closed {
            return Err(closed(self));
        }
        let case = self.current(who, lease)?;
        let (case_no, started, was_held) = (case.case_no, case.started, case.is_held(self.now_us));
        // while it was expired the same person may have been called for another case; whoever has
        // refused meanwhile, or withdrawn, is not asked on
        if (!was_held && self.is_engaged(case)) || self.has_refused(case) {
            return Err(lease_lost(case_no));
        }
        if !was_held && self.held_by(who.user_id).is_some() {
            return Err(lease_lost(case_no));
        }
        let lost = started && !self.reserve(case_no)?;
        let until_us = self.now_us + self.survey.lease_us();
        self.change(case_no, |c| {
            c.lease_until_us = until_us;
            c.queue = queue::RETRY;
            c.due_us = until_us;
        });
        Ok((until_us, lost))
    }

    /// Gives a case back undialled.
    pub fn release(&mut self, who: &Caller, lease: Lease) -> Result<i64> {
        let case = self.current(who, lease)?;
        let (case_no, epoch) = (case.case_no, case.epoch);
        self.let_go(case_no)?;
        Ok(self.event(who, "release", Event { case_no, epoch, ..Event::default() }))
    }

    /// Takes a case back from a dead seat.
    pub fn revoke(&mut self, who: &Caller, case_no: i64, reason: &str) -> Result<i64> {
        let case = self.case(case_no)?;
        if !case.is_held(self.now_us) {
            return Err(Error::NotFound(msg!("case.not_held", case_no = case_no)));
        }
        let epoch = case.epoch;
        self.let_go(case_no)?;
        let reason = reason.to_owned();
        Ok(self.event(who, "revoke", Event { case_no, epoch, reason, ..Event::default() }))
    }

    /// Frees the places of leases that ended by themselves.
    pub fn sweep(&mut self, who: &Caller) -> Result<()> {
        let expired: Vec<i64> = self
            .cases
            .values()
            .filter(|c| c.reserved && !c.is_held(self.now_us))
            .map(|c| c.case_no)
            .collect();
        for case_no in expired {
            self.unreserve(case_no)?;
            let epoch = self.case(case_no)?.epoch;
            self.event(who, "expire", Event { case_no, epoch, ..Event::default() });
        }
        Ok(())
    }

    /// Extends live leases once after the wall clock ran ahead.
    pub fn jump(&mut self, by_us: i64) {
        let before = self.now_us - by_us;
        let live: Vec<i64> =
            self.cases.values().filter(|c| c.lease_until_us > before).map(|c| c.case_no).collect();
        for case_no in live {
            self.change(case_no, |c| {
                c.lease_until_us += by_us;
                c.due_us = c.lease_until_us;
            });
        }
    }
}

/// The refusal of a call that a closed survey no longer takes.
pub fn closed(world: &World) -> Error {
    super::super::survey::wrong_step(&world.survey, msg!("survey.is_closed"))
}

/// Why a case is offered, from where it stood.
fn reason_of(case: &CaseRow) -> &'static str {
    match case.plan_queue {
        queue::APPOINTMENT => "appointment",
        queue::FRESH if case.state == state::FRESH => "fresh",
        _ => "retry",
    }
}

/// What a survey says about a pull that found nothing.
pub fn dry_reason(waiting: Waiting) -> Nothing {
    if waiting.next_due_us > 0 {
        Nothing { dry: Dry::NothingDue, until_us: waiting.next_due_us }
    } else if waiting.held {
        Nothing { dry: Dry::AllHeld, until_us: 0 }
    } else if waiting.full_cells {
        Nothing { dry: Dry::QuotaFull, until_us: 0 }
    } else {
        Nothing { dry: Dry::AllDone, until_us: 0 }
    }
}
