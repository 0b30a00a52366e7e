//! What differs between SQLite and PostgreSQL: how a statement is sent. Arguments are a closed set
//! of five types, statements are one text for both, and errors are told apart here and nowhere else.

use super::postgres::answer;
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
    /// One column of many rows (PostgreSQL)
    Column(Column),
}

/// A column of the rows that a statement is given: one argument, however many they are.
#[derive(Clone, Debug)]
pub enum Column {
    /// bigint[]
    Int(Vec<i64>),
    /// text[]
    Text(Vec<String>),
    /// boolean[]
    Bool(Vec<bool>),
    /// bytea[]
    Bytes(Vec<Option<Vec<u8>>>),
}

impl Column {
    /// An empty one for values like this.
    fn like(first: &Arg) -> Column {
        match first {
            Arg::Int(_) => Column::Int(Vec::new()),
            Arg::Text(_) => Column::Text(Vec::new()),
            Arg::Bool(_) => Column::Bool(Vec::new()),
            // one column inside another does not get in: see `push`
            Arg::Bytes(_) | Arg::MaybeBytes(_) | Arg::Column(_) => Column::Bytes(Vec::new()),
        }
    }

    fn push(&mut self, value: Arg) -> Result<()> {
        match (self, value) {
            (Column::Int(all), Arg::Int(v)) => all.push(v),
            (Column::Text(all), Arg::Text(v)) => all.push(v),
            (Column::Bool(all), Arg::Bool(v)) => all.push(v),
            (Column::Bytes(all), Arg::Bytes(v)) => all.push(Some(v)),
            (Column::Bytes(all), Arg::MaybeBytes(v)) => all.push(v),
            (_, other) => return Err(Error::defect(format!("a column of two types: {other:?}"))),
        }
        Ok(())
    }
}

/// Rows as columns.
fn columns(rows: Vec<Vec<Arg>>) -> Result<Vec<Arg>> {
    let mut columns: Vec<Column> = rows.first().into_iter().flatten().map(Column::like).collect();
    for row in rows {
        if row.len() != columns.len() {
            return Err(Error::defect("rows of two lengths"));
        }
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value)?;
        }
    }
    Ok(columns.into_iter().map(Arg::Column).collect())
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

/// PostgreSQL cannot store it, and both answer alike.
fn no_nul(text: &str) -> Result<()> {
    if text.contains('\0') { Err(Error::invalid("", msg!("request.control"))) } else { Ok(()) }
}

fn add<A: Arguments>(bound: &mut A, arg: Arg) -> Result<()>
where
    i64: for<'q> sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database>,
    bool: for<'q> sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database>,
    String: for<'q> sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database>,
    Vec<u8>: for<'q> sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database>,
    Option<Vec<u8>>: for<'q> sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database>,
{
    match arg {
        Arg::Int(v) => bound.add(v),
        Arg::Text(v) => {
            no_nul(&v)?;
            bound.add(v)
        }
        Arg::Bool(v) => bound.add(v),
        Arg::Bytes(v) => bound.add(v),
        Arg::MaybeBytes(v) => bound.add(v),
        Arg::Column(_) => return Err(Error::defect("a column where a value belongs")),
    }
    .map_err(Error::Internal)
}

fn sqlite_args(args: Vec<Arg>) -> Result<SqliteArguments> {
    let mut bound = SqliteArguments::default();
    args.into_iter().try_for_each(|arg| add(&mut bound, arg))?;
    Ok(bound)
}

fn postgres_args(args: Vec<Arg>) -> Result<PgArguments> {
    let mut bound = PgArguments::default();
    for arg in args {
        let Arg::Column(column) = arg else {
            add(&mut bound, arg)?;
            continue;
        };
        match column {
            Column::Int(all) => bound.add(all),
            Column::Text(all) => {
                all.iter().try_for_each(|text| no_nul(text))?;
                bound.add(all)
            }
            Column::Bool(all) => bound.add(all),
            Column::Bytes(all) => bound.add(all),
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
                let args = sqlite_args(args)?;
                sqlx::query_with(sql, args).execute(&mut **c).await.map(|done| done.rows_affected())
            }
            Link::Postgres(c) => {
                let args = postgres_args(args)?;
                let done = answer(sqlx::query_with(sql, args).execute(&mut **c)).await;
                done.map(|done| done.rows_affected())
            }
        }
        .map_err(classify)
    }

    /// Every row of a query.
    pub async fn all<T: Row>(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<Vec<T>> {
        match self {
            Link::Sqlite(c) => {
                let args = sqlite_args(args)?;
                sqlx::query_as_with(sql, args).fetch_all(&mut **c).await
            }
            Link::Postgres(c) => {
                let args = postgres_args(args)?;
                answer(sqlx::query_as_with(sql, args).fetch_all(&mut **c)).await
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
        // distributed server; 5, 6, 261 and 517 are SQLite's busy, locked and busy snapshot, 13 its
        // full disk
        ["08", "40", "53", "57"].iter().any(|class| code.len() == 5 && code.starts_with(class))
            || ["XX000", "5", "6", "13", "517", "261", "55P03"].contains(&code.as_ref())
            || db.is_unique_violation()
    });
    if away || busy { Error::Busy(error.into()) } else { Error::Internal(error.into()) }
}

/// Where a statement that is given rows says what they are.
const ROWS: &str = "values {values}";

/// A statement with the rows that it is given, and its arguments: `shared` ones, then the rows. On
/// SQLite these are written out, `values ($3,$4),($5,$6)`; on PostgreSQL they are unnested from a column
/// an argument, so that one text, prepared and planned once, does for any number of rows.
pub fn given(
    text: &str,
    postgres: bool,
    mut shared: Vec<Arg>,
    rows: Vec<Vec<Arg>>,
) -> Result<(String, Vec<Arg>)> {
    let (first, width) = (shared.len() + 1, rows.first().map_or(0, Vec::len));
    let mut list = String::new();
    if postgres {
        list.push_str("select * from unnest");
        numbers(&mut list, '$', first, width);
        shared.extend(columns(rows)?);
    } else {
        for row in 0..rows.len() {
            list.push_str(if row == 0 { "values " } else { "," });
            numbers(&mut list, '$', first + row * width, width);
        }
        shared.extend(rows.into_iter().flatten());
    }
    Ok((text.replace(ROWS, &list), shared))
}

/// Adds `($3,$4,$5)`.
pub fn numbers(out: &mut String, sign: char, first: usize, many: usize) {
    use std::fmt::Write;
    for place in first..first + many {
        let before = if place == first { '(' } else { ',' };
        // writing into a String cannot fail
        let _ = write!(out, "{before}{sign}{place}");
    }
    out.push(')');
}

/// `(?,?),(?,?)`: SQLite's own way, whose binding is not in the square of the number of arguments.
pub fn marks(columns: usize, rows: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(","));
    vec![row; rows].join(",")
}
