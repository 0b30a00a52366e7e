//! An interviewer's desktop that works through whatever happens, repeats what has no answer, and
//! writes down what it was told.

use super::{id, school::ratings, with};
use canvass_proto::v1::{
    self, interviewing_service_client::InterviewingServiceClient,
    pull_assignment_response::Result as P,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tonic::{Code, Status, transport::Channel};

/// How desktops behave.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manners {
    /// A call that is not answered within it has an unknown outcome; none: as long as it takes.
    pub patience: Option<Duration>,
    /// Between two cases.
    pub pause: Duration,
}

impl Manners {
    /// The whole answer in time. The timeout of tonic ends with the head of an answer, and waits for
    /// ever for the rest of it.
    async fn soon<T>(self, call: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
        match self.patience {
            None => call.await,
            Some(patience) => tokio::time::timeout(patience, call)
                .await
                .unwrap_or_else(|_| Err(Status::deadline_exceeded("no answer in time"))),
        }
    }
}

pub type History = Arc<Mutex<Vec<Value>>>;
/// Acknowledged drafts by case: the number of the save and the answers.
pub type Drafts = Arc<Mutex<BTreeMap<i64, (i64, Vec<v1::Rating>)>>>;

/// What a receipt says.
struct Told {
    status: String,
    attempt_no: i64,
    version: i64,
    log_pos: i64,
    quarantine_no: i64,
}

macro_rules! told {
    ($reply:expr, $version:expr) => {
        $reply.map(|r| {
            let r = r.into_inner().receipt.unwrap();
            let status = r.status().as_str_name().replace("RECEIPT_STATUS_", "");
            let (attempt_no, version, log_pos) = (r.attempt_no, $version(&r), r.log_pos);
            Told { status, attempt_no, version, log_pos, quarantine_no: r.quarantine_no }
        })
    };
}

pub struct Desktop {
    pub address: SocketAddr,
    pub token: String,
    pub survey_id: i64,
    pub history: History,
    pub drafts: Drafts,
    pub acked: Arc<AtomicUsize>,
    /// Calls of all seats that had no answer, or were told to try again.
    pub unanswered: Arc<AtomicUsize>,
    pub manners: Manners,
    pub client: Option<InterviewingServiceClient<Channel>>,
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
    )
}

