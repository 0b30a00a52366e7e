//! How the databases find what a call needs: by an index, however many cases there are, and on one
//! machine of many. The statements are those that really run, taken from PostgreSQL's own log with the
//! plans that it really used; SQLite is asked how it would run the same texts, with its statistics and
//! without.

mod large;
mod text;

use crate::floor::{EVENING_US, Floor, Kind, Place, cluster, db::Db, school::Plan};
use canvass_proto::v1::{self, Outcome};
use large::Filler;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Tables with a row a case or more.
const LARGE: [&str; 11] = [
    "cases",
    "unit",
    "unit_phone",
    "unit_target",
    "attempt",
    "interview",
    "rating",
    "draft",
    "quarantine",
    "request_key",
    "event",
];
/// Rows that a statement of a batch may look at, and pages of 8 KiB.
const ROWS_MAX: f64 = 1_500.0;
const PAGES_MAX: f64 = 6_000.0;
/// What the keeper asks of all surveys, once in two seconds, outside every batch.
const OF_ALL_SURVEYS: [&str; 1] =
    ["select survey_id from survey where state in (5, 6) order by survey_id"];
/// Rows of a table that may be read whole.
const SMALL: f64 = 1_000.0;

/// A survey with work to do, one without, and both large.
async fn large(kind: Kind) -> (Place, [i64; 2]) {
    let floor = Floor::new(kind).await;
    let classes: Vec<(&'static str, usize)> =
        (1..=20).map(|n| (&*format!("{}-{}", 1 + n / 5, 1 + n % 5).leak(), 50)).collect();
    let plan = |name| Plan {
        name,
        classes: classes.clone(),
        rate: "0.5",
        hi: 1000,
        whole_day: true,
        release: "rule",
        ..Plan::default()
    };
    let surveys = [floor.fielded(&plan("work")).await, floor.fielded(&plan("dry")).await];
    let place = floor.stop().await;
    let mut db = Db::open(&place.url).await;
    for (survey_id, dry) in surveys.into_iter().zip([false, true]) {
        let copies = if dry { 20 } else { 150 };
        Filler { db: &mut db, kind, copies }.fill(survey_id, dry).await;
    }
    (place, surveys)
}

/// What interviewers and the keeper do all day, often enough that a prepared statement gets the plan it
/// keeps.
async fn work(floor: &Floor, [survey_id, dry]: [i64; 2]) {
    let mut seat = floor.seat("a", survey_id).await;
    let mut idle = floor.seat("idle", dry).await;
    for round in 0..12 {
        let case = seat.pull().await;
        let lease = case.lease.unwrap();
        seat.start(lease).await.unwrap();
        let half = crate::floor::school::ratings(case.targets[0].target_no, 7, 8);
        seat.save(lease, case.draft_save_no + 1, half).await.unwrap();
        seat.extend(lease).await.unwrap();
        let sent = seat.submission(&case, 7, 8);
        let told = seat.send(sent.clone()).await.unwrap();
        assert_eq!(seat.send(sent).await.unwrap().receipt, told.receipt, "repeated");
        let case = seat.pull().await;
        seat.dial(case.lease.unwrap(), Outcome::NoAnswer).await.unwrap();
        let case = seat.pull().await;
        seat.release(case.lease.unwrap()).await.unwrap();
        // a lease that another has taken over: the interview is kept aside
        let late = seat.pull().await;
        floor.desk.clock().set(EVENING_US + 3_000_000 + i64::from(round) * 100_000_000);
        floor.desk.sweep().await.unwrap();
        drop(seat.send(seat.submission(&late, 1, 2)).await);
        for case in seat.held().await {
            seat.release(case.lease.unwrap()).await.unwrap();
        }
        let nothing = idle.dry().await;
        assert_eq!(nothing, v1::EmptyReason::NothingDue, "round {round}");
    }
}

/// A statement as it ran: its text and the tree of its plan.
struct Ran {
    text: String,
    plan: Value,
}

/// What the server logged of one database.
fn logged(url: &str) -> Vec<Ran> {
    let name = url.split('?').next().unwrap().rsplit('/').next().unwrap();
    let begins = format!("{name} LOG:  duration: ");
    let log = cluster::log();
    let mut found = Vec::new();
    let mut lines = log.lines().peekable();
    while let Some(line) = lines.next() {
        if !(line.starts_with(&begins) && line.ends_with("plan:")) {
            continue;
        }
        let mut json = String::new();
        while let Some(more) = lines.next_if(|line| line.starts_with('\t')) {
            json.push_str(more);
            json.push('\n');
        }
        let ran: Value = serde_json::from_str(&json.replace('\t', " ")).unwrap();
        let text = ran["Query Text"].as_str().unwrap().to_owned();
        found.push(Ran { text, plan: ran["Plan"].clone() });
    }
    found
}

/// Goes through a plan: what it reads whole, rows looked at.
fn walk(plan: &Value, whole: &mut Vec<String>, rows: &mut f64) {
    let number = |key: &str| plan[key].as_f64().unwrap_or_default();
    let loops = number("Actual Loops").max(1.0);
    if let Some(table) = plan["Relation Name"].as_str().filter(|table| LARGE.contains(table)) {
        let removed = number("Rows Removed by Filter") + number("Rows Removed by Index Recheck");
        let looked_at = (number("Actual Rows") + removed) * loops;
        *rows += looked_at;
        // a table of a few pages is rightly read whole
        if plan["Node Type"] == "Seq Scan" && looked_at > SMALL {
            whole.push(table.to_owned());
        }
    }
    for part in plan["Plans"].as_array().into_iter().flatten() {
        walk(part, whole, rows);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_finds_its_rows_by_an_index_and_on_one_machine() {
    let (place, surveys) = large(Kind::Postgres).await;
    let mut db = Db::open(&place.url).await;
    db.run("analyze").await;
    let name = place.url.split('?').next().unwrap().rsplit('/').next().unwrap().to_owned();
    for setting in [
        "session_preload_libraries = 'auto_explain'",
        "auto_explain.log_min_duration = 0",
        "auto_explain.log_analyze = on",
        "auto_explain.log_buffers = on",
        "auto_explain.log_format = json",
    ] {
        db.run(&format!("alter database {name} set {setting}")).await;
    }
    let url = place.url.clone();
    let floor = Floor::again(place).await;
    work(&floor, surveys).await;
    floor.stop().await;
    let ran = logged(&url);
    let mut texts: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    for Ran { text, plan } in ran {
        assert!(!text.contains("),("), "a text for every number of rows: {text}");
        let asks_all = OF_ALL_SURVEYS.contains(&text.as_str());
        let wrong = if asks_all { Vec::new() } else { text::faults(&text) };
        assert!(wrong.is_empty(), "{wrong:?}: {text}");
        let (mut whole, mut rows) = (Vec::new(), 0.0);
        walk(&plan, &mut whole, &mut rows);
        assert!(rows <= ROWS_MAX, "{rows} rows: {text}\n{plan:#}");
        assert!(whole.is_empty(), "reads all of {whole:?}: {text}\n{plan:#}");
        let pages = |key: &str| plan[key].as_f64().unwrap_or_default();
        let pages = pages("Shared Hit Blocks") + pages("Shared Read Blocks");
        let most = texts.entry(text).or_default();
        (most.0, most.1) = (most.0.max(rows), most.1.max(pages));
    }
    for (text, (rows, pages)) in &texts {
        println!("{rows:>6} rows {pages:>6} pages: {text}");
        assert!(*rows <= ROWS_MAX && *pages <= PAGES_MAX, "{rows} rows, {pages} pages: {text}");
    }
    let seen = |table: &str| texts.keys().filter(|text| text.contains(table)).count();
    for table in LARGE {
        assert!(seen(table) > 0, "no statement reads or writes {table}: this proves nothing");
    }
    let of_cases = |text: &String| LARGE.iter().any(|table| text.contains(table));
    let texts = texts.into_keys().filter(of_cases);
    // there the head is locked by the transaction itself
    on_sqlite(texts.map(|text| text.replace(" for update", "")).collect()).await;
}

/// The table's name and what a text calls it.
fn called(table: &str, text: &str) -> Vec<String> {
    let alias = regex::Regex::new(&format!(r"\b{table} ([a-z])\b")).unwrap();
    let found = alias.captures_iter(text).map(|found| found[1].to_owned());
    found.chain([table.to_owned()]).collect()
}

/// The same texts on SQLite: no large table is gone through, and no index but from its beginning.
async fn on_sqlite(texts: BTreeSet<String>) {
    let (place, _) = large(Kind::Sqlite).await;
    let mut db = Db::open(&place.url).await;
    let given = regex::Regex::new(r"select \* from unnest(\([^)]*\))").unwrap();
    let texts: BTreeSet<String> =
        texts.iter().map(|text| given.replace_all(text, "values $1,$1").into_owned()).collect();
    for statistics in [false, true] {
        if statistics {
            db.run("analyze").await;
        }
        for text in &texts {
            let names: BTreeSet<String> =
                LARGE.iter().flat_map(|table| called(table, text)).collect();
            for line in db.plan(text).await {
                let scanned = line.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
                let whole = scanned.is_some_and(|name| names.contains(name));
                assert!(
                    !whole && !line.contains("ANY("),
                    "with statistics: {statistics}: {line}: {text}"
                );
            }
        }
    }
}
