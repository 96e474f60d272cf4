//! The component in a host, against a mock.

use connector_host::{Cache, Config, Host, Limits};
use host_test::mock::{Account, DEMO_TOKEN, Mock, Options};

/// A mock with an account, and a host that runs the component against it.
pub struct HostAndMock {
    pub mock: Mock,
    pub host: Host,
}

impl HostAndMock {
    pub async fn new(account: Account) -> HostAndMock {
        Self::with(account, Options::default()).await
    }

    pub async fn with(account: Account, options: Options) -> HostAndMock {
        let mock = Mock::start(account, options).await.unwrap();
        HostAndMock { mock, host: host().await }
    }

    pub fn settings(&self) -> Vec<(String, String)> {
        let account = self.mock.read(|account| account.id.clone());
        // It doesn't wait, so that planted faults fail at once. The tests of retries wait.
        let common = [("account-id", account.as_str()), ("api-token", DEMO_TOKEN), ("max-wait-seconds", "0")];
        pairs(&[&common[..], &[("base-url", self.mock.base_url().as_str())]].concat())
    }
}

/// Makes a host of its own, because its connections end with the test's runtime. The compiled
/// component is shared.
pub async fn host() -> Host {
    host_within(Limits::default()).await
}

/// Makes a host with these limits.
pub async fn host_within(limits: Limits) -> Host {
    host_with(Config { limits, ..Config::default() }).await
}

/// Makes a host with this configuration, apart from its cache.
pub async fn host_with(config: Config) -> Host {
    let cache = Cache::Directory(concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled").into());
    Host::new(host_test::CONNECTOR, Config { cache, ..config }).await.unwrap()
}

pub fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}
