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
    fn kind(&self, may_change: bool) -> &'static str {
        match self.status() {
            StatusCode::SERVICE_UNAVAILABLE => "unavailable",
            StatusCode::BAD_REQUEST => "invalid-argument",
            StatusCode::GATEWAY_TIMEOUT if may_change => "indeterminate",
            StatusCode::GATEWAY_TIMEOUT => "unavailable",
            _ => "internal",
        }
    }

    /// Returns the sentences for the client. The log has more.
    fn message(&self, number: u64, may_change: bool) -> String {
        let change = if may_change { " A change may have been made." } else { "" };
        match (self, self.status()) {
            (Refusal::Busy, _) => "This service has too much to do at the moment. Try again.".to_owned(),
            (Refusal::NoHost, _) => "The request doesn't say which host it is for: Host is missing, or has \
                                     other signs than a host's name."
                .to_owned(),
            (_, StatusCode::GATEWAY_TIMEOUT) => format!(
                "This request took longer than the operator of this service allows, and was ended.{change} \
                 In the log it is request {number}."
            ),
            _ => format!(
                "This service failed at the request.{change} Its log says why; there it is request {number}."
            ),
        }
    }

    /// Makes the answer to a request, which `may_change` something or only reads.
    pub(super) fn answer(&self, interface: Interface, number: u64, may_change: bool) -> Response<String> {
        let (status, message) = (self.status(), self.message(number, may_change));
        let is_busy = matches!(self, Refusal::Busy);
        let (content_type, body) = match interface {
            Interface::Own => ("application/json", self.in_own_form(&message, is_busy, may_change)),
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

    fn in_own_form(&self, message: &str, is_busy: bool, may_change: bool) -> Value {
        json!({
            "type": "error",
            "kind": self.kind(may_change),
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
                let answer = refusal.answer(interface, 17, true);
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

    #[test]
    fn a_request_that_only_reads_is_not_told_of_a_change() {
        let limit = Limit::Time(Duration::from_secs(1));
        let late = Refusal::Failed(HostError::LimitExceeded { call: "handle", limit });
        let trap = Refusal::Failed(HostError::Trap { call: "handle", reason: "unreachable".to_owned() });
        for (may_change, kind) in [(true, "indeterminate"), (false, "unavailable")] {
            let [late, trap] = [&late, &trap].map(|it| it.answer(Interface::Own, 17, may_change).into_body());
            assert_eq!(serde_json::from_str::<Value>(&late).unwrap()["kind"], kind);
            for told in [late, trap] {
                assert_eq!(told.contains("A change may have been made."), may_change, "{told}");
            }
        }
    }
}
