//! Asks Cloudflare's API, and writes to it: one place that builds requests, counts them, and reads
//! answers.

use super::ask::Ask;
use super::endpoint::{Collection, Object};
use super::envelope::Envelope;

use super::paging::{self, Endless, Position, Verdict};
use super::rate_limit;
use super::read_ahead::{self, ReadAhead};
use super::retry::{self, Patience};
use super::transport::{Method, Request, Response, Transport, TransportError};
use crate::error::{Error, ErrorKind, Result};
use crate::model::RateLimit;
use crate::settings::{Credentials, Settings, manifest};
use serde_json::value::RawValue;

#[cfg(test)]
mod tests;

/// The longest answer about a token that is read, in bytes.
const VERIFY_LIMIT: usize = 64 << 10;

/// The account behind a session, as the API shows it.
pub struct Client<T: Transport> {
    transport: T,
    settings: Settings,
    requests: u32,
    patience: Patience,
    rate_limit: Option<RateLimit>,
    stopped: Option<Error>,
    ahead: ReadAhead<Sent<T>>,
    set_aside: ReadAhead<Sent<T>>,
}

/// A request that is under way, or why it isn't.
type Sent<T> = std::result::Result<<T as Transport>::Pending, TransportError>;

/// What is done with the items of a page.
pub type Read<'r> = &'r mut dyn FnMut(&[&RawValue]);

impl<T: Transport> Client<T> {
    /// A client that has asked nothing yet.
    pub fn new(settings: Settings, transport: T) -> Self {
        Self {
            patience: Patience::new(settings.max_wait_seconds),
            transport,
            settings,
            requests: 0,
            rate_limit: None,
            stopped: None,
            ahead: ReadAhead::default(),
            set_aside: ReadAhead::default(),
        }
    }

    /// A call of the contract begins: its requests are counted, and its waiting is bounded, on
    /// their own.
    pub fn begin_call(&mut self) {
        self.requests = 0;
        self.rate_limit = None;
        self.stopped = None;
        self.patience = Patience::new(self.settings.max_wait_seconds);
    }

    /// Does something beside a read that is under way, whose pages that were sent ahead stay its
    /// own.
    pub fn aside<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> R {
        std::mem::swap(&mut self.ahead, &mut self.set_aside);
        let done = work(self);
        std::mem::swap(&mut self.ahead, &mut self.set_aside);
        done
    }

    /// Something begins that has to see what is there now: what was sent ahead before may be old.
    pub fn forget_ahead(&mut self) {
        self.ahead = ReadAhead::default();
    }

    /// What the session was opened with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Requests sent in this call, retries included.
    pub fn requests(&self) -> u32 {
        self.requests
    }

