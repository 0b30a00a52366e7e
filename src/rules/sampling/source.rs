//! Where chance comes from: public sources named in one line, and integers hashed from it.

use std::num::NonZeroU64;

use sha2::{Digest, Sha256};

use crate::{model::Msg, msg};

/// The fewest digits a `dice:` source may have: ten to the twentieth is beyond trying out.
pub const DICE_DIGITS_MIN: usize = 20;

/// The longest sources line, in bytes.
pub const SOURCES_BYTES_MAX: usize = 4096;

/// The seed of a sources line: SHA-256 of its bytes without a line end, as 64 hex digits.
///
/// # Errors
/// As [`check_sources`].
pub fn seed_of_sources(line: &str) -> Result<String, Msg> {
    check_sources(line)?;
    Ok(hex::encode(Sha256::digest(line)))
}

/// Checks a sources line: `dice:DIGITS`, `beacon:NAME/ROUND/HEX`, `nonce:HEX` and `demo:N`,
/// joined by `;`.
///
/// # Errors
/// Names the first source that breaks its form, by its place in the line.
pub fn check_sources(line: &str) -> Result<(), Msg> {
    if line.len() > SOURCES_BYTES_MAX {
        return Err(msg!("draw.sources_long", bytes = line.len(), limit = SOURCES_BYTES_MAX));
    }
    if line.contains(['\n', '\r']) {
        return Err(msg!("draw.sources_line_end"));
    }
    (1_usize..).zip(line.split(';')).try_for_each(|(at, source)| check_source(at, source))
}

fn check_source(at: usize, source: &str) -> Result<(), Msg> {
    let Some((kind, value)) = source.split_once(':') else {
        return Err(msg!("draw.source_kind", place = at));
    };
    match kind {
        "dice" if !is_digits(value) || value.len() < DICE_DIGITS_MIN => {
            Err(msg!("draw.source_dice", place = at, least = DICE_DIGITS_MIN))
        }
        "beacon" if !is_beacon(value) => Err(msg!("draw.source_beacon", place = at)),
        "nonce" if !is_hex(value) => Err(msg!("draw.source_nonce", place = at)),
        "demo" if !is_digits(value) => Err(msg!("draw.source_demo", place = at)),
        "dice" | "beacon" | "nonce" | "demo" => Ok(()),
        _ => Err(msg!("draw.source_kind", place = at)),
    }
}

fn is_beacon(value: &str) -> bool {
    let parts: Vec<&str> = value.split('/').collect();
    let [name, round, pulse] = parts[..] else { return false };
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !name.is_empty() && name.chars().all(word) && is_digits(round) && is_hex(pulse)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// U(label, k, m): an integer from 0 to m - 1, every one equally likely.
///
/// The first 8 bytes, big-endian, of SHA-256(`seed|label|k|t`) for t = 0, 1, … until the value is
/// below m x floor(2^64 / m); then modulo m.
pub fn uniform(seed: &str, label: &str, k: u64, m: NonZeroU64) -> u64 {
    let m = u128::from(m.get());
    let limit = (1_u128 << 64) / m * m;
    let mut t = 0_u64;
    loop {
        let hash = Sha256::digest(format!("{seed}|{label}|{k}|{t}"));
        let value = hash.iter().take(8).fold(0_u128, |sum, byte| sum << 8 | u128::from(*byte));
        if value < limit {
            return u64::try_from(value % m).unwrap_or_default();
        }
        t += 1;
    }
}
