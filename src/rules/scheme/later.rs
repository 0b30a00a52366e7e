//! Options that the plan names and the engine does not apply yet, in files that give them fields of
//! their own: they are refused by name, not as unknown words.

use crate::msg;
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
