//! Scores and tiers of the targets of one survey, from its valid interviews.
//!
//! The score is the mean of the indicator means x 10, exact; its printed value decides the tier;
//! its error is linearised with finite population correction. No target is scored from an answer
//! it does not have, and nothing here depends on the order of interviews or targets.

mod estimate;
mod interval;
mod tier;

pub use estimate::{Estimate, estimate};
pub use interval::{Interval, interval, standard_error, t_quantile};
pub use tier::{minimum_n, tier};

use crate::rules::exact::{Ratio, fraction_text, half_up, half_up_f64};
use crate::rules::scheme::InForce;
use num_bigint::BigInt;
use num_rational::BigRational;

/// One target with its valid interviews.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The stable key.
    pub key: String,
    /// The name, for pages; it is in no file.
    pub name: String,
    /// The label of its class, empty where there is none.
    pub class: String,
    /// N: units of the target in the frozen frame.
    pub units: u64,
    /// Lines of the roster for this target, the rejected and held ones included.
    pub listed: u64,
    /// One row a valid interview, one value an indicator on 0..10; `None` is not answered.
    pub interviews: Vec<Vec<Option<Ratio>>>,
}

/// What all rows of one count share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The published scheme's numbers.
    pub rule: InForce,
    /// The scheme as scores name it, [`crate::rules::scheme::Scheme::label`].
    pub scheme: String,
    /// How many indicators the questionnaire has.
    pub indicators: usize,
    /// True until the survey is closed.
    pub interim: bool,
    /// The position of the survey's log that was counted.
    pub log_pos: i64,
}

/// Where the standard error comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeBasis {
    /// The target's own interviews.
    Own,
    /// The interviews of all targets, because the target's own are all equal.
    Pooled,
    /// Everyone was interviewed: there is no sampling error.
    Census,
    /// There is none.
    None,
}

/// Whether a tier stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It stands.
    Final,
    /// The interval touches another tier, or there is no interval.
    Provisional,
    /// There is no tier.
    Withheld,
}

impl SeBasis {
    /// The word in files.
    pub const fn code(self) -> &'static str {
        match self {
            SeBasis::Own => "own",
            SeBasis::Pooled => "pooled",
            SeBasis::Census => "census",
            SeBasis::None => "none",
        }
    }
}

impl Status {
    /// The word in files.
    pub const fn code(self) -> &'static str {
        match self {
            Status::Final => "final",
            Status::Provisional => "provisional",
            Status::Withheld => "withheld",
        }
    }
}

/// One row of the result: everything as it is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// The target's key.
    pub target: String,
    /// The target's name; it is in no file.
    pub name: String,
    /// The class, empty where there is none.
    pub class: String,
    /// Valid interviews.
    pub n: u64,
    /// Units in the frozen frame.
    pub units: u64,
    /// The printed score in hundredths of a point, 0..10000.
    pub mean: Option<i64>,
    /// The exact score, as `743/9`.
    pub exact: Option<String>,
    /// The standard error in ten-thousandths of a point.
    pub se: Option<i64>,
    /// Where it comes from.
    pub se_basis: SeBasis,
    /// The lower end of the 95% interval in hundredths of a point.
    pub ci_low: Option<i64>,
    /// The upper end in hundredths of a point.
    pub ci_high: Option<i64>,
    /// The tier of the printed score, 1..4.
    pub tier: Option<u8>,
    /// The points of that tier.
    pub points: Option<u32>,
    /// The tier of the printed upper end.
    pub tier_best: Option<u8>,
    /// The tier of the printed lower end.
    pub tier_worst: Option<u8>,
    /// Whether the tier stands.
    pub status: Status,
    /// Why it does not stand, in codes, then `listed` and the lines of the roster.
    pub reason: String,
    /// True until the survey is closed.
    pub interim: bool,
    /// The position of the survey's log that was counted.
    pub log_pos: i64,
    /// The scheme, `name@version`.
    pub scheme: String,
}

/// The rows of a survey's targets, sorted by key, then class, by bytes.
///
/// For each target, in this order: no valid interview, or an indicator nobody answered, is
/// withheld; n = N is a census; n under [`minimum_n`], or n = 1, is withheld; then the target's own
/// error, or the pooled one where all its answers are equal. A withheld row has no tier and no
/// points, and below the scheme's smallest cell no mean and no interval either.
pub fn score(count: &Count, targets: &[Target]) -> Vec<Score> {
    let estimates: Vec<Estimate> =
        targets.iter().map(|one| estimate(count.indicators, &one.interviews)).collect();
    let pooled = pooled(&estimates);
    let mut rows: Vec<Score> = targets
        .iter()
        .zip(&estimates)
        .map(|(target, estimate)| row(count, target, estimate, pooled.as_ref()))
        .collect();
    rows.sort_by(|a, b| (&a.target, &a.class).cmp(&(&b.target, &b.class)));
    rows
}

