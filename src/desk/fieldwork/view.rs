//! A case as its holder sees it: whom to ask for, the numbers, what happened before.

use super::command::{Assignment, Lease};
use super::interview::draft_ratings;
use super::person::stands_in_the_way;
use crate::error::{Error, Result};
use crate::model::{
    AttemptRow, CaseRow, CellRow, DraftRow, SurveyRow, SurveyState, TargetRow, UnitPhoneRow,
    UnitRow, state,
};
use crate::store::Tx;
use chrono::DateTime;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Wall time in a zone, `2026-03-02T18:05:00+08:00`.
fn local_time(now_us: i64, zone: &str) -> String {
    let zone: chrono_tz::Tz = zone.parse().unwrap_or(chrono_tz::Tz::UTC);
    let at = DateTime::from_timestamp_micros(now_us).unwrap_or_default().with_timezone(&zone);
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, false)
}

/// The latest version of each dial, by case.
fn latest(attempts: Vec<AttemptRow>) -> HashMap<i64, Vec<AttemptRow>> {
    let mut by_case: HashMap<i64, BTreeMap<i64, AttemptRow>> = HashMap::new();
    for attempt in attempts {
        by_case.entry(attempt.case_no).or_default().insert(attempt.attempt_no, attempt);
    }
    by_case.into_iter().map(|(no, dials)| (no, dials.into_values().collect())).collect()
}

/// What surrounds some cases: the units, numbers and targets of theirs and of their persons' other
/// cases, read once for all of them.
struct Around {
    same: Vec<CaseRow>,
    cells: HashMap<i64, CellRow>,
    units: HashMap<i64, UnitRow>,
    phones: HashMap<i64, Vec<UnitPhoneRow>>,
    rates: Vec<(i64, i64)>,
    targets: HashMap<i64, TargetRow>,
    dials: HashMap<i64, Vec<AttemptRow>>,
    drafts: HashMap<i64, DraftRow>,
}

impl Around {
    async fn read(tx: &mut Tx, survey_id: i64, cases: &[CaseRow]) -> Result<Around> {
        let case_nos: Vec<i64> = cases.iter().map(|c| c.case_no).collect();
        let groups: BTreeSet<Vec<u8>> =
            cases.iter().filter_map(|c| c.person_group.clone()).collect();
        let groups: Vec<_> = groups.into_iter().collect();
        let same = tx.cases_of_groups(survey_id, &groups).await?;
        // most people have one case: nothing to read then
        let apart = same.iter().filter(|c| !case_nos.contains(&c.case_no));
        let cell_nos: BTreeSet<i64> = apart.map(|c| c.cell_no).collect();
        let cell_nos: Vec<i64> = cell_nos.into_iter().collect();
        let cells = tx.cells(survey_id, &cell_nos).await?;
        let unit_nos: BTreeSet<i64> = cases.iter().chain(&same).map(|c| c.unit_no).collect();
        let unit_nos: Vec<i64> = unit_nos.into_iter().collect();
        let own: Vec<i64> = cases.iter().map(|c| c.unit_no).collect();
        let mut phones: HashMap<i64, Vec<_>> = HashMap::new();
        for phone in tx.unit_phones(survey_id, &own).await? {
            phones.entry(phone.unit_no).or_default().push(phone);
        }
        let rates = tx.unit_targets(survey_id, &unit_nos).await?;
        let numbers: BTreeSet<i64> = rates.iter().map(|(_, target)| *target).collect();
        let numbers: Vec<i64> = numbers.into_iter().collect();
        let units = tx.units(survey_id, &unit_nos).await?;
        let targets = tx.targets_of(survey_id, &numbers).await?;
        // a fresh case has neither a draft nor a history
        let drafted = cases.iter().filter(|c| c.started || c.epoch > 1).map(|c| c.case_no);
        let drafts = tx.drafts(survey_id, &drafted.collect::<Vec<_>>()).await?;
        let dialled = cases.iter().filter(|c| c.attempts > 0).map(|c| c.case_no);
        let dials = tx.attempts(survey_id, &dialled.collect::<Vec<_>>()).await?;
        Ok(Around {
            same,
            cells: cells.into_iter().map(|c| (c.cell_no, c)).collect(),
            units: units.into_iter().map(|u| (u.unit_no, u)).collect(),
            phones,
            rates,
            targets: targets.into_iter().map(|t| (t.target_no, t)).collect(),
            dials: latest(dials),
            drafts: drafts.into_iter().map(|d| (d.case_no, d)).collect(),
        })
    }

    fn rated_by(&self, unit_no: i64) -> Vec<TargetRow> {
        let of_unit = self.rates.iter().filter(|(unit, _)| *unit == unit_no);
        of_unit.filter_map(|(_, no)| self.targets.get(no).cloned()).collect()
    }

    /// The person's other cases that could follow in the same call: due, with room in their cells,
    /// and none of them stands in the way of another.
    fn also_due(&self, case: &CaseRow, now_us: i64) -> Vec<(i64, Vec<TargetRow>)> {
        let others = || {
            let apart = self.same.iter().filter(|c| c.case_no != case.case_no);
            apart.filter(|c| c.person_group == case.person_group)
        };
        if others().any(|c| stands_in_the_way(c, now_us)) {
            return Vec::new();
        }
        let also = others().filter(|c| {
            matches!(c.state, state::FRESH | state::OPEN)
                && c.is_due(now_us)
                && self.cells.get(&c.cell_no).is_some_and(CellRow::has_room)
        });
        also.map(|c| (c.case_no, self.rated_by(c.unit_no))).collect()
    }
}

/// The views of held cases, by number.
pub async fn views(
    tx: &mut Tx,
    survey: &SurveyRow,
    incarnation: i64,
    now_us: i64,
    cases: &[CaseRow],
) -> Result<HashMap<i64, Assignment>> {
    if cases.is_empty() {
        return Ok(HashMap::new());
    }
    let around = Around::read(tx, survey.survey_id, cases).await?;
    let mut out = HashMap::new();
    for case in cases {
        let unit = around
            .units
            .get(&case.unit_no)
            .ok_or_else(|| Error::defect(format!("unit of case {}", case.case_no)))?;
        let draft = around.drafts.get(&case.case_no);
        let view = Assignment {
            survey_id: survey.survey_id,
            lease: Lease { incarnation, case_no: case.case_no, epoch: case.epoch },
            expires_us: case.lease_until_us,
            targets: around.rated_by(case.unit_no),
            unit_name: unit.name.clone(),
            ask_for: unit.ask_for.clone(),
            phones: around.phones.get(&case.unit_no).cloned().unwrap_or_default(),
            dial_phone_no: case.phone_no,
            attempts: around.dials.get(&case.case_no).cloned().unwrap_or_default(),
            also_due: if survey.state() == SurveyState::Fielding {
                around.also_due(case, now_us)
            } else {
                Vec::new()
            },
            zone: survey.zone.clone(),
            local_time: local_time(now_us, &survey.zone),
            language: survey.language.clone(),
            questionnaire_version: survey.questionnaire_version.clone(),
            appointment_us: case.appointment_us,
            why: case.lease_why.clone(),
            started: case.started,
            draft_save_no: draft.map_or(0, |d| d.save_no),
            draft: draft.map(|d| draft_ratings(&d.body)).unwrap_or_default(),
        };
        out.insert(case.case_no, view);
    }
    Ok(out)
}
