//! An administrator: everything by the same public calls as everybody's.

use super::{Bearer, Dice, failed};
use crate::error::{Error, Result};
use crate::model::Lang;
use crate::rpc::convert::{questionnaire_message, scheme_message};
use crate::rules::questionnaire::{Kind, example};
use crate::rules::scheme;
use canvass_proto::v1::{
    self, access_service_client::AccessServiceClient,
    administration_service_client::AdministrationServiceClient,
    reporting_service_client::ReportingServiceClient,
    supervision_service_client::SupervisionServiceClient,
};
use serde_json::Value;
use tonic::{Request, Streaming, metadata::MetadataValue, transport::Channel};

/// Largest answer taken.
const ANSWER_MAX: usize = 64 * 1024 * 1024;

/// A signed-in administrator.
pub struct Admin {
    channel: Channel,
    token: Bearer,
    dice: Dice,
    /// The language of what the server says.
    pub lang: Lang,
}

/// What a survey asks and how it scores.
pub struct Instrument {
    /// Of parents or of contacts.
    pub kind: v1::SurveyKind,
    /// The questionnaire.
    pub questionnaire: v1::Questionnaire,
    /// The scheme.
    pub scheme: v1::Scheme,
}

impl Instrument {
    /// The example questionnaire of a kind, with its scheme filled for practice.
    pub fn example(kind: Kind) -> Result<Instrument> {
        let asked: Value = serde_saphyr::from_str(example(kind)).map_err(Error::defect)?;
        let of = match kind {
            Kind::Parents => v1::SurveyKind::Parents,
            Kind::Contacts => v1::SurveyKind::Contacts,
        };
        let (questionnaire, scheme) =
            (questionnaire_message(&asked), scheme_message(&demo_scheme(kind)?));
        Ok(Instrument { kind: of, questionnaire, scheme })
    }
}

/// Signs in with a one-time secret; the token.
pub async fn sign_in(channel: &Channel, name: &str, secret: &str, new: &str) -> Result<String> {
    let request = v1::SignInRequest {
        name: name.to_owned(),
        secret: secret.to_owned(),
        new_password: new.to_owned(),
    };
    let mut access = AccessServiceClient::new(channel.clone());
    Ok(access.sign_in(request).await.map_err(failed)?.into_inner().token)
}

impl Admin {
    /// The administrator of a server.
    pub fn new(channel: Channel, token: &str, dice: Dice) -> Result<Admin> {
        Ok(Admin { channel, token: Bearer::new(token)?, dice, lang: Lang::En })
    }

    /// Goes on with a new token: a token ends after twelve hours.
    pub fn renew(&mut self, token: &str) -> Result<()> {
        self.token = Bearer::new(token)?;
        Ok(())
    }

    fn with<T>(&self, message: T) -> Request<T> {
        let mut request = self.token.with(message);
        let lang = MetadataValue::from_static(self.lang.tag());
        request.metadata_mut().insert("accept-language", lang);
        request
    }

