//! The settings of a session: the manifest that asks for them, and the checks of the values.

mod base_url;
pub(crate) mod copied;
pub mod manifest;
#[cfg(feature = "standalone")]
pub mod variables;

pub use base_url::BaseUrl;

use crate::error::{Error, Result};
use crate::sorted::Map;
use manifest::{ACCOUNT_ID, API_KEY, API_TOKEN, BASE_URL_FIELD, EMAIL, MAX_WAIT_SECONDS, READ_AHEAD};
use std::fmt;
use std::ops::RangeInclusive;

/// A text that `Debug` doesn't show.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself. Only the code that sends it may call this.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The credentials of each request: of one kind, never both. OpenAPI: `securitySchemes`, `api_token`
/// alone, or `api_email` with `api_key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// An API token, sent as `Authorization: Bearer`.
    Token(Secret),
    /// A Global API key, sent as `X-Auth-Email` and `X-Auth-Key`.
    Key {
        /// The owner's address.
        email: String,
        /// The Global API key.
        key: Secret,
    },
}

impl Credentials {
    /// The secret, which must never be shown.
    pub fn secret(&self) -> &str {
        match self {
            Credentials::Token(secret) | Credentials::Key { key: secret, .. } => secret.expose(),
        }
    }

    /// The id of the setting that has the secret.
    pub const fn setting(&self) -> &'static str {
        match self {
            Credentials::Token(_) => API_TOKEN,
            Credentials::Key { .. } => API_KEY,
        }
    }
}

/// Checked settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The account's id: 32 hexadecimal digits in lower case.
    pub account_id: String,
    /// The credentials of each request.
    pub credentials: Credentials,
    /// The API's address.
    pub base_url: BaseUrl,
    /// The longest time that one call may wait for Cloudflare's rate limit.
    pub max_wait_seconds: u32,
    /// The most pages of a list that may be requested ahead at once.
    pub read_ahead: u32,
}

impl Settings {
    /// Checks the form of the values, without a request.
    ///
    /// # Errors
    /// Fails with `invalid-settings` about the field that is missing, unknown, given twice, empty,
    /// malformed or contradictory.
    pub fn parse(auth_method: &str, given: Vec<(String, String)>) -> Result<Self> {
        let Some(method) = manifest::AUTH_METHODS.iter().find(|method| method.id == auth_method) else {
            let known: Vec<_> = manifest::AUTH_METHODS.iter().map(|method| method.id).collect();
            return Err(Error::setting(
                "auth-method",
                format!("There is no auth method {}. Use one of: {}.", shown(auth_method), known.join(", ")),
            ));
        };
        let mut values = Map::default();
        for (id, value) in given {
            let Some(field) = manifest::FIELDS.iter().chain(method.fields).find(|field| field.id == id)
            else {
                return Err(unknown(&id, method));
            };
            if value.is_empty() {
                return Err(Error::setting(
                    field.id,
                    format!("{} is empty. Fill it in, or leave it out.", field.label),
                ));
            }
            if let Some(problem) = copied::around(&value) {
                return Err(Error::setting(field.id, format!("{} {problem}", field.id)));
            }
            if values.insert(field.id, value).is_some() {
                return Err(Error::setting(field.id, format!("{} is given twice.", field.label)));
            }
        }
        for field in manifest::FIELDS.iter().chain(method.fields) {
            if field.required && !values.contains_key(field.id) {
                return Err(Error::setting(
                    field.id,
                    format!("{} ({}) is missing. {}", field.label, field.id, field.help),
                ));
            }
        }
        let mut take = |id| values.remove(id).unwrap_or_default();
        let credentials = if method.id == API_TOKEN {
            Credentials::Token(secret(API_TOKEN, take(API_TOKEN))?)
        } else {
            Credentials::Key { email: email(take(EMAIL))?, key: secret(API_KEY, take(API_KEY))? }
        };
        Ok(Self {
            account_id: account_id(take(ACCOUNT_ID))?,
            credentials,
            base_url: match take(BASE_URL_FIELD).as_str() {
                "" => BaseUrl::parse(manifest::BASE_URL)?,
                given => BaseUrl::parse(given)?,
            },
            max_wait_seconds: whole_number(
                MAX_WAIT_SECONDS,
                &take(MAX_WAIT_SECONDS),
                0..=manifest::LONGEST_WAIT_SECONDS,
                manifest::DEFAULT_WAIT_SECONDS,
            )?,
            read_ahead: whole_number(
                READ_AHEAD,
                &take(READ_AHEAD),
                1..=manifest::MOST_READ_AHEAD,
                manifest::DEFAULT_READ_AHEAD,
            )?,
        })
    }
}

