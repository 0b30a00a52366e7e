//! What can be asked of a replica, and what it answered.

use canvass::{
    desk::{Assignment, Desk, DialReport, Finished, Lease, Nothing, Receipt, Submission, Then},
    error::{Error, Result},
    model::{Caller, Lang, RequestKey, Role, SurveyState},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// A request as a client holds it until it has an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    Pull,
    Extend(Lease),
    Release(Lease),
    Start(Lease),
    /// Save number, target.
    Save(Lease, i64, i64),
    /// Target, whether all is answered, whether the next case is wanted.
    Submit(Lease, i64, bool, bool),
    /// Outcome, call back, whether the next case is wanted.
    Attempt(Lease, i64, i64, bool),
    /// Dial, outcome.
    Amend(Lease, i64, i64),
    Revoke(i64),
    Reserves(String),
    Resolve(i64, bool),
    /// Case, target.
    Correct(i64, i64),
    Withdraw(i64),
    Pause(bool),
    Close,
    Sweep,
}

/// One request: its serial number is in everything that it writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Op {
    pub serial: u64,
    pub user: i64,
    pub ask: Ask,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// A case: lease, target, save kept.
    Case(Lease, i64, i64),
    /// No case.
    Nothing(String),
    /// A receipt, and a case if one was asked for.
    Receipt(Receipt, Option<(Lease, i64, i64)>),
    /// Anything else, as text.
    Done(String),
    /// A definite no.
    Refused(String),
    /// Nobody knows.
    Unknown,
}

pub fn caller(user_id: i64) -> Caller {
    let role = if user_id < 100 { Role::Interviewer } else { Role::Administrator };
    Caller { user_id, role, token_hash: [0; 32], expires_us: i64::MAX, lang: Lang::En }
}

impl Op {
    /// What it leaves in a text.
    pub fn mark(&self) -> String {
        format!("m{}m", self.serial)
    }

