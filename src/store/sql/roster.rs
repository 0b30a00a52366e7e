//! Imports and their lines. A staged import's lines are read by nobody.

use crate::error::Result;
use crate::model::{ImportRow, LineRow};
use crate::store::{Tx, dialect::args};

const INSERT_LINE: &str = "insert into roster_line (survey_id, import_no, line_no, sheet, \
    sheet_line, state, stratum, unit, body, content, code, sheet_column, message, cells)";

macro_rules! select_import {
    ($rest:literal) => {
        concat!(
            "select import_no, kind, file_name, file_sha256, status, accepted, unchanged, \
             rejected, held, ignored, problem_count, detail, created_us, user_id \
             from roster_import where survey_id = $1 ",
            $rest
        )
    };
}

macro_rules! select_line {
    ($rest:literal) => {
        select_line!(@ "from roster_line l ", $rest)
    };
    // those of the list v, which is gone through first
    (v $rest:literal) => {
        select_line!(@ "from v cross join roster_line l ", $rest)
    };
    (@ $from:literal, $rest:literal) => {
        concat!(
            "select l.import_no, l.line_no, l.sheet, l.sheet_line, l.state, l.stratum, l.unit, \
             l.body, l.content, l.code, l.sheet_column, l.message, l.cells ",
            $from,
            $rest
        )
    };
}

impl Tx {
    /// Adds an import.
    pub async fn insert_import(&mut self, survey_id: i64, i: &ImportRow) -> Result<()> {
        self.run(
            "insert into roster_import (survey_id, import_no, kind, file_name, file_sha256, \
             status, accepted, unchanged, rejected, held, ignored, problem_count, detail, \
             created_us, user_id) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
            args![
                survey_id,
                i.import_no,
                i.kind,
                &i.file_name,
                &i.file_sha256,
                &i.status,
                i.accepted,
                i.unchanged,
                i.rejected,
                i.held,
                i.ignored,
                i.problem_count,
                &i.detail,
                i.created_us,
                i.user_id
            ],
        )
        .await
        .map(drop)
    }

    /// Writes how an import ended.
    pub async fn update_import(&mut self, survey_id: i64, i: &ImportRow) -> Result<()> {
        self.run(
            "update roster_import set status = $3, accepted = $4, unchanged = $5, rejected = $6, \
             held = $7, ignored = $8, problem_count = $9, detail = $10, file_sha256 = $11 \
             where survey_id = $1 and import_no = $2",
            args![
                survey_id,
                i.import_no,
                &i.status,
                i.accepted,
                i.unchanged,
                i.rejected,
                i.held,
                i.ignored,
                i.problem_count,
                &i.detail,
                &i.file_sha256
            ],
        )
        .await
        .map(drop)
    }

    /// One import; 0 = the latest that ended.
    pub async fn import(&mut self, survey_id: i64, import_no: i64) -> Result<Option<ImportRow>> {
        if import_no == 0 {
            return self
                .maybe(
                    select_import!("and status <> 'staged' order by import_no desc limit 1"),
                    args![survey_id],
                )
                .await;
        }
        self.maybe(
            select_import!("and import_no = $2 and status <> 'staged'"),
            args![survey_id, import_no],
        )
        .await
    }

    /// Accepted imports of a kind.
    pub async fn accepted_imports(&mut self, survey_id: i64, kind: i64) -> Result<Vec<ImportRow>> {
        self.all(
            select_import!("and kind = $2 and status = 'accepted' order by import_no"),
            args![survey_id, kind],
        )
        .await
    }

    /// Marks the accepted imports of a kind before a number as replaced.
    pub async fn replace_imports(&mut self, survey_id: i64, kind: i64, before: i64) -> Result<u64> {
        self.run(
            "update roster_import set status = 'replaced' \
             where survey_id = $1 and kind = $2 and status = 'accepted' and import_no < $3",
            args![survey_id, kind, before],
        )
        .await
    }

    /// Removes the lines of imports that were staged and never ended.
    pub async fn drop_staged(&mut self, survey_id: i64, import_no: i64) -> Result<()> {
        self.run(
            "delete from roster_line where survey_id = $1 and import_no = $2 and exists ( \
             select 1 from roster_import i where i.survey_id = $1 and i.import_no = $2 \
             and i.status = 'staged')",
            args![survey_id, import_no],
        )
        .await?;
        self.run(
            "delete from roster_import \
             where survey_id = $1 and import_no = $2 and status = 'staged'",
            args![survey_id, import_no],
        )
        .await
        .map(drop)
    }

    /// Adds lines to an import.
    pub async fn insert_lines(&mut self, survey_id: i64, lines: &[LineRow]) -> Result<()> {
        let rows = lines
            .iter()
            .map(|l| {
                args![
                    l.import_no,
                    l.line_no,
                    &l.sheet,
                    l.sheet_line,
                    &l.state,
                    &l.stratum,
                    &l.unit,
                    &l.body,
                    &l.content,
                    &l.code,
                    &l.sheet_column,
                    &l.message,
                    &l.cells
                ]
            })
            .collect();
        self.insert(INSERT_LINE, survey_id, rows).await
    }

    /// Lines of an import by state (`%` = any) after a line number.
    pub async fn lines_of_import(
        &mut self,
        survey_id: i64,
        import_no: i64,
        state: &str,
        after: i64,
        limit: i64,
    ) -> Result<Vec<LineRow>> {
        self.all(
            select_line!(
                "where l.survey_id = $1 and l.import_no = $2 and l.state like $3 \
                 and l.line_no > $4 order by l.line_no limit $5"
            ),
            args![survey_id, import_no, state, after, limit],
        )
        .await
    }

