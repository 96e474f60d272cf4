//! What this connector is and needs: `connection.describe` in plain Rust. `wit/connection.wit`
//! documents each field.

/// How a platform draws a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the contract's words")]
pub enum Format {
    Text,
    Email,
    Url,
    Integer,
}

impl Format {
    /// The contract's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Email => "email",
            Format::Url => "url",
            Format::Integer => "integer",
        }
    }
}

/// One value that a host asks its user for.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "documented in wit/connection.wit")]
pub struct Field {
    pub id: &'static str,
    pub label: &'static str,
    pub help: &'static str,
    pub format: Format,
    pub secret: bool,
    pub required: bool,
    pub default: Option<&'static str>,
    pub operator_only: bool,
}

/// One way to authenticate.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "documented in wit/connection.wit")]
pub struct AuthMethod {
    pub id: &'static str,
    pub label: &'static str,
    pub help: &'static str,
    pub fields: &'static [Field],
}

/// The connector's id, stable.
pub const ID: &str = "cloudflare-zero-trust";
/// For a person.
pub const DISPLAY_NAME: &str = "Cloudflare Zero Trust";
/// Whether this build can change anything: a reader can't, and needs no permission for it.
pub const PROVISIONS: bool = cfg!(feature = "provision");
/// Of this component.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Where a user reads how to make a token.
pub const DOCUMENTATION_URL: &str =
    "https://developers.cloudflare.com/fundamentals/api/get-started/create-token/";
/// Where requests go unless `base-url` says otherwise.
pub const ORIGIN: &str = "https://api.cloudflare.com";
/// The default of `base-url`.
pub const BASE_URL: &str = "https://api.cloudflare.com/client/v4";

/// Setting: the account's id.
pub const ACCOUNT_ID: &str = "account-id";
/// Setting: where the API is.
pub const BASE_URL_FIELD: &str = "base-url";
/// Setting: how long a call may wait.
pub const MAX_WAIT_SECONDS: &str = "max-wait-seconds";
/// Setting: how many pages may be under way.
pub const READ_AHEAD: &str = "read-ahead";
/// Auth method, and the name of its one setting.
pub const API_TOKEN: &str = "api-token";
/// Auth method, and the name of its secret setting.
pub const API_KEY: &str = "api-key";
/// Setting of the auth method `api-key`.
pub const EMAIL: &str = "email";

/// The longest wait that `max-wait-seconds` allows: Cloudflare's limit lasts five minutes.
pub const LONGEST_WAIT_SECONDS: u32 = 300;
/// The most that `read-ahead` allows.
pub const MOST_READ_AHEAD: u32 = 16;
/// The default of `read-ahead`.
pub const DEFAULT_READ_AHEAD: u32 = 4;
/// The default of `max-wait-seconds`.
pub const DEFAULT_WAIT_SECONDS: u32 = 10;

/// For every auth method.
pub const FIELDS: &[Field] = &[
    Field {
        id: ACCOUNT_ID,
        label: "Account ID",
        help: "32 hexadecimal digits: in the Cloudflare dashboard on the account's overview page, and in its address.",
        format: Format::Text,
        secret: false,
        required: true,
        default: None,
        operator_only: false,
    },
    Field {
        id: BASE_URL_FIELD,
        label: "API address",
        help: "Where Cloudflare's API is. The credentials are sent there, so it must be https, or http on this machine's loopback \
               address (for tests).",
        format: Format::Url,
        secret: false,
        required: false,
        default: Some(BASE_URL),
        operator_only: true,
    },
    Field {
        id: MAX_WAIT_SECONDS,
        label: "Longest wait, in seconds",
        help: "How long one call may wait before it tries again when Cloudflare asks for patience: 0 to 300.",
        format: Format::Integer,
        secret: false,
        required: false,
        default: Some("10"),
        operator_only: true,
    },
    Field {
        id: READ_AHEAD,
        label: "Pages under way",
        help: "How many pages of a list may be on their way at once: 1 to 16. More is faster where the network is slow.",
        format: Format::Integer,
        secret: false,
        required: false,
        default: Some("4"),
        operator_only: true,
    },
];

/// The ways to authenticate.
pub const AUTH_METHODS: &[AuthMethod] = &[
    AuthMethod {
        id: API_TOKEN,
        label: "API token",
        help: "A token with just the permissions that are needed: the better choice. Make it under My Profile, API Tokens, or, for a \
               token that belongs to the account, under Manage Account, Account API Tokens.",
        fields: &[Field {
            id: API_TOKEN,
            label: "API token",
            help: "Cloudflare shows it once, when it is made.",
            format: Format::Text,
            secret: true,
            required: true,
            default: None,
            operator_only: false,
        }],
    },
    AuthMethod {
        id: API_KEY,
        label: "Email and Global API key",
        help: "The Global API key can do everything that its owner can do, in every account. Prefer a token.",
        fields: &[
            Field {
                id: EMAIL,
                label: "Email",
                help: "The address that the key's owner logs in to Cloudflare with.",
                format: Format::Email,
                secret: false,
                required: true,
                default: None,
                operator_only: false,
            },
            Field {
                id: API_KEY,
                label: "Global API key",
                help: "In the dashboard under My Profile, API Tokens, Global API Key.",
                format: Format::Text,
                secret: true,
                required: true,
                default: None,
                operator_only: false,
            },
        ],
    },
];

/// Permission to read Access groups, in Cloudflare's words.
pub const GROUPS_READ: &str = "Access: Organizations, Identity Providers, and Groups Read";
/// Permission to read Access users.
pub const USERS_READ: &str = "Access: Audit Logs Read";
/// Permission to read account members and roles.
pub const ACCOUNT_READ: &str = "Account Settings Read";
/// Permission to read the lists that rules name.
pub const LISTS_READ: &str = "Zero Trust Read";
/// Permission to change Access groups.
pub const GROUPS_EDIT: &str = "Access: Organizations, Identity Providers, and Groups Edit";
/// Permission to change account members.
pub const ACCOUNT_EDIT: &str = "Account Settings Edit";
