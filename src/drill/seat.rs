//! One virtual interviewer: a connection, a token, and one cycle after another. A call whose outcome
//! was not heard of is repeated with the same request id until it is answered.

use super::{Act, Order, history::History, pace::Pace, tally::Tally};
use crate::client::{Bearer, Dice};
use crate::error::Result;
use canvass_proto::v1::{
    self, interviewing_service_client::InterviewingServiceClient as Client,
    pull_assignment_response::Result as Pulled,
};
use serde_json::{Value, json};
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tonic::{
    Code, Request, Response, Status,
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt;

/// A call that is not answered within this is repeated.
const DEADLINE: Duration = Duration::from_secs(10);
/// Repeats go on for this long after the end.
const GRACE: Duration = Duration::from_secs(60);
/// The first pause before a repeat; doubled up to [`PAUSE_MAX`].
const PAUSE: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// How long nothing is asked after a pull that found nothing.
const IDLE: Duration = Duration::from_millis(250);

/// What all seats share.
pub struct Work {
    pub order: Order,
    pub survey_id: i64,
    /// Indicator and item of every question.
    pub items: Vec<(String, String)>,
    pub pace: Pace,
    pub history: History,
    pub begin: Instant,
    pub until: Instant,
}

/// See the module.
pub struct Seat {
    at: usize,
    client: Client<Channel>,
    token: Bearer,
    dice: Dice,
    tally: Tally,
    work: Arc<Work>,
}

/// Whether a failure leaves the outcome open.
fn is_open(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Unavailable
            | Code::Unknown
            | Code::Cancelled
            | Code::DeadlineExceeded
            | Code::Internal
            | Code::Aborted
            | Code::ResourceExhausted
    )
}

/// What a failure is counted as: its reason, or its code.
fn name_of(status: &Status) -> String {
    match status.get_error_details().error_info() {
        Some(info) => info.reason.clone(),
        None => format!("{:?}", status.code()),
    }
}

impl Seat {
    /// A seat that connects when it first calls.
    pub fn new(at: usize, endpoint: &Endpoint, token: &str, work: Arc<Work>) -> Result<Seat> {
        Ok(Seat {
            at,
            client: Client::new(endpoint.connect_lazy()),
            token: Bearer::new(token)?,
            dice: Dice::new(
                work.order.seed,
                &format!("drill seat {at} {}", super::site::unique()?),
            ),
            tally: Tally::default(),
            work,
        })
    }

    /// Works until the drill ends; what came of it.
    pub async fn work(mut self) -> Result<Tally> {
        let mut held = None;
        let until = self.work.until;
        while let Some(at) = self.work.pace.next(&mut self.dice, until).await {
            let case = match held.take() {
                Some(case) => Some(case),
                None => self.pull().await?,
            };
            let Some(case) = case else {
                self.tally.empty += 1;
                tokio::time::sleep(IDLE).await;
                continue;
            };
            held = self.cycle(&case).await?;
            self.tally.take(0, self.work.begin, at);
            self.work.pace.note();
        }
        if let Some(case) = held {
            self.release(&case).await?;
        }
        Ok(self.tally)
    }

    fn note(&self, entry: &Value, result: &str, more: Value) -> Result<()> {
        if !self.work.history.is_kept() {
            return Ok(());
        }
        let mut line = entry.clone();
        let us = u64::try_from(self.work.begin.elapsed().as_micros()).unwrap_or(u64::MAX);
        line["t_us"] = us.into();
        line["seat"] = self.at.into();
        line["result"] = result.into();
        if let (Some(line), Value::Object(more)) = (line.as_object_mut(), more) {
            line.extend(more);
        }
        self.work.history.write(&line)
    }

