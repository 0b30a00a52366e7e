//! Memory: one store over two databases. Every statement is written once, in `sql/`, by subject;
//! what truly differs between SQLite and PostgreSQL stands in `dialect.rs`, `sqlite.rs` and
//! `postgres.rs`. The store decides nothing and knows no clock: times and numbers are arguments.

pub mod dialect;
mod notice;
mod postgres;
mod sql;
mod sqlite;

use crate::error::Result;
use crate::msg;
use dialect::{Arg, Link, Row, classify, marks, value_list};
use sqlx::{AssertSqlSafe, Postgres, SqlSafeStr, Sqlite, Transaction};
use std::sync::{Arc, atomic::AtomicBool};

pub use notice::notices;
pub use sql::*;

/// Whether starting brings the schema up to date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Migrate {
    /// Missing migrations are run.
    #[default]
    Auto,
    /// A schema that is not up to date is refused.
    Never,
}

/// The database of this installation.
#[derive(Clone)]
pub struct Store(Backend);

#[derive(Clone)]
enum Backend {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

/// How an SQLite file is kept; PostgreSQL has its own settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// `synchronous = FULL`: an acknowledged write survives loss of power.
    #[default]
    Full,
    /// `synchronous = NORMAL`: it survives a kill, the last ones may go with the power (demo).
    Normal,
}

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

impl Store {
    /// Opens `sqlite:PATH` or `postgres://…` and brings its schema up to date.
    ///
    /// # Errors
    /// An address of neither kind, a file that another server holds, a schema newer than this
    /// program, a database that does not answer.
    pub async fn open(url: &str, migrate: Migrate, durability: Durability) -> Result<Store> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.trim_start_matches("//");
            Ok(Store(Backend::Sqlite(sqlite::open(path, migrate, durability).await?)))
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Ok(Store(Backend::Postgres(postgres::open(url, migrate).await?)))
        } else {
            Err(crate::error::Error::invalid("db", msg!("store.bad_url")))
        }
    }

    /// Begins a transaction that may write.
    pub async fn begin(&self) -> Result<Tx> {
        match &self.0 {
            Backend::Sqlite(db) => {
                let tx = db.writer.begin_with("begin immediate").await.map_err(classify)?;
                Ok(Tx::new(Inner::Sqlite(tx)))
            }
            Backend::Postgres(db) => {
                let tx = db.pool.begin().await.map_err(classify)?;
                Ok(Tx::new(Inner::Postgres(tx, db.unconfirmed.clone())))
            }
        }
    }

    /// Begins a transaction that only reads, all of it at one instant of commit order.
    pub async fn read(&self) -> Result<Tx> {
        match &self.0 {
            Backend::Sqlite(db) => {
                Ok(Tx::new(Inner::Sqlite(db.readers.begin().await.map_err(classify)?)))
            }
            Backend::Postgres(db) => {
                let begin = "begin isolation level repeatable read read only";
                let tx = db.pool.begin_with(begin).await.map_err(classify)?;
                Ok(Tx::new(Inner::Postgres(tx, db.unconfirmed.clone())))
            }
        }
    }

    /// The users of live tokens and whether they may reach a survey (0 = none asked about), in one
    /// statement: every call of every client begins with it.
    pub async fn admissions(
        &self,
        token_hashes: &[[u8; 32]],
        survey_id: i64,
        now_us: i64,
    ) -> Result<Vec<Admission>> {
        let list = value_list(2, 1, token_hashes.len());
        let text = AssertSqlSafe(ADMISSIONS.replace("{values}", &list));
        let mut args = dialect::args![survey_id, now_us];
        args.extend(token_hashes.iter().map(|hash| Arg::from(*hash)));
        match &self.0 {
            Backend::Sqlite(db) => {
                let mut link = db.readers.acquire().await.map_err(classify)?;
                Link::Sqlite(&mut link).all(text, args).await
            }
            Backend::Postgres(db) => {
                let mut link = db.pool.acquire().await.map_err(classify)?;
                Link::Postgres(&mut link).all(text, args).await
            }
        }
    }

    /// The database's own clock, where it is the one to follow (PostgreSQL).
    pub async fn clock_us(&self) -> Result<Option<i64>> {
        match &self.0 {
            Backend::Sqlite(_) => Ok(None),
            Backend::Postgres(db) => db.clock_us().await.map(Some),
        }
    }

    /// The file of an SQLite database.
    pub fn path(&self) -> Option<&std::path::Path> {
        match &self.0 {
            Backend::Sqlite(db) => Some(&db.path),
            Backend::Postgres(_) => None,
        }
    }

    /// `sqlite` or `postgres`, for logs.
    pub fn kind(&self) -> &'static str {
        match &self.0 {
            Backend::Sqlite(_) => "sqlite",
            Backend::Postgres(_) => "postgres",
        }
    }

    /// Waits for what is under way and closes every connection.
    pub async fn close(&self) {
        match &self.0 {
            Backend::Sqlite(db) => {
                db.readers.close().await;
                db.writer.close().await;
                if let Err(error) = db.lock.unlock() {
                    tracing::warn!(%error, "the lock of the database file could not be given back");
                }
            }
            Backend::Postgres(db) => db.pool.close().await,
        }
    }
}