    fn administration(&self) -> AdministrationServiceClient<Channel> {
        AdministrationServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_MAX)
    }

    fn reporting(&self) -> ReportingServiceClient<Channel> {
        ReportingServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_MAX)
    }

    /// Adds a user; its one-time secret.
    pub async fn user(&mut self, name: &str, role: v1::Role, surveys: &[i64]) -> Result<String> {
        let request = v1::CreateUserRequest {
            request_id: self.dice.uuid(),
            name: name.to_owned(),
            role: role as i32,
            survey_ids: surveys.to_vec(),
        };
        let mut access = AccessServiceClient::new(self.channel.clone());
        let made = access.create_user(self.with(request)).await.map_err(failed)?;
        Ok(made.into_inner().one_time_secret)
    }

    /// Every user, by number.
    pub async fn users(&self) -> Result<Vec<v1::User>> {
        let mut access = AccessServiceClient::new(self.channel.clone());
        let mut request = v1::ListUsersRequest { page_size: 1000, ..Default::default() };
        let mut users = Vec::new();
        loop {
            let page = access.list_users(self.with(request.clone())).await.map_err(failed)?;
            let page = page.into_inner();
            users.extend(page.users);
            if page.next_page_token.is_empty() {
                return Ok(users);
            }
            request.page_token = page.next_page_token;
        }
    }

    /// Sets the surveys of a user; with a new one-time secret where asked for.
    pub async fn assign(
        &mut self,
        user_id: i64,
        survey_ids: Vec<i64>,
        reset_secret: bool,
    ) -> Result<String> {
        let request = v1::UpdateUserRequest {
            request_id: self.dice.uuid(),
            user_id,
            set_surveys: true,
            survey_ids,
            reset_secret,
            ..Default::default()
        };
        let mut access = AccessServiceClient::new(self.channel.clone());
        let changed = access.update_user(self.with(request)).await.map_err(failed)?;
        Ok(changed.into_inner().one_time_secret)
    }

    /// Makes a survey with its questionnaire and scheme; its number.
    pub async fn survey(
        &mut self,
        name: &str,
        title: &str,
        instrument: &Instrument,
        whole_day: bool,
    ) -> Result<i64> {
        let settings = v1::SurveySettings {
            name: name.to_owned(),
            title: title.to_owned(),
            kind: instrument.kind as i32,
            window_open_min: whole_day.then_some(0),
            window_close_min: whole_day.then_some(1440),
            ..Default::default()
        };
        let request =
            v1::CreateSurveyRequest { request_id: self.dice.uuid(), settings: Some(settings) };
        let mut administration = self.administration();
        let made = administration.create_survey(self.with(request)).await.map_err(failed)?;
        let survey_id = made.into_inner().survey.unwrap_or_default().survey_id;
        let request = v1::PublishQuestionnaireRequest {
            request_id: self.dice.uuid(),
            survey_id,
            questionnaire: Some(instrument.questionnaire.clone()),
        };
        administration.publish_questionnaire(self.with(request)).await.map_err(failed)?;
        let request = v1::PublishSchemeRequest {
            request_id: self.dice.uuid(),
            survey_id,
            scheme: Some(instrument.scheme.clone()),
        };
        administration.publish_scheme(self.with(request)).await.map_err(failed)?;
        Ok(survey_id)
    }

    /// Sends a roster.
    pub async fn import(
        &mut self,
        survey_id: i64,
        kind: v1::RosterKind,
        name: &str,
        file: &[u8],
    ) -> Result<v1::Import> {
        use v1::import_roster_request::Part;
        let header = v1::ImportHeader {
            survey_id,
            request_id: self.dice.uuid(),
            kind: kind as i32,
            file_name: name.to_owned(),
            ..Default::default()
        };
        let pieces = file.chunks(64 * 1024).map(|piece| Part::Chunk(piece.to_vec()));
        let parts: Vec<_> = std::iter::once(Part::Header(header))
            .chain(pieces)
            .map(|part| v1::ImportRosterRequest { part: Some(part) })
            .collect();
        let request = self.with(tokio_stream::iter(parts));
        let done = self.administration().import_roster(request).await.map_err(failed)?;
        Ok(done.into_inner().report.unwrap_or_default())
    }

    /// Plan, freeze, design, seed, draw, fieldwork.
    pub async fn take_to_field(
        &mut self,
        survey_id: i64,
        seed: u64,
        seats: i32,
    ) -> Result<v1::PlanDrawResponse> {
        let mut a = self.administration();
        let plan = v1::PlanDrawRequest { survey_id, seats, ..Default::default() };
        let plan = a.plan_draw(self.with(plan)).await.map_err(failed)?.into_inner();
        let request = v1::FreezeFrameRequest {
            request_id: self.dice.uuid(),
            survey_id,
            ..Default::default()
        };
        a.freeze_frame(self.with(request)).await.map_err(failed)?;
        let request = v1::CommitDesignRequest { request_id: self.dice.uuid(), survey_id };
        a.commit_design(self.with(request)).await.map_err(failed)?;
        let request = v1::CommitSeedRequest {
            request_id: self.dice.uuid(),
            survey_id,
            sources: vec![format!("demo:{seed}")],
            replace_reason: String::new(),
        };
        a.commit_seed(self.with(request)).await.map_err(failed)?;
        let request = v1::DrawSampleRequest { request_id: self.dice.uuid(), survey_id };
        a.draw_sample(self.with(request)).await.map_err(failed)?;
        self.state(survey_id, v1::SurveyState::Fielding).await?;
        Ok(plan)
    }

    /// Moves a survey on.
    pub async fn state(&mut self, survey_id: i64, to: v1::SurveyState) -> Result<()> {
        let request_id = self.dice.uuid();
        let request = v1::ChangeSurveyStateRequest { request_id, survey_id, state: to as i32 };
        self.administration().change_survey_state(self.with(request)).await.map_err(failed)?;
        Ok(())
    }

    /// A user's token without signing in; it ends after a day.
    pub async fn token(&mut self, user_id: i64, label: &str) -> Result<String> {
        let request = v1::CreateTokenRequest {
            request_id: self.dice.uuid(),
            user_id,
            days: 1,
            label: label.to_owned(),
        };
        let mut access = AccessServiceClient::new(self.channel.clone());
        Ok(access.create_token(self.with(request)).await.map_err(failed)?.into_inner().token)
    }

    /// How the cells stand.
    pub async fn progress(&self, survey_id: i64) -> Result<v1::Progress> {
        let scope = Some(v1::ProgressScope { pool: "*".to_owned(), strata: Vec::new() });
        let request = self.with(v1::GetProgressRequest { survey_id, scope });
        let mut supervision = SupervisionServiceClient::new(self.channel.clone())
            .max_decoding_message_size(ANSWER_MAX);
        let done = supervision.get_progress(request).await.map_err(failed)?;
        Ok(done.into_inner().progress.unwrap_or_default())
    }

    /// The score table.
    pub async fn scores(&self, survey_id: i64) -> Result<v1::GetScoresResponse> {
        let request = self.with(v1::GetScoresRequest { survey_id });
        Ok(self.reporting().get_scores(request).await.map_err(failed)?.into_inner())
    }

    /// A score file.
    pub async fn export_scores(&self, survey_id: i64, format: v1::ExportFormat) -> Result<Vec<u8>> {
        let request = self.with(v1::ExportScoresRequest { survey_id, format: format as i32 });
        let pieces = self.reporting().export_scores(request).await.map_err(failed)?.into_inner();
        whole(pieces, |piece| piece.chunk).await
    }

    /// The interviews, exact.
    pub async fn export_interviews(&self, survey_id: i64) -> Result<Vec<u8>> {
        let format = v1::ExportFormat::CsvExact as i32;
        let request = self.with(v1::ExportInterviewsRequest { survey_id, format });
        let pieces =
            self.reporting().export_interviews(request).await.map_err(failed)?.into_inner();
        whole(pieces, |piece| piece.chunk).await
    }

    /// The dials, exact.
    pub async fn export_attempts(&self, survey_id: i64) -> Result<Vec<u8>> {
        let format = v1::ExportFormat::CsvExact as i32;
        let request = self.with(v1::ExportAttemptsRequest { survey_id, format });
        let pieces = self.reporting().export_attempts(request).await.map_err(failed)?.into_inner();
        whole(pieces, |piece| piece.chunk).await
    }

    /// The evidence of the draw, file by file.
    pub async fn export_draw(&self, survey_id: i64) -> Result<Vec<(String, Vec<u8>)>> {
        let request = self.with(v1::ExportDrawRequest { survey_id, draw_no: 0 });
        let mut pieces = self.reporting().export_draw(request).await.map_err(failed)?.into_inner();
        let mut out: Vec<(String, Vec<u8>)> = Vec::new();
        while let Some(piece) = pieces.message().await.map_err(failed)? {
            match out.last_mut() {
                Some((name, bytes)) if *name == piece.file => bytes.extend(piece.chunk),
                _ => out.push((piece.file, piece.chunk)),
            }
        }
        Ok(out)
    }
}

/// An export put together from its pieces.
async fn whole<T>(mut pieces: Streaming<T>, chunk: impl Fn(T) -> Vec<u8>) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    while let Some(piece) = pieces.message().await.map_err(failed)? {
        out.extend(chunk(piece));
    }
    Ok(out)
}

/// The scheme as `scheme init` writes it, with its open settings filled for practice.
pub fn demo_scheme(kind: Kind) -> Result<Value> {
    let mut values: Value = serde_saphyr::from_str(&scheme::init(kind)).map_err(Error::defect)?;
    values["name"] = "demo-values-90-75-60".into();
    values["A1"] = serde_json::json!({"rule": "absolute", "thresholds": ["90", "75", "60"]});
    values["A2"] = "not_used".into();
    values["A5"] = "not_used".into();
    Ok(values)
}
