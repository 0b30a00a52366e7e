//! One schedule: some replicas on one database, some interviewers, a supervisor and the weather, in an
//! order that a seed gives.

use super::{
    db::Db,
    dice::Dice,
    model::Model,
    op::{Ask, Op, Told},
    storm::{Blow, Storm},
    template::Template,
};
use canvass::{
    chance::Chance,
    clock::Clock,
    desk::{Desk, Lease},
    store::Store,
};
use sha2::{Digest, Sha256};
use std::{collections::BTreeSet, sync::Arc};

const SECOND_US: i64 = 1_000_000;
const MINUTE_US: i64 = 60 * SECOND_US;
/// Interviewers.
const SEATS: usize = 10;
/// Number of the supervisor.
const SUPERVISOR: i64 = 100;

/// Kinds of faults, as they are counted.
pub const KINDS: [&str; 6] =
    ["failed", "failed before commit", "answer lost", "crashed", "skewed", "delivered twice"];

/// A virtual replica.
struct Replica {
    desk: Desk,
    storm: Arc<Storm>,
    clock: Clock,
    skew_us: i64,
}

/// An interviewer's desktop.
#[derive(Default)]
struct Seat {
    /// Lease, target, save kept.
    case: Option<(Lease, i64, i64)>,
    started: bool,
    pending: Option<Op>,
    dialled: Option<(Lease, i64)>,
}

/// What is left out of a schedule.
#[derive(Clone, Debug, Default)]
pub struct Cut {
    /// Steps.
    pub steps: BTreeSet<usize>,
    /// Steps whose fault does not happen.
    pub calm: BTreeSet<usize>,
}

/// See the module.
pub struct World<'p> {
    store: Store,
    db: &'p mut Db,
    survey_id: i64,
    strata: Vec<String>,
    replicas: Vec<Replica>,
    seats: Vec<Seat>,
    model: Model,
    now_us: i64,
    seed: u64,
    faults: bool,
    serial: u64,
    sent: Vec<Op>,
    /// Requests sent and other steps done.
    done: usize,
    paused: bool,
    trace: Sha256,
    /// What happened, in words, for a failure.
    pub told: Vec<String>,
    /// Faults by kind.
    pub struck: [i64; 6],
}

