//! Proto ⇄ the house's own words. Documents (questionnaire, scheme) pass as JSON of the same shape as
//! their files, so that the rules that read files judge them too.

mod document;
mod fieldwork;
mod rating;
mod survey;

pub use document::{questionnaire_json, questionnaire_message, scheme_json, scheme_message};
pub use fieldwork::{
    assignment_message, attempt_message, attempt_receipt, empty_message, lease_of, submit_receipt,
    target_message,
};
pub use rating::{ratings_json, ratings_message};
pub use survey::{draw_message, settings_row, survey_message};
