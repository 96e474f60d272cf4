//! A fleet of mocked accounts, with the command `fleet` as its users run it.

use crate::alone::{self, settings, sorted_lines};
use crate::server::{LONGEST, Server};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use connector_host::{Cache, Config, Host};
use host_test::mock::{Account, DEMO_TOKEN, Mock, Options, Size};
use serde_json::Value;
use std::cell::RefCell;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

/// The compiled connector, for all tests and workers.
const CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled");

/// A fleet with a queue of its own.
pub struct Fleet {
    pub server: Arc<Server>,
    pub runtime: Runtime,
    queue: String,
    store: TempDir,
    added: RefCell<Vec<String>>,
}

/// An account of the fleet, at its mock.
pub struct Tenant {
    pub name: String,
    pub credential: String,
    pub mock: Mock,
}

/// A door in front of a mock's requests.
pub struct Door {
    semaphore: Arc<Semaphore>,
    held: Arc<AtomicUsize>,
}

impl Door {
    pub fn open(&self) {
        self.semaphore.add_permits(Semaphore::MAX_PERMITS / 2);
    }

    /// Waits until this many requests have come to it.
    pub fn wait(&self, count: usize) {
        wait_until(|| self.held.load(Ordering::SeqCst) >= count);
    }
}

/// Waits for something that comes.
pub fn wait_until(is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LONGEST, "it never came");
        std::thread::sleep(Duration::from_millis(50));
    }
}

impl Fleet {
    pub fn new() -> Option<Fleet> {
        Some(Self::at(Server::shared()?))
    }

    pub fn at(server: Arc<Server>) -> Fleet {
        static FLEETS: AtomicUsize = AtomicUsize::new(0);
        let queue = format!("fleet-{}-{}", std::process::id(), FLEETS.fetch_add(1, Ordering::Relaxed));
        Fleet {
            server,
            runtime: Runtime::new().unwrap(),
            queue,
            store: TempDir::new().unwrap(),
            added: RefCell::default(),
        }
    }

    /// Starts an account with several pages of people, and adds it to the fleet with these options.
    pub fn add(&self, seed: u64, credential: Option<&str>, options: &[&str]) -> Tenant {
        let size = Size { users: 60, members: 10, groups: 5, roles: 5 };
        let paged = ["access/users".to_owned(), "members".to_owned()].map(|route| (route, 5));
        let mock_options = Options { max_per_page: paged.into(), ..Options::default() };
        let mock = self.runtime.block_on(Mock::start(Account::generate(seed, size), mock_options)).unwrap();
        // All tests share a namespace.
        let name = format!("{}-{seed}", self.queue);
        let credential =
            credential.map_or_else(|| name.clone(), |credential| format!("{}-{credential}", self.queue));
        let id = mock.read(|account| account.id.clone());
        let mut arguments = vec!["add", &name, "--account-id", &id, "--credential", &credential];
        let base_url = mock.base_url();
        arguments.extend(["--base-url", &base_url, "--heartbeat", "2s", "--retry", "500ms"]);
        arguments.extend(options);
        self.ok(&arguments);
        self.added.borrow_mut().push(name.clone());
        Tenant { name, credential, mock }
    }

    /// Starts a worker, and waits until it is ready.
    pub fn worker(&self, tenants: &[&Tenant]) -> Worker {
        self.worker_with(tenants, &["--grace", "30"])
    }

    /// Starts a worker with these options.
    pub fn worker_with(&self, tenants: &[&Tenant], options: &[&str]) -> Worker {
        let mut command = self.command(&["worker", "--cache", CACHE]);
        command.args(options).arg("--store").arg(self.store.path());
        for tenant in tenants {
            command.env(variable(&tenant.credential), DEMO_TOKEN);
        }
        let worker = Worker::start(&mut command);
        worker.wait_for("the worker is ready");
        worker
    }

    /// Runs `fleet`, which has to succeed, and returns what it wrote.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let done = self.run(arguments);
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub fn status(&self, tenant: &Tenant) -> Value {
        serde_json::from_str(&self.ok(&["status", &tenant.name])).unwrap()
    }

    /// Returns everything that the engine keeps of a workflow, as JSON. Payloads in it are Base64.
    pub fn history(&self, workflow: &str) -> String {
        self.server.cli(&["workflow", "show", "-w", workflow, "-o", "json"])
    }

    /// Returns everything that the engine keeps of a workflow, and the payloads in the clear behind it.
    pub fn history_in_the_clear(&self, workflow: &str) -> String {
        let mut all = self.history(workflow);
        let data = all.split("\"data\": \"").skip(1).map(|rest| rest.split('"').next().unwrap());
        let clear: Vec<u8> = data.flat_map(|data| BASE64_STANDARD.decode(data).unwrap()).collect();
        all.push_str(&String::from_utf8_lossy(&clear));
        all
    }

    /// Waits until the last sync of an account has ended, and returns its state.
    pub fn wait_until_ended(&self, tenant: &Tenant) -> Value {
        self.wait_until(tenant, |state| state["last"]["ended"].is_string())
    }

