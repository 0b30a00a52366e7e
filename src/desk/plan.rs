//! What a draw would give, before anything is fixed: allocation, shortfalls, dials, evenings.

use super::{Desk, draw::bounds, frame::draft, no_survey};
use crate::error::{Error, Result};
use crate::model::{StratumRow, SurveyState, TargetRow};
use crate::msg;
use crate::rules::sampling::allocate;
use std::collections::HashMap;

/// What to assume about fieldwork.
#[derive(Clone, Debug)]
pub struct Assumptions {
    /// Dials per valid interview, decimal with at most three places.
    pub dials_per_valid: String,
    /// Minutes per dial.
    pub minutes_per_dial: i64,
    /// Interviewers.
    pub seats: i64,
    /// Minutes an evening.
    pub minutes_per_evening: i64,
}

/// One stratum of a plan.
#[derive(Clone, Debug)]
pub struct PlanRow {
    /// Stratum.
    pub stratum: StratumRow,
    /// Name of its target.
    pub target_name: String,
    /// Valid interviews aimed at.
    pub n: i64,
    /// Reserves.
    pub reserves: i64,
    /// Below the minimum by.
    pub shortfall: i64,
    /// Flag of the allocation.
    pub flag: &'static str,
}

/// A plan; nothing is fixed by it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// By stratum.
    pub rows: Vec<PlanRow>,
    /// Sum of n.
    pub n: i64,
    /// Dials needed.
    pub dials: i64,
    /// Evenings needed.
    pub evenings: i64,
}

/// Thousandths of a decimal such as `3.0`.
fn thousandths(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if part.len() > 3 || whole.is_empty() || whole.len() > 6 {
        return None;
    }
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit()).then_some(());
    digits(whole)?;
    digits(part)?;
    format!("{whole}{part:0<3}").parse().ok()
}

impl Desk {
    /// What a draw would give.
    pub async fn plan(&self, survey_id: i64, assume: &Assumptions) -> Result<Plan> {
        let dials_per_valid = thousandths(&assume.dials_per_valid)
            .filter(|n| (1000..=100_000).contains(n))
            .ok_or_else(|| Error::invalid("dials_per_valid", msg!("plan.bad_dials")))?;
        for (field, value) in [
            ("minutes_per_dial", assume.minutes_per_dial),
            ("seats", assume.seats),
            ("minutes_per_evening", assume.minutes_per_evening),
        ] {
            if !(1..=100_000).contains(&value) {
                return Err(Error::invalid(field, msg!("survey.range", low = 1, high = 100_000)));
            }
        }
        let mut tx = self.0.store.read().await?;
        let survey = tx.survey(survey_id).await?.ok_or_else(|| no_survey(survey_id))?;
        let bounds = bounds(&mut tx, &survey).await?;
        let (strata, targets): (Vec<StratumRow>, Vec<TargetRow>) =
            if survey.state() == SurveyState::Draft {
                let drafted = draft(&mut tx, &survey, &self.0.key).await?;
                (drafted.strata, drafted.targets)
            } else {
                (tx.strata(survey_id).await?, tx.targets(survey_id).await?)
            };
        let names: HashMap<i64, String> =
            targets.into_iter().map(|t| (t.target_no, t.name)).collect();
        let mut rows = Vec::with_capacity(strata.len());
        for stratum in strata {
            let size = u64::try_from(stratum.units).unwrap_or_default();
            let plan = allocate(size, &bounds);
            let n = i64::try_from(plan.n).map_err(Error::defect)?;
            rows.push(PlanRow {
                target_name: names.get(&stratum.target_no).cloned().unwrap_or_default(),
                n,
                reserves: i64::try_from(plan.reserves).map_err(Error::defect)?,
                shortfall: (i64::from(bounds.lo) - n).max(0),
                flag: plan.flag.word(),
                stratum,
            });
        }
        let n: i64 = rows.iter().map(|r| r.n).sum();
        let up = |a: i64, b: i64| a / b + i64::from(a % b > 0);
        let dials = up(n * dials_per_valid, 1000);
        let evenings =
            up(dials * assume.minutes_per_dial, assume.seats * assume.minutes_per_evening);
        Ok(Plan { rows, n, dials, evenings })
    }
}
