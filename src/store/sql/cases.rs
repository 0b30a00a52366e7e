//! Cases and cells at work: what a batch reads under the survey's head, and how it is written back.
//! Every write of a case is guarded by the revision it was read with.

use crate::error::{Error, Result};
use crate::model::CaseRow;
use crate::store::{Tx, dialect::args};

macro_rules! select_case {
    ($rest:literal) => {
        select_case!(@ "from cases c ", $rest)
    };
    // those of the list v, which is gone through first
    (v $rest:literal) => {
        select_case!(@ "from v cross join cases c ", $rest)
    };
    (@ $from:literal, $rest:literal) => {
        concat!(
            "select c.case_no, c.unit_no, c.cell_no, c.role, c.replicate, c.draw_rank, c.zone, \
             c.person_group, c.state, c.code, c.queue, c.priority, c.due_us, c.plan_queue, \
             c.plan_due_us, c.appointment_us, c.epoch, c.holder, c.lease_since_us, \
             c.lease_until_us, c.started, c.reserved, c.lease_why, c.attempts, c.phone_no, \
             c.interview_version, c.counted, c.revision ",
            $from,
            $rest
        )
    };
}

/// The due cases of one queue, in the order of its index. `offset 0` keeps PostgreSQL from making a join
/// of the question about the person's other cases: where it believes that few rest it would read the
/// whole survey for it.
macro_rules! due {
    ($queue:literal) => {
        concat!(
            select_case!(
                "join cell q on q.survey_id = c.survey_id and q.cell_no = c.cell_no \
                 where c.survey_id = $1 and q.survey_id = $1 and c.zone = $2 \
                 and c.due_us <= $3 and c.lease_until_us <= $3 \
                 and q.done + q.held < q.cap_n and not exists ( \
                 select 1 from cases o where o.survey_id = $1 \
                 and o.person_group = c.person_group \
                 and (o.lease_until_us > $3 or o.plan_due_us > $3) limit 1 offset 0) \
                 and c.queue = "
            ),
            $queue,
            " order by c.due_us, c.priority, c.case_no limit $4"
        )
    };
}

/// When the first case of one queue is due that is not yet, and that nobody holds.
macro_rules! later {
    ($queue:literal) => {
        concat!(
            "select c.due_us as at_us from cases c where c.survey_id = $1 and c.zone = 0 \
             and c.due_us > $2 and c.lease_until_us <= $2 and c.queue = ",
            $queue,
            " order by c.due_us limit 1"
        )
    };
}

/// Cases of one queue that are due and yet not offered: no more of them than tell when to ask again.
macro_rules! blocked {
    ($queue:literal) => {
        concat!(
            "select c.person_group from cases c where c.survey_id = $1 and c.zone = 0 \
             and c.due_us <= $2 and c.lease_until_us <= $2 and c.queue = ",
            $queue,
            " order by c.due_us limit 500"
        )
    };
}

/// Why a pull came back empty. What follows the first answer that holds is not looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Waiting {
    /// When the next case that nobody holds is due, or its person may be called again; 0 if none
    /// waits for a time.
    pub next_due_us: i64,
    /// Cases are held now.
    pub held: bool,
    /// Cases wait whose cell is full.
    pub full_cells: bool,
}

/// Counts of one cell's cases by state and code, for boards.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct StateCount {
    /// The cell.
    pub cell_no: i64,
    /// Stored state.
    pub state: i64,
    /// Code when final.
    pub code: String,
    /// Counts in its cell.
    pub counted: bool,
    /// Held now.
    pub held: bool,
    /// Has an interview.
    pub interviewed: bool,
    /// How many.
    pub cases: i64,
}

impl Tx {
    /// Cases by number.
    pub async fn cases(&mut self, survey_id: i64, case_nos: &[i64]) -> Result<Vec<CaseRow>> {
        self.all_of(
            concat!(
                "with v(case_no) as (values {values}) ",
                select_case!(
                    v "where v.case_no = c.case_no and c.survey_id = $1 order by c.case_no"
                )
            ),
            args![survey_id],
            case_nos.iter().map(|no| args![*no]).collect(),
        )
        .await
    }

