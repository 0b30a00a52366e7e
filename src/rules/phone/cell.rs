//! A cell of a spreadsheet that may hold several numbers, and words about whose they are.

use std::ops::Range;

use super::{Phone, TEXT_MAX, parse, plain};
use crate::{model::Msg, msg};

/// The most numbers one cell may hold.
pub const PHONES_PER_CELL_MAX: usize = 8;

/// The most groups that are tried as several numbers written with spaces.
const GROUPS_MAX: usize = 12;

/// Words that say whose number it is or what kind; they end the number before them.
const LABELS: [&str; 38] = [
    "父亲",
    "父親",
    "母亲",
    "母親",
    "爸爸",
    "妈妈",
    "媽媽",
    "爷爷",
    "爺爺",
    "奶奶",
    "外公",
    "外婆",
    "姥姥",
    "姥爷",
    "姥爺",
    "祖父",
    "祖母",
    "监护人",
    "監護人",
    "家长",
    "家長",
    "本人",
    "手机",
    "手機",
    "电话",
    "電話",
    "固话",
    "固話",
    "座机",
    "座機",
    "家里",
    "家裡",
    "号码",
    "號碼",
    "父",
    "母",
    "爸",
    "妈",
];

/// What people write where there is no number.
const NONE: [&str; 12] =
    ["无", "無", "没有", "沒有", "暂无", "暫無", "none", "n/a", "na", "null", "nil", "-"];

/// What separates numbers, in plain form; line ends do too.
const HARD: [char; 8] = ['/', '\\', '、', '。', ',', ';', '|', '&'];

/// All numbers of a cell, in order, each once; none where the cell says there is none.
///
/// Numbers are separated by `/ 、 , ; |`, a line end, a word such as `父亲`, or a space. Spaces
/// also group the digits of one number: they separate only where that gives one reading. The
/// original of a number is its part of the cell as it stands, with the word that goes with it.
///
/// # Errors
/// Any part that is not a number ([`parse`]), more than [`PHONES_PER_CELL_MAX`], or spaces that
/// can be read in several ways.
pub fn parse_cell(text: &str, area: Option<&str>) -> Result<Vec<Phone>, Msg> {
    let trimmed = text.trim();
    if trimmed.is_empty() || NONE.contains(&trimmed.to_lowercase().as_str()) {
        return Ok(Vec::new());
    }
    let mut phones: Vec<Phone> = Vec::new();
    for piece in pieces(trimmed) {
        for (at, number) in piece.numbers.iter().enumerate() {
            let mut found = several(&trimmed[number.clone()], area)?;
            if let [phone] = &mut found[..] {
                phone.original = piece.original(trimmed, at);
            }
            for phone in found {
                let known = phones
                    .iter()
                    .any(|seen| seen.e164 == phone.e164 && seen.extension == phone.extension);
                if !known {
                    phones.push(phone);
                }
            }
            if phones.len() > PHONES_PER_CELL_MAX {
                return Err(msg!("phone.many", limit = PHONES_PER_CELL_MAX));
            }
        }
    }
    Ok(phones)
}

/// A part of a cell between hard separators, as ranges of its bytes.
struct Piece {
    all: Range<usize>,
    /// What stands between its labels and holds anything but brackets.
    numbers: Vec<Range<usize>>,
}

impl Piece {
    /// The number with the labels that go with it: all of them where it is alone.
    fn original(&self, text: &str, at: usize) -> String {
        let number = &self.numbers[at];
        let start = match at.checked_sub(1) {
            None => self.all.start,
            Some(before) if self.leads(text, before) => self.numbers[before].end,
            Some(_) => number.start,
        };
        let end = match self.numbers.get(at + 1) {
            None => self.all.end,
            Some(_) if self.leads(text, at) => number.end,
            Some(next) => next.start,
        };
        let wide = text[start..end].trim_matches(|c: char| c.is_whitespace() || ":：".contains(c));
        // Brackets cut off here belong to the label of another number.
        let wide = if at > 0 { wide.trim_start_matches(CLOSING) } else { wide };
        let last = at + 1 == self.numbers.len();
        let wide = if last { wide } else { wide.trim_end_matches(OPENING) };
        if wide.chars().count() > TEXT_MAX { &text[number.clone()] } else { wide }.to_owned()
    }

    /// Whether the label behind a number goes with the next: where the first has its own before
    /// it, or a space stands before the label and none behind.
    fn leads(&self, text: &str, at: usize) -> bool {
        let first = &text[self.all.start..self.numbers[0].start];
        let between = &text[self.numbers[at].end..self.numbers[at + 1].start];
        let apart = between.starts_with(char::is_whitespace);
        first.chars().any(char::is_alphabetic) || (apart && !between.ends_with(char::is_whitespace))
    }
}

/// Brackets that open something, typed in either width.
const OPENING: [char; 3] = ['(', '（', ' '];

