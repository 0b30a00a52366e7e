//! What Prometheus is told: every family, that it follows what happens, that nothing personal is in
//! it.

mod door;

use crate::floor::{EVENING_US, Floor, KINDS, Kind, SECOND_US, school::Plan, with};
use canvass::{
    meter::{Histogram, Seen},
    metrics::Endpoint,
    rpc::TABLE,
};
use canvass_proto::v1;
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tonic::Code;

const FAMILIES: [(&str, &str); 21] = [
    ("canvass_build_info", "gauge"),
    ("canvass_calls_total", "counter"),
    ("canvass_call_duration_seconds", "histogram"),
    ("canvass_calls_in_progress", "gauge"),
    ("canvass_lane_waiting_commands", "gauge"),
    ("canvass_lane_batches_total", "counter"),
    ("canvass_lane_commands_total", "counter"),
    ("canvass_lane_statements_total", "counter"),
    ("canvass_lane_batch_commands", "histogram"),
    ("canvass_lane_batch_statements", "histogram"),
    ("canvass_live_leases", "gauge"),
    ("canvass_quarantine_open_entries", "gauge"),
    ("canvass_database_up", "gauge"),
    ("canvass_database_size_bytes", "gauge"),
    ("canvass_database_connections", "gauge"),
    ("canvass_database_connections_max", "gauge"),
    ("process_cpu_seconds_total", "counter"),
    ("process_resident_memory_bytes", "gauge"),
    ("process_open_fds", "gauge"),
    ("process_max_fds", "gauge"),
    ("process_start_time_seconds", "gauge"),
];

/// Sends bytes and returns all that comes back.
async fn sent(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

struct Page(String);

impl Page {
    async fn of(address: SocketAddr) -> Page {
        let answer = sent(address, "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").await;
        let (head, page) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(head.contains("content-type: text/plain; version=0.0.4"), "{head}");
        assert!(head.contains(&format!("content-length: {}\r\n", page.len())), "{head}");
        Page(page.to_owned())
    }

    fn samples(&self) -> impl Iterator<Item = (&str, f64)> {
        let lines = self.0.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| line.rsplit_once(' ').unwrap()).map(|(s, v)| (s, v.parse().unwrap()))
    }

    fn get(&self, sample: &str) -> Option<f64> {
        self.samples().find(|(name, _)| *name == sample).map(|(_, value)| value)
    }

    /// A sample that stands there.
    fn is(&self, sample: &str) -> f64 {
        self.get(sample).unwrap_or_else(|| panic!("no {sample} in {}", self.0))
    }

    fn calls(&self, method: &str, code: &str) -> f64 {
        let sample = format!("canvass_calls_total{{method=\"{method}\",code=\"{code}\"}}");
        self.get(&sample).unwrap_or(0.0)
    }

    fn timed(&self, method: &str) -> f64 {
        let name = "canvass_call_duration_seconds_count";
        self.get(&format!("{name}{{method=\"{method}\"}}")).unwrap_or(0.0)
    }

    fn under_way(&self, method: &str) -> f64 {
        self.is(&format!("canvass_calls_in_progress{{method=\"{method}\"}}"))
    }
}

/// The metrics of a floor; a look at its database is good for `every`.
async fn watched(floor: &Floor, every: Duration) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let endpoint = Endpoint { listener, every };
    tokio::spawn(endpoint.serve(floor.desk.clone(), floor.calls.clone()));
    address
}

#[test]
fn a_number_at_a_bound_is_within_it() {
    let seen = Histogram::new([1, 4]);
    for value in [0, 1, 2, 4, 5, 100] {
        seen.note(value);
    }
    assert_eq!(seen.seen(), Seen { upto: vec![(1, 2), (4, 4)], count: 6, sum: 112 });
}

#[tokio::test]
async fn every_family_says_what_it_is_and_names_its_unit() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let page = Page::of(watched(&floor, Duration::ZERO).await).await;
        let mut declared = Vec::new();
        let mut lines = page.0.lines().peekable();
        while let Some(line) = lines.next() {
            let Some(help) = line.strip_prefix("# HELP ") else { continue };
            let (name, text) = help.split_once(' ').unwrap();
            assert!(text.is_ascii() && text.ends_with('.'), "{line}");
            let kind = lines.next().unwrap().strip_prefix(&format!("# TYPE {name} ")).unwrap();
            declared.push((name, kind));
            while let Some(sample) = lines.next_if(|line| !line.starts_with('#')) {
                let full = sample.split(['{', ' ']).next().unwrap();
                let ends = ["_bucket", "_sum", "_count"].map(|end| format!("{name}{end}"));
                let own =
                    if kind == "histogram" { ends.contains(&full.into()) } else { full == name };
                assert!(own, "{sample} stands below {name}");
            }
        }
        assert_eq!(declared, FAMILIES, "{kind:?}");
        for (name, kind) in declared {
            assert_eq!(name.ends_with("_total"), kind == "counter", "{name}");
            let shown = page.samples().any(|(sample, _)| sample.starts_with(name));
            assert!(shown, "{name} has no sample");
        }
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(page.is(&format!("canvass_build_info{{version=\"{version}\"}}")), 1.0);
        assert_eq!(page.is("canvass_database_up"), 1.0);
        assert!(page.is("canvass_database_size_bytes") > 100_000.0);
        let pools: &[_] = match kind {
            Kind::Sqlite => &[("writer", 1.0)],
            Kind::Postgres => &[("shared", 16.0), ("batches", 8.0)],
        };
        for (pool, most) in pools {
            let name = format!("canvass_database_connections_max{{pool=\"{pool}\"}}");
            assert_eq!(page.is(&name), *most);
        }
        assert!(page.is("process_resident_memory_bytes") > 1e6);
        assert!(page.is("process_open_fds") > 3.0 && page.is("process_max_fds") > 3.0);
        assert!(page.is("process_start_time_seconds") > 1.7e9);
    }
}

