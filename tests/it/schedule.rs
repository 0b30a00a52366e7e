//! Calling windows through changes of the clock, and the step that follows each kind of dial.

use canvass::rules::disposition::{Bucket, Class, Code, Draft, Outcome, final_code};
use canvass::rules::quota::{Progress, Yield, release_needed};
use canvass::rules::schedule::{DAY_US, Dial, MINUTE_US, Moment, Next, Window, after};
use chrono::{DateTime, TimeZone};
use chrono_tz::Tz;
use proptest::prelude::*;

fn zone(name: &str) -> Tz {
    name.parse().unwrap()
}

fn window(open: u16, close: u16, name: &str) -> Window {
    Window::new(open, close, zone(name)).unwrap()
}

/// `2026-11-27 20:50` in a zone; the first of two where the hour is repeated.
fn at(text: &str, name: &str) -> i64 {
    let local = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
    zone(name).from_local_datetime(&local).earliest().unwrap().timestamp_micros()
}

fn shown(t_us: i64, name: &str) -> String {
    let time = DateTime::from_timestamp_micros(t_us).unwrap().with_timezone(&zone(name));
    time.format("%Y-%m-%d %H:%M:%S%.f %z").to_string()
}

#[test]
fn a_closed_window_opens_next_at_its_opening_minute() {
    let table = [
        ("2026-11-27 08:59", "2026-11-27 09:00:00 +0800"),
        ("2026-11-27 09:00", "2026-11-27 09:00:00 +0800"),
        ("2026-11-27 20:59", "2026-11-27 20:59:00 +0800"),
        ("2026-11-27 21:00", "2026-11-28 09:00:00 +0800"),
        ("2026-12-31 23:30", "2027-01-01 09:00:00 +0800"),
    ];
    let name = "Asia/Shanghai";
    for (given, expected) in table {
        let opening = window(540, 1260, name).next_opening(at(given, name));
        assert_eq!(shown(opening, name), expected, "{given}");
    }
    let whole_day = window(0, 1440, name);
    assert_eq!(whole_day.next_opening(at("2026-11-27 23:59", name)), at("2026-11-27 23:59", name));
    for (open, close) in [(540, 540), (600, 540), (0, 1441)] {
        assert!(Window::new(open, close, zone(name)).is_err());
    }
}

#[test]
fn an_hour_that_is_skipped_or_repeated_is_seen() {
    let (york, howe) = ("America/New_York", "Australia/Lord_Howe");
    // 2026-03-08 02:00 becomes 03:00, 2026-11-01 02:00 becomes 01:00; Lord Howe moves by half.
    let table = [
        (york, 150, 600, "2026-03-08 01:59", "2026-03-08 03:00:00 -0400"),
        (york, 120, 180, "2026-03-08 01:59", "2026-03-09 02:00:00 -0400"),
        (york, 90, 600, "2026-11-01 00:10", "2026-11-01 01:30:00 -0400"),
        (york, 0, 70, "2026-11-01 01:20", "2026-11-01 01:00:00 -0500"),
        (howe, 120, 125, "2026-10-04 01:50", "2026-10-05 02:00:00 +1100"),
        (howe, 120, 160, "2026-10-04 01:50", "2026-10-04 02:30:00 +1100"),
        // A day that did not exist: Apia went from the 29th to the 31st.
        ("Pacific/Apia", 540, 1260, "2011-12-29 22:00", "2011-12-31 09:00:00 +1400"),
        // Midnight itself was skipped.
        ("America/Sao_Paulo", 0, 60, "2018-11-03 23:00", "2018-11-05 00:00:00 -0200"),
    ];
    for (name, open, close, given, expected) in table {
        let opening = window(open, close, name).next_opening(at(given, name));
        assert_eq!(shown(opening, name), expected, "{name} {given}");
    }
}

