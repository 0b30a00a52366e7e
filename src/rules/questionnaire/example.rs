//! One working questionnaire a survey kind, as `questionnaire init` writes it.

use super::Kind;

/// The example file of a kind, YAML with Chinese and English texts. The call-back number in it is
/// a placeholder to replace.
pub fn example(kind: Kind) -> &'static str {
    match kind {
        Kind::Parents => include_str!("parents.yaml"),
        Kind::Contacts => include_str!("contacts.yaml"),
    }
}
