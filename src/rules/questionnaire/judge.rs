//! What the answers of one rating amount to: a value an indicator, valid or not, complete or not.

use std::collections::BTreeMap;

use super::{Answer, AnswerValue, Questionnaire};
use crate::rules::exact::Ratio;

/// One value an indicator, in the order of the questionnaire: the exact mean of its answered
/// items on 0..10, `None` where none is answered (don't-know and refused are not answers).
pub fn indicator_values(questionnaire: &Questionnaire, answers: &[Answer]) -> Vec<Option<Ratio>> {
    let given = by_item(answers);
    let value = |indicator: &super::Indicator| {
        let values = indicator.items.iter().filter_map(|item| {
            given.get(item.id.as_str()).and_then(|answer| item.value_of(answer))
        });
        let (sum, count) = values.fold((0i64, 0i64), |(sum, count), one| (sum + one, count + 1));
        (count > 0).then(|| Ratio::new(sum, count))
    };
    questionnaire.indicators.iter().map(value).collect()
}

/// How many indicators have a substantive answer.
pub fn answered_indicators(questionnaire: &Questionnaire, answers: &[Answer]) -> usize {
    indicator_values(questionnaire, answers).iter().flatten().count()
}

/// Valid: at least half of the indicators are substantively answered.
///
/// An interview of don't-knows only is a break-off in disguise and is not valid.
pub fn is_valid(questionnaire: &Questionnaire, answers: &[Answer]) -> bool {
    let answered = answered_indicators(questionnaire, answers);
    answered > 0 && 2 * answered >= questionnaire.indicators.len()
}

/// Complete: every required item has an answer, a don't-know or a refusal.
pub fn is_complete(questionnaire: &Questionnaire, answers: &[Answer]) -> bool {
    let given = by_item(answers);
    questionnaire.items().all(|(_, item)| !item.required || given.contains_key(item.id.as_str()))
}

fn by_item(answers: &[Answer]) -> BTreeMap<&str, &AnswerValue> {
    answers.iter().map(|answer| (answer.item.as_str(), &answer.value)).collect()
}
