//! The store under a storm: many schedules of virtual replicas and interviewers on real databases, each
//! from one number.

mod db;
mod dice;
mod model;
mod op;
mod storm;
mod template;
mod world;

use crate::floor::Kind;
use canvass::store::Store;

use serde::{Deserialize, Serialize};

pub use db::Db;
pub use model::Model;
pub use op::{Ask, Op, Told};
use std::{
    collections::{BTreeSet, HashMap, hash_map::Entry},
    time::Instant,
};
pub use template::Template;
pub use world::KINDS;
use world::{Cut, World};

/// Steps of a schedule.
pub const STEPS: usize = 300;

/// The copies of one thread, by template.
pub type Places = HashMap<usize, (Store, Db)>;

/// What a run came to.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Sum {
    pub schedules: u64,
    /// Faults by kind.
    pub struck: [i64; 6],
    /// Schedules run twice.
    pub doubled: u64,
}

impl Sum {
    /// Both together.
    pub fn and(mut self, other: Sum) -> Sum {
        self.schedules += other.schedules;
        self.doubled += other.doubled;
        for (sum, more) in self.struck.iter_mut().zip(other.struck) {
            *sum += more;
        }
        self
    }
}

/// A schedule that broke a promise.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Failure {
    pub seed: u64,
    pub why: String,
}

/// The databases and surveys that schedules run on.
pub struct Ground {
    sqlite: [Template; 2],
    pub postgres: Option<Template>,
}

impl Ground {
    /// `postgres`: whether one schedule of so many runs there.
    pub async fn new(postgres: bool) -> Ground {
        let sqlite = [
            Template::new(Kind::Sqlite, "manual").await,
            Template::new(Kind::Sqlite, "rule").await,
        ];
        let postgres =
            if postgres { Some(Template::new(Kind::Postgres, "rule").await) } else { None };
        Ground { sqlite, postgres }
    }

    fn of(&self, seed: u64) -> &Template {
        match &self.postgres {
            Some(postgres) if seed.is_multiple_of(50) => postgres,
            _ => &self.sqlite[(seed % 2) as usize],
        }
    }

    /// One schedule: the hash of its trace and the faults of each kind, or what was broken.
    pub async fn run(
        &self,
        places: &mut Places,
        seed: u64,
        steps: usize,
        cut: &Cut,
    ) -> Result<(String, [i64; 6]), (String, Vec<String>)> {
        // every second pair of schedules has fair weather
        let (template, faults) = (self.of(seed), (seed / 2).is_multiple_of(2));
        let key = std::ptr::from_ref(template) as usize;
        let place = match places.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(empty) => empty.insert(template.copy().await),
        };
        let mut world = World::new(template, place, seed, faults).await;
        let done = world.run(steps, cut).await;
        let (trace, struck, told) = (world.trace(), world.struck, std::mem::take(&mut world.told));
        done.map(|()| (trace, struck)).map_err(|why| (why, told))
    }

    /// The smallest schedule that still breaks a promise: steps taken out first, then faults.
    pub async fn smallest(&self, seed: u64, until: Instant) -> (Cut, String, Vec<String>) {
        let (mut cut, mut places) = (Cut::default(), Places::new());
        let mut last = match self.run(&mut places, seed, STEPS, &cut).await {
            Err(failed) => failed,
            Ok(_) => {
                return (
                    cut,
                    "it does not fail again: not a matter of the seed alone".into(),
                    Vec::new(),
                );
            }
        };
        for faults in [false, true] {
            let mut size = STEPS / 2;
            while size > 0 && Instant::now() < until {
                let mut at = 0;
                while at < STEPS && Instant::now() < until {
                    let mut tried = cut.clone();
                    let part = if faults { &mut tried.calm } else { &mut tried.steps };
                    let before = part.len();
                    part.extend(at..(at + size).min(STEPS));
                    at += size;
                    if part.len() == before {
                        continue;
                    }
                    if let Err(failed) = self.run(&mut places, seed, STEPS, &tried).await {
                        (cut, last) = (tried, failed);
                    }
                }
                size /= 2;
            }
        }
        (cut, last.0, last.1)
    }
}

/// The plan of a cut schedule, as it is written on the command line: `seed:without:calm`.
pub fn plan(seed: u64, cut: &Cut) -> String {
    let list = |set: &BTreeSet<usize>| {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for at in set {
            match runs.last_mut() {
                Some((_, end)) if *end + 1 == *at => *end = *at,
                _ => runs.push((*at, *at)),
            }
        }
        runs.iter().map(|(a, b)| format!("{a}-{b}")).collect::<Vec<_>>().join(",")
    };
    format!("{seed}:{}:{}", list(&cut.steps), list(&cut.calm))
}

/// Reads a [`plan`].
pub fn parse_plan(text: &str) -> Option<(u64, Cut)> {
    let mut parts = text.split(':');
    let seed = parts.next()?.parse().ok()?;
    let mut set = || -> Option<BTreeSet<usize>> {
        let mut all = BTreeSet::new();
        for run in parts.next().unwrap_or_default().split(',').filter(|run| !run.is_empty()) {
            let (a, b) = run.split_once('-')?;
            all.extend(a.parse::<usize>().ok()?..=b.parse().ok()?);
        }
        Some(all)
    };
    Some((seed, Cut { steps: set()?, calm: set()? }))
}

/// Schedules from `first` on, one after another, until there are `count` or time is up.
pub fn run_some(
    ground: &Ground,
    first: u64,
    count: u64,
    until: Instant,
    sum: &mut Sum,
) -> Option<Failure> {
    let (runtime, mut places) = (runtime(), Places::new());
    for at in 0..count {
        if Instant::now() > until {
            return None;
        }
        if let Err(failure) = runtime.block_on(one(ground, &mut places, first + at, at, sum)) {
            return Some(failure);
        }
    }
    None
}

/// One thread that does one thing at a time: what happens follows from the seed.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

async fn one(
    ground: &Ground,
    places: &mut Places,
    seed: u64,
    at: u64,
    sum: &mut Sum,
) -> Result<(), Failure> {
    let broken = |(why, _)| Failure { seed, why };
    let (trace, struck) = ground.run(places, seed, STEPS, &Cut::default()).await.map_err(broken)?;
    sum.schedules += 1;
    for (sum, more) in sum.struck.iter_mut().zip(struck) {
        *sum += more;
    }
    if at.is_multiple_of(40) {
        let (again, _) = ground.run(places, seed, STEPS, &Cut::default()).await.map_err(broken)?;
        sum.doubled += 1;
        if again != trace {
            return Err(Failure { seed, why: format!("one seed, two traces: {trace}, {again}") });
        }
    }
    Ok(())
}
