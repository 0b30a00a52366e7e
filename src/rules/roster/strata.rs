//! The strata a roster names: one class with two teachers, two members of staff of one name, bare
//! class labels on several sheets, classes without pupils.

use std::collections::HashMap;

use super::{
    Kind, Line, Place, StratumSummary,
    header::shown_header,
    label::is_bare_class,
    part::Part,
    seen::{compared_name, may_be_one, name_and_remark},
};
use crate::{
    model::Msg,
    msg,
    rules::frame::{looks_personal, shown_key},
};

/// What is longer is a text that has got into the column, and the label of no class.
const LABEL_CHARS_MAX: usize = 64;

/// Everything named so far.
#[derive(Debug, Default)]
pub(super) struct Strata {
    all: Vec<StratumSummary>,
    index: HashMap<String, usize>,
    /// Members of staff by their name without brackets: each as named, with the number they were first
    /// given (or none).
    names: HashMap<String, Vec<(String, String, Place)>>,
    /// Personal numbers by compared name.
    personal: HashMap<String, (String, Place)>,
    /// Whose number it is: of class teachers and of targets.
    numbers: HashMap<String, (String, Place)>,
    /// In which part of the school each class is, where a column or title says.
    parts: HashMap<String, Placed>,
    /// The last member of staff without a number.
    block: Option<Block>,
}

/// Where a class is, by its first line.
#[derive(Debug)]
struct Placed {
    part: Part,
    place: Place,
    /// A title, the sheet or a column says so, and not a sheet before.
    said: bool,
    /// The last sheet that was noted to say nothing of it.
    noted: String,
}

/// Lines of one member of staff without a number, one behind the other in one department.
#[derive(Debug, PartialEq, Eq)]
struct Block {
    name: String,
    sheet: String,
    department: String,
    /// Why all of it is refused.
    refused: Option<Msg>,
}

impl Strata {
    /// The stratum of a line, as texts are compared.
    pub fn key(line: &Line) -> String {
        match line.kind {
            Kind::Parents | Kind::Targets => line.class.clone(),
            Kind::Contacts if line.staff_number.is_empty() => compared_name(&line.staff),
            Kind::Contacts => format!("#{}", line.staff_number),
        }
    }

    /// Names the stratum of a line that says no more than that.
    pub fn name(&mut self, line: &Line) {
        let key = Strata::key(line);
        if !matches!(key.as_str(), "" | "#") {
            let known = self.entry(key, &line.class, &line.place);
            if known.staff.is_empty() && known.staff_number.is_empty() {
                known.staff.clone_from(&line.staff);
                known.staff_number.clone_from(&line.staff_number);
            }
        }
    }

    /// Names a class, whether or not pupils follow.
    pub fn name_class(&mut self, class: &str, place: &Place) {
        if !class.is_empty() {
            self.entry(class.to_owned(), class, place);
        }
    }

    fn entry(&mut self, key: String, class: &str, place: &Place) -> &mut StratumSummary {
        let next = self.all.len();
        let at = *self.index.entry(key).or_insert(next);
        if at == next {
            let (class, place) = (class.to_owned(), place.clone());
            self.all.push(StratumSummary { class, place, ..StratumSummary::default() });
        }
        &mut self.all[at]
    }

    /// Checks a line against what is known of its stratum, and counts it as listed.
    ///
    /// # Errors
    /// See the module; the message names the first place.
    pub fn list(&mut self, line: &mut Line) -> Result<(), Msg> {
        match line.kind {
            Kind::Parents => self.list_pupil(line),
            Kind::Contacts => self.list_contact(line),
            Kind::Targets => self.list_target(line),
        }
    }

    /// Counts a line of a known stratum as accepted.
    pub fn accept(&mut self, line: &Line) {
        if let Some(at) = self.index.get(&Strata::key(line)) {
            self.all[*at].accepted += 1;
        }
    }

