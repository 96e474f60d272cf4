//! An OpenAPI document, and whether a value is one that it describes.

use serde_json::{Value, json};

/// A document, with its schemas as JSON Schema 2020-12.
pub struct OpenApi {
    pub document: Value,
}

impl OpenApi {
    /// Finds the path's template and the operation. The template with the fewest parameters wins.
    pub fn operation(&self, method: &str, path: &str) -> Result<(&str, &Value), String> {
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

    /// Follows a reference.
    pub fn resolve<'a>(&'a self, part: &'a Value) -> &'a Value {
        match part["$ref"].as_str() {
            Some(reference) => self.document.pointer(&reference[1..]).expect("references lead somewhere"),
            None => part,
        }
    }

    /// Checks a value against a schema of the document.
    pub fn validate(&self, schema: &Value, instance: &Value) -> Result<(), String> {
        errors(&self.validator(schema), instance)
    }

    pub fn validator(&self, schema: &Value) -> jsonschema::Validator {
        let root = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "allOf": [schema],
            "components": self.document["components"],
        });
        let options = jsonschema::options().should_validate_formats(true);
        options.build(&root).unwrap_or_else(|error| panic!("the document has a schema that is none: {error}"))
    }
}

/// Lists all that a schema finds wrong with a value.
pub fn errors(validator: &jsonschema::Validator, instance: &Value) -> Result<(), String> {
    let errors: Vec<_> = validator
        .iter_errors(instance)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(errors.join("\n")) }
}
