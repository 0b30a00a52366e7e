//! Rosters through the server: all or nothing, repeats, conflicts, held phones, bad files.

use crate::floor::{Floor, KINDS, Kind, id, reason, school::Plan, with};
use canvass_proto::v1;
use tonic::Code;

pub async fn draft(floor: &Floor) -> i64 {
    draft_named(floor, "parents").await
}

pub async fn draft_named(floor: &Floor, name: &str) -> i64 {
    let settings = v1::SurveySettings {
        name: name.into(),
        kind: v1::SurveyKind::Parents as i32,
        ..Default::default()
    };
    let made = v1::CreateSurveyRequest { request_id: id(), settings: Some(settings) };
    let mut admin = floor.administration().await;
    let made = admin.create_survey(with(&floor.admin, made)).await.unwrap().into_inner();
    made.survey.unwrap().survey_id
}

pub fn header(survey_id: i64) -> v1::ImportHeader {
    v1::ImportHeader {
        survey_id,
        request_id: id(),
        kind: v1::RosterKind::Parents as i32,
        file_name: "parents.csv".into(),
        ..Default::default()
    }
}

pub async fn survey(floor: &Floor, survey_id: i64) -> v1::Survey {
    let request = v1::GetSurveyRequest { survey_id };
    let mut admin = floor.administration().await;
    let reply = admin.get_survey(with(&floor.admin, request)).await.unwrap();
    reply.into_inner().survey.unwrap()
}

pub async fn rejected(floor: &Floor, survey_id: i64) -> (v1::Import, Vec<u8>) {
    use v1::get_import_response::Part;
    let request = v1::GetImportRequest { survey_id, import_no: 0, with_rejected: true };
    let mut admin = floor.administration().await;
    let mut stream = admin.get_import(with(&floor.admin, request)).await.unwrap().into_inner();
    let (mut report, mut file) = (None, Vec::new());
    while let Some(message) = stream.message().await.unwrap() {
        match message.part.unwrap() {
            Part::Report(r) => report = Some(r),
            Part::RejectedChunk(c) => file.extend(c),
        }
    }
    (report.unwrap(), file)
}

pub const HEAD: &str = "班级,学生姓名,学号,家长电话\n";

#[tokio::test]
async fn the_same_import_sent_twice_is_unchanged_and_moves_nothing() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = draft(&floor).await;
        let file = crate::floor::school::roster(&Plan::default());
        let first = floor.import(header(survey_id), file.as_bytes()).await.unwrap();
        assert_eq!((first.status.as_str(), first.accepted), ("accepted", 80));
        let pos = survey(&floor, survey_id).await.log_pos;
        let again = floor.import(header(survey_id), file.as_bytes()).await.unwrap();
        assert_eq!((again.status.as_str(), again.accepted, again.unchanged), ("unchanged", 0, 80));
        assert_eq!(survey(&floor, survey_id).await.log_pos, pos, "{kind:?}");
        let mut replace = header(survey_id);
        replace.mode = v1::ImportMode::Replace as i32;
        let same = floor.import(replace.clone(), file.as_bytes()).await.unwrap();
        assert_eq!((same.status.as_str(), same.log_pos), ("unchanged", pos));
        // one request id, answered again; another file under it is refused
        let retry = floor.import(replace.clone(), file.as_bytes()).await.unwrap();
        assert_eq!(retry, same);
        let other = floor.import(replace, HEAD.as_bytes()).await.unwrap_err();
        assert_eq!(reason(&other), "REQUEST_ID_REUSED");
        let mut shorter = header(survey_id);
        shorter.mode = v1::ImportMode::Replace as i32;
        let half =
            crate::floor::school::roster(&Plan { classes: vec![("3-1", 40)], ..Plan::default() });
        let swapped = floor.import(shorter, half.as_bytes()).await.unwrap();
        assert_eq!((swapped.status.as_str(), swapped.accepted), ("accepted", 40));
        assert_eq!(survey(&floor, survey_id).await.roster_lines, 40);
    }
}

