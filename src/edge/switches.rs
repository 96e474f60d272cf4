//! The operator's switches, for a host that checks them before it starts the service.

use super::environment::{SCIM_CACHE_SECONDS, SCIM_URL, TOKENS, TRUE_OR_FALSE, cache_seconds};

/// Checks the switches, and returns the seconds for which answers may be reused: 0 if they may not. An empty
/// variable counts as not set.
///
/// # Errors
/// The sentence about the first value that can't be meant.
pub fn check_switches(variable: impl Fn(&str) -> Option<String>) -> Result<u32, String> {
    let variable = |name| variable(name).filter(|value| !value.is_empty());
    for name in TOKENS {
        if variable(name).is_some_and(|token| !token.bytes().all(|byte| byte.is_ascii_graphic())) {
            return Err(format!(
                "{name} has a space, a line break or a sign that isn't ASCII, and no client can send it. Set \
                 the token alone."
            ));
        }
    }
    for name in TRUE_OR_FALSE {
        if variable(name).is_some_and(|value| !["true", "false"].contains(&value.as_str())) {
            return Err(format!("{name} is neither true nor false. Set it to one of them, or leave it out."));
        }
    }
    if variable(SCIM_URL).is_some_and(|url| !is_address(&url)) {
        return Err(format!(
            "{SCIM_URL} is no address with https:// or http://, a host and a path, as \
             https://scim.corp.example/scim/v2 is."
        ));
    }
    cache_seconds(variable(SCIM_CACHE_SECONDS).as_deref())
}

/// Whether other addresses can be made of this one by appending to its path.
fn is_address(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    let is_web = matches!(uri.scheme_str(), Some("https" | "http"));
    let names_a_host = uri.host().is_some_and(|host| !host.is_empty());
    let has_more = uri.query().is_some() || url.contains('#');
    // Whoever reads a resource would read a password, too.
    let has_user = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    is_web && names_a_host && !has_more && !has_user
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(name: &str, value: &str) -> Result<u32, String> {
        check_switches(|wanted| (wanted == name).then(|| value.to_owned()))
    }

    #[test]
    fn a_switch_is_true_or_false() {
        for name in TRUE_OR_FALSE {
            for value in ["true", "false", ""] {
                assert_eq!(checked(name, value), Ok(0), "{name} {value:?}");
            }
            for value in ["yes", "1", "TRUE", "true "] {
                let told = checked(name, value).unwrap_err();
                assert!(told.starts_with(&format!("{name} is neither")), "{told}");
            }
        }
    }

    #[test]
    fn a_token_can_be_sent() {
        for name in TOKENS {
            assert_eq!(checked(name, "hunter2-._~+/="), Ok(0));
            for value in ["hunter2\n", "hunter2 ", " hunter2", "Bearer hunter2", "hunter2\u{e9}"] {
                let told = checked(name, value).unwrap_err();
                assert!(told.starts_with(name) && !told.contains("hunter2"), "{told}");
            }
        }
    }

    #[test]
    fn an_address_can_be_continued() {
        for url in ["https://scim.corp.example/scim/v2", "http://127.0.0.1:8080/scim/v2/", "https://[::1]"] {
            assert_eq!(checked(SCIM_URL, url), Ok(0), "{url}");
        }
        for url in [
            "scim.corp.example",
            "/scim/v2",
            "ftp://scim.corp.example/",
            "https:///scim",
            "https://a/?x",
            "https://a/#x",
            "https://ann:hunter2@scim.corp.example/",
            "https://a b/",
        ] {
            let told = checked(SCIM_URL, url).expect_err(url);
            assert!(told.starts_with("SCIM_URL is no address") && !told.contains("hunter2"), "{told}");
        }
    }

    #[test]
    fn a_time_is_a_number_of_seconds() {
        for (text, seconds) in [("0", 0), ("", 0), ("30", 30), ("3600", 3600)] {
            assert_eq!(checked(SCIM_CACHE_SECONDS, text), Ok(seconds));
        }
        for text in ["3601", "-1", "1.5", "30s", " 30", "hunter2"] {
            let told = checked(SCIM_CACHE_SECONDS, text).unwrap_err();
            assert!(told.contains("SCIM_CACHE_SECONDS") && !told.contains("hunter2"), "{told}");
        }
    }
}
