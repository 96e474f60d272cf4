//! Gives the names of a filter their attributes, and refuses what can't be compared.

use super::node::{Node, Test};
use super::parser::{Literal, Operator, Raw};
use crate::cloudflare::time;
use crate::scim::problem::quoted;
use crate::scim::schema::{Attribute, Kind, ResourceSchema, Target};

/// The names that a part of a filter can use.
#[derive(Clone, Copy)]
pub enum Scope<'s> {
    /// Those of a resource type.
    Resource(&'s ResourceSchema),
    /// Those of the values of this attribute.
    Values(Target),
}

impl Scope<'_> {
    fn find(self, name: &str) -> Result<Target, String> {
        match self {
            Self::Resource(schema) => schema.attribute(name).ok_or_else(|| schema.no_such(name)),
            Self::Values(of) => {
                let found = of.attribute.sub(name);
                found.map(|attribute| Target { extension: None, attribute, sub: None }).ok_or_else(|| {
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
        Raw::Present(name) => Node::Test(comparable(scope.find(name)?)?, Test::Present),
        Raw::Compare(name, operator, literal) => compare(scope.find(name)?, operator, literal)?,
        Raw::Value(name, inner) => {
            let of = scope.find(name)?;
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

fn compare(mut target: Target, operator: Operator, literal: Literal) -> Result<Node, String> {
    let is_null = literal == Literal::Null;
    if is_null && matches!(operator, Operator::Equal | Operator::NotEqual) {
        let present = Node::Test(comparable(target)?, Test::Present);
        return Ok(match operator {
            Operator::NotEqual => present,
            _ => Node::Not(Box::new(present)),
        });
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
    Ok(match (operator, test) {
        (Operator::NotEqual, test) => Node::Not(Box::new(Node::Test(target, test))),
        (_, test) => Node::Test(target, test),
    })
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
    // "Not equal" is the opposite of what is tested.
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
