//! After an error of fsync the process stops: the kernel may have dropped what it could not write,
//! so nothing may be acknowledged on top of it.

use crate::floor::{Kind, child::Server, school::Plan};
use canvass_proto::v1::Outcome;
use std::{
    process::{Command, Stdio},
    time::Duration,
};

/// Whether every thread of a process is traced: on a busy machine attaching takes a while.
fn all_traced(pid: u32) -> bool {
    let mut threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    threads.all(|thread| {
        let status = std::fs::read_to_string(thread.unwrap().path().join("status"));
        let status = status.unwrap_or_default();
        status.lines().any(|line| line.starts_with("TracerPid:") && !line.ends_with("\t0"))
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_disk_fails_to_sync_stops_and_acknowledges_nothing() {
    let mut server = Server::new(Kind::Sqlite).await;
    let plan = Plan { whole_day: true, ..Plan::default() };
    let survey_id = server.site.fielded(&plan).await;
    let mut seat = server.site.seat("a", survey_id).await;
    let case = seat.pull().await;
    let mut strace = Command::new("strace")
        .args(["-f", "-qq", "-e", "trace=fsync,fdatasync"])
        .args(["-e", "inject=fsync,fdatasync:error=EIO", "-o", "/dev/null", "-p"])
        .arg(server.pid().to_string())
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("strace is missing: run `make test`, which installs it");
    while !all_traced(server.pid()) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let failed = seat.dial(case.lease.unwrap(), Outcome::HardRefusal).await;
    assert!(failed.is_err(), "acknowledged on a failing disk: {failed:?}");
    assert_eq!(server.ended().await, Some(74));
    strace.wait().unwrap();
    // a sound disk again: the file opens, and the work goes on
    server.start().await;
    let mut seat = crate::floor::school::Seat {
        client: server.site.interviewing().await,
        token: seat.token.clone(),
        survey_id,
    };
    let held = seat.held().await;
    assert!(held.len() <= 1, "{held:?}");
}
