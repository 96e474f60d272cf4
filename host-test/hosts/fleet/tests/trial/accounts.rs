//! The accounts of the trial, each at a mock of its own, and what was seen of their sessions.

use crate::alone::{read, settings};
use connector_host::Host;
use host_test::mock::{Account, Effect, Fault, Mock, Options, Size, Token};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The token of sessions besides the fleet's.
pub const OTHER_TOKEN: &str = "another-token-of-the-trial";
/// The tokens of a credential: more than it ever has sessions here.
const SESSIONS: usize = 200;
/// The people or members on a page.
const PER_PAGE: u64 = 10;
/// The wait of an account that is rate limited: more than the connector waits within one call, so that it is
/// the fleet that waits.
const RETRY_AFTER_SECONDS: u64 = 12;

/// The trouble of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    None,
    WrongCredentials,
    RateLimited,
    Slow,
}

/// An account, at its mock.
pub struct Tenant {
    pub name: String,
    pub credential: String,
    pub trouble: Trouble,
    pub mock: Mock,
    /// The records that a single sync of it gives, sorted.
    pub alone: Vec<String>,
    /// The requests of that sync.
    pub alone_requests: u64,
    /// The requests of the fleet, by the token of their session.
    requests: Arc<Mutex<Vec<(String, Instant)>>>,
}

impl Tenant {
    /// Makes one of several accounts. Each account's size is its own, half of them share credentials by
    /// fives, and each kind of trouble has a twentieth of them, at least one.
    pub async fn start(number: usize, of: usize, host: &Host) -> Tenant {
        let each = (of / 20).max(1);
        let trouble = match (of - 1 - number) / each {
            0 => Trouble::WrongCredentials,
            1 => Trouble::RateLimited,
            2 => Trouble::Slow,
            _ => Trouble::None,
        };
        let name = format!("account-{number:03}");
        let credential = if number < of / 2 { format!("shared-{}", number / 5) } else { name.clone() };
        let size = Size {
            users: 10 + number * 37 % 291,
            members: 5 + number % 40,
            groups: 2 + number % 9,
            roles: 5,
        };
        let pages = ["access/users", "members"].map(|route| (route.to_owned(), PER_PAGE));
        let tokens = (0..SESSIONS).map(|session| Token::new(&token(&credential, session)));
        let tokens = tokens.chain([Token::new(OTHER_TOKEN)]).collect();
        let options = Options { max_per_page: pages.into(), tokens, ..Options::default() };
        let mock = Mock::start(Account::generate(number as u64, size), options).await.unwrap();
        let alone = read(host, &settings(&mock, OTHER_TOKEN)).await;
        let alone_requests = mock.request_count();
        let tenant =
            Tenant { name, credential, trouble, mock, alone, alone_requests, requests: Arc::default() };
        tenant.make_trouble();
        tenant
    }

    /// Gives the account its trouble, and notes sessions from now on.
    fn make_trouble(&self) {
        self.mock.forget_requests();
        let requests = Arc::clone(&self.requests);
        self.mock.hold(Box::new(move |headers| {
            let sent = headers.get("authorization").and_then(|value| value.to_str().ok());
            let token = sent.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
            if token != OTHER_TOKEN {
                requests.lock().unwrap().push((token.to_owned(), Instant::now()));
            }
            Box::pin(async {})
        }));
        match self.trouble {
            Trouble::None => {}
            Trouble::WrongCredentials => {
                self.mock.configure(|options| options.tokens = vec![Token::new("the-right-one")]);
            }
            Trouble::RateLimited => self.limit(),
            Trouble::Slow => self.mock.configure(|options| options.latency = Duration::from_millis(400)),
        }
    }

    /// Refuses the next request for the first page of people, because there were too many.
    fn limit(&self) {
        let headers = vec![("retry-after".to_owned(), RETRY_AFTER_SECONDS.to_string())];
        let effect = Effect::Status { status: 429, code: 971, message: "slow down".to_owned(), headers };
        self.mock.inject(Fault::on("GET", "access/users", effect).at_page(1).at_attempt(1));
    }

    /// Whether it can be synced at all.
    pub fn has_credentials(&self) -> bool {
        self.trouble != Trouble::WrongCredentials
    }

    /// The fleet's sessions in the order of their first requests, each with its first and its last one.
    pub fn sessions(&self) -> Vec<(String, Instant, Instant)> {
        let mut sessions: BTreeMap<String, (Instant, Instant)> = BTreeMap::new();
        for (token, at) in self.requests.lock().unwrap().iter() {
            sessions.entry(token.clone()).or_insert((*at, *at)).1 = *at;
        }
        let mut sessions: Vec<_> =
            sessions.into_iter().map(|(token, (first, last))| (token, first, last)).collect();
        sessions.sort_by_key(|(_, first, _)| *first);
        sessions
    }

    /// The times of the fleet's requests.
    pub fn times(&self) -> Vec<Instant> {
        self.requests.lock().unwrap().iter().map(|(_, at)| *at).collect()
    }
}

/// The token of a credential's session.
pub fn token(credential: &str, session: usize) -> String {
    format!("{credential}-session-{session}")
}

/// The credentials that several accounts share, with the requests to all of them, in their order.
pub fn shared(tenants: &[Tenant]) -> BTreeMap<&str, Vec<Instant>> {
    let mut times: BTreeMap<&str, (usize, Vec<Instant>)> = BTreeMap::new();
    for tenant in tenants {
        let (accounts, of_all) = times.entry(&tenant.credential).or_default();
        *accounts += 1;
        of_all.extend(tenant.times());
    }
    times.retain(|_, (accounts, _)| *accounts > 1);
    let sorted = |mut times: Vec<Instant>| {
        times.sort();
        times
    };
    times.into_iter().map(|(credential, (_, times))| (credential, sorted(times))).collect()
}

/// All credentials.
pub fn credentials(tenants: &[Tenant]) -> BTreeSet<&str> {
    tenants.iter().map(|tenant| tenant.credential.as_str()).collect()
}
