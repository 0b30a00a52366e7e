//! Surveys: making one, its settings, its steps, its published questionnaire and scheme.

use super::{Desk, log::Opened, no_survey, sha256};
use crate::error::{Error, Reason, Result, Violation};
use crate::model::{Caller, Event, Msg, RequestKey, Role, SurveyRow, SurveyState};
use crate::msg;
use crate::rules::violation::has_control;
use crate::rules::{questionnaire::Questionnaire, scheme};

/// Fields of the settings that can change, by the names of the request.
pub const CHANGEABLE: [&str; 8] = [
    "title",
    "zone",
    "window_open_min",
    "window_close_min",
    "lease_ttl_s",
    "language",
    "release",
    "max_lines_per_phone",
];

/// A survey in the wrong step for a call; the message says what is missing.
pub(super) fn wrong_step(survey: &SurveyRow, why: Msg) -> Error {
    Error::Refused(Reason::SurveyState, why.with("state", survey.state().word()))
}

/// A survey that has not come as far as a call wants, or has gone past it: names the next step.
pub(super) fn next_step(survey: &SurveyRow, wanted: SurveyState) -> Error {
    let why = match survey.state() {
        SurveyState::Closed => msg!("survey.is_closed"),
        past if past > wanted => msg!("survey.done_once"),
        SurveyState::Draft => msg!("survey.needs_freeze"),
        SurveyState::Frozen => msg!("survey.needs_design"),
        SurveyState::Designed if survey.draw_no == 0 => msg!("survey.needs_seed"),
        SurveyState::Designed => msg!("survey.needs_draw"),
        SurveyState::Drawn => msg!("survey.needs_fielding"),
        SurveyState::Fielding | SurveyState::Paused => msg!("survey.done_once"),
    };
    wrong_step(survey, why)
}

/// What is published in versions.
enum Document {
    Questionnaire,
    /// With its name.
    Scheme(String),
}

fn check_name(name: &str) -> bool {
    (1..=40).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        // a name of digits alone would be taken for a number
        && !name.bytes().all(|b| b.is_ascii_digit())
}

fn check_settings(s: &SurveyRow) -> Result<()> {
    let mut found = Vec::new();
    let mut wrong = |field: &str, why: Msg| {
        found.push(Violation::new(format!("settings.{field}"), why));
    };
    if !check_name(&s.name) {
        wrong("name", msg!("survey.bad_name"));
    }
    if s.title.chars().count() > 200 || s.title.chars().any(char::is_control) {
        wrong("title", msg!("survey.bad_title"));
    }
    // a series of its own is named after the survey, whose name is judged above
    if s.series != s.name && !check_name(&s.series) {
        wrong("series", msg!("survey.bad_name"));
    }
    if !(1..=10_000).contains(&s.round) {
        wrong("round", msg!("survey.range", low = 1, high = 10_000));
    }
    if ![1, 2].contains(&s.kind) {
        wrong("kind", msg!("survey.bad_kind"));
    }
    if s.zone.parse::<chrono_tz::Tz>().is_err() {
        wrong("zone", msg!("survey.bad_zone"));
    }
    if !(0..1440).contains(&s.window_open_min) {
        wrong("window_open_min", msg!("survey.range", low = 0, high = 1439));
    }
    if !(1..=1440).contains(&s.window_close_min) || s.window_close_min <= s.window_open_min {
        let low = s.window_open_min.clamp(0, 1439) + 1;
        wrong("window_close_min", msg!("survey.range", low = low, high = 1440));
    }
    if !(30..=600).contains(&s.lease_ttl_s) {
        wrong("lease_ttl_s", msg!("survey.range", low = 30, high = 600));
    }
    if !["zh-CN", "zh-TW", "en"].contains(&s.language.as_str()) {
        wrong("language", msg!("survey.bad_language"));
    }
    if !["rule", "manual"].contains(&s.release.as_str()) {
        wrong("release", msg!("survey.bad_release"));
    }
    if !(1..=1000).contains(&s.max_lines_per_phone) {
        wrong("max_lines_per_phone", msg!("survey.range", low = 1, high = 1000));
    }
    if found.is_empty() { Ok(()) } else { Err(Error::Invalid(found)) }
}

