//! What a title row or a sheet's name says: `三年级2班 班主任:张三`. A title is understood whole or not at
//! all: a word that is not known may mean that the class is another, or none (`moved here from 3-2`).

use std::sync::LazyLock;

use regex::Regex;

use super::label::{
    HAN, class_pattern, grade_pattern, is_short_label, name_pattern, pattern, plain,
    speaks_of_class,
};
use super::{
    grades::grades_differ,
    label::{is_bare_class, with_grade},
    nobody::without_honorific,
    told::{Told, is_label},
    words::is_placeholder,
};

/// What a title says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Title {
    /// The one class it names; empty where it names none.
    pub class: String,
    /// The grade, where it names that and no class.
    pub grade: String,
    /// The class teacher's name, or empty.
    pub teacher: String,
    /// The class teacher's number, or empty.
    pub teacher_number: String,
}

/// A title, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Understood to the last word; it names a class, a grade or a teacher.
    Title(Title),
    /// It names nobody and no class.
    Nothing,
    /// It speaks of a class or of a teacher in words that are not understood.
    Unclear,
}

/// A longer text is no title.
const TITLE_CHARS_MAX: usize = 200;

/// Words before which a name has ended.
const STOPS: &str = "(副?班主任|导师|導師|联系电话|聯繫電話|聯絡電話|电话|電話|手机|手機|工号|工號|人数|人數|\
    (?i:class teacher|homeroom teacher|form teacher|staff number|teacher number))";

/// What may stand before a class, besides marks and spaces: a school, a term, `附件2`.
pub(super) const BEFORE: &str = "[\\p{Han}A-Za-z .]{2,30}?(?:学校|學校|小学|小學|中学|中學|国小|國小|国中|國中|高中|初中|附小|附中|中心校|完小|幼儿园|幼兒園|\
    School|school|College|Kindergarten)|\
    [0-9]{2,4}(?: ?[-—~至/] ?[0-9]{2,4})? ?(?:学年度?|學年度?|年度)|[0-9]{4}年[春秋]|第[一二12]学期|第[一二12]學期|\
    [上下][学學]期|[春秋]?季(?:[学學]期)?|附[件表][0-9一二三四五]{0,2}[ :、.]|表[0-9一二三四五][ :、.]|班[级級別别]|(?i:class|list of)";

/// What a text before a class may not speak of: another part of the class's name, or a way there.
const NOT_BEFORE: &str = "^[ :,;-]*(?:原|转|轉|由|从|從|见|見|调|調)|转入|转来|轉入|[届屆]|年[级級]|[0-9一二三四五六七八九十][级級]|班|[系部](?:$| )|\
    校区|校區|分校|专业|專業|[初高][一二三123]|^[ :,;-]*(?:小学|小學|中学|中學|初中|高中|国小|國小|国中|國中)|\
    (?:学校|學校|中学|中學|小学|小學)(?:小学|小學|初中|高中)";

/// What is no teacher's name, although it is as long.
const NO_NAME: &str = "通[讯訊信]|联系|聯|电话|電話|手机|手機|号码|號碼|信息|名[单單册冊]|签名|簽名|家长|家長|学生|學生|登记|登記|\
    统计|統計|主任|空缺|附表|及|表$|制名|(?i:contact|list|phone|number|\\bms\\b|\\bmrs?\\b)";

/// What may stand behind it.
const BEHIND: &str = "学生|學生|幼儿|幼兒|小朋友|宝宝|寶寶|宝贝|全体|全體|家长|家長|监护人|監護人|通[讯訊信][录錄]|联系方式|聯繫方式|聯絡方式|联系|聯繫|聯絡|\
    电话|電話|手机|手機|号码|號碼|名单|名單|花?名[册冊]|信息|資料|资料|统计|統計|登记|登記|汇总|彙總|一览|一覽|调查|調查|测评|測評|\
    表|册|冊|录|錄|的|及|和|与|與|各班|基本|紧急|緊急|家庭|家校|采集|採集|收集|情况|情況|人[数數]:? ?[0-9]{1,3}人?|共?[0-9]{1,3}[人名]|共[0-9一二三四五六七八九十]{1,3}个?班|\
    [0-9]{4}年(?:[0-9]{1,2}月(?:[0-9]{1,2}日)?)?|[0-9]{4}[-./][0-9]{1,2}(?:[-./][0-9]{1,2})?|\
    (?i:contact list|contacts?|parents?|pupils?|students?|roster|register|list|phones?|numbers?|of|and)";

