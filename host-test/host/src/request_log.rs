//! Requests and waits in the debug log, so that an operator sees where the time of a slow read goes.
//!
//! A line names the route, and no id: a connector may have put a secret into a path by mistake. Of a
//! query it shows only which part of a list is asked for: a connector may also search for a person. No
//! header is shown as it came.

use crate::traffic::route;
use crate::unanswered::Unanswered;
use bytes::Bytes;
use http::{Method, Response, StatusCode, Uri};
use http_body::{Body, Frame, SizeHint};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::WasiView;
use wasmtime_wasi::clocks::WasiClocksView;
use wasmtime_wasi::p2::DynPollable;
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock::Host as Clock;
use wasmtime_wasi_http::{Error, WasiBody};

/// The most failed requests of a session that are remembered. A guest that asks for ever new paths
/// must not fill the host's memory.
const REMEMBERED: usize = 64;
/// The most bytes of a query that are shown.
const QUERY: usize = 100;
/// The parameters of a query that are shown, if their values are numbers.
const PARAMETERS: [&str; 4] = ["page", "per_page", "limit", "offset"];

/// The requests of a session that failed last, so that the same one is recognised as a retry.
#[derive(Debug, Default)]
pub(crate) struct RequestLog(Mutex<Vec<Failed>>);

#[derive(Clone, Copy, Debug)]
struct Failed {
    request: u64,
    attempts: u32,
    at: Instant,
}

impl RequestLog {
    /// Begins the line of a request that is sent now. `under_way` is the number of requests that are
    /// under way then.
    pub(crate) fn begin(self: &Arc<Self>, method: &Method, uri: &Uri, under_way: usize) -> Line {
        let mut hasher = DefaultHasher::new();
        (method, uri).hash(&mut hasher);
        let request = hasher.finish();
        let failed = self.locked(|failed| failed.iter().find(|failed| failed.request == request).copied());
        let start = Instant::now();
        Line {
            log: Arc::clone(self),
            request,
            route: route(method, uri.path()),
            query: part_of_list(uri.query().unwrap_or_default()),
            under_way,
            attempt: failed.map_or(1, |failed| failed.attempts + 1),
            waited: failed.map(|failed| start.duration_since(failed.at)),
            start,
            first_byte: None,
            status: None,
            retry_after: None,
            bytes: 0,
            error: None,
            reason: None,
            is_whole: false,
        }
    }

