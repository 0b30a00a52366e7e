//! The server is killed again and again while interviewers work. The judge is a program that sees
//! only what the clients wrote down and what the export says.

use crate::floor::{
    KINDS, Kind, PASSWORD, Site,
    child::Server,
    id,
    school::{Plan, ratings},
    with,
};
use canvass_proto::v1::{
    self, interviewing_service_client::InterviewingServiceClient,
    pull_assignment_response::Result as P,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tonic::{Code, Status, transport::Channel};

const KILLS: usize = 20;
const SEATS: usize = 6;

type History = Arc<Mutex<Vec<Value>>>;
/// Acknowledged drafts by case: the number of the save and the answers.
type Drafts = Arc<Mutex<BTreeMap<i64, (i64, Vec<v1::Rating>)>>>;

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

struct Desktop {
    site: Site,
    token: String,
    survey_id: i64,
    history: History,
    drafts: Drafts,
    client: Option<InterviewingServiceClient<Channel>>,
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
            let to = format!("http://{}", self.site.address);
            if let Ok(channel) = Channel::from_shared(to).unwrap().connect().await {
                self.client = Some(InterviewingServiceClient::new(channel));
            } else {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }

    fn note(&self, mut op: Value, result: &Result<Told, Status>) {
        match result {
            Ok(Told { status, attempt_no, version, log_pos, quarantine_no }) => {
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
        match self.client().await.save_answers(with(&self.token, request)).await {
            Ok(_) => {
                self.drafts.lock().unwrap().insert(lease.case_no, (save_no, answers));
            }
            Err(status) if is_open(&status) => self.client = None,
            Err(_) => {}
        }
    }

    /// What is held, or the next case.
    async fn case(&mut self) -> Option<v1::Assignment> {
        let held = v1::ListHeldAssignmentsRequest { survey_id: self.survey_id };
        let held = with(&self.token, held);
        match self.client().await.list_held_assignments(held).await {
            Ok(reply) => {
                if let Some(mine) = reply.into_inner().assignments.pop() {
                    return Some(mine);
                }
            }
            Err(_) => {
                self.client = None;
                return None;
            }
        }
        let pull = v1::PullAssignmentRequest {
            survey_id: self.survey_id,
            request_id: id(),
            wait_ms: Some(0),
        };
        match self.client().await.pull_assignment(with(&self.token, pull)).await {
            Ok(reply) => match reply.into_inner().result {
                Some(P::Assignment(case)) => Some(case),
                Some(P::Empty(_)) | None => {
                    tokio::time::sleep(Duration::from_millis(30)).await;
                    None
                }
            },
            Err(_) => {
                self.client = None;
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
        if self.client().await.release_assignment(with(&self.token, release)).await.is_err() {
            self.client = None;
        }
    }

    /// Interviews or dials, and repeats the same request until the server has answered.
    async fn work(&mut self, case: v1::Assignment) {
        let lease = case.lease.unwrap();
        let (a, b) = ((lease.case_no * 7 % 11) as i32, (lease.case_no * 3 % 11) as i32);
        let start = v1::StartInterviewRequest {
            survey_id: self.survey_id,
            lease: Some(lease),
            request_id: id(),
        };
        if self.client().await.start_interview(with(&self.token, start)).await.is_err() {
            self.client = None;
        }
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
                let reply = self.client().await.submit_interview(with(&self.token, request)).await;
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
                let reply = self.client().await.record_attempt(with(&self.token, request)).await;
                told!(reply, |r: &v1::AttemptReceipt| r.version)
            };
            self.note(op, &result);
            match result {
                Err(status) if is_open(&status) => self.client = None,
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
            let result =
                told!(self.client().await.record_attempt(sent).await, |r: &v1::AttemptReceipt| r
                    .version);
            self.note(op, &result);
            match result {
                Err(status) if is_open(&status) => self.client = None,
                Ok(_) | Err(_) => return,
            }
        }
    }
}

fn judge(history: &Path, interviews: &Path, attempts: &Path) -> (Option<i32>, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check_history.py");
    let kept = history.with_file_name("q.jsonl");
    let mut command = Command::new("python3");
    command.arg(script).args([history, interviews, attempts]).arg("-").arg(kept);
    let out = command.output().unwrap();
    (out.status.code(), String::from_utf8_lossy(&out.stdout).into_owned())
}

async fn run(kind: Kind) {
    let mut server = Server::new(kind).await;
    // the real clock: the window is open all day
    let plan = Plan {
        classes: vec![("1-1", 400), ("1-2", 400), ("1-3", 400)],
        rate: "1.0",
        lo: 10,
        hi: 1000,
        whole_day: true,
        ..Plan::default()
    };
    let survey_id = server.site.fielded(&plan).await;
    let history: History = Arc::default();
    let drafts = Drafts::default();
    let over = Arc::new(AtomicBool::new(false));
    let mut tasks = Vec::new();
    for seat in 0..SEATS {
        let name = format!("seat{seat}");
        let (_, token) = server.site.user(&name, v1::Role::Interviewer, &[survey_id]).await;
        let mut desktop = Desktop {
            site: server.site.clone(),
            token,
            survey_id,
            history: history.clone(),
            drafts: drafts.clone(),
            client: None,
        };
        let over = over.clone();
        tasks.push(tokio::spawn(async move {
            while !over.load(Ordering::Relaxed) {
                if let Some(case) = desktop.case().await {
                    desktop.work(case).await;
                }
            }
        }));
    }
    for round in 0..KILLS {
        // paced by work, not by time: a slow machine does as much between two kills as a fast one
        let before = history.lock().unwrap().len();
        while history.lock().unwrap().len() < before + 12 + round % 5 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server.kill();
        server.start().await;
    }
    let before = history.lock().unwrap().len();
    while history.lock().unwrap().len() < before + 12 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    over.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
    check(kind, &mut server, survey_id, &history).await;
}

/// The judge's word on the run, and on a planted loss and a planted double.
async fn check(kind: Kind, server: &mut Server, survey_id: i64, history: &History) {
    server.site.admin = server.site.sign_in("admin", PASSWORD, "").await;
    let exact = v1::ExportFormat::CsvExact;
    let path = |name: &str| server.place.path(name);
    fs::write(path("i.csv"), server.site.export(survey_id, "interviews", exact).await).unwrap();
    fs::write(path("a.csv"), server.site.export(survey_id, "attempts", exact).await).unwrap();
    let lines: Vec<String> = history.lock().unwrap().iter().map(Value::to_string).collect();
    let unknown = lines.iter().filter(|l| l.contains("\"unknown\"")).count();
    fs::write(path("h.jsonl"), lines.join("\n")).unwrap();
    let kept = server.site.kept(survey_id).await;
    fs::write(path("q.jsonl"), &kept).unwrap();
    let (code, said) = judge(&path("h.jsonl"), &path("i.csv"), &path("a.csv"));
    assert_eq!(code, Some(0), "{kind:?}: {said}");
    assert!(
        lines.len() > 12 * KILLS,
        "{kind:?}: too little was done to prove anything: {}",
        lines.len()
    );
    assert!(unknown > 0, "{kind:?}: no kill hit a request under way");

    // a planted loss and a planted double are found
    let table = fs::read_to_string(path("i.csv")).unwrap();
    let rows: Vec<&str> = table.lines().collect();
    let lost = [&rows[..rows.len() - 1], &[]].concat().join("\n") + "\n";
    fs::write(path("lost.csv"), lost).unwrap();
    let found = judge(&path("h.jsonl"), &path("lost.csv"), &path("a.csv"));
    assert!(found.0 == Some(1) && found.1.contains("is missing"), "a loss: {found:?}");
    let doubled = [&rows[..], &rows[rows.len() - 1..]].concat().join("\n") + "\n";
    fs::write(path("twice.csv"), doubled).unwrap();
    let found = judge(&path("h.jsonl"), &path("twice.csv"), &path("a.csv"));
    assert!(found.0 == Some(1) && found.1.contains("2 interviews"), "a double: {found:?}");
    // and so is the correction of a dial
    let table = fs::read_to_string(path("a.csv")).unwrap();
    let mended = table.lines().find(|l| l.contains(",language,")).expect("a corrected dial");
    fs::write(path("slip.csv"), table.replace(&format!("{mended}\n"), "")).unwrap();
    let found = judge(&path("h.jsonl"), &path("i.csv"), &path("slip.csv"));
    assert!(found.0 == Some(1) && found.1.contains("is missing"), "a correction: {found:?}");
    // and so is what was kept aside, and lost
    let late = json!({"op": "submit", "request_id": id(), "case_no": 1, "epoch": 1, "answers": {},
        "result": "ok", "status": "QUARANTINED", "attempt_no": 0, "log_pos": 1, "quarantine_no": 999});
    let lines = fs::read_to_string(path("h.jsonl")).unwrap();
    fs::write(path("late.jsonl"), format!("{lines}\n{late}")).unwrap();
    let found = judge(&path("late.jsonl"), &path("i.csv"), &path("a.csv"));
    assert!(found.0 == Some(1) && found.1.contains("kept aside is missing"), "{found:?}");
    // the ledger agrees with a recount of the export
    let p = server.site.progress(survey_id).await;
    let valid = rows[1..].iter().filter(|r| r.contains(",true,false,")).count() as i64;
    assert_eq!(p.total.unwrap().valid, valid, "{kind:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_when_the_server_is_killed() {
    for kind in KINDS {
        run(kind).await;
    }
}
