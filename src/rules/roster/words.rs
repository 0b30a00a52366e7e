//! The words of school spreadsheets: headers in Chinese and English, totals, remarks, ditto.

use super::{
    Kind,
    row::word,
    vocabulary::{
        CLASS, CLASS_TEACHER, CLASS_TEACHER_NUMBER, CONTACT, CONTACT_NUMBER, COUNTS, DEPARTMENTS,
        DESCRIBING, FAMILY_NAME, FEET, FOOT_ENDS, FOOT_PERSONS, GIVEN_NAME, GRADE, GUARDIAN,
        NOTHING, ORDINAL, OTHER, OTHERS, PARTS, PHONE, PHONE_OF, POSTS, PUPIL, PUPIL_NUMBER,
        REGISTERED, RELATION, REMARKS, SOME_NAME, STAFF, STAFF_NUMBER, TARGET_KEY, TOTALS,
    },
};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Class label.
    Class,
    /// Grade, when it stands in a column of its own before the class.
    Grade,
    /// Name of the pupil, the contact or the target.
    Name,
    /// Number of the pupil or contact; key of a target.
    Number,
    /// A phone; several columns may be one.
    Phone,
    /// Class teacher of the class, or the member of staff whose contact it is.
    Staff,
    /// Their staff number.
    StaffNumber,
    /// What the contact is to the member of staff.
    Relation,
    /// Name of the guardian to ask for.
    Guardian,
    /// A name that may be the member of staff's or the contact's.
    SomeName,
    /// Row number of the sheet.
    Ordinal,
    /// Known, and of no use here.
    Other,
}

impl Field {
    /// Its name in a mapping and in reports.
    pub const fn name(self, kind: Kind) -> &'static str {
        match (self, kind) {
            (Field::Class, _) => "class",
            (Field::Grade, _) => "grade",
            (Field::Name | Field::SomeName, _) => "name",
            (Field::Number, Kind::Targets) => "key",
            (Field::Number, _) => "number",
            (Field::Phone, _) => "phone",
            (Field::Staff, Kind::Parents) => "teacher",
            (Field::Staff, _) => "staff",
            (Field::StaffNumber, Kind::Parents) => "teacher_number",
            (Field::StaffNumber, _) => "staff_number",
            (Field::Relation, _) => "relation",
            (Field::Guardian, _) => "guardian",
            (Field::Ordinal, _) => "ordinal",
            (Field::Other, _) => "other",
        }
    }

    /// The field of a mapping's name.
    pub fn of_name(name: &str, kind: Kind) -> Option<Field> {
        const MAPPED: [Field; 9] = [
            Field::Class,
            Field::Grade,
            Field::Name,
            Field::Number,
            Field::Phone,
            Field::Staff,
            Field::StaffNumber,
            Field::Relation,
            Field::Guardian,
        ];
        MAPPED.into_iter().find(|field| field.name(kind) == name)
    }
}

/// The tables of a kind, in the order in which they are asked.
fn tables(kind: Kind) -> &'static [(Field, &'static str)] {
    match kind {
        Kind::Parents => &[
            (Field::Class, CLASS),
            (Field::Grade, GRADE),
            (Field::Name, PUPIL),
            (Field::Name, SOME_NAME),
            (Field::Number, PUPIL_NUMBER),
            (Field::Staff, CLASS_TEACHER),
            (Field::StaffNumber, CLASS_TEACHER_NUMBER),
            (Field::Guardian, GUARDIAN),
            (Field::Other, RELATION),
        ],
        Kind::Contacts => &[
            (Field::Staff, STAFF),
            (Field::StaffNumber, STAFF_NUMBER),
            (Field::Name, CONTACT),
            (Field::Number, CONTACT_NUMBER),
            (Field::SomeName, SOME_NAME),
            (Field::Relation, RELATION),
            (Field::Other, CLASS),
            (Field::Other, GRADE),
        ],
        Kind::Targets => &[
            (Field::Class, CLASS),
            (Field::Grade, GRADE),
            (Field::Name, STAFF),
            (Field::Name, CLASS_TEACHER),
            (Field::Name, SOME_NAME),
            (Field::Number, STAFF_NUMBER),
            (Field::Number, CLASS_TEACHER_NUMBER),
            (Field::Number, TARGET_KEY),
        ],
    }
}

/// Every word that is a header of its own, for names to be none of.
pub(super) fn header_words() -> impl Iterator<Item = &'static str> {
    let fields = [Kind::Parents, Kind::Contacts].into_iter().flat_map(tables);
    let words = fields.map(|(_, words)| *words).chain([PHONE, ORDINAL, OTHER]);
    words.flat_map(|words| words.split(' '))
}

