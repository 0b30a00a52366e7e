//! Cases at work. Every change is a [`Command`] that passes the lane: `batch` reads and writes,
//! `world` is what it works on, `person`, `pull`, `interview`, `dial` and `supervise` decide.

mod batch;
mod calls;
mod close;
mod command;
mod dial;
mod hot;
mod interview;
mod lane;
mod load;
mod needs;
mod person;
mod pull;
mod supervise;
mod view;
mod warm;
mod world;

pub use calls::{Corrected, Finished};
pub use command::{
    Assignment, DialReport, Dry, Lease, Nothing, Ratings, Receipt, Reply, Submission, Then, Verdict,
};
pub use dial::outcome;
pub use interview::INTERVIEW;
pub use lane::{LaneCounts, LaneView, Lanes};

use crate::error::{Error, Result};
use crate::rules::questionnaire::Questionnaire;
use crate::store::KeyRow;
use batch::{Step, repeated};
use command::{Ask, Command, Stored};
use pull::Offer;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use world::World;

/// Questionnaires parsed before, by survey and version.
#[derive(Default)]
pub struct Questionnaires(Mutex<HashMap<(i64, String), Arc<Questionnaire>>>);

impl Questionnaires {
    fn get(&self, key: &(i64, String)) -> Option<Arc<Questionnaire>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn put(&self, key: (i64, String), value: Arc<Questionnaire>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, value);
    }
}

/// Whether any rating counts.
fn any_valid(rated: &[interview::Rated]) -> bool {
    rated.iter().any(interview::Rated::is_valid)
}

impl World {
    /// Answers one command: what is stored under its key (None = nothing), and the step.
    fn answer(
        &mut self,
        command: &Command,
        known: &BTreeMap<Vec<u8>, KeyRow>,
    ) -> Result<(Option<Stored>, Step)> {
        match repeated(known, command)? {
            Some(stored) => Ok((None, self.again(command, stored))),
            None => self.first(command),
        }
    }

    /// The answer of a repeat: the receipt as it was; the next case is what the user holds now.
    fn again(&self, command: &Command, stored: Stored) -> Step {
        let user_id = command.who.user_id;
        match stored {
            Stored::Grant(case_no, epoch) => {
                let live = self
                    .cases
                    .get(&case_no)
                    .filter(|c| c.epoch == epoch && c.holder == user_id && c.is_held(self.now_us));
                let ended = Nothing { dry: Dry::LeaseEnded, until_us: 0 };
                Step::Offered(live.map_or(Offer::Dry(ended), |_| Offer::Case(case_no)))
            }
            Stored::Pos(log_pos, time_us) => Step::Plain(Reply::Pos(log_pos, time_us)),
            Stored::Receipt(receipt) => {
                let asked = matches!(
                    command.ask,
                    Ask::Submit(_, _, Then::Next | Then::SamePerson)
                        | Ask::Attempt(_, _, Then::Next | Then::SamePerson)
                        | Ask::Amend(_, _, _, Then::Next | Then::SamePerson)
                );
                let held = self.held_by(user_id).filter(|_| asked);
                Step::Then(receipt, held.map(Offer::Case))
            }
            Stored::Replicate(number, cases, log_pos) => {
                Step::Plain(Reply::Replicate(number, cases, log_pos))
            }
        }
    }

