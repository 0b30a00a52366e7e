//! What was seen before: the same pupil twice, the same phone in one class, a phone on many lines.
//!
//! Hashes instead of texts, so that 1,000,000 lines need about 100 MB.

use std::collections::HashMap;

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use super::{
    Line, Place,
    nobody::{without_honorific, without_remark},
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
    /// By stratum, phone and name, for the second and later names of a phone; by stratum and name for
    /// lines without a number.
    others: HashMap<Hash12, At>,
}

impl Seen {
    /// Checks a line against those before it and remembers it. `stratum` is its class or staff.
    /// Answers what is to be known of it: lines in the stratum with the same phone and another name, or
    /// with the same name, another phone and no number.
    ///
    /// # Errors
    /// The line is there already: same number, or same name and phone. Names the first place.
    pub fn check(&mut self, stratum: &str, line: &Line) -> Result<Vec<Msg>, Msg> {
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
        twins.dedup();
        let mut notes: Vec<Msg> =
            twins.into_iter().map(|twin| msg!("roster.twins", place = twin)).collect();
        // one pupil on two lines, or two of one name: nobody can tell
        let again = self.others.get(&same_name(stratum, &name)).filter(|_| number.is_none());
        notes.extend(again.map(|first| msg!("roster.same_name", place = self.place(*first))));
        self.remember(stratum, line, &name, number, at);
        Ok(notes)
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
        if number.is_none() && !line.phones.is_empty() {
            self.others.entry(same_name(stratum, name)).or_insert(at);
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

/// A name without how somebody is called (`李梅老师`) and without spaces, in lower case; and what brackets
/// behind it say.
pub(super) fn name_and_remark(name: &str) -> (String, String) {
    let name = name.trim();
    let bare = without_remark(name);
    let remark = name[bare.len()..].nfkc().flat_map(char::to_lowercase);
    let called = without_honorific(bare);
    let called = called.split_whitespace().flat_map(|part| part.chars());
    (
        called.flat_map(char::to_lowercase).collect(),
        remark.filter(|c| c.is_alphanumeric()).collect(),
    )
}

/// Names are compared without the spaces people put between characters, and in lower case. What stands
/// in brackets tells people of one name apart: `王伟（大）`, `王伟（小）`.
pub fn compared_name(name: &str) -> String {
    match name_and_remark(name) {
        (bare, remark) if remark.is_empty() => bare,
        (bare, remark) => format!("{bare}({remark})"),
    }
}

/// Whether two names may be one person's: the same name, and brackets that do not tell them apart.
pub fn may_be_one(a: &str, b: &str) -> bool {
    let ((a, of_a), (b, of_b)) = (name_and_remark(a), name_and_remark(b));
    a == b && (of_a == of_b || of_a.is_empty() || of_b.is_empty())
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

fn same_name(stratum: &str, name: &str) -> Hash12 {
    hash(&["s", stratum, name])
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
