//! The records of the contract in plain Rust. `wit/types.wit` and `wit/sync.wit` document each field.
//! The comments here add what is special about Cloudflare.

use std::fmt;

/// Declares the kinds, each with its word: neither can be forgotten in the list of all.
macro_rules! kinds {
    ($($(#[$doc:meta])+ $kind:ident = $word:literal,)+) => {
        /// A kind of resource. The order is the order of a sync.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($(#[$doc])+ $kind,)+
        }

        impl Kind {
            /// Every kind, in the order of a sync.
            pub const ALL: [Kind; [$(Kind::$kind),+].len()] = [$(Kind::$kind),+];

            /// Returns the resource type's id in the contract.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Kind::$kind => $word,)+
                }
            }
        }
    };
}

kinds! {
    /// An identity provider, through which people log in.
    IdentityProvider = "identity-provider",
    /// An Access group.
    Group = "group",
    /// An Access policy: rules, and what they decide for an application.
    Policy = "policy",
    /// An Access application.
    App = "app",
    /// A role of the account.
    Role = "role",
    /// A user group: account members who hold what its policies allow.
    UserGroup = "user-group",
    /// A permission group on less than the whole account.
    ScopedRole = "scoped-role",
    /// A service token: the credentials of a program.
    ServiceToken = "service-token",
    /// An account member. Its id is the membership's, because a pending member has no user id
    /// (`OpenAPI: GET /accounts/{account_id}/members`).
    Member = "member",
    /// An Access user. Its id is the UUID.
    User = "user",
    /// An address that a group or an allow policy names and that neither a user nor a member has. Its
    /// id is the address in ASCII lower case.
    Email = "email",
}

impl Kind {
    /// Returns the kind with this id.
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == id)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A resource's identity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "documented in wit/types.wit")]
pub struct ResourceId {
    pub kind: Kind,
    pub id: String,
}

impl ResourceId {
    /// Returns the identity of the resource of this kind with this id.
    pub fn new(kind: Kind, id: impl Into<String>) -> Self {
        Self { kind, id: id.into() }
    }
}

/// The kind and the id, as a command line takes them: "user:6f1…".
impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.id)
    }
}

/// Whether an account can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented in wit/types.wit")]
pub enum AccountStatus {
    Enabled,
    Disabled,
    Pending,
    Unknown,
}

/// The account that a resource is, and its person.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented in wit/types.wit")]
pub struct Account {
    pub email: Option<String>,
    pub login: Option<String>,
    pub status: AccountStatus,
    pub last_login: Option<String>,
}

/// An object of the Cloudflare account. A policy that belongs to one application has that as its parent,
/// and a scoped role has the role of the same name, if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented in wit/types.wit")]
pub struct Resource {
    pub id: ResourceId,
    pub parent: Option<ResourceId>,
    pub display_name: String,
    pub account: Option<Account>,
    /// A JSON object.
    pub profile: String,
}

/// A right that can be held on an Access group or a user group (`member`), a role or a scoped role
/// (`assigned`), or an application (`access`, `visible`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented in wit/types.wit")]
pub struct Entitlement {
    pub id: String,
    pub on: ResourceId,
    pub slug: &'static str,
    pub display_name: String,
    pub description: String,
    pub grantable_to: &'static [Kind],
    /// A JSON object.
    pub extra: String,
}

/// A rule or an assignment that a grant comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "documented in wit/types.wit")]
pub struct Basis {
    pub rule: String,
    pub value: String,
    pub through: Option<ResourceId>,
}

/// One way in which a grant can hold, by rules that only a login can decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented in wit/types.wit")]
pub struct Alternative {
    pub any_of: Vec<String>,
    pub all_of: Vec<String>,
    pub none_of: Vec<String>,
}

/// An entitlement, and the principals who hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented in wit/types.wit")]
pub struct Grant {
    pub entitlement: String,
    pub principals: Vec<ResourceId>,
    pub basis: Vec<Basis>,
    pub conditions: Vec<Alternative>,
    pub revocable: bool,
    /// A JSON object.
    pub extra: String,
}

/// The codes of warnings, with their words and with whether data is missing.
macro_rules! warning_codes {
    ($($code:ident = $word:literal, $missing:ident;)*) => {
        /// A kind of warning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "documented in wit/types.wit")]
        pub enum WarningCode {
            $($code,)*
        }

        impl WarningCode {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$code,)*];

            /// The contract's word.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$code => $word,)*
                }
            }

            /// Whether data is missing where it is warned of.
            pub const fn missing(self) -> Missing {
                match self {
                    $(Self::$code => Missing::$missing,)*
                }
            }
        }
    };
}

warning_codes! {
    AddressUnclear = "address-unclear", Never;
    AppNotUnderstood = "app-not-understood", Always;
    AppPublic = "app-public", Never;
    ApplicationsNotSeen = "applications-not-seen", Sometimes;
    Approver = "approver", Never;
    CycleThroughExclude = "cycle-through-exclude", Never;
    DomainWithSign = "domain-with-sign", Never;
    GroupNotListed = "group-not-listed", Never;
    ImplicitAdministrators = "implicit-administrators", Never;
    ItemNotUnderstood = "item-not-understood", Always;
    ListMoved = "list-moved", Sometimes;
    ListNotReadable = "list-not-readable", Always;
    NotPushed = "not-pushed", Never;
    NotReadBack = "not-read-back", Never;
    OwnerNotKnown = "owner-not-known", Always;
    PolicyDenies = "policy-denies", Never;
    PolicyNotTested = "policy-not-tested", Sometimes;
    ProvidersNotReadable = "providers-not-readable", Never;
    PushedInPart = "pushed-in-part", Always;
    RoleNotShown = "role-not-shown", Always;
    RolesMoved = "roles-moved", Sometimes;
    RolesNotUnderstood = "roles-not-understood", Always;
    RuleNotAscii = "rule-not-ascii", Never;
    RuleNotUnderstood = "rule-not-understood", Always;
    SelectorEmpty = "selector-empty", Never;
    TokenNotVerified = "token-not-verified", Never;
    TokenStatusOdd = "token-status-odd", Never;
    UserGroupsNotReadable = "user-groups-not-readable", Always;
    WriteNotShown = "write-not-shown", Never;
}

/// Whether a warning of some code says that data is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words say it")]
pub enum Missing {
    Always,
    Never,
    Sometimes,
}

/// A message for the person who runs the sync.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented in wit/types.wit")]
pub struct Warning {
    pub code: WarningCode,
    pub about: Option<ResourceId>,
    pub message: String,
    pub incomplete: bool,
}

impl Warning {
    /// Returns a warning of a code that always or never says that data is missing. One that sometimes
    /// does says so here.
    pub fn new(code: WarningCode, about: Option<ResourceId>, message: String) -> Self {
        let incomplete = code.missing() != Missing::Never;
        Self { code, about, message, incomplete }
    }
}

/// The rate limit of these credentials, as Cloudflare reported it last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented in wit/types.wit")]
pub struct RateLimit {
    pub remaining: u32,
    pub resets_in_ms: u32,
}

/// The progress of a sync.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented in wit/sync.wit")]
pub struct Progress {
    pub phase: &'static str,
    pub done: u32,
    pub total: Option<u32>,
}

/// A bounded part of a sync.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented in wit/sync.wit")]
pub struct Page {
    pub resources: Vec<Resource>,
    pub entitlements: Vec<Entitlement>,
    pub grants: Vec<Grant>,
    pub warnings: Vec<Warning>,
    pub progress: Progress,
    pub requests: u32,
    pub rate_limit: Option<RateLimit>,
    pub next: Option<String>,
}
