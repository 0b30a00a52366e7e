//! What the answers promise, and whether the database keeps it. It knows the promises only: nothing here
//! calls the code that it judges.

use super::{
    db::Facts,
    op::{Ask, Op, Told},
};
use canvass::desk::{Lease, Receipt, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// A request and the first definite answer to it.
struct Record {
    op: Op,
    /// Acknowledged as.
    told: Option<Told>,
    /// An answer was lost: it may have had its effect.
    doubtful: bool,
}

/// See the module.
#[derive(Default)]
pub struct Model {
    records: BTreeMap<u64, Record>,
    /// The highest epoch of each case that anybody was told of.
    epochs: BTreeMap<i64, i64>,
    /// The same before what is asked together now: that may have been done in any order.
    before: BTreeMap<i64, i64>,
    targets: BTreeMap<i64, i64>,
    /// Saves that were acknowledged: case, epoch → number.
    saves: BTreeMap<(i64, i64), i64>,
    /// Some replica's clock was wrong: promises about time do not hold.
    pub skewed: bool,
}

fn broken<T>(what: impl Into<String>) -> Result<T, String> {
    Err(what.into())
}

/// An answer without what a repeat may change: the next case, the words of a lease that has ended.
fn lasting(told: &Told) -> Option<Told> {
    match told {
        Told::Receipt(receipt, _) => Some(Told::Receipt(receipt.clone(), None)),
        Told::Case(lease, ..) => Some(Told::Case(*lease, 0, 0)),
        Told::Done(text) => Some(Told::Done(text.clone())),
        Told::Nothing(_) | Told::Refused(_) | Told::Unknown => None,
    }
}

impl Model {
    pub fn cases_seen(&self) -> Vec<i64> {
        self.epochs.keys().copied().collect()
    }

    pub fn target_of(&self, case_no: i64) -> i64 {
        self.targets.get(&case_no).copied().unwrap_or(1)
    }

    /// What is heard from here on was asked together.
    pub fn together(&mut self) {
        self.before.clone_from(&self.epochs);
    }

    /// Whether a request was acknowledged.
    pub fn is_acknowledged(&self, serial: u64) -> bool {
        self.records.get(&serial).is_some_and(|r| r.told.is_some())
    }

    /// What was heard of some requests, for a failure.
    pub fn answers(&self, ops: &[Op]) -> Vec<Option<Told>> {
        ops.iter().map(|op| self.records.get(&op.serial).and_then(|r| r.told.clone())).collect()
    }

    /// Requests whose outcome nobody knows.
    pub fn open(&self) -> Vec<Op> {
        let open = |r: &&Record| r.doubtful && r.told.is_none() && r.op.is_keyed();
        self.records.values().filter(open).map(|r| r.op.clone()).collect()
    }

    fn granted(&mut self, op: &Op, case: (Lease, i64, i64), first: bool) -> Result<(), String> {
        let (lease, target, save) = case;
        self.targets.insert(lease.case_no, target);
        // a repeat, or what the user holds still, tells of the same grant again
        let known = self.before.get(&lease.case_no).copied().unwrap_or_default();
        if first && matches!(op.ask, Ask::Pull) && lease.epoch <= known {
            return broken(format!("L2: case {lease:?} was granted at epoch {known} already"));
        }
        let known = self.epochs.entry(lease.case_no).or_default();
        *known = lease.epoch.max(*known);
        let kept = self
            .saves
            .iter()
            .filter(|((case, epoch), _)| *case == lease.case_no && *epoch == lease.epoch);
        match kept.map(|(_, save)| *save).max() {
            Some(kept) if save < kept => {
                broken(format!("D7: save {kept} of case {lease:?} came back as {save}"))
            }
            _ => Ok(()),
        }
    }

    /// A lease that somebody else has been told to hold since proves nothing any more.
    fn fenced(&self, op: &Op, told: &Told) -> Result<(), String> {
        let Some(lease) = op.lease() else { return Ok(()) };
        if self.before.get(&lease.case_no).is_none_or(|now| lease.epoch >= *now) {
            return Ok(());
        }
        match (told, &op.ask) {
            (Told::Done(_), _) => {
                broken(format!("L3: {:?} went through with an old lease", op.ask))
            }
            (Told::Receipt(r, _), Ask::Submit(..) | Ask::Attempt(..))
                if r.verdict != Verdict::Quarantined =>
            {
                broken(format!("L3: {:?} with an old lease came to {r:?}", op.ask))
            }
            _ => Ok(()),
        }
    }

    /// Takes an answer in.
    pub fn heard(&mut self, op: &Op, told: &Told) -> Result<(), String> {
        if let Told::Refused(why) = told
            && why.starts_with("DEFECT")
        {
            return broken(format!("{:?}: {why}", op.ask));
        }
        let fresh = Record { op: op.clone(), told: None, doubtful: false };
        let known = self.records.entry(op.serial).or_insert(fresh);
        known.doubtful |= *told == Told::Unknown;
        let before = known.told.as_ref().and_then(lasting);
        let (sure, first) = (!known.doubtful, before.is_none());
        if let (Some(before), true) = (&before, op.is_keyed()) {
            let ended = matches!((before, told), (Told::Case(..), Told::Nothing(why)) if why == "LeaseEnded");
            if *told != Told::Unknown && lasting(told).as_ref() != Some(before) && !ended {
                return broken(format!("D2: {:?} was answered {before:?}, then {told:?}", op.ask));
            }
        }
        if first && lasting(told).is_some() {
            known.told = Some(told.clone());
        }
        if first && sure {
            self.fenced(op, told)?;
        }
        match told {
            Told::Case(lease, target, save) => {
                self.granted(op, (*lease, *target, *save), first && sure)?;
            }
            Told::Receipt(_, Some(case)) => self.granted(op, *case, false)?,
            Told::Done(_) => {
                if let Ask::Save(lease, save_no, _) = &op.ask {
                    let kept = self.saves.entry((lease.case_no, lease.epoch)).or_default();
                    *kept = (*kept).max(*save_no);
                }
            }
            Told::Receipt(_, None) | Told::Nothing(_) | Told::Refused(_) | Told::Unknown => {}
        }
        Ok(())
    }

    /// Compares the database with what was promised. `settled`: nothing is under way.
    pub fn judge(&self, facts: &Facts, settled: bool) -> Result<(), String> {
        self.judge_effects(facts, settled)?;
        self.judge_events(facts)?;
        self.judge_cases(facts)?;
        judge_cells(facts)?;
        judge_history(facts)
    }

    /// Every write has the effect that was acknowledged, once; a doubtful one at most once.
    fn judge_effects(&self, facts: &Facts, settled: bool) -> Result<(), String> {
        let mut marks: BTreeMap<u64, [usize; 3]> = BTreeMap::new();
        let mut count = |text: &str, place: usize| {
            for mark in marks_in(text) {
                marks.entry(mark).or_default()[place] += 1;
            }
        };
        facts.interviews.iter().for_each(|row| count(&row[4], 0));
        facts.attempts.iter().for_each(|row| count(&row[4], 1));
        facts.quarantine.iter().for_each(|row| count(&row[3], 2));
        if let Some(mark) = marks.keys().find(|mark| !self.records.contains_key(mark)) {
            return broken(format!("a write of #{mark}, which nobody sent"));
        }
        for (serial, record) in &self.records {
            let [interviews, dials, kept] = marks.get(serial).copied().unwrap_or_default();
            let (ask, told) = (&record.op.ask, &record.told);
            let receipt = match told {
                Some(Told::Receipt(receipt, _)) => Some(receipt),
                _ => None,
            };
            let writes = matches!(ask, Ask::Submit(..) | Ask::Attempt(..) | Ask::Amend(..));
            if !writes {
                continue;
            }
            let at_most = if settled || receipt.is_some() || record.doubtful { 1 } else { 0 };
            if kept > at_most || interviews > 1 || dials > 1 {
                return broken(format!(
                    "D2/D4: #{serial} {ask:?} ({told:?}) has {interviews} interviews, {dials} dials, {kept} kept aside"
                ));
            }
            match receipt {
                Some(r) => self.judge_receipt(facts, record, r, [interviews, dials, kept])?,
                None if settled && interviews + dials + kept > 0 => {
                    return broken(format!("D4: #{serial} {ask:?} was refused and had an effect"));
                }
                None => {}
            }
        }
        Ok(())
    }

    fn judge_receipt(
        &self,
        facts: &Facts,
        record: &Record,
        r: &Receipt,
        [interviews, dials, kept]: [usize; 3],
    ) -> Result<(), String> {
        let Op { serial, ask, .. } = &record.op;
        let wrong =
            |what: &str| broken(format!("D1: #{serial} {ask:?} acknowledged as {r:?}: {what}"));
        if r.verdict == Verdict::Quarantined {
            return if kept == 1 { Ok(()) } else { wrong("is not kept aside") };
        }
        if kept > 0 {
            return wrong("is kept aside too");
        }
        let row = facts
            .attempts
            .iter()
            .find(|row| row[0] == r.case_no.to_string() && row[1] == r.attempt_no.to_string());
        if row.is_none() || dials != 1 {
            return wrong("its dial is missing");
        }
        match ask {
            Ask::Submit(..) if interviews != 1 => wrong("its interview is missing"),
            _ => Ok(()),
        }
    }

    /// The log has no gap, and every receipt names its event.
    fn judge_events(&self, facts: &Facts) -> Result<(), String> {
        let [head, kept_head, events, last, kept] = facts.heads[..] else {
            return broken("no survey");
        };
        if head != events || head != last || kept_head != kept {
            return broken(format!("E1: the heads are not the counts: {:?}", facts.heads));
        }
        for record in self.records.values() {
            if let Some(Told::Receipt(r, _)) = &record.told {
                match facts.events.get(&r.log_pos) {
                    Some((_, case_no)) if *case_no == r.case_no => {}
                    other => {
                        return broken(format!("E1: #{} {r:?} names {other:?}", record.op.serial));
                    }
                }
            }
        }
        Ok(())
    }

    fn judge_cases(&self, facts: &Facts) -> Result<(), String> {
        for row in &facts.cases {
            let (case_no, epoch) = (row[0], row[4]);
            if self.epochs.get(&case_no).is_some_and(|told| *told > epoch) {
                return broken(format!("L2: case {case_no} is at epoch {epoch}, told was more"));
            }
        }
        for ((case_no, epoch), save_no) in &self.saves {
            // while the lease stands the draft is there; a finished call has made an interview of it
            let holds = |c: &&Vec<i64>| c[0] == *case_no && c[4] == *epoch && c[6] > 0;
            let kept = |d: &Vec<i64>| d[0] == *case_no && d[1] == *epoch && d[2] >= *save_no;
            if facts.cases.iter().any(|c| holds(&c)) && !facts.drafts.iter().any(kept) {
                return broken(format!("D7: save {save_no} of case {case_no} is lost"));
            }
        }
        let held: Vec<i64> = facts.cases.iter().filter(|c| c[6] > 0).map(|c| c[5]).collect();
        if let Some(leak) = facts.cases.iter().find(|c| c[7] == 1 && c[6] == 0) {
            return broken(format!("Q4: a place is kept without a lease: {leak:?}"));
        }
        if held.contains(&0) {
            return broken("L1: a lease without a holder");
        }
        Ok(())
    }
}

/// Serial numbers of the writes that a text tells of.
fn marks_in(text: &str) -> BTreeSet<u64> {
    let parts = text.split('m').filter(|part| !part.is_empty());
    let number = |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok());
    // `m12m`: the mark stands between two letters
    let between = |text: &str, mark: &u64| text.contains(&format!("m{mark}m"));
    parts.filter_map(number).flatten().filter(|mark| between(text, mark)).collect()
}

