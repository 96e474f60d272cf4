//! The body of a PATCH (RFC 7644, 3.5.2) in one normal form, whatever platform wrote it.
//!
//! Forms that are taken beside the standard's own, and who sends them:
//!
//! - Entra ID: operations in capitals; members of a removal as a list of values beside the path; truth
//!   values as texts; paths as the keys of a value, as in `{"name.givenName": "Ann"}`.
//! - Okta: a value without a path, also with the resource's `id` in it, as in
//!   `{"op": "replace", "value": {"id": "…", "displayName": "…"}}`.
//! - Others: one item in place of a list, and an id in place of an object with it.
//!
//! Platforms also send what Cloudflare has no place for. Entra ID's usual mapping has names, a title,
//! telephone numbers, the manager and `externalId`, and one request often has these beside `active`. If the
//! request failed because of them, nobody could be locked out. So attributes of RFC 7643's own user and
//! group, and those of other people's extensions, are left out and named in [`Patch::not_stored`]. Every
//! other unknown name is an error, and so is a change of what this service shows and can't change: see
//! [`Patch::check`].

use super::claim::Claim;
use super::filter::Filter;
use super::path::Path;
use super::problem::{Problem, quoted};
use super::schema::{Doors, Mutability, ResourceSchema, Schema, Target, Writable};
use super::value;
use serde_json::{Map, Value};

/// The schema of the body.
const SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// The most operations in a body.
const MOST: usize = 1_000;

/// A body in its normal form.
#[derive(Clone, Debug, Default)]
pub struct Patch {
    /// The changes in their order.
    pub operations: Vec<Change>,
    /// Values of attributes that can't be changed, which have to be there already.
    pub claims: Vec<Claim>,
    /// The paths that were left out, quoted: Cloudflare has no place for what they name.
    pub not_stored: Vec<String>,
}

/// A change of one attribute that a client may change.
#[derive(Clone, Debug)]
pub struct Change {
    /// The attribute.
    pub target: Target,
    /// The change.
    pub edit: Edit,
}

/// The kinds of change. The value of a list is an array, and its items are objects with a `value`, each
/// once.
#[derive(Clone, Debug)]
pub enum Edit {
    /// These items are to be in the list.
    Add(Vec<Value>),
    /// This is to be the value: of a list, all of it.
    Replace(Value),
    /// These aren't to be there.
    Remove(Which),
}

/// The values that a removal means.
#[derive(Clone, Debug)]
pub enum Which {
    /// All there are.
    All,
    /// Those with the `value` of one of these items.
    Items(Vec<Value>),
    /// Those that fit.
    Matching(Filter),
}

impl Change {
    /// Whether it changes the attribute with this path.
    pub fn is_of(&self, path: &str) -> bool {
        self.target.is(path)
    }
}

/// Returns the ids of items of a list.
pub fn ids(items: &[Value]) -> impl Iterator<Item = &str> {
    items.iter().filter_map(|item| item.get("value").and_then(Value::as_str))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Add,
    Replace,
    Remove,
}

impl Action {
    const fn word(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Replace => "replace",
            Self::Remove => "remove",
        }
    }
}

impl Patch {
    /// Reads a body for a resource of a type.
    ///
    /// # Errors
    /// A sentence about the first operation that can't be done, whatever the resource is.
    pub fn parse(body: &Value, schema: &ResourceSchema, doors: Doors) -> Result<Self, Problem> {
        let syntax = |message: &str| Problem::invalid_syntax(message);
        let body = body.as_object().ok_or_else(|| syntax("The body of a PATCH has to be an object."))?;
        let is_patch = |schema: &Value| schema.as_str().is_some_and(|it| it.eq_ignore_ascii_case(SCHEMA));
        let schemas = field(body, "schemas").and_then(Value::as_array);
        if schemas.is_some_and(|schemas| !schemas.iter().any(is_patch)) {
            return Err(syntax(&format!("The \"schemas\" of a PATCH have to contain {SCHEMA}.")));
        }
        let operations = field(body, "Operations").and_then(Value::as_array);
        let operations = operations.filter(|operations| !operations.is_empty());
        let operations = operations
            .ok_or_else(|| syntax("A PATCH needs \"Operations\", a list with one operation at least."))?;
        if operations.len() > MOST {
            return Err(syntax(&format!("A PATCH can have {MOST} operations at most.")));
        }
        let mut patch = Self::default();
        let mut reader = Reader { schema, doors, patch: &mut patch };
        for (number, operation) in (1..).zip(operations) {
            reader.operation(operation).map_err(|problem| Problem {
                detail: format!("Operation {number} can't be done. {}", problem.detail),
                ..problem
            })?;
        }
        Ok(patch)
    }

