//! The scheme file that `scheme init` writes: every setting with its options and its suggested
//! default, the three that nobody can suggest left empty.

use crate::rules::questionnaire::Kind;

/// The scheme file of a survey kind, YAML with comments. A1, A2 and A5 are empty, so it does not
/// publish as it stands.
pub fn init(kind: Kind) -> String {
    let (name, min_valid_n, lo, hi) = match kind {
        Kind::Parents => ("parents", "10", "10", "20"),
        Kind::Contacts => ("contacts", "5", "5", "10"),
    };
    include_str!("scheme.yaml")
        .replace("{name}", name)
        .replace("{min_valid_n}", min_valid_n)
        .replace("{lo}", lo)
        .replace("{hi}", hi)
}
