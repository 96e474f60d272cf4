//! Cloudflare's OpenAPI document, and whether it describes a request.
//!
//! The document is data that this repository doesn't contain. It is read from the path in
//! `CLOUDFLARE_OPENAPI`, or from `../shared/cloudflare/openapi.json` beside the workspace.

use crate::common::openapi::OpenApi;
use axum::extract::Query;
use host_test::mock::Recorded;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Cloudflare's document, with its schemas as JSON Schema 2020-12.
pub struct CloudflareOpenApi {
    pub document: OpenApi,
}

impl CloudflareOpenApi {
    /// Reads the document. Where it is missing, returns `None` and prints a line on standard error.
    pub fn load() -> Option<CloudflareOpenApi> {
        let path = std::env::var_os("CLOUDFLARE_OPENAPI").map_or_else(
            || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/cloudflare/openapi.json"),
            PathBuf::from,
        );
        let Ok(text) = std::fs::read_to_string(&path) else {
            eprintln!("skipped: there is no OpenAPI document at {}", path.display());
            return None;
        };
        let mut document = serde_json::from_str(&text).expect("the OpenAPI document is JSON");
        to_json_schema(&mut document);
        Some(CloudflareOpenApi { document: OpenApi { document } })
    }

    /// Checks a request against the document: its path, the parameters in the path and the query,
    /// and its body.
    ///
    /// # Errors
    /// Returns the first fault, for a person.
    pub fn check_request(&self, request: &Recorded) -> Result<(), String> {
        let Recorded { method, path, query, body, .. } = request;
        let below =
            path.strip_prefix("/client/v4").ok_or_else(|| format!("{path} is not below /client/v4"))?;
        let (template, operation) = self.document.operation(method, below)?;
        let parameters: Vec<&Value> = operation["parameters"].as_array().into_iter().flatten().collect();
        let declared = |place: &str, name: &str| {
            let is_it = |parameter: &&&Value| parameter["in"] == place && parameter["name"] == name;
            let found = parameters.iter().find(is_it);
            found
                .copied()
                .ok_or_else(|| format!("{method} {template}: no {place} parameter {name} is documented"))
        };
        let check = |place: &str, name: &str, text: &str| {
            let schema = &declared(place, name)?["schema"];
            self.document
                .validate(schema, &self.parse(schema, text))
                .map_err(|error| format!("{method} {template}: {place} parameter {name}: {error}"))
        };
        for (name, value) in template.split('/').zip(below.split('/')) {
            if let Some(name) = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                check("path", name, value)?;
            }
        }
        let uri = format!("{path}?{}", query.as_deref().unwrap_or_default())
            .parse()
            .map_err(|error| format!("{error}"))?;
        let Query(pairs) =
            Query::<Vec<(String, String)>>::try_from_uri(&uri).map_err(|error| error.to_string())?;
        for (name, value) in &pairs {
            check("query", name, value)?;
        }
        let missing = parameters.iter().find(|parameter| {
            parameter["in"] == "query"
                && parameter["required"] == true
                && !pairs.iter().any(|(name, _)| parameter["name"] == **name)
        });
        if let Some(missing) = missing {
            return Err(format!("{method} {template}: {} is required", missing["name"]));
        }
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        match (schema.is_null(), body.is_empty()) {
            (true, true) => Ok(()),
            (true, false) => Err(format!("{method} {template}: no body is documented")),
            (false, _) => {
                let body =
                    serde_json::from_str(body).map_err(|error| format!("{method} {template}: {error}"))?;
                self.document
                    .validate(schema, &body)
                    .map_err(|error| format!("{method} {template}: body: {error}"))
            }
        }
    }

    /// Reads the text of a parameter as the JSON type of its schema.
    fn parse(&self, schema: &Value, text: &str) -> Value {
        match self.document.resolve(schema)["type"].as_str() {
            Some("integer" | "number" | "boolean") => {
                serde_json::from_str(text).unwrap_or_else(|_| text.into())
            }
            Some("array") => json!([text]),
            _ => text.into(),
        }
    }
}

/// Turns OpenAPI 3.0's `nullable` into JSON Schema. It belongs to the `type` beside it, and does
/// nothing without one.
fn to_json_schema(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.get("nullable") == Some(&json!(true))
                && fields.get("type").is_some_and(Value::is_string)
            {
                let plain = fields["type"].take();
                fields["type"] = json!([plain, "null"]);
                if let Some(Value::Array(values)) = fields.get_mut("enum") {
                    values.push(Value::Null);
                }
            }
            // An example may look like a schema.
            for (_, inner) in fields.iter_mut().filter(|(name, _)| *name != "example") {
                to_json_schema(inner);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(to_json_schema),
        _ => {}
    }
}
