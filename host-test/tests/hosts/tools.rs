//! Programs of others that the tests of wasmCloud and of publishing run.

use crate::example::{Prepared, Running};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program.
#[derive(Clone, Copy, Debug)]
pub enum Tool {
    /// wasmCloud's command line: its host, and a client of registries.
    Wash,
    NatsServer,
    DockerRegistry,
}

impl Tool {
    fn name(self) -> &'static str {
        match self {
            Tool::Wash => "wash",
            Tool::NatsServer => "nats-server",
            Tool::DockerRegistry => "docker-registry",
        }
    }

    fn path(self) -> PathBuf {
        folder().join("bin").join(self.name())
    }

    /// Returns the command of a tool. It gets no variable of this process: neither an account nor a
    /// proxy.
    pub fn command(self) -> Command {
        let mut command = Command::new(self.path());
        command.env_clear().env("HOME", env!("CARGO_TARGET_TMPDIR"));
        command
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("hosts/wasmcloud/.tools")
}

/// Whether `host-test/hosts/install` has installed these tools. If it couldn't, because this is another
/// system or a registry no longer has the package, the test skips anywhere. Otherwise a missing tool is an
/// error where the environment requires it.
pub fn are_installed(tools: &[Tool]) -> bool {
    tools.iter().all(|tool| {
        let name = tool.name();
        if tool.path().exists() {
            return true;
        }
        match fs::read_to_string(folder().join("absent").join(name)) {
            Ok(why) => eprintln!("skipped: host-test/hosts/install left out {name}: {}", why.trim()),
            Err(_) => {
                let missing = format!("{name} isn't installed: run host-test/hosts/install");
                assert!(std::env::var_os("HOSTS_REQUIRED").is_none(), "{missing}");
                eprintln!("skipped: {missing}");
            }
        }
        false
    })
}

/// A registry for containers and components, on a loopback address. It ends with this value.
pub struct Registry {
    /// The address, as it stands in the name of an image.
    pub address: String,
    _running: Running,
}

impl Registry {
    pub fn start() -> Registry {
        let configuration = "version: 0.1\nstorage: { filesystem: { rootdirectory: ./images } }\n\
            http: { addr: \"127.0.0.1:0\" }\n";
        let mut command = Tool::DockerRegistry.command();
        command.args(["serve", "configuration.yml"]);
        let prepared = Prepared::new(command).with_file("configuration.yml", configuration.as_bytes());
        let mut running = prepared.start();
        let mut address = None;
        running.wait_until(|running| {
            address = behind(&running.stderr(), "listening on ");
            address.is_some()
        });
        Registry { address: address.unwrap(), _running: running }
    }
}

/// Returns the address that a log names behind these words, once its line is whole.
pub fn behind(log: &str, words: &str) -> Option<String> {
    let (_, rest) = log.split_once(words)?;
    let (line, _) = rest.split_once('\n')?;
    Some(line.split([' ', '"']).next().unwrap_or_default().to_owned())
}
