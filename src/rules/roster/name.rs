//! The name of a person as it is kept.

use super::NAME_MAX;
use crate::{model::Msg, msg, rules::phone};

/// A name as it is kept: trimmed, and without the spaces that align Chinese names of two
/// characters with those of three. Names are never otherwise changed.
pub(super) fn clean_name(text: &str) -> Result<String, Msg> {
    let text = text.trim();
    if text.chars().count() > NAME_MAX {
        return Err(msg!("roster.name_long", limit = NAME_MAX));
    }
    if text.chars().any(char::is_control) {
        return Err(msg!("roster.name_control"));
    }
    if !text.chars().any(char::is_alphabetic) || phone::parse(text, None).is_ok() {
        return Err(msg!("roster.name_digits"));
    }
    let chinese =
        text.chars().all(|c| c.is_whitespace() || ('\u{2e80}'..='\u{3ffff}').contains(&c));
    Ok(if chinese {
        text.chars().filter(|c| !c.is_whitespace()).collect()
    } else {
        text.to_owned()
    })
}
