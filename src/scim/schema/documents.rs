//! The documents that clients read first (RFC 7644, 4): what the service can do, which resource types it has,
//! and their schemas. They are made from the table.

use super::attribute::{Attribute, Doors, Kind};
use super::meta::{RESOURCE_TYPE, SCHEMA, SERVICE_PROVIDER_CONFIG};
use super::table::{RESOURCES, ResourceSchema, Schema};
use crate::scim::page_size::{MOST, USUAL};
use serde_json::{Map, Value, json};

/// The documents as clients at one address see them.
#[derive(Clone, Copy, Debug)]
pub struct Documents<'a> {
    /// The service's own URL, for example `https://scim.corp.example/scim/v2`, without a slash at its end.
    pub base: &'a str,
    /// The operator's switches.
    pub doors: Doors,
}

impl Documents<'_> {
    /// Returns the description of the service.
    pub fn service_provider_config(&self) -> Value {
        let (yes, no) = (json!({"supported": true}), json!({"supported": false}));
        json!({
            "schemas": [SERVICE_PROVIDER_CONFIG.id],
            "patch": yes,
            "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
            "filter": {"supported": true, "maxResults": MOST},
            "changePassword": no,
            "sort": no,
            "etag": yes,
            "pagination": {
                "cursor": true,
                "index": true,
                "defaultPaginationMethod": "index",
                "defaultPageSize": USUAL,
                "maxPageSize": MOST,
            },
            "authenticationSchemes": [{
                "type": "oauthbearertoken",
                "name": "Bearer token",
                "description": "The token that the operator of this service has set, as a bearer token.",
                "specUri": "https://www.rfc-editor.org/info/rfc6750",
                "primary": true,
            }],
            "meta": self.meta("ServiceProviderConfig", "ServiceProviderConfig"),
        })
    }

    /// Returns all resource types.
    pub fn resource_types(&self) -> Vec<Value> {
        RESOURCES.iter().map(|schema| self.of_resource_type(schema)).collect()
    }

    /// Returns a resource type by its id.
    pub fn resource_type(&self, id: &str) -> Option<Value> {
        RESOURCES.iter().find(|schema| schema.name == id).map(|schema| self.of_resource_type(schema))
    }

    /// Returns all schemas: those of resources and of extensions, and those of the documents.
    pub fn schemas(&self) -> Vec<Value> {
        all().map(|schema| self.of_schema(schema)).collect()
    }

    /// Returns a schema by its URN, in any case of the letters.
    pub fn schema(&self, id: &str) -> Option<Value> {
        all().find(|schema| schema.id.eq_ignore_ascii_case(id)).map(|schema| self.of_schema(schema))
    }

    fn of_resource_type(&self, schema: &ResourceSchema) -> Value {
        let extensions: Vec<Value> = schema
            .extension
            .iter()
            .map(|extension| json!({"schema": extension.id, "required": false}))
            .collect();
        json!({
            "schemas": [RESOURCE_TYPE.id],
            "id": schema.name,
            "name": schema.name,
            "description": schema.description,
            "endpoint": schema.endpoint,
            "schema": schema.core.id,
            "schemaExtensions": extensions,
            "meta": self.meta("ResourceType", &format!("ResourceTypes/{}", schema.name)),
        })
    }

    fn of_schema(&self, schema: &Schema) -> Value {
        let attributes: Vec<Value> =
            schema.attributes.iter().map(|attribute| described(attribute, self.doors)).collect();
        json!({
            "schemas": [SCHEMA.id],
            "id": schema.id,
            "name": schema.name,
            "description": schema.description,
            "attributes": attributes,
            "meta": self.meta("Schema", &format!("Schemas/{}", schema.id)),
        })
    }

    fn meta(&self, kind: &str, path: &str) -> Value {
        json!({"resourceType": kind, "location": format!("{}/{path}", self.base)})
    }
}

fn all() -> impl Iterator<Item = &'static Schema> {
    let of_resources =
        RESOURCES.iter().flat_map(|schema| std::iter::once(schema.core).chain(schema.extension));
    of_resources.chain([&SERVICE_PROVIDER_CONFIG, &RESOURCE_TYPE, &SCHEMA])
}

/// Describes an attribute (RFC 7643, 7).
fn described(attribute: &Attribute, doors: Doors) -> Value {
    let mut object = Map::new();
    let mut add = |name: &str, value: Value| object.insert(name.to_owned(), value);
    add("name", attribute.name.into());
    add("type", attribute.kind.word().into());
    add("multiValued", attribute.is_list.into());
    add("description", attribute.description.into());
    add("required", attribute.is_required.into());
    add("caseExact", attribute.is_exact.into());
    add("mutability", attribute.mutability(doors).word().into());
    add("returned", attribute.returned.word().into());
    add("uniqueness", if attribute.is_unique { "server" } else { "none" }.into());
    if !attribute.canonical.is_empty() {
        add("canonicalValues", attribute.canonical.into());
    }
    match attribute.kind {
        Kind::Reference(types) => {
            add("referenceTypes", types.into());
        }
        Kind::Complex(subs) => {
            let subs: Vec<Value> = subs.iter().map(|sub| described(sub, doors)).collect();
            add("subAttributes", subs.into());
        }
        Kind::Text | Kind::Boolean | Kind::Integer | Kind::DateTime => {}
    }
    Value::Object(object)
}
