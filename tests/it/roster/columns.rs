//! Columns that nobody knows are named, and the fields of a mapping are headers too.

use canvass::rules::roster::{Kind, Options, Reader, Row};
use expect_test::{Expect, expect};

use super::{mapped, parents, read, read_rows, sheet};

fn check(found: &str, expected: Expect) {
    expected.assert_eq(found);
}

#[test]
fn a_column_with_an_unknown_header_is_named_once() {
    check(
        &parents(
            "序号,班级,学生编码X,姓名,电话,空列,备注,紧急联络人手机号\n\
             1,3-1,K1,张三,13800000081,,走读,\n\
             2,3-1,K2,李四,13800000082,,,13900000082\n\
             3,3-1,K3,王五,13800000083,,,13900000083\n",
        ),
        expect![[r#"
            1 . header
            2 ! C:roster_header_unknown column C has the header “学生编码X”, which is not known, and was not read: map a field to it if it is needed
            2 + 3-1||||张三| +8613800000081
            3 ! H:roster_header_unknown column H has the header “紧急联络人手机号”, which is not known, and was not read: map a field to it if it is needed
            3 + 3-1||||李四| +8613800000082
            4 + 3-1||||王五| +8613800000083
            sums accepted=3 rejected=0 passed={"header": 1} columns=class=B name=D phone=E strata=3-1 3/3
        "#]],
    );
    let mut rows = sheet("一", &["班级|姓名|电话|Hobby", "3-1|陈一|13800138001|chess"]);
    rows.extend(sheet("二", &["班级|姓名|电话|Hobby", "3-2|陈二|13800138002|go"]));
    let found = read_rows(Kind::Parents, Options::default(), rows);
    for place in ["一!2 ! D:", "二!2 ! D:"] {
        assert!(found.contains(&format!("{place}roster_header_unknown column D")), "{found}");
    }
    let found = read(
        Kind::Parents,
        mapped(&[("guardian", "Mum")]),
        "班级,姓名,电话,Mum\n3-1,陈一,13800138001,陈大\n",
    );
    assert!(!found.contains(" ! "), "a mapped column is known: {found}");
}

#[test]
fn a_header_is_shown_short_and_without_a_number() {
    let found = parents(&format!(
        "班级,姓名,电话,{},\"问 13800138000\n张老师\"\n3-1,陈一,13800138001,x,y\n",
        "很".repeat(50)
    ));
    assert!(found.contains(&format!("header “{}…”,", "很".repeat(30))), "{found}");
    assert!(found.contains("header “问 *********** 张老师”,"), "{found}");
}

#[test]
fn number_is_the_number_unless_another_column_is() {
    let found = parents("class,number,name,phone\n3-1,7,Ann,13800000201\n");
    assert!(found.contains("\n2 + 3-1|||7|Ann| "), "{found}");
    let found = parents(
        "Class,Pupil No,Pupil,Telephone,Homeroom teacher,Number\n3A,S1,Ann Lee,+8613800000071,Ms Wong,1\n",
    );
    assert!(
        found.contains("2 ! F:roster_header_unknown column F has the header “Number”"),
        "{found}"
    );
    assert!(found.contains("\n2 + 3A||Ms Wong|S1|Ann Lee| "), "{found}");
    let found = parents("class,number,name,phone,Number\n3-1,7,Ann,13800000201,1\n");
    assert!(found.starts_with("error columns B and E have headers of the same meaning"), "{found}");
}

#[test]
fn every_field_of_a_mapping_is_understood_as_a_header() {
    for (kind, fields) in [
        (Kind::Parents, "class grade name number phone teacher teacher_number guardian"),
        (Kind::Contacts, "staff staff_number name number phone relation"),
        (Kind::Targets, "key name class grade"),
    ] {
        let fields: Vec<&str> = fields.split(' ').collect();
        let mut reader = Reader::new(kind, Options::default()).expect("reader");
        let rows = sheet("", &[&fields.join("|"), &vec!["1"; fields.len()].join("|")]);
        let notes: usize =
            rows.into_iter().map(|row: Row| reader.push(row).expect("row").len()).sum();
        assert_eq!(notes, 2, "{fields:?}");
        let mut found: Vec<String> = reader.finish().expect("roster").summary.columns;
        found.iter_mut().for_each(|column| column.truncate(column.find('=').expect("=")));
        assert_eq!(found, fields);
    }
}

#[test]
fn a_long_header_hides_no_other() {
    check(
        &parents("Klasse,Kind,Parent/guardian phone\n3-1,陈一,13800138001\n"),
        expect![[r#"
        error line 1: no column for name, phone; headers not known: Klasse, Kind, Parent/guardian phone. Map the missing fields to their columns
    "#]],
    );
    let found = parents(&format!("班级,姓名,{}\n3-1,陈一,13800138001\n", "x".repeat(300)));
    assert!(found.contains(&format!("headers not known: {}….", "x".repeat(30))), "{found}");
}
