//! Large frames and samples are written in pieces: two who do it at once, or one who goes away in the
//! middle, leave one whole frame and one whole sample, and nobody sees a part.

use crate::floor::{Floor, KINDS, id, school::Plan, with};
use canvass::model::{Caller, CaseRow, ImportRow, Lang, RequestKey, Role, SurveyRow, SurveyState};
use canvass_proto::v1;
use tonic::{Code, Status};

/// 3,000 pupils: several pieces of each table.
fn plan() -> Plan {
    Plan {
        classes: vec![("1-1", 1000), ("1-2", 1000), ("1-3", 1000)],
        rate: "1.0",
        lo: 10,
        hi: 1000,
        ..Plan::default()
    }
}

/// The administrator, at the desk itself: so that a call can be dropped in the middle.
fn admin() -> Caller {
    Caller {
        user_id: 1,
        role: Role::Administrator,
        token_hash: [0; 32],
        expires_us: i64::MAX,
        lang: Lang::En,
    }
}

const fn key() -> RequestKey {
    RequestKey { id: [7; 16], method: "test", sha256: [7; 32] }
}

fn lost(result: &Result<(), Status>) -> bool {
    result.as_ref().is_err_and(|e| matches!(e.code(), Code::Unavailable | Code::FailedPrecondition))
}

async fn freeze(floor: &Floor, survey_id: i64) -> Result<(), Status> {
    let request = v1::FreezeFrameRequest { request_id: id(), survey_id, ..Default::default() };
    let mut admin = floor.administration().await;
    admin.freeze_frame(with(&floor.admin, request)).await.map(drop)
}

async fn draw(floor: &Floor, survey_id: i64) -> Result<(), Status> {
    let request = v1::DrawSampleRequest { request_id: id(), survey_id };
    let mut admin = floor.administration().await;
    admin.draw_sample(with(&floor.admin, request)).await.map(drop)
}

/// Commits design and seed.
async fn designed(floor: &Floor, survey_id: i64) {
    let design = v1::CommitDesignRequest { request_id: id(), survey_id };
    let seed = v1::CommitSeedRequest {
        request_id: id(),
        survey_id,
        sources: vec!["demo:1".into()],
        replace_reason: String::new(),
    };
    let mut admin = floor.administration().await;
    admin.commit_design(with(&floor.admin, design)).await.unwrap();
    admin.commit_seed(with(&floor.admin, seed)).await.unwrap();
}

async fn state(floor: &Floor, survey_id: i64) -> (v1::SurveyState, i64) {
    let request = v1::GetSurveyRequest { survey_id };
    let mut admin = floor.administration().await;
    let survey = admin.get_survey(with(&floor.admin, request)).await.unwrap().into_inner();
    let survey = survey.survey.unwrap();
    (survey.state(), survey.units)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_at_once_make_one_whole_frame_and_one_whole_sample() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = floor.drafted(&plan()).await;
        loop {
            let (a, b) = tokio::join!(freeze(&floor, survey_id), freeze(&floor, survey_id));
            assert!(a.is_ok() || lost(&a), "{a:?}");
            assert!(b.is_ok() || lost(&b), "{b:?}");
            if state(&floor, survey_id).await.0 == v1::SurveyState::Frozen {
                break;
            }
        }
        assert_eq!(state(&floor, survey_id).await.1, 3_000, "{kind:?}");
        designed(&floor, survey_id).await;
        loop {
            let (a, b) = tokio::join!(draw(&floor, survey_id), draw(&floor, survey_id));
            assert!((a.is_ok() || lost(&a)) && (b.is_ok() || lost(&b)), "{a:?} {b:?}");
            if state(&floor, survey_id).await.0 == v1::SurveyState::Drawn {
                break;
            }
        }
        let total = floor.progress(survey_id).await.total.unwrap();
        assert_eq!((total.drawn, total.fresh), (3_000, 3_000), "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_who_goes_away_in_the_middle_leaves_nothing_that_counts() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = floor.drafted(&plan()).await;
        let counts = async || {
            let mut tx = floor.desk.store().read().await.unwrap();
            tx.frame_counts(survey_id).await.unwrap()
        };
        let desk = floor.desk.clone();
        let going =
            tokio::spawn(async move { desk.freeze(&admin(), &key(), survey_id, &[]).await });
        while counts().await[2] == 0 && !going.is_finished() {
            tokio::task::yield_now().await;
        }
        going.abort();
        let ended = going.await;
        if ended.is_err() {
            assert_eq!(state(&floor, survey_id).await, (v1::SurveyState::Draft, 0), "{kind:?}");
            assert_eq!(floor.progress(survey_id).await.cells.len(), 0);
            freeze(&floor, survey_id).await.unwrap();
        }
        assert_eq!(counts().await, [3, 3, 3_000, 3_000, 3_000], "{kind:?}");
        assert_eq!(state(&floor, survey_id).await, (v1::SurveyState::Frozen, 3_000));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sample_that_is_being_written_is_seen_by_nobody() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = floor.drafted(&plan()).await;
        freeze(&floor, survey_id).await.unwrap();
        designed(&floor, survey_id).await;
        let cases = async || {
            let mut tx = floor.desk.store().read().await.unwrap();
            tx.sample_counts(survey_id).await.unwrap()[1]
        };
        let desk = floor.desk.clone();
        let going =
            tokio::spawn(async move { desk.draw_sample(&admin(), &key(), survey_id).await });
        while cases().await == 0 && !going.is_finished() {
            tokio::task::yield_now().await;
        }
        going.abort();
        if going.await.is_err() {
            let seen = floor.progress(survey_id).await;
            assert_eq!((seen.cells.len(), seen.total.unwrap().drawn), (0, 0), "{kind:?}");
            let request = v1::ListCasesRequest { survey_id, ..Default::default() };
            let mut supervision = floor.supervision().await;
            let listed = supervision.list_cases(with(&floor.admin, request)).await.unwrap();
            assert!(listed.into_inner().cases.is_empty(), "{kind:?}");
            draw(&floor, survey_id).await.unwrap();
        }
        assert_eq!(cases().await, 3_000, "{kind:?}");
        assert_eq!(floor.progress(survey_id).await.total.unwrap().fresh, 3_000);
    }
}

