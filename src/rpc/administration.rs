//! AdministrationService.

use super::convert::{
    draw_message, questionnaire_json, ratings_json, scheme_json, settings_row, survey_message,
};
use super::door::{Door, Write, answer};
use super::{page, roster};
use crate::desk::Assumptions;
use crate::error::{Error, Result};
use crate::model::{SurveyRow, SurveyState};
use crate::msg;
use canvass_proto::v1::{administration_service_server::AdministrationService, *};
use std::pin::Pin;
use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming};

type Reply<T> = std::result::Result<Response<T>, Status>;
type Outflow<T> = Pin<Box<dyn Stream<Item = std::result::Result<T, Status>> + Send>>;

impl Door {
    async fn shown(&self, survey: SurveyRow) -> Result<Survey> {
        let lines = self.desk.roster_lines(survey.survey_id).await?;
        Ok(survey_message(survey, lines))
    }
}

#[tonic::async_trait]
impl AdministrationService for Door {
    async fn create_survey(
        &self,
        request: Request<CreateSurveyRequest>,
    ) -> Reply<CreateSurveyResponse> {
        let (who, m) = self.enter(request, "AdministrationService/CreateSurvey").await?;
        let work = async {
            let key = m.key("CreateSurvey")?;
            let settings = settings_row(m.settings.unwrap_or_default());
            let made = self.desk.create_survey(&who, &key, settings).await?;
            Ok(CreateSurveyResponse { survey: Some(self.shown(made).await?) })
        };
        answer(work.await, &who)
    }

    async fn get_survey(&self, request: Request<GetSurveyRequest>) -> Reply<GetSurveyResponse> {
        let (who, m) = self.enter_survey(request, "AdministrationService/GetSurvey").await?;
        let work = async {
            let survey = self.desk.survey(m.survey_id).await?;
            Ok(GetSurveyResponse { survey: Some(self.shown(survey).await?) })
        };
        answer(work.await, &who)
    }

    async fn list_surveys(
        &self,
        request: Request<ListSurveysRequest>,
    ) -> Reply<ListSurveysResponse> {
        let (who, m) = self.enter(request, "AdministrationService/ListSurveys").await?;
        let work = async {
            let (after, limit) = page::read(&m.page_token, m.page_size)?;
            let rows = self.desk.list_surveys(&who, after, limit).await?;
            let next_page_token = page::next(&rows, limit, |s| s.survey_id);
            let mut surveys = Vec::with_capacity(rows.len());
            for row in rows {
                surveys.push(self.shown(row).await?);
            }
            Ok(ListSurveysResponse { surveys, next_page_token })
        };
        answer(work.await, &who)
    }

    async fn update_survey(
        &self,
        request: Request<UpdateSurveyRequest>,
    ) -> Reply<UpdateSurveyResponse> {
        let (who, m) = self.enter_survey(request, "AdministrationService/UpdateSurvey").await?;
        let work = async {
            let key = m.key("UpdateSurvey")?;
            let new = settings_row(m.settings.unwrap_or_default());
            let done =
                self.desk.update_survey(&who, &key, m.survey_id, new, &m.update_mask).await?;
            Ok(UpdateSurveyResponse { survey: Some(self.shown(done).await?) })
        };
        answer(work.await, &who)
    }

    async fn change_survey_state(
        &self,
        request: Request<ChangeSurveyStateRequest>,
    ) -> Reply<ChangeSurveyStateResponse> {
        let (who, m) =
            self.enter_survey(request, "AdministrationService/ChangeSurveyState").await?;
        let work = async {
            let key = m.key("ChangeSurveyState")?;
            let to = SurveyState::ALL.into_iter().find(|s| *s as i64 == i64::from(m.state));
            let to = to.filter(|s| *s >= SurveyState::Fielding);
            let to = to.ok_or_else(|| Error::invalid("state", msg!("survey.bad_state")))?;
            let done = self.desk.change_state(&who, &key, m.survey_id, to).await?;
            Ok(ChangeSurveyStateResponse { survey: Some(self.shown(done).await?) })
        };
        answer(work.await, &who)
    }

    async fn import_roster(
        &self,
        request: Request<Streaming<ImportRosterRequest>>,
    ) -> Reply<ImportRosterResponse> {
        let who = self.admit(request.metadata(), "AdministrationService/ImportRoster").await?;
        answer(roster::import(&self.desk, &who, request.into_inner()).await, &who)
    }

    type GetImportStream = Outflow<GetImportResponse>;
    async fn get_import(&self, request: Request<GetImportRequest>) -> Reply<Self::GetImportStream> {
        let (who, m) = self.enter_survey(request, "AdministrationService/GetImport").await?;
        answer(roster::get(&self.desk, &who, &m).await, &who)
    }

    async fn publish_questionnaire(
        &self,
        request: Request<PublishQuestionnaireRequest>,
    ) -> Reply<PublishQuestionnaireResponse> {
        let (who, m) =
            self.enter_survey(request, "AdministrationService/PublishQuestionnaire").await?;
        let work = async {
            let key = m.key("PublishQuestionnaire")?;
            let json = questionnaire_json(&m.questionnaire.unwrap_or_default()).to_string();
            let (version, log_pos) =
                self.desk.publish_questionnaire(&who, &key, m.survey_id, &json).await?;
            Ok(PublishQuestionnaireResponse { version, log_pos })
        };
        answer(work.await, &who)
    }

    async fn publish_scheme(
        &self,
        request: Request<PublishSchemeRequest>,
    ) -> Reply<PublishSchemeResponse> {
        let (who, m) = self.enter_survey(request, "AdministrationService/PublishScheme").await?;
        let work = async {
            let key = m.key("PublishScheme")?;
            let json = scheme_json(&m.scheme.unwrap_or_default()).to_string();
            let (version, log_pos) =
                self.desk.publish_scheme(&who, &key, m.survey_id, &json).await?;
            Ok(PublishSchemeResponse { version, log_pos })
        };
        answer(work.await, &who)
    }

