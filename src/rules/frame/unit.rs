//! Lines of a roster into units: twins are one unit, for one phone is one listed respondent.

use std::collections::HashMap;

use super::person::{PersonHash, root};

/// One line that may become a unit or part of one.
#[derive(Clone, Copy, Debug)]
pub struct UnitLine<'a> {
    /// The stratum's key.
    pub stratum: &'a str,
    /// The key of the line.
    pub key: &'a str,
    /// The persons its phones hash to.
    pub persons: &'a [PersonHash],
}

/// A unit: one line, or lines of one stratum that share a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Indices of its lines, by the bytes of their keys: the first one's key is the unit's. Its
    /// phones are theirs, in this order.
    pub lines: Vec<usize>,
}

impl Unit {
    /// Listed pupils it stands for; N counts it once.
    pub fn multiplicity(&self) -> usize {
        self.lines.len()
    }
}

/// Merges lines of one stratum that share any phone, directly or through others (two classes are
/// two units, whatever phones they share). Units are in the order of their earliest lines.
pub fn units(lines: &[UnitLine<'_>]) -> Vec<Unit> {
    let mut parent: Vec<usize> = (0..lines.len()).collect();
    let mut owner: HashMap<(&str, PersonHash), usize> = HashMap::new();
    for (at, line) in lines.iter().enumerate() {
        for person in line.persons {
            let other = *owner.entry((line.stratum, *person)).or_insert(at);
            let (a, b) = (root(&mut parent, at), root(&mut parent, other));
            // The smaller index stays the root, so that units keep the order of the lines.
            parent[a.max(b)] = a.min(b);
        }
    }
    let mut place: HashMap<usize, usize> = HashMap::new();
    let mut all: Vec<Unit> = Vec::new();
    for at in 0..lines.len() {
        let first = root(&mut parent, at);
        let next = all.len();
        let unit = *place.entry(first).or_insert(next);
        if unit == next {
            all.push(Unit { lines: Vec::new() });
        }
        all[unit].lines.push(at);
    }
    for unit in &mut all {
        unit.lines.sort_by_key(|at| lines[*at].key);
    }
    all
}
