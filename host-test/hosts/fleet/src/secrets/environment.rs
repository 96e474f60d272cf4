//! Credentials in the environment.

use super::{Found, KEYS};
use std::ffi::OsString;

/// Looks a credential up, with a way to read a variable.
pub(super) fn find(credential: &str, read: impl Fn(&str) -> Option<OsString>) -> Result<Found, String> {
    let names = KEYS.map(|key| variable(credential, key));
    let mut values = [const { None }; KEYS.len()];
    for (value, name) in values.iter_mut().zip(&names) {
        let Some(read) = read(name) else { continue };
        *value = Some(read.into_string().map_err(|_| format!("{name} isn't UTF-8 text"))?);
    }
    Ok(Found { values, names })
}

/// The name of a variable. Two credentials never have the same one: a name has no underscore.
fn variable(credential: &str, key: &str) -> String {
    format!("FLEET_{credential}_{key}").to_ascii_uppercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_named_after_the_credential() {
        let read = |name: &str| (name == "FLEET_BERLIN_2_API_TOKEN").then(|| OsString::from("canary"));
        let settings = find("berlin-2", read).unwrap().settings().unwrap();
        assert_eq!(settings.settings, [("api-token".to_owned(), "canary".to_owned())]);
        let error = find("berlin", read).unwrap().settings().unwrap_err();
        assert_eq!(
            error,
            "there is no FLEET_BERLIN_API_TOKEN, and no FLEET_BERLIN_EMAIL with FLEET_BERLIN_API_KEY. Set one"
        );
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_text_is_named_and_not_shown() {
        use std::os::unix::ffi::OsStringExt;
        let read = |_: &str| Some(OsString::from_vec(b"canary\xff".to_vec()));
        let error = find("a", read).err().unwrap();
        assert_eq!(error, "FLEET_A_API_TOKEN isn't UTF-8 text");
    }
}
