//! A network in which only a proxy reaches the API, and the command line in it.

use crate::common::proxy_server::{Manner, ProxyServer};
use crate::common::tls::{Authority, Certificate, Offers, TlsFront};
use host_test::mock::{Account, DEMO_TOKEN, Mock, Options};
use std::fs;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The host of the API. No machine finds it by its name, so that only a proxy can.
pub const API: &str = "api.cloudflare.example";

/// A mock behind TLS, a proxy that leads to it, and an authority that the command line trusts.
pub struct Office {
    pub mock: Mock,
    pub front: TlsFront,
    pub proxy: ProxyServer,
    pub authority: Authority,
    place: TempDir,
    pub runtime: Runtime,
}

impl Office {
    pub fn new(offers: Offers, manner: Manner) -> Office {
        Self::with(Account::company(), Options::default(), offers, manner)
    }

    pub fn with(account: Account, options: Options, offers: Offers, manner: Manner) -> Office {
        let authority = Authority::new("The office's authority");
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("ca.pem"), authority.pem()).unwrap();
        let runtime = Runtime::new().unwrap();
        let (mock, front, proxy) = runtime.block_on(async {
            let mock = Mock::start(account, options).await.unwrap();
            let front = TlsFront::start(mock.address(), authority.server(Certificate::Good, offers)).await;
            let proxy = ProxyServer::start(front.address(), manner).await;
            (mock, front, proxy)
        });
        Office { mock, front, proxy, authority, place, runtime }
    }

    /// Returns `http://HOST:PORT` of the proxy, with these credentials (`user:password@`) or none.
    pub fn proxy_url(&self, credentials: &str) -> String {
        format!("http://{credentials}{}", self.proxy.address())
    }

    /// Makes a command for the mock's account, without a proxy.
    pub fn command(&self, arguments: &[&str]) -> Command {
        const OURS: [&str; 5] = ["CLOUDFLARE_", "SSL_CERT_", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];
        let mut command = Command::new(env!("CARGO_BIN_EXE_host-test"));
        for (name, _) in std::env::vars_os() {
            let upper = name.to_string_lossy().to_ascii_uppercase();
            if OURS.iter().any(|ours| upper.starts_with(ours)) {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .stdin(Stdio::null())
            .current_dir(self.place.path())
            .env("CLOUDFLARE_BASE_URL", format!("https://{API}/client/v4"))
            .env("CLOUDFLARE_ACCOUNT_ID", self.mock.read(|account| account.id.clone()))
            .env("CLOUDFLARE_API_TOKEN", DEMO_TOKEN)
            .env("SSL_CERT_FILE", self.place.path().join("ca.pem"));
        command
    }

    /// Makes a command whose requests go through the proxy.
    pub fn through_proxy(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command.env("HTTPS_PROXY", self.proxy_url(""));
        command
    }

    /// Reads everything, past TLS and the proxy. Returns the lines.
    pub fn read_directly(&self) -> String {
        let mut command = self.command(&["sync", "--format", "jsonl"]);
        let output = command.env("CLOUDFLARE_BASE_URL", self.mock.base_url()).output().unwrap();
        self.mock.forget_requests();
        text(&output.stdout).to_owned()
    }
}

pub fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Returns everything that a process wrote.
pub fn written(output: &Output) -> String {
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}
