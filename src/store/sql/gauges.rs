//! What is counted for those who watch the server.

use crate::error::Result;
use crate::store::{Tx, dialect::args};

impl Tx {
    /// Live leases of a survey. Users are gone through first and their cases looked up: whoever holds
    /// something is a user, and there are far fewer of them than cases.
    pub async fn lease_count(&mut self, survey_id: i64, now_us: i64) -> Result<i64> {
        self.number(
            "select cast(coalesce(sum((select count(*) from cases c where c.survey_id = $1 \
             and c.holder = u.user_id and c.lease_until_us > $2)), 0) as bigint) from users u",
            args![survey_id, now_us],
        )
        .await
    }

    /// Surveys in whose quarantine something was ever put.
    pub async fn surveys_with_quarantine(&mut self) -> Result<Vec<i64>> {
        let rows: Vec<(i64,)> = self
            .all(
                "select survey_id from survey where quarantine_head > 0 order by survey_id",
                args![],
            )
            .await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    /// Size of the database: on SQLite its file without what stands in the write-ahead log only.
    pub async fn database_bytes(&mut self) -> Result<i64> {
        let sql = if self.is_postgres() {
            "select pg_database_size(current_database())"
        } else {
            "select c.page_count * s.page_size from pragma_page_count() c, pragma_page_size() s"
        };
        self.number(sql, args![]).await
    }
}
