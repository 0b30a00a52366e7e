//! What every call passes first: its token, its role, its language; and the identity of a write.

use super::{
    roles::{Least, least},
    status::status,
};
use crate::desk::{Desk, sha256};
use crate::error::Error;
use crate::model::{Caller, Lang, RequestKey};
use crate::msg;
use canvass_proto::v1;
use prost::Message;
use tonic::{Request, Response, Status, metadata::MetadataMap};

/// The desk behind the services.
#[derive(Clone)]
pub struct Door {
    /// The desk.
    pub desk: Desk,
}

/// The language a call asks for.
pub fn language(metadata: &MetadataMap) -> Lang {
    metadata.get("accept-language").and_then(|v| v.to_str().ok()).map_or(Lang::En, Lang::accept)
}

fn bearer(metadata: &MetadataMap) -> Option<&str> {
    metadata.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")
}

impl Door {
    /// Admits a call, or refuses it: no row in the table, no live token, or too low a role.
    pub async fn admit(&self, metadata: &MetadataMap, call: &str) -> Result<Caller, Status> {
        Ok(self.admit_to(metadata, call, 0).await?.0)
    }

    async fn admit_to(
        &self,
        metadata: &MetadataMap,
        call: &str,
        survey_id: i64,
    ) -> Result<(Caller, bool), Status> {
        let lang = language(metadata);
        let refuse = |error| status(error, lang);
        let sent = bearer(metadata);
        let (who, reached) = self.desk.caller(sent, survey_id, lang).await.map_err(refuse)?;
        match least(call) {
            Some(Least::Nobody) => Ok((who, reached)),
            Some(Least::Role(role)) if who.role >= role => Ok((who, reached)),
            Some(Least::Role(_)) | None => Err(refuse(Error::Forbidden(msg!("access.role")))),
        }
    }

    /// Admits a unary call and takes its message.
    pub async fn enter<T>(&self, request: Request<T>, call: &str) -> Result<(Caller, T), Status> {
        let who = self.admit(request.metadata(), call).await?;
        Ok((who, request.into_inner()))
    }

    /// Admits a call about one survey; it must be within the caller's reach. One that is missing and
    /// one that is not theirs answer alike.
    pub async fn enter_survey<T: AboutSurvey>(
        &self,
        request: Request<T>,
        call: &str,
    ) -> Result<(Caller, T), Status> {
        let survey_id = request.get_ref().survey_id();
        let (who, reached) = self.admit_to(request.metadata(), call, survey_id).await?;
        if !reached {
            return Err(status(crate::desk::no_survey(survey_id), who.lang));
        }
        Ok((who, request.into_inner()))
    }
}

/// A message about one survey.
pub trait AboutSurvey {
    /// Which.
    fn survey_id(&self) -> i64;
}

/// Answers, or turns the error into a status in the caller's language.
pub fn answer<T>(result: crate::error::Result<T>, who: &Caller) -> Result<Response<T>, Status> {
    result.map(Response::new).map_err(|e| status(e, who.lang))
}

/// A write: a message with a request id.
pub trait Write: Message + Clone {
    /// The id as sent.
    fn request_id(&self) -> &str;
    /// The same message without it.
    fn without_id(&self) -> Self;

    /// The identity of this write.
    ///
    /// # Errors
    /// An id that is not a UUID.
    fn key(&self, method: &'static str) -> crate::error::Result<RequestKey> {
        let id = uuid::Uuid::parse_str(self.request_id())
            .ok()
            .filter(|id| !id.is_nil())
            .ok_or_else(|| Error::invalid("request_id", msg!("request.bad_id")))?;
        let sha256 = sha256(&self.without_id().encode_to_vec());
        Ok(RequestKey { id: id.into_bytes(), method, sha256 })
    }
}

macro_rules! writes {
    ($($message:ident),+ $(,)?) => { $(
        impl Write for v1::$message {
            fn request_id(&self) -> &str { &self.request_id }
            fn without_id(&self) -> Self { Self { request_id: String::new(), ..self.clone() } }
        }
    )+ };
}
writes!(
    ChangePasswordRequest,
    CreateUserRequest,
    UpdateUserRequest,
    RevokeUserRequest,
    CreateTokenRequest,
    PullAssignmentRequest,
    ReleaseAssignmentRequest,
    StartInterviewRequest,
    SubmitInterviewRequest,
    RecordAttemptRequest,
    RevokeAssignmentRequest,
    ReleaseReservesRequest,
    ResolveQuarantineRequest,
    CreateSurveyRequest,
    UpdateSurveyRequest,
    ChangeSurveyStateRequest,
    PublishQuestionnaireRequest,
    PublishSchemeRequest,
    FreezeFrameRequest,
    CommitDesignRequest,
    CommitSeedRequest,
    DrawSampleRequest,
    CorrectInterviewRequest,
    WithdrawInterviewRequest,
    ImportHeader,
);

macro_rules! about_survey {
    ($($message:ident),+ $(,)?) => { $(
        impl AboutSurvey for v1::$message {
            fn survey_id(&self) -> i64 { self.survey_id }
        }
    )+ };
}
about_survey!(
    GetQuestionnaireRequest,
    PullAssignmentRequest,
    ExtendAssignmentRequest,
    ReleaseAssignmentRequest,
    StartInterviewRequest,
    SaveAnswersRequest,
    SubmitInterviewRequest,
    RecordAttemptRequest,
    GetProgressRequest,
    WatchProgressRequest,
    ListCasesRequest,
    GetCaseRequest,
    RevokeAssignmentRequest,
    ReleaseReservesRequest,
    ListQuarantineRequest,
    ResolveQuarantineRequest,
    ListSeatsRequest,
    GetSurveyRequest,
    UpdateSurveyRequest,
    ChangeSurveyStateRequest,
    GetImportRequest,
    PublishQuestionnaireRequest,
    PublishSchemeRequest,
    FreezeFrameRequest,
    PlanDrawRequest,
    CommitDesignRequest,
    CommitSeedRequest,
    DrawSampleRequest,
    ListDrawsRequest,
    CorrectInterviewRequest,
    WithdrawInterviewRequest,
    GetScoresRequest,
    ExportScoresRequest,
    ExportInterviewsRequest,
    ExportAttemptsRequest,
    ExportDrawRequest,
);
