//! Cloudflare Access: its users, groups, organization and seats.

mod groups;
mod organization;
mod state;
mod users;

pub use state::{AccessUser, Group};

use super::api::Permission::{AccessGroupsEdit, AccessGroupsRead, AuditLogsRead, SeatsWrite};
use super::api::{Product, read, write};

pub(super) const ACCESS: Product = Product {
    is_zero_trust: true,
    endpoints: &[
        read("access/users", AuditLogsRead, users::list),
        read("access/users/{id}", AuditLogsRead, users::get),
        read("access/groups", AccessGroupsRead, groups::list),
        read("access/groups/{id}", AccessGroupsRead, groups::get),
        write("POST", "access/groups", AccessGroupsEdit, groups::create),
        write("PUT", "access/groups/{id}", AccessGroupsEdit, groups::replace),
        write("DELETE", "access/groups/{id}", AccessGroupsEdit, groups::delete),
        read("access/keys", AccessGroupsRead, organization::keys),
        read("access/organizations", AccessGroupsRead, organization::get),
        write("POST", "access/organizations/revoke_user", AccessGroupsEdit, organization::revoke_user),
        write("PATCH", "access/seats", SeatsWrite, organization::change_seats),
    ],
};
