//! Cloudflare Access: its users, groups, applications, policies, identity providers, service tokens,
//! organization and seats.

mod apps;
mod groups;
mod identity_providers;
mod organization;
mod policies;
mod policy_tests;
mod scim;
mod seats;
mod service_tokens;
mod state;
mod users;

use state::TestedUser;
pub use state::{
    AccessPolicy, AccessUser, Application, Attached, AttachedPolicy, Embedding, Group, IdentityProvider,
    LastLogin, PolicyTester, Scim, ScimGroup, ScimShows, ScimUser, ServiceToken, Session,
};

use super::api::Permission::{
    AccessGroupsEdit, AccessGroupsRead, AppsRead, AuditLogsRead, OrganizationsRevoke, PolicyTestRead,
    PolicyTestWrite, ProvidersRead, SeatsWrite, ServiceTokensRead,
};
use super::api::{Product, read, read_then, write};

pub(super) const ACCESS: Product = Product {
    is_zero_trust: true,
    endpoints: &[
        read_then("access/users", AuditLogsRead, users::list, users::seen),
        read_then("access/users/{id}", AuditLogsRead, users::get, users::seen),
        read("access/users/{id}/active_sessions", AuditLogsRead, users::active_sessions),
        // OpenAPI names the permission at PUT alone. That it is the same for the others is
        // inferred.
        write("POST", "access/users", SeatsWrite, users::create),
        write("PUT", "access/users/{id}", SeatsWrite, users::rename),
        write("DELETE", "access/users/{id}", SeatsWrite, users::delete),
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
        write("POST", "access/policy-tests", PolicyTestWrite, policy_tests::begin),
        // Each time that somebody asks, the test has come further.
        write("GET", "access/policy-tests/{id}", PolicyTestRead, policy_tests::state),
        read("access/policy-tests/{id}/users", PolicyTestRead, policy_tests::users),
        read("access/identity_providers", ProvidersRead, identity_providers::list),
        read("access/identity_providers/{id}", ProvidersRead, identity_providers::get),
        read("access/identity_providers/{id}/scim/groups", ProvidersRead, scim::groups),
        read("access/identity_providers/{id}/scim/users", ProvidersRead, scim::users),
        read("access/service_tokens", ServiceTokensRead, service_tokens::list),
        read("access/service_tokens/{id}", ServiceTokensRead, service_tokens::get),
        read("access/keys", AccessGroupsRead, organization::keys),
        read("access/organizations", AccessGroupsRead, organization::get),
        write("POST", "access/organizations/revoke_user", OrganizationsRevoke, organization::revoke_user),
        write("PATCH", "access/seats", SeatsWrite, seats::change),
    ],
};