#[tokio::test]
async fn rejected_lines_come_back_to_be_mended() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = draft(&floor).await;
        let file = format!(
            "{HEAD}3-1,学生一,P1,13800000001\n3-1,学生二,P2,1380000O002\n3-1,学生三,P3,13800000003\n"
        );
        let report = floor.import(header(survey_id), file.as_bytes()).await.unwrap();
        assert_eq!((report.accepted, report.rejected, report.problem_count), (2, 1, 1));
        let problem = &report.problems[0];
        assert_eq!(
            (problem.line, problem.column.as_str(), problem.kind.as_str()),
            (3, "D", "rejected")
        );
        let (_, back) = rejected(&floor, survey_id).await;
        let text = String::from_utf8(back).unwrap();
        assert!(text.contains("1380000O002") && text.contains("学号"), "{text}");
        assert!(!text.contains("学生一"), "accepted lines stay");
        let mended = text.replace("1380000O002", "13800000002");
        let second = floor.import(header(survey_id), mended.as_bytes()).await.unwrap();
        assert_eq!((second.status.as_str(), second.accepted), ("accepted", 1), "{second:?}");
        // the same key with other content is a conflict
        let other = format!("{HEAD}3-1,学生一,P1,13800000009\n");
        let third = floor.import(header(survey_id), other.as_bytes()).await.unwrap();
        assert_eq!(
            (third.status.as_str(), third.problems[0].kind.as_str()),
            ("refused", "conflict")
        );
        let mut strict = header(survey_id);
        strict.strict = true;
        let four = format!("{HEAD}3-1,学生四,P4,13800000004\n3-1,学生五,P5,12\n");
        let told = floor.import(strict, four.as_bytes()).await.unwrap();
        assert_eq!((told.status.as_str(), told.accepted, told.rejected), ("refused", 0, 1));
        assert_eq!((told.problems[0].column.as_str(), told.problems[0].line), ("D", 3));
        let (_, back) = rejected(&floor, survey_id).await;
        assert!(String::from_utf8(back).unwrap().contains("学生五"), "to be mended");
        assert_eq!(survey(&floor, survey_id).await.roster_lines, 3, "nothing half done");
    }
}

#[tokio::test]
async fn a_phone_on_many_lines_is_held_until_it_is_allowed() {
    let floor = Floor::new(Kind::Sqlite).await;
    let survey_id = draft(&floor).await;
    let mut file = HEAD.to_owned();
    for class in 1..=6 {
        file.push_str(&format!("3-{class},学生{class},P{class},13900000000\n"));
        file.push_str(&format!("3-{class},同学{class},Q{class},1380000000{class}\n"));
    }
    let report = floor.import(header(survey_id), file.as_bytes()).await.unwrap();
    assert_eq!((report.accepted, report.held), (6, 6));
    assert!(report.problems.iter().all(|p| p.kind == "held"));
    let mut wrong = header(survey_id);
    wrong.allow_phone_lines = vec![2, 99];
    let e = floor.import(wrong, file.as_bytes()).await.unwrap_err();
    assert!(e.message().contains("99") || format!("{e:?}").contains("99"), "{e:?}");
    let mut allow = header(survey_id);
    allow.allow_phone_lines = vec![2];
    let freed = floor.import(allow, file.as_bytes()).await.unwrap();
    assert_eq!((freed.status.as_str(), freed.accepted, freed.unchanged), ("accepted", 1, 11));
    let mut admin = floor.administration().await;
    let freeze = v1::FreezeFrameRequest { request_id: id(), survey_id, ..Default::default() };
    let frozen = admin.freeze_frame(with(&floor.admin, freeze)).await.unwrap().into_inner();
    assert_eq!(frozen.units, 7);
}

#[tokio::test]
async fn a_bad_file_is_refused_whole_with_a_clear_word() {
    let floor = Floor::new(Kind::Sqlite).await;
    let survey_id = draft(&floor).await;
    let table: Vec<(&str, Vec<u8>, &str)> = vec![
        ("0 bytes", vec![], "empty"),
        ("a PDF named .xlsx", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj".to_vec(), "PDF"),
        ("no phone column", "班级,学生姓名,学号\n3-1,学生一,P1\n".into(), "phone"),
        ("unknown header", "aaa,bbb,ccc\n1,2,3\n".into(), "header"),
        ("a broken zip", b"PK\x03\x04garbage that is no archive".to_vec(), ""),
    ];
    for (what, file, word) in table {
        let e = floor.import(header(survey_id), &file).await.unwrap_err();
        assert_eq!(e.code(), Code::InvalidArgument, "{what}");
        assert!(
            e.message().to_lowercase().contains(&word.to_lowercase()),
            "{what}: {}",
            e.message()
        );
    }
    let mut mapped = header(survey_id);
    mapped.mapping = [("class", "A"), ("name", "B"), ("number", "C"), ("phone", "ddd")]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .into();
    let file = "aaa,bbb,ccc,ddd\n3-1,学生一,P1,13800000001\n";
    let done = floor.import(mapped, file.as_bytes()).await.unwrap();
    assert_eq!(done.accepted, 1, "{done:?}");
    let mut contacts = header(survey_id);
    contacts.kind = v1::RosterKind::Contacts as i32;
    let e = floor.import(contacts, file.as_bytes()).await.unwrap_err();
    assert_eq!(e.code(), Code::InvalidArgument, "a survey of parents takes no contacts");
    assert_eq!(survey(&floor, survey_id).await.roster_lines, 1);
    let gone = floor.import(header(99), file.as_bytes()).await.unwrap_err();
    assert_eq!(gone.code(), Code::NotFound);
}

#[tokio::test]
async fn a_stream_that_breaks_leaves_nothing() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = draft(&floor).await;
        let file = crate::floor::school::roster(&Plan::default());
        let (out, parts) = tokio::sync::mpsc::channel(4);
        let stream = tokio_stream::wrappers::ReceiverStream::new(parts);
        let mut request = tonic::Request::new(stream);
        let token = format!("Bearer {}", floor.admin).parse().unwrap();
        request.metadata_mut().insert("authorization", token);
        let mut admin = floor.administration().await;
        let call = tokio::spawn(async move { admin.import_roster(request).await });
        use v1::import_roster_request::Part;
        let part = |part| v1::ImportRosterRequest { part: Some(part) };
        out.send(part(Part::Header(header(survey_id)))).await.unwrap();
        out.send(part(Part::Chunk(file.as_bytes()[..1000].to_vec()))).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        call.abort();
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        let now = survey(&floor, survey_id).await;
        assert_eq!((now.roster_lines, now.log_pos), (0, 0), "{kind:?}");
        let whole = floor.import(header(survey_id), file.as_bytes()).await.unwrap();
        assert_eq!(whole.accepted, 80);
    }
}

