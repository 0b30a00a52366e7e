//! PostgreSQL: several replicas of the service share one server.

use super::{MIGRATOR, Migrate, dialect::classify};
use crate::error::{Error, Result};
use crate::msg;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use std::{str::FromStr, time::Duration};

/// Connections a replica opens at the most.
const CONNECTIONS: u32 = 16;
/// Statements kept prepared per connection: value lists of many sizes.
const STATEMENTS: usize = 600;

/// An open pool.
#[derive(Clone)]
pub struct Postgres {
    pub pool: PgPool,
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
    match migrate {
        Migrate::Auto => MIGRATOR.run(&pool).await.map_err(migration)?,
        Migrate::Never => check_schema(
            sqlx::query_scalar("select max(version) from _sqlx_migrations")
                .fetch_one(&pool)
                .await
                .map_err(classify)?,
        )?,
    }
    Ok(Postgres { pool })
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

/// A commit that failed: its outcome is unknown, the client repeats its request.
pub fn commit_failed(error: sqlx::Error) -> Error {
    Error::Busy(error.into())
}