/// Brackets that close something.
const CLOSING: [char; 3] = [')', '）', ' '];

/// The parts between hard separators. Separators and labels are looked for in the plain form, but
/// what is between them is cut out of the text as it was typed.
fn pieces(text: &str) -> Vec<Piece> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        let all = 0..text.len();
        return vec![Piece { all: all.clone(), numbers: vec![all] }];
    }
    let (normal, chars) = plain_with_places(text);
    let mut cut = Cutter { text, pieces: Vec::new(), numbers: Vec::new(), piece: 0, number: 0 };
    let mut labelled = 0;
    for (at, place) in chars.iter().enumerate() {
        let (raw, start) = (place.raw, place.plain);
        let raw_end = chars.get(at + 1).map_or(text.len(), |next| next.raw);
        let end = chars.get(at + 1).map_or(normal.len(), |next| next.plain);
        let mut own = normal[start..end].chars();
        // A character that stands for several, such as a fraction, separates nothing.
        let single = own.next().filter(|_| own.next().is_none());
        if text[raw..].starts_with(['\n', '\r']) || single.is_some_and(|c| HARD.contains(&c)) {
            cut.piece_ends(raw, raw_end);
        } else if start < labelled || single == Some(':') {
            cut.number_ends(raw, raw_end);
        } else if let Some(label) = LABELS.iter().find(|label| normal[start..].starts_with(**label))
        {
            labelled = start + label.len();
            cut.number_ends(raw, raw_end);
        }
    }
    cut.piece_ends(text.len(), text.len());
    cut.pieces
}

/// Where a character stands in the text, and in its plain form.
struct At {
    raw: usize,
    plain: usize,
}

fn plain_with_places(text: &str) -> (String, Vec<At>) {
    let mut normal = String::with_capacity(text.len());
    let mut places = Vec::with_capacity(text.len());
    for (raw, c) in text.char_indices() {
        places.push(At { raw, plain: normal.len() });
        if c.is_ascii() {
            normal.push(c);
        } else {
            normal.push_str(&plain(c.encode_utf8(&mut [0; 4])));
        }
    }
    (normal, places)
}

/// Collects pieces while a text is gone through.
struct Cutter<'t> {
    text: &'t str,
    pieces: Vec<Piece>,
    numbers: Vec<Range<usize>>,
    /// Where the piece begins.
    piece: usize,
    /// Where what may be a number begins.
    number: usize,
}

impl Cutter<'_> {
    fn number_ends(&mut self, at: usize, next: usize) {
        let (start, part) = (self.number, &self.text[self.number..at]);
        self.number = next;
        if plain(part).chars().all(|c| matches!(c, ' ' | '(' | ')' | '-' | '[' | ']')) {
            return;
        }
        let from = part.len() - part.trim_start_matches(CLOSING).len();
        let to = part.trim_end_matches(OPENING).len();
        self.numbers.push(start + from..start + to);
    }

    fn piece_ends(&mut self, at: usize, next: usize) {
        self.number_ends(at, next);
        let numbers = std::mem::take(&mut self.numbers);
        if !numbers.is_empty() {
            self.pieces.push(Piece { all: self.piece..at, numbers });
        }
        self.piece = next;
    }
}

/// One number, or several written with spaces between them.
fn several(chunk: &str, area: Option<&str>) -> Result<Vec<Phone>, Msg> {
    let whole = parse(chunk, area);
    let groups = groups(chunk);
    if whole.is_ok() || groups.len() < 2 {
        return whole.map(|phone| vec![phone]);
    }
    if groups.len() > GROUPS_MAX {
        return Err(msg!("phone.groups"));
    }
    let mut readings = Vec::new();
    read(chunk, &groups, area, &mut Vec::new(), &mut readings);
    match readings.len() {
        0 => whole.map(|phone| vec![phone]),
        1 => Ok(readings.remove(0)),
        _ => Err(msg!("phone.groups")),
    }
}

/// Where the groups between spaces stand.
fn groups(chunk: &str) -> Vec<Range<usize>> {
    let mut from = 0;
    let place = |group: &str| {
        // Only spaces lie between the last group and this one.
        let start = from + chunk[from..].find(group).unwrap_or_default();
        from = start + group.len();
        start..from
    };
    chunk.split_whitespace().map(place).collect()
}

/// Every way to read the groups as whole numbers, one after another.
fn read(
    chunk: &str,
    groups: &[Range<usize>],
    area: Option<&str>,
    before: &mut Vec<Phone>,
    readings: &mut Vec<Vec<Phone>>,
) {
    let Some(first) = groups.first() else {
        readings.push(before.clone());
        return;
    };
    for length in 1..=groups.len().min(4) {
        if let Ok(phone) = parse(&chunk[first.start..groups[length - 1].end], area) {
            before.push(phone);
            read(chunk, &groups[length..], area, before, readings);
            before.pop();
        }
    }
}
