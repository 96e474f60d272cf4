//! Errors in the contract's terms (`wit/types.wit`, `record error`).

use std::fmt;
use std::ops::{Deref, DerefMut};

/// The kind of an error, which a host branches on. The contract documents each.
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

/// The error of a failed call. It has no secrets: the client redacts upstream's texts before they get
/// here. It is one pointer, because every result needs room for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Failure>);

/// The content of an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The kind, which a host branches on.
    pub kind: ErrorKind,
    /// A message for a person: the call that was tried, the answer, and the remedy.
    pub message: String,
    /// Cloudflare's own code, for example "10000".
    pub code: Option<String>,
    /// The status of the answer, if there was one.
    pub http_status: Option<u16>,
    /// Whether the same call can succeed later though nothing is changed.
    pub retryable: bool,
    /// The time after which a retry makes sense, in milliseconds from this call's return.
    pub retry_after_ms: Option<u32>,
    /// The settings field, argument or resource that the error is about.
    pub about: Option<String>,
    /// Details for support, as a JSON object.
    pub details: String,
    /// Whether the answer reports success and doesn't say what a list has. Only the core sees it.
    pub no_items: bool,
    /// Whether the credentials may be good, but not from this address. Only the core sees it.
    pub not_from_here: bool,
    /// Whether it is a refusal that mostly passes. Only the core sees it.
    pub passes: bool,
}

/// The result of a call of the core.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Returns an error with a kind and a message. The kind decides whether it is retryable.
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
            no_items: false,
            not_from_here: false,
            passes: false,
        }))
    }

    /// Returns the content, for conversion into another form.
    pub fn into_failure(self) -> Failure {
        *self.0
    }

    /// Sets the settings field, argument or resource that the error is about.
    pub fn about(mut self, about: impl Into<String>) -> Self {
        self.about = Some(about.into());
        self
    }

    /// Sets what the error is about, where nothing better is known: a credential stays.
    pub fn or_about(self, about: impl Into<String>) -> Self {
        if self.about.is_some() { self } else { self.about(about) }
    }

    /// Returns the error of a later step that is skipped because of this one: it would fail in the
    /// same way.
    pub fn not_tried(&self) -> Self {
        let mut error = self.clone();
        error.message = format!("This was not tried, because something before it failed. {}", self.message);
        // A credential is to blame for every step, but a resource for its own alone.
        if error.kind != ErrorKind::Unauthenticated {
            error.about = None;
        }
        error
    }

    /// Returns the error of a setting. `field` is its id in the manifest.
    pub fn setting(field: &str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidSettings, message).about(field)
    }

    /// Returns the error of an argument.
    pub fn argument(name: &str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidArgument, message).about(name)
    }

    /// Returns the error of a cursor that can't be continued: the sync has to start again.
    pub fn cursor(why: impl fmt::Display) -> Self {
        Self::new(
            ErrorKind::InvalidCursor,
            format!("This cursor can't be taken up: {why}. Start the read again without a cursor."),
        )
        .about("cursor")
    }

    /// Returns the error of a state that can't occur. It is reported, because a panic would end the
    /// plugin.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_was_not_tried_is_about_the_credential_and_about_no_other_step() {
        let of = |kind, about: &str| Error::new(kind, "no").about(about).not_tried().about.clone();
        assert_eq!(of(ErrorKind::Unauthenticated, "api-token").as_deref(), Some("api-token"));
        assert_eq!(of(ErrorKind::RateLimited, "group:1"), None);
    }
}
