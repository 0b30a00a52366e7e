//! What a database says of itself: its clock, its connections, its place.

use super::{Backend, Connections, Result, Store, connections};

impl Store {
    /// The database's own clock, where it is the one to follow (PostgreSQL).
    pub async fn clock_us(&self) -> Result<Option<i64>> {
        match &self.backend {
            Backend::Sqlite(_) => Ok(None),
            Backend::Postgres(db) => db.clock_us().await.map(Some),
        }
    }

    /// Connections that other programs of ours have to this database (PostgreSQL).
    pub async fn others(&self) -> Result<i64> {
        match &self.backend {
            Backend::Sqlite(_) => Ok(0),
            Backend::Postgres(db) => db.others().await,
        }
    }

    /// Ends connections of ours whose line died in the middle of a message, with a transaction open
    /// (PostgreSQL); how many there were.
    pub async fn end_silent(&self) -> Result<i64> {
        match &self.backend {
            Backend::Sqlite(_) => Ok(0),
            Backend::Postgres(db) => db.end_silent().await,
        }
    }

    /// The file of an SQLite database.
    pub fn path(&self) -> Option<&std::path::Path> {
        match &self.backend {
            Backend::Sqlite(db) => Some(&db.path),
            Backend::Postgres(_) => None,
        }
    }

    /// `sqlite` or `postgres`, for logs.
    pub fn kind(&self) -> &'static str {
        match &self.backend {
            Backend::Sqlite(_) => "sqlite",
            Backend::Postgres(_) => "postgres",
        }
    }

    /// Its pools of connections as they stand.
    pub fn connections(&self) -> Vec<Connections> {
        match &self.backend {
            Backend::Sqlite(db) => {
                vec![connections("writer", &db.writer), connections("readers", &db.readers)]
            }
            Backend::Postgres(db) => {
                vec![connections("shared", &db.pool), connections("batches", &db.batches)]
            }
        }
    }
}
