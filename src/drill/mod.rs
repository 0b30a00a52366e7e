//! `canvass drill`: many virtual interviewers work on a real server through its public calls, as fast
//! as it lets them or at a given pace. What they sent and what was acknowledged is counted, timed,
//! written down for others to judge, and compared with what the server says in the end.

mod history;
mod pace;
mod page;
mod process;
mod report;
mod seat;
mod site;
mod tally;

pub use history::History;
pub use page::page;
pub use process::Usage;
pub use report::{Call, Report};

use crate::client::{Admin, Dice};
use crate::error::{Error, Result};
use crate::model::Msg;
use crate::msg;
use seat::{Seat, Work};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tally::Tally;
use tonic::transport::Endpoint;

/// What one call to a respondent comes to, and its share of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Pull and submit, nothing between: the cycle that is counted.
    Interview,
    /// Pull, start, two pages of answers, a heartbeat, submit.
    Full,
    /// Pull and a dial of this outcome (number of `Outcome`).
    Dial(i32),
}

/// Shares of what happens, by weight.
#[derive(Clone, Debug)]
pub struct Mix(pub Vec<(Act, u64)>);

impl Mix {
    /// Reads `interview=30,full=10,no_answer=60`.
    ///
    /// # Errors
    /// A word that is none of them, a weight that is no whole number, no weight at all.
    pub fn parse(text: &str) -> std::result::Result<Mix, Msg> {
        let mut of = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (word, weight) = part.split_once('=').unwrap_or((part, "1"));
            let act = Act::of(word).ok_or_else(|| msg!("drill.word", word = word))?;
            let weight = weight.parse().map_err(|_| msg!("drill.weight", part = part))?;
            of.push((act, weight));
        }
        if of.iter().all(|(_, weight)| *weight == 0) {
            return Err(msg!("drill.no_mix"));
        }
        Ok(Mix(of))
    }

    fn pick(&self, dice: &mut Dice) -> Act {
        let mut left = dice.below(self.0.iter().map(|(_, weight)| weight).sum());
        for (act, weight) in &self.0 {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return *act,
            }
        }
        Act::Interview
    }
}

impl Act {
    fn of(word: &str) -> Option<Act> {
        match word {
            "interview" => Some(Act::Interview),
            "full" => Some(Act::Full),
            // what needs more than the outcome itself (a draft, an interview) is no dial of its own
            "interviewed" | "break_off" => None,
            dial => {
                let name = format!("OUTCOME_{}", dial.to_ascii_uppercase());
                let outcome = canvass_proto::v1::Outcome::from_str_name(&name)?;
                (outcome as i32 != 0).then_some(Act::Dial(outcome as i32))
            }
        }
    }
}

/// What a drill is asked for.
#[derive(Clone, Debug)]
pub struct Order {
    /// Virtual interviewers, each with a connection of its own.
    pub interviewers: usize,
    /// How long is measured.
    pub measure: Duration,
    /// Worked before that, unmeasured.
    pub warm_up: Duration,
    /// Mean of the (exponential) pause before each cycle; closed loop.
    pub think: Duration,
    /// Cycles begun each second whatever the server does; 0 = closed loop.
    pub rate: f64,
    /// What happens in a cycle.
    pub mix: Mix,
    /// The next case comes with the answer to the last.
    pub pull_next: bool,
    /// Items of an interview, 1..50.
    pub items: usize,
    /// Cases of the practice survey.
    pub cases: usize,
    /// The practice survey is left open.
    pub keep: bool,
    /// A practice survey that is there already: its number and name.
    pub survey: Option<(i64, String)>,
    /// Everything that is chosen depends on it.
    pub seed: u64,
    /// Process of the server on this machine, to see what it uses.
    pub pid: Option<u32>,
}

/// How the drill tells what it does.
pub trait Show: Send {
    /// A line.
    fn say(&mut self, line: &Msg);
    /// Where it stands: seconds passed of all, cycles in the last second.
    fn tick(&mut self, passed: u64, of: u64, cycles: u64);
}

/// Runs a drill against a server.
///
/// # Errors
/// What cannot be set up: no administrator's token, a server that does not answer.
pub async fn run(
    order: &Order,
    endpoint: &Endpoint,
    token: &str,
    history: History,
    show: &mut impl Show,
) -> Result<Report> {
    let channel = endpoint.connect().await.map_err(Error::defect)?;
    let mut admin = Admin::new(channel, token, Dice::new(order.seed, &site::unique()?))?;
    let site = site::prepare(order, &mut admin, show).await?;
    show.say(&msg!("drill.ready", interviewers = order.interviewers, survey = site.name));
    let before = admin.progress(site.survey_id).await?;
    let begin = Instant::now();
    let from = begin + order.warm_up;
    let until = from + order.measure;
    let pace = pace::Pace::start(order, begin, until);
    let work = Arc::new(Work {
        order: order.clone(),
        survey_id: site.survey_id,
        items: site.items.clone(),
        pace,
        history,
        begin,
        until,
    });
    let mut seats = tokio::task::JoinSet::new();
    for (at, token) in site.tokens.iter().enumerate() {
        let seat = Seat::new(at, endpoint, token, work.clone())?;
        seats.spawn(seat.work());
    }
    let usage = process::watch(order.pid, from, until);
    let tallies = gather(order, seats, begin, &work, show).await?;
    let usage = usage.await.map_err(Error::defect)?;
    work.history.flush()?;
    let progress = admin.progress(site.survey_id).await?;
    if !order.keep {
        admin.state(site.survey_id, canvass_proto::v1::SurveyState::Closed).await?;
    }
    let mut report = report::of(order, &tallies, from - begin, usage);
    report.survey = site.name;
    report.judge(&before, &progress);
    Ok(report)
}

/// Waits for every seat, telling each second how it goes.
async fn gather(
    order: &Order,
    mut seats: tokio::task::JoinSet<Result<Tally>>,
    begin: Instant,
    work: &Arc<Work>,
    show: &mut impl Show,
) -> Result<Vec<Tally>> {
    let all = (order.warm_up + order.measure).as_secs();
    let mut every = tokio::time::interval(Duration::from_secs(1));
    let mut tallies = Vec::new();
    let mut before = 0;
    loop {
        tokio::select! {
            seat = seats.join_next() => match seat {
                Some(done) => tallies.push(done.map_err(Error::defect)??),
                None => return Ok(tallies),
            },
            _ = every.tick() => {
                let cycles = work.pace.cycles();
                show.tick(begin.elapsed().as_secs().min(all), all, cycles - before);
                before = cycles;
            }
        }
    }
}
