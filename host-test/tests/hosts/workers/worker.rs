//! The Worker as `wrangler dev` runs it on this machine: in workerd, with its Durable Objects and R2
//! in files.

use crate::common::http::{Answer, Client};
use crate::setup::MockAndOwnHost;
use host_test::mock::DEMO_TOKEN;
use http::{Method, StatusCode};
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The longest time to wait for anything. Nothing here takes a tenth of it.
const LONGEST: Duration = Duration::from_secs(300);
/// The secret of the admin API.
pub const ADMIN_TOKEN: &str = "admin-canary-5b6a7c8d9e0f";
/// The key of the settings: 32 bytes in base64.
const SETTINGS_KEY: &str = "YSBrZXkgdGhhdCBvbmx5IHRoZXNlIHRlc3RzIGhhdmU=";

/// The example's folder.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("hosts/workers")
}

/// A command in a folder, with the example's packages on the path, and without variables that name an
/// account.
fn command(program: &str, place: &Path) -> Command {
    let mut command = Command::new(program);
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{path}", folder().join("node_modules/.bin").display()));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CLOUDFLARE_"))
    {
        command.env_remove(name);
    }
    // wrangler asks nobody outside, and keeps nothing in the home directory.
    command.env("CLOUDFLARE_CF_FETCH_ENABLED", "false").env("WRANGLER_SEND_METRICS", "false");
    command.env("CI", "true").env("XDG_CONFIG_HOME", place.join("config"));
    command.current_dir(place).stdin(Stdio::null());
    command
}

/// Whether the packages and a Node that wrangler takes are there. Where the environment requires them,
/// it is an error that they aren't.
fn is_installed() -> bool {
    let missing = if !folder().join("node_modules/.bin/wrangler").exists() {
        "the packages of the Worker aren't installed: run host-test/hosts/install"
    } else if !node_is_new_enough() {
        "wrangler takes Node 22.12 or newer"
    } else {
        return true;
    };
    assert!(std::env::var_os("HOSTS_REQUIRED").is_none(), "{missing}");
    eprintln!("skipped: {missing}");
    false
}

fn node_is_new_enough() -> bool {
    let version = command("node", &folder()).arg("--version").output();
    let version = version.map(|output| String::from_utf8(output.stdout).unwrap()).unwrap_or_default();
    let mut numbers =
        version.trim().trim_start_matches('v').split('.').map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (22, 12)
}

/// Runs `build.mjs` in this folder with a plugin, and what goes behind its path.
pub fn build(place: &Path, plugin: &[u8], arguments: &[&str]) -> Output {
    fs::write(place.join("plugin.wasm"), plugin).unwrap();
    let mut build = command("node", place);
    build.arg(folder().join("build.mjs")).args(["plugin.wasm", "dist"]).args(arguments);
    build.output().unwrap()
}

/// Returns the folder with the Worker that was built from this project's reader, once for all tests.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join("worker");
        fs::create_dir_all(&to).unwrap();
        let done = build(&to, host_test::READER, &[]);
        assert!(done.status.success(), "{done:?}");
        to.join("dist")
    })
}

/// A place with the Worker and its configuration.
fn place() -> TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::copy(folder().join("wrangler.jsonc"), place.path().join("wrangler.jsonc")).unwrap();
    std::os::unix::fs::symlink(built(), place.path().join("dist")).unwrap();
    place
}

/// A Worker around `src/plugin.mjs` alone: a request has a base URL and the words of a read, and its
/// answer has the warnings.
const PROBE: &str = "
    import { plugin } from 'FOLDER/src/plugin.mjs';
    export default {
      async fetch(request) {
        const [baseUrl, words] = await request.json();
        const { connection, sync } = await plugin(baseUrl);
        const page = await sync.read(connection.Session.open('', []), words, undefined);
        return Response.json(page.warnings.map(({ message }) => message));
      },
    };
";

/// Its configuration.
const PROBE_CONFIGURATION: &str = r#"{
    "name": "probe", "main": "dist/worker.js", "no_bundle": true, "find_additional_modules": true,
    "compatibility_date": "2026-11-01"
}"#;

/// Runs `wrangler` with these arguments, in a place with the Worker, if it is installed.
pub fn wrangler(arguments: &[&str]) -> Option<Output> {
    is_installed().then(|| command("wrangler", place().path()).args(arguments).output().unwrap())
}