#[tokio::test]
async fn a_call_raises_its_counter_and_its_histogram_by_one() {
    let floor = Floor::new(Kind::Sqlite).await;
    let address = watched(&floor, Duration::ZERO).await;
    let who = "AccessService/WhoAmI";
    let before = Page::of(address).await;
    let mut access = floor.access().await;
    access.who_am_i(with(&floor.admin, v1::WhoAmIRequest {})).await.unwrap();
    let after = Page::of(address).await;
    assert_eq!(after.calls(who, "OK"), before.calls(who, "OK") + 1.0);
    assert_eq!(after.timed(who), before.timed(who) + 1.0);
    assert_eq!(after.under_way(who), 0.0);
    let last = format!("canvass_call_duration_seconds_bucket{{method=\"{who}\",le=\"10\"}}");
    assert_eq!(after.is(&last), 1.0);
    let total = |page: &Page| -> f64 {
        let calls = page.samples().filter(|(name, _)| name.starts_with("canvass_calls_total"));
        calls.map(|(_, count)| count).sum()
    };
    assert_eq!(total(&after), total(&before) + 1.0, "and no other");

    let refused = access.who_am_i(with("nobody", v1::WhoAmIRequest {})).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    let mut health = tonic_health::pb::health_client::HealthClient::new(floor.channel().await);
    health.check(tonic_health::pb::HealthCheckRequest::default()).await.unwrap();
    let page = Page::of(address).await;
    assert_eq!((page.calls(who, "UNAUTHENTICATED"), page.timed(who)), (1.0, 2.0));
    assert_eq!((page.calls("other", "OK"), page.timed("other")), (1.0, 1.0));
    let internal = format!("canvass_calls_total{{method=\"{who}\",code=\"INTERNAL\"}}");
    assert_eq!(page.is(&internal), 0.0, "there before it happens, so that an alert sees it rise");
}

