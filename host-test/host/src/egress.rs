//! The only way out of a guest: HTTP requests, each of which is checked.

use crate::changes::Changes;
use crate::client::Client;
use crate::guard::Guarded;
use crate::limits::{BODY_CHUNK, Limits};
use crate::network_failure::{LastFailure, NetworkCause, NetworkFailure};
use crate::origin::Origin;
use crate::request_log::{LoggedBody, RequestLog};
use crate::routes::WritableRoute;
use crate::traffic::{Traffic, route};
use crate::turns::Turn;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

/// The longest that a request waits for its turn: less than the connector waits for the head of an answer, so
/// that a wait isn't taken for an answer that may have been lost.
const LONGEST_WAIT_FOR_A_TURN: Duration = Duration::from_secs(60);

/// The way out of one session.
pub(crate) struct Egress {
    origins: Vec<Origin>,
    writable: Vec<WritableRoute>,
    pub(crate) guard: Option<Arc<Guarded>>,
    /// The count of changes of the instances that are kept, if there are some.
    pub(crate) changes: Option<Arc<Changes>>,
    /// The turn of a service's request that may change something.
    turn: Option<Arc<Turn>>,
    client: Arc<Client>,
    pub(crate) traffic: Arc<Traffic>,
    pub(crate) last_failure: Arc<LastFailure>,
    log: Arc<RequestLog>,
    at_once: Arc<Semaphore>,
    most_at_once: usize,
    body_bytes: usize,
}

impl Egress {
    pub(crate) fn new(
        origins: Vec<Origin>,
        writable: Vec<WritableRoute>,
        client: Arc<Client>,
        limits: &Limits,
    ) -> Egress {
        Egress {
            origins,
            writable,
            guard: None,
            changes: None,
            turn: None,
            client,
            traffic: Arc::default(),
            last_failure: Arc::default(),
            log: Arc::default(),
            at_once: Arc::new(Semaphore::new(limits.requests_at_once)),
            most_at_once: limits.requests_at_once,
            body_bytes: limits.request_body_bytes,
        }
    }

    /// Begins to count and to log anew, for the next request of a service, which may have to wait for its
    /// turn.
    pub(crate) fn begin(&mut self, turn: Option<Turn>) {
        self.turn = turn.map(Arc::new);
        self.traffic = Arc::default();
        self.last_failure = Arc::default();
        self.log = Arc::default();
    }

    /// Ends the turn of a request that is over.
    pub(crate) fn end(&mut self) {
        self.turn = None;
    }

    /// The origin that a request goes to, if both are allowed. Without an origin every request is
    /// denied.
    fn allowed<B>(&self, request: &Request<B>) -> Option<&Origin> {
        let wanted = Origin::of_request(request.uri())?;
        let origin = self.origins.iter().find(|origin| **origin == wanted)?;
        let (method, uri) = (request.method(), request.uri());
        let passes = method == Method::GET || self.writable.iter().any(|route| route.matches(method, uri));
        passes.then_some(origin)
    }

    /// Counts and logs a denied request. Only the first ones are logged: a guest that is denied in a
    /// loop must not fill the log.
    fn deny<B>(
        &self,
        request: &Request<B>,
        why: &str,
        error: Error,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        note_denied(&self.traffic, request, why);
        Box::new(async { Err(error) })
    }
}

fn note_denied<B>(traffic: &Traffic, request: &Request<B>, why: &str) {
    const LOGGED: u64 = 10;
    let denied = traffic.denied();
    if denied <= LOGGED {
        let (method, to) = (request.method(), request.uri().authority());
        tracing::warn!(%method, ?to, "a request was denied: {why}");
    }
    if denied == LOGGED {
        tracing::warn!("further denied requests of this session are not logged");
    }
}

