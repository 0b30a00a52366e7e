//! What a supervisor sees: progress, cases, seats, the quarantine.

use super::{Desk, no_survey};
use crate::error::{Error, Reason, Result};
use crate::model::{
    AttemptRow, Caller, CaseRow, InterviewRow, QuarantineRow, RatingRow, Role, StratumRow,
    TargetRow, UnitPhoneRow, UnitRow, state,
};
use crate::msg;
use crate::rules::disposition::{Bucket, Code};
use crate::rules::phone::mask;
use crate::store::{EventRow, StateCount, Tx};
use std::collections::{BTreeMap, HashMap};

/// Named strata in one scope.
const NAMED_MAX: usize = 500;
/// Seats look back this far.
const SHIFT_US: i64 = 86_400_000_000;

/// What to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope {
    /// Cells of this group, `*` = all, empty = none.
    pub pool: String,
    /// Cells of these strata.
    pub strata: Vec<String>,
}

/// Counts of cases; see the proto's Tally.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named and explained in the proto's Tally")]
pub struct Tally {
    pub target: i64,
    pub cap: i64,
    pub drawn: i64,
    pub released: i64,
    pub in_progress: i64,
    pub held: i64,
    pub valid: i64,
    pub over_quota: i64,
    pub refused: i64,
    pub unreachable: i64,
    pub unknown: i64,
    pub other: i64,
    pub not_eligible: i64,
    pub open: i64,
    pub fresh: i64,
    pub unreleased: i64,
    pub remaining: i64,
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellTally {
    /// Number.
    pub cell_no: i64,
    /// Stratum.
    pub stratum: String,
    /// Name of its target.
    pub target_name: String,
    /// Group of its target.
    pub pool: String,
    /// Counts.
    pub tally: Tally,
}

/// The picture of a survey at one log position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Survey.
    pub survey_id: i64,
    /// Step.
    pub state: i64,
    /// Position.
    pub log_pos: i64,
    /// When.
    pub at_us: i64,
    /// All cells together.
    pub total: Tally,
    /// Every cell.
    pub cells: Vec<CellTally>,
    /// Waiting in the quarantine.
    pub quarantined: i64,
}

/// A case as a supervisor sees it: numbers masked.
#[derive(Clone, Debug)]
pub struct CaseView {
    /// The case.
    pub case: CaseRow,
    /// Held now.
    pub held: bool,
    /// Stratum.
    pub stratum: String,
    /// Key of the unit.
    pub unit: String,
    /// Name in the roster; administrators only.
    pub unit_name: String,
    /// Numbers, masked.
    pub phones: Vec<UnitPhoneRow>,
    /// Whom it rates.
    pub targets: Vec<TargetRow>,
}

/// A case and its history.
#[derive(Clone, Debug)]
pub struct CaseHistory {
    /// The case.
    pub view: CaseView,
    /// Every version of every dial.
    pub attempts: Vec<AttemptRow>,
    /// Every version of its interview.
    pub interviews: Vec<InterviewRow>,
    /// Answers of every version; administrators only.
    pub ratings: Vec<RatingRow>,
    /// Its events.
    pub events: Vec<EventRow>,
}

/// One interviewer at work.
#[derive(Clone, Debug, Default)]
pub struct Seat {
    /// Who.
    pub user_id: i64,
    /// Name.
    pub user_name: String,
    /// Case held, 0 = none.
    pub case_no: i64,
    /// Since when.
    pub since_us: i64,
    /// When the lease ends.
    pub expires_us: i64,
    /// An interview is under way.
    pub started: bool,
    /// Dials of the last 24 hours.
    pub attempts: i64,
    /// Valid interviews of the last 24 hours.
    pub valid: i64,
    /// Last dial.
    pub last_us: i64,
}

impl Tally {
    fn add(&mut self, count: &StateCount) {
        let n = count.cases;
        self.drawn += n;
        if count.state != state::UNRELEASED {
            self.released += n;
        }
        let place = match count.state {
            state::UNRELEASED => &mut self.unreleased,
            state::FINAL => self.final_place(count),
            _ if count.held => &mut self.in_progress,
            state::FRESH => &mut self.fresh,
            _ => &mut self.open,
        };
        *place += n;
    }

    fn final_place(&mut self, count: &StateCount) -> &mut i64 {
        match Code::parse(&count.code).map(Code::bucket) {
            Some(Bucket::Complete | Bucket::Partial) if count.counted => &mut self.valid,
            Some(Bucket::Complete | Bucket::Partial) => &mut self.over_quota,
            Some(Bucket::Refusal) => &mut self.refused,
            Some(Bucket::NonContact) => &mut self.unreachable,
            Some(Bucket::Other) => &mut self.other,
            Some(Bucket::NotEligible) => &mut self.not_eligible,
            Some(Bucket::Unknown) | None => &mut self.unknown,
        }
    }

