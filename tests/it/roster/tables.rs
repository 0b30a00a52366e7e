//! Cells, names, duplicates, classes, staff and targets.

use canvass::rules::roster::{Cell, Kind, Options, PhoneCounter, Row};
use expect_test::{Expect, expect};

use super::{parents, read, read_rows, sheet};

fn check(found: &str, expected: Expect) {
    expected.assert_eq(found);
}

#[test]
fn number_cells_are_phones_and_lost_digits_are_not() {
    let row = |line, name: &str, cell| Row {
        sheet: "3-1".to_owned(),
        line,
        cells: vec![Cell::of_text(name), cell],
        merged: Vec::new(),
        continued: Vec::new(),
    };
    let rows = [
        row(1, "姓名", Cell::of_text("电话")),
        row(2, "陈一", Cell::Number(13_800_138_001.0)),
        row(3, "陈二", Cell::Number(1.380_013_800_2e10)),
        row(4, "陈三", Cell::of_text("1.38E10")),
        row(5, "陈四", Cell::Number(13_800_138_001.5)),
        row(6, "陈五", Cell::Number(1.3e16)),
        row(7, "陈六", Cell::Date("2026-03-02".to_owned())),
        row(8, "陈七", Cell::Flag(true)),
        row(9, "陈八", Cell::of_text("#N/A")),
        row(10, "陈九", Cell::of_text("'13800138009")),
    ];
    check(
        &read_rows(Kind::Parents, Options::default(), rows),
        expect![[r#"
            3-1!1 . header
            3-1!2 + 3-1||||陈一| +8613800138001
            3-1!3 + 3-1||||陈二| +8613800138002
            3-1!4 - B:phone_scientific a number in scientific notation (1.38E+10) has lost its digits: set the column to text and enter the number again
            3-1!5 - B:roster_number_fraction a number cell with decimals (3.10 becomes 3.1): set the column to text and enter it again
            3-1!6 - B:roster_number_lost the number has too many digits for a number cell and has lost some: set the column to text and enter it again
            3-1!7 - B:roster_date_cell the spreadsheet took this for a date (3-2 becomes 2 March): set the column to text and enter it again
            3-1!8 - B:roster_flag_cell a true/false cell: enter text
            3-1!9 - B:roster_error_cell an error cell (#N/A): mend the formula or enter the value
            3-1!10 + 3-1||||陈九| +8613800138009
            sums accepted=3 rejected=6 passed={"header": 1} columns=3-1!name=A 3-1!phone=B strata=3-1 3/9
        "#]],
    );
}

#[test]
fn ditto_takes_the_phone_of_the_line_above_only_if_that_was_taken() {
    for (above, taken) in [
        ("3-1,P2,陈二,13800138002", true),
        ("3-1,P2,,13800138002", false),
        ("3-1,P1,陈二,13800138002", false),
        ("3-1,P2,陈二,1380013", false),
        (",,,", false),
        ("注:以下为走读生,,,", false),
        ("班级,学号,姓名,电话", false),
    ] {
        let found = parents(&format!(
            "班级,学号,姓名,电话\n3-1,P1,陈一,13800138001\n{above}\n3-1,P3,陈三,同上\n"
        ));
        let expected =
            if taken { "4 + 3-1|||P3|陈三| +8613800138002" } else { "4 - D:roster_ditto" };
        assert!(found.contains(expected), "{above}: {found}");
    }
    let found = parents("班级,姓名,电话\n3-1,陈一,同上\n");
    assert!(found.contains("2 - C:roster_ditto"), "{found}");
}

#[test]
fn names_classes_and_numbers_that_cannot_be() {
    check(
        &parents(
            "班级,学号,姓名,电话,\n\
             3月2日,P1,陈一,13800138001,\n\
             \"3,2\",P1,陈一,13800138001,\n\
             3-2,\"P,1\",陈一,13800138001,\n\
             3-2,同上,陈一,13800138001,\n\
             3-2,P1,13800138001,陈一,\n\
             3-2,P1,同上,13800138001,\n\
             3-2,P1,陈一,13800138001,多余\n",
        ),
        expect![[r#"
            1 . header
            2 - A:roster_date_cell the spreadsheet took this for a date (3-2 becomes 2 March): set the column to text and enter it again
            3 - A:draw_key_character a key holds “,”, which would make the draw's files ambiguous: remove it
            4 - B:draw_key_character a key holds “,”, which would make the draw's files ambiguous: remove it
            5 - B:roster_number_ditto a number cannot be the same as above: enter it
            6 - C:roster_name_digits the name is a number: check whether the columns are shifted
            7 - C:roster_no_name the name is missing
            8 ! E:roster_column_without_header column E has no header and was not read
            8 + 3-2|||P1|陈一| +8613800138001
            sums accepted=1 rejected=6 passed={"header": 1} columns=class=A number=B name=C phone=D strata=3月2日 0/1; 3?2 0/1; 3-2 1/5
        "#]],
    );
}

#[test]
fn duplicates_name_the_first_line_and_twins_are_kept() {
    check(
        &parents(
            "班级,学号,姓名,电话\n\
             3-1,P1,陈一,13800138001\n\
             3-1,P1,陈二,13800138002\n\
             3-1,P3,陈 一,13800138001\n\
             3-1,P4,陈双,13800138001\n\
             3-1,P5,陈双,13800138001\n\
             3-1,P6,陈三,13800138001\n\
             3-2,P1,陈一,13800138001\n",
        ),
        expect![[r#"
            1 . header
            2 + 3-1|||P1|陈一| +8613800138001
            3 - :roster_duplicate_number the same number stands in line 2: remove one of them
            4 - :roster_duplicate_name the same name and phone stand in line 2: remove one of them
            5 + 3-1|||P4|陈双| +8613800138001 (same phone in this class as line 2, other name: one unit, as twins)
            6 - :roster_duplicate_name the same name and phone stand in line 5: remove one of them
            7 + 3-1|||P6|陈三| +8613800138001 (same phone in this class as line 2, other name: one unit, as twins)
            8 + 3-2|||P1|陈一| +8613800138001
            sums accepted=4 rejected=3 passed={"header": 1} columns=class=A number=B name=C phone=D strata=3-1 3/6; 3-2 1/1
        "#]],
    );
}

#[test]
fn grades_in_their_own_column_and_bare_classes_on_two_sheets() {
    check(
        &parents(
            "年级,班级,姓名,电话\n三年级,1班,陈一,13800138001\n,2班,陈二,13800138002\n四年级,1班,陈三,13800138003\n",
        ),
        expect![[r#"
            1 . header
            2 + 三年级1班||||陈一| +8613800138001
            3 + 三年级2班||||陈二| +8613800138002
            4 + 四年级1班||||陈三| +8613800138003
            sums accepted=3 rejected=0 passed={"header": 1} columns=grade=A class=B name=C phone=D strata=三年级1班 1/1; 三年级2班 1/1; 四年级1班 1/1
        "#]],
    );
    let mut rows = sheet("名单一", &["班级|姓名|电话", "1班|陈一|13800138001"]);
    rows.extend(sheet("名单二", &["班级|姓名|电话", "1班|陈二|13800138002"]));
    check(
        &read_rows(Kind::Parents, Options::default(), rows),
        expect![[r#"
        名单一!1 . header
        名单一!2 + 1班||||陈一| +8613800138001
        名单二!1 . header
        名单二!2 - :roster_class_bare class 1班 also stands at 名单一!2, on another sheet: write the grade with it
        sums accepted=1 rejected=1 passed={"header": 2} columns=名单一!class=A 名单一!name=B 名单一!phone=C 名单二!class=A 名单二!name=B 名单二!phone=C strata=1班 1/2
    "#]],
    );
    // sheets that are named after grades
    let mut rows = sheet("三年级", &["班级|姓名|电话", "1班|陈一|13800138001"]);
    rows.extend(sheet("四年级", &["班级|姓名|电话", "1班|陈二|13800138002"]));
    let told = read_rows(Kind::Parents, Options::default(), rows);
    assert!(told.ends_with("strata=三年级1班 1/1; 四年级1班 1/1\n"), "{told}");
}

#[test]
fn a_class_has_one_teacher() {
    check(
        &parents(
            "班级,班主任,姓名,电话\n3-1,张三,陈一,13800138001\n3-1,李四,陈二,13800138002\n3-2,,陈三,13800138003\n",
        ),
        expect![[r#"
            1 . header
            2 + 3-1||张三||陈一| +8613800138001
            3 - :roster_two_teachers class 3-1 has another class teacher than at line 2
            4 + 3-2||||陈三| +8613800138003
            sums accepted=2 rejected=1 passed={"header": 1} columns=class=A teacher=B name=C phone=D strata=3-1 张三 1/2; 3-2 1/1
        "#]],
    );
}

#[test]
fn contacts_are_read_by_member_of_staff() {
    check(
        &read(
            Kind::Contacts,
            Options::default(),
            "工号,教师姓名,联系人,关系,电话\n\
             T001,张三,陈一,家长,13800138001\n\
             ,,陈二,同事,13800138002\n\
             T002,张三,陈三,家长,13800138003\n\
             T001,,陈四,家长,13800138004\n\
             T001,李四,陈五,家长,13800138005\n\
             T003,王五,,,\n",
        ),
        expect![[r#"
            1 . header
            2 + |T001|张三||陈一|家长 +8613800138001
            3 + |T001|张三||陈二|同事 +8613800138002
            4 + |T002|张三||陈三|家长 +8613800138003
            5 + |T001|张三||陈四|家长 +8613800138004
            6 - :roster_staff_renamed this staff number has another name at line 2
            7 . title
            7 ! :roster_staff_without_contacts this member of staff has no contacts: add them, or take the line out
            sums accepted=4 rejected=1 passed={"header": 1, "title": 1} columns=staff_number=A staff=B name=C relation=D phone=E strata=T001 张三 3/4; T002 张三 1/1; T003 王五 0/0
        "#]],
    );
}

#[test]
fn staff_of_one_name_without_numbers_are_refused() {
    check(
        &read(
            Kind::Contacts,
            Options::default(),
            "教师,姓名,电话\n张三,陈一,13800138001\n,陈二,13800138002\n李四,陈三,13800138003\n张三,陈四,13800138004\n,陈五,13800138005\n",
        ),
        expect![[r#"
            1 . header
            2 + ||张三||陈一| +8613800138001
            3 + ||张三||陈二| +8613800138002
            4 + ||李四||陈三| +8613800138003
            5 - :roster_staff_twice a member of staff of this name stands at line 2, and they cannot be told apart: give each a staff number
            6 - :roster_staff_twice a member of staff of this name stands at line 2, and they cannot be told apart: give each a staff number
            sums accepted=3 rejected=2 passed={"header": 1} columns=staff=A name=B phone=C strata=张三 2/4; 李四 1/1
        "#]],
    );
    check(
        &read(Kind::Contacts, Options::default(), "工号,姓名,电话\nT1,陈一,13800138001\n"),
        expect![[r#"
            error column B may hold the name of the staff member or of the contact: map the fields staff and name
        "#]],
    );
    check(
        &read(Kind::Contacts, Options::default(), "姓名,联系人,电话\n张三,陈一,13800138001\n"),
        expect![[r#"
            1 . header
            2 + ||张三||陈一| +8613800138001
            sums accepted=1 rejected=0 passed={"header": 1} columns=staff=A name=B phone=C strata=张三 1/1
        "#]],
    );
}

#[test]
fn identity_numbers_do_not_tell_staff_of_one_name_apart() {
    // Such a number is never published: the name's pseudonym is, and it would be the same.
    let found = read(
        Kind::Contacts,
        Options::default(),
        "工号,教师,联系人,电话\n110101199001011234,张三,陈一,13800138001\n\
         110101199001011234,张三,陈二,13800138002\nT001,张三,陈三,13800138003\n\
         110101199001015678,张三,陈四,13800138004\n",
    );
    let refused: Vec<&str> = found.lines().filter(|line| line.contains(" - ")).collect();
    assert_eq!(refused.len(), 1, "{found}");
    assert!(refused[0].starts_with("5 - :roster_staff_twice"), "{found}");
}

#[test]
fn targets_are_read_by_key_name_and_class() {
    check(
        &read(
            Kind::Targets,
            Options::default(),
            "工号,姓名,班级\nT017,张三,3-1\nT017,张三,3-2\nT018,李四,3-1\nT019,王五,\nT019,王五,\n,赵六,\n,赵六,\n",
        ),
        expect![[r#"
            1 . header
            2 + 3-1|||T017|张三| 
            3 + 3-2|||T017|张三| 
            4 - :roster_class_twice class 3-1 has a target at line 2 already
            5 + |||T019|王五| 
            6 - :roster_duplicate_number the same number stands in line 5: remove one of them
            7 + ||||赵六| 
            8 - :roster_duplicate_name the same name and phone stand in line 7: remove one of them
            sums accepted=4 rejected=3 passed={"header": 1} columns=key=A name=B class=C strata=3-1 T017 张三 1/2; 3-2 T017 张三 1/1
        "#]],
    );
}

#[test]
fn a_phone_on_many_lines_is_held() {
    let phone = |text| canvass::rules::phone::parse(text, None).expect("phone");
    let (often, once) = (phone("13800138001"), phone("13800138002"));
    let mut counter = PhoneCounter::default();
    for _ in 0..4 {
        counter.count(&[often.clone(), often.clone()]);
    }
    assert!(counter.held(std::slice::from_ref(&often), 4).is_none(), "four lines are allowed");
    counter.count(&[once.clone(), often.clone()]);
    assert_eq!((counter.lines(&often), counter.lines(&once)), (5, 1));
    assert_eq!(counter.held(&[once.clone(), often], 4).expect("held").key, "roster.held");
    assert!(counter.held(&[once], 4).is_none());
}

#[test]
fn no_message_holds_a_name_or_a_phone() {
    let found = parents(
        "班级,姓名,电话\n3-1,陈一,13800138001x\n3-1,陈一,13800138002\n3-1,陈一,13800138002\n\
         3-1,陈丁,一三八\n3-1,1380013,13800138003\n",
    );
    for line in found.lines().filter(|line| line.contains(" - ")) {
        assert!(!line.contains("陈") && !line.contains("13800"), "{line}");
    }
}
