//! SupervisionService.

use super::door::{Door, answer};
use crate::error::Error;
use crate::msg;
use canvass_proto::v1::{supervision_service_server::SupervisionService, *};
use std::pin::Pin;
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

type Reply<T> = Result<Response<T>, Status>;
type Outflow<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

fn later() -> Error {
    Error::Unimplemented(msg!("request.later"))
}

#[tonic::async_trait]
impl SupervisionService for Door {
    async fn get_progress(
        &self,
        request: Request<GetProgressRequest>,
    ) -> Reply<GetProgressResponse> {
        let (who, _) = self.enter(request, "SupervisionService/GetProgress").await?;
        answer(Err(later()), &who)
    }

    type WatchProgressStream = Outflow<WatchProgressResponse>;
    async fn watch_progress(
        &self,
        request: Request<WatchProgressRequest>,
    ) -> Reply<Self::WatchProgressStream> {
        let (who, _) = self.enter(request, "SupervisionService/WatchProgress").await?;
        answer(Err(later()), &who)
    }

    async fn list_cases(&self, request: Request<ListCasesRequest>) -> Reply<ListCasesResponse> {
        let (who, _) = self.enter(request, "SupervisionService/ListCases").await?;
        answer(Err(later()), &who)
    }

    async fn get_case(&self, request: Request<GetCaseRequest>) -> Reply<GetCaseResponse> {
        let (who, _) = self.enter(request, "SupervisionService/GetCase").await?;
        answer(Err(later()), &who)
    }

    async fn revoke_assignment(
        &self,
        request: Request<RevokeAssignmentRequest>,
    ) -> Reply<RevokeAssignmentResponse> {
        let (who, _) = self.enter(request, "SupervisionService/RevokeAssignment").await?;
        answer(Err(later()), &who)
    }

    async fn release_reserves(
        &self,
        request: Request<ReleaseReservesRequest>,
    ) -> Reply<ReleaseReservesResponse> {
        let (who, _) = self.enter(request, "SupervisionService/ReleaseReserves").await?;
        answer(Err(later()), &who)
    }

    async fn list_quarantine(
        &self,
        request: Request<ListQuarantineRequest>,
    ) -> Reply<ListQuarantineResponse> {
        let (who, _) = self.enter(request, "SupervisionService/ListQuarantine").await?;
        answer(Err(later()), &who)
    }

    async fn resolve_quarantine(
        &self,
        request: Request<ResolveQuarantineRequest>,
    ) -> Reply<ResolveQuarantineResponse> {
        let (who, _) = self.enter(request, "SupervisionService/ResolveQuarantine").await?;
        answer(Err(later()), &who)
    }

    async fn list_seats(&self, request: Request<ListSeatsRequest>) -> Reply<ListSeatsResponse> {
        let (who, _) = self.enter(request, "SupervisionService/ListSeats").await?;
        answer(Err(later()), &who)
    }
}
