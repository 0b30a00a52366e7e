//! The calls of interviewers and supervisors, each one command through the lane.

use super::command::{
    Ask, Assignment, Command, DialReport, Dry, Lease, Nothing, Ratings, Receipt, Reply, Submission,
    Then,
};
use super::dial::AMEND_US;
use super::other_reply;
use crate::desk::{Desk, check_reason};
use crate::error::{Error, Result};
use crate::model::{Caller, RequestKey};
use crate::msg;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::Instant;

/// A pull that waits asks again by itself this often.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// A receipt and what comes next.
pub struct Finished {
    /// The receipt.
    pub receipt: Receipt,
    /// A case, nothing, or not asked for.
    pub next: Option<std::result::Result<Box<Assignment>, Nothing>>,
}

fn finished(reply: Reply) -> Result<Finished> {
    let Reply::Receipt(receipt, next) = reply else { return Err(other_reply()) };
    let next = match next.map(|b| *b) {
        Some(Reply::Case(case)) => Some(Ok(case)),
        Some(Reply::Nothing(nothing)) => Some(Err(nothing)),
        _ => None,
    };
    Ok(Finished { receipt, next })
}

impl Desk {
    async fn send(
        &self,
        who: &Caller,
        survey_id: i64,
        key: Option<&RequestKey>,
        ask: Ask,
    ) -> Result<Reply> {
        let command = Command { who: who.clone(), key: key.cloned(), ask };
        self.through(survey_id, command).await
    }

    /// The next case; waits up to `wait` when there is nothing to do.
    pub async fn pull(
        &self,
        who: &Caller,
        survey_id: i64,
        key: &RequestKey,
        wait: Duration,
    ) -> Result<std::result::Result<Box<Assignment>, Nothing>> {
        let until = Instant::now() + wait;
        let mut stopping = self.0.stopping.subscribe();
        let hint = self.hint(survey_id);
        loop {
            if *stopping.borrow() {
                return Ok(Err(Nothing { dry: Dry::Stopping, until_us: 0 }));
            }
            let woken = hint.notified();
            let nothing = match self.send(who, survey_id, Some(key), Ask::Pull).await? {
                Reply::Case(case) => return Ok(Ok(case)),
                Reply::Nothing(nothing) => nothing,
                Reply::Extended(..)
                | Reply::Pos(..)
                | Reply::Saved(_)
                | Reply::Receipt(..)
                | Reply::Replicate(..)
                | Reply::Done => return Err(other_reply()),
            };
            if Instant::now() >= until || nothing.dry == Dry::LeaseEnded {
                return Ok(Err(nothing));
            }
            let again = until.min(Instant::now() + ASK_AGAIN);
            tokio::select! {
                () = woken => {}
                () = tokio::time::sleep_until(again) => {}
                _ = stopping.changed() => {}
            }
            // a right that ended while waiting ends the waiting
            self.still(who, survey_id).await?;
        }
    }

    /// What a user holds, in one survey or in all that it may reach.
    pub async fn held(&self, who: &Caller, survey_id: i64) -> Result<Vec<Assignment>> {
        let surveys = if survey_id == 0 {
            let mine = self.list_surveys(who, 0, 10_000).await?;
            mine.into_iter().map(|s| s.survey_id).collect()
        } else {
            vec![survey_id]
        };
        let mut tx = self.0.store.read().await?;
        let now_us = self.now_us();
        let mut out = Vec::new();
        // one read a survey that the user works on: a handful
        for survey_id in surveys {
            let Some(survey) = tx.survey(survey_id).await? else { continue };
            let cases = tx.cases_held_by(survey_id, &[who.user_id], now_us).await?;
            let numbers: Vec<i64> = cases.iter().map(|case| case.case_no).collect();
            let w = self.world_of(&mut tx, survey, cases).await?;
            out.extend(numbers.into_iter().map(|no| w.view(no)).collect::<Result<Vec<_>>>()?);
        }
        Ok(out)
    }

    /// Heartbeat: when the lease ends, and whether the place in the cell was lost.
    pub async fn extend(&self, who: &Caller, survey_id: i64, lease: Lease) -> Result<(i64, bool)> {
        let Reply::Extended(until_us, lost) =
            self.send(who, survey_id, None, Ask::Extend(lease)).await?
        else {
            return Err(other_reply());
        };
        Ok((until_us, lost))
    }

    async fn position(
        &self,
        who: &Caller,
        survey_id: i64,
        key: &RequestKey,
        ask: Ask,
    ) -> Result<(i64, i64)> {
        let Reply::Pos(log_pos, time_us) = self.send(who, survey_id, Some(key), ask).await? else {
            return Err(other_reply());
        };
        Ok((log_pos, time_us))
    }

    /// Gives a case back; the position of the event.
    pub async fn release(
        &self,
        who: &Caller,
        survey_id: i64,
        key: &RequestKey,
        lease: Lease,
    ) -> Result<i64> {
        Ok(self.position(who, survey_id, key, Ask::Release(lease)).await?.0)
    }

    /// Begins an interview; position and when the lease ends.
    pub async fn start(
        &self,
        who: &Caller,
        survey_id: i64,
        key: &RequestKey,
        lease: Lease,
    ) -> Result<(i64, i64)> {
        self.position(who, survey_id, key, Ask::Start(lease)).await
    }

    /// Keeps a draft; the save now kept.
    pub async fn save(
        &self,
        who: &Caller,
        survey_id: i64,
        lease: Lease,
        save_no: i64,
        ratings: Ratings,
    ) -> Result<i64> {
        let Reply::Saved(kept) =
            self.send(who, survey_id, None, Ask::Save(lease, save_no, ratings)).await?
        else {
            return Err(other_reply());
        };
        Ok(kept)
    }