#[tokio::test]
async fn a_stream_is_timed_to_its_first_message_and_counted_at_its_end() {
    let floor = Floor::new(Kind::Sqlite).await;
    let survey_id = floor.drafted(&Plan::default()).await;
    let address = watched(&floor, Duration::ZERO).await;
    let method = "SupervisionService/WatchProgress";
    let request = v1::WatchProgressRequest { survey_id, scope: None };
    let mut supervision = floor.supervision().await;
    let reply = supervision.watch_progress(with(&floor.admin, request)).await.unwrap();
    let mut stream = reply.into_inner();
    stream.message().await.unwrap().unwrap();
    let page = Page::of(address).await;
    assert_eq!((page.timed(method), page.under_way(method)), (1.0, 1.0));
    assert_eq!(page.calls(method, "OK") + page.calls(method, "CANCELLED"), 0.0, "it goes on");
    drop((stream, supervision));
    for _ in 0..200 {
        let page = Page::of(address).await;
        if page.calls(method, "CANCELLED") > 0.0 {
            assert_eq!((page.timed(method), page.under_way(method)), (1.0, 0.0));
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the end of the stream is not counted");
}

#[tokio::test]
async fn an_interview_moves_leases_lanes_and_the_quarantine() {
    for kind in KINDS {
        let floor = Floor::new(kind).await;
        let address = watched(&floor, Duration::ZERO).await;
        let survey_id = floor.fielded(&Plan::default()).await;
        let leases = async || Page::of(address).await.is("canvass_live_leases");
        let mut a = floor.seat("a", survey_id).await;
        assert_eq!(leases().await, 0.0, "{kind:?}");
        let case = a.pull().await;
        assert_eq!(leases().await, 1.0, "{kind:?}");
        a.start(case.lease.unwrap()).await.unwrap();
        a.submit(&case, 9, 9).await;
        let page = Page::of(address).await;
        assert_eq!(page.is("canvass_live_leases"), 0.0, "{kind:?}");
        assert_eq!(page.is("canvass_quarantine_open_entries"), 0.0);
        assert_eq!(page.is("canvass_lane_commands_total"), 3.0);
        assert_eq!(page.is("canvass_lane_batches_total"), 3.0);
        assert_eq!(page.is("canvass_lane_batch_commands_bucket{le=\"1\"}"), 3.0);
        assert_eq!(page.is("canvass_lane_batch_commands_sum"), 3.0);
        let statements = page.is("canvass_lane_statements_total");
        assert!(statements > 9.0, "{statements}");
        assert_eq!(page.is("canvass_lane_batch_statements_sum"), statements);
        assert_eq!(page.is("canvass_lane_waiting_commands"), 0.0);

        let late = a.pull().await;
        floor.desk.clock().set(EVENING_US + 100 * SECOND_US);
        assert_eq!(leases().await, 0.0, "it has ended by itself");
        let mut b = floor.seat("b", survey_id).await;
        assert_eq!(b.pull().await.lease.unwrap().case_no, late.lease.unwrap().case_no);
        a.submit(&late, 1, 1).await;
        let page = Page::of(address).await;
        assert_eq!(page.is("canvass_quarantine_open_entries"), 1.0, "{kind:?}");
        assert_eq!(page.is("canvass_live_leases"), 1.0);
    }
}

#[tokio::test]
async fn commands_that_no_batch_has_taken_wait() {
    let floor = Floor::new(Kind::Sqlite).await;
    let address = watched(&floor, Duration::ZERO).await;
    let survey_id = floor.fielded(&Plan::default()).await;
    let mut seats = Vec::new();
    for name in ["a", "b", "c"] {
        seats.push(floor.seat(name, survey_id).await);
    }
    let before = Page::of(address).await;
    // nobody can write: the first batch waits for the database, what comes after it for a batch
    let writing = floor.desk.store().begin().await.unwrap();
    let mut pulls = Vec::new();
    let mut waiting = 0.0;
    for mut seat in seats {
        pulls.push(tokio::spawn(async move { seat.pull().await.lease.unwrap() }));
        // the first is taken at once, and so may be who comes together with it
        let began = Instant::now();
        while waiting == 0.0 && began.elapsed() < Duration::from_secs(2) {
            tokio::time::sleep(Duration::from_millis(20)).await;
            waiting = Page::of(address).await.is("canvass_lane_waiting_commands");
        }
    }
    assert_eq!(waiting, 1.0);
    let page = Page::of(address).await;
    let writer = "canvass_database_connections{pool=\"writer\",state=\"in_use\"}";
    assert_eq!(page.is(writer), 1.0);
    assert!(page.under_way("InterviewingService/PullAssignment") >= 2.0);
    drop(writing);
    for pull in pulls {
        pull.await.unwrap();
    }
    let after = Page::of(address).await;
    assert_eq!(after.is("canvass_lane_waiting_commands"), 0.0);
    let commands = "canvass_lane_commands_total";
    assert_eq!(after.is(commands), before.is(commands) + 3.0);
    assert_eq!(after.is("canvass_live_leases"), 3.0);
}

#[tokio::test]
async fn nothing_that_anybody_typed_is_in_it() {
    let floor = Floor::new(Kind::Sqlite).await;
    let address = watched(&floor, Duration::ZERO).await;
    let plan = Plan { name: "canary-survey", classes: vec![("9-9", 30)], ..Plan::default() };
    let survey_id = floor.fielded(&plan).await;
    let mut seat = floor.seat("canary-user", survey_id).await;
    let case = seat.pull().await;
    seat.start(case.lease.unwrap()).await.unwrap();
    seat.submit(&case, 9, 9).await;
    let elsewhere = tower::util::MapRequest::new(floor.channel().await, |mut request| {
        let uri: &mut http::Uri = http::Request::<tonic::body::Body>::uri_mut(&mut request);
        *uri = "/canvass.v1.AccessService/CanaryMethod".parse().unwrap();
        request
    });
    let mut elsewhere = tonic_health::pb::health_client::HealthClient::new(elsewhere);
    let unknown = elsewhere.check(tonic_health::pb::HealthCheckRequest::default()).await;
    assert_eq!(unknown.unwrap_err().code(), Code::Unimplemented);
    let page = Page::of(address).await;
    assert_eq!(page.calls("other", "UNIMPLEMENTED"), 1.0);
    assert!(page.0.is_ascii());
    let phone = case.phones[0].number.trim_start_matches("+86").to_owned();
    assert!(phone.len() == 11, "{phone}");
    for canary in ["canary", "Canary", "9-9", "T000", &phone, &seat.token] {
        assert!(!page.0.contains(canary), "{canary} in {}", page.0);
    }
    for (sample, _) in page.samples() {
        let Some((_, labels)) = sample.split_once('{') else { continue };
        for label in labels.trim_end_matches('}').split(',') {
            let (name, value) = label.split_once('=').unwrap();
            let value = value.trim_matches('"');
            let known = match name {
                "method" => value == "other" || TABLE.iter().any(|(call, _)| *call == value),
                "code" => value.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'),
                "pool" => ["writer", "readers", "shared", "batches"].contains(&value),
                "state" => ["in_use", "idle"].contains(&value),
                "le" => value == "+Inf" || value.parse::<f64>().is_ok(),
                "version" => value == env!("CARGO_PKG_VERSION"),
                _ => false,
            };
            assert!(known, "{label} of {sample}");
        }
    }
}
