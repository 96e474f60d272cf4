//! Answers of Cloudflare that are kept for a short time, for requests that only read: a client that asks for
//! a list page by page would else have the whole list read for each page.
//!
//! Whoever writes sees nothing of it, because nothing is kept or reused unless [`Cached::reuse_for`] was
//! called. What is kept ends as a whole, and a list of which a request has read only the beginning isn't
//! kept: a list never consists of old pages and new ones.

use super::envelope::{Envelope, ResultInfo};
use super::transport::{Cut, Method, Request, Response, Transport, TransportError};
use std::cell::RefCell;
use std::rc::Rc;

/// The most bytes that are kept, of answers and their paths. 1,000 Access users are about 700 kilobytes.
const MOST_BYTES: usize = 32 << 20;
/// The bytes that an answer takes besides its body and its path.
const EACH: usize = 100;

/// The answers that an instance keeps. They are the account's data, so this has no `Debug`.
#[derive(Default)]
pub struct Cache {
    /// The server and the headers with which everything was read, credentials included.
    read_with: Option<ReadWith>,
    /// The time of the first answer, on the transport's clock.
    since: u64,
    answers: Vec<Answer>,
    bytes: usize,
    /// Lists that are too long. A part of a list would be older than the rest, so none of it is kept.
    too_long: Vec<String>,
}

struct Answer {
    /// The path with the query.
    path: String,
    body: Vec<u8>,
    /// Whether its list ends here, or it is no page of a list.
    is_last: bool,
}

/// The parts of a request that are the same in all requests of one session.
#[derive(PartialEq, Eq)]
struct ReadWith {
    scheme: http::uri::Scheme,
    authority: String,
    headers: Vec<(&'static str, String)>,
}

impl Cache {
    fn find(&self, read_with: &ReadWith, path: &str) -> Option<&[u8]> {
        if self.read_with.as_ref() != Some(read_with) {
            return None;
        }
        self.answers.iter().find(|answer| answer.path == path).map(|answer| answer.body.as_slice())
    }

    fn keep(&mut self, read_with: ReadWith, answer: Answer, now: u64) {
        if self.read_with.as_ref() != Some(&read_with) {
            *self = Cache { read_with: Some(read_with), since: now, ..Cache::default() };
        }
        let list = list_of(&answer.path);
        if self.too_long.iter().any(|known| known == list) {
            return;
        }
        let size = answer.size();
        if self.bytes.saturating_add(size) > MOST_BYTES {
            let list = list.to_owned();
            self.retain(|answer| list_of(&answer.path) != list);
            self.too_long.push(list);
            return;
        }
        self.bytes += size;
        self.answers.push(answer);
    }

    /// Forgets lists whose end wasn't read: by the next request, the rest may be another one.
    fn forget_beginnings(&mut self) {
        let whole = self.answers.iter().filter(|answer| answer.is_last);
        let whole: Vec<String> = whole.map(|answer| without_page(&answer.path)).collect();
        self.retain(|answer| whole.contains(&without_page(&answer.path)));
    }

