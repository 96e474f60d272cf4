//! `host-test serve` as a process of its own.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// The prefixes of the variables that the program reads.
const READ: [&str; 3] = ["CLOUDFLARE_", "CONNECTOR_", "SCIM_"];

/// The running service. Its log is JSON. Dropping it ends it.
pub struct Served {
    pub address: SocketAddr,
    /// The lines on standard output.
    pub announced: Vec<String>,
    process: Child,
    log: Arc<Mutex<String>>,
    reading: Option<JoinHandle<()>>,
}

/// Prepares the command with these arguments and these variables alone.
pub fn command(arguments: &[&str], variables: &[(String, String)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_host-test"));
    command.args(["--log-format", "json", "serve"]).args(arguments).stdin(Stdio::null());
    let is_read = |name: &str| READ.iter().any(|prefix| name.starts_with(prefix));
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_read(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    command
}

impl Served {
    /// Starts the service on a free port, and waits until it listens.
    pub fn start(arguments: &[&str], variables: &[(String, String)]) -> Served {
        let arguments = if arguments.contains(&"--addr") {
            arguments.to_vec()
        } else {
            [&["--addr", "127.0.0.1:0"], arguments].concat()
        };
        let mut command = command(&arguments, variables);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (log, told) = (Arc::<Mutex<String>>::default(), process.stderr.take().unwrap());
        let kept = Arc::clone(&log);
        let reading = std::thread::spawn(move || {
            for line in BufReader::new(told).lines().map_while(Result::ok) {
                let mut log = kept.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let Some(Ok(first)) = lines.next() else {
            panic!("it doesn't listen: {:?}\n{}", process.wait(), log.lock().unwrap())
        };
        let address = first.split_once("://").expect("an address").1.parse().unwrap();
        let mut announced = vec![first];
        if arguments.contains(&"--mock") {
            announced.extend(lines.next().map(Result::unwrap));
        }
        Served { address, announced, process, log, reading: Some(reading) }
    }

    /// Returns all lines of the log, once those of everything that was answered are there.
    pub fn log(&self) -> Vec<Value> {
        let number = self.ask_for_health();
        loop {
            let lines = self.lines();
            if lines.iter().any(|line| is_of_request(line, number)) {
                return lines;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Returns the lines so far.
    pub fn lines(&self) -> Vec<Value> {
        let log = self.log.lock().unwrap().clone();
        log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
    }

    /// Waits until the log has such a line, and returns it.
    pub fn waits_for(&self, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            if let Some(line) = self.lines().into_iter().find(&is_it) {
                return line;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Asks for `/healthz` on a connection of its own, and returns the number of the request.
    fn ask_for_health(&self) -> u64 {
        let mut socket = TcpStream::connect(self.address).unwrap();
        write!(socket, "GET /healthz HTTP/1.1\r\nhost: health\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        let header = answer.lines().find_map(|line| line.strip_prefix("x-request-id: "));
        header.expect("each answer has its number").parse().unwrap()
    }

    pub fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    /// Waits for the end of the process, and returns its status and all lines of its log.
    pub fn ended(mut self) -> (ExitStatus, Vec<Value>) {
        let status = self.process.wait().unwrap();
        self.reading.take().unwrap().join().unwrap();
        (status, self.lines())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Whether this is the line of the request with this number.
pub fn is_of_request(line: &Value, number: u64) -> bool {
    line["target"] == "host_test::requests" && line["fields"]["request"] == number
}
