//! `c1.config.v1.Configuration`: the connector's form. Each way to authenticate is a group of fields,
//! and a platform fills in one group.

use super::message::{is_false, write};
use cloudflare_zero_trust::contract::{self, AuthMethod, Manifest};
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::{self, Write};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Configuration<'a> {
    fields: Vec<Field<'a>>,
    display_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    help_url: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    field_groups: Vec<FieldGroup<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Field<'a> {
    name: &'a str,
    display_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    #[serde(skip_serializing_if = "is_false")]
    is_required: bool,
    /// Whether the field is for operators and not for tenants.
    #[serde(skip_serializing_if = "is_false")]
    is_ops: bool,
    #[serde(skip_serializing_if = "is_false")]
    is_secret: bool,
    #[serde(flatten)]
    value: Value<'a>,
}

#[derive(Serialize)]
enum Value<'a> {
    #[serde(rename = "stringField")]
    String(StringField<'a>),
    #[serde(rename = "intField")]
    Int(IntField<'a>),
    #[serde(rename = "boolField")]
    Bool(BoolField),
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct StringField<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    default_value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<StringRules<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    options: Vec<Choice<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StringRules<'a> {
    #[serde(rename = "in", skip_serializing_if = "<[_]>::is_empty")]
    one_of: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    well_known: Option<&'static str>,
    #[serde(skip_serializing_if = "is_false")]
    is_required: bool,
}

/// `StringFieldOption`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Choice<'a> {
    name: &'a str,
    value: &'a str,
    display_name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct IntField<'a> {
    /// A string, because it has 64 bits.
    #[serde(skip_serializing_if = "Option::is_none")]
    default_value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<IntRules>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct IntRules {
    is_required: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BoolField {
    #[serde(skip_serializing_if = "is_false")]
    default_value: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FieldGroup<'a> {
    name: &'a str,
    display_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    help_text: &'a str,
    fields: Vec<&'a str>,
    #[serde(skip_serializing_if = "is_false")]
    default: bool,
}

/// Writes the form as JSON.
///
/// # Errors
/// If writing fails.
pub fn config_schema<'a>(manifest: &'a Manifest, to: &mut impl Write) -> io::Result<()> {
    let of_methods = manifest.auth_methods.iter().flat_map(|method| &method.fields);
    // A platform asks for the fields of the chosen group only, so fields for every way to authenticate
    // are in each group.
    let tenants: Vec<&str> =
        manifest.fields.iter().filter(|field| !field.operator_only).map(|field| field.id.as_str()).collect();
    let group = |(place, method): (usize, &'a AuthMethod)| {
        let AuthMethod { id, label, help, fields } = method;
        let own = fields.iter().map(|field| field.id.as_str());
        let fields = tenants.iter().copied().chain(own).collect();
        FieldGroup { name: id, display_name: label, help_text: help, fields, default: place == 0 }
    };
    // Two ways to authenticate can share a field.
    let mut known = BTreeSet::new();
    let fields = manifest.fields.iter().chain(of_methods).filter(|field| known.insert(field.id.as_str()));
    let message = Configuration {
        fields: fields.map(field).collect(),
        display_name: &manifest.display_name,
        help_url: &manifest.documentation_url,
        field_groups: manifest.auth_methods.iter().enumerate().map(group).collect(),
    };
    write(&message, to)
}

fn field(from: &contract::Field) -> Field<'_> {
    let default_value = from.default.as_deref();
    let value = match from.format.as_str() {
        "integer" => {
            let rules = from.required.then_some(IntRules { is_required: true });
            Value::Int(IntField { default_value, rules })
        }
        "boolean" => Value::Bool(BoolField { default_value: default_value == Some("true") }),
        format => Value::String(StringField {
            default_value,
            rules: string_rules(from, format),
            options: from
                .choices
                .iter()
                .map(|choice| Choice { name: choice, value: choice, display_name: choice })
                .collect(),
        }),
    };
    Field {
        name: &from.id,
        display_name: &from.label,
        description: &from.help,
        is_required: from.required,
        is_ops: from.operator_only,
        is_secret: from.secret,
        value,
    }
}

fn string_rules<'a>(from: &'a contract::Field, format: &str) -> Option<StringRules<'a>> {
    let well_known = match format {
        "email" => Some("WELL_KNOWN_STRING_EMAIL"),
        "url" => Some("WELL_KNOWN_STRING_URI"),
        _ => None,
    };
    let rules = StringRules { one_of: &from.choices, well_known, is_required: from.required };
    (from.required || well_known.is_some() || !from.choices.is_empty()).then_some(rules)
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn each_way_to_authenticate_is_a_group_of_fields() {
        let mut written = Vec::new();
        config_schema(&samples::manifest(), &mut written).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&written).unwrap();
        let expected = serde_json::json!({
            "fields": [
                {
                    "name": "account",
                    "displayName": "Account",
                    "description": "Which one.",
                    "isRequired": true,
                    "stringField": { "rules": { "isRequired": true } },
                },
                {
                    "name": "pace",
                    "displayName": "Pace",
                    "isOps": true,
                    "intField": { "defaultValue": "10" },
                },
                {
                    "name": "region",
                    "displayName": "Region",
                    "stringField": {
                        "defaultValue": "eu",
                        "rules": { "in": ["eu", "us"] },
                        "options": [
                            { "name": "eu", "value": "eu", "displayName": "eu" },
                            { "name": "us", "value": "us", "displayName": "us" },
                        ],
                    },
                },
                { "name": "careful", "displayName": "Careful", "boolField": { "defaultValue": true } },
                {
                    "name": "token",
                    "displayName": "Token",
                    "isRequired": true,
                    "isSecret": true,
                    "stringField": { "rules": { "isRequired": true } },
                },
                {
                    "name": "email",
                    "displayName": "Email",
                    "isRequired": true,
                    "stringField": {
                        "rules": { "wellKnown": "WELL_KNOWN_STRING_EMAIL", "isRequired": true },
                    },
                },
            ],
            "displayName": "Sample",
            "helpUrl": "https://docs.example/",
            "fieldGroups": [
                {
                    "name": "token",
                    "displayName": "A token",
                    "helpText": "The better choice.",
                    "fields": ["account", "region", "careful", "token"],
                    "default": true,
                },
                {
                    "name": "login",
                    "displayName": "A login",
                    "fields": ["account", "region", "careful", "email"],
                },
            ],
        });
        assert_eq!(json, expected);
    }
}
