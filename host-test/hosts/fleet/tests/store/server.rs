//! A server that speaks S3, on this machine: rclone, which `host-test/hosts/install` installs.

use fleet::store::Store;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use tempfile::TempDir;

/// The secret of the server's one user.
pub const SECRET: &str = "canary-of-a-secret";

/// A server with a bucket named `bucket`. It ends with this value.
pub struct Server {
    process: Child,
    address: String,
    directory: Arc<TempDir>,
    program: PathBuf,
}

impl Server {
    /// Starts a server. Gives nothing, and says so, where there is none and the tests may skip.
    pub fn start() -> Option<Server> {
        let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/.venv/bin/rclone");
        let program = std::env::var_os("RCLONE").map_or_else(|| PathBuf::from(beside), PathBuf::from);
        if !program.exists() {
            assert_ne!(
                std::env::var("HOSTS_REQUIRED").as_deref(),
                Ok("1"),
                "there is no {}: run host-test/hosts/install",
                program.display()
            );
            eprintln!("skipped: there is no {}", program.display());
            return None;
        }
        let directory = Arc::new(tempfile::tempdir().unwrap());
        std::fs::create_dir(directory.path().join("bucket")).unwrap();
        Some(Server::of(&program, directory))
    }

    /// Starts another server with the same files. This one remembers what was in its directories.
    pub fn again(&self) -> Server {
        Server::of(&self.program, Arc::clone(&self.directory))
    }

    fn of(program: &Path, directory: Arc<TempDir>) -> Server {
        let mut command = Command::new(program);
        // A user's own settings have no place here.
        command.args(["serve", "s3", "--config", "", "--addr", "127.0.0.1:0"]);
        command.arg("--auth-key").arg(format!("user,{SECRET}")).arg(directory.path());
        let mut process = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = log.find_map(|line| {
            let line = line.unwrap();
            Some(line.split_once("Starting s3 server on [")?.1.trim_end_matches(['/', ']']).to_owned())
        });
        // A server whose pipe is full would wait.
        std::thread::spawn(move || log.for_each(drop));
        Server { program: program.to_owned(), process, address: address.unwrap(), directory }
    }

    /// The store in a folder of the bucket, for the user with this secret.
    pub fn store(&self, secret: &str) -> Store {
        Store::open_with("s3://bucket/all/runs", self.variables(secret)).unwrap()
    }

    /// The access to the server, as the environment has it.
    pub fn variables(&self, secret: &str) -> Vec<(OsString, OsString)> {
        let variables = [
            ("AWS_ENDPOINT_URL", self.address.as_str()),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_ACCESS_KEY_ID", "user"),
            ("AWS_SECRET_ACCESS_KEY", secret),
        ];
        variables.map(|(name, value)| (name.into(), value.into())).to_vec()
    }

    /// The object with this key, as a file.
    pub fn file(&self, key: &str) -> PathBuf {
        self.directory.path().join("bucket").join(key)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
