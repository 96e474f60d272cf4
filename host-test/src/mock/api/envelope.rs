//! Answers in Cloudflare's envelope. OpenAPI: the schemas `iam_api-response-common` and
//! `iam_api-response-common-failure`.

use bytes::Bytes;
use http::StatusCode;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

/// The code for a body or a parameter that can't be used (inferred: no source names one).
pub(crate) const INVALID_BODY: u64 = 1004;

/// The result of an endpoint, or its refusal.
pub(crate) type Outcome = Result<Reply, Failure>;

/// The answer of an endpoint that succeeds.
pub(crate) struct Reply {
    pub status: StatusCode,
    pub messages: Vec<Value>,
    pub content: Content,
}

pub(crate) enum Content {
    Single(Box<RawValue>),
    Page(Listing),
}

/// One page of a collection.
pub(crate) struct Listing {
    pub items: Vec<Box<RawValue>>,
    /// `None` for an endpoint without pages.
    pub info: Option<ResultInfo>,
}

/// The place of a page in its collection, as Cloudflare reports it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ResultInfo {
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
pub(crate) struct Failure {
    pub status: StatusCode,
    pub code: u64,
    pub message: String,
    /// The codes and messages of `error_chain`.
    pub chain: Vec<(u64, &'static str)>,
    pub headers: Vec<(String, String)>,
}

/// A whole answer, ready to be sent.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

/// Returns a value of the mock's as JSON text. Only keys that aren't strings could fail, and the mock
/// has none.
pub(crate) fn raw<T: Serialize + ?Sized>(value: &T) -> Box<RawValue> {
    to_raw_value(value).expect("state is made of JSON")
}

impl Reply {
    pub fn single<T: Serialize + ?Sized>(result: &T) -> Reply {
        Reply { status: StatusCode::OK, messages: Vec::new(), content: Content::Single(raw(result)) }
    }

    pub fn page(listing: Listing) -> Reply {
        Reply { status: StatusCode::OK, messages: Vec::new(), content: Content::Page(listing) }
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

    /// Returns the failure for an object that doesn't exist. The code is inferred from the code for
    /// members.
    pub fn not_found(what: &str) -> Failure {
        Failure::new(StatusCode::NOT_FOUND, 1003, format!("{what} not found"))
    }

    /// Returns the failure for a path that no endpoint has
    /// (<https://developers.cloudflare.com/fundamentals/api/troubleshooting/>).
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
        let body = match &reply.content {
            Content::Single(result) => envelope(&reply.messages, result, None),
            Content::Page(page) => envelope(&reply.messages, &page.items, page.info.as_ref()),
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

pub(crate) fn content_type(value: &str) -> (String, String) {
    ("content-type".into(), value.into())
}
