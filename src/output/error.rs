//! A connector's error in words.

use crate::contract::{Error, ErrorKind};

/// The advice of refusals that flags of the command line take up.
const ADVICE: [(&str, &str); 4] = [
    ("Allow gains if that is meant", "--allow-gains allows them."),
    ("provision.apply takes them out with allow-gains", "revoke --allow-gains does that."),
    ("Use those of somebody else, or allow it.", ALLOW_OWN),
    ("Use those of somebody else, or set allow-own.", ALLOW_OWN),
];
const ALLOW_OWN: &str = "--allow-own allows it.";

/// Returns the sentences about the flags that allow what was refused.
pub fn flags(error: &Error) -> impl Iterator<Item = &'static str> {
    ADVICE.into_iter().filter(|(advice, _)| error.message.contains(advice)).map(|(_, flag)| flag)
}

/// Returns the contract's word for a kind of error.
#[must_use]
pub fn error_kind(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidSettings => "invalid-settings",
        ErrorKind::InvalidArgument => "invalid-argument",
        ErrorKind::InvalidCursor => "invalid-cursor",
        ErrorKind::Unauthenticated => "unauthenticated",
        ErrorKind::PermissionDenied => "permission-denied",
        ErrorKind::NotFound => "not-found",
        ErrorKind::Conflict => "conflict",
        ErrorKind::Refused => "refused",
        ErrorKind::Indeterminate => "indeterminate",
        ErrorKind::RateLimited => "rate-limited",
        ErrorKind::Unavailable => "unavailable",
        ErrorKind::InvalidResponse => "invalid-response",
        ErrorKind::Unsupported => "unsupported",
        ErrorKind::Internal => "internal",
    }
}

/// Quotes the upstream: status, code and details beside the message. Strangers chose this text.
#[must_use]
pub fn upstream_said(error: &Error) -> Option<String> {
    let mut upstream = Vec::new();
    upstream.extend(error.http_status.map(|status| format!("HTTP status {status}")));
    upstream.extend(error.code.as_ref().map(|code| format!("code {code}")));
    upstream.extend(Some(&error.details).filter(|details| *details != "{}").cloned());
    (!upstream.is_empty()).then(|| format!("The upstream said: {}", upstream.join(", ")))
}

/// Says when a retry can succeed, or returns `None` if it can't.
#[must_use]
pub fn when_again(error: &Error) -> Option<String> {
    match error.retry_after_ms {
        Some(wait) => Some(format!("Try again in {} seconds.", wait.div_ceil(1000))),
        None if error.retryable => Some("Trying again later can help.".to_owned()),
        None => None,
    }
}