    /// Takes in an interview.
    pub async fn submit(
        &self,
        who: &Caller,
        survey_id: i64,
        key: &RequestKey,
        lease: Lease,
        sent: Submission,
        then: Then,
    ) -> Result<Finished> {
        finished(self.send(who, survey_id, Some(key), Ask::Submit(lease, sent, then)).await?)
    }

    /// Takes in a dial, or the correction of one.
    #[expect(clippy::too_many_arguments, reason = "the call as it came")]
    pub async fn attempt(
        &self,
        who: &Caller,
        survey_id: i64,
        key: &RequestKey,
        lease: Lease,
        report: DialReport,
        correct_attempt_no: i64,
        then: Then,
    ) -> Result<Finished> {
        let ask = if correct_attempt_no == 0 {
            Ask::Attempt(lease, report, then)
        } else {
            Ask::Amend(lease, correct_attempt_no, report, then)
        };
        finished(self.send(who, survey_id, Some(key), ask).await?)
    }

    /// Takes a case back from a dead seat.
    pub async fn revoke(
        &self,
        who: &Caller,
        survey_id: i64,
        key: &RequestKey,
        case_no: i64,
        reason: &str,
    ) -> Result<i64> {
        check_reason("reason", reason)?;
        Ok(self.position(who, survey_id, key, Ask::Revoke(case_no, reason.to_owned())).await?.0)
    }

    /// Releases the next replicate of a stratum: number, cases, position.
    pub async fn release_reserves(
        &self,
        who: &Caller,
        survey_id: i64,
        key: &RequestKey,
        stratum: &str,
        reason: &str,
    ) -> Result<(i64, i64, i64)> {
        check_reason("reason", reason)?;
        let strata = self.0.store.read().await?.strata(survey_id).await?;
        let found = strata.into_iter().find(|s| s.name == stratum).ok_or_else(|| {
            Error::invalid("stratum", msg!("survey.no_stratum", stratum = stratum))
        })?;
        let ask = Ask::ReleaseReserves(found.stratum_no, reason.to_owned());
        let Reply::Replicate(number, cases, log_pos) =
            self.send(who, survey_id, Some(key), ask).await?
        else {
            return Err(other_reply());
        };
        Ok((number, cases, log_pos))
    }

    async fn receipt(
        &self,
        who: &Caller,
        survey_id: i64,
        key: &RequestKey,
        ask: Ask,
    ) -> Result<Receipt> {
        Ok(finished(self.send(who, survey_id, Some(key), ask).await?)?.receipt)
    }

    /// Decides about a quarantine entry.
    pub async fn resolve(
        &self,
        who: &Caller,
        survey_id: i64,
        key: &RequestKey,
        quarantine_no: i64,
        accept: bool,
        reason: &str,
    ) -> Result<Receipt> {
        check_reason("reason", reason)?;
        let ask = Ask::Resolve(quarantine_no, accept, reason.to_owned());
        self.receipt(who, survey_id, key, ask).await
    }

    /// New answers for an interview.
    pub async fn correct_interview(
        &self,
        who: &Caller,
        key: &RequestKey,
        survey_id: i64,
        case_no: i64,
        ratings: Ratings,
        reason: &str,
    ) -> Result<Corrected> {
        check_reason("reason", reason)?;
        let ask = Ask::Correct(case_no, ratings, reason.to_owned());
        Ok(Corrected::of(self.receipt(who, survey_id, key, ask).await?))
    }

    /// Takes an interview out.
    pub async fn withdraw_interview(
        &self,
        who: &Caller,
        key: &RequestKey,
        survey_id: i64,
        case_no: i64,
        reason: &str,
    ) -> Result<Corrected> {
        check_reason("reason", reason)?;
        let ask = Ask::Withdraw(case_no, reason.to_owned());
        Ok(Corrected::of(self.receipt(who, survey_id, key, ask).await?))
    }

    /// Frees the places of expired leases, and forgets drafts that nothing needs any more, in every survey that is in the field.
    pub async fn sweep(&self) -> Result<()> {
        let surveys = self.0.store.read().await?.surveys_in_field().await?;
        for survey_id in surveys {
            let waiting = {
                let (mut tx, now_us) = (self.0.store.read().await?, self.now_us());
                !tx.expired_reservations(survey_id, now_us, 1).await?.is_empty()
                    || !tx.stale_drafts(survey_id, now_us - AMEND_US, 1).await?.is_empty()
            };
            if waiting {
                self.send(&keeper(), survey_id, None, Ask::Sweep).await?;
            }
        }
        Ok(())
    }

    /// Extends live leases once after the wall clock ran ahead by more than one lease time.
    pub async fn clock_jumped(&self, by_us: i64) -> Result<()> {
        let surveys: BTreeSet<i64> =
            self.0.store.read().await?.surveys_in_field().await?.into_iter().collect();
        for survey_id in surveys {
            self.send(&keeper(), survey_id, None, Ask::Jump(by_us)).await?;
        }
        Ok(())
    }
}

/// The replica itself as the one who acts: user 0.
pub fn keeper() -> Caller {
    Caller {
        user_id: 0,
        role: crate::model::Role::Administrator,
        token_hash: [0; 32],
        expires_us: 0,
        lang: crate::model::Lang::En,
    }
}

/// What a correction or withdrawal answers.
pub struct Corrected {
    /// Version now in force.
    pub version: i64,
    /// What became of it.
    pub status: String,
    /// Position of the event.
    pub log_pos: i64,
}

impl Corrected {
    fn of(receipt: Receipt) -> Corrected {
        let status = receipt.verdict.word().to_owned();
        Corrected { version: receipt.version, status, log_pos: receipt.log_pos }
    }
}
