//! Headers and names as forms, school systems and other countries write them.

use canvass::rules::roster::{Kind, Options, Row};

use super::{
    parents, read, read_rows, rows_of, sheet,
    titles::{csv, who},
};

fn contacts(text: &str) -> String {
    read(Kind::Contacts, Options::default(), text)
}

fn asked(text: &str) -> Vec<String> {
    let rows = rows_of(text.as_bytes()).expect("text");
    let (outcomes, _) = super::outcomes(Kind::Parents, Options::default(), rows).expect("roster");
    super::accepted(&outcomes)
        .iter()
        .map(|line| {
            let phones: Vec<&str> = line.phones.iter().map(|phone| &phone.e164[10..]).collect();
            format!("{} {} {} {}", line.class, line.name, line.ask_for, phones.join("/"))
        })
        .collect()
}

#[test]
fn headers_of_forms_are_read_without_their_numbers() {
    for header in [
        "1、班级（必填）,2、学生姓名（必填）,3、家长电话（必填）",
        "1.班级*,2.学生姓名*,3.联系电话(选填)",
        "(1)班级,(2)姓名,(3)手机号",
        "【1】班级,【2】姓名,【3】手机号",
        "(必填)班级,(必填)姓名,(必填)手机号",
        "10. Class,11. Student Name,12. Phone",
    ] {
        assert_eq!(csv(&[header, "三(1)班,甲,~0001"]), "三(1)班 甲", "{header}");
    }
}

#[test]
fn english_headers_are_known() {
    for (header, line, expected) in [
        ("Class,Surname,First Name,Phone", "3A,Lee,Ann,~0001", "3A Ann Lee"),
        ("Class,First Name,Last Name,Phone", "3A,Ann,Lee,~0001", "3A Ann Lee"),
        ("班级,姓,名,电话", "三1,欧阳,娜,~0001", "三1 欧阳娜"),
        ("Tutor Group,Student's Name,Phone", "7R,Ann Lee,~0001", "7R Ann Lee"),
        ("Form Class,Name of Student,Phone", "7R,Ann Lee,~0001", "7R Ann Lee"),
        ("Form,Student Full Name,Parent/Carer,Phone", "7R,Ann Lee,Mary,~0001", "7R Ann Lee"),
        ("Form,Form Tutor,Student,Phone", "7R,Jane Hill,Ann Lee,~0001", "7R Jane Hill Ann Lee"),
        ("Form,Class,Student,Phone", "3,A,Ann,~0001", "3A Ann"),
        ("Year Group,Class,Student,Phone", "3,A,Ann,~0001", "3A Ann"),
        (
            "Class,Name,Father,Father Mobile,Mother,Mother Mobile",
            "3A,Ann,Jo,~0001,Mary,~0002",
            "3A Ann",
        ),
    ] {
        assert_eq!(csv(&[header, line]), expected, "{header}");
    }
    let told = parents("Class,Name,Surname,Phone\n3A,Ann,Lee,13800100001\n");
    assert!(told.contains("C:roster_header_unknown") && told.contains("Ann"), "{told}");
}

#[test]
fn guardians_are_numbered_in_many_ways() {
    for header in [
        "班级,姓名,第一监护人姓名,第一监护人电话,第二监护人姓名,第二监护人电话",
        "班级,姓名,监护人1姓名,监护人1电话,监护人2姓名,监护人2电话",
        "班级,姓名,家长1,家长1电话,家长2,家长2电话",
    ] {
        let text = format!("{header}\n三1,甲,张强,13800100001,李娜,13800100002\n");
        assert_eq!(asked(&text), ["三1 甲 张强/李娜 0001/0002"], "{header}");
    }
}