    /// Lines of accepted imports of a kind, after a position, in the order they came.
    pub async fn roster_lines(
        &mut self,
        survey_id: i64,
        kind: i64,
        after: (i64, i64),
        limit: i64,
    ) -> Result<Vec<LineRow>> {
        self.all(
            select_line!(
                "join roster_import i on i.survey_id = l.survey_id and i.import_no = l.import_no \
                 where l.survey_id = $1 and i.survey_id = $1 and i.kind = $2 \
                 and i.status = 'accepted' \
                 and (l.import_no > $3 or (l.import_no = $3 and l.line_no > $4)) \
                 order by l.import_no, l.line_no limit $5"
            ),
            args![survey_id, kind, after.0, after.1, limit],
        )
        .await
    }

    /// Accepted and held lines by their keys, of the imports that count now.
    pub async fn known_units(
        &mut self,
        survey_id: i64,
        kind: i64,
        keys: &[(String, String)],
    ) -> Result<Vec<LineRow>> {
        self.all_of(
            concat!(
                "with v(stratum, unit) as (values {values}) ",
                select_line!(
                    v "join roster_import i on i.survey_id = l.survey_id \
                     and i.import_no = l.import_no \
                     where v.stratum = l.stratum and v.unit = l.unit \
                     and l.survey_id = $1 and i.survey_id = $1 and i.kind = $2 \
                     and i.status = 'accepted' and l.state in ('accepted', 'held') \
                     order by l.import_no, l.line_no"
                )
            ),
            args![survey_id, kind],
            keys.iter().map(|(stratum, unit)| args![stratum, unit]).collect(),
        )
        .await
    }

    /// Holds lines of a staged import: (line, message).
    pub async fn hold_lines(
        &mut self,
        survey_id: i64,
        import_no: i64,
        lines: &[(i64, String)],
    ) -> Result<()> {
        self.with_rows(
            "with v(line_no, message) as (values {values}) \
             update roster_line set state = 'held', code = 'roster_held', \
             message = v.message from v where roster_line.survey_id = $1 \
             and roster_line.import_no = $2 and roster_line.line_no = v.line_no",
            args![survey_id, import_no],
            lines.iter().map(|(no, message)| args![*no, message]).collect(),
        )
        .await
        .map(drop)
    }

    /// Gives held lines of earlier imports, (import, line), another state: `accepted` with the code
    /// `allowed`, or `replaced` where a mended line stands in their place.
    pub async fn move_held(
        &mut self,
        survey_id: i64,
        lines: &[(i64, i64)],
        state: &str,
        code: &str,
    ) -> Result<()> {
        self.with_rows(
            "with v(import_no, line_no) as (values {values}) \
             update roster_line set state = $2, code = $3 from v \
             where roster_line.survey_id = $1 and roster_line.import_no = v.import_no \
             and roster_line.line_no = v.line_no and roster_line.state = 'held'",
            args![survey_id, state, code],
            lines.iter().map(|(import, line)| args![*import, *line]).collect(),
        )
        .await
        .map(drop)
    }

    /// Lines to know about after a line number: rejected, held, notes.
    pub async fn problem_lines(
        &mut self,
        survey_id: i64,
        import_no: i64,
        after: i64,
        limit: i64,
    ) -> Result<Vec<LineRow>> {
        self.all(
            select_line!(
                "where l.survey_id = $1 and l.import_no = $2 and l.line_no > $3 \
                 and l.state in ('rejected', 'held', 'note') order by l.line_no limit $4"
            ),
            args![survey_id, import_no, after, limit],
        )
        .await
    }

    /// Lines to hand back after a line number: rejected and held ones, and the titles and headers
    /// that stood above them. Their body is their cells.
    pub async fn back_lines(
        &mut self,
        survey_id: i64,
        import_no: i64,
        after: i64,
        limit: i64,
    ) -> Result<Vec<LineRow>> {
        self.all(
            "select l.import_no, l.line_no, l.sheet, l.sheet_line, l.state, l.stratum, l.unit, \
             case when l.state = 'held' then l.cells else l.body end as body, l.content, l.code, \
             l.sheet_column, l.message, l.cells from roster_line l \
             where l.survey_id = $1 and l.import_no = $2 and l.line_no > $3 \
             and l.state in ('rejected', 'held', 'passed') order by l.line_no limit $4",
            args![survey_id, import_no, after, limit],
        )
        .await
    }

    /// Removes the lines that an import would have brought; those that it tells about stay.
    pub async fn drop_taken_lines(&mut self, survey_id: i64, import_no: i64) -> Result<()> {
        self.run(
            "delete from roster_line where survey_id = $1 and import_no = $2 \
             and state in ('accepted', 'held')",
            args![survey_id, import_no],
        )
        .await
        .map(drop)
    }

    /// Imports staged before a time that have not ended: (survey, import).
    pub async fn stale_imports(&mut self, before_us: i64) -> Result<Vec<(i64, i64)>> {
        self.all(
            "select survey_id, import_no from roster_import where status = 'staged' \
             and created_us < $1 order by survey_id, import_no",
            args![before_us],
        )
        .await
    }

    /// Accepted lines in all.
    pub async fn count_lines(&mut self, survey_id: i64) -> Result<i64> {
        self.number(
            "select cast(coalesce(sum(accepted), 0) as bigint) from roster_import \
             where survey_id = $1 and status = 'accepted' and kind in (1, 2)",
            args![survey_id],
        )
        .await
    }
}
