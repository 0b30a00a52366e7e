//! The exact part of a score: indicator means, their mean, and the squares its error is made of.
//! Whole numbers over one denominator; no float, no order.

use num_bigint::BigInt;
use num_rational::BigRational;
use std::collections::BTreeSet;

use crate::rules::exact::Ratio;

/// What the interviews of one target say, exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// Interviews.
    pub n: u64,
    /// Interviews that answered each indicator, n_k.
    pub answered: Vec<u64>,
    /// The mean of each indicator on 0..100; `None` where nobody answered it.
    pub indicator_means: Vec<Option<BigRational>>,
    /// The score on 0..100: the mean of the indicator means; `None` when one of them is missing.
    pub mean: Option<BigRational>,
    /// sum z_i² on the scale 0..10; `None` with the mean.
    pub squares: Option<BigRational>,
}

/// The estimate of a target from its valid interviews, `indicators` values each.
///
/// The score is a mean of K ratios sum(answers of k) / n_k, and its error is that of the linearised
/// values (Taylor linearisation of a ratio mean; Särndal, Swensson and Wretman, Model Assisted
/// Survey Sampling, 5.5-5.7):
///
/// z_i = (1/K) sum over answered k of (n / n_k)(y_ik - mean_k)
///
/// The z of a target sum to 0, so sum z_i² / (n - 1) is their variance.
pub fn estimate(indicators: usize, interviews: &[Vec<Option<Ratio>>]) -> Estimate {
    let n = interviews.len() as u64;
    let whole = Whole::of(indicators, interviews);
    let ten = BigInt::from(10);
    let indicator_means: Vec<Option<BigRational>> = (0..indicators)
        .map(|k| {
            let count = whole.answered[k];
            (count > 0).then(|| {
                BigRational::new(&whole.sums[k] * &ten, &whole.scale * BigInt::from(count))
            })
        })
        .collect();
    let zero = BigRational::from_integer(BigInt::from(0));
    let sum = indicator_means.iter().try_fold(zero, |sum, one| one.as_ref().map(|one| sum + one));
    let mean = sum.filter(|_| indicators > 0).map(|sum| sum / BigInt::from(indicators));
    let squares = mean.as_ref().map(|_| whole.squares(indicators, n));
    Estimate { n, answered: whole.answered, indicator_means, mean, squares }
}

/// The answers as whole numbers of 1/scale.
struct Whole {
    scale: BigInt,
    values: Vec<Vec<Option<BigInt>>>,
    answered: Vec<u64>,
    sums: Vec<BigInt>,
}

impl Whole {
    fn of(indicators: usize, interviews: &[Vec<Option<Ratio>>]) -> Whole {
        let given = interviews.iter().flatten().flatten();
        let distinct: BTreeSet<i64> = given.map(|value| *value.denom()).collect();
        let scale: BigInt = distinct.into_iter().map(BigInt::from).product();
        let mut answered = vec![0; indicators];
        let mut sums = vec![BigInt::from(0); indicators];
        let mut values = Vec::with_capacity(interviews.len());
        for interview in interviews {
            let mut row = vec![None; indicators];
            for (k, value) in interview.iter().enumerate().take(indicators) {
                let Some(value) = value else { continue };
                let whole = &scale / BigInt::from(*value.denom()) * BigInt::from(*value.numer());
                answered[k] += 1;
                sums[k] += &whole;
                row[k] = Some(whole);
            }
            values.push(row);
        }
        Whole { scale, values, answered, sums }
    }

    /// sum z_i², every n_k above 0. With S_k the sum of an indicator's whole numbers, Y_ik one of
    /// them and M a multiple of all n_k²:
    ///
    /// z_i = n / (K scale M) x sum over answered k of (n_k Y_ik - S_k) M / n_k²
    fn squares(&self, indicators: usize, n: u64) -> BigRational {
        let distinct: BTreeSet<u64> = self.answered.iter().copied().collect();
        let multiple: BigInt =
            distinct.into_iter().map(|count| BigInt::from(count).pow(2)).product();
        let mut sum = BigInt::from(0);
        for row in &self.values {
            let mut z = BigInt::from(0);
            for (k, value) in row.iter().enumerate() {
                let Some(value) = value else { continue };
                let count = BigInt::from(self.answered[k]);
                z += (&count * value - &self.sums[k]) * (&multiple / (&count * &count));
            }
            sum += &z * &z;
        }
        let below = BigInt::from(indicators) * &self.scale * multiple;
        BigRational::new(sum * BigInt::from(n).pow(2), &below * &below)
    }
}