    /// Calls until an answer is heard. `None`: the answer was a definite no, or the grace has ended.
    async fn call<M: Clone, T, F>(
        &mut self,
        which: usize,
        entry: &Value,
        message: M,
        send: impl Fn(Client<Channel>, Request<M>) -> F,
        shown: impl Fn(&T) -> Value,
    ) -> Result<Option<T>>
    where
        F: Future<Output = std::result::Result<Response<T>, Status>>,
    {
        let mut pause = PAUSE;
        loop {
            self.note(entry, "invoke", Value::Null)?;
            let from = Instant::now();
            let sent = send(self.client.clone(), self.token.with(message.clone()));
            let status = match tokio::time::timeout(DEADLINE, sent).await {
                Ok(Ok(reply)) => {
                    self.tally.take(which, self.work.begin, from);
                    let reply = reply.into_inner();
                    if self.work.history.is_kept() {
                        self.note(entry, "ok", shown(&reply))?;
                    }
                    return Ok(Some(reply));
                }
                Ok(Err(status)) => status,
                Err(_) => Status::deadline_exceeded(""),
            };
            let (name, open) = (name_of(&status), is_open(&status));
            let result = if open { "unknown" } else { "error" };
            self.note(entry, result, json!({"error": name}))?;
            self.tally.error(name);
            if !open || Instant::now() > self.work.until + GRACE {
                self.tally.unknown += u64::from(open && which == 5);
                return Ok(None);
            }
            // somewhere in the second half of the pause, so that not all come back at once
            tokio::time::sleep(pause.mul_f64(0.5 + self.dice.share() / 2.0)).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    async fn pull(&mut self) -> Result<Option<v1::Assignment>> {
        let request_id = self.dice.uuid();
        let entry = json!({"op": "pull", "request_id": request_id});
        let (survey_id, wait_ms) = (self.work.survey_id, Some(0));
        let request = v1::PullAssignmentRequest { survey_id, request_id, wait_ms };
        let shown = |reply: &v1::PullAssignmentResponse| match &reply.result {
            Some(Pulled::Assignment(case)) => lease_json(case),
            Some(Pulled::Empty(_)) | None => json!({"empty": true}),
        };
        let send = |mut c: Client<Channel>, r| async move { c.pull_assignment(r).await };
        let reply = self.call(1, &entry, request, send, shown).await?;
        Ok(match reply.and_then(|reply| reply.result) {
            Some(Pulled::Assignment(case)) => Some(case),
            Some(Pulled::Empty(_)) | None => None,
        })
    }

    /// One case, from the dial to the receipt; the case that came with it.
    async fn cycle(&mut self, case: &v1::Assignment) -> Result<Option<v1::Assignment>> {
        match self.work.order.mix.pick(&mut self.dice) {
            Act::Interview => self.submit(case).await,
            Act::Full => {
                if !self.start(case).await? {
                    self.release(case).await?;
                    return Ok(None);
                }
                for page in 1..=2 {
                    self.save(case, page).await?;
                }
                self.extend(case).await?;
                self.submit(case).await
            }
            Act::Dial(outcome) => self.dial(case, outcome).await,
        }
    }

    async fn start(&mut self, case: &v1::Assignment) -> Result<bool> {
        let request_id = self.dice.uuid();
        let mut entry = lease_json(case);
        entry["op"] = "start".into();
        entry["request_id"] = request_id.clone().into();
        let (survey_id, lease) = (case.survey_id, case.lease);
        let request = v1::StartInterviewRequest { survey_id, lease, request_id };
        let send = |mut c: Client<Channel>, r| async move { c.start_interview(r).await };
        Ok(self.call(2, &entry, request, send, |_| Value::Null).await?.is_some())
    }

    async fn save(&mut self, case: &v1::Assignment, page: usize) -> Result<()> {
        let save_no = case.draft_save_no + i64::try_from(page).unwrap_or_default();
        let (ratings, said) = self.answers(case, self.work.items.len() * page / 2);
        let mut entry = lease_json(case);
        entry["op"] = "save".into();
        entry["save_no"] = save_no.into();
        entry["answers"] = said;
        let (survey_id, lease) = (case.survey_id, case.lease);
        let request = v1::SaveAnswersRequest { survey_id, lease, save_no, ratings };
        let send = |mut c: Client<Channel>, r| async move { c.save_answers(r).await };
        self.call(3, &entry, request, send, |_| Value::Null).await.map(drop)
    }

    async fn extend(&mut self, case: &v1::Assignment) -> Result<()> {
        let mut entry = lease_json(case);
        entry["op"] = "extend".into();
        let (survey_id, lease) = (case.survey_id, case.lease);
        let request = v1::ExtendAssignmentRequest { survey_id, lease };
        let send = |mut c: Client<Channel>, r| async move { c.extend_assignment(r).await };
        self.call(4, &entry, request, send, |_| Value::Null).await.map(drop)
    }

    async fn release(&mut self, case: &v1::Assignment) -> Result<()> {
        let request_id = self.dice.uuid();
        let mut entry = lease_json(case);
        entry["op"] = "release".into();
        entry["request_id"] = request_id.clone().into();
        let (survey_id, lease) = (case.survey_id, case.lease);
        let request = v1::ReleaseAssignmentRequest { survey_id, lease, request_id };
        let send = |mut c: Client<Channel>, r| async move { c.release_assignment(r).await };
        self.call(7, &entry, request, send, |_| Value::Null).await.map(drop)
    }

    async fn submit(&mut self, case: &v1::Assignment) -> Result<Option<v1::Assignment>> {
        let request_id = self.dice.uuid();
        let (ratings, said) = self.answers(case, self.work.items.len());
        let mut entry = lease_json(case);
        entry["op"] = "submit".into();
        entry["request_id"] = request_id.clone().into();
        entry["answers"] = said;
        let request = v1::SubmitInterviewRequest {
            survey_id: case.survey_id,
            lease: case.lease,
            request_id,
            ratings,
            pull_next: self.work.order.pull_next,
            ..Default::default()
        };
        let send = |mut c: Client<Channel>, r| async move { c.submit_interview(r).await };
        let shown = |reply: &v1::SubmitInterviewResponse| {
            let Some(r) = &reply.receipt else { return Value::Null };
            json!({"status": word(r.status()), "code": r.code, "attempt_no": r.attempt_no,
                "version": 1, "log_pos": r.log_pos, "quarantine_no": r.quarantine_no})
        };
        let Some(reply) = self.call(5, &entry, request, send, shown).await? else {
            return Ok(None);
        };
        let status = word(reply.receipt.unwrap_or_default().status());
        *self.tally.interviews.entry(status).or_default() += 1;
        Ok(match reply.next {
            Some(v1::submit_interview_response::Next::Assignment(next)) => Some(next),
            Some(v1::submit_interview_response::Next::Empty(_)) | None => None,
        })
    }

    async fn dial(
        &mut self,
        case: &v1::Assignment,
        outcome: i32,
    ) -> Result<Option<v1::Assignment>> {
        let request_id = self.dice.uuid();
        let met = v1::Outcome::try_from(outcome).unwrap_or_default();
        let mut entry = lease_json(case);
        entry["op"] = "attempt".into();
        entry["request_id"] = request_id.clone().into();
        entry["outcome"] = met.as_str_name().replace("OUTCOME_", "").to_lowercase().into();
        let call_back_us =
            if met == v1::Outcome::CallBack { case.lease_expires_us + 600_000_000 } else { 0 };
        let request = v1::RecordAttemptRequest {
            survey_id: case.survey_id,
            lease: case.lease,
            request_id,
            outcome,
            call_back_us,
            pull_next: self.work.order.pull_next,
            ..Default::default()
        };
        let send = |mut c: Client<Channel>, r| async move { c.record_attempt(r).await };
        let shown = |reply: &v1::RecordAttemptResponse| {
            let Some(r) = &reply.receipt else { return Value::Null };
            json!({"status": word(r.status()), "code": r.code, "attempt_no": r.attempt_no,
                "version": r.version, "log_pos": r.log_pos, "quarantine_no": r.quarantine_no})
        };
        let Some(reply) = self.call(6, &entry, request, send, shown).await? else {
            return Ok(None);
        };
        self.tally.dials += 1;
        Ok(match reply.next {
            Some(v1::record_attempt_response::Next::Assignment(next)) => Some(next),
            Some(v1::record_attempt_response::Next::Empty(_)) | None => None,
        })
    }

    /// Answers to the first items, as they are sent and, for the history, by column of the export.
    fn answers(&mut self, case: &v1::Assignment, items: usize) -> (Vec<v1::Rating>, Value) {
        let kept = self.work.history.is_kept();
        let mut said = serde_json::Map::new();
        let mut ratings = Vec::new();
        for target in &case.targets {
            let mut answers = Vec::new();
            for (indicator, item) in self.work.items.iter().take(items) {
                let score = i32::try_from(self.dice.below(11)).unwrap_or_default();
                if kept {
                    said.insert(format!("{indicator}.{item}"), score.into());
                }
                let value = Some(v1::answer::Value::Score(score));
                answers.push(v1::Answer { item: item.clone(), value });
            }
            ratings.push(v1::Rating { target_no: target.target_no, answers });
        }
        (ratings, Value::Object(said))
    }
}

fn lease_json(case: &v1::Assignment) -> Value {
    let lease = case.lease.unwrap_or_default();
    json!({"case_no": lease.case_no, "epoch": lease.epoch})
}

fn word(status: v1::ReceiptStatus) -> String {
    status.as_str_name().replace("RECEIPT_STATUS_", "")
}
