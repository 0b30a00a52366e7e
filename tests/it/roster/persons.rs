//! Whom a line is about: pupils, contacts, staff; one name, one number, one encoding.

use super::{
    Kind, Options, parents, read_rows, rows_of, sheet,
    titles::{csv, who},
};

fn contacts(text: &str) -> String {
    read_rows(Kind::Contacts, Options::default(), rows_of(text.as_bytes()).expect("text"))
}

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

#[test]
fn one_label_in_two_parts_of_the_school_is_two_classes() {
    let columns =
        ["校区,班级,姓名,电话", "东校区,1班,甲,~0001", ",1班,乙,~0002", "西校区,1班,丙,~0003"];
    assert_eq!(csv(&columns), "1班 甲, 1班 乙, 4-");
    let school = ["学校,年级,班级,姓名,电话", "一小,三,1班,甲,~0001", "二小,三,1班,乙,~0002"];
    assert_eq!(csv(&school), "三1班 甲, 3-");
    let rows =
        ["东校区", "班级,姓名,电话", "三1,甲,~0001", "西校区", "班级,姓名,电话", "三1,乙,~0002"];
    assert_eq!(csv(&rows), "三1 甲, 4-, 6-");
    let years = [
        "2023学年1班",
        "姓名,学号,电话",
        "甲,S1,~0001",
        "2024学年1班",
        "姓名,学号,电话",
        "乙,S2,~0002",
    ];
    assert!(!csv(&years).contains("1班 乙"), "{}", csv(&years));
    let heads = ["班级,姓名,电话", "三,,", "1班,甲,~0001", "四,,", "1班,乙,~0002"];
    assert_eq!(csv(&heads), "3-, 5-");
}

#[test]
fn a_register_number_beside_the_schools_own_is_not_read() {
    let told = parents("班级,姓名,学籍号,学号,电话\n三1,甲,G1,S1,13800100001\n");
    assert!(told.contains("三1|||S1|甲"), "{told}");
    let told = parents("班级,姓名,学籍号,电话\n三1,甲,G1,13800100001\n");
    assert!(told.contains("三1|||G1|甲"), "{told}");
}

#[test]
fn an_office_is_no_pupil_and_a_group_no_member_of_staff() {
    for word in [
        "班长",
        "保安",
        "校警",
        "家长委员会",
        "家長會",
        "愛心媽媽",
        "午餐秘書",
        "配餐公司",
        "社区",
        "校园110",
    ] {
        assert_eq!(csv(&["班级,姓名,电话", &format!("三1,{word},~0001")]), "2-", "{word}");
    }
    for group in ["后勤", "行政人员", "语文组", "全体教师"] {
        let rows = format!("教师,联系人,电话\n李梅,甲,13800100001\n{group},,\n,乙,13800100002\n");
        let told = contacts(&rows);
        assert!(!told.contains("乙"), "{group}: {told}");
    }
}

#[test]
fn another_department_carries_nobody_down_wherever_it_stands() {
    let tables = [
        "教师,部门,联系人,电话\n李梅,语文组,甲,13800100001\n,数学组,乙,13800100002\n",
        "部门,教师,联系人,电话\n,李梅,甲,13800100001\n数学组,,乙,13800100002\n",
        "学科,教师,联系人,电话\n语文,李梅,甲,13800100001\n数学,,乙,13800100002\n",
    ];
    for table in tables {
        let told = contacts(table);
        assert!(told.contains("3 - "), "{told}");
        assert!(told.contains("甲"), "{told}");
    }
}

#[test]
fn a_class_teacher_who_is_not_taken_is_noted() {
    for title in ["三(1)班 班主任 李梅", "班主任：李梅、王芳"] {
        let told = parents(&format!("{title},,\n班级,姓名,电话\n三(1)班,甲,13800100001\n"));
        assert!(told.contains("1 ! :roster_teacher_unread"), "{title}: {told}");
    }
    let told =
        parents("三(1)班,,\n填表人：王芳 班主任：李梅,,\n姓名,学号,电话\n甲,S1,13800100001\n");
    assert!(told.contains("2 ! :roster_teacher_unread"), "{told}");
    let told =
        parents("三(1)班 班主任：李梅,,\n姓名,班主任,电话\n甲,王芳,13800100001\n乙,,13800100002\n");
    assert_eq!(told.matches(":roster_teacher_elsewhere").count(), 1, "{told}");
}

