//! When a case is dialled next: the calling window of a survey, and the step that follows an
//! attempt. Times are microseconds UTC and arrive as arguments.

use chrono::{DateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;

use crate::msg;
use crate::rules::disposition::{Code, Draft, Effect, Outcome, final_code};
use crate::rules::violation::Violation;

/// A minute in microseconds.
pub const MINUTE_US: i64 = 60_000_000;
/// A day of 24 hours in microseconds.
pub const DAY_US: i64 = 1440 * MINUTE_US;
/// Attempts after which a case is final.
pub const MAX_ATTEMPTS: usize = 8;
/// No case is due again sooner after its last attempt.
const REST_US: i64 = 60_000_000;

/// The daily calling window of a survey, in the local time of its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    open_min: u16,
    close_min: u16,
    zone: Tz,
}

impl Window {
    /// The window that opens and closes at these minutes of the day (540 and 1260 for
    /// 09:00-21:00); the closing minute is outside. 0 and 1440 is the whole day.
    ///
    /// # Errors
    /// A violation on `window` unless open < close <= 1440.
    pub fn new(open_min: u16, close_min: u16, zone: Tz) -> Result<Window, Violation> {
        if open_min < close_min && close_min <= 1440 {
            Ok(Window { open_min, close_min, zone })
        } else {
            Err(Violation::new("window", msg!("schedule.bad_window")))
        }
    }

    /// Whether calls may be made at this instant.
    pub fn is_open(&self, t_us: i64) -> bool {
        let minute = (t_us + self.offset_us(t_us)).rem_euclid(DAY_US) / MINUTE_US;
        (i64::from(self.open_min)..i64::from(self.close_min)).contains(&minute)
    }

    /// The first instant from `t_us` on at which the window is open.
    ///
    /// Exact through changes of the clock: within one offset the next opening is plain arithmetic;
    /// where the offset changes before it, the change itself is looked at and the search goes on
    /// from there. An hour that is skipped may so open later or not at all that day; one that is
    /// repeated may open twice.
    pub fn next_opening(&self, t_us: i64) -> i64 {
        let mut from = t_us;
        // Each round but the last passes one change of the clock; there are two a year.
        for _ in 0..16 {
            if self.is_open(from) {
                return from;
            }
            let offset = self.offset_us(from);
            let local = from + offset;
            let today = local - local.rem_euclid(DAY_US) + i64::from(self.open_min) * MINUTE_US;
            let opening = if today > local { today } else { today + DAY_US } - offset;
            if self.offset_us(opening) == offset {
                return opening;
            }
            from = self.change(from, opening);
        }
        from
    }

    /// The first instant after `from` whose offset is not that of `from`, which is at most `to`.
    fn change(&self, from: i64, to: i64) -> i64 {
        let offset = self.offset_us(from);
        let (mut before, mut after) = (from, to);
        while after - before > 1 {
            let middle = before + (after - before) / 2;
            if self.offset_us(middle) == offset { before = middle } else { after = middle }
        }
        after
    }

    /// Local time minus UTC, microseconds; 0 beyond the years that a date can hold.
    fn offset_us(&self, t_us: i64) -> i64 {
        DateTime::<Utc>::from_timestamp_micros(t_us).map_or(0, |at| {
            let offset = self.zone.offset_from_utc_datetime(&at.naive_utc()).fix();
            i64::from(offset.local_minus_utc()) * 1_000_000
        })
    }
}

/// One dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dial {
    /// What came of it.
    pub outcome: Outcome,
    /// Which of the unit's numbers was dialled, 1 for the first.
    pub phone_no: u32,
}

/// What an attempt is judged by, beside the dials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When the attempt was made, microseconds UTC.
    pub now_us: i64,
    /// The time asked for, with an outcome `CallBack`.
    pub call_back_us: Option<i64>,
    /// How many numbers the unit has, 1 or more.
    pub phones: u32,
    /// The answers an unfinished interview left behind.
    pub draft: Draft,
}

