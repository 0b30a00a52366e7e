//! After an error of a write or of fsync the process stops: the kernel may have dropped what it could
//! not write, so nothing may be acknowledged on top of it. A full disk is no such error: writes are
//! refused until there is room.

use crate::floor::{
    Kind, Place, asked,
    child::{Ended, Server},
    cluster::is_root,
    school::{Plan, Seat},
    shift::{Shift, large},
    worker::Manners,
};
use canvass_proto::v1::{Outcome, pull_assignment_response::Result as P};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const MISSING: &str = "strace is missing: run `make test`, which installs it";
const SEATS: usize = 4;
const WITHIN: Duration = Duration::from_secs(120);
const MANNERS: Manners =
    Manners { patience: Some(Duration::from_secs(10)), pause: Duration::from_millis(10) };

/// Whether every thread of a process is traced: on a busy machine attaching takes a while.
fn all_traced(pid: u32) -> bool {
    let mut threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    threads.all(|thread| {
        let status = fs::read_to_string(thread.unwrap().path().join("status"));
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
        .expect(MISSING);
    let began = Instant::now();
    while !all_traced(server.pid()) {
        let refused = strace.try_wait().unwrap();
        assert!(
            refused.is_none(),
            "strace may not trace here (kernel.yama.ptrace_scope, a container?)"
        );
        assert!(began.elapsed() < WITHIN, "strace does not come to trace the server");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let failed = seat.dial(case.lease.unwrap(), Outcome::HardRefusal).await;
    assert!(failed.is_err(), "acknowledged on a failing disk: {failed:?}");
    assert_eq!(server.ended().await, Some(74));
    strace.wait().unwrap();
    // a sound disk again: the file opens, and the work goes on
    server.start().await;
    let mut seat =
        Seat { client: server.site.interviewing().await, token: seat.token.clone(), survey_id };
    let held = seat.held().await;
    assert!(held.len() <= 1, "{held:?}");
}

/// Starts the server below strace, which makes calls fail; that needs no rights.
fn failing(calls: &str, error: &str, when: &str) -> Vec<String> {
    let (trace, inject) =
        (format!("trace={calls}"), format!("inject={calls}:error={error}:when={when}"));
    let words = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject];
    words.map(str::to_owned).to_vec()
}

/// Fails unless strace can make a call fail here: what it is to prove would pass in silence.
fn strace_works() {
    let words = failing("fsync,fdatasync", "EIO", "1+");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("f");
    let dd = format!("dd if=/dev/zero of={} count=1 conv=fsync", file.display());
    let mut command = Command::new(&words[0]);
    let out = command.args(&words[1..]).args(["sh", "-c", &dd]).output().expect(MISSING);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(said.contains("Input/output error"), "strace cannot make calls fail here: {said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whichever_call_of_the_disk_fails_nothing_acknowledged_is_lost() {
    strace_works();
    // at start, and at work
    let few = vec![1, 2, 4, 12, 30];
    let all = |n| (1..=usize::try_from(n).unwrap()).collect();
    let calls: Vec<usize> = asked("CANVASS_DISK_CALLS").map_or(few, all);
    let mut server = Server::new(Kind::Sqlite).await;
    let survey_id = server.site.fielded(&large(3 + calls.len() / 4)).await;
    let (site, at) = (server.site.clone(), server.site.address);
    let mut shift = Shift::begin(&site, at, survey_id, SEATS, MANNERS).await;
    for set in ["fsync,fdatasync", "pwrite64"] {
        let mut stops = 0;
        for n in &calls {
            shift.more(6).await;
            server.kill();
            server.under = failing(set, "EIO", &n.to_string());
            let before = shift.acked();
            let mut code = None;
            if server.try_start().await {
                // a thread that has made its calls without an error goes on for good
                while code.is_none() && shift.acked() < before + 10 + 3 * n {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    code = server.has_ended();
                }
            } else {
                code = server.has_ended();
            }
            println!(
                "{set} {n}: ended with {code:?} after {} acknowledged",
                shift.acked() - before
            );
            stops += usize::from(code == Some(Some(74)));
            server.kill();
            server.under.clear();
            server.start().await;
        }
        assert!(stops > 0, "it proved nothing: no failing {set} stopped the server");
    }
    shift.all_get_on(WITHIN).await.unwrap();
    shift.end().await;
    let (code, said) = shift.judged(&mut server).await;
    println!("{said}");
    assert_eq!(code, Some(0), "{said}");
}

/// The disk is full: an interviewer is told to try again, who reads is answered.
async fn refuses(server: &Server, survey_id: i64, seat: &mut Seat) {
    let refused = seat.pull_with(&crate::floor::id()).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::Unavailable, "{refused:?}: {}", server.log());
    assert!(server.site.progress(survey_id).await.total.unwrap().released > 0);
}

/// Everybody gets on with the same process; the judge's word on it, and on another one on a sound disk.
async fn recovers(mut shift: Shift, server: &mut Server, sound: bool) {
    let calm = shift.all_get_on(WITHIN).await.unwrap();
    println!("all get on {calm:.1?} later");
    assert_eq!(server.has_ended(), None, "the server ended: {}", server.log());
    shift.end().await;
    if sound {
        let (code, said) = shift.judged(server).await;
        assert_eq!(code, Some(0), "{said}");
    } else {
        server.under.clear();
    }
    server.kill();
    server.start().await;
    let (code, said) = shift.judged(server).await;
    println!("{said}");
    assert_eq!(code, Some(0), "started again: {said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_full_now_and_then_refuses_writes_and_loses_none() {
    strace_works();
    let mut server = Server::new(Kind::Sqlite).await;
    let survey_id = server.site.fielded(&large(3)).await;
    let (site, at) = (server.site.clone(), server.site.address);
    let mut seat = server.site.seat("idle", survey_id).await;
    let shift = Shift::begin(&site, at, survey_id, SEATS, MANNERS).await;
    shift.more(6).await;
    server.kill();
    // counted a thread, and a writer that was refused is replaced by a new one
    server.under = failing("pwrite64", "ENOSPC", "60+");
    server.start().await;
    seat.client = server.site.interviewing().await;
    let began = Instant::now();
    let mut refusals = 0;
    while refusals < 3 {
        // paced by writes, which a busy machine makes slowly
        let late = began.elapsed() > Duration::from_secs(300);
        assert!(!late, "so few writes were refused that it proves nothing");
        match seat.pull_with(&crate::floor::id()).await.map(|reply| reply.result) {
            Ok(Some(P::Assignment(case))) => drop(seat.release(case.lease.unwrap()).await),
            Ok(_) => {}
            // giving it back was refused the last time
            Err(held) if held.code() == tonic::Code::FailedPrecondition => {
                for case in seat.held().await {
                    drop(seat.release(case.lease.unwrap()).await);
                }
            }
            Err(refused) => {
                assert_eq!(
                    refused.code(),
                    tonic::Code::Unavailable,
                    "{refused:?}: {}",
                    server.log()
                );
                assert!(server.site.progress(survey_id).await.total.unwrap().released > 0);
                refusals += 1;
            }
        }
    }
    println!("{refusals} of an idle seat refused, {} of the others", shift.unanswered());
    recovers(shift, &mut server, false).await;
}

/// A small disk of its own: a tmpfs that only the processes of its namespace see, and that ends with
/// them.
struct Small {
    holder: Ended,
    dir: PathBuf,
}

impl Small {
    /// None where this machine lets nobody mount anything.
    fn new(dir: PathBuf) -> Option<Small> {
        fs::create_dir(&dir).unwrap();
        let mount =
            format!("mount -t tmpfs -o size=24m tmpfs {} && echo ready && cat", dir.display());
        let namespaces = if is_root() { "-m" } else { "-rm" };
        let mut holder = Command::new("unshare")
            .args([namespaces, "sh", "-c", &mount])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut said = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let holder = Ended(holder);
        (said.trim() == "ready").then_some(Small { holder, dir })
    }

    /// Starts a program that sees it.
    fn enter(&self) -> Vec<String> {
        let pid = self.holder.0.id().to_string();
        let mut words = vec!["nsenter", "-t", &pid, "-m"];
        if !is_root() {
            words.extend(["-U", "--preserve-credentials"]);
        }
        words.push("--");
        words.into_iter().map(str::to_owned).collect()
    }

    fn seen(&self, name: &str) -> PathBuf {
        let below = self.dir.strip_prefix("/").unwrap();
        PathBuf::from(format!("/proc/{}/root", self.holder.0.id())).join(below).join(name)
    }

    /// Fills it to the last byte.
    fn fill(&self) {
        let mut file = fs::File::create(self.seen("fill")).unwrap();
        for size in [1024 * 1024, 4096, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_writes_until_there_is_room() {
    let dir = tempfile::Builder::new().prefix("cv").tempdir().unwrap();
    let Some(small) = Small::new(dir.path().join("small")) else {
        // not through the test's own output, which nobody sees
        let said = "SKIPPED: a_full_disk_refuses_writes_until_there_is_room: nothing can be mounted here; \
                    a_disk_that_is_full_now_and_then_… stands in for it\n";
        std::io::stderr().write_all(said.as_bytes()).unwrap();
        return;
    };
    let url = format!("sqlite:{}", small.dir.join("canvass.db").display());
    let mut server = Server::at(Place { url, dir }, "warn", small.enter()).await;
    let survey_id = server.site.fielded(&large(2)).await;
    let (site, at) = (server.site.clone(), server.site.address);
    let mut seat = server.site.seat("idle", survey_id).await;
    let shift = Shift::begin(&site, at, survey_id, SEATS, MANNERS).await;
    shift.more(20).await;
    // a clean end gives the log of SQLite back: the next writes need room at once
    server.signal("-TERM");
    assert_eq!(server.ended().await, Some(0));
    server.start().await;
    seat.client = server.site.interviewing().await;
    small.fill();
    let (mut acked, mut quiet) = (shift.acked(), Instant::now());
    while quiet.elapsed() < Duration::from_secs(2) {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if shift.acked() > acked {
            (acked, quiet) = (shift.acked(), Instant::now());
        }
    }
    refuses(&server, survey_id, &mut seat).await;
    fs::remove_file(small.seen("fill")).unwrap();
    recovers(shift, &mut server, true).await;
}
