//! Cloudflare Access: its users, groups, applications, policies, identity providers, service tokens,
//! organization and seats.

mod apps;
mod groups;
mod identity_providers;
mod organization;
mod policies;
mod service_tokens;
mod state;
mod users;

pub use state::{
    AccessPolicy, AccessUser, Application, Attached, AttachedPolicy, Embedding, Group, IdentityProvider,
    ServiceToken,
};

use super::api::Permission::{
    AccessGroupsEdit, AccessGroupsRead, AppsRead, AuditLogsRead, ProvidersRead, SeatsWrite, ServiceTokensRead,
};
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
        read("access/apps", AppsRead, apps::list),
        read("access/apps/{id}", AppsRead, apps::get),
        read("access/apps/{id}/policies", AppsRead, apps::policies),
        read("access/policies", AppsRead, policies::list),
        read("access/policies/{id}", AppsRead, policies::get),
        read("access/identity_providers", ProvidersRead, identity_providers::list),
        read("access/identity_providers/{id}", ProvidersRead, identity_providers::get),
        read("access/service_tokens", ServiceTokensRead, service_tokens::list),
        read("access/service_tokens/{id}", ServiceTokensRead, service_tokens::get),
        read("access/keys", AccessGroupsRead, organization::keys),
        read("access/organizations", AccessGroupsRead, organization::get),
        write("POST", "access/organizations/revoke_user", AccessGroupsEdit, organization::revoke_user),
        write("PATCH", "access/seats", SeatsWrite, organization::change_seats),
    ],
};
