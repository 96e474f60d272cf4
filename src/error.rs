//! What went wrong, in the contract's terms (`wit/types.wit`, `record error`).

use std::fmt;
use std::ops::{Deref, DerefMut};

/// What a host branches on. The contract documents each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented in wit/types.wit, `enum error-kind`")]
pub enum ErrorKind {
    InvalidSettings,
    InvalidArgument,
    InvalidCursor,
    Unauthenticated,
    PermissionDenied,
    NotFound,
    Conflict,
    Refused,
    Indeterminate,
    RateLimited,
    Unavailable,
    InvalidResponse,
    Unsupported,
    Internal,
}

/// A failed call. Nothing in it is a secret: the client redacts what comes from upstream before it
/// gets here. It is one pointer, because every result has to have room for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Failure>);

/// What an error tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What a host branches on.
    pub kind: ErrorKind,
    /// For a person: what was tried, what came back, what to do.
    pub message: String,
    /// Cloudflare's own code, e.g. "10000".
    pub code: Option<String>,
    /// Of the answer, where there was one.
    pub http_status: Option<u16>,
    /// Whether the same call can succeed later without anything being changed.
    pub retryable: bool,
    /// Milliseconds from this call's return.
    pub retry_after_ms: Option<u32>,
    /// The settings field, argument or resource that it is about.
    pub about: Option<String>,
    /// What support needs, as a JSON object.
    pub details: String,
}

/// What a call of the core gives.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of this kind with nothing but its message. Whether it is retryable follows from the
    /// kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Failure {
            kind,
            message: message.into(),
            code: None,
            http_status: None,
            retryable: matches!(kind, ErrorKind::RateLimited | ErrorKind::Unavailable),
            retry_after_ms: None,
            about: None,
            details: "{}".to_owned(),
        }))
    }

    /// What it tells, for another form of it.
    pub fn into_failure(self) -> Failure {
        *self.0
    }

    /// Names the settings field, argument or resource.
    pub fn about(mut self, about: impl Into<String>) -> Self {
        self.about = Some(about.into());
        self
    }

    /// What fails with this too without being tried: it would fail in the same way.
    pub fn not_tried(&self) -> Self {
        let mut error = self.clone();
        error.message = format!("This was not tried, because something before it failed. {}", self.message);
        error.about = None;
        error
    }

    /// A setting's fault: `field` is its id in the manifest.
    pub fn setting(field: &str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidSettings, message).about(field)
    }

    /// An argument's fault.
    pub fn argument(name: &str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidArgument, message).about(name)
    }

    /// A cursor that can't be taken up: the read has to start again.
    pub fn cursor(why: impl fmt::Display) -> Self {
        Self::new(
            ErrorKind::InvalidCursor,
            format!("This cursor can't be taken up: {why}. Start the read again without a cursor."),
        )
        .about("cursor")
    }

    /// What can't be, and is told rather than trapped on.
    pub fn internal(what: impl fmt::Display) -> Self {
        Self::new(
            ErrorKind::Internal,
            format!("A fault of the connector: {what}. Report it, and start again."),
        )
    }
}

impl Deref for Error {
    type Target = Failure;

    fn deref(&self) -> &Failure {
        &self.0
    }
}

impl DerefMut for Error {
    fn deref_mut(&mut self) -> &mut Failure {
        &mut self.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
