//! What is wrong with an input: one line a field, so that a person mends all of it at once.

pub use crate::model::Violation;

/// `Ok` when nothing was found wrong.
///
/// # Errors
/// The violations, when there are any.
pub fn none_of(found: Vec<Violation>) -> Result<(), Vec<Violation>> {
    if found.is_empty() { Ok(()) } else { Err(found) }
}

/// Whether a text holds control characters other than line ends and tabs; U+0000 among them, which
/// PostgreSQL cannot store.
pub fn has_control(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}
