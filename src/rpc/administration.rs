//! AdministrationService.

use super::door::{Door, answer};
use crate::error::Error;
use crate::msg;
use canvass_proto::v1::{administration_service_server::AdministrationService, *};
use std::pin::Pin;
use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming};

type Reply<T> = Result<Response<T>, Status>;
type Outflow<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

fn later() -> Error {
    Error::Unimplemented(msg!("request.later"))
}

#[tonic::async_trait]
impl AdministrationService for Door {
    async fn create_survey(
        &self,
        request: Request<CreateSurveyRequest>,
    ) -> Reply<CreateSurveyResponse> {
        let (who, _) = self.enter(request, "AdministrationService/CreateSurvey").await?;
        answer(Err(later()), &who)
    }

    async fn get_survey(&self, request: Request<GetSurveyRequest>) -> Reply<GetSurveyResponse> {
        let (who, _) = self.enter(request, "AdministrationService/GetSurvey").await?;
        answer(Err(later()), &who)
    }

    async fn list_surveys(
        &self,
        request: Request<ListSurveysRequest>,
    ) -> Reply<ListSurveysResponse> {
        let (who, _) = self.enter(request, "AdministrationService/ListSurveys").await?;
        answer(Err(later()), &who)
    }

    async fn update_survey(
        &self,
        request: Request<UpdateSurveyRequest>,
    ) -> Reply<UpdateSurveyResponse> {
        let (who, _) = self.enter(request, "AdministrationService/UpdateSurvey").await?;
        answer(Err(later()), &who)
    }

    async fn change_survey_state(
        &self,
        request: Request<ChangeSurveyStateRequest>,
    ) -> Reply<ChangeSurveyStateResponse> {
        let (who, _) = self.enter(request, "AdministrationService/ChangeSurveyState").await?;
        answer(Err(later()), &who)
    }

    async fn import_roster(
        &self,
        request: Request<Streaming<ImportRosterRequest>>,
    ) -> Reply<ImportRosterResponse> {
        let (who, _) = self.enter(request, "AdministrationService/ImportRoster").await?;
        answer(Err(later()), &who)
    }

    type GetImportStream = Outflow<GetImportResponse>;
    async fn get_import(&self, request: Request<GetImportRequest>) -> Reply<Self::GetImportStream> {
        let (who, _) = self.enter(request, "AdministrationService/GetImport").await?;
        answer(Err(later()), &who)
    }

    async fn publish_questionnaire(
        &self,
        request: Request<PublishQuestionnaireRequest>,
    ) -> Reply<PublishQuestionnaireResponse> {
        let (who, _) = self.enter(request, "AdministrationService/PublishQuestionnaire").await?;
        answer(Err(later()), &who)
    }

    async fn publish_scheme(
        &self,
        request: Request<PublishSchemeRequest>,
    ) -> Reply<PublishSchemeResponse> {
        let (who, _) = self.enter(request, "AdministrationService/PublishScheme").await?;
        answer(Err(later()), &who)
    }

    async fn freeze_frame(
        &self,
        request: Request<FreezeFrameRequest>,
    ) -> Reply<FreezeFrameResponse> {
        let (who, _) = self.enter(request, "AdministrationService/FreezeFrame").await?;
        answer(Err(later()), &who)
    }

    async fn plan_draw(&self, request: Request<PlanDrawRequest>) -> Reply<PlanDrawResponse> {
        let (who, _) = self.enter(request, "AdministrationService/PlanDraw").await?;
        answer(Err(later()), &who)
    }

    async fn commit_design(
        &self,
        request: Request<CommitDesignRequest>,
    ) -> Reply<CommitDesignResponse> {
        let (who, _) = self.enter(request, "AdministrationService/CommitDesign").await?;
        answer(Err(later()), &who)
    }

    async fn commit_seed(&self, request: Request<CommitSeedRequest>) -> Reply<CommitSeedResponse> {
        let (who, _) = self.enter(request, "AdministrationService/CommitSeed").await?;
        answer(Err(later()), &who)
    }

    async fn draw_sample(&self, request: Request<DrawSampleRequest>) -> Reply<DrawSampleResponse> {
        let (who, _) = self.enter(request, "AdministrationService/DrawSample").await?;
        answer(Err(later()), &who)
    }

    async fn list_draws(&self, request: Request<ListDrawsRequest>) -> Reply<ListDrawsResponse> {
        let (who, _) = self.enter(request, "AdministrationService/ListDraws").await?;
        answer(Err(later()), &who)
    }

    async fn correct_interview(
        &self,
        request: Request<CorrectInterviewRequest>,
    ) -> Reply<CorrectInterviewResponse> {
        let (who, _) = self.enter(request, "AdministrationService/CorrectInterview").await?;
        answer(Err(later()), &who)
    }

    async fn withdraw_interview(
        &self,
        request: Request<WithdrawInterviewRequest>,
    ) -> Reply<WithdrawInterviewResponse> {
        let (who, _) = self.enter(request, "AdministrationService/WithdrawInterview").await?;
        answer(Err(later()), &who)
    }
}
