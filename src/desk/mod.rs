//! What the call centre does. The desk decides with pure rules, remembers through the store, asks
//! the one clock, and knows neither SQL nor gRPC.

mod access;
mod board;
mod doorman;
mod draw;
mod earlier;
mod fieldwork;
mod frame;
mod freeze;
mod gauges;
mod import;
mod import_report;
mod keeper;
mod log;
mod picture;
mod pieces;
mod plan;
mod reporting;
mod secret;
mod session;
mod sheet;
mod staging;
mod supervision;
mod survey;

pub use access::{NewUser, UserChange, UserView};
pub use fieldwork::{
    Assignment, Corrected, DialReport, Dry, Finished, LaneCounts, LaneView, Lease, Nothing,
    Ratings, Receipt, Submission, Then, Verdict,
};
pub use frame::Frozen;
pub use gauges::Gauges;
pub use import::{ImportDetail, ImportOrder, ShownStratum};
pub use import_report::{ImportProblem, ImportReport};
pub use picture::{CellTally, Picture, Scope, Tally};
pub use plan::{Assumptions, Plan, PlanRow};
pub use reporting::{FileKind, PrintedScore, ScoreTable};
pub use session::SignedIn;
pub use sheet::read_sheet;
pub use supervision::{CaseHistory, CaseView, Seat, quarantined_ratings};

use crate::chance::Chance;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::model::{Caller, Role, SurveyRow};
use crate::msg;
use crate::rules::violation::has_control;
use crate::store::Store;
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock, Weak};
use tokio::sync::watch;

/// The desk of one replica; cheap to clone.
#[derive(Clone)]
pub struct Desk(Arc<Inner>);

/// A desk that may have gone.
pub(crate) struct WeakDesk(Weak<Inner>);

impl WeakDesk {
    /// The desk, if it is still there.
    pub(crate) fn upgrade(&self) -> Option<Desk> {
        self.0.upgrade().map(Desk)
    }
}

struct Inner {
    doorman: doorman::Doorman,
    store: Store,
    clock: Clock,
    chance: Chance,
    key: [u8; 32],
    incarnation: i64,
    secrets: secret::Secrets,
    questionnaires: fieldwork::Questionnaires,
    lanes: fieldwork::Lanes,
    bells: board::Bells,
    stopping: watch::Sender<bool>,
    reader: OnceLock<PathBuf>,
    opened_us: i64,
    /// One frame or sample is written at a time on a replica.
    large: tokio::sync::Mutex<()>,
}

/// SHA-256 of some bytes.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

impl Desk {
    /// Opens the desk on a database, making the installation where the database is empty.
    ///
    /// # Errors
    /// A database made with another installation key.
    pub async fn open(store: Store, key: [u8; 32], clock: Clock, chance: Chance) -> Result<Desk> {
        let check = sha256(&[b"check|", &key[..]].concat());
        let mut tx = store.begin().await?;
        let found = match tx.installation().await? {
            Some(found) => found,
            None => {
                tx.create_installation(&check, clock.now_us()).await?;
                tx.insert_survey(&SurveyRow { created_us: clock.now_us(), ..SurveyRow::default() })
                    .await?;
                tx.installation().await?.ok_or_else(|| Error::defect("no installation"))?
            }
        };
        tx.commit().await?;
        if found.key_check != check {
            return Err(Error::invalid("key-file", msg!("store.other_key")));
        }
        let incarnation = found.incarnation;
        let opened_us = clock.now_us();
        let secrets = secret::Secrets::new();
        let stopping = watch::Sender::new(false);
        // SQLite has one writer; more than eight at once only queue in the database
        let in_flight = if store.path().is_some() { 1 } else { 8 };
        let doorman = doorman::Doorman::new(store.clone(), clock.clone());
        Ok(Desk(Arc::new(Inner {
            store,
            clock,
            doorman,
            chance,
            key,
            incarnation,
            secrets,
            questionnaires: fieldwork::Questionnaires::default(),
            lanes: fieldwork::Lanes::new(in_flight),
            bells: board::Bells::default(),
            stopping,
            reader: OnceLock::new(),
            opened_us,
            large: tokio::sync::Mutex::default(),
        })))
    }

    /// The same without keeping it.
    pub(crate) fn weak(&self) -> WeakDesk {
        WeakDesk(Arc::downgrade(&self.0))
    }

    /// The clock everybody asks.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The database behind this desk.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The program whose `read-sheet` reads rosters, where it is not this one (tests).
    pub fn set_reader(&self, program: PathBuf) {
        // a second setting is ignored: the first import may be running with it
        let _ = self.0.reader.set(program);
    }

    fn reader(&self) -> Result<PathBuf> {
        match self.0.reader.get() {
            Some(known) => Ok(known.clone()),
            // the running program itself, also after an upgrade has replaced its file
            None => Ok(PathBuf::from(format!("/proc/{}/exe", std::process::id()))),
        }
    }

    /// No new leases from here on; waiting pulls and open streams end.
    pub fn stop(&self) {
        self.0.stopping.send_replace(true);
    }

    /// Now, by the one clock.
    pub fn now_us(&self) -> i64 {
        self.0.clock.now_us()
    }

    /// A survey this caller may reach. One that is missing and one that is not theirs answer alike.
    pub async fn reach(&self, who: &Caller, survey_id: i64) -> Result<SurveyRow> {
        let mut tx = self.0.store.read().await?;
        let survey = if survey_id > 0 { tx.survey(survey_id).await? } else { None };
        let mine = who.role == Role::Administrator
            || tx.surveys_of_user(who.user_id).await?.contains(&survey_id);
        survey.filter(|_| mine).ok_or_else(|| no_survey(survey_id))
    }

    /// Notes in the access log that something was taken out of a survey.
    async fn disclose(&self, who: &Caller, survey_id: i64, what: &str, log_pos: i64) -> Result<()> {
        let access_id = self.0.chance.bytes::<16>()?;
        let mut tx = self.0.store.begin().await?;
        tx.log_access(access_id, survey_id, who.user_id, what, log_pos, self.now_us()).await?;
        tx.commit().await
    }
}

/// The answer for a survey that is missing or not the caller's.
pub(crate) fn no_survey(survey_id: i64) -> Error {
    Error::NotFound(msg!("survey.not_found", survey_id = survey_id))
}

/// A reason for the record: 1 to 500 characters.
pub(crate) fn check_reason(field: &str, reason: &str) -> Result<()> {
    if has_control(reason) {
        Err(Error::invalid(field, msg!("request.control")))
    } else if (1..=500).contains(&reason.trim().chars().count()) {
        Ok(())
    } else {
        Err(Error::invalid(field, msg!("request.reason")))
    }
}

/// The word of a stored outcome, as exports write it.
pub(crate) fn dial_word(outcome: i64) -> &'static str {
    if outcome == fieldwork::INTERVIEW {
        return "interview";
    }
    fieldwork::outcome(outcome).map_or("", crate::rules::disposition::Outcome::word)
}
