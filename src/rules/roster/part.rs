//! In which part of a school, in which school and in which year a class is: two of one label that differ
//! in any of these are two classes. Columns say it, or titles, rows of their own and the names of sheets.

use std::{collections::BTreeMap, sync::LazyLock};

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::{
    label::{pattern, plain},
    told::Told,
    vocabulary::PART_WORDS,
};

/// Where a class is, as far as its roster says.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Part {
    /// `东校区`, or empty.
    pub part: String,
    /// `第一小学`, or empty.
    pub school: String,
    /// The last two digits of the school year, or empty.
    pub year: String,
}

const SCHOOL: &str = "[\\p{Han}]{1,16}(?:学校|學校|小学|小學|中学|中學|国小|國小|国中|國中|高中|初中|完小|附小|附中|中心校|幼儿园|幼兒園)|\
    [A-Z][A-Za-z. ]+(?:School|College|Kindergarten)";
const YEAR: &str = "[0-9]{0,2}(?P<year>[0-9]{2})(?: ?[-—~至/] ?[0-9]{2,4})? ?(?:学年|學年|年度)";
/// `2025年秋` begins a school year, `2026年春` is in the one before.
const TERM: &str = "20(?P<year>[0-9]{2}) ?年 ?(?P<term>[春秋])";
/// A school year and nothing else.
const YEAR_ALONE: &str = "^20(?P<year>[0-9]{2}) ?[-—~至/] ?(?:20)?(?P<next>[0-9]{2})$";
/// Who came or leaves in one year; with a class behind it, it is part of its label.
const COHORT: &str = "(?P<cohort>20[0-9]{2}[届屆级級])(?:$|[^0-9一二三四五六七八九十(第])";

static SCHOOLS: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(SCHOOL));
static YEARS: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(YEAR));
static TERMS: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(TERM));
static YEARS_ALONE: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(YEAR_ALONE));
static COHORTS: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(COHORT));
static PARTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let words = PART_WORDS.replace(' ', "|");
    // `东校区`, `A校区`, `1号校区`, `(东)校区`, `校区A`; `北校` and `Infants` only where nothing else stands
    pattern(&format!(
        "(?:第?[A-Za-z0-9]{{1,2}}[号號]?|[(]\\p{{Han}}{{1,4}}[)]|\\p{{Han}}{{0,4}})(?:{words})[A-Z0-9]?|\
         [A-Z][A-Za-z]* (?i:campus|site|branch)\\b|(?i:campus|site|branch) [A-Z0-9]\\b|\
         ^(?:[东東西南北新老](?:校|区|區)|小学|小學|初中|高中|国中|國中|(?i:infants|juniors|primary|secondary|north|south|east|west))$"
    ))
});

/// Whether every pattern here compiled.
pub(super) fn ready() -> bool {
    let all = [&SCHOOLS, &YEARS, &TERMS, &YEARS_ALONE, &COHORTS, &PARTS];
    all.iter().all(|known| known.is_some())
}

/// Whether two texts name one school: with its town before it or without.
fn same_school(a: &str, b: &str) -> bool {
    a == b || (!a.is_empty() && !b.is_empty() && (a.ends_with(b) || b.ends_with(a)))
}

/// The last two digits of the school year that a text names.
fn year_of(text: &str) -> Option<String> {
    let (years, terms, alone) = (YEARS.as_ref()?, TERMS.as_ref()?, YEARS_ALONE.as_ref()?);
    if let Some(found) = years.captures(text) {
        return Some(found["year"].to_owned());
    }
    if let Some(found) = terms.captures(text) {
        let year: u32 = found["year"].parse().ok()?;
        let begun = if &found["term"] == "春" { year.checked_sub(1)? } else { year };
        return Some(format!("{begun:02}"));
    }
    let found = alone.captures(text)?;
    let (year, next): (u32, u32) = (found["year"].parse().ok()?, found["next"].parse().ok()?);
    (year + 1 == next).then(|| found["year"].to_owned())
}

/// The school in a value whose label says that it is one.
fn school_told(value: &str) -> String {
    let found = SCHOOLS.as_ref().and_then(|known| known.find(value));
    found.map_or(value, |found| found.as_str()).replace(' ', "")
}

/// The same of a value whose label says that it is one.
fn year_told(value: &str) -> String {
    let digits: String = value
        .chars()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .collect();
    match digits.len() {
        0 | 1 => value.replace(' ', ""),
        length => digits[length - 2..].to_owned(),
    }
}

