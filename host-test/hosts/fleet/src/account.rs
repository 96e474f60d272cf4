//! An account of the fleet, as the engine stores it. Nothing in it is secret.

use serde::{Deserialize, Serialize};

/// An account of the fleet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The name in the fleet: 1 to 63 small letters, digits and hyphens, the first of them a letter or a
    /// digit. Workflows, schedules and folders have it in their names.
    pub name: String,
    /// Cloudflare's id of the account.
    pub account_id: String,
    /// The name of the credential. Accounts that share one share its limits.
    pub credential: String,
    /// Another address of the API than Cloudflare's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
}

/// Checks the name of an account or a credential.
///
/// # Errors
/// Returns a sentence for whoever chose the name.
pub fn check_name(name: &str) -> Result<(), String> {
    let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    if !name.is_empty() && name.len() <= 63 && !name.starts_with('-') && name.bytes().all(fits) {
        return Ok(());
    }
    Err(format!(
        "{name:?} can't be a name: a name has 1 to 63 small letters, digits and hyphens, and begins with a \
         letter or a digit"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_into_ids_folders_and_variables() {
        for name in ["berlin", "a", "0", "acct-000", &"x".repeat(63)] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in ["", "-a", "Berlin", "a/b", "a.b", "a b", "ä", &"x".repeat(64)] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
