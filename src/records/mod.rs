//! Makes the contract's records of Cloudflare's items, in a file for each kind. Ids, slugs and
//! profile keys are a promise: hosts store them.

pub mod email;
pub mod group;
pub mod ids;
pub mod member;
mod person;
pub mod role;
pub mod user;
pub(crate) mod warnings;
