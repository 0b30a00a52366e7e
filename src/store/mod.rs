//! Memory: one store over two databases. Every statement is written once, in `sql/`, by subject;
//! what truly differs between SQLite and PostgreSQL stands in `dialect.rs`, `sqlite.rs` and
//! `postgres.rs`. The store decides nothing and knows no clock: times and numbers are arguments.

mod about;
mod backup;
pub mod dialect;
mod notice;
mod postgres;
mod sql;
mod sqlite;
mod weather;

use crate::error::{Error, Result};
use crate::msg;
use dialect::{Arg, Link, Row, classify, given, marks, numbers};
use sqlx::{AssertSqlSafe, Postgres, SqlSafeStr, Sqlite, Transaction};
use std::sync::Arc;

pub use backup::{backup, restore, restored};
pub use notice::notices;
pub use sql::*;
pub use weather::{Moment, Weather};

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
pub struct Store {
    backend: Backend,
    weather: Option<Arc<dyn Weather>>,
}

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

/// A pool of connections to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// `writer` and `readers` on SQLite, `shared` on PostgreSQL.
    pub pool: &'static str,
    /// Lent out now.
    pub in_use: usize,
    /// Open and not lent out.
    pub idle: usize,
    /// How many there may be.
    pub max: u32,
}

fn connections<D: sqlx::Database>(pool: &'static str, of: &sqlx::Pool<D>) -> Connections {
    // two readings, between which one may have been lent out
    let (idle, open) = (of.num_idle(), of.size() as usize);
    let max = of.options().get_max_connections();
    Connections { pool, in_use: open.saturating_sub(idle), idle: idle.min(open), max }
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
            let db = sqlite::open(path, migrate, durability).await?;
            Ok(Store { backend: Backend::Sqlite(db), weather: None })
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let db = postgres::open(url, migrate).await?;
            Ok(Store { backend: Backend::Postgres(db), weather: None })
        } else {
            Err(Error::invalid("db", msg!("store.bad_url")))
        }
    }

    /// The same database, with every transaction begun here under a weather of its own.
    #[must_use]
    pub fn under(&self, weather: Arc<dyn Weather>) -> Store {
        Store { backend: self.backend.clone(), weather: Some(weather) }
    }

    /// Begins a transaction that may write.
    pub async fn begin(&self) -> Result<Tx> {
        self.begin_in(false).await
    }

    /// Begins one that holds others up: it ends soon, also on the database's side.
    pub async fn begin_brief(&self) -> Result<Tx> {
        self.begin_in(true).await
    }

    /// Does something that holds others up. Where the database is another machine it ends in time,
    /// one way or the other: an answer may never come.
    pub async fn briefly<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        match &self.backend {
            Backend::Sqlite(_) => work.await,
            Backend::Postgres(_) => postgres::briefly(work).await,
        }
    }

    async fn begin_in(&self, brief: bool) -> Result<Tx> {
        weather::ask(self.weather.as_ref(), Moment::Begin).await?;
        let weather = self.weather.clone();
        match &self.backend {
            Backend::Sqlite(db) => {
                let tx = db.writer.begin_with("begin immediate").await.map_err(classify)?;
                Ok(Tx::new(Inner::Sqlite(tx), weather))
            }
            Backend::Postgres(db) => {
                let pool = if brief { &db.batches } else { &db.pool };
                let tx = postgres::answer(pool.begin()).await.map_err(classify)?;
                Ok(Tx::new(Inner::Postgres(tx, db.doubts.clone()), weather))
            }
        }
    }

    /// Begins a transaction that only reads, all of it at one instant of commit order.
    pub async fn read(&self) -> Result<Tx> {
        weather::ask(self.weather.as_ref(), Moment::Read).await?;
        let weather = self.weather.clone();
        match &self.backend {
            Backend::Sqlite(db) => {
                let tx = db.readers.begin().await.map_err(classify)?;
                Ok(Tx { looks: true, ..Tx::new(Inner::Sqlite(tx), weather) })
            }
            Backend::Postgres(db) => {
                let begin = "begin isolation level repeatable read read only";
                let tx = postgres::answer(db.pool.begin_with(begin)).await.map_err(classify)?;
                let inner = Inner::Postgres(tx, db.doubts.clone());
                Ok(Tx { looks: true, ..Tx::new(inner, weather) })
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
        let hashes = token_hashes.iter().map(|hash| dialect::args![*hash]).collect();
        let (text, args) =
            given(ADMISSIONS, self.is_postgres(), dialect::args![survey_id, now_us], hashes)?;
        let text = AssertSqlSafe(text);
        match &self.backend {
            Backend::Sqlite(db) => {
                let mut link = db.readers.acquire().await.map_err(classify)?;
                Link::Sqlite(&mut link).all(text, args).await
            }
            Backend::Postgres(db) => {
                let look = async {
                    let mut link = db.pool.acquire().await.map_err(classify)?;
                    Link::Postgres(&mut link).all(text, args).await
                };
                postgres::look(look).await
            }
        }
    }

    const fn is_postgres(&self) -> bool {
        matches!(self.backend, Backend::Postgres(_))
    }

    /// Waits for what is under way and closes every connection.
    pub async fn close(&self) {
        match &self.backend {
            Backend::Sqlite(db) => {
                db.readers.close().await;
                db.writer.close().await;
                if let Err(error) = db.lock.unlock() {
                    tracing::warn!(%error, "the lock of the database file could not be given back");
                }
            }
            Backend::Postgres(db) => {
                db.batches.close().await;
                db.pool.close().await;
            }
        }
    }
}

/// One transaction. Dropped without [`Tx::commit`], it never happened.
pub struct Tx {
    inner: Inner,
    weather: Option<Arc<dyn Weather>>,
    /// It only reads.
    looks: bool,
    /// Statements so far, its beginning included.
    statements: u64,
}

enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>, Arc<postgres::Doubts>),
}

