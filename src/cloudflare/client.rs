//! The client of Cloudflare's API: the one place that builds requests, sends and counts them, and
//! waits.

use super::ask::Ask;
use super::endpoint::{Collection, Object, Write};
use super::item;
use super::paging::{self, Endless, Position, Verdict};
use super::rate_limit;
use super::read_ahead::{self, ReadAhead};
use super::retry::{self, Patience};
use super::time;
use super::transport::{Method, Request, Response, Transport, TransportError};
use crate::digest::Digest;
use crate::error::{Error, ErrorKind, Result};
use crate::model::RateLimit;
use crate::settings::{Credentials, Settings};
use readable::Readable;
use serde_json::value::RawValue;

pub mod credentials;
pub mod gap;
mod named;
mod readable;
mod resource_groups;
#[cfg(test)]
mod tests;
pub mod write;

/// The connector's name and version, for Cloudflare's logs.
const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// The client of one session, for one account.
pub struct Client<T: Transport> {
    transport: T,
    settings: Settings,
    requests: u32,
    patience: Patience,
    rate_limit: Option<RateLimit>,
    date: Option<i64>,
    stopped: Option<Error>,
    readable: Readable,
    /// The beginning of the call, on the transport's clock.
    began: u64,
    /// The time until which the lists that rules name are taken to fail.
    lists_fail_until: u64,
    /// Whether a failure of the server is expected, so that it is asked once more at most, without a wait.
    fails_again: bool,
    ahead: ReadAhead<Sent<T>>,
    /// The pages that were sent ahead for a read that is interrupted.
    set_aside: ReadAhead<Sent<T>>,
}

/// A request that is under way, or the reason why it isn't.
type Sent<T> = std::result::Result<<T as Transport>::Pending, TransportError>;

/// Takes the items of a page.
pub type Read<'r> = &'r mut dyn FnMut(&[&RawValue]);

impl<T: Transport> Client<T> {
    /// Makes a client that has sent nothing yet.
    pub fn new(settings: Settings, transport: T) -> Self {
        Self {
            patience: Patience::new(settings.max_wait_seconds),
            transport,
            settings,
            requests: 0,
            rate_limit: None,
            date: None,
            stopped: None,
            readable: Readable::default(),
            began: 0,
            lists_fail_until: 0,
            fails_again: false,
            ahead: ReadAhead::default(),
            set_aside: ReadAhead::default(),
        }
    }

    /// Begins a call of the contract. Each call has its own count of requests, and its own time for
    /// waiting.
    pub fn begin_call(&mut self) {
        self.requests = 0;
        self.rate_limit = None;
        self.stopped = None;
        self.began = self.transport.now();
        self.patience = Patience::new(self.settings.max_wait_seconds);
    }

    /// Does some work in the middle of a read. The pages that the read sent ahead are kept for it.
    pub fn aside<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> R {
        std::mem::swap(&mut self.ahead, &mut self.set_aside);
        let done = work(self);
        std::mem::swap(&mut self.ahead, &mut self.set_aside);
        done
    }

    /// Gives up the pages that were sent ahead, before work that must see the current state.
    pub fn forget_ahead(&mut self) {
        self.ahead = ReadAhead::default();
    }

    /// The settings that the session was opened with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The number of requests sent in this call, retries included.
    pub fn requests(&self) -> u32 {
        self.requests
    }

    /// The milliseconds since this call began.
    pub fn elapsed_ms(&self) -> u64 {
        self.transport.now().saturating_sub(self.began) / 1_000_000
    }

