//! The database as an outsider sees it: plain SQL of its own, none of the program's.

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

/// A connection beside the program's.
pub enum Db {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Db {
    pub async fn open(url: &str) -> Db {
        match url.strip_prefix("sqlite:") {
            Some(path) => {
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
                Db::Sqlite(SqliteConnection::connect_with(&options).await.unwrap())
            }
            None => Db::Postgres(PgConnection::connect(url).await.unwrap()),
        }
    }

    /// Statements without an answer.
    pub async fn run(&mut self, sql: &str) {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self {
            Db::Sqlite(c) => drop(sql.execute(c).await.unwrap()),
            Db::Postgres(c) => drop(sql.execute(c).await.unwrap()),
        }
    }

    /// How SQLite would run a statement, a line a step.
    pub async fn plan(&mut self, sql: &str) -> Vec<String> {
        let Db::Sqlite(link) = self else { panic!("SQLite alone explains this way") };
        let sql = AssertSqlSafe(format!("explain query plan {sql}"));
        let steps: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sql).fetch_all(link).await.unwrap();
        steps.into_iter().map(|(.., step)| step).collect()
    }

    /// Rows of texts: the query gives one text a row, its parts separated by `|`.
    pub async fn rows(&mut self, sql: &str) -> Vec<Vec<String>> {
        let sql = AssertSqlSafe(sql.to_owned());
        let lines: Vec<String> = match self {
            Db::Sqlite(c) => sqlx::query_scalar(sql).fetch_all(c).await.unwrap(),
            Db::Postgres(c) => sqlx::query_scalar(sql).fetch_all(c).await.unwrap(),
        };
        lines.iter().map(|line| line.split('|').map(str::to_owned).collect()).collect()
    }
}
