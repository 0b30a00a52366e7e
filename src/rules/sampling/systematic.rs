//! Systematic sampling with a fractional interval, on integers over the common denominator n.

use std::num::NonZeroU64;

use super::uniform;

/// n of N positions (from 1), every N/n-th from a random start: r = U(`start`, k, N) + 1, then
/// ceil((r + j N) / n) for j = 0 … n - 1. Every position has the same chance n/N.
///
/// Empty when N is 0; all of 1 … N when n >= N. `seed` is 64 hex digits, `k` the stratum's number.
pub fn systematic(seed: &str, k: u64, n: u64, size: u64) -> Vec<u64> {
    let Some(m) = NonZeroU64::new(size) else { return Vec::new() };
    if n >= size {
        return (1..=size).collect();
    }
    let start = u128::from(uniform(seed, "start", k, m)) + 1;
    let position = |j: u64| {
        let at = (start + u128::from(j) * u128::from(size)).div_ceil(u128::from(n));
        u64::try_from(at).unwrap_or(size)
    };
    (0..n).map(position).collect()
}
