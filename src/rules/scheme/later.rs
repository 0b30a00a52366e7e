//! Options that the plan names and the engine does not apply yet, in files that give them fields of
//! their own: they are refused by name, not as unknown words.

use crate::msg;
use crate::rules::questionnaire::Kind;
use crate::rules::violation::Violation;
use crate::rules::yaml;
use serde_json::Value;

/// By setting.
const LATER: [(&str, &[&str]); 8] = [
    ("A1", &["quantiles", "standard_setting", "probability_bands"]),
    ("A3", &["weights"]),
    ("A6", &["pooled_items", "mean_of_respondent_means", "complete_cases"]),
    ("A7", &["at_least", "any_substantive", "complete"]),
    ("A9", &["fixed", "precision", "max"]),
    ("A10", &["child", "parent"]),
    ("A13", &["discard_below_cut"]),
    ("A17", &["discard"]),
];

/// The option that a setting chooses: the word itself, its `rule`, or the key before its fields.
fn chosen(setting: &Value) -> Option<&str> {
    match setting {
        Value::String(word) => Some(word),
        Value::Object(fields) => match fields.get("rule").and_then(Value::as_str) {
            Some(rule) => Some(rule),
            None => fields.keys().next().map(String::as_str).filter(|_| fields.len() == 1),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    }
}

/// Every setting of a file that chooses an option not in force yet.
pub fn options(file: &str) -> Vec<Violation> {
    let Ok(settings) = yaml::read::<Value>(file) else { return Vec::new() };
    let mut found = Vec::new();
    for (setting, later) in LATER {
        let option = settings.get(setting).and_then(chosen);
        if let Some(option) = option.filter(|option| later.contains(option)) {
            let why = msg!("scheme.not_in_force", setting = setting, option = option);
            found.push(Violation::new(setting, why));
        }
    }
    found
}

/// The settings of a file that cannot be read, each by its name: those that are left empty, and those
/// whose value is none of the options.
pub fn wrong(settings: &Value) -> Vec<Violation> {
    let Ok(base) = yaml::read::<Value>(&super::init(Kind::Parents)) else { return Vec::new() };
    let given = settings.as_object().into_iter().flatten();
    let mut found = Vec::new();
    for (setting, value) in given.filter(|(setting, _)| base.get(setting.as_str()).is_some()) {
        let mut one = base.clone();
        one[setting.as_str()] = value.clone();
        if serde_json::from_value::<super::Scheme>(one).is_err() {
            let empty = value.is_null() || value.as_str() == Some("");
            let why = if empty {
                msg!("scheme.empty", setting = setting)
            } else {
                msg!("scheme.bad_setting", value = value)
            };
            found.push(Violation::new(setting, why));
        }
    }
    found
}
