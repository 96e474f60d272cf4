//! The settings outside of a host's form: the environment variable of each, and the words that tell
//! a person how to set it.

use super::manifest::{ACCOUNT_ID, API_KEY, API_TOKEN, BASE_URL_FIELD, EMAIL, MAX_WAIT_SECONDS, READ_AHEAD};

/// The variable of the account's ID.
pub const ACCOUNT_ID_VARIABLE: &str = "CLOUDFLARE_ACCOUNT_ID";
/// The variable of the API's address.
pub const BASE_URL_VARIABLE: &str = "CLOUDFLARE_BASE_URL";
/// The variable of the address that a Global API key belongs to.
pub const EMAIL_VARIABLE: &str = "CLOUDFLARE_EMAIL";
/// The variable of an API token.
pub const TOKEN_VARIABLE: &str = "CLOUDFLARE_API_TOKEN";
/// The variable of a Global API key.
pub const KEY_VARIABLE: &str = "CLOUDFLARE_API_KEY";

/// Returns the flags and the variable of a setting, for an error that is about it.
#[must_use]
pub fn how_to_set(setting: &str) -> Option<&'static str> {
    Some(match setting {
        ACCOUNT_ID => "--account-id or CLOUDFLARE_ACCOUNT_ID",
        BASE_URL_FIELD => "--base-url or CLOUDFLARE_BASE_URL",
        EMAIL => "--email or CLOUDFLARE_EMAIL",
        API_TOKEN => "CLOUDFLARE_API_TOKEN or --api-token-file",
        API_KEY => "CLOUDFLARE_API_KEY or --api-key-file",
        MAX_WAIT_SECONDS => "--max-wait-seconds",
        READ_AHEAD => "--read-ahead",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::manifest::{AUTH_METHODS, FIELDS};
    use super::*;

    /// An operator can set each setting, and an error about one names its flag.
    #[test]
    fn every_setting_has_its_flag() {
        for field in FIELDS.iter().chain(AUTH_METHODS.iter().flat_map(|method| method.fields)) {
            assert!(how_to_set(field.id).is_some_and(|flag| flag.contains("--")), "{}", field.id);
        }
    }
}
