//! Rosters over several imports: what was rejected, held or left out, and comes back.

use super::roster::{HEAD, draft, draft_named, header, rejected};
use crate::floor::{
    Floor, Kind, id,
    school::{Plan, scheme},
    with,
};
use canvass_proto::v1;
use tonic::Code;

/// Imports one file after another; the last report.
async fn one_after_another(floor: &Floor, survey_id: i64, files: &[&str]) -> v1::Import {
    let mut last = None;
    for file in files {
        last = Some(floor.import(header(survey_id), file.as_bytes()).await.unwrap());
    }
    last.unwrap()
}

#[tokio::test]
async fn a_rejected_line_that_comes_back_unmended_is_rejected_again() {
    let floor = Floor::new(Kind::Sqlite).await;
    let survey_id = draft(&floor).await;
    let head = "班级,班主任,学生姓名,学号,家长电话\n";
    let first = format!("{head}3-1,王老师,学生一,P1,13800000001\n");
    let teacher = format!("{head}3-1,李老师,学生二,P2,13800000002\n");
    let report = one_after_another(&floor, survey_id, &[&first, &teacher]).await;
    assert_eq!(
        (report.status.as_str(), &*report.problems[0].code),
        ("refused", "import_two_teachers")
    );
    let again = format!("{head}3-1,王老师,学生 一,P9,13800000001\n");
    let report = one_after_another(&floor, survey_id, &[&again]).await;
    assert_eq!(report.problems[0].kind, "duplicate", "{report:?}");
    let twin = format!("{head}3-1,王老师,学生三,P3,13800000001\n");
    let report = one_after_another(&floor, survey_id, &[&twin]).await;
    assert_eq!(report.status, "accepted", "another name is a twin: {report:?}");

    let settings = v1::SurveySettings {
        name: "c".into(),
        kind: v1::SurveyKind::Contacts as i32,
        ..Default::default()
    };
    let request = v1::CreateSurveyRequest { request_id: id(), settings: Some(settings) };
    let mut admin = floor.administration().await;
    let made = admin.create_survey(with(&floor.admin, request)).await.unwrap().into_inner();
    let survey_id = made.survey.unwrap().survey_id;
    let contacts = v1::ImportHeader { kind: v1::RosterKind::Contacts as i32, ..header(survey_id) };
    let head = "教职工,联系人,联系电话\n";
    let file = format!(
        "{head}王老师,友一,13900000001\n李老师,友二,13900000002\n王老师,友三,13900000003\n"
    );
    let report = floor.import(contacts.clone(), file.as_bytes()).await.unwrap();
    assert_eq!((report.accepted, &*report.problems[0].code), (2, "roster_staff_twice"));
    let back = format!("{head}王老师,友三,13900000003\n");
    let contacts = v1::ImportHeader { request_id: id(), ..contacts };
    let report = floor.import(contacts, back.as_bytes()).await.unwrap();
    assert_eq!(
        (report.status.as_str(), &*report.problems[0].code),
        ("refused", "import_staff_twice")
    );
}

#[tokio::test]
async fn a_class_none_of_whose_lines_could_be_taken_stops_the_freeze() {
    let floor = Floor::new(Kind::Sqlite).await;
    let survey_id = draft(&floor).await;
    let file = format!("{HEAD}3-1,学生一,P1,13800000001\n3-2,学生二,P2,12\n3-3,,,\n");
    let report = floor.import(header(survey_id), file.as_bytes()).await.unwrap();
    assert_eq!((report.accepted, report.rejected), (1, 1), "{report:?}");
    let mut admin = floor.administration().await;
    let freeze = || v1::FreezeFrameRequest { request_id: id(), survey_id, ..Default::default() };
    let e = admin.freeze_frame(with(&floor.admin, freeze())).await.unwrap_err();
    assert!(e.message().contains("3-2") && e.message().contains("3-3"), "{}", e.message());
    let mended = format!("{HEAD}3-2,学生二,P2,13800000002\n3-3,学生三,P3,13800000003\n");
    one_after_another(&floor, survey_id, &[&mended]).await;
    let frozen = admin.freeze_frame(with(&floor.admin, freeze())).await.unwrap().into_inner();
    assert_eq!((frozen.units, frozen.strata), (3, 3));
}

#[tokio::test]
async fn the_same_file_read_another_way_is_another_roster() {
    let floor = Floor::new(Kind::Sqlite).await;
    let survey_id = draft(&floor).await;
    let file = "班级,姓名,甲,乙\n3-1,学生一,13800000001,13900000001\n";
    let read = |column: &str| v1::ImportHeader {
        mode: v1::ImportMode::Replace as i32,
        mapping: [("phone".to_owned(), column.to_owned())].into(),
        ..header(survey_id)
    };
    let status = async |column| floor.import(read(column), file.as_bytes()).await.unwrap().status;
    assert_eq!(status("甲").await, "accepted");
    assert_eq!(status("甲").await, "unchanged");
    assert_eq!(status("乙").await, "accepted");
}

