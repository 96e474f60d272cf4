//! The operator's settings: environment variables.

use super::failure::Failure;
use super::scim_url::{self, SCIM_URL};
use crate::contract::ErrorKind;
use crate::error::Error;
use crate::redact;
use crate::scim::{Doors, ReportOnly, Switches};
use crate::settings::Settings;
use crate::settings::manifest::{ACCOUNT_ID, API_KEY, API_TOKEN, BASE_URL_FIELD, EMAIL};
use crate::settings::variables::{
    ACCOUNT_ID_VARIABLE, BASE_URL_VARIABLE, EMAIL_VARIABLE, KEY_VARIABLE, TOKEN_VARIABLE,
};

const CONNECTOR_TOKEN: &str = "CONNECTOR_TOKEN";
pub(super) const CONNECTOR_PROVISIONING: &str = "CONNECTOR_PROVISIONING";
pub(super) const CONNECTOR_LIFECYCLE: &str = "CONNECTOR_LIFECYCLE";
pub(super) const CONNECTOR_WITHOUT_MAIL: &str = "CONNECTOR_WITHOUT_MAIL";
const SCIM_TOKEN: &str = "SCIM_TOKEN";
pub(super) const SCIM_REPORT_ONLY: &str = "SCIM_REPORT_ONLY";
pub(super) const SCIM_USER_GROUPS: &str = "SCIM_USER_GROUPS";
pub(super) const SCIM_CACHE_SECONDS: &str = "SCIM_CACHE_SECONDS";
/// The longest time that answers may be kept, in seconds.
const LONGEST_CACHE: u32 = 3600;
/// The variables of the tokens that clients send. Each is for an interface of its own.
pub const TOKENS: [&str; 2] = [CONNECTOR_TOKEN, SCIM_TOKEN];
/// The variables that are true or false.
pub(super) const TRUE_OR_FALSE: [&str; 4] =
    [CONNECTOR_PROVISIONING, CONNECTOR_LIFECYCLE, CONNECTOR_WITHOUT_MAIL, SCIM_USER_GROUPS];

/// Lists the variables that the service reads, beside those of the account.
pub fn variables() -> impl Iterator<Item = &'static str> {
    TOKENS.into_iter().chain(TRUE_OR_FALSE).chain([SCIM_REPORT_ONLY, SCIM_URL, SCIM_CACHE_SECONDS])
}

/// The settings and their variables. An operator sets one of the last two.
const SETTINGS: [(&str, &str); 5] = [
    (ACCOUNT_ID, ACCOUNT_ID_VARIABLE),
    (BASE_URL_FIELD, BASE_URL_VARIABLE),
    (EMAIL, EMAIL_VARIABLE),
    (API_TOKEN, TOKEN_VARIABLE),
    (API_KEY, KEY_VARIABLE),
];

/// The settings of an operator. They contain secrets, so this has no `Debug`.
pub struct Environment {
    token: Option<String>,
    /// Those of [`TRUE_OR_FALSE`] that are true.
    switched_on: Vec<&'static str>,
    /// The token of SCIM's clients. Without it, the service has no SCIM.
    scim_token: Option<String>,
    /// The address under which SCIM's clients reach it.
    scim_url: Option<String>,
    scim_report_only: ReportOnly,
    scim_cache: Option<String>,
    /// Values by the setting's name.
    settings: Vec<(&'static str, String)>,
}

impl Environment {
    /// Reads the variables. An empty one counts as not set.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let is_on = |name: &&str| variable(name).is_some_and(|value| value == "true");
        Self {
            token: variable(CONNECTOR_TOKEN),
            switched_on: TRUE_OR_FALSE.into_iter().filter(is_on).collect(),
            scim_token: variable(SCIM_TOKEN),
            scim_url: variable(SCIM_URL),
            scim_report_only: variable(SCIM_REPORT_ONLY)
                .and_then(|word| ReportOnly::parse(&word))
                .unwrap_or_default(),
            scim_cache: variable(SCIM_CACHE_SECONDS),
            settings: SETTINGS
                .into_iter()
                .filter_map(|(setting, name)| Some((setting, variable(name)?)))
                .collect(),
        }
    }

    /// Whether one of [`TRUE_OR_FALSE`] is true.
    fn is_on(&self, name: &str) -> bool {
        self.switched_on.contains(&name)
    }

