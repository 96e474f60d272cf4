//! The names and ids that several parts of the small company have.

use serde_json::{Value, json};

use crate::mock::ids::{hex_id, uuid};

pub(super) const DOMAIN: &str = "northwind.example";

pub(super) fn address(local: &str) -> String {
    if local.contains('@') { local.to_owned() } else { format!("{local}@{DOMAIN}") }
}

pub(super) fn posture() -> Value {
    json!({ "device_posture": { "integration_uid": uuid(&hex_id(&["posture", "disk encryption"])) } })
}

pub(super) fn identity_provider() -> String {
    uuid(&hex_id(&["identity provider", "okta"]))
}

pub(super) fn one_time_pin() -> String {
    uuid(&hex_id(&["identity provider", "one-time pin"]))
}

pub(super) fn mfa() -> Value {
    json!({ "auth_method": { "auth_method": "mfa" } })
}

pub(super) fn group_id(name: &str) -> String {
    uuid(&hex_id(&["group", name]))
}

pub(super) fn list_id(name: &str) -> String {
    uuid(&hex_id(&["list", name]))
}

pub(super) fn zone(name: &str) -> String {
    hex_id(&["zone", name])
}
