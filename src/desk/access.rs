//! Who may come in: sign-in, users, tokens. Every change is an event of the installation's log.

use super::{Desk, log::Opened, secret};
use crate::error::{Error, Result};
use crate::model::{Caller, Event, RequestKey, Role};
use crate::msg;
use crate::store::{Tx, UserRow};
use serde::{Deserialize, Serialize};

/// Longest life of a program's token, in days.
const TOKEN_DAYS_MAX: i64 = 366;

/// A user as shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserView {
    /// Number.
    pub user_id: i64,
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Assigned surveys.
    pub survey_ids: Vec<i64>,
    /// Shut out.
    pub revoked: bool,
    /// Has a one-time secret.
    pub must_change: bool,
}

/// A user to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Unique name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Surveys.
    pub survey_ids: Vec<i64>,
}

/// What to change of a user.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    /// New role.
    pub role: Option<Role>,
    /// New surveys.
    pub survey_ids: Option<Vec<i64>>,
    /// Make a new one-time secret.
    pub reset_secret: bool,
}

pub(super) async fn view(tx: &mut Tx, row: &UserRow) -> Result<UserView> {
    let role = Role::of(row.role).ok_or_else(|| Error::defect("stored role"))?;
    let survey_ids = tx.surveys_of_user(row.user_id).await?;
    Ok(UserView {
        user_id: row.user_id,
        name: row.name.clone(),
        role,
        survey_ids,
        revoked: row.revoked,
        must_change: row.must_change,
    })
}

fn no_user(user_id: i64) -> Error {
    Error::NotFound(msg!("access.no_user", user_id = user_id))
}

fn check_name(name: &str) -> Result<()> {
    let length = name.chars().count();
    if name.trim() == name && (1..=64).contains(&length) && !name.chars().any(char::is_control) {
        Ok(())
    } else {
        Err(Error::invalid("name", msg!("access.bad_name")))
    }
}

pub(super) fn check_password(field: &str, password: &str, old: &str) -> Result<()> {
    let length = password.chars().count();
    if !(10..=200).contains(&length) {
        return Err(Error::invalid(field, msg!("access.password_length")));
    }
    if password == old {
        return Err(Error::invalid(field, msg!("access.password_same")));
    }
    Ok(())
}

async fn check_surveys(tx: &mut Tx, survey_ids: &[i64]) -> Result<Vec<i64>> {
    let mut ids = survey_ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    for id in &ids {
        if *id <= 0 || tx.survey(*id).await?.is_none() {
            return Err(Error::invalid("survey_ids", msg!("survey.not_found", survey_id = id)));
        }
    }
    Ok(ids)
}

impl Desk {
    /// Makes `admin` with a one-time secret where there is no user yet; the secret is the caller's to
    /// show once.
    pub async fn first_user(&self) -> Result<Option<String>> {
        let chance = &self.0.chance;
        let one_time = secret::one_time(chance)?;
        let secret_hash = self.0.secrets.hash(one_time.clone(), chance).await?;
        let mut tx = self.0.store.begin().await?;
        tx.head(0).await?;
        if tx.last_user_id().await? > 0 {
            return Ok(None);
        }
        tx.insert_user(&UserRow {
            user_id: 1,
            name: "admin".to_owned(),
            role: Role::Administrator as i64,
            secret_hash,
            must_change: true,
            revoked: false,
            created_us: self.now_us(),
        })
        .await?;
        tx.commit().await?;
        Ok(Some(one_time))
    }

    /// A new one-time secret for `admin` (`serve --reset-admin`); ends its tokens.
    pub async fn reset_admin(&self) -> Result<String> {
        let one_time = secret::one_time(&self.0.chance)?;
        let secret_hash = self.0.secrets.hash(one_time.clone(), &self.0.chance).await?;
        let mut tx = self.0.store.begin().await?;
        tx.head(0).await?;
        let mut row = tx.user_by_name("admin").await?.ok_or_else(|| no_user(1))?;
        row.secret_hash = secret_hash;
        row.must_change = true;
        row.revoked = false;
        tx.update_user(&row).await?;
        tx.delete_tokens_of(row.user_id, self.now_us()).await?;
        tx.commit().await?;
        Ok(one_time)
    }

