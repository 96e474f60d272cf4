//! `c1.connector.v2.ConnectorCapabilities`: the resource types that can be read and changed, and the
//! permissions for it.

use super::message::write;
use super::traits::Trait;
use cloudflare_zero_trust::contract::{Manifest, ResourceType};
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
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OfResourceType<'a> {
    resource_type: Named<'a>,
    capabilities: BTreeSet<Capability>,
    permissions: Permissions<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Named<'a> {
    id: &'a str,
    display_name: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    traits: Vec<&'static str>,
    annotations: [Annotation<'a>; 1],
}

#[derive(Serialize)]
struct Annotation<'a> {
    #[serde(rename = "@type")]
    type_url: &'static str,
    #[serde(flatten)]
    permissions: Permissions<'a>,
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
}

/// Writes the capabilities as JSON.
///
/// # Errors
/// If writing fails.
pub fn capabilities(manifest: &Manifest, to: &mut impl Write) -> io::Result<()> {
    let mut of_types: Vec<OfResourceType<'_>> =
        manifest.resource_types.iter().map(of_resource_type).collect();
    of_types.sort_by_key(|of| of.resource_type.id);
    let connector_capabilities = of_types.iter().flat_map(|of| &of.capabilities).copied().collect();
    let message = Capabilities {
        type_url: "type.googleapis.com/c1.connector.v2.ConnectorCapabilities",
        resource_type_capabilities: of_types,
        connector_capabilities,
    };
    write(&message, to)
}

fn of_resource_type(of: &ResourceType) -> OfResourceType<'_> {
    let permissions =
        of.permissions.iter().map(|permission| Permission { permission: &permission.name }).collect();
    let permissions = Permissions { permissions };
    let type_url = "type.googleapis.com/c1.connector.v2.CapabilityPermissions";
    let known = [(of.can_provision, Capability::Provision), (of.can_sync, Capability::Sync)];
    OfResourceType {
        resource_type: Named {
            id: &of.id,
            display_name: &of.display_name,
            traits: of.traits.iter().filter_map(|word| Trait::of_word(word)).map(Trait::name).collect(),
            annotations: [Annotation { type_url, permissions: permissions.clone() }],
        },
        capabilities: known.into_iter().filter_map(|(can, capability)| can.then_some(capability)).collect(),
        permissions,
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
}
