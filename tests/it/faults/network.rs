//! The lines fail, between desktops and server and between server and PostgreSQL: whatever is late, cut,
//! dead in one direction or sent twice, nothing acknowledged is lost or doubled, and everybody gets on
//! once the lines are sound again.

use crate::floor::{
    Kind, Place, asked,
    child::Server,
    cluster,
    proxy::{FAULTS, Far, Proxy, Temper},
    shift::{Shift, large},
    worker::Manners,
};
use std::{
    ops::Range,
    time::{Duration, Instant},
};

const SEATS: usize = 6;
/// Every connection that died in the storm may have to be found dead first, one after another.
const WITHIN: Duration = Duration::from_secs(120);
/// A slow machine needs longer until every fault has happened to something.
const STORM_MAX: Duration = Duration::from_secs(300);

/// `CANVASS_SEED`, or a fresh one; printed, so that a run can be had again.
fn temper(what: &str, after: Range<usize>, twice: usize) -> Temper {
    let seed = asked("CANVASS_SEED").unwrap_or_else(rand::random);
    println!("{what}: CANVASS_SEED={seed}");
    Temper { seed, after, twice }
}

/// Lets the line fail until every fault has happened often enough, has hit requests under way, and something
/// was done all the same; then waits until everybody gets on.
async fn storm(proxy: &Proxy, shift: &Shift, server: &Server, times: usize) {
    let began = Instant::now();
    let before = shift.acked();
    proxy.storm();
    let all = |proxy: &Proxy| {
        let happened = proxy.happened();
        FAULTS.iter().all(|fault| happened.get(fault).is_some_and(|n| *n >= times))
    };
    while !all(proxy) || shift.acked() == before || shift.unanswered() == 0 {
        let happened = proxy.happened();
        let (done, hit) = (shift.acked() - before, shift.unanswered());
        assert!(
            began.elapsed() < STORM_MAX,
            "it proved nothing: of every fault {times} are wanted, there were {happened:?}; \
             {done} acknowledged, {hit} requests hit"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    proxy.calm();
    let stormy = began.elapsed();
    let done = shift.acked() - before;
    let calm = match shift.all_get_on(WITHIN).await {
        Ok(calm) => calm,
        Err(why) => {
            panic!("{why}\nthe server:\n{}\nthe database:\n{}", server.log(), cluster::busy())
        }
    };
    println!(
        "{:?} in {stormy:.1?}, {done} acknowledged, {} not; all get on {calm:.1?} after it",
        proxy.happened(),
        shift.unanswered()
    );
}

async fn judge(mut shift: Shift, server: &mut Server) {
    shift.end().await;
    let (code, said) = shift.judged(server).await;
    println!("{said}");
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn desktops_on_failing_lines_lose_and_double_nothing() {
    let mut server = Server::new(Kind::Sqlite).await;
    let temper = temper("desktops", 1_000..12_000, 12_000);
    let proxy = Proxy::new(Far::Tcp(server.site.address), temper).await;
    let survey_id = server.site.fielded(&large(3)).await;
    let manners =
        Manners { patience: Some(Duration::from_secs(1)), pause: Duration::from_millis(30) };
    let site = server.site.clone();
    let shift = Shift::begin(&site, proxy.at, survey_id, SEATS, manners).await;
    shift.more(12).await;
    storm(&proxy, &shift, &server, 2).await;
    judge(shift, &mut server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_on_failing_lines_to_postgres_loses_and_doubles_nothing() {
    let (socket, name) = cluster::fresh_socket();
    // of a connection that is opened twice only the first message is: what PostgreSQL is told twice it
    // does twice, and TCP never does that
    let temper = temper("postgres", 6_000..40_000, 8);
    let proxy = Proxy::new(Far::Unix(socket), temper).await;
    let dir = tempfile::Builder::new().prefix("cv").tempdir().unwrap();
    let url = format!("postgres://postgres@{}/{name}", proxy.at);
    let mut server = Server::at(Place { url, dir }, "warn", Vec::new()).await;
    let survey_id = server.site.fielded(&large(3)).await;
    let manners =
        Manners { patience: Some(Duration::from_secs(15)), pause: Duration::from_millis(30) };
    let (site, at) = (server.site.clone(), server.site.address);
    let shift = Shift::begin(&site, at, survey_id, SEATS, manners).await;
    shift.more(12).await;
    storm(&proxy, &shift, &server, 1).await;
    judge(shift, &mut server).await;
}