/// The field of a header, if the header is known. `header` is a [`word`].
pub fn field_of(header: &str, kind: Kind) -> Option<Field> {
    if header.is_empty() {
        return None;
    }
    let known = tables(kind).iter().find(|(_, words)| is_one_of(words, header));
    if let Some((field, _)) = known {
        return Some(*field);
    }
    if is_phone(header) {
        return Some(if kind == Kind::Targets { Field::Other } else { Field::Phone });
    }
    if is_one_of(ORDINAL, header) {
        return Some(Field::Ordinal);
    }
    (is_reason_header(header) || is_one_of(OTHER, header)).then_some(Field::Other)
}

/// Whether a header is the one over the reasons that rejected lines come back with.
pub fn is_reason_header(header: &str) -> bool {
    crate::model::Lang::ALL
        .iter()
        .any(|lang| word(crate::locale::label("roster.reason_header", *lang)) == header)
}

fn is_one_of(words: &str, word: &str) -> bool {
    words.split(' ').any(|known| known == word)
}

/// `父亲联系电话2` → whose, phone word, number.
fn is_phone(header: &str) -> bool {
    let digit = |c: char| c.is_ascii_digit() || "一二三四".contains(c);
    // `监护人1电话` and `电话1` are phones too
    let base: String = header.chars().filter(|c| !digit(*c) || !c.is_ascii_digit()).collect();
    let base = base.trim_end_matches(digit);
    let phone = |text: &str| is_one_of(PHONE, text);
    phone(base) || PHONE_OF.split(' ').any(|of| base.strip_prefix(of).is_some_and(phone))
}

/// A header of a phone that does not say whose.
pub fn is_bare_phone(header: &str) -> bool {
    is_one_of(PHONE, header)
}

/// Whether a header is over numbers of pupils.
pub fn is_count_header(header: &str) -> bool {
    is_one_of(COUNTS, header)
}

/// A header of a name that does not say whose.
pub fn is_bare_name(header: &str) -> bool {
    is_one_of(SOME_NAME, header)
}

/// A header of the first part of a name that stands in two columns.
pub fn is_family_name(header: &str) -> bool {
    is_one_of(FAMILY_NAME, header)
}

/// The header of the second part.
pub fn is_given_name(header: &str) -> bool {
    is_one_of(GIVEN_NAME, header)
}

/// Whether the brackets of a header hold one of some words.
fn brackets_say<'w>(header: &str, mut words: impl Iterator<Item = &'w str>) -> bool {
    let text: String = unicode_normalization::UnicodeNormalization::nfkc(header)
        .flat_map(char::to_lowercase)
        .collect();
    let inside = text.split(['(', '[', '【']).skip(1);
    let inside: Vec<&str> = inside.filter_map(|part| part.split([')', ']', '】']).next()).collect();
    words.any(|word| inside.iter().any(|part| part.contains(word)))
}

/// Whether brackets in the header of a phone give it to somebody who is not to be called.
pub fn is_of_others(header: &str) -> bool {
    brackets_say(header, OTHERS.split(' '))
}

/// Whether brackets in the header of a class, a name or a member of staff say that it is another than the
/// one that is asked for: a deputy, the class before, a parent where pupils are named.
pub fn is_of_another(header: &str, of_pupils: bool) -> bool {
    const ANOTHER: &str = "副 原 旧 舊 曾 兴趣 興趣 社团 社團";
    const PARENT: &str = "家长 家長 父 母 监护 監護 parent guardian";
    let parents = PARENT.split(' ').filter(|_| of_pupils);
    brackets_say(header, ANOTHER.split(' ').chain(parents))
}

/// Whether a header is over what somebody is at a school: below the pupils it begins a list of staff or
/// of a committee.
pub fn is_post(header: &str) -> bool {
    is_one_of(POSTS, header)
}

/// Whether a word under a phone header says whose phone: `父亲` below `联系电话`.
pub fn is_phone_owner(header: &str) -> bool {
    is_one_of(PHONE_OF, header)
}

/// Whether a header is over the part of a school: campus, for staff a department.
pub fn is_part_header(header: &str, kind: Kind) -> bool {
    is_one_of(PARTS, header) || (kind == Kind::Contacts && is_one_of(DEPARTMENTS, header))
}

/// Whether a header is over what somebody is, beside their name.
pub fn is_describing(header: &str) -> bool {
    is_one_of(DESCRIBING, header)
}

/// Whether a header is over the class or the grade of somebody.
pub fn is_class_header(header: &str) -> bool {
    is_one_of(CLASS, header) || is_one_of(GRADE, header)
}

