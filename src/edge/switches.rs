//! The operator's switches, for a host that checks them before it starts the service.

use super::environment::{SCIM_CACHE_SECONDS, SCIM_REPORT_ONLY, TOKENS, TRUE_OR_FALSE, cache_seconds};
use super::scim_url;
use super::scim_url::SCIM_URL;
use crate::scim::ReportOnly;

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
    if variable(SCIM_REPORT_ONLY).is_some_and(|word| ReportOnly::parse(&word).is_none()) {
        return Err(format!(
            "{SCIM_REPORT_ONLY} is neither true nor false nor shared-rules. Set it to one of them, or leave \
             it out."
        ));
    }
    variable(SCIM_URL).map_or(Ok(()), |url| scim_url::check(&url))?;
    cache_seconds(variable(SCIM_CACHE_SECONDS).as_deref())
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
    fn leavers_have_three_values() {
        for value in ["true", "false", "shared-rules", ""] {
            assert_eq!(checked(SCIM_REPORT_ONLY, value), Ok(0), "{value:?}");
        }
        for value in ["shared", "shared_rules", "Shared-Rules", "TRUE", "1"] {
            let told = checked(SCIM_REPORT_ONLY, value).unwrap_err();
            assert!(
                told.starts_with("SCIM_REPORT_ONLY is neither") && told.contains("shared-rules"),
                "{told}"
            );
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
