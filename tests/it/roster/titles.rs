//! Of which class a line is, and who its teacher: told by titles, sheets and columns that are understood
//! whole, or not at all. Each case is a sheet that some school could send.

use super::{read_rows, rows_of, sheet};
use canvass::rules::roster::{Kind, Options, Row};

/// The pupils that are accepted as `class teacher name`, and the lines that are refused.
pub fn who(rows: Vec<Row>) -> String {
    let told = read_rows(Kind::Parents, Options::default(), rows);
    let lines = told.lines().filter_map(|line| {
        if line.starts_with("error") {
            return Some(line.to_owned());
        }
        if line.starts_with("sums") {
            return None;
        }
        if let Some((place, _)) = line.split_once(" - ") {
            return Some(format!("{place}-"));
        }
        let fields: Vec<&str> = line.split_once(" + ")?.1.split('|').collect();
        Some(format!("{} {} {}", fields[0], fields[2], fields[4]).replace("  ", " "))
    });
    lines.collect::<Vec<_>>().join(", ")
}

pub fn csv(lines: &[&str]) -> String {
    who(rows_of(lines.join("\n").replace('~', "1380010").as_bytes()).expect("text"))
}

#[test]
fn the_title_of_the_next_class_is_read_whatever_column_it_stands_in() {
    let table: [(&[&str], &str); 6] = [
        // a column of row numbers first
        (
            &[
                "三年级(2)班 班主任：李老师,,",
                "序号,姓名,电话",
                "1,甲,~0001",
                "三年级(3)班 班主任：张老师,,",
                "序号,姓名,电话",
                "1,乙,~0002",
            ],
            "三年级(2)班 李老师 甲, 三年级(3)班 张老师 乙",
        ),
        // a title of four cells
        (
            &[
                "班级,三(2)班,班主任,李梅",
                "姓名,电话,性别,地址",
                "甲,~0001,,",
                "班级,三(3)班,班主任,王芳",
                "姓名,电话,性别,地址",
                "乙,~0002,,",
            ],
            "三(2)班 李梅 甲, 三(3)班 王芳 乙",
        ),
        // the teacher, or her phone, in the column of phones
        (
            &["三(1)班,,", "姓名,学号,电话", "甲,S1,~0001", "三(2)班,,班主任：王芳", "乙,S2,~0002"],
            "三(1)班 甲, 三(2)班 王芳 乙",
        ),
        (
            &[
                "三(1)班,,",
                "姓名,学号,电话",
                "甲,S1,~0001",
                "三(2)班 班主任：王芳,,~0009",
                "乙,S2,~0002",
            ],
            "三(1)班 甲, 三(2)班 王芳 乙",
        ),
        // a class nobody has heard of ends the one above
        (
            &[
                "三年级(1)班,,",
                "姓名,学号,电话",
                "甲,S1,~0001",
                "阳光班 班主任：王芳,,",
                "乙,S2,~0002",
            ],
            "三年级(1)班 甲, 4-, 5-",
        ),
        (
            &["序号,班级,姓名,电话", "1,三2,甲,~0001", "以下为三(3)班,,,", "2,,乙,~0002"],
            "三2 甲, 3-, 4-",
        ),
    ];
    for (lines, expected) in table {
        assert_eq!(csv(lines), expected, "{lines:?}");
    }
}

