//! When more of a stratum's reserve is released: from progress alone, never from answers.

/// How far one stratum is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// n: valid interviews aimed at.
    pub target: u64,
    /// Valid interviews that count.
    pub valid: u64,
    /// Released cases that are not final yet.
    pub open_released: u64,
}

/// How the survey's released cases have ended so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Yield {
    /// Valid interviews that count.
    pub valid: u64,
    /// Released cases that are final.
    pub final_cases: u64,
}

impl Yield {
    /// The share of released cases that end as valid interviews, as a fraction (above, below):
    /// (valid + 6) / (final + 10). The 6 of 10 it starts with keep the first few calls of a survey
    /// from emptying its reserve.
    pub fn fraction(self) -> (u64, u64) {
        (self.valid + 6, self.final_cases + 10)
    }
}

/// Whether one more replicate is released: n - valid - yield x open released > 0, exactly. Ask
/// again after each.
pub fn release_needed(stratum: Progress, survey: Yield) -> bool {
    let missing = u128::from(stratum.target.saturating_sub(stratum.valid));
    let (above, below) = survey.fraction();
    missing * u128::from(below) > u128::from(above) * u128::from(stratum.open_released)
}
