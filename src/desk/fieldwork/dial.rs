//! Dials without a finished interview: the next step of a case, corrections, and what comes too late.

use super::command::{DialReport, Lease, Receipt, Submission, Verdict};
use super::interview::{INTERVIEW, check_note};
use super::world::{Standing, World, lease_lost};
use crate::desk::sha256;
use crate::error::{Error, Reason, Result};
use crate::model::{AttemptRow, Caller, CaseRow, Event, QuarantineRow, SurveyState, queue, state};
use crate::msg;
use crate::rules::disposition::{Code, Draft, Effect, Outcome};
use crate::rules::schedule::{Dial, Moment, Next, after};
use serde::Serialize;

/// An attempt can be corrected for this long, and its draft is kept as long.
pub const AMEND_US: i64 = 60_000_000;

/// The outcome of its stored number, 1..13.
pub fn outcome(number: i64) -> Option<Outcome> {
    let at = usize::try_from(number.checked_sub(1)?).ok()?;
    Outcome::ALL.get(at).copied()
}

fn known(report: &DialReport) -> Result<Outcome> {
    outcome(report.outcome).ok_or_else(|| Error::invalid("outcome", msg!("attempt.outcome")))
}

/// The outcome of a report from an interviewer, and whether its time belongs to it: an appointment
/// with another outcome would be forgotten.
fn agreed(report: &DialReport) -> Result<()> {
    if known(report)?.effect() != Effect::AtTime && report.call_back_us != 0 {
        return Err(Error::invalid("call_back_us", msg!("schedule.no_call_back")));
    }
    Ok(())
}

impl World {
    /// The number a dial was made on: as said, else the one proposed.
    pub fn phone_of(&self, case: &CaseRow, sent: i64) -> Result<i64> {
        let phones = self.phones.get(&case.unit_no).map_or(0, Vec::len);
        let number = if sent == 0 { case.phone_no.max(1) } else { sent };
        let known = usize::try_from(number).is_ok_and(|n| (1..=phones).contains(&n));
        if known || (sent == 0 && phones == 0) {
            return Ok(number);
        }
        Err(Error::invalid("phone_no", msg!("attempt.phone_no", phones = phones)))
    }

    fn draft(&self, case: &CaseRow) -> Draft {
        let ratings = self.draft_ratings(case.case_no);
        if ratings.is_empty() {
            return if case.started { Draft::UnderHalf } else { Draft::None };
        }
        let half = self.rated(case.unit_no, &ratings, false).is_ok_and(|r| super::any_valid(&r));
        if half { Draft::Half } else { Draft::UnderHalf }
    }

    fn history(&self, case_no: i64, without: i64) -> Vec<Dial> {
        let earlier = self.dials(case_no).into_iter().filter(|a| a.attempt_no != without);
        earlier
            .filter_map(|a| {
                let phone_no = u32::try_from(a.phone_no).ok()?;
                Some(Dial { outcome: outcome(a.outcome)?, phone_no })
            })
            .collect()
    }

    /// The next step after a dial made at a time.
    pub fn next(
        &self,
        case: &CaseRow,
        report: &DialReport,
        phone_no: i64,
        without: i64,
        at_us: i64,
    ) -> Result<(Next, Outcome)> {
        let outcome = known(report)?;
        let phones = self.phones.get(&case.unit_no).map_or(1, |p| p.len().max(1));
        let moment = Moment {
            now_us: at_us,
            call_back_us: (report.call_back_us != 0).then_some(report.call_back_us),
            phones: u32::try_from(phones).map_err(Error::defect)?,
            draft: self.draft(case),
        };
        let last = Dial { outcome, phone_no: u32::try_from(phone_no).map_err(Error::defect)? };
        let history = self.history(case.case_no, without);
        let next = after(&history, last, moment, &self.window)
            .map_err(|violation| Error::Invalid(vec![violation]))?;
        Ok((next, outcome))
    }

