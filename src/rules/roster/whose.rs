//! Whose list a title or the name of a sheet says it is: of teachers, of a committee, of pupils who are gone,
//! a copy, an example. Such people are not the parents who are called.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    Kind,
    label::{class_pattern, grade_pattern, pattern, plain},
    title::{BEFORE, MARKS},
};

/// Who is neither a pupil nor a parent.
const PEOPLE: &str = "(?:任课|任課|科任|代课|代課|全体|全體|在职|在職|年级|年級|退休)?(?:教师|教師|老师|老師|教职工|教職工|教职员|教職員|职工|職工|教工)|\
    副?班主任|导师|導師|辅导员|輔導員|科任|任课|任課|家委会?|家委會|家长委员会|家長委員會|家长会|家長會|膳食委员会|\
    行政(?:人员|人員|领导|領導|班子)?|校?领导|校?領導|中层(?:干部)?|值班(?:人员|领导|表)?|志愿者|志願者|义工|義工|志工|校车|校車|\
    接送人?|司机|司機|宿管|保安|后勤|後勤|食堂|校医|校醫|保育员|保育員|(?i:\\bteachers?\\b|\\bstaff\\b|\\bPTA\\b|\\bvolunteers?\\b|\\bdrivers?\\b|\\bgovernors?\\b)";

/// What tells that pupils are no longer there.
const GONE: &str = "(?:已|拟)?(?:转出|轉出|转学|轉學|退学|退學|休学|休學|毕业|畢業|离校|離校|流失|辍学|輟學)|\
    (?i:\\bleavers\\b|\\bwithdrawn\\b|\\bgraduates\\b)";

/// What tells that a list is no list in use.
const COPY: &str = "旧|舊|旧版|舊版|备份|備份|副本|存档|存檔|作废|作廢|去年|往年|示例|样例|樣例|范例|範例|样表|樣表|模板|模版|範本|\
    (?i:\\bold\\b|\\bbackup\\b|\\barchived?\\b|\\bsample\\b|\\bexample\\b|\\btemplate\\b)";

/// What else such a sheet is called.
const SHEET_COPY: &str = "说明|說明|(?i:\\binstructions\\b|\\breadme\\b)";

/// What may stand behind any of them.
const BEHIND: &str = "成员|成員|人员|人員|委员|委員|主任|安排|的|学生|學生|生|幼儿|幼兒|通[讯訊信][录錄簿]|联系|聯繫|聯絡|方式|电话|電話|手机|手機|号码|號碼|名单|名單|\
    花?名[册冊]|信息|資料|资料|登记|登記|统计|統計|汇总|彙總|一览|一覽|情况|情況|数据|數據|表|册|冊|录|錄|及|和|与|與|[0-9年月日]|\
    (?i:contacts?|list|directory|phones?|numbers?|details|of|and|'s|s'|')";

/// Whom the list is of, after all: `三年级家长、教师通讯录`.
const PUPILS: &str = "学生|學生|幼儿|幼兒|学员|學員|孩子|小朋友|宝宝|寶寶|儿童|家长|家長|监护人|監護人|父母|(?i:pupil|student|parent|child)";

/// What is called by such a word and is still there.
const STILL_THERE: [&str; 6] = ["毕业班", "畢業班", "毕业年级", "畢業年級", "转入", "轉入"];

fn ends_with(words: &str) -> Option<Regex> {
    // `:` begins a value: `班主任：李梅`
    let marks = MARKS.replace(':', "");
    pattern(&format!("(?P<who>{words})(?P<behind>(?:{marks}|{BEHIND})*)$"))
}

static OTHERS: LazyLock<Option<Regex>> = LazyLock::new(|| ends_with(PEOPLE));
static ABSENT: LazyLock<Option<Regex>> = LazyLock::new(|| ends_with(GONE));
static COPIES: LazyLock<Option<Regex>> = LazyLock::new(|| ends_with(COPY));
static SHEET_COPIES: LazyLock<Option<Regex>> = LazyLock::new(|| ends_with(SHEET_COPY));
static ANYBODY: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(PEOPLE));
static OF_PUPILS: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(PUPILS));
/// A school, a class, a term and no more.
static PLACE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let (class, grade) = (class_pattern(), grade_pattern());
    pattern(&format!(
        "^(?:{MARKS}|{BEFORE}|{class}|{grade}|各班|各年级|各年級|全校|本校|我校|学校|學校|[0-9])*$"
    ))
});

/// Whether every pattern here compiled.
pub(super) fn ready() -> bool {
    let all = [&OTHERS, &ABSENT, &COPIES, &SHEET_COPIES, &ANYBODY, &OF_PUPILS, &PLACE];
    all.iter().all(|known| known.is_some())
}

/// A longer text is no title.
const TITLE_CHARS_MAX: usize = 80;

fn says(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    let Some(found) = pattern.as_ref().and_then(|known| known.captures(text)) else { return false };
    let before = found.name("who").map_or("", |who| &text[..who.start()]);
    let behind = found.name("behind").map_or("", |part| part.as_str());
    // a list of them, or nothing said but who they are
    behind.chars().any(char::is_alphabetic)
        || PLACE.as_ref().is_some_and(|known| known.is_match(before))
}

/// Whether a title says that what follows it is a list of somebody else, or none in use.
pub(super) fn is_of_others(text: &str, kind: Kind) -> bool {
    if text.chars().count() > TITLE_CHARS_MAX {
        return false;
    }
    let mut text = plain(text);
    for word in STILL_THERE {
        text = text.replace(word, "");
    }
    if COPIES.as_ref().is_some_and(|known| known.is_match(&text)) {
        return true;
    }
    kind == Kind::Parents
        && (says(&ABSENT, &text) || (says(&OTHERS, &text) && !is_of_pupils(&text)))
}

/// Whether a text speaks of pupils or parents, and not only of their committee.
pub(super) fn is_of_pupils(text: &str) -> bool {
    let (Some(others), Some(pupils)) = (ANYBODY.as_ref(), OF_PUPILS.as_ref()) else { return false };
    pupils.is_match(&others.replace_all(&plain(text), "|"))
}

/// The same of the name of a sheet.
pub(super) fn is_sheet_of_others(name: &str, kind: Kind) -> bool {
    let copy = SHEET_COPIES.as_ref().is_some_and(|known| known.is_match(&plain(name)));
    copy || is_of_others(name, kind)
}
