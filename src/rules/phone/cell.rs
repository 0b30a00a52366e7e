//! A cell of a spreadsheet that may hold several numbers, and words about whose they are.

use super::{Phone, parse, plain};
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

/// All numbers of a cell, in order, each once; none where the cell says there is none.
///
/// Numbers are separated by `/ 、 , ; |`, a line end, a word such as `父亲`, or a space. Spaces
/// also group the digits of one number: they separate only where that gives one reading.
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
    for chunk in chunks(trimmed) {
        for phone in several(chunk.trim(), area)? {
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
    Ok(phones)
}

/// The parts between hard separators and labels that hold anything but brackets.
fn chunks(text: &str) -> Vec<String> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return vec![text.to_owned()];
    }
    // Line ends separate, but the plain form knows only spaces.
    let mut marked = plain(&text.replace(['\n', '\r'], ";"));
    for label in LABELS {
        if marked.contains(label) {
            marked = marked.replace(label, ";");
        }
    }
    marked
        .split(['/', '\\', '、', '。', ',', ';', '|', ':', '&'])
        .filter(|part| part.chars().any(|c| !matches!(c, ' ' | '(' | ')' | '-' | '[' | ']')))
        .map(|part| part.trim().to_owned())
        .collect()
}

/// One number, or several written with spaces between them.
fn several(chunk: &str, area: Option<&str>) -> Result<Vec<Phone>, Msg> {
    let whole = parse(chunk, area);
    let groups: Vec<&str> = chunk.split_whitespace().collect();
    if whole.is_ok() || groups.len() < 2 {
        return whole.map(|phone| vec![phone]);
    }
    if groups.len() > GROUPS_MAX {
        return Err(msg!("phone.groups"));
    }
    let mut readings = Vec::new();
    read(&groups, area, &mut Vec::new(), &mut readings);
    match readings.len() {
        0 => whole.map(|phone| vec![phone]),
        1 => Ok(readings.remove(0)),
        _ => Err(msg!("phone.groups")),
    }
}

/// Every way to read the groups as whole numbers, one after another.
fn read(
    groups: &[&str],
    area: Option<&str>,
    before: &mut Vec<Phone>,
    readings: &mut Vec<Vec<Phone>>,
) {
    if groups.is_empty() {
        readings.push(before.clone());
        return;
    }
    for length in 1..=groups.len().min(4) {
        if let Ok(phone) = parse(&groups[..length].join(" "), area) {
            before.push(phone);
            read(&groups[length..], area, before, readings);
            before.pop();
        }
    }
}