    /// Writes down a dial.
    pub fn attempt(&mut self, who: &Caller, lease: Lease, report: &DialReport) -> Result<Receipt> {
        check_note(&report.note)?;
        agreed(report)?;
        let standing = self.standing(who, lease)?;
        let case = self.case(lease.case_no)?.clone();
        let phone_no = self.phone_of(&case, report.phone_no)?;
        if self.survey.state() == SurveyState::Closed {
            return self.set_aside(who, lease, "attempt", "closed", report);
        }
        if standing == Standing::Superseded {
            return self.set_aside(who, lease, "attempt", "superseded", report);
        }
        let (next, outcome) = self.next(&case, report, phone_no, 0, self.now_us)?;
        let attempt_no = case.attempts + 1;
        let row = AttemptRow {
            case_no: case.case_no,
            attempt_no,
            version: 1,
            at_us: self.now_us,
            user_id: who.user_id,
            outcome: report.outcome,
            code: String::new(),
            phone_no,
            note: report.note.clone(),
            call_back_us: report.call_back_us,
            epoch: lease.epoch,
        };
        self.change(case.case_no, |c| c.attempts = attempt_no);
        self.step(who, &case, row, next, outcome, "attempt")
    }

    /// Writes the dial and what it makes of the case.
    pub fn step(
        &mut self,
        who: &Caller,
        case: &CaseRow,
        mut row: AttemptRow,
        next: Next,
        outcome: Outcome,
        kind: &str,
    ) -> Result<Receipt> {
        let author = Caller { user_id: row.user_id, ..who.clone() };
        let bad = matches!(outcome, Outcome::WrongNumber | Outcome::NotWorking);
        self.mark_phone(case, row.phone_no, bad);
        let (attempt_no, version) = (row.attempt_no, row.version);
        let mut verdict = Verdict::Recorded;
        let mut code = String::new();
        match next {
            Next::Final(end) => {
                end.as_str().clone_into(&mut code);
                if end == Code::PARTIAL {
                    let rated =
                        self.rated(case.unit_no, &self.draft_ratings(case.case_no), false)?;
                    let (judged, judged_code) = self.judge(case.case_no, &rated, end)?;
                    verdict = judged;
                    judged_code.clone_into(&mut code);
                    self.write_interview(
                        &author,
                        case,
                        rated,
                        judged,
                        judged_code,
                        attempt_no,
                        row.epoch,
                        "",
                    )?;
                }
                row.code.clone_from(&code);
                self.record(row);
                self.settle(case, &code)?;
                if end == Code::REFUSAL {
                    // until it cannot be corrected any more, nothing is decided for the person
                    let until_us = self.now_us + AMEND_US + 1;
                    self.change(case.case_no, |c| c.plan_due_us = until_us);
                }
            }
            Next::Due { due_us, phone_no } => {
                self.record(row);
                let appointment = outcome == Outcome::CallBack;
                self.change(case.case_no, |c| {
                    c.state = state::OPEN;
                    c.plan_queue = if appointment { queue::APPOINTMENT } else { queue::RETRY };
                    c.plan_due_us = due_us;
                    c.appointment_us = if appointment { due_us } else { 0 };
                    c.phone_no = i64::from(phone_no);
                });
                self.let_go(case.case_no)?;
            }
        }
        let mut receipt = self.receipt(who, kind, case, verdict, &code, attempt_no)?;
        receipt.version = version;
        Ok(receipt)
    }

    fn mark_phone(&mut self, case: &CaseRow, phone_no: i64, bad: bool) {
        let phones = self.phones.get_mut(&case.unit_no);
        let Some(phone) = phones.and_then(|p| p.iter_mut().find(|p| p.phone_no == phone_no)) else {
            return;
        };
        if phone.bad != bad {
            phone.bad = bad;
            self.changes.phones.push((case.unit_no, phone_no, bad));
        }
    }

