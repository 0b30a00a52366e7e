//! The Python desktop works a whole evening against the server, with stubs from the proto files alone
//! and an answer lost in every kind of call.

use crate::floor::{Floor, KINDS, Kind, PASSWORD, id, school::Plan, with};
use canvass_proto::v1;
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The Python with grpcio that `make test` prepares.
fn python() -> PathBuf {
    let python = root().join("target/venv/bin/python");
    assert!(python.exists(), "grpcio is missing: run `make test`, or `make python` once");
    python
}

fn stubs(into: &Path) {
    let proto = root().join("proto");
    let mut command = Command::new(python());
    command.args(["-m", "grpc_tools.protoc", "-I"]).arg(&proto);
    command.arg(format!("--python_out={0}", into.display()));
    command.arg(format!("--grpc_python_out={0}", into.display()));
    for file in std::fs::read_dir(proto.join("canvass/v1")).unwrap() {
        command.arg(file.unwrap().path());
    }
    let done = command.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// Runs the desktop for `wang`; what it says at the end.
async fn works(floor: &Floor, survey_id: i64, secret: &str, more: &[&str]) -> String {
    stubs(floor.place.dir.path());
    let mut child = Command::new(python())
        .arg(root().join("examples/desktop/desktop.py"))
        .args(["--server", &floor.address.to_string(), "--user", "wang"])
        .args(["--survey", &survey_id.to_string(), "--seed", "5"])
        .args(more)
        .env("PYTHONPATH", floor.place.dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(format!("{secret}\n").as_bytes()).unwrap();
    let out = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
    let out = out.await.unwrap();
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "{said}{}", String::from_utf8_lossy(&out.stderr));
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_python_desktop_works_an_evening_on_a_bad_line() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = floor.fielded(&Plan::default()).await;
        let made = v1::CreateUserRequest {
            request_id: id(),
            name: "wang".into(),
            role: v1::Role::Interviewer as i32,
            survey_ids: vec![survey_id],
        };
        let made = floor.access().await.create_user(with(&floor.admin, made)).await.unwrap();
        let secret = made.into_inner().one_time_secret;
        let more = ["--lose", "7", "--new-password", PASSWORD];
        let said = works(&floor, survey_id, &secret, &more).await;
        let t = floor.progress(survey_id).await.total.unwrap();
        let counted = said.split("'COUNTED': ").nth(1).unwrap();
        let counted: i64 = counted.split([',', '}']).next().unwrap().parse().unwrap();
        assert_eq!(t.valid, counted, "{kind:?}: nothing lost, nothing doubled: {said}");
        assert_eq!((t.fresh, t.in_progress, t.held), (0, 0, 0), "the evening is over: {said}");
        for call in [
            "SignIn",
            "ListHeldAssignments",
            "PullAssignment",
            "GetQuestionnaire",
            "ExtendAssignment",
            "StartInterview",
            "SaveAnswers",
            "SubmitInterview",
            "RecordAttempt",
        ] {
            assert!(said.contains(&format!("'{call}': ")), "{call} lost no answer: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_python_desktop_gives_a_case_of_a_full_cell_back_undialled() {
    let floor = Floor::new(Kind::Sqlite).await;
    let plan = Plan {
        classes: vec![("3-1", 12)],
        rate: "0.1",
        lo: 2,
        hi: 2,
        release: "manual",
        ..Plan::default()
    };
    let survey_id = floor.fielded(&plan).await;
    let release = v1::ReleaseReservesRequest {
        survey_id,
        request_id: id(),
        stratum: "3-1".into(),
        reason: "more".into(),
    };
    let mut supervision = floor.supervision().await;
    supervision.release_reserves(with(&floor.admin, release)).await.unwrap();
    let mut wang = floor.seat("wang", survey_id).await;
    let held = wang.pull().await.lease.unwrap();
    for name in ["a", "b"] {
        let mut other = floor.seat(name, survey_id).await;
        let case = other.pull().await;
        other.start(case.lease.unwrap()).await.unwrap();
    }
    let said = works(&floor, survey_id, PASSWORD, &["--most", "2"]).await;
    assert!(said.starts_with("{'QUOTA_FULL': 1}"), "{said}");
    let request = v1::GetCaseRequest { survey_id, case_no: held.case_no };
    let seen = supervision.get_case(with(&floor.admin, request)).await.unwrap().into_inner();
    assert!(seen.attempts.is_empty(), "no dial is written down that did not happen so");
}
