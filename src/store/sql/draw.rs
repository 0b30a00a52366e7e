//! Draws, the cells and the cases they make.

use crate::error::Result;
use crate::model::{CaseRow, CellRow, DrawRow};
use crate::store::{Tx, dialect::args};

impl Tx {
    /// Adds a draw.
    pub async fn insert_draw(&mut self, survey_id: i64, d: &DrawRow) -> Result<()> {
        self.run(
            "insert into draw (survey_id, draw_no, state, algorithm, method, frame_sha256, \
             sources, seed, cases, sample_sha256, seeded_us, drawn_us, discard_reason) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            args![
                survey_id,
                d.draw_no,
                &d.state,
                d.algorithm,
                &d.method,
                &d.frame_sha256,
                &d.sources,
                &d.seed,
                d.cases,
                &d.sample_sha256,
                d.seeded_us,
                d.drawn_us,
                &d.discard_reason
            ],
        )
        .await
        .map(drop)
    }

    /// Writes what becomes of a draw.
    pub async fn update_draw(&mut self, survey_id: i64, d: &DrawRow) -> Result<()> {
        self.run(
            "update draw set state = $3, cases = $4, sample_sha256 = $5, drawn_us = $6, \
             discard_reason = $7 where survey_id = $1 and draw_no = $2",
            args![
                survey_id,
                d.draw_no,
                &d.state,
                d.cases,
                &d.sample_sha256,
                d.drawn_us,
                &d.discard_reason
            ],
        )
        .await
        .map(drop)
    }

    /// Every draw of a survey, by number.
    pub async fn draws(&mut self, survey_id: i64) -> Result<Vec<DrawRow>> {
        self.all(
            "select draw_no, state, algorithm, method, frame_sha256, sources, seed, cases, \
             sample_sha256, seeded_us, drawn_us, discard_reason from draw \
             where survey_id = $1 order by draw_no",
            args![survey_id],
        )
        .await
    }

    /// Removes cells and cases of a draw that is being discarded, before fieldwork.
    pub async fn clear_cases(&mut self, survey_id: i64) -> Result<()> {
        self.run("delete from cases where survey_id = $1", args![survey_id]).await?;
        self.run("delete from cell where survey_id = $1", args![survey_id]).await.map(drop)
    }

    /// How many cells and cases there are.
    pub async fn sample_counts(&mut self, survey_id: i64) -> Result<[i64; 2]> {
        let cells = "select count(*) from cell where survey_id = $1";
        let cases = "select count(*) from cases where survey_id = $1";
        let cells = self.number(cells, args![survey_id]).await?;
        Ok([cells, self.number(cases, args![survey_id]).await?])
    }

    /// Adds cells.
    pub async fn insert_cells(&mut self, survey_id: i64, cells: &[CellRow]) -> Result<()> {
        let rows = cells
            .iter()
            .map(|c| {
                args![
                    c.cell_no,
                    c.stratum_no,
                    c.target_n,
                    c.cap_n,
                    c.held,
                    c.done,
                    c.released_replicate,
                    c.released_n,
                    c.final_n
                ]
            })
            .collect();
        self.insert(
            "insert into cell (survey_id, cell_no, stratum_no, target_n, cap_n, held, done, \
             released_replicate, released_n, final_n)",
            survey_id,
            rows,
        )
        .await
    }

    /// Adds cases.
    pub async fn insert_cases(&mut self, survey_id: i64, cases: &[CaseRow]) -> Result<()> {
        let rows = cases
            .iter()
            .map(|c| {
                args![
                    c.case_no,
                    c.unit_no,
                    c.cell_no,
                    c.role,
                    c.replicate,
                    c.draw_rank,
                    c.zone,
                    &c.person_group,
                    c.state,
                    &c.code,
                    c.queue,
                    c.priority,
                    c.due_us,
                    c.plan_queue,
                    c.plan_due_us,
                    c.appointment_us,
                    c.epoch,
                    c.holder,
                    c.lease_since_us,
                    c.lease_until_us,
                    c.started,
                    c.reserved,
                    c.attempts,
                    c.phone_no,
                    c.interview_version,
                    c.counted,
                    c.revision
                ]
            })
            .collect();
        self.insert(
            "insert into cases (survey_id, case_no, unit_no, cell_no, role, replicate, draw_rank, \
             zone, person_group, state, code, queue, priority, due_us, plan_queue, plan_due_us, \
             appointment_us, epoch, holder, lease_since_us, lease_until_us, started, reserved, \
             attempts, phone_no, interview_version, counted, revision)",
            survey_id,
            rows,
        )
        .await
    }
}
