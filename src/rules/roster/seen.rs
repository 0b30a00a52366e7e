//! What was seen before: the same pupil twice, the same phone in one class, a phone on many lines.
//!
//! Hashes instead of texts, so that 1,000,000 lines need about 100 MB.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::{
    Line, Place,
    words::{without_honorific, without_remark},
};
use crate::{model::Msg, msg, rules::phone::Phone};

/// Twelve bytes of a SHA-256: among 10,000,000 lines two are equal by chance once in 10^15.
pub type Hash12 = [u8; 12];

/// Where a line stands, in eight bytes.
#[derive(Clone, Copy, Debug)]
struct At {
    sheet: u32,
    line: u32,
}

/// Remembers the lines accepted so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    sheets: Vec<String>,
    /// By stratum and number.
    numbers: HashMap<Hash12, At>,
    /// By stratum and phone: the first line, and four bytes of its name's hash.
    phones: HashMap<Hash12, (At, [u8; 4])>,
    /// By stratum, phone and name, for the second and later names of a phone.
    others: HashMap<Hash12, At>,
}

impl Seen {
    /// Checks a line against those before it and remembers it. `stratum` is its class or staff.
    /// Answers the places of lines in the stratum with the same phone and another name.
    ///
    /// # Errors
    /// The line is there already: same number, or same name and phone. Names the first place.
    pub fn check(&mut self, stratum: &str, line: &Line) -> Result<Vec<Place>, Msg> {
        let at = self.at(&line.place);
        let number = (!line.number.is_empty()).then(|| hash(&["n", stratum, &line.number]));
        if let Some(first) = number.and_then(|hash| self.numbers.get(&hash)) {
            return Err(msg!("roster.duplicate_number", place = self.place(*first)));
        }
        let name = compared_name(&line.name);
        let short = first_four(&hash(&[&name]));
        let mut twins: Vec<Place> = Vec::new();
        for phone in &line.phones {
            let Some((first, first_name)) = self.phones.get(&phone_hash(stratum, phone)) else {
                continue;
            };
            let same = if *first_name == short {
                Some(*first)
            } else {
                self.others.get(&named_hash(stratum, phone, &name)).copied()
            };
            if let Some(same) = same {
                return Err(msg!("roster.duplicate_name", place = self.place(same)));
            }
            twins.push(self.place(*first));
        }
        let bare = line.phones.is_empty() && line.number.is_empty();
        let first = self.others.get(&hash(&["x", stratum, &name])).copied();
        if let Some(first) = first.filter(|_| bare) {
            return Err(msg!("roster.duplicate_name", place = self.place(first)));
        }
        self.remember(stratum, line, &name, number, at);
        twins.dedup();
        Ok(twins)
    }

    fn remember(&mut self, stratum: &str, line: &Line, name: &str, number: Option<Hash12>, at: At) {
        if let Some(hash) = number {
            self.numbers.insert(hash, at);
        }
        let short = first_four(&hash(&[name]));
        for phone in &line.phones {
            let key = phone_hash(stratum, phone);
            if self.phones.entry(key).or_insert((at, short)).1 != short {
                self.others.insert(named_hash(stratum, phone, name), at);
            }
        }
        if line.phones.is_empty() && line.number.is_empty() {
            self.others.insert(hash(&["x", stratum, name]), at);
        }
    }

    fn at(&mut self, place: &Place) -> At {
        if self.sheets.last() != Some(&place.sheet) {
            self.sheets.push(place.sheet.clone());
        }
        let sheet = u32::try_from(self.sheets.len() - 1).unwrap_or(u32::MAX);
        At { sheet, line: u32::try_from(place.line).unwrap_or(u32::MAX) }
    }

    fn place(&self, at: At) -> Place {
        let sheet = self.sheets.get(at.sheet as usize).cloned().unwrap_or_default();
        Place { sheet, line: u64::from(at.line) }
    }
}

/// A name without what says how somebody is called: `李梅老师`, `李梅（语文）`.
fn called(name: &str) -> &str {
    without_honorific(without_remark(name.trim()))
}

/// Names are compared without the spaces people put between characters, and in lower case.
pub fn compared_name(name: &str) -> String {
    let name = called(name);
    name.split_whitespace().flat_map(|part| part.chars()).flat_map(char::to_lowercase).collect()
}

/// Twelve bytes of a hash over texts, each with its length before it.
pub fn hash(parts: &[&str]) -> Hash12 {
    let mut all = Sha256::new();
    for part in parts {
        all.update((part.len() as u64).to_be_bytes());
        all.update(part);
    }
    let mut short = [0; 12];
    short.copy_from_slice(&all.finalize()[..12]);
    short
}

fn first_four(hash: &Hash12) -> [u8; 4] {
    [hash[0], hash[1], hash[2], hash[3]]
}

fn phone_hash(stratum: &str, phone: &Phone) -> Hash12 {
    hash(&["p", stratum, &phone.e164, phone.extension.as_deref().unwrap_or_default()])
}

fn named_hash(stratum: &str, phone: &Phone, name: &str) -> Hash12 {
    hash(&["o", stratum, &phone.e164, phone.extension.as_deref().unwrap_or_default(), name])
}

/// Counts the lines of each phone over all rosters of a survey, for the setting
/// `max_lines_per_phone`: count every accepted line first, then ask for each.
///
/// Eight bytes of a hash a phone; an extension is another phone than its switchboard.
#[derive(Clone, Debug, Default)]
pub struct PhoneCounter {
    lines: HashMap<[u8; 8], u32>,
}

impl PhoneCounter {
    /// Counts a line's phones, each once.
    pub fn count(&mut self, phones: &[Phone]) {
        let mut keys: Vec<_> = phones.iter().map(counted).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let lines = self.lines.entry(key).or_default();
            *lines = lines.saturating_add(1);
        }
    }

    /// The lines that a phone is on.
    pub fn lines(&self, phone: &Phone) -> u32 {
        self.lines.get(&counted(phone)).copied().unwrap_or_default()
    }

    /// Why a line is held: one of its phones is on more than `limit` lines. `None` if it is not.
    pub fn held(&self, phones: &[Phone], limit: u32) -> Option<Msg> {
        let most = phones.iter().map(|phone| self.lines(phone)).max().unwrap_or_default();
        (most > limit).then(|| msg!("roster.held", lines = most, limit = limit))
    }
}

fn counted(phone: &Phone) -> [u8; 8] {
    let all = hash(&[&phone.e164, phone.extension.as_deref().unwrap_or_default()]);
    let mut key = [0; 8];
    key.copy_from_slice(&all[..8]);
    key
}
