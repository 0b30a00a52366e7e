//! Decisions about cases from above: reserves, the quarantine, corrections, withdrawals, the close.

use super::command::{DialReport, Ratings, Receipt, Verdict};
use super::dial::outcome;
use super::world::World;
use crate::desk::survey::next_step;
use crate::error::{Error, Reason, Result};
use crate::model::{AttemptRow, Caller, CaseRow, Event, QuarantineRow, SurveyState, queue, state};
use crate::msg;
use crate::rules::disposition::{Code, Draft, Effect, Outcome, final_code};
use crate::rules::quota::{Progress, Yield, release_needed};

fn natural(n: i64) -> u64 {
    u64::try_from(n).unwrap_or_default()
}

impl World {
    /// The lowest replicate of a cell that is not released, and its cases.
    fn next_replicate(&self, cell_no: i64) -> Option<(i64, i64)> {
        let range = self.unreleased.range((cell_no, 0)..=(cell_no, i64::MAX));
        range.filter(|(_, cases)| **cases > 0).map(|((_, r), n)| (*r, *n)).next()
    }

    fn release_next(
        &mut self,
        who: &Caller,
        cell_no: i64,
        event: Event,
    ) -> Option<(i64, i64, i64)> {
        let (replicate, cases) = self.next_replicate(cell_no)?;
        self.unreleased.remove(&(cell_no, replicate));
        self.changes.released.push((cell_no, replicate));
        self.change_cell(cell_no, |c| {
            c.released_replicate = replicate;
            c.released_n += cases;
        });
        let detail = format!("replicate={replicate} cases={cases} {}", event.detail);
        let log_pos = self.event(
            who,
            "reserves",
            Event { cell_no, detail: detail.trim_end().to_owned(), ..event },
        );
        Some((replicate, cases, log_pos))
    }

    /// Releases the next replicate of a cell because a supervisor says so.
    pub fn release_reserves(
        &mut self,
        who: &Caller,
        cell_no: i64,
        reason: &str,
    ) -> Result<(i64, i64, i64)> {
        if ![SurveyState::Drawn, SurveyState::Fielding, SurveyState::Paused]
            .contains(&self.survey.state())
        {
            return Err(next_step(&self.survey, SurveyState::Fielding));
        }
        let event = Event { reason: reason.to_owned(), ..Event::default() };
        self.release_next(who, cell_no, event)
            .ok_or_else(|| Error::NotFound(msg!("case.no_reserves")))
    }

    /// Releases replicates by the rule, one at a time, until the stratum's open cases promise enough
    /// valid interviews. It looks at progress only.
    pub fn release_by_rule(&mut self, who: &Caller, cell_no: i64) {
        if self.survey.release != "rule" || self.survey.state() == SurveyState::Closed {
            return;
        }
        while let Some(cell) = self.cells.get(&cell_no) {
            let stratum = Progress {
                target: natural(cell.target_n),
                valid: natural(cell.done),
                open_released: natural(cell.released_n - cell.final_n),
            };
            let survey =
                Yield { valid: natural(self.yields.0), final_cases: natural(self.yields.1) };
            if !release_needed(stratum, survey) {
                return;
            }
            let (above, below) = survey.fraction();
            let detail = format!(
                "rule=1 target={} valid={} open={} yield={above}/{below}",
                stratum.target, stratum.valid, stratum.open_released
            );
            let event = Event { detail, ..Event::default() };
            if self.release_next(who, cell_no, event).is_none() {
                return;
            }
        }
    }

    /// Accepts or discards what came too late.
    pub fn resolve(
        &mut self,
        who: &Caller,
        quarantine_no: i64,
        accept: bool,
        reason: &str,
    ) -> Result<Receipt> {
        let entry = self.quarantine.get(&quarantine_no).cloned().ok_or_else(|| {
            Error::NotFound(msg!("quarantine.not_found", quarantine_no = quarantine_no))
        })?;
        if entry.state != "waiting" {
            return Err(Error::Refused(Reason::AlreadyDecided, msg!("quarantine.decided")));
        }
        let case = self.case(entry.case_no)?.clone();
        let mut receipt = if !accept {
            let event = Event {
                case_no: entry.case_no,
                reason: reason.to_owned(),
                detail: format!("quarantine={quarantine_no}"),
                ..Event::default()
            };
            let log_pos = self.event(who, "quarantine_discard", event);
            let verdict = Verdict::Discarded;
            Receipt { verdict, log_pos, ..self.plain_receipt(&case) }
        } else if entry.kind == "interview" {
            self.accept_interview(who, &entry, &case, reason)?
        } else {
            self.accept_dial(who, &entry, &case, reason)?
        };
        receipt.quarantine_no = quarantine_no;
        let decided = QuarantineRow {
            state: if accept { "accepted" } else { "discarded" }.to_owned(),
            reason: reason.to_owned(),
            resolved_by: who.user_id,
            resolved_us: self.now_us,
            ..entry
        };
        self.quarantine.insert(quarantine_no, decided.clone());
        self.changes.resolved.push(decided);
        Ok(receipt)
    }

