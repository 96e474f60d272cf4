//! The rule engine: who is a member of which Access group, and why; and whom a policy matches.
//!
//! A member is a person for whom any include rule and every require rule holds, and no exclude rule
//! (<https://developers.cloudflare.com/cloudflare-one/access-controls/policies/>; the same in
//! `OpenAPI: GET /accounts/{account_id}/access/groups`). A login shows more than is known here: its
//! network, device and identity provider. So rules are evaluated in three [values](Value).
//!
//! - A group *names* a subject if an include rule that identity decides says yes, or if an included
//!   group names the subject and is not *no*.
//! - **There is a grant exactly if the group names the subject and is not *no*.** If the group is
//!   *open*, its own open rules are the grant's conditions.
//! - A service token has no login: a rule that asks for something of one is *no* for it. A rule for the
//!   token, or for any token, names it.
//! - A rule about a group of an identity provider is open. If facts put a person into the group, an
//!   include rule about it names them. **Facts never change a value**: they add grants on conditions. Beside
//!   this *claim*, an *expectation* is evaluated in which the facts decide the rules that they cover. It
//!   tells of each grant on conditions whether they are expected to hold.
//! - A policy is evaluated like a group that no other one refers to. The room `apps` says what follows
//!   from it.
//! - Groups that refer to each other in a circle are solved together from *no* upward. A circle that
//!   passes through an exclude has no such solution (inferred: Cloudflare doesn't document circles).
//!   Every reference inside of it is open.
//!
//! Addresses are compared by their bytes after ASCII lower-casing. A text that isn't one address or
//! one domain, but seems to mean some, is *open* for those whom a part of it names.

mod addresses;
mod asks;
mod compiled;
mod cycles;
mod doubts;
mod evaluation;
mod membership;
mod rule;
mod rule_set;
mod scratch;
mod solution;
mod spelling;
mod state;
mod texts;
mod value;
mod warnings;

pub use addresses::{Included, Lists};
pub use asks::Asks;
pub use evaluation::{Alternative, Evaluation, Expected, Held, Named, Opinion, Reason};
pub use membership::Membership;
pub use rule::{Fault, Rule, kinds, names_addresses};
pub use rule_set::{RuleAt, RuleSet, Section};
pub use scratch::Scratch;
pub use spelling::{is_address, may_mean};
pub use state::{DirectRule, Standing, Subject, Unnamed};
pub use texts::compare;
pub use value::Value;

#[cfg(test)]
mod tests;
