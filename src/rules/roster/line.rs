//! One row of the table into one line: each cell read rightly, or refused with its column.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Kind, Line, Place, Row,
    grades::grades_differ,
    header::{Columns, shown_header},
    label::{
        has_grade, is_bare_class, is_class, is_column_label, is_date_like, same_class, with_grade,
    },
    name::{clean_name, is_one_name, is_two, joined_name},
    nobody::{is_group, is_nameless, is_nobody, is_said},
    title::Title,
    vocabulary::NOT_OF_PARENTS,
    words::{Field, is_ditto, is_placeholder},
};
use crate::{
    model::Msg,
    msg,
    rules::{
        frame::key,
        phone::{self, Phone},
    },
};

/// Why a row is not taken, and the column it lies in.
#[derive(Debug)]
pub(super) struct Fault {
    pub column: Option<usize>,
    pub reason: Msg,
}

impl Fault {
    pub(super) fn at(column: Option<usize>) -> impl Fn(Msg) -> Fault {
        move |reason| Fault { column, reason }
    }
}

/// What rows take from the rows above them, within one sheet.
#[derive(Debug, Default)]
pub(super) struct Above {
    pub class: String,
    pub grade: String,
    pub staff: String,
    pub staff_number: String,
    /// The bare label that stood in a row of its own: lines with another are of its grade, or of none.
    pub head: String,
    /// In which part of the school the class is, as columns say.
    pub parts: BTreeMap<usize, String>,
    /// What stands in the columns before the member of staff.
    pub beside: BTreeMap<usize, String>,
    /// The column of a class that differs from the one above, while the member of staff is carried down.
    pub past: Option<usize>,
    /// A class above has its grade with it.
    pub graded: bool,
    /// The last class or member of staff that could not be read: as it stood, and why. Who takes it
    /// from above cannot be read either.
    pub unread: Option<(String, Msg)>,
    /// Phones of the line above by column; `None` if it was not taken.
    pub phones: Option<BTreeMap<usize, Vec<Phone>>>,
    /// Whether the line above was read and not taken.
    pub rejected: bool,
}

/// Everything a row is read with.
#[derive(Debug)]
pub(super) struct Table<'a> {
    pub kind: Kind,
    pub area: Option<&'a str>,
    pub columns: &'a Columns,
    pub title: &'a Title,
    /// Columns with ranges merged downward below the header: there nothing is carried down.
    pub merged: &'a BTreeSet<usize>,
    /// The class that the sheet is named after.
    pub sheet_class: Option<&'a str>,
    /// Why neither the title's class nor the sheet's can be taken.
    pub clash: Option<&'a Msg>,
    /// Why nobody knows of which grade or class the lines are.
    pub unclear: Option<&'a Msg>,
}

