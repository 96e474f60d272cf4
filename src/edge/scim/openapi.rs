//! The description of SCIM's routes for programs: OpenAPI 3.1. Its schemas are made from the one table of
//! what resources have, and its paths and methods are those of the routes.

use super::route::Route;
use crate::scim::Type;
use crate::scim::schema::{Attribute, Kind, ResourceSchema, Schema, Writable};
use crate::settings::manifest::VERSION;
use serde_json::{Map, Value, json};

const CONTENT: &str = "application/scim+json";
const ABOUT: &str = "People, Access groups and account roles of one Cloudflare account (RFC 7643, 7644 and \
    9865). A path that isn't here answers 404, but for /Me and /Bulk, which answer 501, and a method that \
    isn't here 405 with an allow header. GET paths take HEAD too. Without SCIM_TOKEN, every path answers \
    501. Bodies are described in the standard's form, and forms of some platforms are taken beside it.";

/// The routes, with placeholders where a path has an id.
const ROUTES: [Route<'static>; 16] = [
    Route::OpenApi,
    Route::ServiceProviderConfig,
    Route::ResourceTypes,
    Route::ResourceType("{id}"),
    Route::Schemas,
    Route::Schema("{id}"),
    Route::All(Type::User),
    Route::SearchOf(Type::User),
    Route::One(Type::User, "{id}"),
    Route::All(Type::Group),
    Route::SearchOf(Type::Group),
    Route::One(Type::Group, "{id}"),
    Route::All(Type::Role),
    Route::SearchOf(Type::Role),
    Route::One(Type::Role, "{id}"),
    Route::Search,
];

/// Returns the description.
pub(in crate::edge) fn document() -> Value {
    let paths: Map<String, Value> =
        ROUTES.iter().map(|route| (format!("/scim/v2/{}", route.path()), item(route))).collect();
    let mut schemas: Map<String, Value> =
        Type::ALL.iter().map(|of| (of.schema().name.to_owned(), of_resource(of.schema()))).collect();
    schemas.insert("Error".to_owned(), error());
    schemas.insert("PatchOp".to_owned(), patch());
    schemas.insert("SearchRequest".to_owned(), search());
    schemas.insert("List".to_owned(), list(&json!({"type": "object"})));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Cloudflare Zero Trust connector: SCIM 2.0",
            "version": VERSION,
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas,
        },
    })
}

/// Describes the methods of a path.
fn item(route: &Route<'_>) -> Value {
    let methods = route.methods().iter().filter(|method| **method != "HEAD");
    let mut item: Map<String, Value> =
        methods.map(|method| (method.to_lowercase(), operation(route, method))).collect();
    if route.path().contains("{id}") {
        let text = json!({"type": "string", "minLength": 1});
        let id = json!({"name": "id", "in": "path", "required": true, "schema": text});
        item.insert("parameters".to_owned(), json!([id]));
    }
    Value::Object(item)
}

fn operation(route: &Route<'_>, method: &str) -> Value {
    let responses: Map<String, Value> = statuses(route, method)
        .into_iter()
        .map(|status| (status.to_string(), response(route, status)))
        .collect();
    let operation = json!({"summary": summary(route, method), "responses": responses});
    let operation = match body(route, method) {
        Some(schema) => {
            let body = json!({"required": true, "content": {CONTENT: {"schema": schema}}});
            with(operation, "requestBody", body)
        }
        None => operation,
    };
    let query: &[&str] = match (route, method) {
        (Route::All(_), "GET") => {
            &["filter", "startIndex", "count", "cursor", "attributes", "excludedAttributes"]
        }
        (Route::All(_) | Route::One(..), _) => &["attributes", "excludedAttributes"],
        _ => &[],
    };
    let headers: &[&str] = match (route, method) {
        (Route::One(..), "PUT" | "PATCH" | "DELETE") => &["If-Match"],
        (Route::One(..), _) => &["If-None-Match"],
        _ => &[],
    };
    let parameters = query.iter().map(|name| (name, "query")).chain(headers.iter().map(|it| (it, "header")));
    let parameter = |(name, place)| json!({"name": name, "in": place, "schema": {"type": "string"}});
    with(operation, "parameters", parameters.map(parameter).collect())
}

