//! Whether a questionnaire can be asked at all: names, languages, ids, options, lengths.

use std::collections::{BTreeMap, BTreeSet};

use super::{Choice, Form, Item, Questionnaire, SCALE, Text};
use crate::msg;
use crate::rules::violation::{Violation, none_of};

/// The longest text that is read out, in characters.
const MAX_TEXT: usize = 4000;

/// Answer words of the exports, which no option code may take.
const RESERVED: [&str; 2] = ["dk", "refused"];

struct Checker<'a> {
    languages: &'a [String],
    ids: BTreeSet<&'a str>,
    /// Tags of texts that the list lacks, and how many texts have them; first the place of one.
    unlisted: BTreeMap<&'a str, (String, usize)>,
    /// Tags of the list that texts by language lack: the places.
    lacking: BTreeMap<&'a str, Vec<String>>,
    /// Texts by language.
    by_language: usize,
    found: Vec<Violation>,
}

/// Every rule the questionnaire breaks, by field.
pub(super) fn check(of: &Questionnaire) -> Result<(), Vec<Violation>> {
    let mut checker = Checker {
        languages: &of.languages,
        ids: BTreeSet::new(),
        unlisted: BTreeMap::new(),
        lacking: BTreeMap::new(),
        by_language: 0,
        found: Vec::new(),
    };
    checker.head(of);
    checker.count("indicators", of.indicators.len(), 1, 50);
    let mut labels = BTreeSet::new();
    for (at, one) in of.indicators.iter().enumerate() {
        let path = format!("indicators[{at}]");
        checker.id_format(&format!("{path}.id"), &one.id, 40);
        if !labels.insert(one.id.as_str()) {
            checker.add(format!("{path}.id"), msg!("questionnaire.double_id", id = one.id));
        }
        checker.text(&format!("{path}.label"), &one.label);
        checker.count(&format!("{path}.items"), one.items.len(), 1, 20);
        for (at, item) in one.items.iter().enumerate() {
            checker.item(&format!("{path}.items[{at}]"), item);
        }
    }
    checker.count("verbatims", of.verbatims.len(), 0, 20);
    for (at, open) in of.verbatims.iter().enumerate() {
        let path = format!("verbatims[{at}]");
        checker.question_id(&format!("{path}.id"), &open.id);
        checker.text(&format!("{path}.text"), &open.text);
        checker.count(&format!("{path}.max_length"), open.max_length, 1, MAX_TEXT);
    }
    checker.languages();
    none_of(checker.found)
}

impl<'a> Checker<'a> {
    fn add(&mut self, field: impl Into<String>, why: crate::model::Msg) {
        self.found.push(Violation::new(field, why));
    }

    fn head(&mut self, of: &'a Questionnaire) {
        let long = of.name.chars().count();
        if of.name.trim().is_empty() || long > 60 || of.name.chars().any(char::is_control) {
            self.add("name", msg!("questionnaire.bad_name", max = 60));
        }
        self.count("languages", of.languages.len(), 1, 10);
        let mut seen = BTreeSet::new();
        for (at, tag) in of.languages.iter().enumerate() {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
            if tag.is_empty() || tag.len() > 35 || !tag.chars().all(plain) || !seen.insert(tag) {
                self.add(format!("languages[{at}]"), msg!("questionnaire.bad_language", tag = tag));
            }
        }
        let number = &of.call_back_number;
        let digits = number.bytes().filter(u8::is_ascii_digit).count();
        let dialled = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | ' ' | '(' | ')');
        if digits < 3 || number.len() > 30 || !number.chars().all(dialled) {
            self.add("call_back_number", msg!("questionnaire.bad_number"));
        }
        self.text("introduction", &of.introduction);
        self.text("consent", &of.consent);
        self.text("closing", &of.closing);
    }

    fn item(&mut self, path: &str, item: &'a Item) {
        self.question_id(&format!("{path}.id"), &item.id);
        self.text(&format!("{path}.text"), &item.text);
        if let Form::Options(options) = &item.form {
            self.options(&format!("{path}.form.options"), options);
        }
    }

    fn options(&mut self, path: &str, options: &'a [Choice]) {
        self.count(path, options.len(), 2, 20);
        let mut codes = BTreeSet::new();
        for (at, option) in options.iter().enumerate() {
            let code = format!("{path}[{at}].code");
            self.id_format(&code, &option.code, 20);
            if RESERVED.contains(&option.code.as_str()) || !codes.insert(option.code.as_str()) {
                self.add(code, msg!("questionnaire.double_id", id = option.code));
            }
            self.text(&format!("{path}[{at}].label"), &option.label);
            if !SCALE.contains(&option.value) {
                let why = msg!("questionnaire.bad_option_value", value = option.value);
                self.add(format!("{path}[{at}].value"), why);
            }
        }
    }

    fn question_id(&mut self, field: &str, id: &'a str) {
        self.id_format(field, id, 40);
        if !self.ids.insert(id) {
            self.add(field, msg!("questionnaire.double_id", id = id));
        }
    }

    /// Ids are column names and file keys, so they stay in plain letters, digits, `_` and `-`.
    fn id_format(&mut self, field: &str, id: &str, max: usize) {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if id.is_empty() || id.len() > max || id.starts_with('-') || !id.chars().all(plain) {
            self.add(field, msg!("questionnaire.bad_id", id = id, max = max));
        }
    }

    fn count(&mut self, field: &str, count: usize, lo: usize, hi: usize) {
        if !(lo..=hi).contains(&count) {
            self.add(field, msg!("questionnaire.bad_count", count = count, lo = lo, hi = hi));
        }
    }

    fn text(&mut self, field: &str, text: &'a Text) {
        for (tag, words) in text.all() {
            let field = if tag.is_empty() { field.to_owned() } else { format!("{field}.{tag}") };
            if words.trim().is_empty() || words.chars().count() > MAX_TEXT {
                self.add(field, msg!("questionnaire.bad_text", max = MAX_TEXT));
            } else if !tag.is_empty() && !self.languages.iter().any(|known| known == tag) {
                self.unlisted.entry(tag).or_insert((field, 0)).1 += 1;
            }
        }
        if let Text::ByLanguage(texts) = text {
            self.by_language += 1;
            for tag in self.languages.iter().filter(|tag| !texts.contains_key(*tag)) {
                self.lacking.entry(tag).or_default().push(field.to_owned());
            }
        }
    }

    /// One mistake in the list of languages would show at every text: it is said once, of the list.
    fn languages(&mut self) {
        for (tag, (first, texts)) in std::mem::take(&mut self.unlisted) {
            let why = msg!("questionnaire.unlisted", tag = tag, texts = texts, first = first);
            self.add("languages", why);
        }
        for (tag, places) in std::mem::take(&mut self.lacking) {
            if places.len() == self.by_language && places.len() > 1 {
                let at = self.languages.iter().position(|known| known == tag).unwrap_or_default();
                self.add(format!("languages[{at}]"), msg!("questionnaire.no_texts", tag = tag));
                continue;
            }
            for field in places {
                self.add(format!("{field}.{tag}"), msg!("questionnaire.text_missing", tag = tag));
            }
        }
    }
}
