//! User groups of the account. OpenAPI: `GET /accounts/{account_id}/iam/user_groups`.

use super::endpoint::{ACCOUNT_READ, Bounds, Collection};
use std::borrow::Cow;

/// The members of one user group. OpenAPI:
/// `GET /accounts/{account_id}/iam/user_groups/{user_group_id}/members`.
pub static MEMBERS: Collection = Collection {
    path: Cow::Borrowed("iam/user_groups/{}/members"),
    filter: Cow::Borrowed(""),
    noun: "members of user groups",
    noun_of_one: "membership in user group",
    permission: ACCOUNT_READ,
    bounds: Bounds { per_page: 500, items: 1_000_000, pages: 40_000, bytes: 16 << 20 },
    has_people: true,
};
