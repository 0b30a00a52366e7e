//! A questionnaire: script, indicators of one or more questions on a 0-10 scale or with labelled
//! options, and open questions. It is data with a version; it never computes a score.

mod answers;
mod check;
mod example;
mod judge;
mod text;

pub use answers::{Answer, AnswerValue, from_json, to_json, validate};
pub use example::example;
pub use judge::{answered_indicators, indicator_values, is_complete, is_valid};
pub use text::Text;

use crate::msg;
use crate::rules::canonical;
use crate::rules::violation::Violation;
use serde::{Deserialize, Serialize};

/// The longest questionnaire file that is read, in bytes.
pub const MAX_BYTES: usize = 256 * 1024;

/// Lowest and highest value of the scale, and of a labelled option.
pub const SCALE: std::ops::RangeInclusive<i64> = 0..=10;

/// The two surveys of a school, which differ in roster, questionnaire and bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Parents rate the class teacher of a class.
    Parents,
    /// Named contacts rate a member of staff.
    Contacts,
}

/// What is asked, in the order in which it is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Questionnaire {
    /// A short name, as `parents`; 1..60 characters.
    pub name: String,
    /// BCP 47 tags of its languages, the one to fall back on first; at least one.
    pub languages: Vec<String>,
    /// What the interviewer says first: who calls, for whom, why.
    pub introduction: Text,
    /// The sentence that asks for consent.
    pub consent: Text,
    /// The number a respondent may call to check that the call is genuine.
    pub call_back_number: String,
    /// What the interviewer says last.
    pub closing: Text,
    /// What is scored: 1..50 indicators, each the mean of its answered items.
    pub indicators: Vec<Indicator>,
    /// Open questions, recorded word for word and never scored; at most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verbatims: Vec<Verbatim>,
}

/// One thing that is scored, asked by one or more items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// Unique in the questionnaire: 1..40 of `a-z A-Z 0-9 _ -`.
    pub id: String,
    /// Its name in tables.
    pub label: Text,
    /// Its questions, 1..20.
    pub items: Vec<Item>,
}

/// One question with a scored answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Unique in the questionnaire, verbatims included: 1..40 of `a-z A-Z 0-9 _ -`.
    pub id: String,
    /// The question as it is read out.
    pub text: Text,
    /// How it is answered; default `scale`.
    #[serde(default)]
    pub form: Form,
    /// Whether a final interview needs an answer, a don't-know or a refusal; default true.
    #[serde(default = "yes")]
    pub required: bool,
    /// Whether "don't know" is taken; default true.
    #[serde(default = "yes")]
    pub dont_know: bool,
    /// Whether a refusal of this question is taken; default true.
    #[serde(default = "yes")]
    pub refused: bool,
}

/// How a question is answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A whole number 0..10.
    #[default]
    Scale,
    /// One of 2..20 labelled options.
    Options(Vec<Choice>),
}

/// A labelled option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Unique in its item: 1..20 of `a-z A-Z 0-9 _ -`, neither `dk` nor `refused`.
    pub code: String,
    /// The option as it is read out.
    pub label: Text,
    /// What it counts on the scale, 0..10.
    pub value: i64,
}

/// An open question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verbatim {
    /// Unique in the questionnaire, items included.
    pub id: String,
    /// The question as it is read out.
    pub text: Text,
    /// The longest answer in characters, 1..4000; default 1000.
    #[serde(default = "default_max_length")]
    pub max_length: usize,
}

fn yes() -> bool {
    true
}

fn default_max_length() -> usize {
    1000
}

impl Questionnaire {
    /// Reads a questionnaire file and checks it whole.
    ///
    /// # Errors
    /// One violation with line and column when it is no YAML of this shape (unknown and doubled
    /// keys included), else every rule it breaks, by field.
    pub fn parse(yaml: &str) -> Result<Questionnaire, Vec<Violation>> {
        if yaml.len() > MAX_BYTES {
            let why = msg!("questionnaire.too_long", max = MAX_BYTES);
            return Err(vec![Violation::new("", why)]);
        }
        let read: Questionnaire =
            crate::rules::yaml::read(yaml).map_err(|why| vec![Violation::new("", why)])?;
        read.check()?;
        Ok(read)
    }

    /// Checks a questionnaire that did not come from a file.
    ///
    /// # Errors
    /// Every rule it breaks, by field.
    pub fn check(&self) -> Result<(), Vec<Violation>> {
        check::check(self)
    }

    /// Its canonical JSON: what is stored, hashed and sent.
    pub fn canonical_json(&self) -> String {
        canonical::json(self)
    }

    /// SHA-256 of the canonical JSON, 64 hex digits: a change of one character is a new version.
    pub fn version(&self) -> String {
        canonical::sha256_hex(self.canonical_json().as_bytes())
    }

    /// What exports carry: `name@` and the first 12 hex digits of the version.
    pub fn label(&self) -> String {
        format!("{}@{}", self.name, self.version().chars().take(12).collect::<String>())
    }

    /// A stored questionnaire.
    ///
    /// # Errors
    /// As [`Questionnaire::parse`].
    pub fn from_json(json: &str) -> Result<Questionnaire, Vec<Violation>> {
        let read: Questionnaire = serde_json::from_str(json).map_err(|error| {
            vec![Violation::new("", msg!("questionnaire.unreadable", detail = error))]
        })?;
        read.check()?;
        Ok(read)
    }

    /// Every scored question with its indicator, in the order asked.
    pub fn items(&self) -> impl Iterator<Item = (&Indicator, &Item)> {
        self.indicators.iter().flat_map(|one| one.items.iter().map(move |item| (one, item)))
    }
}

impl Item {
    /// What an answer counts on the scale; `None` for one that is not substantive or not of this
    /// item's form.
    pub fn value_of(&self, answer: &AnswerValue) -> Option<i64> {
        match (&self.form, answer) {
            (Form::Scale, AnswerValue::Score(score)) => SCALE.contains(score).then_some(*score),
            (Form::Options(options), AnswerValue::Option(code)) => {
                options.iter().find(|option| option.code == *code).map(|option| option.value)
            }
            (
                Form::Scale | Form::Options(_),
                AnswerValue::Score(_)
                | AnswerValue::Option(_)
                | AnswerValue::DontKnow
                | AnswerValue::Refused
                | AnswerValue::Text(_),
            ) => None,
        }
    }
}
