//! The fleet of the trial: its workers, as processes of their own, and its commands.

use crate::accounts::{Tenant, token};
use crate::measure::{Meter, cpu_of};
use crate::server::{LONGEST, Server};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A program of the operator's that gives each session a token of its own, and notes whose session it is. So
/// a mock's request tells its session.
const SECRETS: &str = r#"#!/bin/sh
set -eu
session=0
while ! mkdir "$TRIAL_SESSIONS/$1-$session" 2>/dev/null; do session=$((session + 1)); done
printf '%s' "$TRIAL_WORKER" > "$TRIAL_SESSIONS/$1-$session/worker"
printf '{"api-token": "%s-session-%s"}\n' "$1" "$session"
"#;

/// The fleet.
pub struct Workers<'a> {
    server: &'a Server,
    meter: &'a Meter,
    place: TempDir,
    started: usize,
}

/// A worker, with a directory of its own.
pub struct Worker {
    pub name: String,
    process: Child,
    directory: PathBuf,
}

impl<'a> Workers<'a> {
    pub fn new(server: &'a Server, meter: &'a Meter) -> Workers<'a> {
        let place = TempDir::new().unwrap();
        fs::create_dir(place.path().join("sessions")).unwrap();
        fs::write(place.path().join("secrets"), SECRETS).unwrap();
        Workers { server, meter, place, started: 0 }
    }

    /// The place of the runs.
    pub fn store(&self) -> PathBuf {
        self.place.path().join("runs")
    }

    /// Adds accounts, and gives each credential this many requests in a window.
    pub fn add(&self, tenants: &[Tenant], requests: usize, window: Duration) {
        for tenant in tenants {
            let (id, address) = (tenant.mock.read(|account| account.id.clone()), tenant.mock.base_url());
            let mut arguments =
                vec!["add", &tenant.name, "--paused", "--account-id", &id, "--base-url", &address];
            arguments.extend(["--credential", &tenant.credential, "--heartbeat", "10s", "--retry", "1s"]);
            self.run(&arguments);
        }
        let (requests, window) = (requests.to_string(), format!("{}s", window.as_secs()));
        for credential in crate::accounts::credentials(tenants) {
            self.run(&["credential", credential, "--requests", &requests, "--window", &window]);
        }
    }

    /// Starts a worker that has nothing but its own empty directory, the store and the server.
    pub fn start(&mut self, slots: usize) -> Worker {
        self.started += 1;
        let name = format!("worker-{}", self.started);
        let directory = self.place.path().join(&name);
        fs::create_dir(&directory).unwrap();
        let secrets = format!("/bin/sh {}", self.place.path().join("secrets").display());
        let mut command =
            self.command(&["worker", "--secrets-command", &secrets, "--slots", &slots.to_string()]);
        command.arg("--store").arg(self.store()).arg("--cache").arg(directory.join("compiled"));
        command.env("HOME", &directory).current_dir(&directory);
        command.env("TRIAL_WORKER", &name).env("TRIAL_SESSIONS", self.place.path().join("sessions"));
        let log = fs::File::create(self.place.path().join(format!("{name}.log"))).unwrap();
        let process = command.stdin(Stdio::null()).stderr(log).spawn().unwrap();
        self.meter.watch("workers", process.id());
        Worker { name, process, directory }
    }

    /// Waits until the last worker's log says this.
    pub fn wait_for(&self, worker: &Worker, text: &str) {
        let start = Instant::now();
        while !self.log(worker).contains(text) {
            assert!(start.elapsed() < LONGEST, "no {text:?} in: {}", self.log(worker));
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn log(&self, worker: &Worker) -> String {
        fs::read_to_string(self.place.path().join(format!("{}.log", worker.name))).unwrap()
    }

    /// Runs `fleet`, which has to succeed. An engine that is just starting again is asked again.
    pub fn run(&self, arguments: &[&str]) -> String {
        let start = Instant::now();
        loop {
            let done = self.command(arguments).output().unwrap();
            if done.status.success() {
                return String::from_utf8(done.stdout).unwrap();
            }
            let told = String::from_utf8_lossy(&done.stderr).into_owned();
            assert!(start.elapsed() < LONGEST, "{arguments:?}: {told}");
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    /// The states of all accounts, by `fleet list`.
    pub fn list(&self) -> Vec<Value> {
        let lines = self.run(&["list", "--format", "jsonl"]);
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The sessions of a worker, by their tokens.
    pub fn tokens(&self, worker: &str) -> Vec<String> {
        let folders = fs::read_dir(self.place.path().join("sessions")).unwrap();
        let of = |folder: PathBuf| {
            // A session whose worker isn't noted yet has sent nothing.
            let whose = fs::read_to_string(folder.join("worker")).unwrap_or_default();
            let (credential, session) = folder.file_name()?.to_str()?.rsplit_once('-')?;
            (whose == worker).then(|| token(credential, session.parse().unwrap()))
        };
        folders.filter_map(|folder| of(folder.unwrap().path())).collect()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
        command.args(["--address", &self.server.address.to_string(), "--queue", "trial"]).args(arguments);
        command
            .env("HOME", self.place.path())
            .env_remove("TEMPORAL_NAMESPACE")
            .env_remove("TEMPORAL_ADDRESS");
        command
    }
}

impl Worker {
    /// Its CPU time so far, in seconds.
    pub fn cpu(&self) -> f64 {
        cpu_of(self.process.id()).unwrap_or_default()
    }

    /// Holds it where it is, or lets it go on.
    pub fn hold(&self, is_held: bool) {
        let signal = if is_held { "-STOP" } else { "-CONT" };
        let done = Command::new("kill").args([signal, &self.process.id().to_string()]).status();
        assert!(done.unwrap().success());
    }

    /// Kills it by its process id.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Takes its directory away, and then kills it: its machine is lost.
    pub fn lose(&mut self) {
        fs::remove_dir_all(&self.directory).unwrap();
        self.kill();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
