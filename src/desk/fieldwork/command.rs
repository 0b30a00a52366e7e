//! What can be asked of the cases of a survey, and what is answered. Every change to a case is one of
//! these commands and passes the lane.

use crate::model::{AttemptRow, Caller, RequestKey, TargetRow, UnitPhoneRow};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Proof of holding a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Grows at a restore.
    pub incarnation: i64,
    /// The case.
    pub case_no: i64,
    /// Grows with every grant.
    pub epoch: i64,
}

/// The answers about targets: (target, JSON list of answers).
pub type Ratings = Vec<(i64, Value)>;

/// A finished interview as sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Submission {
    /// Answers.
    pub ratings: Ratings,
    /// Number reached, 0 = the one proposed.
    pub phone_no: i64,
    /// Note.
    pub note: String,
}

/// A dial as sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DialReport {
    /// Number of the outcome, 1..13.
    pub outcome: i64,
    /// Number dialled, 0 = the one proposed.
    pub phone_no: i64,
    /// Time agreed, 0 if none.
    pub call_back_us: i64,
    /// Note.
    pub note: String,
}

/// What comes after a finished call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Nothing.
    Nothing,
    /// The next case of the queue.
    Next,
    /// A case that is due for the same person, else the next of the queue.
    SamePerson,
}

/// What is asked.
#[derive(Clone, Debug)]
pub enum Ask {
    /// A case.
    Pull,
    /// Heartbeat.
    Extend(Lease),
    /// Give back undialled.
    Release(Lease),
    /// Contact made, consent given.
    Start(Lease),
    /// Keep a draft.
    Save(Lease, i64, Ratings),
    /// A finished interview.
    Submit(Lease, Submission, Then),
    /// A dial.
    Attempt(Lease, DialReport, Then),
    /// A dial corrected: which, how, and what comes next.
    Amend(Lease, i64, DialReport, Then),
    /// Take back from a dead seat: case, reason.
    Revoke(i64, String),
    /// Release the next replicate of a cell: cell, reason.
    ReleaseReserves(i64, String),
    /// Decide about a quarantine entry: number, accept, reason.
    Resolve(i64, bool, String),
    /// New answers for an interview: case, answers, reason.
    Correct(i64, Ratings, String),
    /// Take an interview out: case, reason.
    Withdraw(i64, String),
    /// Free reservations of expired leases.
    Sweep,
    /// The clock jumped ahead by this much: live leases are extended once.
    Jump(i64),
}

/// A command: who asks what, under which key.
#[derive(Clone, Debug)]
pub struct Command {
    /// Who.
    pub who: Caller,
    /// The identity of the write; none for Extend, Save, Sweep and Jump, which repeat harmlessly.
    pub key: Option<RequestKey>,
    /// What.
    pub ask: Ask,
}

/// What became of an interview or dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Counts in its cell.
    Counted,
    /// Kept; the cell was full.
    OverQuota,
    /// Kept for a supervisor to decide.
    Quarantined,
    /// Kept; too little answered.
    NotValid,
    /// The dial is recorded.
    Recorded,
    /// Thrown out by a supervisor.
    Discarded,
}

impl Verdict {
    /// The word in columns.
    pub const fn word(self) -> &'static str {
        match self {
            Verdict::Counted => "counted",
            Verdict::OverQuota => "over_quota",
            Verdict::Quarantined => "quarantined",
            Verdict::NotValid => "not_valid",
            Verdict::Recorded => "recorded",
            Verdict::Discarded => "discarded",
        }
    }
}

/// The receipt of an interview, a dial, a correction: stored, and the same on every repeat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// What became of it.
    pub verdict: Verdict,
    /// Disposition code, or empty.
    pub code: String,
    /// Position of the event.
    pub log_pos: i64,
    /// The case.
    pub case_no: i64,
    /// The dial.
    pub attempt_no: i64,
    /// Version of the dial or interview.
    pub version: i64,
    /// The case is final.
    pub last: bool,
    /// Next call not before.
    pub due_us: i64,
    /// Number in the quarantine, 0 if not there.
    pub quarantine_no: i64,
    /// When.
    pub at_us: i64,
}

/// What is stored under a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stored {
    /// A grant: case and epoch.
    Grant(i64, i64),
    /// Position of an event, and a time that goes with it.
    Pos(i64, i64),
    /// A receipt.
    Receipt(Receipt),
    /// A replicate released: number, cases, position.
    Replicate(i64, i64, i64),
}

/// Why nothing is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dry {
    /// Every open case waits for a time.
    NothingDue,
    /// Outside the calling window.
    OutsideHours,
    /// Every case is final or unreleased.
    AllDone,
    /// The survey is paused.
    Paused,
    /// A repeated pull whose lease has ended.
    LeaseEnded,
    /// What is due is held.
    AllHeld,
    /// The cells of all due cases are full.
    QuotaFull,
    /// The clock is off.
    Clock,
    /// The server is stopping.
    Stopping,
}

/// An empty answer: why, and when asking again makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nothing {
    /// Why.
    pub dry: Dry,
    /// When, 0 if unknown.
    pub until_us: i64,
}

/// One case as its holder sees it.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// Survey.
    pub survey_id: i64,
    /// Proof of holding.
    pub lease: Lease,
    /// When it ends.
    pub expires_us: i64,
    /// Whom to rate.
    pub targets: Vec<TargetRow>,
    /// Name in the roster.
    pub unit_name: String,
    /// Whom to ask for.
    pub ask_for: String,
    /// Numbers in order.
    pub phones: Vec<UnitPhoneRow>,
    /// Number to dial.
    pub dial_phone_no: i64,
    /// Earlier dials, latest versions.
    pub attempts: Vec<AttemptRow>,
    /// Other cases due for the person.
    pub also_due: Vec<(i64, Vec<TargetRow>)>,
    /// Time zone.
    pub zone: String,
    /// Wall time there.
    pub local_time: String,
    /// Language.
    pub language: String,
    /// Questionnaire.
    pub questionnaire_version: String,
    /// Time agreed, 0 if none.
    pub appointment_us: i64,
    /// Why this case.
    pub why: String,
    /// StartInterview was called.
    pub started: bool,
    /// Number of the draft's save.
    pub draft_save_no: i64,
    /// The draft.
    pub draft: Ratings,
}

/// What is answered.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A case to hold.
    Case(Box<Assignment>),
    /// Nothing to hold.
    Nothing(Nothing),
    /// A heartbeat: when the lease ends, and whether the place was lost.
    Extended(i64, bool),
    /// Position and a time.
    Pos(i64, i64),
    /// The save now kept.
    Saved(i64),
    /// A receipt, and the next case or nothing where asked for.
    Receipt(Receipt, Option<Box<Reply>>),
    /// A replicate released: number, cases, position.
    Replicate(i64, i64, i64),
    /// Done; nothing to say.
    Done,
}
