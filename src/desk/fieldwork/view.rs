//! A case as its holder sees it: whom to ask for, the numbers, what happened before.

use super::command::{Assignment, Lease};
use super::interview::draft_ratings;
use super::person::stands_in_the_way;
use super::world::World;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::model::{CaseRow, CellRow, SurveyRow, SurveyState, TargetRow, state};
use crate::store::Tx;
use chrono::DateTime;

/// Wall time in a zone, `2026-03-02T18:05:00+08:00`.
fn local_time(now_us: i64, zone: &str) -> String {
    let zone: chrono_tz::Tz = zone.parse().unwrap_or(chrono_tz::Tz::UTC);
    let at = DateTime::from_timestamp_micros(now_us).unwrap_or_default().with_timezone(&zone);
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, false)
}

impl Desk {
    /// Reads what the views of some cases need, and of the next candidates with them: those are asked for
    /// soon.
    pub(super) async fn show(&self, tx: &mut Tx, w: &mut World, wanted: &[i64]) -> Result<()> {
        let mut all: Vec<i64> = wanted.to_vec();
        let rows = wanted.iter().filter_map(|no| w.cases.get(no));
        all.extend(rows.flat_map(|case| w.also_due(case)).map(|case| case.case_no));
        if all.iter().all(|no| w.known.details.contains(no)) {
            return Ok(());
        }
        all.extend(&w.candidates);
        self.details(tx, w, all).await
    }

    /// A survey as far as some held cases go.
    pub(super) async fn world_of(
        &self,
        tx: &mut Tx,
        survey: SurveyRow,
        cases: Vec<CaseRow>,
    ) -> Result<World> {
        let numbers: Vec<i64> = cases.iter().map(|case| case.case_no).collect();
        let mut w = self.empty_world(tx, survey).await?;
        w.insert(cases);
        self.persons(tx, &mut w, numbers.iter().copied()).await?;
        self.cells(tx, &mut w).await?;
        self.show(tx, &mut w, &numbers).await?;
        Ok(w)
    }
}

impl World {
    fn rated_by(&self, unit_no: i64) -> Vec<TargetRow> {
        let targets = self.targets.get(&unit_no).into_iter().flatten();
        targets.filter_map(|no| self.rated.get(no).cloned()).collect()
    }

    /// The person's other cases that could follow in the same call: due, with room in their cells,
    /// and none of them stands in the way of another.
    fn also_due(&self, case: &CaseRow) -> Vec<&CaseRow> {
        let fielding = self.survey.state() == SurveyState::Fielding;
        if !fielding || self.others(case).any(|c| stands_in_the_way(c, self.now_us)) {
            return Vec::new();
        }
        let mut also: Vec<&CaseRow> = self
            .others(case)
            .filter(|c| {
                matches!(c.state, state::FRESH | state::OPEN)
                    && c.is_due(self.now_us)
                    && self.cells.get(&c.cell_no).is_some_and(CellRow::has_room)
            })
            .collect();
        also.sort_by_key(|c| c.case_no);
        also
    }

    /// A held case as its holder sees it.
    pub fn view(&self, case_no: i64) -> Result<Assignment> {
        let case = self.case(case_no)?;
        let unit = self
            .units
            .get(&case.unit_no)
            .ok_or_else(|| Error::defect(format!("unit of case {case_no}")))?;
        let draft = self.drafts.get(&case_no);
        let also = self.also_due(case);
        Ok(Assignment {
            survey_id: self.survey.survey_id,
            lease: Lease { incarnation: self.incarnation, case_no, epoch: case.epoch },
            expires_us: case.lease_until_us,
            targets: self.rated_by(case.unit_no),
            unit_name: unit.name.clone(),
            ask_for: unit.ask_for.clone(),
            phones: self.phones.get(&case.unit_no).cloned().unwrap_or_default(),
            dial_phone_no: case.phone_no,
            attempts: self.dials(case_no).into_iter().cloned().collect(),
            also_due: also.into_iter().map(|c| (c.case_no, self.rated_by(c.unit_no))).collect(),
            zone: self.survey.zone.clone(),
            local_time: local_time(self.now_us, &self.survey.zone),
            language: self.survey.language.clone(),
            questionnaire_version: self.survey.questionnaire_version.clone(),
            appointment_us: case.appointment_us,
            why: case.lease_why.clone(),
            started: case.started,
            draft_save_no: draft.map_or(0, |d| d.save_no),
            draft: draft.map(|d| draft_ratings(&d.body)).unwrap_or_default(),
        })
    }
}
