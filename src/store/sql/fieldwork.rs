//! Dials and interviews: append-only.

use crate::error::Result;
use crate::model::{AttemptRow, InterviewRow, RatingRow};
use crate::store::{Tx, dialect::args};

macro_rules! select_attempt {
    ($rest:literal) => {
        select_attempt!(@ "from attempt a ", $rest)
    };
    // those of the list v, which is gone through first
    (v $rest:literal) => {
        select_attempt!(@ "from v cross join attempt a ", $rest)
    };
    (@ $from:literal, $rest:literal) => {
        concat!(
            "select a.case_no, a.attempt_no, a.version, a.at_us, a.user_id, a.outcome, a.code, \
             a.phone_no, a.note, a.call_back_us, a.epoch ",
            $from,
            $rest
        )
    };
}

macro_rules! select_interview {
    ($rest:literal) => {
        select_interview!(@ "from interview i ", $rest)
    };
    // those of the list v, which is gone through first
    (v $rest:literal) => {
        select_interview!(@ "from v cross join interview i ", $rest)
    };
    (@ $from:literal, $rest:literal) => {
        concat!(
            "select i.case_no, i.version, i.status, i.code, i.attempt_no, i.at_us, i.user_id, \
             i.epoch, i.questionnaire_version, i.reason ",
            $from,
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
                    v "where v.case_no = a.case_no and a.survey_id = $1 \
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
             cast(sum(case when i.attempt_no = a.attempt_no and c.counted then 1 else 0 end) \
             as bigint), max(a.at_us) from attempt a \
             join cases c on c.survey_id = a.survey_id and c.case_no = a.case_no \
             left join interview i on i.survey_id = a.survey_id and i.survey_id = $1 \
             and i.case_no = a.case_no and i.version = c.interview_version \
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
            survey_id,
            rows,
        )
        .await
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
                    v "where v.case_no = i.case_no and i.survey_id = $1 \
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
             select r.case_no, r.version, r.target_no, r.valid, r.answers from v cross join rating r \
             where v.case_no = r.case_no and r.survey_id = $1 \
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
            survey_id,
            rows,
        )
        .await?;
        let rows = ratings
            .iter()
            .map(|r| args![r.case_no, r.version, r.target_no, r.valid, &r.answers])
            .collect();
        self.insert(
            "insert into rating (survey_id, case_no, version, target_no, valid, answers)",
            survey_id,
            rows,
        )
        .await
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
