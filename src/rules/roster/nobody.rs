//! What stands where a name should and is no person's: an office, a subject, a class, the word of a header.

use std::{collections::HashSet, sync::LazyLock};

use unicode_normalization::UnicodeNormalization;

use super::{
    label::{is_class, is_grade, speaks_of_class},
    row::word,
    vocabulary::{
        GROUPS, NAMELESS, NOBODY, NOBODY_LATIN, OFFICES, ROLES, ROLES_LATIN, STYLES, SUBJECTS,
        TEACHING,
    },
    words::{header_words, is_placeholder},
};

static HEADERS: LazyLock<HashSet<&str>> = LazyLock::new(|| header_words().collect());
static NO_NAMES: LazyLock<HashSet<&str>> =
    LazyLock::new(|| [GROUPS, ROLES, SUBJECTS].iter().flat_map(|words| words.split(' ')).collect());
static LATIN: LazyLock<HashSet<&str>> = LazyLock::new(|| ROLES_LATIN.split(' ').collect());

/// Whether a text is what somebody does, a subject or a header, and no name: `语文`, `校医`, `姓名`,
/// `Maths Support`. One list for pupils and staff.
fn is_role(text: &str) -> bool {
    let text = word(text);
    if text.is_empty() {
        return false;
    }
    let taught = ["教师", "教師", "老师", "老師", "科任", "组长", "組長"]
        .iter()
        .find_map(|style| text.strip_suffix(style))
        .is_some_and(|subject| SUBJECTS.split(' ').any(|known| known == subject));
    // a short word may be a name: `No`, `Key`
    let long = if text.is_ascii() { text.len() >= 4 } else { text.chars().count() >= 2 };
    taught || NO_NAMES.contains(&*text) || (long && HEADERS.contains(&*text))
}

/// The same in Latin letters: every word is one, `Maths Support`.
fn is_latin_role(text: &str) -> bool {
    let mut words =
        text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).peekable();
    words.peek().is_some() && words.all(|part| LATIN.contains(&*part.to_lowercase()))
}

/// Whether a text is no name but stands for one that is not known: `待定`, `新生`.
pub fn is_nameless(text: &str) -> bool {
    is_placeholder(text) || NAMELESS.split(' ').any(|known| known == word(text))
}

/// Whether a cell for a member of staff is about many, or about nobody.
pub fn is_group(text: &str) -> bool {
    is_role(text) || is_latin_role(text) || is_office(text) || is_grade(text)
}

/// `李梅老师` without the style; a surname alone is no name, then it is part of how she is called.
pub fn without_honorific(name: &str) -> &str {
    let bare = name.strip_suffix("老师").or_else(|| name.strip_suffix("老師"));
    bare.filter(|bare| bare.chars().count() > 1).unwrap_or(name)
}

/// Whether a text is more than a name or a label: it says something of an office or a person.
pub fn is_said(text: &str) -> bool {
    text.contains([':', '：'])
        || NOBODY.split(' ').any(|word| speaks_of(text, word))
        || text
            .split_whitespace()
            .any(|word| NOBODY_LATIN.split(' ').any(|known| known == word.to_lowercase()))
        || STYLES.split(' ').any(|word| text.ends_with(word))
        || is_office(text)
}

/// Whether a text speaks of an office. A word of two behind one character may be the name of a person: 王保安.
fn speaks_of(text: &str, word: &str) -> bool {
    let named = text.chars().count() == 3 && word.chars().count() == 2 && text.ends_with(word);
    text.contains(word) && !named
}

/// Whether a text is called as an office is, and no person.
pub fn is_office(text: &str) -> bool {
    text.chars().count() >= 3 && OFFICES.split(' ').any(|word| text.ends_with(word))
}

/// A name without what brackets behind it say about the person.
pub fn without_remark(text: &str) -> &str {
    let ends = text.ends_with([')', '）', ']', '】']);
    let begin = text.find(['(', '（', '[', '【']).filter(|at| ends && *at > 0);
    begin.map_or(text, |at| text[..at].trim())
}

/// A text that is no person's: an office, a hot line, a signature, a class.
pub fn is_nobody(text: &str) -> bool {
    let text: String = text.trim().nfkc().collect();
    if is_said(&text) || is_role(&text) || is_latin_role(&text) {
        return true;
    }
    let bare = without_remark(&text);
    if TEACHING.split(' ').any(|word| text[bare.len()..].contains(word)) {
        return true;
    }
    let bare: String = bare.chars().filter(|c| !c.is_whitespace() || bare.is_ascii()).collect();
    let bare = bare.as_str();
    let han = |c: char| ('\u{2e80}'..='\u{3ffff}').contains(&c);
    let name = (2..=4).contains(&bare.chars().count()) && bare.chars().all(han) && !is_class(bare);
    !bare.is_empty() && !name && speaks_of_class(bare)
}
