//! `c1.connector.v2.ConnectorCapabilities`: the resource types that can be read and changed, of which
//! accounts can be made and removed, and the permissions for it.

use super::kinds::{seat, shrinks};
use super::message::{is_false, write};
use super::traits::Trait;
use cloudflare_zero_trust::contract::{Manifest, ResourceType, StepType};
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::{self, Write};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Capabilities<'a> {
    #[serde(rename = "@type")]
    type_url: &'static str,
    resource_type_capabilities: Vec<OfResourceType<'a>>,
    connector_capabilities: BTreeSet<Capability>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential_details: Option<CredentialDetails>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CredentialDetails {
    capability_account_provisioning: AccountProvisioning,
}

/// The passwords that new accounts get: none.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountProvisioning {
    supported_credential_options: [&'static str; 1],
    preferred_credential_option: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OfResourceType<'a> {
    resource_type: Named<'a>,
    capabilities: BTreeSet<Capability>,
    permissions: Permissions<'a>,
    #[serde(skip_serializing_if = "is_false")]
    skip_sync_anomaly_detection: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Named<'a> {
    id: &'a str,
    display_name: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    traits: Vec<&'static str>,
    annotations: Vec<Annotation<'a>>,
}

#[derive(Serialize)]
struct Annotation<'a> {
    #[serde(rename = "@type")]
    type_url: &'static str,
    #[serde(flatten)]
    permissions: Option<Permissions<'a>>,
}

#[derive(Clone, Serialize)]
struct Permissions<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    permissions: Vec<Permission<'a>>,
}

#[derive(Clone, Serialize)]
struct Permission<'a> {
    permission: &'a str,
}

/// An action on a resource type. The SDK sorts them by their numbers, as here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
enum Capability {
    #[serde(rename = "CAPABILITY_PROVISION")]
    Provision,
    #[serde(rename = "CAPABILITY_SYNC")]
    Sync,
    #[serde(rename = "CAPABILITY_ACCOUNT_PROVISIONING")]
    AccountProvisioning,
    #[serde(rename = "CAPABILITY_RESOURCE_DELETE")]
    ResourceDelete,
}

/// Writes the capabilities as JSON.
///
/// # Errors
/// If writing fails.
pub fn capabilities(manifest: &Manifest, to: &mut impl Write) -> io::Result<()> {
    const NO_PASSWORD: &str = "CAPABILITY_DETAIL_CREDENTIAL_OPTION_NO_PASSWORD";
    let seat = seat(&manifest.resource_types);
    let known = manifest.resource_types.iter().chain(&seat);
    let mut of_types: Vec<OfResourceType<'_>> =
        known.map(|of| of_resource_type(of, &manifest.steps)).collect();
    of_types.sort_by_key(|of| of.resource_type.id);
    let connector_capabilities: BTreeSet<Capability> =
        of_types.iter().flat_map(|of| &of.capabilities).copied().collect();
    let makes_accounts = connector_capabilities.contains(&Capability::AccountProvisioning);
    let credential_details = makes_accounts.then_some(CredentialDetails {
        capability_account_provisioning: AccountProvisioning {
            supported_credential_options: [NO_PASSWORD],
            preferred_credential_option: NO_PASSWORD,
        },
    });
    let message = Capabilities {
        type_url: "type.googleapis.com/c1.connector.v2.ConnectorCapabilities",
        resource_type_capabilities: of_types,
        connector_capabilities,
        credential_details,
    };
    write(&message, to)
}

/// Returns the capability that a step is, if the SDK has one for it.
fn of_step(step: &StepType) -> Option<Capability> {
    match step.id.as_str() {
        "invite" | "add-user" => Some(Capability::AccountProvisioning),
        "remove" => Some(Capability::ResourceDelete),
        _ => None,
    }
}

