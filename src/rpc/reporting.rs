//! ReportingService.

use super::door::{Door, answer};
use super::roster::pieces;
use crate::desk::{FileKind, PrintedScore};
use crate::error::Error;
use crate::msg;
use canvass_proto::v1::{reporting_service_server::ReportingService, *};
use std::pin::Pin;
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

type Reply<T> = Result<Response<T>, Status>;
type Outflow<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

fn kind(sent: i32) -> crate::error::Result<FileKind> {
    match ExportFormat::try_from(sent) {
        Ok(ExportFormat::Xlsx) => Ok(FileKind::Xlsx),
        Ok(ExportFormat::CsvExact) => Ok(FileKind::CsvExact),
        Ok(ExportFormat::Csv | ExportFormat::Unspecified) => Ok(FileKind::Csv),
        Err(_) => Err(Error::invalid("format", msg!("export.format"))),
    }
}

fn row(s: PrintedScore) -> ScoreRow {
    ScoreRow {
        target: s.target,
        name: s.name,
        class: s.class,
        n: s.n,
        frame: s.frame,
        mean: s.mean,
        se: s.se,
        se_basis: s.se_basis.to_owned(),
        ci_low: s.ci_low,
        ci_high: s.ci_high,
        tier: s.tier,
        points: s.points,
        tier_best: s.tier_best,
        tier_worst: s.tier_worst,
        status: s.status.to_owned(),
        reason: s.reason,
        exact: s.exact,
    }
}

#[tonic::async_trait]
impl ReportingService for Door {
    async fn get_scores(&self, request: Request<GetScoresRequest>) -> Reply<GetScoresResponse> {
        let (who, m) = self.enter_survey(request, "ReportingService/GetScores").await?;
        let done = self.desk.scores(&who, m.survey_id).await;
        let shown = done.map(|table| GetScoresResponse {
            log_pos: table.log_pos,
            interim: table.interim,
            scheme: table.scheme,
            rows: table.rows.into_iter().map(|s| row(s.into())).collect(),
        });
        answer(shown, &who)
    }

    type ExportScoresStream = Outflow<ExportScoresResponse>;
    async fn export_scores(
        &self,
        request: Request<ExportScoresRequest>,
    ) -> Reply<Self::ExportScoresStream> {
        let (who, m) = self.enter_survey(request, "ReportingService/ExportScores").await?;
        let file = async { self.desk.export_scores(&who, m.survey_id, kind(m.format)?).await };
        answer(file.await.map(|f| pieces(f, |chunk| ExportScoresResponse { chunk })), &who)
    }

    type ExportInterviewsStream = Outflow<ExportInterviewsResponse>;
    async fn export_interviews(
        &self,
        request: Request<ExportInterviewsRequest>,
    ) -> Reply<Self::ExportInterviewsStream> {
        let (who, m) = self.enter_survey(request, "ReportingService/ExportInterviews").await?;
        let file = async { self.desk.export_interviews(&who, m.survey_id, kind(m.format)?).await };
        answer(file.await.map(|f| pieces(f, |chunk| ExportInterviewsResponse { chunk })), &who)
    }

    type ExportAttemptsStream = Outflow<ExportAttemptsResponse>;
    async fn export_attempts(
        &self,
        request: Request<ExportAttemptsRequest>,
    ) -> Reply<Self::ExportAttemptsStream> {
        let (who, m) = self.enter_survey(request, "ReportingService/ExportAttempts").await?;
        let file = async { self.desk.export_attempts(&who, m.survey_id, kind(m.format)?).await };
        answer(file.await.map(|f| pieces(f, |chunk| ExportAttemptsResponse { chunk })), &who)
    }

    type ExportDrawStream = Outflow<ExportDrawResponse>;
    async fn export_draw(
        &self,
        request: Request<ExportDrawRequest>,
    ) -> Reply<Self::ExportDrawStream> {
        let (who, m) = self.enter_survey(request, "ReportingService/ExportDraw").await?;
        let files = self.desk.draw_files(&who, m.survey_id, m.draw_no).await;
        let parts = files.map(|files| {
            let cut = files.into_iter().flat_map(|(file, bytes)| {
                let pieces: Vec<Vec<u8>> = bytes.chunks(64 * 1024).map(<[u8]>::to_vec).collect();
                pieces
                    .into_iter()
                    .map(move |chunk| Ok(ExportDrawResponse { file: file.to_owned(), chunk }))
            });
            let parts: Vec<Result<ExportDrawResponse, Status>> = cut.collect();
            Box::pin(tokio_stream::iter(parts)) as Self::ExportDrawStream
        });
        answer(parts, &who)
    }
}