    /// Counts a rejected line as listed, as far as its stratum was read.
    pub fn reject(&mut self, line: &Line) {
        self.name(line);
        if let Some(at) = self.index.get(&Strata::key(line)) {
            self.all[*at].listed += 1;
        }
    }

    /// Counts a rejected line whose class has a label that can be none: the class must not vanish.
    pub fn reject_unread(&mut self, label: &str, place: &Place) {
        let label = shown_key(label);
        if label.is_empty() || label.chars().count() > LABEL_CHARS_MAX {
            return;
        }
        let known = self.entry(format!("unread {label}"), &label, place);
        known.unread = true;
        known.listed += 1;
    }

    /// A number is of one person.
    fn own_number(&mut self, number: &str, name: &str, place: &Place) -> Result<(), Msg> {
        if number.is_empty() || name.is_empty() {
            return Ok(());
        }
        let own = || (name.to_owned(), place.clone());
        let (known, first) = self.numbers.entry(number.to_owned()).or_insert_with(own);
        if may_be_one(known, name) {
            Ok(())
        } else {
            Err(msg!("roster.staff_renamed", place = first))
        }
    }

    /// A class is in one part of the school. Answers, once a sheet, that its own sheet does not say where
    /// the class is, but the one of its first line did.
    ///
    /// # Errors
    /// A line of the same label before stood in another.
    pub fn placed(&mut self, line: &Line, said: bool) -> Result<Option<Msg>, Msg> {
        if line.class.is_empty() {
            return Ok(None);
        }
        let (part, place) = (line.part.clone(), line.place.clone());
        let own = || Placed { part, place, said, noted: String::new() };
        let known = self.parts.entry(line.class.clone()).or_insert_with(own);
        let (first, place) = (&known.part, &known.place);
        if first.is_same(&line.part) {
            let silent = known.said && !said && !first.is_silent();
            if !silent || place.sheet == line.place.sheet || known.noted == line.place.sheet {
                return Ok(None);
            }
            known.noted.clone_from(&line.place.sheet);
            let (class, first) = (&line.class, shown_header(&first.shown()));
            return Ok(Some(msg!(
                "roster.class_part_silent",
                class = class,
                place = place,
                first = first
            )));
        }
        let (class, first) = (&line.class, shown_header(&first.shown()));
        let own = shown_header(&line.part.shown());
        let why =
            msg!("roster.class_parts", class = class, place = place, first = first, own = own);
        let known = self.entry(line.class.clone(), &line.class, &line.place);
        if !known.elsewhere.contains(&line.part) {
            known.elsewhere.push(line.part.clone());
        }
        Err(why)
    }

    fn list_pupil(&mut self, line: &Line) -> Result<(), Msg> {
        let named = self.own_number(&line.staff_number, &line.staff, &line.place);
        let known = self.entry(line.class.clone(), &line.class, &line.place);
        known.listed += 1;
        if is_bare_class(&line.class) && known.place.sheet != line.place.sheet {
            return Err(msg!("roster.class_bare", class = line.class, place = known.place));
        }
        let both = |old: &str, new: &str| !old.is_empty() && !new.is_empty();
        let (old, new) = (&known.staff, &line.staff);
        let other = both(old, new) && !may_be_one(old, new);
        let (old, new) = (&known.staff_number, &line.staff_number);
        if other || (both(old, new) && old != new) {
            let first = &known.place;
            return Err(msg!("roster.two_teachers", class = line.class, place = first));
        }
        named?;
        if known.staff.is_empty() {
            known.staff.clone_from(&line.staff);
        }
        if known.staff_number.is_empty() {
            known.staff_number.clone_from(&line.staff_number);
        }
        Ok(())
    }

