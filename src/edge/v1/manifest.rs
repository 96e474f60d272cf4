//! `/v1/manifest`: the contract's manifest as JSON, its fields in snake_case.

use crate::contract::{self, AuthMethod, Field, Permission, ResourceType, StepType};
use crate::edge::reply::json;
use crate::output::{SinkError, object};
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

#[derive(Serialize)]
struct ManifestOf<'a> {
    id: &'a str,
    display_name: &'a str,
    version: &'a str,
    documentation_url: &'a str,
    origins: &'a [String],
    fields: Vec<FieldOf<'a>>,
    auth_methods: Vec<AuthMethodOf<'a>>,
    resource_types: Vec<ResourceTypeOf<'a>>,
    steps: Vec<StepTypeOf<'a>>,
    extra: Cow<'a, RawValue>,
}

#[derive(Serialize)]
struct FieldOf<'a> {
    id: &'a str,
    label: &'a str,
    help: &'a str,
    format: &'a str,
    choices: &'a [String],
    secret: bool,
    required: bool,
    default: Option<&'a str>,
    operator_only: bool,
}

#[derive(Serialize)]
struct AuthMethodOf<'a> {
    id: &'a str,
    label: &'a str,
    help: &'a str,
    fields: Vec<FieldOf<'a>>,
}

#[derive(Serialize)]
struct ResourceTypeOf<'a> {
    id: &'a str,
    display_name: &'a str,
    traits: &'a [String],
    can_sync: bool,
    opt_in: bool,
    can_provision: bool,
    permissions: Vec<PermissionOf<'a>>,
}

#[derive(Serialize)]
struct StepTypeOf<'a> {
    id: &'a str,
    display_name: &'a str,
    resource_types: &'a [String],
    permissions: Vec<PermissionOf<'a>>,
}

#[derive(Serialize)]
struct PermissionOf<'a> {
    name: &'a str,
    also: &'a [String],
    provision_only: bool,
    without: &'a str,
}

/// Returns the manifest as JSON.
pub(super) fn json_text() -> Result<String, SinkError> {
    let manifest = contract::manifest();
    let of = ManifestOf {
        id: &manifest.id,
        display_name: &manifest.display_name,
        version: &manifest.version,
        documentation_url: &manifest.documentation_url,
        origins: &manifest.origins,
        fields: manifest.fields.iter().map(Into::into).collect(),
        auth_methods: manifest.auth_methods.iter().map(Into::into).collect(),
        resource_types: manifest.resource_types.iter().map(Into::into).collect(),
        steps: manifest.steps.iter().map(Into::into).collect(),
        extra: object(&manifest.extra, "extra", || manifest.id.clone())?,
    };
    Ok(json(&of)?)
}

impl<'a> From<&'a Field> for FieldOf<'a> {
    fn from(field: &'a Field) -> Self {
        Self {
            id: &field.id,
            label: &field.label,
            help: &field.help,
            format: &field.format,
            choices: &field.choices,
            secret: field.secret,
            required: field.required,
            default: field.default.as_deref(),
            operator_only: field.operator_only,
        }
    }
}

impl<'a> From<&'a AuthMethod> for AuthMethodOf<'a> {
    fn from(method: &'a AuthMethod) -> Self {
        let fields = method.fields.iter().map(Into::into).collect();
        Self { id: &method.id, label: &method.label, help: &method.help, fields }
    }
}

impl<'a> From<&'a ResourceType> for ResourceTypeOf<'a> {
    fn from(kind: &'a ResourceType) -> Self {
        Self {
            id: &kind.id,
            display_name: &kind.display_name,
            traits: &kind.traits,
            can_sync: kind.can_sync,
            opt_in: kind.opt_in,
            can_provision: kind.can_provision,
            permissions: kind.permissions.iter().map(Into::into).collect(),
        }
    }
}

impl<'a> From<&'a StepType> for StepTypeOf<'a> {
    fn from(step: &'a StepType) -> Self {
        Self {
            id: &step.id,
            display_name: &step.display_name,
            resource_types: &step.resource_types,
            permissions: step.permissions.iter().map(Into::into).collect(),
        }
    }
}

impl<'a> From<&'a Permission> for PermissionOf<'a> {
    fn from(permission: &'a Permission) -> Self {
        Self {
            name: &permission.name,
            also: &permission.also,
            provision_only: permission.provision_only,
            without: &permission.without,
        }
    }
}