impl World<'_> {
    pub async fn new<'p>(
        template: &Template,
        place: &'p mut (Store, Db),
        seed: u64,
        faults: bool,
    ) -> World<'p> {
        let mut dice = Dice::new(seed, u64::MAX);
        let (store, db) = (place.0.clone(), &mut place.1);
        Template::begin_again(db).await;
        let mut world = World {
            store,
            db,
            survey_id: template.survey_id,
            strata: template.strata.clone(),
            replicas: Vec::new(),
            seats: (0..SEATS).map(|_| Seat::default()).collect(),
            model: Model::default(),
            now_us: template.now_us,
            seed,
            faults,
            serial: 0,
            sent: Vec::new(),
            done: 0,
            paused: false,
            trace: Sha256::new(),
            told: Vec::new(),
            struck: [0; 6],
        };
        for at in 0..=dice.below(3) {
            let replica = world.open(at, 0).await;
            world.replicas.push(replica);
        }
        world
    }

    async fn open(&self, at: u64, skew_us: i64) -> Replica {
        let storm = Arc::new(Storm::default());
        let clock = Clock::manual(self.now_us + skew_us);
        let mut seed = [at as u8; 32];
        seed[..8].copy_from_slice(&(self.seed ^ self.serial).to_be_bytes());
        let store = self.store.under(storm.clone());
        let desk = Desk::open(store, [7; 32], clock.clone(), Chance::seeded(seed)).await;
        Replica { desk: desk.expect("a replica opens in fair weather"), storm, clock, skew_us }
    }

    fn op(&mut self, user: i64, ask: Ask) -> Op {
        self.serial += 1;
        Op { serial: self.serial, user, ask }
    }

    /// The steps of a schedule that are not cut out; the first promise that was broken, in words.
    pub async fn run(&mut self, steps: usize, cut: &Cut) -> Result<(), String> {
        let mut judged = 0;
        for at in 0..steps {
            // a burst is as many steps as requests
            if self.done >= steps {
                break;
            }
            if cut.steps.contains(&at) {
                continue;
            }
            let before = self.done;
            self.step(at, !cut.calm.contains(&at)).await?;
            self.done = self.done.max(before + 1);
            if self.done >= judged + 75 {
                judged = self.done;
                self.model.judge(&self.db.facts(self.survey_id).await, false)?;
            }
        }
        self.settle().await
    }

    /// The hash of everything that was asked and answered.
    pub fn trace(&self) -> String {
        hex::encode(self.trace.clone().finalize())
    }

    fn note(&mut self, text: String) {
        self.trace.update(text.as_bytes());
        self.told.push(text);
    }

    async fn step(&mut self, at: usize, blows: bool) -> Result<(), String> {
        let mut dice = Dice::new(self.seed, at as u64);
        // a fault that is cut out must not move what follows
        let mut fate = Dice::new(self.seed ^ 0xFA7E, at as u64);
        let which = dice.below(self.replicas.len() as u64) as usize;
        if self.faults && blows {
            self.prepare(which, &mut fate);
        }
        match dice.below(100) {
            0..8 => self.wait(&mut dice),
            8..14 => self.supervise(which, &mut dice).await?,
            14..19 if self.faults && blows => self.repeat(which, &mut dice).await?,
            19..88 => self.burst(which, &mut dice).await?,
            _ => {
                let seat = dice.below(SEATS as u64) as usize;
                if let Some(op) = self.choose(seat, &mut dice) {
                    self.ask(which, vec![(Some(seat), op)]).await?;
                }
            }
        }
        self.mend().await;
        Ok(())
    }

    fn prepare(&mut self, which: usize, fate: &mut Dice) {
        let replica = &mut self.replicas[which];
        let steps = fate.below(16) as i64;
        replica.storm.set(match fate.below(100) {
            0..4 => Blow::Fail(steps, 0),
            4..7 => Blow::Fail(steps, 1),
            7..10 => Blow::BeforeCommit,
            10..15 => Blow::AfterCommit,
            15..17 => Blow::Crash(steps),
            17..19 => Blow::CrashAfterCommit,
            _ => Blow::None,
        });
        if fate.below(100) < 2 {
            let minutes = [0, 60, -60, 10, -10, 1, -1][fate.below(7) as usize];
            replica.skew_us = minutes * MINUTE_US;
            replica.clock.set(self.now_us + replica.skew_us);
            self.struck[4] += i64::from(minutes != 0);
            self.model.skewed |= minutes != 0;
        }
    }

    fn wait(&mut self, dice: &mut Dice) {
        let by_us = match dice.below(10) {
            0..5 => 20 * SECOND_US,
            5..8 => 4 * MINUTE_US,
            8 => 2 * 60 * MINUTE_US,
            _ => 23 * 60 * MINUTE_US,
        };
        self.now_us += by_us;
        for replica in &self.replicas {
            replica.clock.set(self.now_us + replica.skew_us);
        }
        self.note(format!("wait {}s", by_us / SECOND_US));
    }

    /// A replica that has crashed begins anew, with nothing remembered.
    async fn mend(&mut self) {
        for at in 0..self.replicas.len() {
            let storm = self.replicas[at].storm.clone();
            for (kind, n) in storm.struck.iter().enumerate() {
                self.struck[kind] += n.swap(0, std::sync::atomic::Ordering::SeqCst);
            }
            storm.set(Blow::None);
            if storm.is_down() {
                let skew_us = self.replicas[at].skew_us;
                self.replicas[at] = self.open(at as u64, skew_us).await;
                self.note(format!("replica {at} begins anew"));
            }
        }
    }

    /// A request that was sent before arrives again, wherever.
    async fn repeat(&mut self, which: usize, dice: &mut Dice) -> Result<(), String> {
        if self.sent.is_empty() {
            return Ok(());
        }
        let recent = self.sent.len().min(30) as u64;
        let op = self.sent[self.sent.len() - 1 - dice.below(recent) as usize].clone();
        self.struck[5] += 1;
        self.ask(which, vec![(None, op)]).await
    }

    async fn burst(&mut self, which: usize, dice: &mut Dice) -> Result<(), String> {
        let mut ops = Vec::new();
        let first = dice.below(SEATS as u64) as usize;
        for more in 0..=(4 + dice.below(SEATS as u64 - 4) as usize) {
            let seat = (first + more) % SEATS;
            if let Some(op) = self.choose(seat, dice) {
                // now and then the same request twice at once
                if dice.below(8) == 0 {
                    ops.push((None, op.clone()));
                }
                ops.push((Some(seat), op));
            }
        }
        self.ask(which, ops).await
    }

    async fn supervise(&mut self, which: usize, dice: &mut Dice) -> Result<(), String> {
        let cases = self.model.cases_seen();
        let any = |dice: &mut Dice| match cases.len() {
            0 => 1,
            n => cases[dice.below(n as u64) as usize],
        };
        let ask = match dice.below(12) {
            0 | 1 => Ask::Revoke(any(dice)),
            2 | 3 => {
                Ask::Reserves(self.strata[dice.below(self.strata.len() as u64) as usize].clone())
            }
            4..7 => Ask::Resolve(1 + dice.below(6) as i64, dice.below(2) == 0),
            7 => {
                let case_no = any(dice);
                Ask::Correct(case_no, self.model.target_of(case_no))
            }
            8 => Ask::Withdraw(any(dice)),
            9 => {
                self.paused = !self.paused;
                Ask::Pause(self.paused)
            }
            _ => Ask::Sweep,
        };
        let op = self.op(SUPERVISOR, ask);
        self.ask(which, vec![(None, op)]).await
    }

    /// What an interviewer does next.
    fn choose(&mut self, at: usize, dice: &mut Dice) -> Option<Op> {
        let user = at as i64 + 1;
        if let Some(op) = self.seats[at].pending.clone() {
            if dice.below(10) < 8 {
                return Some(op);
            }
            // the desktop is switched off: nobody asks again before the end
            self.seats[at] = Seat::default();
        }
        let seat = &self.seats[at];
        let Some((lease, target, save)) = seat.case else {
            if let (Some((lease, attempt)), 0..3) = (seat.dialled, dice.below(10)) {
                let outcome = [1, 4, 5, 8, 12][dice.below(5) as usize].min(12);
                return Some(self.op(user, Ask::Amend(lease, attempt, outcome)));
            }
            return Some(self.op(user, Ask::Pull));
        };
        let started = seat.started;
        let next = dice.below(3) == 0;
        let ask = match dice.below(100) {
            0..10 => Ask::Extend(lease),
            10..32 if !started => Ask::Start(lease),
            10..32 => Ask::Save(lease, save + 1, target),
            32..68 => Ask::Submit(lease, target, dice.below(6) > 0, next),
            68..90 => {
                let outcome = 1 + dice.below(13) as i64;
                let in_us = (1 + dice.below(50) as i64) * 60 * MINUTE_US;
                let call_back = if outcome == 4 { self.now_us + in_us } else { 0 };
                Ask::Attempt(lease, outcome, call_back, next)
            }
            90..95 => Ask::Release(lease),
            _ => {
                // walks away; the lease runs out by itself
                self.seats[at] = Seat::default();
                return None;
            }
        };
        Some(self.op(user, ask))
    }

    async fn ask(&mut self, which: usize, ops: Vec<(Option<usize>, Op)>) -> Result<(), String> {
        let desk = self.replicas[which].desk.clone();
        let answers =
            futures_util::future::join_all(ops.iter().map(|(_, op)| op.ask(&desk, self.survey_id)));
        let answers = answers.await;
        self.done += answers.len();
        self.model.together();
        for ((seat, op), told) in ops.into_iter().zip(answers) {
            self.note(format!("{which} u{} #{} {:?} -> {told:?}", op.user, op.serial, op.ask));
            self.model.heard(&op, &told)?;
            if self.sent.last() != Some(&op) {
                self.sent.push(op.clone());
            }
            if let Some(seat) = seat {
                self.sit(seat, op, told);
            }
        }
        Ok(())
    }

    /// What a desktop makes of an answer.
    fn sit(&mut self, at: usize, op: Op, told: Told) {
        let seat = &mut self.seats[at];
        seat.pending = None;
        let next = |seat: &mut Seat, case: Option<(Lease, i64, i64)>| {
            (seat.case, seat.started) = (case, false);
        };
        match (told, &op.ask) {
            (Told::Unknown, _) => seat.pending = Some(op),
            (Told::Case(lease, target, save), _) => next(seat, Some((lease, target, save))),
            (Told::Receipt(receipt, case), ask) => {
                if let Ask::Attempt(lease, ..) = ask {
                    seat.dialled = Some((*lease, receipt.attempt_no));
                }
                next(seat, case);
            }
            (Told::Done(_), Ask::Start(_)) => seat.started = true,
            (Told::Done(_), Ask::Save(lease, save, target)) => {
                seat.case = Some((*lease, *target, *save));
            }
            (Told::Done(_), Ask::Release(_)) | (Told::Refused(_), _) => next(seat, None),
            (Told::Done(_) | Told::Nothing(_), _) => {}
        }
    }

    /// The weather clears: whoever still waits for an answer asks until there is one, and the books are
    /// balanced.
    async fn settle(&mut self) -> Result<(), String> {
        for replica in &mut self.replicas {
            replica.storm.set(Blow::None);
            replica.skew_us = 0;
        }
        self.mend().await;
        self.now_us += 2 * MINUTE_US;
        for replica in &self.replicas {
            replica.clock.set(self.now_us);
        }
        for op in self.model.open() {
            self.ask(0, vec![(None, op)]).await?;
        }
        let op = self.op(SUPERVISOR, Ask::Sweep);
        self.ask(0, vec![(None, op)]).await?;
        self.model.judge(&self.db.facts(self.survey_id).await, true)
    }
}
