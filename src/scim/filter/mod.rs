//! Filters (RFC 7644, 3.4.2.2). A filter is used as a whole or refused as a whole: a part that was left
//! out would make an answer longer or shorter than it is asked for, and nobody would see it.

mod evaluate;
mod node;
mod parser;
mod resolve;

pub(super) use parser::parse_path;

use crate::scim::problem::{Problem, quoted};
use crate::scim::schema::{ResourceSchema, Target};
use node::{Node, Test};
use parser::{Operator, Raw};
use resolve::Scope;
use serde_json::{Value, json};

/// A filter for resources of one type, or for the values of one attribute.
#[derive(Clone, Debug)]
pub struct Filter(Node);

impl Filter {
    /// Reads a filter for resources of a type.
    ///
    /// # Errors
    /// `invalidFilter` if it can't be read, or if it names what the type doesn't have or what can't be
    /// compared so.
    pub fn parse(text: &str, schema: &ResourceSchema) -> Result<Self, Problem> {
        Self::read(text, Scope::Resource(schema), "")
    }

    /// Reads the filter of a search among all types, for the resources of one of them. An attribute that
    /// another type has, and this one lacks, is one without a value here (RFC 7644, 3.4.2.1). Whoever
    /// answers such a search reads the filter for each type: one that can't use it refuses the whole search.
    ///
    /// # Errors
    /// `invalidFilter` if it can't be read, if it names what no type has, or what this one has and can't
    /// compare so.
    pub fn among_all(text: &str, schema: &ResourceSchema) -> Result<Self, Problem> {
        Self::read(text, Scope::AmongAll(schema), &format!(" for a {}", schema.name))
    }

    fn read(text: &str, scope: Scope<'_>, of: &str) -> Result<Self, Problem> {
        let refused = |of: &str, why: String| {
            Problem::invalid_filter(format!("The filter {} can't be used{of}. {why}", quoted(text)))
        };
        let raw = parser::parse(text).map_err(|why| refused("", why))?;
        resolve::resolve(raw, scope).map(Self).map_err(|why| refused(of, why))
    }

    /// Resolves the filter in a path for the values of an attribute.
    ///
    /// # Errors
    /// A sentence about what there is not.
    pub(super) fn of_values(raw: Raw<'_>, of: Target) -> Result<Self, String> {
        resolve::resolve(raw, Scope::Values(of)).map(Self)
    }

    /// Whether a resource fits, or a value if this is a filter for values. It has to have the attributes
    /// that [`Filter::attributes`] tells.
    pub fn matches(&self, resource: &Value) -> bool {
        evaluate::matches(&self.0, resource)
    }

    /// Whether a resource of the type can fit. If not, none has to be read.
    pub fn can_fit(&self, schema: &ResourceSchema) -> bool {
        evaluate::known(&self.0, &json!({"meta": {"resourceType": schema.name}})) != Some(false)
    }

    /// Returns the text if the filter is this one comparison: the attribute is equal to the text. The path
    /// is spelled as in `members.value`; `members eq "x"` and `members[value eq "x"]` are that as well.
    pub fn only_equals(&self, path: &str) -> Option<&str> {
        equal_text(&self.0, None, path)
    }

    /// Returns a text that the attribute has in all that fits, if the filter says so: the whole filter, or
    /// a part that has to be true. Whoever finds resources by it has to ask [`Filter::matches`] about them.
    pub fn requires(&self, path: &str) -> Option<&str> {
        match &self.0 {
            Node::All(parts) => parts.iter().find_map(|part| equal_text(part, None, path)),
            node => equal_text(node, None, path),
        }
    }

    /// Returns the texts if the filter says that the attribute is one of these: comparisons by `eq`, with
    /// `or` between them.
    pub fn one_of(&self, path: &str) -> Option<Vec<&str>> {
        one_of(&self.0, None, path)
    }

    /// Returns the attributes that it compares, as [`Target::path`] spells them, each once.
    pub fn attributes(&self) -> Vec<String> {
        let mut paths = Vec::new();
        collect(&self.0, &mut paths);
        paths
    }

    /// Whether it compares an attribute, or an attribute of its values.
    pub fn reads(&self, name: &str) -> bool {
        self.attributes().iter().any(|path| {
            let rest = path.get(name.len()..).unwrap_or_default();
            path.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
                && (rest.is_empty() || rest.starts_with(['.', ':']))
        })
    }
}

fn equal_text<'n>(node: &'n Node, of: Option<&Target>, path: &str) -> Option<&'n str> {
    match node {
        Node::Value(of, inner) => equal_text(inner, Some(of), path),
        Node::Test(target, Test::Text(Operator::Equal, text)) => {
            let is_meant = match of {
                Some(of) => Target { sub: Some(target.attribute), ..*of }.is(path),
                None => target.is(path),
            };
            is_meant.then_some(text.as_str())
        }
        _ => None,
    }
}

fn one_of<'n>(node: &'n Node, of: Option<&Target>, path: &str) -> Option<Vec<&'n str>> {
    match node {
        Node::Any(parts) => {
            let parts: Option<Vec<_>> = parts.iter().map(|part| one_of(part, of, path)).collect();
            Some(parts?.into_iter().flatten().collect())
        }
        // One value that is one of these: the same as that one of these is a value.
        Node::Value(of, inner) => one_of(inner, Some(of), path),
        node => equal_text(node, of, path).map(|text| vec![text]),
    }
}

fn collect(node: &Node, paths: &mut Vec<String>) {
    let mut add = |path: String| {
        if !paths.contains(&path) {
            paths.push(path);
        }
    };
    match node {
        Node::All(parts) | Node::Any(parts) => parts.iter().for_each(|part| collect(part, paths)),
        Node::Not(inner) => collect(inner, paths),
        Node::Test(target, _) => add(target.path()),
        Node::Value(of, inner) => {
            let mut inside = Vec::new();
            collect(inner, &mut inside);
            inside.into_iter().for_each(|path| add(format!("{}.{path}", of.path())));
        }
    }
}

#[cfg(test)]
mod tests;
