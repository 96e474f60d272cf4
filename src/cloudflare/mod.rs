//! Cloudflare's API as the connector uses it: a client over a transport, the envelope and the
//! meaning of failures, listings, and the items of lists.
//! <https://developers.cloudflare.com/api/> documents it.

pub mod account;
pub mod account_policy;
mod advice;
pub mod app;
pub mod ask;
#[cfg(feature = "standalone")]
pub mod cached;
pub mod came;
mod chosen;
pub mod client;
pub mod endpoint;
pub mod envelope;
mod failure;
mod fields;
pub mod group;
pub mod id;
pub mod identity_provider;
pub mod item;
pub mod list_item;
pub mod listing;
pub mod member;
pub mod membership;
pub mod pace;
pub mod paging;
pub mod permission;
pub mod permission_group;
pub mod policy;
pub mod policy_test;
mod problem;
pub mod rate_limit;
pub mod read_ahead;
mod redact;
pub mod restrictions;
pub mod retry;
pub mod role;
pub mod scim;
pub mod service_token;
pub mod time;
pub mod token;
pub mod transport;
pub mod user;
pub mod user_group;
pub mod whole;