    fn locked<T>(&self, work: impl FnOnce(&mut Vec<Failed>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The parts of a query that say which part of a list is asked for: `page=2&per_page=50`.
fn part_of_list(query: &str) -> String {
    let is_number = |value: &str| value.len() <= 10 && value.bytes().all(|byte| byte.is_ascii_digit());
    let parts = query.split('&').filter(|part| {
        part.split_once('=').is_some_and(|(name, value)| PARAMETERS.contains(&name) && is_number(value))
    });
    let shown = parts.collect::<Vec<_>>().join("&");
    if shown.len() > QUERY { String::new() } else { shown }
}

/// The line of one request. It is written when this is dropped: with the end of the answer, or where
/// nobody wants it any more.
pub(crate) struct Line {
    log: Arc<RequestLog>,
    request: u64,
    route: String,
    query: String,
    under_way: usize,
    attempt: u32,
    waited: Option<Duration>,
    start: Instant,
    first_byte: Option<Duration>,
    status: Option<StatusCode>,
    retry_after: Option<u64>,
    bytes: u64,
    error: Option<String>,
    reason: Option<String>,
    is_whole: bool,
}

impl Line {
    /// Notes the head of an answer, or the reason why there is none.
    pub(crate) fn answered<B>(&mut self, answer: &Result<Response<B>, Unanswered>) {
        match answer {
            Ok(response) => {
                self.first_byte = Some(self.start.elapsed());
                self.status = Some(response.status());
                let header = response.headers().get(http::header::RETRY_AFTER);
                self.retry_after = header.and_then(|value| value.to_str().ok()?.trim().parse().ok());
            }
            Err(Unanswered { error, failure }) => {
                self.error = Some(format!("{error:?}"));
                self.reason = failure.as_ref().map(ToString::to_string);
            }
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let again = self.status.is_some_and(|status| {
            status.is_server_error()
                || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
        });
        let now = Instant::now();
        self.log.locked(|failed| {
            failed.retain(|failed| failed.request != self.request);
            if again || self.error.is_some() {
                failed.truncate(REMEMBERED - 1);
                failed.insert(0, Failed { request: self.request, attempts: self.attempt, at: now });
            }
        });
        let outcome = match (&self.error, self.is_whole) {
            (Some(_), _) => "a request failed",
            (None, true) => "a request was answered",
            (None, false) => "a request was given up",
        };
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(
            route = self.route,
            query = self.query,
            attempt = self.attempt,
            waited_ms = self.waited.map(milliseconds),
            under_way = self.under_way,
            status = self.status.map(|status| status.as_u16()),
            retry_after_s = self.retry_after,
            first_byte_ms = self.first_byte.map(milliseconds),
            ms = milliseconds(now.duration_since(self.start)),
            bytes = self.bytes,
            error = self.error,
            reason = self.reason,
            "{outcome}"
        );
    }
}

/// The body of an answer, which ends the line of its request. It keeps what must live as long as the
/// answer is read.
pub(crate) struct LoggedBody<K> {
    pub(crate) body: WasiBody,
    pub(crate) line: Line,
    pub(crate) _kept: K,
}

impl<K: Unpin> Body for LoggedBody<K> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        let frame = Pin::new(&mut this.body).poll_frame(context);
        match &frame {
            Poll::Ready(Some(Ok(frame))) => {
                this.line.bytes += frame.data_ref().map_or(0, Bytes::len) as u64;
                this.line.is_whole = this.body.is_end_stream();
            }
            Poll::Ready(Some(Err(error))) => this.line.error = Some(format!("{error:?}")),
            Poll::Ready(None) => this.line.is_whole = true,
            Poll::Pending => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Replaces one of wasmtime's own functions, which must be in the linker already: a guest's waits are
/// logged when they begin.
pub(crate) fn add_to_linker<T: WasiView>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let mut clock = linker.instance("wasi:clocks/monotonic-clock@0.2.12")?;
    clock.func_wrap("subscribe-duration", subscribe_duration::<T>)?;
    linker.allow_shadowing(false);
    Ok(())
}

fn subscribe_duration<T: WasiView>(
    mut store: StoreContextMut<'_, T>,
    (nanoseconds,): (u64,),
) -> wasmtime::Result<(Resource<DynPollable>,)> {
    let ms = nanoseconds / 1_000_000;
    // A shorter time is no wait that a person could notice.
    if ms > 0 {
        tracing::debug!(ms, "the connector waits");
    }
    Ok((store.data_mut().clocks().subscribe_duration(nanoseconds)?,))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(log: &Arc<RequestLog>, uri: &str) -> Line {
        log.begin(&Method::GET, &uri.parse().unwrap(), 1)
    }

    fn end(mut line: Line, status: u16) -> u32 {
        line.answered(&Ok(Response::builder().status(status).body(()).unwrap()));
        line.attempt
    }

    #[test]
    fn of_a_query_the_page_is_shown() {
        for (query, expected) in [
            ("page=2&per_page=50", "page=2&per_page=50"),
            ("token=abc&page=2&key=12345678901&Key=1", "page=2"),
            ("page=&page", "page="),
            ("limit=10&email=ann%40corp.example&phone=5550100&offset=20", "limit=10&offset=20"),
            ("", ""),
        ] {
            assert_eq!(part_of_list(query), expected);
        }
        assert_eq!(part_of_list(&"page=1&".repeat(50)), "");
    }

    #[test]
    fn the_same_request_after_a_failure_is_a_retry() {
        let log = Arc::default();
        let (one, other) = ("http://127.0.0.1/members?page=1", "http://127.0.0.1/members?page=2");
        assert_eq!(end(begin(&log, one), 429), 1);
        assert_eq!(end(begin(&log, other), 200), 1);
        assert_eq!(end(begin(&log, one), 503), 2);
        assert_eq!(end(begin(&log, one), 200), 3);
        assert_eq!(end(begin(&log, one), 200), 1, "an answer isn't a failure");
        let mut line = begin(&log, one);
        line.answered::<()>(&Err(Error::ConnectionRefused.into()));
        drop(line);
        let again = begin(&log, one);
        assert_eq!((again.attempt, again.waited.is_some()), (2, true));
    }

    #[test]
    fn only_so_many_failures_are_remembered() {
        let log = Arc::default();
        for page in 0..200 {
            end(begin(&log, &format!("http://127.0.0.1/members?page={page}")), 500);
        }
        assert_eq!(log.locked(|failed| failed.len()), REMEMBERED);
        assert_eq!(begin(&log, "http://127.0.0.1/members?page=199").attempt, 2);
        assert_eq!(begin(&log, "http://127.0.0.1/members?page=1").attempt, 1);
    }
}