    /// Does a command for the first time.
    fn first(&mut self, command: &Command) -> Result<(Option<Stored>, Step)> {
        let who = &command.who;
        match &command.ask {
            Ask::Pull => {
                let offer = self.pull(who)?;
                let stored = match &offer {
                    Offer::Case(case_no) => {
                        self.cases.get(case_no).map(|c| Stored::Grant(*case_no, c.epoch))
                    }
                    Offer::Dry(_) | Offer::Look => None,
                };
                Ok((stored, Step::Offered(offer)))
            }
            Ask::Extend(lease) => {
                let (until_us, lost) = self.extend(who, *lease)?;
                Ok((None, Step::Plain(Reply::Extended(until_us, lost))))
            }
            Ask::Release(lease) => Ok(position(self.release(who, *lease)?, 0)),
            Ask::Start(lease) => {
                let (log_pos, until_us) = self.start(who, *lease)?;
                Ok(position(log_pos, until_us))
            }
            Ask::Save(lease, save_no, ratings) => {
                let kept = self.save(who, *lease, *save_no, ratings)?;
                Ok((None, Step::Plain(Reply::Saved(kept))))
            }
            Ask::Submit(lease, sent, then) => {
                let receipt = self.submit(who, *lease, sent)?;
                Ok(self.and_then(command, receipt, *then))
            }
            Ask::Attempt(lease, report, then) => {
                let receipt = self.attempt(who, *lease, report)?;
                Ok(self.and_then(command, receipt, *then))
            }
            Ask::Amend(lease, attempt_no, report, then) => {
                let receipt = self.amend(who, *lease, *attempt_no, report)?;
                Ok(self.and_then(command, receipt, *then))
            }
            Ask::Revoke(..)
            | Ask::ReleaseReserves(..)
            | Ask::Resolve(..)
            | Ask::Correct(..)
            | Ask::Withdraw(..) => self.overrule(command),
            Ask::Sweep => {
                self.sweep(who)?;
                Ok((None, Step::Plain(Reply::Done)))
            }
            Ask::Jump(by_us) => {
                self.jump(*by_us);
                Ok((None, Step::Plain(Reply::Done)))
            }
        }
    }

    /// Does a decision of a supervisor or administrator.
    fn overrule(&mut self, command: &Command) -> Result<(Option<Stored>, Step)> {
        let who = &command.who;
        match &command.ask {
            Ask::Revoke(case_no, reason) => Ok(position(self.revoke(who, *case_no, reason)?, 0)),
            Ask::ReleaseReserves(cell_no, reason) => {
                let (number, cases, log_pos) = self.release_reserves(who, *cell_no, reason)?;
                let stored = Stored::Replicate(number, cases, log_pos);
                Ok((Some(stored), Step::Plain(Reply::Replicate(number, cases, log_pos))))
            }
            Ask::Resolve(number, accept, reason) => {
                let receipt = self.resolve(who, *number, *accept, reason)?;
                Ok(self.and_then(command, receipt, Then::Nothing))
            }
            Ask::Correct(case_no, ratings, reason) => {
                let receipt = self.correct(who, *case_no, ratings, reason)?;
                Ok(self.and_then(command, receipt, Then::Nothing))
            }
            Ask::Withdraw(case_no, reason) => {
                let receipt = self.withdraw(who, *case_no, reason)?;
                Ok(self.and_then(command, receipt, Then::Nothing))
            }
            Ask::Pull
            | Ask::Extend(_)
            | Ask::Release(_)
            | Ask::Start(_)
            | Ask::Save(..)
            | Ask::Submit(..)
            | Ask::Attempt(..)
            | Ask::Amend(..)
            | Ask::Sweep
            | Ask::Jump(_) => Err(other_reply()),
        }
    }

    /// After a case has become final its stratum may need reserves; then the next case is looked for.
    fn and_then(
        &mut self,
        command: &Command,
        receipt: Receipt,
        then: Then,
    ) -> (Option<Stored>, Step) {
        // what is kept aside or waits for its next call has made no case final
        let cell_no = self.cases.get(&receipt.case_no).map(|c| c.cell_no);
        if let Some(cell_no) = cell_no.filter(|_| receipt.last) {
            self.release_by_rule(&command.who, cell_no);
        }
        let next = self.then(&command.who, then, receipt.case_no);
        (Some(Stored::Receipt(receipt.clone())), Step::Then(receipt, next))
    }
}

fn position(log_pos: i64, time_us: i64) -> (Option<Stored>, Step) {
    (Some(Stored::Pos(log_pos, time_us)), Step::Plain(Reply::Pos(log_pos, time_us)))
}

/// A reply of another kind than its command's: a defect.
fn other_reply() -> Error {
    Error::defect("a command was answered in another kind")
}
