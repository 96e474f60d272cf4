//! The manifest for Spin, as far as it can be checked where there is no Spin.

use crate::setup::MockAndOwnHost;
use host_test::mock::Account;
use serde_json::{Value, json};
use std::path::Path;

#[test]
fn the_manifest_for_spin_is_marked_as_untried_and_names_the_program_and_its_origins() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("hosts/spin");
    let text = std::fs::read_to_string(folder.join("spin.toml")).unwrap();
    assert!(text.starts_with("# NOT TRIED"), "{text}");
    let manifest: Value = basic_toml::from_str(&text).unwrap();
    assert_eq!(manifest["spin_manifest_version"], 2);
    assert_eq!(manifest["application"]["version"], env!("CARGO_PKG_VERSION"));
    let trigger = json!([{ "route": "/...", "component": "cloudflare-zero-trust" }]);
    assert_eq!(manifest["trigger"]["http"], trigger);
    let component = &manifest["component"]["cloudflare-zero-trust"];
    // `components` writes it there, in the repository's own folder.
    let source = Path::new(component["source"].as_str().unwrap());
    let (above, file) = (source.parent().unwrap(), source.file_name().unwrap().to_str().unwrap());
    assert_eq!(above, Path::new("../../../dist"));
    assert!(folder.join("../../../Cargo.lock").is_file());
    let published = host_test::COMPONENTS.iter().find(|(name, _)| *name == file).unwrap();
    assert!(published.1 == host_test::STANDALONE, "{file} is another component");
    let origins = MockAndOwnHost::new(Account::company()).manifest().origins;
    assert_eq!(component["allowed_outbound_hosts"], json!(origins));
    let variables = component["environment"].as_object().unwrap();
    assert!(
        variables.values().all(|value| value == ""),
        "no value belongs into the repository: {variables:?}"
    );
    let names: Vec<_> = variables.keys().collect();
    assert_eq!(names, ["CLOUDFLARE_ACCOUNT_ID", "CLOUDFLARE_API_TOKEN", "CONNECTOR_TOKEN"]);
}
