//! PostgreSQL fails over to its synchronous standby, again and again, while interviewers work: the
//! server is not started again, and nothing that was acknowledged is lost or doubled.

use crate::floor::{
    Place, Site, asked,
    child::Server,
    id,
    pair::{Address, Pair},
    school::Seat,
    shift::{Shift, large},
    with,
    worker::Manners,
};
use canvass_proto::v1;
use std::time::{Duration, Instant};

const SEATS: usize = 6;
const MANNERS: Manners =
    Manners { patience: Some(Duration::from_secs(15)), pause: Duration::from_millis(150) };
/// Generous, for a machine that has other things to do; the times themselves are printed.
const WITHIN: Duration = Duration::from_secs(30);

async fn server_at(address: &Address) -> Server {
    let dir = tempfile::Builder::new().prefix("cv").tempdir().unwrap();
    let url = format!("postgres://postgres@{}/canvass", address.at);
    Server::at(Place { url, dir }, "warn", Vec::new()).await
}

/// One primary dies and the standby takes its place; seconds from the beginning of the promotion to
/// its end, to the first acknowledgement, and until every seat has one.
async fn fail_over(pair: &mut Pair, address: &Address, shift: &Shift, silent: bool) -> [f64; 3] {
    let old = pair.primary;
    if silent {
        address.vanish();
    }
    pair.kill(old);
    // what was answered before is on its way to the desktops
    tokio::time::sleep(Duration::from_millis(300)).await;
    let before = shift.acked();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(shift.acked(), before, "acknowledged without a database");
    let began = Instant::now();
    tokio::task::block_in_place(|| pair.promote());
    let promoted = began.elapsed();
    address.lead_to(pair.socket(pair.primary));
    shift.next_ack(WITHIN).await;
    let first = began.elapsed();
    shift.all_get_on(WITHIN).await.unwrap();
    let all = began.elapsed();
    assert!(first < WITHIN, "writable only after {first:?}");
    [promoted, first, all].map(|time| time.as_secs_f64())
}

/// The old primary comes back: its commits wait for a standby that follows another, at psql and at a
/// server that was led there by mistake.
async fn fenced(pair: &Pair, old: u32, server: &Server, seat: &Seat) {
    tokio::task::block_in_place(|| pair.start(old));
    let (_process, site) = server.replica_on(&pair.url(old)).await;
    let pull =
        v1::PullAssignmentRequest { survey_id: seat.survey_id, request_id: id(), wait_ms: Some(0) };
    let asked = Site { admin: String::new(), ..site };
    let asked = async { asked.interviewing().await.pull_assignment(with(&seat.token, pull)).await };
    let asked = tokio::time::timeout(Duration::from_secs(20), asked).await;
    let status = asked.expect("a commit that is not confirmed is refused in time").unwrap_err();
    assert_eq!(status.code(), tonic::Code::Unavailable, "{status:?}");
    let committed = tokio::task::block_in_place(|| pair.commits(old, Duration::from_secs(2)));
    assert!(!committed, "the old primary acknowledges a commit");
    tokio::task::block_in_place(|| pair.discard(old));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_primary_dies_and_the_standby_takes_over() {
    let rounds = usize::try_from(asked("CANVASS_FAILOVERS").unwrap_or(2)).unwrap();
    let mut pair = tokio::task::block_in_place(Pair::alone);
    tokio::task::block_in_place(|| pair.join());
    let address = Address::new(pair.socket(0)).await;
    let mut server = server_at(&address).await;
    let survey_id = server.site.fielded(&large(1 + rounds)).await;
    let idle = server.site.seat("idle", survey_id).await;
    let (site, at) = (server.site.clone(), server.site.address);
    let mut shift = Shift::begin(&site, at, survey_id, SEATS, MANNERS).await;
    for round in 0..rounds {
        shift.more(30).await;
        let old = pair.primary;
        // by turns: the machine is gone without a word, or the processes are dead and say so
        let silent = round % 2 == 0;
        let [promoted, first, all] = fail_over(&mut pair, &address, &shift, silent).await;
        let how = if silent { "silent" } else { "killed" };
        println!(
            "round {round} ({how}): promoted in {promoted:.1} s, writable {first:.1} s after the \
             promotion began, all at {all:.1} s"
        );
        shift.more(10).await;
        if round == 0 {
            fenced(&pair, old, &server, &idle).await;
        }
        tokio::task::block_in_place(|| pair.join());
    }
    shift.more(20).await;
    shift.end().await;
    let (code, said) = shift.judged(&mut server).await;
    println!("{said}");
    assert_eq!(code, Some(0), "{said}");
    assert!(shift.unanswered() > 0, "no failover hit a request under way");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pool_heals_when_postgres_crashes_and_starts_again() {
    let pair = tokio::task::block_in_place(Pair::alone);
    let address = Address::new(pair.socket(0)).await;
    let mut server = server_at(&address).await;
    let survey_id = server.site.fielded(&large(3)).await;
    let (site, at) = (server.site.clone(), server.site.address);
    let mut shift = Shift::begin(&site, at, survey_id, SEATS, MANNERS).await;
    for round in 0..3 {
        shift.more(30).await;
        tokio::task::block_in_place(|| pair.stop(0));
        tokio::time::sleep(Duration::from_millis(300)).await;
        tokio::task::block_in_place(|| pair.start(0));
        let first = shift.next_ack(WITHIN).await;
        let all = shift.all_get_on(WITHIN).await.unwrap();
        println!("crash {round}: writable {first:.1?} after the start, all {all:.1?} later");
    }
    shift.end().await;
    let (code, said) = shift.judged(&mut server).await;
    println!("{said}");
    assert_eq!(code, Some(0), "{said}");
    assert!(shift.unanswered() > 0, "no crash hit a request under way");
}
