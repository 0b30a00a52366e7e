//! Writes outside the lane: one request, its change, its events and its receipt in one transaction.

use super::{Desk, no_survey, sha256};
use crate::chance::Chance;
use crate::error::{Error, Reason, Result};
use crate::model::{Caller, Event, RequestKey, SurveyRow};
use crate::msg;
use crate::store::{KeyRow, SealedEvent, Tx};
use prost::Message;
use serde::{Serialize, de::DeserializeOwned};

/// Seals an event: its bytes, a salt and the commitment over both.
pub fn seal(event: Event, chance: &Chance) -> Result<SealedEvent> {
    let body = event.encode_to_vec();
    let salt = chance.bytes::<16>()?;
    let commitment = sha256(&[&salt[..], &body].concat());
    Ok(SealedEvent { event, body, salt, commitment })
}

/// What was answered to this key before. Another user, call or content under the same id is an
/// error, and no receipt is shown.
pub fn receipt_of<T: DeserializeOwned>(
    found: &KeyRow,
    user_id: i64,
    key: &RequestKey,
) -> Result<T> {
    let same = found.user_id == user_id
        && found.method == key.method
        && found.request_sha256 == key.sha256;
    if !same {
        return Err(Error::Refused(Reason::RequestIdReused, msg!("request.reused")));
    }
    serde_json::from_str(&found.receipt).map_err(|e| Error::defect(format!("stored receipt: {e}")))
}

/// A write under way: the survey's head is held until [`Write::commit`].
pub struct Write {
    /// The transaction.
    pub tx: Tx,
    /// The survey as it stood when its head was taken; change it with [`Tx::update_survey`].
    pub survey: SurveyRow,
    /// Now.
    pub now_us: i64,
    user_id: i64,
    key: RequestKey,
    events: Vec<SealedEvent>,
    chance: Chance,
}

/// A write, or the receipt of the same one before.
pub enum Opened<T> {
    /// It was done before; this was the answer.
    Repeat(T),
    /// Go on.
    New(Box<Write>),
}

impl Desk {
    /// Opens a write on a survey (0 = the installation), or finds its receipt.
    pub(super) async fn write<T: DeserializeOwned>(
        &self,
        who: &Caller,
        survey_id: i64,
        key: &RequestKey,
    ) -> Result<Opened<T>> {
        let mut tx = self.0.store.begin().await?;
        let survey = tx.head(survey_id).await?.ok_or_else(|| no_survey(survey_id))?;
        if let Some(found) = tx.keys(survey_id, &[key.id]).await?.first() {
            return receipt_of(found, who.user_id, key).map(Opened::Repeat);
        }
        Ok(Opened::New(Box::new(Write {
            tx,
            survey,
            now_us: self.now_us(),
            user_id: who.user_id,
            key: key.clone(),
            events: Vec::new(),
            chance: self.0.chance.clone(),
        })))
    }
}

impl Write {
    /// Adds an event; position, time and actor are filled in. Returns its position.
    pub fn event(&mut self, kind: &str, event: Event) -> Result<i64> {
        let made = i64::try_from(self.events.len()).map_err(Error::defect)?;
        let log_pos = self.survey.event_head + made + 1;
        let event = Event {
            survey_id: self.survey.survey_id,
            log_pos,
            at_us: self.now_us,
            user_id: self.user_id,
            kind: kind.to_owned(),
            ..event
        };
        self.events.push(seal(event, &self.chance)?);
        Ok(log_pos)
    }

    /// Stores the receipt with the key, appends the events, and makes it all happen.
    pub async fn commit<T: Serialize>(mut self, receipt: &T) -> Result<()> {
        let receipt = serde_json::to_string(receipt).map_err(Error::defect)?;
        let survey_id = self.survey.survey_id;
        self.tx.append(survey_id, &self.events).await?;
        let key = KeyRow {
            request_id: self.key.id.to_vec(),
            user_id: self.user_id,
            method: self.key.method.to_owned(),
            request_sha256: self.key.sha256.to_vec(),
            receipt,
        };
        self.tx.insert_keys(survey_id, &[key], self.now_us).await?;
        self.tx.commit().await
    }
}
