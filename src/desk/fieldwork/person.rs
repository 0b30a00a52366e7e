//! One person behind several cases: called for one of them at a time, not before the time that the
//! last dial of any of them gave, and not at all after a refusal or a withdrawal.

use super::calls::keeper;
use super::world::World;
use crate::error::Result;
use crate::model::{CaseRow, Event, SurveyState, state};
use crate::rules::disposition::Code;

/// Whether a case has ended because its person will not be asked.
fn refused(case: &CaseRow) -> bool {
    case.state == state::FINAL && case.code == Code::REFUSAL.as_str()
}

/// Whether a case stands in the way of calling its person for another one: it is being called, its
/// last dial gave a later time, or the person has refused.
pub fn stands_in_the_way(case: &CaseRow, now_us: i64) -> bool {
    case.is_held(now_us) || case.plan_due_us > now_us || refused(case)
}

impl World {
    /// Cases whose turn has come while their person has refused in another one, and nothing else about
    /// that person waits.
    pub fn to_leave_alone(&self) -> Vec<i64> {
        let waits = |c: &CaseRow| c.is_held(self.now_us) || c.plan_due_us > self.now_us;
        let due = self.candidates.iter().filter_map(|no| self.cases.get(no));
        due.filter(|c| c.is_due(self.now_us) && self.has_refused(c) && !self.others(c).any(waits))
            .map(|c| c.case_no)
            .collect()
    }

    /// The cases of this batch that are of the same person as a case, itself left out.
    pub fn others<'a>(&'a self, case: &CaseRow) -> impl Iterator<Item = &'a CaseRow> + use<'a> {
        let own = case.case_no;
        let of_person = case.person_group.as_ref().and_then(|person| self.persons.get(person));
        let numbers = of_person.into_iter().flatten().filter(move |no| **no != own);
        numbers.filter_map(|no| self.cases.get(no))
    }

    /// Whether somebody is calling the person of a case for another one.
    pub fn is_engaged(&self, case: &CaseRow) -> bool {
        self.others(case).any(|c| c.is_held(self.now_us))
    }

    /// Whether the person of a case has refused or withdrawn in another one.
    pub fn has_refused(&self, case: &CaseRow) -> bool {
        self.others(case).any(refused)
    }

    /// Whether the person of a case may be called for it now, as far as the others go.
    pub fn may_ring(&self, case: &CaseRow) -> bool {
        !self.others(case).any(|other| stands_in_the_way(other, self.now_us))
    }

    /// Closes the cases whose turn has come while their person is to be left alone: a released case
    /// is worked to a final code, and reserves may be needed in its place.
    pub fn leave_alone(&mut self) -> Result<()> {
        if self.survey.state() != SurveyState::Fielding {
            return Ok(());
        }
        for case_no in std::mem::take(&mut self.alone) {
            let case = self.case(case_no)?;
            if !matches!(case.state, state::FRESH | state::OPEN) || case.is_held(self.now_us) {
                continue;
            }
            let (cell_no, code) = (case.cell_no, Code::REFUSAL.as_str());
            self.finish(case_no, code)?;
            let event = Event { case_no, cell_no, code: code.to_owned(), ..Event::default() };
            self.event(&keeper(), "left_alone", event);
            self.release_by_rule(&keeper(), cell_no);
        }
        Ok(())
    }
}
