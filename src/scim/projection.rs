//! The attributes of an answer (RFC 7644, 3.9).

use super::problem::Problem;
use super::schema::{Attribute, Found, ResourceSchema, Returned, Schema, Target};
use serde_json::{Map, Value};

/// The attributes that an answer is to have.
#[derive(Clone, Debug, Default)]
pub struct Projection {
    /// Those of `attributes`, if the client names any.
    only: Option<Vec<Named>>,
    /// Those of `excludedAttributes`.
    without: Vec<Named>,
}

#[derive(Clone, Copy, Debug)]
enum Named {
    Attribute(Target),
    Extension(&'static Schema),
}

impl Projection {
    /// Reads `attributes` and `excludedAttributes`: names with commas between them. A name that the type
    /// doesn't have changes nothing.
    ///
    /// # Errors
    /// `invalidValue` if both are there: nothing says which of them counts.
    pub fn parse(
        attributes: Option<&str>,
        excluded: Option<&str>,
        schema: &ResourceSchema,
    ) -> Result<Self, Problem> {
        let named = |names: &str| -> Vec<Named> {
            let names = names.split([',', ' ']).filter(|name| !name.is_empty());
            names
                .filter_map(|name| match schema.find(name)? {
                    Found::Attribute(target) => Some(Named::Attribute(target)),
                    Found::Extension(extension) => Some(Named::Extension(extension)),
                    Found::NotStored => None,
                })
                .collect()
        };
        let is_there = |names: &&str| names.chars().any(|c| c != ',' && c != ' ');
        match (attributes.filter(is_there), excluded.filter(is_there)) {
            (Some(_), Some(_)) => Err(Problem::invalid_value(
                "A request can have \"attributes\" or \"excludedAttributes\", and this one has both.",
            )),
            (Some(names), None) => Ok(Self { only: Some(named(names)), without: Vec::new() }),
            (None, excluded) => Ok(Self { only: None, without: excluded.map(named).unwrap_or_default() }),
        }
    }

    /// Whether an answer has the attribute with this path, or a part of it, or the extension with this
    /// URN: what it doesn't have needn't be read.
    pub fn wants(&self, path: &str, schema: &ResourceSchema) -> bool {
        match schema.find(path) {
            Some(Found::Attribute(target)) => self.keeps(target.extension, target.attribute),
            Some(Found::Extension(extension)) => {
                extension.attributes.iter().any(|attribute| self.keeps(Some(extension), attribute))
            }
            Some(Found::NotStored) | None => false,
        }
    }

    /// Whether the client names the attribute, a part of it, or its extension among `attributes`.
    pub fn asks_for(&self, path: &str, schema: &ResourceSchema) -> bool {
        let only = self.only.as_deref().unwrap_or_default();
        match schema.find(path) {
            Some(Found::Attribute(target)) => {
                only.iter().any(|named| named.covers(target.extension, target.attribute))
            }
            Some(Found::Extension(extension)) => only.iter().any(|named| match named {
                Named::Extension(named) => named.id == extension.id,
                Named::Attribute(target) => target.extension.is_some_and(|it| it.id == extension.id),
            }),
            Some(Found::NotStored) | None => false,
        }
    }

    /// Takes from a resource what the answer isn't to have.
    pub fn apply(&self, resource: &mut Value, schema: &ResourceSchema) {
        let Some(fields) = resource.as_object_mut() else { return };
        let own = schema.common.iter().chain(schema.core.attributes);
        own.for_each(|attribute| self.reduce(fields, None, attribute));
        let Some(extension) = schema.extension else { return };
        let Some(Value::Object(inner)) = fields.get_mut(extension.id) else { return };
        extension.attributes.iter().for_each(|attribute| self.reduce(inner, Some(extension), attribute));
        if inner.is_empty() {
            fields.remove(extension.id);
        }
    }

    fn reduce(
        &self,
        fields: &mut Map<String, Value>,
        extension: Option<&'static Schema>,
        attribute: &Attribute,
    ) {
        if !self.keeps(extension, attribute) {
            fields.remove(attribute.name);
            return;
        }
        let Some(value) = fields.get_mut(attribute.name) else { return };
        let items = match value {
            Value::Array(items) => items.as_mut_slice(),
            value => std::slice::from_mut(value),
        };
        for item in items.iter_mut().filter_map(Value::as_object_mut) {
            item.retain(|name, _| {
                attribute.sub(name).is_none_or(|sub| self.keeps_sub(extension, attribute, sub))
            });
        }
    }

    fn keeps(&self, extension: Option<&Schema>, attribute: &Attribute) -> bool {
        if attribute.returned == Returned::Always {
            return true;
        }
        if let Some(only) = &self.only {
            return only.iter().any(|named| named.covers(extension, attribute));
        }
        let is_out = |named: &Named| match named {
            Named::Attribute(target) => target.sub.is_none() && target.is_in(extension, attribute),
            Named::Extension(named) => extension.is_some_and(|extension| extension.id == named.id),
        };
        attribute.returned == Returned::Default && !self.without.iter().any(is_out)
    }

    fn keeps_sub(&self, extension: Option<&Schema>, attribute: &Attribute, sub: &Attribute) -> bool {
        let is_this = |target: &Target| target.sub.is_some_and(|named| named.name == sub.name);
        let named = |named: &Named, is: &dyn Fn(&Target) -> bool| match named {
            Named::Attribute(target) => target.is_in(extension, attribute) && is(target),
            Named::Extension(_) => false,
        };
        match &self.only {
            Some(only) if attribute.returned != Returned::Always => only.iter().any(|it| {
                named(it, &|target| target.sub.is_none() || is_this(target))
                    || matches!(it, Named::Extension(_)) && it.covers(extension, attribute)
            }),
            _ => !self.without.iter().any(|it| named(it, &is_this)),
        }
    }
}

impl Named {
    /// Whether this names the attribute, a part of it, or its extension.
    fn covers(&self, extension: Option<&Schema>, attribute: &Attribute) -> bool {
        match self {
            Self::Attribute(target) => target.is_in(extension, attribute),
            Self::Extension(named) => extension.is_some_and(|extension| extension.id == named.id),
        }
    }
}

impl Target {
    /// Whether it is this attribute, or in it.
    fn is_in(&self, extension: Option<&Schema>, attribute: &Attribute) -> bool {
        self.attribute.name == attribute.name
            && self.extension.map(|schema| schema.id) == extension.map(|schema| schema.id)
    }
}

#[cfg(test)]
mod tests;
