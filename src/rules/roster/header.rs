//! The header: which column holds what, by known words or an explicit mapping.

use super::{
    COLUMNS_MAX, Kind, Options, Row, column_letters, column_of_letters,
    columns::missing,
    owners::check_owners,
    words::{
        Field, field_of, is_class_header, is_describing, is_family_name, is_given_name,
        is_of_another, is_of_others, is_part_header, is_registered,
    },
};
use crate::{model::Msg, msg, rules::phone};

pub use super::{
    columns::{Columns, put},
    join::{header_word, join, shown_header, texts},
};

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
            let text = header_word(wanted);
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
        let words: Vec<String> = texts.iter().map(|text| header_word(text)).collect();
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
                None => {
                    columns.unknown.insert(column, texts[column].trim().to_owned());
                    mark_beside(&mut columns, column, text, self.kind);
                }
                Some(field) if mapped.iter().any(|mapped| mapped.field == field) => known += 1,
                Some(Field::SomeName) => doubtful.push(column),
                Some(Field::Number) if text == "number" || is_registered(text) => {
                    numbers.push(column)
                }
                Some(field) => {
                    known += 1;
                    if field == Field::Other {
                        mark_beside(&mut columns, column, text, self.kind);
                    }
                    twice = twice.or(put(&mut columns, field, column).err());
                }
            }
        }
        known += doubtful.len();
        let named = !doubtful.is_empty();
        known += settle_rest(self.kind, &mut columns, &words, named)?;
        known += settle_numbers(&mut columns, &numbers, texts, &mut twice);
        // A row of unknown words under mapped letters is a header too, but not one with numbers;
        // targets have no phone to tell a header from a line by.
        let numbered = words.iter().any(|text| digits(text) >= 5);
        if !numbered && (self.kind != Kind::Targets || known > 0) {
            known += lettered;
        }
        if known >= 2 {
            twice.map_or(Ok(()), Err)?;
            settle_names(&mut columns, &doubtful)?;
            check_owners(self.kind, &columns, &words)?;
        }
        let missing = missing(self.kind, &columns);
        Ok(Candidate { columns, known, missing, unmapped })
    }
}

/// What a header means: with a number behind it (`姓名2`) the same as without; a phone that brackets give
/// to somebody else (`电话（班主任）`) nothing.
fn meaning(shown: &str, text: &str, kind: Kind) -> Option<Field> {
    let field = field_of(text, kind).or_else(|| {
        let bare = text.trim_end_matches(|c: char| c.is_ascii_digit() || "一二三四".contains(c));
        field_of(bare, kind).filter(|_| bare.len() < text.len())
    });
    let field = field.or_else(|| of_several(text, kind));
    let none = |field: Field| match field {
        Field::Phone => is_of_others(shown),
        Field::Class | Field::Staff | Field::StaffNumber => is_of_another(shown, false),
        Field::Name | Field::SomeName => is_of_another(shown, kind == Kind::Parents),
        Field::Grade
        | Field::Number
        | Field::Relation
        | Field::Guardian
        | Field::Ordinal
        | Field::Other => false,
    };
    field.filter(|field| !none(*field))
}

/// One of several guardians: `第一监护人姓名`, `监护人1姓名`.
fn of_several(text: &str, kind: Kind) -> Option<Field> {
    let ordinal = ["第一", "第二", "第三"].iter().find_map(|start| text.strip_prefix(start));
    let bare = ordinal
        .map_or_else(|| text.chars().filter(|c| !c.is_ascii_digit()).collect(), str::to_owned);
    let field = field_of(&bare, kind).filter(|_| bare != text);
    field.filter(|field| matches!(field, Field::Guardian | Field::Phone))
}

/// One column that a mapping asks for.
struct Mapped<'m> {
    field: Field,
    wanted: &'m str,
    column: Option<usize>,
    by_text: bool,
}

pub(super) fn digits(text: &str) -> usize {
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

/// Columns whose meaning depends on the others: a name in two columns, a `form` that is a class or the year
/// before one, contacts who are parents. Answers how many are.
fn settle_rest(
    kind: Kind,
    columns: &mut Columns,
    words: &[String],
    named: bool,
) -> Result<usize, Msg> {
    let unknown: Vec<usize> = columns.unknown.keys().copied().collect();
    let all = |known: fn(&str) -> bool| -> Vec<usize> {
        unknown.iter().copied().filter(|at| known(&words[*at])).collect()
    };
    let mut taken = Vec::new();
    let unnamed = !named && columns.of(Field::Name).is_none();
    if kind != Kind::Contacts
        && let [form] = all(|text| text == "form")[..]
    {
        let classed = columns.of(Field::Class).is_some();
        put(columns, if classed { Field::Grade } else { Field::Class }, form)?;
        taken.push(form);
    }
    if kind == Kind::Parents
        && unnamed
        && let ([family], [given]) = (&all(is_family_name)[..], &all(is_given_name)[..])
    {
        put(columns, Field::Name, *family.min(given))?;
        columns.split = Some((*family, *given));
        taken.extend([*family, *given]);
    }
    if kind == Kind::Contacts
        && unnamed
        && columns.of(Field::Staff).or(columns.of(Field::StaffNumber)).is_some()
        && let [parent] = all(|text| field_of(text, Kind::Parents) == Some(Field::Guardian))[..]
    {
        put(columns, Field::Name, parent)?;
        taken.push(parent);
    }
    columns.unknown.retain(|column, _| !taken.contains(column));
    Ok(taken.len())
}

fn mark_beside(columns: &mut Columns, column: usize, text: &str, kind: Kind) {
    if is_part_header(text, kind) {
        columns.parts.insert(column);
    } else if kind == Kind::Contacts && is_describing(text) {
        columns.persons.insert(column);
    } else if kind == Kind::Contacts && is_class_header(text) {
        columns.classes.insert(column);
    }
}

/// Columns headed just `number`, or by a register: the pupil's or contact's number, unless another column says that
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
    // of two registers one is enough
    let all_registered = numbers.iter().all(|column| is_registered(&header_word(&texts[*column])));
    if let (true, Some((first, more))) = (all_registered, numbers.split_first()) {
        *twice = twice.take().or(put(columns, Field::Number, *first).err());
        columns.unknown.extend(more.iter().map(|at| (*at, texts[*at].trim().to_owned())));
        return 1;
    }
    for column in numbers {
        let placed = put(columns, Field::Number, *column);
        *twice = twice.take().or(placed.err());
    }
    numbers.len()
}