/// Returns the schema of a request's body, if it has one.
fn body(route: &Route<'_>, method: &str) -> Option<Value> {
    match (route, method) {
        (Route::All(of), "POST") => {
            let attributes = of.schema().core.attributes.iter();
            let required = attributes.filter(|attribute| attribute.is_required).map(|it| it.name);
            Some(with(reference(of.schema().name), "required", required.collect()))
        }
        (Route::One(of, _), "PUT") => Some(reference(of.schema().name)),
        (Route::One(..), "PATCH") => Some(reference("PatchOp")),
        (Route::SearchOf(_) | Route::Search, _) => Some(reference("SearchRequest")),
        _ => None,
    }
}

fn summary(route: &Route<'_>, method: &str) -> &'static str {
    match (route, method) {
        (Route::OpenApi, _) => "This description",
        (Route::ServiceProviderConfig | Route::ResourceTypes | Route::Schemas, _) => {
            "What the service can do"
        }
        (Route::ResourceType(_) | Route::Schema(_), _) => "One of these descriptions",
        (Route::All(_), "POST") => "Adds a user, or makes a group",
        (Route::All(_), _) => "All of them, in pages, or those that a filter names",
        (Route::SearchOf(_) | Route::Search, _) => "The same as a list, asked for in a body",
        (Route::One(..), "PUT") => "Replaces what the body has, and leaves the rest",
        (Route::One(..), "PATCH") => {
            "Changes the members or the name of a group, or the roles or the state of a user"
        }
        (Route::One(..), "DELETE") => "Takes everything from a user, or deletes a group that nothing names",
        _ => "One of them",
    }
}

/// Returns the statuses of a route's answers.
fn statuses(route: &Route<'_>, method: &str) -> Vec<u16> {
    const READS: [u16; 5] = [400, 429, 502, 503, 504];
    const BODY: [u16; 2] = [413, 415];
    let only_reads = route.only_reads(method);
    // 500: the service's own address can't be meant.
    let mut statuses = vec![401, 500, 501];
    match route {
        Route::OpenApi | Route::ServiceProviderConfig | Route::ResourceTypes | Route::Schemas => {
            statuses.push(200);
            if *route != Route::OpenApi {
                // With a filter.
                statuses.push(403);
            }
        }
        Route::ResourceType(_) | Route::Schema(_) => statuses.extend([200, 400, 404]),
        _ => {
            statuses.extend(READS);
            statuses.push(match method {
                "POST" if !only_reads => 201,
                "DELETE" => 204,
                _ => 200,
            });
        }
    }
    match (route, method) {
        (Route::One(..), "GET") => statuses.extend([304, 404]),
        (Route::One(..), _) => statuses.extend([403, 404, 409, 412]),
        (Route::All(_), "POST") => statuses.extend([403, 409]),
        _ => {}
    }
    match (route, method) {
        (Route::One(..), "PUT" | "PATCH") => statuses.extend(BODY),
        (_, "POST") => statuses.extend(BODY),
        _ => {}
    }
    if matches!((route, method), (Route::One(..), "PATCH")) {
        statuses.push(204);
    }
    statuses.sort_unstable();
    statuses
}

fn response(route: &Route<'_>, status: u16) -> Value {
    let schema = match (status, route) {
        (204 | 304, _) => return json!({"description": "Nothing more is told."}),
        (400.., _) => reference("Error"),
        (_, Route::All(of)) if status == 200 => list(&reference(of.schema().name)),
        (_, Route::SearchOf(of)) => list(&reference(of.schema().name)),
        (_, Route::All(of) | Route::One(of, _)) => reference(of.schema().name),
        (_, Route::Search | Route::ResourceTypes | Route::Schemas) => reference("List"),
        _ => json!({"type": "object"}),
    };
    let description = if status >= 400 { "An error with a sentence for people." } else { "It is as asked." };
    json!({"description": description, "content": {CONTENT: {"schema": schema}}})
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn error() -> Value {
    json!({
        "type": "object",
        "required": ["schemas", "status", "detail"],
        "properties": {
            "schemas": {"const": ["urn:ietf:params:scim:api:messages:2.0:Error"]},
            "status": {"type": "string"},
            "scimType": {"type": "string"},
            "detail": {"type": "string", "minLength": 1},
        },
    })
}

fn patch() -> Value {
    let operation = json!({
        "type": "object",
        "required": ["op"],
        "properties": {
            "op": {"enum": ["add", "replace", "remove"]},
            "path": {"type": "string"},
            "value": {"description": "A value of the path, or without a path an object with attributes."},
        },
    });
    json!({
        "type": "object",
        "required": ["Operations"],
        "properties": {
            "schemas": {"const": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]},
            "Operations": {"type": "array", "minItems": 1, "maxItems": 1000, "items": operation},
        },
    })
}

fn search() -> Value {
    let names = json!({"type": "array", "items": {"type": "string"}});
    json!({
        "type": "object",
        "properties": {
            "schemas": {"const": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]},
            "filter": {"type": "string"},
            "attributes": names,
            "excludedAttributes": names,
            "startIndex": {"type": "integer"},
            "count": {"type": "integer"},
            "cursor": {"type": "string"},
        },
    })
}