#[test]
fn the_name_of_a_class_is_taken_whole() {
    let table = [
        ("114學年度 三年二班", "三年二班"),
        ("實驗國小114學年度第一學期三年二班學生通訊錄", "三年二班"),
        ("阳光幼儿园 中一班", "中一班"),
        ("某某幼儿园大一班家长联系表", "大一班"),
        ("一年甲班", "一年甲班"),
        ("四年级甲班", "四年级甲班"),
        ("2025-2026学年第一学期三年级(2)班学生家长通讯录", "三年级(2)班"),
        ("三年级 2 班", "三年级2班"),
        ("初三2班", "初三2班"),
        ("2023级5班", "2023级5班"),
        ("Springfield Primary School - Grade 3 Class 2", "Grade 3 Class 2"),
        ("Class: 3A", "Class: 3A"),
        ("Form 3B", "Form 3B"),
        ("2025届2班", "2025届2班"),
        ("实验小学 三年级(2)班通讯录", "三年级(2)班"),
        // what is not understood to the last word is of no class
        ("太原市高级中学高一(3)班家庭基本信息采集表", "高一(3)班"),
        ("师大附小三(2)班家长紧急联系表", "三(2)班"),
        ("附件1三(2)班通讯录", ""),
        ("附件1 三(2)班通讯录", "三(2)班"),
        ("十三中初中二(3)班", ""),
        ("育英高中高一(3)班", "高一(3)班"),
        ("高一实验中学1班", ""),
        ("计算机学院2301班", ""),
        ("小学一年级2班", ""),
        ("实验学校初中一班", ""),
        ("202301班", ""),
        ("2023-1班", ""),
        ("2023(1)班", ""),
        ("某校计算机2301班", ""),
        ("高三文科1班", ""),
        ("三年级实验1班", ""),
        ("东校区三(1)班", ""),
        ("三年级（共6班）家长通讯录", ""),
        ("三年级1-3班通讯录", ""),
        ("本表由三(2)班李老师整理", ""),
        ("三(1)班、三(2)班通讯录", ""),
    ];
    for (title, class) in table {
        let found = csv(&[title, "姓名,学号,电话", "甲,S1,~0001"]);
        let expected = if class.is_empty() { "3-".to_owned() } else { format!("{class} 甲") };
        assert_eq!(found, expected, "{title}");
    }
}

#[test]
fn a_grade_above_goes_before_the_bare_labels_below() {
    let table: [(&[&str], &str); 5] = [
        (
            &["三年级通讯录,,", "班级,姓名,电话", "1班,甲,~0001", "四年级通讯录,,", "1班,乙,~0002"],
            "三年级1班 甲, 四年级1班 乙",
        ),
        (
            &[
                "三年级,,",
                "姓名,学号,电话",
                "1班,,",
                "甲,S1,~0001",
                "四年级,,",
                "1班,,",
                "乙,S2,~0002",
            ],
            "三年级1班 甲, 四年级1班 乙",
        ),
        (
            &["三年级 一班", "姓名,学号,电话", "甲,S1,~0001", "四年级 一班", "乙,S2,~0002"],
            "三年级一班 甲, 四年级一班 乙",
        ),
        // numbers are kept apart
        (
            &[
                "年级,班级,姓名,电话",
                "1,2,甲,~0001",
                "1,12,乙,~0002",
                "11,2,丙,~0003",
                "1,1,丁,~0004",
            ],
            "1-2 甲, 1-12 乙, 11-2 丙, 1-1 丁",
        ),
        // another grade has other classes
        (
            &["年级,班级,姓名,电话", "三年级,1班,甲,~0001", ",2班,乙,~0002", "四年级,,丙,~0003"],
            "三年级1班 甲, 三年级2班 乙, 4-",
        ),
    ];
    for (lines, expected) in table {
        assert_eq!(csv(lines), expected, "{lines:?}");
    }
}

