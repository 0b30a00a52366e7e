//! A survey in the field, made once by the public calls and copied for every schedule.

use super::db::Db;
use crate::floor::{EVENING_US, Floor, Kind, Place, cluster::psql, school::Plan};
use canvass::store::{Durability, Migrate, Store};
use std::{
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
};

/// Tables that fieldwork changes.
const CHANGED: [&str; 12] = [
    "survey",
    "cell",
    "cases",
    "attempt",
    "interview",
    "rating",
    "draft",
    "quarantine",
    "request_key",
    "event",
    "unit_phone",
    "access_log",
];

/// See the module.
pub struct Template {
    kind: Kind,
    place: Place,
    pub survey_id: i64,
    pub strata: Vec<String>,
    pub now_us: i64,
    next: AtomicU64,
    copies: PathBuf,
}

impl Template {
    pub async fn new(kind: Kind, release: &'static str) -> Template {
        let floor = Floor::new(kind).await;
        let plan = Plan {
            classes: vec![("1-1", 12), ("1-2", 9), ("1-3", 5)],
            rate: "0.4",
            lo: 3,
            hi: 4,
            release,
            whole_day: true,
            siblings: 3,
            ..Plan::default()
        };
        let survey_id = floor.fielded(&plan).await;
        let place = floor.stop().await;
        let mut db = Db::open(&place.url).await;
        let sql = format!("select name from stratum where survey_id = {survey_id} order by 1");
        let strata = db.rows(&sql).await.into_iter().map(|row| row[0].clone()).collect();
        for table in CHANGED {
            db.run(&format!("create table t_{table} as select * from {table}")).await;
        }
        drop(db);
        // shared memory where there is some: what is tested here is not the disk
        let memory = PathBuf::from("/dev/shm");
        let copies = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let copies = copies.join(format!("canvass-sim-{}-{release}", std::process::id()));
        std::fs::create_dir_all(&copies).unwrap();
        let next = AtomicU64::new(0);
        Template { kind, place, survey_id, strata, now_us: EVENING_US, next, copies }
    }

    /// Puts a copy back to where it began.
    pub async fn begin_again(db: &mut Db) {
        let back = |table: &str| {
            format!("delete from {table}; insert into {table} select * from t_{table};")
        };
        let all: String = CHANGED.iter().map(|table| back(table)).collect();
        db.run(&format!("begin; {all} commit;")).await;
    }

    /// A fresh copy, open, and the judge's own connection to it.
    pub async fn copy(&self) -> (Store, Db) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let url = match self.kind {
            Kind::Sqlite => {
                let name = self.copies.join(format!("{number}.db"));
                let from = self.place.url.strip_prefix("sqlite:").unwrap();
                std::fs::copy(from, &name).unwrap();
                format!("sqlite:{}", name.display())
            }
            Kind::Postgres => copy_of(&self.place.url, number),
        };
        let store = Store::open(&url, Migrate::Never, Durability::Normal).await.unwrap();
        (store, Db::open(&url).await)
    }
}

/// A new database with everything that another holds; nobody may be connected to that.
fn copy_of(url: &str, number: u64) -> String {
    let from = url.split('?').next().and_then(|head| head.rsplit('/').next()).unwrap();
    let name = format!("{from}c{number}");
    let admin = url.replacen(&format!("/{from}?"), "/postgres?", 1);
    psql(&admin, &format!("create database {name} template {from}"));
    url.replacen(&format!("/{from}?"), &format!("/{name}?"), 1)
}

impl Drop for Template {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.copies);
    }
}
