//! The examples, as processes of their own.

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The longest run. Nothing here takes a tenth of it, so a longer run hangs.
const LONGEST: Duration = Duration::from_secs(300);

/// An example in `host-test/hosts`.
#[derive(Clone, Copy, Debug)]
pub enum Example {
    Node,
    Python,
}

impl Example {
    /// Whether `host-test/hosts/install` was run. Where the environment requires it, a missing
    /// example is an error.
    pub fn is_installed(self) -> bool {
        let installed = match self {
            Example::Node => self.folder().join("node_modules/@bytecodealliance/jco-transpile"),
            Example::Python => self.folder().join(".venv/bin/python"),
        };
        if installed.exists() {
            return true;
        }
        let missing =
            format!("the packages of the example for {self:?} aren't installed: run host-test/hosts/install");
        assert!(std::env::var_os("HOSTS_REQUIRED").is_none(), "{missing}");
        eprintln!("skipped: {missing}");
        false
    }

    fn folder(self) -> PathBuf {
        let name = match self {
            Example::Node => "node",
            Example::Python => "python",
        };
        Path::new(env!("CARGO_MANIFEST_DIR")).join("hosts").join(name)
    }

    /// Prepares `main` with these arguments, behind the plugin.
    pub fn command(self, plugin: &[u8], arguments: &[&str]) -> Prepared {
        let mut prepared = self.program(plugin);
        let main = match self {
            Example::Node => "main.mjs",
            Example::Python => "main.py",
        };
        prepared.command.arg(self.folder().join(main)).arg(PLUGIN).args(arguments);
        prepared
    }

    /// Runs the part that is there to be copied, in a program that calls these functions of the
    /// plugin one after the other. Each prints a line: its result, or its error in words.
    pub fn embedded(self, plugin: &[u8], policy: &Value, calls: &Value) -> Vec<Result<Value, String>> {
        let mut prepared = self.program(plugin);
        let (name, text) = match self {
            Example::Node => ("embedding.mjs", EMBEDDED_IN_NODE),
            Example::Python => ("embedding.py", EMBEDDED_IN_PYTHON),
        };
        fs::write(prepared.place.path().join(name), text).unwrap();
        prepared.command.arg(name).arg(self.folder()).args([PLUGIN, &policy.to_string(), &calls.to_string()]);
        let done = prepared.run();
        assert_eq!(done.code, Some(0), "{done:?}");
        let lines = done.stdout.lines().map(|line| serde_json::from_str(line).unwrap());
        let results = lines.map(|line: Value| match line.get("error") {
            Some(error) => Err(error.as_str().unwrap().to_owned()),
            None => Ok(line["result"].clone()),
        });
        results.collect()
    }

    /// Prepares the language's program, without variables of this process that name an account.
    fn program(self, plugin: &[u8]) -> Prepared {
        let mut command = match self {
            Example::Node => Command::new("node"),
            Example::Python => Command::new(self.folder().join(".venv/bin/python")),
        };
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CLOUDFLARE_"))
        {
            command.env_remove(name);
        }
        Prepared::new(command).with_file(PLUGIN, plugin)
    }
}

const PLUGIN: &str = "connector.wasm";

const EMBEDDED_IN_NODE: &str = "
    const [folder, plugin, policy, calls] = process.argv.slice(2);
    const { Connector } = await import(`${folder}/connector.mjs`);
    const connector = new Connector(plugin, JSON.parse(policy));
    for (const call of JSON.parse(calls)) {
      const line = await connector.call(...call).then(
        (result) => ({ result: result ?? null }),
        (error) => ({ error: error.message }),
      );
      console.log(JSON.stringify(line));
    }
    await connector.close();
";

const EMBEDDED_IN_PYTHON: &str = "
import json, re, sys
folder, plugin, policy, calls = sys.argv[1:]
sys.path.insert(0, folder)
from connector import Connector
if __name__ == '__main__':
    def snake_case(name):
        return re.sub('[A-Z]', lambda found: '_' + found[0].lower(), name)
    policy = {snake_case(name): value for name, value in json.loads(policy).items()}
    if 'longest_call_ms' in policy:
        policy['longest_call'] = policy.pop('longest_call_ms') / 1000
    with Connector(plugin, **policy) as connector:
        for name, *args in json.loads(calls):
            if name == 'open':
                args[1] = [tuple(setting) for setting in args[1]]
            try:
                print(json.dumps({'result': connector.call(name, *args)}))
            except Exception as error:
                print(json.dumps({'error': str(error)}))
";

/// A process that hasn't begun, and its directory.
pub struct Prepared {
    command: Command,
    place: TempDir,
}

impl Prepared {
    /// Prepares a command in a directory of its own.
    pub fn new(mut command: Command) -> Prepared {
        let place = tempfile::tempdir().unwrap();
        command.current_dir(place.path());
        Prepared { command, place }
    }

    pub fn with_file(self, name: &str, content: &[u8]) -> Prepared {
        fs::write(self.place.path().join(name), content).unwrap();
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Prepared {
        self.command.env(name, value);
        self
    }

    pub fn run(self) -> Done {
        self.start().finish()
    }

    /// Starts the process. Its output goes to files, so that it can't block.
    pub fn start(mut self) -> Running {
        let file = |name: &str| fs::File::create(self.place.path().join(name)).unwrap();
        let (stdout, stderr) = (file("stdout"), file("stderr"));
        self.command.stdin(Stdio::null()).stdout(stdout).stderr(stderr).process_group(0);
        let process =
            self.command.spawn().unwrap_or_else(|error| panic!("{:?}: {error}", self.command.get_program()));
        Running { process, place: self.place }
    }
}

/// A process, which ends with this value, and all that it started.
pub struct Running {
    process: Child,
    place: TempDir,
}

/// The end of a process.
#[derive(Debug)]
pub struct Done {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Running {
    /// Returns the output so far.
    pub fn stdout(&self) -> String {
        self.read("stdout")
    }

    pub fn stderr(&self) -> String {
        self.read("stderr")
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.place.path().join(name)).unwrap()
    }

    /// Waits until the condition is true. Fails where the process ends before, or takes too long.
    pub fn wait_until(&mut self, mut it_is_so: impl FnMut(&Running) -> bool) {
        let begun = Instant::now();
        while !it_is_so(self) {
            let ended = self.process.try_wait().unwrap();
            assert!(
                ended.is_none() && begun.elapsed() < LONGEST,
                "{ended:?} {} {}",
                self.stdout(),
                self.read("stderr")
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn finish(mut self) -> Done {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return Done { code: status.code(), stdout: self.stdout(), stderr: self.read("stderr") };
            }
            assert!(begun.elapsed() < LONGEST, "it hangs: {} {}", self.stdout(), self.read("stderr"));
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Where it and all that it started have ended, there is nothing to end.
        let _ = kill_process_group(Pid::from_child(&self.process), Signal::KILL);
        let _ = self.process.wait();
    }
}