    fn join(&mut self, other: &Tally) {
        self.target += other.target;
        self.cap += other.cap;
        self.drawn += other.drawn;
        self.released += other.released;
        self.in_progress += other.in_progress;
        self.held += other.held;
        self.valid += other.valid;
        self.over_quota += other.over_quota;
        self.refused += other.refused;
        self.unreachable += other.unreachable;
        self.unknown += other.unknown;
        self.other += other.other;
        self.not_eligible += other.not_eligible;
        self.open += other.open;
        self.fresh += other.fresh;
        self.unreleased += other.unreleased;
        self.remaining += other.remaining;
    }
}

impl Picture {
    /// The part of the picture that a scope names.
    ///
    /// # Errors
    /// Too many named strata, one that is not there, or an answer over 1 MiB.
    pub fn within(&self, scope: &Scope) -> Result<Picture> {
        if scope.strata.len() > NAMED_MAX {
            let why = msg!("progress.too_many", max = NAMED_MAX);
            return Err(Error::invalid("scope.strata", why));
        }
        let known: HashMap<&str, ()> =
            self.cells.iter().map(|c| (c.stratum.as_str(), ())).collect();
        if let Some(unknown) = scope.strata.iter().find(|s| !known.contains_key(s.as_str())) {
            let why = msg!("survey.no_stratum", stratum = unknown);
            return Err(Error::invalid("scope.strata", why));
        }
        let wanted = |c: &&CellTally| {
            scope.pool == "*"
                || (!scope.pool.is_empty() && c.pool == scope.pool)
                || scope.strata.contains(&c.stratum)
        };
        let cells: Vec<CellTally> = self.cells.iter().filter(wanted).cloned().collect();
        let bytes: usize = cells.iter().map(|c| 110 + c.stratum.len() + c.target_name.len()).sum();
        if bytes > 1024 * 1024 {
            return Err(Error::Refused(Reason::TooLarge, msg!("progress.too_large")));
        }
        Ok(Picture { cells, ..self.clone() })
    }
}

async fn strata_and_targets(
    tx: &mut Tx,
    survey_id: i64,
) -> Result<(HashMap<i64, StratumRow>, HashMap<i64, TargetRow>)> {
    let strata = tx.strata(survey_id).await?.into_iter().map(|s| (s.stratum_no, s)).collect();
    let targets = tx.targets(survey_id).await?.into_iter().map(|t| (t.target_no, t)).collect();
    Ok((strata, targets))
}

impl Desk {
    /// The whole picture, read at one instant of commit order.
    pub async fn picture(&self, survey_id: i64) -> Result<Picture> {
        let mut tx = self.0.store.read().await?;
        let survey = tx.survey(survey_id).await?.ok_or_else(|| no_survey(survey_id))?;
        let now_us = self.now_us();
        let (strata, targets) = strata_and_targets(&mut tx, survey_id).await?;
        let mut cells: BTreeMap<i64, CellTally> = BTreeMap::new();
        for cell in tx.all_cells(survey_id).await? {
            let stratum = strata.get(&cell.stratum_no);
            let target = stratum.and_then(|s| targets.get(&s.target_no));
            let tally = Tally {
                target: cell.target_n,
                cap: cell.cap_n,
                held: cell.held,
                remaining: (cell.target_n - cell.done).max(0),
                ..Tally::default()
            };
            cells.insert(
                cell.cell_no,
                CellTally {
                    cell_no: cell.cell_no,
                    stratum: stratum.map(|s| s.name.clone()).unwrap_or_default(),
                    target_name: target.map(|t| t.name.clone()).unwrap_or_default(),
                    pool: target.map(|t| t.pool.clone()).unwrap_or_default(),
                    tally,
                },
            );
        }
        for count in tx.state_counts(survey_id, now_us).await? {
            if let Some(cell) = cells.get_mut(&count.cell_no) {
                cell.tally.add(&count);
            }
        }
        let quarantined = tx.quarantine_waiting(survey_id).await?;
        let cells: Vec<CellTally> = cells.into_values().collect();
        let mut total = Tally::default();
        cells.iter().for_each(|c| total.join(&c.tally));
        Ok(Picture {
            survey_id,
            state: survey.state,
            log_pos: survey.event_head,
            at_us: now_us,
            total,
            cells,
            quarantined,
        })
    }

    /// Cases after a number, filtered by stored state (-1 any, 4 held now) and stratum (empty = any).
    pub async fn list_cases(
        &self,
        who: &Caller,
        survey_id: i64,
        after: i64,
        limit: i64,
        state: i64,
        stratum: &str,
    ) -> Result<Vec<CaseView>> {
        let mut tx = self.0.store.read().await?;
        let (strata, _) = strata_and_targets(&mut tx, survey_id).await?;
        let cell_no = if stratum.is_empty() {
            0
        } else {
            let found = strata.values().find(|s| s.name == stratum);
            found.map(|s| s.stratum_no).ok_or_else(|| {
                Error::invalid("stratum", msg!("survey.no_stratum", stratum = stratum))
            })?
        };
        let rows = tx.cases_after(survey_id, after, state, cell_no, self.now_us(), limit).await?;
        self.case_views(&mut tx, who, survey_id, rows).await
    }

