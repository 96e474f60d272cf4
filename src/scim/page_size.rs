//! The size of pages.

/// The most resources in a page: as many as Cloudflare has in a page of its own.
pub const MOST: u32 = 1_000;
/// The resources in a page if the client doesn't say how many it wants.
pub const USUAL: u32 = 100;