/// Whether a header that is not known is over the names of people.
pub fn is_person_header(header: &str) -> bool {
    const ENDS: [&str; 24] = [
        "主任",
        "老师",
        "教师",
        "教師",
        "老師",
        "导师",
        "導師",
        "班长",
        "班長",
        "校长",
        "校長",
        "组长",
        "組長",
        "辅导员",
        "輔導員",
        "管理员",
        "责任人",
        "負責人",
        "负责人",
        "介绍人",
        "领导",
        "干部",
        "司机",
        "teacher",
    ];
    ENDS.iter().any(|end| header.ends_with(end))
}

/// Whether the header of a pupil's number is a register's.
pub fn is_registered(header: &str) -> bool {
    is_one_of(REGISTERED, header)
}

/// A cell that repeats the one above.
pub fn is_ditto(text: &str) -> bool {
    let text = text.trim();
    matches!(text, "〃" | "\"" | "″" | "\u{201d}")
        || matches!(word(text).as_str(), "同上" | "同上行" | "同前" | "ditto" | "sameasabove")
}

/// A cell that says that there is nothing: `无`, `-`, `待定`.
pub fn is_placeholder(text: &str) -> bool {
    let text: String = unicode_normalization::UnicodeNormalization::nfkc(text.trim())
        .flat_map(char::to_lowercase)
        .collect();
    text.is_empty() || text.chars().all(|c| "-/\\—–_.".contains(c)) || is_one_of(NOTHING, &text)
}

/// A row that sums up begins with one of these.
pub fn is_total(text: &str) -> bool {
    let text = word(text);
    let counted = text.strip_prefix('共').is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit()) && rest.ends_with(['人', '名'])
    });
    let rest = TOTALS.split(' ').filter_map(|total| text.strip_prefix(total));
    counted || rest.min_by_key(|rest| rest.len()).is_some_and(is_count)
}

/// What may stand behind `合计`: nothing, or a number of people.
fn is_count(rest: &str) -> bool {
    let unit = rest.trim_matches(|c: char| c.is_ascii_digit() || "人名共个個位".contains(c));
    matches!(unit, "" | "pupil" | "pupils" | "student" | "students" | "contact" | "contacts")
}

/// A line of remarks below a table begins with one of these.
pub fn is_remark(text: &str) -> bool {
    let text = foot_text(text);
    REMARKS.split(' ').any(|remark| {
        let rest = text.strip_prefix(remark);
        // a name may begin like an English word
        rest.is_some_and(|rest| {
            let rest = rest.strip_prefix('s').unwrap_or(rest);
            !remark.is_ascii() || !rest.starts_with(|c: char| c.is_ascii_alphabetic())
        })
    })
}

/// The text of a foot as its marks are written, without what may stand before them.
fn foot_text(text: &str) -> String {
    let text: String = unicode_normalization::UnicodeNormalization::nfkc(text.trim())
        .flat_map(char::to_lowercase)
        .filter(|c| !c.is_whitespace())
        .collect();
    text.trim_start_matches(['*', '※', '(', '[', '【']).to_owned()
}

/// The mark of a remark, total or signature that a cell consists of, or begins with before a
/// colon. A word for a person and a date are marks only in a column of the table's `own`, the
/// word before a colon everywhere.
pub fn foot_mark(text: &str, own: bool) -> Option<&'static str> {
    let text = foot_text(text);
    let (head, colon) = match text.split_once([':', '∶']) {
        Some((head, _)) => (head, true),
        None => (text.as_str(), false),
    };
    let head: String = head.chars().filter(|c| !"()[]【】".contains(*c)).collect();
    if head.is_empty() || head.chars().count() > 20 {
        return None;
    }
    let lists: &[&'static str] = if colon || own {
        &[TOTALS, REMARKS, FEET, FOOT_PERSONS]
    } else {
        &[TOTALS, REMARKS, FEET]
    };
    if own && is_whole_date(&head) {
        return Some("日期");
    }
    let ended = |word: &&str| head.strip_prefix(word).is_some_and(is_foot_end);
    lists.iter().flat_map(|list| list.split(' ')).find(ended)
}

/// Whether nothing but such words and numbers stands between a mark and its colon.
fn is_foot_end(mut rest: &str) -> bool {
    while !rest.is_empty() {
        let shorter = FOOT_ENDS
            .split(' ')
            .find_map(|end| rest.strip_prefix(end))
            .or_else(|| rest.strip_prefix(|c: char| c.is_ascii_digit()));
        let Some(shorter) = shorter else { return false };
        rest = shorter;
    }
    true
}

/// `2026年3月2日`, as below a letter; a class that was taken for a date has no year.
fn is_whole_date(text: &str) -> bool {
    let number = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    let Some((year, rest)) = text.split_once('年') else { return false };
    let Some((month, day)) = rest.split_once('月') else { return false };
    let day = day.trim_end_matches(['日', '号', '號']);
    number(year, 4) && number(month, 2) && (day.is_empty() || number(day, 2))
}
