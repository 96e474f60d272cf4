//! Credentials: which the mock accepts, and how it refuses the others.

use std::collections::BTreeSet;
use std::fmt;

use http::{HeaderMap, StatusCode};

use super::account::hex_id;
use super::envelope::Failure;

/// A token permission, in Cloudflare's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// *Access: Audit Logs Read*: Access users.
    AuditLogsRead,
    /// *Access: Organizations, Identity Providers, and Groups Read*.
    AccessGroupsRead,
    /// *Access: Organizations, Identity Providers, and Groups Edit*; implies Read.
    AccessGroupsEdit,
    /// *Account Settings Read*: members and roles.
    AccountSettingsRead,
    /// *Account Settings Edit*; implies Read.
    AccountSettingsEdit,
    /// *Zero Trust Read*: Gateway lists.
    ZeroTrustRead,
    /// *Zero Trust: Seats Write*.
    SeatsWrite,
}

impl Permission {
    /// Every permission that an endpoint of the mock asks for.
    pub const ALL: [Permission; 7] = [
        Permission::AuditLogsRead,
        Permission::AccessGroupsRead,
        Permission::AccessGroupsEdit,
        Permission::AccountSettingsRead,
        Permission::AccountSettingsEdit,
        Permission::ZeroTrustRead,
        Permission::SeatsWrite,
    ];

    /// The permission that gives this one too.
    fn implied_by(self) -> Option<Permission> {
        match self {
            Permission::AccessGroupsRead => Some(Permission::AccessGroupsEdit),
            Permission::AccountSettingsRead => Some(Permission::AccountSettingsEdit),
            _ => None,
        }
    }
}

/// What the verify endpoints say of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenStatus {
    Active,
    Disabled,
    Expired,
}

impl TokenStatus {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            TokenStatus::Active => "active",
            TokenStatus::Disabled => "disabled",
            TokenStatus::Expired => "expired",
        }
    }
}

/// Whose a token is, which decides the endpoint that verifies it.
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
    /// What a client sends as `Authorization: Bearer …`.
    pub value: String,
    pub status: TokenStatus,
    pub owner: TokenOwner,
    pub permissions: BTreeSet<Permission>,
}

impl Token {
    /// An active token of a user, with every permission.
    pub fn new(value: &str) -> Token {
        Token {
            value: value.to_owned(),
            status: TokenStatus::Active,
            owner: TokenOwner::User,
            permissions: Permission::ALL.into(),
        }
    }

    /// The same token with these permissions only.
    pub fn with_permissions(self, permissions: impl IntoIterator<Item = Permission>) -> Token {
        Token { permissions: permissions.into_iter().collect(), ..self }
    }

    /// The same token without this permission, and without the one that implies it.
    pub fn without(mut self, permission: Permission) -> Token {
        self.permissions.retain(|held| *held != permission && Some(*held) != permission.implied_by());
        self
    }

    /// What the verify endpoints call it: nothing of the value.
    pub(super) fn id(&self) -> String {
        hex_id(&["token", &format!("{:?}", self.owner)])
    }

    fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
            || permission.implied_by().is_some_and(|implied_by| self.permissions.contains(&implied_by))
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

/// A person's Global API Key: it may do everything, and can't be verified.
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

/// Headers whose values are, or belong to, credentials.
pub(super) const CREDENTIAL_HEADERS: [&str; 5] =
    ["authorization", "x-auth-email", "x-auth-key", "cookie", "proxy-authorization"];

/// Who sent a request.
pub(super) enum Caller<'a> {
    Token(&'a Token),
    Key,
}

impl<'a> Caller<'a> {
    /// Reads the credentials of a request.
    ///
    /// The codes are Cloudflare's as its clients' issue trackers show them; that both kinds at once
    /// are a malformed request is inferred.
    pub fn of(headers: &HeaderMap, tokens: &'a [Token], keys: &[GlobalKey]) -> Result<Caller<'a>, Failure> {
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
                    keys.iter().any(|known| known.email.eq_ignore_ascii_case(email) && known.key == key);
                known.then_some(Caller::Key).ok_or_else(|| {
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

    /// Whether the caller may do what asks for `permission`. A token that is disabled or expired
    /// may only be verified.
    pub fn may(&self, permission: Permission) -> Result<(), Failure> {
        match self {
            Caller::Token(token) if token.status != TokenStatus::Active => {
                Err(Failure::new(StatusCode::FORBIDDEN, 9109, "Invalid access token"))
            }
            Caller::Token(token) if !token.may(permission) => {
                Err(Failure::new(StatusCode::FORBIDDEN, 10000, "Authentication error"))
            }
            _ => Ok(()),
        }
    }

    /// The token, for the endpoint that verifies those of `owner`.
    pub fn verify(&self, owner: TokenOwner) -> Result<&'a Token, Failure> {
        match self {
            Caller::Token(token) if token.owner == owner => Ok(token),
            Caller::Token(_) => Err(invalid_token()),
            Caller::Key => Err(malformed(vec![(6111, "Invalid format for Authorization header")])),
        }
    }
}

fn invalid_token() -> Failure {
    Failure::new(StatusCode::UNAUTHORIZED, 1000, "Invalid API Token")
}

fn malformed(chain: Vec<(u64, &'static str)>) -> Failure {
    Failure { chain, ..Failure::bad_request(6003, "Invalid request headers") }
}
