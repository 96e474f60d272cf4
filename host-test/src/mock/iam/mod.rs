//! Identity and access management of the account: members, roles, and API tokens.

mod accounts;
mod members;
mod memberships;
mod roles;
mod state;
mod tokens;

pub use state::{Member, MemberUser, PermissionGroup, Policy, ResourceGroup, Role, Scope, ScopeObject};

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
        of_caller("user/tokens/verify", None, tokens::verify_of_user),
        of_caller("user/tokens/{id}", Some(TokensRead), tokens::details_of_user),
        of_caller("tokens/verify", None, tokens::verify_of_account),
        of_caller("tokens/{id}", Some(TokensRead), tokens::details_of_account),
        of_caller("memberships", None, memberships::list),
    ],
};
