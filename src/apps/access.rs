//! A subject's access to one application: by which rules, and on which conditions.

use crate::rules::{Alternative, Expected};

/// A subject's access to one application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access<'m> {
    /// The application's id.
    pub id: &'m str,
    /// The slug of its entitlement.
    pub slug: &'static str,
    /// The include rules that name the subject, in the order of evaluation.
    pub basis: Vec<Through<'m>>,
    /// The subject has access if one of these holds; empty if it always has.
    pub alternatives: Vec<Alternative<'m>>,
    /// The expectation, if access rests on conditions, and facts cover rules of a policy that concerns
    /// people.
    pub expected: Option<Expected>,
}

/// An include rule of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Through<'m> {
    /// Cloudflare's word for the rule's kind.
    pub rule: &'static str,
    /// The value that it names.
    pub value: &'m str,
    /// The policy's id.
    pub policy: &'m str,
}
