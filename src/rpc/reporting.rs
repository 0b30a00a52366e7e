//! ReportingService.

use super::door::{Door, answer};
use crate::error::Error;
use crate::msg;
use canvass_proto::v1::{reporting_service_server::ReportingService, *};
use std::pin::Pin;
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

type Reply<T> = Result<Response<T>, Status>;
type Outflow<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

fn later() -> Error {
    Error::Unimplemented(msg!("request.later"))
}

#[tonic::async_trait]
impl ReportingService for Door {
    async fn get_scores(&self, request: Request<GetScoresRequest>) -> Reply<GetScoresResponse> {
        let (who, _) = self.enter(request, "ReportingService/GetScores").await?;
        answer(Err(later()), &who)
    }

    type ExportScoresStream = Outflow<ExportScoresResponse>;
    async fn export_scores(
        &self,
        request: Request<ExportScoresRequest>,
    ) -> Reply<Self::ExportScoresStream> {
        let (who, _) = self.enter(request, "ReportingService/ExportScores").await?;
        answer(Err(later()), &who)
    }

    type ExportInterviewsStream = Outflow<ExportInterviewsResponse>;
    async fn export_interviews(
        &self,
        request: Request<ExportInterviewsRequest>,
    ) -> Reply<Self::ExportInterviewsStream> {
        let (who, _) = self.enter(request, "ReportingService/ExportInterviews").await?;
        answer(Err(later()), &who)
    }

    type ExportAttemptsStream = Outflow<ExportAttemptsResponse>;
    async fn export_attempts(
        &self,
        request: Request<ExportAttemptsRequest>,
    ) -> Reply<Self::ExportAttemptsStream> {
        let (who, _) = self.enter(request, "ReportingService/ExportAttempts").await?;
        answer(Err(later()), &who)
    }

    type ExportDrawStream = Outflow<ExportDrawResponse>;
    async fn export_draw(
        &self,
        request: Request<ExportDrawRequest>,
    ) -> Reply<Self::ExportDrawStream> {
        let (who, _) = self.enter(request, "ReportingService/ExportDraw").await?;
        answer(Err(later()), &who)
    }
}
