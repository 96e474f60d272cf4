//! The service's own description, and whether an answer is one that it describes.

use crate::common::openapi::{OpenApi, errors};
use serde_json::{Value, json};

/// The description, with its schemas closed.
pub struct Description {
    document: OpenApi,
}

impl Description {
    /// Takes a document of OpenAPI 3.1, whose schemas are JSON Schema. An object may have only the
    /// fields that its schema lists, if it lists any.
    pub fn new(mut document: Value) -> Description {
        close(&mut document["components"]["schemas"]);
        close(&mut document["paths"]);
        Description { document: OpenApi { document } }
    }

    /// Returns every operation with its statuses: method, path, status.
    pub fn answers(&self) -> Vec<(String, String, u16)> {
        let paths = self.document.document["paths"].as_object().expect("an OpenAPI document has paths");
        let operations = paths.iter().flat_map(|(path, item)| {
            item.as_object().into_iter().flatten().map(move |(method, operation)| (method, path, operation))
        });
        let statuses = operations.flat_map(|(method, path, operation)| {
            let statuses = operation["responses"].as_object().into_iter().flatten();
            statuses
                .map(|(status, _)| (method.to_uppercase(), path.clone(), status.parse().expect("a status")))
        });
        statuses.collect()
    }

    /// Checks the body of an answer, or each of its lines, against the description of this request,
    /// status and type.
    ///
    /// # Errors
    /// Returns the first fault, for a person.
    pub fn check_bodies(
        &self,
        at: (&str, &str, u16),
        content_type: &str,
        bodies: &[Value],
    ) -> Result<(), String> {
        let (method, path, status) = at;
        let (template, operation) = self.document.operation(method, path)?;
        let at = format!("{method} {template}: {status}");
        let response =
            operation["responses"].get(status.to_string()).ok_or(format!("{at}: is not documented"))?;
        let response = self.document.resolve(response);
        let content =
            response["content"].get(content_type).ok_or(format!("{at}: no {content_type} is documented"))?;
        let validator = self.document.validator(&content["schema"]);
        bodies.iter().try_for_each(|body| {
            errors(&validator, body).map_err(|error| format!("{at}: {error}\nin {body}"))
        })
    }

    /// Checks that this status is described for this request, whatever its body.
    ///
    /// # Errors
    /// Returns the fault, for a person.
    pub fn check_status(&self, at: (&str, &str, u16)) -> Result<(), String> {
        let (method, path, status) = at;
        let (template, operation) = self.document.operation(method, path)?;
        let response = operation["responses"].get(status.to_string());
        response.map(|_| ()).ok_or(format!("{method} {template}: {status}: is not documented"))
    }

    /// Checks a body against a named schema.
    ///
    /// # Errors
    /// Returns all faults, for a person.
    pub fn check_schema(&self, name: &str, body: &Value) -> Result<(), String> {
        self.document.validate(&json!({"$ref": format!("#/components/schemas/{name}")}), body)
    }
}

/// Forbids fields that a schema doesn't list.
fn close(schema: &mut Value) {
    if let Value::Object(fields) = schema {
        let tells = fields.get("properties").is_some_and(Value::is_object);
        if tells && fields.get("type") == Some(&json!("object")) {
            fields.entry("additionalProperties").or_insert(json!(false));
        }
    }
    match schema {
        Value::Object(fields) => fields.values_mut().for_each(close),
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
