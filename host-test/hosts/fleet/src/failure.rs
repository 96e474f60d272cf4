//! The meaning of a failure for a sync. The contract's `kind` decides.

use cloudflare_zero_trust::output::error_kind;
use connector_host::HostError;
use connector_host::contract::ErrorKind;
use host_test::contract::Translate;
use std::time::Duration;

/// The times that a sync may begin again from the start.
pub const MOST_RESTARTS: u32 = 3;

/// The decision about a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The contract's kind of the error, or a word for what else failed. It is the type of the failure in the
    /// engine.
    pub kind: &'static str,
    /// The step that follows.
    pub then: Then,
    /// Whether the connector itself is at fault. If that happens twice without a page between, no third
    /// attempt would do better.
    pub is_connectors: bool,
}

/// The next step after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Nobody changes it by waiting: the sync fails.
    Fail,
    /// The cursor is of no use any more: the sync begins again from the start, at once.
    Restart,
    /// Another attempt follows: after this time, or else after a time that grows with each attempt.
    Retry(Option<Duration>),
}

/// The state of a sync when it failed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Before {
    /// Whether the failed call had a cursor.
    pub had_cursor: bool,
    /// The times that the sync began again from the start.
    pub restarts: u32,
    /// Whether the last failure was the connector's own fault, too, and no page came since.
    pub was_connectors: bool,
}

/// Decides what follows a failure.
#[must_use]
pub fn decide(error: &HostError, before: Before) -> Decision {
    let connectors = |kind| {
        let then = if before.was_connectors { Then::Fail } else { Then::Retry(None) };
        Decision { kind, then, is_connectors: true }
    };
    let operators = |kind| Decision { kind, then: Then::Fail, is_connectors: false };
    let error = match error {
        HostError::Connector(error) | HostError::Network { error, .. } => error,
        HostError::LimitExceeded { .. } => return connectors("limit-exceeded"),
        HostError::Trap { .. } => return connectors("trap"),
        HostError::Contract { .. } => return connectors("contract-broken"),
        HostError::SessionOver(_) => return connectors("session-over"),
        HostError::Reader | HostError::NoVerification | HostError::NoManager => {
            return operators("unsupported");
        }
        HostError::Origin(_) => return operators("origin"),
        HostError::Proxy(_) => return operators("proxy"),
        HostError::Component(_) => return operators("component"),
    };
    let delay = error.retry_after_ms.map(|ms| Duration::from_millis(ms.into()));
    let then = match error.kind {
        ErrorKind::InvalidSettings
        | ErrorKind::Unauthenticated
        | ErrorKind::PermissionDenied
        | ErrorKind::Refused
        | ErrorKind::Unsupported => Then::Fail,
        ErrorKind::InvalidCursor if before.had_cursor && before.restarts < MOST_RESTARTS => Then::Restart,
        ErrorKind::InvalidCursor => Then::Fail,
        _ if error.retryable => Then::Retry(delay),
        _ => Then::Fail,
    };
    Decision { kind: error_kind(error.kind.translate()), then, is_connectors: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use connector_host::Limit;
    use connector_host::contract::Error;

    fn error(kind: ErrorKind, retryable: bool, retry_after_ms: Option<u32>) -> HostError {
        Error {
            kind,
            message: "it didn't work".to_owned(),
            code: None,
            http_status: None,
            retryable,
            retry_after_ms,
            about: None,
            details: String::new(),
        }
        .into()
    }

    fn then(error: &HostError) -> Then {
        decide(error, Before { had_cursor: true, ..Before::default() }).then
    }

    #[test]
    fn what_a_person_has_to_change_is_not_tried_again() {
        for kind in [
            ErrorKind::InvalidSettings,
            ErrorKind::Unauthenticated,
            ErrorKind::PermissionDenied,
            ErrorKind::Refused,
            ErrorKind::Unsupported,
        ] {
            assert_eq!(then(&error(kind, true, Some(1))), Then::Fail, "{kind:?}");
        }
        assert_eq!(then(&HostError::Component("no".to_owned())), Then::Fail);
        assert_eq!(then(&HostError::Reader), Then::Fail);
        assert_eq!(then(&HostError::NoManager), Then::Fail);
        assert_eq!(then(&HostError::NoVerification), Then::Fail);
    }

    #[test]
    fn what_may_pass_is_tried_again_when_the_connector_says_so() {
        for kind in [
            ErrorKind::RateLimited,
            ErrorKind::Unavailable,
            ErrorKind::InvalidResponse,
            ErrorKind::Conflict,
            ErrorKind::Indeterminate,
            ErrorKind::NotFound,
            ErrorKind::InvalidArgument,
            ErrorKind::Internal,
        ] {
            let told = Then::Retry(Some(Duration::from_millis(7)));
            assert_eq!(then(&error(kind, true, Some(7))), told, "{kind:?}");
            assert_eq!(then(&error(kind, true, None)), Then::Retry(None), "{kind:?}");
            assert_eq!(then(&error(kind, false, Some(7))), Then::Fail, "{kind:?}");
        }
    }

    #[test]
    fn a_cursor_of_no_use_begins_again_a_few_times() {
        let error = error(ErrorKind::InvalidCursor, false, None);
        let after = |had_cursor, restarts| {
            decide(&error, Before { had_cursor, restarts, was_connectors: false }).then
        };
        assert_eq!(after(true, 0), Then::Restart);
        assert_eq!(after(true, MOST_RESTARTS), Then::Fail);
        assert_eq!(after(false, 0), Then::Fail);
    }

    #[test]
    fn a_fault_of_the_connector_is_tried_once_more() {
        for error in [
            HostError::Trap { call: "read", reason: "unreachable".to_owned() },
            HostError::Contract { call: "read", what: "its cursor" },
            HostError::LimitExceeded { call: "read", limit: Limit::Memory(1) },
            HostError::SessionOver("a call was cut short".to_owned()),
        ] {
            let first = decide(&error, Before::default());
            assert_eq!((first.then, first.is_connectors), (Then::Retry(None), true), "{error}");
            let again = decide(&error, Before { was_connectors: true, ..Before::default() });
            assert_eq!(again.then, Then::Fail, "{error}");
        }
    }

    #[test]
    fn each_kind_has_the_name_of_the_contract() {
        let words = [ErrorKind::RateLimited, ErrorKind::InvalidCursor, ErrorKind::Internal]
            .map(|kind| decide(&error(kind, true, None), Before::default()).kind);
        assert_eq!(words, ["rate-limited", "invalid-cursor", "internal"]);
    }
}
