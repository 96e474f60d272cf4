//! People whom only their identity provider knows: what others say about who is in its groups.
//!
//! Most policies name a group of an identity provider, and no people. Access asks the provider at a login,
//! so who is in the group isn't known here. A **fact** says that an address is in such a group, according
//! to a source, as of a time. It is evidence and no more: Access decides by what a login shows, and not
//! even by the groups that SCIM pushed to Cloudflare
//! (<https://developers.cloudflare.com/cloudflare-one/team-and-resources/users/scim/>).
//!
//! [`Facts`] keeps the facts of a session. The room `rules` says what follows from them. [`Pushed`] reads
//! those that Cloudflare has from SCIM.

mod address;
mod demand;
mod facts;
mod provider_group;
mod pushed;

pub(crate) use address::plain_address;
pub use demand::{Demand, WantedGroup};
pub use facts::{Evidence, Facts, GroupFacts, MOST_IN_A_PIECE};
pub use provider_group::ProviderGroup;
pub use pushed::{Pushed, PushedFacts};

#[cfg(test)]
mod tests;
