//! The crew: every interviewer's next act stands in one queue by simulated time; the earliest sets the
//! clock and makes its call. So a run depends on the seed alone.

use super::desktop::{Answers, Desktop};
use super::people::{self, Met};
use crate::clock::Clock;
use crate::desk::Desk;
use crate::error::Result;
use canvass_proto::v1::{self, answer::Value as Given};
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

const SECOND_US: i64 = 1_000_000;
const MINUTE_US: i64 = 60 * SECOND_US;
/// A day.
pub const DAY_US: i64 = 1440 * MINUTE_US;
/// Monday 2026-03-02 18:00 in Shanghai.
pub const FIRST_EVENING_US: i64 = 1_772_445_600 * SECOND_US;
/// Evenings last three hours.
const EVENING_US: i64 = 180 * MINUTE_US;
/// Expired reservations are looked for this often.
const SWEEP_US: i64 = 5 * MINUTE_US;

/// From a case to its first ring, and until it is answered or not: within one lease.
const RING_US: i64 = 80 * SECOND_US;
/// A page of an interview.
const PAGE_US: i64 = 30 * SECOND_US;

/// What an interviewer does next.
enum Act {
    /// Looks for a case.
    Look,
    /// Dials.
    Ring(Box<v1::Assignment>),
    /// Has asked so many pages of the interview.
    Asked(Box<v1::Assignment>, usize),
    /// Hands the interview in.
    Finish(Box<v1::Assignment>),
    /// The desktop was started anew.
    Restart,
}

/// The crew at work.
pub struct Crew<'d> {
    desk: &'d Desk,
    clock: Clock,
    seed: u64,
    surveys: [i64; 2],
    questionnaires: HashMap<i64, v1::Questionnaire>,
    seats: Vec<(Desktop, Act)>,
    queue: BinaryHeap<Reverse<(i64, usize)>>,
    swept_us: i64,
    dials: usize,
}

/// Pages of an interview.
const PAGES: usize = 2;