    /// Returns the token that clients must send.
    pub(super) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Returns the token that clients of SCIM must send.
    pub(super) fn scim_token(&self) -> Option<&str> {
        self.scim_token.as_deref()
    }

    /// Returns the address of SCIM without a slash at the end, as its clients see it, if the operator has set
    /// it.
    pub(super) fn scim_url(&self) -> Result<Option<&str>, Failure> {
        let Some(url) = self.scim_url.as_deref() else { return Ok(None) };
        scim_url::check(url).map_err(|message| Error::setting(SCIM_URL, message))?;
        Ok(Some(url.trim_end_matches('/')))
    }

    /// Returns what the operator has decided for clients of SCIM.
    pub(super) fn scim_switches(&self) -> Switches {
        Switches {
            report_only: self.scim_report_only,
            has_connector: self.token.is_some(),
            without_mail: self.is_on(CONNECTOR_WITHOUT_MAIL),
            user_groups: self.is_on(SCIM_USER_GROUPS),
        }
    }

    /// Returns the seconds for which answers of Cloudflare may be reused by requests of SCIM that only read;
    /// 0 if they may not.
    pub(super) fn scim_cache_seconds(&self) -> Result<u32, Failure> {
        Ok(cache_seconds(self.scim_cache.as_deref())
            .map_err(|message| Error::setting(SCIM_CACHE_SECONDS, message))?)
    }

    /// Returns the doors that are open to clients of SCIM.
    pub(super) fn doors(&self) -> Doors {
        Doors { provisioning: self.is_on(CONNECTOR_PROVISIONING), lifecycle: self.is_on(CONNECTOR_LIFECYCLE) }
    }

    pub(super) fn check_provisioning(&self) -> Result<(), Failure> {
        self.check_on(CONNECTOR_PROVISIONING, "Nothing can be changed", "changes")
    }

    /// Checks that people may be brought in and removed.
    pub(super) fn check_lifecycle(&self) -> Result<(), Failure> {
        self.check_on(CONNECTOR_LIFECYCLE, "Nobody can be brought in or removed", "steps")
    }

    /// Checks that people may join at once. Only an operator may decide that.
    pub(super) fn check_without_mail(&self) -> Result<(), Failure> {
        self.check_on(CONNECTOR_WITHOUT_MAIL, "Nobody can join without a mail", "steps")
    }

    /// Refuses what the operator hasn't switched on.
    fn check_on(&self, variable: &str, nothing: &str, same: &str) -> Result<(), Failure> {
        if self.is_on(variable) {
            return Ok(());
        }
        let message = format!(
            "{nothing} through this service, because its operator hasn't set {variable} to true. \
             With \"dry_run\": true it plans the same {same}."
        );
        Err(Failure::new(403, ErrorKind::PermissionDenied, message))
    }

    /// Returns the settings of a session. The core checks the values.
    pub(super) fn settings(&self) -> Result<Settings, Failure> {
        let is_set = |wanted| self.settings.iter().any(|(setting, _)| *setting == wanted);
        let (auth_method, unused) = match (is_set(API_TOKEN), is_set(API_KEY)) {
            (true, true) => {
                return Err(fault(
                    "The operator has set both CLOUDFLARE_API_TOKEN and CLOUDFLARE_API_KEY: one is enough.",
                ));
            }
            // The address may be set for other tools. It isn't used with a token.
            (true, false) => (API_TOKEN, Some(EMAIL)),
            (false, true) => (API_KEY, None),
            (false, false) => {
                return Err(fault(
                    "The operator has set no credentials: \
                     CLOUDFLARE_API_TOKEN, or CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY.",
                ));
            }
        };
        let wanted = self.settings.iter().filter(|(setting, _)| Some(*setting) != unused);
        let wanted = wanted.map(|(setting, value)| ((*setting).to_owned(), value.clone())).collect();
        Ok(Settings::parse(auth_method, wanted)?)
    }

    /// Removes secrets from a text for the log: a client may have put them into its request.
    pub(super) fn redacted(&self, text: &str) -> String {
        let credentials = self.settings.iter().filter(|(setting, _)| [API_TOKEN, API_KEY].contains(setting));
        let secrets = credentials.map(|(_, value)| value).chain(&self.token).chain(&self.scim_token);
        secrets.fold(text.to_owned(), |text, secret| redact::redacted(secret, &text))
    }
}

