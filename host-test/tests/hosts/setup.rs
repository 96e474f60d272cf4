//! A mock, and the results of this project's own host against it.

use crate::example::{Example, Prepared};
use cloudflare_zero_trust::contract::lifecycle::Action;
use cloudflare_zero_trust::output::{Applied, JsonLines, Sink};
use connector_host::contract::{
    Change, Manifest, Operation, Options as ApplyOptions, ResourceId, Validation,
};
use connector_host::{Cache, Config, Host, HostError, Session, WritableRoute};
use host_test::contract::Translate;
use host_test::mock::{Account, DEMO_TOKEN, Mock, Options};
use host_test::routes;
use tokio::runtime::Runtime;

pub struct MockAndOwnHost {
    pub mock: Mock,
    host: Host,
    /// The runtime of the mock and the host.
    runtime: Runtime,
}

impl MockAndOwnHost {
    pub fn new(account: Account) -> MockAndOwnHost {
        Self::with(account, Options::default())
    }

    pub fn with(account: Account, options: Options) -> MockAndOwnHost {
        let runtime = Runtime::new().unwrap();
        let cache = Cache::Directory(concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled").into());
        let config = Config { cache, ..Config::default() };
        let mock = runtime.block_on(Mock::start(account, options)).unwrap();
        let host = runtime.block_on(Host::new(host_test::CONNECTOR, config)).unwrap();
        MockAndOwnHost { mock, host, runtime }
    }

    /// Prepares an example's command for this mock's account.
    pub fn command(&self, example: Example, arguments: &[&str]) -> Prepared {
        let account = self.mock.read(|account| account.id.clone());
        let command = example.command(host_test::CONNECTOR, arguments);
        let command =
            command.env("CLOUDFLARE_ACCOUNT_ID", &account).env("CLOUDFLARE_BASE_URL", &self.mock.base_url());
        command.env("CLOUDFLARE_API_TOKEN", DEMO_TOKEN)
    }

    pub fn manifest(&self) -> Manifest {
        self.runtime.block_on(self.host.describe()).unwrap().clone()
    }

    pub fn validation(&self) -> Validation {
        self.runtime.block_on(async { self.session(&[]).await.validate().await.unwrap() })
    }

    /// Returns a whole read, as `host-test sync --format jsonl` writes it.
    pub fn lines(&self) -> String {
        self.try_lines().unwrap()
    }

    /// Returns a whole read, or the error that ended it.
    pub fn try_lines(&self) -> Result<String, HostError> {
        self.runtime.block_on(async {
            let mut session = self.session(&[]).await;
            let (mut lines, mut cursor) = (Vec::new(), None);
            loop {
                let page = session.read(&[], cursor.as_deref()).await?;
                cursor = page.next.clone();
                JsonLines::new(&mut lines).page(&page.translate()).unwrap();
                if cursor.is_none() {
                    return Ok(String::from_utf8(lines).unwrap());
                }
            }
        })
    }

    /// Returns everything that a principal holds, as `host-test held --format jsonl` writes it, or the
    /// error that ended the read.
    pub fn try_held(&self, kind: &str, id: &str) -> Result<String, HostError> {
        let principal = ResourceId { kind: kind.to_owned(), id: id.to_owned() };
        self.runtime.block_on(async {
            let mut session = self.session(&[]).await;
            let (mut lines, mut cursor) = (Vec::new(), None);
            loop {
                let page = session.held(&principal, cursor.as_deref()).await?;
                cursor = page.next.clone();
                JsonLines::new(&mut lines).page(&page.translate()).unwrap();
                if cursor.is_none() {
                    return Ok(String::from_utf8(lines).unwrap());
                }
            }
        })
    }

    /// Returns the outcome of a grant, as `host-test grant --format jsonl` writes it.
    pub fn grant(&self, entitlement: &str, kind: &str, id: &str) -> String {
        let principal = ResourceId { kind: kind.to_owned(), id: id.to_owned() };
        let changes =
            [Change { operation: Operation::Grant, entitlement: entitlement.to_owned(), principal }];
        let options = ApplyOptions { dry_run: false, allow_gains: false, extra: String::new() };
        let report = self.runtime.block_on(async {
            self.session(routes::writable()).await.apply(&changes, &options).await.unwrap()
        });
        let actions: Vec<Action> = changes.to_vec().translate().into_iter().map(Action::Change).collect();
        let report = report.translate().into();
        Applied::new(&actions, &report, options.dry_run).json_lines().unwrap()
    }

    async fn session(&self, writable: &[WritableRoute]) -> Session {
        let account = self.mock.read(|account| account.id.clone());
        let settings =
            [("account-id", account), ("base-url", self.mock.base_url()), ("api-token", DEMO_TOKEN.into())];
        let settings = settings.map(|(name, value)| (name.to_owned(), value));
        self.host.open_with(writable, "api-token", &settings).await.unwrap()
    }

    /// Returns the requests since the last call: method, path with query, and body. Some are under
    /// way at once, so they are sorted.
    pub fn requests(&self) -> Vec<(String, String, String)> {
        let requests = self.mock.requests().into_iter().map(|request| {
            let query = request.query.map_or(String::new(), |query| format!("?{query}"));
            (request.method, request.path + &query, request.body)
        });
        let mut requests: Vec<_> = requests.collect();
        assert_eq!(requests.len() as u64, self.mock.request_count(), "the mock's log is too short");
        requests.sort();
        self.mock.forget_requests();
        requests
    }
}
