//! From the roster to evidence that anyone can check.

use crate::floor::{Floor, KINDS, Kind, id, reason, school::Plan, with};
use canvass_proto::v1;
use std::{collections::BTreeMap, fs, path::Path, process::Command};
use tonic::Code;

async fn evidence(floor: &Floor, survey_id: i64, draw_no: i64) -> BTreeMap<String, Vec<u8>> {
    let request = v1::ExportDrawRequest { survey_id, draw_no };
    let mut reporting = floor.reporting().await;
    let mut stream = reporting.export_draw(with(&floor.admin, request)).await.unwrap().into_inner();
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    while let Some(part) = stream.message().await.unwrap() {
        files.entry(part.file).or_default().extend(part.chunk);
    }
    files
}

fn checked(files: &BTreeMap<String, Vec<u8>>, dir: &Path) -> bool {
    fs::create_dir_all(dir).unwrap();
    for (name, bytes) in files {
        fs::write(dir.join(name), bytes).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/verify_draw.py");
    Command::new("python3").arg(script).arg(dir).output().unwrap().status.success()
}

#[tokio::test]
async fn the_evidence_of_a_draw_is_checked_by_an_independent_program_and_equal_on_both() {
    let mut both = Vec::new();
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = floor.fielded(&Plan::default()).await;
        let files = evidence(&floor, survey_id, 0).await;
        let names: Vec<_> = files.keys().map(String::as_str).collect();
        assert_eq!(names, ["design.json", "frame.csv", "sample.csv", "seed.txt"]);
        assert!(checked(&files, &floor.place.path("draw-a")));
        let text = |name: &str| String::from_utf8(files[name].clone()).unwrap();
        for name in &names {
            assert!(!text(name).contains("138") || *name != "frame.csv");
            assert!(!text(name).contains("学生"), "no name in {name}");
        }
        let changed: BTreeMap<_, _> = files
            .iter()
            .map(|(n, b)| {
                let text = String::from_utf8(b.clone()).unwrap();
                (
                    n.clone(),
                    if n == "sample.csv" { text.replacen("main", "reserve", 1) } else { text }
                        .into_bytes(),
                )
            })
            .collect();
        assert!(!checked(&changed, &floor.place.path("draw-b")), "a changed line is found");
        both.push(files);
    }
    assert_eq!(both[0], both[1]);
}

#[tokio::test]
async fn a_second_seed_keeps_the_first_draw_on_record_with_its_reason() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = floor.drafted(&Plan::default()).await;
        let mut admin = floor.administration().await;
        let token = &floor.admin;
        let freeze = v1::FreezeFrameRequest { request_id: id(), survey_id, ..Default::default() };
        let frozen = admin.freeze_frame(with(token, freeze)).await.unwrap().into_inner();
        assert_eq!((frozen.units, frozen.strata, frozen.frame_sha256.len()), (80, 2, 64));
        let design = v1::CommitDesignRequest { request_id: id(), survey_id };
        admin.commit_design(with(token, design)).await.unwrap();
        let seed = |sources: &str, why: &str| v1::CommitSeedRequest {
            request_id: id(),
            survey_id,
            sources: vec![sources.into()],
            replace_reason: why.into(),
        };
        let draw = || v1::DrawSampleRequest { request_id: id(), survey_id };
        let dice = "dice:31415926535897932384";
        let done = admin.commit_seed(with(token, seed(dice, ""))).await.unwrap().into_inner();
        assert_eq!(done.seed, "5c7b1b2045a20191b83cf55dbe0282a8f23413798335f6d618bfc37d507a6185");
        admin.draw_sample(with(token, draw())).await.unwrap();
        let silent = admin.commit_seed(with(token, seed("demo:2", ""))).await.unwrap_err();
        assert_eq!(silent.code(), Code::InvalidArgument, "a second draw needs a reason");
        let why = "the dice were thrown without witnesses";
        admin.commit_seed(with(token, seed("demo:2", why))).await.unwrap();
        admin.draw_sample(with(token, draw())).await.unwrap();
        let list = v1::ListDrawsRequest { survey_id };
        let draws = admin.list_draws(with(token, list)).await.unwrap().into_inner().draws;
        let shown: Vec<_> = draws
            .iter()
            .map(|d| (d.draw_no, d.state.as_str(), d.discard_reason.as_str()))
            .collect();
        assert_eq!(shown, [(1, "discarded", why), (2, "drawn", "")]);
        // the discarded one can still be checked
        let first = evidence(&floor, survey_id, 1).await;
        assert!(checked(&first, &floor.place.path("first")));
        assert_ne!(first["sample.csv"], evidence(&floor, survey_id, 0).await["sample.csv"]);
        let hash = hex::encode(canvass::desk::sha256(&first["sample.csv"]));
        assert_eq!(hash, draws[0].sample_sha256);
    }
}