    /// Checks that the values of attributes that can't be changed are there already: then they are no
    /// change. Where the body also deactivates the person, only the identity has to be right. A platform
    /// repeats every difference until it is gone, so a name that can't be changed would otherwise keep the
    /// person in for good.
    ///
    /// # Errors
    /// `mutability` about the first one that would be a change.
    pub fn check(&self, resource: &Value) -> Result<(), Problem> {
        let counts = |claim: &&Claim| !self.deactivates() || claim.target.attribute.is_unique;
        self.claims.iter().filter(counts).try_for_each(|claim| claim.check(resource))
    }

    /// Whether a person is to be deactivated.
    pub fn deactivates(&self) -> bool {
        let last = self.operations.iter().rfind(|change| change.is_of("active"));
        last.is_some_and(|change| matches!(change.edit, Edit::Replace(Value::Bool(false))))
    }

    /// Whether a change or a check needs an attribute of the resource.
    pub fn reads(&self, name: &str) -> bool {
        let changed = self.operations.iter().map(|change| &change.target);
        let mut targets = changed.chain(self.claims.iter().map(|claim| &claim.target));
        targets.any(|target| target.attribute.name.eq_ignore_ascii_case(name))
    }
}

/// Returns a field of a message, whose name may be in any case of the letters.
fn field<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    let found = object
        .get(name)
        .or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value));
    found.filter(|value| !value.is_null())
}

/// Whether a message has a field whose value is null.
fn has_null(object: &Map<String, Value>, name: &str) -> bool {
    object.iter().any(|(key, value)| key.eq_ignore_ascii_case(name) && value.is_null())
}

struct Reader<'p> {
    schema: &'p ResourceSchema,
    doors: Doors,
    patch: &'p mut Patch,
}