/// The error for a setting that this auth method doesn't have. If another auth method has it, the
/// error names the contradiction.
fn unknown(id: &str, method: &manifest::AuthMethod) -> Error {
    let other = manifest::AUTH_METHODS.iter().find(|other| other.fields.iter().any(|field| field.id == id));
    match other {
        Some(other) => Error::setting(
            id,
            format!(
                "{id} belongs to the auth method {}, and {} was chosen. Give one or the other.",
                other.id, method.id
            ),
        ),
        None => {
            let known: Vec<_> = manifest::FIELDS.iter().chain(method.fields).map(|field| field.id).collect();
            let message =
                format!("There is no setting {}. The settings are: {}.", shown(id), known.join(", "));
            let error = Error::setting("settings", message);
            if shown(id) == id { error.about(id) } else { error }
        }
    }
}

fn account_id(given: String) -> Result<String> {
    if given.len() == 32 && given.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(given.to_ascii_lowercase());
    }
    Err(Error::setting(
        ACCOUNT_ID,
        "account-id must be 32 hexadecimal digits. Copy it from the account's overview page in the \
         Cloudflare dashboard.",
    ))
}

/// Checks that a credential can stand in a header. Its length isn't checked: the formats of tokens
/// vary.
fn secret(field: &str, given: String) -> Result<Secret> {
    match copied::with_credential(&given) {
        None => Ok(Secret(given)),
        Some(problem) => Err(Error::setting(field, format!("{field} {problem}"))),
    }
}

fn email(given: String) -> Result<String> {
    let form = given.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    if form && given.len() <= 254 && given.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(given);
    }
    Err(Error::setting(EMAIL, "email must be the address that the key's owner logs in to Cloudflare with."))
}

fn whole_number(field: &str, given: &str, range: RangeInclusive<u32>, default: u32) -> Result<u32> {
    if given.is_empty() {
        return Ok(default);
    }
    let digits = given.bytes().all(|byte| byte.is_ascii_digit());
    match given.parse() {
        Ok(number) if digits && range.contains(&number) => Ok(number),
        _ => Err(Error::setting(
            field,
            format!("{field} must be a whole number from {} to {}.", range.start(), range.end()),
        )),
    }
}

