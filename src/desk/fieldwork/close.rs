//! Opening, pausing and closing fieldwork. At the close every open case gets its final code from its
//! whole history, and leases end: what their holders still send goes to the quarantine.

use super::batch::window_of;
use crate::desk::{
    Desk,
    log::Opened,
    survey::{next_step, wrong_step},
};
use crate::error::Result;
use crate::model::{Caller, Event, RequestKey, SurveyRow, SurveyState};
use crate::msg;
use crate::store::Tx;
use std::collections::BTreeSet;

/// Open cases settled at a time.
const PAGE: i64 = 500;

/// Whether a survey may go from one step to another.
fn allowed(from: SurveyState, to: SurveyState) -> bool {
    use SurveyState::{Closed, Drawn, Fielding, Paused};
    matches!(
        (from, to),
        (Drawn | Paused, Fielding) | (Fielding, Paused) | (Fielding | Paused, Closed)
    )
}

impl Desk {
    /// Moves a survey on.
    pub async fn change_state(
        &self,
        who: &Caller,
        key: &RequestKey,
        survey_id: i64,
        to: SurveyState,
    ) -> Result<SurveyRow> {
        let mut w = match self.write::<()>(who, survey_id, key).await? {
            Opened::Repeat(()) => return self.survey(survey_id).await,
            Opened::New(w) => w,
        };
        if !allowed(w.survey.state(), to) {
            return Err(match w.survey.state() {
                SurveyState::Fielding | SurveyState::Paused => {
                    wrong_step(&w.survey, msg!("survey.no_way", to = to.word()))
                }
                SurveyState::Draft
                | SurveyState::Frozen
                | SurveyState::Designed
                | SurveyState::Drawn
                | SurveyState::Closed => next_step(&w.survey, SurveyState::Drawn),
            });
        }
        window_of(&w.survey)?;
        if to == SurveyState::Closed {
            let survey = w.survey.clone();
            w.survey = self.settle_all(&mut w.tx, survey, who).await?;
        }
        w.survey.state = to as i64;
        let survey = w.survey.clone();
        w.tx.update_survey(&survey).await?;
        w.event("state", Event { detail: to.word().to_owned(), ..Event::default() })?;
        w.commit(&()).await?;
        self.board_changed(survey_id);
        self.survey(survey_id).await
    }

    /// Settles every open case, page by page, inside the transaction of the close.
    async fn settle_all(
        &self,
        tx: &mut Tx,
        mut survey: SurveyRow,
        who: &Caller,
    ) -> Result<SurveyRow> {
        let survey_id = survey.survey_id;
        let mut after = 0;
        loop {
            let page = tx.open_cases_after(survey_id, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.case_no;
            let mut world = self.empty_world(tx, survey.clone()).await?;
            let numbers: Vec<i64> = page.iter().map(|c| c.case_no).collect();
            let cells: BTreeSet<i64> = page.iter().map(|c| c.cell_no).collect();
            let units: Vec<i64> = page.iter().map(|c| c.unit_no).collect();
            world.insert(page);
            let cells: Vec<i64> = cells.into_iter().collect();
            for cell in tx.cells(survey_id, &cells).await? {
                world.cells.insert(cell.cell_no, cell);
            }
            for attempt in tx.attempts(survey_id, &numbers).await? {
                world.attempts.entry(attempt.case_no).or_default().push(attempt);
            }
            for draft in tx.drafts(survey_id, &numbers).await? {
                world.drafts.insert(draft.case_no, draft);
            }
            for (unit_no, target_no) in tx.unit_targets(survey_id, &units).await? {
                world.targets.entry(unit_no).or_default().push(target_no);
            }
            for case_no in numbers {
                world.settle_at_close(who, case_no)?;
            }
            self.write_back(tx, &mut world, false).await?;
            survey = world.survey;
        }
        // what was kept so that a dial could be corrected
        loop {
            let stale = tx.stale_drafts(survey_id, i64::MAX, PAGE).await?;
            if stale.is_empty() {
                return Ok(survey);
            }
            tx.delete_drafts(survey_id, &stale).await?;
        }
    }
}
