//! Interviewers at work together, and the judge: a program that sees only what their desktops wrote
//! down and what the export says.

use super::{
    PASSWORD, Site,
    child::Server,
    school::Plan,
    worker::{Desktop, Drafts, History, Manners},
};
use canvass_proto::v1;
use serde_json::Value;
use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinHandle;

pub fn judge(history: &Path, interviews: &Path, attempts: &Path) -> (Option<i32>, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check_history.py");
    let kept = history.with_file_name("q.jsonl");
    let mut command = Command::new("python3");
    command.arg(script).args([history, interviews, attempts]).arg("-").arg(kept);
    let out = command.output().unwrap();
    (out.status.code(), String::from_utf8_lossy(&out.stdout).into_owned())
}

/// A plan with room for so many cases, on the real clock: the window is open all day.
pub fn large(classes: usize) -> Plan {
    let name = |n: usize| &*format!("{}-{}", 1 + n / 9, 1 + n % 9).leak();
    Plan {
        classes: (0..classes).map(|n| (name(n), 400)).collect(),
        rate: "1.0",
        lo: 10,
        hi: 1000,
        whole_day: true,
        ..Plan::default()
    }
}

/// Interviewers at work on a survey, until they are told that it is over.
pub struct Shift {
    pub survey_id: i64,
    pub history: History,
    /// Acknowledged interviews and dials, by seat.
    acked: Vec<Arc<AtomicUsize>>,
    unanswered: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Shift {
    /// Seats of users made at `site` begin to work through `address`.
    pub async fn begin(
        site: &Site,
        address: SocketAddr,
        survey_id: i64,
        seats: usize,
        manners: Manners,
    ) -> Shift {
        let (history, drafts) = (History::default(), Drafts::default());
        let over = Arc::new(AtomicBool::new(false));
        let unanswered = Arc::<AtomicUsize>::default();
        let (mut tasks, mut acked) = (Vec::new(), Vec::new());
        for seat in 0..seats {
            let name = format!("seat{seat}");
            let (_, token) = site.user(&name, v1::Role::Interviewer, &[survey_id]).await;
            acked.push(Arc::new(AtomicUsize::new(0)));
            let mut desktop = Desktop {
                address,
                token,
                survey_id,
                history: history.clone(),
                drafts: drafts.clone(),
                acked: acked[seat].clone(),
                unanswered: unanswered.clone(),
                manners,
                client: None,
            };
            let over = over.clone();
            tasks.push(tokio::spawn(async move {
                while !over.load(Ordering::Relaxed) {
                    if let Some(case) = desktop.case().await {
                        desktop.work(case).await;
                        tokio::time::sleep(manners.pause).await;
                    }
                }
            }));
        }
        Shift { survey_id, history, acked, unanswered, over, tasks }
    }

    /// Acknowledged so far.
    pub fn acked(&self) -> usize {
        self.acked.iter().map(|seat| seat.load(Ordering::SeqCst)).sum()
    }

    /// Waits until `done` holds; how long it took. Fails after `within`.
    async fn until(&self, within: Duration, what: &str, done: impl Fn() -> bool) -> Duration {
        let began = Instant::now();
        while !done() {
            assert!(began.elapsed() < within, "{what}: not within {within:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        began.elapsed()
    }

    /// Waits for so many more lines of the history: paced by work, not by time, a slow machine does
    /// as much as a fast one.
    pub async fn more(&self, lines: usize) {
        let before = self.history.lock().unwrap().len();
        let done = || self.history.lock().unwrap().len() >= before + lines;
        self.until(Duration::from_secs(300), "more work", done).await;
    }

    /// Waits for the next acknowledgement.
    pub async fn next_ack(&self, within: Duration) -> Duration {
        let before = self.acked();
        self.until(within, "an acknowledgement", || self.acked() > before).await
    }

    /// Waits until every seat has been told of something done; how long it took, or who has not been.
    pub async fn all_get_on(&self, within: Duration) -> Result<Duration, String> {
        let count = || self.acked.iter().map(|seat| seat.load(Ordering::SeqCst));
        let before: Vec<usize> = count().collect();
        let done = || count().zip(&before).all(|(now, before)| now > *before);
        let began = Instant::now();
        while !done() {
            let told: Vec<usize> = count().zip(&before).map(|(now, before)| now - before).collect();
            let newest = self.lines().into_iter().rev().take(5).collect::<Vec<_>>().join("\n");
            if began.elapsed() >= within {
                return Err(format!(
                    "not every seat gets on within {within:?}: {told:?}\n{newest}"
                ));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(began.elapsed())
    }

    /// Everybody goes home, after what is under way.
    pub async fn end(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        for task in self.tasks.drain(..) {
            task.await.unwrap();
        }
    }

    /// Writes the history and the exports beside the server, and asks the judge.
    pub async fn judged(&self, server: &mut Server) -> (Option<i32>, String) {
        server.site.admin = server.site.sign_in("admin", PASSWORD, "").await;
        let exact = v1::ExportFormat::CsvExact;
        let path = |name: &str| server.place.path(name);
        let interviews = server.site.export(self.survey_id, "interviews", exact).await;
        fs::write(path("i.csv"), interviews).unwrap();
        let attempts = server.site.export(self.survey_id, "attempts", exact).await;
        fs::write(path("a.csv"), attempts).unwrap();
        fs::write(path("h.jsonl"), self.lines().join("\n")).unwrap();
        fs::write(path("q.jsonl"), server.site.kept(self.survey_id).await).unwrap();
        judge(&path("h.jsonl"), &path("i.csv"), &path("a.csv"))
    }

    /// What was written down, a JSON object a line.
    pub fn lines(&self) -> Vec<String> {
        self.history.lock().unwrap().iter().map(Value::to_string).collect()
    }

    /// Calls that had no answer, or were told to try again.
    pub fn unanswered(&self) -> usize {
        self.unanswered.load(Ordering::SeqCst)
    }

    /// How many interviews and dials were left without an answer at least once.
    pub fn unknown(&self) -> usize {
        self.lines().iter().filter(|line| line.contains("\"unknown\"")).count()
    }
}
