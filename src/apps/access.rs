//! A subject's access to one application: by which rules, and on which conditions.

use std::borrow::Cow;

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

/// Raw rules that a login decides. It holds if any of `any_of` does (where there is one), all of
/// `all_of` do, and none of `none_of`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alternative<'m> {
    /// The policy's open include rules, if none is *yes*.
    pub any_of: Vec<Cow<'m, str>>,
    /// Its open require rules, the identity providers that the application accepts, and the approval
    /// that the policy asks for.
    pub all_of: Vec<Cow<'m, str>>,
    /// Its open exclude rules, and the open policies before it that stand in its way.
    pub none_of: Vec<Cow<'m, str>>,
}