    fn list_contact(&mut self, line: &mut Line) -> Result<(), Msg> {
        let key = Strata::key(line);
        let known = self.entry(key.clone(), "", &line.place);
        known.listed += 1;
        let (known_staff, known_place) = (known.staff.clone(), known.place.clone());
        if line.staff.is_empty() {
            line.staff.clone_from(&known_staff);
        }
        let name = compared_name(&line.staff);
        if line.staff_number.is_empty() {
            let checked = self.check_block(&name, line);
            if checked.is_err() {
                self.entry(key.clone(), "", &line.place).twice = true;
            }
            checked?;
        } else {
            self.block = None;
            if !known_staff.is_empty() && !may_be_one(&known_staff, &line.staff) {
                return Err(msg!("roster.staff_renamed", place = known_place));
            }
            self.check_number(&name, line)?;
        }
        // One spelling a person: a pseudonym is made of it.
        if !known_staff.is_empty() {
            line.staff = known_staff;
        }
        let known = self.entry(key, "", &line.place);
        known.staff.clone_from(&line.staff);
        known.staff_number.clone_from(&line.staff_number);
        let named = self.names.entry(name_and_remark(&line.staff).0).or_default();
        if !named.iter().any(|(known, ..)| compared_name(known) == name) {
            named.push((line.staff.clone(), line.staff_number.clone(), line.place.clone()));
        }
        Ok(())
    }

    /// A number tells staff of one name apart, unless one of them has none, or the numbers are
    /// personal: the pseudonym that then stands for each is made of the name alone.
    fn check_number(&mut self, name: &str, line: &Line) -> Result<(), Msg> {
        let unnumbered = self.named(&line.staff).find(|(_, number, _)| number.is_empty());
        if let Some((.., place)) = unnumbered {
            return Err(msg!("roster.staff_twice", place = place));
        }
        if looks_personal(&line.staff_number) {
            if name.is_empty() {
                return Err(msg!("roster.no_staff"));
            }
            let own = (line.staff_number.clone(), line.place.clone());
            let (number, place) = self.personal.entry(name.to_owned()).or_insert(own);
            if *number != line.staff_number {
                return Err(msg!("roster.staff_twice", place = place));
            }
        }
        Ok(())
    }

    /// Members of staff so far that may be the one of a name.
    fn named(&self, name: &str) -> impl Iterator<Item = &(String, String, Place)> {
        let known = self.names.get(&name_and_remark(name).0);
        known.into_iter().flatten().filter(move |(known, ..)| may_be_one(known, name))
    }

    /// Staff without a number are told apart by name alone: one block of lines is one person, and
    /// a second block of the same name, or another department, may be another.
    fn check_block(&mut self, name: &str, line: &Line) -> Result<(), Msg> {
        let department = &line.part.part;
        if let Some(block) = &self.block
            && block.name == name
            && block.sheet == line.place.sheet
            && block.department == *department
        {
            return block.refused.clone().map_or(Ok(()), Err);
        }
        let first = self.named(&line.staff).next();
        let refused = first.map(|(.., first)| msg!("roster.staff_twice", place = first));
        self.block = Some(Block {
            name: name.to_owned(),
            sheet: line.place.sheet.clone(),
            department: department.clone(),
            refused: refused.clone(),
        });
        refused.map_or(Ok(()), Err)
    }

    fn list_target(&mut self, line: &Line) -> Result<(), Msg> {
        let place = &line.place;
        let named = self.own_number(&line.number, &line.name, place);
        if !line.class.is_empty() {
            let known = self.entry(line.class.clone(), &line.class, place);
            known.listed += 1;
            if known.listed > 1 {
                let first = &known.place;
                return Err(msg!("roster.class_twice", class = line.class, place = first));
            }
            known.staff.clone_from(&line.name);
            known.staff_number.clone_from(&line.number);
        }
        named
    }

    /// Every stratum, in the order of its first place.
    pub fn finish(mut self) -> Vec<StratumSummary> {
        for stratum in &mut self.all {
            if let Some(placed) = self.parts.remove(&stratum.class) {
                stratum.part = placed.part;
            }
        }
        self.all
    }
}
