//! The floating part of a score: one square root, one t quantile, one interval. Everything that
//! goes in is exact, so the same interviews give the same bits on every machine and in any order.

use crate::rules::exact::nearest_f64;
use num_bigint::BigInt;
use num_rational::BigRational;
use statrs::distribution::{Continuous, ContinuousCDF, StudentsT};

/// A 95% interval on 0..100 and the error it was made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The standard error.
    pub se: f64,
    /// The lower end, at least 0.
    pub low: f64,
    /// The upper end, at most 100.
    pub high: f64,
}

impl Interval {
    /// The interval of a value that has no error.
    pub fn point(mean: &BigRational) -> Interval {
        let mean = nearest_f64(mean);
        Interval { se: 0.0, low: mean, high: mean }
    }
}

/// The standard error of a score on 0..100 from a variance on 0..10:
/// SE = 10 sqrt((1 - n/N) s² / n), where s² = sum z_i² / (n - 1).
///
/// `n` valid interviews of `units` = N in the frame, 0 < n <= N (simple random sampling without
/// replacement; Cochran, Sampling Techniques, theorem 2.2). The fraction is exact up to the root.
pub fn standard_error(variance: &BigRational, n: u64, units: u64) -> f64 {
    let left = BigRational::new(BigInt::from(units) - BigInt::from(n), BigInt::from(units));
    let square = variance * left * BigInt::from(100) / BigInt::from(n);
    nearest_f64(&square).sqrt()
}

/// mean ± t(0.975, df) x SE, cut to [0, 100]; `None` when `df` is 0.
pub fn interval(mean: &BigRational, se: f64, df: u64) -> Option<Interval> {
    let mean = nearest_f64(mean);
    let half = t_quantile(0.975, df)? * se;
    Some(Interval { se, low: (mean - half).max(0.0), high: (mean + half).min(100.0) })
}

/// The quantile of Student's t with `df` degrees of freedom, relative error under 1e-11;
/// `None` when `df` is 0 or `p` is not inside (0, 1).
///
/// statrs gives the start, which is right to 2e-4 only; Newton steps on abax's distribution
/// function, kept in a bracket, do the rest. (abax's own quantile is not used: it is wrong by a
/// factor of ten for some df.)
pub fn t_quantile(p: f64, df: u64) -> Option<f64> {
    if df == 0 || !(p > 0.0 && p < 1.0) {
        return None;
    }
    if p > 0.5 {
        return Some(-lower_quantile(1.0 - p, df as f64)?);
    }
    if p < 0.5 { lower_quantile(p, df as f64) } else { Some(0.0) }
}

/// The quantile for p < 0.5.
fn lower_quantile(p: f64, df: f64) -> Option<f64> {
    let t = StudentsT::new(0.0, 1.0, df).ok()?;
    let (mut lo, mut hi, mut x) = (f64::NEG_INFINITY, 0.0, t.inverse_cdf(p));
    for _ in 0..100 {
        let error = abax::tcdf(x, df, false) - p;
        if error > 0.0 {
            hi = x;
        } else {
            lo = x;
        }
        let mut next = x - error / t.pdf(x);
        if !(next > lo && next < hi) {
            next = if lo.is_finite() { 0.5 * (lo + hi) } else { 2.0 * hi };
        }
        if (next - x).abs() <= 2e-16 * next.abs() {
            return Some(next);
        }
        x = next;
    }
    Some(x)
}
