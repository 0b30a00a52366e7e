//! Two requests at once on two replicas and one PostgreSQL, in every order of their statements.

mod gate;
mod scenes;

use crate::sim::{Db, Model, Op, Template, Told};
use canvass::{chance::Chance, clock::Clock, desk::Desk, store::Store};
use gate::Gate;
pub use scenes::SCENES;
use scenes::Scene;
use std::{sync::Arc, time::Duration};

/// More orders than this are a mistake of the harness.
const ORDERS_MAX: usize = 4_000;

/// A place with two replicas on one database.
pub struct Hall {
    db: Db,
    survey_id: i64,
    desks: [Desk; 2],
    gates: [Arc<Gate>; 2],
    clock: Clock,
    model: Model,
    serial: u64,
}

impl Hall {
    /// On a copy of the template, as it was when it was made.
    async fn new(template: &Template, scene: &Scene, store: &Store, mut db: Db) -> Hall {
        Template::begin_again(&mut db).await;
        let clock = Clock::manual(template.now_us);
        let gates = [Gate::new(scene.grain), Gate::new(scene.grain)];
        let mut desks = Vec::new();
        for (at, gate) in gates.iter().enumerate() {
            let under = store.under(gate.clone());
            let chance = Chance::seeded([at as u8 + 1; 32]);
            let desk = Desk::open(under, [7; 32], clock.clone(), chance).await.unwrap();
            desk.set_reader(env!("CARGO_BIN_EXE_canvass").into());
            desks.push(desk);
        }
        let desks = desks.try_into().ok().unwrap();
        let (survey_id, model) = (template.survey_id, Model::default());
        Hall { db, survey_id, desks, gates, clock, model, serial: 0 }
    }

    /// A request of a user.
    pub fn op(&mut self, user: i64, ask: crate::sim::Ask) -> Op {
        self.serial += 1;
        Op { serial: self.serial, user, ask }
    }

    /// Asks one replica alone, before the two go at each other.
    pub async fn tell(&mut self, which: usize, op: &Op) -> Told {
        let told = op.ask(&self.desks[which], self.survey_id).await;
        self.model.together();
        self.model.heard(op, &told).unwrap();
        told
    }

    /// Places left in the cell of a target.
    pub async fn places(&mut self, target: i64) -> usize {
        let sql = format!(
            "select cast(c.cap_n - c.done - c.held as text) from cell c join stratum s on s.survey_id = c.survey_id \
             and s.stratum_no = c.stratum_no where c.survey_id = {} and s.target_no = {target}",
            self.survey_id
        );
        self.db.rows(&sql).await[0][0].parse().unwrap()
    }

    /// Moves the clock.
    pub fn wait(&self, seconds: i64) {
        self.clock.set(self.clock.now_us() + seconds * 1_000_000);
    }

    /// Whether some backend of this database waits for a lock.
    async fn is_blocked(&mut self) -> bool {
        let rows = self
            .db
            .rows(
                "select 'x' from pg_stat_activity where datname = current_database() \
                 and wait_event_type = 'Lock'",
            )
            .await;
        !rows.is_empty()
    }

    /// Runs both with the given choices and the first replica first after them; the choices that
    /// there were: true where both could go.
    async fn run(&mut self, ops: [Op; 2], choices: &[usize]) -> Result<Vec<(usize, bool)>, String> {
        self.gates.iter().for_each(|gate| gate.shut());
        let tasks = [0, 1].map(|at: usize| {
            let (desk, op, survey_id) = (self.desks[at].clone(), ops[at].clone(), self.survey_id);
            tokio::spawn(async move { op.ask(&desk, survey_id).await })
        });
        let mut made: Vec<(usize, bool)> = Vec::new();
        loop {
            self.still(&tasks).await;
            let can = [0, 1].map(|at: usize| self.gates[at].is_waited_at());
            let which = match can {
                [false, false] if tasks.iter().all(tokio::task::JoinHandle::is_finished) => break,
                // both wait in the database: it will find the deadlock
                [false, false] => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    continue;
                }
                [true, true] => {
                    let which = choices.get(made.len()).copied().unwrap_or(0);
                    made.push((which, true));
                    which
                }
                [first, _] => {
                    let which = usize::from(!first);
                    made.push((which, false));
                    which
                }
            };
            self.gates[which].let_through();
            if made.len() > 2_000 {
                return Err("the two never end".into());
            }
        }
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.map_err(|e| e.to_string())?);
        }
        self.model.together();
        for (op, told) in ops.iter().zip(&answers) {
            if matches!(told, Told::Refused(why) if why.starts_with("DEFECT")) {
                return Err(format!("{op:?} was answered {told:?}"));
            }
            self.model.heard(op, told)?;
        }
        Ok(made)
    }

    /// Waits until each of the two stands at its gate, has ended, or waits for the other.
    async fn still(&mut self, tasks: &[tokio::task::JoinHandle<Told>; 2]) {
        let mut looks = 0;
        loop {
            let busy =
                (0..2).filter(|at| !tasks[*at].is_finished() && !self.gates[*at].is_waited_at());
            let busy = busy.count();
            if busy == 0 {
                return;
            }
            looks += 1;
            if looks % 4 == 0 && self.is_blocked().await {
                return;
            }
            tokio::time::sleep(Duration::from_micros(100)).await;
        }
    }

    /// Opens the gates, repeats both requests, and balances the books.
    async fn settle(&mut self, ops: [Op; 2]) -> Result<(), String> {
        let facts = self.db.facts(self.survey_id).await;
        self.model.judge(&facts, false)?;
        for gate in &self.gates {
            gate.reopen();
        }
        for op in ops.iter().filter(|op| op.is_keyed()) {
            let told = op.ask(&self.desks[0], self.survey_id).await;
            self.model.together();
            self.model.heard(op, &told)?;
        }
        let facts = self.db.facts(self.survey_id).await;
        self.model.judge(&facts, true)
    }
}

/// Runs a scene in every order; how many there were, or the order that broke a promise.
pub async fn every_order(template: &Template, scene: &Scene) -> Result<usize, String> {
    let mut choices: Vec<usize> = Vec::new();
    let mut orders = 0;
    let (store, mut db) = template.copy().await;
    loop {
        let mut hall = Hall::new(template, scene, &store, db).await;
        let ops = (scene.set)(&mut hall).await;
        let broken = |why: String| format!("{}: order {choices:?}: {why}", scene.name);
        let made = hall.run(ops.clone(), &choices).await.map_err(&broken)?;
        (scene.check)(&hall.model, &ops).map_err(&broken)?;
        hall.settle(ops).await.map_err(&broken)?;
        db = hall.db;
        orders += 1;
        // the last choice that could still go the other way
        let Some(last) = made.iter().rposition(|(which, free)| *free && *which == 0) else {
            return Ok(orders);
        };
        choices = made[..last].iter().map(|(which, _)| *which).chain([1]).collect();
        if orders > ORDERS_MAX {
            return Err(format!("{}: more than {ORDERS_MAX} orders", scene.name));
        }
    }
}
