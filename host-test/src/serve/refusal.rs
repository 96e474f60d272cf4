//! The answers that the component doesn't give, in the forms of its interfaces.

use connector_host::{HostError, Limit};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use http::{Response, StatusCode};
use serde_json::{Value, json};

/// The seconds after which a client that found the service busy may come again.
const COME_AGAIN: u32 = 1;

/// The reason why the component doesn't answer.
pub(super) enum Refusal {
    /// Too many requests or connections are under way.
    Busy,
    /// The request doesn't say which host it is for.
    NoHost,
    /// The component trapped, or exceeded a limit.
    Failed(HostError),
}

/// The interface that a client uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interface {
    Own,
    Scim,
}

impl Interface {
    pub(super) fn of(path: &str) -> Interface {
        if path.starts_with("/scim/") { Interface::Scim } else { Interface::Own }
    }
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Refusal::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Refusal::NoHost => StatusCode::BAD_REQUEST,
            Refusal::Failed(HostError::LimitExceeded { limit: Limit::Time(_), .. }) => {
                StatusCode::GATEWAY_TIMEOUT
            }
            Refusal::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The kind of the error in the contract's words.
    fn kind(&self) -> &'static str {
        match self.status() {
            StatusCode::SERVICE_UNAVAILABLE => "unavailable",
            StatusCode::BAD_REQUEST => "invalid-argument",
            // A change may have been made.
            StatusCode::GATEWAY_TIMEOUT => "indeterminate",
            _ => "internal",
        }
    }

    /// Returns the sentences for the client. The log has more.
    fn message(&self, number: u64) -> String {
        match (self, self.status()) {
            (Refusal::Busy, _) => "This service has too much to do at the moment. Try again.".to_owned(),
            (Refusal::NoHost, _) => "The request doesn't say which host it is for: Host is missing, or has \
                                     other signs than a host's name."
                .to_owned(),
            (_, StatusCode::GATEWAY_TIMEOUT) => format!(
                "This request took longer than the operator of this service allows, and was ended. A change \
                 may have been made. In the log it is request {number}."
            ),
            _ => format!(
                "This service failed at the request. A change may have been made. Its log says why; there it \
                 is request {number}."
            ),
        }
    }

    /// Makes the answer.
    pub(super) fn answer(&self, interface: Interface, number: u64) -> Response<String> {
        let (status, message) = (self.status(), self.message(number));
        let is_busy = matches!(self, Refusal::Busy);
        let (content_type, body) = match interface {
            Interface::Own => ("application/json", self.in_own_form(&message, is_busy)),
            Interface::Scim => {
                let schemas = ["urn:ietf:params:scim:api:messages:2.0:Error"];
                let body = json!({"schemas": schemas, "status": status.as_str(), "detail": message});
                ("application/scim+json", body)
            }
        };
        let mut answer = Response::builder()
            .status(status)
            .header(CONTENT_TYPE, content_type)
            .header(CACHE_CONTROL, "no-store")
            .header(X_CONTENT_TYPE_OPTIONS, "nosniff");
        if is_busy {
            answer = answer.header(RETRY_AFTER, COME_AGAIN);
        }
        answer.body(format!("{body}\n")).expect("these headers are sound")
    }

    fn in_own_form(&self, message: &str, is_busy: bool) -> Value {
        json!({
            "type": "error",
            "kind": self.kind(),
            "message": message,
            "code": null,
            "http_status": null,
            "retryable": is_busy,
            "retry_after_ms": is_busy.then_some(COME_AGAIN * 1000),
            "about": null,
            "details": {},
        })
    }

    /// Returns the reason for the log.
    pub(super) fn reason(&self) -> String {
        match self {
            Refusal::Busy => "too many requests or connections are under way".to_owned(),
            Refusal::NoHost => "the request has no host".to_owned(),
            Refusal::Failed(error) => error.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn each_refusal_has_its_status_and_says_when_to_come_again() {
        let stopped = |limit| Refusal::Failed(HostError::LimitExceeded { call: "handle", limit });
        let trap = Refusal::Failed(HostError::Trap { call: "handle", reason: "unreachable".to_owned() });
        for (refusal, status, kind, wait) in [
            (Refusal::Busy, 503, "unavailable", Some("1")),
            (Refusal::NoHost, 400, "invalid-argument", None),
            (stopped(Limit::Time(Duration::from_secs(1))), 504, "indeterminate", None),
            (stopped(Limit::Memory(1)), 500, "internal", None),
            (trap, 500, "internal", None),
        ] {
            for interface in [Interface::Own, Interface::Scim] {
                let answer = refusal.answer(interface, 17);
                let told = answer.headers().get(RETRY_AFTER).map(|value| value.to_str().unwrap());
                assert_eq!((answer.status().as_u16(), told), (status, wait));
                assert!(!answer.body().contains("unreachable"), "the reason is for the log");
                let body: Value = serde_json::from_str(answer.body()).unwrap();
                match interface {
                    Interface::Own => assert_eq!(body["kind"], kind),
                    Interface::Scim => assert_eq!(body["status"], status.to_string()),
                }
            }
        }
    }
}