    /// The caller as a user.
    pub async fn who_am_i(&self, who: &Caller) -> Result<UserView> {
        let mut tx = self.0.store.read().await?;
        let row = tx.user(who.user_id).await?.ok_or_else(|| no_user(who.user_id))?;
        view(&mut tx, &row).await
    }

    /// Sets a new password and ends every token of the caller.
    pub async fn change_password(
        &self,
        who: &Caller,
        key: &RequestKey,
        old: &str,
        new: &str,
    ) -> Result<()> {
        let mut tx = self.0.store.read().await?;
        let row = tx.user(who.user_id).await?.ok_or_else(|| no_user(who.user_id))?;
        drop(tx);
        self.0.secrets.check_tries(&row.name, self.now_us())?;
        let fits = self.0.secrets.fits(old.to_owned(), row.secret_hash.clone()).await?;
        self.0.secrets.note(&row.name, fits, self.now_us());
        if !fits {
            return Err(Error::invalid("old_password", msg!("access.wrong_password")));
        }
        check_password("new_password", new, old)?;
        let secret_hash = self.0.secrets.hash(new.to_owned(), &self.0.chance).await?;
        let mut w = match self.write::<()>(who, 0, key).await? {
            Opened::Repeat(()) => return Ok(()),
            Opened::New(w) => w,
        };
        let mut row = w.tx.user(who.user_id).await?.ok_or_else(|| no_user(who.user_id))?;
        row.secret_hash = secret_hash;
        row.must_change = false;
        w.tx.update_user(&row).await?;
        let now_us = w.now_us;
        w.tx.delete_tokens_of(row.user_id, now_us).await?;
        w.event("password", Event::default())?;
        w.commit(&()).await
    }

    /// Makes a user; the secret is shown now and never again.
    pub async fn create_user(
        &self,
        who: &Caller,
        key: &RequestKey,
        new: NewUser,
    ) -> Result<(UserView, String)> {
        check_name(&new.name)?;
        let one_time = secret::one_time(&self.0.chance)?;
        let secret_hash = self.0.secrets.hash(one_time.clone(), &self.0.chance).await?;
        let mut w = match self.write::<UserView>(who, 0, key).await? {
            Opened::Repeat(user) => return Ok((user, String::new())),
            Opened::New(w) => w,
        };
        if w.tx.user_by_name(&new.name).await?.is_some() {
            return Err(Error::Exists(msg!("access.name_taken", name = new.name)));
        }
        let survey_ids = check_surveys(&mut w.tx, &new.survey_ids).await?;
        let row = UserRow {
            user_id: w.tx.last_user_id().await? + 1,
            name: new.name,
            role: new.role as i64,
            secret_hash,
            must_change: true,
            revoked: false,
            created_us: w.now_us,
        };
        w.tx.insert_user(&row).await?;
        if new.role != Role::Administrator {
            w.tx.set_user_surveys(row.user_id, &survey_ids).await?;
        }
        let user = view(&mut w.tx, &row).await?;
        let detail = format!("user={} role={}", row.user_id, row.role);
        w.event("user_create", Event { detail, ..Event::default() })?;
        w.commit(&user).await?;
        Ok((user, one_time))
    }

