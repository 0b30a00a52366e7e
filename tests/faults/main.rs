//! Everything that can go wrong, made to go wrong: `cargo test --test faults -- --help`.
//!
//! Exits 1 when a promise was broken (with the seed, the smallest plan and the command that plays it again),
//! 3 when there were too few faults for the run to have proved anything.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test that shares its floor with others"
)]

#[path = "../it/floor/mod.rs"]
mod floor;
mod ledger;
mod pairs;
mod sim;

use clap::Parser;
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};
use std::{
    path::PathBuf,
    process::{Child, Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

/// Pairs tried side by side.
const PAIRS_AT_ONCE: usize = 3;

/// Breaks what can be broken and looks whether every promise is kept.
#[derive(Parser)]
struct Args {
    /// Schedules of virtual replicas and interviewers
    #[arg(long, default_value_t = 200)]
    schedules: u64,
    /// Minutes after which no new schedule begins
    #[arg(long, default_value_t = 30.0)]
    minutes: f64,
    /// The first seed; without it one that was not used before
    #[arg(long)]
    seed: Option<u64>,
    /// Processes, each on a core of its own
    #[arg(long, default_value_t = 2)]
    jobs: u64,
    /// Fewer schedules than this within the time are a failure
    #[arg(long, default_value_t = 0)]
    least: u64,
    /// File of the seeds that were run: this run is noted there, and uses none of them again
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// Does one process's part
    #[arg(long, hide = true)]
    part: bool,
    /// Plays a plan again and tells every step
    #[arg(long, value_name = "PLAN")]
    replay: Option<String>,
    /// Also every order of the statements of two requests at once, on PostgreSQL
    #[arg(long)]
    pairs: bool,
    /// Only the pairs with this in their name
    #[arg(long, value_name = "NAME")]
    pair: Option<String>,
    /// Leaves PostgreSQL out
    #[arg(long)]
    sqlite_only: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if let Some(plan) = &args.replay {
        return replay(plan, !args.sqlite_only);
    }
    let first = args.seed.unwrap_or_else(|| ledger::fresh(args.ledger.as_deref(), args.schedules));
    if args.part {
        return part(&args, first);
    }
    if args.pairs || args.pair.is_some() {
        let code = pairs(args.pair.as_deref().unwrap_or_default());
        if code != ExitCode::SUCCESS || args.pair.is_some() {
            return code;
        }
    }
    schedules(&args, first)
}

fn pairs(name: &str) -> ExitCode {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let begun = Instant::now();
    let template = runtime.block_on(sim::Template::new(floor::Kind::Postgres, "manual"));
    let asked = pairs::SCENES.iter().filter(|scene| scene.name.contains(name));
    // most of the time is spent waiting for one of the two to come to its gate
    let each = stream::iter(asked)
        .map(async |scene| (scene.name, pairs::every_order(&template, scene).await));
    let (mut scenes, mut all) = (0, 0);
    let mut done = std::pin::pin!(each.buffer_unordered(PAIRS_AT_ONCE));
    while let Some((scene, orders)) = runtime.block_on(done.next()) {
        match orders {
            Ok(orders) => {
                println!("  {scene}: {orders} orders");
                (scenes, all) = (scenes + 1, all + orders);
            }
            Err(why) => {
                println!("broken: {why}");
                println!("again: cargo test --test faults -- --pair '{scene}'");
                return ExitCode::from(1);
            }
        }
    }
    if all == 0 {
        println!("no pair has this in its name: this proves nothing");
        return ExitCode::from(3);
    }
    let took = begun.elapsed().as_secs_f64();
    println!("pairs: {scenes} in all {all} orders of their statements, in {took:.0} s");
    ExitCode::SUCCESS
}

/// A child's part: one thread, its sums as one line.
fn part(args: &Args, first: u64) -> ExitCode {
    let ground = sim::runtime().block_on(sim::Ground::new(!args.sqlite_only));
    let until = Instant::now() + Duration::from_secs_f64(args.minutes * 60.0);
    let mut sum = sim::Sum::default();
    let failure = sim::run_some(&ground, first, args.schedules, until, &mut sum);
    println!("{}", json!({"sum": sum, "failure": failure}));
    ExitCode::SUCCESS
}

/// Starts a child that does its part on a core of its own: the program and the database then take turns
/// without waking another core.
fn start_part(args: &Args, core: u64, first: u64, count: u64) -> Child {
    let (program, core) = (std::env::current_exe().unwrap(), core.to_string());
    let pinned = Command::new("taskset").args(["-c", &core, "true"]).output();
    let mut command = if pinned.is_ok_and(|out| out.status.success()) {
        let mut command = Command::new("taskset");
        command.args(["-c", &core]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.args(["--part", "--seed", &first.to_string(), "--schedules", &count.to_string()]);
    command.args(["--minutes", &args.minutes.to_string()]);
    if args.sqlite_only {
        command.arg("--sqlite-only");
    }
    command.stdout(Stdio::piped()).spawn().unwrap()
}

fn schedules(args: &Args, first: u64) -> ExitCode {
    let begun = Instant::now();
    let share = args.schedules.div_ceil(args.jobs);
    let parts: Vec<Child> =
        (0..args.jobs).map(|core| start_part(args, core, first + core * share, share)).collect();
    let (mut sum, mut failure) = (sim::Sum::default(), None);
    for part in parts {
        let out = part.wait_with_output().unwrap();
        let line = String::from_utf8_lossy(&out.stdout);
        let told: Value =
            line.lines().last().and_then(|l| serde_json::from_str(l).ok()).unwrap_or_default();
        match serde_json::from_value::<sim::Sum>(told["sum"].clone()) {
            Ok(more) => sum = sum.and(more),
            Err(_) => {
                println!("a part ended without its sums: {line}");
                return ExitCode::from(1);
            }
        }
        failure = failure.or(serde_json::from_value::<sim::Failure>(told["failure"].clone()).ok());
    }
    let told: Vec<String> =
        sim::KINDS.iter().zip(sum.struck).map(|(kind, n)| format!("{kind} {n}")).collect();
    println!(
        "schedules: {} of {} steps from seed {first} in {:.0} s, {} of them twice with equal traces; faults: {}",
        sum.schedules,
        sim::STEPS,
        begun.elapsed().as_secs_f64(),
        sum.doubled,
        told.join(", ")
    );
    if let Some(failure) = failure {
        return smallest(args, &failure);
    }
    let few = sum.struck.iter().any(|n| *n * 100 < sum.schedules as i64);
    if few || sum.schedules == 0 {
        println!("less than one fault of each kind per 100 schedules: this proves nothing");
        return ExitCode::from(3);
    }
    if let Some(ledger) = &args.ledger {
        ledger::add(ledger, first, args.schedules, &sum);
    }
    if sum.schedules < args.least {
        println!(
            "time was up before {} schedules: this machine is too slow, or something hangs",
            args.least
        );
        return ExitCode::from(4);
    }
    ExitCode::SUCCESS
}

fn smallest(args: &Args, failure: &sim::Failure) -> ExitCode {
    println!("seed {}: {}\nlooking for the smallest plan …", failure.seed, failure.why);
    let until = Instant::now() + Duration::from_secs(180);
    let runtime = sim::runtime();
    let ground = runtime.block_on(sim::Ground::new(!args.sqlite_only));
    let (cut, why, told) = runtime.block_on(ground.smallest(failure.seed, until));
    told.iter().for_each(|line| println!("  {line}"));
    println!("broken: {why}");
    println!("again: cargo test --test faults -- --replay {}", sim::plan(failure.seed, &cut));
    ExitCode::from(1)
}

fn replay(plan: &str, postgres: bool) -> ExitCode {
    let Some((seed, cut)) = sim::parse_plan(plan) else {
        println!("a plan is SEED:STEPS-CUT-OUT:FAULTS-CUT-OUT, not {plan}");
        return ExitCode::from(2);
    };
    let runtime = sim::runtime();
    let ground = runtime.block_on(sim::Ground::new(postgres));
    match runtime.block_on(ground.run(&mut sim::Places::new(), seed, sim::STEPS, &cut)) {
        Ok((trace, _)) => {
            println!("every promise was kept; trace {trace}");
            ExitCode::SUCCESS
        }
        Err((why, told)) => {
            told.iter().for_each(|line| println!("  {line}"));
            println!("broken: {why}");
            ExitCode::from(1)
        }
    }
}
