//! `drill`: a load on a running server, the acceptance test before the first shift.

use super::{Done, Failure, Ui, remote::Remote, say};
use crate::drill::{History, Mix, Order, Report, Show, page, run};
use crate::model::Msg;
use crate::msg;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::path::PathBuf;
use std::time::Duration;

/// Put a load of virtual interviewers on a running server, and check what it answers
///
/// Makes a practice survey of invented people and closes it in the end (--keep: leaves it open). Needs an administrator's
/// token (sign-in). A cycle is a pull and what follows it, up to the receipt. Exit code 1 when the
/// server's count is not what its clients were told, when an outcome stayed unknown, or when a limit
/// given here is missed.
///
/// Example: canvass drill --interviewers 200 --think-ms 3000 --seconds 60 --html drill.html
#[derive(Args)]
pub struct Drill {
    /// Virtual interviewers, each with a connection of its own
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    interviewers: u32,
    /// Seconds to measure
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    seconds: u32,
    /// Seconds to work before that
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(0..=3_600))]
    warm_up: u32,
    /// Mean pause before each cycle (closed loop)
    #[arg(long, value_name = "MS", default_value_t = 0, conflicts_with = "rate")]
    think_ms: u32,
    /// Cycles to begin each second, however the server is (open loop)
    #[arg(long, value_name = "PER_SECOND")]
    rate: Option<f64>,
    /// What happens, by weight: interview (pull, submit), full (with start, two pages, heartbeat),
    /// or a dial's outcome: no_answer, busy, call_back, soft_refusal …
    #[arg(long, default_value = "full=40,no_answer=40,busy=10,call_back=5,soft_refusal=5")]
    mix: String,
    /// Take the next case with the answer to the last
    #[arg(long)]
    pull_next: bool,
    /// Items of an interview
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=50))]
    items: u32,
    /// Cases of the practice survey
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    cases: u32,
    /// Leave the practice survey open for another drill
    #[arg(long)]
    keep: bool,
    /// Work on the practice survey that a drill with --keep left, instead of making one
    #[arg(long, value_name = "NAME", conflicts_with = "cases")]
    survey: Option<String>,
    /// What is chosen depends on it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Process number of the server, if it runs on this machine: shows what it uses
    #[arg(long)]
    pid: Option<u32>,
    /// Write every operation, one JSON object a line
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// Write the report as a page with drawings
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Fail if 99 of 100 pulls are not answered within this
    #[arg(long, value_name = "MS")]
    max_pull_p99_ms: Option<f64>,
    /// Fail below this many cycles a second
    #[arg(long, value_name = "N")]
    min_cycles: Option<f64>,
    #[command(flatten)]
    remote: Remote,
}

struct Screen {
    ui: Ui,
    bar: ProgressBar,
}

impl Show for Screen {
    fn say(&mut self, line: &Msg) {
        self.bar.suspend(|| eprintln!("{}", line.text(self.ui.lang)));
    }

    fn tick(&mut self, passed: u64, of: u64, cycles: u64) {
        self.bar.set_length(of);
        self.bar.set_position(passed);
        self.bar.set_message(format!("{cycles}/s"));
    }
}

impl Drill {
    pub async fn run(self, ui: Ui) -> Done {
        let mix = Mix::parse(&self.mix).map_err(Failure::Wrong)?;
        if self.rate.is_some_and(|rate| !(rate > 0.0 && rate <= 1e6)) {
            return Err(Failure::Wrong(msg!("drill.rate")));
        }
        let survey = match &self.survey {
            Some(wanted) => {
                let found = say::survey(&self.remote.connect(ui).await?, wanted).await?;
                Some((found.id, found.name))
            }
            None => None,
        };
        let order = Order {
            interviewers: self.interviewers as usize,
            measure: Duration::from_secs(self.seconds.into()),
            warm_up: Duration::from_secs(self.warm_up.into()),
            think: Duration::from_millis(self.think_ms.into()),
            rate: self.rate.unwrap_or_default(),
            mix,
            pull_next: self.pull_next,
            items: self.items as usize,
            cases: self.cases as usize,
            keep: self.keep,
            survey,
            seed: self.seed,
            pid: self.pid,
        };
        let history = match &self.history {
            Some(path) => History::to(std::fs::File::create(path)?),
            None => History::none(),
        };
        let endpoint = self.remote.endpoint()?;
        let token = self.remote.token().ok_or(Failure::Wrong(msg!("cli.sign_in_first")))?;
        let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} s {msg}") {
            bar.set_style(style);
        }
        let mut screen = Screen { ui, bar };
        let done = run(&order, &endpoint, &token, history, &mut screen).await;
        screen.bar.finish_and_clear();
        let report = done.map_err(|error| Failure::of(&error, ui.lang))?;
        if let Some(path) = &self.html {
            let html = page(&report).map_err(|why| Failure::Failed(why.to_string()))?;
            std::fs::write(path, html)?;
        }
        show(ui, &report)?;
        self.judge(&report)
    }

    fn judge(&self, report: &Report) -> Done {
        if !report.sound {
            let told = report.interviews.get("COUNTED").copied().unwrap_or_default();
            return Err(Failure::Broken(msg!(
                "drill.unsound",
                told = told,
                counted = report.counted
            )));
        }
        if report.unknown > 0 {
            return Err(Failure::Broken(msg!("drill.unknown", unknown = report.unknown)));
        }
        let p99 = report.calls.get("pull").map_or(0.0, |pull| pull.p99_ms);
        if let Some(most) = self.max_pull_p99_ms.filter(|most| p99 > *most) {
            return Err(Failure::Broken(msg!("drill.slow", p99 = p99, most = most)));
        }
        let cycles = format!("{:.1}", report.cycles_per_s);
        match self.min_cycles.filter(|least| report.cycles_per_s < *least) {
            Some(least) => Err(Failure::Broken(msg!("drill.few", cycles = cycles, least = least))),
            None => Ok(()),
        }
    }
}

fn show(ui: Ui, report: &Report) -> Done {
    if ui.json {
        let json = serde_json::to_string_pretty(report);
        return say::line(json.map_err(|why| Failure::Failed(why.to_string()))?);
    }
    let numbers = ["n", "p50 ms", "p99 ms", "p99.9 ms", "max ms"];
    let mut table =
        say::table(ui, &["call", "n", "p50 ms", "p99 ms", "p99.9 ms", "max ms"], &numbers);
    for (name, call) in &report.calls {
        let times = [call.p50_ms, call.p99_ms, call.p999_ms, call.max_ms];
        let mut row = vec![name.clone(), call.n.to_string()];
        row.extend(times.iter().map(|ms| format!("{ms:.1}")));
        table.add_row(row);
    }
    say::line(table)?;
    let cycles = format!("{:.1}", report.cycles_per_s);
    say::told(ui, &msg!("drill.cycles", cycles = cycles, seconds = report.seconds))?;
    if let Some(server) = report.server {
        let (cores, mib) = (format!("{:.2}", server.cores), format!("{:.0}", server.rss_mib));
        say::told(ui, &msg!("drill.server", cores = cores, mib = mib))?;
    }
    let listed = |of: &std::collections::BTreeMap<String, u64>| {
        of.iter().map(|(name, n)| format!("{name} {n}")).collect::<Vec<_>>().join(", ")
    };
    if !report.errors.is_empty() {
        say::told(ui, &msg!("drill.errors", errors = listed(&report.errors)))?;
    }
    let interviews = listed(&report.interviews);
    say::told(
        ui,
        &msg!(
            "drill.did",
            interviews = interviews,
            dials = report.dials,
            empty = report.empty,
            counted = report.counted
        ),
    )
}
