//! Signing in and out: from a name and a secret to a token, from a token to its user.

use super::{
    Desk,
    access::{UserView, check_password, view},
    secret,
};
use crate::error::{Error, Reason, Result};
use crate::model::{Caller, Lang, Role};
use crate::msg;
use crate::rules::violation::has_control;

/// 12 hours.
const SESSION_US: i64 = 12 * 3_600_000_000;

/// A fresh session.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// 43 characters.
    pub token: String,
    /// When it ends.
    pub expires_us: i64,
    /// Who.
    pub user: UserView,
}

impl Desk {
    /// Exchanges name and secret for a token.
    pub async fn sign_in(&self, name: &str, secret: &str, new_password: &str) -> Result<SignedIn> {
        if has_control(name) {
            return Err(Error::invalid("name", msg!("request.control")));
        }
        self.0.secrets.check_tries(name, self.now_us())?;
        let found = self.0.store.read().await?.user_by_name(name).await?.filter(|u| !u.revoked);
        let stored = found.as_ref().map(|u| u.secret_hash.clone()).unwrap_or_default();
        let fits = self.0.secrets.fits(secret.to_owned(), stored.clone()).await?;
        self.0.secrets.note(name, fits, self.now_us());
        let Some(mut row) = found.filter(|_| fits) else {
            return Err(Error::Unauthenticated(msg!("access.wrong_secret")));
        };
        let changed = if row.must_change {
            if new_password.is_empty() {
                let why = msg!("access.change_required");
                return Err(Error::Refused(Reason::PasswordChangeRequired, why));
            }
            check_password("new_password", new_password, secret)?;
            row.secret_hash = self.0.secrets.hash(new_password.to_owned(), &self.0.chance).await?;
            row.must_change = false;
            true
        } else {
            false
        };
        let (token, hash) = secret::token(&self.0.chance)?;
        let mut tx = self.0.store.begin().await?;
        let now_us = self.now_us();
        let expires_us = now_us + SESSION_US;
        // somebody may have revoked the user or used the secret while it was being hashed
        let current = tx.head(0).await?.and(tx.user(row.user_id).await?);
        if !current.is_some_and(|u| !u.revoked && u.secret_hash == stored) {
            return Err(Error::Unauthenticated(msg!("access.wrong_secret")));
        }
        if changed {
            tx.update_user(&row).await?;
            tx.delete_tokens_of(row.user_id, now_us).await?;
        }
        tx.insert_token(&hash, row.user_id, "sign-in", now_us, expires_us).await?;
        let user = view(&mut tx, &row).await?;
        tx.commit().await?;
        Ok(SignedIn { token, expires_us, user })
    }

    /// The caller behind a token as sent, or UNAUTHENTICATED: missing, garbled, ended and revoked
    /// tokens answer alike. With it whether `survey_id` (0 = none) is within the caller's reach.
    pub async fn caller(
        &self,
        sent: Option<&str>,
        survey_id: i64,
        lang: Lang,
    ) -> Result<(Caller, bool)> {
        let nobody = || Error::Unauthenticated(msg!("access.no_token"));
        let hash = sent.and_then(secret::token_hash).ok_or_else(nobody)?;
        let found = self.0.doorman.admission(hash, survey_id).await?.ok_or_else(nobody)?;
        let role = Role::of(found.role).ok_or_else(nobody)?;
        let reached = found.exists && (found.assigned || role == Role::Administrator);
        let (user_id, expires_us) = (found.user_id, found.expires_us);
        Ok((Caller { user_id, role, token_hash: hash, expires_us, lang }, reached))
    }

    /// Whether a caller's token and role still hold, and the survey (0 = none) is still theirs; open
    /// streams ask every second.
    pub async fn still(&self, who: &Caller, survey_id: i64) -> Result<()> {
        let found = self.0.doorman.admission(who.token_hash, survey_id).await?;
        let found = found.filter(|f| f.user_id == who.user_id && f.role == who.role as i64);
        let found = found.ok_or_else(|| Error::Unauthenticated(msg!("access.no_token")))?;
        let admin = who.role == Role::Administrator;
        if survey_id == 0 || (found.exists && (found.assigned || admin)) {
            return Ok(());
        }
        Err(super::no_survey(survey_id))
    }

    /// Ends the caller's token.
    pub async fn sign_out(&self, who: &Caller) -> Result<()> {
        let mut tx = self.0.store.begin().await?;
        tx.delete_token(&who.token_hash).await?;
        tx.commit().await
    }
}
