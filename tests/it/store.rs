//! The store's specification: every question it answers, asked on both databases.

mod access;
mod cases;
mod gauges;
mod roster;

use crate::floor::{Kind, Place, db::Db, hear};
use canvass::{
    model::SurveyRow,
    store::{Durability, Migrate, Store, Tx},
};

/// A store with its database behind it.
pub struct Fresh {
    pub store: Store,
    _place: Place,
}

pub async fn fresh(kind: Kind) -> Fresh {
    let place = Place::new(kind);
    Fresh { store: place.open().await, _place: place }
}

/// A transaction in which there are surveys: rows are added to no other.
pub async fn with_surveys(store: &Store, surveys: &[i64]) -> Tx {
    let mut tx = store.begin().await.unwrap();
    for survey_id in surveys {
        let (survey_id, name) = (*survey_id, format!("survey {survey_id}"));
        let survey = SurveyRow { survey_id, name, ..SurveyRow::default() };
        tx.insert_survey(&survey).await.unwrap();
    }
    tx
}

/// A store on the Citus coordinator that `CANVASS_TEST_CITUS_URL` names, an empty database of its own: one
/// case at a time has it to itself.
pub async fn on_citus() -> (Store, tokio::sync::MutexGuard<'static, ()>) {
    static ONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let turn = ONE.lock().await;
    hear();
    let url = std::env::var_os("CANVASS_TEST_CITUS_URL")
        .expect("CANVASS_TEST_CITUS_URL: the address of a Citus coordinator");
    let url = url.into_string().unwrap();
    let mut db = Db::open(&url).await;
    // not the schema: with it the extension itself would go
    let tables = "select tablename from pg_tables where schemaname = 'public'";
    for table in db.rows(tables).await {
        db.run(&format!("drop table if exists public.{} cascade", table[0])).await;
    }
    // a program connected before would not know the tables any more
    drop(Store::open(&url, Migrate::Auto, Durability::Full).await.unwrap());
    db.run(&format!("begin; {}; commit", include_str!("../../migrations/citus.sql"))).await;
    (Store::open(&url, Migrate::Never, Durability::Full).await.unwrap(), turn)
}

/// Runs each case on SQLite and on PostgreSQL, and on Citus where there is one:
/// `CANVASS_TEST_CITUS_URL=… cargo test --test it -- citus --ignored`.
macro_rules! on_every_store {
    ($($case:ident),+ $(,)?) => {
        mod sqlite { $(
            #[tokio::test]
            async fn $case() {
                let fresh = crate::store::fresh(crate::floor::Kind::Sqlite).await;
                super::$case(&fresh.store).await;
            }
        )+ }
        mod postgres { $(
            #[tokio::test]
            async fn $case() {
                let fresh = crate::store::fresh(crate::floor::Kind::Postgres).await;
                super::$case(&fresh.store).await;
            }
        )+ }
        mod citus { $(
            #[tokio::test]
            #[ignore = "Citus is not run without CANVASS_TEST_CITUS_URL"]
            async fn $case() {
                let (store, _turn) = crate::store::on_citus().await;
                super::$case(&store).await;
            }
        )+ }
    };
}
pub(crate) use on_every_store;
