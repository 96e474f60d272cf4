//! The resource in the body of a POST or a PUT.
//!
//! RFC 7644 (3.3 and 3.5.1) lets a service leave out what it doesn't store and what is read-only, and
//! clients send whole resources with both. What is absent stays as it is: midPoint and others send what
//! changed alone.

use super::claim::Claim;
use super::patch::{Change, Edit, Patch};
use super::problem::Problem;
use super::schema::{Doors, Found, ResourceSchema, Writable};
use super::value;
use serde_json::{Map, Value};

/// The attributes that a client gives, each checked and in the form that [`super::patch`] has as well.
#[derive(Clone, Debug, Default)]
pub struct Given {
    fields: Map<String, Value>,
}

impl Given {
    /// Reads a body.
    ///
    /// # Errors
    /// `invalidSyntax` if it is no resource of this type, and `invalidValue` if a value that counts is none
    /// for its attribute.
    pub fn parse(body: &Value, schema: &ResourceSchema) -> Result<Self, Problem> {
        let object = body
            .as_object()
            .ok_or_else(|| Problem::invalid_syntax("The body has to be a resource, which is an object."))?;
        let mut fields = Map::new();
        for (name, value) in object {
            if name.eq_ignore_ascii_case("schemas") {
                check_schemas(value, schema)?;
                continue;
            }
            let target = match schema.find(name) {
                Some(Found::Attribute(target)) if target.sub.is_none() => target,
                Some(Found::NotStored | Found::Extension(_) | Found::Attribute(_)) | None => continue,
            };
            let attribute = target.attribute;
            if matches!(attribute.writable, Writable::Never | Writable::NotKept) || value.is_null() {
                continue;
            }
            // What is made of another attribute is no reason to refuse anybody.
            let value = match attribute.writable {
                Writable::Derived => value.clone(),
                _ => value::read(attribute, attribute.name, value)?,
            };
            if fields.insert(attribute.name.to_owned(), value).is_some() {
                let message = format!("{} is there twice.", attribute.name);
                return Err(Problem::invalid_syntax(message));
            }
        }
        Ok(Self { fields })
    }

    /// Returns the changes that a replacement asks for, of a resource that is there. RFC 7644 (3.5.1) leaves
    /// out what is read-only, with two exceptions: another name or identity is another resource, and an
    /// answer that accepts a change of somebody's access would be untrue where a door for it is shut. These
    /// have to be there already: see [`Patch::check`].
    pub fn into_patch(self, schema: &ResourceSchema, doors: Doors) -> Patch {
        let mut patch = Patch::default();
        for (name, value) in self.fields {
            let Some(target) = schema.attribute(&name) else { continue };
            match target.attribute.writable {
                Writable::With(door) | Writable::Wish(door) if doors.is_open(door) => {
                    patch.operations.push(Change { target, edit: Edit::Replace(value) });
                }
                Writable::AtCreation if !target.attribute.is_required => {}
                Writable::Derived => {}
                _ => patch.claims.push(Claim::new(target, None, value, true, doors)),
            }
        }
        patch
    }

    /// Returns the value of an attribute, if the client gives one.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields.get(name)
    }

    /// Returns the text of an attribute, if the client gives one.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// Returns the truth value of an attribute, if the client gives one.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).and_then(Value::as_bool)
    }

    /// Returns the items of a list, if the client gives one. An empty list is one.
    pub fn items(&self, name: &str) -> Option<&[Value]> {
        self.get(name).and_then(Value::as_array).map(Vec::as_slice)
    }

    /// Returns the text of an attribute that a new resource needs.
    ///
    /// # Errors
    /// `invalidValue` if the client gives none.
    pub fn required(&self, name: &str) -> Result<&str, Problem> {
        self.text(name).map(str::trim).filter(|text| !text.is_empty()).ok_or_else(|| {
            Problem::invalid_value(format!("A new resource needs {name}, and the body has none."))
        })
    }
}

/// Checks that the body says of itself that it is of this type. One that says nothing is taken.
fn check_schemas(schemas: &Value, schema: &ResourceSchema) -> Result<(), Problem> {
    let is_core = |it: &Value| it.as_str().is_some_and(|it| it.eq_ignore_ascii_case(schema.core.id));
    match schemas.as_array() {
        Some(schemas) if schemas.is_empty() || schemas.iter().any(is_core) => Ok(()),
        _ => Err(Problem::invalid_syntax(format!(
            "The \"schemas\" of this body have to contain {}.",
            schema.core.id
        ))),
    }
}

#[cfg(test)]
mod tests;
