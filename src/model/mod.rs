//! The nouns: plain values that every room shares. Nothing here does I/O or knows a database.

mod case;
mod event;
mod msg;
mod roster;
mod survey;

pub use case::{
    AttemptRow, CaseRow, CellRow, DraftRow, InterviewRow, QuarantineRow, RatingRow, queue, state,
};
pub use event::Event;
pub use msg::{Lang, Msg, Violation};
pub use roster::{
    DrawRow, ImportRow, LineBody, LineRow, StoredPhone, StratumRow, TargetRow, UnitPhoneRow,
    UnitRow,
};
pub use survey::{Caller, RequestKey, Role, SurveyRow, SurveyState};
