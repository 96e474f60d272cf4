//! The command as a process of its own, against a mock in the test's process.

use super::{host_test, text};
use host_test::mock::{Account, DEMO_TOKEN, Mock, Options, Size};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub struct MockAndFolder {
    pub mock: Mock,
    pub place: TempDir,
    /// The runtime of the mock.
    runtime: Runtime,
}

impl MockAndFolder {
    /// Makes an account with every kind in small pages that take a moment.
    pub fn new() -> MockAndFolder {
        let mut account = Account::generate(11, Size { users: 120, members: 110, groups: 26, roles: 60 });
        // Enough text that the connector's pages end within Cloudflare's pages.
        for group in account.groups.iter_mut().take(8) {
            group.extra.insert("is_default".into(), json!("x".repeat(300 * 1024)));
        }
        let latency = Duration::from_millis(5);
        let max_per_page =
            ["access/users", "members", "roles", "access/groups"].map(|route| (route.to_owned(), 20));
        MockAndFolder::with(
            account,
            Options { latency, max_per_page: max_per_page.into(), ..Options::default() },
        )
    }

    /// Starts a mock with the demo company.
    pub fn company() -> MockAndFolder {
        MockAndFolder::with(Account::company(), Options::default())
    }

    pub fn with(account: Account, options: Options) -> MockAndFolder {
        let runtime = Runtime::new().unwrap();
        let mock = runtime.block_on(Mock::start(account, options)).unwrap();
        // Messages name only files whose names are words or short.
        let place = tempfile::Builder::new().prefix("sync.").rand_bytes(4).tempdir().unwrap();
        MockAndFolder { mock, place, runtime }
    }

    /// Waits until no process is connected to the mock any more, and its last request is carried
    /// out.
    pub fn is_left(&self) {
        self.runtime.block_on(self.mock.is_left());
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn sync(&self, arguments: &[&str]) -> Command {
        self.command(&[&["sync"], arguments].concat())
    }

    /// Makes any command for this mock's account.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = host_test(arguments);
        command
            .current_dir(self.place.path())
            .env("CLOUDFLARE_BASE_URL", self.mock.base_url())
            .env("CLOUDFLARE_ACCOUNT_ID", self.mock.read(|account| account.id.clone()))
            .env("CLOUDFLARE_API_TOKEN", DEMO_TOKEN)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a sync that nothing disturbs. Returns the path of its output.
    pub fn undisturbed(&self, format: &str) -> PathBuf {
        let name = format!("undisturbed-{format}");
        let output = self
            .sync(&["--format", format, "--output", &name, "--stats", "undisturbed-stats"])
            .output()
            .unwrap();
        assert!(matches!(output.status.code(), Some(0 | 6)), "{}", text(&output.stderr));
        self.path(&name)
    }

    /// Stops all answers.
    pub fn freeze(&self) {
        self.mock.configure(|options| options.latency = Duration::from_secs(24 * 60 * 60));
    }

    pub fn thaw(&self) {
        self.mock.configure(|options| options.latency = Duration::ZERO);
    }
}

/// Waits until a file was replaced this many times. Returns false where the process ended before.
pub fn wait_for_changes(of: &Path, process: &mut Child, changes: usize) -> bool {
    let mut last = fs::read(of).ok();
    for _ in 0..changes {
        loop {
            if process.try_wait().unwrap().is_some() {
                return false;
            }
            let now = fs::read(of).ok();
            if now.is_some() && now != last {
                last = now;
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    true
}

/// Starts a sync and kills it, without a chance to tidy up, when its cursor file was written this
/// many times. Returns the output of a process that ended before.
pub fn run_and_kill(mut command: Command, cursor_file: &Path, pages: usize) -> Option<Output> {
    let mut process = command.spawn().unwrap();
    if wait_for_changes(cursor_file, &mut process, pages) {
        process.kill().unwrap();
    }
    let output = process.wait_with_output().unwrap();
    output.status.code().is_some().then_some(output)
}