#[tokio::test]
async fn a_step_out_of_order_names_what_is_missing() {
    let floor = Floor::new(Kind::Sqlite).await;
    let plan = Plan::default();
    let mut admin = floor.administration().await;
    let token = floor.admin.clone();
    let settings = v1::SurveySettings {
        name: "bare".into(),
        kind: v1::SurveyKind::Parents as i32,
        ..Default::default()
    };
    let made = v1::CreateSurveyRequest { request_id: id(), settings: Some(settings) };
    let made = admin.create_survey(with(&token, made)).await.unwrap().into_inner();
    let survey_id = made.survey.unwrap().survey_id;
    let freeze = v1::FreezeFrameRequest { request_id: id(), survey_id, ..Default::default() };
    let e = admin.freeze_frame(with(&token, freeze)).await.unwrap_err();
    assert_eq!(reason(&e), "SURVEY_STATE");
    assert!(e.message().contains("roster"), "{}", e.message());
    let unscored = v1::PlanDrawRequest { survey_id, ..Default::default() };
    let e = admin.plan_draw(with(&token, unscored)).await.unwrap_err();
    assert_eq!(reason(&e), "SCHEME_UNPUBLISHED");
    let draw = v1::DrawSampleRequest { request_id: id(), survey_id };
    let e = admin.draw_sample(with(&token, draw)).await.unwrap_err();
    assert_eq!(reason(&e), "SURVEY_STATE");
    assert!(e.message().contains("freeze the frame first"), "{}", e.message());
    let e = floor.set_state(survey_id, v1::SurveyState::Fielding).await.unwrap_err();
    assert_eq!(reason(&e), "SURVEY_STATE");
    assert!(e.message().contains("freeze the frame first"), "{}", e.message());
    every_step_names_the_next(&floor).await;
    let other = floor.fielded(&plan).await;
    let again = v1::FreezeFrameRequest { request_id: id(), survey_id: other, ..Default::default() };
    assert_eq!(reason(&admin.freeze_frame(with(&token, again)).await.unwrap_err()), "SURVEY_STATE");
    let late = v1::PublishSchemeRequest {
        request_id: id(),
        survey_id: other,
        scheme: Some(crate::floor::school::scheme(&plan)),
    };
    let e = admin.publish_scheme(with(&token, late)).await.unwrap_err();
    assert_eq!(reason(&e), "SURVEY_STATE", "thresholds stand before fieldwork");
}

/// A draw asked for after each step: what it says is missing, in every language whole.
async fn every_step_names_the_next(floor: &Floor) {
    let plan = Plan { name: "steps", ..Plan::default() };
    let survey_id = floor.drafted(&plan).await;
    let token = &floor.admin;
    let says = async |lang: &'static str| {
        let mut draw = with(token, v1::DrawSampleRequest { request_id: id(), survey_id });
        draw.metadata_mut().insert("accept-language", lang.parse().unwrap());
        let mut admin = floor.administration().await;
        admin.draw_sample(draw).await.unwrap_err().message().to_owned()
    };
    let mut admin = floor.administration().await;
    let freeze = v1::FreezeFrameRequest { request_id: id(), survey_id, ..Default::default() };
    admin.freeze_frame(with(token, freeze)).await.unwrap();
    assert_eq!(says("en").await, "the survey is frozen: commit the design first");
    let design = v1::CommitDesignRequest { request_id: id(), survey_id };
    admin.commit_design(with(token, design)).await.unwrap();
    assert_eq!(says("en").await, "the survey is designed: commit a seed first");
    assert_eq!(says("zh-CN").await, "测评处于 designed：请先提交随机种子");
    let seed = v1::CommitSeedRequest {
        request_id: id(),
        survey_id,
        sources: vec!["demo:1".into()],
        replace_reason: String::new(),
    };
    admin.commit_seed(with(token, seed)).await.unwrap();
    let draw = v1::DrawSampleRequest { request_id: id(), survey_id };
    admin.draw_sample(with(token, draw)).await.unwrap();
    assert!(says("en").await.contains("done once"));
    floor.set_state(survey_id, v1::SurveyState::Fielding).await.unwrap();
    assert!(says("zh-TW").await.contains("只在開始訪問前做一次"));
}

#[tokio::test]
async fn a_plan_shows_n_reserves_shortfalls_dials_and_evenings() {
    let floor = Floor::new(Kind::Sqlite).await;
    let plan = Plan { classes: vec![("a", 6), ("b", 34), ("c", 90)], ..Plan::default() };
    let survey_id = floor.drafted(&plan).await;
    let mut admin = floor.administration().await;
    let request = v1::PlanDrawRequest { survey_id, ..Default::default() };
    let done = admin.plan_draw(with(&floor.admin, request)).await.unwrap().into_inner();
    let rows: Vec<_> = done
        .rows
        .iter()
        .map(|r| (r.stratum.as_str(), r.frame, r.n, r.reserves, r.shortfall, r.flag.as_str()))
        .collect();
    assert_eq!(
        rows,
        [
            ("a", 6, 6, 0, 4, "census_below_minimum"),
            ("b", 34, 11, 11, 0, ""),
            ("c", 90, 20, 20, 0, "")
        ]
    );
    // 37 x 3.0 = 111 dials; 111 x 4 / (20 x 180) → 1 evening
    assert_eq!((done.n, done.dials, done.evenings), (37, 111, 1));
    let survey = v1::GetSurveyRequest { survey_id };
    let survey = admin.get_survey(with(&floor.admin, survey)).await.unwrap().into_inner();
    assert_eq!(survey.survey.unwrap().state(), v1::SurveyState::Draft, "nothing is fixed by it");
}