/// Reads the time for which answers may be reused.
pub(super) fn cache_seconds(text: Option<&str>) -> Result<u32, String> {
    let Some(text) = text else { return Ok(0) };
    text.parse().ok().filter(|seconds| *seconds <= LONGEST_CACHE).ok_or_else(|| {
        format!(
            "The operator has set {SCIM_CACHE_SECONDS} to something else than a whole number of seconds, \
             from 0 to {LONGEST_CACHE}."
        )
    })
}

fn fault(message: &str) -> Failure {
    Error::setting("auth-method", message).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Credentials;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::read(|wanted| {
            variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
        })
    }

    const ACCOUNT: (&str, &str) = ("CLOUDFLARE_ACCOUNT_ID", "0123456789abcdef0123456789abcdef");

    #[test]
    fn a_token_or_a_key_with_its_address() {
        let email = ("CLOUDFLARE_EMAIL", "ann@corp.example");
        let token = [ACCOUNT, email, ("CLOUDFLARE_API_TOKEN", "t"), ("CLOUDFLARE_API_KEY", "")];
        let settings = environment(&token).settings().unwrap();
        assert_eq!((settings.account_id.as_str(), settings.credentials.secret()), (ACCOUNT.1, "t"));
        assert!(matches!(settings.credentials, Credentials::Token(_)));
        let base_url = ("CLOUDFLARE_BASE_URL", "http://127.0.0.1:1/v4");
        let settings =
            environment(&[ACCOUNT, email, ("CLOUDFLARE_API_KEY", "k"), base_url]).settings().unwrap();
        assert_eq!(
            (settings.credentials.secret(), settings.base_url.authority.as_str()),
            ("k", "127.0.0.1:1")
        );
        assert!(
            matches!(settings.credentials, Credentials::Key { email, .. } if email == "ann@corp.example")
        );
    }

    #[test]
    fn both_or_none_is_the_operators_fault_and_shows_no_secret() {
        for variables in [&[][..], &[("CLOUDFLARE_API_TOKEN", "hunter2"), ("CLOUDFLARE_API_KEY", "hunter3")]]
        {
            let failure = environment(variables).settings().unwrap_err();
            assert_eq!((failure.status, failure.error.kind), (500, ErrorKind::InvalidSettings));
            assert!(!format!("{failure:?}").contains("hunter"), "{failure:?}");
        }
    }

    #[test]
    fn only_true_lets_anything_be_changed_and_each_switch_is_for_itself() {
        const SWITCHES: [&str; 3] = [CONNECTOR_PROVISIONING, CONNECTOR_LIFECYCLE, CONNECTOR_WITHOUT_MAIL];
        let checks = |name, value| {
            let environment = environment(&[(name, value)]);
            [
                environment.check_provisioning(),
                environment.check_lifecycle(),
                environment.check_without_mail(),
            ]
        };
        for (place, name) in SWITCHES.into_iter().enumerate() {
            let checked = checks(name, "true").map(|checked| checked.is_ok());
            assert_eq!(checked, std::array::from_fn(|at| at == place), "{name}");
            for value in ["", "false", "1", "TRUE", "true "] {
                for failure in checks(name, value).map(Result::unwrap_err) {
                    let told = (failure.status, failure.error.kind);
                    assert_eq!(told, (403, ErrorKind::PermissionDenied), "{value:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_empty_is_not_set() {
        assert_eq!(environment(&[("CONNECTOR_TOKEN", "")]).token(), None);
    }

    #[test]
    fn a_secret_in_the_wrong_place_is_not_logged() {
        let environment = environment(&[("CONNECTOR_TOKEN", "s3cret"), ("CLOUDFLARE_API_TOKEN", "hunter2")]);
        assert_eq!(environment.redacted("/v1/s3cret/hunter2"), "/v1/[redacted]/[redacted]");
        let environment = Environment::read(|name| Some(format!("canary-of-{name}")));
        // Base64 of "x:canary-of-CONNECTOR_TOKEN", and the same in a URL's escapes.
        for form in ["eDpjYW5hcnktb2YtQ09OTkVDVE9SX1RPS0VO", "%63anary-of-%43ONNECTOR%5FTOKEN"] {
            let shown = environment.redacted(&format!("you sent /v1/{form}"));
            assert!(shown.starts_with("you sent ") && shown.ends_with("[redacted]"), "{shown}");
            assert!(shown.len() < 30, "{shown}");
        }
    }
}