const ZONES: [&str; 10] = [
    "UTC",
    "Asia/Shanghai",
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "America/St_Johns",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_next_opening_is_open_and_nothing_before_it_is(
        place in 0..ZONES.len(),
        open in 0u16..1439,
        long in 1u16..1440,
        t_us in 946_684_800_000_000i64..2_145_916_800_000_000,
    ) {
        let window = window(open, (open + long).min(1440), ZONES[place]);
        let opening = window.next_opening(t_us);
        prop_assert!(opening >= t_us && window.is_open(opening));
        prop_assert!(opening - t_us <= 3 * DAY_US);
        prop_assert_eq!(window.next_opening(opening), opening);
        if opening > t_us {
            prop_assert!(!window.is_open(opening - 1));
        }
        let mut between = t_us;
        while between < opening {
            prop_assert!(!window.is_open(between), "{}", between);
            between += MINUTE_US;
        }
    }

    #[test]
    fn a_case_is_due_inside_the_window_after_a_rest_or_it_is_final(
        place in 0..ZONES.len(),
        dials in prop::collection::vec((0usize..13, 1u32..4), 1..12),
        phones in 3u32..6,
        now_us in 946_684_800_000_000i64..2_145_916_800_000_000,
    ) {
        let window = window(540, 1260, ZONES[place]);
        let dial = |(kind, phone_no)| Dial { outcome: Outcome::ALL[kind], phone_no };
        let dials: Vec<Dial> = dials.into_iter().map(dial).collect();
        let (last, history) = dials.split_last().unwrap();
        let call_back_us = Some(window.next_opening(now_us + 1));
        let moment = Moment { now_us, call_back_us, phones, draft: Draft::None };
        match after(history, *last, moment, &window).unwrap() {
            Next::Final(code) => prop_assert_eq!(Code::parse(code.as_str()), Some(code)),
            Next::Due { due_us, phone_no } => {
                prop_assert!(due_us >= now_us + MINUTE_US && window.is_open(due_us));
                prop_assert!((1..=phones).contains(&phone_no) && dials.len() < 8);
                let gone = [Outcome::WrongNumber, Outcome::NotWorking];
                let dead = |dial: &Dial| dial.phone_no == phone_no && gone.contains(&dial.outcome);
                prop_assert!(!dials.iter().any(dead));
            }
        }
    }
}

/// `no_answer busy:2`: outcomes with the number dialled, 1 unless said.
fn dials(text: &str) -> Vec<Dial> {
    let one = |part: &str| {
        let (word, phone) = part.split_once(':').unwrap_or((part, "1"));
        Dial { outcome: Outcome::parse(word).unwrap(), phone_no: phone.parse().unwrap() }
    };
    text.split_whitespace().map(one).collect()
}

fn next(text: &str, phones: u32, draft: Draft, call_back: Option<&str>) -> String {
    let name = "Asia/Shanghai";
    let dials = dials(text);
    let (last, history) = dials.split_last().unwrap();
    let now_us = at("2026-11-27 18:00", name);
    let call_back_us = call_back.map(|time| at(time, name));
    let moment = Moment { now_us, call_back_us, phones, draft };
    match after(history, *last, moment, &window(540, 1260, name)) {
        Ok(Next::Final(code)) => code.as_str().to_owned(),
        Ok(Next::Due { due_us, phone_no }) => {
            format!("{} on {phone_no}", &shown(due_us, name)[..16])
        }
        Err(refused) => format!("{}: {}", refused.field, refused.why),
    }
}

#[test]
fn each_outcome_has_its_next_step() {
    let eight = "no_answer ".repeat(7);
    let table = [
        ("no_answer", 1, "2026-11-28 09:00 on 1"),
        ("no_answer", 2, "2026-11-28 09:00 on 2"),
        ("no_answer no_answer:2", 2, "2026-11-28 09:00 on 1"),
        ("answering_device", 1, "2026-11-28 09:00 on 1"),
        ("busy", 2, "2026-11-27 18:15 on 1"),
        ("soft_refusal", 2, "2026-12-04 18:00 on 1"),
        ("soft_refusal no_answer soft_refusal", 2, "2.11"),
        ("hard_refusal", 2, "2.11"),
        ("wrong_number", 2, "2026-11-27 18:01 on 2"),
        ("not_working:2", 2, "2026-11-27 18:01 on 1"),
        ("wrong_number", 1, "3.30"),
        ("not_working", 1, "4.31"),
        ("not_working wrong_number:2", 2, "3.30"),
        ("not_working not_working:2", 2, "4.31"),
        ("not_working no_answer:2", 2, "2026-11-28 09:00 on 2"),
        ("no_answer no_answer not_working", 1, "4.31"),
        ("call_back not_working", 1, "2.21"),
        ("deceased", 2, "2.31"),
        ("unable", 2, "2.32"),
        ("language", 2, "2.33"),
        ("not_eligible", 2, "4.70"),
        ("break_off", 2, "2.12"),
        ("no_answer:3", 2, "phone_no: number 3 of 2 does not exist"),
    ];
    for (given, phones, expected) in table {
        assert_eq!(next(given, phones, Draft::None, None), expected, "{given}");
    }
    for (last, expected) in [("no_answer", "3.13"), ("busy", "3.13"), ("soft_refusal", "2.11")] {
        assert_eq!(next(&format!("{eight}{last}"), 1, Draft::None, None), expected);
        assert!(next(&format!("{}{last}", &eight[10..]), 1, Draft::None, None).ends_with(" on 1"));
    }
    assert_eq!(next("break_off", 1, Draft::Half, None), "1.2");
    assert_eq!(next("break_off", 1, Draft::UnderHalf, None), "2.12");
}

