//! Sheets that were read wrongly once: whose phone it is, lost titles, campuses, two people in one cell.

use canvass::rules::roster::{Kind, Options};

use super::{parents, read, read_rows, sheet};

fn contacts(text: &str) -> String {
    read(Kind::Contacts, Options::default(), text)
}

#[test]
fn a_phone_that_may_be_somebody_elses_is_not_dialled() {
    for text in [
        "班级,班主任,任教学科,手机,学生姓名,家长手机\n三(1)班,李梅,语文,13900000000,王伟,13800000001\n",
        "Class,Teacher,Subject,Mobile,Pupil,Parent mobile\n3B,Ann Lee,Maths,13900000000,Tom Smith,13800000001\n",
        "班级,学生姓名,家长电话,班主任,学科,手机\n三(1)班,王伟,13800000001,李梅,语文,13900000000\n",
        "班级,学生姓名,身份证号,手机,家长姓名,联系方式\n三(1)班,王伟,1,13900000000,王大,13800000001\n",
        "班级,姓名,家长电话,,部门,联系电话\n三(1)班,王伟,13800000001,,教务处,13900000000\n",
    ] {
        assert!(parents(text).starts_with("error"), "{text}");
    }
    for bracket in ["旧", "作废", "已停用", "邻居", "托管", "接送人", "孩子", "儿童手表"]
    {
        let told = parents(&format!(
            "班级,姓名,家长电话,手机（{bracket}）\n三(1)班,王伟,13800000001,13900000000\n"
        ));
        assert!(told.contains("+8613800000001") && !told.contains("+8613900000000"), "{told}");
    }
    for cell in ["本人13900000000", "本人13900000000/母亲13800000001", "13900000000（本人）"]
    {
        let told = parents(&format!("班级,姓名,家长电话\n三(1)班,王伟,{cell}\n"));
        assert!(told.contains("- C:roster_phone_of_other"), "{told}");
    }
    for ordinary in [
        "班级,姓名,家长姓名,联系电话,备用电话\n三(1)班,王伟,王大,13800000001,13800000002\n",
        "班级,姓名,电话1,电话2\n三(1)班,王伟,13800000001,13800000002\n",
        "班级,班主任,姓名,家长,电话,家长2,电话2\n三(1)班,李梅,王伟,王大,13800000001,王二,13800000002\n",
    ] {
        assert!(parents(ordinary).contains("accepted=1"), "{ordinary}");
    }
}

#[test]
fn a_header_in_brackets_may_be_of_another() {
    for header in ["班主任(副)", "班主任（原）"] {
        let told =
            parents(&format!("班级,{header},姓名,家长电话\n三(1)班,李梅,王伟,13800000001\n"));
        assert!(told.contains("accepted=1") && !told.contains("|李梅|"), "{told}");
    }
    for text in [
        "班级（原）,姓名,家长电话\n三(1)班,王伟,13800000001\n",
        "班级,姓名（家长）,家长电话\n三(1)班,王大,13800000001\n",
    ] {
        assert!(!parents(text).contains("accepted=1"), "{text}");
    }
    for header in ["姓名（必填）", "班级(如三1班)"] {
        let other = if header.starts_with('姓') { "班级" } else { "姓名" };
        let cells = if other == "班级" { "三(1)班,王伟" } else { "王伟,三(1)班" };
        let told = parents(&format!("{other},{header},家长电话\n{cells},13800000001\n"));
        assert!(told.contains("accepted=1"), "{told}");
    }
}

#[test]
fn a_number_whose_area_code_is_broken_is_of_another_country() {
    for number in ["07912 345678", "090-1234-5678", "070-3456-7890"] {
        let told = parents(&format!("班级,姓名,家长电话\n三(1)班,王伟,{number}\n"));
        assert!(told.contains("rejected=1"), "{told}");
    }
    for number in
        ["0536-8123456", "0536 812 3456", "(010)6212 3456", "010 62123456", "0138 0013 8000"]
    {
        let told = parents(&format!("班级,姓名,家长电话\n三(1)班,王伟,{number}\n"));
        assert!(told.contains("accepted=1"), "{number}: {told}");
    }
}

