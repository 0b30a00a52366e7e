//! Request keys (what was answered to every write) and the append-only log.

use crate::error::Result;
use crate::model::Event;
use crate::store::{Tx, dialect::args};
use sqlx::FromRow;

/// What was answered to a write.
#[derive(Clone, Debug, FromRow)]
pub struct KeyRow {
    /// UUID of the request.
    pub request_id: Vec<u8>,
    /// Who sent it.
    pub user_id: i64,
    /// Which call.
    pub method: String,
    /// SHA-256 of the request without its id.
    pub request_sha256: Vec<u8>,
    /// What was answered (JSON of the receipt).
    pub receipt: String,
}

/// An event as listed for a case.
#[derive(Clone, Debug, FromRow)]
pub struct EventRow {
    /// Position in the survey's log.
    pub log_pos: i64,
    /// When.
    pub at_us: i64,
    /// Who.
    pub user_id: i64,
    /// What.
    pub kind: String,
}

/// Commits an event: its body, salt and commitment.
#[derive(Clone, Debug)]
pub struct SealedEvent {
    /// The event itself.
    pub event: Event,
    /// Protobuf of the event.
    pub body: Vec<u8>,
    /// 16 random bytes.
    pub salt: [u8; 16],
    /// SHA-256(salt, body).
    pub commitment: [u8; 32],
}

impl Tx {
    /// The keys already used among these.
    pub async fn keys(&mut self, survey_id: i64, ids: &[[u8; 16]]) -> Result<Vec<KeyRow>> {
        self.all_of(
            "with v(request_id) as (values {values}) select k.request_id, k.user_id, k.method, \
             k.request_sha256, k.receipt from v cross join request_key k \
             where v.request_id = k.request_id and k.survey_id = $1",
            args![survey_id],
            ids.iter().map(|id| args![*id]).collect(),
        )
        .await
    }

    /// Stores what was answered.
    pub async fn insert_keys(
        &mut self,
        survey_id: i64,
        keys: &[KeyRow],
        now_us: i64,
    ) -> Result<()> {
        let rows = keys
            .iter()
            .map(|k| {
                args![&k.request_id, k.user_id, &k.method, &k.request_sha256, &k.receipt, now_us]
            })
            .collect();
        self.insert(
            "insert into request_key (survey_id, request_id, user_id, method, request_sha256, \
             receipt, at_us)",
            survey_id,
            rows,
        )
        .await
    }

    /// Ends a change of a survey: appends events whose positions follow the head that [`Tx::head`]
    /// locked, moves the head, and counts the change, so that nobody goes on with what they
    /// remember of before.
    pub async fn append(&mut self, survey_id: i64, events: &[SealedEvent]) -> Result<()> {
        let Some(last) = events.last() else {
            let text = "update survey set writes = writes + 1 where survey_id = $1";
            return self.run(text, args![survey_id]).await.map(drop);
        };
        self.insert_events(survey_id, events).await?;
        self.run(
            "update survey set event_head = $2, writes = writes + 1 where survey_id = $1",
            args![survey_id, last.event.log_pos],
        )
        .await
        .map(drop)
    }

    /// Takes the head of a survey, moves it and counts the change, if nobody has written since `writes`
    /// was read; whether that is so.
    pub async fn claim(&mut self, survey_id: i64, writes: i64, event_head: i64) -> Result<bool> {
        let text = "update survey set event_head = $3, writes = writes + 1 \
                    where survey_id = $1 and writes = $2";
        Ok(self.run(text, args![survey_id, writes, event_head]).await? == 1)
    }

    /// How often a survey was written to.
    pub async fn writes(&mut self, survey_id: i64) -> Result<i64> {
        self.number("select writes from survey where survey_id = $1", args![survey_id]).await
    }

    /// Adds events; their positions are below the head.
    pub async fn insert_events(&mut self, survey_id: i64, events: &[SealedEvent]) -> Result<()> {
        let rows = events
            .iter()
            .map(|e| {
                args![
                    e.event.log_pos,
                    e.event.at_us,
                    e.event.user_id,
                    &e.event.kind,
                    e.event.case_no,
                    &e.body,
                    &e.salt[..],
                    e.commitment
                ]
            })
            .collect();
        self.insert(
            "insert into event (survey_id, log_pos, at_us, user_id, kind, case_no, body, salt, \
             commitment)",
            survey_id,
            rows,
        )
        .await
    }

    /// The events of a case, in order.
    pub async fn events_of_case(&mut self, survey_id: i64, case_no: i64) -> Result<Vec<EventRow>> {
        self.all(
            "select log_pos, at_us, user_id, kind from event \
             where survey_id = $1 and case_no = $2 order by log_pos",
            args![survey_id, case_no],
        )
        .await
    }

    /// Who was granted cases, as events: (case, user, body).
    pub async fn grants(
        &mut self,
        survey_id: i64,
        case_nos: &[i64],
    ) -> Result<Vec<(i64, i64, Vec<u8>)>> {
        self.all_of(
            "with v(case_no) as (values {values}) select e.case_no, e.user_id, e.body \
             from v cross join event e where v.case_no = e.case_no and e.survey_id = $1 \
             and e.kind = 'lease' order by e.log_pos",
            args![survey_id],
            case_nos.iter().map(|no| args![*no]).collect(),
        )
        .await
    }

    /// The time of the newest event of any survey, 0 if there is none.
    pub async fn last_event_us(&mut self) -> Result<i64> {
        self.number(
            "select coalesce(max(e.at_us), 0) from survey s cross join event e \
             where e.survey_id = s.survey_id and e.log_pos = s.event_head",
            args![],
        )
        .await
    }

    /// Commitments of a survey's log after a position, for whoever checks it.
    pub async fn commitments(
        &mut self,
        survey_id: i64,
        after: i64,
        limit: i64,
    ) -> Result<Vec<(i64, Vec<u8>, Vec<u8>, Vec<u8>)>> {
        self.all(
            "select log_pos, body, salt, commitment from event \
             where survey_id = $1 and log_pos > $2 order by log_pos limit $3",
            args![survey_id, after, limit],
        )
        .await
    }
}