    fn plain_receipt(&self, case: &CaseRow) -> Receipt {
        Receipt {
            verdict: Verdict::Recorded,
            code: case.code.clone(),
            log_pos: 0,
            case_no: case.case_no,
            attempt_no: 0,
            version: 0,
            last: case.state == state::FINAL,
            due_us: case.next_due_us(),
            quarantine_no: 0,
            at_us: self.now_us,
        }
    }

    fn accept_interview(
        &mut self,
        who: &Caller,
        entry: &QuarantineRow,
        case: &CaseRow,
        reason: &str,
    ) -> Result<Receipt> {
        if case.counted {
            let why = msg!("quarantine.has_interview", case_no = case.case_no);
            return Err(Error::Refused(Reason::AlreadyDecided, why));
        }
        let last = self.interviews.get(&case.case_no).and_then(|v| v.last());
        if last.is_some_and(|i| i.status == "withdrawn") {
            let why = msg!("quarantine.withdrawn", case_no = case.case_no);
            return Err(Error::Refused(Reason::AlreadyDecided, why));
        }
        let sent = World::quarantined_submission(&entry.body)?;
        let rated = self.rated(case.unit_no, &sent.ratings, true)?;
        let phone_no = self.phone_of(case, sent.phone_no)?;
        let disturbs = case.interview_version > 0 || case.is_held(self.now_us);
        if disturbs && !super::any_valid(&rated) {
            let why = msg!("quarantine.not_valid", case_no = case.case_no);
            return Err(Error::Refused(Reason::AlreadyDecided, why));
        }
        if case.is_held(self.now_us) {
            // whoever holds the case now is told at the next heartbeat
            self.let_go(case.case_no)?;
        }
        let attempt_no = case.attempts + 1;
        let (verdict, code) = self.judge(case.case_no, &rated, Code::COMPLETE)?;
        self.record(AttemptRow {
            case_no: case.case_no,
            attempt_no,
            version: 1,
            at_us: entry.at_us,
            user_id: entry.user_id,
            outcome: super::interview::INTERVIEW,
            code: code.to_owned(),
            phone_no,
            note: sent.note,
            call_back_us: 0,
            epoch: entry.epoch,
        });
        self.change(case.case_no, |c| c.attempts = attempt_no);
        let sender = Caller { user_id: entry.user_id, ..who.clone() };
        self.write_interview(&sender, case, rated, verdict, code, attempt_no, entry.epoch, reason)?;
        self.settle(case, code)?;
        self.receipt(who, "quarantine_accept", case, verdict, code, attempt_no)
    }

    /// A late dial joins the history. Where the case is open and free, and nobody has dialled it since,
    /// it decides what happens next as it would have in time; otherwise only an outcome that ends a
    /// case by itself (a hard refusal, a death …) ends it.
    fn accept_dial(
        &mut self,
        who: &Caller,
        entry: &QuarantineRow,
        case: &CaseRow,
        reason: &str,
    ) -> Result<Receipt> {
        let sent: DialReport = serde_json::from_str(&entry.body).map_err(Error::defect)?;
        let phone_no = self.phone_of(case, sent.phone_no)?;
        let attempt_no = case.attempts + 1;
        let row = AttemptRow {
            case_no: case.case_no,
            attempt_no,
            version: 1,
            at_us: entry.at_us,
            user_id: entry.user_id,
            outcome: sent.outcome,
            code: String::new(),
            phone_no,
            note: sent.note.clone(),
            call_back_us: sent.call_back_us,
            epoch: entry.epoch,
        };
        let free = case.state != state::FINAL && !case.is_held(self.now_us);
        let newest = self.dials(case.case_no).iter().all(|a| a.at_us <= entry.at_us);
        let ends = outcome(sent.outcome).is_some_and(|o| matches!(o.effect(), Effect::Final(_)));
        let next = if free && (newest || ends) {
            // an appointment that cannot be kept any more decides nothing
            self.next(case, &sent, phone_no, 0, entry.at_us).ok()
        } else {
            None
        };
        self.change(case.case_no, |c| c.attempts = attempt_no);
        let receipt = match next {
            Some((next, outcome)) => {
                self.step(who, case, row, next, outcome, "quarantine_accept")?
            }
            None => {
                self.record(row);
                self.settled_anew(case);
                let verdict = Verdict::Recorded;
                self.receipt(who, "quarantine_accept", case, verdict, "", attempt_no)?
            }
        };
        if let Some(event) = self.changes.events.last_mut() {
            reason.clone_into(&mut event.reason);
        }
        Ok(receipt)
    }