/// Where the classes of a sheet are, as its name and titles say so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    part: Part,
    /// What else tells its classes apart, by its label.
    kinds: BTreeMap<String, String>,
    /// The sheet itself says something of it; else it is as on the sheet before.
    pub said: bool,
}

impl Heard {
    /// What the next sheet begins with: parts are of one sheet, the school and its year of a file.
    pub fn next(self) -> Heard {
        let part = Part { part: String::new(), ..self.part };
        Heard { part, ..Heard::default() }
    }

    /// Goes on to what a text names; the parts of another school are others.
    pub fn hear(&mut self, text: &str) {
        let told = Told::of(text);
        let named = Part::named_in(&told);
        let rest = plain(&told.rest);
        let cohort = COHORTS.as_ref().and_then(|known| known.captures(&rest));
        let cohort = cohort.map(|found| ("届".to_owned(), found["cohort"].to_owned()));
        let kinds: Vec<_> = told.kinds.into_iter().chain(cohort).collect();
        self.said |= !named.is_silent() || !kinds.is_empty();
        if !named.school.is_empty() && !same_school(&named.school, &self.part.school) {
            self.part.part.clear();
            self.kinds.clear();
            self.part.school = named.school;
        }
        if !named.part.is_empty() {
            self.part.part = named.part;
        }
        if !named.year.is_empty() {
            self.part.year = named.year;
        }
        self.kinds.extend(kinds);
    }

    /// Where a class is, with what columns say of it.
    pub fn of(&self, class: &str, column: &str) -> Part {
        let part = self.part.with_column(column);
        // `2024届1班` says its own
        let kinds = self.kinds.values().filter(|kind| !class.contains(kind.as_str()));
        let all: Vec<&str> =
            [part.part.as_str()].into_iter().chain(kinds.map(String::as_str)).collect();
        Part { part: all.join(" ").trim().to_owned(), ..part }
    }
}

impl Part {
    /// What a title, a row or the name of a sheet says of it.
    fn named_in(told: &Told) -> Part {
        let text = plain(&told.rest);
        let (Some(schools), Some(years), Some(parts)) =
            (SCHOOLS.as_ref(), YEARS.as_ref(), PARTS.as_ref())
        else {
            return Part::default();
        };
        let rest = years.replace_all(&text, "|");
        let part = parts.find(&rest).map(|found| found.as_str().to_owned()).unwrap_or_default();
        // `全校区` is none
        let none = part.starts_with(['各', '全', '我', '两', '兩']);
        let part = if none { String::new() } else { part };
        let school = schools.find(&rest).map(|found| found.as_str().replace(' ', ""));
        let told_as =
            |told: &String, read: String| if told.is_empty() { read } else { told.clone() };
        Part {
            part: told_as(&told.part, part),
            // a school that is no school by its name is one by its label
            school: school.unwrap_or_else(|| school_told(&told.school)),
            year: year_of(&text).unwrap_or_else(|| year_told(&told.year)),
        }
    }

    /// The same where a column of such parts says otherwise.
    fn with_column(&self, text: &str) -> Part {
        if text.is_empty() {
            return self.clone();
        }
        let school = SCHOOLS.as_ref().and_then(|known| known.find(text));
        if school.is_some_and(|found| found.as_str() == text) {
            return Part { school: text.to_owned(), part: String::new(), ..self.clone() };
        }
        Part { part: text.to_owned(), ..self.clone() }
    }

    /// Whether nothing is said.
    pub fn is_silent(&self) -> bool {
        *self == Part::default()
    }

    /// Whether a class in one can be the class in the other.
    pub fn is_same(&self, other: &Part) -> bool {
        self.part == other.part
            && self.year == other.year
            && same_school(&self.school, &other.school)
    }

    /// Whether one says something that the other denies; silence denies nothing.
    pub fn denies(&self, other: &Part) -> bool {
        let differ = |a: &str, b: &str| !a.is_empty() && !b.is_empty() && !same_school(a, b);
        differ(&self.part, &other.part)
            || differ(&self.school, &other.school)
            || (!self.year.is_empty() && !other.year.is_empty() && self.year != other.year)
    }

    /// As a message shows it.
    pub fn shown(&self) -> String {
        let all = [&self.school, &self.part, &self.year].map(String::as_str);
        let said: Vec<&str> = all.into_iter().filter(|text| !text.is_empty()).collect();
        if said.is_empty() { "—".to_owned() } else { said.join(" ") }
    }
}