/// Asks the guard whether a request may leave. The whole body is taken first: after a "yes", nothing waits
/// for the guest.
async fn guarded(
    guard: &Guarded,
    request: Request<WasiBody>,
    traffic: &Traffic,
    last_failure: &LastFailure,
) -> Result<Request<WasiBody>, Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?;
    let body = match body.trailers() {
        Some(_) => body.map_err(|never| match never {}).boxed_unsync(),
        None => Full::new(body.to_bytes()).map_err(|never| match never {}).boxed_unsync(),
    };
    let request = Request::from_parts(head, body);
    let route = route(request.method(), request.uri().path());
    if let Err(reason) = guard.ask(route.clone()).await {
        let message = format!("the guard of this session didn't let {route} leave: {reason}");
        note_denied(traffic, &request, &message);
        last_failure.set(Some(NetworkFailure { cause: NetworkCause::Guard, message }));
        return Err(Error::HttpRequestDenied);
    }
    Ok(request)
}

/// The error of a body that failed, or that was too long.
pub(crate) fn body_error(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
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
            return self.deny(
                &request,
                "its method, scheme, host, port or path is not allowed",
                Error::HttpRequestDenied,
            );
        };
        // The permit is returned when the answer's body is dropped.
        let Ok(permit) = Arc::clone(&self.at_once).try_acquire_owned() else {
            return self.deny(&request, "too many are under way", Error::ConnectionLimitReached);
        };
        let encrypted = origin.is_https();
        let limit = self.body_bytes;
        let request = request.map(|body| Limited::new(body, limit).map_err(body_error).boxed_unsync());
        let client = Arc::clone(&self.client);
        let (traffic, log) = (Arc::clone(&self.traffic), Arc::clone(&self.log));
        let last_failure = Arc::clone(&self.last_failure);
        let under_way = self.most_at_once.saturating_sub(self.at_once.available_permits());
        let guard = self.guard.clone().filter(|_| request.method() != Method::GET);
        let changes = self.changes.clone().filter(|_| request.method() != Method::GET);
        let turn = self.turn.clone();
        Box::new(async move {
            if let Some(turn) = turn
                && timeout(LONGEST_WAIT_FOR_A_TURN, turn.wait()).await.is_err()
            {
                tracing::warn!(
                    "a request wasn't sent: those before it that may change something take too long"
                );
                return Err(Error::ConnectionLimitReached);
            }
            // Until it is answered, and also where nobody waits for that any more.
            let _change = changes.as_ref().map(|changes| changes.begin());
            let request = match guard {
                Some(guard) => guarded(&guard, request, &traffic, &last_failure).await?,
                None => request,
            };
            traffic.sent(request.method(), request.uri().path());
            let mut line = log.begin(request.method(), request.uri(), under_way);
            let answer = client.send(request, encrypted, options, traffic).await;
            line.answered(&answer);
            if let Err(unanswered) = &answer {
                last_failure.set(unanswered.failure.clone());
            }
            let response = answer
                .map_err(|unanswered| unanswered.error)?
                .map(|body| LoggedBody { body, line, _kept: permit }.boxed_unsync());
            Ok((response, Box::new(async { Ok(()) }) as Finished))
        })
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        BODY_CHUNK
    }

    /// The client sets the header: HTTP/1.1 and HTTP/2 name the host in different places.
    fn set_host_header(&mut self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const GROUP: &str =
        "accounts/0123456789abcdef0123456789abcdef/access/groups/f3b9c7de-8f0a-4a27-9c7e-2a5b6f0e1d11";
    const MEMBER: &str = "accounts/0123456789abcdef0123456789abcdef/members/33666b9c79b9a5273fc7344ff42f953d";

    fn egress(origins: &[&str]) -> Egress {
        let origins = origins.iter().map(|origin| origin.parse().unwrap()).collect();
        Egress::new(origins, Vec::new(), Arc::new(Client::new(&Config::default())), &Limits::default())
    }

    fn request(method: Method, uri: &str) -> Request<()> {
        Request::builder().method(method).uri(uri).body(()).unwrap()
    }

    #[tokio::test]
    async fn only_gets_to_the_allowed_origins_pass() {
        let egress = egress(&["https://api.example.com", "http://127.0.0.1:8080"]);
        let group = format!("https://api.example.com/client/v4/{GROUP}");
        for uri in ["https://api.example.com/client/v4", "http://127.0.0.1:8080/", &group] {
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

    #[tokio::test]
    async fn a_session_that_writes_also_sends_its_routes_and_nothing_else() {
        let writable = [
            ("PUT", "accounts/{}/access/groups/{}"),
            ("PUT", "accounts/{}/members/{}"),
            ("POST", "accounts/{}/iam/user_groups/{}/members"),
            ("DELETE", "accounts/{}/iam/user_groups/{}/members/{}"),
        ]
        .map(|(method, path)| WritableRoute::new(method, path).unwrap());
        let egress = Egress { writable: writable.into(), ..egress(&["https://api.example.com"]) };
        let passes = |method: Method, path: &str| {
            egress.allowed(&request(method, &format!("https://api.example.com{path}"))).is_some()
        };
        for path in [
            format!("/client/v4/{GROUP}"),
            format!("/client/v4/{MEMBER}"),
            format!("/{MEMBER}"),
            format!("/proxy-1/cf.v4/{GROUP}"),
        ] {
            assert!(passes(Method::GET, &path) && passes(Method::PUT, &path), "{path}");
            for method in [
                Method::POST,
                Method::DELETE,
                Method::PATCH,
                Method::HEAD,
                Method::from_bytes(b"put").unwrap(),
            ] {
                assert!(!passes(method.clone(), &path), "{method} {path}");
            }
        }
        let account = "/client/v4/accounts/0123456789abcdef0123456789abcdef";
        for path in [
            "/".to_owned(),
            account.to_owned(),
            format!("{account}/members"),
            format!("{account}/members/"),
            format!("{account}/members/33//"),
            format!("{account}/members/33/"),
            format!("{account}/members/33?status=accepted"),
            format!("{account}/members/33?"),
            format!("{account}/members/33%2f44"),
            format!("{account}/members/%33"),
            format!("{account}/members/.."),
            format!("{account}/members/{}", "3".repeat(37)),
            format!("{account}/members/33/policies"),
            format!("{account}/members/../roles/33"),
            format!("{account}/Members/33"),
            format!("{account}//members/33"),
            format!("{account}/roles/33"),
            format!("{account}/access/groups"),
            format!("{account}/access/groups/33/44"),
            format!("{account}/access/apps/33"),
            format!("{account}/access/./groups/33"),
            format!("{account}/access%2fgroups/33"),
            format!("{account}/gateway/lists/33"),
            format!("{account}/tokens/33/accounts/44/members/55"),
            "/client/v4/accounts//members/33".to_owned(),
            "/client/v4/accounts/../members/33".to_owned(),
            "/client/v4/accounts/acme/members/33".to_owned(),
            "/client/../v4/accounts/22/members/33".to_owned(),
            "/client//v4/accounts/22/members/33".to_owned(),
            "/client/./accounts/22/members/33".to_owned(),
            "/client%2f/accounts/22/members/33".to_owned(),
            "/client;v=4/accounts/22/members/33".to_owned(),
            "/zones/22/members/33".to_owned(),
        ] {
            assert!(!passes(Method::PUT, &path), "{path}");
        }
        // Each route has its own method.
        let members = format!("{account}/iam/user_groups/22/members");
        let member = format!("{members}/33");
        for (method, path, may) in [
            (Method::POST, &members, true),
            (Method::DELETE, &member, true),
            (Method::PUT, &members, false),
            (Method::DELETE, &members, false),
            (Method::POST, &member, false),
            (Method::PUT, &member, false),
            (Method::POST, &format!("{account}/iam/user_groups"), false),
            (Method::DELETE, &format!("{account}/iam/user_groups/22"), false),
            (Method::DELETE, &format!("{account}/members/33"), false),
            (Method::POST, &format!("{account}/members"), false),
        ] {
            assert_eq!(passes(method.clone(), path), may, "{method} {path}");
        }
        let elsewhere = request(Method::PUT, &format!("https://evil.example/client/v4/{GROUP}"));
        assert!(egress.allowed(&elsewhere).is_none());
    }
}
