//! Makes the contract's records of Cloudflare's items, in a file for each kind. Ids, slugs and
//! profile keys are a promise: hosts store them.

use std::borrow::Cow;

pub mod app;
pub mod email;
pub mod group;
pub mod identity_provider;
pub mod ids;
pub mod known_apps;
pub mod member;
pub mod parent;
mod person;
pub mod policy;
pub mod role;
pub mod scoped_role;
pub mod service_token;
pub mod user;
pub mod user_group;
pub(crate) mod warnings;

fn owned(rules: &[Cow<'_, str>]) -> Vec<String> {
    rules.iter().map(|raw| raw.clone().into_owned()).collect()
}
