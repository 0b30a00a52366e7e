//! Backups: a copy of an SQLite file while its server works, and a database that was restored gets a new
//! incarnation, so that nobody goes on with a lease of before (invariant L2).

use super::{Durability, Migrate, Store, dialect::classify, sqlite};
use crate::error::{Error, Result};
use crate::msg;
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

/// Where SQLite keeps what is not in the file yet.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn cannot(path: &Path) -> impl Fn(std::io::Error) -> Error + '_ {
    |why| Error::invalid("file", msg!("backup.cannot", path = path.display(), why = why))
}

/// Makes what was written there safe from a loss of power, its name included.
fn sync(path: &Path) -> Result<()> {
    File::open(path).and_then(|file| file.sync_all()).map_err(cannot(path))?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|file| file.sync_all()).map_err(cannot(folder))
}

/// Opens a file that is to be there, without making anything of it.
async fn open(path: &Path, read_only: bool) -> Result<SqliteConnection> {
    let options = SqliteConnectOptions::new().filename(path).read_only(read_only);
    let link = options.create_if_missing(false).disable_statement_logging().connect().await;
    link.map_err(|why| {
        Error::invalid("file", msg!("backup.cannot", path = path.display(), why = why))
    })
}

/// Whether every page is sound and it is a database of ours; its incarnation.
async fn check(path: &Path) -> Result<i64> {
    let damaged = |why: String| {
        Error::invalid("file", msg!("store.damaged", path = path.display(), why = why))
    };
    let mut link = open(path, true).await?;
    let sound: String = sqlx::query_scalar("pragma integrity_check(1)")
        .fetch_one(&mut link)
        .await
        .map_err(|why| damaged(why.to_string()))?;
    if sound != "ok" {
        return Err(damaged(sound));
    }
    let found = sqlx::query_scalar("select incarnation from installation");
    let found: Option<i64> =
        found.fetch_optional(&mut link).await.map_err(|why| damaged(why.to_string()))?;
    link.close().await.map_err(classify)?;
    found.ok_or_else(|| Error::invalid("file", msg!("backup.empty", path = path.display())))
}

/// Copies the database of an installation as it stands at one instant; its server may go on. The copy
/// is checked page by page before it gets its name. Answers its size in bytes.
///
/// # Errors
/// The file is there already, cannot be written, or the database is damaged.
pub async fn backup(database: &Path, to: &Path) -> Result<u64> {
    if to.exists() {
        return Err(Error::invalid("file", msg!("backup.exists", path = to.display())));
    }
    let half = with_end(to, ".part");
    // what an earlier try left behind
    let _ = fs::remove_file(&half);
    sqlite::make_private(&half)?;
    let done = copy(database, &half).await;
    if done.is_err() {
        let _ = fs::remove_file(&half);
    }
    done?;
    fs::rename(&half, to).map_err(cannot(to))?;
    sync(to)?;
    Ok(fs::metadata(to).map_err(cannot(to))?.len())
}

async fn copy(database: &Path, half: &Path) -> Result<()> {
    let mut link = open(database, false).await?;
    let name = half.display().to_string();
    sqlx::query("vacuum into $1").bind(name).execute(&mut link).await.map_err(|why| {
        Error::invalid("file", msg!("backup.cannot", path = half.display(), why = why))
    })?;
    link.close().await.map_err(classify)?;
    check(half).await.map(drop)
}

/// Puts a backup in the place of a database. One that is there already is kept beside it under the name
/// that is answered.
///
/// # Errors
/// A server has the database open, the backup is damaged or newer than this program, or there is a
/// database and `replace` was not said.
pub async fn restore(
    from: &Path,
    database: &Path,
    replace: bool,
    now_us: i64,
) -> Result<Option<PathBuf>> {
    let lock = sqlite::lock(database)?;
    let before = check(from).await?;
    let there = database.exists();
    if there && !replace {
        return Err(Error::invalid("db", msg!("backup.there", path = database.display())));
    }
    let known = if there { check(database).await.unwrap_or(0) } else { 0 };
    let half = with_end(database, ".restored");
    let _ = fs::remove_file(&half);
    sqlite::make_private(&half)?;
    fs::copy(from, &half).map_err(cannot(&half))?;
    let url = format!("sqlite:{}", half.display());
    let store = Store::open(&url, Migrate::Auto, Durability::Full).await?;
    begin_anew(&store, before.max(known), now_us).await?;
    store.close().await;
    for end in BESIDE.iter().chain([&".lock"]) {
        let _ = fs::remove_file(with_end(&half, end));
    }
    let kept = there.then(|| with_end(database, &format!(".before-{}", now_us / 1_000_000)));
    if let Some(kept) = &kept {
        fs::rename(database, kept).map_err(cannot(kept))?;
        for end in BESIDE {
            let beside = with_end(database, end);
            if beside.exists() {
                fs::rename(&beside, with_end(kept, end)).map_err(cannot(&beside))?;
            }
        }
    }
    fs::rename(&half, database).map_err(cannot(database))?;
    sync(database)?;
    drop(lock);
    Ok(kept)
}

/// Tells a PostgreSQL database that it was restored.
///
/// # Errors
/// A server is connected to it, or it holds no installation.
pub async fn restored(url: &str, now_us: i64) -> Result<()> {
    let store = Store::open(url, Migrate::Auto, Durability::Full).await?;
    if store.others().await? > 0 {
        return Err(Error::invalid("db", msg!("backup.serving")));
    }
    let found = store.read().await?.installation().await?;
    let before = found.ok_or_else(|| Error::invalid("db", msg!("backup.no_installation")))?;
    begin_anew(&store, before.incarnation, now_us).await?;
    store.close().await;
    Ok(())
}

/// A number that no database restored before or after has: at least the time in seconds, so that two
/// restores of one backup differ.
async fn begin_anew(store: &Store, before: i64, now_us: i64) -> Result<()> {
    let mut tx = store.begin().await?;
    tx.set_incarnation((before + 1).max(now_us / 1_000_000)).await?;
    tx.commit().await
}