#[test]
fn a_title_that_was_read_as_a_line_ends_the_class_above() {
    for title in [
        "三(2)班,赵丽,,",
        "三(2)班,赵丽,班主任,13900000000",
        "语文,赵丽,,13900000000",
        "大班,,班主任：赵丽,",
    ] {
        for again in ["", "序号,姓名,性别,家长电话\n"] {
            let told = parents(&format!(
                "三(1)班,,,\n序号,姓名,性别,家长电话\n1,王伟,男,13800000001\n{title}\n{again}1,李四,男,13800000002\n"
            ));
            assert!(!told.contains("赵丽| "), "{title}: {told}");
            assert!(!told.contains("|李四|"), "{title}: {told}");
        }
    }
    let told = parents("三(1)班,\n姓名,家长电话\n王伟,13800000001\n三(2),\n李四,13800000002\n");
    assert!(!told.contains("|李四|"), "{told}");
}

#[test]
fn campuses_are_told_apart_whatever_they_are_called() {
    for (a, b) in [
        ("A校区", "B校区"),
        ("1校区", "2校区"),
        ("1号校区", "2号校区"),
        ("校区A", "校区B"),
        ("(东)校区", "(西)校区"),
        ("第1分校", "第2分校"),
        ("东校", "西校"),
        ("东区", "西区"),
        ("Campus A", "Campus B"),
        ("North site", "South site"),
        ("North", "South"),
        ("Infants", "Juniors"),
        ("小学", "初中"),
    ] {
        let mut rows = sheet(a, &["班级|姓名|家长电话", "三(1)班|王伟|13800000001"]);
        rows.extend(sheet(b, &["班级|姓名|家长电话", "三(1)班|李四|13800000002"]));
        let told = read_rows(Kind::Parents, Options::default(), rows);
        assert!(!told.contains("三(1)班 2/2"), "{a}, {b}: {told}");
    }
    for header in ["級別", "级部", "级别", "年级名称", "所属年级", "Yr", "Level"] {
        let told = parents(&format!(
            "{header},班別,姓名,家長電話\n小三,A,王伟,13800000001\n小四,A,李四,13800000002\n"
        ));
        assert!(told.contains("1/1") && !told.contains("2/2"), "{header}: {told}");
    }
    for header in ["所属校区", "就读校区", "校名", "所学专业", "Site", "Stream"] {
        let told = parents(&format!(
            "{header},班级,姓名,家长电话\n甲,三(1)班,王伟,13800000001\n乙,三(1)班,李四,13800000002\n"
        ));
        assert!(!told.contains("三(1)班 2/2"), "{header}: {told}");
    }
}

#[test]
fn two_people_in_one_cell_are_not_one() {
    for name in
        ["王伟和王芳", "\"王伟,王芳\"", "王伟+王芳", "John Smith and Jane Smith", "王伟&王芳"]
    {
        let told = parents(&format!("班级,姓名,家长电话\n三(1)班,{name},13800000001\n"));
        assert!(told.contains("rejected=1"), "{name}: {told}");
        let told = contacts(&format!("教师,联系人,电话\n{name},张强,13800000001\n"));
        assert!(told.contains("rejected=1"), "{name}: {told}");
    }
    for name in ["李和平", "王与之", "和平", "\"Smith, John\"", "Anderson"] {
        let told = parents(&format!("班级,姓名,家长电话\n三(1)班,{name},13800000001\n"));
        assert!(told.contains("accepted=1"), "{name}: {told}");
    }
}

#[test]
fn contacts_and_staff_are_people() {
    for name in ["教务处", "本人", "李梅本人", "无", "待定", "姓名"] {
        let told = contacts(&format!("教师,联系人,电话\n李梅,{name},13800000001\n"));
        assert!(told.contains("rejected=1"), "{name}: {told}");
    }
    for staff in [
        "教务处",
        "校长签字",
        "同",
        "上同",
        "见备注",
        "待聘",
        "缺编",
        "代课",
        "Vacant",
        "Supply",
        "TBC",
    ] {
        let told = contacts(&format!("教师,联系人,电话\n{staff},张强,13800000001\n"));
        assert!(told.contains("accepted=0"), "{staff}: {told}");
    }
    for name in
        ["督学", "教育局", "总机", "群主", "交警", "宿舍阿姨", "退学", "男生20人", "全班共41人"]
    {
        let told = parents(&format!("班级,姓名,家长电话\n三(1)班,{name},13800000001\n"));
        assert!(told.contains("accepted=0"), "{name}: {told}");
    }
    // where the contact comes first, what stands behind the member of staff is theirs
    let told = contacts(
        "联系人,联系电话,部门,教师姓名\n王伟,13800000001,教务处,李梅\n王芳,13800000002,总务处,\n",
    );
    assert!(told.contains("accepted=1 rejected=1"), "{told}");
}
