//! Answers: messages ⇄ the JSON they are stored as.

use crate::error::{Error, Result, Violation};
use crate::msg;
use canvass_proto::v1::{Answer, Rating, answer::Value as Is};
use serde_json::{Value, json};

fn answer_json(a: &Answer, field: &str) -> Result<Value> {
    let value = match &a.value {
        Some(Is::Score(score)) => json!({"score": score}),
        Some(Is::Option(code)) => json!({"option": code}),
        Some(Is::DontKnow(true)) => json!("dont_know"),
        Some(Is::Refused(true)) => json!("refused"),
        Some(Is::Text(words)) => json!({"text": words}),
        Some(Is::DontKnow(false) | Is::Refused(false)) | None => {
            let why = msg!("interview.no_value", item = a.item);
            return Err(Error::Invalid(vec![Violation::new(field, why)]));
        }
    };
    Ok(json!({"item": a.item, "value": value}))
}

/// `[{target_no, answers: [{item, value}]}]`.
pub fn ratings_json(ratings: &[Rating]) -> Result<Vec<(i64, Value)>> {
    let mut out = Vec::with_capacity(ratings.len());
    for (at, rating) in ratings.iter().enumerate() {
        let mut answers = Vec::with_capacity(rating.answers.len());
        for (number, answer) in rating.answers.iter().enumerate() {
            answers.push(answer_json(answer, &format!("ratings[{at}].answers[{number}]"))?);
        }
        out.push((rating.target_no, Value::Array(answers)));
    }
    Ok(out)
}

/// The messages of stored answers.
pub fn ratings_message(ratings: &[(i64, Value)]) -> Vec<Rating> {
    let answer = |v: &Value| {
        let given = &v["value"];
        let value = match given.as_str() {
            Some("dont_know") => Some(Is::DontKnow(true)),
            Some("refused") => Some(Is::Refused(true)),
            _ => None,
        };
        let value = value
            .or_else(|| given["score"].as_i64().and_then(|n| i32::try_from(n).ok()).map(Is::Score))
            .or_else(|| given["option"].as_str().map(|s| Is::Option(s.to_owned())))
            .or_else(|| given["text"].as_str().map(|s| Is::Text(s.to_owned())));
        Answer { item: v["item"].as_str().unwrap_or_default().to_owned(), value }
    };
    ratings
        .iter()
        .map(|(target_no, answers)| Rating {
            target_no: *target_no,
            answers: answers.as_array().into_iter().flatten().map(answer).collect(),
        })
        .collect()
}
