//! What is wrong with an input: one line a field, so that a person mends all of it at once.

pub use crate::model::Violation;

/// `Ok` when nothing was found wrong.
///
/// # Errors
/// The violations, when there are any.
pub fn none_of(found: Vec<Violation>) -> Result<(), Vec<Violation>> {
    if found.is_empty() { Ok(()) } else { Err(found) }
}
