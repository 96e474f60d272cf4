//! A host, a mock, and a whole read.

use connector_host::contract::Error;
use connector_host::{Cache, Config, Host, HostError, Limits, Session};
use host_test::mock::{Account, DEMO_TOKEN, Mock, Options};

pub use crate::whole::{Whole, grant_id};

/// A mock with this account, and a host that runs the component against it.
pub struct Bench {
    pub mock: Mock,
    pub host: Host,
}

impl Bench {
    pub async fn new(account: Account) -> Bench {
        Self::with(account, Options::default()).await
    }

    pub async fn with(account: Account, options: Options) -> Bench {
        let mock = Mock::start(account, options).await.unwrap();
        Bench { mock, host: host().await }
    }

    pub fn settings(&self) -> Vec<(String, String)> {
        let account = self.mock.read(|account| account.id.clone());
        // Without patience: what fails on purpose should fail at once. `retries.rs` has some.
        let common = [("account-id", account.as_str()), ("api-token", DEMO_TOKEN), ("max-wait-seconds", "0")];
        pairs(&[&common[..], &[("base-url", self.mock.base_url().as_str())]].concat())
    }

    pub async fn session(&self) -> Session {
        self.host.open("api-token", &self.settings()).await.unwrap()
    }

    /// A whole read of these kinds, in one session.
    pub async fn read(&self, kinds: &[&str]) -> Whole {
        self.try_read(kinds).await.unwrap()
    }

    /// A whole read, or the error that ended it.
    pub async fn try_read(&self, kinds: &[&str]) -> Result<Whole, Error> {
        read_through(&mut self.session().await, kinds).await
    }

    /// A whole read with these settings.
    pub async fn try_read_with(&self, settings: &[(String, String)]) -> Result<Whole, Error> {
        read_through(&mut self.host.open("api-token", settings).await.unwrap(), &[]).await
    }
}

/// A whole read in this session, or the error that ended it.
pub async fn read_through(session: &mut Session, kinds: &[&str]) -> Result<Whole, Error> {
    let kinds = strings(kinds);
    let (mut whole, mut cursor) = (Whole::default(), None);
    loop {
        let page = session.read(&kinds, cursor.as_deref()).await.map_err(connector_error)?;
        cursor = whole.take(page);
        if cursor.is_none() {
            return Ok(whole);
        }
    }
}

/// A host of its own: its connections end with this test's runtime. The compiled component is
/// shared.
pub async fn host() -> Host {
    host_within(Limits::default()).await
}

/// A host of its own, with these limits.
pub async fn host_within(limits: Limits) -> Host {
    let cache = Cache::Directory(concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled").into());
    Host::new(host_test::CONNECTOR, Config { cache, limits }).await.unwrap()
}

pub fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

pub fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

pub fn connector_error(error: HostError) -> Error {
    match error {
        HostError::Connector(error) => *error,
        other => panic!("not the connector's own error: {other}"),
    }
}
