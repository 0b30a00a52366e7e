//! The frozen frame: targets, strata, units and their numbers.

use crate::error::Result;
use crate::model::{StratumRow, TargetRow, UnitPhoneRow, UnitRow};
use crate::store::{Tx, dialect::args};

impl Tx {
    /// Removes the frame of a survey that is being frozen again after a failure.
    pub async fn clear_frame(&mut self, survey_id: i64) -> Result<()> {
        for sql in [
            "delete from unit_target where survey_id = $1",
            "delete from unit_phone where survey_id = $1",
            "delete from unit where survey_id = $1",
            "delete from stratum where survey_id = $1",
            "delete from target where survey_id = $1",
        ] {
            self.run(sql, args![survey_id]).await?;
        }
        Ok(())
    }

    /// How many rows the frame has: targets, strata, units, numbers, (unit, target).
    pub async fn frame_counts(&mut self, survey_id: i64) -> Result<[i64; 5]> {
        let mut counts = [0; 5];
        for (at, sql) in [
            "select count(*) from target where survey_id = $1",
            "select count(*) from stratum where survey_id = $1",
            "select count(*) from unit where survey_id = $1",
            "select count(*) from unit_phone where survey_id = $1",
            "select count(*) from unit_target where survey_id = $1",
        ]
        .into_iter()
        .enumerate()
        {
            counts[at] = self.number(sql, args![survey_id]).await?;
        }
        Ok(counts)
    }

    /// Adds targets.
    pub async fn insert_targets(&mut self, survey_id: i64, rows: &[TargetRow]) -> Result<()> {
        let rows =
            rows.iter().map(|t| args![t.target_no, &t.key, &t.name, &t.class, &t.pool]).collect();
        self.insert(
            "insert into target (survey_id, target_no, key, name, class, pool)",
            survey_id,
            rows,
        )
        .await
    }

    /// Adds strata.
    pub async fn insert_strata(&mut self, survey_id: i64, rows: &[StratumRow]) -> Result<()> {
        let rows = rows
            .iter()
            .map(|s| {
                args![s.stratum_no, &s.name, s.target_no, s.listed, s.rejected, s.held, s.units]
            })
            .collect();
        self.insert(
            "insert into stratum (survey_id, stratum_no, name, target_no, listed, rejected, held, \
             units)",
            survey_id,
            rows,
        )
        .await
    }

    /// Adds units.
    pub async fn insert_units(&mut self, survey_id: i64, rows: &[UnitRow]) -> Result<()> {
        let rows = rows
            .iter()
            .map(|u| {
                args![
                    u.unit_no,
                    u.stratum_no,
                    &u.key,
                    &u.name,
                    &u.ask_for,
                    &u.category,
                    u.multiplicity,
                    &u.person_group
                ]
            })
            .collect();
        self.insert(
            "insert into unit (survey_id, unit_no, stratum_no, key, name, ask_for, category, \
             multiplicity, person_group)",
            survey_id,
            rows,
        )
        .await
    }

    /// Adds numbers of units.
    pub async fn insert_unit_phones(
        &mut self,
        survey_id: i64,
        rows: &[UnitPhoneRow],
    ) -> Result<()> {
        let rows = rows
            .iter()
            .map(|p| {
                args![p.unit_no, p.phone_no, &p.e164, &p.extension, &p.original, &p.person, p.bad]
            })
            .collect();
        self.insert(
            "insert into unit_phone (survey_id, unit_no, phone_no, e164, extension, original, \
             person, bad)",
            survey_id,
            rows,
        )
        .await
    }

    /// Says which targets units rate.
    pub async fn insert_unit_targets(&mut self, survey_id: i64, rows: &[(i64, i64)]) -> Result<()> {
        let rows = rows.iter().map(|(unit_no, target_no)| args![*unit_no, *target_no]).collect();
        self.insert("insert into unit_target (survey_id, unit_no, target_no)", survey_id, rows)
            .await
    }

