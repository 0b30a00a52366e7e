//! PostgreSQL: several replicas of the service share one server.

use super::{MIGRATOR, Migrate, dialect::classify, notice};
use crate::error::{Error, Result};
use crate::msg;
use sqlx::{
    ConnectOptions, Connection, PgConnection, Transaction,
    postgres::{PgConnectOptions, PgPool, PgPoolOptions},
};
use std::{
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Connections a replica opens at the most, and as many of its own for batches.
const CONNECTIONS: u32 = 16;
const BATCHES: u32 = 8;
/// Statements kept prepared per connection: all that there are.
const STATEMENTS: usize = 300;

/// What the connections call themselves, and those for batches.
const NAME: &str = "canvass";
const BATCH_NAME: &str = "canvass batch";
/// The database notices within 25 s that a machine of ours has gone without a word; the system's own
/// default is two hours. On a socket of the same machine it means nothing.
const KEEPALIVE: [(&str, &str); 3] = [
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
];

/// How long a connection that is taken from the pool or given back may take to answer.
const PING_WITHIN: Duration = Duration::from_secs(2);
/// How long a call may wait for a connection; also what the pool's pauses between attempts follow
/// from: a fifth of it at the most.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// No statement takes longer. The machine of a database may go without a word, and TCP then waits for
/// ever for an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(120);
/// How long a batch may take in all, and how long the database waits for one: it holds others up.
const BRIEF: Duration = Duration::from_secs(6);
/// A connection that was idle for longer is asked whether it is there before it is used.
const FRESH: Duration = Duration::from_secs(1);
/// How long a single look may take that others wait for: at a token, at the clock.
const LOOK: Duration = Duration::from_secs(4);

/// An open pool.
#[derive(Clone)]
pub struct Postgres {
    pub pool: PgPool,
    /// Connections that run batches and nothing else: few, and each soon has every statement of a batch
    /// prepared and planned.
    pub batches: PgPool,
    /// Commits of which nobody knows whether the standby has them.
    pub doubts: Arc<Doubts>,
}

/// Commits that ended with a warning, with an error or without an answer: what stands here may be
/// missing on the standby.
#[derive(Debug, Default)]
pub struct Doubts {
    raised: AtomicU64,
    settled: AtomicU64,
}

/// A commit under way; dropped before it is known to be confirmed, it raises a doubt.
struct Open<'d>(Option<&'d Doubts>);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if let Some(doubts) = self.0 {
            doubts.raised.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Connects and brings the schema up to date; several replicas starting together migrate once.
pub async fn open(url: &str, migrate: Migrate) -> Result<Postgres> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| Error::invalid("db", msg!("store.bad_url")))?
        .application_name(NAME)
        .statement_cache_capacity(STATEMENTS)
        .disable_statement_logging();
    let options = options.options(KEEPALIVE);
    let patient = [("idle_in_transaction_session_timeout", "30s"), ("lock_timeout", "20s")];
    let brief = [("idle_in_transaction_session_timeout", "5s"), ("lock_timeout", "5s")];
    // one connection first: a pool only says that it waited in vain
    let cannot = |e: sqlx::Error| Error::invalid("db", msg!("store.cannot_connect", why = e));
    let first = PgConnection::connect_with(&options);
    let first = tokio::time::timeout(Duration::from_secs(15), first).await;
    first.map_err(|_| cannot(sqlx::Error::PoolTimedOut))?.map_err(cannot)?.close().await.ok();
    let open = |most, options| pool_of(most).connect_lazy_with(options);
    let pool = open(CONNECTIONS, options.clone().options(patient));
    let batches = open(BATCHES, options.application_name(BATCH_NAME).options(brief));
    notice::check(&pool).await?;
    match migrate {
        Migrate::Auto => MIGRATOR.run(&pool).await.map_err(migration)?,
        Migrate::Never => {
            let found = sqlx::query_scalar(VERSION).fetch_one(&pool).await;
            check_schema(found.or_else(no_schema)?)?;
        }
    }
    Ok(Postgres { pool, batches, doubts: Arc::default() })
}