#[test]
fn a_call_back_is_in_the_future_and_inside_the_window() {
    let table = [
        (Some("2026-11-28 10:30"), "2026-11-28 10:30 on 1"),
        (Some("2026-11-27 18:01"), "2026-11-27 18:01 on 1"),
        (Some("2026-11-27 18:00"), "call_back_us: the time of a call back is not in the future"),
        (Some("2026-11-27 17:00"), "call_back_us: the time of a call back is not in the future"),
        (
            Some("2026-11-27 21:00"),
            "call_back_us: the time of a call back is outside the calling window",
        ),
        (None, "call_back_us: a call back needs a time"),
    ];
    for (time, expected) in table {
        assert_eq!(next("call_back", 2, Draft::None, time), expected);
    }
}

#[test]
fn a_whole_history_decides_the_final_code() {
    let table = [
        ("", Draft::None, "3.11"),
        ("busy busy", Draft::None, "3.12"),
        ("busy no_answer busy", Draft::None, "3.13"),
        ("answering_device no_answer", Draft::None, "3.14"),
        ("wrong_number no_answer:2", Draft::None, "3.13"),
        ("call_back no_answer", Draft::None, "2.21"),
        ("call_back soft_refusal no_answer", Draft::None, "2.11"),
        ("not_working", Draft::None, "4.31"),
        ("soft_refusal", Draft::Half, "1.2"),
        ("call_back", Draft::UnderHalf, "2.12"),
    ];
    for (given, draft, expected) in table {
        let history: Vec<Outcome> = dials(given).iter().map(|dial| dial.outcome).collect();
        assert_eq!(final_code(&history, draft).as_str(), expected, "{given}");
    }
}

#[test]
fn every_code_has_its_class_and_bucket() {
    let table = [
        ("1.1", Class::I, Bucket::Complete),
        ("1.2", Class::P, Bucket::Partial),
        ("2.11", Class::R, Bucket::Refusal),
        ("2.12", Class::R, Bucket::Refusal),
        ("2.21", Class::NC, Bucket::NonContact),
        ("2.31", Class::O, Bucket::Other),
        ("2.32", Class::O, Bucket::Other),
        ("2.33", Class::O, Bucket::Other),
        ("3.11", Class::UH, Bucket::Unknown),
        ("3.12", Class::UH, Bucket::Unknown),
        ("3.13", Class::UH, Bucket::Unknown),
        ("3.14", Class::UH, Bucket::Unknown),
        ("3.30", Class::UO, Bucket::Unknown),
        ("4.31", Class::NE, Bucket::NotEligible),
        ("4.70", Class::NE, Bucket::NotEligible),
        ("4.80", Class::NE, Bucket::NotEligible),
    ];
    for (text, class, bucket) in table {
        let code = Code::parse(text).unwrap();
        assert_eq!((code.as_str(), code.class(), code.bucket()), (text, class, bucket));
    }
    assert_eq!(Code::parse("9.9"), None);
    for outcome in Outcome::ALL {
        assert_eq!(Outcome::parse(outcome.word()), Some(outcome));
    }
}

#[test]
fn reserve_is_released_while_the_open_cases_will_not_do() {
    // target, valid, open released; survey valid, final; needed
    let table = [
        (12, 0, 12, 0, 0, true),
        (12, 0, 20, 0, 0, false),
        (12, 0, 19, 0, 0, true),
        (12, 11, 1, 44, 70, true),
        (12, 12, 0, 44, 70, false),
        (12, 13, 0, 44, 70, false),
        (12, 10, 4, 44, 90, false),
        (12, 10, 3, 44, 90, true),
        (12, 11, 0, 0, 0, true),
    ];
    for (target, valid, open_released, done, final_cases, expected) in table {
        let stratum = Progress { target, valid, open_released };
        let found = release_needed(stratum, Yield { valid: done, final_cases });
        assert_eq!(found, expected, "{stratum:?} {done}/{final_cases}");
    }
    assert_eq!(Yield { valid: 44, final_cases: 70 }.fraction(), (50, 80));
}
