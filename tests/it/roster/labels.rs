//! Labels and values, parts of a school, grades beside classes: what tells classes of one label apart.

use super::{
    parents, sheet,
    titles::{csv, who},
};

/// Two blocks of titles, each above a table with one pupil, on one sheet and on two.
fn two(first: &[&str], second: &[&str]) -> [String; 2] {
    let block = |titles: &[&str], line: &str| -> Vec<String> {
        let rest = ["姓名|学号|电话", line];
        titles.iter().chain(&rest).map(|text| (*text).to_owned()).collect()
    };
    let (a, b) = (block(first, "甲|S1|13800100001"), block(second, "乙|S2|13800100002"));
    let refs = |lines: &[String]| -> Vec<canvass::rules::roster::Row> {
        sheet("A", &lines.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let one = who(refs(&[a.clone(), b.clone()].concat()));
    let mut rows = refs(&a);
    rows.extend(
        refs(&b)
            .into_iter()
            .map(|row| canvass::rules::roster::Row { sheet: "B".to_owned(), ..row }),
    );
    [one, who(rows)]
}

#[test]
fn a_grade_as_label_and_value_is_the_grade_of_the_class_below() {
    for (first, second, expected) in [
        (
            &["年级：三年级", "班级：1班"][..],
            &["年级：四年级", "班级：1班"][..],
            "三年级1班 甲, 四年级1班 乙",
        ),
        (&["年级|三年级", "班级|1班"], &["年级|四年级", "班级|1班"], "三年级1班 甲, 四年级1班 乙"),
        (&["年级：三年级 班级：1班"], &["年级：四年级 班级：1班"], "三年级1班 甲, 四年级1班 乙"),
        (
            &["年级：三年级  班级：1班  班主任：李梅"],
            &["年级：四年级  班级：1班  班主任：王芳"],
            "三年级1班 李梅 甲, 四年级1班 王芳 乙",
        ),
        (
            &["Grade: 3", "Class: 1"],
            &["Grade: 4", "Class: 1"],
            "Grade 3 Class 1 甲, Grade 4 Class 1 乙",
        ),
        (
            &["Grade 3", "Class: A"],
            &["Grade 4", "Class: A"],
            "Grade 3 Class A 甲, Grade 4 Class A 乙",
        ),
        (
            &["Level: P3", "Class: A"],
            &["Level: P4", "Class: A"],
            "Level P3 Class A 甲, Level P4 Class A 乙",
        ),
        (&["Year: 3, Class: A"], &["Year: 4, Class: A"], "Year 3 Class A 甲, Year 4 Class A 乙"),
        (
            &["Grade|3", "Class|A"],
            &["Grade|4", "Class|A"],
            "Grade 3 Class A 甲, Grade 4 Class A 乙",
        ),
    ] {
        for read in two(first, second) {
            assert_eq!(read, expected, "{first:?}");
        }
    }
    // as bare as without the colon
    let [one, other] = two(&["Class: A"], &["Class: A"]);
    assert!(!one.contains('乙') || one == "Class: A 甲, Class: A 乙", "{one}");
    assert_eq!(other, "Class: A 甲, B!3-");
    assert_eq!(csv(&["年级：三年级 班级：四(1)班", "姓名,学号,电话", "甲,S1,~0001"]), "3-");
}

#[test]
fn parts_as_label_and_value_tell_classes_apart() {
    for (first, second) in [
        ("校区：东校区", "校区：西校区"),
        ("校区|东校区", "校区|西校区"),
        ("校区：东", "校区：西"),
        ("本部", "分校"),
        ("学校|第一小学", "学校|第二小学"),
        ("学校：阳光", "学校：育英"),
        ("学年：2024-2025", "学年：2025-2026"),
        ("学年|2024-2025", "学年|2025-2026"),
        ("學年度：113", "學年度：114"),
        ("专业：计算机", "专业：会计"),
        ("学段：小学", "学段：初中"),
        ("Campus: East", "Campus: West"),
        ("East Campus", "West Campus"),
        ("School Year: 2024-25", "School Year: 2025-26"),
        ("2024-2025", "2025-2026"),
        ("2024届", "2025届"),
        ("2024届学生通讯录", "2025届学生通讯录"),
        ("2024年春季学生通讯录", "2025年秋季学生通讯录"),
        ("2025年春季学生通讯录", "2025年秋季学生通讯录"),
    ] {
        for read in two(&[first, "三(1)班"], &[second, "三(1)班"]) {
            assert!(read.starts_with("三(1)班 甲") && !read.contains('乙'), "{first}: {read}");
        }
        let columns =
            |part: &str| [part, "班级|姓名|电话", "三(1)班|甲|13800100001"].map(str::to_owned);
        let mut rows = sheet("A", &columns(first).each_ref().map(String::as_str));
        rows.extend(sheet("B", &columns(second).each_ref().map(String::as_str)));
        assert_eq!(who(rows), "三(1)班 甲, B!3-", "{first}");
    }
    for (first, second) in
        [("校区：东校区", "东校区"), ("2025年秋季", "2025-2026学年"), ("2026年春", "2025-2026学年")]
    {
        for read in two(&[first, "三(1)班"], &[second, "三(1)班"]) {
            assert!(read.ends_with("三(1)班 乙"), "{first}: {read}");
        }
    }
    let titled =
        ["2024年春三(1)班", "姓名,学号,电话", "甲,S1,~0001", "2025年秋三(1)班", "乙,S2,~0002"];
    assert_eq!(csv(&titled), "三(1)班 甲, 5-");
    for header in ["学年", "學年度", "School Year"] {
        let head = format!("{header},班级,姓名,电话");
        let rows = [&*head, "2024-2025,三(1)班,甲,~0001", "2025-2026,三(1)班,乙,~0002"];
        assert_eq!(csv(&rows), "三(1)班 甲, 3-", "{header}");
    }
}

#[test]
fn a_row_of_a_part_between_two_blocks_is_heard() {
    let rows = [
        "班级,姓名,电话",
        "三(1)班,甲,~0001",
        "校区,西校区,",
        "三(1)班,乙,~0002",
        "三(2)班,丙,~0003",
    ];
    assert_eq!(csv(&rows), "三(1)班 甲, 4-, 三(2)班 丙");
}

#[test]
fn a_cohort_within_the_label_of_a_class_is_said_once() {
    let mut rows = sheet("2024届", &["班级|姓名|电话", "1班|甲|13800100001"]);
    rows.extend(sheet("2025届", &["班级|姓名|电话", "1班|乙|13800100002"]));
    rows.extend(sheet("总表", &["班级|姓名|电话", "2024届1班|丙|13800100003"]));
    assert_eq!(who(rows), "2024届1班 甲, 2025届1班 乙, 2024届1班 丙");
}

#[test]
fn a_class_whose_second_sheet_does_not_say_where_it_is_is_noted() {
    let block =
        |title: &str, line: &str| [title.to_owned(), "姓名|学号|电话".into(), line.to_owned()];
    for (first, second) in [("第一小学三(1)班", "三(1)班"), ("2024学年三(1)班", "三(1)班")]
    {
        let (a, b) = (block(first, "甲|S1|13800100001"), block(second, "乙|S2|13800100002"));
        let mut rows = sheet("A", &a.each_ref().map(String::as_str));
        rows.extend(sheet("B", &b.each_ref().map(String::as_str)));
        let told =
            super::read_rows(canvass::rules::roster::Kind::Parents, Default::default(), rows);
        assert!(told.contains("nothing on this sheet says where it is"), "{first}: {told}");
    }
}

#[test]
fn a_class_of_another_grade_than_its_column_is_refused() {
    let rows = [
        "年级,班级,姓名,电话",
        "三年级,四(1)班,甲,~0001",
        ",,乙,~0002",
        "四年级,三年级1班,丙,~0003",
        "七年级,初一(2)班,丁,~0004",
    ];
    assert_eq!(csv(&rows), "2-, 3-, 4-, 七年级初一(2)班 丁");
    for (grade, class, differ) in [
        ("3", "4-1", true),
        ("Grade 3", "4A", true),
        ("高一", "高二3班", true),
        ("3", "三(1)班", false),
        ("高一", "1(3)班", false),
        ("2023级", "三(1)班", false),
        ("三年级", "101班", false),
        ("Year 7", "7R", false),
    ] {
        let read = csv(&["年级,班级,姓名,电话", &format!("{grade},{class},甲,~0001")]);
        assert_eq!(read == "2-", differ, "{grade} {class}: {read}");
    }
    let told = parents("年级,班级,姓名,电话\n三年级,四(1)班,甲,13800100001\n");
    assert!(told.contains("2 - B:roster_grade_other"), "{told}");
}

#[test]
fn a_header_over_grade_and_class_is_refused_by_name() {
    for text in [
        "班级,,姓名,电话\n三,1,甲,13800100001\n三,2,乙,13800100002\n",
        "Class,,Name,Phone\n3,A,Ann,13800100001\n3,B,Ben,13800100002\n",
        "班级,,姓名,电话\n三年级,1班,甲,13800100001\n",
    ] {
        let told = parents(text);
        assert!(told.starts_with("error line 2: column B has no header"), "{told}");
    }
    let told = parents("班级,,姓名,电话\n三(1)班,走读,甲,13800100001\n");
    assert!(told.contains("accepted=1"), "{told}");
}
