//! Gives the names of a filter their attributes, and refuses what can't be compared.

use super::node::{Node, Test};
use super::parser::{Literal, Operator, Raw};
use crate::cloudflare::time;
use crate::scim::problem::quoted;
use crate::scim::schema::{Attribute, Kind, RESOURCES, ResourceSchema, Target};

/// The names that a part of a filter can use.
#[derive(Clone, Copy)]
pub enum Scope<'s> {
    /// Those of a resource type.
    Resource(&'s ResourceSchema),
    /// Those of all resource types, for the resources of this one.
    AmongAll(&'s ResourceSchema),
    /// Those of the values of this attribute.
    Values(Target),
}

impl Scope<'_> {
    /// Finds an attribute. `None` is one that another type has alone.
    fn find(self, name: &str) -> Result<Option<Target>, String> {
        match self {
            Self::Resource(schema) => schema.attribute(name).map(Some).ok_or_else(|| schema.no_such(name)),
            Self::AmongAll(schema) => match schema.attribute(name) {
                None if RESOURCES.iter().any(|other| other.attribute(name).is_some()) => Ok(None),
                None => Err(format!("{} No other type has it either.", schema.no_such(name))),
                found => Ok(found),
            },
            Self::Values(of) => {
                let found = of.attribute.sub(name);
                let found = found.map(|attribute| Target { extension: None, attribute, sub: None });
                found.map(Some).ok_or_else(|| {
                    let names: Vec<_> = of.attribute.subs().iter().map(|sub| sub.name).collect();
                    let (of, name) = (of.path(), quoted(name));
                    format!("The values of {of} have no attribute {name}. They have {}.", names.join(", "))
                })
            }
        }
    }
}

/// Resolves a filter.
///
/// # Errors
/// A sentence about the attribute or the comparison that there is not.
pub fn resolve(raw: Raw<'_>, scope: Scope<'_>) -> Result<Node, String> {
    let all = |parts: Vec<Raw<'_>>| {
        parts.into_iter().map(|part| resolve(part, scope)).collect::<Result<Vec<_>, _>>()
    };
    Ok(match raw {
        Raw::All(parts) => Node::All(all(parts)?),
        Raw::Any(parts) => Node::Any(all(parts)?),
        Raw::Not(inner) => Node::Not(Box::new(resolve(*inner, scope)?)),
        Raw::Present(name) => match scope.find(name)? {
            Some(target) => Node::Test(comparable(target)?, Test::Present),
            None => Node::nothing(),
        },
        Raw::Compare(name, operator, literal) => {
            let is_null = literal == Literal::Null;
            let node = match scope.find(name)? {
                Some(target) => compare(target, operator, literal)?,
                None => Node::nothing(),
            };
            // "Not equal" is the opposite of what is tested, and so is "equal to null" of "present".
            let opposite = if is_null { Operator::Equal } else { Operator::NotEqual };
            if operator == opposite { Node::Not(Box::new(node)) } else { node }
        }
        Raw::Value(name, inner) => {
            let Some(of) = scope.find(name)? else { return Ok(Node::nothing()) };
            if of.attribute.subs().is_empty() || of.sub.is_some() {
                let path = of.path();
                return Err(format!("The values of {path} have no attributes that brackets could filter."));
            }
            Node::Value(of, Box::new(resolve(*inner, Scope::Values(of))?))
        }
    })
}

fn comparable(target: Target) -> Result<Target, String> {
    if target.last().is_comparable && target.attribute.is_comparable {
        return Ok(target);
    }
    Err(format!(
        "{} can't be filtered by: not every resource of this type has it, so some would be missing from \
         the answer.",
        target.path()
    ))
}

/// Returns the test of a comparison. Of "not equal" it is "equal", and of "equal to null" it is "present":
/// the caller takes the opposite.
fn compare(mut target: Target, operator: Operator, literal: Literal) -> Result<Node, String> {
    if literal == Literal::Null && matches!(operator, Operator::Equal | Operator::NotEqual) {
        return Ok(Node::Test(comparable(target)?, Test::Present));
    }
    if let (Kind::Complex(_), None) = (target.attribute.kind, target.sub) {
        // RFC 7644, 3.4.2.2: without another name, the attribute `value` is compared.
        target.sub = target.attribute.sub("value");
        if target.sub.is_none() {
            let names: Vec<_> = target.attribute.subs().iter().map(|sub| sub.name).collect();
            let path = target.path();
            return Err(format!("{path} has no single value. Its attributes are {}.", names.join(", ")));
        }
    }
    let target = comparable(target)?;
    let test = test(target.last(), operator, literal).ok_or_else(|| {
        let (path, kind) = (target.path(), target.last().kind);
        format!("{path} can't be compared so: it takes {}.", takes(kind))
    })?;
    Ok(Node::Test(target, test))
}

/// Says what an attribute of a type can be compared with.
const fn takes(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "eq, ne, co, sw, ew, gt, ge, lt or le and a text in quotation marks",
        Kind::Reference(_) => "eq, ne, co, sw or ew and a text in quotation marks",
        Kind::Boolean => "eq or ne, and true or false",
        Kind::Integer => "eq, ne, gt, ge, lt or le and a whole number",
        Kind::DateTime => {
            "eq, ne, gt, ge, lt or le and a time in quotation marks, as in \"2026-01-31T08:00:00Z\""
        }
        Kind::Complex(_) => "pr",
    }
}

fn test(attribute: &Attribute, operator: Operator, literal: Literal) -> Option<Test> {
    let is_of_text = matches!(operator, Operator::Contains | Operator::Starts | Operator::Ends);
    let is_equality = matches!(operator, Operator::Equal | Operator::NotEqual);
    let tested = if is_equality { Operator::Equal } else { operator };
    match (attribute.kind, literal) {
        (Kind::Text, Literal::Text(text)) => Some(Test::Text(tested, text)),
        (Kind::Reference(_), Literal::Text(text)) if is_of_text || is_equality => {
            Some(Test::Text(tested, text))
        }
        (Kind::Boolean, Literal::Boolean(value)) if is_equality => Some(Test::Boolean(value)),
        (Kind::Boolean, Literal::Text(text)) if is_equality => {
            // Entra ID writes truth values so.
            let value = [("true", true), ("false", false)];
            let value = value.into_iter().find(|(word, _)| word.eq_ignore_ascii_case(&text));
            value.map(|(_, value)| Test::Boolean(value))
        }
        (Kind::Integer, Literal::Number(number)) if !is_of_text => {
            number.as_i64().map(|number| Test::Integer(tested, number))
        }
        (Kind::DateTime, Literal::Text(text)) if !is_of_text => {
            time::of_item(&text).map(|_| Test::Time(tested, text))
        }
        _ => None,
    }
}
