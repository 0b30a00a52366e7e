//! No personal data in the log, whatever its level, nor in what errors say: marked names, numbers,
//! answers and secrets go through every door, and are then looked for.

use crate::floor::{
    Kind, Site,
    child::Server,
    id,
    school::{Plan, Seat},
    with,
};
use canvass_proto::v1::{self, Outcome};

const NAME: &str = "甲乙丙丁";
const PHONE: &str = "13899990001";
const ANSWER: &str = "verbatim-canary-7";
const NOTE: &str = "note-canary-7";
const PASSWORD: &str = "password-canary-7";

/// Rosters with a bad number, a line twice, no header; what was said.
async fn imports(site: &Site, survey_id: i64) -> Vec<String> {
    let header = |mode: v1::ImportMode, name: &str| v1::ImportHeader {
        survey_id,
        request_id: id(),
        kind: v1::RosterKind::Parents as i32,
        mode: mode as i32,
        file_name: name.into(),
        ..Default::default()
    };
    let roster = format!(
        "班级,学号,姓名,家长电话\n1-1,P1,{NAME},{PHONE}\n1-1,P2,{NAME},1389999000\n\
         1-1,P1,{NAME},{PHONE}\n"
    );
    let replace = header(v1::ImportMode::Replace, "p.csv");
    let report = site.import(replace, roster.as_bytes()).await.unwrap();
    assert_eq!(report.status, "accepted", "{report:?}");
    let mut said = Vec::new();
    let strict = v1::ImportHeader { strict: true, ..header(v1::ImportMode::Replace, "p.csv") };
    if let Err(status) = site.import(strict, roster.as_bytes()).await {
        said.push(format!("{status:?}"));
    }
    let broken = header(v1::ImportMode::Replace, "p.csv");
    let no_header = format!("{NAME},{PHONE}\n{NAME},{PHONE}\n");
    said.push(format!("{:?}", site.import(broken, no_header.as_bytes()).await.unwrap_err()));
    said
}

/// An interview and two calls that are refused; what was said.
async fn calls(seat: &mut Seat) -> Vec<String> {
    let mut said = Vec::new();
    let case = seat.pull().await;
    assert_eq!(case.unit_name, NAME);
    let lease = case.lease.unwrap();
    seat.start(lease).await.unwrap();
    let mut wrong = seat.submission(&case, 9, 9);
    wrong.ratings[0].answers.push(v1::Answer {
        item: "q1".into(),
        value: Some(v1::answer::Value::Text(ANSWER.into())),
    });
    said.push(format!("{:?}", seat.send(wrong).await.unwrap_err()));
    let mut right = seat.submission(&case, 9, 9);
    right.ratings[0].answers.push(v1::Answer {
        item: "more".into(),
        value: Some(v1::answer::Value::Text(ANSWER.into())),
    });
    let late = v1::RecordAttemptRequest {
        survey_id: seat.survey_id,
        lease: Some(lease),
        request_id: id(),
        outcome: Outcome::CallBack as i32,
        note: NOTE.into(),
        call_back_us: 1,
        ..Default::default()
    };
    said.push(format!("{:?}", seat.report(late).await.unwrap_err()));
    seat.send(right).await.unwrap();
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_and_the_errors_hold_nothing_personal() {
    let server = Server::logging(Kind::Sqlite, "trace").await;
    let site = &server.site;
    let plan = Plan { classes: vec![("1-1", 1)], whole_day: true, ..Plan::default() };
    let survey_id = site.drafted(&plan).await;
    let mut said = imports(site, survey_id).await;
    site.field(survey_id, "demo:1").await;
    let mut seat = site.seat("a", survey_id).await;
    said.extend(calls(&mut seat).await);
    let sign_in = v1::SignInRequest {
        name: "a".into(),
        secret: PASSWORD.into(),
        new_password: String::new(),
    };
    said.push(format!("{:?}", site.access().await.sign_in(sign_in).await.unwrap_err()));
    let missing = v1::GetCaseRequest { survey_id, case_no: 999 };
    let mut supervision = site.supervision().await;
    let missing = supervision.get_case(with(&site.admin, missing)).await.unwrap_err();
    said.push(format!("{missing:?}"));
    let log = server.log();
    assert!(log.len() > 10_000, "the log is on: {} bytes", log.len());
    said.push(log);
    for text in &said {
        for canary in [NAME, PHONE, "1389999000", "+8613899990001", ANSWER, NOTE, PASSWORD] {
            assert!(!text.contains(canary), "{canary} in: {}", around(text, canary));
        }
        assert!(!text.contains(&seat.token), "the token of a user");
    }
}

fn around<'a>(text: &'a str, canary: &str) -> &'a str {
    text.lines().find(|line| line.contains(canary)).unwrap_or("")
}
