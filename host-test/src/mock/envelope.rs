//! Answers in Cloudflare's envelope.

use bytes::Bytes;
use http::StatusCode;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

/// What an endpoint gives when it succeeds.
pub(super) struct Reply {
    pub status: StatusCode,
    pub messages: Vec<Value>,
    pub result: Outcome,
}

pub(super) enum Outcome {
    Single(Box<RawValue>),
    Page(Listing),
}

/// One page of a list.
pub(super) struct Listing {
    pub items: Vec<Box<RawValue>>,
    /// `None`: this endpoint doesn't page.
    pub info: Option<ResultInfo>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct ResultInfo {
    pub page: u64,
    pub per_page: u64,
    pub count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_pages: Option<u64>,
}

/// An error in Cloudflare's envelope.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub status: StatusCode,
    pub code: u64,
    pub message: String,
    /// Codes and messages below this one.
    pub chain: Vec<(u64, &'static str)>,
    pub headers: Vec<(String, String)>,
}

/// A whole answer, ready to be sent.
pub(super) struct Answer {
    pub status: StatusCode,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

/// A value of ours as JSON text. Ours have string keys throughout, which is all that can fail.
pub(super) fn raw<T: Serialize + ?Sized>(value: &T) -> Box<RawValue> {
    to_raw_value(value).expect("state is made of JSON")
}

impl Reply {
    pub fn single<T: Serialize + ?Sized>(result: &T) -> Reply {
        Reply { status: StatusCode::OK, messages: Vec::new(), result: Outcome::Single(raw(result)) }
    }

    pub fn page(listing: Listing) -> Reply {
        Reply { status: StatusCode::OK, messages: Vec::new(), result: Outcome::Page(listing) }
    }

    pub fn with_status(self, status: StatusCode) -> Reply {
        Reply { status, ..self }
    }
}

impl Failure {
    pub fn new(status: StatusCode, code: u64, message: impl Into<String>) -> Failure {
        Failure { status, code, message: message.into(), chain: Vec::new(), headers: Vec::new() }
    }

    pub fn bad_request(code: u64, message: impl Into<String>) -> Failure {
        Failure::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// The object isn't there. That it is a 404 is known, its code is not: inferred from the one
    /// that members have.
    pub fn not_found(what: &str) -> Failure {
        Failure::new(StatusCode::NOT_FOUND, 1003, format!("{what} not found"))
    }

    pub fn no_route(path: &str) -> Failure {
        let message = format!("Could not route to {path}, perhaps your object identifier is invalid?");
        Failure {
            chain: vec![(7000, "No route for that URI")],
            ..Failure::new(StatusCode::NOT_FOUND, 7003, message)
        }
    }
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Answer {
        #[derive(Serialize)]
        struct Envelope<'a, R> {
            success: bool,
            errors: [(); 0],
            messages: &'a [Value],
            result: &'a R,
            #[serde(skip_serializing_if = "Option::is_none")]
            result_info: Option<&'a ResultInfo>,
        }
        fn envelope<R: Serialize>(messages: &[Value], result: &R, result_info: Option<&ResultInfo>) -> Bytes {
            let envelope = Envelope { success: true, errors: [], messages, result, result_info };
            serde_json::to_vec(&envelope).expect("state is made of JSON").into()
        }
        let body = match &reply.result {
            Outcome::Single(result) => envelope(&reply.messages, result, None),
            Outcome::Page(page) => envelope(&reply.messages, &page.items, page.info.as_ref()),
        };
        Answer { status: reply.status, headers: vec![content_type("application/json")], body }
    }
}

impl From<Failure> for Answer {
    fn from(failure: Failure) -> Answer {
        let mut error = json!({ "code": failure.code, "message": failure.message });
        if !failure.chain.is_empty() {
            let chain =
                failure.chain.iter().map(|(code, message)| json!({ "code": code, "message": message }));
            error["error_chain"] = chain.collect();
        }
        let body = json!({ "success": false, "errors": [error], "messages": [], "result": null });
        let mut headers = failure.headers;
        headers.push(content_type("application/json"));
        Answer { status: failure.status, headers, body: body.to_string().into() }
    }
}

pub(super) fn content_type(value: &str) -> (String, String) {
    ("content-type".into(), value.into())
}
