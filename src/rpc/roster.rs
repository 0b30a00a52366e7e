//! The streams of an import: the file in, the report and the rejected lines out.

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::model::Caller;
use crate::msg;
use canvass_proto::v1::{GetImportRequest, GetImportResponse, ImportRosterRequest, ImportRosterResponse};
use std::pin::Pin;
use tokio_stream::Stream;
use tonic::{Status, Streaming};

type Outflow<T> = Pin<Box<dyn Stream<Item = std::result::Result<T, Status>> + Send>>;

pub async fn import(_desk: &Desk, _who: &Caller, _stream: Streaming<ImportRosterRequest>) -> Result<ImportRosterResponse> {
    Err(Error::Unimplemented(msg!("request.later")))
}
pub async fn get(_desk: &Desk, _who: &Caller, _m: &GetImportRequest) -> Result<Outflow<GetImportResponse>> {
    Err(Error::Unimplemented(msg!("request.later")))
}
