//! Lists of other people beside, above and below the pupils: they are refused by name.

use canvass::rules::roster::{Kind, Options, Row};

use super::{
    parents, read, read_rows, sheet,
    titles::{csv, who},
};

fn book(name: &str, lines: &[&str]) -> Vec<Row> {
    let mut rows = sheet("学生", &["班级|姓名|电话", "三(1)班|张小雨|13800100001"]);
    rows.extend(sheet(name, lines));
    rows
}

#[test]
fn a_sheet_that_is_named_after_other_people_or_a_copy_is_not_read() {
    let lines = ["班级|姓名|电话", "三(1)班|李梅|13800100002"];
    for name in [
        "教师",
        "老师",
        "任课教师",
        "教职工",
        "班主任",
        "班主任联系方式",
        "科任老师",
        "家委会",
        "家委",
        "家长委员会",
        "Teachers",
        "Staff",
        "PTA",
        "行政",
        "值班",
        "志愿者",
        "校车",
        "接送人",
        "转出",
        "转学",
        "退学",
        "休学",
        "毕业",
        "离校",
        "去年",
        "旧",
        "备份",
        "示例",
        "样例",
        "模板",
        "填写说明",
        "已转学学生",
    ] {
        let told = read_rows(Kind::Parents, Options::default(), book(name, &lines));
        assert!(told.contains("accepted=1 rejected=0"), "{name}: {told}");
        assert!(told.contains(&format!("{name} ! :roster_sheet_of_others")), "{name}: {told}");
        // asked for, it is read
        let only = Options { sheet: Some(name.to_owned()), ..Options::default() };
        let told = read_rows(Kind::Parents, only, book(name, &lines));
        assert!(told.contains("李梅") && told.contains("accepted=1"), "{name}: {told}");
    }
    let told = read_rows(Kind::Parents, Options::default(), sheet("教师", &lines));
    assert!(told.starts_with("error the name of sheet 教师 says"), "{told}");
    for name in ["毕业班", "转入", "住校生", "Sheet2", "三年级"] {
        assert!(who(book(name, &lines)).contains("李梅"), "{name}");
    }
    // it need not be understood either
    let lines = ["班级|班主任|电话", "三(1)班|李梅|13800100002"];
    assert_eq!(who(book("班主任", &lines)).matches("张小雨").count(), 1);
}

#[test]
fn a_title_of_other_people_refuses_the_lines_below() {
    for title in [
        "家委会成员名单",
        "班主任联系方式",
        "教师通讯录",
        "任课教师名单",
        "三年级班主任通讯录",
        "转学学生名单",
        "家长委员会通讯录",
        "三(1)班家委会名单",
        "三(1)班任课教师联系表",
        "三(1)班转出学生",
        "教职工通讯录",
        "教师",
    ] {
        let lines = [title, "班级|姓名|电话", "三(1)班|李梅|13800100002"];
        assert_eq!(who(book("Sheet2", &lines)), "三(1)班 张小雨, Sheet2!3-", "{title}");
        for header in ["", "班级,姓名,电话"] {
            let row = format!("{title},,");
            let mut lines = vec!["班级,姓名,电话", "三(1)班,甲,~0001", ",,", &row, header];
            lines.extend(["三(1)班,李梅,~0002", "三(2)班,王芳,~0003"]);
            lines.extend(["三(3)班学生通讯录,,", "三(3)班,乙,~0004"]);
            assert_eq!(csv(&lines), "三(1)班 甲, 6-, 7-, 三(3)班 乙", "{title}");
        }
    }
    for title in [
        "三(1)班 班主任：李梅",
        "三年级学生及班主任联系方式",
        "毕业班学生通讯录",
        "转入学生名单",
        "学生信息（班主任填写）",
        "旧馆小学学生通讯录",
    ] {
        let lines = [title, "班级|姓名|电话", "三(2)班|乙|13800100002"];
        assert!(who(book("Sheet2", &lines)).ends_with("乙"), "{title}");
    }
    let told = read(
        Kind::Contacts,
        Options::default(),
        "教师通讯录,,\n教师,联系人,电话\n李梅,甲,13800100001\n",
    );
    assert!(told.contains("accepted=1"), "{told}");
}

