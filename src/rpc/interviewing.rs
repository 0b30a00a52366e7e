//! InterviewingService.

use super::door::{Door, answer};
use crate::error::Error;
use crate::msg;
use canvass_proto::v1::{interviewing_service_server::InterviewingService, *};
use std::pin::Pin;
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

type Reply<T> = Result<Response<T>, Status>;
type Outflow<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

fn later() -> Error {
    Error::Unimplemented(msg!("request.later"))
}

#[tonic::async_trait]
impl InterviewingService for Door {
    async fn list_my_surveys(
        &self,
        request: Request<ListMySurveysRequest>,
    ) -> Reply<ListMySurveysResponse> {
        let (who, _) = self.enter(request, "InterviewingService/ListMySurveys").await?;
        answer(Err(later()), &who)
    }

    async fn get_questionnaire(
        &self,
        request: Request<GetQuestionnaireRequest>,
    ) -> Reply<GetQuestionnaireResponse> {
        let (who, _) = self.enter(request, "InterviewingService/GetQuestionnaire").await?;
        answer(Err(later()), &who)
    }

    async fn pull_assignment(
        &self,
        request: Request<PullAssignmentRequest>,
    ) -> Reply<PullAssignmentResponse> {
        let (who, _) = self.enter(request, "InterviewingService/PullAssignment").await?;
        answer(Err(later()), &who)
    }

    async fn list_held_assignments(
        &self,
        request: Request<ListHeldAssignmentsRequest>,
    ) -> Reply<ListHeldAssignmentsResponse> {
        let (who, _) = self.enter(request, "InterviewingService/ListHeldAssignments").await?;
        answer(Err(later()), &who)
    }

    async fn extend_assignment(
        &self,
        request: Request<ExtendAssignmentRequest>,
    ) -> Reply<ExtendAssignmentResponse> {
        let (who, _) = self.enter(request, "InterviewingService/ExtendAssignment").await?;
        answer(Err(later()), &who)
    }

    async fn release_assignment(
        &self,
        request: Request<ReleaseAssignmentRequest>,
    ) -> Reply<ReleaseAssignmentResponse> {
        let (who, _) = self.enter(request, "InterviewingService/ReleaseAssignment").await?;
        answer(Err(later()), &who)
    }

    async fn start_interview(
        &self,
        request: Request<StartInterviewRequest>,
    ) -> Reply<StartInterviewResponse> {
        let (who, _) = self.enter(request, "InterviewingService/StartInterview").await?;
        answer(Err(later()), &who)
    }

    async fn save_answers(
        &self,
        request: Request<SaveAnswersRequest>,
    ) -> Reply<SaveAnswersResponse> {
        let (who, _) = self.enter(request, "InterviewingService/SaveAnswers").await?;
        answer(Err(later()), &who)
    }

    async fn submit_interview(
        &self,
        request: Request<SubmitInterviewRequest>,
    ) -> Reply<SubmitInterviewResponse> {
        let (who, _) = self.enter(request, "InterviewingService/SubmitInterview").await?;
        answer(Err(later()), &who)
    }

    async fn record_attempt(
        &self,
        request: Request<RecordAttemptRequest>,
    ) -> Reply<RecordAttemptResponse> {
        let (who, _) = self.enter(request, "InterviewingService/RecordAttempt").await?;
        answer(Err(later()), &who)
    }
}
