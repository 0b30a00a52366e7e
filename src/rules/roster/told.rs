//! What a title says as label and value: `年级：三年级`, `校区：东校区`, `Grade: 3`. Where the label is known,
//! whatever value stands there tells classes apart, understood or not.

use super::{
    label::{is_class, is_grade, plain, speaks_of_class},
    vocabulary::{LABELS_GRADE, LABELS_KIND, LABELS_PART, LABELS_SCHOOL, LABELS_YEAR},
};

/// The labels and values of a text, and the rest of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// `三年级`, `Grade 3`.
    pub grade: String,
    /// `第一小学`.
    pub school: String,
    /// The school year, as it stands.
    pub year: String,
    /// `东校区`.
    pub part: String,
    /// Whatever else tells classes apart, by its label: `专业` → `计算机`.
    pub kinds: Vec<(String, String)>,
    /// The text without them.
    pub rest: String,
}

/// Which label it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Grade,
    School,
    Year,
    Part,
    Kind,
}

const LABELS: [(What, &str); 5] = [
    (What::Grade, LABELS_GRADE),
    (What::School, LABELS_SCHOOL),
    (What::Year, LABELS_YEAR),
    (What::Part, LABELS_PART),
    (What::Kind, LABELS_KIND),
];

/// Which label a text is, as [`super::title::title_text`] joins cells: a label alone in a cell is that of
/// the next.
pub(super) fn is_label(text: &str) -> bool {
    what(&plain(text)).is_some()
}

fn what(label: &str) -> Option<What> {
    let label = label.to_lowercase();
    let known = |words: &str| words.split('|').any(|word| word == label);
    LABELS.into_iter().find(|(_, words)| known(words)).map(|(what, _)| what)
}

impl Told {
    /// Reads a text; two spaces stand between cells.
    pub fn of(text: &str) -> Told {
        let mut told = Told::default();
        // most texts have none, and are asked often
        if !text.contains([':', '：', '∶']) {
            text.clone_into(&mut told.rest);
            return told;
        }
        for cell in text.split("  ") {
            told.hear(&plain(&cell.replace('∶', ":")));
        }
        told
    }

    /// Whether it says something of where a class is, or of which grade, and no more.
    pub fn is_all(&self) -> bool {
        let said = [&self.grade, &self.school, &self.year, &self.part];
        let silent = said.iter().all(|text| text.is_empty()) && self.kinds.is_empty();
        !silent && !self.rest.chars().any(char::is_alphanumeric)
    }

    fn hear(&mut self, cell: &str) {
        let mut rest = cell;
        while let Some(at) = rest.find(':') {
            let (head, tail) = (rest[..at].trim_end(), &rest[at + 1..]);
            let Some((before, label, known)) = labelled(head) else {
                self.rest.push_str(&rest[..=at]);
                rest = tail;
                continue;
            };
            self.rest.push_str(before);
            let value = value_of(tail, known);
            rest = &tail[tail.find(value).unwrap_or_default() + value.len()..];
            self.take(known, label, value);
        }
        self.rest.push_str(rest);
        self.rest.push_str("  ");
    }

    fn take(&mut self, what: What, label: &str, value: &str) {
        let dated = value.len() >= 4 && value.bytes().take(4).all(|b| b.is_ascii_digit());
        match what {
            _ if value.is_empty() => self.rest.push_str(label),
            // a class, with its grade or without, is for the grammar of titles
            What::Grade if is_class(value) || is_form(value) => {
                self.rest.push_str(&format!("{label}: {value}"));
            }
            What::Grade if dated && value.is_ascii() => value.clone_into(&mut self.year),
            What::Grade if label.is_ascii() && !is_grade(value) => {
                let word = label.split(' ').next().unwrap_or_default();
                self.grade = format!("{word} {value}");
            }
            What::Grade => value.clone_into(&mut self.grade),
            What::School => {
                value.clone_into(&mut self.school);
                // `单位：阳光小学三年级`
                if speaks_of_class(value) {
                    self.rest.push_str(value);
                }
            }
            What::Year => value.clone_into(&mut self.year),
            What::Part => value.clone_into(&mut self.part),
            What::Kind => self.kinds.push((label.to_lowercase(), value.to_owned())),
        }
    }
}

/// `3B`: the form of a class, not a year.
fn is_form(value: &str) -> bool {
    let letter = value.trim_start_matches(|c: char| c.is_ascii_digit());
    letter.len() < value.len()
        && letter.len() == 1
        && letter.bytes().all(|b| b.is_ascii_alphabetic())
}

/// The label that a text ends with, and what stands before it.
fn labelled(head: &str) -> Option<(&str, &str, What)> {
    let starts = head.char_indices().map(|(at, _)| at);
    let begins =
        |at: &usize| *at == 0 || head[..*at].ends_with([' ', ',', ';', '|', ')', '.', '、']);
    starts
        .filter(begins)
        .find_map(|at| what(&head[at..]).map(|known| (&head[..at], &head[at..], known)))
}

/// The value behind a colon: up to a mark, the next label, or (Chinese) a space.
fn value_of(tail: &str, what: What) -> &str {
    let marked = tail.split([',', ';', '|', '(', '、']).next().unwrap_or_default().trim();
    let value = match marked.find(':') {
        Some(colon) => {
            let before = marked[..colon].trim_end();
            let labels = labelled(before).map(|(rest, ..)| rest);
            labels.or(before.rfind(' ').map(|at| &before[..at])).unwrap_or_default().trim()
        }
        None => marked,
    };
    let first = value.split(' ').next().unwrap_or_default();
    let latin = first.is_ascii() && !first.starts_with(|c: char| c.is_ascii_digit());
    match what {
        What::Grade if is_grade(value) => value,
        What::School | What::Year | What::Part | What::Kind if latin => value,
        What::Grade | What::School | What::Year | What::Part | What::Kind => first,
    }
}
