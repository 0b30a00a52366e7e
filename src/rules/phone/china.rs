//! Numbers in China: mobiles, and landlines by area code.

use crate::{model::Msg, msg};

/// A mobile: `1`, a digit from 3 to 9, nine more.
pub(super) fn is_mobile(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    bytes.len() == 11 && bytes[0] == b'1' && (b'3'..=b'9').contains(&bytes[1])
}

/// Length of the area code (without its zero) at the start of a national number. The ranges are
/// the first two digits of the four-digit codes in use.
fn area_length(digits: &str) -> Option<usize> {
    let two: u8 = digits.get(..2)?.parse().ok()?;
    match two {
        10 | 20..=25 | 27..=29 => Some(2),
        31 | 33..=35 | 37 | 39 | 41..=43 | 45..=48 | 51..=59 | 63 | 66 | 69..=77 | 79 => Some(3),
        81..=83 | 85 | 87..=91 | 93..=95 | 97..=99 => Some(3),
        _ => None,
    }
}

/// Checks an area code as a setting; answers it without its zero.
///
/// # Errors
/// Anything but a known area code of three or four digits with its zero, such as `010`, `0536`.
pub fn area_code(text: &str) -> Result<&str, Msg> {
    let known = text.trim().strip_prefix('0').filter(|digits| {
        digits.bytes().all(|b| b.is_ascii_digit()) && area_length(digits) == Some(digits.len())
    });
    known.ok_or_else(|| msg!("phone.area_setting"))
}

/// Whether a number with a leading zero has its first mark elsewhere than behind its area code.
pub(super) fn breaks_area(first: &str, digits: &str) -> bool {
    let bare = digits.strip_prefix('0').unwrap_or_default();
    let broken = area_length(bare).is_some_and(|length| length + 1 != first.len());
    broken && first.len() < digits.len() && !is_mobile(bare)
}

/// Digits after the `+` of a national number. `abroad` = it came with `+86` or `0086`, so that the
/// area code may stand without its zero. `area` is a setting checked by [`area_code`] or not.
pub(super) fn national(digits: &str, abroad: bool, area: Option<&str>) -> Result<String, Msg> {
    let bare = digits.strip_prefix('0').unwrap_or(digits);
    if is_mobile(bare) {
        return Ok(format!("86{bare}"));
    }
    if bare.len() == 13 && bare.strip_prefix("86").is_some_and(is_mobile) {
        return Ok(bare.to_owned());
    }
    if bare.len() == 10 && (bare.starts_with("400") || bare.starts_with("800")) {
        return Err(msg!("phone.service"));
    }
    if digits.starts_with('0') || (abroad && digits.len() > 8) {
        return landline(bare).map(|number| format!("86{number}"));
    }
    match (digits.len(), area) {
        (..=6, _) => Err(msg!("phone.short", digits = digits.len())),
        (7 | 8, Some(area)) if !abroad => {
            landline(&format!("{}{digits}", area_code(area)?)).map(|number| format!("86{number}"))
        }
        (7 | 8, _) => Err(msg!("phone.no_area")),
        (11, _) if digits.starts_with('1') => Err(msg!("phone.mobile_prefix")),
        (9..=11, _) if area_length(digits).is_some() && landline(digits).is_ok() => {
            Err(msg!("phone.no_zero"))
        }
        (found, _) => Err(msg!("phone.length", digits = found)),
    }
}

/// Area code and local number, without the zero. Three-digit area codes (with the zero) have
/// local numbers of 8 digits, the others of 7 or 8; none begins with 0, 1 or 9.
fn landline(digits: &str) -> Result<&str, Msg> {
    let Some(length) = area_length(digits) else { return Err(msg!("phone.area_unknown")) };
    // a number may end inside its area code
    let local = digits.get(length..).unwrap_or_default();
    let fits = local.len() == 8 || (length == 3 && local.len() == 7);
    if !fits {
        return Err(msg!("phone.local_length", digits = local.len()));
    }
    match local.as_bytes().first() {
        Some(b'2'..=b'8') => Ok(digits),
        _ => Err(msg!("phone.local_prefix")),
    }
}
