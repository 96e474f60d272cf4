//! The same mock without a network: for thousands of cases in a second.

use std::collections::BTreeMap;

use http::{HeaderMap, Uri};

use super::server::{self, Shared};
use super::{Account, Effect, Operation, Options, When, lock_read, lock_write};

/// Answers in the caller's thread. Its log holds nothing: the caller sees each request itself.
pub struct Direct(Shared);

/// What came back.
pub struct Answered {
    /// HTTP's status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Direct {
    /// A mock of this account; `port`, `latency` and `log` have no effect.
    pub fn new(account: Account, options: Options) -> Direct {
        Direct(Shared::new(account, options))
    }

    /// Answers a request for a path that begins with `/client/v4`.
    pub fn answer(&self, method: &str, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Answered {
        self.send(method, uri, headers, body).0
    }

    /// The same where something can happen to the connection: the answer, and what stands in the
    /// way of sending it.
    pub fn send(
        &self,
        method: &str,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
    ) -> (Answered, Option<Effect>) {
        let (answer, fault) = self.0.answer(method, uri, headers, body);
        let answered =
            Answered { status: answer.status.as_u16(), headers: answer.headers, body: answer.body.to_vec() };
        (answered, fault.map(|fault| fault.effect().clone()))
    }

    /// As [`Mock::fired`](super::Mock::fired).
    pub fn fired(&self) -> Vec<u64> {
        self.0.faults.fired()
    }

    /// As [`Mock::end_faults`](super::Mock::end_faults).
    pub fn end_faults(&self) {
        self.0.faults.end();
    }

    /// As [`Mock::meddle`](super::Mock::meddle).
    pub fn meddle(&self, on: Operation, when: When, change: impl FnOnce(&mut Account) + Send + 'static) {
        self.0.meddlers.add(on, when, Box::new(change));
    }

    /// As [`Mock::meddled`](super::Mock::meddled).
    pub fn meddled(&self) -> Vec<bool> {
        self.0.meddlers.done()
    }

    /// A copy of the account as it is now.
    pub fn account(&self) -> Account {
        lock_read(&self.0.account).clone()
    }

    /// Changes the account, as somebody else's hand would.
    pub fn change<T>(&self, change: impl FnOnce(&mut Account) -> T) -> T {
        change(&mut lock_write(&self.0.account))
    }

    /// As [`Mock::requests_by_route`](super::Mock::requests_by_route).
    pub fn requests_by_route(&self) -> BTreeMap<String, u64> {
        server::lock(&self.0.by_route).clone()
    }

    /// Sets the counts back to nothing.
    pub fn forget_requests(&self) {
        server::lock(&self.0.by_route).clear();
    }
}
