//! The mock without a network, for thousands of cases in a second.

use std::collections::BTreeMap;

use http::{HeaderMap, Uri};

use super::account::Account;
use super::faults::{Effect, Operation, When};
use super::lock::{lock_read, lock_write};
use super::options::Options;
use super::wire::Server;

/// A mock that answers in the caller's thread. It keeps no log: the caller sees each request itself.
pub struct Direct(Server);

/// An answer.
pub struct Answered {
    /// HTTP's status.
    pub status: u16,
    /// Headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Direct {
    /// Returns a mock of this account. `port`, `latency` and `log` have no effect.
    pub fn new(account: Account, options: Options) -> Direct {
        Direct(Server::new(account, options))
    }

    /// Answers a request for a path that begins with `/client/v4`.
    pub fn answer(&self, method: &str, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Answered {
        self.send(method, uri, headers, body).0
    }

    /// Answers a request on a connection that can have an accident. Returns the answer, and the
    /// effect that prevents it from being sent.
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

    /// Like [`Mock::fired`](super::Mock::fired).
    pub fn fired(&self) -> Vec<u64> {
        self.0.faults.fired()
    }

    /// Like [`Mock::end_faults`](super::Mock::end_faults).
    pub fn end_faults(&self) {
        self.0.faults.end();
    }

    /// Like [`Mock::meddle`](super::Mock::meddle).
    pub fn meddle(&self, on: Operation, when: When, change: impl FnOnce(&mut Account) + Send + 'static) {
        self.0.meddlers.add(on, when, Box::new(change));
    }

    /// Like [`Mock::meddled`](super::Mock::meddled).
    pub fn meddled(&self) -> Vec<bool> {
        self.0.meddlers.done()
    }

    /// Returns a copy of the account as it is now.
    pub fn account(&self) -> Account {
        lock_read(&self.0.account).clone()
    }

    /// Changes the account, like another writer.
    pub fn change<T>(&self, change: impl FnOnce(&mut Account) -> T) -> T {
        change(&mut lock_write(&self.0.account))
    }

    /// Like [`Mock::requests_by_route`](super::Mock::requests_by_route).
    pub fn requests_by_route(&self) -> BTreeMap<String, u64> {
        self.0.traffic.by_route()
    }

    /// Sets all counts to 0.
    pub fn forget_requests(&self) {
        self.0.traffic.forget();
    }
}
