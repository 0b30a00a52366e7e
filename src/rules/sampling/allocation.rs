//! Allocation: how many units of a stratum are drawn. Integers only: 0.07 x 100 is 7, not 8.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Role;
use crate::{model::Msg, msg};

/// A sampling rate from 0 to 1 as an exact decimal with at most nine places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The digits without the point.
    numerator: u64,
    /// The number of decimal places, without trailing zeros.
    places: u32,
}

/// The most decimal places of a rate.
pub const RATE_PLACES_MAX: usize = 9;

impl Rate {
    /// Reads `0.3`, `1`, `0.07`; trailing zeros of the fraction are dropped.
    ///
    /// # Errors
    /// Anything but digits with one point, more than nine places, or a value above 1.
    pub fn parse(text: &str) -> Result<Rate, Msg> {
        let wrong = || msg!("draw.rate", value = text);
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let plain = digits(whole) && digits(fraction) && matches!(whole, "0" | "1");
        let fraction = fraction.trim_end_matches('0');
        if !plain || fraction.len() > RATE_PLACES_MAX {
            return Err(wrong());
        }
        let numerator = format!("{whole}{fraction}").parse().map_err(|_| wrong())?;
        let places = u32::try_from(fraction.len()).map_err(|_| wrong())?;
        let rate = Rate { numerator, places };
        if rate.numerator > 10_u64.pow(places) { Err(wrong()) } else { Ok(rate) }
    }

    /// ceil(rate x N), exactly.
    pub fn ceil_times(self, size: u64) -> u64 {
        let product = u128::from(self.numerator) * u128::from(size);
        let answer = product.div_ceil(10_u128.pow(self.places));
        // The rate is at most 1, so the product never exceeds N.
        u64::try_from(answer).unwrap_or(size)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10_u64.pow(self.places);
        let (whole, fraction) = (self.numerator / unit, self.numerator % unit);
        match self.places {
            0 => write!(f, "{whole}"),
            places => write!(f, "{whole}.{fraction:0width$}", width = places as usize),
        }
    }
}

/// The rule that a design sets for every stratum: rate, least and most units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Share of the stratum aimed at.
    pub rate: Rate,
    /// Least number of units, at least 1.
    pub lo: u32,
    /// Most units, at least `lo`; also the cap of the quota cell.
    pub hi: u32,
}

impl Bounds {
    /// Checks 1 <= lo <= hi.
    ///
    /// # Errors
    /// Names both bounds when they are out of order.
    pub fn new(rate: Rate, lo: u32, hi: u32) -> Result<Bounds, Msg> {
        if lo == 0 || lo > hi {
            return Err(msg!("draw.bounds", lo = lo, hi = hi));
        }
        Ok(Bounds { rate, lo, hi })
    }
}

/// What is special about a stratum's allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Flag {
    /// An ordinary sample.
    #[serde(rename = "")]
    Sample,
    /// Every unit is drawn.
    #[serde(rename = "census")]
    Census,
    /// Every unit is drawn, and still fewer than the least number.
    #[serde(rename = "census_below_minimum")]
    CensusBelowMinimum,
    /// The stratum has no units; a design with one cannot be drawn.
    #[serde(rename = "no_frame")]
    NoFrame,
}

impl Flag {
    /// The word in `design.json`; empty for an ordinary sample.
    pub const fn word(self) -> &'static str {
        match self {
            Flag::Sample => "",
            Flag::Census => "census",
            Flag::CensusBelowMinimum => "census_below_minimum",
            Flag::NoFrame => "no_frame",
        }
    }
}

/// The allocation of one stratum, as it stands in `design.json` (fields in key order).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allocation {
    /// N, units in the frozen frame.
    #[serde(rename = "N")]
    pub size: u64,
    /// What is special about it.
    pub flag: Flag,
    /// n, valid interviews aimed at = main cases.
    pub n: u64,
    /// Reserves a release adds: ceil(n / 4); the last replicate may be smaller.
    pub replicate_size: u64,
    /// Reserves drawn: min(N - n, n).
    pub reserves: u64,
}

impl Allocation {
    /// Rows of the sample: main cases and reserves.
    pub fn drawn(&self) -> usize {
        usize::try_from(self.n + self.reserves).unwrap_or(usize::MAX)
    }

    /// Role and replicate of a rank (from 1).
    pub(super) fn place(&self, rank: u32) -> (Role, u32) {
        match u64::from(rank).checked_sub(self.n + 1) {
            None => (Role::Main, 0),
            Some(reserve) => {
                let replicate = 1 + reserve / self.replicate_size.max(1);
                (Role::Reserve, u32::try_from(replicate).unwrap_or(u32::MAX))
            }
        }
    }
}

/// n = min(N, max(lo, min(hi, ceil(rate x N)))), with its reserves and replicates.
pub fn allocate(size: u64, bounds: &Bounds) -> Allocation {
    let (lo, hi) = (u64::from(bounds.lo), u64::from(bounds.hi));
    let n = size.min(lo.max(hi.min(bounds.rate.ceil_times(size))));
    let flag = if size == 0 {
        Flag::NoFrame
    } else if size < lo {
        Flag::CensusBelowMinimum
    } else if n == size {
        Flag::Census
    } else {
        Flag::Sample
    };
    Allocation { size, flag, n, replicate_size: n.div_ceil(4), reserves: n.min(size - n) }
}