    /// Replaces a dial: its author, within 60 s, while nothing else has happened to the case.
    pub fn amend(
        &mut self,
        who: &Caller,
        lease: Lease,
        attempt_no: i64,
        report: &DialReport,
    ) -> Result<Receipt> {
        check_note(&report.note)?;
        agreed(report)?;
        self.standing(who, lease)?;
        let case = self.case(lease.case_no)?.clone();
        let found = self.dials(case.case_no).into_iter().find(|a| a.attempt_no == attempt_no);
        let old = found.filter(|a| a.user_id == who.user_id).cloned();
        let old =
            old.ok_or_else(|| Error::NotFound(msg!("attempt.not_found", attempt_no = attempt_no)))?;
        if old.outcome == INTERVIEW {
            return Err(Error::Refused(Reason::TooLate, msg!("attempt.has_interview")));
        }
        let first_us = self
            .attempts
            .get(&case.case_no)
            .into_iter()
            .flatten()
            .filter(|a| a.attempt_no == attempt_no)
            .map(|a| a.at_us)
            .min();
        if self.now_us - first_us.unwrap_or_default() > AMEND_US {
            return Err(Error::Refused(Reason::TooLate, msg!("attempt.too_late")));
        }
        // a new grant, a later dial or an interview from the draft: the case has moved on
        if case.interview_version != 0 && case.epoch == old.epoch && case.attempts == attempt_no {
            return Err(Error::Refused(Reason::TooLate, msg!("attempt.has_interview")));
        }
        let moved = case.epoch != old.epoch
            || lease.epoch != old.epoch
            || case.attempts != attempt_no
            || case.lease_until_us != 0
            || case.interview_version != 0;
        if moved || self.survey.state() == SurveyState::Closed {
            return Err(lease_lost(case.case_no));
        }
        let phone_no = self
            .phone_of(&case, if report.phone_no == 0 { old.phone_no } else { report.phone_no })?;
        let (next, outcome) = self.next(&case, report, phone_no, attempt_no, self.now_us)?;
        if case.state == state::FINAL {
            self.reopen(&case);
        }
        let case = self.case(case.case_no)?.clone();
        if old.phone_no != phone_no {
            self.mark_phone(&case, old.phone_no, false);
        }
        let row = AttemptRow {
            version: old.version + 1,
            at_us: self.now_us,
            outcome: report.outcome,
            code: String::new(),
            phone_no,
            note: report.note.clone(),
            call_back_us: report.call_back_us,
            ..old
        };
        self.step(who, &case, row, next, outcome, "attempt")
    }

    /// Takes the final code off a case whose last dial is being corrected.
    fn reopen(&mut self, case: &CaseRow) {
        self.change(case.case_no, |c| {
            c.state = state::OPEN;
            c.code.clear();
        });
        self.change_cell(case.cell_no, |c| c.final_n -= 1);
        self.yields.1 -= 1;
    }

    /// Keeps what came too late, whole, for a supervisor to decide.
    pub fn set_aside(
        &mut self,
        who: &Caller,
        lease: Lease,
        kind: &str,
        why: &str,
        sent: &impl Serialize,
    ) -> Result<Receipt> {
        let body = serde_json::to_string(sent).map_err(Error::defect)?;
        self.survey.quarantine_head += 1;
        let quarantine_no = self.survey.quarantine_head;
        let content_sha256 = sha256(body.as_bytes()).to_vec();
        self.changes.quarantine.push(QuarantineRow {
            quarantine_no,
            kind: kind.to_owned(),
            case_no: lease.case_no,
            incarnation: lease.incarnation,
            epoch: lease.epoch,
            user_id: who.user_id,
            at_us: self.now_us,
            why: why.to_owned(),
            body,
            state: "waiting".to_owned(),
            ..QuarantineRow::default()
        });
        let event = Event {
            case_no: lease.case_no,
            epoch: lease.epoch,
            content_sha256,
            detail: format!("kind={kind} why={why} quarantine={quarantine_no}"),
            ..Event::default()
        };
        let log_pos = self.event(who, "quarantine", event);
        Ok(Receipt {
            verdict: Verdict::Quarantined,
            code: String::new(),
            log_pos,
            case_no: lease.case_no,
            attempt_no: 0,
            version: 0,
            last: false,
            due_us: 0,
            quarantine_no,
            at_us: self.now_us,
        })
    }

    /// What a quarantined interview holds.
    pub fn quarantined_submission(body: &str) -> Result<Submission> {
        serde_json::from_str(body).map_err(|e| Error::defect(format!("quarantine: {e}")))
    }
}