    /// Changes a user; its tokens end, so that new rights begin with a new sign-in.
    pub async fn update_user(
        &self,
        who: &Caller,
        key: &RequestKey,
        user_id: i64,
        change: UserChange,
    ) -> Result<(UserView, String)> {
        let one_time = secret::one_time(&self.0.chance)?;
        let secret_hash = self.0.secrets.hash(one_time.clone(), &self.0.chance).await?;
        let mut w = match self.write::<UserView>(who, 0, key).await? {
            Opened::Repeat(user) => return Ok((user, String::new())),
            Opened::New(w) => w,
        };
        let mut row = w.tx.user(user_id).await?.ok_or_else(|| no_user(user_id))?;
        if let Some(role) = change.role {
            if row.user_id == who.user_id && role != Role::Administrator {
                return Err(Error::invalid("role", msg!("access.not_yourself")));
            }
            row.role = role as i64;
        }
        if change.reset_secret {
            row.secret_hash = secret_hash;
            row.must_change = true;
        }
        if let Some(ids) = &change.survey_ids {
            let ids = check_surveys(&mut w.tx, ids).await?;
            w.tx.set_user_surveys(user_id, &ids).await?;
        }
        w.tx.update_user(&row).await?;
        let now_us = w.now_us;
        w.tx.delete_tokens_of(user_id, now_us).await?;
        let user = view(&mut w.tx, &row).await?;
        let detail = format!("user={user_id} role={} reset={}", row.role, change.reset_secret);
        w.event("user_update", Event { detail, ..Event::default() })?;
        w.commit(&user).await?;
        Ok((user, if change.reset_secret { one_time } else { String::new() }))
    }

    /// Users after a number, at most `limit`.
    pub async fn list_users(&self, after: i64, limit: i64) -> Result<Vec<UserView>> {
        let mut tx = self.0.store.read().await?;
        let mut users = Vec::new();
        // one small read a user: a list of at most 1,000, outside every hot path
        for row in tx.users_after(after, limit).await? {
            users.push(view(&mut tx, &row).await?);
        }
        Ok(users)
    }

    /// Shuts a user out.
    pub async fn revoke_user(
        &self,
        who: &Caller,
        key: &RequestKey,
        user_id: i64,
    ) -> Result<UserView> {
        let mut w = match self.write::<UserView>(who, 0, key).await? {
            Opened::Repeat(user) => return Ok(user),
            Opened::New(w) => w,
        };
        if user_id == who.user_id {
            return Err(Error::invalid("user_id", msg!("access.not_yourself")));
        }
        let mut row = w.tx.user(user_id).await?.ok_or_else(|| no_user(user_id))?;
        row.revoked = true;
        w.tx.update_user(&row).await?;
        let now_us = w.now_us;
        w.tx.delete_tokens_of(user_id, now_us).await?;
        let user = view(&mut w.tx, &row).await?;
        w.event("user_revoke", Event { detail: format!("user={user_id}"), ..Event::default() })?;
        w.commit(&user).await?;
        Ok(user)
    }

    /// Makes a program's token with the rights of a user.
    pub async fn create_token(
        &self,
        who: &Caller,
        key: &RequestKey,
        user_id: i64,
        days: i64,
        label: &str,
    ) -> Result<(String, i64)> {
        if !(1..=TOKEN_DAYS_MAX).contains(&days) {
            return Err(Error::invalid("days", msg!("access.bad_days", max = TOKEN_DAYS_MAX)));
        }
        if label.chars().count() > 100 || label.chars().any(char::is_control) {
            return Err(Error::invalid("label", msg!("access.bad_label")));
        }
        let mut w = match self.write::<i64>(who, 0, key).await? {
            Opened::Repeat(expires_us) => return Ok((String::new(), expires_us)),
            Opened::New(w) => w,
        };
        let row =
            w.tx.user(user_id).await?.filter(|u| !u.revoked).ok_or_else(|| no_user(user_id))?;
        let (token, hash) = secret::token(&self.0.chance)?;
        let (now_us, expires_us) = (w.now_us, w.now_us + days * 86_400_000_000);
        w.tx.insert_token(&hash, row.user_id, label, now_us, expires_us).await?;
        let detail = format!("user={user_id} days={days}");
        w.event("token_create", Event { detail, ..Event::default() })?;
        w.commit(&expires_us).await?;
        Ok((token, expires_us))
    }
}
