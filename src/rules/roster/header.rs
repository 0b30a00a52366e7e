//! The header: which column holds what, by known words or an explicit mapping.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    COLUMNS_MAX, Cell, Kind, Options, Row, column_letters, column_of_letters,
    row::word,
    words::{Field, field_of, is_bare_phone, is_of_others, is_phone_owner},
};
use crate::{model::Msg, msg, rules::phone};

/// Which column holds what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    fields: BTreeMap<Field, usize>,
    /// Columns of phones, in order.
    pub phones: Vec<usize>,
    /// Columns of guardians' names, in order.
    pub guardians: Vec<usize>,
    /// Columns with a row number only.
    pub ordinals: BTreeSet<usize>,
    /// Columns with any header.
    pub headed: BTreeSet<usize>,
    /// Columns that are known and of no use here, such as a department.
    pub others: BTreeSet<usize>,
    /// Columns with a header that is not known, and the header as it stands.
    pub unknown: BTreeMap<usize, String>,
}

impl Columns {
    /// The column of a field.
    pub fn of(&self, field: Field) -> Option<usize> {
        self.fields.get(&field).copied()
    }

    /// `class=B` for every column in use.
    pub fn report(&self, kind: Kind) -> Vec<String> {
        let fields = self.fields.iter().map(|(field, column)| (field.name(kind), *column));
        let phones = self.phones.iter().map(|column| ("phone", *column));
        let guardians = self.guardians.iter().map(|column| ("guardian", *column));
        let mut all: Vec<_> = fields.chain(phones).chain(guardians).collect();
        all.sort_by_key(|(_, column)| *column);
        all.iter().map(|(name, column)| format!("{name}={}", column_letters(*column))).collect()
    }
}

/// An explicit mapping, checked against the fields of a kind.
#[derive(Clone, Debug)]
pub struct Mapping {
    kind: Kind,
    fields: Vec<(Field, Vec<String>)>,
}

/// What one row would be as a header.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its columns.
    pub columns: Columns,
    /// Known headers, mapped ones included.
    pub known: usize,
    /// Fields that are needed and not there.
    pub missing: Vec<&'static str>,
    /// Mapped columns that are not there: field, header text or letters.
    pub unmapped: Vec<(&'static str, String)>,
}

impl Candidate {
    /// Whether it can be used.
    pub fn is_complete(&self) -> bool {
        self.known >= 2 && self.missing.is_empty()
    }

    /// Whether it looks like a header at all.
    pub fn is_header(&self) -> bool {
        self.known >= 2
    }
}

impl Mapping {
    /// Reads the mapping of the options.
    ///
    /// # Errors
    /// A field that the kind does not have.
    pub fn new(kind: Kind, options: &Options) -> Result<Mapping, Msg> {
        let mut fields = Vec::new();
        for (name, columns) in &options.mapping {
            let Some(field) = Field::of_name(name, kind) else {
                return Err(msg!("roster.mapping_field", field = name, kind = kind.word()));
            };
            let several: Vec<String> = if field == Field::Phone {
                columns.split(',').map(|part| part.trim().to_owned()).collect()
            } else {
                vec![columns.trim().to_owned()]
            };
            fields.push((field, several));
        }
        Ok(Mapping { kind, fields })
    }