    fn key(&self) -> RequestKey {
        let method = match self.ask {
            Ask::Pull => "PullAssignment",
            Ask::Submit(..) => "SubmitInterview",
            Ask::Attempt(..) | Ask::Amend(..) => "RecordAttempt",
            _ => "Other",
        };
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.serial.to_be_bytes());
        id[15] = 1;
        let text = format!("{:?}", self.ask);
        RequestKey { id, method, sha256: Sha256::digest(text).into() }
    }

    fn answers(&self, target: i64, whole: bool) -> Vec<(i64, Value)> {
        let score = |at: u64| json!({"score": (self.serial * 7 + at) % 11});
        let mut list = vec![json!({"item": "q1", "value": score(1)})];
        if whole {
            list.push(json!({"item": "q2", "value": score(2)}));
        }
        list.push(json!({"item": "more", "value": {"text": self.mark()}}));
        vec![(target, Value::Array(list))]
    }

    /// Asks a replica.
    pub async fn ask(&self, desk: &Desk, survey_id: i64) -> Told {
        match self.work(desk, survey_id).await {
            Ok(told) => told,
            Err(Error::Busy(_)) => Told::Unknown,
            Err(Error::Internal(why)) => Told::Refused(format!("DEFECT {why}")),
            Err(Error::Refused(reason, _)) => Told::Refused(reason.word().to_owned()),
            Err(other) => Told::Refused(other.text(Lang::En)),
        }
    }

    async fn work(&self, desk: &Desk, survey_id: i64) -> Result<Told> {
        let (who, key) = (caller(self.user), self.key());
        let then = |next: bool| if next { Then::Next } else { Then::Nothing };
        let note = self.mark();
        Ok(match &self.ask {
            Ask::Pull => case(desk.pull(&who, survey_id, &key, Duration::ZERO).await?),
            Ask::Extend(lease) => {
                let (until, _) = desk.extend(&who, survey_id, *lease).await?;
                Told::Done(format!("extended {until}"))
            }
            Ask::Release(lease) => {
                Told::Done(format!("at {}", desk.release(&who, survey_id, &key, *lease).await?))
            }
            Ask::Start(lease) => {
                Told::Done(format!("at {:?}", desk.start(&who, survey_id, &key, *lease).await?))
            }
            Ask::Save(lease, save_no, target) => {
                let ratings = self.answers(*target, false);
                let kept = desk.save(&who, survey_id, *lease, *save_no, ratings).await?;
                Told::Done(format!("kept {kept}"))
            }
            Ask::Submit(lease, target, whole, next) => {
                let ratings = self.answers(*target, *whole);
                let sent = Submission { ratings, phone_no: 0, note };
                finished(desk.submit(&who, survey_id, &key, *lease, sent, then(*next)).await?)
            }
            Ask::Attempt(lease, outcome, call_back_us, next) => {
                let report = DialReport {
                    outcome: *outcome,
                    phone_no: 0,
                    call_back_us: *call_back_us,
                    note,
                };
                let done =
                    desk.attempt(&who, survey_id, &key, *lease, report, 0, then(*next)).await;
                finished(done?)
            }
            Ask::Amend(lease, attempt_no, outcome) => {
                let report = DialReport { outcome: *outcome, phone_no: 0, call_back_us: 0, note };
                let then = Then::Nothing;
                let done =
                    desk.attempt(&who, survey_id, &key, *lease, report, *attempt_no, then).await;
                finished(done?)
            }
            _ => return self.overrule(desk, survey_id).await,
        })
    }

    async fn overrule(&self, desk: &Desk, survey_id: i64) -> Result<Told> {
        let (who, key, why) = (caller(self.user), self.key(), format!("because {}", self.mark()));
        Ok(match &self.ask {
            Ask::Revoke(case_no) => {
                let at = desk.revoke(&who, survey_id, &key, *case_no, &why).await?;
                Told::Done(format!("at {at}"))
            }
            Ask::Reserves(stratum) => {
                let done = desk.release_reserves(&who, survey_id, &key, stratum, &why).await?;
                Told::Done(format!("replicate {done:?}"))
            }
            Ask::Resolve(number, accept) => {
                let done = desk.resolve(&who, survey_id, &key, *number, *accept, &why).await?;
                Told::Receipt(done, None)
            }
            Ask::Correct(case_no, target) => {
                let ratings = self.answers(*target, true);
                let done =
                    desk.correct_interview(&who, &key, survey_id, *case_no, ratings, &why).await?;
                Told::Done(format!("{:?}", (done.version, done.log_pos)))
            }
            Ask::Withdraw(case_no) => {
                let done = desk.withdraw_interview(&who, &key, survey_id, *case_no, &why).await?;
                Told::Done(format!("{:?}", (done.version, done.log_pos)))
            }
            Ask::Pause(pause) => {
                let to = if *pause { SurveyState::Paused } else { SurveyState::Fielding };
                desk.change_state(&who, &key, survey_id, to).await?;
                Told::Done("state".into())
            }
            Ask::Close => {
                desk.change_state(&who, &key, survey_id, SurveyState::Closed).await?;
                Told::Done("state".into())
            }
            _ => {
                desk.sweep().await?;
                Told::Done("swept".into())
            }
        })
    }

    /// The lease it speaks of.
    pub const fn lease(&self) -> Option<Lease> {
        match &self.ask {
            Ask::Extend(lease)
            | Ask::Release(lease)
            | Ask::Start(lease)
            | Ask::Save(lease, ..)
            | Ask::Submit(lease, ..)
            | Ask::Attempt(lease, ..)
            | Ask::Amend(lease, ..) => Some(*lease),
            _ => None,
        }
    }

    /// Whether a repeat is known by its key.
    pub const fn is_keyed(&self) -> bool {
        !matches!(self.ask, Ask::Extend(_) | Ask::Save(..) | Ask::Sweep)
    }
}

fn shown(a: &Assignment) -> (Lease, i64, i64) {
    (a.lease, a.targets.first().map_or(0, |t| t.target_no), a.draft_save_no)
}

fn case(answer: std::result::Result<Box<Assignment>, Nothing>) -> Told {
    match answer {
        Ok(a) => {
            let (lease, target, save) = shown(&a);
            Told::Case(lease, target, save)
        }
        Err(nothing) => Told::Nothing(format!("{:?}", nothing.dry)),
    }
}

fn finished(done: Finished) -> Told {
    let next = done.next.and_then(std::result::Result::ok).map(|a| shown(&a));
    Told::Receipt(done.receipt, next)
}
