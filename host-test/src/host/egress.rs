//! The only way out of a guest: HTTP requests that are checked one by one.

use super::client::Client;
use super::origin::Origin;
use super::traffic::Traffic;
use http::{Method, Request, Response};
use std::sync::Arc;
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
    pub(super) origins: Vec<Origin>,
    pub(super) methods: Methods,
    pub(super) client: Arc<Client>,
    pub(super) traffic: Arc<Traffic>,
}

impl Egress {
    /// The origin that a request goes to, where both are allowed. No origin: everything is denied.
    fn allowed<B>(&self, request: &Request<B>) -> Option<&Origin> {
        let wanted = Origin::of_request(request.uri())?;
        let origin = self.origins.iter().find(|origin| **origin == wanted)?;
        self.methods.allow(request.method()).then_some(origin)
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
            tracing::warn!(
                method = %request.method(),
                to = ?request.uri().authority(),
                "a request was denied: its method, scheme, host or port is not allowed"
            );
            self.traffic.denied();
            return Box::new(async { Err(Error::HttpRequestDenied) });
        };
        let encrypted = origin.is_https();
        let client = Arc::clone(&self.client);
        let traffic = Arc::clone(&self.traffic);
        Box::new(async move {
            traffic.sent(request.method(), request.uri().path());
            let response = client.send(request, encrypted, options, traffic).await?;
            Ok((response, Box::new(async { Ok(()) }) as Finished))
        })
    }

    /// The client sets it, as each version of HTTP wants it.
    fn set_host_header(&mut self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::limits::Limits;
    use super::*;

    fn egress(origins: &[&str]) -> Egress {
        Egress {
            origins: origins.iter().map(|origin| origin.parse().unwrap()).collect(),
            methods: Methods::ReadOnly,
            client: Arc::new(Client::new(Limits::default())),
            traffic: Arc::default(),
        }
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
