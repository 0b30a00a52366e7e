//! The member of staff of a line: name and number, carried down together or not at all.

use super::{
    Kind, Line, Row, column_letters,
    line::{Above, Fault, Table, is_own},
    name::{clean_name, is_one_name, is_two},
    nobody::is_group,
    words::{Field, is_ditto, is_placeholder},
};
use crate::{msg, rules::frame::key};

impl Table<'_> {
    /// The member of staff. Cells that take an unreadable one from above are unreadable too.
    pub(super) fn staff(&self, row: &Row, above: &mut Above, line: &mut Line) -> Result<(), Fault> {
        let fields = [Field::Staff, Field::StaffNumber];
        let own =
            fields.iter().filter_map(|field| self.columns.of(*field)).any(|at| is_own(row, at));
        if own {
            above.unread = None;
        } else if let Some((_, why)) = &above.unread {
            return Err(Fault::at(self.columns.of(Field::Staff))(why.clone()));
        }
        let read = self.staff_of(row, above, line);
        if let (Err(fault), true) = (&read, own) {
            above.unread = Some((String::new(), fault.reason.clone()));
        }
        read
    }

    /// Name and number, carried down together or not at all.
    fn staff_of(&self, row: &Row, above: &mut Above, line: &mut Line) -> Result<(), Fault> {
        let name = self.text(row, Field::Staff)?;
        // whoever has an unreadable number keeps the name, so that nobody vanishes
        line.staff.clone_from(&name);
        let number = self.text(row, Field::StaffNumber)?;
        let inherits =
            |text: &str, field| is_ditto(text) || (text.is_empty() && !self.is_merged(field));
        let moved = self.moved(row, above);
        if moved.is_some() {
            above.staff.clear();
            above.staff_number.clear();
        }
        if self.kind == Kind::Contacts {
            line.part.part = self.department(above);
        }
        let classed = self.other_class(row, above);
        above.past = None;
        if inherits(&name, Field::Staff) && inherits(&number, Field::StaffNumber) {
            above.past = classed;
            (line.staff, line.staff_number) = (above.staff.clone(), above.staff_number.clone());
        } else {
            let none = |text: &str| is_ditto(text) || is_placeholder(text);
            let own = |text: String| if none(&text) { String::new() } else { text };
            (line.staff, line.staff_number) = (own(name), own(number));
        }
        if line.staff.is_empty() && line.staff_number.is_empty() {
            let column = self.columns.of(Field::Staff).or(self.columns.of(Field::StaffNumber));
            return Err(Fault::at(column)(match moved {
                Some(other) => msg!("roster.staff_moved", column = column_letters(other)),
                None => msg!("roster.no_staff"),
            }));
        }
        self.check_staff(line)?;
        above.staff.clone_from(&line.staff);
        above.staff_number.clone_from(&line.staff_number);
        Ok(())
    }

    /// What the columns before the contact say of where the member of staff works.
    fn department(&self, above: &Above) -> String {
        let name = self.columns.of(Field::Name).unwrap_or_default();
        let all = self.columns.parts.range(..name).filter_map(|at| above.beside.get(at));
        all.map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    /// Up to which column what stands beside is the member of staff's: the contact, where that comes
    /// behind; all of it where the contact comes first.
    fn side(&self) -> usize {
        let name = self.columns.of(Field::Name).unwrap_or_default();
        let staff = self.columns.of(Field::Staff).or(self.columns.of(Field::StaffNumber));
        if staff.is_some_and(|staff| staff > name) { usize::MAX } else { name }
    }

    /// The column before the contact whose class or grade is another than above: a member of staff may
    /// have contacts in several, so the line is theirs, and it is said.
    fn other_class(&self, row: &Row, above: &mut Above) -> Option<usize> {
        let name = self.side();
        let mut other = None;
        for column in self.columns.classes.range(..name) {
            let text = row.cell(*column).shown();
            if !text.is_empty() && !is_ditto(&text) {
                let before = above.beside.insert(*column, text.clone());
                other = other.or(before.filter(|before| *before != text).map(|_| *column));
            }
        }
        other
    }

    /// The column before the contact where a department, post or sex is another than above:
    /// nobody is carried down to it. A column that is not known may be one, unless it holds numbers or
    /// is the contact's.
    fn moved(&self, row: &Row, above: &mut Above) -> Option<usize> {
        let name = self.side();
        let unread = self.columns.unknown.keys().filter(|column| **column < name);
        let mut moved = None;
        let known = self.columns.parts.range(..name).chain(self.columns.persons.range(..name));
        for column in known.chain(unread) {
            let text = row.cell(*column).shown();
            let counts = text.chars().any(|c| c.is_ascii_digit());
            let unread = self.columns.unknown.contains_key(column);
            if text.is_empty() || is_ditto(&text) || (counts && unread) {
                continue;
            }
            let before = above.beside.insert(*column, text.clone());
            moved = moved.or((before.is_none_or(|before| before != text)).then_some(*column));
        }
        moved
    }

    pub(super) fn check_staff(&self, line: &mut Line) -> Result<(), Fault> {
        let column = self.columns.of(Field::Staff);
        if !line.staff.is_empty() {
            let marks = ['、', '/', ',', ';', '，', '；'];
            let digits = line.staff.bytes().filter(u8::is_ascii_digit).count();
            let two = !is_one_name(&line.staff) || is_two(&line.staff);
            if two || digits >= 5 || line.staff.contains(marks) || line.staff.contains("附表") {
                return Err(Fault::at(column)(msg!("roster.staff_more")));
            }
            if is_group(&line.staff) {
                return Err(Fault::at(column)(msg!("roster.staff_group")));
            }
            line.staff = clean_name(&line.staff).map_err(Fault::at(column))?;
        }
        if !line.staff_number.is_empty() {
            let column = self.columns.of(Field::StaffNumber);
            if line.staff_number.chars().any(char::is_whitespace) {
                return Err(Fault::at(column)(msg!("roster.staff_number_more")));
            }
            line.staff_number = key(&line.staff_number).map_err(Fault::at(column))?;
        }
        Ok(())
    }
}
