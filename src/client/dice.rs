//! A client's own chance: a stream that depends on the seed and a label alone, so that the same seed
//! makes the same files.

use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};
use sha2::{Digest, Sha256};

/// A stream of numbers.
pub struct Dice(ChaCha20Rng);

impl Dice {
    /// The stream of a seed and a label.
    pub fn new(seed: u64, label: &str) -> Dice {
        let label = format!("canvass demo|{seed}|{label}");
        Dice(ChaCha20Rng::from_seed(Sha256::digest(label.as_bytes()).into()))
    }

    /// A number below `bound` (at least 1). The bias of at most 2^-50 does not matter in a demo.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0.next_u64() % bound.max(1)
    }

    /// Whether something of this many in a thousand happens.
    pub fn happens(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// One of some things.
    pub fn pick<'t, T>(&mut self, of: &'t [T]) -> Option<&'t T> {
        let at = self.below(of.len() as u64);
        usize::try_from(at).ok().and_then(|at| of.get(at))
    }

    /// A number in (0, 1], for waiting times.
    pub fn share(&mut self) -> f64 {
        const STEPS: u64 = 1 << 53;
        (self.below(STEPS) + 1) as f64 / STEPS as f64
    }

    /// A request id.
    pub fn uuid(&mut self) -> String {
        let mut bytes = [0; 16];
        self.0.fill_bytes(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }
}