#[test]
fn a_bare_label_takes_no_grade_that_is_not_its_own() {
    let table: [(&[&str], &str); 9] = [
        (
            &["三年,,", "姓名,学号,电话", "1班,,", "甲,S1,~0001", "四年,,", "1班,,", "乙,S2,~0002"],
            "1班 甲, 5-, 7-",
        ),
        (
            &["三年,", "1班,", "姓名,电话", "甲,~0001", "四年,", "姓名,电话", "1班,", "乙,~0002"],
            "1班 甲, 5-, 8-",
        ),
        (
            &[
                "2025届,,",
                "姓名,学号,电话",
                "1班,,",
                "甲,S1,~0001",
                "2026届,,",
                "1班,,",
                "乙,S2,~0002",
            ],
            "2025届1班 甲, 2026届1班 乙",
        ),
        // … but only until a class with its grade stands in the column
        (
            &["三年级(2)班,,", "班级,姓名,电话", "2班,甲,~0001", "四年级(2)班,,", "2班,乙,~0002"],
            "三年级(2)班 甲, 5-",
        ),
        (&["年,班,座號,姓名,電話", "3,1,1,甲,~0001", "4,1,1,乙,~0002"], "3-1 甲, 4-1 乙"),
        // what the title says of the class is part of it
        (
            &["三年级(2)班,,", "班级,姓名,电话", "2班,甲,~0001", "3班,乙,~0002"],
            "三年级(2)班 甲, 4-",
        ),
        // another teacher of the same class is no slip to pass over
        (
            &[
                "三(1)班 班主任：李梅,,",
                "姓名,学号,电话",
                "甲,S1,~0001",
                "三(1)班 班主任：王芳,,",
                "乙,S2,~0002",
            ],
            "三(1)班 李梅 甲, 5-",
        ),
        (&["初三1班,,", "姓名,学号,电话", "甲,S1,~0001", "2班,,", "乙,S2,~0002"], "初三1班 甲, 5-"),
        (
            &["班级,姓名,电话", "301,甲,~0001", "2,乙,~0002", "3A,丙,~0003", "B,丁,~0004"],
            "301 甲, 3-, 3A 丙, 5-",
        ),
    ];
    for (lines, expected) in table {
        assert_eq!(csv(lines), expected, "{lines:?}");
    }
}

#[test]
fn one_class_has_one_school_and_one_teacher() {
    let table: [(&[&str], &str); 4] = [
        // two schools have a class of the same name
        (
            &[
                "第一小学三(1)班,,",
                "姓名,学号,电话",
                "甲,S1,~0001",
                "第二小学三(1)班,,",
                "乙,S2,~0002",
            ],
            "三(1)班 甲, 5-",
        ),
        // a grade that cannot be read is nobody's
        (
            &[
                "年级,班级,姓名,电话",
                "三年级,1班,甲,~0001",
                "#N/A,1班,乙,~0002",
                ",1班,丙,~0003",
                "无,1班,丁,~0004",
            ],
            "三年级1班 甲, 3-, 4-, 5-",
        ),
        // a bare label below one with its grade
        (
            &[
                "班级,姓名,电话",
                "三年级1班,甲,~0001",
                "2班,乙,~0002",
                "四年级1班,丙,~0003",
                "2班,丁,~0004",
            ],
            "三年级1班 甲, 3-, 四年级1班 丙, 5-",
        ),
        (
            &["三年级1班,,", "姓名,学号,电话", "甲,S1,~0001", "2班,,", "乙,S2,~0002"],
            "三年级1班 甲, 5-",
        ),
    ];
    for (lines, expected) in table {
        assert_eq!(csv(lines), expected, "{lines:?}");
    }
}

#[test]
fn remarks_and_pupils_between_lines_move_nobody() {
    for remark in [
        "张三已转入三(2)班,,",
        "三(2)班见另表,,",
        "三(2)班李小明转入,,",
        "教务处电话,,0536-8234567",
    ] {
        let found = csv(&["三(1)班,,", "姓名,学号,电话", "甲,S1,~0001", remark, "乙,S2,~0002"]);
        assert_eq!(found, "三(1)班 甲, 4-, 5-", "{remark}");
    }
    for pupil in ["王小明（原二班）,S3,", "丙,S3,", "丙,,", "欧阳娜娜,,"] {
        let found = csv(&["三(1)班,,", "姓名,学号,电话", "甲,S1,~0001", pupil, "乙,S2,~0002"]);
        assert_eq!(found, "三(1)班 甲, 4-, 三(1)班 乙", "{pupil}");
    }
    for name in [
        "李梅(班主任)",
        "王芳（语文）",
        "班主任李梅",
        "家委会",
        "甲子、乙丑",
        "戊辰 己巳",
        "校长室",
        "医务室",
        "食堂",
        "輔導室",
        "學務處",
        "校医室",
        "投诉热线",
        "联系老师：王主任",
        "以上共2人",
        "三(2)班 李梅",
    ] {
        let line = format!("{name},,~0009");
        let found = csv(&["三(1)班,,", "姓名,学号,电话", "甲,S1,~0001", &line]);
        assert_eq!(found, "三(1)班 甲, 4-", "{name}");
    }
}