#[test]
fn a_header_below_the_lines_begins_another_table() {
    for header in [
        "科目,教师,电话",
        "学科,教师,联系电话",
        "职务,姓名,电话",
        "部门,姓名,手机号",
        "类别,对象,Phone",
    ] {
        let file = [
            "三(1)班学生通讯录,,",
            "姓名,家长,电话",
            "张小雨,张强,~0001",
            header,
            "会长,李梅,~0002",
            "王芳,数学,~0003",
            "三(2)班,,",
            "姓名,家长,电话",
            "乙,乙父,~0004",
        ];
        assert_eq!(csv(&file), "三(1)班 张小雨, 5-, 6-, 三(2)班 乙", "{header}");
    }
    let told = parents(
        "三(1)班,,\n姓名,家长,电话\n甲,甲父,13800100001\n科目,教师,电话\n语文,王芳,13800100002\n",
    );
    assert!(
        told.contains("\n5 - :roster_table_of_others another table begins at line 4"),
        "{told}"
    );
}

const NO_NAMES: &str = "语文|数学|英语|体育|音乐|道法|物理|國文|English|Maths|PE|语文教师|年级组长|书记|校医|会长|副会长|保育员|配班|主班|园长|厨房|后勤|紧急联系人|联络人|家长代表|Nurse|Driver|待定|空缺|暂缺|未知|新生|姓名|学生|家长|Maths Support";

const NO_STAFF: &str = "校医|行政班子|领导班子|校委会|初一年级|高三|保育员|保洁|厨房|后勤服务|心理|体音美|临时工|Maths Support|语文教师";

#[test]
fn what_is_no_name_is_no_pupil_and_no_member_of_staff() {
    for name in NO_NAMES.split('|') {
        let row = format!("三1,{name},~0002");
        let file = ["班级,姓名,电话", "三1,甲,~0001", &row, "三1,乙,~0003"];
        assert_eq!(csv(&file), "三1 甲, 3-, 三1 乙", "{name}");
    }
    for name in NO_STAFF.split('|') {
        let told = read(
            Kind::Contacts,
            Options::default(),
            &format!(
                "教师,联系人,电话\n李梅,甲,13800100001\n{name},乙,13800100002\n,丙,13800100003\n"
            ),
        );
        assert!(told.contains("accepted=1 rejected=2"), "{name}: {told}");
    }
    for name in
        ["方文科", "书生", "高一鸣", "Paul Nurse", "English Ann", "李体育", "班超", "No", "Key"]
    {
        let read = csv(&["班级,姓名,电话", &format!("三1,{name},~0002")]);
        assert_eq!(read, format!("三1 {name}"), "{name}");
    }
    // one that is not known yet ends nothing
    assert_eq!(
        csv(&["三(1)班,,", "姓名,家长,电话", "待定,x,~0001", "甲,x,~0002"]),
        "3-, 三(1)班 甲"
    );
}

const OTHERS: &str = "教师|老师|任课教师|教职工|班主任|班主任联系方式|科任老师|家委|家委会|家长委员会|Teachers|Staff|PTA|行政|值班|志愿者|校车|\
        接送人|转出|转学|退学|休学|毕业|离校|已转学学生|去年|旧|备份|示例|样例|模板|家委会成员名单|教师通讯录|任课教师名单|三年级班主任通讯录|三(1)班家委会名单|\
        三(1)班任课教师联系表|三(1)班转出学生|教职工通讯录|各班家委会主任名单|阳光小学教师通讯录|阳光小学2025年秋季教职工联系电话一览表|\
        Staff contact list|三(1)班旧|2025届毕业生通讯录|学生信息模板|三(1)班（备份）|转学学生名单";

const PUPILS: &str = "三(1)班 班主任：李梅|三(1)班 班主任: |班主任：|学生信息（班主任填写）|毕业班学生通讯录|毕业年级|转入学生名单|三(1)班家长、教师通讯录|\
        三年级学生及班主任联系方式|李梅老师|三(1)班 李梅老师|旧馆小学三(1)班|学生通讯录|三(1)班 班主任 李梅|行政班|Class 3A|Old Kent School|\
        填表人：王老师|三(1)班|2024届||请班主任核对|3A Staff Road";

#[test]
fn titles_say_whose_list_it_is() {
    let read = |title: &str| who(sheet("S", &[title, "班级|姓名|电话", "三(1)班|甲|13800100001"]));
    for title in OTHERS.split('|') {
        assert_eq!(read(title), "S!3-", "{title}");
    }
    for title in PUPILS.split('|') {
        assert!(read(title).ends_with('甲'), "{title}");
    }
}
