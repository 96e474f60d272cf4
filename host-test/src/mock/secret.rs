//! Secrets inside of what Cloudflare shows.

/// The beginning of every secret inside of an application or an identity provider: a text that nothing
/// but Cloudflare's answers may have.
pub const SECRET_INSIDE: &str = "canary-inside";