#[test]
fn a_class_column_holds_a_label_and_no_more() {
    for label in [
        "无",
        "-",
        "/",
        "未知",
        "0",
        "三(2)班 班主任：王芳",
        "三(1)班 李梅",
        "13800138000",
        "李梅",
        "三1（转三2）",
        "三1、三2",
        "三1?",
        "原三1班",
        "三年级",
    ] {
        let line = format!("{label},乙,~0002");
        let found = csv(&["班级,姓名,电话", "三(1)班,甲,~0001", &line, ",丙,~0003"]);
        assert_eq!(found, "三(1)班 甲, 3-, 4-", "{label}");
    }
    for row in
        ["第 1 页,,", "续表,,", "打印日期：2025/9/1,,", "（以下空白）,,", "全班,,", "接送班,,"]
    {
        let found = csv(&["班级,姓名,电话", "三(1)班,甲,~0001", row, ",乙,~0002"]);
        assert!(found == "三(1)班 甲, 3-, 4-", "{row}: {found}");
    }
    let nobody = csv(&["班级,班主任,姓名,电话", "三(1)班,无,甲,~0001", "三(2)班,待定,乙,~0002"]);
    assert_eq!(nobody, "三(1)班 甲, 三(2)班 乙");
}

#[test]
fn a_sheet_and_its_title_agree_or_are_refused() {
    let two =
        |name: &str, title: &str| who(sheet(name, &[title, "姓名|学号|电话", "甲|S1|13800100001"]));
    assert_eq!(two("七(2)班", "七年级(3)班通讯录"), "七(2)班!3-");
    assert_eq!(two("七(2)班", "七年级(2)班通讯录"), "七年级(2)班 甲");
    assert_eq!(two("三年二班", "學生通訊錄"), "三年二班 甲");
    assert_eq!(two("三(2)班", "请认真填写三(2)班家长信息！"), "三(2)班 甲");
    for name in ["初三2", "高一3", "301", "Grade 3 Class 2", "大一班"] {
        assert_eq!(two(name, "家长通讯录"), format!("{name} 甲"));
    }
    for name in
        ["2025.9", "高1", "9.1", "100", "东校区三(1)班", "计算机2301班", "Class 10-1", "三(103)班"]
    {
        assert_eq!(two(name, "家长通讯录"), format!("{name}!3-"), "{name}");
    }
    for (name, title) in [("初三2", "初三(2)班"), ("三1", "三年级1班"), ("701", "七年级1班")]
    {
        assert_eq!(two(name, title), format!("{title} 甲"), "{name}");
    }
    assert_eq!(two("1班", "三年级通讯录"), "三年级1班 甲");
    for (name, title) in [
        ("3-1", "3-2通讯录"),
        ("3-1", "3B名单"),
        ("高一(3)班", "初一(3)班"),
        ("三年甲班", "三年乙班"),
    ] {
        assert_eq!(two(name, title), format!("{name}!3-"), "{title}");
    }
    assert_eq!(two("3-1", "2025-9-1 制表"), "3-1 甲");
    let mut rows = sheet("男生", &["班级|姓名|电话", "301|甲|13800100001"]);
    rows.extend(sheet("女生", &["班级|姓名|电话", "301|乙|13800100002"]));
    assert_eq!(who(rows), "301 甲, 301 乙");
}
