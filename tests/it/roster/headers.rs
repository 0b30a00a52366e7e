//! Headers, titles, mappings: which cell means what.

use canvass::rules::roster::{Kind, Options};
use expect_test::{Expect, expect};

use super::{mapped, parents, read, read_rows, sheet};

fn check(found: &str, expected: Expect) {
    expected.assert_eq(found);
}

#[test]
fn a_plain_list_is_read_in_three_languages_of_headers() {
    for header in [
        "班级,学号,姓名,家长电话",
        "班級,學號,學生姓名,聯絡電話",
        "Class,Pupil number,Name,Phone",
        "班级 ,学 号,*姓名(必填),电 话:",
    ] {
        let found = parents(&format!("{header}\n3-1,P001,陈一,13800138000\n"));
        assert!(found.contains("2 + 3-1|||P001|陈一| +8613800138000"), "{header}: {found}");
    }
}

#[test]
fn a_school_sheet_with_everything_people_do() {
    check(
        &parents(
            "阳光小学 2025 年秋季学生通讯录,,,,,\n\
             ,,,,,\n\
             序号,班级,班主任,姓名,联系电话,备注\n\
             1,三年级1班,王老师,陈 一,13800138001,\n\
             2,,,李二,138-0013-8002,走读\n\
             3,,,李三,同上,\n\
             4,,,欧阳四五,13800138004/0536-6221234,\n\
             5,三年级2班,赵六,张七,13800138005,\n\
             序号,班级,班主任,姓名,联系电话,备注\n\
             6,,,孙八,1380013800,\n\
             7,,,孙九,同上,\n\
             8,,,,13800138008,\n\
             9,,,钱十,,\n\
             10,,,,,\n\
             合计,,,9人,,\n\
             备注:电话有误请联系教务处,,,,,\n",
        ),
        expect![[r#"
            1 . title
            2 . blank
            3 . header
            4 + 三年级1班||王老师||陈一| +8613800138001
            5 + 三年级1班||王老师||李二| +8613800138002
            6 + 三年级1班||王老师||李三| +8613800138002 (same phone in this class as line 5, other name: one unit, as twins)
            7 + 三年级1班||王老师||欧阳四五| +8613800138004/+865366221234
            8 + 三年级2班||赵六||张七| +8613800138005
            9 . header
            10 - E:phone_length a number of 10 digits: a mobile has 11, a landline needs its area code, another country its +
            11 - E:roster_ditto the same as above, but the line above was not taken or has no phone here: enter the number
            12 - D:roster_no_name the name is missing
            13 - E:roster_no_phone there is no phone number
            14 . blank
            15 . total
            16 . remark
            sums accepted=5 rejected=4 passed={"blank": 2, "header": 2, "remark": 1, "title": 1, "total": 1} columns=class=B teacher=C name=D phone=E strata=三年级1班 王老师 4/4; 三年级2班 赵六 1/5
        "#]],
    );
}

#[test]
fn one_sheet_per_class_and_a_teacher_in_the_title() {
    let mut rows = sheet("3-1", &["姓名|电话", "陈一|13800138001"]);
    rows.extend(sheet(
        "Sheet2",
        &["三年级2班花名册 班主任:张三 电话 13900139000", "姓名|电话", "李二|13800138002"],
    ));
    rows.extend(sheet("三年级3班", &["姓名|电话", "王三|13800138003"]));
    rows.extend(sheet("三年级4班", &[""]));
    rows.extend(sheet("说明", &["请各班认真核对", "有误请更正"]));
    rows.extend(sheet("名单", &["姓名|电话", "周五|13800138005"]));
    check(
        &read_rows(Kind::Parents, Options::default(), rows),
        expect![[r#"
            3-1!1 . header
            3-1!2 + 3-1||||陈一| +8613800138001
            Sheet2!1 . title
            Sheet2!2 . header
            Sheet2!3 + 三年级2班||张三||李二| +8613800138002
            三年级3班!1 . header
            三年级3班!2 + 三年级3班||||王三| +8613800138003
            三年级4班 ! :roster_sheet_empty sheet 三年级4班 is empty
            三年级4班!1 . blank
            说明 ! :roster_sheet_skipped sheet 说明 has no known header and was not read
            说明!1 . skipped
            说明!2 . skipped
            名单!1 . header
            名单!2 - :roster_no_class the class is missing, and there is none above, in a title or in the sheet's name
            三年级4班 ! :roster_class_without_pupils class 三年级4班 has no pupils: add them, or take the class out
            sums accepted=3 rejected=1 passed={"blank": 1, "header": 4, "skipped": 2, "title": 1} columns=3-1!name=A 3-1!phone=B Sheet2!name=A Sheet2!phone=B 三年级3班!name=A 三年级3班!phone=B 名单!name=A 名单!phone=B strata=3-1 1/1; 三年级2班 张三 1/1; 三年级3班 1/1; 三年级4班 0/0
        "#]],
    );
}

#[test]
fn a_long_sheet_of_instructions_is_passed_over_but_a_list_without_header_is_not() {
    let long: Vec<String> = (0..40).map(|i| format!("说明 {i}")).collect();
    let long: Vec<&str> = long.iter().map(String::as_str).collect();
    let mut rows = sheet("填写说明", &long);
    rows.extend(sheet("3-1", &["姓名|电话", "陈一|13800138001"]));
    let found = read_rows(Kind::Parents, Options::default(), rows.clone());
    assert!(found.contains("accepted=1 rejected=0"), "{found}");
    assert!(found.contains("\"skipped\": 40"), "{found}");
    rows.truncate(40);
    let found = read_rows(Kind::Parents, Options::default(), rows);
    assert!(found.starts_with("error line 填写说明!1: no column for name, phone"), "{found}");
    let lines: String = (0..40).map(|i| format!("3-1,陈{i},13800138{i:03}\n")).collect();
    assert!(parents(&lines).starts_with("error line 1: no column for name, phone"));
}

#[test]
fn several_classes_stand_below_each_other() {
    check(
        &parents(
            "三年级1班 班主任:张三\n姓名,电话\n陈一,13800138001\n\n\
             三年级2班 班主任:李四 工号:T017\n姓名,电话\n陈二,13800138002\n\
             三(3)班\n陈三,13800138003\n三(4)班\n",
        ),
        expect![[r#"
            1 . title
            2 . header
            3 + 三年级1班||张三||陈一| +8613800138001
            4 . blank
            5 . title
            6 . header
            7 + 三年级2班|T017|李四||陈二| +8613800138002
            8 . title
            9 + 三(3)班||||陈三| +8613800138003
            10 . title
            10 ! :roster_class_without_pupils class 三(4)班 has no pupils: add them, or take the class out
            sums accepted=3 rejected=0 passed={"blank": 1, "header": 2, "title": 4} columns=name=A phone=B strata=三年级1班 张三 1/1; 三年级2班 T017 李四 1/1; 三(3)班 1/1; 三(4)班 0/0
        "#]],
    );
}

#[test]
fn mapped_columns_must_be_there_and_letters_are_capitals() {
    let text = "Klasse,Kind,Rufnummer\n3-1,陈一,13800138001\n";
    let all = [("class", "Klasse"), ("name", "Kind"), ("phone", "tel")];
    check(
        &read(Kind::Parents, mapped(&all), text),
        expect![[r#"
        error line 1: no column for phone; headers not known: Rufnummer. Map the missing fields to their columns
    "#]],
    );
    let all = [("class", "A"), ("name", "B"), ("phone", "C"), ("number", "Kennung")];
    check(
        &read(Kind::Parents, mapped(&all), text),
        expect![[r#"
        error the mapping names column Kennung for number, which the header does not have
    "#]],
    );
    let all = [("class", "A"), ("name", "B"), ("phone", "C")];
    check(
        &read(Kind::Parents, mapped(&all), text),
        expect![[r#"
        1 . header
        2 + 3-1||||陈一| +8613800138001
        sums accepted=1 rejected=0 passed={"header": 1} columns=class=A name=B phone=C strata=3-1 1/1
    "#]],
    );
    let all = [("key", "A"), ("name", "B"), ("class", "C")];
    check(
        &read(Kind::Targets, mapped(&all), "T1,张三,3-1\n"),
        expect![[r#"
            error line 1: there is no header: write one row of column names above the table
        "#]],
    );
    check(
        &read(Kind::Targets, mapped(&all), "Nr,Name,Klasse\nT1,张三,3-1\n"),
        expect![[r#"
            1 . header
            2 + 3-1|||T1|张三| 
            sums accepted=1 rejected=0 passed={"header": 1} columns=key=A name=B class=C strata=3-1 T1 张三 1/1
        "#]],
    );
}

#[test]
fn guardians_are_whom_to_ask_for() {
    let text = "班级,姓名,父亲姓名,父亲电话,母亲姓名,母亲电话\n\
        3-1,陈一,陈大,13800138001,李二,13900139001\n\
        3-1,陈双,13800138002,,王三,13900139002\n";
    let rows = super::rows_of(text.as_bytes()).expect("rows");
    let (outcomes, _) = super::outcomes(Kind::Parents, Options::default(), rows).expect("roster");
    let asked: Vec<&str> = super::accepted(&outcomes).iter().map(|l| l.ask_for.as_str()).collect();
    assert_eq!(asked, ["陈大/李二"]);
    check(
        &parents(text),
        expect![[r#"
        1 . header
        2 + 3-1||||陈一| +8613800138001/+8613900139001
        3 - C:roster_name_digits the name is a number: check whether the columns are shifted
        sums accepted=1 rejected=1 passed={"header": 1} columns=class=A name=B guardian=C phone=D guardian=E phone=F strata=3-1 1/2
    "#]],
    );
}

#[test]
fn a_header_of_two_rows() {
    check(
        &parents(
            "班级,姓名,联系电话,\n,,父亲,母亲\n3-1,陈一,13800138001,13900139001\n3-1,陈二,,13900139002\n",
        ),
        expect![[r#"
            1 . header
            2 . header
            3 + 3-1||||陈一| +8613800138001/+8613900139001
            4 + 3-1||||陈二| +8613900139002
            sums accepted=2 rejected=0 passed={"header": 2} columns=class=A name=B phone=C phone=D strata=3-1 2/2
        "#]],
    );
    check(
        &parents("班级,三年级2班,班主任,张三\n姓名,电话\n陈一,13800138001\n"),
        expect![[r#"
        1 . title
        2 . header
        3 + 三年级2班||张三||陈一| +8613800138001
        sums accepted=1 rejected=0 passed={"header": 1, "title": 1} columns=name=A phone=B strata=三年级2班 张三 1/1
    "#]],
    );
    check(
        &parents("班级,家庭信息,,\n,姓名,父亲电话,母亲电话\n3-1,陈一,13800138001,13900139001\n"),
        expect![[r#"
            1 . header
            2 . header
            3 + 3-1||||陈一| +8613800138001/+8613900139001
            sums accepted=1 rejected=0 passed={"header": 2} columns=class=A name=B phone=C phone=D strata=3-1 1/1
        "#]],
    );
}

#[test]
fn unknown_headers_and_missing_columns_are_errors_that_name_them() {
    check(
        &parents("班级,姓名,性别\n3-1,陈一,男\n"),
        expect![[r#"
        error line 1: no column for phone: add it, or map the field to its column
    "#]],
    );
    check(
        &parents("班级,姓名,Rufnummer\n3-1,陈一,13800138001\n"),
        expect![[r#"
        error line 1: no column for phone; headers not known: Rufnummer. Map the missing fields to their columns
    "#]],
    );
    check(
        &parents("Klasse,Kind,Rufnummer\n3-1,陈一,13800138001\n"),
        expect![[r#"
        error line 1: no column for name, phone; headers not known: Klasse, Kind, Rufnummer. Map the missing fields to their columns
    "#]],
    );
    check(
        &parents("3-1,陈一,13800138001\n"),
        expect![[r#"
        error line 1: no column for name, phone: add it, or map the field to its column
    "#]],
    );
    check(
        &parents("姓名,电话,姓名,电话\n陈一,13800138001,陈二,13800138002\n"),
        expect![[r#"
        error columns A and C have headers of the same meaning: put one table on a sheet, or map the field to one of them
    "#]],
    );
    check(
        &parents("班级,姓名,电话\n"),
        expect![[r#"
        error there is a header, but no line below it
    "#]],
    );
    check(
        &parents("\n\n"),
        expect![[r#"
        error there is nothing in the file
    "#]],
    );
}

#[test]
fn a_mapping_names_columns_by_header_or_letters() {
    let text = "Klasse,Kind,Rufnummer,Mobil\n3-1,陈一,13800138001,13900139001\n";
    let all = [("class", "Klasse"), ("name", "Kind"), ("phone", "Rufnummer,D")];
    check(
        &read(Kind::Parents, mapped(&all), text),
        expect![[r#"
        1 . header
        2 + 3-1||||陈一| +8613800138001/+8613900139001
        sums accepted=1 rejected=0 passed={"header": 1} columns=class=A name=B phone=C phone=D strata=3-1 1/1
    "#]],
    );
    let letters = [("class", "A"), ("name", "B"), ("phone", "C")];
    check(
        &read(Kind::Parents, mapped(&letters), "3-1,陈一,13800138001\n3-1,陈二,13800138002\n"),
        expect![[r#"
            1 + 3-1||||陈一| +8613800138001
            2 + 3-1||||陈二| +8613800138002
            sums accepted=2 rejected=0 passed={} columns=class=A name=B phone=C strata=3-1 2/2
        "#]],
    );
    check(
        &read(Kind::Parents, mapped(&[("colour", "A")]), text),
        expect![[r#"
        error the mapping names the field colour, which a roster of parents does not have
    "#]],
    );
}

#[test]
fn a_teacher_alone_below_the_title_of_a_class_is_its_teacher() {
    for row in ["班主任：李老师,,", "班主任:,李老师,", ",班主任：李四,"] {
        let teacher = if row.contains("李四") { "李四" } else { "李老师" };
        let found = parents(&format!(
            "三年级1班,,\n班主任：王老师,,\n姓名,电话,\n甲生,13800000041,\n,,\n\
             三年级2班,,\n{row}\n姓名,电话,\n丙生,13800000043,\n班主任：周老师,,\n"
        ));
        assert!(found.contains("\n7 . title\n"), "{row}: {found}");
        assert!(found.contains("\n10 - A:roster_foot_line"), "a signature: {found}");
        let strata = format!("strata=三年级1班 王老师 1/1; 三年级2班 {teacher} 1/1\n");
        assert!(found.ends_with(&strata), "{row}: {found}");
    }
}

#[test]
fn a_grade_above_bare_labels_is_part_of_the_class() {
    let found = parents(
        "三年级,,\n班级,姓名,电话\n1班,甲一,13800000041\n2班,甲二,13800000042\n\
         四年级,,\n1班,乙一,13800000043\n,乙二,13800000044\n4-2,乙三,13800000045\n",
    );
    let strata = "strata=三年级1班 1/1; 三年级2班 1/1; 四年级1班 2/2; 4-2 1/1\n";
    assert!(found.ends_with(strata), "{found}");
}
