//! Cloudflare Gateway: its lists.

mod lists;
mod state;

pub use state::List;

use super::api::Permission::ZeroTrustRead;
use super::api::{Product, read};

pub(super) const GATEWAY: Product = Product {
    is_zero_trust: true,
    endpoints: &[
        read("gateway/lists", ZeroTrustRead, lists::list),
        read("gateway/lists/{id}", ZeroTrustRead, lists::get),
        read("gateway/lists/{id}/items", ZeroTrustRead, lists::items),
    ],
};