fn list(resource: &Value) -> Value {
    json!({
        "type": "object",
        "required": ["schemas", "totalResults"],
        "properties": {
            "schemas": {"const": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]},
            "totalResults": {"type": "integer"},
            "itemsPerPage": {"type": "integer"},
            "startIndex": {"type": "integer"},
            "nextCursor": {"type": "string"},
            "previousCursor": {"type": "string"},
            "Resources": {"type": "array", "items": resource},
        },
    })
}

/// Describes a resource. Which attributes stand in an answer is for its client to say, so none is required.
fn of_resource(schema: &ResourceSchema) -> Value {
    let described = |attribute: &Attribute| {
        let described = of_attribute(attribute);
        // A client's own "schemas" are of its body, and are checked.
        let is_read_only = attribute.writable == Writable::Never && attribute.name != "schemas";
        let described = if is_read_only { with(described, "readOnly", true.into()) } else { described };
        (attribute.name.to_owned(), described)
    };
    let own = schema.common.iter().chain(schema.core.attributes);
    let mut properties: Map<String, Value> = own.map(described).collect();
    if let Some(Schema { id, description, attributes, .. }) = schema.extension {
        let attributes = attributes.iter().map(described).collect();
        let extension = with(object(attributes), "description", (*description).into());
        properties.insert((*id).to_owned(), extension);
    }
    object(properties)
}

fn of_attributes(attributes: &[Attribute]) -> Map<String, Value> {
    attributes.iter().map(|attribute| (attribute.name.to_owned(), of_attribute(attribute))).collect()
}

fn of_attribute(attribute: &Attribute) -> Value {
    let one = match attribute.kind {
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::Integer => json!({"type": "integer"}),
        Kind::Complex(subs) => object(of_attributes(subs)),
        Kind::Text | Kind::DateTime | Kind::Reference(_) => json!({"type": "string"}),
    };
    let described = if attribute.is_list { json!({"type": "array", "items": one}) } else { one };
    with(described, "description", attribute.description.into())
}

/// Returns an object with one more field.
fn with(mut object: Value, name: &str, field: Value) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.to_owned(), field);
    }
    object
}

fn object(properties: Map<String, Value>) -> Value {
    json!({"type": "object", "properties": properties})
}
