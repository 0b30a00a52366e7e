//! The options of the settings A1..A19, as they stand in a scheme file. Each names every option of
//! the plan; which of them the engine applies already is decided in `check.rs`.

use crate::rules::exact::Decimal;
use serde::{Deserialize, Serialize};

/// A set of named options, written in snake case.
macro_rules! options {
    ($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $option:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$each])* $option),+ }
    };
}

options! {
    /// When a tier is provisional.
    StatusRule {
        /// When the 95% interval touches another tier.
        Interval95,
        /// When the probability of the tier is below 0.80.
        Probability,
    }
}
options! {
    /// What a provisional tier pays.
    ProvisionalPoints {
        /// The points of the printed tier.
        Bare,
        /// The points of the higher tier that the interval touches.
        Higher,
    }
}
options! {
    /// A1: where thresholds come from.
    ThresholdRule {
        /// Fixed cut points on 0..100.
        Absolute,
        /// Quantiles of the survey.
        Quantiles,
        /// A table made by a panel.
        StandardSetting,
        /// Bands of the probability of a tier.
        ProbabilityBands,
    }
}
options! {
    /// A2: what "poor" means in the rule on two rounds in a row.
    Poor {
        /// The rule is not used.
        NotUsed,
        /// The lowest tier.
        LowestTier,
        /// Tier 3 or lower.
        Tier3OrLower,
        /// A named finding about conduct, never a score alone.
        ConductFinding,
    }
}
options! {
    /// A3: telephone and ballot results of one target.
    Combining {
        /// Shown apart.
        ShowApart,
        /// Either alone is the score.
        EitherAlone,
        /// Combined by weights.
        Weights,
    }
}
options! {
    /// A6: how answers become a score.
    Aggregation {
        /// The mean of the indicator means.
        MeanOfIndicatorMeans,
        /// The mean of all answers.
        PooledItems,
        /// The mean of the respondents' means.
        MeanOfRespondentMeans,
        /// Only interviews with every indicator answered.
        CompleteCases,
    }
}
options! {
    /// A7: what makes an interview valid.
    ValidRule {
        /// At least half of the indicators answered.
        HalfOfIndicators,
        /// At least a given number of indicators answered.
        AtLeast,
        /// At least one answer that is not a don't-know.
        AnySubstantive,
        /// Every required item answered.
        Complete,
    }
}
options! {
    /// A8: a category without valid answers in a composite.
    EmptyCategory {
        /// An error.
        Error,
        /// The other weights are scaled up, and the result says so.
        Renormalise,
    }
}
options! {
    /// A9: what sets the number of valid interviews aimed at.
    SamplingRule {
        /// A share of the target's units, within bounds.
        Rate,
        /// A fixed number.
        Fixed,
        /// A width of the interval.
        Precision,
        /// Always the upper bound.
        Max,
    }
}
options! {
    /// A10: the unit when siblings share a phone.
    UnitRule {
        /// Each child.
        Child,
        /// Each parent.
        Parent,
        /// Each pair of parent and class.
        ParentClassPair,
    }
}
options! {
    /// A11: a round that was not held.
    MissingRound {
        /// Breaks a run of two.
        Breaks,
        /// Leaves the run open.
        Suspends,
    }
}
options! {
    /// A12: a change of class or post between rounds.
    ChangeOfPost {
        /// Starts the count anew.
        Resets,
        /// Keeps the count.
        Continues,
    }
}
options! {
    /// A13: a partial interview.
    Partial {
        /// Counts with the items it has.
        PerItem,
        /// Does not count below a cut.
        DiscardBelowCut,
    }
}
options! {
    /// A14: how a printed value is rounded.
    RoundingRule {
        /// Half up.
        HalfUp,
        /// Half to even.
        HalfEven,
    }
}
options! {
    /// A17: an interview beyond the cap of its cell.
    OverQuota {
        /// Kept and marked, in no score.
        KeepAndMark,
        /// Discarded.
        Discard,
    }
}
options! {
    /// A19: adjustment of a score from outside.
    Adjustment {
        /// None.
        None,
        /// Added in a column of its own, with a reason.
        AdditiveWithReason,
        /// A veto in a column of its own.
        Veto,
    }
}

/// A1: the thresholds of the tiers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Where they come from.
    pub rule: ThresholdRule,
    /// The lowest printed score of tier 1, 2 and 3, falling, 0..100, at most two places; only with
    /// `absolute`.
    #[serde(default)]
    pub thresholds: Vec<Decimal>,
}

/// A4: who decides a consequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consequence {
    /// People who must agree, 1..10.
    pub deciders: u32,
    /// Days to appeal, 0..365.
    pub appeal_days: u32,
}

/// A5: the outcome of a member in a ballot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BallotOutcome {
    /// There is no ballot.
    NotUsed,
    /// The option with the most votes.
    Plurality,
    /// An option with at least this share of the valid votes, in percent.
    ShareAtLeast(Decimal),
    /// The mean of the options' values.
    Mean,
}

/// A9: how many valid interviews are aimed at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sampling {
    /// What sets the number.
    pub rule: SamplingRule,
    /// The share of the target's units, above 0 and at most 1, at most six places; only with `rate`.
    #[serde(default)]
    pub rate: Decimal,
    /// The lower bound of the number, at least 1.
    #[serde(default)]
    pub lo: u64,
    /// The upper bound of the number, and the cap of the cell; at most 1000.
    #[serde(default)]
    pub hi: u64,
    /// The number with `fixed`, the width of the interval with `precision`: neither is in force yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<Decimal>,
}

/// A14: rounding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rounding {
    /// How the exact value becomes the printed one.
    pub rule: RoundingRule,
    /// Decimal places of the printed score.
    pub places: u32,
}

/// A15: burden of a respondent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Burden {
    /// Targets rated in one call at most, 1..10.
    pub targets_per_call: u32,
    /// Calls with an interview to one phone in one round.
    pub calls_per_phone: u32,
}

/// A16: the share of eligible cases among those never settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Eligibility {
    /// As among the settled cases of the survey.
    CasroOverall,
    /// As among the settled cases of the stratum.
    CasroByStratum,
    /// Given from outside.
    Supplied {
        /// The share, 0..1, at most six places.
        e: Decimal,
        /// Where it comes from.
        reason: String,
    },
}

/// A18: the smallest cell that is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellCut {
    /// Valid interviews below which a breakdown shows no value, 1..1000. A target's own row below
    /// its minimum n shows none either when it has fewer than this.
    pub min_n: u64,
}