/// A Worker on this machine, with what it stores. It ends with this value.
pub struct Worker {
    place: TempDir,
    runtime: Runtime,
    /// Flags for V8, which keep it to less than this machine has.
    v8_flags: &'static str,
    running: Option<Running>,
}

struct Running {
    process: Child,
    client: Client,
}

impl Drop for Running {
    fn drop(&mut self) {
        // wrangler, and the workerd that it started, without a chance to say goodbye.
        let _ = kill_process_group(Pid::from_child(&self.process), Signal::KILL);
        let _ = self.process.wait();
    }
}

impl Worker {
    /// Starts a Worker, if it is installed, in which accounts may have a `base-url`.
    pub fn start() -> Option<Worker> {
        Worker::start_with(&[("ALLOW_BASE_URL", "true")])
    }

    /// Returns a Worker that tests share as long as one of them has it, if it is installed: a start
    /// takes a second or two. Each test names its accounts in its own way.
    pub fn shared() -> Option<Arc<Worker>> {
        static SHARED: Mutex<Weak<Worker>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let worker = match shared.upgrade() {
            Some(worker) => worker,
            None => Arc::new(Worker::start()?),
        };
        *shared = Arc::downgrade(&worker);
        Some(worker)
    }

    /// Starts a Worker with these variables, beside its two secrets.
    pub fn start_with(variables: &[(&str, &str)]) -> Option<Worker> {
        Worker::start_within("", variables)
    }

    /// Starts a Worker with these flags for V8.
    pub fn start_within(v8_flags: &'static str, variables: &[(&str, &str)]) -> Option<Worker> {
        is_installed().then(|| Worker::at(place(), v8_flags, variables))
    }

    /// Starts a Worker with a plugin that misbehaves; see [`PROBE`].
    pub fn around(plugin: &[u8]) -> Option<Worker> {
        if !is_installed() {
            return None;
        }
        let place = tempfile::tempdir().unwrap();
        let entry = place.path().join("probe.mjs");
        fs::write(&entry, PROBE.replace("FOLDER", folder().to_str().unwrap())).unwrap();
        fs::write(place.path().join("wrangler.jsonc"), PROBE_CONFIGURATION).unwrap();
        let done = build(place.path(), plugin, &["probe.mjs"]);
        assert!(done.status.success(), "{done:?}");
        Some(Worker::at(place, "", &[]))
    }

    fn at(place: TempDir, v8_flags: &'static str, variables: &[(&str, &str)]) -> Worker {
        let runtime = Runtime::new().unwrap();
        let mut worker = Worker { place, runtime, v8_flags, running: None };
        worker.start_again(&[&[("SETTINGS_KEY", SETTINGS_KEY)], variables].concat());
        worker
    }

    /// Starts it again after [`Self::kill`], with these variables.
    pub fn start_again(&mut self, variables: &[(&str, &str)]) {
        let lines = [&[("ADMIN_TOKEN", ADMIN_TOKEN)], variables].concat();
        let lines: String = lines.iter().map(|(name, value)| format!("{name}=\"{value}\"\n")).collect();
        fs::write(self.place.path().join(".dev.vars"), lines).unwrap();
        self.start_as_it_was();
    }

    /// Starts it again after [`Self::kill`].
    pub fn start_as_it_was(&mut self) {
        let log = fs::File::create(self.place.path().join("log")).unwrap();
        let mut dev = command("wrangler", self.place.path());
        dev.args(["dev", "--ip", "127.0.0.1", "--port", "0", "--inspector-port", "0"]);
        dev.args(["--persist-to", "state"]).stdout(log.try_clone().unwrap()).stderr(log).process_group(0);
        dev.env("MINIFLARE_WORKERD_V8_FLAGS", self.v8_flags);
        let mut running = Running { process: dev.spawn().unwrap(), client: Client::at(String::new(), &[]) };
        let begun = Instant::now();
        let address = loop {
            let log = self.log();
            let ready = log.split_once("Ready on ").and_then(|(_, behind)| behind.split_once('\n'));
            if let Some((address, _)) = ready {
                break address.to_owned();
            }
            let ended = running.process.try_wait().unwrap();
            assert!(ended.is_none() && begun.elapsed() < LONGEST, "{ended:?} {log}");
            std::thread::sleep(Duration::from_millis(20));
        };
        let bearer = format!("Bearer {ADMIN_TOKEN}");
        running.client = Client::at(address, &[("authorization", &bearer)]);
        self.running = Some(running);
    }

