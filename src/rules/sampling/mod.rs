//! The draw: a pure function of frame, design and seed. No float, no generator but SHA-256.
//!
//! Simple random within strata: the n smallest tickets of a stratum are its sample, the next its
//! reserves, so that anyone can check one unit with `printf … | sha256sum`.

mod allocation;
mod design;
mod source;
mod systematic;

use sha2::{Digest, Sha256};

use crate::{
    model::Msg,
    rules::frame::{Frame, Stratum},
};

pub use allocation::{Allocation, Bounds, Flag, Rate, allocate};
pub use design::{ALGORITHM, Design, METHOD};
pub use source::{check_sources, seed_of_sources, uniform};
pub use systematic::systematic;

/// SHA-256 of the text `seed|stratum|unit`.
pub type Ticket = [u8; 32];

/// Whether a drawn unit is worked at once or kept back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// One of the n units aimed at.
    Main,
    /// Released by replicate when the main cases do not yield n valid interviews.
    Reserve,
}

impl Role {
    /// The word in `sample.csv`.
    pub const fn word(self) -> &'static str {
        match self {
            Role::Main => "main",
            Role::Reserve => "reserve",
        }
    }
}

/// One drawn unit, borrowed from the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleRow<'f> {
    /// The stratum's key.
    pub stratum: &'f str,
    /// The unit's key.
    pub unit: &'f str,
    /// Position in ticket order within the stratum, from 1; reserves go on counting.
    pub rank: u32,
    /// Main or reserve.
    pub role: Role,
    /// 0 for the main cases, then 1, 2 … for the reserves.
    pub replicate: u32,
    /// The ticket that gave the rank.
    pub ticket: Ticket,
}

const BLANK: SampleRow<'static> =
    SampleRow { stratum: "", unit: "", rank: 0, role: Role::Main, replicate: 0, ticket: [0; 32] };

/// Draws the sample, sorted by stratum bytes, then rank.
///
/// The strata are shared between two threads; the result does not depend on that.
/// `seed` is 64 hex digits, as [`seed_of_sources`] answers.
///
/// # Errors
/// A design of another frame, or one that lists a stratum without units: it is named.
pub fn draw<'f>(frame: &'f Frame, design: &Design, seed: &str) -> Result<Vec<SampleRow<'f>>, Msg> {
    let strata = frame.strata();
    let plans = design.plans(frame, &strata)?;
    let work: Vec<_> = strata.into_iter().zip(plans).collect();
    let total = work.iter().map(|(_, plan)| plan.drawn()).sum();
    let mut rows = vec![BLANK; total];
    let middle = halfway(&work);
    let (work_a, work_b) = work.split_at(middle);
    let drawn_a = work_a.iter().map(|(_, plan)| plan.drawn()).sum();
    let (rows_a, rows_b) = rows.split_at_mut(drawn_a);
    std::thread::scope(|scope| {
        scope.spawn(|| draw_strata(seed, work_a, rows_a));
        draw_strata(seed, work_b, rows_b);
    });
    Ok(rows)
}

/// Where to cut the strata so that both halves hold about the same number of units.
fn halfway(work: &[(Stratum<'_>, Allocation)]) -> usize {
    let half = work.iter().map(|(stratum, _)| stratum.size()).sum::<usize>() / 2;
    let mut seen = 0;
    work.iter()
        .position(|(stratum, _)| {
            seen += stratum.size();
            seen > half
        })
        .unwrap_or_default()
}

/// Fills `rows` with the sample of these strata, in order.
fn draw_strata<'f>(seed: &str, work: &[(Stratum<'f>, Allocation)], mut rows: &mut [SampleRow<'f>]) {
    let mut order = Vec::new();
    for (stratum, plan) in work {
        let name = stratum.name();
        fill_tickets(seed, name, stratum.units(), &mut order);
        let (own, rest) = std::mem::take(&mut rows).split_at_mut(plan.drawn());
        rows = rest;
        for (rank, (row, (ticket, unit))) in (1_u32..).zip(own.iter_mut().zip(&order)) {
            let (role, replicate) = plan.place(rank);
            *row = SampleRow { stratum: name, unit, rank, role, replicate, ticket: *ticket };
        }
    }
}

/// The ticket of one unit: SHA-256 of `seed|stratum|unit`, `seed` as 64 hex digits.
pub fn ticket(seed: &str, stratum: &str, unit: &str) -> Ticket {
    prefix(seed, stratum).chain_update(unit).finalize().into()
}

/// All units of a stratum in ticket order (ties by unit bytes), each with its ticket.
pub fn ticket_order<'u>(
    seed: &str,
    stratum: &str,
    units: impl IntoIterator<Item = &'u str>,
) -> Vec<(Ticket, &'u str)> {
    let mut order = Vec::new();
    fill_tickets(seed, stratum, units, &mut order);
    order
}

fn fill_tickets<'u>(
    seed: &str,
    stratum: &str,
    units: impl IntoIterator<Item = &'u str>,
    order: &mut Vec<(Ticket, &'u str)>,
) {
    let prefix = prefix(seed, stratum);
    order.clear();
    order.extend(
        units.into_iter().map(|unit| (prefix.clone().chain_update(unit).finalize().into(), unit)),
    );
    order.sort_unstable();
}

fn prefix(seed: &str, stratum: &str) -> Sha256 {
    Sha256::new().chain_update(seed).chain_update("|").chain_update(stratum).chain_update("|")
}