    async fn freeze_frame(
        &self,
        request: Request<FreezeFrameRequest>,
    ) -> Reply<FreezeFrameResponse> {
        let (who, m) = self.enter_survey(request, "AdministrationService/FreezeFrame").await?;
        let work = async {
            let key = m.key("FreezeFrame")?;
            let done = self.desk.freeze(&who, &key, m.survey_id, &m.leave_out).await?;
            Ok(FreezeFrameResponse {
                frame_sha256: done.frame_sha256,
                units: done.units,
                strata: done.strata,
                log_pos: done.log_pos,
                empty_strata: done.empty_strata,
            })
        };
        answer(work.await, &who)
    }

    async fn plan_draw(&self, request: Request<PlanDrawRequest>) -> Reply<PlanDrawResponse> {
        let (who, m) = self.enter_survey(request, "AdministrationService/PlanDraw").await?;
        let or = |n: i32, default: i64| if n == 0 { default } else { i64::from(n) };
        let dials = if m.dials_per_valid.is_empty() { "3.0" } else { &m.dials_per_valid };
        let assume = Assumptions {
            dials_per_valid: dials.to_owned(),
            minutes_per_dial: or(m.minutes_per_dial, 4),
            seats: or(m.seats, 20),
            minutes_per_evening: or(m.minutes_per_evening, 180),
        };
        let assumptions = format!(
            "dials_per_valid={dials} minutes_per_dial={} seats={} minutes_per_evening={}",
            assume.minutes_per_dial, assume.seats, assume.minutes_per_evening
        );
        let done = self.desk.plan(m.survey_id, &assume).await.map(|plan| PlanDrawResponse {
            rows: plan
                .rows
                .into_iter()
                .map(|r| canvass_proto::v1::PlanRow {
                    stratum: r.stratum.name,
                    target_name: r.target_name,
                    listed: r.stratum.listed,
                    rejected: r.stratum.rejected,
                    held: r.stratum.held,
                    frame: r.stratum.units,
                    n: r.n,
                    reserves: r.reserves,
                    shortfall: r.shortfall,
                    flag: r.flag.to_owned(),
                })
                .collect(),
            n: plan.n,
            dials: plan.dials,
            evenings: plan.evenings,
            assumptions,
        });
        answer(done, &who)
    }

    async fn commit_design(
        &self,
        request: Request<CommitDesignRequest>,
    ) -> Reply<CommitDesignResponse> {
        let (who, m) = self.enter_survey(request, "AdministrationService/CommitDesign").await?;
        let work = async {
            let key = m.key("CommitDesign")?;
            let (design_json, log_pos) = self.desk.commit_design(&who, &key, m.survey_id).await?;
            Ok(CommitDesignResponse { design_json, log_pos })
        };
        answer(work.await, &who)
    }

    async fn commit_seed(&self, request: Request<CommitSeedRequest>) -> Reply<CommitSeedResponse> {
        let (who, m) = self.enter_survey(request, "AdministrationService/CommitSeed").await?;
        let work = async {
            let key = m.key("CommitSeed")?;
            let (seed, draw_no, log_pos) = self
                .desk
                .commit_seed(&who, &key, m.survey_id, &m.sources, &m.replace_reason)
                .await?;
            Ok(CommitSeedResponse { seed, draw_no, log_pos })
        };
        answer(work.await, &who)
    }

    async fn draw_sample(&self, request: Request<DrawSampleRequest>) -> Reply<DrawSampleResponse> {
        let (who, m) = self.enter_survey(request, "AdministrationService/DrawSample").await?;
        let work = async {
            let key = m.key("DrawSample")?;
            let (draw, log_pos) = self.desk.draw_sample(&who, &key, m.survey_id).await?;
            Ok(DrawSampleResponse { draw: Some(draw_message(draw)), log_pos })
        };
        answer(work.await, &who)
    }

    async fn list_draws(&self, request: Request<ListDrawsRequest>) -> Reply<ListDrawsResponse> {
        let (who, m) = self.enter_survey(request, "AdministrationService/ListDraws").await?;
        let draws = self.desk.draws(m.survey_id).await;
        let shown = draws.map(|d| d.into_iter().map(draw_message).collect());
        answer(shown.map(|draws| ListDrawsResponse { draws }), &who)
    }

    async fn correct_interview(
        &self,
        request: Request<CorrectInterviewRequest>,
    ) -> Reply<CorrectInterviewResponse> {
        let (who, m) = self.enter_survey(request, "AdministrationService/CorrectInterview").await?;
        let work = async {
            let key = m.key("CorrectInterview")?;
            let ratings = ratings_json(&m.ratings)?;
            let done = self
                .desk
                .correct_interview(&who, &key, m.survey_id, m.case_no, ratings, &m.reason)
                .await?;
            Ok(CorrectInterviewResponse {
                version: done.version,
                status: done.status,
                log_pos: done.log_pos,
            })
        };
        answer(work.await, &who)
    }

    async fn withdraw_interview(
        &self,
        request: Request<WithdrawInterviewRequest>,
    ) -> Reply<WithdrawInterviewResponse> {
        let (who, m) =
            self.enter_survey(request, "AdministrationService/WithdrawInterview").await?;
        let work = async {
            let key = m.key("WithdrawInterview")?;
            let done =
                self.desk.withdraw_interview(&who, &key, m.survey_id, m.case_no, &m.reason).await?;
            Ok(WithdrawInterviewResponse { version: done.version, log_pos: done.log_pos })
        };
        answer(work.await, &who)
    }
}
