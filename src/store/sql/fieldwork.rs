//! Dials, interviews, drafts and the quarantine: append-only but for the draft and the decision.

use crate::error::Result;
use crate::model::{AttemptRow, DraftRow, InterviewRow, QuarantineRow, RatingRow};
use crate::store::{Tx, dialect::args};

macro_rules! select_attempt {
    ($rest:literal) => {
        concat!(
            "select a.case_no, a.attempt_no, a.version, a.at_us, a.user_id, a.outcome, a.code, \
             a.phone_no, a.note, a.call_back_us, a.epoch from attempt a ",
            $rest
        )
    };
}

macro_rules! select_interview {
    ($rest:literal) => {
        concat!(
            "select i.case_no, i.version, i.status, i.code, i.attempt_no, i.at_us, i.user_id, \
             i.epoch, i.questionnaire_version, i.reason from interview i ",
            $rest
        )
    };
}

macro_rules! select_quarantine {
    ($rest:literal) => {
        concat!(
            "select q.quarantine_no, q.kind, q.case_no, q.incarnation, q.epoch, q.user_id, \
             q.at_us, q.why, q.body, q.state, q.reason, q.resolved_by, q.resolved_us \
             from quarantine q ",
            $rest
        )
    };
}

impl Tx {
    /// Every version of every dial of cases, in order.
    pub async fn attempts(&mut self, survey_id: i64, case_nos: &[i64]) -> Result<Vec<AttemptRow>> {
        self.all_of(
            concat!(
                "with v(case_no) as (values {values}) ",
                select_attempt!(
                    "join v on v.case_no = a.case_no where a.survey_id = $1 \
                     order by a.case_no, a.attempt_no, a.version"
                )
            ),
            args![survey_id],
            case_nos.iter().map(|no| args![*no]).collect(),
        )
        .await
    }

    /// Every version of every dial after a position, in the order of the export.
    pub async fn attempts_after(
        &mut self,
        survey_id: i64,
        after: (i64, i64, i64),
        limit: i64,
    ) -> Result<Vec<AttemptRow>> {
        self.all(
            select_attempt!(
                "where a.survey_id = $1 and (a.case_no > $2 or (a.case_no = $2 \
                 and (a.attempt_no > $3 or (a.attempt_no = $3 and a.version > $4)))) \
                 order by a.case_no, a.attempt_no, a.version limit $5"
            ),
            args![survey_id, after.0, after.1, after.2, limit],
        )
        .await
    }

    /// Dials since a time: (user, dials, interviews that count, time of the last), by user.
    pub async fn work_since(
        &mut self,
        survey_id: i64,
        since_us: i64,
    ) -> Result<Vec<(i64, i64, i64, i64)>> {
        self.all(
            "select a.user_id, count(*), \
             cast(sum(case when a.outcome = 14 and c.counted then 1 else 0 end) as bigint), \
             max(a.at_us) from attempt a \
             join cases c on c.survey_id = a.survey_id and c.case_no = a.case_no \
             where a.survey_id = $1 and c.survey_id = $1 and a.at_us >= $2 and a.version = 1 \
             group by a.user_id order by a.user_id",
            args![survey_id, since_us],
        )
        .await
    }

    /// Adds dials.
    pub async fn insert_attempts(&mut self, survey_id: i64, rows: &[AttemptRow]) -> Result<()> {
        let rows = rows
            .iter()
            .map(|a| {
                args![
                    a.case_no,
                    a.attempt_no,
                    a.version,
                    a.at_us,
                    a.user_id,
                    a.outcome,
                    &a.code,
                    a.phone_no,
                    &a.note,
                    a.call_back_us,
                    a.epoch
                ]
            })
            .collect();
        self.insert(
            "insert into attempt (survey_id, case_no, attempt_no, version, at_us, user_id, \
             outcome, code, phone_no, note, call_back_us, epoch)",
            survey_id.into(),
            rows,
        )
        .await
        .map(drop)
    }

    /// Every version of the interviews of cases.
    pub async fn interviews(
        &mut self,
        survey_id: i64,
        case_nos: &[i64],
    ) -> Result<Vec<InterviewRow>> {
        self.all_of(
            concat!(
                "with v(case_no) as (values {values}) ",
                select_interview!(
                    "join v on v.case_no = i.case_no where i.survey_id = $1 \
                     order by i.case_no, i.version"
                )
            ),
            args![survey_id],
            case_nos.iter().map(|no| args![*no]).collect(),
        )
        .await
    }

