//! The strata a roster names: one class with two teachers, two members of staff of one name, bare
//! class labels on several sheets, classes without pupils.

use std::collections::HashMap;

use super::{Kind, Line, Place, StratumSummary, label::is_bare_class, seen::compared_name};
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
    /// Members of staff by compared name, with the number they were first given (or none).
    names: HashMap<String, (String, Place)>,
    /// Whose number it is: of class teachers and of targets.
    numbers: HashMap<String, (String, Place)>,
    /// The last member of staff without a number: name, sheet, and whether the block is refused.
    block: Option<(String, String, Option<Msg>)>,
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
        let name = compared_name(name);
        if number.is_empty() || name.is_empty() {
            return Ok(());
        }
        let own = || (name.clone(), place.clone());
        let (known, first) = self.numbers.entry(number.to_owned()).or_insert_with(own);
        if *known == name { Ok(()) } else { Err(msg!("roster.staff_renamed", place = first)) }
    }

    fn list_pupil(&mut self, line: &Line) -> Result<(), Msg> {
        let named = self.own_number(&line.staff_number, &line.staff, &line.place);
        let known = self.entry(line.class.clone(), &line.class, &line.place);
        known.listed += 1;
        if is_bare_class(&line.class) && known.place.sheet != line.place.sheet {
            return Err(msg!("roster.class_bare", class = line.class, place = known.place));
        }
        let clash = |old: &str, new: &str| !old.is_empty() && !new.is_empty() && old != new;
        if clash(&compared_name(&known.staff), &compared_name(&line.staff))
            || clash(&known.staff_number, &line.staff_number)
        {
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
            if !known_staff.is_empty() && compared_name(&known_staff) != name {
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
        let first = || (line.staff_number.clone(), line.place.clone());
        self.names.entry(name).or_insert_with(first);
        Ok(())
    }

    /// A number tells staff of one name apart, unless one of them has none, or the numbers are
    /// personal: the pseudonym that then stands for each is made of the name alone.
    fn check_number(&mut self, name: &str, line: &Line) -> Result<(), Msg> {
        let first = self.names.get(name).filter(|(number, _)| number.is_empty());
        if let Some((_, place)) = first {
            return Err(msg!("roster.staff_twice", place = place));
        }
        if looks_personal(&line.staff_number) {
            if name.is_empty() {
                return Err(msg!("roster.no_staff"));
            }
            let own = (line.staff_number.clone(), line.place.clone());
            let (number, place) = self.names.entry(format!("personal {name}")).or_insert(own);
            if *number != line.staff_number {
                return Err(msg!("roster.staff_twice", place = place));
            }
        }
        Ok(())
    }

    /// Staff without a number are told apart by name alone: one block of lines is one person, and
    /// a second block of the same name may be another.
    fn check_block(&mut self, name: &str, line: &Line) -> Result<(), Msg> {
        if let Some((block, sheet, verdict)) = &self.block
            && block == name
            && *sheet == line.place.sheet
        {
            return verdict.clone().map_or(Ok(()), Err);
        }
        let verdict =
            self.names.get(name).map(|(_, first)| msg!("roster.staff_twice", place = first));
        self.block = Some((name.to_owned(), line.place.sheet.clone(), verdict.clone()));
        verdict.map_or(Ok(()), Err)
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
    pub fn finish(self) -> Vec<StratumSummary> {
        self.all
    }
}
