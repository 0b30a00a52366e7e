//! One simulated interviewer's desktop: a real gRPC client that writes down every request and what
//! was acknowledged.

use crate::client::{Bearer, Dice, failed};
use crate::error::{Error, Result};
use canvass_proto::v1::{
    self, interviewing_service_client::InterviewingServiceClient as Client,
    pull_assignment_response::Result as Pulled,
};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::sync::{Arc, Mutex, PoisonError};
use tonic::{Request, transport::Channel};

/// The file that all desktops write.
#[derive(Clone)]
pub struct Log(Arc<Mutex<BufWriter<File>>>);

impl Log {
    /// Writes to a file.
    pub fn new(file: File) -> Log {
        Log(Arc::new(Mutex::new(BufWriter::new(file))))
    }

    fn write(&self, line: &Value) -> Result<()> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(file, "{line}")?;
        Ok(())
    }

    /// Everything written reaches the file.
    pub fn flush(&self) -> Result<()> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).flush()?)
    }
}

/// Answers as they are sent, and as the export will show them.
pub struct Answers {
    /// The message.
    pub ratings: Vec<v1::Rating>,
    /// By column of the export; of the first target, the only one in these surveys.
    pub said: Value,
}

/// A repeat must get what the call before it got, although that answer never arrived.
fn same<T: PartialEq>(lost: Option<T>, got: &T, what: &str) -> Result<()> {
    if lost.is_some_and(|lost| lost != *got) {
        return Err(Error::defect(format!("the repeat of {what} was answered otherwise")));
    }
    Ok(())
}

/// The lease that a pull was answered with.
fn lease_of(pulled: Pulled) -> Option<v1::Lease> {
    match pulled {
        Pulled::Assignment(case) => case.lease,
        Pulled::Empty(_) => None,
    }
}

/// The key of whom a case rates.
fn target(case: &v1::Assignment) -> &str {
    case.targets.first().map_or("", |target| &target.key)
}

/// The desktop.
pub struct Desktop {
    client: Client<Channel>,
    token: Bearer,
    user: String,
    log: Log,
    /// Request ids, and whether the line breaks.
    pub dice: Dice,
}

/// An answer: perhaps the next case.
pub struct Receipt {
    /// The next case.
    pub next: Option<v1::Assignment>,
}

impl Desktop {
    /// A signed-in desktop.
    pub fn new(channel: Channel, token: &str, user: &str, log: Log, dice: Dice) -> Result<Desktop> {
        let token = Bearer::new(token)?;
        Ok(Desktop { client: Client::new(channel), token, user: user.to_owned(), log, dice })
    }

    /// The name it signs in with.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Goes on with a new token: a token ends after twelve hours.
    pub fn renew(&mut self, token: &str) -> Result<()> {
        self.token = Bearer::new(token)?;
        Ok(())
    }

    fn with<T>(&self, message: T) -> Request<T> {
        self.token.with(message)
    }

    fn note(&self, at_us: i64, op: &str, survey_id: i64, mut rest: Value) -> Result<()> {
        rest["at_us"] = json!(at_us);
        rest["user"] = json!(self.user);
        rest["op"] = json!(op);
        rest["survey"] = json!(survey_id);
        self.log.write(&rest)
    }

    /// The next case of a survey, if there is one now.
    pub async fn pull(&mut self, at_us: i64, survey_id: i64) -> Result<Option<v1::Assignment>> {
        let request_id = self.dice.uuid();
        let request = v1::PullAssignmentRequest {
            survey_id,
            request_id: request_id.clone(),
            wait_ms: Some(0),
        };
        // one pull in a hundred is sent again because its answer was lost: the same case comes back
        let mut lost = None;
        if self.dice.happens(10) {
            let reply = self.client.pull_assignment(self.with(request.clone())).await;
            lost = reply.map_err(failed)?.into_inner().result.and_then(lease_of);
        }
        let reply = self.client.pull_assignment(self.with(request)).await.map_err(failed)?;
        match reply.into_inner().result {
            Some(Pulled::Assignment(case)) => {
                let lease = case.lease.unwrap_or_default();
                same(lost, &lease, "a pull")?;
                let body = json!({"request_id": request_id, "case_no": lease.case_no,
                    "epoch": lease.epoch});
                self.note(at_us, "pull", survey_id, body)?;
                Ok(Some(case))
            }
            Some(Pulled::Empty(_)) | None => Ok(None),
        }
    }

    /// What this desktop holds, asked after it was started anew.
    pub async fn held(&mut self) -> Result<Option<v1::Assignment>> {
        let request = self.with(v1::ListHeldAssignmentsRequest { survey_id: 0 });
        let reply = self.client.list_held_assignments(request).await.map_err(failed)?;
        Ok(reply.into_inner().assignments.pop())
    }

    /// Begins; false when the cell is full or the case is gone.
    pub async fn start(&mut self, at_us: i64, case: &v1::Assignment) -> Result<bool> {
        let request_id = self.dice.uuid();
        let request = v1::StartInterviewRequest {
            survey_id: case.survey_id,
            lease: case.lease,
            request_id: request_id.clone(),
        };
        let mut lost = None;
        if self.dice.happens(10) {
            let reply = self.client.start_interview(self.with(request.clone())).await;
            lost = reply.ok().map(tonic::Response::into_inner);
        }
        let done = match self.client.start_interview(self.with(request)).await {
            Ok(reply) => {
                same(lost, &reply.into_inner(), "a start")?;
                true
            }
            Err(status) if status.code() == tonic::Code::FailedPrecondition => false,
            Err(status) => return Err(failed(status)),
        };
        let result = if done { "ok" } else { "refused" };
        let case_no = case.lease.unwrap_or_default().case_no;
        let body = json!({"request_id": request_id, "case_no": case_no, "result": result});
        self.note(at_us, "start", case.survey_id, body)?;
        Ok(done)
    }