/// The pooled variance of the survey and its degrees of freedom.
struct Pooled {
    variance: BigRational,
    df: u64,
}

/// s² = sum_j sum_i z_ij² / sum_j (n_j - 1) over all targets with n_j >= 2, those whose answers are
/// all equal and those that are withheld included. A target with an indicator that nobody answered
/// has no z and is left out.
fn pooled(estimates: &[Estimate]) -> Option<Pooled> {
    let with_z = || {
        let two = estimates.iter().filter(|one| one.n >= 2);
        two.filter_map(|one| one.squares.as_ref().map(|squares| (one.n, squares)))
    };
    let df: u64 = with_z().map(|(n, _)| n - 1).sum();
    let zero = BigRational::from_integer(BigInt::from(0));
    let sum = with_z().fold(zero.clone(), |sum, (_, squares)| sum + squares);
    (df > 0 && sum > zero).then(|| Pooled { variance: sum / BigInt::from(df), df })
}

fn row(count: &Count, target: &Target, estimate: &Estimate, pooled: Option<&Pooled>) -> Score {
    let (basis, interval) = error_of(target.units, estimate, pooled);
    let mean = estimate.mean.as_ref().and_then(|mean| half_up(mean, 2));
    // a census has no error: both ends are the score itself, rounded from the same exact value
    let exact = mean.filter(|_| basis == SeBasis::Census);
    let printed = |end: f64| exact.or_else(|| half_up_f64(end, 2));
    let low = interval.as_ref().and_then(|one| printed(one.low));
    let high = interval.as_ref().and_then(|one| printed(one.high));
    let cuts = &count.rule.cuts;
    let held_back = withheld(count, target, estimate);
    let tiers =
        |printed: Option<i64>| printed.filter(|_| held_back.is_none()).map(|p| tier(cuts, p));
    let (best, worst) = (tiers(high), tiers(low));
    let (status, mut reason) = match (held_back, best, worst) {
        (Some(why), _, _) => (Status::Withheld, vec![why.to_owned()]),
        (None, Some(best), Some(worst)) if best == worst => (Status::Final, Vec::new()),
        (None, Some(_), Some(_)) => {
            (Status::Provisional, vec!["interval_touches_other_tier".to_owned()])
        }
        (None, _, _) => (Status::Provisional, vec!["no_variation".to_owned()]),
    };
    let shown = held_back.is_none() || estimate.n >= count.rule.small_cell;
    if !shown && estimate.mean.is_some() {
        reason.push("suppressed".to_owned());
    }
    reason.push(format!("listed {}", target.listed));
    let tier = tiers(mean);
    Score {
        target: target.key.clone(),
        name: target.name.clone(),
        class: target.class.clone(),
        n: estimate.n,
        units: target.units,
        mean: mean.filter(|_| shown),
        exact: estimate.mean.as_ref().filter(|_| shown).map(fraction_text),
        se: interval.as_ref().filter(|_| shown).and_then(|one| half_up_f64(one.se, 4)),
        se_basis: if shown { basis } else { SeBasis::None },
        ci_low: low.filter(|_| shown),
        ci_high: high.filter(|_| shown),
        tier,
        points: tier.and_then(|tier| count.rule.points.get(usize::from(tier) - 1).copied()),
        tier_best: best,
        tier_worst: worst,
        status,
        reason: reason.join("; "),
        interim: count.interim,
        log_pos: count.log_pos,
        scheme: count.scheme.clone(),
    }
}

/// The error of a target and its interval: census, own, pooled, or none.
fn error_of(units: u64, of: &Estimate, pooled: Option<&Pooled>) -> (SeBasis, Option<Interval>) {
    let none = (SeBasis::None, None);
    let (Some(mean), Some(squares)) = (&of.mean, &of.squares) else { return none };
    if of.n >= units {
        return (SeBasis::Census, Some(Interval::point(mean)));
    }
    if of.n < 2 {
        return none;
    }
    let zero = BigRational::from_integer(BigInt::from(0));
    let (basis, variance, df) = if *squares > zero {
        (SeBasis::Own, squares / BigInt::from(of.n - 1), of.n - 1)
    } else if let Some(pooled) = pooled {
        (SeBasis::Pooled, pooled.variance.clone(), pooled.df)
    } else {
        return none;
    };
    let se = standard_error(&variance, of.n, units);
    match interval(mean, se, df) {
        Some(found) => (basis, Some(found)),
        None => none,
    }
}

/// The code of the reason for which a target has no tier.
fn withheld(count: &Count, target: &Target, of: &Estimate) -> Option<&'static str> {
    if of.n == 0 {
        Some("no_valid_interview")
    } else if of.mean.is_none() {
        Some("indicator_without_answers")
    } else if of.n >= target.units {
        None
    } else if of.n < minimum_n(count.rule.min_valid_n, target.units) {
        Some("below_minimum_n")
    } else if of.n == 1 {
        Some("single_interview")
    } else {
        None
    }
}
