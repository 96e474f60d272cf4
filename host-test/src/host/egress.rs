//! The only way out of a guest: HTTP requests that are checked one by one.

use super::client::Client;
use super::http_bounds;
use super::limits::Limits;
use super::origin::Origin;
use super::traffic::Traffic;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::sync::Arc;
use tokio::sync::Semaphore;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

/// The HTTP methods that a connector may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Methods {
    /// GET: nothing upstream can be changed.
    #[default]
    ReadOnly,
}

impl Methods {
    fn allow(self, method: &Method) -> bool {
        match self {
            Methods::ReadOnly => method == Method::GET,
        }
    }
}

/// One session's way out.
pub(super) struct Egress {
    origins: Vec<Origin>,
    methods: Methods,
    client: Arc<Client>,
    pub(super) traffic: Arc<Traffic>,
    at_once: Arc<Semaphore>,
    body_bytes: usize,
}

impl Egress {
    pub(super) fn new(origins: Vec<Origin>, methods: Methods, client: Arc<Client>, limits: &Limits) -> Egress {
        Egress {
            origins,
            methods,
            client,
            traffic: Arc::default(),
            at_once: Arc::new(Semaphore::new(limits.requests_at_once)),
            body_bytes: limits.request_body_bytes,
        }
    }

    /// The origin that a request goes to, where both are allowed. No origin: everything is denied.
    fn allowed<B>(&self, request: &Request<B>) -> Option<&Origin> {
        let wanted = Origin::of_request(request.uri())?;
        let origin = self.origins.iter().find(|origin| **origin == wanted)?;
        self.methods.allow(request.method()).then_some(origin)
    }

    /// A guest that is denied in a loop must not fill a log.
    fn deny<B>(&self, request: &Request<B>, why: &str, error: Error) -> Box<dyn Future<Output = Sent> + Send> {
        const TOLD: u64 = 10;
        let denied = self.traffic.denied();
        if denied <= TOLD {
            let (method, to) = (request.method(), request.uri().authority());
            tracing::warn!(%method, ?to, "a request was denied: {why}");
        }
        if denied == TOLD {
            tracing::warn!("this session's further denied requests are not told");
        }
        Box::new(async { Err(error) })
    }
}

/// A body's own error, or that it is too long.
fn body_error(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => *error,
        Err(error) if error.is::<LengthLimitError>() => Error::HttpRequestBodySize(None),
        Err(_) => Error::HttpProtocolError,
    }
}

type Sent = Result<(Response<WasiBody>, Finished), Error>;
type Finished = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for Egress {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _request_failed: Finished,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let Some(origin) = self.allowed(&request) else {
            return self.deny(&request, "its method, scheme, host or port is not allowed", Error::HttpRequestDenied);
        };
        // It comes back when the answer's body is gone.
        let Ok(place) = Arc::clone(&self.at_once).try_acquire_owned() else {
            return self.deny(&request, "too many are under way", Error::ConnectionLimitReached);
        };
        let encrypted = origin.is_https();
        let limit = self.body_bytes;
        let request = request.map(|body| Limited::new(body, limit).map_err(body_error).boxed_unsync());
        let client = Arc::clone(&self.client);
        let traffic = Arc::clone(&self.traffic);
        Box::new(async move {
            traffic.sent(request.method(), request.uri().path());
            let response = client.send(request, encrypted, options, traffic).await?;
            let response = response.map(|body| {
                let held = move |frame| {
                    let _until_the_body_is_gone = &place;
                    frame
                };
                body.map_frame(held).boxed_unsync()
            });
            Ok((response, Box::new(async { Ok(()) }) as Finished))
        })
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        http_bounds::BODY_CHUNK
    }

    /// The client sets it, as each version of HTTP wants it.
    fn set_host_header(&mut self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn egress(origins: &[&str]) -> Egress {
        let origins = origins.iter().map(|origin| origin.parse().unwrap()).collect();
        Egress::new(origins, Methods::ReadOnly, Arc::new(Client::new()), &Limits::default())
    }

    fn request(method: Method, uri: &str) -> Request<()> {
        Request::builder().method(method).uri(uri).body(()).unwrap()
    }

    #[tokio::test]
    async fn only_gets_to_the_allowed_origins_pass() {
        let egress = egress(&["https://api.example.com", "http://127.0.0.1:8080"]);
        for uri in ["https://api.example.com/client/v4", "http://127.0.0.1:8080/"] {
            assert!(egress.allowed(&request(Method::GET, uri)).is_some(), "{uri}");
            for method in [
                Method::PUT,
                Method::POST,
                Method::DELETE,
                Method::PATCH,
                Method::HEAD,
                Method::CONNECT,
                Method::TRACE,
                Method::from_bytes(b"get").unwrap(),
            ] {
                assert!(egress.allowed(&request(method.clone(), uri)).is_none(), "{method} {uri}");
            }
        }
        for uri in [
            "http://api.example.com/",
            "http://127.0.0.1:8081/",
            "https://127.0.0.1:8080/",
            "https://api.example.com:8080/",
            "https://evil.example/",
        ] {
            assert!(egress.allowed(&request(Method::GET, uri)).is_none(), "{uri}");
        }
    }

    #[tokio::test]
    async fn no_origin_denies_everything() {
        let egress = egress(&[]);
        let request = request(Method::GET, "https://api.example.com/");
        assert!(egress.allowed(&request).is_none());
    }
}