#[tokio::test]
async fn a_client_that_goes_away_in_the_middle_leaves_nothing() {
    let floor = Floor::new(Kind::Sqlite).await;
    let survey_id = draft(&floor).await;
    let mut file = HEAD.to_owned();
    for n in 0..20_000 {
        file.push_str(&format!("3-{},学生{n},P{n},138{n:08}\n", n % 40));
    }
    let staged = async || {
        let mut tx = floor.desk.store().read().await.unwrap();
        let lines = tx.lines_of_import(survey_id, 1, "%", 0, 1).await.unwrap().len();
        (tx.stale_imports(i64::MAX).await.unwrap().len(), lines)
    };
    let site = floor.site.clone();
    let order = header(survey_id);
    let sent = tokio::spawn(async move { site.import(order, file.as_bytes()).await });
    while staged().await != (1, 1) {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    sent.abort();
    for _ in 0..500 {
        if staged().await == (0, 0) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("staged lines stay: {:?}", staged().await);
}

#[tokio::test]
async fn a_class_that_is_none_is_left_out_by_name() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let floor = Floor::new(kind).await;
        let survey_id = draft(&floor).await;
        // the class is mistyped, and so is the phone
        let file = format!("{HEAD}3-1,学生一,P1,13800000001\n3-11,学生二,P2,12\n");
        floor.import(header(survey_id), file.as_bytes()).await.unwrap();
        let mended = format!("{HEAD}3-1,学生二,P2,13800000002\n");
        floor.import(header(survey_id), mended.as_bytes()).await.unwrap();
        let freeze = |leave_out: &[&str]| v1::FreezeFrameRequest {
            request_id: id(),
            survey_id,
            leave_out: leave_out.iter().map(|s| (*s).to_owned()).collect(),
        };
        let mut admin = floor.administration().await;
        let e = admin.freeze_frame(with(&floor.admin, freeze(&[]))).await.unwrap_err();
        assert!(e.message().contains("3-11") && e.message().contains("leave"), "{}", e.message());
        for wrong in [&["3-1"][..], &["3-11", "9-9"]] {
            let e = admin.freeze_frame(with(&floor.admin, freeze(wrong))).await.unwrap_err();
            assert_eq!(e.code(), Code::InvalidArgument, "{wrong:?}");
        }
        let frozen = admin.freeze_frame(with(&floor.admin, freeze(&["3-11"]))).await.unwrap();
        let frozen = frozen.into_inner();
        assert_eq!((frozen.units, frozen.strata), (2, 1), "{kind:?}");
        assert_eq!(frozen.empty_strata, ["3-11"]);
    }
}

#[tokio::test]
async fn held_lines_come_back_mended_and_take_the_place_of_the_old() {
    for number in [true, false] {
        let floor = Floor::new(Kind::Sqlite).await;
        let survey_id = draft(&floor).await;
        let line = |n: i32, phone: &str| {
            let number = if number { format!("P{n}") } else { String::new() };
            format!("3-1,学生{n},{number},{phone}\n")
        };
        let mut file = format!("{HEAD}{}", line(9, "13800000009"));
        (1..=5).for_each(|n| file.push_str(&line(n, "13900000000")));
        let first = floor.import(header(survey_id), file.as_bytes()).await.unwrap();
        assert_eq!((first.accepted, first.held), (1, 5));
        let mut mended = HEAD.to_owned();
        (1..=5).for_each(|n| mended.push_str(&line(n, &format!("1380000000{n}"))));
        let second = floor.import(header(survey_id), mended.as_bytes()).await.unwrap();
        assert_eq!((second.status.as_str(), second.accepted), ("accepted", 5), "{second:?}");
        let scheme = crate::floor::school::scheme(&crate::floor::school::Plan::default());
        let publish =
            v1::PublishSchemeRequest { request_id: id(), survey_id, scheme: Some(scheme) };
        let mut admin = floor.administration().await;
        admin.publish_scheme(with(&floor.admin, publish)).await.unwrap();
        let plan = v1::PlanDrawRequest { survey_id, ..Default::default() };
        let plan = admin.plan_draw(with(&floor.admin, plan)).await.unwrap().into_inner();
        let row = &plan.rows[0];
        assert_eq!((row.listed, row.held, row.frame), (6, 0, 6), "{number}");
    }
}