    /// The mapped columns of a row: by header text first, then by capital letters.
    fn columns(&self, words: &[String]) -> Vec<Mapped<'_>> {
        let find = |wanted: &str| {
            let text = word(wanted);
            let by_text = words.iter().position(|known| !text.is_empty() && *known == text);
            let capitals = wanted.bytes().all(|b| b.is_ascii_uppercase());
            let by_letters = || column_of_letters(wanted).filter(|_| capitals);
            let column = by_text.or_else(by_letters).filter(|column| *column < COLUMNS_MAX);
            (column, by_text.is_some())
        };
        let mut all = Vec::new();
        for (field, several) in &self.fields {
            for wanted in several {
                let (column, by_text) = find(wanted);
                all.push(Mapped { field: *field, wanted, column, by_text });
            }
        }
        all
    }

    /// The columns of a table without a header: where the mapping has letters for all that is
    /// needed, and this row has a name and a phone there.
    pub fn without_header(&self, row: &Row, area: Option<&str>) -> Option<Columns> {
        if self.fields.is_empty() || self.kind == Kind::Targets {
            return None;
        }
        let mut columns = Columns::default();
        for mapped in self.columns(&[]) {
            put(&mut columns, mapped.field, mapped.column?).ok()?;
        }
        let text = |column: usize| row.cell(column).shown();
        let named = columns.of(Field::Name).is_some_and(|column| !text(column).is_empty());
        let phoned = columns
            .phones
            .iter()
            .any(|column| phone::parse_cell(&text(*column), area).is_ok_and(|all| !all.is_empty()));
        columns.headed = (0..row.cells.len()).collect();
        (named && phoned && missing(self.kind, &columns).is_empty()).then_some(columns)
    }

    /// What the texts of one row (or of two joined by [`join`]) would be as a header.
    ///
    /// # Errors
    /// Two columns of one meaning, or a name that may be the contact's or the staff member's.
    pub fn candidate(&self, texts: &[String]) -> Result<Candidate, Msg> {
        let words: Vec<String> = texts.iter().map(|text| word(text)).collect();
        let mut columns = Columns::default();
        let (mut known, mut lettered) = (0, 0);
        let mut unmapped = Vec::new();
        let mapped = self.columns(&words);
        for Mapped { field, wanted, column, by_text } in &mapped {
            let Some(column) = *column else {
                unmapped.push((field.name(self.kind), (*wanted).to_owned()));
                continue;
            };
            put(&mut columns, *field, column)?;
            let filled = words.get(column).is_some_and(|text| !text.is_empty());
            known += usize::from(*by_text);
            lettered += usize::from(!by_text && filled);
        }
        let (mut doubtful, mut numbers) = (Vec::new(), Vec::new());
        let mut twice = None;
        for (column, text) in words.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
            columns.headed.insert(column);
            if let Some(taken) = mapped.iter().find(|mapped| mapped.column == Some(column)) {
                let same = field_of(text, self.kind) == Some(taken.field);
                known += usize::from(same && !taken.by_text);
                continue;
            }
            match meaning(&texts[column], text, self.kind) {
                None => drop(columns.unknown.insert(column, texts[column].trim().to_owned())),
                Some(field) if mapped.iter().any(|mapped| mapped.field == field) => known += 1,
                Some(Field::SomeName) => doubtful.push(column),
                Some(Field::Number) if text == "number" => numbers.push(column),
                Some(field) => {
                    known += 1;
                    twice = twice.or(put(&mut columns, field, column).err());
                }
            }
        }
        known += doubtful.len();
        known += settle_numbers(&mut columns, &numbers, texts, &mut twice);
        // A row of unknown words under mapped letters is a header too, but not one with numbers;
        // targets have no phone to tell a header from a line by.
        let numbered = words.iter().any(|text| digits(text) >= 5);
        if !numbered && (self.kind != Kind::Targets || known > 0) {
            known += lettered;
        }
        if known >= 2 {
            twice.map_or(Ok(()), Err)?;
            whose(&columns, &words)?;
            settle_names(&mut columns, &doubtful)?;
        }
        let missing = missing(self.kind, &columns);
        Ok(Candidate { columns, known, missing, unmapped })
    }
}

/// Whose phone it is: one without an owner right behind the member of staff may be theirs, when there is
/// another.
fn whose(columns: &Columns, words: &[String]) -> Result<(), Msg> {
    let staff = [Field::Staff, Field::StaffNumber].map(|field| columns.of(field));
    let bare = |column: &usize| words.get(*column).is_some_and(|text| is_bare_phone(text));
    // somebody whose column is not read may have a phone beside it too
    let beside = |at: usize| staff.contains(&Some(at)) || columns.unknown.contains_key(&at);
    let behind = |column: &&usize| column.checked_sub(1).is_some_and(beside);
    match columns.phones.iter().filter(|column| bare(column)).find(behind) {
        Some(column) if columns.phones.len() > 1 => {
            Err(msg!("roster.phone_unclear", column = column_letters(*column)))
        }
        Some(_) | None => Ok(()),
    }
}

