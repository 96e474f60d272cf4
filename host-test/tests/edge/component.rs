//! The standalone component: a plugin, a command and a service in one file, which the `wasmtime`
//! command serves.

use crate::asking::{Edge, lines};
use crate::common::http::Client;
use crate::common::interfaces::imports_and_exports;
use host_test::STANDALONE;
use host_test::mock::{Account, DEMO_TOKEN};
use http::Method;
use serde_json::json;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

#[test]
fn it_is_a_plugin_a_command_and_a_service() {
    let [_, exports] = imports_and_exports(STANDALONE);
    let exported: BTreeSet<&str> = exports.iter().map(|name| name.split('@').next().unwrap()).collect();
    let expected = [
        "iga:connector/connection",
        "iga:connector/identities",
        "iga:connector/lifecycle",
        "iga:connector/provision",
        "iga:connector/sync",
        "iga:connector/types",
        "iga:connector/verification",
        "wasi:cli/run",
        "wasi:http/incoming-handler",
    ];
    assert_eq!(exported, expected.into());
}

/// A process that ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts `wasmtime serve` on a free port, and returns its address. Returns `None` where no
/// `wasmtime` is on the path.
fn serve(file: &std::path::Path, variables: &[(&str, &str)]) -> Option<(Process, String)> {
    let mut command = Command::new("wasmtime");
    // A service without a pool of memories is enough.
    command.args(["serve", "-S", "cli", "-O", "pooling-allocator=n", "--addr", "127.0.0.1:0"]);
    for (name, value) in variables {
        command.args(["--env", name]).env(name, value);
    }
    let spawned = command.arg(file).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let Ok(mut process) = spawned.map(Process) else {
        eprintln!("skipped: there is no wasmtime on the path");
        return None;
    };
    let told = BufReader::new(process.0.stderr.take().unwrap()).lines().map_while(Result::ok);
    let mut told = told.inspect(|line| eprintln!("wasmtime: {line}"));
    let address = told.find_map(|line| Some(line.split_once("http://")?.1.trim_end_matches('/').to_owned()));
    // Its later output must not fill the pipe.
    std::thread::spawn(move || told.for_each(drop));
    Some((process, address.expect("wasmtime serves")))
}

#[tokio::test]
async fn the_wasmtime_command_serves_it() {
    let edge = Edge::new(Account::company()).await;
    let file = tempfile::NamedTempFile::with_suffix(".wasm").unwrap();
    std::fs::write(file.path(), STANDALONE).unwrap();
    let (id, base_url) = (edge.mock.read(|account| account.id.clone()), edge.mock.base_url());
    let variables = [
        ("CLOUDFLARE_ACCOUNT_ID", id.as_str()),
        ("CLOUDFLARE_BASE_URL", &base_url),
        ("CLOUDFLARE_API_TOKEN", DEMO_TOKEN),
        ("CONNECTOR_TOKEN", "another"),
    ];
    let Some((_process, address)) = serve(file.path(), &variables) else { return };
    let send = async |token: &str, method: Method, path: &str, body: &str| {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let client = Client::at(format!("http://{address}"), &headers);
        client.try_send_text(method, path, body.to_owned()).await.unwrap()
    };
    assert_eq!(send("wrong", Method::GET, "/healthz", "").await.status, 200);
    assert_eq!(send("wrong", Method::POST, "/v1/sync", "{}").await.status, 401);
    assert_eq!(send("another", Method::POST, "/v1/apply", r#"{"changes":[]}"#).await.status, 403);
    let expected = edge.post("/v1/sync", &json!({})).await;
    let served = send("another", Method::POST, "/v1/sync", "{}").await;
    assert_eq!((served.status.as_u16(), lines(&served)), (200, lines(&expected)));
}
