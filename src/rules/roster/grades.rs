//! Whether a grade and a class can be one: `三年级` with `四(1)班` cannot.

use super::label::{grade_and_class, numerals, plain};

/// Whether the label of a class says another grade than a grade's own column. What is not understood
/// denies nothing.
pub(super) fn grades_differ(grade: &str, class: &str) -> bool {
    let own = |text: &str| {
        // `101班` may be the hundred and first of its school
        let running = plain(text).trim_end_matches('班').bytes().all(|b| b.is_ascii_digit());
        if running {
            return String::new();
        }
        let found = grade_and_class(text).0;
        if found.is_empty() { leading(&plain(text)) } else { found }
    };
    let (Some(one), Some(other)) = (numbers(&plain(grade)), numbers(&own(class))) else {
        return false;
    };
    !one.iter().any(|number| other.contains(number))
}

/// The digits of `3A`.
fn leading(class: &str) -> String {
    let letter = class.trim_start_matches(|c: char| c.is_ascii_digit());
    let one = letter.len() == 1 && letter.bytes().all(|b| b.is_ascii_uppercase());
    if one { class[..class.len() - 1].to_owned() } else { String::new() }
}

/// The years of school that a grade may be: `初一` is the first of its stage, or the seventh.
fn numbers(grade: &str) -> Option<Vec<u32>> {
    let text = numerals(&grade.to_lowercase().replace(' ', ""));
    let text = ["年级", "年級", "级", "級", "年"]
        .iter()
        .find_map(|end| text.strip_suffix(end))
        .unwrap_or(&text);
    let text = ["grade", "year", "form", "primary", "secondary", "g", "p", "小"]
        .iter()
        .find_map(|start| text.strip_prefix(start))
        .unwrap_or(text);
    let (number, later) = match text.strip_prefix(['初', '国', '國']) {
        Some(rest) => (rest, Some(6)),
        None => text.strip_prefix('高').map_or((text, None), |rest| (rest, Some(9))),
    };
    let number: u32 = number.parse().ok().filter(|number| (1..=13).contains(number))?;
    Some([Some(number), later.map(|more| number + more)].into_iter().flatten().collect())
}