pub(super) const MARKS: &str = "[ :,;.|/_()\\[\\]<>\"“”《》【】·。、—-]";

fn teacher() -> String {
    let name = name_pattern();
    format!(
        "(?:班主任|导师|導師|(?i:class teacher|homeroom teacher|form teacher))(?:老师|老師|姓名|名字)? ?\
         (?:[:_-]+ ?(?P<teacher>\\p{{Han}}老[师師]|{name})(?:老[师師])?|(?P<styled>{HAN}{{1,4}}老[师師]))(?:[ ,;/|()_]|$)"
    )
}

fn whole(core: &str) -> Option<Regex> {
    let name = name_pattern();
    let teacher = teacher();
    pattern(&format!(
        "^(?P<before>(?:{MARKS}|{BEFORE})*?){core}(?:{MARKS}|{BEHIND}|{teacher}|副班主任(?:老师|老師)? ?[: ]* ?{name}(?:老[师師])?(?:[ ,;/|()_]|$)|\
         (?:工号|工號|(?i:staff number|teacher number)) ?:? ?(?P<number>[0-9A-Za-z-]{{1,20}})|[0-9+][0-9 -]{{6,20}})*$"
    ))
}

static CLASS: LazyLock<Option<Regex>> =
    LazyLock::new(|| whole(&format!("(?P<class>{})", class_pattern())));
static GRADE: LazyLock<Option<Regex>> =
    LazyLock::new(|| whole(&format!("(?P<grade>{})", grade_pattern())));
static NEITHER: LazyLock<Option<Regex>> = LazyLock::new(|| whole(""));
static TEACHER: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern("班主任|导师|導師|(?i:class teacher|homeroom teacher|form teacher)"));
static DEPUTY: LazyLock<Option<Regex>> = LazyLock::new(|| pattern("副班主任"));
static MISPLACED: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(NOT_BEFORE));
static MISNAMED: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(NO_NAME));
static STOP: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(STOPS));

/// Whether every pattern compiled: without them nothing may be read.
pub fn ready() -> bool {
    let all = [&CLASS, &GRADE, &NEITHER, &TEACHER, &DEPUTY, &STOP, &MISPLACED, &MISNAMED];
    super::label::ready()
        && super::part::ready()
        && super::whose::ready()
        && all.iter().all(|known| known.is_some())
}

/// The cells of a row as one text: what stands alone in a cell is the mark of the next.
pub fn title_text(cells: &[String]) -> String {
    const ALONE: [&str; 8] = [
        "班主任",
        "班主任姓名",
        "导师",
        "導師",
        "工号",
        "工號",
        "class teacher",
        "homeroom teacher",
    ];
    let mut text = String::new();
    for (at, cell) in cells.iter().enumerate() {
        text.push_str(cell);
        let valued = cells.get(at + 1).is_some_and(|next| !next.trim().is_empty());
        let alone = ALONE.contains(&cell.trim().to_lowercase().as_str());
        text.push_str(if alone || (valued && is_label(cell)) { ": " } else { "  " });
    }
    text
}

/// Whether a text says where classes are, by labels and values, and no more: `校区：东校区`.
pub fn says_where(text: &str) -> bool {
    let told = Told::of(text);
    told.grade.is_empty() && told.is_all()
}

/// Reads the text of a title row (see [`title_text`]).
pub fn read_title(text: &str) -> Reading {
    let Told { grade, rest, .. } = Told::of(text);
    let reading = if may_speak(&rest) { read_rest(&rest) } else { Reading::Nothing };
    if grade.is_empty() {
        return reading;
    }
    let title = match reading {
        Reading::Unclear => return Reading::Unclear,
        Reading::Nothing => Title::default(),
        Reading::Title(title) => title,
    };
    let other = !title.grade.is_empty() && title.grade != grade;
    if other || grades_differ(&grade, &title.class) {
        return Reading::Unclear;
    }
    Reading::Title(match title.class.as_str() {
        "" => Title { grade, ..title },
        class if is_bare_class(class) => Title { class: with_grade(&grade, class), ..title },
        _ => title,
    })
}