    /// Gives a case back undialled, unless it is gone already.
    pub async fn release(&mut self, at_us: i64, case: &v1::Assignment) -> Result<()> {
        let request_id = self.dice.uuid();
        let (survey_id, lease) = (case.survey_id, case.lease);
        let request =
            v1::ReleaseAssignmentRequest { survey_id, lease, request_id: request_id.clone() };
        let done = self.client.release_assignment(self.with(request)).await;
        let result = match done {
            Ok(_) => "ok",
            Err(status) if status.code() == tonic::Code::FailedPrecondition => "refused",
            Err(status) => return Err(failed(status)),
        };
        let case_no = lease.unwrap_or_default().case_no;
        let body = json!({"request_id": request_id, "case_no": case_no, "result": result});
        self.note(at_us, "release", survey_id, body)
    }

    /// Keeps a page of answers and, where the lease needs it, holds on to the case.
    pub async fn page(
        &mut self,
        at_us: i64,
        case: &v1::Assignment,
        save_no: i64,
        answers: Answers,
        hold: bool,
    ) -> Result<()> {
        let (survey_id, lease) = (case.survey_id, case.lease);
        let Answers { ratings, said } = answers;
        let save = self.with(v1::SaveAnswersRequest { survey_id, lease, save_no, ratings });
        let saved = self.client.save_answers(save).await;
        let result = if saved.is_ok() { "ok" } else { "refused" };
        let case_no = lease.unwrap_or_default().case_no;
        let body = json!({"case_no": case_no, "save_no": save_no, "result": result,
            "answers": said});
        self.note(at_us, "save", survey_id, body)?;
        let extend = self.with(v1::ExtendAssignmentRequest { survey_id, lease });
        let held = if hold { self.client.extend_assignment(extend).await.err() } else { None };
        // a lease that was lost is told again at the end: the submit goes to the quarantine
        for status in [saved.err(), held].into_iter().flatten() {
            if status.code() != tonic::Code::FailedPrecondition {
                return Err(failed(status));
            }
        }
        Ok(())
    }

    /// Hands an interview in; the same request again when its answer is lost.
    pub async fn submit(
        &mut self,
        at_us: i64,
        case: &v1::Assignment,
        answers: Answers,
    ) -> Result<Receipt> {
        let lease = case.lease.unwrap_or_default();
        let Answers { ratings, said } = answers;
        let request_id = self.dice.uuid();
        let request = v1::SubmitInterviewRequest {
            survey_id: case.survey_id,
            lease: case.lease,
            request_id: request_id.clone(),
            ratings,
            pull_next: true,
            continue_with_person: !case.also_due.is_empty(),
            ..Default::default()
        };
        let mut lost = None;
        if self.dice.happens(30) {
            let reply = self.client.submit_interview(self.with(request.clone())).await;
            lost = reply.map_err(failed)?.into_inner().receipt;
        }
        let reply = self.client.submit_interview(self.with(request)).await.map_err(failed)?;
        let reply = reply.into_inner();
        let receipt = reply.receipt.unwrap_or_default();
        same(lost, &receipt, "a submit")?;
        let status = receipt.status().as_str_name().replace("RECEIPT_STATUS_", "");
        let body = json!({"request_id": request_id, "case_no": lease.case_no,
            "epoch": lease.epoch, "result": "ok", "status": status, "code": receipt.code,
            "attempt_no": receipt.attempt_no, "log_pos": receipt.log_pos,
            "target": target(case), "answers": said});
        self.note(at_us, "submit", case.survey_id, body)?;
        let next = match reply.next {
            Some(v1::submit_interview_response::Next::Assignment(next)) => Some(next),
            Some(v1::submit_interview_response::Next::Empty(_)) | None => None,
        };
        Ok(Receipt { next })
    }

    /// Writes a dial down.
    pub async fn record(
        &mut self,
        at_us: i64,
        case: &v1::Assignment,
        outcome: v1::Outcome,
        call_back_us: i64,
    ) -> Result<Receipt> {
        let lease = case.lease.unwrap_or_default();
        let request_id = self.dice.uuid();
        let request = v1::RecordAttemptRequest {
            survey_id: case.survey_id,
            lease: case.lease,
            request_id: request_id.clone(),
            outcome: outcome as i32,
            call_back_us,
            pull_next: true,
            ..Default::default()
        };
        let mut lost = None;
        if self.dice.happens(20) {
            let reply = self.client.record_attempt(self.with(request.clone())).await;
            lost = reply.map_err(failed)?.into_inner().receipt;
        }
        let reply = self.client.record_attempt(self.with(request)).await.map_err(failed)?;
        let reply = reply.into_inner();
        let receipt = reply.receipt.unwrap_or_default();
        same(lost, &receipt, "an attempt")?;
        let status = receipt.status().as_str_name().replace("RECEIPT_STATUS_", "");
        let word = outcome.as_str_name().replace("OUTCOME_", "").to_lowercase();
        let body = json!({"request_id": request_id, "case_no": lease.case_no,
            "epoch": lease.epoch, "result": "ok", "status": status, "outcome": word,
            "code": receipt.code, "attempt_no": receipt.attempt_no, "log_pos": receipt.log_pos,
            "target": target(case)});
        self.note(at_us, "attempt", case.survey_id, body)?;
        let next = match reply.next {
            Some(v1::record_attempt_response::Next::Assignment(next)) => Some(next),
            Some(v1::record_attempt_response::Next::Empty(_)) | None => None,
        };
        Ok(Receipt { next })
    }
}
