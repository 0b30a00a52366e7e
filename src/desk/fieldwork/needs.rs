//! What a batch reads: worked out from its commands before the first statement.

use super::command::{Ask, Command, Lease, Stored, Then};
use crate::store::KeyRow;
use std::collections::{BTreeMap, BTreeSet};

/// What the commands of a batch need to see.
#[derive(Default)]
pub struct Needs {
    pub cases: BTreeSet<i64>,
    /// (case, epoch) that somebody claims to hold or to have held.
    pub leases: BTreeSet<(i64, i64)>,
    pub users: BTreeSet<i64>,
    pub quarantine: BTreeSet<i64>,
    pub cells: BTreeSet<i64>,
    /// Cases that may be handed out.
    pub pulls: usize,
    /// What was answered so far, and who may be rated on which numbers.
    pub answers: bool,
    pub history: bool,
    pub interviews: bool,
    pub sweep: bool,
    pub jump: bool,
}

impl Needs {
    pub fn of(commands: &[Command]) -> Needs {
        let mut n = Needs::default();
        for command in commands {
            n.users.insert(command.who.user_id);
            match &command.ask {
                Ask::Pull => n.pulls += 1,
                Ask::Extend(l) | Ask::Release(l) | Ask::Start(l) => n.lease(l),
                Ask::Save(l, ..) => {
                    n.lease(l);
                    n.answers = true;
                }
                Ask::Submit(l, _, then) | Ask::Attempt(l, _, then) | Ask::Amend(l, _, _, then) => {
                    n.lease(l);
                    n.history = true;
                    n.pulls += usize::from(*then != Then::Nothing);
                }
                Ask::Revoke(case_no, _) => {
                    n.cases.insert(*case_no);
                }
                Ask::ReleaseReserves(cell_no, _) => {
                    n.cells.insert(*cell_no);
                }
                Ask::Resolve(number, ..) => {
                    n.quarantine.insert(*number);
                    n.history = true;
                    n.interviews = true;
                }
                Ask::Correct(case_no, ..) | Ask::Withdraw(case_no, _) => {
                    n.cases.insert(*case_no);
                    n.history = true;
                    n.interviews = true;
                }
                Ask::Sweep => n.sweep = true,
                Ask::Jump(_) => n.jump = true,
            }
        }
        n.answers |= n.history;
        n
    }

    fn lease(&mut self, lease: &Lease) {
        self.cases.insert(lease.case_no);
        self.leases.insert((lease.case_no, lease.epoch));
    }
}

/// A repeated pull needs the case it was granted.
pub fn note_grants(known: &BTreeMap<Vec<u8>, KeyRow>, needs: &mut Needs) {
    for row in known.values() {
        if let Ok(Stored::Grant(case_no, _)) = serde_json::from_str(&row.receipt) {
            needs.cases.insert(case_no);
        }
    }
}
