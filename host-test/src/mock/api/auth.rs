//! Credentials: the ones that the mock accepts, and the refusals of all others.

use std::collections::BTreeSet;
use std::fmt;

use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::mock::ids::hex_id;

use super::envelope::Failure;

/// A permission of a token, in Cloudflare's words
/// (<https://developers.cloudflare.com/fundamentals/api/reference/permissions/>). OpenAPI names the
/// permissions of each path in `x-api-token-group`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// *Access: Audit Logs Read*: Access users.
    AuditLogsRead,
    /// *Access: Organizations, Identity Providers, and Groups Read*.
    AccessGroupsRead,
    /// *Access: Organizations, Identity Providers, and Groups Edit*. It includes Read.
    AccessGroupsEdit,
    /// *Account Settings Read*: members and roles.
    AccountSettingsRead,
    /// *Account Settings Edit*. It includes Read.
    AccountSettingsEdit,
    /// *Zero Trust Read*: Gateway lists.
    ZeroTrustRead,
    /// *Zero Trust: Seats Write*.
    SeatsWrite,
    /// *Access: Users Read*, a smaller one for Access users.
    UsersRead,
    /// *Access: Groups Read*, a smaller one for Access groups.
    GroupsRead,
    /// *Access: Groups Edit*, a smaller one for Access groups. It includes Read.
    GroupsEdit,
    /// *SCIM Provisioning*: members and roles.
    ScimProvisioning,
    /// *API Tokens Read*, of an account's token *Account API Tokens Read*: the token itself.
    TokensRead,
    /// *Access: Apps and Policies Read*: applications and policies.
    AppsRead,
    /// *Access: Apps and Policies Edit*. It includes Read.
    AppsEdit,
    /// *Access: Service Tokens Read*.
    ServiceTokensRead,
    /// *Access: Service Tokens Edit*. It includes Read.
    ServiceTokensEdit,
    /// *Access: Identity Providers Read*, a smaller one for identity providers.
    ProvidersRead,
    /// *Access: Organizations Revoke*: the end of a person's sessions.
    OrganizationsRevoke,
    /// *Access: Policy Test Read*: the state and the answers of a policy test.
    PolicyTestRead,
    /// *Access: Policy Test Write*. It includes Read.
    PolicyTestWrite,
    /// *User Details Read*: the owner of a user's token.
    UserDetailsRead,
}

impl Permission {
    /// All permissions that the mock's endpoints ask for, but for the one to read a token's owner. Others
    /// suffice in their place.
    pub const ALL: [Permission; 12] = [
        Permission::AuditLogsRead,
        Permission::AccessGroupsRead,
        Permission::AccessGroupsEdit,
        Permission::AccountSettingsRead,
        Permission::AccountSettingsEdit,
        Permission::ZeroTrustRead,
        Permission::SeatsWrite,
        Permission::TokensRead,
        Permission::AppsRead,
        Permission::ServiceTokensRead,
        Permission::OrganizationsRevoke,
        Permission::PolicyTestWrite,
    ];

    /// Returns the name in a token's policies. The API writes *Write* where the dashboard has *Edit*.
    fn name(self, owner: TokenOwner) -> &'static str {
        match self {
            Permission::AuditLogsRead => "Access: Audit Logs Read",
            Permission::AccessGroupsRead => "Access: Organizations, Identity Providers, and Groups Read",
            Permission::AccessGroupsEdit => "Access: Organizations, Identity Providers, and Groups Write",
            Permission::AccountSettingsRead => "Account Settings Read",
            Permission::AccountSettingsEdit => "Account Settings Write",
            Permission::ZeroTrustRead => "Zero Trust Read",
            Permission::SeatsWrite => "Zero Trust: Seats Write",
            Permission::UsersRead => "Access: Users Read",
            Permission::GroupsRead => "Access: Groups Read",
            Permission::GroupsEdit => "Access: Groups Write",
            Permission::ScimProvisioning => "SCIM Provisioning",
            Permission::TokensRead if owner == TokenOwner::User => "API Tokens Read",
            Permission::TokensRead => "Account API Tokens Read",
            Permission::AppsRead => "Access: Apps and Policies Read",
            Permission::AppsEdit => "Access: Apps and Policies Write",
            Permission::ServiceTokensRead => "Access: Service Tokens Read",
            Permission::ServiceTokensEdit => "Access: Service Tokens Write",
            Permission::ProvidersRead => "Access: Identity Providers Read",
            Permission::OrganizationsRevoke => "Access: Organizations Revoke",
            Permission::PolicyTestRead => "Access: Policy Test Read",
            Permission::PolicyTestWrite => "Access: Policy Test Write",
            Permission::UserDetailsRead => "User Details Read",
        }
    }

    /// Returns the permissions that suffice in the place of this one. Of *SCIM Provisioning*,
    /// OpenAPI says so in `x-api-token-group`, and of `revoke_user`, it has the larger one there;
    /// the one for nothing but this is in <https://developers.cloudflare.com/changelog/>
    /// (2026-03-19). Of the smaller ones for Access, it is inferred from their names.
    fn others(self) -> &'static [Permission] {
        match self {
            Permission::AuditLogsRead => &[Permission::UsersRead],
            Permission::AccessGroupsRead => {
                &[Permission::AccessGroupsEdit, Permission::GroupsRead, Permission::GroupsEdit]
            }
            Permission::AccessGroupsEdit => &[Permission::GroupsEdit],
            Permission::AccountSettingsRead => {
                &[Permission::AccountSettingsEdit, Permission::ScimProvisioning]
            }
            Permission::AccountSettingsEdit => &[Permission::ScimProvisioning],
            Permission::AppsRead => &[Permission::AppsEdit],
            Permission::ServiceTokensRead => &[Permission::ServiceTokensEdit],
            Permission::ProvidersRead => &[Permission::AccessGroupsRead, Permission::AccessGroupsEdit],
            Permission::OrganizationsRevoke => &[Permission::AccessGroupsEdit],
            Permission::PolicyTestRead => &[Permission::PolicyTestWrite],
            _ => &[],
        }
    }
}

