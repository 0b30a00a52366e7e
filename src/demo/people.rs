//! The hidden truth of the demo: who answers the phone in the evening, who refuses, what people think
//! of a class teacher. The server knows nothing of it.

use crate::client::Dice;
use canvass_proto::v1::{self, answer::Value};

/// What comes of one dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    /// Nobody, or nobody useful.
    Nobody(v1::Outcome),
    /// Asks to be called a while later, minutes.
    Later(i64),
    /// Agrees and answers to the end.
    Interview,
    /// Agrees and hangs up half way.
    HangsUp,
}

/// What a dial of this number meets; `attempt` counts the dials so far.
pub fn dial(seed: u64, phone: &str, attempt: usize) -> Met {
    use v1::Outcome as O;
    let mut person = Dice::new(seed, &format!("person|{phone}"));
    // 4% of the numbers belong to somebody else or nobody
    if person.happens(40) {
        return Met::Nobody(if person.happens(700) { O::WrongNumber } else { O::NotWorking });
    }
    // out at work, at home, hard to reach
    let at_home = match person.below(100) {
        0..60 => 620,
        60..90 => 480,
        _ => 150,
    };
    let mut moment = Dice::new(seed, &format!("dial|{phone}|{attempt}"));
    if !moment.happens(at_home) {
        return Met::Nobody(match moment.below(10) {
            0..7 => O::NoAnswer,
            7..9 => O::Busy,
            _ => O::AnsweringDevice,
        });
    }
    match moment.below(1000) {
        0..760 => Met::Interview,
        760..800 => Met::HangsUp,
        800..870 => Met::Nobody(O::SoftRefusal),
        870..900 => Met::Nobody(O::HardRefusal),
        _ => Met::Later(20 + i64::try_from(moment.below(60)).unwrap_or_default()),
    }
}

/// How this respondent answers one item about one target.
pub fn answer(seed: u64, phone: &str, target: &str, item: &v1::Item) -> v1::Answer {
    let mut taste = Dice::new(seed, &format!("target|{target}|{}", item.id));
    let mut level = Dice::new(seed, &format!("level|{target}"));
    // most are liked, some are not: 5.2 to 9.6, in tenths, a little different from item to item
    let base = 52 + level.below(45);
    let tenths = base + taste.below(9);
    let mut voice = Dice::new(seed, &format!("voice|{phone}|{target}|{}", item.id));
    let value = if item.allow_dont_know && voice.happens(40) {
        Value::DontKnow(true)
    } else {
        let noise = voice.below(20) + voice.below(20);
        let points = ((tenths + noise).saturating_sub(20) + 5) / 10;
        let points = i32::try_from(points.min(10)).unwrap_or(10);
        let near = item.options.iter().min_by_key(|o| (o.value - points).abs());
        near.map_or(Value::Score(points), |o| Value::Option(o.code.clone()))
    };
    v1::Answer { item: item.id.clone(), value: Some(value) }
}

/// What some people add in their own words.
pub fn words(seed: u64, phone: &str) -> Option<&'static str> {
    const SAID: [&str; 4] = ["老师很负责", "希望作业少一点", "沟通再多一些就好了", "没有别的意见"];
    let mut voice = Dice::new(seed, &format!("words|{phone}"));
    if voice.happens(200) { voice.pick(&SAID).copied() } else { None }
}