/// The same without labels and values.
fn read_rest(text: &str) -> Reading {
    if text.chars().count() > TITLE_CHARS_MAX {
        return Reading::Unclear;
    }
    let text = plain(text);
    let Some(stop) = STOP.as_ref() else { return Reading::Unclear };
    let text = plain(&stop.replace_all(&text, " $1"));
    let named = |pattern: &LazyLock<Option<Regex>>| {
        pattern.as_ref().map_or(0, |known| known.find_iter(&text).count())
    };
    // a deputy is another person
    let teachers = named(&TEACHER) - named(&DEPUTY).min(named(&TEACHER));
    for known in [&CLASS, &GRADE, &NEITHER] {
        let Some(found) = known.as_ref().and_then(|known| known.captures(&text)) else { continue };
        let part = |name: &str| found.name(name).map_or("", |part| part.as_str()).trim();
        let title = Title {
            class: compact(part("class")),
            grade: compact(part("grade")),
            teacher: without_honorific(&compact(&format!("{}{}", part("teacher"), part("styled"))))
                .to_owned(),
            teacher_number: part("number").to_owned(),
        };
        let wrong = |pattern: &LazyLock<Option<Regex>>, text: &str| {
            pattern.as_ref().is_none_or(|known| known.is_match(text))
        };
        // the word for a class is none
        let before = ["班级", "班級", "班別", "班别"]
            .iter()
            .fold(part("before").to_owned(), |text, word| text.replace(word, ""));
        // `高中二(3)班` is of a stage, `高中高二(3)班` of a school
        let staged = ["初中", "高中"].iter().any(|word| before.trim_end().ends_with(word));
        let told = title.class.starts_with(['初', '高']) || title.grade.starts_with(['初', '高']);
        if staged && !told {
            return Reading::Unclear;
        }
        let unnamed = (teachers == 1) == title.teacher.is_empty();
        let misnamed = !title.teacher.is_empty() && wrong(&MISNAMED, &title.teacher);
        if teachers > 1 || unnamed || misnamed || wrong(&MISPLACED, &before) {
            return Reading::Unclear;
        }
        let title = if is_placeholder(&title.teacher) {
            Title { teacher: String::new(), ..title }
        } else {
            title
        };
        let silent = title == Title::default();
        return if silent { Reading::Nothing } else { Reading::Title(title) };
    }
    if teachers > 0 || speaks_of_class(&text) { Reading::Unclear } else { Reading::Nothing }
}

/// Whether a text speaks of a class teacher who cannot be taken from it: `填表：王芳 班主任：李梅`,
/// `三(1)班 班主任 李梅`.
pub fn loses_teacher(text: &str) -> bool {
    let Some(known) = TEACHER.as_ref() else { return false };
    match read_title(text) {
        Reading::Title(_) => false,
        Reading::Unclear => known.is_match(&plain(text)),
        // `学生信息（班主任填写）` names nobody
        Reading::Nothing => {
            let text = plain(text);
            known.find_iter(&text).any(|found| text[found.end()..].trim_start().starts_with(':'))
        }
    }
}

/// Whether a text has a sign of a class, grade or teacher at all: most have none, and are asked often.
fn may_speak(text: &str) -> bool {
    const LATIN: [&str; 7] = ["class", "grade", "form", "year", "primary", "secondary", "teacher"];
    if text.contains(['班', '级', '級', '初', '高', '导', '導', '中', '届', '屆']) {
        return true;
    }
    let lower = text.to_ascii_lowercase();
    LATIN.iter().any(|word| lower.contains(word))
}

/// Labels and names have no spaces but between Latin words.
fn compact(label: &str) -> String {
    if label.is_ascii() { label.to_owned() } else { label.replace(' ', "") }
}

/// The grade that a sheet is named after: `三年级`.
pub fn grade_of_sheet(name: &str) -> Option<String> {
    match read_title(name) {
        Reading::Title(title) if title.class.is_empty() => Some(title.grade),
        Reading::Title(_) | Reading::Nothing | Reading::Unclear => None,
    }
    .filter(|grade| !grade.is_empty())
}

/// The class that a sheet is named after, if it looks like one: `三年级2班`, `3-2`, `3(2)`, `高一3`,
/// `Class 3A`.
pub fn class_of_sheet(name: &str) -> Option<String> {
    if is_short_label(name) {
        return Some(plain(name));
    }
    match read_title(name) {
        Reading::Title(title) if !title.class.is_empty() => Some(title.class),
        Reading::Title(_) | Reading::Nothing | Reading::Unclear => None,
    }
}
