//! PostgreSQL: several replicas of the service share one server.

use super::{MIGRATOR, Migrate, dialect::classify, notice};
use crate::error::{Error, Result};
use crate::msg;
use sqlx::{
    Connection, PgConnection, Transaction,
    postgres::{PgConnectOptions, PgPool, PgPoolOptions},
};
use std::{
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Connections a replica opens at the most.
const CONNECTIONS: u32 = 16;
/// Statements kept prepared per connection: value lists of many sizes.
const STATEMENTS: usize = 600;

/// An open pool.
#[derive(Clone)]
pub struct Postgres {
    pub pool: PgPool,
    /// A commit ended with a warning: what stands here may be missing on the standby.
    pub unconfirmed: Arc<AtomicBool>,
}

/// Connects and brings the schema up to date; several replicas starting together migrate once.
pub async fn open(url: &str, migrate: Migrate) -> Result<Postgres> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| Error::invalid("db", msg!("store.bad_url")))?
        .application_name("canvass")
        .statement_cache_capacity(STATEMENTS)
        .options([("idle_in_transaction_session_timeout", "30s"), ("lock_timeout", "20s")]);
    // one connection first: a pool only says that it waited in vain
    let cannot = |e: sqlx::Error| Error::invalid("db", msg!("store.cannot_connect", why = e));
    let first = PgConnection::connect_with(&options);
    let first = tokio::time::timeout(Duration::from_secs(15), first).await;
    first.map_err(|_| cannot(sqlx::Error::PoolTimedOut))?.map_err(cannot)?.close().await.ok();
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(Duration::from_secs(30))
        .connect_with(options)
        .await
        .map_err(cannot)?;
    notice::check(&pool).await?;
    match migrate {
        Migrate::Auto => MIGRATOR.run(&pool).await.map_err(migration)?,
        Migrate::Never => {
            let found = sqlx::query_scalar(VERSION).fetch_one(&pool).await;
            check_schema(found.or_else(no_schema)?)?;
        }
    }
    Ok(Postgres { pool, unconfirmed: Arc::default() })
}

impl Postgres {
    /// The server's clock; a plain select that takes part in no decision.
    pub async fn clock_us(&self) -> Result<i64> {
        sqlx::query_scalar("select cast(extract(epoch from clock_timestamp()) * 1000000 as bigint)")
            .fetch_one(&self.pool)
            .await
            .map_err(classify)
    }
}

/// The version of the schema.
pub const VERSION: &str = "select max(version) from _sqlx_migrations";

/// A database without a schema has no version; other errors are errors.
pub fn no_schema(error: sqlx::Error) -> Result<Option<i64>> {
    let missing = error.as_database_error().is_some_and(|db| {
        db.code().is_some_and(|code| code == "42P01") || db.message().contains("no such table")
    });
    if missing { Ok(None) } else { Err(classify(error)) }
}

/// What a failed migration means.
pub fn migration(error: sqlx::migrate::MigrateError) -> Error {
    if let sqlx::migrate::MigrateError::VersionMissing(version) = error {
        Error::invalid("db", msg!("store.newer", version = version))
    } else {
        Error::Internal(error.into())
    }
}

/// Refuses a schema that is not this program's.
pub fn check_schema(found: Option<i64>) -> Result<()> {
    let wanted = MIGRATOR.iter().map(|m| m.version).max();
    match (found, wanted) {
        (Some(found), Some(wanted)) if found == wanted => Ok(()),
        (Some(found), Some(wanted)) if found > wanted => {
            Err(Error::invalid("db", msg!("store.newer", version = found)))
        }
        _ => Err(Error::invalid("db", msg!("store.older"))),
    }
}

/// Commits, and answers for it only if the server did so without a warning. After a warning even a
/// transaction that changed nothing (the repeat of a request) must commit something that the standby
/// confirms: a later commit is confirmed only together with all before it.
///
/// # Errors
/// [`Error::Busy`]: the outcome is unknown, the client repeats its request.
pub async fn commit(
    mut tx: Transaction<'static, sqlx::Postgres>,
    unconfirmed: &AtomicBool,
) -> Result<()> {
    if unconfirmed.load(Ordering::SeqCst) {
        let mark = "select pg_logical_emit_message(true, 'canvass', 'confirm')";
        sqlx::query(mark).execute(&mut *tx).await.map_err(classify)?;
    }
    let (done, warned) = notice::heard(tx.commit()).await;
    done.map_err(|error| Error::Busy(error.into()))?;
    unconfirmed.store(warned, Ordering::SeqCst);
    if warned {
        tracing::error!("a commit was not confirmed by the standby: nothing of it is acknowledged");
        return Err(Error::Busy("the commit was not confirmed by the standby".into()));
    }
    Ok(())
}
