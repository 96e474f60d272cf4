//! Evaluates a filter over a resource as an answer would have it.

use super::node::{Node, Test};
use super::parser::Operator;
use crate::cloudflare::time;
use crate::scim::schema::Attribute;
use serde_json::Value;
use std::cmp::Ordering;

/// Whether a resource, or a value of an attribute, fits.
pub fn matches(node: &Node, resource: &Value) -> bool {
    match node {
        Node::All(parts) => parts.iter().all(|part| matches(part, resource)),
        Node::Any(parts) => parts.iter().any(|part| matches(part, resource)),
        Node::Not(inner) => !matches(inner, resource),
        Node::Value(of, inner) => of.items(resource).iter().any(|item| matches(inner, item)),
        Node::Test(target, test) => {
            target.values(resource).into_iter().any(|value| passes(target.last(), test, value))
        }
    }
}

/// Tells whether all resources of a type fit, or none does, where that is known without reading one.
/// `typical` has what all of them have: the name of the type.
pub fn known(node: &Node, typical: &Value) -> Option<bool> {
    match node {
        Node::All(parts) => known_unless(false, parts, typical),
        Node::Any(parts) => known_unless(true, parts, typical),
        Node::Not(inner) => known(inner, typical).map(|fits| !fits),
        Node::Value(..) => None,
        Node::Test(target, _) => target.is("meta.resourceType").then(|| matches(node, typical)),
    }
}

/// Tells what parts come to, of which one alone can decide.
fn known_unless(decisive: bool, parts: &[Node], typical: &Value) -> Option<bool> {
    let parts: Vec<Option<bool>> = parts.iter().map(|part| known(part, typical)).collect();
    if parts.contains(&Some(decisive)) {
        return Some(decisive);
    }
    parts.iter().all(Option::is_some).then_some(!decisive)
}

fn passes(attribute: &Attribute, test: &Test, value: &Value) -> bool {
    match (test, value) {
        (Test::Present, value) => !is_empty(value),
        (Test::Text(operator, wanted), Value::String(text)) => {
            text_passes(*operator, text, wanted, attribute.is_exact)
        }
        (Test::Boolean(wanted), Value::Bool(value)) => value == wanted,
        (Test::Integer(operator, wanted), Value::Number(number)) => {
            number.as_i64().is_some_and(|number| holds(*operator, number.cmp(wanted)))
        }
        (Test::Time(operator, wanted), Value::String(text)) => {
            compare_times(text, wanted).is_some_and(|order| holds(*operator, order))
        }
        _ => false,
    }
}

/// Whether a value counts as none (RFC 7643, 2.5).
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.iter().all(is_empty),
        Value::Object(fields) => fields.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn text_passes(operator: Operator, text: &str, wanted: &str, is_exact: bool) -> bool {
    let same = |a: &[u8], b: &[u8]| if is_exact { a == b } else { a.eq_ignore_ascii_case(b) };
    let (text, wanted) = (text.as_bytes(), wanted.as_bytes());
    match operator {
        Operator::Starts => text.get(..wanted.len()).is_some_and(|start| same(start, wanted)),
        Operator::Ends => {
            let start = text.len().checked_sub(wanted.len());
            start.and_then(|start| text.get(start..)).is_some_and(|end| same(end, wanted))
        }
        Operator::Contains => wanted.is_empty() || text.windows(wanted.len()).any(|part| same(part, wanted)),
        Operator::Equal => same(text, wanted),
        _ if is_exact => holds(operator, text.cmp(wanted)),
        _ => holds(operator, text.to_ascii_lowercase().cmp(&wanted.to_ascii_lowercase())),
    }
}

const fn holds(operator: Operator, order: Ordering) -> bool {
    match operator {
        Operator::Equal => order.is_eq(),
        Operator::NotEqual => order.is_ne(),
        Operator::Greater => order.is_gt(),
        Operator::GreaterOrEqual => order.is_ge(),
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        Operator::Contains | Operator::Starts | Operator::Ends => false,
    }
}

/// Compares two times with their fractions of a second.
fn compare_times(one: &str, other: &str) -> Option<Ordering> {
    let order = time::of_item(one)?.cmp(&time::of_item(other)?);
    Some(order.then_with(|| fraction(one).cmp(fraction(other))))
}

/// Returns the digits of a time's fraction, without zeros at its end.
fn fraction(time: &str) -> &str {
    let behind = time.get(19..).and_then(|rest| rest.strip_prefix('.')).unwrap_or_default();
    let end = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
    behind.get(..end).unwrap_or_default().trim_end_matches('0')
}