    async fn case_views(
        &self,
        tx: &mut Tx,
        who: &Caller,
        survey_id: i64,
        rows: Vec<CaseRow>,
    ) -> Result<Vec<CaseView>> {
        let now_us = self.now_us();
        let (strata, targets) = strata_and_targets(tx, survey_id).await?;
        let unit_nos: Vec<i64> = rows.iter().map(|c| c.unit_no).collect();
        let units: HashMap<i64, UnitRow> =
            tx.units(survey_id, &unit_nos).await?.into_iter().map(|u| (u.unit_no, u)).collect();
        let mut phones: HashMap<i64, Vec<UnitPhoneRow>> = HashMap::new();
        for mut phone in tx.unit_phones(survey_id, &unit_nos).await? {
            phone.e164 = mask(&phone.e164);
            phone.original.clear();
            phones.entry(phone.unit_no).or_default().push(phone);
        }
        let mut rates: HashMap<i64, Vec<TargetRow>> = HashMap::new();
        for (unit_no, target_no) in tx.unit_targets(survey_id, &unit_nos).await? {
            rates.entry(unit_no).or_default().extend(targets.get(&target_no).cloned());
        }
        let names = who.role == Role::Administrator;
        let view = |case: CaseRow| {
            let unit = units.get(&case.unit_no);
            let name = unit.filter(|_| names).map(|u| u.name.clone());
            CaseView {
                held: case.is_held(now_us),
                stratum: strata.get(&case.cell_no).map(|s| s.name.clone()).unwrap_or_default(),
                unit: unit.map(|u| u.key.clone()).unwrap_or_default(),
                unit_name: name.unwrap_or_default(),
                phones: phones.get(&case.unit_no).cloned().unwrap_or_default(),
                targets: rates.get(&case.unit_no).cloned().unwrap_or_default(),
                case,
            }
        };
        Ok(rows.into_iter().map(view).collect())
    }

    /// One case with its whole history.
    pub async fn case_history(
        &self,
        who: &Caller,
        survey_id: i64,
        case_no: i64,
    ) -> Result<CaseHistory> {
        let mut tx = self.0.store.read().await?;
        let rows = tx.cases(survey_id, &[case_no]).await?;
        let view = self.case_views(&mut tx, who, survey_id, rows).await?.pop();
        let view =
            view.ok_or_else(|| Error::NotFound(msg!("case.not_found", case_no = case_no)))?;
        let ratings = if who.role == Role::Administrator {
            tx.ratings(survey_id, &[case_no]).await?
        } else {
            Vec::new()
        };
        Ok(CaseHistory {
            view,
            attempts: tx.attempts(survey_id, &[case_no]).await?,
            interviews: tx.interviews(survey_id, &[case_no]).await?,
            ratings,
            events: tx.events_of_case(survey_id, case_no).await?,
        })
    }

    /// Quarantine entries after a number.
    pub async fn list_quarantine(
        &self,
        survey_id: i64,
        after: i64,
        all: bool,
        limit: i64,
    ) -> Result<Vec<QuarantineRow>> {
        self.0.store.read().await?.quarantine_after(survey_id, after, all, limit).await
    }

    /// Everyone who holds a case or dialled in the last 24 hours, by user number.
    pub async fn seats(&self, survey_id: i64) -> Result<Vec<Seat>> {
        let mut tx = self.0.store.read().await?;
        let now_us = self.now_us();
        let mut seats: BTreeMap<i64, Seat> = BTreeMap::new();
        for (user_id, attempts, valid, last_us) in
            tx.work_since(survey_id, now_us - SHIFT_US).await?
        {
            let seat = Seat { user_id, attempts, valid, last_us, ..Seat::default() };
            seats.insert(user_id, seat);
        }
        for case in tx.live_leases(survey_id, now_us).await? {
            let seat = seats.entry(case.holder).or_default();
            seat.user_id = case.holder;
            seat.case_no = case.case_no;
            seat.since_us = case.lease_since_us;
            seat.expires_us = case.lease_until_us;
            seat.started = case.started;
        }
        let mut out: Vec<Seat> = seats.into_values().collect();
        for seat in &mut out {
            // one small read a person at work
            seat.user_name = tx.user(seat.user_id).await?.map(|u| u.name).unwrap_or_default();
        }
        Ok(out)
    }
}

/// What a quarantine entry holds: answers of an interview, or the outcome of a dial.
pub fn quarantined_ratings(q: &QuarantineRow) -> (super::Ratings, i64) {
    if q.kind == "interview" {
        let sent: Option<super::Submission> = serde_json::from_str(&q.body).ok();
        (sent.map(|s| s.ratings).unwrap_or_default(), 0)
    } else {
        let sent: Option<super::DialReport> = serde_json::from_str(&q.body).ok();
        (Vec::new(), sent.map_or(0, |s| s.outcome))
    }
}