/// One transaction. Dropped without [`Tx::commit`], it never happened.
pub struct Tx {
    inner: Inner,
    /// Statements so far, its beginning included.
    statements: u64,
}

enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>, Arc<AtomicBool>),
}

/// The largest number of arguments sent in one statement (the limits are 65,535 and 32,766), and of
/// numbered ones on SQLite, where binding these takes time in the square of their number.
const ARGS_MAX: (usize, usize) = (30_000, 1_500);

impl Tx {
    const fn new(inner: Inner) -> Tx {
        Tx { inner, statements: 1 }
    }

    /// Statements sent so far, its beginning included.
    pub const fn statements(&self) -> u64 {
        self.statements
    }

    /// Makes it happen. An error here means that the outcome is unknown: the caller says so
    /// ([`crate::error::Error::Busy`]) and the client repeats its `request_id`.
    pub async fn commit(self) -> Result<()> {
        match self.inner {
            Inner::Sqlite(tx) => tx.commit().await.map_err(sqlite::commit_failed),
            Inner::Postgres(tx, unconfirmed) => postgres::commit(tx, &unconfirmed).await,
        }
    }

    fn link(&mut self) -> Link<'_> {
        match &mut self.inner {
            Inner::Sqlite(tx) => Link::Sqlite(tx),
            Inner::Postgres(tx, _) => Link::Postgres(tx),
        }
    }

    const fn is_postgres(&self) -> bool {
        matches!(self.inner, Inner::Postgres(..))
    }

    async fn run(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<u64> {
        self.statements += 1;
        self.link().run(sql, args).await
    }

    async fn all<T: Row>(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<Vec<T>> {
        self.statements += 1;
        self.link().all(sql, args).await
    }

    async fn maybe<T: Row>(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<Option<T>> {
        self.statements += 1;
        self.link().maybe(sql, args).await
    }

    /// The first column of the first row, a whole number; 0 where there is no row.
    async fn number(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<i64> {
        Ok(self.maybe::<(i64,)>(sql, args).await?.map_or(0, |(n,)| n))
    }

    /// `insert into … (survey_id, …) {values}`: every row begins with the shared argument.
    async fn insert(
        &mut self,
        into: &'static str,
        shared: Arg,
        rows: Vec<Vec<Arg>>,
    ) -> Result<u64> {
        let Some(columns) = rows.first().map(|row| row.len() + 1) else { return Ok(0) };
        let mut done = 0;
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let chunk: Vec<_> = rows.by_ref().take((ARGS_MAX.0 / columns).max(1)).collect();
            let list = if self.is_postgres() {
                value_list(0, columns, chunk.len())
            } else {
                marks(columns, chunk.len())
            };
            let whole = |row: Vec<Arg>| std::iter::once(shared.clone()).chain(row);
            let args = chunk.into_iter().flat_map(whole).collect();
            done += self.run(AssertSqlSafe(format!("{into} values {list}")), args).await?;
        }
        Ok(done)
    }

    /// Runs `text` with its `{values}` replaced by the list of `rows`; `shared` arguments come first.
    async fn with_rows(
        &mut self,
        text: &'static str,
        shared: Vec<Arg>,
        rows: Vec<Vec<Arg>>,
    ) -> Result<u64> {
        let Some(columns) = rows.first().map(Vec::len) else { return Ok(0) };
        let most = if self.is_postgres() { ARGS_MAX.0 } else { ARGS_MAX.1 };
        let mut done = 0;
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let chunk: Vec<_> = rows.by_ref().take((most / columns.max(1)).max(1)).collect();
            let list = value_list(shared.len(), columns, chunk.len());
            let args = shared.iter().cloned().chain(chunk.into_iter().flatten()).collect();
            done += self.run(AssertSqlSafe(text.replace("{values}", &list)), args).await?;
        }
        Ok(done)
    }

    /// Rows of `text` for a list of keys given as `{values}`. The text must read `from v cross join T`:
    /// SQLite then goes through the list and looks each key up, whatever it guesses about sizes; with
    /// a plain join it reads the whole table once the list is longer than some dozens (a million
    /// lines, a list of 1,000: 39 s instead of 0.02 s).
    async fn all_of<T: Row>(
        &mut self,
        text: &'static str,
        shared: Vec<Arg>,
        keys: Vec<Vec<Arg>>,
    ) -> Result<Vec<T>> {
        let Some(columns) = keys.first().map(Vec::len) else { return Ok(Vec::new()) };
        let list = value_list(shared.len(), columns, keys.len());
        let args = shared.into_iter().chain(keys.into_iter().flatten()).collect();
        self.all(AssertSqlSafe(text.replace("{values}", &list)), args).await
    }
}
