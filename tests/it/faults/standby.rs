//! A commit that waits for a synchronous standby which never answers, and is cancelled, ends with
//! success and a warning. It is not acknowledged, and neither is what comes after it.

use crate::floor::{Kind, Place, cluster};
use canvass::{
    error::{Error, Result},
    store::{Durability, Migrate, Store},
};
use std::time::Duration;

/// Commits one row, cancelled by an administrator of the database while it waits.
async fn cancelled_commit(store: &Store, place: &Place, write: bool) -> Result<()> {
    let mut tx = store.begin().await.unwrap();
    if write {
        tx.create_installation(&[1; 32], 1).await.unwrap();
    } else {
        assert!(tx.installation().await.unwrap().is_some(), "it stands on this server");
    }
    let commit = tokio::spawn(tx.commit());
    waits(place).await;
    let cancel = "select pg_cancel_backend(pid) from pg_stat_activity \
                  where wait_event = 'SyncRep' and datname = current_database()";
    assert_eq!(cluster::psql(&place.url, cancel).trim(), "t");
    commit.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_the_standby_did_not_confirm_is_never_acknowledged() {
    let place = Place::new(Kind::Postgres);
    place.open().await.close().await;
    let url = format!("{}&options=-c%20synchronous_commit=on", place.url);
    let store = Store::open(&url, Migrate::Never, Durability::Full).await.unwrap();
    let done = cancelled_commit(&store, &place, true).await;
    assert!(matches!(done, Err(Error::Busy(_))), "{done:?}");
    // the repeat changes nothing, and yet waits for the standby
    let again = cancelled_commit(&store, &place, false).await;
    assert!(matches!(again, Err(Error::Busy(_))), "{again:?}");
    store.close().await;
}

/// Waits until a commit waits for the standby.
async fn waits(place: &Place) {
    for _ in 0..200 {
        let waiting = "select count(*) from pg_stat_activity \
                       where wait_event = 'SyncRep' and datname = current_database()";
        if cluster::psql(&place.url, waiting).trim() == "1" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("no commit waits for the standby");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_commit_without_an_answer_left_behind_is_not_acknowledged_by_a_repeat() {
    let place = Place::new(Kind::Postgres);
    place.open().await.close().await;
    let url = format!("{}&options=-c%20synchronous_commit=on", place.url);
    let store = Store::open(&url, Migrate::Never, Durability::Full).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    tx.create_installation(&[1; 32], 1).await.unwrap();
    let commit = tokio::spawn(tx.commit());
    waits(&place).await;
    // whoever waited for it goes away, and so does the connection: it stands on this server alone
    commit.abort();
    commit.await.unwrap_err();
    let end = "select pg_terminate_backend(pid) from pg_stat_activity \
               where wait_event = 'SyncRep' and datname = current_database()";
    assert_eq!(cluster::psql(&place.url, end).trim(), "t");
    let mut tx = loop {
        let mut tx = store.begin().await.unwrap();
        if tx.installation().await.unwrap().is_some() {
            break tx;
        }
    };
    assert!(tx.installation().await.unwrap().is_some());
    let repeat = tokio::time::timeout(Duration::from_secs(1), tx.commit()).await;
    assert!(repeat.is_err(), "acknowledged, and the standby has never heard of it: {repeat:?}");
    store.close().await;
}
