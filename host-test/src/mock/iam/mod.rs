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

use super::api::Permission::{AccountSettingsEdit, AccountSettingsRead, TokensRead};
use super::api::{Product, of_caller, read, write};

pub(super) const IAM: Product = Product {
    is_zero_trust: false,
    endpoints: &[
        read("accounts/{id}", AccountSettingsRead, accounts::get),
        of_caller("accounts", None, accounts::list),
        read("members", AccountSettingsRead, members::list),
        read("members/{id}", AccountSettingsRead, members::get),
        write("POST", "members", AccountSettingsEdit, members::create),
        write("PUT", "members/{id}", AccountSettingsEdit, members::change),
        write("DELETE", "members/{id}", AccountSettingsEdit, members::delete),
        read("roles", AccountSettingsRead, roles::list),
        read("roles/{id}", AccountSettingsRead, roles::get),
        read("iam/user_groups", AccountSettingsRead, user_groups::list),
        read("iam/user_groups/{id}", AccountSettingsRead, user_groups::get),
        write("POST", "iam/user_groups", AccountSettingsEdit, user_groups::create),
        write("PUT", "iam/user_groups/{id}", AccountSettingsEdit, user_groups::change),
        write("DELETE", "iam/user_groups/{id}", AccountSettingsEdit, user_groups::delete),
        read("iam/user_groups/{id}/members", AccountSettingsRead, user_group_members::list),
        read("iam/user_groups/{id}/members/{id}", AccountSettingsRead, user_group_members::get),
        write("POST", "iam/user_groups/{id}/members", AccountSettingsEdit, user_group_members::add),
        write("PUT", "iam/user_groups/{id}/members", AccountSettingsEdit, user_group_members::replace),
        write("DELETE", "iam/user_groups/{id}/members/{id}", AccountSettingsEdit, user_group_members::remove),
        read("iam/permission_groups", AccountSettingsRead, groups_of_policies::permissions),
        read("iam/permission_groups/{id}", AccountSettingsRead, groups_of_policies::permission),
        read("iam/resource_groups", AccountSettingsRead, groups_of_policies::resources),
        read("iam/resource_groups/{id}", AccountSettingsRead, groups_of_policies::resource),
        of_caller("user/tokens/verify", None, tokens::verify_of_user),
        of_caller("user/tokens/{id}", Some(TokensRead), tokens::details_of_user),
        of_caller("tokens/verify", None, tokens::verify_of_account),
        of_caller("tokens/{id}", Some(TokensRead), tokens::details_of_account),
        of_caller("memberships", None, memberships::list),
    ],
};
