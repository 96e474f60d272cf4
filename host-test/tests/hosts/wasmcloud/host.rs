//! A host of wasmCloud, the NATS server by which it is told what to run, and a registry from which it
//! pulls.

use super::manifest::{component, start};
use super::nats::Nats;
use crate::common::http::{Answer, Client};
use crate::example::{Prepared, Running};
use crate::publishing::push_with_wash;
use crate::tools::{Registry, Tool, behind};
use host_test::STANDALONE;
use host_test::mock::DEMO_TOKEN;
use http::Method;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// The token by which clients of the connector's service are known.
pub const CONNECTOR_TOKEN: &str = "connector-canary-2d4f6b8a0c1e";

/// All of it, on loopback addresses. It ends with this value.
pub struct Cloud {
    registry: Registry,
    nats: Nats,
    id: String,
    address: String,
    running: Running,
    _nats_server: Running,
    runtime: Runtime,
}

impl Cloud {
    /// Starts it, and pushes the program to the registry.
    pub fn start() -> Cloud {
        let mut command = Tool::NatsServer.command();
        command.args(["--addr", "127.0.0.1", "--port", "-1"]);
        let mut nats_server = Prepared::new(command).start();
        let mut nats_address = None;
        nats_server.wait_until(|running| {
            nats_address = behind(&running.stderr(), "Listening for client connections on ");
            nats_address.is_some()
        });
        let nats_address = nats_address.unwrap();
        // A host says that it is there as soon as it is.
        let mut nats = Nats::connect(&nats_address, &["runtime.operator.heartbeat.>"]);
        let url = format!("nats://{nats_address}");
        let mut command = Tool::Wash.command();
        command.args(["--non-interactive", "host", "--http-addr", "127.0.0.1:0"]);
        command.args(["--scheduler-nats-url", &url, "--data-nats-url", &url]);
        command.args(["--allow-insecure-registries", "--oci-cache-dir", "cache"]);
        command.args(["--default-heap-memory", "64MiB"]);
        let mut running = Prepared::new(command).start();
        running.wait_until(|running| log(running).contains("Host started"));
        let (_, alive) = nats.next();
        let registry = Registry::start();
        push_with_wash(&registry, &image(), STANDALONE);
        Cloud {
            id: alive["id"].as_str().unwrap().to_owned(),
            address: format!("http://127.0.0.1:{}", alive["httpPort"]),
            registry,
            nats,
            running,
            _nats_server: nats_server,
            runtime: Runtime::new().unwrap(),
        }
    }

    /// Starts the workload of a manifest under this name, from this registry and with the mock's
    /// credentials.
    pub fn deploy(&mut self, name: &str, mut manifest: Value) {
        component(&mut manifest)["image"] = json!(format!("{}/{}", self.registry.address, image()));
        manifest["metadata"]["name"] = json!(name);
        component(&mut manifest)["localResources"]["environment"]["secretFrom"] = json!([{ "name": name }]);
        let secret = json!({ "CLOUDFLARE_API_TOKEN": DEMO_TOKEN, "CONNECTOR_TOKEN": CONNECTOR_TOKEN });
        let subject = format!("runtime.host.{}.workload.start", self.id);
        let answer = self.nats.ask(&subject, &start(&manifest, &secret));
        let state = &answer["workloadStatus"]["workloadState"];
        assert_eq!(state, "WORKLOAD_STATE_RUNNING", "{answer} {}", self.log());
    }

    /// Asks the workload that has this host name for a sync.
    pub fn sync(&self, host: &str) -> Answer {
        let bearer = format!("Bearer {CONNECTOR_TOKEN}");
        let headers = [("host", host), ("authorization", &bearer), ("content-type", "application/json")];
        let client = Client::at(self.address.clone(), &headers);
        let answer = self.runtime.block_on(client.try_send_text(Method::POST, "/v1/sync", "{}".to_owned()));
        answer.unwrap_or_else(|error| panic!("{error}: {}", self.log()))
    }

    /// Returns what the host and the workloads have logged.
    pub fn log(&self) -> String {
        log(&self.running)
    }
}

fn log(running: &Running) -> String {
    running.stdout() + &running.stderr()
}

fn image() -> String {
    format!("connectors/cloudflare-zero-trust:{}", env!("CARGO_PKG_VERSION"))
}