    /// The rate limit, as the last answer stated it.
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.rate_limit
    }

    /// The time at Cloudflare, in seconds since 1970, as the last answer with a time stated it: a component
    /// has no clock that shows it.
    pub fn date(&self) -> Option<i64> {
        self.date
    }

    /// The reason why nothing more is asked in this call: the limit is used up, or the credentials
    /// aren't valid, or not from here.
    pub fn stopped(&self) -> Option<&Error> {
        self.stopped.as_ref()
    }

    /// Reads the page at `at` of a list, hands its items to `read`, and judges where the list ends.
    /// The pages behind it are sent ahead.
    ///
    /// # Errors
    /// The meaning of the failure; a list that never ends is `invalid-response`.
    pub fn page(&mut self, list: &Collection, at: Position, read: Read<'_>) -> Result<Verdict> {
        let window = self.settings.read_ahead;
        self.page_with(list, at, window, read)
    }

    /// Does the same for a list of which the rest may not be needed: nothing is sent ahead.
    ///
    /// # Errors
    /// As for [`Client::page`].
    pub fn page_alone(&mut self, list: &Collection, at: Position, read: Read<'_>) -> Result<Verdict> {
        self.page_with(list, at, 0, read)
    }

    fn page_with(&mut self, list: &Collection, at: Position, window: u32, read: Read<'_>) -> Result<Verdict> {
        self.check_stopped()?;
        let bounds = list.bounds;
        let before = self.readable.before_page(list, at.page, self.transport.now());
        let ask = Ask { before, ..self.ask_page(list, at.page) };
        let sent = self.ahead.take(list, at.page);
        let response = self.get(&ask, None, sent, bounds.bytes)?;
        let (items, info) = ask.list(&response).inspect_err(|error| self.note_stopped(error))?;
        let endless = |endless| ask.endless(&endless, &response);
        let verdict = paging::judge(at, items.len(), info, bounds, &|| mark(&items)).map_err(endless)?;
        self.readable.note_page(list, self.transport.now());
        if verdict.next.is_some() {
            let window = read_ahead::window(window, self.rate_limit);
            for page in self.ahead.missing(at.page, info, window) {
                let sent = self.send(&self.ask_page(list, page), None);
                self.ahead.sent(page, sent);
            }
        }
        read(&items);
        Ok(verdict)
    }

    /// Reads the first page of a list, and hands its items to `read`.
    ///
    /// # Errors
    /// The meaning of the failure.
    pub fn first_page(&mut self, list: &Collection, read: Read<'_>) -> Result<()> {
        self.check_stopped()?;
        let ask = self.ask_page(list, 1);
        let response = self.get(&ask, None, None, list.bounds.bytes)?;
        let (items, _) = ask.list(&response).inspect_err(|error| self.note_stopped(error))?;
        self.readable.note_page(list, self.transport.now());
        read(&items);
        Ok(())
    }

    /// Returns the error for a list that brings the same items again and again.
    pub fn endless(&self, list: &Collection) -> Error {
        let response = Response { status: 200, headers: Vec::new(), body: Vec::new() };
        self.ask_list(list, "").endless(&Endless::NothingNew, &response)
    }

    /// Reads the smallest page of a list, to learn whether it may be read.
    ///
    /// # Errors
    /// The meaning of the failure.
    pub fn probe(&mut self, list: &Collection) -> Result<()> {
        self.check_stopped()?;
        // Members and roles take 5 at least. OpenAPI: GET /accounts/{account_id}/members, `per_page`.
        let ask = self.ask_list(list, "?page=1&per_page=5");
        let response = self.get(&ask, None, None, list.bounds.bytes)?;
        ask.list(&response).inspect_err(|error| self.note_stopped(error))?;
        self.readable.note();
        Ok(())
    }

    /// Reads one object.
    ///
    /// # Errors
    /// The meaning of the failure; `not-found` if the object isn't there.
    pub fn one(&mut self, one: &Object) -> Result<Box<RawValue>> {
        let path = format!("{}/{}", self.account_path(), one.path());
        let ask = self.ask(format!("read {one}"), one.list.permission, path);
        let outcome = self.result(&ask, None);
        if outcome.is_ok() {
            self.readable.note();
        }
        outcome
    }

    /// Sends a request with a body that changes nothing, and returns the result. `what` is a verb with its
    /// object, for a message. Because nothing is changed, it is repeated like a read.
    ///
    /// # Errors
    /// The meaning of the failure.
    pub fn question(&mut self, write: &Write, what: &str, body: &str) -> Result<Box<RawValue>> {
        self.check_stopped()?;
        let path = write.route.replacen("{}", &self.settings.account_id, 1);
        let ask = self.ask(what.to_owned(), write.permission, ["/", &path].concat());
        self.result(&Ask { method: write.method, owner: write.owner, ..ask }, Some(body))
    }

    /// Returns the result that an answer has.
    fn result(&mut self, ask: &Ask, body: Option<&str>) -> Result<Box<RawValue>> {
        let outcome = self.get(ask, body, None, Object::BYTES).and_then(|response| {
            let result = ask.envelope(&response)?.result.filter(|result| result.get() != "null");
            result.map(ToOwned::to_owned).ok_or_else(|| ask.not_the_api(&response, "it has no result"))
        });
        outcome.inspect_err(|error| self.note_stopped(error))
    }

    /// Waits before the next repetition, after `retries` earlier ones: as long as the server asks
    /// for, or else a little. Returns whether it waited; it doesn't where the call's time is too
    /// short.
    pub fn pause(&mut self, retries: u32, asked_ms: Option<u32>) -> bool {
        let wait = self.patience.wait(retries, asked_ms, self.transport.now());
        if let Some(milliseconds) = wait {
            self.transport.wait(milliseconds);
        }
        wait.is_some()
    }

    /// Remembers a failure after which nothing more is asked in this call.
    fn note_stopped(&mut self, error: &Error) {
        if matches!(error.kind, ErrorKind::RateLimited | ErrorKind::Unauthenticated) {
            self.stopped = Some(error.clone());
        }
    }

    fn check_stopped(&self) -> Result<()> {
        self.stopped.as_ref().map_or(Ok(()), |stopped| Err(stopped.not_tried()))
    }

    fn note_answer(&mut self, answer: &std::result::Result<Response, TransportError>) {
        if let Ok(response) = answer {
            self.date = response.header("date").and_then(time::of_answer).or(self.date);
            self.rate_limit = rate_limit::of(response).or(self.rate_limit);
        }
    }

    fn account_path(&self) -> String {
        format!("/accounts/{}", self.settings.account_id)
    }

    fn ask_page(&self, list: &Collection, page: u32) -> Ask {
        self.ask_list(list, &format!("?page={page}&per_page={}{}", list.bounds.per_page, list.filter))
    }

    fn ask_list(&self, list: &Collection, query: &str) -> Ask {
        let path = format!("{}/{}{query}", self.account_path(), list.path);
        self.ask(format!("read {}", list.noun), list.permission, path)
    }

    fn ask(&self, what: String, permission: &'static str, path: String) -> Ask {
        Ask {
            what,
            permission,
            path,
            method: Method::Get,
            owner: "",
            before: self.readable.before(),
            meant: self.settings.base_url.meant(),
            credentials: self.settings.credentials.clone(),
        }
    }

    /// Returns the answer to a request, whether it reports success or not. Uses the request that was sent
    /// ahead, or sends one now. Repeats it if that may help.
    fn get(
        &mut self,
        ask: &Ask,
        body: Option<&str>,
        mut ahead: Option<Sent<T>>,
        limit: usize,
    ) -> Result<Response> {
        let (mut retries, mut had_one_more) = (0, false);
        let answer = loop {
            let was_ahead = ahead.is_some();
            let sent = ahead.take().unwrap_or_else(|| self.send(ask, body));
            let answer = sent.and_then(|pending| self.transport.finish(pending, limit));
            if was_ahead && answer.as_ref().is_err_and(TransportError::is_passing) {
                // It waited for a slow host, which says nothing of the network now.
                continue;
            }
            self.note_answer(&answer);
            let may_go_on = match retry::worth_retrying(&answer) {
                Some(_) if self.fails_again && answer.as_ref().is_ok_and(|it| it.status != 429) => {
                    !std::mem::replace(&mut had_one_more, true)
                }
                Some(asked) => self.pause(retries, asked),
                None if had_one_more => false,
                // It is asked once more whether there is time to wait or not: that is one request, and
                // the pages so far would be lost without it.
                None => {
                    had_one_more = answer.as_ref().is_ok_and(|response| ask.may_pass(response));
                    if had_one_more {
                        self.pause(retries, None);
                    }
                    had_one_more
                }
            };
            if !may_go_on {
                break answer;
            }
            retries += 1;
        };
        answer.map_err(|error| ask.without_answer(&error))
    }

    /// Sends a request. Every request goes out here.
    fn send(&mut self, ask: &Ask, body: Option<&str>) -> Sent<T> {
        let base = &self.settings.base_url;
        let request = Request {
            method: ask.method,
            scheme: base.scheme.clone(),
            authority: base.authority.clone(),
            path_and_query: format!("{}{}", base.path, ask.path),
            headers: self.headers(),
            body: body.map(str::to_owned),
        };
        self.requests = self.requests.saturating_add(1);
        self.transport.start(request)
    }

    fn headers(&self) -> Vec<(&'static str, String)> {
        // wasi:http passes a body on as it comes.
        let headers =
            [("accept", "application/json"), ("accept-encoding", "identity"), ("user-agent", USER_AGENT)];
        let mut headers: Vec<_> = headers.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        match &self.settings.credentials {
            Credentials::Token(token) => {
                headers.push(("authorization", format!("Bearer {}", token.expose())))
            }
            Credentials::Key { email, key } => {
                headers.push(("x-auth-email", email.clone()));
                headers.push(("x-auth-key", key.expose().to_owned()));
            }
        }
        headers
    }
}

/// Returns the digest of a page's items: of their ids, where they have some.
fn mark(items: &[&RawValue]) -> u64 {
    let of = |digest: Digest, raw: &&RawValue| match item::id_of(raw) {
        Some(id) => digest.with(id.as_str()),
        None => digest.with(raw.get()),
    };
    items.iter().fold(Digest::new(), of).finish()
}
