//! Telephone numbers: read into E.164, or refused by name; a number is never guessed.
//!
//! China has its own rules here (mobile, landline with area code, extension); numbers of other
//! countries need their `+` or `00` and are checked for length only. 400, 800 and other service
//! numbers are refused: nobody's parent answers there.

mod cell;
mod china;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::{model::Msg, msg};

pub use cell::{PHONES_PER_CELL_MAX, parse_cell};
pub use china::area_code;

/// One number to dial.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Phone {
    /// `+`, country code, national number: 8 to 15 digits.
    pub e164: String,
    /// As it was written.
    pub original: String,
    /// Extension behind a switchboard, 1 to 6 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
}

/// The longest text that can be one number, in characters.
const TEXT_MAX: usize = 64;

/// Reads one number. `area` is the area code of numbers written without one, with its zero
/// (`0536`, see [`area_code`]); without it such numbers are refused.
///
/// Full-width digits, spaces, hyphens, brackets, invisible marks, a leading zero before a mobile,
/// `86`, `+86` and `0086` are understood. An extension is `转801`, `ext 801`, `x801`, `#801`, or a
/// last group `-801` where the rest is a whole landline and the two together are none.
///
/// # Errors
/// Letters, points and scientific notation, wrong lengths, unknown area codes, service numbers,
/// a mobile with an extension. No message repeats the number.
pub fn parse(text: &str, area: Option<&str>) -> Result<Phone, Msg> {
    let original = text.trim();
    if original.chars().count() > TEXT_MAX {
        return Err(msg!("phone.long", limit = TEXT_MAX));
    }
    let plain = plain(original);
    let (main, marked) = split_marked(&plain);
    check_characters(main)?;
    let phone = |e164: String, extension: Option<&str>| Phone {
        e164,
        original: original.to_owned(),
        extension: extension.map(str::to_owned),
    };
    if let Some(extension) = marked {
        let digits = extension.trim().trim_start_matches(['.', ':', ' ', '-']);
        check_extension(digits)?;
        return Ok(phone(with_extension(main, area)?, Some(digits)));
    }
    let whole = number(main, area);
    match hyphen_extension(main) {
        None => Ok(phone(whole?, None)),
        Some((rest, extension)) => match (whole, switchboard(rest, area)) {
            (Ok(_), Some(_)) => Err(msg!("phone.extension_unclear")),
            (Err(_), Some(e164)) => Ok(phone(e164, Some(extension))),
            (whole, None) => Ok(phone(whole?, None)),
        },
    }
}

/// NFKC, with every dash as `-` and without invisible marks, which address books paste along.
fn plain(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    text.nfkc()
        .filter(|c| {
            !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
        })
        .map(|c| match c {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            c if c.is_whitespace() => ' ',
            c => c,
        })
        .collect()
}

/// Number and marked extension, which stands behind digits. Longer marks come first.
fn split_marked(text: &str) -> (&str, Option<&str>) {
    const MARKS: [&str; 10] =
        ["分机号", "分機號", "分机", "分機", "内线", "內線", "转", "轉", "#", "ext"];
    let lower = text.to_ascii_lowercase();
    for mark in MARKS.into_iter().chain(["x"]) {
        // Lowering ASCII keeps every byte offset.
        let digits = |at: &usize| lower[..*at].bytes().any(|b| b.is_ascii_digit());
        if let Some(at) = lower.find(mark).filter(digits) {
            return (&text[..at], Some(&text[at + mark.len()..]));
        }
    }
    (text, None)
}

fn check_extension(digits: &str) -> Result<(), Msg> {
    if (1..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) {
        Ok(())
    } else {
        Err(msg!("phone.extension"))
    }
}

/// The main number of an extension, which must be a landline: a mobile has no switchboard.
fn with_extension(main: &str, area: Option<&str>) -> Result<String, Msg> {
    let e164 = number(main, area)?;
    match e164.strip_prefix("+86") {
        Some(national) if china::is_mobile(national) => Err(msg!("phone.mobile_extension")),
        _ => Ok(e164),
    }
}

/// The Chinese landline that a last hyphen group could be the extension of; groups of numbers
/// abroad are short, and theirs are never taken for extensions.
fn switchboard(rest: &str, area: Option<&str>) -> Option<String> {
    with_extension(rest, area).ok().filter(|e164| e164.starts_with("+86"))
}