impl Reader<'_> {
    fn operation(&mut self, operation: &Value) -> Result<(), Problem> {
        let syntax = |message: String| Problem::invalid_syntax(message);
        let operation = operation.as_object().ok_or_else(|| syntax("It has to be an object.".to_owned()))?;
        let op = field(operation, "op").and_then(Value::as_str).unwrap_or_default();
        let action = [Action::Add, Action::Replace, Action::Remove]
            .into_iter()
            .find(|action| action.word().eq_ignore_ascii_case(op))
            .ok_or_else(|| {
                syntax(format!("Its \"op\" has to be add, replace or remove, and isn't: {}.", quoted(op)))
            })?;
        let value = field(operation, "value");
        let path = match field(operation, "path") {
            None => None,
            Some(Value::String(path)) => Some(path.trim()).filter(|path| !path.is_empty()),
            Some(_) => return Err(Problem::invalid_path("Its \"path\" has to be a text.")),
        };
        match (action, path, value) {
            (Action::Remove, None, _) => {
                Err(Problem::no_target("A removal needs a \"path\" that says what is to be removed."))
            }
            (Action::Remove, Some(path), value) => self.remove(path, value),
            // Go writes an empty list as null, and RFC 7643, 2.5 takes both for the same.
            (Action::Replace, Some(path), None) if has_null(operation, "value") && self.is_list(path) => {
                self.write(action, path, &Value::Array(Vec::new()), true)
            }
            (_, _, None) => {
                let message = format!("An operation with the \"op\" {} needs a \"value\".", action.word());
                Err(Problem::invalid_value(message))
            }
            (_, Some(path), Some(value)) => self.write(action, path, value, true),
            (_, None, Some(Value::Object(fields))) => self.write_all(action, fields),
            (_, None, Some(_)) => Err(Problem::invalid_value(
                "Without a \"path\", the \"value\" has to be an object whose keys are attributes.",
            )),
        }
    }

    /// Whether a path means a whole list.
    fn is_list(&self, path: &str) -> bool {
        let parsed = Path::parse(path, self.schema);
        matches!(parsed, Ok(Path::Attribute(target, None)) if target.attribute.is_list)
    }

    fn write_all(&mut self, action: Action, fields: &Map<String, Value>) -> Result<(), Problem> {
        fields.iter().try_for_each(|(name, value)| self.write(action, name, value, false))
    }

    /// Takes an addition or a replacement. `is_meant` says whether the path stood as one: a whole resource
    /// also has what describes it.
    fn write(&mut self, action: Action, path: &str, value: &Value, is_meant: bool) -> Result<(), Problem> {
        let (target, filter) = match Path::parse(path, self.schema)? {
            Path::Attribute(target, filter) => (target, filter),
            Path::Extension(extension) => return self.write_extension(action, extension, value),
            Path::NotStored => {
                self.patch.not_stored.push(quoted(path));
                return Ok(());
            }
        };
        if !is_meant && matches!(target.attribute.name, "schemas" | "meta") {
            return Ok(());
        }
        let (last, shown) = (target.last(), target.path());
        if self.is_closed(target) {
            let value = value::read(last, &shown, value)?;
            let claim = Claim::new(target, filter, value, action == Action::Replace, self.doors);
            self.patch.claims.push(claim);
            return Ok(());
        }
        if filter.is_some() {
            return Err(Problem::mutability(format!(
                "A value of {shown} can't become another one. Remove it, and add the other one."
            )));
        }
        let edit = match value::read(last, &shown, value)? {
            Value::Array(items) if action == Action::Add => Edit::Add(items),
            value => Edit::Replace(value),
        };
        self.patch.operations.push(Change { target, edit });
        Ok(())
    }

    fn write_extension(&mut self, action: Action, extension: &Schema, value: &Value) -> Result<(), Problem> {
        let fields = value
            .as_object()
            .ok_or_else(|| Problem::invalid_value(format!("{} has to be an object.", extension.id)))?;
        // Clients that are made from schemas write an extension as a whole, with nulls.
        let says =
            |(name, value): &(&String, &Value)| !name.eq_ignore_ascii_case("schemas") && !value.is_null();
        let mut fields = fields.iter().filter(says);
        fields.try_for_each(|(name, value)| {
            self.write(action, &format!("{}:{name}", extension.id), value, true)
        })
    }

    fn remove(&mut self, path: &str, value: Option<&Value>) -> Result<(), Problem> {
        let (target, filter) = match Path::parse(path, self.schema)? {
            Path::Attribute(target, filter) => (target, filter),
            Path::Extension(extension) => {
                return Err(Problem::mutability(format!("Cloudflare alone sets {}.", extension.id)));
            }
            Path::NotStored => {
                self.patch.not_stored.push(quoted(path));
                return Ok(());
            }
        };
        let shown = target.path();
        if self.is_closed(target) {
            return Err(Problem::mutability(super::claim::why_closed(target, self.doors)));
        }
        if target.attribute.is_required || !target.attribute.is_list {
            return Err(Problem::mutability(format!("{shown} can't be removed: it always has a value.")));
        }
        let which = match (filter, value) {
            (Some(filter), _) => match filter.one_of("value") {
                Some(ids) => {
                    let ids = ids.into_iter().map(Value::from).collect();
                    Which::Items(value::items(target.attribute, &shown, &Value::Array(ids))?)
                }
                None => Which::Matching(filter),
            },
            (None, Some(value)) => {
                let items = value::items(target.attribute, &shown, value)?;
                if items.is_empty() {
                    // baton-scim sends this for whichever role is meant.
                    return Err(Problem::invalid_value(format!(
                        "The list is empty, and doesn't say which of {shown} to remove. Name each by its id."
                    )));
                }
                Which::Items(items)
            }
            (None, None) => Which::All,
        };
        self.patch.operations.push(Change { target, edit: Edit::Remove(which) });
        Ok(())
    }

    /// Whether a client can't change what a path means.
    fn is_closed(&self, target: Target) -> bool {
        let is_open = match target.last().writable {
            Writable::Wish(door) => self.doors.is_open(door),
            _ => target.last().mutability(self.doors) == Mutability::ReadWrite,
        };
        !is_open
    }
}

#[cfg(test)]
mod tests;
