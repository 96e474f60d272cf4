//! Who is a member of which Access group, and why.
//!
//! Cloudflare: a member is whom any include rule and every require rule matches, and no exclude
//! rule. What a login shows (its network, device, identity provider) is unknown here, so all of it
//! is evaluated in three [values](Value). A principal is *named* by a group when an include rule
//! that identity decides says yes, or an included group names it and is not *no* for it. **A grant
//! is given exactly when the principal is named and the group is not *no* for it**; with the
//! group's own open rules as conditions when it is open. Groups that refer to each other in a
//! circle are solved together from *no* upward; a circle that passes through an exclude has no such
//! solution, so every reference inside it is open.
//!
//! Addresses are compared as bytes after ASCII lower-casing, and nothing more.

mod cycles;
mod evaluate;
mod explain;
mod groups;
mod index;
mod rule;
mod value;

pub use evaluate::{DirectRule, Evaluation, Held, OpenRules, Scratch, Standing, Subject};
pub use explain::{Named, Reason};
pub use groups::{Lists, Membership, RuleSet, Section};
pub use index::{Included, compare};
pub use rule::{Fault, Rule};
pub use value::Value;

#[cfg(test)]
mod tests;