    /// Kills the Worker with SIGKILL. What it stored stays.
    pub fn kill(&mut self) {
        self.running = None;
    }

    /// Sends a request to the admin API.
    pub fn ask(&self, method: Method, path: &str, body: &str) -> Answer {
        self.ask_as(&self.running.as_ref().unwrap().client, method, path, body)
    }

    /// Sends a request with these headers alone.
    pub fn ask_with(&self, headers: &[(&str, &str)], method: Method, path: &str) -> Answer {
        let base = self.running.as_ref().unwrap().client.base.clone();
        self.ask_as(&Client::at(base, headers), method, path, "")
    }

    fn ask_as(&self, client: &Client, method: Method, path: &str, body: &str) -> Answer {
        let answer = self.runtime.block_on(client.try_send_text(method, path, body.to_owned()));
        answer.unwrap_or_else(|error| panic!("{path}: {error}: {}", self.log()))
    }

    /// Adds an account, or sets it anew, which begins a run.
    pub fn add(&self, name: &str, settings: &Value) {
        let body = json!({ "auth_method": "api-token", "settings": settings, "every_minutes": 60 });
        let answer = self.ask(Method::PUT, &format!("/accounts/{name}"), &body.to_string());
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }

    /// Asks for a run.
    pub fn start_run(&self, name: &str) -> Value {
        let answer = self.ask(Method::POST, &format!("/accounts/{name}/start"), "");
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
        answer.json
    }

    pub fn status(&self, name: &str) -> Value {
        let answer = self.ask(Method::GET, &format!("/accounts/{name}"), "");
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.json
    }

    /// Waits until an account's status is so, and returns it.
    pub fn wait_until(&self, name: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let status = self.status(name);
            if is_so(&status) {
                return status;
            }
            assert!(begun.elapsed() < LONGEST, "{status} {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until no run is under way, and returns the status.
    pub fn wait_for_end(&self, name: &str) -> Value {
        self.wait_until(name, |status| status["run"].is_null())
    }

    /// Returns the records of the last complete run, if there is one.
    pub fn latest(&self, name: &str) -> Option<String> {
        let answer = self.ask(Method::GET, &format!("/accounts/{name}/latest"), "");
        match answer.status {
            StatusCode::OK => {
                assert_eq!(answer.headers["content-type"], "application/x-ndjson");
                Some(answer.body)
            }
            StatusCode::NOT_FOUND => None,
            _ => panic!("{answer:?}"),
        }
    }

    /// Returns an object of the bucket as `wrangler r2` gets it, if it is there.
    pub fn object(&self, key: &str) -> Option<String> {
        let mut get = command("wrangler", self.place.path());
        get.args(["r2", "object", "get", &format!("who-holds-what/{key}")]);
        let done = get.args(["--local", "--persist-to", "state", "--pipe"]).output().unwrap();
        done.status.success().then(|| String::from_utf8(done.stdout).unwrap())
    }

    /// Returns what wrangler and the Worker have logged since it was started.
    pub fn log(&self) -> String {
        fs::read_to_string(self.place.path().join("log")).unwrap()
    }

    /// Returns the files below its place, but for the one with its secrets, in which a text stands in
    /// the clear.
    pub fn files_with(&self, text: &str) -> Vec<PathBuf> {
        let (mut found, mut open) = (Vec::new(), vec![self.place.path().to_owned()]);
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            } else if !path.ends_with(".dev.vars") {
                let bytes = fs::read(&path).unwrap_or_default();
                if bytes.windows(text.len()).any(|part| part == text.as_bytes()) {
                    found.push(path);
                }
            }
        }
        found
    }
}

/// Returns the settings of a mock's account, with more of them.
pub fn settings(setup: &MockAndOwnHost, more: &Value) -> Value {
    let account = setup.mock.read(|account| account.id.clone());
    let mut settings =
        json!({ "account-id": account, "api-token": DEMO_TOKEN, "base-url": setup.mock.base_url() });
    let more = more.as_object().cloned().unwrap_or_default();
    settings.as_object_mut().unwrap().extend(more);
    settings
}
