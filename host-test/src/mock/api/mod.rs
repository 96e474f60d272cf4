//! The conventions that Cloudflare's products share: endpoints, credentials, the envelope, and pages.
//! <https://developers.cloudflare.com/api/>

mod auth;
mod call;
mod endpoint;
mod envelope;
mod objects;
mod paging;

pub(crate) use auth::{CREDENTIAL_HEADERS, Caller};
pub use auth::{GlobalKey, Permission, Token, TokenOwner, TokenStatus};
pub(crate) use call::Call;
pub(crate) use endpoint::{Endpoint, Product, of_caller, read, read_then, write};
pub(crate) use envelope::{Answer, Failure, INVALID_BODY, Listing, Outcome, Reply, content_type, raw};
pub(crate) use objects::{contains, equals, find, now, position};
pub(crate) use paging::Limits;
