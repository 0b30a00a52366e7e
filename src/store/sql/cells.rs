//! Quota cells, their reserves, and what happens to a cell's cases when it fills or opens again.

use crate::error::Result;
use crate::model::CellRow;
use crate::store::{Tx, dialect::args};

impl Tx {
    /// Cells by number.
    pub async fn cells(&mut self, survey_id: i64, cell_nos: &[i64]) -> Result<Vec<CellRow>> {
        self.all_of(
            "with v(cell_no) as (values {values}) \
             select c.cell_no, c.stratum_no, c.target_n, c.cap_n, c.held, c.done, \
             c.released_replicate, c.released_n, c.final_n from v cross join cell c \
             where v.cell_no = c.cell_no and c.survey_id = $1 order by c.cell_no",
            args![survey_id],
            cell_nos.iter().map(|no| args![*no]).collect(),
        )
        .await
    }

    /// Every cell of a survey.
    pub async fn all_cells(&mut self, survey_id: i64) -> Result<Vec<CellRow>> {
        self.all(
            "select cell_no, stratum_no, target_n, cap_n, held, done, released_replicate, \
             released_n, final_n from cell where survey_id = $1 order by cell_no",
            args![survey_id],
        )
        .await
    }

    /// Valid interviews and final cases of a whole survey: its yield.
    pub async fn yield_counts(&mut self, survey_id: i64) -> Result<(i64, i64)> {
        let found = self
            .maybe(
                "select cast(coalesce(sum(done), 0) as bigint), \
                 cast(coalesce(sum(final_n), 0) as bigint) from cell where survey_id = $1",
                args![survey_id],
            )
            .await?;
        Ok(found.unwrap_or_default())
    }

    /// Unreleased cases of cells by replicate: (cell, replicate, cases).
    pub async fn unreleased(
        &mut self,
        survey_id: i64,
        cell_nos: &[i64],
    ) -> Result<Vec<(i64, i64, i64)>> {
        self.all_of(
            "with v(cell_no) as (values {values}) \
             select c.cell_no, c.replicate, count(*) from v cross join cell q cross join cases c \
             where q.survey_id = $1 and q.cell_no = v.cell_no and c.survey_id = $1 \
             and c.cell_no = q.cell_no and c.replicate > q.released_replicate and c.state = 0 \
             group by c.cell_no, c.replicate order by c.cell_no, c.replicate",
            args![survey_id],
            cell_nos.iter().map(|no| args![*no]).collect(),
        )
        .await
    }

    /// Writes cells back. The head of the survey is held, so that they are as they were read.
    pub async fn update_cells(&mut self, survey_id: i64, cells: &[CellRow]) -> Result<()> {
        let rows = cells
            .iter()
            .map(|c| {
                args![c.cell_no, c.held, c.done, c.released_replicate, c.released_n, c.final_n]
            })
            .collect();
        self.with_rows(
            "with v(cell_no, held, done, released_replicate, released_n, final_n) \
             as (values {values}) update cell set held = v.held, done = v.done, \
             released_replicate = v.released_replicate, released_n = v.released_n, \
             final_n = v.final_n from v where cell.survey_id = $1 and cell.cell_no = v.cell_no",
            args![survey_id],
            rows,
        )
        .await
        .map(drop)
    }

    /// Releases a replicate of a cell; the number of cases.
    pub async fn release_replicate(
        &mut self,
        survey_id: i64,
        cell_no: i64,
        replicate: i64,
    ) -> Result<u64> {
        self.run(
            "update cases set state = 1, queue = 2, plan_queue = 2, revision = revision + 1 \
             where survey_id = $1 and cell_no = $2 and replicate = $3 and state = 0",
            args![survey_id, cell_no, replicate],
        )
        .await
    }

    /// Takes the waiting cases of a full cell out of the queues.
    pub async fn park_cell(&mut self, survey_id: i64, cell_no: i64) -> Result<u64> {
        self.run(
            "update cases set queue = 8, revision = revision + 1 where survey_id = $1 \
             and cell_no = $2 and state in (1, 2) and lease_until_us = 0 and queue <= 2",
            args![survey_id, cell_no],
        )
        .await
    }

    /// Puts the cases of a cell that has room again back where their plan says.
    pub async fn unpark_cell(&mut self, survey_id: i64, cell_no: i64) -> Result<u64> {
        self.run(
            "update cases set queue = plan_queue, due_us = plan_due_us, revision = revision + 1 \
             where survey_id = $1 and cell_no = $2 and queue = 8",
            args![survey_id, cell_no],
        )
        .await
    }
}
