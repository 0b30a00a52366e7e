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
    for _ in 0..200 {
        let cancel = "select pg_cancel_backend(pid) from pg_stat_activity \
                      where wait_event = 'SyncRep' and datname = current_database()";
        if cluster::psql(&place.url, cancel).contains('t') {
            return commit.await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the commit does not wait for the standby");
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
