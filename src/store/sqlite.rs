//! SQLite, the embedded default: WAL, one writer connection, one server a file.

use super::{Durability, MIGRATOR, Migrate, dialect::classify};
use crate::error::{Error, Result};
use crate::msg;
use sqlx::{
    ConnectOptions, Connection, SqliteConnection,
    sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
    },
};
use std::{
    fs::{File, OpenOptions},
    io::ErrorKind,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Readers that do not wait for the writer.
const READERS: u32 = 4;
/// A file of up to so many bytes is checked before anything is served (some 100 ms).
const CHECKED_FIRST: u64 = 64 * 1024 * 1024;
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
    if matches!(migrate, Migrate::Never) && !path.exists() {
        return Err(Error::invalid("db", msg!("store.older")));
    }
    let lock = Arc::new(lock(&path)?);
    make_private(&path)?;
    let synchronous = match durability {
        Durability::Full => SqliteSynchronous::Full,
        Durability::Normal => SqliteSynchronous::Normal,
    };
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .busy_timeout(Duration::from_secs(10))
        .statement_cache_capacity(STATEMENTS)
        // a list of a thousand rows would be written out for being slow
        .disable_statement_logging();
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(Duration::from_secs(30))
        .after_release(|link, _| Box::pin(is_idle(link)))
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
        Migrate::Never => {
            let found = sqlx::query_scalar(super::postgres::VERSION).fetch_one(&writer).await;
            super::postgres::check_schema(found.or_else(super::postgres::no_schema)?)?;
        }
    }
    let size = path.metadata().map_or(0, |file| file.len());
    if size <= CHECKED_FIRST {
        check(&writer, &path).await?;
    } else {
        tokio::spawn(check_beside(readers.clone(), path.clone()));
    }
    Ok(Sqlite { writer, readers, path, lock })
}

/// Whether the file is what SQLite left of it: every page is read.
async fn check(pool: &SqlitePool, path: &Path) -> Result<()> {
    let sound: String =
        sqlx::query_scalar("pragma quick_check(1)").fetch_one(pool).await.map_err(classify)?;
    if sound == "ok" {
        return Ok(());
    }
    Err(Error::invalid("db", msg!("store.damaged", path = path.display(), why = sound)))
}

/// The same of a large file, while work has begun: after a kill nobody waits for it. Damage ends the
/// process (exit code 74), as an error of the disk does.
async fn check_beside(readers: SqlitePool, path: PathBuf) {
    match check(&readers, &path).await {
        Err(error @ Error::Invalid(_)) => {
            tracing::error!(%error, "the database file is damaged; stopping");
            std::process::exit(74);
        }
        // it was closed meanwhile, or did not answer: the next start asks again
        Err(error) => tracing::warn!(%error, "the database file could not be checked"),
        Ok(()) => tracing::debug!("the database file is sound"),
    }
}

/// Whether a connection that is given back can begin again. After some errors, as on a full disk, SQLite
/// has rolled back by itself and the driver still counts a transaction: that one is replaced.
async fn is_idle(link: &mut SqliteConnection) -> sqlx::Result<bool> {
    // what was left to roll back is done before the answer
    link.ping().await?;
    Ok(!link.is_in_transaction())
}

/// Takes a database file for this process; given back when dropped.
pub fn lock(path: &Path) -> Result<File> {
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

/// A new database is its owner's alone to read: it holds names and phones. SQLite gives its other
/// files the mode of this one.
pub fn make_private(path: &Path) -> Result<()> {
    match OpenOptions::new().create_new(true).write(true).mode(0o600).open(path) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => {
            Err(Error::invalid("db", msg!("store.cannot_open", path = path.display(), why = e)))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

/// SQLite's codes for a disk that failed to write, sync, truncate or sync a folder. A full disk is
/// another code: writes are refused, nothing is lost.
const DISK_FAILED: [&str; 4] = ["778", "1034", "1546", "1290"];

/// Ends the process (exit code 74) if an error says that the disk failed: the kernel may have
/// dropped what it could not write, and nothing may be acknowledged on top of that.
pub fn stop_on_failed_disk(error: &sqlx::Error) {
    let sqlx::Error::Database(db) = error else { return };
    if db.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some()
        && db.code().is_some_and(|code| DISK_FAILED.contains(&code.as_ref()))
    {
        tracing::error!(code = ?db.code(), "the disk reported an error while writing; stopping");
        std::process::exit(74);
    }
}

/// A commit that failed: its outcome is unknown, the client repeats its request.
pub fn commit_failed(error: sqlx::Error) -> Error {
    stop_on_failed_disk(&error);
    Error::Busy(error.into())
}
