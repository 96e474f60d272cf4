//! Checks answers and requests against an OpenAPI document: the connector's own, or Cloudflare's.
//!
//! Cloudflare's is data that this repository doesn't contain: it is looked for where
//! `CLOUDFLARE_OPENAPI` says, or else at `../shared/cloudflare/openapi.json` beside the workspace.

// Each test that includes this file uses a part of it.
#![allow(dead_code)]

use std::path::PathBuf;

use axum::extract::Query;
use serde_json::{Map, Value, json};

use host_test::mock::Recorded;

/// A document, its schemas as JSON Schema 2020-12.
pub struct OpenApi {
    document: Value,
}

impl OpenApi {
    /// Cloudflare's; `None`, and a line on stderr, where it isn't there.
    pub fn load() -> Option<OpenApi> {
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
        Some(OpenApi { document })
    }

    /// A document of OpenAPI 3.1, whose schemas are JSON Schema. An object has no fields but those
    /// that its schema tells, where that tells any.
    pub fn of(mut document: Value) -> OpenApi {
        close(&mut document["components"]["schemas"]);
        close(&mut document["paths"]);
        OpenApi { document }
    }

    /// Every operation with its statuses: method, path, status.
    pub fn answers(&self) -> Vec<(String, String, u16)> {
        let paths = self.document["paths"].as_object().expect("an OpenAPI document has paths");
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

    /// Whether these are what the document promises for this request, status and type: a body, or
    /// the lines of one.
    ///
    /// # Errors
    /// The first that isn't, for a person.
    pub fn check_bodies(
        &self,
        at: (&str, &str, u16),
        content_type: &str,
        bodies: &[Value],
    ) -> Result<(), String> {
        let (method, path, status) = at;
        let (template, operation) = self.operation(method, path)?;
        let at = format!("{method} {template}: {status}");
        let response =
            operation["responses"].get(status.to_string()).ok_or(format!("{at}: is not documented"))?;
        let response = self.resolve(response);
        let content =
            response["content"].get(content_type).ok_or(format!("{at}: no {content_type} is documented"))?;
        let validator = self.validator(&content["schema"]);
        bodies.iter().try_for_each(|body| {
            errors(&validator, body).map_err(|error| format!("{at}: {error}\nin {body}"))
        })
    }

    /// Whether a body is what a named schema says.
    ///
    /// # Errors
    /// What is wrong, for a person.
    pub fn check_schema(&self, name: &str, body: &Value) -> Result<(), String> {
        self.validate(&json!({"$ref": format!("#/components/schemas/{name}")}), body)
    }

    /// Whether an answer's status and body are what the document promises for this request.
    ///
    /// # Errors
    /// All that is wrong, for a person.
    pub fn check_answer(&self, method: &str, path: &str, status: u16, body: &Value) -> Result<(), String> {
        let (_, operation) = self.operation(method, path)?;
        let responses = &operation["responses"];
        let response = responses.get(status.to_string()).or(responses.get(format!("{}XX", status / 100)));
        let response = response.ok_or_else(|| format!("{method} {path}: {status} is not documented"))?;
        let mut schema = &response["content"]["application/json"]["schema"];
        if status >= 400 {
            schema = failure_schema(schema);
        }
        let body = without_documented_differences(body);
        self.validate(schema, &body).map_err(|error| format!("{method} {path}: {status}: {error}"))
    }

    /// Whether a request is one that the document knows: its path, the parameters in it and in the
    /// query, and its body.
    ///
    /// # Errors
    /// The first thing that is wrong, for a person.
    pub fn check_request(&self, request: &Recorded) -> Result<(), String> {
        let Recorded { method, path, query, body, .. } = request;
        let below =
            path.strip_prefix("/client/v4").ok_or_else(|| format!("{path} is not below /client/v4"))?;
        let (template, operation) = self.operation(method, below)?;
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
            self.validate(schema, &self.parse(schema, text))
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
                self.validate(schema, &body).map_err(|error| format!("{method} {template}: body: {error}"))
            }
        }
    }

    /// The path's template and the operation; the template with the fewest parameters wins.
    fn operation(&self, method: &str, path: &str) -> Result<(&str, &Value), String> {
        let path = path.split('?').next().unwrap_or_default();
        let fits = |template: &str| {
            template.split('/').count() == path.split('/').count()
                && template.split('/').zip(path.split('/')).all(|(expected, segment)| {
                    expected == segment || (expected.starts_with('{') && !segment.is_empty())
                })
        };
        let paths = self.document["paths"].as_object().expect("an OpenAPI document has paths");
        let fitting = paths.iter().filter(|(template, _)| fits(template));
        let (template, item) = fitting
            .min_by_key(|(template, _)| template.matches('{').count())
            .ok_or_else(|| format!("{path} is not documented"))?;
        let operation = item.get(method.to_lowercase());
        Ok((template, operation.ok_or_else(|| format!("{method} {template} is not documented"))?))
    }

    /// A parameter's text as the JSON that its schema speaks of.
    fn parse(&self, schema: &Value, text: &str) -> Value {
        match self.resolve(schema)["type"].as_str() {
            Some("integer" | "number" | "boolean") => {
                serde_json::from_str(text).unwrap_or_else(|_| text.into())
            }
            Some("array") => json!([text]),
            _ => text.into(),
        }
    }

    /// What a reference leads to.
    fn resolve<'a>(&'a self, part: &'a Value) -> &'a Value {
        match part["$ref"].as_str() {
            Some(reference) => self.document.pointer(&reference[1..]).expect("references lead somewhere"),
            None => part,
        }
    }

    fn validate(&self, schema: &Value, instance: &Value) -> Result<(), String> {
        errors(&self.validator(schema), instance)
    }

    fn validator(&self, schema: &Value) -> jsonschema::Validator {
        let root = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "allOf": [schema],
            "components": self.document["components"],
        });
        let options = jsonschema::options().should_validate_formats(true);
        options.build(&root).unwrap_or_else(|error| panic!("the document has a schema that is none: {error}"))
    }
}

