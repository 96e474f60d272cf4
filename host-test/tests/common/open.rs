//! Sessions with either way to authenticate, and pages that are requested ahead in one.

use crate::common::setup::{HostAndMock, pairs};
use connector_host::{Session, WritableRoute};
use host_test::mock::{DEMO_EMAIL, DEMO_KEY, DEMO_TOKEN};

impl HostAndMock {
    /// Opens a session that may also send these writes, authenticated in this way.
    pub async fn open(&self, writable: &[WritableRoute], method: &str) -> Session {
        let mut settings = self.settings();
        settings.retain(|(name, _)| name != "api-token");
        settings.extend(match method {
            "api-token" => pairs(&[("api-token", DEMO_TOKEN)]),
            _ => pairs(&[("email", DEMO_EMAIL), ("api-key", DEMO_KEY)]),
        });
        self.host.open_with(writable, method, &settings).await.unwrap()
    }
}

/// Waits until pages behind the first one were requested, and most likely answered: a later change
/// isn't in them.
pub async fn until_sent_ahead(setup: &HostAndMock) {
    while setup.mock.request_count() < 2 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
}