    pub fn wait_until(&self, tenant: &Tenant, is_so: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            let state = self.status(tenant);
            if is_so(&state) {
                return state;
            }
            assert!(start.elapsed() < LONGEST, "{state}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Holds requests to a mock, after so many of them.
    pub fn hold(&self, tenant: &Tenant, after: usize) -> Door {
        let (door, count) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
        let held = Arc::new(AtomicUsize::new(0));
        let (waiting, holding) = (Arc::clone(&door), Arc::clone(&held));
        tenant.mock.hold(Box::new(move |_| {
            let is_held = count.fetch_add(1, Ordering::Relaxed) >= after;
            let (door, holding) = (Arc::clone(&waiting), Arc::clone(&holding));
            Box::pin(async move {
                if is_held {
                    holding.fetch_add(1, Ordering::SeqCst);
                    door.acquire().await.unwrap().forget();
                }
            })
        }));
        Door { semaphore: door, held }
    }

    /// Returns what a single sync of this account gives, sorted, and the requests that it takes.
    pub fn single_sync(&self, tenant: &Tenant) -> (Vec<String>, u64) {
        let account = tenant.mock.account();
        self.runtime.block_on(async {
            let paged = ["access/users".to_owned(), "members".to_owned()].map(|route| (route, 5));
            let options = Options { max_per_page: paged.into(), ..Options::default() };
            let mock = Mock::start(account, options).await.unwrap();
            let config = Config { cache: Cache::Directory(CACHE.into()), ..Config::default() };
            let host = Host::new(host_test::READER, config).await.unwrap();
            (alone::read(&host, &settings(&mock, DEMO_TOKEN)).await, mock.request_count())
        })
    }

    /// Returns the folders of an account's runs.
    pub fn runs(&self, tenant: &Tenant) -> Vec<PathBuf> {
        folders(&self.store.path().join(&tenant.name))
    }

    /// Returns the slots of a credential, and those that wait for them.
    pub fn slots(&self, tenant: &Tenant) -> Value {
        serde_json::from_str(&self.ok(&["credential", &tenant.credential])).unwrap()
    }

    /// Waits until nobody holds a slot of a credential, and returns its state.
    pub fn wait_until_free(&self, tenant: &Tenant) -> Value {
        let start = Instant::now();
        loop {
            let slots = self.slots(tenant);
            if slots["held"] == Value::Array(Vec::new()) {
                return slots;
            }
            assert!(start.elapsed() < LONGEST, "{slots}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Returns what the server knows of a workflow now.
    pub fn described(&self, workflow: &str) -> Value {
        let described = self.server.cli(&["workflow", "describe", "-w", workflow, "-o", "json"]);
        serde_json::from_str(&described).unwrap()
    }

    /// Returns the lines of the only complete run of an account, sorted.
    pub fn stored(&self, tenant: &Tenant) -> Vec<String> {
        let runs = self.runs(tenant);
        let complete: Vec<_> = runs.iter().filter(|run| run.join("manifest.json").exists()).collect();
        assert_eq!(complete.len(), 1, "{runs:?}");
        let mut pages: Vec<PathBuf> = folders(complete[0]);
        pages.retain(|page| page.extension().is_some_and(|ending| ending == "zst"));
        pages.sort();
        let manifest: Value =
            serde_json::from_slice(&fs::read(complete[0].join("manifest.json")).unwrap()).unwrap();
        assert_eq!(manifest["pages"], pages.len());
        let pages = pages.iter().map(|page| zstd::decode_all(fs::File::open(page).unwrap()).unwrap());
        sorted_lines(&pages.flatten().collect::<Vec<u8>>())
    }

    /// Compares what is stored with a single sync, record for record.
    pub fn assert_stored(&self, tenant: &Tenant) {
        let (expected, _) = self.single_sync(tenant);
        let stored = self.stored(tenant);
        let differs = stored.iter().zip(&expected).find(|(stored, expected)| stored != expected);
        assert_eq!(differs, None);
        assert_eq!(stored.len(), expected.len());
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
        command.args(["--address", &self.server.address.to_string(), "--queue", &self.queue]);
        command.args(arguments).env("HOME", self.store.path()).env_remove("TEMPORAL_NAMESPACE");
        command
    }
}

impl Drop for Fleet {
    /// Ends what a test left, so that the server that tests share has no more to do for it.
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        for name in self.added.borrow().iter() {
            self.ok(&["remove", name]);
        }
    }
}

/// Returns what is in a folder.
pub fn folders(of: &Path) -> Vec<PathBuf> {
    fs::read_dir(of).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// The variable of a credential's token.
pub fn variable(credential: &str) -> String {
    format!("FLEET_{}_API_TOKEN", credential.to_uppercase().replace('-', "_"))
}

/// A worker, as a process of its own. Dropping it kills it.
pub struct Worker {
    process: Child,
    log: Arc<Mutex<String>>,
    reading: Option<JoinHandle<()>>,
}

impl Worker {
    fn start(command: &mut Command) -> Worker {
        let mut process = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let log = Arc::new(Mutex::new(String::new()));
        let written = Arc::clone(&log);
        let reading = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                *written.lock().unwrap() += &format!("{line}\n");
            }
        });
        Worker { process, log, reading: Some(reading) }
    }

    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub fn wait_for(&self, text: &str) {
        let start = Instant::now();
        while !self.log().contains(text) {
            assert!(start.elapsed() < LONGEST, "no {text:?} in: {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Asks it to end.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends it a signal, as `STOP`.
    pub fn signal(&self, name: &str) {
        let (signal, pid) = (format!("-{name}"), self.process.id().to_string());
        assert!(Command::new("kill").args([&signal, &pid]).status().unwrap().success());
    }

    /// Waits for its end, and returns what it logged.
    pub fn ended(mut self) -> (ExitStatus, String) {
        let start = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                self.reading.take().unwrap().join().unwrap();
                return (status, self.log());
            }
            assert!(start.elapsed() < LONGEST, "it doesn't end: {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
