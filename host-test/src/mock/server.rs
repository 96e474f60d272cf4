//! The server: from a request on the wire to an answer on the wire.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use axum::extract::Query;
use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Request, Response, StatusCode, Uri, Version};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::account::{Account, hex_id};
use super::armed::{Armed, Asked, Faults, Meddlers};
use super::auth::{CREDENTIAL_HEADERS, Caller};
use super::connection::{Life, play};
use super::endpoints::{Call, Target};
use super::envelope::{Answer, Failure};
use super::{Hold, Options, When, lock_read};

/// The longest body that a request may have: well above a group with the most rules.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// What base URLs end in.
const PREFIX: &str = "/client/v4";

/// A request as it arrived, without what would give its credentials away.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    pub method: String,
    /// With `/client/v4`, as it was sent.
    pub path: String,
    /// What followed the `?`, as it was sent.
    pub query: Option<String>,
    /// In lower case, sorted; the value is `None` for those that carry credentials.
    pub headers: Vec<(String, Option<String>)>,
    /// What was sent, read as UTF-8.
    pub body: String,
    /// HTTP/1.1 or HTTP/2.
    pub version: Version,
}

impl Recorded {
    /// The value of a header that carries no credentials.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name)?.1.as_deref()
    }
}

pub(super) struct Shared {
    pub account: RwLock<Account>,
    pub options: RwLock<Options>,
    pub faults: Faults,
    pub meddlers: Meddlers,
    pub hold: RwLock<Option<Hold>>,
    pub life: watch::Sender<Life>,
    /// How many there are.
    pub connections: watch::Sender<usize>,
    pub requests: AtomicU64,
    /// Requests that are being answered, and the most that there were at once.
    under_way: AtomicU64,
    pub most_under_way: AtomicU64,
    pub bytes_out: AtomicU64,
    pub by_route: Mutex<BTreeMap<String, u64>>,
    pub log: Mutex<Vec<Recorded>>,
}

impl Shared {
    pub fn new(account: Account, mut options: Options) -> Shared {
        let faults = Faults::default();
        options.faults.drain(..).for_each(|fault| faults.add(fault));
        Shared {
            account: RwLock::new(account),
            options: RwLock::new(options),
            faults,
            meddlers: Meddlers::default(),
            hold: RwLock::default(),
            life: watch::Sender::default(),
            connections: watch::Sender::default(),
            requests: AtomicU64::new(0),
            under_way: AtomicU64::new(0),
            most_under_way: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            by_route: Mutex::default(),
            log: Mutex::default(),
        }
    }

    /// The answer to a request, and the fault that stands in the way of sending it. What is counted
    /// is counted here.
    pub fn answer(
        &self,
        method: &str,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
    ) -> (Answer, Option<Arc<Armed>>) {
        let path = uri.path().strip_prefix(PREFIX).unwrap_or_default();
        let target = Target::of(method, path);
        let route = target.as_ref().map_or("?", |target| target.endpoint.route);
        *lock(&self.by_route).entry(format!("{method} {route}")).or_default() += 1;

        let query = parse_query(uri);
        let page = query.get("page").and_then(|page| page.parse().ok()).unwrap_or(1);
        let asked = Asked { method, route, path, page };
        self.meddlers.meddle(&asked, When::Before, &self.account);
        let faults = self.faults.of(&asked);
        let deciding = faults.iter().find(|fault| fault.is_instead() || fault.is_on_the_wire());
        let instead = deciding.and_then(|fault| fault.instead());
        let carried_out = match deciding {
            Some(fault) => fault.carries_out(),
            None => faults.iter().all(|fault| fault.carries_out()),
        };
        // Nobody sees what they would do to a page that isn't sent.
        let bending = if instead.is_some() { &[] } else { &faults[..] };
        let options = lock_read(&self.options);
        let carry_out = |account: &RwLock<Account>| {
            let reply = Caller::of(headers, &options.tokens, &options.keys).and_then(|caller| {
                let target = target.as_ref().ok_or_else(|| Failure::no_route(path))?;
                let call = Call {
                    id: target.id,
                    query: &query,
                    body,
                    max_per_page: options.max_per_page.get(route).copied(),
                    totals: options.totals,
                    faults: bending,
                };
                target.run(&caller, options.zero_trust, account, &call)
            });
            reply.map_or_else(Answer::from, Answer::from)
        };
        let outcome = match (instead, carried_out) {
            (Some(instead), false) => Err(instead),
            (Some(instead), true) => {
                carry_out(&self.account);
                Err(instead)
            }
            (None, true) => Ok(carry_out(&self.account)),
            // What would have been answered: there may be a part of it to send.
            (None, false) => Ok(carry_out(&RwLock::new(lock_read(&self.account).clone()))),
        };
        self.meddlers.meddle(&asked, When::After, &self.account);
        if let Some(fault) = deciding {
            fault.fire();
        }
        match outcome {
            Err(instead) => (instead, None),
            Ok(mut answer) => {
                faults.iter().for_each(|fault| fault.spoil(&mut answer));
                (answer, deciding.cloned())
            }
        }
    }

