//! What is kept aside: drafts of interviews under way, and what came too late.

use crate::error::Result;
use crate::model::{DraftRow, QuarantineRow};
use crate::store::{Tx, dialect::args};

macro_rules! select_quarantine {
    ($rest:literal) => {
        select_quarantine!(@ "from quarantine q ", $rest)
    };
    // those of the list v, which is gone through first
    (v $rest:literal) => {
        select_quarantine!(@ "from v cross join quarantine q ", $rest)
    };
    (@ $from:literal, $rest:literal) => {
        concat!(
            "select q.quarantine_no, q.kind, q.case_no, q.incarnation, q.epoch, q.user_id, \
             q.at_us, q.why, q.body, q.state, q.reason, q.resolved_by, q.resolved_us \
             ",
            $from,
            $rest
        )
    };
}

impl Tx {
    /// Drafts of cases.
    pub async fn drafts(&mut self, survey_id: i64, case_nos: &[i64]) -> Result<Vec<DraftRow>> {
        self.all_of(
            "with v(case_no) as (values {values}) \
             select d.case_no, d.epoch, d.save_no, d.body from v cross join draft d \
             where v.case_no = d.case_no and d.survey_id = $1 order by d.case_no",
            args![survey_id],
            case_nos.iter().map(|no| args![*no]).collect(),
        )
        .await
    }

    /// Keeps drafts; each replaces what was kept for its case.
    pub async fn put_drafts(&mut self, survey_id: i64, drafts: &[DraftRow]) -> Result<()> {
        let case_nos: Vec<i64> = drafts.iter().map(|d| d.case_no).collect();
        self.delete_drafts(survey_id, &case_nos).await?;
        let rows = drafts.iter().map(|d| args![d.case_no, d.epoch, d.save_no, &d.body]).collect();
        self.insert("insert into draft (survey_id, case_no, epoch, save_no, body)", survey_id, rows)
            .await
    }

    /// Final cases that still have a draft and were not dialled since a time.
    pub async fn stale_drafts(
        &mut self,
        survey_id: i64,
        since_us: i64,
        limit: i64,
    ) -> Result<Vec<i64>> {
        let found: Vec<(i64,)> = self
            .all(
                "select d.case_no from draft d \
                 join cases c on c.survey_id = d.survey_id and c.case_no = d.case_no \
                 where d.survey_id = $1 and c.survey_id = $1 and c.state = 3 \
                 and not exists (select 1 from attempt a where a.survey_id = $1 \
                 and a.case_no = d.case_no and a.at_us >= $2 limit 1 offset 0) \
                 order by d.case_no limit $3",
                args![survey_id, since_us, limit],
            )
            .await?;
        Ok(found.into_iter().map(|(case_no,)| case_no).collect())
    }

    /// Removes drafts.
    pub async fn delete_drafts(&mut self, survey_id: i64, case_nos: &[i64]) -> Result<()> {
        self.with_rows(
            "with v(case_no) as (values {values}) delete from draft where survey_id = $1 \
             and case_no in (select v.case_no from v)",
            args![survey_id],
            case_nos.iter().map(|no| args![*no]).collect(),
        )
        .await
        .map(drop)
    }

    /// Adds to the quarantine.
    pub async fn insert_quarantine(
        &mut self,
        survey_id: i64,
        rows: &[QuarantineRow],
    ) -> Result<()> {
        let rows = rows
            .iter()
            .map(|q| {
                args![
                    q.quarantine_no,
                    &q.kind,
                    q.case_no,
                    q.incarnation,
                    q.epoch,
                    q.user_id,
                    q.at_us,
                    &q.why,
                    &q.body,
                    &q.state,
                    &q.reason,
                    q.resolved_by,
                    q.resolved_us
                ]
            })
            .collect();
        self.insert(
            "insert into quarantine (survey_id, quarantine_no, kind, case_no, incarnation, epoch, \
             user_id, at_us, why, body, state, reason, resolved_by, resolved_us)",
            survey_id,
            rows,
        )
        .await
    }

    /// Quarantine entries by number.
    pub async fn quarantine(
        &mut self,
        survey_id: i64,
        numbers: &[i64],
    ) -> Result<Vec<QuarantineRow>> {
        self.all_of(
            concat!(
                "with v(quarantine_no) as (values {values}) ",
                select_quarantine!(
                    v "where v.quarantine_no = q.quarantine_no and q.survey_id = $1 \
                     order by q.quarantine_no"
                )
            ),
            args![survey_id],
            numbers.iter().map(|no| args![*no]).collect(),
        )
        .await
    }

    /// Quarantine entries after a number; only the waiting ones unless `all`.
    pub async fn quarantine_after(
        &mut self,
        survey_id: i64,
        after: i64,
        all: bool,
        limit: i64,
    ) -> Result<Vec<QuarantineRow>> {
        self.all(
            select_quarantine!(
                "where q.survey_id = $1 and q.quarantine_no > $2 \
                 and ($3 or q.state = 'waiting') order by q.quarantine_no limit $4"
            ),
            args![survey_id, after, all, limit],
        )
        .await
    }

    /// Entries that wait for a decision.
    pub async fn quarantine_waiting(&mut self, survey_id: i64) -> Result<i64> {
        self.number(
            "select count(*) from quarantine where survey_id = $1 and state = 'waiting'",
            args![survey_id],
        )
        .await
    }

    /// Writes a decision.
    pub async fn resolve_quarantine(&mut self, survey_id: i64, q: &QuarantineRow) -> Result<()> {
        self.run(
            "update quarantine set state = $3, reason = $4, resolved_by = $5, resolved_us = $6 \
             where survey_id = $1 and quarantine_no = $2 and state = 'waiting'",
            args![survey_id, q.quarantine_no, &q.state, &q.reason, q.resolved_by, q.resolved_us],
        )
        .await
        .map(drop)
    }

    /// Moves the head of the quarantine's numbers.
    pub async fn move_quarantine_head(&mut self, survey_id: i64, head: i64) -> Result<()> {
        self.run(
            "update survey set quarantine_head = $2 where survey_id = $1",
            args![survey_id, head],
        )
        .await
        .map(drop)
    }
}
