//! Whether a scheme can be published: every setting decided, in range, and already applied by the
//! engine. An option that is not in force yet is refused by name, never silently replaced.

use super::{
    Aggregation, BallotOutcome, Combining, Eligibility, OverQuota, Partial, ProvisionalPoints,
    RoundingRule, SamplingRule, Scheme, StatusRule, ThresholdRule, UnitRule, ValidRule,
};
use crate::model::Msg;
use crate::msg;
use crate::rules::violation::{Violation, none_of};
use serde::Serialize;

/// The numbers of a published scheme, checked and exact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// The lowest printed score of tier 1, 2 and 3 in hundredths of a point, falling.
    pub cuts: [i64; 3],
    /// Points of tier 1..4.
    pub points: [u32; 4],
    /// Valid interviews below which a tier is withheld, before small targets are considered.
    pub min_valid_n: u64,
    /// Valid interviews below which a withheld row shows no mean either.
    pub small_cell: u64,
    /// The rate of the draw in millionths.
    pub rate_millionths: i64,
    /// Bounds of the valid interviews aimed at.
    pub bounds: (u64, u64),
}

/// Checks that a scheme can be published.
///
/// # Errors
/// Every setting that is empty, out of range or not in force yet, by its name.
pub fn publishable(scheme: &Scheme) -> Result<(), Vec<Violation>> {
    InForce::of(scheme).map(|_| ())
}

impl InForce {
    /// The numbers of a scheme that can be published.
    ///
    /// # Errors
    /// As [`publishable`].
    pub fn of(scheme: &Scheme) -> Result<InForce, Vec<Violation>> {
        let mut checker = Checker { found: Vec::new() };
        let head = checker.head(scheme);
        let cuts = checker.thresholds(scheme);
        checker.decided(scheme);
        checker.options(scheme);
        checker.counts(scheme);
        let rate_millionths = checker.sampling(scheme);
        none_of(checker.found)?;
        Ok(InForce {
            cuts,
            points: head,
            min_valid_n: scheme.min_valid_n,
            small_cell: scheme.A18.min_n,
            rate_millionths,
            bounds: (scheme.A9.lo, scheme.A9.hi),
        })
    }
}

struct Checker {
    found: Vec<Violation>,
}

impl Checker {
    fn add(&mut self, field: impl Into<String>, why: Msg) {
        self.found.push(Violation::new(field, why));
    }

    fn head(&mut self, scheme: &Scheme) -> [u32; 4] {
        let bad = |c: char| c.is_control() || matches!(c, '@' | ',' | '"' | ';');
        let long = scheme.name.chars().count();
        if scheme.name.trim() != scheme.name
            || !(1..=60).contains(&long)
            || scheme.name.contains(bad)
        {
            self.add("name", msg!("scheme.bad_name", max = 60));
        }
        self.range("min_valid_n", scheme.min_valid_n, 1, 1000);
        if scheme.status_rule != StatusRule::Interval95 {
            self.not_in_force("status_rule", &scheme.status_rule);
        }
        if scheme.provisional_points != ProvisionalPoints::Bare {
            self.not_in_force("provisional_points", &scheme.provisional_points);
        }
        let Ok(points) = <[u32; 4]>::try_from(scheme.points.as_slice()) else {
            let why = msg!("scheme.points_count", expected = 4, found = scheme.points.len());
            self.add("points", why);
            return [0; 4];
        };
        for at in 0..4 {
            self.range(&format!("points[{at}]"), u64::from(points[at]), 0, 1000);
            if at > 0 && points[at] > points[at - 1] {
                self.add(format!("points[{at}]"), msg!("scheme.points_rise", value = points[at]));
            }
        }
        points
    }

    /// A1, in hundredths of a point.
    fn thresholds(&mut self, scheme: &Scheme) -> [i64; 3] {
        let Some(given) = &scheme.A1 else {
            self.add("A1", msg!("scheme.empty", setting = "A1"));
            return [0; 3];
        };
        if given.rule != ThresholdRule::Absolute {
            self.not_in_force("A1.rule", &given.rule);
            return [0; 3];
        }
        let mut last = None;
        for (at, text) in given.thresholds.iter().enumerate() {
            let field = format!("A1.thresholds[{at}]");
            match text.scaled(2).filter(|cut| (0..=10_000).contains(cut)) {
                None => self.add(field, msg!("scheme.bad_threshold", value = text)),
                Some(cut) => {
                    if last.is_some_and(|last| cut >= last) {
                        self.add(field, msg!("scheme.thresholds_order", value = text));
                    }
                    last = Some(cut);
                }
            }
        }
        let cuts: Vec<i64> = given.thresholds.iter().filter_map(|text| text.scaled(2)).collect();
        <[i64; 3]>::try_from(cuts).unwrap_or_else(|_| {
            if given.thresholds.len() != 3 {
                let found = given.thresholds.len();
                self.add(
                    "A1.thresholds",
                    msg!("scheme.threshold_count", expected = 3, found = found),
                );
            }
            [0; 3]
        })
    }

