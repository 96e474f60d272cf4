//! Identity and access management of the account: members, user groups, roles, and API tokens.

mod accounts;
mod groups_of_policies;
mod members;
mod memberships;
mod policies;
mod roles;
mod state;
mod tokens;
mod user_group_members;
mod user_groups;

pub use state::{
    Inherited, Member, MemberUser, PermissionGroup, Policy, ResourceGroup, Role, Scope, ScopeObject,
    UserGroup,
};

use super::account::Account;
use super::api::Permission::{AccountSettingsEdit, AccountSettingsRead, TokensRead, UserDetailsRead};
use super::api::{Call, Endpoint, Outcome, Product, of_caller, read, write};

pub(super) const IAM: Product = Product {
    is_zero_trust: false,
    endpoints: &[
        read("accounts/{id}", AccountSettingsRead, accounts::get),
        of_caller("accounts", None, accounts::list),
        read("members", AccountSettingsRead, members::list),
        read("members/{id}", AccountSettingsRead, members::get),
        manage("POST", "members", members::create),
        manage("PUT", "members/{id}", members::change),
        manage("DELETE", "members/{id}", members::delete),
        read("roles", AccountSettingsRead, roles::list),
        read("roles/{id}", AccountSettingsRead, roles::get),
        read("iam/user_groups", AccountSettingsRead, user_groups::list),
        read("iam/user_groups/{id}", AccountSettingsRead, user_groups::get),
        manage("POST", "iam/user_groups", user_groups::create),
        manage("PUT", "iam/user_groups/{id}", user_groups::change),
        manage("DELETE", "iam/user_groups/{id}", user_groups::delete),
        read("iam/user_groups/{id}/members", AccountSettingsRead, user_group_members::list),
        read("iam/user_groups/{id}/members/{id}", AccountSettingsRead, user_group_members::get),
        manage("POST", "iam/user_groups/{id}/members", user_group_members::add),
        manage("PUT", "iam/user_groups/{id}/members", user_group_members::replace),
        manage("DELETE", "iam/user_groups/{id}/members/{id}", user_group_members::remove),
        read("iam/permission_groups", AccountSettingsRead, groups_of_policies::permissions),
        read("iam/permission_groups/{id}", AccountSettingsRead, groups_of_policies::permission),
        read("iam/resource_groups", AccountSettingsRead, groups_of_policies::resources),
        read("iam/resource_groups/{id}", AccountSettingsRead, groups_of_policies::resource),
        of_caller("user", Some(UserDetailsRead), tokens::owner),
        of_caller("user/tokens/verify", None, tokens::verify_of_user),
        of_caller("user/tokens/{id}", Some(TokensRead), tokens::details_of_user),
        of_caller("tokens/verify", None, tokens::verify_of_account),
        of_caller("tokens/{id}", Some(TokensRead), tokens::details_of_account),
        of_caller("memberships", None, memberships::list),
    ],
};

/// Makes an endpoint that manages members.
const fn manage(
    method: &'static str,
    route: &'static str,
    run: fn(&mut Account, &Call) -> Outcome,
) -> Endpoint {
    write(method, route, AccountSettingsEdit, run).managing_members()
}