impl Table<'_> {
    /// Reads a row: the line as far as it was read, and why it is not taken. What is carried down
    /// is updated even then.
    pub fn read(&self, row: &Row, above: &mut Above) -> (Box<Line>, Result<(), Fault>) {
        let place = Place { sheet: row.sheet.clone(), line: row.line };
        let mut line = Box::new(Line::new(self.kind, place));
        let read = self.fill(row, above, &mut line);
        (line, read)
    }

    fn fill(&self, row: &Row, above: &mut Above, line: &mut Line) -> Result<(), Fault> {
        match self.kind {
            Kind::Parents => {
                let before = above.class.clone();
                line.class = self.class(row, above)?;
                self.teacher(row, above, &before, line)?;
            }
            Kind::Contacts => self.staff(row, above, line)?,
            Kind::Targets if self.has_class(row) => line.class = self.class(row, above)?,
            Kind::Targets => {}
        }
        line.number = self.number(row)?;
        line.name = self.name(row, Field::Name)?;
        if line.name.is_empty() {
            return Err(Fault::at(self.columns.of(Field::Name))(msg!("roster.no_name")));
        }
        self.no_example(row)?;
        line.ask_for = self.guardians(row)?;
        if self.kind == Kind::Contacts {
            line.ask_for.clone_from(&line.name);
            line.relation = self.text(row, Field::Relation)?;
        }
        if self.kind != Kind::Targets {
            line.phones = self.phones(row, above)?;
        }
        Ok(())
    }

    pub(super) fn text(&self, row: &Row, field: Field) -> Result<String, Fault> {
        let Some(column) = self.columns.of(field) else { return Ok(String::new()) };
        row.cell(column).text().map_err(Fault::at(Some(column)))
    }

    fn has_class(&self, row: &Row) -> bool {
        self.columns.of(Field::Class).is_some_and(|column| !row.cell(column).is_empty())
    }

    pub(super) fn is_merged(&self, field: Field) -> bool {
        self.columns.of(field).is_some_and(|column| self.merged.contains(&column))
    }

    /// A carried text: the cell's own, or the one above for an empty cell and for `同上`.
    fn carried(&self, row: &Row, field: Field, above: &str) -> Result<String, Fault> {
        let own = self.text(row, field)?;
        let inherits = is_ditto(&own) || (own.is_empty() && !self.is_merged(field));
        Ok(if inherits { above.to_owned() } else { own })
    }

    /// The class label. A cell that takes an unreadable one from above is unreadable too.
    fn class(&self, row: &Row, above: &mut Above) -> Result<String, Fault> {
        let column = self.columns.of(Field::Class);
        let own = column.is_some_and(|at| is_own(row, at));
        if own || column.is_none() {
            above.unread = None;
        } else if let Some((_, why)) = &above.unread {
            return Err(Fault::at(column)(why.clone()));
        }
        let read = self.class_label(row, above);
        if let (Err(fault), Some(at)) = (&read, column.filter(|_| own)) {
            above.unread = Some((row.cell(at).shown(), fault.reason.clone()));
        }
        read
    }

    /// In which part of the school the class of the row is: `东校区`; empty where no column says.
    pub fn part(&self, row: &Row, above: &mut Above) -> String {
        for column in &self.columns.parts {
            let text = row.cell(*column).shown();
            if !text.is_empty() && !is_ditto(&text) {
                above.parts.insert(*column, text.replace(' ', ""));
            }
        }
        above.parts.values().map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    /// Grade and class columns, else the title's class, else the sheet's.
    fn class_label(&self, row: &Row, above: &mut Above) -> Result<String, Fault> {
        let column = self.columns.of(Field::Class);
        let fault = Fault::at(column);
        let label = if column.is_some() {
            self.class_of_columns(row, above)?
        } else if let Some(clash) = self.clash.or(self.unclear) {
            return Err(fault(clash.clone()));
        } else if self.title.class.is_empty() {
            let class = self.sheet_class.unwrap_or_default();
            let graded = is_bare_class(class) && !above.grade.is_empty() && !class.is_empty();
            if graded { with_grade(&above.grade, class) } else { class.to_owned() }
        } else {
            self.title.class.clone()
        };
        if label.is_empty() {
            return Err(fault(msg!("roster.no_class")));
        }
        if is_date_like(&label) {
            return Err(fault(msg!("roster.date_cell")));
        }
        // spaces align labels and tell nothing apart
        let spread = label.contains(' ') && label.contains('班');
        let label = if spread { label.replace(' ', "") } else { label };
        key(&label).map_err(fault)
    }

    fn class_of_columns(&self, row: &Row, above: &mut Above) -> Result<String, Fault> {
        let fault = Fault::at(self.columns.of(Field::Class));
        let grade = self.carried(row, Field::Grade, &above.grade).inspect_err(|_| {
            above.grade.clear();
        })?;
        if grade != above.grade && self.columns.of(Field::Grade).is_some() {
            // another grade has other classes
            above.class.clear();
        }
        above.grade = if is_placeholder(&grade) { String::new() } else { grade };
        let class = self.carried(row, Field::Class, &above.class)?;
        if is_placeholder(&class) {
            above.class.clear();
            return Ok(String::new());
        }
        if is_said(&class) || class.contains("班主任") || !is_column_label(&class) {
            return Err(fault(msg!("roster.class_more")));
        }
        above.class.clone_from(&class);
        above.graded |= has_grade(&class);
        if !above.head.is_empty() && is_bare_class(&class) && class != above.head {
            return Err(fault(msg!("roster.bare_below", class = class)));
        }
        if !is_bare_class(&class) {
            // a grade from a title goes only before a label that has none
            let titled = self.columns.of(Field::Grade).is_none();
            if !titled && grades_differ(&above.grade, &class) {
                let (class, grade) = (shown_header(&class), shown_header(&above.grade));
                return Err(fault(msg!("roster.grade_other", class = class, grade = grade)));
            }
            let whole = titled || class.starts_with(&above.grade);
            return Ok(if whole { class } else { with_grade(&above.grade, &class) });
        }
        if above.grade.is_empty() && self.columns.of(Field::Grade).is_some() {
            return Err(Fault::at(self.columns.of(Field::Grade))(msg!("roster.no_grade")));
        }
        // the title or the sheet may say which it is
        let sheet = self.sheet_class.unwrap_or_default();
        let named = if self.title.class.is_empty() { sheet } else { &self.title.class };
        let only = above.grade.is_empty() && !above.graded;
        if only && has_grade(named) && same_class(named, &class) {
            return Ok(named.to_owned());
        }
        if above.grade.is_empty() && (above.graded || has_grade(named)) {
            return Err(fault(msg!("roster.bare_below", class = class)));
        }
        if above.grade.is_empty() {
            return self.unclear.map_or(Ok(class), |why| Err(fault(why.clone())));
        }
        Ok(with_grade(&above.grade, &class))
    }

    /// The class teacher: the column's, carried down while the class stays; else the title's.
    fn teacher(
        &self,
        row: &Row,
        above: &mut Above,
        class_before: &str,
        line: &mut Line,
    ) -> Result<(), Fault> {
        if self.columns.of(Field::Class).is_some() && above.class != class_before {
            above.staff.clear();
            above.staff_number.clear();
        }
        let named = |text: String| if is_placeholder(&text) { String::new() } else { text };
        line.staff = named(self.carried(row, Field::Staff, &above.staff)?);
        line.staff_number = named(self.carried(row, Field::StaffNumber, &above.staff_number)?);
        let titled = self.columns.of(Field::Class).is_none() || line.class == self.title.class;
        if titled && line.staff.is_empty() {
            line.staff.clone_from(&self.title.teacher);
        }
        if titled && line.staff_number.is_empty() {
            line.staff_number.clone_from(&self.title.teacher_number);
        }
        self.check_staff(line)?;
        above.staff.clone_from(&line.staff);
        above.staff_number.clone_from(&line.staff_number);
        Ok(())
    }

    fn number(&self, row: &Row) -> Result<String, Fault> {
        let column = self.columns.of(Field::Number);
        let text = self.text(row, Field::Number)?;
        if is_ditto(&text) {
            return Err(Fault::at(column)(msg!("roster.number_ditto")));
        }
        if text != "0" && is_placeholder(&text) {
            return Ok(String::new());
        }
        key(&text).map_err(Fault::at(column))
    }

    fn name(&self, row: &Row, field: Field) -> Result<String, Fault> {
        let text = match self.columns.split.filter(|_| field == Field::Name) {
            Some((family, given)) => {
                let part = |at: usize| row.cell(at).text().map_err(Fault::at(Some(at)));
                joined_name(&part(family)?, &part(given)?)
            }
            None => self.text(row, field)?,
        };
        if text.is_empty() || is_ditto(&text) {
            return Ok(String::new());
        }
        let fault = Fault::at(self.columns.of(field));
        if self.columns.of(field).is_some_and(|column| row.continued.contains(&column)) {
            return Err(fault(msg!("roster.name_merged")));
        }
        if self.kind == Kind::Parents && (is_nobody(&text) || is_nameless(&text)) {
            return Err(fault(msg!("roster.name_nobody")));
        }
        let nobody = is_group(&text) || is_nameless(&text) || text.contains("本人");
        if self.kind == Kind::Contacts && nobody {
            return Err(fault(msg!("roster.name_nobody")));
        }
        if text.contains(['、', '/', ';', '；']) || !is_one_name(&text) || is_two(&text) {
            return Err(fault(msg!("roster.name_several")));
        }
        clean_name(&text).map_err(fault)
    }

    /// A row number that says that the row is an example, of a title, or of somebody who teaches.
    fn no_example(&self, row: &Row) -> Result<(), Fault> {
        const WORDS: [&str; 6] = ["例", "导师", "導師", "班主任", "老师", "老師"];
        for column in self.columns.ordinals.iter().chain(self.columns.of(Field::Number).as_ref()) {
            let text = row.cell(*column).shown();
            let ordinal = self.kind == Kind::Parents && self.columns.ordinals.contains(column);
            if WORDS.iter().any(|word| text.contains(word)) || (ordinal && is_word(&text)) {
                return Err(Fault::at(Some(*column))(msg!("roster.name_nobody")));
            }
        }
        Ok(())
    }

    /// The guardians to ask for, joined by `/`; any of them may answer.
    fn guardians(&self, row: &Row) -> Result<String, Fault> {
        let mut names: Vec<String> = Vec::new();
        for column in &self.columns.guardians {
            let fault = Fault::at(Some(*column));
            let text = row.cell(*column).text().map_err(&fault)?;
            if !is_placeholder(&text) && !is_ditto(&text) {
                names.push(clean_name(&text).map_err(fault)?);
            }
        }
        names.dedup();
        Ok(names.join("/"))
    }

    fn phones(&self, row: &Row, above: &mut Above) -> Result<Vec<Phone>, Fault> {
        let before = above.phones.take();
        let mut by_column = BTreeMap::new();
        for column in &self.columns.phones {
            let fault = Fault::at(Some(*column));
            let text = row.cell(*column).text().map_err(&fault)?;
            let phones = if is_ditto(&text) {
                let same = before.as_ref().and_then(|phones| phones.get(column));
                let same = same.filter(|phones| !phones.is_empty());
                same.cloned().ok_or_else(|| fault(msg!("roster.ditto")))?
            } else {
                if self.kind == Kind::Parents
                    && NOT_OF_PARENTS.split(' ').any(|word| text.contains(word))
                {
                    return Err(fault(msg!("roster.phone_of_other")));
                }
                phone::parse_cell(&text, self.area).map_err(&fault)?
            };
            by_column.insert(*column, phones);
        }
        let mut phones: Vec<Phone> = Vec::new();
        for phone in by_column.values().flatten() {
            let same = |seen: &Phone| seen.e164 == phone.e164 && seen.extension == phone.extension;
            if !phones.iter().any(same) {
                phones.push(phone.clone());
            }
        }
        if phones.is_empty() {
            let column = self.columns.phones.first().copied();
            return Err(Fault::at(column)(msg!("roster.no_phone")));
        }
        above.phones = Some(by_column);
        Ok(phones)
    }
}

/// Whether a cell says something of its own.
pub(super) fn is_own(row: &Row, column: usize) -> bool {
    !row.cell(column).is_empty() && !is_ditto(&row.cell(column).shown())
}

/// Whether a row number is a word and no number: `语文`, `三(2)班`; `①`, `十二` and `A` are numbers.
fn is_word(text: &str) -> bool {
    let numeral = |c: char| c.is_numeric() || "一二三四五六七八九十百".contains(c);
    let letters = text.chars().filter(|c| c.is_alphabetic() && !numeral(*c)).count();
    is_class(text) || (letters > 1 && !text.chars().any(numeral) && !is_ditto(text))
}
