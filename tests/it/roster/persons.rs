//! Whom a line is about: pupils, contacts, staff; one name, one number, one encoding.

use super::{
    Kind, Options, parents, read_rows, rows_of, sheet,
    titles::{csv, who},
};

#[test]
fn the_class_teacher_is_who_the_title_says() {
    let table = [
        ("三(1)班 副班主任：王芳 班主任：李梅", "三(1)班 李梅 甲"),
        ("三(1)班 班主任：李 梅", "三(1)班 李梅 甲"),
        ("三(1)班 班主任李梅老师", "三(1)班 李梅 甲"),
        ("三(1)班 班主任：李梅 联系电话：13800100009", "三(1)班 李梅 甲"),
        ("三(1)班 班主任：李梅联系电话：13800100009", "三(1)班 李梅 甲"),
        ("三(1)班 班主任：暂无", "三(1)班 甲"),
        ("三(1)班 学生信息（班主任填写）", "3-"),
        ("三(1)班 班主任手册", "3-"),
        ("三(1)班 班主任：暂缺", "三(1)班 甲"),
        ("三(1)班班主任通讯录", "3-"),
        ("三(1)班 班主任电话", "3-"),
        ("三(1)班 学生通讯录  班主任签名", "3-"),
        ("Class 3A Homeroom teacher: Mary Smith Contact List", "3-"),
        ("三(1)班 班主任：李梅、王芳", "3-"),
        ("三(1)班 班主任：李梅 班主任：王芳", "3-"),
    ];
    for (title, expected) in table {
        assert_eq!(csv(&[title, "姓名,学号,电话", "甲,S1,~0001"]), expected, "{title}");
    }
}

#[test]
fn an_example_and_somebody_who_teaches_are_no_pupils() {
    let rows = [
        "序号,班级,姓名,电话",
        "示例,三1,张三,~0001",
        "1,三1,李四（示例）,~0002",
        "導師,三1,陳美玲,~0003",
        "2,三1,甲,~0004",
    ];
    assert_eq!(csv(&rows), "2-, 3-, 4-, 三1 甲");
    let told = parents("班级,副班主任,电话,姓名,家长电话\n三1,李梅,13800100009,甲,13800100001\n");
    assert!(told.starts_with("error column C may be the phone"), "{told}");
}

#[test]
fn what_title_and_column_say_of_each_other_is_noted() {
    let told = parents("班主任：李梅,,\n班级,姓名,电话\n三1,甲,13800100001\n");
    assert!(told.contains(" ! :roster_teacher_unplaced"), "{told}");
    let told =
        parents("三(2)班,,\n班级,姓名,电话\n三(1)班,甲,13800100001\n三(1)班,乙,13800100002\n");
    assert_eq!(told.matches(" ! A:roster_class_elsewhere").count(), 1, "{told}");
}

#[test]
fn headers_that_speak_of_somebody_else_are_not_read() {
    let file = csv(&["班级,班主任,电话（班主任）,学生,电话（家长）", "三1,李梅,~0009,甲,~0001"]);
    assert_eq!(file, "三1 李梅 甲");
    let told = parents("班级,姓名,电话,姓名2,电话2\n三1,甲,13800100001,乙,13800100002\n");
    assert!(told.starts_with("error columns"), "{told}");
    let told = parents("班级,班主任,联系电话,学生,家长电话\n三1,李梅,13800100009,甲,13800100001\n");
    assert!(told.starts_with("error column C may be the phone of the member of staff"), "{told}");
}

#[test]
fn one_number_is_of_one_person_and_a_merged_name_of_one_line() {
    let told = csv(&["班级,班主任,工号,姓名,电话", "三1,李梅,T1,甲,~0001", "三4,王芳,T1,乙,~0002"]);
    assert_eq!(told, "三1 李梅 甲, 3-");
    let mut rows = sheet("", &["班级|姓名|电话", "三1|甲|13800100001", "三1|甲|13800100002"]);
    rows[1].merged = vec![0, 1];
    rows[2].merged = vec![0, 1];
    rows[2].continued = vec![0, 1];
    assert_eq!(who(rows), "三1 甲, 3-");
}

#[test]
fn names_that_begin_like_totals_stay_pupils() {
    for name in
        ["Suman Pal", "Sumit", "Sumi", "Noteboom Jan", "Notestein Jan", "Remarkson", "Notes Ann"]
    {
        let line = format!("{name},3A,");
        assert_eq!(
            csv(&["Student name,Class,Phone", &line, "Ann,3A,~0001"]),
            "2-, 3A Ann",
            "{name}"
        );
    }
}

#[test]
fn a_member_of_staff_named_in_another_column_ends_the_one_above() {
    let rows = [
        "序号,工号,教师,联系人,电话",
        "1,T1,李梅,甲,13800100001",
        "王芳 T2,,,,",
        "1,,,丙,13800100003",
    ];
    let rows = rows_of(rows.join("\n").as_bytes()).expect("text");
    let told = read_rows(Kind::Contacts, Options::default(), rows);
    assert!(told.contains("\n3 - ") && told.contains("\n4 - "), "{told}");
    for row in ["语文组,,", "李梅 王芳,丁,13800100004", "见附表,丁,13800100004"] {
        let file = format!("教师,联系人,电话\n李梅,甲,13800100001\n{row}\n,乙,13800100002\n");
        let told =
            read_rows(Kind::Contacts, Options::default(), rows_of(file.as_bytes()).expect("text"));
        assert!(told.contains("accepted=1 rejected=2"), "{row}: {told}");
    }
    let file = "部门,教师,联系人,电话\n语文组,李梅,甲,13800100001\n语文组,,乙,13800100002\n数学组,,丙,13800100003\n";
    let told =
        read_rows(Kind::Contacts, Options::default(), rows_of(file.as_bytes()).expect("text"));
    assert!(told.contains("accepted=2 rejected=1"), "another department: {told}");
    let file = "教师,联系人,电话,联系人二,电话二\n李梅,甲,13800100001,乙,13800100002\n";
    let told =
        read_rows(Kind::Contacts, Options::default(), rows_of(file.as_bytes()).expect("text"));
    assert!(told.starts_with("error "), "{told}");
}

#[test]
fn big5_is_refused_by_name() {
    let (bytes, ..) = encoding_rs::BIG5.encode(
        "Class,Name,Phone\n3A,陳美玲,13800100001\n3A,王小明,13800100002\n3A,張麗華,13800100003\n",
    );
    let error = rows_of(&bytes).expect_err("Big5");
    assert_eq!(error.key, "roster.not_gb18030");
}
