//! A filter whose names are resolved.

use super::parser::Operator;
use crate::scim::schema::Target;

/// A part of a filter.
#[derive(Clone, Debug)]
pub enum Node {
    /// All of these.
    All(Vec<Node>),
    /// One of these at least.
    Any(Vec<Node>),
    /// Not this.
    Not(Box<Node>),
    /// One value of the attribute fits.
    Value(Target, Box<Node>),
    /// One value of the attribute passes.
    Test(Target, Test),
}

impl Node {
    /// Returns the test of an attribute that no resource of the type has: nothing passes it.
    pub const fn nothing() -> Self {
        Self::Any(Vec::new())
    }
}

/// A test of a value.
#[derive(Clone, Debug)]
pub enum Test {
    /// It is there, and isn't empty.
    Present,
    /// A comparison with a text.
    Text(Operator, String),
    /// It is this truth value.
    Boolean(bool),
    /// A comparison with a number.
    Integer(Operator, i64),
    /// A comparison with a time.
    Time(Operator, String),
}
