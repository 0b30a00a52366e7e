//! Class and class teacher out of a title row or a sheet's name: `三年级2班 班主任:张三`.

use unicode_normalization::UnicodeNormalization;

/// What a title says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Title {
    /// The one class it names; empty where it names none or several.
    pub class: String,
    /// The class teacher's name, or empty.
    pub teacher: String,
    /// The class teacher's number, or empty.
    pub teacher_number: String,
}

/// Reads the text of a title row (its cells joined by spaces).
pub fn read_title(text: &str) -> Title {
    let text: String = text.nfkc().collect();
    let mut classes = class_names(&text);
    classes.dedup();
    let class = if classes.len() == 1 { classes.remove(0) } else { String::new() };
    let teacher = after(&text, &["班主任", "导师", "導師", "class teacher", "homeroom teacher"]);
    let teacher_number = after(&text, &["工号", "工號", "staff number", "teacher number"]);
    Title { class, teacher: without_honorific(&teacher), teacher_number }
}

/// The class that a sheet is named after, if it looks like one: `三年级2班`, `3-2`, `3(2)`, `高一3`,
/// `Class 3A`.
pub fn class_of_sheet(name: &str) -> Option<String> {
    let text: String = name.trim().nfkc().collect();
    let named = class_names(&text);
    if named.len() == 1 {
        // The whole name is the label, unless it says more than the class.
        return Some(named[0].clone());
    }
    let lower = text.to_lowercase();
    let english = lower.strip_prefix("class ").map(str::trim).is_some_and(|rest| {
        !rest.is_empty() && rest.len() <= 8 && rest.starts_with(|c: char| c.is_alphanumeric())
    });
    (english || is_short_label(&text)).then_some(text)
}

/// `3-2`, `3.2`, `3(2)`, `3A`, `高一3`, `初二(1)`, `三2`: a grade and a class, and nothing else.
fn is_short_label(text: &str) -> bool {
    let body = text.trim_start_matches(['初', '高', '小']);
    let grade = body.trim_start_matches(is_numeral);
    let grade_length = body.chars().count() - grade.chars().count();
    let rest = grade.trim_start_matches(['-', '.', '(', '_']).trim_end_matches(')');
    let separated = rest.len() < grade.len() || body.len() < text.len();
    let class = |c: char| is_numeral(c) || c.is_ascii_alphabetic();
    let letter = rest.chars().count() == 1 && rest.starts_with(|c: char| c.is_ascii_alphabetic());
    (1..=4).contains(&grade_length)
        && (1..=3).contains(&rest.chars().count())
        && rest.chars().all(class)
        && (separated || letter)
}

/// Whether a label names a class within a grade only: `2班`, `(2)班`, `二班`, `2`. In a workbook of
/// several sheets such labels of different grades would fall together.
pub fn is_bare_class(label: &str) -> bool {
    let body = label.strip_suffix('班').unwrap_or(label);
    let body = body.trim_start_matches(['第', '(']).trim_end_matches(')');
    !body.is_empty() && body.chars().all(is_numeral)
}

/// A text that names a grade and nothing else: `三年级`, `初二`, `高一年级`.
pub fn is_grade(text: &str) -> bool {
    let text: String = text.trim().nfkc().collect();
    let suffixed = text.strip_suffix("年级").or_else(|| text.strip_suffix("年級"));
    let body = suffixed.unwrap_or(&text);
    let school = body.trim_start_matches(['初', '高', '小']);
    (suffixed.is_some() || school.len() < body.len())
        && (1..=2).contains(&school.chars().count())
        && school.chars().all(is_numeral)
}

/// A class label that a spreadsheet turned into a date: `3月2日`, `2-Mar`, `Mar-02`, `2026/3/2`.
pub fn is_date_like(label: &str) -> bool {
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

fn is_numeral(c: char) -> bool {
    c.is_ascii_digit() || "一二三四五六七八九十".contains(c)
}

/// Every class name in a text, read backwards from each `班` that is not part of another word.
fn class_names(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut names = Vec::new();
    for (at, c) in chars.iter().enumerate() {
        let next = chars.get(at + 1).copied().unwrap_or(' ');
        if *c != '班' || "主级級长長会會".contains(next) {
            continue;
        }
        let start = class_start(&chars, at);
        if start < at {
            names.push(chars[start..=at].iter().collect());
        }
    }
    names
}

/// Where the class name that ends before `at` begins; `at` itself if there is none.
fn class_start(chars: &[char], at: usize) -> usize {
    let back = |mut from: usize, allowed: &dyn Fn(char) -> bool| {
        while from > 0 && allowed(chars[from - 1]) {
            from -= 1;
        }
        from
    };
    let numeral = |c: char| is_numeral(c) || c.is_ascii_uppercase() || "()-第".contains(c);
    let mut start = back(at, &numeral);
    if start == at {
        return at;
    }
    let grade = match chars[..start] {
        [.., '年', '级' | '級'] => 2,
        [.., '级' | '級' | '届' | '屆'] => 1,
        _ => 0,
    };
    if grade > 0 {
        start = back(start - grade, &is_numeral);
    }
    if start > 0 && "初高小".contains(chars[start - 1]) {
        start -= 1;
    }
    // A hyphen or bracket left over from the text before is not part of the name.
    while start < at && "-)".contains(chars[start]) {
        start += 1;
    }
    start
}

/// The word after one of the marks and a colon or spaces.
fn after(text: &str, marks: &[&str]) -> String {
    let lower = text.to_lowercase();
    // Lowering may move bytes in odd scripts; then nothing is read.
    if lower.len() != text.len() {
        return String::new();
    }
    let ends = marks.iter().filter_map(|mark| lower.find(mark).map(|at| at + mark.len())).min();
    let Some(rest) = ends.and_then(|end| text.get(end..)) else { return String::new() };
    let rest = ["老师", "老師", "姓名", "名字"]
        .iter()
        .find_map(|word| rest.strip_prefix(word))
        .unwrap_or(rest);
    let clear = rest.starts_with([':', ' ', '-']);
    let rest = rest.trim_start_matches([':', ' ', '-', '_']);
    let latin = rest.starts_with(|c: char| c.is_ascii_alphabetic());
    let end = |c: char| ",;/|()、。:".contains(c) || (!latin && c.is_whitespace());
    let value = rest.split(end).next().unwrap_or_default();
    let value = value.split("  ").next().unwrap_or_default().trim();
    let stop = ["电话", "電話", "手机", "手機", "工号", "工號", "联系", "聯繫"];
    let cut = stop.iter().filter_map(|word| value.find(word)).min().unwrap_or(value.len());
    let value = value[..cut].trim().trim_end_matches('_');
    if clear && value.chars().count() <= 40 { value.to_owned() } else { String::new() }
}

fn without_honorific(name: &str) -> String {
    let bare = name.strip_suffix("老师").or_else(|| name.strip_suffix("老師"));
    // a surname alone is no name: then it is part of how she is called
    bare.filter(|bare| bare.chars().count() > 1).unwrap_or(name).to_owned()
}