fn pool_of(most: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(CONNECT_WITHIN)
        // the pool's own test has no limit of time
        .test_before_acquire(false)
        .before_acquire(|link, seen| {
            Box::pin(
                async move { if seen.idle_for < FRESH { Ok(true) } else { answers(link).await } },
            )
        })
        .after_release(|link, _| Box::pin(answers(link)))
}

impl Postgres {
    /// The server's clock; a plain select that takes part in no decision.
    pub async fn clock_us(&self) -> Result<i64> {
        let now = "select cast(extract(epoch from clock_timestamp()) * 1000000 as bigint)";
        in_time(LOOK, sqlx::query_scalar(now).fetch_one(&self.pool)).await.map_err(classify)
    }
}

/// Whether a connection still leads to the database; one that does not is closed and replaced.
async fn answers(link: &mut PgConnection) -> sqlx::Result<bool> {
    in_time(PING_WITHIN, link.ping()).await.map(|()| true)
}

/// What the database answers, or that it did not in time.
async fn in_time<T>(
    within: Duration,
    work: impl Future<Output = sqlx::Result<T>>,
) -> sqlx::Result<T> {
    let late = || sqlx::Error::Io(std::io::ErrorKind::TimedOut.into());
    tokio::time::timeout(within, work).await.map_err(|_| late())?
}

/// The answer to a statement.
pub async fn answer<T>(work: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    in_time(ANSWER_WITHIN, work).await
}

fn late<E>(_: E) -> Error {
    Error::Busy("the database did not answer in time".into())
}

/// What a batch comes to, in time.
pub async fn briefly<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(BRIEF, work).await.map_err(late)?
}

/// What a look comes to, in time.
pub async fn look<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(LOOK, work).await.map_err(late)?
}

impl Postgres {
    /// Connections of other processes of ours: all that say so, without this pool's own.
    pub async fn others(&self) -> Result<i64> {
        let all: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity where datname = current_database() \
             and application_name in ($1, $2)",
        )
        .bind(NAME)
        .bind(BATCH_NAME)
        .fetch_one(&self.pool)
        .await
        .map_err(classify)?;
        Ok(all - i64::from(self.pool.size() + self.batches.size()))
    }
}

impl Postgres {
    /// Ends connections of ours whose line died in the middle of a message: their backend waits for the
    /// rest with a transaction open, and no limit of time holds for that (to PostgreSQL it is active,
    /// neither idle nor at a statement). Answers how many there were. Whoever used one has given up: a
    /// batch after [`BRIEF`], others after the limit for an idle transaction.
    pub async fn end_silent(&self) -> Result<i64> {
        let end = "select count(*) filter (where pg_terminate_backend(pid)) from pg_stat_activity \
             where datname = current_database() and usename = current_user and xact_start is not null \
             and wait_event = 'ClientRead' and (application_name = $1 \
             and state_change < clock_timestamp() - interval '10 seconds' or application_name = $2 \
             and state_change < clock_timestamp() - interval '45 seconds')";
        let end = sqlx::query_scalar(end).bind(BATCH_NAME).bind(NAME).fetch_one(&self.pool);
        in_time(LOOK, end).await.map_err(classify)
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

/// Commits, and answers for it only if the server did so without a warning. After one that was not
/// confirmed, even a transaction that changed nothing (the repeat of a request) must commit something
/// that the standby confirms: a later commit is confirmed only together with all before it.
///
/// # Errors
/// [`Error::Busy`]: the outcome is unknown, the client repeats its request.
pub async fn commit(mut tx: Transaction<'static, sqlx::Postgres>, doubts: &Doubts) -> Result<()> {
    let raised = doubts.raised.load(Ordering::SeqCst);
    if doubts.settled.load(Ordering::SeqCst) < raised {
        let mark = "select pg_logical_emit_message(true, 'canvass', 'confirm')";
        answer(sqlx::query(mark).execute(&mut *tx)).await.map_err(classify)?;
    }
    let mut open = Open(Some(doubts));
    let (done, warned) = notice::heard(answer(tx.commit())).await;
    done.map_err(|error| Error::Busy(error.into()))?;
    if warned {
        tracing::error!("a commit was not confirmed by the standby: nothing of it is acknowledged");
        return Err(Error::Busy("the commit was not confirmed by the standby".into()));
    }
    open.0 = None;
    doubts.settled.fetch_max(raised, Ordering::SeqCst);
    Ok(())
}
