//! What a supervisor sees: progress, cases, seats, the quarantine.

use super::Desk;
use crate::error::{Error, Result};
use crate::model::{
    AttemptRow, Caller, CaseRow, InterviewRow, QuarantineRow, RatingRow, Role, StratumRow,
    SurveyState, TargetRow, UnitPhoneRow, UnitRow,
};
use crate::msg;
use crate::rules::phone::mask;
use crate::store::{EventRow, Tx};
use std::collections::{BTreeMap, HashMap};

/// Seats look back this far.
const SHIFT_US: i64 = 86_400_000_000;

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

pub(super) async fn strata_and_targets(
    tx: &mut Tx,
    survey_id: i64,
) -> Result<(HashMap<i64, StratumRow>, HashMap<i64, TargetRow>)> {
    let strata = tx.strata(survey_id).await?.into_iter().map(|s| (s.stratum_no, s)).collect();
    let targets = tx.targets(survey_id).await?.into_iter().map(|t| (t.target_no, t)).collect();
    Ok((strata, targets))
}

/// Whether a survey has its sample: one that is being written is nobody's yet.
async fn is_drawn(tx: &mut Tx, survey_id: i64) -> Result<bool> {
    Ok(tx.survey(survey_id).await?.is_some_and(|s| s.state() >= SurveyState::Drawn))
}

impl Desk {
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
        if !is_drawn(&mut tx, survey_id).await? {
            return Ok(Vec::new());
        }
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
        let drawn = is_drawn(&mut tx, survey_id).await?;
        let rows = if drawn { tx.cases(survey_id, &[case_no]).await? } else { Vec::new() };
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