/// Returns an unknown name for an error message, if it looks like a name. A secret may stand in its
/// place.
fn shown(name: &str) -> &str {
    let looks_like_one =
        name.len() <= 24 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    if looks_like_one && !name.is_empty() { name } else { "of that name" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    const ACCOUNT: &str = "0123456789ABCDEF0123456789abcdef";

    fn parse(method: &str, given: &[(&str, &str)]) -> Result<Settings> {
        Settings::parse(method, given.iter().map(|&(id, value)| (id.to_owned(), value.to_owned())).collect())
    }

    #[test]
    fn both_methods_and_the_defaults() {
        let settings = parse("api-token", &[("account-id", ACCOUNT), ("api-token", "t")]).unwrap();
        assert_eq!(settings.account_id, ACCOUNT.to_ascii_lowercase());
        assert_eq!(settings.base_url, BaseUrl::parse(manifest::BASE_URL).unwrap());
        assert_eq!(settings.max_wait_seconds, 10);
        let settings = parse(
            "api-key",
            &[
                ("account-id", ACCOUNT),
                ("email", "ann@corp.example"),
                ("api-key", "k"),
                ("max-wait-seconds", "0"),
            ],
        )
        .unwrap();
        assert_eq!(settings.credentials.secret(), "k");
        assert_eq!(settings.max_wait_seconds, 0);
    }

    #[test]
    fn every_fault_names_its_field() {
        let token = ("api-token", "canary-secret");
        let account = ("account-id", ACCOUNT);
        type Given<'a> = &'a [(&'a str, &'a str)];
        let cases: &[(&str, Given, &str)] = &[
            ("password", &[account], "auth-method"),
            ("", &[account, token], "auth-method"),
            ("api-token", &[token], "account-id"),
            ("api-token", &[account], "api-token"),
            ("api-token", &[("account-id", ""), token], "account-id"),
            ("api-token", &[("account-id", "0123"), token], "account-id"),
            ("api-token", &[("account-id", "g123456789abcdef0123456789abcdef"), token], "account-id"),
            ("api-token", &[("account-id", "../../users/../../accounts/012345"), token], "account-id"),
            ("api-token", &[account, ("api-token", "")], "api-token"),
            ("api-token", &[account, ("api-token", "a b")], "api-token"),
            ("api-token", &[account, ("api-token", "\"canary-secret\"")], "api-token"),
            ("api-token", &[account, ("api-token", "Bearer canary-secret")], "api-token"),
            ("api-token", &[account, ("api-token", "canary-secret\r")], "api-token"),
            ("api-token", &[account, token, ("base-url", "'https://canary.example/client/v4'")], "base-url"),
            ("api-token", &[account, token, ("max-wait-seconds", "5 ")], "max-wait-seconds"),
            ("api-key", &[account, ("email", "canary@corp.example\r"), ("api-key", "k")], "email"),
            ("api-token", &[account, ("api-token", "a\r\nX-Evil: 1")], "api-token"),
            ("api-token", &[account, token, ("colour", "red")], "colour"),
            ("api-token", &[account, token, ("canary-0123456789-canary-0123456789", "x")], "settings"),
            ("api-token", &[account, account, token], "account-id"),
            ("api-token", &[account, token, ("email", "ann@corp.example")], "email"),
            ("api-token", &[account, token, ("api-key", "k")], "api-key"),
            ("api-token", &[account, token, ("base-url", "")], "base-url"),
            ("api-token", &[account, token, ("base-url", "http://api.cloudflare.com")], "base-url"),
            ("api-token", &[account, token, ("max-wait-seconds", "")], "max-wait-seconds"),
            ("api-token", &[account, token, ("max-wait-seconds", "-1")], "max-wait-seconds"),
            ("api-token", &[account, token, ("max-wait-seconds", "+1")], "max-wait-seconds"),
            ("api-token", &[account, token, ("max-wait-seconds", "301")], "max-wait-seconds"),
            ("api-token", &[account, token, ("max-wait-seconds", "99999999999999")], "max-wait-seconds"),
            ("api-token", &[account, token, ("read-ahead", "0")], "read-ahead"),
            ("api-token", &[account, token, ("read-ahead", "17")], "read-ahead"),
            ("api-key", &[account, ("api-key", "canary-secret")], "email"),
            ("api-key", &[account, ("email", "ann@corp.example")], "api-key"),
            ("api-key", &[account, ("email", "ann"), ("api-key", "canary-secret")], "email"),
            (
                "api-key",
                &[account, ("email", "ann@corp.example\r\nX: 1"), ("api-key", "canary-secret")],
                "email",
            ),
            ("api-key", &[account, ("email", "ann@corp.example"), ("api-key", "k"), token], "api-token"),
        ];
        for (method, given, field) in cases {
            let error = parse(method, given).expect_err(field);
            assert_eq!(error.kind, ErrorKind::InvalidSettings, "{given:?}");
            assert_eq!(error.about.as_deref(), Some(*field), "{given:?}");
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let token = parse("api-token", &[("account-id", ACCOUNT), ("api-token", "canary-secret")]).unwrap();
        let key = [("account-id", ACCOUNT), ("email", "ann@corp.example"), ("api-key", "canary-secret")];
        let shown = format!("{token:?} {:?}", parse("api-key", &key).unwrap());
        assert!(!shown.contains("canary"), "{shown}");
    }
}