    fn retain(&mut self, stays: impl Fn(&Answer) -> bool) {
        self.answers.retain(stays);
        self.bytes = self.answers.iter().map(Answer::size).sum();
    }
}

impl Answer {
    fn size(&self) -> usize {
        self.path.len() + self.body.len() + EACH
    }
}

/// The list that a page is of.
fn list_of(path: &str) -> &str {
    path.split('?').next().unwrap_or_default()
}

/// Returns the path of all pages of a list.
fn without_page(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let others = query.split('&').filter(|parameter| !parameter.starts_with("page="));
    others.fold(path.to_owned(), |path, parameter| path + "&" + parameter)
}

/// Whether a list certainly ends with this page, or has no pages.
fn is_last(info: &ResultInfo) -> bool {
    match (info.page, info.total_pages, info.per_page, info.total_count) {
        (None, ..) => true,
        (Some(page), Some(pages), ..) => page >= pages,
        (Some(page), None, Some(size), Some(total)) => u64::from(page) * u64::from(size) >= total.into(),
        (Some(_), None, ..) => false,
    }
}

/// A transport with a cache beside it, which is used only after [`Cached::reuse_for`].
pub struct Cached<T> {
    inner: T,
    cache: Rc<RefCell<Cache>>,
    is_used: bool,
}

/// A request that is under way, or an answer that was kept.
pub enum Pending<P> {
    /// The body of an answer that was kept.
    Kept(Vec<u8>),
    /// A request, with what it takes to keep its answer.
    Sent(P, Option<Box<Asked>>),
}

/// The request that an answer belongs to.
pub struct Asked {
    read_with: ReadWith,
    path: String,
}

impl<T: Transport> Cached<T> {
    /// Puts a cache beside a transport.
    pub const fn new(inner: T, cache: Rc<RefCell<Cache>>) -> Self {
        Self { inner, cache, is_used: false }
    }

    /// Takes a transport without anything that was kept.
    pub fn fresh(inner: T) -> Self {
        Self::new(inner, Rc::default())
    }

    /// Lets answers be kept, and be reused that are at most this old. With 0 nothing is.
    #[must_use]
    pub fn reuse_for(mut self, seconds: u32) -> Self {
        let longest = u64::from(seconds).saturating_mul(1_000_000_000);
        let now = self.inner.now();
        let is_old = now.saturating_sub(self.cache.borrow().since) >= longest;
        if is_old {
            self.cache.take();
        }
        self.is_used = seconds > 0;
        self
    }

    /// Returns the cache.
    pub fn cache(&self) -> Rc<RefCell<Cache>> {
        Rc::clone(&self.cache)
    }
}

impl<T> Drop for Cached<T> {
    fn drop(&mut self) {
        self.cache.borrow_mut().forget_beginnings();
    }
}

impl<T: Transport> Transport for Cached<T> {
    type Pending = Pending<T::Pending>;

    fn start(&self, request: Request) -> Result<Self::Pending, TransportError> {
        if !self.is_used || request.method != Method::Get {
            return Ok(Pending::Sent(self.inner.start(request)?, None));
        }
        let read_with = ReadWith {
            scheme: request.scheme.clone(),
            authority: request.authority.clone(),
            headers: request.headers.clone(),
        };
        if let Some(body) = self.cache.borrow().find(&read_with, &request.path_and_query) {
            return Ok(Pending::Kept(body.to_vec()));
        }
        let asked = Box::new(Asked { read_with, path: request.path_and_query.clone() });
        Ok(Pending::Sent(self.inner.start(request)?, Some(asked)))
    }

    fn finish(&self, pending: Self::Pending, limit: usize) -> Result<Response, TransportError> {
        let (pending, asked) = match pending {
            Pending::Sent(pending, asked) => (pending, asked),
            Pending::Kept(body) => {
                // What an answer said of the time and of the rate limit was true only then.
                let response = Response { status: 200, headers: Vec::new(), body };
                if response.body.len() > limit {
                    let why = Cut::TooLarge(limit);
                    return Err(TransportError::CutShort { why, came: Box::new(response) });
                }
                return Ok(response);
            }
        };
        let response = self.inner.finish(pending, limit)?;
        if let Some(Asked { read_with, path }) = asked.map(|asked| *asked)
            && response.status == 200
            && let Ok(Envelope { success: true, info, .. }) = Envelope::parse(&response.body)
        {
            let answer = Answer { path, body: response.body.clone(), is_last: is_last(&info) };
            self.cache.borrow_mut().keep(read_with, answer, self.inner.now());
        }
        Ok(response)
    }

    fn now(&self) -> u64 {
        self.inner.now()
    }

    fn wait(&self, milliseconds: u32) {
        self.inner.wait(milliseconds);
    }
}

#[cfg(test)]
mod tests;