#[tokio::test]
async fn a_class_whose_label_can_be_none_does_not_vanish() {
    let floor = Floor::new(Kind::Sqlite).await;
    let survey_id = draft(&floor).await;
    let file = format!(
        "{HEAD}3-1,学生一,P1,13800000001\n\"3,2\",学生二,P2,13800000002\n\
         ,学生三,P3,13800000003\n3|3,学生四,P4,13800000004\n"
    );
    let report = one_after_another(&floor, survey_id, &[&file]).await;
    assert_eq!((report.status.as_str(), report.accepted, report.rejected), ("accepted", 1, 3));
    let freeze = |leave_out: &[&str]| v1::FreezeFrameRequest {
        request_id: id(),
        survey_id,
        leave_out: leave_out.iter().map(|s| (*s).to_owned()).collect(),
    };
    let mut admin = floor.administration().await;
    let e = admin.freeze_frame(with(&floor.admin, freeze(&[]))).await.unwrap_err();
    assert_eq!(e.code(), Code::InvalidArgument);
    assert!(e.message().contains("3?2, 3?3"), "{e}");
    let publish = v1::PublishSchemeRequest {
        request_id: id(),
        survey_id,
        scheme: Some(scheme(&Plan::default())),
    };
    admin.publish_scheme(with(&floor.admin, publish)).await.unwrap();
    let plan = v1::PlanDrawRequest { survey_id, ..Default::default() };
    let plan = admin.plan_draw(with(&floor.admin, plan)).await.unwrap().into_inner();
    let rejected: Vec<_> = plan.rows.iter().map(|s| (s.stratum.as_str(), s.rejected)).collect();
    assert_eq!(rejected, [("3-1", 0), ("3?2", 2), ("3?3", 1)]);
    // mended, the classes have their names; what stays out is said aloud
    let mended = format!("{HEAD}3-2,学生二,P2,13800000002\n3-2,学生三,P3,13800000003\n");
    one_after_another(&floor, survey_id, &[&mended]).await;
    let done = admin.freeze_frame(with(&floor.admin, freeze(&[]))).await.unwrap().into_inner();
    assert_eq!((done.units, done.strata), (3, 2));
}

#[tokio::test]
async fn every_class_is_shown_as_it_was_read_and_a_bare_one_that_grows_is_noted() {
    let floor = Floor::new(Kind::Sqlite).await;
    let survey_id = draft(&floor).await;
    let head = "班级,班主任,学生姓名,学号,家长电话\n";
    let file = format!(
        "{head}1班,王老师,学生一,P1,13800000001\n,,学生二,P2,12\n2班,,学生三,P3,13800000003\n"
    );
    let report = floor.import(header(survey_id), file.as_bytes()).await.unwrap();
    let shown: Vec<_> = report
        .strata
        .iter()
        .map(|s| (&*s.name, &*s.teacher, s.read, s.rejected, &*s.place))
        .collect();
    assert_eq!(shown, [("1班", "王老师", 1, 1, "2"), ("2班", "", 1, 0, "4")]);
    // the other grade's `1班`, in a file of its own
    let other = format!("{head}1班,,学生四,P4,13800000004\n1班,,学生五,P5,13800000005\n");
    let report = one_after_another(&floor, survey_id, &[&other]).await;
    let noted: Vec<_> = report.problems.iter().map(|p| (&*p.code, p.line)).collect();
    assert_eq!(noted, [("import_class_grows", 2)]);
}

#[tokio::test]
async fn a_class_of_another_campus_that_comes_back_unmended_is_rejected_again() {
    let floor = Floor::new(Kind::Sqlite).await;
    let head = "班级,学生姓名,学号,家长电话\n";
    let (first, second) = ("三(1)班,学生一,P1,13800000001\n", "三(1)班,学生二,P2,13800000002\n");
    for (name, between) in [("a", "西校区"), ("b", "第二小学学生通讯录"), ("c", "2024学年")]
    {
        let survey_id = draft_named(&floor, name).await;
        let file = format!("{head}{first}{between},,,\n{head}{second}");
        let report = floor.import(header(survey_id), file.as_bytes()).await.unwrap();
        assert_eq!(report.accepted, 1, "{between}: {report:?}");
        let (_, back) = rejected(&floor, survey_id).await;
        let again = floor.import(header(survey_id), &back).await.unwrap();
        assert_eq!((again.accepted, &*again.status), (0, "refused"), "{between}: {again:?}");
    }
}

#[tokio::test]
async fn the_same_name_without_a_number_in_another_import_is_noted() {
    let floor = Floor::new(Kind::Sqlite).await;
    let survey_id = draft(&floor).await;
    let head = "班级,学生姓名,学号,家长电话\n";
    let first = format!("{head}3-1,学生一,,13800000001\n3-1,学生二,P2,13800000002\n");
    let again = format!("{head}3-1,学生一,,13800000009\n3-1,学生三,,13800000003\n");
    let report = one_after_another(&floor, survey_id, &[&first, &again]).await;
    let noted: Vec<_> = report.problems.iter().map(|p| (&*p.code, &*p.kind, p.line)).collect();
    assert_eq!((report.accepted, noted), (2, vec![("import_same_name", "note", 2)]));
}
