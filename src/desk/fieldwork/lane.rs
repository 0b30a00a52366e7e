//! The lane: what arrives while a batch is being committed goes together into the next one, so that
//! many calls share a transaction and nobody waits for more company. One batch of a survey is under
//! way at a time; finished work goes before new work.

use super::command::{Ask, Command, Reply};
use super::world::World;
use crate::desk::{Desk, WeakDesk};
use crate::error::{Error, Result};
use crate::meter::{Histogram, Seen};
use crate::msg;
use std::collections::HashMap;
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, mpsc, oneshot};

/// Commands in one batch, if nobody asks for fewer.
const BATCH_MAX: usize = 64;
/// Commands that may wait for a survey's lane.
const WAITING_MAX: usize = 4096;
/// Commands that may wait when another pull comes: some eight batches.
const PULLS_WAITING_MAX: usize = 512;

/// A batch that is told to try again after so long met a database that is away.
const AWAY: Duration = Duration::from_secs(3);

type Answer = oneshot::Sender<Result<Reply>>;

/// A command that waits for its batch.
struct Item {
    command: Command,
    answer: Answer,
    waits: Waits,
}

/// One more that waits, until this is gone.
struct Waits(Arc<AtomicU64>);

impl Waits {
    fn new(waiting: &Arc<AtomicU64>) -> Waits {
        waiting.fetch_add(1, Ordering::Relaxed);
        Waits(waiting.clone())
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

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

/// The lanes of a replica, how full they are and their batches.
#[derive(Clone, Debug)]
pub struct LaneView {
    /// Commands that wait for their batch now.
    pub waiting: u64,
    /// Commands a committed batch.
    pub commands: Seen,
    /// Statements a committed batch, `begin` and `commit` included.
    pub statements: Seen,
}

/// The lanes of a replica, one a survey.
pub struct Lanes {
    batch_max: AtomicUsize,
    waiting: Arc<AtomicU64>,
    commands: Histogram<7>,
    statements: Histogram<8>,
    open: Mutex<HashMap<i64, mpsc::Sender<Item>>>,
    /// Transactions under way on this replica: one on SQLite, which has one writer.
    in_flight: Arc<Semaphore>,
}

impl Lanes {
    /// Lanes that let `in_flight` batches run at once.
    pub fn new(in_flight: usize) -> Lanes {
        Lanes {
            batch_max: AtomicUsize::new(BATCH_MAX),
            waiting: Arc::default(),
            commands: Histogram::new([1, 2, 4, 8, 16, 32, 64]),
            statements: Histogram::new([4, 6, 8, 10, 15, 20, 30, 50]),
            open: Mutex::new(HashMap::new()),
            in_flight: Arc::new(Semaphore::new(in_flight)),
        }
    }

    /// Notes a committed batch.
    pub fn note(&self, commands: usize, statements: u64) {
        self.commands.note(commands as u64);
        self.statements.note(statements);
    }

    fn view(&self) -> LaneView {
        LaneView {
            waiting: self.waiting.load(Ordering::Relaxed),
            commands: self.commands.seen(),
            statements: self.statements.seen(),
        }
    }

    fn of(&self, desk: &Desk, survey_id: i64) -> mpsc::Sender<Item> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = open.get(&survey_id).filter(|lane| !lane.is_closed()) {
            return known.clone();
        }
        let (lane, items) = mpsc::channel(WAITING_MAX);
        open.insert(survey_id, lane.clone());
        let gate = self.in_flight.clone();
        tokio::spawn(drive(desk.weak(), survey_id, items, gate));
        lane
    }
}

/// How many commands may wait before another of this kind is refused with the time to try again: new
/// work is refused first, and what an interviewer has done already never (it waits for room).
const fn room(ask: &Ask) -> usize {
    match ask {
        Ask::Submit(..) | Ask::Attempt(..) | Ask::Amend(..) | Ask::Extend(_) => usize::MAX,
        Ask::Sweep | Ask::Jump(_) => usize::MAX,
        Ask::Start(_) | Ask::Save(..) | Ask::Release(_) => WAITING_MAX / 2,
        Ask::Revoke(..)
        | Ask::ReleaseReserves(..)
        | Ask::Resolve(..)
        | Ask::Correct(..)
        | Ask::Withdraw(..) => WAITING_MAX / 4,
        Ask::Pull => PULLS_WAITING_MAX,
    }
}

/// Whether nobody would learn of its answer, and nothing is lost with it: a case that is leased to
/// somebody who has gone would only stand still.
fn is_given_up(item: &Item) -> bool {
    matches!(item.command.ask, Ask::Pull) && item.answer.is_closed()
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

/// Ends with its desk: only the calls that wait keep that alive.
async fn drive(
    desk: WeakDesk,
    survey_id: i64,
    mut items: mpsc::Receiver<Item>,
    gate: Arc<Semaphore>,
) {
    let mut waiting: Vec<Item> = Vec::new();
    let mut hot = None;
    while let Some(first) = items.recv().await {
        waiting.push(first);
        let Some(desk) = desk.upgrade() else { return };
        while !waiting.is_empty() {
            let Ok(turn) = gate.acquire().await else { return };
            while let Ok(item) = items.try_recv() {
                waiting.push(item);
            }
            waiting.retain(|item| !is_given_up(item));
            waiting.sort_by_key(|item| class(&item.command.ask));
            let most = desk.0.lanes.batch_max.load(Ordering::Relaxed);
            let rest = waiting.split_off(waiting.len().min(most));
            let batch = std::mem::replace(&mut waiting, rest);
            if batch.is_empty() {
                break;
            }
            run(&desk, survey_id, batch, &mut hot).await;
            drop(turn);
            desk.board_changed(survey_id);
        }
    }
}

/// Runs a batch; if its transaction fails each command is run once alone, so that one that fails
/// always cannot fail its neighbours.
async fn run(desk: &Desk, survey_id: i64, batch: Vec<Item>, hot: &mut Option<World>) {
    // taken apart here: what is in a batch waits no longer
    let apart = |item: Item| {
        drop(item.waits);
        (item.command, item.answer)
    };
    let (commands, answers): (Vec<Command>, Vec<Answer>) = batch.into_iter().map(apart).unzip();
    let commands = Arc::new(commands);
    let began = Instant::now();
    match guarded(desk, survey_id, commands.clone(), hot).await {
        Ok(replies) => {
            for (answer, reply) in answers.into_iter().zip(replies) {
                // nobody waits any more: the client has gone and will repeat its request
                let _ = answer.send(reply);
            }
        }
        Err(error) => {
            tracing::warn!(survey.id = survey_id, commands = commands.len(), %error, "a batch failed; running its commands one by one");
            let mut away = is_away(&error, began);
            for (command, answer) in commands.iter().zip(answers) {
                // a try each would only keep the last of them waiting
                if away {
                    let _ = answer.send(Err(Error::Busy(error.to_string().into())));
                    continue;
                }
                let alone = Arc::new(vec![command.clone()]);
                let reply = match guarded(desk, survey_id, alone, hot).await {
                    Ok(mut replies) => replies.pop().unwrap_or_else(|| Err(super::other_reply())),
                    Err(error) => {
                        away = is_away(&error, began);
                        Err(error)
                    }
                };
                let _ = answer.send(reply);
            }
        }
    }
}

/// Whether something failed for the database, not for what was asked of it.
fn is_away(error: &Error, began: Instant) -> bool {
    matches!(error, Error::Busy(_)) && began.elapsed() > AWAY
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
        let batch = desk.run_batch(survey_id, &commands, &mut remembered);
        // one that is cut short leaves nothing remembered
        let done = desk.store().briefly(batch).await;
        (done, remembered)
    });
    let (done, remembered) =
        work.await.map_err(|error| Error::defect(format!("a batch panicked: {error}")))?;
    *hot = remembered;
    done
}