#[test]
fn schools_and_parts_that_titles_and_sheets_name_tell_classes_apart() {
    let two = |first: &[&str], second: &[&str]| {
        let lines = ["班级,姓名,电话".replace(',', "|"), "三(1)班|甲|13800100001".into()];
        let other = ["班级,姓名,电话".replace(',', "|"), "三(1)班|乙|13800100002".into()];
        let with = |titles: &[&str], lines: &[String]| -> Vec<String> {
            titles.iter().map(|t| (*t).to_owned()).chain(lines.iter().cloned()).collect()
        };
        let (a, b) = (with(&first[1..], &lines), with(&second[1..], &other));
        let refs =
            |lines: &Vec<String>| lines.iter().map(String::as_str).collect::<Vec<_>>().join("\n");
        let (a, b) = (refs(&a), refs(&b));
        let mut rows = sheet(first[0], &a.split('\n').collect::<Vec<_>>());
        rows.extend(sheet(second[0], &b.split('\n').collect::<Vec<_>>()));
        who(rows)
    };
    for (first, second) in [
        (&["A", "第一小学学生通讯录"][..], &["B", "第二小学学生通讯录"][..]),
        (&["本部"], &["分校"]),
        (&["城关小学"], &["东街小学"]),
        (&["A", "东校区学生通讯录"], &["B", "西校区学生通讯录"]),
        (&["A", "第一小学三年级学生通讯录"], &["B", "第二小学三年级学生通讯录"]),
        (&["A", "2024-2025学年学生通讯录"], &["B", "2025-2026学年学生通讯录"]),
        (&["A", "三(1)班"], &["B", "第二小学三(1)班"]),
        (&["国际部"], &["国内部"]),
    ] {
        let read = two(first, second);
        assert!(read.starts_with("三(1)班 甲") && !read.contains('乙'), "{first:?}: {read}");
    }
    for (first, second) in [
        (&["A", "第一小学学生通讯录"][..], &["B", "XX市第一小学学生通讯录"][..]),
        (&["A", "2025-2026学年实验小学学生名单"], &["B", "实验小学2025—2026学年学生名单"]),
        (&["A", "2025 - 2026学年学生名单"], &["B", "25-26学年学生名单"]),
    ] {
        assert_eq!(two(first, second), "三(1)班 甲, 三(1)班 乙", "{first:?}");
    }
}

#[test]
fn words_below_the_lines_are_no_second_header() {
    let rows =
        ["三(1)班学生通讯录,,", "班级,姓名,电话", "三(1)班,甲,~0001", "备注,,", "三(2)班,乙,~0002"];
    let read = csv(&rows);
    assert!(read.contains("三(2)班 乙") && read.contains("三(1)班 甲"), "{read}");
}

#[test]
fn ordinary_columns_and_names_are_no_reason_to_refuse() {
    for header in ["与学生关系", "微信", "座號", "是否住校", "特长", "紧急联系人", "接送人"]
    {
        let rows = [&*format!("班级,姓名,{header},联系电话,备用电话"), "三1,甲,x,~0001,~0002"];
        assert_eq!(csv(&rows), "三1 甲", "{header}");
    }
    for name in ["王保安", "李保卫", "张保健", "Busra", "Paul Nurse", "安保", "司南", "班超"]
    {
        let read = csv(&["班级,姓名,电话", &format!("三1,{name},~0001")]);
        assert_eq!(read, format!("三1 {name}"), "{name}");
    }
    for head in ["编号", "項次", "日期"] {
        let told = contacts(&format!(
            "{head},教师,联系人,电话\n1,李梅,甲,13800100001\n2,,乙,13800100002\n"
        ));
        assert!(told.contains("李梅||乙"), "{head}: {told}");
    }
    let told = parents("班级,姓名,学籍号,全国学籍号,电话\n三1,甲,G1,S1,13800100001\n");
    assert!(told.contains("三1|||G1|甲"), "{told}");
}

#[test]
fn rows_of_grades_in_the_column_of_names_end_what_stood_above() {
    for rows in [["三", "四"], ["小班", "中班"], ["三年", "四年"], ["国一", "国二"]] {
        let file = csv(&[
            "姓名,班级,电话",
            &format!("{},,", rows[0]),
            "甲,1班,~0001",
            &format!("{},,", rows[1]),
            "乙,1班,~0002",
        ]);
        assert!(!file.contains("乙"), "{rows:?}: {file}");
    }
}

#[test]
fn spaces_in_a_label_tell_nothing_apart() {
    assert_eq!(
        csv(&["班级,姓名,电话", "三(1)班,甲,~0001", "三 (1) 班,乙,~0002"]),
        "三(1)班 甲, 三(1)班 乙"
    );
}
