//! Two people of one name, one person on two lines, and whose phone is dialled.

use canvass::rules::roster::{Kind, Options};

use super::{parents, read};

fn contacts(text: &str) -> String {
    read(Kind::Contacts, Options::default(), text)
}

#[test]
fn what_brackets_say_tells_people_of_one_name_apart() {
    for (a, b) in [
        ("王伟（大）", "王伟（小）"),
        ("王伟（男）", "王伟(女)"),
        ("王伟（语文）", "王伟（体育）"),
        ("王伟【1】", "王伟【2】"),
        ("John Smith (Maths)", "John Smith (PE)"),
    ] {
        let told = contacts(&format!(
            "教师,联系人,电话\n{a},张强,13800100001\n,钱多,13800100002\n{b},王刚,13800100003\n"
        ));
        assert!(told.ends_with(&format!("strata={a} 2/2; {b} 1/1\n")), "{told}");
    }
    // one way to write it, and a name that says less than another
    let told =
        contacts("教师,联系人,电话\n王伟（大）,张强,13800100001\n王 伟(大),王刚,13800100003\n");
    assert!(told.ends_with("strata=王伟（大） 2/2\n"), "{told}");
    let told = contacts("教师,联系人,电话\n王伟,张强,13800100001\n王伟（小）,王刚,13800100003\n");
    assert!(told.contains("\n3 - :roster_staff_twice"), "{told}");
}

#[test]
fn a_class_teacher_with_brackets_is_the_same_unless_they_differ() {
    for (other, taken) in [("李梅（语文）", true), ("李梅老师", true), ("李梅（小）", true)]
    {
        let told = parents(&format!(
            "班级,班主任,姓名,电话\n三1,李梅,甲,13800100001\n三1,{other},乙,13800100002\n"
        ));
        assert_eq!(told.contains("accepted=2"), taken, "{told}");
    }
    let told = parents(
        "班级,班主任,姓名,电话\n三1,王伟（大）,甲,13800100001\n三1,王伟（小）,乙,13800100002\n",
    );
    assert!(told.contains("\n3 - :roster_two_teachers"), "{told}");
}

#[test]
fn one_name_in_two_departments_may_be_two_people() {
    let told = contacts(
        "部门,教师,联系人,电话\n语文组,李梅,张强,13800100001\n,李梅,赵云,13800100002\n\
         数学组,李梅,王刚,13800100003\n,,孙涛,13800100004\n",
    );
    assert!(told.contains("accepted=2 rejected=2"), "{told}");
    assert!(told.contains("\n4 - :roster_staff_twice"), "{told}");
    // a number says that it is one; where the contact works says nothing of her
    for text in [
        "部门,工号,教师,联系人,电话\n语文组,T1,李梅,张强,13800100001\n数学组,T1,李梅,王刚,13800100003\n",
        "教师,联系人,单位,电话\n李梅,张强,银行,13800100001\n李梅,王刚,医院,13800100003\n",
    ] {
        assert!(contacts(text).contains("accepted=2 rejected=0"), "{text}");
    }
}

#[test]
fn the_same_name_without_a_number_is_noted() {
    let told = parents(
        "班级,学生,家长,关系,电话\n三(1)班,张小雨,张强,父,13800100001\n\
         三(1)班,张小雨,李娜,母,13800100002\n三(2)班,张小雨,王刚,父,13800100003\n",
    );
    assert_eq!(told.matches("the same name stands in line 2").count(), 1, "{told}");
    assert!(told.contains("accepted=3"), "{told}");
    let told = parents(
        "班级,学号,学生,电话\n三(1)班,S1,张小雨,13800100001\n三(1)班,S2,张小雨,13800100002\n",
    );
    assert!(!told.contains("same name"), "numbers tell them apart: {told}");
}

#[test]
fn the_phone_of_a_member_of_staff_is_never_the_contacts() {
    for header in [
        "姓名,电话,联系人,联系人电话",
        "姓名,手机,联系人姓名,联系电话",
        "教师,电话,联系人,联系人电话",
        "姓名,电话,联系人,手机",
    ] {
        let told =
            contacts(&format!("{header}\n李梅,13900100001,张强,13800100002\n,,王刚,13800100003\n"));
        assert!(
            told.starts_with("error column B may be the phone of the member of staff"),
            "{told}"
        );
    }
    let told = contacts("姓名,性别,电话,联系人,联系人电话\n李梅,女,13900100001,张强,13800100002\n");
    assert!(told.starts_with("error column C may be the phone"), "{told}");
    let told = contacts("姓名,联系人,电话,备用电话\n李梅,张强,13800100002,13800100003\n");
    assert!(told.contains("accepted=1"), "{told}");
}

#[test]
fn nobody_is_carried_down_to_another_post_and_another_class_is_noted() {
    for header in ["职务", "职称", "性别", "岗位", "Gender", "Position"] {
        let told = contacts(&format!(
            "教师,{header},联系人,电话\n李梅,甲等,张强,13800100001\n,甲等,赵云,13800100002\n\
             ,乙等,王刚,13800100003\n,,孙涛,13800100004\n王芳,乙等,钱多,13800100005\n"
        ));
        assert!(told.contains("accepted=3 rejected=2"), "{header}: {told}");
        assert!(told.contains("\n4 - A:roster_staff_moved"), "{header}: {told}");
        assert!(told.contains("column B says something else than above"), "{header}: {told}");
    }
    // where the contact's post stands it says nothing of the member of staff
    let told =
        contacts("教师,联系人,职务,电话\n李梅,张强,店员,13800100001\n,赵云,司机,13800100002\n");
    assert!(told.contains("accepted=2 rejected=0") && !told.contains("carried"), "{told}");
    // somebody teaches several classes: the line is theirs, and it is said once
    for (header, first, second) in
        [("班级", "三(1)班", "三(2)班"), ("任教班级", "3-1", "3-2"), ("年级", "三年级", "四年级")]
    {
        let told = contacts(&format!(
            "{header},教师,联系人,电话\n{first},李梅,张强,13800100001\n{first},,孙涛,13800100004\n\
             {second},,赵云,13800100002\n{first},,王刚,13800100003\n{second},王芳,钱多,13800100005\n"
        ));
        assert!(told.contains("accepted=5 rejected=0"), "{told}");
        assert_eq!(told.matches("roster_carried_past").count(), 1, "{told}");
        assert!(told.contains("\n4 ! A:roster_carried_past"), "{told}");
        assert!(told.ends_with("strata=李梅 4/4; 王芳 1/1\n"), "{told}");
    }
}
