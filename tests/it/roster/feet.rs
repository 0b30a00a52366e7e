//! What stands below a table is no pupil, and no class; a class without pupils is one all the same.

use canvass::rules::roster::{Kind, Options};
use expect_test::{Expect, expect};

use super::{parents, read, read_rows, sheet};

fn check(found: &str, expected: Expect) {
    expected.assert_eq(found);
}

#[test]
fn a_foot_is_no_pupil_whatever_its_cells_fill() {
    for (row, column) in [
        ("备注：有变动请联系,,张老师,13800000049", "A"),
        (",备注：有变动请联系,张老师,13800000049", "B"),
        ("审核:,校长,刘校长,13800000048", "A"),
        (",联系人,王老师,13800000049", "B"),
        (",聯絡人:,王老師,13800000049", "B"),
        ("班主任,,王老师,13800000047", "A"),
        (",制表人：王老师,王老师,13800000047", "B"),
        (",填表人签字:,王老师,13800000047", "B"),
        (",审核人（签名）：,王老师,13800000047", "B"),
        (",填表日期:,王老师,13800000047", "B"),
        (",合计,王合,13800000050", "B"),
        (",合计：40人,王合,13800000050", "B"),
        (",说明,王合,13800000050", "B"),
        (",注:,王合,13800000050", "B"),
        (",※注,王合,13800000050", "B"),
        (",,说明,13800000050", "C"),
        (",,Total,13800000050", "C"),
        (",Checked by:,Ann,13800000050", "B"),
        (",2026年3月2日,王老师,13800000050", "B"),
        (",监督电话：,教育局,0536-8888888", "B"),
        (",制表人：王老师,,13800000059", "B"),
        ("审核:,校长,刘校长,", "A"),
        ("2,合计,王合,13800000050", "B"),
    ] {
        let found = parents(&format!(
            "序号,班级,姓名,家长电话\n1,3-1,张三,13800000041\n{row}\n2,,李四,13800000042\n"
        ));
        let refused = format!("\n3 - {column}:roster_foot_line the row begins with “");
        assert!(found.contains(&refused), "{row}: {found}");
        assert!(found.contains("\n4 + 3-1||||李四| +8613800000042"), "{row}: {found}");
        assert!(found.ends_with("strata=3-1 2/2\n"), "{row}: {found}");
    }
    let contacts = read(
        Kind::Contacts,
        Options::default(),
        "教师,联系人,电话\n张三,陈一,13800138001\n联系人：,王老师,13800138002\n",
    );
    assert!(contacts.contains("\n3 - A:roster_foot_line"), "{contacts}");
    assert!(contacts.ends_with("strata=张三 1/1\n"), "{contacts}");
}

#[test]
fn what_only_begins_like_a_foot_is_a_line() {
    for name in ["Noteboom", "Sum Pui", "Summer", "Remarque", "共和", "注明", "合计生", "主任远"]
    {
        let found =
            parents(&format!("班级,姓名,电话\n3-1,陈一,13800138001\n,{name},13800138002\n"));
        assert!(found.contains(&format!("\n3 + 3-1||||{name}| ")), "{found}");
    }
    let found = read(
        Kind::Contacts,
        Options::default(),
        "关系,教师,联系人,电话\n班主任,张三,陈一,13800138001\n校长,张三,陈二,13800138002\n",
    );
    assert!(found.contains("accepted=2 rejected=0"), "{found}");
    let found =
        read(Kind::Targets, Options::default(), "职务,编码,姓名\n校长,T1,张三\n,校长,李四\n");
    assert!(found.contains("accepted=2 rejected=0"), "{found}");
}

#[test]
fn what_is_no_class_names_none() {
    for row in [
        "合计,,",
        "小计：2人,,",
        "备注:请核对,,",
        "审核：张三,,",
        "班主任签字：,,",
        "校长：,,",
        "学校公章,,",
        "填表日期：3月2日,,",
        "2026年3月2日,,",
        "以上信息请家长核对。,,",
    ] {
        let found =
            parents(&format!("班级,姓名,电话\n3-1,陈一,13800138001\n{row}\n,陈二,13800138002\n"));
        assert!(found.ends_with("strata=3-1 2/2\n"), "{row}: {found}");
        assert!(!found.contains(" ! "), "{row}: {found}");
    }
}

