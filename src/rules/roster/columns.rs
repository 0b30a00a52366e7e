//! Which column of a table holds what.

use std::collections::{BTreeMap, BTreeSet};

use super::{Kind, Row, column_letters, words::Field};
use crate::{model::Msg, msg};

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
    /// Columns that say in which part of the school a class or person is; no field of their own.
    pub parts: BTreeSet<usize>,
    /// Columns of contacts that are of no use and say what somebody is: post, sex.
    pub persons: BTreeSet<usize>,
    /// Columns of contacts that are of no use and say of which class or grade somebody is.
    pub classes: BTreeSet<usize>,
    /// Where a name stands in two columns: surname and first name.
    pub split: Option<(usize, usize)>,
    /// Columns with a header that is not known, and the header as it stands.
    pub unknown: BTreeMap<usize, String>,
}

impl Columns {
    /// The column of a field.
    pub fn of(&self, field: Field) -> Option<usize> {
        self.fields.get(&field).copied()
    }

    /// Columns of a row that say something of it: not the reason for which it came back before.
    pub fn told(&self, row: &Row) -> impl Iterator<Item = usize> {
        row.filled().filter(|column| !self.others.contains(column))
    }

    /// Whether a name in two columns stands in this one, under the header of the other.
    pub fn split_has(&self, column: usize) -> bool {
        self.split.is_some_and(|(family, given)| family == column || given == column)
    }

    /// `class=B` for every column in use.
    pub fn report(&self, kind: Kind) -> Vec<String> {
        let fields = self.fields.iter().map(|(field, column)| (field.name(kind), *column));
        let phones = self.phones.iter().map(|column| ("phone", *column));
        let guardians = self.guardians.iter().map(|column| ("guardian", *column));
        let split = self.split.into_iter().flat_map(|(a, b)| [a, b]).map(|column| ("name", column));
        let mut all: Vec<_> = fields.chain(phones).chain(guardians).chain(split).collect();
        all.sort_by_key(|(_, column)| *column);
        all.dedup();
        all.iter().map(|(name, column)| format!("{name}={}", column_letters(*column))).collect()
    }
}

/// Gives a column its meaning.
///
/// # Errors
/// Another column has it.
pub fn put(columns: &mut Columns, field: Field, column: usize) -> Result<(), Msg> {
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

/// The fields that a kind needs and the columns lack.
pub fn missing(kind: Kind, columns: &Columns) -> Vec<&'static str> {
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
