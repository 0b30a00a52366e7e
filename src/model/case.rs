//! A drawn unit being worked, its cell, its dials and its interview, as stored.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

/// Where a pull finds a case.
pub mod queue {
    /// Appointments, by time.
    pub const APPOINTMENT: i64 = 0;
    /// Retries and expired leases, by time.
    pub const RETRY: i64 = 1;
    /// Never dialled, by priority.
    pub const FRESH: i64 = 2;
    /// Its cell is full.
    pub const PARKED: i64 = 8;
    /// Final or unreleased.
    pub const NEVER: i64 = 9;
}

/// Stored states of a case; "in progress" is an open or fresh case with a live lease.
pub mod state {
    /// A reserve that is not released.
    pub const UNRELEASED: i64 = 0;
    /// Never worked.
    pub const FRESH: i64 = 1;
    /// Worked, not final.
    pub const OPEN: i64 = 2;
    /// Final.
    pub const FINAL: i64 = 3;
}

/// A case as stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct CaseRow {
    /// Number within the survey, in the order of sample.csv.
    pub case_no: i64,
    /// Its unit.
    pub unit_no: i64,
    /// Its quota cell.
    pub cell_no: i64,
    /// 0 main, 1 reserve.
    pub role: i64,
    /// 0 main, reserves from 1.
    pub replicate: i64,
    /// Place in ticket order.
    pub draw_rank: i64,
    /// Time zone, 0 in this version.
    pub zone: i64,
    /// Units that share a phone.
    pub person_group: Option<Vec<u8>>,
    /// See [`state`].
    pub state: i64,
    /// Disposition code when final.
    pub code: String,
    /// See [`queue`]; moved by a lease.
    pub queue: i64,
    /// Order among fresh cases.
    pub priority: i64,
    /// Not before; moved by a lease.
    pub due_us: i64,
    /// Its own queue.
    pub plan_queue: i64,
    /// Its own time; its person is called for no other case before it.
    pub plan_due_us: i64,
    /// Time agreed with the respondent, 0 if none.
    pub appointment_us: i64,
    /// Grants so far; only grows.
    pub epoch: i64,
    /// User of the current epoch, 0 before the first.
    pub holder: i64,
    /// Since when.
    pub lease_since_us: i64,
    /// Until when; 0 = ended.
    pub lease_until_us: i64,
    /// StartInterview was called under this lease.
    pub started: bool,
    /// A place in the cell is reserved.
    pub reserved: bool,
    /// Why the lease in force was granted: `appointment`, `retry`, `fresh`, `person`.
    pub lease_why: String,
    /// Dials so far.
    pub attempts: i64,
    /// Number to dial next.
    pub phone_no: i64,
    /// Version of its interview, 0 = none.
    pub interview_version: i64,
    /// Its interview counts in the cell.
    pub counted: bool,
    /// Grows with every change.
    pub revision: i64,
}

impl CaseRow {
    /// Whether somebody holds it now.
    pub const fn is_held(&self, now_us: i64) -> bool {
        self.lease_until_us > now_us
    }

    /// Whether it may be offered now, quota and person apart.
    pub const fn is_due(&self, now_us: i64) -> bool {
        self.queue <= queue::FRESH && self.due_us <= now_us && !self.is_held(now_us)
    }

    /// When it may be called again, 0 once it is final.
    pub const fn next_due_us(&self) -> i64 {
        if self.state == state::FINAL { 0 } else { self.plan_due_us }
    }

    /// Ends the lease and puts the case where its own plan says.
    pub fn let_go(&mut self) {
        self.lease_until_us = 0;
        self.started = false;
        self.reserved = false;
        self.queue = self.plan_queue;
        self.due_us = self.plan_due_us;
    }
}

/// A quota cell as stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct CellRow {
    /// Number within the survey; the number of its stratum in this version.
    pub cell_no: i64,
    /// Its stratum.
    pub stratum_no: i64,
    /// Valid interviews aimed at.
    pub target_n: i64,
    /// Counting stops here.
    pub cap_n: i64,
    /// Places reserved.
    pub held: i64,
    /// Valid interviews that count.
    pub done: i64,
    /// Highest replicate released.
    pub released_replicate: i64,
    /// Cases released.
    pub released_n: i64,
    /// Of these final.
    pub final_n: i64,
}

impl CellRow {
    /// Whether another interview may be reserved.
    pub const fn has_room(&self) -> bool {
        self.done + self.held < self.cap_n
    }
}

/// A dial as stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromRow)]
pub struct AttemptRow {
    /// The case.
    pub case_no: i64,
    /// Position within the case.
    pub attempt_no: i64,
    /// 1, or more for a correction.
    pub version: i64,
    /// When.
    pub at_us: i64,
    /// Who.
    pub user_id: i64,
    /// What happened, the number of the outcome.
    pub outcome: i64,
    /// Code it led to, or empty.
    pub code: String,
    /// Number dialled.
    pub phone_no: i64,
    /// Note.
    pub note: String,
    /// Time agreed.
    pub call_back_us: i64,
    /// Epoch it was recorded under.
    pub epoch: i64,
}

/// One version of an interview.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct InterviewRow {
    /// The case.
    pub case_no: i64,
    /// From 1.
    pub version: i64,
    /// `counted`, `over_quota`, `not_valid`, `withdrawn`.
    pub status: String,
    /// Disposition code.
    pub code: String,
    /// The dial it was.
    pub attempt_no: i64,
    /// When.
    pub at_us: i64,
    /// Who.
    pub user_id: i64,
    /// Epoch it was sent with.
    pub epoch: i64,
    /// What was asked.
    pub questionnaire_version: String,
    /// Why, for corrections and withdrawals.
    pub reason: String,
}

/// The answers about one target, one version.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct RatingRow {
    /// The case.
    pub case_no: i64,
    /// Version of the interview.
    pub version: i64,
    /// The target.
    pub target_no: i64,
    /// Counts for the target.
    pub valid: bool,
    /// Canonical JSON.
    pub answers: String,
}

/// The draft of an interview under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct DraftRow {
    /// The case.
    pub case_no: i64,
    /// Epoch it was saved under.
    pub epoch: i64,
    /// Rises with every save.
    pub save_no: i64,
    /// JSON: `[[target_no, answers]]`.
    pub body: String,
}

/// Something that came too late.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct QuarantineRow {
    /// Number within the survey.
    pub quarantine_no: i64,
    /// `interview` or `attempt`.
    pub kind: String,
    /// The case.
    pub case_no: i64,
    /// Incarnation it was sent with.
    pub incarnation: i64,
    /// Epoch it was sent with.
    pub epoch: i64,
    /// Who.
    pub user_id: i64,
    /// When.
    pub at_us: i64,
    /// `superseded` or `closed`.
    pub why: String,
    /// JSON of what was sent.
    pub body: String,
    /// `waiting`, `accepted`, `discarded`.
    pub state: String,
    /// Reason of the decision.
    pub reason: String,
    /// Who decided.
    pub resolved_by: i64,
    /// When.
    pub resolved_us: i64,
}
