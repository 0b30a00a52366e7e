//! Users, their surveys and their tokens, and which installation this is.

use crate::error::Result;
use crate::store::{Tx, dialect::args};
use sqlx::FromRow;

/// Which installation this is.
#[derive(Clone, Debug, FromRow)]
pub struct Installation {
    /// SHA-256 of `check|` and the installation key.
    pub key_check: Vec<u8>,
    /// Grows when the database is restored.
    pub incarnation: i64,
}

/// A user as stored.
#[derive(Clone, Debug, FromRow)]
pub struct UserRow {
    /// Number.
    pub user_id: i64,
    /// Unique name.
    pub name: String,
    /// 1 interviewer, 2 supervisor, 3 administrator.
    pub role: i64,
    /// argon2id in PHC form.
    pub secret_hash: String,
    /// The secret is a one-time one.
    pub must_change: bool,
    /// Shut out.
    pub revoked: bool,
    /// When it was made.
    pub created_us: i64,
}

/// Who comes with a token, and whether the survey asked about is theirs.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Admission {
    /// Of the token.
    pub token_hash: Vec<u8>,
    /// The user.
    pub user_id: i64,
    /// Its role.
    pub role: i64,
    /// When the token ends.
    pub expires_us: i64,
    /// The survey is there.
    pub exists: bool,
    /// The user is assigned to it.
    pub assigned: bool,
}

/// See [`crate::store::Store::admissions`].
pub const ADMISSIONS: &str = "with v(token_hash) as (values {values}) \
    select t.token_hash, t.user_id, u.role, t.expires_us, \
    exists (select 1 from survey s where s.survey_id = $1 and s.survey_id > 0) as \"exists\", \
    exists (select 1 from user_survey a where a.user_id = t.user_id and a.survey_id = $1) \
    as assigned from v cross join token t join users u on u.user_id = t.user_id \
    where v.token_hash = t.token_hash and t.expires_us > $2 and not u.revoked";

const USER: &str = "select user_id, name, role, secret_hash, must_change, revoked, \
    created_us from users where user_id = $1";

impl Tx {
    /// The installation, unless the database is empty.
    pub async fn installation(&mut self) -> Result<Option<Installation>> {
        self.maybe(
            "select key_check, incarnation from installation where installation_id = 1",
            args![],
        )
        .await
    }

    /// Makes the installation of an empty database; false where another replica was first.
    pub async fn create_installation(&mut self, key_check: &[u8], now_us: i64) -> Result<bool> {
        let made = self
            .run(
                "insert into installation (installation_id, key_check, incarnation, created_us) \
                 values (1, $1, 1, $2) on conflict do nothing",
                args![key_check, now_us],
            )
            .await?;
        Ok(made == 1)
    }

    /// Gives a restored database another incarnation.
    pub async fn set_incarnation(&mut self, incarnation: i64) -> Result<()> {
        let text = "update installation set incarnation = $1 where installation_id = 1";
        self.run(text, args![incarnation]).await.map(drop)
    }

    /// A user by number.
    pub async fn user(&mut self, user_id: i64) -> Result<Option<UserRow>> {
        self.maybe(USER, args![user_id]).await
    }

    /// A user by name.
    pub async fn user_by_name(&mut self, name: &str) -> Result<Option<UserRow>> {
        self.maybe(
            "select user_id, name, role, secret_hash, must_change, revoked, \
             created_us from users where name = $1",
            args![name],
        )
        .await
    }

    /// Users after a number.
    pub async fn users_after(&mut self, user_id: i64, limit: i64) -> Result<Vec<UserRow>> {
        self.all(
            "select user_id, name, role, secret_hash, must_change, revoked, \
             created_us from users where user_id > $1 order by user_id limit $2",
            args![user_id, limit],
        )
        .await
    }

    /// The highest number given to a user, 0 if none.
    pub async fn last_user_id(&mut self) -> Result<i64> {
        self.number("select coalesce(max(user_id), 0) from users", args![]).await
    }

    /// Adds a user.
    pub async fn insert_user(&mut self, u: &UserRow) -> Result<()> {
        self.run(
            "insert into users (user_id, name, role, secret_hash, must_change, revoked, \
             created_us) values ($1, $2, $3, $4, $5, $6, $7)",
            args![
                u.user_id,
                &u.name,
                u.role,
                &u.secret_hash,
                u.must_change,
                u.revoked,
                u.created_us
            ],
        )
        .await
        .map(drop)
    }

    /// Writes what can change of a user.
    pub async fn update_user(&mut self, u: &UserRow) -> Result<()> {
        self.run(
            "update users set role = $2, secret_hash = $3, must_change = $4, revoked = $5 \
             where user_id = $1",
            args![u.user_id, u.role, &u.secret_hash, u.must_change, u.revoked],
        )
        .await
        .map(drop)
    }

    /// Surveys a user is assigned to, by number.
    pub async fn surveys_of_user(&mut self, user_id: i64) -> Result<Vec<i64>> {
        let rows: Vec<(i64,)> = self
            .all(
                "select survey_id from user_survey where user_id = $1 order by survey_id",
                args![user_id],
            )
            .await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    /// Replaces the surveys a user is assigned to.
    pub async fn set_user_surveys(&mut self, user_id: i64, survey_ids: &[i64]) -> Result<()> {
        self.run("delete from user_survey where user_id = $1", args![user_id]).await?;
        let rows = survey_ids.iter().map(|id| args![*id]).collect();
        self.with_rows(
            "with v(survey_id) as (values {values}) insert into user_survey (user_id, survey_id) \
             select u.user_id, v.survey_id from v cross join users u where u.user_id = $1",
            args![user_id],
            rows,
        )
        .await
        .map(drop)
    }

    /// Adds a token by its hash.
    pub async fn insert_token(
        &mut self,
        hash: &[u8],
        user_id: i64,
        label: &str,
        now_us: i64,
        expires_us: i64,
    ) -> Result<()> {
        self.run(
            "insert into token (token_hash, user_id, label, created_us, expires_us) \
             values ($1, $2, $3, $4, $5)",
            args![hash, user_id, label, now_us, expires_us],
        )
        .await
        .map(drop)
    }

    /// The user of a live token: number and when the token ends.
    pub async fn token(&mut self, hash: &[u8], now_us: i64) -> Result<Option<(i64, i64)>> {
        self.maybe(
            "select user_id, expires_us from token where token_hash = $1 and expires_us > $2",
            args![hash, now_us],
        )
        .await
    }

    /// Ends one token.
    pub async fn delete_token(&mut self, hash: &[u8]) -> Result<()> {
        self.run("delete from token where token_hash = $1", args![hash]).await.map(drop)
    }

    /// Ends every token of a user, and those that expired long ago.
    pub async fn delete_tokens_of(&mut self, user_id: i64, now_us: i64) -> Result<()> {
        self.run("delete from token where user_id = $1 or expires_us <= $2", args![user_id, now_us])
            .await
            .map(drop)
    }

    /// Notes that something was taken out of a survey.
    pub async fn log_access(
        &mut self,
        access_id: [u8; 16],
        survey_id: i64,
        user_id: i64,
        what: &str,
        log_pos: i64,
        now_us: i64,
    ) -> Result<()> {
        self.run(
            "insert into access_log (access_id, survey_id, at_us, user_id, what, log_pos) \
             values ($1, $2, $3, $4, $5, $6)",
            args![access_id, survey_id, now_us, user_id, what, log_pos],
        )
        .await
        .map(drop)
    }
}