/// Values that SQLite is sent in one statement (its limit is 32,766), and numbered ones, whose binding
/// takes time in the square of their number.
const ARGS_MAX: (usize, usize) = (30_000, 1_500);
/// Rows that PostgreSQL is sent in one statement.
const ROWS_MAX: usize = 5_000;

impl Tx {
    const fn new(inner: Inner, weather: Option<Arc<dyn Weather>>) -> Tx {
        Tx { inner, weather, looks: false, statements: 1 }
    }

    /// Statements sent so far, its beginning included.
    pub const fn statements(&self) -> u64 {
        self.statements
    }

    /// Makes it happen. An error here means that the outcome is unknown: the caller says so
    /// ([`Error::Busy`]) and the client repeats its `request_id`.
    pub async fn commit(self) -> Result<()> {
        weather::ask(self.weather.as_ref(), Moment::Commit).await?;
        match self.inner {
            Inner::Sqlite(tx) => tx.commit().await.map_err(sqlite::commit_failed)?,
            Inner::Postgres(tx, doubts) => postgres::commit(tx, &doubts).await?,
        }
        weather::ask(self.weather.as_ref(), Moment::Committed).await
    }

    /// Counts a statement that is about to be sent.
    async fn next(&mut self) -> Result<()> {
        self.statements += 1;
        let moment = if self.looks { Moment::Look } else { Moment::Statement };
        weather::ask(self.weather.as_ref(), moment).await
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
        self.next().await?;
        self.link().run(sql, args).await
    }

    async fn all<T: Row>(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<Vec<T>> {
        self.next().await?;
        self.link().all(sql, args).await
    }

    async fn maybe<T: Row>(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<Option<T>> {
        self.next().await?;
        self.link().maybe(sql, args).await
    }

    /// The first column of the first row, a whole number; 0 where there is no row.
    async fn number(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<i64> {
        Ok(self.maybe::<(i64,)>(sql, args).await?.map_or(0, |(n,)| n))
    }

    /// `insert into … (survey_id, …)`: adds rows of a survey, each without its first column.
    async fn insert(
        &mut self,
        into: &'static str,
        survey_id: i64,
        rows: Vec<Vec<Arg>>,
    ) -> Result<()> {
        let Some(columns) = rows.first().map(|row| row.len() + 1) else { return Ok(()) };
        let most = if self.is_postgres() { ROWS_MAX } else { (ARGS_MAX.0 / columns).max(1) };
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let chunk: Vec<_> = rows.by_ref().take(most).collect();
            let added = chunk.len() as u64;
            let done = if self.is_postgres() {
                let mut text = String::from("with v");
                numbers(&mut text, 'c', 1, columns - 1);
                text.push_str(" as (values {values}) ");
                text.push_str(into);
                text.push_str(" select s.survey_id, v.* from survey s, v where s.survey_id = $1");
                let (text, args) = given(&text, true, dialect::args![survey_id], chunk)?;
                self.run(AssertSqlSafe(text), args).await?
            } else {
                let whole = |row: Vec<Arg>| std::iter::once(Arg::Int(survey_id)).chain(row);
                let text = format!("{into} values {}", marks(columns, chunk.len()));
                self.run(AssertSqlSafe(text), chunk.into_iter().flat_map(whole).collect()).await?
            };
            if done != added {
                return Err(Error::defect(format!("{done} of {added} rows of survey {survey_id}")));
            }
        }
        Ok(())
    }

    /// Runs `text` with its `values {values}` replaced by `rows`; `shared` arguments come first.
    async fn with_rows(
        &mut self,
        text: &'static str,
        shared: Vec<Arg>,
        rows: Vec<Vec<Arg>>,
    ) -> Result<u64> {
        let Some(columns) = rows.first().map(Vec::len) else { return Ok(0) };
        let most = if self.is_postgres() { ROWS_MAX } else { (ARGS_MAX.1 / columns.max(1)).max(1) };
        let mut done = 0;
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let chunk = rows.by_ref().take(most).collect();
            let (text, args) = given(text, self.is_postgres(), shared.clone(), chunk)?;
            done += self.run(AssertSqlSafe(text), args).await?;
        }
        Ok(done)
    }

    /// Rows of `text` for a list of keys given as `values {values}`. The text must read `from v cross join T`:
    /// SQLite then goes through the list and looks each key up, whatever it guesses about sizes; with
    /// a plain join it reads the whole table once the list is longer than some dozens (a million
    /// lines, a list of 1,000: 39 s instead of 0.02 s).
    async fn all_of<T: Row>(
        &mut self,
        text: &'static str,
        shared: Vec<Arg>,
        keys: Vec<Vec<Arg>>,
    ) -> Result<Vec<T>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let (text, args) = given(text, self.is_postgres(), shared, keys)?;
        self.all(AssertSqlSafe(text), args).await
    }
}
