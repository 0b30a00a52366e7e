//! The one error of canvass. A variant exists only where a caller acts differently; texts are
//! messages in the reader's language. Mapped to gRPC in `rpc/status.rs` and nowhere else.

use crate::model::{Lang, Msg};

pub use crate::model::Violation;
use std::fmt;

/// Why a call that was understood is refused; the identity that programs act on. Never translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The lease sent is not the current one.
    LeaseLost,
    /// A repeated pull whose lease has ended.
    LeaseEnded,
    /// This user already holds a case of this survey.
    AssignmentHeld,
    /// The quota cell is at its cap.
    QuotaFull,
    /// A one-time secret needs a new password in the same request.
    PasswordChangeRequired,
    /// The survey is in another step.
    SurveyState,
    /// The request id was used for something else.
    RequestIdReused,
    /// Outside the calling window.
    OutsideHours,
    /// The answer would exceed its limit.
    TooLarge,
    /// The scheme is not published.
    SchemeUnpublished,
    /// The frame is not the one that was frozen.
    FrameChanged,
    /// Answers are saved before StartInterview.
    NotStarted,
    /// An attempt can no longer be corrected.
    TooLate,
    /// The interview, or its quarantine entry, has been decided already.
    AlreadyDecided,
}

impl Reason {
    /// The word on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Reason::LeaseLost => "LEASE_LOST",
            Reason::LeaseEnded => "LEASE_ENDED",
            Reason::AssignmentHeld => "ASSIGNMENT_HELD",
            Reason::QuotaFull => "QUOTA_FULL",
            Reason::PasswordChangeRequired => "PASSWORD_CHANGE_REQUIRED",
            Reason::SurveyState => "SURVEY_STATE",
            Reason::RequestIdReused => "REQUEST_ID_REUSED",
            Reason::OutsideHours => "OUTSIDE_HOURS",
            Reason::TooLarge => "TOO_LARGE",
            Reason::SchemeUnpublished => "SCHEME_UNPUBLISHED",
            Reason::FrameChanged => "FRAME_CHANGED",
            Reason::NotStarted => "NOT_STARTED",
            Reason::TooLate => "TOO_LATE",
            Reason::AlreadyDecided => "ALREADY_DECIDED",
        }
    }
}

type Source = Box<dyn std::error::Error + Send + Sync>;

/// What can go wrong.
#[derive(Debug)]
pub enum Error {
    /// Missing, or not for this caller to know of.
    NotFound(Msg),
    /// Something of that name is there already.
    Exists(Msg),
    /// The request itself is wrong.
    Invalid(Vec<Violation>),
    /// Understood and refused; repeating it unchanged will not help.
    Refused(Reason, Msg),
    /// The role is too low.
    Forbidden(Msg),
    /// No token, or one that has ended.
    Unauthenticated(Msg),
    /// Too many failed tries; the number is seconds to wait.
    Throttled(u32, Msg),
    /// Not implemented in this version.
    Unimplemented(Msg),
    /// Try again: the outcome is unknown or the database is away.
    Busy(Source),
    /// A defect or a broken database; logged once at the door.
    Internal(Source),
}

/// The result of everything that can fail.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// One wrong field.
    pub fn invalid(field: impl Into<String>, why: Msg) -> Error {
        Error::Invalid(vec![Violation::new(field, why)])
    }

    /// A defect: something that cannot be, is.
    pub fn defect(what: impl fmt::Display) -> Error {
        Error::Internal(what.to_string().into())
    }

    /// The text for people.
    pub fn text(&self, lang: Lang) -> String {
        match self {
            Error::NotFound(m)
            | Error::Exists(m)
            | Error::Refused(_, m)
            | Error::Forbidden(m)
            | Error::Unauthenticated(m)
            | Error::Unimplemented(m)
            | Error::Throttled(_, m) => m.text(lang),
            Error::Invalid(fields) => fields
                .iter()
                .map(|v| format!("{}: {}", v.field, v.why.text(lang)))
                .collect::<Vec<_>>()
                .join("; "),
            Error::Busy(_) => Msg::new("error.busy").text(lang),
            Error::Internal(_) => Msg::new("error.internal").text(lang),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Busy(source) => write!(f, "try again: {source}"),
            Error::Internal(source) => write!(f, "internal error: {source}"),
            Error::NotFound(_)
            | Error::Exists(_)
            | Error::Invalid(_)
            | Error::Refused(..)
            | Error::Forbidden(_)
            | Error::Unauthenticated(_)
            | Error::Unimplemented(_)
            | Error::Throttled(..) => f.write_str(&self.text(Lang::En)),
        }
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(source: std::io::Error) -> Error {
        Error::Internal(source.into())
    }
}
