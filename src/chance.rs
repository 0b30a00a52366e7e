//! The only source of random bytes: the operating system's, or a seeded stream so that the replies
//! of a scripted run are equal. Draws never come here; they use SHA-256 of the public seed.

use crate::error::{Error, Result};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};
use std::sync::{Arc, Mutex, PoisonError};

/// Random bytes for tokens, secrets and salts.
#[derive(Clone)]
pub struct Chance(Option<Arc<Mutex<ChaCha20Rng>>>);

impl Chance {
    /// The operating system's generator.
    pub const fn system() -> Chance {
        Chance(None)
    }

    /// A stream that depends on the seed alone; for tests and the demo.
    pub fn seeded(seed: [u8; 32]) -> Chance {
        Chance(Some(Arc::new(Mutex::new(ChaCha20Rng::from_seed(seed)))))
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N]> {
        let mut out = [0; N];
        match &self.0 {
            Some(stream) => {
                stream.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut out)
            }
            None => getrandom::fill(&mut out)
                .map_err(|e| Error::defect(format!("no random bytes: {e}")))?,
        }
        Ok(out)
    }
}