/// The counters of every cell are the recount of its cases, and no cell is overfull.
fn judge_cells(facts: &Facts) -> Result<(), String> {
    for cell in &facts.cells {
        let [cell_no, cap, held, done, replicate, released, finals] = cell[..] else { continue };
        let of: Vec<&Vec<i64>> = facts.cases.iter().filter(|c| c[1] == cell_no).collect();
        let count = |what: &dyn Fn(&Vec<i64>) -> bool| of.iter().filter(|c| what(c)).count() as i64;
        let recount = [
            count(&|c| c[7] == 1),
            count(&|c| c[10] == 1),
            count(&|c| c[2] <= replicate),
            count(&|c| c[2] <= replicate && c[3] == 3),
        ];
        if recount != [held, done, released, finals] {
            return broken(format!("Q4/Q6: cell {cell:?} is not its recount {recount:?}"));
        }
        if done + held > cap {
            return broken(format!("Q1: cell {cell:?} is overfull"));
        }
    }
    Ok(())
}

/// Dials and versions of a case are numbered without gaps, and what counts is the version in force.
fn judge_history(facts: &Facts) -> Result<(), String> {
    let mut dials: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
    for row in &facts.attempts {
        dials.entry(&row[0]).or_default().insert(row[1].parse().unwrap_or(-1));
    }
    let mut versions: BTreeMap<&str, BTreeMap<i64, &str>> = BTreeMap::new();
    for row in &facts.interviews {
        versions.entry(&row[0]).or_default().insert(row[1].parse().unwrap_or(-1), &row[2]);
    }
    for case in &facts.cases {
        let (number, attempts, version, counted) =
            (case[0].to_string(), case[8], case[9], case[10]);
        let known = dials.remove(number.as_str()).unwrap_or_default();
        if known != (1..=attempts).collect() {
            return broken(format!("case {number} has dials {known:?}, not {attempts}"));
        }
        let known = versions.remove(number.as_str()).unwrap_or_default();
        if !known.keys().copied().eq(1..=version) {
            return broken(format!("case {number} has versions {known:?}, not {version}"));
        }
        let in_force = known.get(&version).copied();
        if (counted == 1) != (in_force == Some("counted")) {
            return broken(format!("case {number}: counted is {counted}, in force {in_force:?}"));
        }
    }
    Ok(())
}
