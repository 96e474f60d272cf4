//! The address that nobody has.

/// The address of a rule that lets nobody in. Cloudflare keeps no group without an include rule, and nobody
/// can have an address below `.invalid` (RFC 6761, 6.4). That Cloudflare takes such an address is inferred.
pub const NOBODY: &str = "nobody@empty-group.invalid";

/// Whether an address is the one that nobody has.
pub fn is_nobodys(address: &str) -> bool {
    address.eq_ignore_ascii_case(NOBODY)
}
