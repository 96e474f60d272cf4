//! Values that a client sends for attributes that it can't change. RFC 7643 forbids a change, and a value
//! that is there already is none.

use super::filter::Filter;
use super::problem::Problem;
use super::schema::{Attribute, Doors, Kind, Target, Writable};
use serde_json::Value;

/// A value that has to be there already.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The attribute.
    pub target: Target,
    filter: Option<Filter>,
    value: Value,
    is_whole: bool,
    why: String,
}

impl Claim {
    /// Takes a value. `is_whole` says whether a list is to have these items and no other ones.
    pub(super) fn new(
        target: Target,
        filter: Option<Filter>,
        value: Value,
        is_whole: bool,
        doors: Doors,
    ) -> Self {
        Self { target, filter, value, is_whole, why: why_closed(target, doors) }
    }

    /// Checks that a resource has the value.
    ///
    /// # Errors
    /// `mutability` if this would be a change.
    pub fn check(&self, resource: &Value) -> Result<(), Problem> {
        if self.holds(resource) { Ok(()) } else { Err(Problem::mutability(self.why.clone())) }
    }

    fn holds(&self, resource: &Value) -> bool {
        let is_meant = |item: &&Value| self.filter.as_ref().is_none_or(|filter| filter.matches(item));
        let items: Vec<&Value> = self.target.items(resource).iter().filter(is_meant).collect();
        if let Some(sub) = self.target.sub {
            let has = |item: &&Value| item.get(sub.name).is_some_and(|it| is_same(sub, it, &self.value));
            return !items.is_empty() && items.iter().all(has);
        }
        let attribute = self.target.attribute;
        let claimed = match &self.value {
            Value::Array(claimed) => claimed.as_slice(),
            value => std::slice::from_ref(value),
        };
        let is_there = |claimed: &Value| items.iter().any(|item| is_same(attribute, item, claimed));
        let is_whole = !self.is_whole || items.len() == claimed.len();
        is_whole && claimed.iter().all(is_there)
    }
}

/// Whether a value of a resource is one that was claimed. An object is, if it has all that was claimed.
fn is_same(attribute: &Attribute, value: &Value, claimed: &Value) -> bool {
    match (attribute.kind, value, claimed) {
        (Kind::Complex(_), Value::Object(fields), Value::Object(claimed)) => {
            claimed.iter().all(|(name, claimed)| match (attribute.sub(name), fields.get(name)) {
                (Some(sub), Some(value)) => is_same(sub, value, claimed),
                _ => false,
            })
        }
        (Kind::Text, Value::String(value), Value::String(claimed)) if !attribute.is_exact => {
            value.eq_ignore_ascii_case(claimed)
        }
        _ => value == claimed,
    }
}

/// Says why an attribute can't be changed, and what could be done.
pub(super) fn why_closed(target: Target, doors: Doors) -> String {
    let path = target.path();
    match target.last().writable {
        Writable::With(door) | Writable::Wish(door) | Writable::Part(door) if !doors.is_open(door) => {
            format!(
                "{path} can't be changed through this service, because its operator hasn't set {} to true.",
                door.variable()
            )
        }
        Writable::AtCreation if doors.lifecycle => {
            format!("{path} is set once, when the resource is created, and can't be changed after that.")
        }
        Writable::Part(_) => {
            format!("{path} of a value can't be changed. Remove the value, and add another one.")
        }
        _ => format!(
            "{path} is read-only: Cloudflare has another value, and it can't be changed through this \
             service. Leave it out, or take it from the mapping of the platform."
        ),
    }
}
