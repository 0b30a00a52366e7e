//! YAML files of people: read into a type, or refused with line, column and what to do, in words that
//! can be told in every language.

use crate::model::Msg;
use crate::msg;
use serde::de::DeserializeOwned;
use serde_saphyr::Error;

/// Reads a file.
///
/// # Errors
/// The first thing that is wrong, with its line and column: no YAML, an unknown or doubled key, an
/// unknown option, a missing key, a value of another kind.
pub fn read<T: DeserializeOwned>(yaml: &str) -> Result<T, Msg> {
    serde_saphyr::from_str(yaml).map_err(|error| {
        let (line, column) = error.location().map_or((0, 0), |at| (at.line(), at.column()));
        what(error.without_snippet()).with("line", line).with("column", column)
    })
}

fn listed(names: &[&'static str]) -> String {
    names.join(", ")
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the library knows dozens of errors of syntax")]
fn what(error: &Error) -> Msg {
    match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            msg!("yaml.unknown_key", key = field, known = listed(expected))
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            msg!("yaml.unknown_option", option = variant, known = listed(expected))
        }
        Error::SerdeMissingField { field, .. } => msg!("yaml.missing_key", key = field),
        Error::DuplicateMappingKey { key: Some(key), .. } => msg!("yaml.doubled_key", key = key),
        Error::SerdeInvalidType { expected, .. }
        | Error::SerdeInvalidValue { expected, .. }
        | Error::SerdeInvalidLength { expected, .. } => kind(expected),
        Error::InvalidScalar { ty, .. } => kind(ty),
        Error::Unexpected { expected, .. } => kind(expected),
        Error::ExpectedStringKeyForExternallyTaggedEnum { .. }
        | Error::ExternallyTaggedEnumExpectedScalarOrMapping { .. }
        | Error::UnexpectedValueForUnitEnumVariant { .. }
        | Error::TaggedEnumMismatch { .. } => msg!("yaml.wants_option"),
        other => msg!("yaml.syntax", detail = other),
    }
}

/// What kind of value is wanted, from the library's word for it.
fn kind(expected: &str) -> Msg {
    let expected = expected.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| expected.contains(word));
    if has(&["i64", "u64", "i32", "u32", "u16", "usize", "integer"]) {
        msg!("yaml.wants_number")
    } else if has(&["sequence"]) {
        msg!("yaml.wants_list")
    } else if has(&["map", "struct"]) {
        msg!("yaml.wants_keys")
    } else if has(&["bool"]) {
        msg!("yaml.wants_bool")
    } else if has(&["string", "str", "scalar"]) {
        msg!("yaml.wants_text")
    } else {
        msg!("yaml.wants_other", expected = expected)
    }
}
