//! The nouns: plain values that every room shares. Nothing here does I/O or knows a database.

mod event;
mod msg;
mod survey;

pub use event::Event;
pub use msg::{Lang, Msg, Violation};
pub use survey::{Caller, RequestKey, Role, SurveyRow, SurveyState};
