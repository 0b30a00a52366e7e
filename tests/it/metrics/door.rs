//! How scrapers are answered: neither a slow client nor a silent database keeps one waiting, and who
//! may reach it.

use super::{Page, sent, watched};
use crate::floor::{
    Floor, Kind, Place,
    child::{Ended, free_port},
    school::Plan,
};
use canvass::metrics::Endpoint;
use std::{
    net::SocketAddr,
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

#[tokio::test]
async fn only_get_of_one_path_is_answered() {
    let floor = Floor::new(Kind::Sqlite).await;
    let address = watched(&floor, Duration::ZERO).await;
    let long = format!("GET /metrics HTTP/1.1\r\nx: {}", "y".repeat(8000));
    for (request, status) in [
        ("GET /metrics HTTP/1.0\r\n\r\n", 200),
        ("GET /metrics?name=x HTTP/1.1\r\nhost: x\r\n\r\n", 200),
        ("GET / HTTP/1.1\r\nhost: x\r\n\r\n", 404),
        ("GET /metrics/ HTTP/1.1\r\nhost: x\r\n\r\n", 404),
        ("POST /metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nab", 405),
        ("HEAD /metrics HTTP/1.1\r\nhost: x\r\n\r\n", 405),
        ("POST / HTTP/1.1\r\nhost: x\r\n\r\n", 405),
        ("nonsense\r\n\r\n", 400),
        ("GET /metrics SPDY/3\r\n\r\n", 400),
        (&long, 400),
    ] {
        let answer = sent(address, request).await;
        let head = answer.lines().next().unwrap_or_default();
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{request:.40}: {head}");
        assert_eq!(answer.contains("canvass_build_info"), status == 200, "{request:.40}");
    }
}

#[tokio::test]
async fn a_slow_client_keeps_nobody_waiting_and_is_let_go() {
    let floor = Floor::new(Kind::Sqlite).await;
    let address = watched(&floor, Duration::ZERO).await;
    let mut slow = Vec::new();
    for _ in 0..8 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"G").await.unwrap();
        slow.push(stream);
    }
    let began = Instant::now();
    Page::of(address).await;
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    let mut answer = [0; 64];
    let gone = slow[0].read(&mut answer);
    let gone = tokio::time::timeout(Duration::from_secs(20), gone).await;
    assert_eq!(gone.expect("it is kept").unwrap_or(0), 0, "without an answer");
    assert!(began.elapsed() > Duration::from_secs(3), "not before its time");
}

#[tokio::test]
async fn the_database_is_looked_at_only_now_and_then() {
    let floor = Floor::new(Kind::Sqlite).await;
    let survey_id = floor.fielded(&Plan::default()).await;
    let (now, old) =
        (watched(&floor, Duration::ZERO).await, watched(&floor, Duration::from_secs(600)).await);
    assert_eq!(Page::of(old).await.is("canvass_live_leases"), 0.0);
    floor.seat("a", survey_id).await.pull().await;
    assert_eq!(Page::of(now).await.is("canvass_live_leases"), 1.0);
    let again = Page::of(old).await;
    assert_eq!(again.is("canvass_live_leases"), 0.0, "seen before");
    let pull = "InterviewingService/PullAssignment";
    assert_eq!(again.calls(pull, "OK"), 1.0, "what costs nothing is always new");
    let bound = Endpoint::bind("127.0.0.1:0".parse().unwrap(), false).await.unwrap();
    assert_eq!(bound.every, Duration::from_secs(5));
}

#[tokio::test]
async fn a_database_that_does_not_answer_leaves_the_rest() {
    let floor = Floor::new(Kind::Sqlite).await;
    let address = watched(&floor, Duration::ZERO).await;
    assert_eq!(Page::of(address).await.is("canvass_database_up"), 1.0);
    let without = |page: &Page| {
        assert_eq!(page.is("canvass_database_up"), 0.0);
        for left_out in [
            "canvass_live_leases",
            "canvass_quarantine_open_entries",
            "canvass_database_size_bytes",
        ] {
            assert_eq!(page.get(left_out), None, "{left_out} is not known");
            assert!(page.0.contains(&format!("# TYPE {left_out} gauge")));
        }
        assert_eq!(page.calls("AccessService/SignIn", "OK"), 1.0);
        assert!(page.is("process_resident_memory_bytes") > 1e6);
    };
    // it hangs: every reader is taken
    let mut taken = Vec::new();
    for _ in 0..4 {
        taken.push(floor.desk.store().read().await.unwrap());
    }
    let began = Instant::now();
    let page = Page::of(address).await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    without(&page);
    let in_use = "canvass_database_connections{pool=\"readers\",state=\"in_use\"}";
    assert_eq!(page.is(in_use), 4.0);
    drop(taken);
    assert_eq!(Page::of(address).await.is("canvass_database_up"), 1.0, "and comes back");
    floor.desk.store().close().await;
    without(&Page::of(address).await);
}

fn serve(place: &Place, metrics: SocketAddr, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_canvass"));
    command
        .args(["serve", "--db", &place.url, "--listen", "127.0.0.1:0", "--log", "warn"])
        .args(["--metrics", &metrics.to_string()])
        .args(more)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

#[test]
fn an_address_that_others_can_reach_is_refused_unless_asked_for() {
    let place = Place::new(Kind::Sqlite);
    let open: SocketAddr = "0.0.0.0:0".parse().unwrap();
    make_pair(&place);
    let (cert, key) = (place.path("c.pem"), place.path("k.pem"));
    let tls = ["--tls-cert", cert.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
    // TLS of the calls does not cover the metrics
    for more in [&[][..], &tls[..]] {
        let log = std::fs::File::create(place.path("said")).unwrap();
        let mut child = Ended(serve(&place, open, more).stderr(log).spawn().unwrap());
        let began = Instant::now();
        let status = loop {
            if let Some(status) = child.0.try_wait().unwrap() {
                break status;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "it serves");
            std::thread::sleep(Duration::from_millis(20));
        };
        let said = std::fs::read_to_string(place.path("said")).unwrap();
        assert_eq!(status.code(), Some(2), "{said}");
        assert!(said.contains("metrics: 0.0.0.0:0") && said.contains("--plaintext"), "{said}");
    }
    assert!(!place.path("canvass.db").exists());
}

fn make_pair(place: &Place) {
    let pair = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(place.path("c.pem"), pair.cert.pem()).unwrap();
    std::fs::write(place.path("k.pem"), pair.signing_key.serialize_pem()).unwrap();
}

#[tokio::test]
async fn a_server_answers_on_the_address_it_was_given() {
    let place = Place::new(Kind::Sqlite);
    let address = free_port();
    let child = serve(&place, address, &[]).stderr(Stdio::null()).spawn().unwrap();
    let mut child = Ended(child);
    while TcpStream::connect(address).await.is_err() {
        assert!(child.0.try_wait().unwrap().is_none(), "it has ended");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    let page = Page::of(address).await;
    assert_eq!((page.is("canvass_database_up"), page.is("canvass_live_leases")), (1.0, 0.0));
    let started = page.is("process_start_time_seconds");
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
    assert!((now - started).abs() < 60.0, "{started} {now}");
    let pid = child.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let code = tokio::task::spawn_blocking(move || child.0.wait().unwrap().code()).await.unwrap();
    assert_eq!(code, Some(0), "and stops as before");
}
