//! What came of a dial, and what it makes of a case: outcomes, final codes, their classes, and the
//! final code that a whole history of attempts amounts to.

use crate::rules::schedule::{DAY_US, MINUTE_US};

/// What came of one dial, as the interviewer reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It rang and nobody answered.
    NoAnswer,
    /// The line was busy.
    Busy,
    /// A machine answered.
    AnsweringDevice,
    /// Somebody asked to be called at a given time.
    CallBack,
    /// A refusal that may be tried once more.
    SoftRefusal,
    /// A refusal that stands.
    HardRefusal,
    /// The interview was broken off.
    BreakOff,
    /// Nobody there knows the person.
    WrongNumber,
    /// The number is not in service.
    NotWorking,
    /// The person has died.
    Deceased,
    /// The person is not able to answer.
    Unable,
    /// There is no common language.
    Language,
    /// The person does not belong to the survey.
    NotEligible,
}

/// A final code of the AAPOR standard definitions (9th edition), as `2.11`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(&'static str);

/// The class of a final code in the AAPOR rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Complete interview.
    I,
    /// Partial interview.
    P,
    /// Refusal and break-off.
    R,
    /// Non-contact.
    NC,
    /// Other, eligible.
    O,
    /// Unknown whether there is such a household.
    UH,
    /// Unknown, other.
    UO,
    /// Not eligible.
    NE,
}

/// Where a finished case stands in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// Valid complete interviews.
    Complete,
    /// Valid partial interviews.
    Partial,
    /// Refusals and break-offs.
    Refusal,
    /// Eligible, never reached.
    NonContact,
    /// Eligible, other reasons.
    Other,
    /// Never settled.
    Unknown,
    /// Not eligible.
    NotEligible,
}

/// The codes this version gives, each with its class.
const CODES: [(Code, Class); 16] = [
    (Code::COMPLETE, Class::I),
    (Code::PARTIAL, Class::P),
    (Code::REFUSAL, Class::R),
    (Code::BREAK_OFF, Class::R),
    (Code::NEVER_AVAILABLE, Class::NC),
    (Code("2.31"), Class::O),
    (Code("2.32"), Class::O),
    (Code("2.33"), Class::O),
    (Code::NOT_ATTEMPTED, Class::UH),
    (Code::ALWAYS_BUSY, Class::UH),
    (Code::NO_ANSWER, Class::UH),
    (Code::DEVICE, Class::UH),
    (Code::UNKNOWN_PERSON, Class::UO),
    (Code::NOT_WORKING, Class::NE),
    (Code("4.70"), Class::NE),
    (Code::QUOTA_FILLED, Class::NE),
];

impl Code {
    /// A complete interview.
    pub const COMPLETE: Code = Code("1.1");
    /// A partial interview.
    pub const PARTIAL: Code = Code("1.2");
    /// A refusal.
    pub const REFUSAL: Code = Code("2.11");
    /// A break-off, and an interview that is not valid.
    pub const BREAK_OFF: Code = Code("2.12");
    /// The household was reached, the respondent never.
    pub const NEVER_AVAILABLE: Code = Code("2.21");
    /// Never dialled.
    pub const NOT_ATTEMPTED: Code = Code("3.11");
    /// Always busy.
    pub const ALWAYS_BUSY: Code = Code("3.12");
    /// Never answered.
    pub const NO_ANSWER: Code = Code("3.13");
    /// Only ever a machine.
    pub const DEVICE: Code = Code("3.14");
    /// A wrong number and no other: whether the person can be reached is unknown.
    pub const UNKNOWN_PERSON: Code = Code("3.30");
    /// No number is in service.
    pub const NOT_WORKING: Code = Code("4.31");

    /// The cell was full when the person was reached.
    pub const QUOTA_FILLED: Code = Code("4.80");

    /// The code of a text, if this version gives it.
    pub fn parse(text: &str) -> Option<Code> {
        CODES.iter().map(|(code, _)| *code).find(|code| code.0 == text)
    }

    /// The text, as `2.11`.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// The AAPOR class.
    pub fn class(self) -> Class {
        let known = CODES.iter().find(|(code, _)| *code == self);
        known.map_or(Class::UO, |(_, class)| *class)
    }

    /// The bucket of the ledger.
    pub fn bucket(self) -> Bucket {
        match self.class() {
            Class::I => Bucket::Complete,
            Class::P => Bucket::Partial,
            Class::R => Bucket::Refusal,
            Class::NC => Bucket::NonContact,
            Class::O => Bucket::Other,
            Class::UH | Class::UO => Bucket::Unknown,
            Class::NE => Bucket::NotEligible,
        }
    }
}