#[tokio::test]
async fn gb18030_and_traditional_headers_are_read() {
    let floor = Floor::new(Kind::Sqlite).await;
    let survey_id = draft(&floor).await;
    let text = "班級,學生姓名,學號,家長電話\n三年級2班,歐陽一,P1,＋86 138-0000-0001\n三年級2班,歐陽二,P2,12\n";
    let (bytes, ..) = encoding_rs::GB18030.encode(text);
    let report = floor.import(header(survey_id), &bytes).await.unwrap();
    assert_eq!((report.encoding.as_str(), report.accepted, report.rejected), ("gb18030", 1, 1));
    let (_, back) = rejected(&floor, survey_id).await;
    let (back, _, broken) = encoding_rs::GB18030.decode(&back);
    assert!(
        !broken && back.contains("歐陽二"),
        "the rejected lines come back as they came: {back}"
    );
}

#[tokio::test]
async fn a_class_without_pupils_is_refused_at_the_freeze_while_it_can_be_mended() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id =
            floor.drafted(&Plan { classes: vec![("3-1", 12)], ..Plan::default() }).await;
        let mut targets = header(survey_id);
        targets.kind = v1::RosterKind::Targets as i32;
        let list = "姓名,工号,班级\n教师0,T000,3-1\n李敏,T009,3-9\n";
        let report = floor.import(targets.clone(), list.as_bytes()).await.unwrap();
        assert_eq!(report.accepted, 2, "{report:?}");
        let freeze =
            || v1::FreezeFrameRequest { request_id: id(), survey_id, ..Default::default() };
        let mut admin = floor.administration().await;
        let e = admin.freeze_frame(with(&floor.admin, freeze())).await.unwrap_err();
        assert_eq!(e.code(), Code::InvalidArgument);
        assert!(e.message().contains("3-9"), "it names the class: {}", e.message());
        // the roster names another class teacher: nobody may be rated under the wrong name
        let other = "姓名,工号,班级\n李四,T000,3-1\n";
        let wrong = v1::ImportHeader {
            request_id: id(),
            mode: v1::ImportMode::Replace as i32,
            ..targets.clone()
        };
        floor.import(wrong, other.as_bytes()).await.unwrap();
        let e = admin.freeze_frame(with(&floor.admin, freeze())).await.unwrap_err();
        assert!(e.message().contains("3-1: the roster and the list of targets"), "{e:?}");
        let fewer = "姓名,工号,班级\n教师0,T000,3-1\n";
        let mend =
            v1::ImportHeader { request_id: id(), mode: v1::ImportMode::Replace as i32, ..targets };
        floor.import(mend, fewer.as_bytes()).await.unwrap();
        let frozen = admin.freeze_frame(with(&floor.admin, freeze())).await.unwrap().into_inner();
        assert_eq!((frozen.units, frozen.strata), (12, 1), "{kind:?}");
    }
}

#[tokio::test]
async fn a_plan_counts_what_was_listed_and_rejected() {
    let floor = Floor::new(Kind::Sqlite).await;
    let plan = Plan { classes: vec![("3-1", 15)], ..Plan::default() };
    let survey_id = floor.drafted(&plan).await;
    let more = format!("{HEAD}3-1,学生甲,X1,12345\n3-1,学生乙,X2,13700000001\n");
    floor.import(header(survey_id), more.as_bytes()).await.unwrap();
    let mut admin = floor.administration().await;
    let request = v1::PlanDrawRequest { survey_id, ..Default::default() };
    let row = admin.plan_draw(with(&floor.admin, request.clone())).await.unwrap().into_inner().rows;
    assert_eq!((row[0].listed, row[0].rejected, row[0].frame), (17, 1, 16));
    let mended = format!("{HEAD}3-1,学生甲,X1,13700000002\n");
    floor.import(header(survey_id), mended.as_bytes()).await.unwrap();
    let row = admin.plan_draw(with(&floor.admin, request)).await.unwrap().into_inner().rows;
    assert_eq!((row[0].listed, row[0].rejected, row[0].frame), (17, 0, 17));
}