/// Fills in what a new survey leaves open.
fn with_defaults(mut s: SurveyRow) -> SurveyRow {
    let text = |value: &mut String, default: &str| {
        if value.is_empty() {
            default.clone_into(value);
        }
    };
    let number = |value: &mut i64, default: i64| {
        if *value == 0 {
            *value = default;
        }
    };
    let name = s.name.clone();
    text(&mut s.series, &name);
    text(&mut s.zone, "Asia/Shanghai");
    text(&mut s.language, "zh-CN");
    text(&mut s.release, "rule");
    number(&mut s.round, 1);
    number(&mut s.lease_ttl_s, 90);
    number(&mut s.max_lines_per_phone, 4);
    s
}

impl Desk {
    /// Makes a survey in draft; empty settings get their defaults.
    pub async fn create_survey(
        &self,
        who: &Caller,
        key: &RequestKey,
        settings: SurveyRow,
    ) -> Result<SurveyRow> {
        let settings = with_defaults(settings);
        check_settings(&settings)?;
        let mut w = match self.write::<i64>(who, 0, key).await? {
            Opened::Repeat(survey_id) => return self.survey(survey_id).await,
            Opened::New(w) => w,
        };
        if w.tx.survey_by_name(&settings.name).await?.is_some() {
            return Err(Error::Exists(msg!("survey.name_taken", name = settings.name)));
        }
        let survey = SurveyRow {
            survey_id: w.tx.last_survey_id().await? + 1,
            state: SurveyState::Draft as i64,
            created_us: w.now_us,
            ..settings
        };
        w.tx.insert_survey(&survey).await?;
        let detail = format!("survey={} name={}", survey.survey_id, survey.name);
        w.event("survey_create", Event { detail, ..Event::default() })?;
        w.commit(&survey.survey_id).await?;
        Ok(survey)
    }

    /// A survey as it stands.
    pub async fn survey(&self, survey_id: i64) -> Result<SurveyRow> {
        let found = self.0.store.read().await?.survey(survey_id).await?;
        found.filter(|s| s.survey_id > 0).ok_or_else(|| no_survey(survey_id))
    }

    /// Lines accepted so far and still in force.
    pub async fn roster_lines(&self, survey_id: i64) -> Result<i64> {
        self.0.store.read().await?.count_lines(survey_id).await
    }

    /// Surveys after a number, those that the caller may reach.
    pub async fn list_surveys(
        &self,
        who: &Caller,
        after: i64,
        limit: i64,
    ) -> Result<Vec<SurveyRow>> {
        let mut tx = self.0.store.read().await?;
        if who.role == Role::Administrator {
            return tx.surveys_after(after, limit).await;
        }
        let mine = tx.assigned_surveys(who.user_id).await?.into_iter();
        let limit = usize::try_from(limit).unwrap_or_default();
        Ok(mine.filter(|s| s.survey_id > after).take(limit).collect())
    }

    /// Changes the settings named in `mask`.
    pub async fn update_survey(
        &self,
        who: &Caller,
        key: &RequestKey,
        survey_id: i64,
        new: SurveyRow,
        mask: &[String],
    ) -> Result<SurveyRow> {
        if let Some(unknown) = mask.iter().find(|m| !CHANGEABLE.contains(&m.as_str())) {
            let why = msg!("survey.fixed", field = unknown, fields = CHANGEABLE.join(", "));
            return Err(Error::invalid("update_mask", why));
        }
        let mut w = match self.write::<()>(who, survey_id, key).await? {
            Opened::Repeat(()) => return self.survey(survey_id).await,
            Opened::New(w) => w,
        };
        let mut s = w.survey.clone();
        let new = with_defaults(new);
        for field in mask {
            match field.as_str() {
                "title" => s.title.clone_from(&new.title),
                "zone" => s.zone.clone_from(&new.zone),
                "window_open_min" => s.window_open_min = new.window_open_min,
                "window_close_min" => s.window_close_min = new.window_close_min,
                "lease_ttl_s" => s.lease_ttl_s = new.lease_ttl_s,
                "language" => s.language.clone_from(&new.language),
                "release" => s.release.clone_from(&new.release),
                _ => s.max_lines_per_phone = new.max_lines_per_phone,
            }
        }
        check_settings(&s)?;
        if s.max_lines_per_phone != w.survey.max_lines_per_phone && s.state() != SurveyState::Draft
        {
            return Err(wrong_step(&s, msg!("survey.only_draft")));
        }
        w.tx.update_survey(&s).await?;
        w.event("survey_update", Event { detail: mask.join(" "), ..Event::default() })?;
        w.commit(&()).await?;
        self.survey(survey_id).await
    }