/// The last hyphen group where it is short enough for an extension.
fn hyphen_extension(main: &str) -> Option<(&str, &str)> {
    let (rest, last) = main.rsplit_once('-')?;
    let last = last.trim();
    check_extension(last).ok().map(|()| (rest, last))
}

/// Only digits, one leading `+` and separators may be in a number.
fn check_characters(text: &str) -> Result<(), Msg> {
    let body = text.trim_start_matches([' ', '(', '-']);
    let body = body.strip_prefix('+').unwrap_or(body);
    let Some(bad) = body.chars().find(|c| !matches!(c, '0'..='9' | ' ' | '-' | '(' | ')')) else {
        return Ok(());
    };
    let has = |set: &[char]| text.contains(set);
    if has(&['e', 'E']) && has(&['.', '+', '1']) && text.chars().all(is_scientific) {
        return Err(msg!("phone.scientific"));
    }
    // A letter that stands among digits can be shown; words may be somebody's name.
    if bad.is_ascii() && !bad.is_ascii_control() && text.is_ascii() {
        return Err(msg!("phone.character", character = bad));
    }
    Err(msg!("phone.words"))
}

fn is_scientific(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-' | ' ')
}

/// E.164 of a number without extension.
fn number(text: &str, area: Option<&str>) -> Result<String, Msg> {
    let plus = text.trim_start_matches([' ', '(', '-']).starts_with('+');
    let mut digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() {
        return Err(msg!("phone.none"));
    }
    if let Some(zero) = trunk_zero(text, plus) {
        digits.remove(zero);
    }
    let international = if plus { Some(digits.as_str()) } else { digits.strip_prefix("00") };
    match international.map(|digits| (digits, digits.strip_prefix("86"))) {
        Some((_, Some(national))) => china::national(national, true, None),
        Some((digits, None)) => {
            let zero = TRUNK_ZERO.split(' ').find(|code| {
                digits.strip_prefix(code).is_some_and(|national| national.starts_with('0'))
            });
            match zero {
                Some(code) => Err(msg!("phone.trunk_zero", code = code)),
                None => abroad(digits),
            }
        }
        // a mobile is never written with its first digit apart: `1-415-555-2671`
        None if digits.len() == 11 && first_group(text) == "1" => Err(msg!("phone.needs_plus")),
        // an area code is never broken: `07912 345678` is of another country
        None if china::breaks_area(first_group(text), &digits) => Err(msg!("phone.needs_plus")),
        None => china::national(&digits, false, area),
    }
    .map(|number| format!("+{number}"))
}

/// The digits before the first mark of a number.
fn first_group(text: &str) -> &str {
    let mut groups = text.split(|c: char| !c.is_ascii_digit());
    groups.find(|group| !group.is_empty()).unwrap_or_default()
}

/// Countries whose numbers have a leading zero at home only (ITU national numbering plans).
const TRUNK_ZERO: &str = "886 81 82 84 44 49 33 41 43 46 31 32 61 64 60 62 63 66 91 92";

/// Which digit is a zero that is dialled only within the country: `(0)` right behind the country
/// code, as in `+44 (0)20 …`. Italy and its neighbours dial theirs from abroad too.
fn trunk_zero(text: &str, plus: bool) -> Option<usize> {
    let compact: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let before: String =
        compact.split_once("(0)")?.0.chars().filter(char::is_ascii_digit).collect();
    let code = if plus { Some(before.as_str()) } else { before.strip_prefix("00") }?;
    let dropped = (1..=3).contains(&code.len()) && !matches!(code, "39" | "378" | "379");
    dropped.then_some(before.len())
}

/// Digits of another country: country code first, 8 to 15 in all.
fn abroad(digits: &str) -> Result<String, Msg> {
    if digits.starts_with('0') || !(8..=15).contains(&digits.len()) {
        return Err(msg!("phone.international", digits = digits.len()));
    }
    Ok(digits.to_owned())
}

/// A number as others than the holder of the case see it: `+8613800000001` → `138****0001`.
pub fn mask(e164: &str) -> String {
    let shown = e164.strip_prefix("+86").unwrap_or(e164);
    let (head, tail) = match shown.len() {
        0..8 => (0, 0),
        8..10 => (3, 2),
        10..12 => (3, 4),
        _ => (4, 4),
    };
    let cut = shown.len() - tail;
    match (shown.get(..head), shown.get(cut..)) {
        (Some(head), Some(tail)) => format!("{head}****{tail}"),
        _ => "****".to_owned(),
    }
}
