//! The design: what is fixed before the seed is known, down to the integers of every stratum.

use std::collections::BTreeMap;

use crate::{
    model::Msg,
    msg,
    rules::frame::{Frame, Stratum},
};

use super::{Allocation, Bounds, Flag, allocate};

/// The number of this way to draw. A change of any byte that a draw hashes or writes is a new one.
pub const ALGORITHM: u32 = 1;

/// The name of the only method so far: simple random within strata.
pub const METHOD: &str = "srs_stratified";

/// A design for one frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Design {
    /// Rate and bounds, the same for every stratum.
    pub bounds: Bounds,
    /// SHA-256 of the frame it was made for.
    pub frame_sha256: [u8; 32],
    /// The allocation of every stratum by key; `no_frame` ones too, so that a plan shows them.
    pub strata: BTreeMap<String, Allocation>,
}

impl Design {
    /// Allocates every stratum of the frame. `listed` are strata that should have units (a class
    /// that a roster names); one without any is kept with the flag `no_frame`.
    pub fn new<'a>(
        frame: &Frame,
        bounds: Bounds,
        listed: impl IntoIterator<Item = &'a str>,
    ) -> Design {
        let empty = allocate(0, &bounds);
        let mut strata: BTreeMap<_, _> =
            listed.into_iter().map(|name| (name.to_owned(), empty)).collect();
        for stratum in frame.strata() {
            let size = stratum.size() as u64;
            strata.insert(stratum.name().to_owned(), allocate(size, &bounds));
        }
        Design { bounds, frame_sha256: frame.sha256(), strata }
    }

    /// The allocation of each stratum of the frame, in the order given.
    ///
    /// # Errors
    /// The design is of another frame, or lists a stratum without units.
    pub(super) fn plans(
        &self,
        frame: &Frame,
        strata: &[Stratum<'_>],
    ) -> Result<Vec<Allocation>, Msg> {
        let hash = frame.sha256();
        if hash != self.frame_sha256 {
            return Err(msg!(
                "draw.other_frame",
                frame = hex::encode(hash),
                design = hex::encode(self.frame_sha256)
            ));
        }
        let empty: Vec<&str> = self
            .strata
            .iter()
            .filter(|(_, plan)| plan.flag == Flag::NoFrame)
            .map(|(name, _)| name.as_str())
            .collect();
        if !empty.is_empty() {
            return Err(msg!("draw.no_frame", strata = empty.join(", ")));
        }
        let plan = |stratum: &Stratum<'_>| {
            let known = self.strata.get(stratum.name()).copied();
            known
                .filter(|plan| plan.size == stratum.size() as u64 && plan.n <= plan.size)
                .filter(|plan| plan.reserves <= plan.size - plan.n)
                .ok_or_else(|| msg!("draw.no_plan", stratum = stratum.name()))
        };
        strata.iter().map(plan).collect()
    }
}