    /// Publishes a questionnaire, given as JSON of the shape of its file.
    pub async fn publish_questionnaire(
        &self,
        who: &Caller,
        key: &RequestKey,
        survey_id: i64,
        json: &str,
    ) -> Result<(String, i64)> {
        let read = Questionnaire::from_json(json).map_err(|v| under("questionnaire", v))?;
        let (version, body) = (read.version(), read.canonical_json());
        self.publish(who, key, survey_id, Document::Questionnaire, version, body).await
    }

    /// Stores a version of a document and puts it in force; the log keeps its hash.
    async fn publish(
        &self,
        who: &Caller,
        key: &RequestKey,
        survey_id: i64,
        document: Document,
        version: String,
        body: String,
    ) -> Result<(String, i64)> {
        let mut w = match self.write::<(String, i64)>(who, survey_id, key).await? {
            Opened::Repeat(done) => return Ok(done),
            Opened::New(w) => w,
        };
        if w.survey.state() > SurveyState::Frozen {
            return Err(wrong_step(&w.survey, msg!("survey.before_design")));
        }
        let (now_us, user) = (w.now_us, who.user_id);
        let mut survey = w.survey.clone();
        let kind = match &document {
            Document::Questionnaire => {
                w.tx.insert_questionnaire(survey_id, &version, &body, user, now_us).await?;
                survey.questionnaire_version.clone_from(&version);
                "questionnaire"
            }
            Document::Scheme(name) => {
                w.tx.insert_scheme(survey_id, &version, name, &body, user, now_us).await?;
                survey.scheme_version.clone_from(&version);
                "scheme"
            }
        };
        w.tx.update_survey(&survey).await?;
        let content_sha256 = sha256(body.as_bytes()).to_vec();
        let log_pos = w.event(kind, Event { content_sha256, ..Event::default() })?;
        let done = (version, log_pos);
        w.commit(&done).await?;
        Ok(done)
    }

    /// Publishes a scheme, given as JSON of the shape of its file.
    pub async fn publish_scheme(
        &self,
        who: &Caller,
        key: &RequestKey,
        survey_id: i64,
        json: &str,
    ) -> Result<(String, i64)> {
        let read = scheme::Scheme::from_json(json).map_err(|v| under("scheme", v))?;
        scheme::publishable(&read).map_err(|v| under("scheme", v))?;
        let (version, body) = (read.version(), read.canonical_json());
        self.publish(who, key, survey_id, Document::Scheme(read.name), version, body).await
    }

    /// A questionnaire by version, or the one in force; its canonical JSON.
    pub async fn questionnaire(&self, survey_id: i64, version: &str) -> Result<(String, String)> {
        if has_control(version) {
            return Err(Error::invalid("version", msg!("request.control")));
        }
        let mut tx = self.0.store.read().await?;
        let survey = tx.survey(survey_id).await?.ok_or_else(|| no_survey(survey_id))?;
        let version =
            if version.is_empty() { survey.questionnaire_version } else { version.to_owned() };
        let body = tx.questionnaire(survey_id, &version).await?;
        let body = body
            .ok_or_else(|| Error::NotFound(msg!("survey.no_questionnaire", version = version)))?;
        Ok((version, body))
    }
}

/// Puts the name of the request's field before the paths of its violations.
pub(super) fn under(field: &str, found: Vec<Violation>) -> Error {
    let path = |v: &Violation| {
        if v.field.is_empty() { field.to_owned() } else { format!("{field}.{}", v.field) }
    };
    Error::Invalid(found.into_iter().map(|v| Violation::new(path(&v), v.why)).collect())
}
