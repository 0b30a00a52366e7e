//! Surveys: settings, step, the head of the log, questionnaires and schemes.

use crate::error::Result;
use crate::model::SurveyRow;
use crate::store::{Tx, dialect::args};

/// The columns of a survey, once.
macro_rules! select_survey {
    ($rest:literal) => {
        concat!(
            "select survey_id, name, title, series, round, kind, zone, window_open_min, \
             window_close_min, lease_ttl_s, language, release, max_lines_per_phone, state, \
             event_head, import_head, draw_head, quarantine_head, questionnaire_version, \
             scheme_version, frame_sha256, units, design, draw_no, created_us, writes \
             from survey ",
            $rest
        )
    };
}

impl Tx {
    /// Takes the head of a survey and keeps it until the commit: whoever writes to a survey comes
    /// here first, so that writers of one survey take turns and its log is in commit order.
    pub async fn head(&mut self, survey_id: i64) -> Result<Option<SurveyRow>> {
        let sql = if self.is_postgres() {
            select_survey!("where survey_id = $1 for update")
        } else {
            select_survey!("where survey_id = $1")
        };
        self.maybe(sql, args![survey_id]).await
    }

    /// A survey as it stands, without taking its head.
    pub async fn survey(&mut self, survey_id: i64) -> Result<Option<SurveyRow>> {
        self.maybe(select_survey!("where survey_id = $1"), args![survey_id]).await
    }

    /// A survey by name.
    pub async fn survey_by_name(&mut self, name: &str) -> Result<Option<SurveyRow>> {
        self.maybe(select_survey!("where name = $1"), args![name]).await
    }

    /// Surveys after a number; the installation's own log (0) is not one.
    pub async fn surveys_after(&mut self, survey_id: i64, limit: i64) -> Result<Vec<SurveyRow>> {
        self.all(
            select_survey!("where survey_id > $1 and survey_id > 0 order by survey_id limit $2"),
            args![survey_id, limit],
        )
        .await
    }

    /// Surveys that a user is assigned to.
    pub async fn assigned_surveys(&mut self, user_id: i64) -> Result<Vec<SurveyRow>> {
        self.all(
            select_survey!(
                "where survey_id in (select u.survey_id from user_survey u where u.user_id = $1) \
                 order by survey_id"
            ),
            args![user_id],
        )
        .await
    }

    /// Surveys that calls are being made for.
    pub async fn surveys_in_field(&mut self) -> Result<Vec<i64>> {
        let rows: Vec<(i64,)> = self
            .all("select survey_id from survey where state in (5, 6) order by survey_id", args![])
            .await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    /// The highest number given to a survey.
    pub async fn last_survey_id(&mut self) -> Result<i64> {
        self.number("select coalesce(max(survey_id), 0) from survey", args![]).await
    }

    /// Adds a survey.
    pub async fn insert_survey(&mut self, s: &SurveyRow) -> Result<()> {
        self.run(
            "insert into survey (survey_id, name, title, series, round, kind, zone, \
             window_open_min, window_close_min, lease_ttl_s, language, release, \
             max_lines_per_phone, state, event_head, import_head, draw_head, quarantine_head, \
             questionnaire_version, scheme_version, frame_sha256, units, design, draw_no, \
             created_us) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, \
             $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25) on conflict do nothing",
            args![
                s.survey_id,
                &s.name,
                &s.title,
                &s.series,
                s.round,
                s.kind,
                &s.zone,
                s.window_open_min,
                s.window_close_min,
                s.lease_ttl_s,
                &s.language,
                &s.release,
                s.max_lines_per_phone,
                s.state,
                s.event_head,
                s.import_head,
                s.draw_head,
                s.quarantine_head,
                &s.questionnaire_version,
                &s.scheme_version,
                &s.frame_sha256,
                s.units,
                &s.design,
                s.draw_no,
                s.created_us
            ],
        )
        .await
        .map(drop)
    }

    /// Writes what can change of a survey, its log head excepted.
    pub async fn update_survey(&mut self, s: &SurveyRow) -> Result<()> {
        self.run(
            "update survey set title = $2, zone = $3, window_open_min = $4, window_close_min = $5, \
             lease_ttl_s = $6, language = $7, release = $8, max_lines_per_phone = $9, state = $10, \
             import_head = $11, draw_head = $12, quarantine_head = $13, \
             questionnaire_version = $14, scheme_version = $15, frame_sha256 = $16, units = $17, \
             design = $18, draw_no = $19 where survey_id = $1",
            args![
                s.survey_id,
                &s.title,
                &s.zone,
                s.window_open_min,
                s.window_close_min,
                s.lease_ttl_s,
                &s.language,
                &s.release,
                s.max_lines_per_phone,
                s.state,
                s.import_head,
                s.draw_head,
                s.quarantine_head,
                &s.questionnaire_version,
                &s.scheme_version,
                &s.frame_sha256,
                s.units,
                &s.design,
                s.draw_no
            ],
        )
        .await
        .map(drop)
    }

    /// The canonical JSON of a questionnaire.
    pub async fn questionnaire(&mut self, survey_id: i64, version: &str) -> Result<Option<String>> {
        let row: Option<(String,)> = self
            .maybe(
                "select body from questionnaire where survey_id = $1 and version = $2",
                args![survey_id, version],
            )
            .await?;
        Ok(row.map(|(body,)| body))
    }

    /// Stores a questionnaire; the same version again changes nothing.
    pub async fn insert_questionnaire(
        &mut self,
        survey_id: i64,
        version: &str,
        body: &str,
        user_id: i64,
        now_us: i64,
    ) -> Result<()> {
        self.run(
            "insert into questionnaire (survey_id, version, body, published_us, user_id) \
             values ($1, $2, $3, $4, $5) on conflict do nothing",
            args![survey_id, version, body, now_us, user_id],
        )
        .await
        .map(drop)
    }

    /// Name and canonical JSON of a scheme.
    pub async fn scheme(
        &mut self,
        survey_id: i64,
        version: &str,
    ) -> Result<Option<(String, String)>> {
        self.maybe(
            "select name, body from scheme where survey_id = $1 and version = $2",
            args![survey_id, version],
        )
        .await
    }

    /// Stores a scheme; the same version again changes nothing.
    pub async fn insert_scheme(
        &mut self,
        survey_id: i64,
        version: &str,
        name: &str,
        body: &str,
        user_id: i64,
        now_us: i64,
    ) -> Result<()> {
        self.run(
            "insert into scheme (survey_id, version, name, body, published_us, user_id) \
             values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
            args![survey_id, version, name, body, now_us, user_id],
        )
        .await
        .map(drop)
    }
}