#[test]
fn words_below_a_person_are_of_that_person() {
    for header in [
        "班级,姓名,父亲,,母亲,\n,,姓名,电话,姓名,电话",
        "班级,学生姓名,家长（监护人）1,,家长（监护人）2,\n,,姓名,联系电话,姓名,联系电话",
        "班级,学生信息,父亲信息,,母亲信息,\n,姓名,父亲姓名,父亲电话,母亲姓名,母亲电话",
        "Class,Student,Father,,Mother,\n,Name,Name,Phone,Name,Phone",
    ] {
        let text = format!("{header}\n三1,甲,张强,13800100001,李娜,13800100002\n");
        assert_eq!(asked(&text), ["三1 甲 张强/李娜 0001/0002"], "{header}");
    }
    // the teacher's phone is nobody's to call
    let text = "班级,班主任,,学生姓名,家长,\n,姓名,电话,,姓名,电话\n三1,李梅,13800100009,甲,张强,13800100001\n";
    assert_eq!(asked(text), ["三1 甲 张强 0001"]);
    let told = contacts(
        "教师,,联系人,,\n姓名,电话,姓名,关系,电话\n李梅,13800100009,张强,家长,13800100001\n,,王刚,家长,13800100002\n",
    );
    assert!(told.contains("李梅||王刚|家长 +8613800100002") && !told.contains("0009"), "{told}");
    let mut rows = sheet(
        "",
        &["班级|姓名|联系电话|", "班级|姓名|父亲|母亲", "三1|甲|13800100001|13800100002"],
    );
    rows[1].merged = vec![0, 1];
    assert_eq!(who(rows), "三1 甲", "merged down");
    for header in ["姓名,班级,电话", "学生,班级,电话", "学生姓名,班级,电话"] {
        let read = csv(&[header, "三,,", "甲,1班,~0001", "四,,", "乙,1班,~0002"]);
        assert!(!read.contains('甲') && !read.contains('乙'), "a grade is no header: {read}");
    }
    let told = contacts("工号,教师姓名,联系人,\n,,姓名,电话\nT1,李梅,张强,13800100001\n");
    assert!(told.contains("T1|李梅||张强"), "{told}");
}

#[test]
fn contacts_who_are_parents_and_other_words_for_staff() {
    for header in [
        "教师,家长姓名,家长电话",
        "任课教师,联系人,电话",
        "教職員姓名,聯絡人,聯絡電話",
        "教职员,联系人,电话",
        "被评价人,评价人,评价人电话",
        "Teacher,Parent,Phone",
    ] {
        let told = contacts(&format!("{header}\n李梅,张强,13800100001\n,王刚,13800100002\n"));
        assert!(told.contains("李梅||王刚"), "{header}: {told}");
    }
    let told = contacts("老师,学生,家长,电话\n李梅,甲,张强,13800100001\n");
    assert!(told.contains("李梅||张强"), "{told}");
    let told = contacts("教师,父亲姓名,母亲姓名,电话\n李梅,张强,李娜,13800100001\n");
    assert!(told.starts_with("error "), "whom to ask for: {told}");
}

#[test]
fn names_with_spaces_are_one_name_where_they_can_be_no_two() {
    for name in [
        "José García",
        "Nguyễn Văn An",
        "Zoë Smith",
        "Hans Müller",
        "Łukasz Nowak",
        "Иван Петров",
        "D’Souza Rahul",
        "Ann Lee",
    ] {
        assert_eq!(csv(&["班级,姓名,电话", &format!("三1,{name},~0001")]), format!("三1 {name}"));
        let told = contacts(&format!("教师,联系人,电话\n{name},甲,13800100001\n"));
        assert!(told.contains("accepted=1"), "{told}");
    }
    assert_eq!(csv(&["班级,姓名,电话", "三1,欧阳 娜娜,~0001"]), "三1 欧阳娜娜");
    for name in ["戊辰 己巳", "张小明 李四", "张三 Tom", "欧阳 娜娜 王芳"] {
        assert_eq!(csv(&["班级,姓名,电话", &format!("三1,{name},~0001")]), "2-", "{name}");
    }
}

#[test]
fn a_sheet_that_lists_nobody_to_call_is_passed_over() {
    let book = |name: &str, lines: &[&str]| -> Vec<Row> {
        let mut rows = sheet("三(1)班", &["姓名|电话", "甲|13800100001"]);
        rows.extend(sheet(name, lines));
        rows
    };
    for lines in [
        &["班级|人数|班主任|电话", "三(1)班|45|李梅|13800100009", "合计|45||"][..],
        &["班级|班主任|联系电话", "三(1)班|李梅|13800100009"],
        &["年级|班级|男生|女生", "三年级|1班|20|25"],
    ] {
        let told = read_rows(Kind::Parents, Options::default(), book("汇总", lines));
        assert!(
            told.contains("汇总 ! :roster_sheet_no_list") && told.contains("accepted=1"),
            "{told}"
        );
    }
    // a name under a header that is not known is somebody to call
    for lines in [
        &["班级|班主任|小孩|电话", "三(2)班|李梅|乙|13800100009"][..],
        &["班级|姓名|Rufnummer", "三(2)班|乙|13800100009"],
    ] {
        assert!(who(book("其他", lines)).starts_with("error"), "{lines:?}");
    }
}