/// A token's status, as the verify endpoints report it. OpenAPI: `GET /user/tokens/verify`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenStatus {
    Active,
    Disabled,
    Expired,
    /// A word that no page documents.
    Odd(&'static str),
}

impl TokenStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            TokenStatus::Active => "active",
            TokenStatus::Disabled => "disabled",
            TokenStatus::Expired => "expired",
            TokenStatus::Odd(word) => word,
        }
    }
}

/// The owner of a token, which decides the endpoint that verifies it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenOwner {
    /// Verified by `GET /user/tokens/verify`.
    User,
    /// Verified by `GET /accounts/{account_id}/tokens/verify`.
    Account,
}

/// An API token that the mock knows.
#[derive(Clone, PartialEq)]
pub struct Token {
    /// The text behind `Authorization: Bearer`.
    pub value: String,
    pub status: TokenStatus,
    pub owner: TokenOwner,
    pub permissions: BTreeSet<Permission>,
    /// Whether a Super Administrator made it. Only they may manage members and user groups:
    /// <https://developers.cloudflare.com/fundamentals/manage-members/manage/>. No field of an
    /// answer shows it.
    pub is_super_administrators: bool,
    /// The policies that the token shows of itself, if they are others than its permissions make.
    pub shown_policies: Option<Value>,
    /// The `condition` that the token shows of itself: a filter of addresses, which isn't enforced.
    pub shown_condition: Option<Value>,
}

impl Token {
    /// Returns an active token of a user, with all permissions.
    pub fn new(value: &str) -> Token {
        Token {
            value: value.to_owned(),
            status: TokenStatus::Active,
            owner: TokenOwner::User,
            permissions: Permission::ALL.into(),
            is_super_administrators: true,
            shown_policies: None,
            shown_condition: None,
        }
    }

    /// Returns the token with only these permissions.
    pub fn with_permissions(self, permissions: impl IntoIterator<Item = Permission>) -> Token {
        Token { permissions: permissions.into_iter().collect(), ..self }
    }

    /// Returns the token without this permission, and without those that suffice in its place.
    pub fn without(mut self, permission: Permission) -> Token {
        self.permissions.retain(|held| *held != permission && !permission.others().contains(held));
        self
    }

    /// Returns the token's id, which contains nothing of its value.
    pub(crate) fn id(&self) -> String {
        hex_id(&["token", &format!("{:?}", self.owner)])
    }

    /// Returns the token's policies: one for the account, and one for the user if the user owns it.
    pub(crate) fn policies(&self, account: &str) -> Value {
        if let Some(policies) = &self.shown_policies {
            return policies.clone();
        }
        let user = hex_id(&["user of a token"]);
        let of_users = [Permission::TokensRead, Permission::UserDetailsRead];
        let is_users = |of: &Permission| of_users.contains(of) && self.owner == TokenOwner::User;
        let (of_user, of_account): (Vec<Permission>, Vec<Permission>) =
            self.permissions.iter().partition(|permission| is_users(permission));
        let policies = [(of_account, "account", account), (of_user, "user", user.as_str())];
        let policies = policies.into_iter().filter(|(held, ..)| !held.is_empty());
        let policies = policies.map(|(held, of, id)| {
            let groups = held.iter().map(|permission| {
                let name = permission.name(self.owner);
                json!({ "id": hex_id(&["permission group", name]), "name": name })
            });
            let resource = format!("com.cloudflare.api.{of}.{id}");
            json!({
                "id": hex_id(&["policy of a token", of]),
                "effect": "allow",
                "permission_groups": groups.collect::<Value>(),
                "resources": { resource: "*" },
            })
        });
        policies.collect()
    }

    fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
            || permission.others().iter().any(|other| self.permissions.contains(other))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("status", &self.status)
            .field("owner", &self.owner)
            .field("permissions", &self.permissions)
            .finish_non_exhaustive()
    }
}

/// A person's Global API Key. It has all permissions, and no endpoint verifies it.
#[derive(Clone, PartialEq)]
pub struct GlobalKey {
    pub email: String,
    pub key: String,
}

impl fmt::Debug for GlobalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GlobalKey").field("email", &self.email).finish_non_exhaustive()
    }
}

/// The headers whose values are credentials or belong to them.
pub(crate) const CREDENTIAL_HEADERS: [&str; 5] =
    ["authorization", "x-auth-email", "x-auth-key", "cookie", "proxy-authorization"];

/// The sender of a request.
pub(crate) enum Caller<'a> {
    Token(&'a Token),
    Key(&'a GlobalKey),
}

impl<'a> Caller<'a> {
    /// Reads the credentials of a request.
    ///
    /// OpenAPI names the headers: `securitySchemes`, `api_token`, `api_email` and `api_key`. For the
    /// codes see <https://developers.cloudflare.com/fundamentals/api/troubleshooting/>; the codes
    /// that it doesn't list are inferred from issue trackers. The refusal of both kinds of
    /// credentials in one request is inferred too.
    pub fn of(
        headers: &HeaderMap,
        tokens: &'a [Token],
        keys: &'a [GlobalKey],
    ) -> Result<Caller<'a>, Failure> {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
        match (text("authorization"), text("x-auth-email"), text("x-auth-key")) {
            (Some(authorization), None, None) => {
                let malformed = || malformed(vec![(6111, "Invalid format for Authorization header")]);
                let value = authorization.strip_prefix("Bearer ").ok_or_else(malformed)?;
                if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
                    return Err(malformed());
                }
                let token = tokens.iter().find(|token| token.value == value).ok_or_else(invalid_token)?;
                Ok(Caller::Token(token))
            }
            (None, Some(email), Some(key)) => {
                let mut chain = Vec::new();
                if !email.contains('@') {
                    chain.push((6102, "Invalid format for X-Auth-Email header"));
                }
                if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
                    chain.push((6103, "Invalid format for X-Auth-Key header"));
                }
                if !chain.is_empty() {
                    return Err(malformed(chain));
                }
                let known =
                    keys.iter().find(|known| known.email.eq_ignore_ascii_case(email) && known.key == key);
                known.map(Caller::Key).ok_or_else(|| {
                    Failure::new(StatusCode::FORBIDDEN, 9103, "Unknown X-Auth-Key or X-Auth-Email")
                })
            }
            (None, None, None) => {
                Err(Failure::bad_request(9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers"))
            }
            (None, _, _) => Err(malformed(vec![(6103, "Invalid format for X-Auth-Key header")])),
            (Some(_), _, _) => Err(malformed(vec![(6111, "Invalid format for Authorization header")])),
        }
    }

    /// Refuses a caller without `permission`. A token that is disabled or expired can only be
    /// verified (inferred).
    pub fn may(&self, permission: Permission) -> Result<(), Failure> {
        match self {
            Caller::Token(token) if matches!(token.status, TokenStatus::Disabled | TokenStatus::Expired) => {
                Err(Failure::new(StatusCode::FORBIDDEN, 9109, "Invalid access token"))
            }
            Caller::Token(token) if !token.may(permission) => {
                Err(Failure::new(StatusCode::FORBIDDEN, 10000, "Authentication error"))
            }
            _ => Ok(()),
        }
    }

    /// Refuses a token that may not manage members, whatever its permissions are. Status and code
    /// are inferred: terraform-provider-cloudflare, its acceptance tests, only says that a token
    /// may not.
    pub fn may_manage_members(&self) -> Result<(), Failure> {
        match self {
            Caller::Token(token) if !token.is_super_administrators => {
                Err(Failure::new(StatusCode::FORBIDDEN, 9109, "Unauthorized to access requested resource"))
            }
            _ => Ok(()),
        }
    }

    /// Whether the caller may do anything at all.
    pub fn may_something(&self) -> bool {
        matches!(self, Caller::Key(_))
            || matches!(self, Caller::Token(token) if !token.permissions.is_empty())
    }

    /// Returns the caller's token to the endpoint that verifies the tokens of `owner`.
    pub fn verified(&self, owner: TokenOwner) -> Result<&'a Token, Failure> {
        match self {
            Caller::Token(token) if token.owner == owner => Ok(token),
            Caller::Token(_) => Err(invalid_token()),
            Caller::Key(_) => Err(malformed(vec![(6111, "Invalid format for Authorization header")])),
        }
    }
}

fn invalid_token() -> Failure {
    Failure::new(StatusCode::UNAUTHORIZED, 1000, "Invalid API Token")
}

fn malformed(chain: Vec<(u64, &'static str)>) -> Failure {
    Failure { chain, ..Failure::bad_request(6003, "Invalid request headers") }
}
