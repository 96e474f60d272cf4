//! Failures of requests, and their form in HTTP.

use crate::contract::{Error, ErrorKind};
use crate::error;
use crate::output::{ErrorFields, SinkError};
use crate::scim::ScimType;
use serde::Serialize;
use std::io;

/// An error with its status and header in HTTP.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) status: u16,
    pub(super) header: Option<(&'static str, String)>,
    pub(super) error: Box<Error>,
    /// The word of SCIM for it, if there is one.
    pub(super) scim_type: Option<ScimType>,
    /// The reason for the log, if it says more than the client may know.
    pub(super) reason: Option<&'static str>,
}

/// The reason why a request isn't answered as asked.
#[derive(Debug)]
pub(super) enum End {
    /// A failure to answer with.
    Failed(Failure),
    /// The client is gone.
    Gone(io::Error),
}

impl Failure {
    pub(super) fn new(status: u16, kind: ErrorKind, message: impl Into<String>) -> Self {
        let error = Error {
            kind,
            message: message.into(),
            code: None,
            http_status: None,
            retryable: false,
            retry_after_ms: None,
            about: None,
            details: "{}".to_owned(),
        };
        Self { status, header: None, error: Box::new(error), scim_type: None, reason: None }
    }

    /// Makes a failure that is the client's fault. `name` is the part of the request at fault.
    pub(super) fn argument(name: &str, message: impl Into<String>) -> Self {
        Self::new(400, ErrorKind::InvalidArgument, message).about(name)
    }

    pub(super) fn no_such_path() -> Self {
        Self::new(
            404,
            ErrorKind::NotFound,
            "There is no such path here. GET /v1/openapi.json tells those that there are.",
        )
    }

    pub(super) fn about(mut self, about: &str) -> Self {
        self.error.about = Some(about.to_owned());
        self
    }

    pub(super) fn header(self, name: &'static str, value: impl Into<String>) -> Self {
        Self { header: Some((name, value.into())), ..self }
    }

    pub(super) fn because(self, reason: &'static str) -> Self {
        Self { reason: Some(reason), ..self }
    }
}

/// Returns HTTP's status for a kind of error. If Cloudflare rejects the operator's credentials, the
/// client's are still good: this isn't 401 or 403.
fn status(kind: ErrorKind) -> u16 {
    match kind {
        ErrorKind::InvalidArgument | ErrorKind::InvalidCursor => 400,
        ErrorKind::NotFound => 404,
        ErrorKind::Conflict | ErrorKind::Refused => 409,
        ErrorKind::RateLimited => 429,
        ErrorKind::InvalidSettings | ErrorKind::Internal => 500,
        ErrorKind::Unsupported => 501,
        ErrorKind::InvalidResponse | ErrorKind::Unauthenticated | ErrorKind::PermissionDenied => 502,
        ErrorKind::Unavailable => 503,
        ErrorKind::Indeterminate => 504,
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = status(error.kind);
        let wait = error.retry_after_ms.filter(|_| matches!(status, 429 | 503));
        let header = wait.map(|wait| ("retry-after", wait.div_ceil(1000).to_string()));
        Self { status, header, error: Box::new(error), scim_type: None, reason: None }
    }
}

impl From<error::Error> for Failure {
    fn from(error: error::Error) -> Self {
        Error::from(error).into()
    }
}

impl From<Failure> for End {
    fn from(failure: Failure) -> Self {
        End::Failed(failure)
    }
}

impl From<error::Error> for End {
    fn from(error: error::Error) -> Self {
        End::Failed(error.into())
    }
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        End::Gone(error)
    }
}

impl From<SinkError> for End {
    fn from(error: SinkError) -> Self {
        match error {
            SinkError::Io(error) => End::Gone(error),
            not_json @ SinkError::NotJson { .. } => error::Error::internal(not_json).into(),
        }
    }
}

/// An error in the contract's fields: a failure's body, a stream's last line, and a check's
/// outcome.
#[derive(Serialize)]
#[serde(tag = "type", rename = "error")]
pub(super) struct ErrorLine<'a> {
    #[serde(flatten)]
    fields: ErrorFields<'a>,
}

impl<'a> From<&'a Error> for ErrorLine<'a> {
    fn from(error: &'a Error) -> Self {
        Self { fields: error.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: error::ErrorKind, retry_after_ms: Option<u32>) -> Failure {
        let mut error = error::Error::new(kind, "Why.");
        error.retry_after_ms = retry_after_ms;
        error.into()
    }

    #[test]
    fn each_kind_has_its_status() {
        use error::ErrorKind::*;
        for (kind, status) in [
            (InvalidSettings, 500),
            (InvalidArgument, 400),
            (InvalidCursor, 400),
            (Unauthenticated, 502),
            (PermissionDenied, 502),
            (NotFound, 404),
            (Conflict, 409),
            (Refused, 409),
            (Indeterminate, 504),
            (RateLimited, 429),
            (Unavailable, 503),
            (InvalidResponse, 502),
            (Unsupported, 501),
            (Internal, 500),
        ] {
            assert_eq!(of(kind, None).status, status, "{kind:?}");
            assert_eq!(of(kind, None).header, None, "{kind:?}");
        }
    }

    #[test]
    fn a_client_hears_when_to_come_again_where_that_is_known() {
        use error::ErrorKind::*;
        for kind in [RateLimited, Unavailable] {
            assert_eq!(of(kind, Some(1_001)).header, Some(("retry-after", "2".to_owned())), "{kind:?}");
        }
        assert_eq!(of(Refused, Some(1_001)).header, None);
    }

    #[test]
    fn an_error_has_the_contracts_fields() {
        let error = Failure::argument("cursor", "Bad.").error;
        assert_eq!(
            serde_json::to_string(&ErrorLine::from(&*error)).unwrap(),
            concat!(
                r#"{"type":"error","kind":"invalid-argument","message":"Bad.","code":null,"#,
                r#""http_status":null,"retryable":false,"retry_after_ms":null,"about":"cursor","#,
                r#""details":{}}"#,
            )
        );
    }
}
