//! The promises of publishing: a registry gives back what was pushed, byte for byte, and says what
//! it is.

use crate::common::http::{Answer, Client};
use crate::tools::{Registry, Tool, are_installed};
use host_test::{COMPONENTS, CONTRACT};
use http::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tokio::runtime::Runtime;
use wasm_metadata::Payload;

/// A program that pushes to registries and pulls from them.
enum Pusher {
    Wash,
    Wkg(PathBuf),
}

impl Pusher {
    /// Pushes a file under this name. `wash` makes annotations of the file's metadata, and `wkg oci` has to
    /// be given them.
    fn push(&self, registry: &Registry, name: &str, file: &Path) {
        let mut command = self.command(registry, "push");
        if let Pusher::Wkg(_) = self {
            for (key, value) in annotations(&fs::read(file).unwrap()).as_object().unwrap() {
                let value = value.as_str().unwrap();
                command.arg("--annotation").arg(format!("org.opencontainers.image.{key}={value}"));
            }
        }
        run(command.arg(format!("{}/{name}", registry.address)).arg(file));
    }

    /// Pulls what has this name, and returns it.
    fn pull(&self, registry: &Registry, name: &str, to: &Path) -> Vec<u8> {
        let mut command = self.command(registry, "pull");
        command.arg(format!("{}/{name}", registry.address));
        match self {
            Pusher::Wash => run(command.arg(to)),
            Pusher::Wkg(_) => run(command.arg("--output").arg(to)),
        }
        fs::read(to).unwrap()
    }

    fn command(&self, registry: &Registry, verb: &str) -> Command {
        match self {
            Pusher::Wash => {
                let mut command = Tool::Wash.command();
                command.args(["--non-interactive", "oci", verb, "--insecure"]);
                command
            }
            Pusher::Wkg(program) => {
                let mut command = Command::new(program);
                command.env_clear().env("HOME", env!("CARGO_TARGET_TMPDIR"));
                command.args(["oci", verb, "--insecure", &registry.address]);
                command
            }
        }
    }
}

fn run(command: &mut Command) {
    let done = command.output().unwrap();
    assert!(done.status.success(), "{command:?}: {done:?}");
}

/// Pushes the file of this project's program under this name, as wasmCloud's hosts pull it.
pub fn push_with_wash(registry: &Registry, name: &str, content: &[u8]) {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("pushed.wasm");
    fs::write(&file, content).unwrap();
    Pusher::Wash.push(registry, name, &file);
}

#[test]
fn wash_publishes_the_components_and_the_contract() {
    if are_installed(&[Tool::Wash, Tool::DockerRegistry]) {
        publishes(&Pusher::Wash);
    }
}

/// `wkg` would have to be compiled first, so that nothing requires it here.
#[test]
fn wkg_publishes_the_components_and_the_contract() {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut programs = std::env::split_paths(&path).map(|folder| folder.join("wkg"));
    let Some(program) = programs.find(|program| program.is_file()) else {
        eprintln!("skipped: wkg isn't on the path");
        return;
    };
    if are_installed(&[Tool::DockerRegistry]) {
        publishes(&Pusher::Wkg(program));
    }
}

fn publishes(pusher: &Pusher) {
    let registry = Registry::start();
    let (place, runtime) = (tempfile::tempdir().unwrap(), Runtime::new().unwrap());
    let accept = [("accept", "application/vnd.oci.image.manifest.v1+json")];
    let client = Client::at(format!("http://{}/v2", registry.address), &accept);
    let get = |path: String| -> Answer {
        let answer = runtime.block_on(client.try_send_text(Method::GET, &path, String::new())).unwrap();
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer
    };
    for (file, content) in COMPONENTS.into_iter().chain([CONTRACT]) {
        let path = place.path().join(file);
        fs::write(&path, content).unwrap();
        let expected = annotations(content);
        let version = expected["version"].as_str().unwrap();
        // A WIT package is found by its own name.
        let repository = if file == CONTRACT.0 {
            expected["title"].as_str().unwrap().replace(':', "/")
        } else {
            format!("connectors/{}", file.trim_end_matches(".wasm"))
        };
        let name = format!("{repository}:{version}");
        pusher.push(&registry, &name, &path);
        let pulled = pusher.pull(&registry, &name, &place.path().join("pulled.wasm"));
        assert!(pulled == content, "{name} came back as other bytes");

        let manifest = get(format!("/{repository}/manifests/{version}")).json;
        assert_eq!(manifest["config"]["mediaType"], "application/vnd.wasm.config.v0+json", "{manifest}");
        let [layer] = manifest["layers"].as_array().unwrap().as_slice() else { panic!("{manifest}") };
        let digest: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
        let digest = format!("sha256:{digest}");
        assert_eq!(
            (&layer["mediaType"], &layer["digest"], &layer["size"]),
            (&json!("application/wasm"), &json!(digest), &json!(content.len()))
        );
        let mut said = manifest["annotations"].as_object().unwrap().clone();
        said.remove("org.opencontainers.image.created");
        let said = said.into_iter().map(|(key, value)| {
            let key = key.strip_prefix("org.opencontainers.image.").unwrap_or(&key);
            (key.to_owned(), value)
        });
        assert_eq!(said.collect::<Value>(), expected, "{name}");

        let config = manifest["config"]["digest"].as_str().unwrap();
        let config = get(format!("/{repository}/blobs/{config}")).json;
        assert_eq!((&config["architecture"], &config["layerDigests"]), (&json!("wasm"), &json!([digest])));
        let names = |of: &str| config["component"][of].to_string();
        assert!(names("exports").contains("iga:connector/sync@0.1.0"), "{config}");
        assert!(!names("imports").contains("wasi:sockets"), "{config}");
        assert_eq!(names("imports").contains("wasi:http/"), file != CONTRACT.0, "{config}");
    }
}

/// Returns the annotations that follow from a file's own metadata.
fn annotations(content: &[u8]) -> Value {
    let Payload::Component { metadata, .. } = Payload::from_binary(content).unwrap() else {
        panic!("it is a core module");
    };
    let mut expected = json!({
        "title": metadata.name.unwrap(),
        "description": metadata.description.unwrap().to_string(),
        "licenses": metadata.licenses.unwrap().to_string(),
        "version": metadata.version.unwrap().to_string(),
    });
    assert_eq!(expected["licenses"], "Apache-2.0");
    // Empty until the source is published.
    if let Some(source) = metadata.source {
        expected["source"] = json!(source.to_string());
    }
    expected
}
