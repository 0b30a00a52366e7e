//! The Python desktop works a whole evening against the server, with stubs from the proto files alone
//! and an answer lost in every kind of call.

use crate::floor::{Floor, KINDS, PASSWORD, school::Plan};
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
    let protos = ["types", "access", "interviewing", "supervision", "administration", "reporting"];
    let proto = root().join("proto");
    let mut command = Command::new(python());
    command.args(["-m", "grpc_tools.protoc", "-I"]).arg(&proto);
    command.arg(format!("--python_out={0}", into.display()));
    command.arg(format!("--grpc_python_out={0}", into.display()));
    for name in protos {
        command.arg(proto.join(format!("canvass/v1/{name}.proto")));
    }
    let done = command.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_python_desktop_works_an_evening_on_a_bad_line() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let survey_id = floor.fielded(&Plan::default()).await;
        floor.user("wang", v1::Role::Interviewer, &[survey_id]).await;
        stubs(floor.place.dir.path());
        let mut child = Command::new(python())
            .arg(root().join("examples/desktop/desktop.py"))
            .args(["--server", &floor.address.to_string(), "--user", "wang"])
            // 7 is coprime to the calls of an interview: each kind of call loses an answer
            .args(["--survey", &survey_id.to_string(), "--lose", "7", "--seed", "5"])
            .env("PYTHONPATH", floor.place.dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
        let out = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
        let out = out.await.unwrap();
        let said = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(out.status.success(), "{said}{}", String::from_utf8_lossy(&out.stderr));
        let t = floor.progress(survey_id).await.total.unwrap();
        let counted = said.split("'COUNTED': ").nth(1).unwrap();
        let counted: i64 = counted.split([',', '}']).next().unwrap().parse().unwrap();
        assert_eq!(t.valid, counted, "{kind:?}: nothing lost, nothing doubled: {said}");
        assert_eq!((t.fresh, t.in_progress, t.held), (0, 0, 0), "the evening is over: {said}");
        assert!(!said.contains("on purpose: 0"), "{said}");
    }
}
