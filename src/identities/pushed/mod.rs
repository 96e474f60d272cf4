//! Facts that Cloudflare was given by identity providers (SCIM), about groups that rules name.
//!
//! [`provider::Provider`] decides what follows from the lists of one provider. [`Pushed`] reads the
//! lists, some pages in a call, and hands the facts over once all of them are read: where only a part
//! of a group is known, the others would count as not in it.

mod provider;
mod reading;
#[cfg(test)]
mod tests;

pub use reading::{Pushed, PushedFacts};