impl Desktop {
    async fn client(&mut self) -> InterviewingServiceClient<Channel> {
        loop {
            if let Some(client) = &self.client {
                return client.clone();
            }
            let to = format!("http://{}", self.address);
            let to = Channel::from_shared(to).unwrap();
            let patience = self.manners.patience.unwrap_or(Duration::from_secs(60));
            if let Ok(Ok(channel)) = tokio::time::timeout(patience, to.connect()).await {
                self.client = Some(InterviewingServiceClient::new(channel));
            } else {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }

    /// The line is down or the server is busy: another one is opened, after a pause where the server
    /// itself is not what fails.
    async fn hang_up(&mut self) {
        self.client = None;
        self.unanswered.fetch_add(1, Ordering::SeqCst);
        if self.manners.patience.is_some() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn note(&self, mut op: Value, result: &Result<Told, Status>) {
        match result {
            Ok(Told { status, attempt_no, version, log_pos, quarantine_no }) => {
                self.acked.fetch_add(1, Ordering::SeqCst);
                op["version"] = json!(version);
                op["quarantine_no"] = json!(quarantine_no);
                op["result"] = json!("ok");
                op["status"] = json!(status);
                op["attempt_no"] = json!(attempt_no);
                op["log_pos"] = json!(log_pos);
            }
            Err(status) => {
                op["result"] = json!(if is_open(status) { "unknown" } else { "error" });
            }
        }
        self.history.lock().unwrap().push(op);
    }

    /// Keeps a draft; one that was acknowledged must come back with the case.
    async fn save(&mut self, case: &v1::Assignment, a: i32, b: i32) {
        let lease = case.lease.unwrap();
        let kept = self.drafts.lock().unwrap().remove(&lease.case_no);
        if let Some((save_no, answers)) = &kept {
            assert_eq!((case.draft_save_no, &case.draft), (*save_no, answers), "{lease:?}");
        }
        let save_no = case.draft_save_no + 1;
        let answers = ratings(case.targets[0].target_no, a, b);
        let request = v1::SaveAnswersRequest {
            survey_id: self.survey_id,
            lease: Some(lease),
            save_no,
            ratings: answers.clone(),
        };
        match self.manners.soon(self.client().await.save_answers(with(&self.token, request))).await
        {
            Ok(_) => {
                self.drafts.lock().unwrap().insert(lease.case_no, (save_no, answers));
            }
            Err(status) if is_open(&status) => self.hang_up().await,
            Err(_) => {}
        }
    }

    /// What is held, or the next case.
    pub async fn case(&mut self) -> Option<v1::Assignment> {
        let held = v1::ListHeldAssignmentsRequest { survey_id: self.survey_id };
        let held = with(&self.token, held);
        match self.manners.soon(self.client().await.list_held_assignments(held)).await {
            Ok(reply) => {
                if let Some(mine) = reply.into_inner().assignments.pop() {
                    return Some(mine);
                }
            }
            Err(_) => {
                self.hang_up().await;
                return None;
            }
        }
        let pull = v1::PullAssignmentRequest {
            survey_id: self.survey_id,
            request_id: id(),
            wait_ms: Some(0),
        };
        match self.manners.soon(self.client().await.pull_assignment(with(&self.token, pull))).await
        {
            Ok(reply) => match reply.into_inner().result {
                Some(P::Assignment(case)) => Some(case),
                Some(P::Empty(_)) | None => {
                    tokio::time::sleep(Duration::from_millis(30)).await;
                    None
                }
            },
            Err(_) => {
                self.hang_up().await;
                None
            }
        }
    }

    /// Leaves a case lying for another: what was saved must be there when it comes back.
    async fn leave(&mut self, lease: v1::Lease) {
        let release = v1::ReleaseAssignmentRequest {
            survey_id: self.survey_id,
            lease: Some(lease),
            request_id: id(),
        };
        if self
            .manners
            .soon(self.client().await.release_assignment(with(&self.token, release)))
            .await
            .is_err()
        {
            self.hang_up().await;
        }
    }

    async fn start(&mut self, lease: v1::Lease) {
        let start = v1::StartInterviewRequest {
            survey_id: self.survey_id,
            lease: Some(lease),
            request_id: id(),
        };
        if self
            .manners
            .soon(self.client().await.start_interview(with(&self.token, start)))
            .await
            .is_err()
        {
            self.hang_up().await;
        }
    }

    /// Interviews or dials, and repeats the same request until the server has answered.
    pub async fn work(&mut self, case: v1::Assignment) {
        let lease = case.lease.unwrap();
        let (a, b) = ((lease.case_no * 7 % 11) as i32, (lease.case_no * 3 % 11) as i32);
        self.start(lease).await;
        self.save(&case, a, b).await;
        if lease.case_no % 7 == 0 && lease.epoch < 3 {
            return self.leave(lease).await;
        }
        let request_id = id();
        let interview = lease.case_no % 4 != 0;
        loop {
            let mut op = json!({"request_id": request_id, "case_no": lease.case_no,
                "epoch": lease.epoch});
            let result = if interview {
                op["op"] = json!("submit");
                op["answers"] = json!({"q1.q1": a, "q2.q2": b});
                let request = v1::SubmitInterviewRequest {
                    survey_id: self.survey_id,
                    lease: Some(lease),
                    request_id: request_id.clone(),
                    ratings: ratings(case.targets[0].target_no, a, b),
                    ..Default::default()
                };
                let reply = self
                    .manners
                    .soon(self.client().await.submit_interview(with(&self.token, request)))
                    .await;
                told!(reply, |_: &v1::SubmitReceipt| 1)
            } else {
                op["op"] = json!("attempt");
                op["outcome"] = json!("hard_refusal");
                let request = v1::RecordAttemptRequest {
                    survey_id: self.survey_id,
                    lease: Some(lease),
                    request_id: request_id.clone(),
                    outcome: v1::Outcome::HardRefusal as i32,
                    ..Default::default()
                };
                let reply = self
                    .manners
                    .soon(self.client().await.record_attempt(with(&self.token, request)))
                    .await;
                told!(reply, |r: &v1::AttemptReceipt| r.version)
            };
            self.note(op, &result);
            match result {
                Err(status) if is_open(&status) => self.hang_up().await,
                Ok(told) if !interview && lease.case_no % 8 == 0 => {
                    return self.mend(lease, told.attempt_no).await;
                }
                Ok(_) | Err(_) => return,
            }
        }
    }

    /// It was no refusal: the dial is corrected, again until the server has answered.
    async fn mend(&mut self, lease: v1::Lease, attempt_no: i64) {
        let request = v1::RecordAttemptRequest {
            survey_id: self.survey_id,
            lease: Some(lease),
            request_id: id(),
            outcome: v1::Outcome::Language as i32,
            correct_attempt_no: attempt_no,
            ..Default::default()
        };
        loop {
            let op = json!({"op": "mend", "request_id": request.request_id,
                "case_no": lease.case_no, "epoch": lease.epoch, "outcome": "language"});
            let sent = with(&self.token, request.clone());
            let result = told!(
                self.manners.soon(self.client().await.record_attempt(sent)).await,
                |r: &v1::AttemptReceipt| r.version
            );
            self.note(op, &result);
            match result {
                Err(status) if is_open(&status) => self.hang_up().await,
                Ok(_) | Err(_) => return,
            }
        }
    }
}