    /// The targets of a survey, by number.
    pub async fn targets(&mut self, survey_id: i64) -> Result<Vec<TargetRow>> {
        self.all(
            "select target_no, key, name, class, pool from target where survey_id = $1 \
             order by target_no",
            args![survey_id],
        )
        .await
    }

    /// The strata of a survey, by number.
    pub async fn strata(&mut self, survey_id: i64) -> Result<Vec<StratumRow>> {
        self.all(
            "select stratum_no, name, target_no, listed, rejected, held, units from stratum \
             where survey_id = $1 order by stratum_no",
            args![survey_id],
        )
        .await
    }

    /// Units after a number, in the order of frame.csv.
    pub async fn units_after(
        &mut self,
        survey_id: i64,
        after: i64,
        limit: i64,
    ) -> Result<Vec<UnitRow>> {
        self.all(
            "select unit_no, stratum_no, key, name, ask_for, category, multiplicity, person_group \
             from unit where survey_id = $1 and unit_no > $2 order by unit_no limit $3",
            args![survey_id, after, limit],
        )
        .await
    }

    /// Units by number.
    pub async fn units(&mut self, survey_id: i64, unit_nos: &[i64]) -> Result<Vec<UnitRow>> {
        self.all_of(
            "with v(unit_no) as (values {values}) \
             select u.unit_no, u.stratum_no, u.key, u.name, u.ask_for, u.category, \
             u.multiplicity, u.person_group from v cross join unit u \
             where v.unit_no = u.unit_no and u.survey_id = $1 order by u.unit_no",
            args![survey_id],
            unit_nos.iter().map(|no| args![*no]).collect(),
        )
        .await
    }

    /// Numbers of units, in the order of dialling.
    pub async fn unit_phones(
        &mut self,
        survey_id: i64,
        unit_nos: &[i64],
    ) -> Result<Vec<UnitPhoneRow>> {
        self.all_of(
            "with v(unit_no) as (values {values}) \
             select p.unit_no, p.phone_no, p.e164, p.extension, p.original, p.person, p.bad \
             from v cross join unit_phone p \
             where v.unit_no = p.unit_no and p.survey_id = $1 order by p.unit_no, p.phone_no",
            args![survey_id],
            unit_nos.iter().map(|no| args![*no]).collect(),
        )
        .await
    }

    /// Targets that units rate: (unit, target).
    pub async fn unit_targets(
        &mut self,
        survey_id: i64,
        unit_nos: &[i64],
    ) -> Result<Vec<(i64, i64)>> {
        self.all_of(
            "with v(unit_no) as (values {values}) select t.unit_no, t.target_no from v \
             cross join unit_target t where v.unit_no = t.unit_no and t.survey_id = $1 \
             order by t.unit_no, t.target_no",
            args![survey_id],
            unit_nos.iter().map(|no| args![*no]).collect(),
        )
        .await
    }

    /// Marks numbers as wrong or good: (unit, number, bad).
    pub async fn mark_phones(&mut self, survey_id: i64, rows: &[(i64, i64, bool)]) -> Result<()> {
        self.with_rows(
            "with v(unit_no, phone_no, bad) as (values {values}) \
             update unit_phone set bad = v.bad from v where unit_phone.survey_id = $1 \
             and unit_phone.unit_no = v.unit_no and unit_phone.phone_no = v.phone_no",
            args![survey_id],
            rows.iter().map(|(unit, phone, bad)| args![*unit, *phone, *bad]).collect(),
        )
        .await
        .map(drop)
    }
}

impl Tx {
    /// Targets by number.
    pub async fn targets_of(&mut self, survey_id: i64, numbers: &[i64]) -> Result<Vec<TargetRow>> {
        self.all_of(
            "with v(target_no) as (values {values}) \
             select t.target_no, t.key, t.name, t.class, t.pool from v cross join target t \
             where v.target_no = t.target_no and t.survey_id = $1 order by t.target_no",
            args![survey_id],
            numbers.iter().map(|no| args![*no]).collect(),
        )
        .await
    }
}