    /// A2 and A5 have no default, and `not_used` is a decision.
    fn decided(&mut self, scheme: &Scheme) {
        if scheme.A2.is_none() {
            self.add("A2", msg!("scheme.empty", setting = "A2"));
        }
        match &scheme.A5 {
            None => self.add("A5", msg!("scheme.empty", setting = "A5")),
            Some(BallotOutcome::ShareAtLeast(share)) => {
                if !share.scaled(2).is_some_and(|value| (1..=10_000).contains(&value)) {
                    self.add("A5.share_at_least", msg!("scheme.bad_threshold", value = share));
                }
            }
            Some(BallotOutcome::NotUsed | BallotOutcome::Plurality | BallotOutcome::Mean) => {}
        }
    }

    /// Settings of which only one option is applied so far. A2-A5, A8, A11, A12, A16 and A19 are
    /// stored for later features, except an option that would need numbers it has no place for.
    fn options(&mut self, scheme: &Scheme) {
        if scheme.A3 == Combining::Weights {
            self.not_in_force("A3", &scheme.A3);
        }
        if scheme.A6 != Aggregation::MeanOfIndicatorMeans {
            self.not_in_force("A6", &scheme.A6);
        }
        if scheme.A7 != ValidRule::HalfOfIndicators {
            self.not_in_force("A7", &scheme.A7);
        }
        if scheme.A10 != UnitRule::ParentClassPair {
            self.not_in_force("A10", &scheme.A10);
        }
        if scheme.A13 != Partial::PerItem {
            self.not_in_force("A13", &scheme.A13);
        }
        if scheme.A14.rule != RoundingRule::HalfUp {
            self.not_in_force("A14.rule", &scheme.A14.rule);
        }
        if scheme.A14.places != 2 {
            self.not_in_force("A14.places", &scheme.A14.places);
        }
        if scheme.A17 != OverQuota::KeepAndMark {
            self.not_in_force("A17", &scheme.A17);
        }
        if let Eligibility::Supplied { e, reason } = &scheme.A16 {
            if !e.scaled(6).is_some_and(|value| (0..=1_000_000).contains(&value)) {
                self.add("A16.supplied.e", msg!("scheme.bad_share", value = e));
            }
            if reason.trim().is_empty() {
                self.add("A16.supplied.reason", msg!("scheme.reason_missing"));
            }
        }
    }

    fn counts(&mut self, scheme: &Scheme) {
        self.range("A4.deciders", u64::from(scheme.A4.deciders), 1, 10);
        self.range("A4.appeal_days", u64::from(scheme.A4.appeal_days), 0, 365);
        self.range("A15.targets_per_call", u64::from(scheme.A15.targets_per_call), 1, 10);
        if scheme.A15.calls_per_phone != 1 {
            self.not_in_force("A15.calls_per_phone", &scheme.A15.calls_per_phone);
        }
        self.range("A18.min_n", scheme.A18.min_n, 1, 1000);
    }

    /// A9, as a rate in millionths.
    fn sampling(&mut self, scheme: &Scheme) -> i64 {
        let given = &scheme.A9;
        if given.rule != SamplingRule::Rate {
            self.not_in_force("A9.rule", &given.rule);
            return 0;
        }
        if let Some(n) = &given.n {
            self.not_in_force("A9.n", n);
        }
        self.range("A9.lo", given.lo, 1, 1000);
        self.range("A9.hi", given.hi, given.lo.max(1), 1000);
        match given.rate.scaled(6).filter(|rate| (1..=1_000_000).contains(rate)) {
            Some(rate) => rate,
            None => {
                self.add("A9.rate", msg!("scheme.bad_share", value = given.rate));
                0
            }
        }
    }

    fn range(&mut self, field: &str, value: u64, lo: u64, hi: u64) {
        if !(lo..=hi).contains(&value) {
            self.add(field, msg!("scheme.out_of_range", value = value, lo = lo, hi = hi));
        }
    }

    fn not_in_force(&mut self, field: &str, option: &impl Serialize) {
        let name = crate::rules::canonical::json(option);
        let name = name.trim_matches('"');
        self.add(field, msg!("scheme.not_in_force", setting = field, option = name));
    }
}