    /// The code that the close gave a case without an interview follows its whole history.
    fn settled_anew(&mut self, case: &CaseRow) {
        let closed = self.survey.state() == SurveyState::Closed;
        if closed && case.state == state::FINAL && case.interview_version == 0 {
            let dials = self.dials(case.case_no).into_iter();
            let history: Vec<Outcome> = dials.filter_map(|a| outcome(a.outcome)).collect();
            let code = final_code(&history, Draft::None).as_str();
            self.change(case.case_no, |c| code.clone_into(&mut c.code));
        }
    }

    /// New answers for an interview: a new version; validity, the cell and the score follow.
    pub fn correct(
        &mut self,
        who: &Caller,
        case_no: i64,
        ratings: &Ratings,
        reason: &str,
    ) -> Result<Receipt> {
        let (case, old) = self.interview_in_force(case_no)?;
        // a partial one stays partial until every required item has an answer
        let partial = self
            .interviews
            .get(&case_no)
            .and_then(|v| v.last())
            .is_some_and(|i| i.code == Code::PARTIAL.as_str());
        let (rated, aim) = match self.rated(case.unit_no, ratings, true) {
            Ok(rated) => (rated, Code::COMPLETE),
            Err(_) if partial => (self.rated(case.unit_no, ratings, false)?, Code::PARTIAL),
            Err(error) => return Err(error),
        };
        self.uncount(case_no)?;
        let (verdict, code) = self.judge(case_no, &rated, aim)?;
        let version =
            self.write_interview(who, &case, rated, verdict, code, old.0, old.1, reason)?;
        self.settle(&case, code)?;
        let mut receipt = self.receipt(who, "correct", &case, verdict, code, old.0)?;
        if let Some(event) = self.changes.events.last_mut() {
            reason.clone_into(&mut event.reason);
            event.version = version;
        }
        receipt.version = version;
        Ok(receipt)
    }

    /// Takes an interview out of counts, score and export; its row stays, the case is never reopened.
    pub fn withdraw(&mut self, who: &Caller, case_no: i64, reason: &str) -> Result<Receipt> {
        let (case, old) = self.interview_in_force(case_no)?;
        self.uncount(case_no)?;
        let code = Code::REFUSAL.as_str();
        let version = self.write_interview(
            who,
            &case,
            Vec::new(),
            Verdict::Discarded,
            code,
            old.0,
            old.1,
            reason,
        )?;
        if let Some(row) = self.changes.interviews.last_mut() {
            "withdrawn".clone_into(&mut row.status);
            let status = row.status.clone();
            if let Some(kept) = self.interviews.get_mut(&case_no).and_then(|v| v.last_mut()) {
                kept.status = status;
            }
        }
        self.settle(&case, code)?;
        let mut receipt = self.receipt(who, "withdraw", &case, Verdict::Discarded, code, old.0)?;
        if let Some(event) = self.changes.events.last_mut() {
            reason.clone_into(&mut event.reason);
            event.version = version;
        }
        receipt.version = version;
        Ok(receipt)
    }

    /// The case of an interview that is not withdrawn, with its dial and epoch.
    fn interview_in_force(&self, case_no: i64) -> Result<(CaseRow, (i64, i64))> {
        let case = self.case(case_no)?.clone();
        let last = self.interviews.get(&case_no).and_then(|v| v.last());
        let last = last
            .filter(|i| i.status != "withdrawn")
            .ok_or_else(|| Error::NotFound(msg!("interview.not_found", case_no = case_no)))?;
        Ok((case, (last.attempt_no, last.epoch)))
    }

    /// Gives an open case its final code from its whole history; a draft with half of the indicators
    /// answered becomes a partial interview.
    pub fn settle_at_close(&mut self, who: &Caller, case_no: i64) -> Result<()> {
        let case = self.case(case_no)?.clone();
        let history: Vec<Outcome> =
            self.dials(case_no).into_iter().filter_map(|a| outcome(a.outcome)).collect();
        let ratings = self.draft_ratings(case_no);
        let rated = self.rated(case.unit_no, &ratings, false).unwrap_or_default();
        let draft = if super::any_valid(&rated) {
            Draft::Half
        } else if ratings.is_empty() && !case.started {
            Draft::None
        } else {
            Draft::UnderHalf
        };
        let end = final_code(&history, draft);
        let mut code = end.as_str();
        if end == Code::PARTIAL {
            let holder = Caller { user_id: case.holder, ..who.clone() };
            let (verdict, judged) = self.judge(case_no, &rated, end)?;
            code = judged;
            self.write_interview(
                &holder,
                &case,
                rated,
                verdict,
                code,
                case.attempts,
                case.epoch,
                "close",
            )?;
        }
        self.finish(case_no, code)?;
        self.change(case_no, |c| c.queue = queue::NEVER);
        Ok(())
    }
}