#[test]
fn a_class_without_an_accepted_line_is_listed() {
    check(
        &parents("班级,学号,姓名,电话\n3-1,1,陈一,13800138001\n3-2,,,\n3-3,3,陈三,123\n3-4,4,,\n"),
        expect![[r#"
            1 . header
            2 + 3-1|||1|陈一| +8613800138001
            3 . title
            4 - D:phone_short a number of 3 digits is too short
            5 - C:roster_no_name the name is missing
            3 ! :roster_class_without_pupils class 3-2 has no pupils: add them, or take the class out
            sums accepted=1 rejected=2 passed={"header": 1, "title": 1} columns=class=A number=B name=C phone=D strata=3-1 1/1; 3-2 0/0; 3-3 0/1; 3-4 0/1
        "#]],
    );
}

#[test]
fn a_remark_beside_a_merged_class_is_no_pupil() {
    let mut rows =
        sheet("S", &["班级|姓名|电话", "3-1|陈一|13800138001", "3-1|备注：王老师|13800138002"]);
    rows[2].merged = vec![0];
    let found = read_rows(Kind::Parents, Options::default(), rows);
    assert!(found.contains("S!3 - B:roster_foot_line"), "{found}");
}

#[test]
fn a_class_that_stands_alone_and_can_be_none_is_refused() {
    for (row, code) in [
        ("3月2日,,", "3 - A:roster_date_cell"),
        ("\"3,2\",,", "3 - A:draw_key_character"),
        (&format!("{},,", "x".repeat(1_001)), "3 - A:roster_cell_long"),
    ] {
        let found = parents(&format!("班级,姓名,电话\n3-1,陈一,13800138001\n{row}\n"));
        assert!(found.contains(code), "{found}");
    }
}

#[test]
fn a_sheet_with_only_its_header_is_a_class_without_pupils() {
    let mut rows = sheet("三年级1班", &["姓名|电话", "陈一|13800138001"]);
    rows.extend(sheet("三年级2班", &["姓名|电话"]));
    rows.extend(sheet("三年级3班", &[""]));
    rows.extend(sheet("Sheet4", &["三年级4班花名册", "姓名|电话"]));
    rows.extend(sheet("三年级5班", &["班级|姓名|电话"]));
    rows.extend(sheet("Sheet6", &["三年级6班花名册", "班级|姓名|电话"]));
    rows.extend(sheet("三年级7班", &["姓名|电话", "备注:暂无", "合计|0"]));
    check(
        &read_rows(Kind::Parents, Options::default(), rows),
        expect![[r#"
        三年级1班!1 . header
        三年级1班!2 + 三年级1班||||陈一| +8613800138001
        三年级2班!1 . header
        三年级3班 ! :roster_sheet_empty sheet 三年级3班 is empty
        三年级3班!1 . blank
        Sheet4!1 . title
        Sheet4!2 . header
        三年级5班!1 . header
        Sheet6!1 . title
        Sheet6!2 . header
        三年级7班!1 . header
        三年级7班!2 . remark
        三年级7班!3 . total
        三年级2班 ! :roster_class_without_pupils class 三年级2班 has no pupils: add them, or take the class out
        三年级3班 ! :roster_class_without_pupils class 三年级3班 has no pupils: add them, or take the class out
        Sheet4!1 ! :roster_class_without_pupils class 三年级4班 has no pupils: add them, or take the class out
        三年级5班 ! :roster_class_without_pupils class 三年级5班 has no pupils: add them, or take the class out
        Sheet6!1 ! :roster_class_without_pupils class 三年级6班 has no pupils: add them, or take the class out
        三年级7班 ! :roster_class_without_pupils class 三年级7班 has no pupils: add them, or take the class out
        sums accepted=1 rejected=0 passed={"blank": 1, "header": 6, "remark": 1, "title": 2, "total": 1} columns=三年级1班!name=A 三年级1班!phone=B 三年级2班!name=A 三年级2班!phone=B Sheet4!name=A Sheet4!phone=B 三年级5班!class=A 三年级5班!name=B 三年级5班!phone=C Sheet6!class=A Sheet6!name=B Sheet6!phone=C 三年级7班!name=A 三年级7班!phone=B strata=三年级1班 1/1; 三年级2班 0/0; 三年级3班 0/0; 三年级4班 0/0; 三年级5班 0/0; 三年级6班 0/0; 三年级7班 0/0
    "#]],
    );
}

#[test]
fn a_sheet_or_title_that_the_class_column_writes_in_another_way_is_no_class() {
    let mut rows = sheet("3-1", &["班级|姓名|电话", "三(1)班|陈一|13800138001"]);
    rows.extend(sheet(
        "Sheet2",
        &["三年级2班花名册", "班级|姓名|电话", "三(2)班|陈二|13800138002"],
    ));
    rows.extend(sheet("3-3", &["班级|姓名|电话", "三(3)班||"]));
    rows.extend(sheet("Class list", &["see the other sheets"]));
    rows.extend(sheet("3-4", &["the list is on paper"]));
    let found = read_rows(Kind::Parents, Options::default(), rows);
    assert!(found.ends_with("strata=三(1)班 1/1; 三(2)班 1/1; 三(3)班 0/0; 3-4 0/0\n"), "{found}");
}

#[test]
fn nothing_is_taken_from_above_a_cell_that_cannot_be_read() {
    let found = parents(
        "班级,姓名,电话\n3-1,甲一,13800000041\n\"3,2\",乙一,13800000042\n,乙二,13800000043\n\
         同上,乙三,13800000044\n3-3,丙一,13800000045\n,丙二,13800000046\n",
    );
    for line in [3, 4, 5] {
        assert!(found.contains(&format!("\n{line} - A:draw_key_character")), "{found}");
    }
    assert!(found.ends_with("strata=3-1 1/1; 3?2 0/3; 3-3 2/2\n"), "{found}");
    let contacts = read(
        Kind::Contacts,
        Options::default(),
        "工号,教师,联系人,电话\nT1,张三,陈一,13800138001\n\"T,2\",李四,陈二,13800138002\n\
         ,,陈三,13800138003\n",
    );
    assert!(contacts.contains("\n3 - A:draw_key_character"), "{contacts}");
    assert!(contacts.contains("\n4 - B:draw_key_character"), "{contacts}");
    assert!(contacts.contains("accepted=1 rejected=2"), "{contacts}");
}

#[test]
fn a_remark_that_names_a_class_is_no_title() {
    let found = parents(
        "三年级1班,,,\n姓名,学号,电话,备注\n甲一,P1,13800000041,\n甲二,P2,,由三年级2班转入\n\
         甲三,P3,13800000043,\n",
    );
    assert!(found.contains("\n4 - C:roster_no_phone"), "{found}");
    assert!(found.ends_with("strata=三年级1班 2/3\n"), "{found}");
}

#[test]
fn a_table_below_a_title_that_says_nothing_is_of_no_class() {
    for title in ["三年级2", "三年级2班、3班", "通讯录（续）"] {
        let found = parents(&format!(
            "三年级1班,\n姓名,电话\n甲一,13800000041\n{title},\n姓名,电话\n乙一,13800000042\n"
        ));
        assert!(found.contains("\n6 - :roster_"), "{title}: {found}");
        assert!(found.contains("accepted=1 rejected=2"), "{title}: {found}");
    }
    // a header that comes again on the next page changes nothing
    let found =
        parents("三年级1班,\n姓名,电话\n甲一,13800000041\n合计,1\n姓名,电话\n甲二,13800000042\n");
    assert!(found.ends_with("strata=三年级1班 2/2\n"), "{found}");
}

#[test]
fn a_sheet_and_its_title_that_name_two_classes_are_refused() {
    let rows = |name: &str, title: &str| sheet(name, &[title, "姓名|电话", "陈一|13800138001"]);
    let found = read_rows(Kind::Parents, Options::default(), rows("三年级2班", "三年级1班通讯录"));
    assert!(found.contains("\n三年级2班!3 - :roster_class_clash"), "{found}");
    assert!(found.contains("strata=三年级2班 0/0"), "{found}");
    for (name, title) in
        [("三年级1班", "3年级(一)班"), ("3-1", "三年级1班"), ("三年级1班", "家长名单")]
    {
        let found = read_rows(Kind::Parents, Options::default(), rows(name, title));
        assert!(found.contains("accepted=1 rejected=0"), "{name} {title}: {found}");
    }
}

#[test]
fn the_teacher_of_one_class_is_not_that_of_the_next_table() {
    let rows = sheet(
        "三年级1班",
        &[
            "班主任：张三丰",
            "姓名|电话",
            "甲一|13800138001",
            "三年级2班",
            "姓名|电话",
            "乙一|13800138002",
        ],
    );
    let found = read_rows(Kind::Parents, Options::default(), rows);
    assert!(found.ends_with("strata=三年级1班 张三丰 1/1; 三年级2班 1/1\n"), "{found}");
}

#[test]
fn a_class_on_a_sheet_without_a_header_does_not_vanish() {
    let mut rows = sheet("3-1", &["姓名|电话", "陈一|13800138001"]);
    rows.extend(sheet("Sheet4", &["三年级4班", "周一|13800138002"]));
    let found = read_rows(Kind::Parents, Options::default(), rows);
    assert!(found.contains("class 三年级4班 has no pupils"), "{found}");
}
