//! The connector's name, its settings form and its ways to authenticate, for `connection.describe`.
//! `wit/connection.wit` documents each field; `src/kinds.rs` has the resource types.

/// The format in which a platform draws a field.
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

/// The connector's id. It never changes.
pub const ID: &str = "cloudflare-zero-trust";
/// The connector's name, for a person.
pub const DISPLAY_NAME: &str = "Cloudflare Zero Trust";
/// Whether this build can change anything. A reader can't, and needs no permission for it.
pub const PROVISIONS: bool = cfg!(feature = "provision");
/// Whether this build can bring people in and let them go.
pub const MANAGES: bool = cfg!(feature = "lifecycle");
/// The version of this component.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The page that explains how to make a token.
pub const DOCUMENTATION_URL: &str =
    "https://developers.cloudflare.com/fundamentals/api/get-started/create-token/";
/// The origin that requests go to, unless `base-url` names another.
pub const ORIGIN: &str = "https://api.cloudflare.com";
/// The default of `base-url`.
pub const BASE_URL: &str = "https://api.cloudflare.com/client/v4";

/// The setting for the account's id.
pub const ACCOUNT_ID: &str = "account-id";
/// The setting for the address of the API.
pub const BASE_URL_FIELD: &str = "base-url";
/// The setting for the longest wait of a call.
pub const MAX_WAIT_SECONDS: &str = "max-wait-seconds";
/// The setting for the number of pages that may be under way.
pub const READ_AHEAD: &str = "read-ahead";
/// The auth method with a token, and its one setting.
pub const API_TOKEN: &str = "api-token";
/// The auth method with a key, and its secret setting.
pub const API_KEY: &str = "api-key";
/// The other setting of the auth method `api-key`.
pub const EMAIL: &str = "email";

/// The longest wait that `max-wait-seconds` allows. Cloudflare's limit lasts five minutes:
/// <https://developers.cloudflare.com/fundamentals/api/reference/limits/>.
pub const LONGEST_WAIT_SECONDS: u32 = 300;
/// The most that `read-ahead` allows.
pub const MOST_READ_AHEAD: u32 = 16;
/// The default of `read-ahead`.
pub const DEFAULT_READ_AHEAD: u32 = 4;
/// The default of `max-wait-seconds`.
pub const DEFAULT_WAIT_SECONDS: u32 = 10;

/// The settings of every auth method.
pub const FIELDS: &[Field] = &[
    Field {
        id: ACCOUNT_ID,
        label: "Account ID",
        help: "32 hexadecimal digits: in the Cloudflare dashboard on the account's overview page, \
               and in its address.",
        format: Format::Text,
        secret: false,
        required: true,
        default: None,
        operator_only: false,
    },
    Field {
        id: BASE_URL_FIELD,
        label: "API address",
        help: "Where Cloudflare's API is, with its path: https://api.cloudflare.com/client/v4 unless a proxy \
               stands before it. The credentials are sent there, so it must be https, or http on this \
               machine's loopback address (for tests).",
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
        help: "How many pages of a list may be on their way at once: 1 to 16. More is faster where the \
               network is slow.",
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
        help: "A token with just the permissions that are needed: the better choice. Make it under My \
               Profile, API Tokens, or, for a token that belongs to the account, under Manage Account, \
               Account API Tokens.",
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
