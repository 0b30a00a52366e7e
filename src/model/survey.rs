//! A survey, its steps, and who acts on it.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::Lang;

/// What a user may do; each role may do all that the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// Phones, on assigned surveys.
    Interviewer = 1,
    /// Watches and steers, on assigned surveys.
    Supervisor = 2,
    /// Everything, on every survey.
    Administrator = 3,
}

impl Role {
    /// From its stored number.
    pub const fn of(number: i64) -> Option<Role> {
        match number {
            1 => Some(Role::Interviewer),
            2 => Some(Role::Supervisor),
            3 => Some(Role::Administrator),
            _ => None,
        }
    }
}

/// Who makes a call: the user of its token, never a field of the request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// User number.
    pub user_id: i64,
    /// Its role.
    pub role: Role,
    /// Hash of the token it came with.
    pub token_hash: [u8; 32],
    /// When that token ends.
    pub expires_us: i64,
    /// Language of messages.
    pub lang: Lang,
}

/// The identity of a write: a repeat with the same id must be the same in everything else.
#[derive(Clone, Debug)]
pub struct RequestKey {
    /// UUID chosen by the client.
    pub id: [u8; 16],
    /// Name of the call.
    pub method: &'static str,
    /// SHA-256 of the request without its id.
    pub sha256: [u8; 32],
}

/// The steps of a survey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SurveyState {
    /// Rosters are imported.
    Draft = 1,
    /// The frame is fixed.
    Frozen = 2,
    /// Questionnaire, scheme and design are published.
    Designed = 3,
    /// The sample is drawn.
    Drawn = 4,
    /// Interviewers are calling.
    Fielding = 5,
    /// Pulls are empty.
    Paused = 6,
    /// Fieldwork has ended.
    Closed = 7,
}

impl SurveyState {
    /// Every step, in order.
    pub const ALL: [SurveyState; 7] = [
        SurveyState::Draft,
        SurveyState::Frozen,
        SurveyState::Designed,
        SurveyState::Drawn,
        SurveyState::Fielding,
        SurveyState::Paused,
        SurveyState::Closed,
    ];

    /// From its stored number; a number that is none reads as closed, where nothing can be changed.
    pub fn of(number: i64) -> SurveyState {
        SurveyState::ALL.into_iter().find(|s| *s as i64 == number).unwrap_or(SurveyState::Closed)
    }

    /// The word in messages and on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            SurveyState::Draft => "draft",
            SurveyState::Frozen => "frozen",
            SurveyState::Designed => "designed",
            SurveyState::Drawn => "drawn",
            SurveyState::Fielding => "fielding",
            SurveyState::Paused => "paused",
            SurveyState::Closed => "closed",
        }
    }
}

/// A survey as stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct SurveyRow {
    /// Number; 0 is the installation's own log.
    pub survey_id: i64,
    /// Unique short name.
    pub name: String,
    /// Title for people.
    pub title: String,
    /// Name shared by the rounds of one measurement.
    pub series: String,
    /// Round within the series, from 1.
    pub round: i64,
    /// 1 parents, 2 contacts.
    pub kind: i64,
    /// Respondents' time zone, IANA name.
    pub zone: String,
    /// Calling window, minutes after local midnight.
    pub window_open_min: i64,
    /// Its end, exclusive.
    pub window_close_min: i64,
    /// Lease time in seconds.
    pub lease_ttl_s: i64,
    /// Language of interviews, BCP 47.
    pub language: String,
    /// `rule` or `manual`.
    pub release: String,
    /// A phone on more lines than this is held.
    pub max_lines_per_phone: i64,
    /// Step, see [`SurveyState`].
    pub state: i64,
    /// Position of the last event.
    pub event_head: i64,
    /// Highest import number given.
    pub import_head: i64,
    /// Highest draw number given.
    pub draw_head: i64,
    /// Highest quarantine number given.
    pub quarantine_head: i64,
    /// Version of the published questionnaire, or empty.
    pub questionnaire_version: String,
    /// Version of the published scheme, or empty.
    pub scheme_version: String,
    /// SHA-256 of frame.csv, or empty.
    pub frame_sha256: String,
    /// Units in the frame.
    pub units: i64,
    /// Bytes of design.json, or empty.
    pub design: Vec<u8>,
    /// Draw in force, 0 before.
    pub draw_no: i64,
    /// When it was made.
    pub created_us: i64,
    /// Transactions that changed it or its cases: what is remembered of it holds for one such number.
    pub writes: i64,
}

impl SurveyRow {
    /// Its step.
    pub fn state(&self) -> SurveyState {
        SurveyState::of(self.state)
    }

    /// Lease time in microseconds.
    pub const fn lease_us(&self) -> i64 {
        self.lease_ttl_s * 1_000_000
    }
}
