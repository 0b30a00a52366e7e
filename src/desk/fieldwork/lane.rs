//! The lane: what arrives while a batch is being committed goes together into the next one, so that
//! many calls share a transaction and nobody waits for more company. One batch of a survey is under
//! way at a time; finished work goes before new work.

use super::command::{Ask, Command, Reply};
use super::world::World;
use crate::desk::Desk;
use crate::error::{Error, Result};
use std::collections::HashMap;
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::{Semaphore, mpsc, oneshot};

/// Commands in one batch.
const BATCH_MAX: usize = 64;
/// Commands that may wait for a survey's lane.
const WAITING_MAX: usize = 4096;

type Answer = oneshot::Sender<Result<Reply>>;
type Item = (Command, Answer);

/// What the lanes of a replica have done since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaneCounts {
    /// Batches committed.
    pub batches: u64,
    /// Commands answered in them.
    pub commands: u64,
    /// Statements sent for them, `begin` and `commit` included.
    pub statements: u64,
}

/// The lanes of a replica, one a survey.
pub struct Lanes {
    counts: [AtomicU64; 3],
    open: Mutex<HashMap<i64, mpsc::Sender<Item>>>,
    /// Transactions under way on this replica: one on SQLite, which has one writer.
    in_flight: Arc<Semaphore>,
}

impl Lanes {
    /// Lanes that let `in_flight` batches run at once.
    pub fn new(in_flight: usize) -> Lanes {
        Lanes {
            counts: Default::default(),
            open: Mutex::new(HashMap::new()),
            in_flight: Arc::new(Semaphore::new(in_flight)),
        }
    }

    /// Notes a committed batch.
    pub fn note(&self, commands: usize, statements: u64) {
        for (count, more) in self.counts.iter().zip([1, commands as u64, statements]) {
            count.fetch_add(more, Ordering::Relaxed);
        }
    }

    /// What was done so far.
    pub fn counts(&self) -> LaneCounts {
        let [batches, commands, statements] =
            [0, 1, 2].map(|at: usize| self.counts[at].load(Ordering::Relaxed));
        LaneCounts { batches, commands, statements }
    }

    fn of(&self, desk: &Desk, survey_id: i64) -> mpsc::Sender<Item> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = open.get(&survey_id).filter(|lane| !lane.is_closed()) {
            return known.clone();
        }
        let (lane, items) = mpsc::channel(WAITING_MAX);
        open.insert(survey_id, lane.clone());
        let gate = self.in_flight.clone();
        tokio::spawn(drive(desk.clone(), survey_id, items, gate));
        lane
    }
}

/// Work that is done goes first: an answer that waits may be lost with its sender.
const fn class(ask: &Ask) -> u8 {
    match ask {
        Ask::Submit(..) | Ask::Attempt(..) | Ask::Amend(..) => 0,
        Ask::Extend(_) | Ask::Start(_) | Ask::Save(..) | Ask::Release(_) | Ask::Jump(_) => 1,
        Ask::Pull => 3,
        Ask::Revoke(..)
        | Ask::ReleaseReserves(..)
        | Ask::Resolve(..)
        | Ask::Correct(..)
        | Ask::Withdraw(..)
        | Ask::Sweep => 2,
    }
}

async fn drive(desk: Desk, survey_id: i64, mut items: mpsc::Receiver<Item>, gate: Arc<Semaphore>) {
    let mut waiting: Vec<Item> = Vec::new();
    let mut hot = None;
    while let Some(first) = items.recv().await {
        waiting.push(first);
        while !waiting.is_empty() {
            let Ok(turn) = gate.acquire().await else { return };
            while let Ok(item) = items.try_recv() {
                waiting.push(item);
            }
            waiting.sort_by_key(|(command, _)| class(&command.ask));
            let rest = waiting.split_off(waiting.len().min(BATCH_MAX));
            let batch = std::mem::replace(&mut waiting, rest);
            run(&desk, survey_id, batch, &mut hot).await;
            drop(turn);
            desk.board_changed(survey_id);
        }
    }
}

/// Runs a batch; if its transaction fails each command is run once alone, so that one that fails
/// always cannot fail its neighbours.
async fn run(desk: &Desk, survey_id: i64, batch: Vec<Item>, hot: &mut Option<World>) {
    let (commands, answers): (Vec<Command>, Vec<Answer>) = batch.into_iter().unzip();
    let commands = Arc::new(commands);
    match guarded(desk, survey_id, commands.clone(), hot).await {
        Ok(replies) => {
            for (answer, reply) in answers.into_iter().zip(replies) {
                // nobody waits any more: the client has gone and will repeat its request
                let _ = answer.send(reply);
            }
        }
        Err(error) => {
            tracing::warn!(survey.id = survey_id, commands = commands.len(), %error, "a batch failed; running its commands one by one");
            for (command, answer) in commands.iter().zip(answers) {
                let alone = Arc::new(vec![command.clone()]);
                let reply = match guarded(desk, survey_id, alone, hot).await {
                    Ok(mut replies) => replies.pop().unwrap_or_else(|| Err(super::other_reply())),
                    Err(error) => Err(error),
                };
                let _ = answer.send(reply);
            }
        }
    }
}

/// A panic in a batch ends that batch only, and all that was remembered.
async fn guarded(
    desk: &Desk,
    survey_id: i64,
    commands: Arc<Vec<Command>>,
    hot: &mut Option<World>,
) -> Result<Vec<Result<Reply>>> {
    let (desk, mut remembered) = (desk.clone(), hot.take());
    let work = tokio::spawn(async move {
        let done = desk.run_batch(survey_id, &commands, &mut remembered).await;
        (done, remembered)
    });
    let (done, remembered) =
        work.await.map_err(|error| Error::defect(format!("a batch panicked: {error}")))?;
    *hot = remembered;
    done
}

impl Desk {
    /// What the lanes of this replica have done.
    pub fn lane_counts(&self) -> LaneCounts {
        self.0.lanes.counts()
    }

    /// Sends a command through its survey's lane and waits for its reply.
    pub(super) async fn through(&self, survey_id: i64, command: Command) -> Result<Reply> {
        let (answer, reply) = oneshot::channel();
        let lane = self.0.lanes.of(self, survey_id);
        lane.send((command, answer)).await.map_err(|_| Error::Busy("the lane has ended".into()))?;
        reply.await.map_err(|_| Error::Busy("the lane has ended".into()))?
    }
}
