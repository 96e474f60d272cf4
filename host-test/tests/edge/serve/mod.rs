//! `host-test serve`: what our own host adds to the service.

mod clients;
mod encrypted;
mod ending;
mod limits;
mod outgoing;
mod starting;

use crate::asking::{TOKEN, hold_after};
use crate::common::http::Client;
use crate::common::served::Served;
use host_test::mock::{Account, DEMO_TOKEN, Mock, Options};
use serde_json::Value;
use tokio::sync::watch;

/// A mock, and our own service before it.
pub struct Ours {
    pub mock: Mock,
    pub served: Served,
}

/// The variables of a service before this mock.
pub fn variables(mock: &Mock) -> Vec<(String, String)> {
    let pairs = [
        ("CLOUDFLARE_ACCOUNT_ID", mock.read(|account| account.id.clone())),
        ("CLOUDFLARE_BASE_URL", mock.base_url()),
        ("CLOUDFLARE_API_TOKEN", DEMO_TOKEN.to_owned()),
        ("CONNECTOR_TOKEN", TOKEN.to_owned()),
        ("CONNECTOR_PROVISIONING", "true".to_owned()),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}

impl Ours {
    pub async fn with(account: Account, arguments: &[&str]) -> Ours {
        let mock = Mock::start(account, Options::default()).await.unwrap();
        let served = Served::start(arguments, &variables(&mock));
        Ours { mock, served }
    }

    /// Makes a client with this token, on connections of its own.
    pub fn client(&self, token: &str) -> Client {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        Client::at(format!("http://{}", self.served.address), &headers)
    }

    pub fn trusted(&self) -> Client {
        self.client(TOKEN)
    }

    /// Lets this many requests through to the mock. The rest wait for the sender.
    pub fn hold_after(&self, passing: u64) -> watch::Sender<bool> {
        hold_after(&self.mock, passing)
    }

    /// Waits until the mock has been asked something.
    pub async fn is_asked(&self) {
        while self.mock.request_count() == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }
}

/// The line of a request, as far as it doesn't depend on the moment: route, status, message.
pub fn told(line: &Value) -> Option<(&str, u64, &str)> {
    let fields = &line["fields"];
    let is_request = line["target"] == "host_test::requests";
    is_request.then(|| {
        let [route, message] = ["route", "message"].map(|name| fields[name].as_str().unwrap());
        (route, fields["status"].as_u64().unwrap_or(0), message)
    })
}