    /// What the last answer said of the limit.
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.rate_limit
    }

    /// Why nothing more should be asked in this call: the limit is used up, or the credentials are
    /// no good any more.
    pub fn stopped(&self) -> Option<&Error> {
        self.stopped.as_ref()
    }

    /// Reads the page of a list at `at`, hands its items to `read`, and judges where the list ends.
    /// The pages behind it are sent ahead.
    ///
    /// # Errors
    /// What the failure means; a list that never ends is `invalid-response`.
    pub fn page(&mut self, list: &Collection, at: Position, read: Read<'_>) -> Result<Verdict> {
        let window = self.settings.read_ahead;
        self.page_with(list, at, window, read)
    }

    /// The same for a list of which the rest may not be needed: nothing is sent ahead.
    ///
    /// # Errors
    /// As for [`Client::page`].
    pub fn page_alone(&mut self, list: &Collection, at: Position, read: Read<'_>) -> Result<Verdict> {
        self.page_with(list, at, 0, read)
    }

    fn page_with(&mut self, list: &Collection, at: Position, window: u32, read: Read<'_>) -> Result<Verdict> {
        if let Some(stopped) = &self.stopped {
            return Err(stopped.not_tried());
        }
        let bounds = list.bounds();
        let ask = self.ask_page(list, at.page);
        let sent = self.ahead.take(list, at.page);
        let response = self.get(&ask, sent, bounds.bytes)?;
        let (items, info) = ask.list(&response).inspect_err(|error| self.note_stopped(error))?;
        let endless = |endless| ask.endless(&endless, &response);
        let verdict = paging::judge(at, items.len(), info, bounds).map_err(endless)?;
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

    /// Reads the first page of a list alone, and hands its items to `read`.
    ///
    /// # Errors
    /// What the failure means.
    pub fn first_page(&mut self, list: &Collection, read: Read<'_>) -> Result<()> {
        let ask = self.ask_page(list, 1);
        let response = self.get(&ask, None, list.bounds().bytes)?;
        let (items, _) = ask.list(&response)?;
        read(&items);
        Ok(())
    }

    /// That a list brings the same items again and again.
    pub fn endless(&self, list: &Collection) -> Error {
        let response = Response { status: 200, headers: Vec::new(), body: Vec::new() };
        self.ask_list(list, "").endless(&Endless::NothingNew, &response)
    }

    /// Reads as little of a list as can be, to learn whether it may be read.
    ///
    /// # Errors
    /// What the failure means.
    pub fn probe(&mut self, list: &Collection) -> Result<()> {
        // Five is the least that members and roles take.
        let ask = self.ask_list(list, "?page=1&per_page=5");
        let response = self.get(&ask, None, list.bounds().bytes)?;
        ask.list(&response).map(|_| ())
    }

    /// Asks whether a token is good.
    ///
    /// # Errors
    /// `unauthenticated` with the code `disabled` or `expired` where it was good once, or what the
    /// failure means.
    pub fn verify_token(&mut self, owner: TokenOwner) -> Result<()> {
        let path = match owner {
            TokenOwner::User => "/user/tokens/verify".to_owned(),
            TokenOwner::Account => format!("{}/tokens/verify", self.account_path()),
        };
        let ask = self.ask("verify the API token".to_owned(), "", path);
        let response = self.get(&ask, None, VERIFY_LIMIT)?;
        let result = ask.envelope(&response)?.result.map_or("null", RawValue::get);
        let result: serde_json::Value = serde_json::from_str(result).unwrap_or_default();
        match result["status"].as_str() {
            Some("active") => Ok(()),
            Some("disabled") => Err(ask.token_is("disabled", &response)),
            Some("expired") => Err(ask.token_is("expired", &response)),
            _ => Err(ask.not_the_api(&response, "it says no status that a token can have")),
        }
    }

    /// Reads one thing, as it is now.
    ///
    /// # Errors
    /// What the failure means; `not-found` where it isn't there.
    pub fn one(&mut self, one: &Object) -> Result<Box<RawValue>> {
        let ask = self.ask_one(one, "read", one.list().permission());
        let outcome = self.get(&ask, None, Object::BYTES).and_then(|response| {
            let result = ask.envelope(&response)?.result.filter(|result| result.get() != "null");
            result.map(ToOwned::to_owned).ok_or_else(|| ask.not_the_api(&response, "it has no result"))
        });
        outcome.inspect_err(|error| self.note_stopped(error))
    }

    /// Replaces one thing, for the `retries`th time again (from 0). Nothing is sent twice: where
    /// the limit is used up, that is waited for as long as this call may, and what is there
    /// then is for the caller to read.
    pub fn put(&mut self, one: &Object, body: &str, retries: u32) -> Put {
        let ask = Ask { method: Method::Put, ..self.ask_one(one, "change", one.permission_to_change()) };
        let sent = self.send(&ask, Some(body));
        let answer = sent.and_then(|pending| self.transport.finish(pending, Object::BYTES));
        self.note_limit(&answer);
        let response = match answer {
            Ok(response) => response,
            Err(error) => {
                let (unsent, error) = (error.is_unsent(), ask.without_answer(&error));
                return if unsent { Put::NotWritten(error) } else { Put::Lost { error, may_come: true } };
            }
        };
        let error = match ask.envelope(&response) {
            Ok(envelope) => return Put::Confirmed(envelope.result.map(ToOwned::to_owned)),
            Err(error) => error,
        };
        if response.status == 429 && self.pause(retries, rate_limit::retry_after_ms(&response)) {
            return Put::Waited;
        }
        self.note_stopped(&error);
        let is_the_api = Envelope::parse(&response.body).is_ok();
        match response.status {
            429 => Put::NotWritten(error),
            400..=407 | 409..=499 if is_the_api => Put::NotWritten(error),
            _ => Put::Lost { error, may_come: !is_the_api },
        }
    }

    /// Waits before the `retries`th repetition (from 0), as long as the server asks for or else a
    /// little; says no where this call may not wait so long.
    pub fn pause(&mut self, retries: u32, asked_ms: Option<u32>) -> bool {
        let wait = self.patience.wait(retries, asked_ms, self.transport.now());
        if let Some(milliseconds) = wait {
            self.transport.wait(milliseconds);
        }
        wait.is_some()
    }

    /// Remembers a failure after which nothing more should be asked.
    fn note_stopped(&mut self, error: &Error) {
        if matches!(error.kind, ErrorKind::RateLimited | ErrorKind::Unauthenticated) {
            self.stopped = Some(error.clone());
        }
    }

    fn note_limit(&mut self, answer: &std::result::Result<Response, TransportError>) {
        if let Ok(response) = answer {
            self.rate_limit = rate_limit::of(response).or(self.rate_limit);
        }
    }

    fn account_path(&self) -> String {
        format!("/accounts/{}", self.settings.account_id)
    }

    fn ask_page(&self, list: &Collection, page: u32) -> Ask {
        self.ask_list(list, &format!("?page={page}&per_page={}", list.bounds().per_page))
    }

    fn ask_list(&self, list: &Collection, query: &str) -> Ask {
        let path = format!("{}/{}{query}", self.account_path(), list.path());
        self.ask(format!("read {}", list.noun()), list.permission(), path)
    }

    fn ask_one(&self, one: &Object, verb: &str, permission: &'static str) -> Ask {
        self.ask(format!("{verb} {one}"), permission, format!("{}/{}", self.account_path(), one.path()))
    }

    fn ask(&self, what: String, permission: &'static str, path: String) -> Ask {
        Ask { what, permission, path, method: Method::Get, credentials: self.settings.credentials.clone() }
    }

    /// Gives the answer to a request, whatever it says: to the one that was sent ahead, or else to
    /// one that is sent now; and sends it again where that is worth it.
    fn get(&mut self, ask: &Ask, mut ahead: Option<Sent<T>>, limit: usize) -> Result<Response> {
        let mut retries = 0;
        let answer = loop {
            let was_ahead = ahead.is_some();
            let sent = ahead.take().unwrap_or_else(|| self.send(ask, None));
            let answer = sent.and_then(|pending| self.transport.finish(pending, limit));
            if was_ahead && answer.as_ref().is_err_and(TransportError::is_passing) {
                // It waited for a host that took its time: that says nothing of the network now.
                continue;
            }
            self.note_limit(&answer);
            let Some(asked) = retry::worth_retrying(&answer) else { break answer };
            if !self.pause(retries, asked) {
                break answer;
            }
            retries += 1;
        };
        answer.map_err(|error| ask.without_answer(&error))
    }

    /// The one place where a request goes out.
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
        let mut headers = vec![
            ("accept", "application/json".to_owned()),
            ("user-agent", format!("{}-connector/{}", manifest::ID, manifest::VERSION)),
        ];
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

/// What became of a write.
#[derive(Debug)]
pub enum Put {
    /// Cloudflare says that it is done, and what it is now, as far as it says.
    Confirmed(Option<Box<RawValue>>),
    /// It certainly isn't done.
    NotWritten(Error),
    /// It certainly isn't done, and the time that Cloudflare asks for is over: it can be sent
    /// again.
    Waited,
    /// It may be done: the answer was lost, or is none.
    Lost {
        /// What came instead.
        error: Error,
        /// It may also be done later: what answered wasn't the API.
        may_come: bool,
    },
}

/// Whom a token belongs to: each kind is verified at an address of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenOwner {
    /// Made under My Profile.
    User,
    /// Made under Manage Account.
    Account,
}

/// Whether an error says that this may not be read, or isn't there: for a list that a rule names, a
/// gap and no failure.
pub fn is_unreadable(error: &Error) -> bool {
    use crate::error::ErrorKind::{NotFound, PermissionDenied};
    matches!(error.kind, NotFound | PermissionDenied)
        // A cut off answer says nothing, whatever its status.
        || error.http_status == Some(400) && error.kind == ErrorKind::InvalidResponse
}
