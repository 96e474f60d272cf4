//! The program in the `wasmtime` command itself, as the README shows it, where one is on this
//! machine.

use super::support::{Process, by_our_host, company};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

fn wasmtime() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("wasmtime")).find(|program| program.is_file())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_runs_in_the_wasmtime_command() {
    let Some(wasmtime) = wasmtime() else {
        eprintln!("skipped: there is no `wasmtime` on PATH");
        return;
    };
    let mut file = tempfile::Builder::new().suffix(".wasm").tempfile().unwrap();
    file.write_all(host_test::STANDALONE).unwrap();
    let mock = company().await;
    let run = |process: &Process| {
        let mut command = Command::new(&wasmtime);
        command.args(["run", "-S", "http"]).stdin(Stdio::null());
        for (name, value) in process.environment() {
            command.args(["--env", name]).env(name, value);
        }
        command.arg(file.path()).args(process.arguments()).output().unwrap()
    };
    let sync = run(&Process::new(&["sync", "--format", "jsonl"]).of(&mock));
    assert_eq!(String::from_utf8_lossy(&sync.stderr), "");
    assert_eq!(sync.status.code(), Some(0));
    assert!(String::from_utf8(sync.stdout).unwrap() == by_our_host(&mock).await);
    let unknown = run(&Process::new(&["get", "user:00000000-0000-4000-8000-000000000000"]).of(&mock));
    assert_eq!(unknown.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("error: reading the resource failed"));
}