    fn record(&self, recorded: impl FnOnce() -> Recorded) {
        let room = lock_read(&self.options).log;
        let mut log = lock(&self.log);
        if log.len() < room {
            log.push(recorded());
        }
    }

    /// The headers that every answer has, whatever it says.
    fn common_headers(&self, number: u64) -> Vec<(String, String)> {
        let ray = hex_id(&["ray", &number.to_string()]);
        let mut headers = vec![("cf-ray".to_owned(), format!("{}-AMS", &ray[..16]))];
        if let Some(limit) = lock_read(&self.options).rate_limit {
            let left = limit.quota.saturating_sub(1).saturating_sub((number - 1) % limit.quota.max(1));
            headers.push(("ratelimit".into(), format!("\"default\";r={left};t={}", limit.window)));
            headers.push((
                "ratelimit-policy".into(),
                format!("\"default\";q={};w={}", limit.quota, limit.window),
            ));
        }
        headers
    }
}

/// A request that is being answered, until it is dropped: by the answer, or by a client that gave
/// up.
struct UnderWay(Arc<Shared>);

impl UnderWay {
    fn new(shared: &Arc<Shared>) -> UnderWay {
        let now = shared.under_way.fetch_add(1, Ordering::Relaxed) + 1;
        shared.most_under_way.fetch_max(now, Ordering::Relaxed);
        UnderWay(Arc::clone(shared))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// There is no answer for hyper to send: the connection, or the stream in HTTP/2, ends.
#[derive(Debug, thiserror::Error)]
#[error("a fault ended it")]
pub(super) struct Unanswered;

pub(super) async fn handle(
    shared: Arc<Shared>,
    socket: Arc<TcpStream>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Unanswered> {
    let _under_way = UnderWay::new(&shared);
    let number = shared.requests.fetch_add(1, Ordering::Relaxed) + 1;
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY).collect().await.map(|body| body.to_bytes());
    shared.record(|| Recorded {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: recorded_headers(&parts.headers),
        body: body.as_ref().map(|body| String::from_utf8_lossy(body).into_owned()).unwrap_or_default(),
        version: parts.version,
    });
    let latency = lock_read(&shared.options).latency;
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let held = lock_read(&shared.hold).as_ref().map(|hold| hold(&parts.headers));
    if let Some(held) = held {
        held.await;
    }
    let (mut answer, fault) = match &body {
        Ok(body) => shared.answer(parts.method.as_str(), &parts.uri, &parts.headers, body),
        Err(_) => (Failure::new(StatusCode::PAYLOAD_TOO_LARGE, 1004, "the body is too large").into(), None),
    };
    answer.headers.extend(shared.common_headers(number));
    if let Some(fault) = fault {
        tracing::debug!(method = %parts.method, path = parts.uri.path(), "not answered");
        if let Some(instead) = fault.play(&answer).filter(|_| parts.version == Version::HTTP_11) {
            play(instead, &socket, &shared).await;
        }
        return Err(Unanswered);
    }
    shared.bytes_out.fetch_add(answer.body.len() as u64, Ordering::Relaxed);
    tracing::debug!(method = %parts.method, path = parts.uri.path(), status = answer.status.as_u16(), "answered");
    Ok(into_response(answer))
}

fn into_response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(answer.body));
    *response.status_mut() = answer.status;
    for (name, value) in answer.headers {
        let name = HeaderName::try_from(name).expect("a fault's headers have names that HTTP allows");
        let value = HeaderValue::try_from(value).expect("a fault's headers have values that HTTP allows");
        response.headers_mut().append(name, value);
    }
    response
}

fn recorded_headers(headers: &HeaderMap) -> Vec<(String, Option<String>)> {
    let shown = |name: &str, value: &HeaderValue| {
        (!CREDENTIAL_HEADERS.contains(&name)).then(|| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let mut recorded: Vec<_> =
        headers.iter().map(|(name, value)| (name.to_string(), shown(name.as_str(), value))).collect();
    recorded.sort();
    recorded
}

/// A parameter that stands there twice has its last value.
fn parse_query(uri: &Uri) -> BTreeMap<String, String> {
    Query::<Vec<(String, String)>>::try_from_uri(uri)
        .map(|Query(pairs)| pairs.into_iter().collect())
        .unwrap_or_default()
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
