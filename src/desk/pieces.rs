//! Large writes in pieces: frames and samples are written 1,000 rows at a time while the survey stands
//! in a step in which nobody reads them, so that no other call waits for more than one piece. One
//! last small transaction counts what was written and moves the survey on.

use super::{Desk, no_survey};
use crate::error::{Error, Result};
use crate::model::{
    CaseRow, CellRow, StratumRow, SurveyRow, SurveyState, TargetRow, UnitPhoneRow, UnitRow,
};
use crate::store::Tx;
use std::ops::Range;

/// Rows written at a time.
const PIECE: usize = 1_000;

/// The rows of one table.
pub enum Rows {
    /// Who is rated.
    Targets(Vec<TargetRow>),
    /// Strata of the frame.
    Strata(Vec<StratumRow>),
    /// Units of the frame.
    Units(Vec<UnitRow>),
    /// Their numbers.
    Phones(Vec<UnitPhoneRow>),
    /// (unit, target).
    Rates(Vec<(i64, i64)>),
    /// Quota cells.
    Cells(Vec<CellRow>),
    /// Drawn units.
    Cases(Vec<CaseRow>),
}

impl Rows {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Rows::Targets(rows) => rows.len(),
            Rows::Strata(rows) => rows.len(),
            Rows::Units(rows) => rows.len(),
            Rows::Phones(rows) => rows.len(),
            Rows::Rates(rows) => rows.len(),
            Rows::Cells(rows) => rows.len(),
            Rows::Cases(rows) => rows.len(),
        }
    }

    async fn insert(&self, tx: &mut Tx, survey_id: i64, at: Range<usize>) -> Result<()> {
        match self {
            Rows::Targets(rows) => tx.insert_targets(survey_id, &rows[at]).await,
            Rows::Strata(rows) => tx.insert_strata(survey_id, &rows[at]).await,
            Rows::Units(rows) => tx.insert_units(survey_id, &rows[at]).await,
            Rows::Phones(rows) => tx.insert_unit_phones(survey_id, &rows[at]).await,
            Rows::Rates(rows) => tx.insert_unit_targets(survey_id, &rows[at]).await,
            Rows::Cells(rows) => tx.insert_cells(survey_id, &rows[at]).await,
            Rows::Cases(rows) => tx.insert_cases(survey_id, &rows[at]).await,
        }
    }
}

/// The answer when two do the same at once: whoever comes second starts again.
pub fn meanwhile() -> Error {
    Error::Busy("the survey was changed meanwhile".into())
}

impl Desk {
    /// Writes rows in pieces, as long as the survey stands in `step` with the draw it had.
    ///
    /// # Errors
    /// [`Error::Busy`] when somebody else moved it on or writes the same rows; what was written is
    /// read by nobody and cleared by the next attempt.
    pub(super) async fn write_pieces(
        &self,
        survey: &SurveyRow,
        step: SurveyState,
        tables: &[Rows],
    ) -> Result<()> {
        let survey_id = survey.survey_id;
        for rows in tables {
            for from in (0..rows.len()).step_by(PIECE) {
                let mut tx = self.0.store.begin().await?;
                let now = tx.head(survey_id).await?.ok_or_else(|| no_survey(survey_id))?;
                if now.state() != step || now.draw_no != survey.draw_no {
                    return Err(meanwhile());
                }
                rows.insert(&mut tx, survey_id, from..rows.len().min(from + PIECE)).await?;
                tx.commit().await?;
            }
        }
        Ok(())
    }
}
