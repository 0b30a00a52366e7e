//! PostgreSQL: several replicas of the service share one server.

use super::{MIGRATOR, Migrate, dialect::classify, notice};
use crate::error::{Error, Result};
use crate::msg;
use sqlx::{
    Transaction,
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
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(Duration::from_secs(30))
        .connect_with(options)
        .await
        .map_err(|e| Error::invalid("db", msg!("store.cannot_connect", why = e)))?;
    notice::check(&pool).await?;
    match migrate {
        Migrate::Auto => MIGRATOR.run(&pool).await.map_err(migration)?,
        Migrate::Never => check_schema(
            sqlx::query_scalar("select max(version) from _sqlx_migrations")
                .fetch_one(&pool)
                .await
                .map_err(classify)?,
        )?,
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
