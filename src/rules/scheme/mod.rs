//! A scoring scheme: the nineteen settings of an evaluation, and the few numbers beside them. It is
//! frozen and published before fieldwork; a scheme with an open question does not publish.

mod check;
mod example;
mod later;
mod settings;

pub use check::{InForce, publishable};
pub use example::init;
pub use settings::{
    Adjustment, Aggregation, BallotOutcome, Burden, CellCut, ChangeOfPost, Combining, Consequence,
    Eligibility, EmptyCategory, MissingRound, OverQuota, Partial, Poor, ProvisionalPoints,
    Rounding, RoundingRule, Sampling, SamplingRule, StatusRule, ThresholdRule, Thresholds,
    UnitRule, ValidRule,
};

use crate::msg;
use crate::rules::canonical;
use crate::rules::exact::Decimal;
use crate::rules::violation::Violation;
use crate::rules::yaml;
use serde::{Deserialize, Serialize};

/// The longest scheme file that is read, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// A scheme file. The three settings without a default are `None` until someone decides them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(non_snake_case, reason = "A1..A19 are the names of the settings in the file and in print")]
pub struct Scheme {
    /// A short name that scores carry, as `parents-2026-spring`: 1..60 characters.
    pub name: String,
    /// Valid interviews below which the tier is withheld, 1..1000; small targets need fewer, see
    /// [`crate::rules::scoring::minimum_n`].
    pub min_valid_n: u64,
    /// When a tier is provisional.
    pub status_rule: StatusRule,
    /// What a provisional tier pays.
    pub provisional_points: ProvisionalPoints,
    /// Points of tier 1, 2, 3 and 4, never rising, each 0..1000.
    pub points: Vec<u32>,
    /// Tier thresholds.
    pub A1: Option<Thresholds>,
    /// The meaning of "poor" in the rule on two rounds in a row.
    pub A2: Option<Poor>,
    /// Telephone and ballot combined.
    pub A3: Combining,
    /// Who decides a consequence.
    pub A4: Consequence,
    /// The outcome of a member in a ballot.
    pub A5: Option<BallotOutcome>,
    /// How answers become a score.
    pub A6: Aggregation,
    /// What makes an interview valid.
    pub A7: ValidRule,
    /// An empty category in a composite.
    pub A8: EmptyCategory,
    /// How many valid interviews are aimed at.
    pub A9: Sampling,
    /// The unit when siblings share a phone.
    pub A10: UnitRule,
    /// A missing round in a run of two.
    pub A11: MissingRound,
    /// A change of class or post between rounds.
    pub A12: ChangeOfPost,
    /// A partial interview.
    pub A13: Partial,
    /// Rounding.
    pub A14: Rounding,
    /// Burden of a respondent.
    pub A15: Burden,
    /// Eligibility among cases that were never settled.
    pub A16: Eligibility,
    /// Completes over the quota.
    pub A17: OverQuota,
    /// Small cells.
    pub A18: CellCut,
    /// Adjustment of a score from outside.
    pub A19: Adjustment,
}

impl Scheme {
    /// Reads a scheme file. It may still have open settings: see [`publishable`].
    ///
    /// # Errors
    /// One violation with line and column when it is no YAML of this shape: unknown and doubled
    /// keys and unknown options included. Options not in force yet are named, whatever shape their
    /// numbers were given.
    pub fn parse(yaml: &str) -> Result<Scheme, Vec<Violation>> {
        if yaml.len() > MAX_BYTES {
            return Err(vec![Violation::new("", msg!("scheme.too_long", max = MAX_BYTES))]);
        }
        yaml::read(yaml).map_err(|why| {
            let later = later::options(yaml);
            if !later.is_empty() {
                return later;
            }
            let wrong = yaml::read(yaml).map(|file| later::wrong(&file)).unwrap_or_default();
            let empty = |v: &Violation| v.why.key == "scheme.empty";
            match wrong.first() {
                Some(first) if !empty(first) => vec![Violation::new(first.field.clone(), why)],
                Some(_) => wrong,
                None => vec![Violation::new("", why)],
            }
        })
    }

    /// A stored scheme.
    ///
    /// # Errors
    /// One violation when the text is not of this shape.
    pub fn from_json(json: &str) -> Result<Scheme, Vec<Violation>> {
        serde_json::from_str(json).map_err(|error| {
            let wrong = serde_json::from_str(json).map(|given| later::wrong(&given));
            let wrong = wrong.unwrap_or_default();
            let whole = || vec![Violation::new("", msg!("scheme.unreadable", detail = error))];
            if wrong.is_empty() { whole() } else { wrong }
        })
    }

    /// Its canonical JSON: what is stored, hashed and shown.
    pub fn canonical_json(&self) -> String {
        canonical::json(self)
    }

    /// SHA-256 of the canonical JSON, 64 hex digits.
    pub fn version(&self) -> String {
        canonical::sha256_hex(self.canonical_json().as_bytes())
    }

    /// What scores carry: `name@` and the first 12 hex digits of the version.
    pub fn label(&self) -> String {
        format!("{}@{}", self.name, self.version().chars().take(12).collect::<String>())
    }

    /// The thresholds as written, where there are any.
    pub fn thresholds(&self) -> &[Decimal] {
        self.A1.as_ref().map_or(&[], |one| &one.thresholds)
    }
}
