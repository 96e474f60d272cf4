//! Schemas: the table of attributes, and how a name leads to its attribute.

mod attribute;
mod documents;
mod meta;
mod table;

pub use attribute::{Attribute, Door, Doors, Kind, Mutability, Returned, Writable};
pub use documents::Documents;
pub use table::{GROUP, GROUP_EXTENSION, RESOURCES, ROLE, ResourceSchema, Schema, USER, USER_EXTENSION};

use crate::scim::problem::quoted;
use attribute::named;
use serde_json::Value;

/// An attribute of a resource type, or an attribute of its values.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The extension that it is in, if it is in one.
    pub extension: Option<&'static Schema>,
    /// The attribute.
    pub attribute: &'static Attribute,
    /// The attribute of its values, if that is meant.
    pub sub: Option<&'static Attribute>,
}

impl Target {
    /// Returns the attribute whose values are meant: that of the values, or the attribute itself.
    pub fn last(&self) -> &'static Attribute {
        self.sub.unwrap_or(self.attribute)
    }

    /// Returns the path as the table spells it, for example `members.value`.
    pub fn path(&self) -> String {
        let mut path = self.extension.map(|schema| format!("{}:", schema.id)).unwrap_or_default();
        path.push_str(self.attribute.name);
        if let Some(sub) = self.sub {
            path.push('.');
            path.push_str(sub.name);
        }
        path
    }

    /// Whether this is the path, in any case of the letters.
    pub fn is(&self, path: &str) -> bool {
        self.path().eq_ignore_ascii_case(path)
    }

    /// Returns the values of the attribute in a resource: the items of a list one by one. An attribute
    /// without a value has none.
    pub fn items<'v>(&self, resource: &'v Value) -> &'v [Value] {
        let holder = match self.extension {
            Some(schema) => resource.get(schema.id),
            None => Some(resource),
        };
        match holder.and_then(|holder| holder.get(self.attribute.name)) {
            None | Some(Value::Null) => &[],
            Some(Value::Array(items)) => items,
            Some(value) => std::slice::from_ref(value),
        }
    }

    /// Returns the values that are meant: those of the attribute, or those of the attribute of its values.
    pub fn values<'v>(&self, resource: &'v Value) -> Vec<&'v Value> {
        let of_item = |item: &'v Value| match self.sub {
            Some(sub) => item.get(sub.name),
            None => Some(item),
        };
        let values = self.items(resource).iter().filter_map(of_item);
        values.filter(|value| !value.is_null()).collect()
    }
}

/// The end of a path.
#[derive(Clone, Copy, Debug)]
pub enum Found {
    /// An attribute.
    Attribute(Target),
    /// A whole extension.
    Extension(&'static Schema),
    /// An attribute of the standard or of somebody's extension, which Cloudflare doesn't store.
    NotStored,
}

impl ResourceSchema {
    /// Finds the attribute that a path names: `userName`, `emails.type`, and both with the URN of their
    /// schema in front. Upper and lower case make no difference. `None` if there is no such attribute.
    pub fn find(&self, path: &str) -> Option<Found> {
        let Some((urn, name)) = path.rsplit_once(':') else {
            return self.find_plain(path);
        };
        let is = |schema: &&Schema, urn: &str| schema.id.eq_ignore_ascii_case(urn);
        if let Some(schema) = self.extension.filter(|schema| is(schema, path)) {
            return Some(Found::Extension(schema));
        }
        if is(&self.core, urn) {
            return self.find_plain(name);
        }
        if let Some(schema) = self.extension.filter(|schema| is(schema, urn)) {
            return find_in(schema.attributes, name, Some(schema)).map(Found::Attribute);
        }
        let is_urn = path.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("urn:"));
        let is_own = |schema: &Schema| {
            path.get(..schema.id.len()).is_some_and(|it| it.eq_ignore_ascii_case(schema.id))
        };
        (is_urn && !is_own(self.core) && !self.extension.is_some_and(is_own)).then_some(Found::NotStored)
    }

    fn find_plain(&self, path: &str) -> Option<Found> {
        let found = find_in(self.core.attributes, path, None).or_else(|| find_in(self.common, path, None));
        let name = path.split('.').next().unwrap_or_default();
        let is_standard = || self.not_stored.iter().any(|known| known.eq_ignore_ascii_case(name));
        found.map(Found::Attribute).or_else(|| is_standard().then_some(Found::NotStored))
    }

    /// Finds an attribute for a filter or a check, where a whole extension is none.
    pub fn attribute(&self, path: &str) -> Option<Target> {
        match self.find(path)? {
            Found::Attribute(target) => Some(target),
            Found::Extension(_) | Found::NotStored => None,
        }
    }

    /// Says that there is no such attribute, and which there are.
    pub fn no_such(&self, path: &str) -> String {
        let own = self.core.attributes.iter().map(|attribute| attribute.name);
        let names: Vec<&str> = self.common.iter().map(|attribute| attribute.name).chain(own).collect();
        let of_extension = self.extension.map(|schema| format!(", and those of {}", schema.id));
        format!(
            "A {} has no attribute {}. It has {}{}.",
            self.name,
            quoted(path),
            names.join(", "),
            of_extension.unwrap_or_default()
        )
    }
}

fn find_in(
    attributes: &'static [Attribute],
    path: &str,
    extension: Option<&'static Schema>,
) -> Option<Target> {
    let (name, sub) = match path.split_once('.') {
        Some((name, sub)) => (name, Some(sub)),
        None => (path, None),
    };
    let attribute = named(attributes, name)?;
    let sub = match sub {
        Some(sub) => Some(attribute.sub(sub)?),
        None => None,
    };
    Some(Target { extension, attribute, sub })
}

#[cfg(test)]
mod tests;