/// What an outcome does to a case by itself, before its history is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The same number is dialled again after this long, microseconds.
    Again(i64),
    /// The next number is dialled after this long; a wrong or dead one is never dialled again.
    NextNumber(i64),
    /// The same number is dialled again at the time that was asked for.
    AtTime,
    /// As `Again`, but the second time the case is final.
    Once(i64, Code),
    /// It is final: partial or break-off, by the answers there are.
    ByDraft,
    /// It is final.
    Final(Code),
}

impl Outcome {
    /// Every outcome, in the order of the tables.
    pub const ALL: [Outcome; 13] = [
        Outcome::NoAnswer,
        Outcome::Busy,
        Outcome::AnsweringDevice,
        Outcome::CallBack,
        Outcome::SoftRefusal,
        Outcome::HardRefusal,
        Outcome::BreakOff,
        Outcome::WrongNumber,
        Outcome::NotWorking,
        Outcome::Deceased,
        Outcome::Unable,
        Outcome::Language,
        Outcome::NotEligible,
    ];

    /// The word in files and in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Outcome::NoAnswer => "no_answer",
            Outcome::Busy => "busy",
            Outcome::AnsweringDevice => "answering_device",
            Outcome::CallBack => "call_back",
            Outcome::SoftRefusal => "soft_refusal",
            Outcome::HardRefusal => "hard_refusal",
            Outcome::BreakOff => "break_off",
            Outcome::WrongNumber => "wrong_number",
            Outcome::NotWorking => "not_working",
            Outcome::Deceased => "deceased",
            Outcome::Unable => "unable",
            Outcome::Language => "language",
            Outcome::NotEligible => "not_eligible",
        }
    }

    /// The outcome of a word.
    pub fn parse(word: &str) -> Option<Outcome> {
        Outcome::ALL.into_iter().find(|one| one.word() == word)
    }

    /// What it does to a case.
    pub const fn effect(self) -> Effect {
        match self {
            Outcome::NoAnswer | Outcome::AnsweringDevice => Effect::NextNumber(180 * MINUTE_US),
            Outcome::Busy => Effect::Again(15 * MINUTE_US),
            Outcome::CallBack => Effect::AtTime,
            Outcome::SoftRefusal => Effect::Once(7 * DAY_US, Code::REFUSAL),
            Outcome::HardRefusal => Effect::Final(Code::REFUSAL),
            Outcome::BreakOff => Effect::ByDraft,
            Outcome::WrongNumber | Outcome::NotWorking => Effect::NextNumber(0),
            Outcome::Deceased => Effect::Final(Code("2.31")),
            Outcome::Unable => Effect::Final(Code("2.32")),
            Outcome::Language => Effect::Final(Code("2.33")),
            Outcome::NotEligible => Effect::Final(Code("4.70")),
        }
    }
}

/// The answers that an unfinished interview left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draft {
    /// No interview was begun.
    None,
    /// Fewer than half of the indicators are answered.
    UnderHalf,
    /// At least half are: it is a partial interview.
    Half,
}

impl Draft {
    /// The final code of an interview that was begun.
    pub const fn code(self) -> Code {
        match self {
            Draft::Half => Code::PARTIAL,
            Draft::None | Draft::UnderHalf => Code::BREAK_OFF,
        }
    }
}

/// The final code that a whole history amounts to, whatever its last attempt was: at the cap of
/// attempts, when no number is left, and for a case still open when its survey closes.
///
/// Interview before refusal before eligible non-contact before unknown before not eligible. An
/// answered call on the right number makes the person eligible and known; a number nobody ever
/// answered leaves it unknown; only a case all of whose dials met dead lines is not eligible.
pub fn final_code(history: &[Outcome], draft: Draft) -> Code {
    if draft != Draft::None {
        return draft.code();
    }
    let met = |wanted: Outcome| history.contains(&wanted);
    let refused = [Outcome::SoftRefusal, Outcome::HardRefusal];
    let order = [
        (refused.into_iter().any(met), Code::REFUSAL),
        (met(Outcome::BreakOff), Code::BREAK_OFF),
        (met(Outcome::CallBack), Code::NEVER_AVAILABLE),
        (met(Outcome::AnsweringDevice), Code::DEVICE),
        (met(Outcome::NoAnswer), Code::NO_ANSWER),
        (met(Outcome::Busy), Code::ALWAYS_BUSY),
        (met(Outcome::WrongNumber), Code::UNKNOWN_PERSON),
        (met(Outcome::NotWorking), Code::NOT_WORKING),
    ];
    order.into_iter().find_map(|(met, code)| met.then_some(code)).unwrap_or(Code::NOT_ATTEMPTED)
}
