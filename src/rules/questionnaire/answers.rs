//! The answers of one rating: their check against the questionnaire, and the text they are stored
//! as. A bad answer is refused naming its question; it is never mended or dropped.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

use super::{Form, Item, Questionnaire, SCALE, Verbatim};
use crate::model::Msg;
use crate::msg;
use crate::rules::canonical;
use crate::rules::violation::{Violation, has_control, none_of};

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The id of the item or open question.
    pub item: String,
    /// What was answered.
    pub value: AnswerValue,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerValue {
    /// A value of the scale, 0..10.
    Score(i64),
    /// The code of a labelled option.
    Option(String),
    /// "Don't know": out of the mean of its item, never a zero.
    DontKnow,
    /// The respondent would not answer this question.
    Refused,
    /// The words of an open answer.
    Text(String),
}

/// Checks answers against the questionnaire; `finished` also wants every required item answered,
/// don't-known or refused.
///
/// # Errors
/// Every bad answer as `answers[i]`, and the required items without one as `answers`; each names
/// its question.
pub fn validate(
    questionnaire: &Questionnaire,
    answers: &[Answer],
    finished: bool,
) -> Result<(), Vec<Violation>> {
    let items: BTreeMap<&str, &Item> =
        questionnaire.items().map(|(_, item)| (item.id.as_str(), item)).collect();
    let open: BTreeMap<&str, &Verbatim> =
        questionnaire.verbatims.iter().map(|one| (one.id.as_str(), one)).collect();
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for (at, answer) in answers.iter().enumerate() {
        let id = answer.item.as_str();
        let why = if !seen.insert(id) {
            Some(msg!("questionnaire.answered_twice", item = id))
        } else if let Some(item) = items.get(id) {
            wrong_answer(item, &answer.value)
        } else if let Some(verbatim) = open.get(id) {
            wrong_words(verbatim, &answer.value)
        } else {
            Some(msg!("questionnaire.unknown_item", item = id))
        };
        found.extend(why.map(|why| Violation::new(format!("answers[{at}]"), why)));
    }
    if finished {
        let missing = questionnaire.items().map(|(_, item)| item);
        found.extend(missing.filter(|item| item.required && !seen.contains(item.id.as_str())).map(
            |item| Violation::new("answers", msg!("questionnaire.missing_answer", item = item.id)),
        ));
    }
    none_of(found)
}

fn wrong_answer(item: &Item, value: &AnswerValue) -> Option<Msg> {
    let id = &item.id;
    match (&item.form, value) {
        (_, AnswerValue::DontKnow) => {
            (!item.dont_know).then(|| msg!("questionnaire.no_dont_know", item = id))
        }
        (_, AnswerValue::Refused) => {
            (!item.refused).then(|| msg!("questionnaire.no_refusal", item = id))
        }
        (Form::Scale, AnswerValue::Score(score)) => (!SCALE.contains(score))
            .then(|| msg!("questionnaire.outside_scale", item = id, value = score)),
        (Form::Options(options), AnswerValue::Option(code)) => {
            let known = options.iter().any(|option| option.code == *code);
            (!known).then(|| msg!("questionnaire.unknown_option", item = id, code = code))
        }
        (Form::Scale, AnswerValue::Option(_) | AnswerValue::Text(_))
        | (Form::Options(_), AnswerValue::Score(_) | AnswerValue::Text(_)) => {
            Some(msg!("questionnaire.wrong_form", item = id))
        }
    }
}

fn wrong_words(open: &Verbatim, value: &AnswerValue) -> Option<Msg> {
    match value {
        AnswerValue::Text(words) if words.chars().count() > open.max_length => {
            let length = words.chars().count();
            let max = open.max_length;
            Some(msg!("questionnaire.too_many_words", item = open.id, length = length, max = max))
        }
        AnswerValue::Text(words) => {
            has_control(words).then(|| msg!("questionnaire.control", item = open.id))
        }
        AnswerValue::Score(_)
        | AnswerValue::Option(_)
        | AnswerValue::DontKnow
        | AnswerValue::Refused => Some(msg!("questionnaire.wrong_form", item = open.id)),
    }
}

/// The text answers are stored as: canonical JSON, in the order of the questionnaire, so the same
/// answers are the same bytes in whatever order they came. Check them first.
pub fn to_json(questionnaire: &Questionnaire, answers: &[Answer]) -> String {
    let asked = questionnaire.items().map(|(_, item)| item.id.as_str());
    let open = questionnaire.verbatims.iter().map(|one| one.id.as_str());
    let place: BTreeMap<&str, usize> =
        asked.chain(open).enumerate().map(|(at, id)| (id, at)).collect();
    let mut sorted: Vec<&Answer> = answers.iter().collect();
    sorted.sort_by_key(|answer| {
        (place.get(answer.item.as_str()).copied().unwrap_or(usize::MAX), answer.item.as_str())
    });
    canonical::json(&sorted)
}

/// Stored answers.
///
/// # Errors
/// One violation on `answers` when the text is not of this shape.
pub fn from_json(text: &str) -> Result<Vec<Answer>, Vec<Violation>> {
    serde_json::from_str(text).map_err(|error| {
        vec![Violation::new("answers", msg!("questionnaire.unreadable", detail = error))]
    })
}