fn errors(validator: &jsonschema::Validator, instance: &Value) -> Result<(), String> {
    let errors: Vec<_> = validator
        .iter_errors(instance)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(errors.join("\n")) }
}

/// Lets objects have no other fields than those that their schemas tell.
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

/// OpenAPI 3.0's `nullable` as JSON Schema says it: it belongs to the `type` beside it, and does
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

/// What a failure has to look like.
///
/// A difference between the document and the API: most failures are documented as *all of* the
/// successful answer and the failure, which nothing can be (`success` would have to be true and
/// false). What is meant is the failure.
fn failure_schema(schema: &Value) -> &Value {
    let is_failure =
        |part: &&Value| part["$ref"].as_str().is_some_and(|name| name.ends_with("-common-failure"));
    schema["allOf"].as_array().and_then(|parts| parts.iter().find(is_failure)).unwrap_or(schema)
}

/// The body without the two things in which the API is known to differ from its document.
fn without_documented_differences(body: &Value) -> Value {
    let mut body = body.clone();
    let items: Vec<&mut Map<String, Value>> = match &mut body["result"] {
        Value::Array(items) => items.iter_mut().filter_map(Value::as_object_mut).collect(),
        Value::Object(item) => vec![item],
        _ => Vec::new(),
    };
    for item in items {
        // A member can be rejected (the list's `status` parameter says so), and a member's schema doesn't
        // know it.
        if item.contains_key("policies") && item.get("status") == Some(&json!("rejected")) {
            item["status"] = json!("pending");
        }
        // A group's `is_default` is a boolean; its schema in answers is an array of rules.
        if item.contains_key("include") && item.get("is_default").is_some_and(Value::is_boolean) {
            item.remove("is_default");
        }
    }
    body
}