impl<'d> Crew<'d> {
    /// A crew for two surveys.
    pub fn new(
        desk: &'d Desk,
        seed: u64,
        surveys: [i64; 2],
        questionnaires: HashMap<i64, v1::Questionnaire>,
        desktops: Vec<Desktop>,
    ) -> Crew<'d> {
        let seats = desktops.into_iter().map(|d| (d, Act::Look)).collect();
        Crew {
            desk,
            clock: desk.clock().clone(),
            seed,
            surveys,
            questionnaires,
            seats,
            queue: BinaryHeap::new(),
            swept_us: 0,
            dials: 0,
        }
    }

    /// The desktops, to be signed in.
    pub fn desktops(&mut self) -> impl Iterator<Item = &mut Desktop> {
        self.seats.iter_mut().map(|(desktop, _)| desktop)
    }

    /// Works one evening and says how often somebody was rung up; `tick` hears the share of it that
    /// has passed, in percent.
    pub async fn evening(&mut self, number: i64, mut tick: impl FnMut(u64)) -> Result<usize> {
        self.dials = 0;
        let begin = FIRST_EVENING_US + (number - 1) * DAY_US;
        let end = begin + EVENING_US;
        self.queue.clear();
        for seat in 0..self.seats.len() {
            // people come in one after the other
            let late = i64::try_from(seat).unwrap_or_default() * 7 * SECOND_US;
            self.seats[seat].1 = Act::Look;
            self.queue.push(Reverse((begin + late, seat)));
        }
        while let Some(Reverse((at, seat))) = self.queue.pop() {
            let idle = matches!(self.seats[seat].1, Act::Look);
            if at >= end && idle {
                continue;
            }
            self.clock.set(at);
            if at - self.swept_us >= SWEEP_US {
                self.swept_us = at;
                self.desk.sweep().await?;
            }
            tick(u64::try_from((at - begin) * 100 / EVENING_US).unwrap_or_default().min(100));
            let (wait_us, act) = self.act(at, seat, at >= end).await?;
            self.seats[seat].1 = act;
            self.queue.push(Reverse((at + wait_us, seat)));
        }
        Ok(self.dials)
    }

    /// One act of one interviewer: how long until the next, and which.
    async fn act(&mut self, at: i64, seat: usize, late: bool) -> Result<(i64, Act)> {
        let act = std::mem::replace(&mut self.seats[seat].1, Act::Look);
        match act {
            Act::Look => self.look(at, seat).await,
            Act::Ring(case) => self.ring(at, seat, case, late).await,
            Act::Asked(case, page) => self.ask(seat, case, page).await,
            Act::Finish(case) => {
                let answers = self.answers(&case, PAGES);
                let desktop = &mut self.seats[seat].0;
                let receipt = desktop.submit(at, &case, answers).await?;
                Ok(after(receipt.next))
            }
            Act::Restart => {
                let desktop = &mut self.seats[seat].0;
                Ok(match desktop.held().await? {
                    Some(case) if case.started => (40 * SECOND_US, Act::Finish(Box::new(case))),
                    Some(case) => (5 * SECOND_US, Act::Ring(Box::new(case))),
                    None => (5 * SECOND_US, Act::Look),
                })
            }
        }
    }

    async fn look(&mut self, at: i64, seat: usize) -> Result<(i64, Act)> {
        let order = if seat.is_multiple_of(2) { [0, 1] } else { [1, 0] };
        for which in order {
            let survey_id = self.surveys[which];
            if let Some(case) = self.seats[seat].0.pull(at, survey_id).await? {
                return Ok((RING_US, Act::Ring(Box::new(case))));
            }
        }
        Ok((3 * MINUTE_US, Act::Look))
    }

    async fn ring(
        &mut self,
        at: i64,
        seat: usize,
        case: Box<v1::Assignment>,
        late: bool,
    ) -> Result<(i64, Act)> {
        let phone = number(&case);
        let met = people::dial(self.seed, &phone, case.attempts.len());
        let desktop = &mut self.seats[seat].0;
        if late {
            // nobody is rung up after nine: what is in hand goes back
            desktop.release(at, &case).await?;
            return Ok((SECOND_US, Act::Look));
        }
        self.dials += 1;
        let receipt = match met {
            Met::Nobody(outcome) => desktop.record(at, &case, outcome, 0).await?,
            Met::Later(minutes) => {
                // an appointment beyond 21:00 becomes one for tomorrow at six
                let wish = at + minutes * MINUTE_US;
                let evening = FIRST_EVENING_US + (at - FIRST_EVENING_US) / DAY_US * DAY_US;
                let due = if wish < evening + EVENING_US { wish } else { evening + DAY_US };
                desktop.record(at, &case, v1::Outcome::CallBack, due).await?
            }
            Met::Interview | Met::HangsUp => {
                if !desktop.start(at, &case).await? {
                    // the cell is full, or the case is another's by now: nothing to write down
                    desktop.release(at, &case).await?;
                    return Ok((10 * SECOND_US, Act::Look));
                }
                return Ok((PAGE_US, Act::Asked(case, 1)));
            }
        };
        Ok(after(receipt.next))
    }

    /// A page has been asked: it is kept. Now and then a respondent hangs up, a desktop crashes, or an
    /// interviewer is called away until the lease has ended.
    async fn ask(
        &mut self,
        seat: usize,
        case: Box<v1::Assignment>,
        page: usize,
    ) -> Result<(i64, Act)> {
        let answers = self.answers(&case, page);
        let save_no = case.draft_save_no + i64::try_from(page).unwrap_or_default();
        let at = self.clock.now_us();
        let phone = number(&case);
        let met = people::dial(self.seed, &phone, case.attempts.len());
        let desktop = &mut self.seats[seat].0;
        // most are done within one lease; the others hold on to it
        let hold = page < PAGES && desktop.dice.happens(250);
        desktop.page(at, &case, save_no, answers, hold).await?;
        if met == Met::HangsUp {
            let receipt = desktop.record(at, &case, v1::Outcome::BreakOff, 0).await?;
            return Ok(after(receipt.next));
        }
        if desktop.dice.happens(8) {
            return Ok((30 * SECOND_US, Act::Restart));
        }
        if desktop.dice.happens(4) {
            return Ok((6 * MINUTE_US, Act::Finish(case)));
        }
        if page < PAGES {
            return Ok((PAGE_US, Act::Asked(case, page + 1)));
        }
        Ok((25 * SECOND_US, Act::Finish(case)))
    }

    /// The answers of the first pages of an interview.
    fn answers(&self, case: &v1::Assignment, pages: usize) -> Answers {
        let Some(questionnaire) = self.questionnaires.get(&case.survey_id) else {
            return Answers { ratings: Vec::new(), said: Value::Null };
        };
        let items: Vec<&v1::Item> =
            questionnaire.indicators.iter().flat_map(|i| &i.items).collect();
        let shown = items.len() * pages.min(PAGES) / PAGES;
        let phone = number(case);
        let rate = |target: &v1::Target| {
            let asked = items.iter().take(shown);
            let mut answers: Vec<_> =
                asked.map(|i| people::answer(self.seed, &phone, &target.key, i)).collect();
            let open = questionnaire.open_questions.first().filter(|_| pages >= PAGES);
            let words = people::words(self.seed, &phone);
            answers.extend(open.zip(words).map(|(question, words)| v1::Answer {
                item: question.id.clone(),
                value: Some(v1::answer::Value::Text(words.to_owned())),
            }));
            v1::Rating { target_no: target.target_no, answers }
        };
        let ratings: Vec<_> = case.targets.iter().map(rate).collect();
        let said = ratings.first().map_or(Value::Null, |one| exported(questionnaire, one));
        Answers { ratings, said }
    }
}

/// The number to dial.
fn number(case: &v1::Assignment) -> String {
    let proposed = case.phones.iter().find(|p| p.phone_no == case.dial_phone_no);
    proposed.or(case.phones.first()).map(|p| p.number.clone()).unwrap_or_default()
}

/// What follows a finished call.
fn after(next: Option<v1::Assignment>) -> (i64, Act) {
    match next {
        Some(case) => (RING_US, Act::Ring(Box::new(case))),
        None => (10 * SECOND_US, Act::Look),
    }
}

/// The answers about one target by column of the export, as it will show them.
fn exported(questionnaire: &v1::Questionnaire, rating: &v1::Rating) -> Value {
    let given = |id: &str| rating.answers.iter().find(|a| a.item == id)?.value.clone();
    let items =
        questionnaire.indicators.iter().flat_map(|i| i.items.iter().map(move |item| (i, item)));
    let points = |item: &v1::Item| -> Option<Value> {
        Some(match given(&item.id)? {
            Given::Score(points) => points.into(),
            Given::Option(code) => item.options.iter().find(|o| o.code == code)?.value.into(),
            Given::DontKnow(_) => "dk".into(),
            Given::Refused(_) => "refused".into(),
            Given::Text(_) => return None,
        })
    };
    let scored =
        items.filter_map(|(i, item)| Some((format!("{}.{}", i.id, item.id), points(item)?)));
    let open = questionnaire.open_questions.iter().filter_map(|open| match given(&open.id)? {
        Given::Text(words) => Some((format!("verbatim:{}", open.id), words.into())),
        Given::Score(_) | Given::Option(_) | Given::DontKnow(_) | Given::Refused(_) => None,
    });
    Value::Object(scored.chain(open).collect())
}