fn of_resource_type<'a>(of: &'a ResourceType, steps: &'a [StepType]) -> OfResourceType<'a> {
    let mut names: Vec<&str> = of.permissions.iter().map(|permission| permission.name.as_str()).collect();
    let mut known = vec![(of.can_provision, Capability::Provision), (of.can_sync, Capability::Sync)];
    for step in steps {
        // The permission for a resource type is at its place.
        let of_kind = step.resource_types.iter().zip(&step.permissions).find(|(kind, _)| **kind == of.id);
        if let (Some(capability), Some((_, permission))) = (of_step(step), of_kind) {
            known.push((true, capability));
            names.push(&permission.name);
        }
    }
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(*name));
    let permissions = names.into_iter().map(|permission| Permission { permission }).collect();
    let permissions = Permissions { permissions };
    let type_url = "type.googleapis.com/c1.connector.v2.CapabilityPermissions";
    let mut annotations = vec![Annotation { type_url, permissions: Some(permissions.clone()) }];
    let shrinks = shrinks(&of.id);
    if shrinks {
        let type_url = "type.googleapis.com/c1.connector.v2.SkipSyncAnomalyDetection";
        annotations.push(Annotation { type_url, permissions: None });
    }
    OfResourceType {
        resource_type: Named {
            id: &of.id,
            display_name: &of.display_name,
            traits: of.traits.iter().filter_map(|word| Trait::of_word(word)).map(Trait::name).collect(),
            annotations,
        },
        capabilities: known.into_iter().filter_map(|(can, capability)| can.then_some(capability)).collect(),
        permissions,
        skip_sync_anomaly_detection: shrinks,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn each_resource_type_says_what_it_can_and_needs() {
        let mut written = Vec::new();
        capabilities(&samples::manifest(), &mut written).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&written).unwrap();
        let permissions = ["Groups Read", "Groups Edit"].map(|of| serde_json::json!({ "permission": of }));
        let expected = serde_json::json!({
            "@type": "type.googleapis.com/c1.connector.v2.ConnectorCapabilities",
            "resourceTypeCapabilities": [
                {
                    "resourceType": {
                        "id": "group",
                        "displayName": "Group",
                        "traits": ["TRAIT_GROUP"],
                        "annotations": [{
                            "@type": "type.googleapis.com/c1.connector.v2.CapabilityPermissions",
                            "permissions": permissions,
                        }],
                    },
                    "capabilities": ["CAPABILITY_PROVISION", "CAPABILITY_SYNC"],
                    "permissions": { "permissions": permissions },
                },
                {
                    "resourceType": {
                        "id": "thing",
                        "displayName": "Thing",
                        "annotations": [{
                            "@type": "type.googleapis.com/c1.connector.v2.CapabilityPermissions",
                        }],
                    },
                    "capabilities": ["CAPABILITY_SYNC"],
                    "permissions": {},
                },
            ],
            "connectorCapabilities": ["CAPABILITY_PROVISION", "CAPABILITY_SYNC"],
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn steps_are_capabilities_where_the_sdk_has_one() {
        let step = |id: &str, kinds: &[&str]| {
            let permission = |kind: &&str| samples::permission(&format!("{kind} {id}"), true);
            StepType {
                id: id.to_owned(),
                display_name: id.to_owned(),
                resource_types: kinds.iter().map(|&kind| kind.to_owned()).collect(),
                permissions: kinds.iter().map(permission).collect(),
            }
        };
        let steps = vec![
            step("invite", &["group"]),
            step("end-sessions", &["group"]),
            step("remove", &["thing", "group"]),
        ];
        let mut written = Vec::new();
        capabilities(&Manifest { steps, ..samples::manifest() }, &mut written).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&written).unwrap();
        let [group, thing] = [0, 1].map(|place| &json["resourceTypeCapabilities"][place]);
        let [provision, sync, make, remove] =
            ["PROVISION", "SYNC", "ACCOUNT_PROVISIONING", "RESOURCE_DELETE"]
                .map(|of| format!("CAPABILITY_{of}"));
        assert_eq!(group["capabilities"], serde_json::json!([provision, sync, make, remove]));
        assert_eq!(thing["capabilities"], serde_json::json!([sync, remove]));
        let names = ["Groups Read", "Groups Edit", "group invite", "group remove"];
        let permissions = names.map(|of| serde_json::json!({ "permission": of }));
        assert_eq!(group["permissions"]["permissions"], serde_json::json!(permissions));
        assert_eq!(json["connectorCapabilities"], serde_json::json!([provision, sync, make, remove]));
        let passwords = &json["credentialDetails"]["capabilityAccountProvisioning"];
        let none = "CAPABILITY_DETAIL_CREDENTIAL_OPTION_NO_PASSWORD";
        assert_eq!(passwords["supportedCredentialOptions"], serde_json::json!([none]));
        assert_eq!(passwords["preferredCredentialOption"], none);
    }
}
