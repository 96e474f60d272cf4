//! A mock behind TLS, and a host that trusts an authority of the test's.

use crate::common::setup::{HostAndMock, host_with, pairs};
use crate::common::tls::{Authority, Certificate, Offers, TlsFront};
use connector_host::{Authorities, Config, Limits, Session};
use host_test::mock::{Account, DEMO_TOKEN, Options};
use host_test::routes;

/// A host that trusts an authority, and a mock behind a server that has one of its certificates.
pub struct Encrypted {
    pub authority: Authority,
    pub inner: HostAndMock,
    pub front: TlsFront,
}

/// Returns what the host of a test trusts besides the machine's authorities.
pub fn trusting(authority: &Authority) -> Authorities {
    Authorities::from_pem(authority.pem().as_bytes()).unwrap()
}

impl Encrypted {
    pub async fn new(certificate: Certificate, offers: Offers) -> Encrypted {
        Self::with(Account::company(), Options::default(), certificate, offers).await
    }

    pub async fn with(
        account: Account,
        options: Options,
        certificate: Certificate,
        offers: Offers,
    ) -> Encrypted {
        let authority = Authority::new("Northwind Root");
        let mut inner = HostAndMock::with(account, options).await;
        inner.host = host_with(Config { authorities: trusting(&authority), ..Config::default() }).await;
        let front = TlsFront::start(inner.mock.address(), authority.server(certificate, offers)).await;
        Encrypted { authority, inner, front }
    }

    /// Opens a session at an address, which retries as one does by default, but not for long.
    pub async fn open_at(&self, base_url: &str) -> Session {
        let settings = self.settings_at(base_url);
        self.inner.host.open_with(routes::writable(), "api-token", &settings).await.unwrap()
    }

    pub async fn open(&self) -> Session {
        self.open_at(&self.front.base_url()).await
    }

    pub fn settings_at(&self, base_url: &str) -> Vec<(String, String)> {
        let account = self.inner.mock.read(|account| account.id.clone());
        pairs(&[
            ("account-id", account.as_str()),
            ("api-token", DEMO_TOKEN),
            ("max-wait-seconds", "5"),
            ("base-url", base_url),
        ])
    }
}

/// Returns limits of a host that doesn't wait for long.
pub fn impatient() -> Limits {
    Limits { connect: std::time::Duration::from_millis(300), ..Limits::default() }
}