/// What a header means: with a number behind it (`姓名2`) the same as without; a phone that brackets give
/// to somebody else (`电话（班主任）`) nothing.
fn meaning(shown: &str, text: &str, kind: Kind) -> Option<Field> {
    let field = field_of(text, kind).or_else(|| {
        let bare = text.trim_end_matches(|c: char| c.is_ascii_digit() || "一二三四".contains(c));
        field_of(bare, kind).filter(|_| bare.len() < text.len())
    });
    field.filter(|field| *field != Field::Phone || !is_of_others(shown))
}

/// One column that a mapping asks for.
struct Mapped<'m> {
    field: Field,
    wanted: &'m str,
    column: Option<usize>,
    by_text: bool,
}

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// A column of contacts headed just `name` is the contact's where the staff member has a name
/// column, and the staff member's where the contact has one; else nobody can tell.
fn settle_names(columns: &mut Columns, doubtful: &[usize]) -> Result<(), Msg> {
    let Some(column) = doubtful.first().copied() else { return Ok(()) };
    let staff = columns.of(Field::Staff).is_some();
    let contact = columns.of(Field::Name).is_some();
    match (doubtful.len(), staff, contact) {
        (1, true, false) => put(columns, Field::Name, column),
        (1, false, true) => put(columns, Field::Staff, column),
        _ => Err(msg!("roster.name_unclear", column = column_letters(column))),
    }
}

/// Columns headed just `number`: the pupil's or contact's number, unless another column says that
/// it is. Answers how many are.
fn settle_numbers(
    columns: &mut Columns,
    numbers: &[usize],
    texts: &[String],
    twice: &mut Option<Msg>,
) -> usize {
    if columns.of(Field::Number).is_some() {
        let unread = numbers.iter().map(|column| (*column, texts[*column].trim().to_owned()));
        columns.unknown.extend(unread);
        return 0;
    }
    for column in numbers {
        let placed = put(columns, Field::Number, *column);
        *twice = twice.take().or(placed.err());
    }
    numbers.len()
}

fn put(columns: &mut Columns, field: Field, column: usize) -> Result<(), Msg> {
    let first = match field {
        Field::Phone => {
            columns.phones.push(column);
            return Ok(());
        }
        Field::Ordinal => {
            columns.ordinals.insert(column);
            return Ok(());
        }
        Field::Guardian => {
            columns.guardians.push(column);
            return Ok(());
        }
        Field::Other => {
            columns.others.insert(column);
            return Ok(());
        }
        Field::Class
        | Field::Grade
        | Field::Name
        | Field::Number
        | Field::Staff
        | Field::StaffNumber
        | Field::Relation
        | Field::SomeName => *columns.fields.entry(field).or_insert(column),
    };
    if first == column {
        return Ok(());
    }
    let (first, second) = (column_letters(first), column_letters(column));
    Err(msg!("roster.header_twice", first = first, second = second))
}

fn missing(kind: Kind, columns: &Columns) -> Vec<&'static str> {
    let absent = |field: Field| columns.of(field).is_none();
    let mut names = Vec::new();
    if kind == Kind::Contacts && absent(Field::Staff) && absent(Field::StaffNumber) {
        names.push("staff");
    }
    if absent(Field::Name) {
        names.push("name");
    }
    if kind != Kind::Targets && columns.phones.is_empty() {
        names.push("phone");
    }
    names
}

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

/// The shown texts of a row.
pub fn texts(row: &Row) -> Vec<String> {
    row.cells.iter().map(Cell::shown).collect()
}

/// Joins a header of two rows: below `联系电话` stand `父亲` and `母亲`, or the lower row has headers
/// of its own. `None` unless every cell of the lower row is such a word.
pub fn join(kind: Kind, upper: &[String], lower: &[String]) -> Option<Vec<String>> {
    if lower.iter().all(|text| text.is_empty()) {
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
        let below_word = word(below);
        let under_phone = field_of(&word(&over), kind) == Some(Field::Phone);
        joined.push(if below.is_empty() {
            above.to_owned()
        } else if under_phone && is_phone_owner(&below_word) {
            over.clone()
        } else if field_of(&below_word, kind).is_some() {
            below.to_owned()
        } else {
            return None;
        });
    }
    Some(joined)
}
