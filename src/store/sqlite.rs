//! SQLite, the embedded default: WAL, one writer connection, one server a file.

use super::{Durability, MIGRATOR, Migrate, dialect::classify};
use crate::error::{Error, Result};
use crate::msg;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use std::{
    fs::{File, OpenOptions},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Readers that do not wait for the writer.
const READERS: u32 = 4;
/// Statements kept prepared per connection: value lists of many sizes.
const STATEMENTS: usize = 600;

/// An open file.
#[derive(Clone)]
pub struct Sqlite {
    pub writer: SqlitePool,
    pub readers: SqlitePool,
    pub path: PathBuf,
    /// Held until the store is closed: a second server on the same file is refused.
    pub lock: Arc<File>,
}

/// Opens or makes the file.
pub async fn open(path: &str, migrate: Migrate, durability: Durability) -> Result<Sqlite> {
    let path = PathBuf::from(path);
    let lock = Arc::new(lock(&path)?);
    let synchronous = match durability {
        Durability::Full => SqliteSynchronous::Full,
        Durability::Normal => SqliteSynchronous::Normal,
    };
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .busy_timeout(Duration::from_secs(10))
        .statement_cache_capacity(STATEMENTS);
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(Duration::from_secs(30))
        .connect_with(options.clone())
        .await
        .map_err(|e| {
            Error::invalid("db", msg!("store.cannot_open", path = path.display(), why = e))
        })?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(Duration::from_secs(30))
        .connect_lazy_with(options.read_only(false));
    match migrate {
        Migrate::Auto => MIGRATOR.run(&writer).await.map_err(super::postgres::migration)?,
        Migrate::Never => super::postgres::check_schema(
            sqlx::query_scalar("select max(version) from _sqlx_migrations")
                .fetch_one(&writer)
                .await
                .map_err(classify)?,
        )?,
    }
    let sound: String =
        sqlx::query_scalar("pragma quick_check(1)").fetch_one(&writer).await.map_err(classify)?;
    if sound != "ok" {
        return Err(Error::invalid(
            "db",
            msg!("store.damaged", path = path.display(), why = sound),
        ));
    }
    Ok(Sqlite { writer, readers, path, lock })
}

fn lock(path: &Path) -> Result<File> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file =
        OpenOptions::new().create(true).truncate(false).write(true).open(&name).map_err(|e| {
            Error::invalid("db", msg!("store.cannot_open", path = path.display(), why = e))
        })?;
    file.try_lock()
        .map_err(|_| Error::invalid("db", msg!("store.locked", path = path.display())))?;
    Ok(file)
}

/// A commit that failed. After an error of fsync or write the file's state is unknown: the process
/// must not go on, so that nothing is acknowledged on top of it (I/O error 10, full disk excepted).
pub fn commit_failed(error: sqlx::Error) -> Error {
    if let sqlx::Error::Database(db) = &error
        && db.code().and_then(|c| c.parse::<i64>().ok()).is_some_and(|c| c & 0xff == 10)
    {
        tracing::error!(code = ?db.code(), "the disk reported an error while committing; stopping");
        std::process::exit(74);
    }
    Error::Busy(error.into())
}
