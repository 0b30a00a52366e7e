//! How the quotas stand: every case in exactly one place, counted at one instant of commit order.

use super::{Desk, no_survey, supervision::strata_and_targets};
use crate::error::{Error, Reason, Result};
use crate::model::{SurveyState, state};
use crate::msg;
use crate::rules::disposition::{Bucket, Code};
use crate::store::StateCount;
use std::collections::{BTreeMap, HashMap};

/// Named strata in one scope.
const NAMED_MAX: usize = 500;
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

impl Desk {
    /// The whole picture, read at one instant of commit order.
    pub async fn picture(&self, survey_id: i64) -> Result<Picture> {
        let mut tx = self.0.store.read().await?;
        let survey = tx.survey(survey_id).await?.ok_or_else(|| no_survey(survey_id))?;
        let now_us = self.now_us();
        let (strata, targets) = strata_and_targets(&mut tx, survey_id).await?;
        let mut cells: BTreeMap<i64, CellTally> = BTreeMap::new();
        // a sample that is being written is nobody's yet
        let drawn = survey.state() >= SurveyState::Drawn;
        let all = if drawn { tx.all_cells(survey_id).await? } else { Vec::new() };
        for cell in all {
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
        let counts = if drawn { tx.state_counts(survey_id, now_us).await? } else { Vec::new() };
        for count in counts {
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
}
