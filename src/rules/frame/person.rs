//! Persons: keyed hashes of phones, and the groups of units that share one.
//!
//! The hash can be compared, but never turned back into a number without the installation key.

use std::collections::HashMap;

use super::key::hmac;

/// The 32 random bytes that key every pseudonym of one installation.
pub type InstallationKey = [u8; 32];

/// HMAC-SHA-256 of a phone under the installation key.
pub type PersonHash = [u8; 32];

/// HMAC-SHA-256(key, `person|E.164`).
pub fn person_hash(key: &InstallationKey, e164: &str) -> PersonHash {
    hmac(key, &format!("person|{e164}"))
}

/// The person group of each unit, from the person hashes of its phones: units that share a phone,
/// directly or through others, are one group, named by the smallest hash among them (as bytes).
/// A unit without phones has no group.
pub fn person_groups<H: AsRef<[PersonHash]>>(units: &[H]) -> Vec<Option<PersonHash>> {
    let mut parent: Vec<usize> = (0..units.len()).collect();
    let mut owner: HashMap<PersonHash, usize> = HashMap::new();
    for (unit, hashes) in units.iter().enumerate() {
        for hash in hashes.as_ref() {
            let other = *owner.entry(*hash).or_insert(unit);
            let (a, b) = (root(&mut parent, unit), root(&mut parent, other));
            parent[a.max(b)] = a.min(b);
        }
    }
    let mut smallest: Vec<Option<PersonHash>> = vec![None; units.len()];
    for (unit, hashes) in units.iter().enumerate() {
        let at = root(&mut parent, unit);
        let least = hashes.as_ref().iter().min().copied();
        smallest[at] = [smallest[at], least].into_iter().flatten().min();
    }
    (0..units.len()).map(|unit| smallest[root(&mut parent, unit)]).collect()
}

/// The representative of a unit, halving the path on the way.
pub(super) fn root(parent: &mut [usize], mut unit: usize) -> usize {
    while parent[unit] != unit {
        parent[unit] = parent[parent[unit]];
        unit = parent[unit];
    }
    unit
}