impl Desk {
    /// No more than so many commands (1..64) share a transaction.
    pub fn set_batch_max(&self, most: usize) {
        self.0.lanes.batch_max.store(most.clamp(1, BATCH_MAX), Ordering::Relaxed);
    }

    /// What the lanes of this replica have done.
    pub fn lane_counts(&self) -> LaneCounts {
        let LaneView { commands, statements, .. } = self.lane_view();
        LaneCounts { batches: commands.count, commands: commands.sum, statements: statements.sum }
    }

    /// How full the lanes of this replica are, and their batches.
    pub fn lane_view(&self) -> LaneView {
        self.0.lanes.view()
    }

    /// Sends a command through its survey's lane and waits for its reply.
    pub(super) async fn through(&self, survey_id: i64, command: Command) -> Result<Reply> {
        let waiting = self.0.lanes.waiting.load(Ordering::Relaxed);
        if usize::try_from(waiting).unwrap_or(usize::MAX) >= room(&command.ask) {
            return Err(Error::Throttled(1, msg!("call.overloaded")));
        }
        let (answer, reply) = oneshot::channel();
        let lane = self.0.lanes.of(self, survey_id);
        let item = Item { command, answer, waits: Waits::new(&self.0.lanes.waiting) };
        lane.send(item).await.map_err(|_| Error::Busy("the lane has ended".into()))?;
        reply.await.map_err(|_| Error::Busy("the lane has ended".into()))?
    }
}
