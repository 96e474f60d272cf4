//! The core without a component: its transport is the client that the host has, used directly.

use bytes::Bytes;
use cloudflare_zero_trust::cloudflare::transport::{Method, Request, Response, Transport, TransportError};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// A pool of connections, set up as the host's.
pub struct Pooled {
    client: Client<HttpConnector, Full<Bytes>>,
    runtime: Handle,
    began: Instant,
    received: Rc<Cell<u64>>,
}

impl Pooled {
    pub fn new(runtime: &Handle) -> Pooled {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let mut builder = Client::builder(TokioExecutor::new());
        builder.timer(TokioTimer::new()).pool_timer(TokioTimer::new());
        Pooled {
            client: builder.build(connector),
            runtime: runtime.clone(),
            began: Instant::now(),
            received: Rc::default(),
        }
    }

    /// Returns a counter of the bytes of bodies so far.
    pub fn received(&self) -> Rc<Cell<u64>> {
        Rc::clone(&self.received)
    }
}

fn broken(error: impl std::fmt::Display) -> TransportError {
    TransportError::BrokenOff(error.to_string())
}

impl Transport for Pooled {
    type Pending =
        JoinHandle<Result<http::Response<hyper::body::Incoming>, hyper_util::client::legacy::Error>>;

    fn start(&self, request: Request) -> Result<Self::Pending, TransportError> {
        let uri = format!("{}://{}{}", request.scheme, request.authority, request.path_and_query);
        let mut built = http::Request::builder().method(request.method.as_str()).uri(uri);
        for (name, value) in request.headers {
            built = built.header(name, value);
        }
        let built = built.body(Full::new(request.body.unwrap_or_default().into())).map_err(broken)?;
        Ok(self.runtime.spawn(self.client.request(built)))
    }

    fn finish(&self, pending: Self::Pending, limit: usize) -> Result<Response, TransportError> {
        let answer = self.runtime.block_on(async {
            let response = pending.await.map_err(broken)?.map_err(broken)?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, limit).collect().await.map_err(broken)?.to_bytes();
            Ok((head, body))
        });
        let (head, body) = answer?;
        self.received.set(self.received.get() + body.len() as u64);
        let headers = head.headers.iter();
        let headers =
            headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()));
        Ok(Response { status: head.status.as_u16(), headers: headers.collect(), body: body.into() })
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn wait(&self, milliseconds: u32) {
        std::thread::sleep(Duration::from_millis(milliseconds.into()));
    }
}

/// The number of pages that the connector requests ahead of the one that it waits for.
const READ_AHEAD: usize = 4;

/// Downloads the pages of these lists, and throws them away: a list's first page alone, then some
/// at once. Returns the number of bytes.
pub fn download(pooled: &Pooled, base_url: &str, lists: &[Vec<String>]) -> u64 {
    let base: http::Uri = base_url.parse().expect("a URL");
    let authority = base.authority().expect("a host").to_string();
    let start = |path: &String| {
        let headers = vec![
            ("accept", "application/json".to_owned()),
            ("authorization", format!("Bearer {}", host_test::mock::DEMO_TOKEN)),
        ];
        let request = Request {
            method: Method::Get,
            scheme: http::uri::Scheme::HTTP,
            authority: authority.clone(),
            path_and_query: path.clone(),
            headers,
            body: None,
        };
        pooled.start(request).expect("a request can be sent")
    };
    for pages in lists {
        let mut waiting = pages.iter();
        let mut under_way: VecDeque<_> = waiting.next().map(&start).into_iter().collect();
        while let Some(pending) = under_way.pop_front() {
            pooled.finish(pending, usize::MAX).expect("an answer");
            under_way.extend(waiting.by_ref().take(READ_AHEAD - under_way.len()).map(&start));
        }
    }
    pooled.received.get()
}
