//! What a class, a grade or a person is called in the sheets of schools, as one grammar.

use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization;

/// A number as people write it.
const NUM: &str = "(?:[0-9]{1,2}|[一二三四五六七八九十]{1,3})";
/// A class of a grade that is told by a letter.
const LETTER: &str = "[A-Z甲乙丙丁戊己庚辛壬癸忠孝仁愛爱信義义]";
pub(super) const HAN: &str = "[\u{3400}-\u{4dbf}\u{4e00}-\u{9fff}\u{20000}-\u{3ffff}·]";

/// A pattern of our own. One that does not compile (a build without a part of the library) reads
/// nothing: see [`ready`].
pub(super) fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

/// `三年级`, `初二`, `2023级`, `Grade 3`.
pub(super) fn grade_pattern() -> String {
    format!(
        "(?:[初高]?{NUM}年[级級]|[初高]{NUM}|[0-9]{{4}}[级級届屆]|{NUM}[级級]|\
         (?i:grade|year|form|primary|secondary) ?[0-9]{{1,2}})"
    )
}

/// `三年级(2)班`, `三年二班`, `三(2)班`, `3-2班`, `初三2班`, `中一班`, `301班`, `2班`, `Grade 3 Class 2`,
/// `Class 3A`.
pub(super) fn class_pattern() -> String {
    let grade = grade_pattern();
    let one = format!("第?\\(?(?:{NUM}|{LETTER})\\)?");
    format!(
        "(?:{grade} ?{one} ?班|{NUM}年{one}班|[初高]?{NUM}\\({NUM}\\)班|{NUM}-{NUM}班|\
         [初高]?[一二三四五六七八九十]{{1,2}}[0-9]{{1,2}}班|[小中大托]{NUM}班|[0-9]{{3,4}}班|{one}班|\
         (?i:grade|year|form|primary|secondary) ?[0-9]{{1,2}}(?: ?[A-Z]\\b|[ ,-]+(?i:class) ?[0-9A-Z]{{1,2}}\\b)|\
         (?i:class):? ?(?:[0-9]{{1,2}} ?[A-Z]?|[A-Z])\\b)"
    )
}

/// A name of a person: Chinese, perhaps spread out, or in Latin letters.
pub(super) fn name_pattern() -> String {
    format!(
        "(?:{HAN}{{2,4}}|{HAN} {{1,3}}{HAN}{{1,2}}|[A-Z][A-Za-z.'-]*(?: [A-Z][A-Za-z.'-]*){{0,3}})"
    )
}

static CLASS: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(&format!("^{}$", class_pattern())));
static CLASS_ANYWHERE: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(&class_pattern()));
static GRADE: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(&format!("^{}$", grade_pattern())));
/// What speaks of a class or grade, understood or not.
static SPEAKS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        "班|年[级級]|[0-9一二三四五六七八九十初高][级級]|中[队隊]|(?i)\\b(?:class|grade|form|year) ?[0-9A-Z]",
    )
});
/// Words with `班` or like a class that name none.
static OTHERWISE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        "副?班主任|班[级級別别长長会會]|[各全本值]班|(?i:class ?teacher|form ?teacher|year ?20[0-9]{2})",
    )
});
/// A short label of a sheet: grade and class and nothing else.
static SHORT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        "^(?:[初高小]?(?:[0-9]{1,2}|[一二三四五六七八九十]{1,2})(?:[-_]|\\()(?:[0-9]{1,2}|[一二三四五六七八九十]{1,3}|[A-Z])\\)?|\
         [初高]?[一二三四五六七八九十]{1,2}[0-9]{1,2}|\
         [1-9](?:0[1-9]|[1-4][0-9])|[0-9]{1,2}[A-Za-z]|[一二三四五六七八九十][A-Z]|[KP][0-9])$",
    )
});
/// Labels of a column that are words: `三甲`, `六一`, `大一`.
static TOGETHER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(&format!(
        "^(?:[一二三四五六七八九](?:{LETTER}|[一二三四五六七八九十]{{1,2}})|[小中大][一二三四五六]|{NUM}年{NUM})$"
    ))
});
static SHORT_ANYWHERE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        "(?:^|[^0-9A-Za-z./-])([0-9一二三四五六七八九十]{1,2}(?:-[0-9一二三四五六七八九十]{1,2}|\\([0-9一二三四五六七八九十]{1,2}\\)|[A-Z]))(?:[^0-9A-Za-z./-]|$)",
    )
});
static BARE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(&format!("^(?:第?\\(?(?:{NUM}|{LETTER})\\)?班?|(?i:class):? ?[0-9A-Z])$"))
});

