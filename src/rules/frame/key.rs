//! Keys: the stable names of strata and units in everything that is hashed or published.
//!
//! A key that would be personal (a name, a phone, an identity number) never gets that far: a
//! pseudonym made with the installation key stands in its place.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use unicode_normalization::{UnicodeNormalization, is_nfkc};

use super::person::InstallationKey;
use crate::{model::Msg, msg, rules::phone};

/// The longest key, in bytes.
pub const KEY_BYTES_MAX: usize = 200;

/// A clean key: NFKC, trimmed.
///
/// # Errors
/// Empty, longer than [`KEY_BYTES_MAX`], or holding `,` `"` `|`, a line end, a control character
/// or an invisible one (full-width forms count as what they stand for).
pub fn key(text: &str) -> Result<String, Msg> {
    let normal: String = text.nfkc().collect();
    let clean = normal.trim();
    check_key(clean)?;
    Ok(clean.to_owned())
}

/// Checks that a key is clean already.
///
/// # Errors
/// As [`key`], and when the text is not NFKC or not trimmed.
pub fn check_key(key: &str) -> Result<(), Msg> {
    if key.is_empty() {
        return Err(msg!("draw.key_empty"));
    }
    if key.len() > KEY_BYTES_MAX {
        return Err(msg!("draw.key_long", bytes = key.len(), limit = KEY_BYTES_MAX));
    }
    if let Some(bad) = key.chars().find(|c| !allowed(*c)) {
        return Err(msg!("draw.key_character", character = show(bad)));
    }
    if key.trim() != key || !(key.is_ascii() || is_nfkc(key)) {
        return Err(msg!("draw.key_form"));
    }
    Ok(())
}

/// A text as it may stand where a clean key does: what a key must not have is a question mark.
pub fn shown_key(text: &str) -> String {
    let normal: String = text.nfkc().map(|c| if allowed(c) { c } else { '?' }).collect();
    normal.trim().to_owned()
}

/// Quotes and separators would make `frame.csv` or a ticket ambiguous; two keys that differ only
/// in an invisible character would look the same to everybody who checks.
fn allowed(c: char) -> bool {
    let separator = matches!(c, ',' | '"' | '|' | '\u{2028}' | '\u{2029}');
    let invisible = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{feff}');
    !(separator || invisible || c.is_control())
}

/// A character as a message can show it.
fn show(c: char) -> String {
    if c.is_ascii_graphic() { c.to_string() } else { format!("U+{:04X}", u32::from(c)) }
}

/// Whether a clean key would identify a person to anyone who reads it: an identity number
/// (15 digits, 17 digits and X, or 18 digits, with or without a leading `G`), or a phone number;
/// spaces and hyphens between the digits hide neither.
pub fn looks_personal(key: &str) -> bool {
    let compact: String = key.chars().filter(|c| !(c.is_whitespace() || is_hyphen(*c))).collect();
    let digits = compact.strip_prefix(['G', 'g']).unwrap_or(&compact);
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let identity = match digits.len() {
        15 => all_digits(digits),
        18 => all_digits(digits) || digits.strip_suffix(['X', 'x']).is_some_and(all_digits),
        _ => false,
    };
    identity || [key, &compact].into_iter().any(|text| phone::parse(text, None).is_ok())
}

/// What people write between groups of digits; normal forms leave each of these as it is.
const fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// The key of a unit: the given one, or 16 hex digits of
/// HMAC-SHA-256(installation key, `unit|stratum|name|E.164 of the first phone`) where none is
/// given or the given one [`looks_personal`].
///
/// # Errors
/// As [`key`], for a given key.
pub fn unit_key(
    installation: &InstallationKey,
    stratum: &str,
    given: Option<&str>,
    name: &str,
    first_phone: &str,
) -> Result<String, Msg> {
    if let Some(kept) = public_key(given)? {
        return Ok(kept);
    }
    Ok(pseudonym(installation, &["unit", stratum, name, first_phone]))
}

/// The key of a stratum that is a person: the given number, or 16 hex digits of
/// HMAC-SHA-256(installation key, `stratum|name`) where there is none or it [`looks_personal`].
///
/// # Errors
/// As [`key`], for a given key.
pub fn stratum_key(
    installation: &InstallationKey,
    given: Option<&str>,
    name: &str,
) -> Result<String, Msg> {
    if let Some(kept) = public_key(given)? {
        return Ok(kept);
    }
    Ok(pseudonym(installation, &["stratum", name]))
}

/// The given key where it may be published.
fn public_key(given: Option<&str>) -> Result<Option<String>, Msg> {
    let Some(given) = given.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    let clean = key(given)?;
    Ok(if looks_personal(&clean) { None } else { Some(clean) })
}

fn pseudonym(installation: &InstallationKey, parts: &[&str]) -> String {
    hex::encode(&hmac(installation, &parts.join("|"))[..8])
}

/// HMAC-SHA-256 of a text under the installation key.
pub(super) fn hmac(installation: &InstallationKey, text: &str) -> [u8; 32] {
    // A key of exactly one length cannot be refused; the empty answer is never reached.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(installation) else { return [0; 32] };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}
