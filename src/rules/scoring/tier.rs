//! The tier of a printed score, and the number of valid interviews a tier needs.

/// The tier 1..4 of a printed score; both in hundredths of a point, `cuts` falling. A score equal
/// to a threshold belongs to the higher tier.
pub fn tier(cuts: &[i64; 3], printed: i64) -> u8 {
    match cuts {
        [first, _, _] if printed >= *first => 1,
        [_, second, _] if printed >= *second => 2,
        [_, _, third] if printed >= *third => 3,
        [_, _, _] => 4,
    }
}

/// The valid interviews below which a target's tier is withheld:
/// min(min_valid_n, max(5, ceil(N/2)), N).
pub fn minimum_n(min_valid_n: u64, units: u64) -> u64 {
    min_valid_n.min(units.div_ceil(2).max(5)).min(units)
}