fn is(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    if text.len() > 4 * TEXT_CHARS_MAX {
        return false;
    }
    pattern.as_ref().is_some_and(|known| known.is_match(text))
}

/// Whether every pattern here compiled.
pub(super) fn ready() -> bool {
    [
        &CLASS,
        &CLASS_ANYWHERE,
        &GRADE,
        &SPEAKS,
        &OTHERWISE,
        &SHORT,
        &TOGETHER,
        &SHORT_ANYWHERE,
        &BARE,
    ]
    .iter()
    .all(|known| known.is_some())
}

/// As labels are compared with the grammar: NFKC, one space where there are several.
pub(super) fn plain(text: &str) -> String {
    let text: String = text.nfkc().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a text is the name of one class and no more.
pub(super) fn is_class(text: &str) -> bool {
    let text = plain(text);
    is(&CLASS, &text) || is(&CLASS, &text.replace(' ', ""))
}

/// Whether a text is the name of a grade and no more.
pub(super) fn is_grade(text: &str) -> bool {
    is(&GRADE, &plain(text))
}

/// Short labels of classes that stand in a text: `3-2通讯录`.
pub(super) fn short_mentions(text: &str) -> Vec<String> {
    let text = plain(text);
    let Some(short) = SHORT_ANYWHERE.as_ref() else { return Vec::new() };
    short.captures_iter(&text).filter_map(|found| Some(found.get(1)?.as_str().to_owned())).collect()
}

/// Whether a label says of which grade it is.
pub(super) fn has_grade(label: &str) -> bool {
    !is_bare_class(label) && (is_class(label) || is_short_label(label))
}

/// Whether a class column may hold a label: one class of whatever name, and nothing about it.
pub(super) fn is_column_label(label: &str) -> bool {
    let text = plain(label);
    if is_class(&text) || is_short_label(&text) || is_bare_class(&text) {
        return true;
    }
    let han = |c: char| ('\u{2e80}'..='\u{3ffff}').contains(&c);
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let several = text.contains(['、', '/', '?', '？', '转', '轉', '原', '见', '見']);
    let spaced = text.contains(' ') && text.chars().any(han);
    if several || spaced || digits >= 7 || is_grade(&text) || text.chars().count() > 20 {
        return false;
    }
    // a word alone may be a person
    is(&TOGETHER, &text) || text.ends_with('班') || !text.chars().all(han)
}

/// A label of grade and class as a sheet is named: `3-2`, `3(2)`, `高一3`, `3A`, `301`.
pub(super) fn is_short_label(text: &str) -> bool {
    is(&SHORT, &plain(text))
}

/// Whether a label names a class within a grade only: `2班`, `(2)班`, `二班`, `2`. Such labels of
/// different grades would fall together.
pub fn is_bare_class(label: &str) -> bool {
    is(&BARE, &plain(label))
}

/// The classes that a text speaks of; `None` where it speaks of one in other words too.
pub(super) fn mentions(text: &str) -> Option<Vec<String>> {
    if text.chars().count() > TEXT_CHARS_MAX {
        return None;
    }
    let text = plain(text);
    let (Some(class), Some(otherwise)) = (CLASS_ANYWHERE.as_ref(), OTHERWISE.as_ref()) else {
        return None;
    };
    let rest = otherwise.replace_all(&text, "|");
    let found = class.find_iter(&rest).map(|found| found.as_str().to_owned()).collect();
    let left = class.replace_all(&rest, "|");
    (!is(&SPEAKS, &left)).then_some(found)
}

/// A longer text is looked at no further: it may say anything.
const TEXT_CHARS_MAX: usize = 200;

/// Whether a text speaks of a class or grade, understood or not.
pub(super) fn speaks_of_class(text: &str) -> bool {
    mentions(text).is_none_or(|found| !found.is_empty())
}

/// Grade and class of a label with its numerals as digits: `三年级一班`, `三(1)班` and `3年1班` are one.
/// The grade is empty where the label has none.
pub(super) fn grade_and_class(label: &str) -> (String, String) {
    let text = apart(&plain(label).replace(' ', ""));
    let text = numerals(&text);
    let tells = |c: char| {
        c.is_ascii_alphanumeric() || "初高小中大托甲乙丙丁戊己庚辛壬癸忠孝仁愛爱信義义".contains(c)
    };
    let parts: Vec<&str> =
        text.split(|c: char| !tells(c)).filter(|part| !part.is_empty()).collect();
    match parts[..] {
        [class] => (String::new(), class.to_owned()),
        [grade, class] => (grade.to_owned(), class.to_owned()),
        _ => (String::new(), text),
    }
}

/// A class of a grade: `三年级` + `1班`; two numbers are kept apart, or 1 and 12 would be 11 and 2.
pub(super) fn with_grade(grade: &str, class: &str) -> String {
    let chinese = |c: char| "一二三四五六七八九十".contains(c);
    // `Class: A` of `Grade 3` is `Grade 3 Class A`
    let spelled = class.is_ascii().then(|| class.replace(": ", " ").replace(':', " "));
    let class = spelled.as_deref().unwrap_or(class);
    let alike = match (grade.chars().last(), class.chars().next()) {
        (Some(a), Some(b)) => {
            (a.is_ascii_digit() && b.is_ascii_digit()) || (chinese(a) && chinese(b))
        }
        _ => false,
    };
    let latin = grade.ends_with(|c: char| c.is_ascii_alphanumeric())
        && class.starts_with(|c: char| c.is_ascii_alphabetic());
    let between = if alike {
        "-"
    } else if latin && grade.len() > 2 {
        " "
    } else {
        ""
    };
    format!("{grade}{between}{class}")
}

/// Grade and class with a mark between them where a label writes them together: `初三2`, `701`.
fn apart(label: &str) -> String {
    let bare = label.strip_suffix('班').unwrap_or(label);
    let chars: Vec<char> = bare.chars().collect();
    if let [grade @ '1'..='9', class @ ..] = &chars[..]
        && class.len() == 2
        && class.iter().all(char::is_ascii_digit)
    {
        let class: String = class.iter().collect();
        return format!("{grade}-{}", class.trim_start_matches('0'));
    }
    let at = chars
        .windows(2)
        .position(|pair| "一二三四五六七八九十".contains(pair[0]) && pair[1].is_ascii_digit());
    match at {
        Some(at) => {
            let (grade, class) = chars.split_at(at + 1);
            format!("{}-{}", grade.iter().collect::<String>(), class.iter().collect::<String>())
        }
        None => bare.to_owned(),
    }
}

/// Chinese numerals below a hundred as digits; all else as it is.
pub(super) fn numerals(text: &str) -> String {
    let value = |c: char| "一二三四五六七八九".chars().position(|n| n == c).map(|at| at + 1);
    let mut out = String::new();
    let mut run: Vec<char> = Vec::new();
    for c in text.chars().chain([' ']) {
        if value(c).is_some() || c == '十' {
            run.push(c);
            continue;
        }
        match run[..] {
            [] => {}
            [one] if one != '十' => out.push_str(&value(one).unwrap_or_default().to_string()),
            ['十'] => out.push_str("10"),
            ['十', one] => out.push_str(&(10 + value(one).unwrap_or_default()).to_string()),
            [ten, '十'] => out.push_str(&(10 * value(ten).unwrap_or_default()).to_string()),
            [ten, '十', one] => {
                let sum = 10 * value(ten).unwrap_or_default() + value(one).unwrap_or_default();
                out.push_str(&sum.to_string());
            }
            _ => out.extend(run.iter()),
        }
        run.clear();
        out.push(c);
    }
    out.trim_end().to_owned()
}

/// A class label that a spreadsheet turned into a date: `3月2日`, `2-Mar`, `Mar-02`, `2026/3/2`.
pub(super) fn is_date_like(label: &str) -> bool {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    if let Some((month, day)) = label.strip_suffix('日').and_then(|d| d.split_once('月')) {
        return digits(month, 2) && digits(day, 2);
    }
    let lower = label.to_lowercase();
    let parts: Vec<&str> = lower.split(['-', '/']).collect();
    match parts[..] {
        [a, b] => (digits(a, 2) && MONTHS.contains(&b)) || (MONTHS.contains(&a) && digits(b, 2)),
        [year, month, day] => {
            year.len() == 4 && digits(year, 4) && digits(month, 2) && digits(day, 2)
        }
        _ => false,
    }
}

/// Whether two labels may be of one class: a label without a grade may be of any.
pub(super) fn same_class(a: &str, b: &str) -> bool {
    let ((grade_a, class_a), (grade_b, class_b)) = (grade_and_class(a), grade_and_class(b));
    class_a == class_b && (grade_a == grade_b || grade_a.is_empty() || grade_b.is_empty())
}