    /// Live leases of users.
    pub async fn cases_held_by(
        &mut self,
        survey_id: i64,
        user_ids: &[i64],
        now_us: i64,
    ) -> Result<Vec<CaseRow>> {
        self.all_of(
            concat!(
                "with v(user_id) as (values {values}) ",
                select_case!(
                    v "where v.user_id = c.holder and c.survey_id = $1 \
                     and c.lease_until_us > $2 order by c.case_no"
                )
            ),
            args![survey_id, now_us],
            user_ids.iter().map(|id| args![*id]).collect(),
        )
        .await
    }

    /// Cases that may be offered now, in the order of offering: appointments and retries by time,
    /// then fresh cases by priority. A case whose person is being called or waits for the time that
    /// another case's dial gave, or whose cell has no room, is left out; one whose person refused is
    /// not.
    pub async fn due_cases(
        &mut self,
        survey_id: i64,
        zone: i64,
        now_us: i64,
        limit: i64,
    ) -> Result<Vec<CaseRow>> {
        self.all(
            concat!(
                "select * from (select * from (",
                due!("0"),
                ") qa union all select * from (",
                due!("1"),
                ") qb union all select * from (",
                due!("2"),
                ") qc) d order by d.queue, d.due_us, d.priority, d.case_no limit $4"
            ),
            args![survey_id, zone, now_us, limit],
        )
        .await
    }

    /// When the next case that waits for a time is due, or the next lease ends; 0 if there is none.
    pub async fn next_due(&mut self, survey_id: i64, zone: i64, now_us: i64) -> Result<i64> {
        self.number(
            "select coalesce(min(w.due_us), 0) from (\
             select min(a.due_us) as due_us from cases a where a.survey_id = $1 and a.zone = $2 \
             and a.queue = 0 and a.due_us > $3 union all \
             select min(b.due_us) from cases b where b.survey_id = $1 and b.zone = $2 \
             and b.queue = 1 and b.due_us > $3 union all \
             select min(c.due_us) from cases c where c.survey_id = $1 and c.zone = $2 \
             and c.queue = 2 and c.due_us > $3) w",
            args![survey_id, zone, now_us],
        )
        .await
    }

    /// Cases of person groups.
    pub async fn cases_of_groups(
        &mut self,
        survey_id: i64,
        groups: &[Vec<u8>],
    ) -> Result<Vec<CaseRow>> {
        self.all_of(
            concat!(
                "with v(person_group) as (values {values}) ",
                select_case!(
                    v "where v.person_group = c.person_group and c.survey_id = $1 \
                     order by c.case_no"
                )
            ),
            args![survey_id],
            groups.iter().map(|g| args![g]).collect(),
        )
        .await
    }

    /// Cases whose lease has ended by itself while they held a reservation.
    pub async fn expired_reservations(
        &mut self,
        survey_id: i64,
        now_us: i64,
        limit: i64,
    ) -> Result<Vec<CaseRow>> {
        self.all(
            select_case!(
                "where c.survey_id = $1 and c.reserved and c.lease_until_us <= $2 \
                 order by c.lease_until_us, c.case_no limit $3"
            ),
            args![survey_id, now_us, limit],
        )
        .await
    }

    /// Live leases of a survey: looked for by user, since cases are many and few are held.
    pub async fn live_leases(&mut self, survey_id: i64, now_us: i64) -> Result<Vec<CaseRow>> {
        self.all(
            concat!(
                "with v(user_id) as (select u.user_id from users u) ",
                select_case!(
                    v "where v.user_id = c.holder and c.survey_id = $1 \
                     and c.lease_until_us > $2 order by c.holder, c.case_no"
                )
            ),
            args![survey_id, now_us],
        )
        .await
    }

    /// Cases after a number, filtered: state -1 = any (4 = held now), cell 0 = any.
    pub async fn cases_after(
        &mut self,
        survey_id: i64,
        after: i64,
        state: i64,
        cell_no: i64,
        now_us: i64,
        limit: i64,
    ) -> Result<Vec<CaseRow>> {
        self.all(
            select_case!(
                "where c.survey_id = $1 and c.case_no > $2 \
                 and ($3 = -1 or ($3 = 4 and c.lease_until_us > $5) \
                 or ($3 <> 4 and c.state = $3 and c.lease_until_us <= $5)) \
                 and ($4 = 0 or c.cell_no = $4) order by c.case_no limit $6"
            ),
            args![survey_id, after, state, cell_no, now_us, limit],
        )
        .await
    }

