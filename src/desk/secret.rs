//! Passwords and tokens: argon2id off the async threads, a bound on tries, nothing kept in clear.

use crate::chance::Chance;
use crate::error::{Error, Result};
use crate::msg;
use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::phc::PasswordHash,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};
use tokio::sync::Semaphore;

/// Failed sign-ins a name may have within [`WINDOW_US`].
const FAILURES_MAX: u32 = 10;
/// 15 minutes.
const WINDOW_US: i64 = 900_000_000;
/// Names remembered at the most; beyond, the oldest window is forgotten.
const NAMES_MAX: usize = 10_000;

/// Hashing, two at a time, and the count of failures by name.
pub struct Secrets {
    gate: Semaphore,
    failures: Mutex<HashMap<String, (u32, i64)>>,
}

fn argon2() -> Result<Argon2<'static>> {
    // OWASP's second recommendation for argon2id: 19 MiB, two passes, one lane
    let params = Params::new(19 * 1024, 2, 1, None).map_err(Error::defect)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

impl Secrets {
    pub fn new() -> Secrets {
        Secrets { gate: Semaphore::new(2), failures: Mutex::new(HashMap::new()) }
    }

    /// The PHC string of a password. The salt comes from the desk's source of chance.
    pub async fn hash(&self, secret: String, chance: &Chance) -> Result<String> {
        let salt = chance.bytes::<16>()?;
        let _turn = self.gate.acquire().await.map_err(Error::defect)?;
        let work = move || -> Result<String> {
            let hash = argon2()?.hash_password_with_salt(secret.as_bytes(), &salt);
            Ok(hash.map_err(Error::defect)?.to_string())
        };
        tokio::task::spawn_blocking(work).await.map_err(Error::defect)?
    }

    /// Whether a password fits a PHC string; an empty string takes as long and never fits, so that
    /// an unknown name cannot be told by its time.
    pub async fn fits(&self, secret: String, stored: String) -> Result<bool> {
        let _turn = self.gate.acquire().await.map_err(Error::defect)?;
        let work = move || -> Result<bool> {
            let kdf = argon2()?;
            if stored.is_empty() {
                let _ = kdf.hash_password_with_salt(secret.as_bytes(), &[0; 16]);
                return Ok(false);
            }
            let fits = PasswordHash::new(&stored)
                .is_ok_and(|hash| kdf.verify_password(secret.as_bytes(), &hash).is_ok());
            Ok(fits)
        };
        tokio::task::spawn_blocking(work).await.map_err(Error::defect)?
    }

    /// Refuses a name with too many failures; the error says how long to wait.
    pub fn check_tries(&self, name: &str, now_us: i64) -> Result<()> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        match failures.get(name) {
            Some((count, since)) if *count >= FAILURES_MAX && now_us - since < WINDOW_US => {
                let wait_s =
                    u32::try_from((since + WINDOW_US - now_us) / 1_000_000 + 1).unwrap_or(900);
                Err(Error::Throttled(wait_s, msg!("access.throttled", seconds = wait_s)))
            }
            _ => Ok(()),
        }
    }

    /// Counts a failure, or forgets them after a success.
    pub fn note(&self, name: &str, ok: bool, now_us: i64) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if ok {
            failures.remove(name);
            return;
        }
        if failures.len() >= NAMES_MAX {
            failures.retain(|_, (_, since)| now_us - *since < WINDOW_US);
        }
        if failures.len() >= NAMES_MAX && !failures.contains_key(name) {
            return;
        }
        let entry = failures.entry(name.to_owned()).or_insert((0, now_us));
        if now_us - entry.1 >= WINDOW_US {
            *entry = (0, now_us);
        }
        entry.0 += 1;
    }
}

/// 32 random bytes as 43 characters, and their hash.
pub fn token(chance: &Chance) -> Result<(String, [u8; 32])> {
    let bytes = chance.bytes::<32>()?;
    Ok((URL_SAFE_NO_PAD.encode(bytes), super::sha256(&bytes)))
}

/// A one-time secret that can be read over a phone: 20 characters of a 31-letter alphabet (99 bits).
pub fn one_time(chance: &Chance) -> Result<String> {
    const LETTERS: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut out = String::with_capacity(23);
    while out.len() < 23 {
        // 248 = 8 x 31: bytes above are thrown away, so that no letter is more likely
        let byte = chance.bytes::<1>()?[0];
        if byte < 248 {
            if [5, 11, 17].contains(&out.len()) {
                out.push('-');
            }
            out.push(char::from(LETTERS[usize::from(byte) % 31]));
        }
    }
    Ok(out)
}

/// The hash of a token as sent; None when it is not of a token's form.
pub fn token_hash(sent: &str) -> Option<[u8; 32]> {
    let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(sent).ok()?.try_into().ok()?;
    Some(super::sha256(&bytes))
}
