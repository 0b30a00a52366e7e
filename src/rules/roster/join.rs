//! The rows of a header as texts: without the numbers of questions, and two rows as one.

use super::{
    Cell, Kind, Row,
    header::digits,
    row::word,
    words::{Field, field_of, is_bare_name, is_bare_phone, is_person_header, is_phone_owner},
};

/// A header as a message shows it: on one line, no longer than it takes to find it, and without
/// digits where they may be a phone.
pub fn shown_header(header: &str) -> String {
    let mut line = header.split_whitespace().collect::<Vec<_>>().join(" ");
    if digits(&line) >= 5 {
        line = line.replace(|c: char| c.is_ascii_digit(), "*");
    }
    match line.char_indices().nth(HEADER_SHOWN_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// How much of a header is shown, in characters.
const HEADER_SHOWN_MAX: usize = 30;

/// A header as a [`word`], without the number of its question: `1、学生姓名（必填）`.
pub fn header_word(text: &str) -> String {
    let open = text.trim().trim_start_matches(['*', '＊', '(', '（', '【', '[']);
    let digits = open.len() - open.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let rest = open[digits..].trim_start();
    let marked = rest.strip_prefix(['、', '.', '．', ')', '）', ':', '：', '】', ']']);
    match marked.filter(|_| (1..=2).contains(&digits)) {
        Some(rest) => word(rest),
        None => word(text),
    }
}

/// The shown texts of a row.
pub fn texts(row: &Row) -> Vec<String> {
    row.cells.iter().map(Cell::shown).collect()
}

/// Of whom the words below a header are: `父亲` over `姓名` and `电话`, `学生信息` over `姓名`.
fn person_of(over: &str, kind: Kind) -> Option<String> {
    const ENDS: [&str; 8] =
        ["基本信息", "信息", "资料", "資料", "情况", "情況", "information", "details"];
    let text = header_word(over);
    let text = ENDS.iter().find_map(|end| text.strip_suffix(end)).unwrap_or(&text);
    let text = text.trim_end_matches(|c: char| c.is_ascii_digit() || "一二三".contains(c));
    // `父亲` has a name; `姓名` is one
    let named =
        ["姓名", "name"].iter().any(|name| field_of(&format!("{text}{name}"), kind).is_some());
    let person = match field_of(text, kind) {
        Some(Field::Staff | Field::Name | Field::Guardian) => named,
        Some(_) => false,
        None => named || is_person_header(text),
    };
    person.then(|| text.to_owned())
}

/// One header of two: what stands below says more, or is of somebody above.
fn below_of(person: Option<&str>, below: &str, kind: Kind) -> Option<String> {
    let lower = header_word(below);
    let known = field_of(&lower, kind).is_some();
    let Some(person) = person else { return known.then(|| below.to_owned()) };
    let of_person = format!("{person}{lower}");
    let own = is_bare_name(&lower) || is_bare_phone(&lower) || !known;
    Some(if own || field_of(&of_person, kind).is_some() { of_person } else { below.to_owned() })
}

/// Joins a header of two rows: below `联系电话` stand `父亲` and `母亲`, below `父亲` `姓名` and `电话`, or the
/// lower row has headers of its own. `None` unless every cell of the lower row is such a word.
pub fn join(kind: Kind, upper: &[String], lower: &[String]) -> Option<Vec<String>> {
    let header = |text: &String| {
        let text = header_word(text);
        field_of(&text, kind).is_some() || is_phone_owner(&text)
    };
    if !lower.iter().any(header) {
        return None;
    }
    let mut joined = Vec::new();
    let mut over = String::new();
    for column in 0..upper.len().max(lower.len()) {
        let above = upper.get(column).map_or("", String::as_str);
        let below = lower.get(column).map_or("", String::as_str);
        if !above.is_empty() {
            above.clone_into(&mut over);
        }
        let under_phone = field_of(&header_word(&over), kind) == Some(Field::Phone);
        joined.push(if below.is_empty() {
            above.to_owned()
        } else if under_phone && is_phone_owner(&header_word(below)) {
            over.clone()
        } else {
            below_of(person_of(&over, kind).as_deref(), below, kind)?
        });
    }
    Some(joined)
}
