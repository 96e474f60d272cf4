//! The capabilities and the form that a platform of baton's reads.

use super::{assert_exit, host_test, text};
use cloudflare_zero_trust::contract::{ResourceType, manifest};
use serde_json::{Value, json};

fn written(command: &str) -> Value {
    let output = host_test(&[command]).output().unwrap();
    assert_exit(&output, 0);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output.stdout)))
}

#[test]
fn capabilities_are_the_manifest_s() {
    let capabilities = written("capabilities");
    assert_eq!(capabilities["@type"], "type.googleapis.com/c1.connector.v2.ConnectorCapabilities");
    let all = ["PROVISION", "SYNC", "ACCOUNT_PROVISIONING", "RESOURCE_DELETE"];
    let all = all.map(|name| format!("CAPABILITY_{name}"));
    assert_eq!(capabilities["connectorCapabilities"], json!(all));
    let passwords = &capabilities["credentialDetails"]["capabilityAccountProvisioning"];
    assert_eq!(passwords["preferredCredentialOption"], "CAPABILITY_DETAIL_CREDENTIAL_OPTION_NO_PASSWORD");
    let of_types = capabilities["resourceTypeCapabilities"].as_array().unwrap();
    let told: Vec<[&Value; 3]> = of_types
        .iter()
        .map(|of| [&of["resourceType"]["id"], &of["resourceType"]["traits"], &of["capabilities"]])
        .collect();
    let (both, sync) = (json!(["CAPABILITY_PROVISION", "CAPABILITY_SYNC"]), json!(["CAPABILITY_SYNC"]));
    let accounts = json!(all[1..]);
    let traits = ["USER", "GROUP", "ROLE", "APP", "SECRET", "LICENSE_PROFILE"];
    let [user, group, role, app, secret, license] = traits.map(|name| json!([format!("TRAIT_{name}")]));
    let expected = [
        [&json!("app"), &app, &sync],
        [&json!("email"), &user, &sync],
        [&json!("group"), &group, &both],
        [&json!("identity-provider"), &Value::Null, &sync],
        [&json!("member"), &user, &accounts],
        [&json!("policy"), &Value::Null, &sync],
        [&json!("role"), &role, &both],
        [&json!("scoped-role"), &role, &both],
        [&json!("seat"), &license, &sync],
        [&json!("service-token"), &secret, &sync],
        [&json!("user"), &user, &accounts],
        [&json!("user-group"), &group, &both],
    ];
    assert_eq!(told, expected);
    for of in of_types {
        // Addresses become fewer when their owners log in.
        let shrinks = of["resourceType"]["id"] == "email";
        assert_eq!(of["skipSyncAnomalyDetection"], if shrinks { json!(true) } else { Value::Null });
        let annotations: Vec<&str> = of["resourceType"]["annotations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|of| of["@type"].as_str().unwrap().rsplit('.').next().unwrap())
            .collect();
        assert_eq!(annotations[0], "CapabilityPermissions");
        assert_eq!(annotations[1..], ["SkipSyncAnomalyDetection"][..usize::from(shrinks)]);
        let named = |known: &ResourceType| of["resourceType"]["id"] == known.id;
        // The seat isn't the connector's: it is made of users.
        let Some(known) = manifest().resource_types.into_iter().find(named) else {
            assert_eq!(of["resourceType"]["displayName"], "Seat");
            let reading = json!({ "permissions": [{ "permission": "Access: Users Read" }] });
            assert_eq!(of["permissions"], reading);
            continue;
        };
        let of_account = match known.id.as_str() {
            "member" => Some("SCIM Provisioning Edit"),
            "user" => Some("Zero Trust: Seats Edit"),
            _ => None,
        };
        let names = known.permissions.iter().map(|permission| permission.name.as_str()).chain(of_account);
        let permissions: Vec<Value> = names.map(|name| json!({ "permission": name })).collect();
        assert_eq!(of["permissions"], json!({ "permissions": permissions }));
        assert_eq!(of["resourceType"]["displayName"], known.display_name);
    }
}

#[test]
fn the_form_offers_two_ways_to_authenticate() {
    let schema = written("config-schema");
    let known = manifest();
    assert_eq!([&schema["displayName"], &schema["helpUrl"]], [&known.display_name, &known.documentation_url]);
    let is = |field: &Value, what: &str| field[what].as_bool().unwrap_or(false);
    let told: Vec<(&str, bool, bool, bool)> = schema["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| {
            let name = field["name"].as_str().unwrap();
            (name, is(field, "isRequired"), is(field, "isSecret"), is(field, "isOps"))
        })
        .collect();
    let expected = [
        ("account-id", true, false, false),
        ("base-url", false, false, true),
        ("max-wait-seconds", false, false, true),
        ("read-ahead", false, false, true),
        ("api-token", true, true, false),
        ("email", true, false, false),
        ("api-key", true, true, false),
    ];
    assert_eq!(told, expected);
    let groups: Vec<[&Value; 3]> = schema["fieldGroups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| [&group["name"], &group["fields"], &group["default"]])
        .collect();
    let expected = [
        [&json!("api-token"), &json!(["account-id", "api-token"]), &json!(true)],
        [&json!("api-key"), &json!(["account-id", "email", "api-key"]), &Value::Null],
    ];
    assert_eq!(groups, expected);
    assert_eq!(schema["fields"][2]["intField"], json!({ "defaultValue": "10" }));
}
