//! The manifest of one account, and what wasmCloud's operator makes of it.

use serde_json::{Map, Value, json};
use yaml_rust2::{Yaml, YamlLoader};

/// Returns `workload-deployment.yaml`.
pub fn manifest() -> Value {
    let text = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/hosts/wasmcloud/workload-deployment.yaml"
    ));
    let documents = YamlLoader::load_from_str(&text.unwrap()).unwrap();
    let [document] = documents.as_slice() else { panic!("{documents:?}") };
    value(document)
}

/// Returns a value of YAML as JSON has it.
fn value(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::String(text) => json!(text),
        Yaml::Integer(number) => json!(number),
        Yaml::Boolean(truth) => json!(truth),
        Yaml::Array(values) => values.iter().map(value).collect(),
        Yaml::Hash(fields) => fields
            .iter()
            .map(|(key, field)| (key.as_str().expect("a name").to_owned(), value(field)))
            .collect(),
        _ => panic!("{yaml:?}"),
    }
}

/// Returns the message that starts a workload, as the operator makes it of a manifest and of the Secret
/// that it names.
pub fn start(manifest: &Value, secret: &Value) -> Value {
    let name = manifest["metadata"]["name"].as_str().unwrap();
    let spec = &manifest["spec"]["template"]["spec"];
    let components = spec["components"].as_array().unwrap().iter().map(|component| {
        let resources = &component["localResources"];
        let mut environment = resources["environment"]["config"].as_object().unwrap().clone();
        for reference in resources["environment"]["secretFrom"].as_array().unwrap() {
            assert_eq!(reference["name"], name, "there is one Secret");
            environment.extend(secret.as_object().unwrap().clone());
        }
        json!({
            "name": component["name"],
            "image": component["image"],
            "localResources": { "environment": environment, "allowedHosts": resources["allowedHosts"] },
        })
    });
    let components: Value = components.collect();
    json!({
        "workloadId": name,
        "workload": {
            "namespace": "default",
            "name": name,
            "witWorld": { "components": components, "hostInterfaces": spec["hostInterfaces"] },
        },
    })
}

/// Returns the one component in a manifest.
pub fn component(manifest: &mut Value) -> &mut Map<String, Value> {
    manifest["spec"]["template"]["spec"]["components"][0].as_object_mut().unwrap()
}
