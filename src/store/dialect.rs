//! What differs between SQLite and PostgreSQL: how a statement is sent. Arguments are a closed set
//! of five types, statements are one text for both, and errors are told apart here and nowhere else.

use crate::error::{Error, Result};
use crate::msg;
use sqlx::{
    Arguments, FromRow, PgConnection, SqlSafeStr, SqliteConnection,
    postgres::{PgArguments, PgRow},
    sqlite::{SqliteArguments, SqliteRow},
};

/// An argument of a statement; the portable types and no others.
#[derive(Clone, Debug)]
pub enum Arg {
    /// bigint
    Int(i64),
    /// text
    Text(String),
    /// boolean
    Bool(bool),
    /// bytea
    Bytes(Vec<u8>),
    /// bytea, nullable
    MaybeBytes(Option<Vec<u8>>),
}

macro_rules! arg_from {
    ($($from:ty => $arm:ident ($into:expr)),+ $(,)?) => { $(
        impl From<$from> for Arg {
            fn from(value: $from) -> Arg { Arg::$arm($into(value)) }
        }
    )+ };
}
arg_from!(
    i64 => Int(std::convert::identity), bool => Bool(std::convert::identity),
    String => Text(std::convert::identity), &str => Text(str::to_owned), &String => Text(String::clone),
    Vec<u8> => Bytes(std::convert::identity), &[u8] => Bytes(<[u8]>::to_vec),
    &Vec<u8> => Bytes(Vec::clone), [u8; 16] => Bytes(Vec::from), [u8; 32] => Bytes(Vec::from),
    Option<Vec<u8>> => MaybeBytes(std::convert::identity),
    &Option<Vec<u8>> => MaybeBytes(Option::clone),
);

/// `args![survey_id, name]`: the arguments of a statement in order.
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::dialect::Arg::from($value)),*] };
}
pub(crate) use args;

/// A connection inside a transaction, to either database.
pub enum Link<'c> {
    /// The embedded default.
    Sqlite(&'c mut SqliteConnection),
    /// Several replicas.
    Postgres(&'c mut PgConnection),
}

/// A row type that can be read from both databases.
pub trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T> Row for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{}

fn bind<A: Arguments>(args: Vec<Arg>) -> Result<A>
where
    i64: for<'q> sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database>,
    bool: for<'q> sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database>,
    String: for<'q> sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database>,
    Vec<u8>: for<'q> sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database>,
    Option<Vec<u8>>: for<'q> sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database>,
{
    let mut bound = A::default();
    for arg in args {
        match arg {
            Arg::Int(v) => bound.add(v),
            // PostgreSQL cannot store it, and both answer alike
            Arg::Text(v) if v.contains('\0') => {
                return Err(Error::invalid("", msg!("request.control")));
            }
            Arg::Text(v) => bound.add(v),
            Arg::Bool(v) => bound.add(v),
            Arg::Bytes(v) => bound.add(v),
            Arg::MaybeBytes(v) => bound.add(v),
        }
        .map_err(Error::Internal)?;
    }
    Ok(bound)
}

impl Link<'_> {
    /// Runs a statement; the number of rows it changed.
    pub async fn run(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<u64> {
        match self {
            Link::Sqlite(c) => {
                let args = bind::<SqliteArguments>(args)?;
                sqlx::query_with(sql, args).execute(&mut **c).await.map(|done| done.rows_affected())
            }
            Link::Postgres(c) => {
                let args = bind::<PgArguments>(args)?;
                sqlx::query_with(sql, args).execute(&mut **c).await.map(|done| done.rows_affected())
            }
        }
        .map_err(classify)
    }

    /// Every row of a query.
    pub async fn all<T: Row>(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<Vec<T>> {
        match self {
            Link::Sqlite(c) => {
                let args = bind::<SqliteArguments>(args)?;
                sqlx::query_as_with(sql, args).fetch_all(&mut **c).await
            }
            Link::Postgres(c) => {
                let args = bind::<PgArguments>(args)?;
                sqlx::query_as_with(sql, args).fetch_all(&mut **c).await
            }
        }
        .map_err(classify)
    }

    /// The one row of a query, if there is one.
    pub async fn maybe<T: Row>(
        &mut self,
        sql: impl SqlSafeStr,
        args: Vec<Arg>,
    ) -> Result<Option<T>> {
        Ok(self.all(sql, args).await?.into_iter().next())
    }
}

/// The one place where database errors get their meaning, by SQLSTATE (constraint names are absent
/// on a distributed PostgreSQL). Whatever leaves the outcome open is [`Error::Busy`].
pub fn classify(error: sqlx::Error) -> Error {
    super::sqlite::stop_on_failed_disk(&error);
    let away = matches!(
        &error,
        sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Protocol(_)
    );
    let busy = error.as_database_error().is_some_and(|db| {
        let code = db.code().unwrap_or_default();
        // class 08 connection, 40 rollback, 53 resources, 57 operator; XX000 outcome unknown on a
        // distributed server; 5, 6, 261 and 517 are SQLite's busy, locked and busy snapshot
        ["08", "40", "53", "57"].iter().any(|class| code.len() == 5 && code.starts_with(class))
            || ["XX000", "5", "6", "517", "261", "55P03"].contains(&code.as_ref())
            || db.is_unique_violation()
    });
    if away || busy { Error::Busy(error.into()) } else { Error::Internal(error.into()) }
}

/// `($3,$4),($5,$6)`: the value list of `rows` rows after `shared` arguments.
pub fn value_list(shared: usize, columns: usize, rows: usize) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(rows * columns * 5);
    let mut next = shared + 1;
    for row in 0..rows {
        out.push_str(if row == 0 { "(" } else { ",(" });
        for place in next..next + columns {
            let comma = if place == next { "" } else { "," };
            // writing into a String cannot fail
            let _ = write!(out, "{comma}${place}");
        }
        next += columns;
        out.push(')');
    }
    out
}

/// `(?,?),(?,?)`: SQLite's own way, whose binding is not in the square of the number of arguments.
pub fn marks(columns: usize, rows: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(","));
    vec![row; rows].join(",")
}