    /// Every version of the answers of cases.
    pub async fn ratings(&mut self, survey_id: i64, case_nos: &[i64]) -> Result<Vec<RatingRow>> {
        self.all_of(
            "with v(case_no) as (values {values}) \
             select r.case_no, r.version, r.target_no, r.valid, r.answers from rating r \
             join v on v.case_no = r.case_no where r.survey_id = $1 \
             order by r.case_no, r.version, r.target_no",
            args![survey_id],
            case_nos.iter().map(|no| args![*no]).collect(),
        )
        .await
    }

    /// The interviews in force after a case, with the answers about each target, in case order.
    pub async fn interviews_in_force(
        &mut self,
        survey_id: i64,
        after: i64,
        limit: i64,
    ) -> Result<Vec<InForceRow>> {
        self.all(
            "select c.case_no, c.unit_no, c.cell_no, c.code, c.counted, i.version, i.status, \
             i.user_id, i.at_us, i.questionnaire_version, r.target_no, r.valid, r.answers \
             from cases c \
             join interview i on i.survey_id = c.survey_id and i.case_no = c.case_no \
             and i.version = c.interview_version \
             join rating r on r.survey_id = c.survey_id and r.case_no = c.case_no \
             and r.version = c.interview_version \
             where c.survey_id = $1 and i.survey_id = $1 and r.survey_id = $1 \
             and c.case_no > $2 and i.status <> 'withdrawn' \
             order by c.case_no, r.target_no limit $3",
            args![survey_id, after, limit],
        )
        .await
    }

    /// Adds versions of interviews and their answers.
    pub async fn insert_interviews(
        &mut self,
        survey_id: i64,
        interviews: &[InterviewRow],
        ratings: &[RatingRow],
    ) -> Result<()> {
        let rows = interviews
            .iter()
            .map(|i| {
                args![
                    i.case_no,
                    i.version,
                    &i.status,
                    &i.code,
                    i.attempt_no,
                    i.at_us,
                    i.user_id,
                    i.epoch,
                    &i.questionnaire_version,
                    &i.reason
                ]
            })
            .collect();
        self.insert(
            "insert into interview (survey_id, case_no, version, status, code, attempt_no, at_us, \
             user_id, epoch, questionnaire_version, reason)",
            survey_id.into(),
            rows,
        )
        .await?;
        let rows = ratings
            .iter()
            .map(|r| args![r.case_no, r.version, r.target_no, r.valid, &r.answers])
            .collect();
        self.insert(
            "insert into rating (survey_id, case_no, version, target_no, valid, answers)",
            survey_id.into(),
            rows,
        )
        .await
        .map(drop)
    }

    /// Drafts of cases.
    pub async fn drafts(&mut self, survey_id: i64, case_nos: &[i64]) -> Result<Vec<DraftRow>> {
        self.all_of(
            "with v(case_no) as (values {values}) \
             select d.case_no, d.epoch, d.save_no, d.body from draft d \
             join v on v.case_no = d.case_no where d.survey_id = $1 order by d.case_no",
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
        self.insert(
            "insert into draft (survey_id, case_no, epoch, save_no, body)",
            survey_id.into(),
            rows,
        )
        .await
        .map(drop)
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
            survey_id.into(),
            rows,
        )
        .await
        .map(drop)
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
                    "join v on v.quarantine_no = q.quarantine_no where q.survey_id = $1 \
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

/// An interview in force, with the answers about one target.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct InForceRow {
    /// The case.
    pub case_no: i64,
    /// Its unit.
    pub unit_no: i64,
    /// Its cell.
    pub cell_no: i64,
    /// Disposition code.
    pub code: String,
    /// Counts in its cell.
    pub counted: bool,
    /// Version.
    pub version: i64,
    /// `counted`, `over_quota`, `not_valid`.
    pub status: String,
    /// Who wrote this version.
    pub user_id: i64,
    /// When.
    pub at_us: i64,
    /// What was asked.
    pub questionnaire_version: String,
    /// The target.
    pub target_no: i64,
    /// Counts for the target.
    pub valid: bool,
    /// Canonical JSON.
    pub answers: String,
}
