//! The store's specification: every question it answers, asked on both databases.

mod access;
mod cases;
mod roster;

use crate::floor::{Kind, Place};
use canvass::store::Store;

/// A store with its database behind it.
pub struct Fresh {
    pub store: Store,
    _place: Place,
}

pub async fn fresh(kind: Kind) -> Fresh {
    let place = Place::new(kind);
    Fresh { store: place.open().await, _place: place }
}

/// Runs each case on SQLite and on PostgreSQL.
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
    };
}
pub(crate) use on_every_store;