/// The next step of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is dialled again.
    Due {
        /// Not before this time, microseconds UTC; inside the window.
        due_us: i64,
        /// On this number, 1 for the first.
        phone_no: u32,
    },
    /// It is closed with this code.
    Final(Code),
}

/// The next step of a case after `last`, whose earlier dials are `history` in order.
///
/// Final by its outcome; or by the second soft refusal; or when no number is left; or by the cap of
/// [`MAX_ATTEMPTS`], from the whole history. Otherwise due again after the delay of the outcome,
/// at least a minute later, moved to the window's next opening. After a dial that nobody answered
/// the unit's next number takes its turn; a busy line, an appointment and a soft refusal stay with
/// the number that was dialled.
///
/// # Errors
/// A violation on `call_back_us` when a call back names no time, one that is not in the future, or
/// one outside the window; on `phone_no` when the unit has no such number.
pub fn after(history: &[Dial], last: Dial, at: Moment, window: &Window) -> Result<Next, Violation> {
    if last.phone_no == 0 || last.phone_no > at.phones {
        let why = msg!("schedule.no_such_number", number = last.phone_no, phones = at.phones);
        return Err(Violation::new("phone_no", why));
    }
    let dials: Vec<Dial> = history.iter().copied().chain([last]).collect();
    let outcomes: Vec<Outcome> = dials.iter().map(|dial| dial.outcome).collect();
    let (delay_us, turn) = match last.outcome.effect() {
        Effect::Final(code) => return Ok(Next::Final(code)),
        Effect::ByDraft => return Ok(Next::Final(at.draft.code())),
        Effect::Once(_, code) if outcomes[..history.len()].contains(&last.outcome) => {
            return Ok(Next::Final(code));
        }
        Effect::Once(delay_us, _) => (delay_us, Turn::Same),
        Effect::AtTime => (call_back(at, window)? - at.now_us, Turn::Same),
        Effect::Again(delay_us) => (delay_us, Turn::Same),
        Effect::NextNumber(delay_us) => (delay_us, Turn::Next),
    };
    let number = number_after(&dials, last.phone_no, at.phones, turn);
    match number {
        Some(phone_no) if dials.len() < MAX_ATTEMPTS => {
            let due_us = window.next_opening(at.now_us + delay_us.max(REST_US));
            Ok(Next::Due { due_us, phone_no })
        }
        Some(_) => Ok(Next::Final(final_code(&outcomes, at.draft))),
        None => Ok(Next::Final(no_number_left(&outcomes, at.draft))),
    }
}

/// Which number takes the next turn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Same,
    Next,
}

/// The next number that is neither wrong nor dead, in turn; `None` when none is left.
fn number_after(dials: &[Dial], last: u32, phones: u32, turn: Turn) -> Option<u32> {
    let gone = |number: u32| {
        dials.iter().any(|dial| {
            dial.phone_no == number
                && matches!(dial.outcome, Outcome::WrongNumber | Outcome::NotWorking)
        })
    };
    let first = if turn == Turn::Same { 0 } else { 1 };
    (0..phones).map(|step| (last - 1 + first + step) % phones + 1).find(|number| !gone(*number))
}

/// With every number wrong or dead, dials that nobody answered say nothing about the person: a
/// wrong number leaves it unknown, and only dead lines alone make it not eligible.
fn no_number_left(outcomes: &[Outcome], draft: Draft) -> Code {
    let silent = [Outcome::AnsweringDevice, Outcome::NoAnswer, Outcome::Busy];
    let told: Vec<Outcome> =
        outcomes.iter().copied().filter(|outcome| !silent.contains(outcome)).collect();
    final_code(&told, draft)
}

fn call_back(at: Moment, window: &Window) -> Result<i64, Violation> {
    let refused = |why| Err(Violation::new("call_back_us", why));
    match at.call_back_us {
        None => refused(msg!("schedule.no_time")),
        Some(time) if time <= at.now_us => refused(msg!("schedule.time_past")),
        Some(time) if !window.is_open(time) => refused(msg!("schedule.time_outside")),
        Some(time) => Ok(time),
    }
}