/// What somebody else does between two pieces of a freeze.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Meanwhile {
    /// Freezes what is there.
    Freezes,
    /// Imports another roster.
    Imports,
    /// Writes a row more.
    Writes,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_freeze_that_is_overtaken_writes_no_more_and_fixes_nothing() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        for (what, names) in [
            (Meanwhile::Freezes, ["a1", "a2", "a3", "a4", "a5"]),
            (Meanwhile::Imports, ["b1", "b2", "b3", "b4", "b5"]),
            (Meanwhile::Writes, ["c1", "c2", "c3", "c4", "c5"]),
        ] {
            let mut caught = false;
            for name in names {
                caught = caught || overtaken(&floor, name, what).await;
            }
            assert!(caught, "{kind:?}: every freeze was done before we looked");
        }
    }
}

/// False: the freeze was done before anybody could come between.
async fn overtaken(floor: &Floor, name: &'static str, what: Meanwhile) -> bool {
    let survey_id = floor.drafted(&Plan { name, ..plan() }).await;
    let desk = floor.desk.clone();
    let going = tokio::spawn(async move { desk.freeze(&admin(), &key(), survey_id, &[]).await });
    let written = loop {
        let mut tx = floor.desk.store().begin().await.unwrap();
        let survey = tx.head(survey_id).await.unwrap().unwrap();
        let counts = tx.frame_counts(survey_id).await.unwrap();
        if survey.state() != SurveyState::Draft {
            return false;
        }
        if counts[2] > 0 {
            match what {
                Meanwhile::Freezes => {
                    let state = SurveyState::Frozen as i64;
                    tx.update_survey(&SurveyRow { state, ..survey }).await.unwrap();
                }
                Meanwhile::Imports => {
                    let (status, detail) = ("accepted".to_owned(), "{}".to_owned());
                    let row =
                        ImportRow { import_no: 99, kind: 1, status, detail, ..Default::default() };
                    tx.insert_import(survey_id, &row).await.unwrap();
                }
                Meanwhile::Writes => {
                    tx.insert_unit_targets(survey_id, &[(9_999, 1)]).await.unwrap()
                }
            }
            tx.commit().await.unwrap();
            break counts;
        }
        drop(tx);
        tokio::task::yield_now().await;
    };
    let ended = going.await.unwrap();
    assert!(ended.is_err(), "{name}: {ended:?}");
    let mut tx = floor.desk.store().read().await.unwrap();
    let survey = tx.survey(survey_id).await.unwrap().unwrap();
    if what == Meanwhile::Freezes {
        assert_eq!(tx.frame_counts(survey_id).await.unwrap(), written, "{name}");
    } else {
        assert_eq!(survey.state(), SurveyState::Draft, "{name}");
    }
    true
}

/// False: the draw was done before anybody could come between.
async fn outnumbered(floor: &Floor, name: &'static str) -> bool {
    let survey_id = floor.drafted(&Plan { name, ..plan() }).await;
    freeze(floor, survey_id).await.unwrap();
    designed(floor, survey_id).await;
    let desk = floor.desk.clone();
    let going = tokio::spawn(async move { desk.draw_sample(&admin(), &key(), survey_id).await });
    loop {
        let mut tx = floor.desk.store().begin().await.unwrap();
        if tx.head(survey_id).await.unwrap().unwrap().state() != SurveyState::Designed {
            return false;
        }
        if tx.sample_counts(survey_id).await.unwrap()[1] > 0 {
            let more = CaseRow { case_no: 9_999, unit_no: 9_999, cell_no: 1, ..Default::default() };
            tx.insert_cases(survey_id, &[more]).await.unwrap();
            tx.commit().await.unwrap();
            break;
        }
        drop(tx);
        tokio::task::yield_now().await;
    }
    let ended = going.await.unwrap();
    assert!(ended.is_err(), "{name}: {ended:?}");
    assert_eq!(state(floor, survey_id).await.0, v1::SurveyState::Designed, "{name}");
    draw(floor, survey_id).await.unwrap();
    assert_eq!(floor.progress(survey_id).await.total.unwrap().drawn, 3_000, "{name}");
    true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sample_with_a_row_too_many_is_none() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let mut caught = false;
        for name in ["d1", "d2", "d3", "d4", "d5"] {
            caught = caught || outnumbered(&floor, name).await;
        }
        assert!(caught, "{kind:?}: every draw was done before we looked");
    }
}
