//! Whose phone a column holds, where its header does not say.

use super::{
    Kind, column_letters,
    columns::Columns,
    words::{Field, is_bare_phone, is_person_header},
};
use crate::{model::Msg, msg};

/// Who a column is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Person {
    /// The member of staff, or somebody whose column is not read.
    Staff,
    /// The pupil or contact.
    Named,
    Guardian,
}

/// Refuses a table with several phones of which one that does not say whose it is may be another's than
/// of whoever is to be called.
///
/// # Errors
/// The column.
pub(super) fn check_owners(kind: Kind, columns: &Columns, words: &[String]) -> Result<(), Msg> {
    let bare = |column: &&usize| words.get(**column).is_some_and(|text| is_bare_phone(text));
    let mut doubtful = columns.phones.iter().filter(bare);
    match doubtful.find(|column| is_doubtful(kind, columns, words, **column)) {
        Some(column) if columns.phones.len() > 1 => {
            Err(msg!("roster.phone_unclear", column = column_letters(*column)))
        }
        Some(_) | None => Ok(()),
    }
}

fn is_doubtful(kind: Kind, columns: &Columns, words: &[String], phone: usize) -> bool {
    let person = |at: usize| person_of(columns, words, at);
    let beside = phone.checked_sub(1).and_then(person) == Some(Person::Staff);
    let last = || (0..phone).rev().find_map(person);
    beside
        || match kind {
            // before the contact it may be the member of staff's
            Kind::Contacts => {
                let between = columns.of(Field::Name).is_some_and(|name| phone < name);
                between && (0..phone).any(|at| is_staff(columns, at))
            }
            Kind::Parents => {
                // a table of its own beside the first
                let gap =
                    (1..phone).any(|at| !columns.headed.contains(&at) && !columns.split_has(at));
                // the pupil's own, where a guardian comes later
                let later = columns.guardians.iter().any(|at| *at > phone);
                gap || match last() {
                    Some(Person::Staff) => true,
                    Some(Person::Named) => later,
                    Some(Person::Guardian) | None => false,
                }
            }
            Kind::Targets => false,
        }
}

fn is_staff(columns: &Columns, at: usize) -> bool {
    [Field::Staff, Field::StaffNumber].iter().any(|field| columns.of(*field) == Some(at))
}

fn person_of(columns: &Columns, words: &[String], at: usize) -> Option<Person> {
    let other = || {
        columns.unknown.contains_key(&at)
            && words.get(at).is_some_and(|text| is_person_header(text))
    };
    if columns.of(Field::Name) == Some(at) {
        Some(Person::Named)
    } else if columns.guardians.contains(&at) {
        Some(Person::Guardian)
    } else if is_staff(columns, at) || other() {
        Some(Person::Staff)
    } else {
        None
    }
}
