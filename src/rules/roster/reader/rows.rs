//! What a row may be besides a line: a foot, an example, the end of a block.

use crate::{
    msg,
    rules::roster::{
        Cell, Kind, Row,
        header::Columns,
        label::{is_class, is_short_label, speaks_of_class},
        line::Fault,
        nobody::{is_group, is_nobody, without_remark},
        words::{Field, foot_mark},
    },
};

/// Whether a cell holds a row number.
pub(super) fn is_ordinal(columns: &Columns, row: &Row, column: usize) -> bool {
    let number = |c: char| c.is_ascii_digit() || c == '.';
    columns.ordinals.contains(&column) && row.cell(column).shown().chars().all(number)
}

/// Whether a text may be the name of a person, and no more.
pub(super) fn is_name(text: &str) -> bool {
    let bare = without_remark(text.trim());
    let han = |c: char| ('\u{2e80}'..='\u{3ffff}').contains(&c);
    let chinese: Vec<char> = bare.chars().filter(|c| !c.is_whitespace()).collect();
    let latin = |c: char| c.is_alphabetic() || " .'’-·".contains(c);
    let short = if chinese.iter().all(|c| han(*c) || *c == '·') {
        (1..=5).contains(&chinese.len())
    } else {
        bare.chars().all(latin) && bare.split_whitespace().count() <= 5
    };
    short && !is_nobody(text) && !is_group(text)
}

/// Whether a row that is no line ends what was above it: it may have been the title of another block.
pub(super) fn breaks(kind: Kind, columns: &Columns, row: &Row) -> bool {
    let filled: Vec<usize> = columns.told(row).collect();
    let worded =
        |column: &usize| columns.ordinals.contains(column) && !is_ordinal(columns, row, *column);
    if filled.iter().any(worded) {
        return true;
    }
    let phoned = columns.phones.iter().any(|column| has_phone_digits(row.cell(*column)));
    let name = columns.of(Field::Name).map(|column| row.cell(column).shown()).unwrap_or_default();
    if name.is_empty() {
        return !phoned;
    }
    let alone = filled.len() == 1
        && (!is_name(&name) || name.chars().all(is_of_grade) || speaks_of_class(&name));
    alone || (kind == Kind::Parents && is_nobody(&name))
}

/// Whether a name is written with nothing but what grades are written with: `三`, `国一`, `四年级`.
fn is_of_grade(c: char) -> bool {
    "一二三四五六七八九十国國初高小中大年级級".contains(c)
}

/// Why a row that begins as remarks, totals and signatures do is no line, whatever its cells fill.
pub(super) fn foot(columns: &Columns, row: &Row) -> Option<Fault> {
    let digits = |column| row.cell(column).shown().bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let counts = |column: &usize| columns.ordinals.contains(column) && digits(*column);
    let first = row.filled().find(|column| !row.merged.contains(column) && !counts(column))?;
    // Elsewhere a word for a person may say what a contact or member of staff is, and a date when
    // the line was written.
    let own = columns.ordinals.contains(&first)
        || [Field::Class, Field::Grade, Field::Name]
            .into_iter()
            .any(|field| columns.of(field) == Some(first));
    let word = foot_mark(&row.cell(first).shown(), own)?;
    let reason = msg!("roster.foot_line", word = word.trim_end_matches(':'));
    Some(Fault { column: Some(first), reason })
}

/// Whether a cell holds as many digits as the shortest phone.
pub(super) fn has_phone_digits(cell: &Cell) -> bool {
    match cell {
        Cell::Number(value) => value.abs() >= 1e6,
        Cell::Text(text) => text.chars().filter(|c| c.is_numeric()).count() >= 7,
        Cell::Empty | Cell::Date(_) | Cell::Flag(_) | Cell::Error(_) => false,
    }
}

/// The class that a rejected row names, where titles say of which class the lines are.
pub(super) fn lost_title(kind: Kind, columns: &Columns, row: &Row) -> Option<String> {
    if kind != Kind::Parents || columns.of(Field::Class).is_some() {
        return None;
    }
    let named = columns.of(Field::Name);
    let alone = columns.told(row).count() == 1;
    let mut told = columns.told(row).map(|at| (at, row.cell(at).shown()));
    let class = |(at, text): &(usize, String)| {
        is_class(text)
            || (named != Some(*at) && speaks_of_class(text))
            || (alone && is_short_label(text))
    };
    told.find(class).map(|(_, text)| text)
}