    /// Released cases that are not final, after a number: what closing a survey settles.
    pub async fn open_cases_after(
        &mut self,
        survey_id: i64,
        after: i64,
        limit: i64,
    ) -> Result<Vec<CaseRow>> {
        self.all(
            select_case!(
                "where c.survey_id = $1 and c.case_no > $2 and c.state in (1, 2) \
                 order by c.case_no limit $3"
            ),
            args![survey_id, after, limit],
        )
        .await
    }

    /// Why nothing is offered, once nothing is.
    pub async fn waiting(&mut self, survey_id: i64, now_us: i64) -> Result<Waiting> {
        let found = self
            .maybe(
                concat!(
                    "with t(next_us) as (select coalesce(min(w.at_us), 0) from (",
                    "select * from (",
                    later!("0"),
                    ") la union all select * from (",
                    later!("1"),
                    ") lb union all select * from (",
                    later!("2"),
                    ") lc union all select (select max(o.plan_due_us) from cases o \
                     where o.survey_id = $1 and o.person_group = p.person_group \
                     and o.plan_due_us > $2) from (select * from (",
                    blocked!("0"),
                    ") ba union all select * from (",
                    blocked!("1"),
                    ") bb union all select * from (",
                    blocked!("2"),
                    ") bc) p) w) ",
                    "select t.next_us as next_due_us, \
                     case when t.next_us > 0 then false else exists (select 1 from cases h \
                     where h.survey_id = $1 and h.zone = 0 and h.queue = 1 and h.due_us > $2) \
                     end as held, \
                     case when t.next_us > 0 then false else exists (select 1 from cases g \
                     where g.survey_id = $1 and g.zone = 0 and g.queue = 8) \
                     or exists (select 1 from cases g where g.survey_id = $1 and g.zone = 0 \
                     and g.queue in (0, 1, 2) and g.due_us <= $2 and g.lease_until_us <= $2) \
                     end as full_cells from t"
                ),
                args![survey_id, now_us],
            )
            .await?;
        Ok(found.unwrap_or_default())
    }

    /// Writes cases back; each must still have the revision it was read with.
    ///
    /// # Errors
    /// [`Error::Busy`] when one was changed meanwhile: nothing of the batch may stand.
    pub async fn update_cases(&mut self, survey_id: i64, cases: &[CaseRow]) -> Result<()> {
        let rows = cases
            .iter()
            .map(|c| {
                args![
                    c.case_no,
                    c.revision,
                    c.state,
                    &c.code,
                    c.queue,
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
                    &c.lease_why,
                    c.attempts,
                    c.phone_no,
                    c.interview_version,
                    c.counted
                ]
            })
            .collect();
        let changed = self
            .with_rows(
                "with v(case_no, revision, state, code, queue, due_us, plan_queue, plan_due_us, \
                 appointment_us, epoch, holder, lease_since_us, lease_until_us, started, \
                 reserved, lease_why, attempts, phone_no, interview_version, counted) as (values {values}) \
                 update cases set state = v.state, code = v.code, queue = v.queue, \
                 due_us = v.due_us, plan_queue = v.plan_queue, plan_due_us = v.plan_due_us, \
                 appointment_us = v.appointment_us, epoch = v.epoch, holder = v.holder, \
                 lease_since_us = v.lease_since_us, lease_until_us = v.lease_until_us, \
                 started = v.started, reserved = v.reserved, lease_why = v.lease_why, \
                 attempts = v.attempts, phone_no = v.phone_no, interview_version = v.interview_version, \
                 counted = v.counted, revision = v.revision + 1 from v \
                 where cases.survey_id = $1 and cases.case_no = v.case_no \
                 and cases.revision = v.revision and cases.epoch <= v.epoch",
                args![survey_id],
                rows,
            )
            .await?;
        if changed == cases.len() as u64 {
            Ok(())
        } else {
            Err(Error::Busy("a case was changed outside its survey's head".into()))
        }
    }

    /// Cases of a survey counted by cell, state and code, at one instant.
    pub async fn state_counts(&mut self, survey_id: i64, now_us: i64) -> Result<Vec<StateCount>> {
        self.all(
            "select c.cell_no, c.state, c.code, c.counted, c.lease_until_us > $2 as held, \
             c.interview_version > 0 as interviewed, count(*) as cases from cases c \
             where c.survey_id = $1 \
             group by c.cell_no, c.state, c.code, c.counted, c.lease_until_us > $2, \
             c.interview_version > 0 \
             order by c.cell_no, c.state, c.code, c.counted, held, interviewed",
            args![survey_id, now_us],
        )
        .await
    }
}
