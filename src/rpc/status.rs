//! The one table from errors to gRPC, and the one place where a failure is logged.

use crate::error::Error;
use crate::model::Lang;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

/// The domain of every reason.
pub const DOMAIN: &str = "canvass";

/// The status of an error, its text in the caller's language.
pub fn status(error: Error, lang: Lang) -> Status {
    let text = error.text(lang);
    match error {
        Error::NotFound(_) => plain(Code::NotFound, "NOT_FOUND", text),
        Error::Exists(_) => plain(Code::AlreadyExists, "ALREADY_EXISTS", text),
        Error::Forbidden(_) => plain(Code::PermissionDenied, "PERMISSION_DENIED", text),
        Error::Unauthenticated(_) => plain(Code::Unauthenticated, "UNAUTHENTICATED", text),
        Error::Unimplemented(_) => plain(Code::Unimplemented, "UNIMPLEMENTED", text),
        Error::Refused(reason, _) => {
            let too_large = reason == crate::error::Reason::TooLarge;
            let code = if too_large { Code::ResourceExhausted } else { Code::FailedPrecondition };
            plain(code, reason.word(), text)
        }
        Error::Invalid(fields) => {
            let violations: Vec<_> = fields
                .iter()
                .map(|v| FieldViolation::new(v.field.clone(), v.why.text(lang)))
                .collect();
            let mut details = ErrorDetails::with_error_info("INVALID_ARGUMENT", DOMAIN, []);
            details.set_bad_request(violations);
            Status::with_error_details(Code::InvalidArgument, text, details)
        }
        Error::Throttled(seconds, _) => {
            let mut details = ErrorDetails::with_error_info("THROTTLED", DOMAIN, []);
            details.set_retry_info(Some(Duration::from_secs(seconds.into())));
            Status::with_error_details(Code::ResourceExhausted, text, details)
        }
        Error::Busy(source) => {
            tracing::warn!(error = %source, "not done; the client is told to try again");
            let mut details = ErrorDetails::with_error_info("UNAVAILABLE", DOMAIN, []);
            details.set_retry_info(Some(Duration::from_millis(500)));
            Status::with_error_details(Code::Unavailable, text, details)
        }
        Error::Internal(source) => {
            tracing::error!(error = %source, "internal error");
            plain(Code::Internal, "INTERNAL", text)
        }
    }
}

fn plain(code: Code, reason: &str, text: String) -> Status {
    Status::with_error_details(code, text, ErrorDetails::with_error_info(reason, DOMAIN, []))
}
