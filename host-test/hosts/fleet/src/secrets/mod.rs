//! Credentials by their names. A workflow carries the name alone, and the worker looks up the rest for each
//! session.

mod command;
mod environment;
mod files;

use crate::account::check_name;
use cloudflare_zero_trust::settings::manifest::{API_KEY, API_TOKEN, EMAIL};
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

/// The settings that a place of credentials can have.
const KEYS: [&str; 3] = [API_TOKEN, EMAIL, API_KEY];
/// The longest value: far more than a credential has.
const LONGEST: u64 = 64 * 1024;

/// The place of the credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// The environment: the credential `berlin-2` is `FLEET_BERLIN_2_API_TOKEN`, or `FLEET_BERLIN_2_EMAIL`
    /// and `FLEET_BERLIN_2_API_KEY`.
    #[default]
    Environment,
    /// A directory with one for each credential, as Kubernetes mounts secrets: `berlin-2/api-token`, or
    /// `berlin-2/email` and `berlin-2/api-key`.
    Files(PathBuf),
    /// A program and its arguments. The name of the credential comes after them. The program writes a JSON
    /// object, with `api-token`, or `email` and `api-key`.
    Command(Vec<OsString>),
}

/// The place of the credentials, as options of a command.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Credentials")]
pub struct SecretsArgs {
    /// Reads credentials from files, `DIR/NAME/api-token`, or `DIR/NAME/email` and `DIR/NAME/api-key`.
    /// Without this option and the next, they are the variables FLEET_NAME_API_TOKEN, or FLEET_NAME_EMAIL and
    /// FLEET_NAME_API_KEY
    #[arg(long, env = "FLEET_SECRETS_DIR", value_name = "DIR", conflicts_with = "secrets_command")]
    secrets_dir: Option<PathBuf>,
    /// Runs this program for a credential: words with blanks between them, and the credential's name comes
    /// behind them. It writes a JSON object, with api-token, or email and api-key
    #[arg(long, env = "FLEET_SECRETS_COMMAND", value_name = "COMMAND")]
    secrets_command: Option<String>,
}

impl SecretsArgs {
    /// Returns the place that the options name.
    #[must_use]
    pub fn source(&self) -> Source {
        match (&self.secrets_dir, &self.secrets_command) {
            (Some(directory), _) => Source::Files(directory.clone()),
            (None, Some(command)) => {
                Source::Command(command.split_whitespace().map(OsString::from).collect())
            }
            (None, None) => Source::Environment,
        }
    }
}

/// A credential, as a session is opened with it.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// The auth method.
    pub auth_method: &'static str,
    /// The settings of the auth method.
    pub settings: Vec<(String, String)>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("auth_method", &self.auth_method).finish_non_exhaustive()
    }
}

/// A credential that can't be had. It names the place that was looked at, and nothing of its content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the credential {credential} can't be had: {why}")]
pub struct SecretsError {
    credential: String,
    why: String,
}

/// The credentials.
#[derive(Clone, Debug, Default)]
pub struct Secrets(Source);

/// The values that a place has, in the order of [`KEYS`], and how it names each.
struct Found {
    values: [Option<String>; KEYS.len()],
    names: [String; KEYS.len()],
}

impl Secrets {
    /// Takes credentials from this place.
    #[must_use]
    pub fn new(source: Source) -> Secrets {
        Secrets(source)
    }

    /// Looks a credential up.
    ///
    /// # Errors
    /// If the place doesn't have it, has half of it, or has two.
    pub async fn of(&self, credential: &str) -> Result<Settings, SecretsError> {
        let failed = |why| SecretsError { credential: credential.to_owned(), why };
        check_name(credential).map_err(failed)?;
        let found = match &self.0 {
            Source::Environment => environment::find(credential, |name| std::env::var_os(name)),
            Source::Files(directory) => files::find(directory, credential).await,
            Source::Command(program) => command::find(program, credential, command::TIMEOUT).await,
        };
        found.and_then(Found::settings).map_err(failed)
    }
}

impl Found {
    /// Tells the auth method by what is there.
    fn settings(self) -> Result<Settings, String> {
        let [token_name, email_name, key_name] = &self.names;
        for (value, name) in self.values.iter().zip(&self.names) {
            if value.as_deref() == Some("") {
                return Err(format!("{name} is empty. Fill it in, or remove it"));
            }
        }
        let of = |id: &str, value: String| (id.to_owned(), value);
        let (auth_method, settings) = match self.values {
            [Some(token), None, None] => (API_TOKEN, vec![of(API_TOKEN, token)]),
            [None, Some(email), Some(key)] => (API_KEY, vec![of(EMAIL, email), of(API_KEY, key)]),
            [None, None, None] => {
                return Err(format!(
                    "there is no {token_name}, and no {email_name} with {key_name}. Set one"
                ));
            }
            [None, Some(_), None] => {
                return Err(format!("there is {email_name}, and no {key_name}. Set both"));
            }
            [None, None, Some(_)] => {
                return Err(format!("there is {key_name}, and no {email_name}. Set both"));
            }
            [Some(_), ..] => {
                return Err(format!(
                    "there is {token_name}, and also {email_name} or {key_name}. Keep one way"
                ));
            }
        };
        Ok(Settings { auth_method, settings })
    }
}

/// Takes off what a file has around a value: no credential has any of it.
fn trimmed(text: &str) -> String {
    text.trim_start_matches('\u{feff}').trim_ascii().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANARY: &str = "canary-of-a-secret";

    fn found(token: Option<&str>, email: Option<&str>, key: Option<&str>) -> Result<Settings, String> {
        let values = [token, email, key].map(|value| value.map(ToOwned::to_owned));
        Found { values, names: ["TOKEN", "EMAIL", "KEY"].map(ToOwned::to_owned) }.settings()
    }

    #[test]
    fn the_auth_method_follows_from_what_is_there() {
        let token = found(Some(CANARY), None, None).unwrap();
        assert_eq!(
            (token.auth_method, token.settings),
            ("api-token", vec![("api-token".into(), CANARY.into())])
        );
        let key = found(None, Some("a@example.com"), Some(CANARY)).unwrap();
        assert_eq!(key.auth_method, "api-key");
        assert_eq!(
            key.settings,
            [("email".into(), "a@example.com".into()), ("api-key".into(), String::from(CANARY))]
        );
        assert!(!format!("{key:?}").contains(CANARY));
        assert!(!format!("{key:?}").contains("example.com"));
    }

    #[test]
    fn half_a_credential_and_two_are_named_and_not_shown() {
        let some = Some(CANARY);
        for (given, told) in [
            (found(None, None, None), "there is no TOKEN, and no EMAIL with KEY"),
            (found(None, some, None), "there is EMAIL, and no KEY"),
            (found(None, None, some), "there is KEY, and no EMAIL"),
            (found(some, None, some), "there is TOKEN, and also EMAIL or KEY"),
            (found(some, some, some), "there is TOKEN, and also EMAIL or KEY"),
            (found(Some(""), None, None), "TOKEN is empty"),
            (found(some, None, Some("")), "KEY is empty"),
        ] {
            let error = given.unwrap_err();
            assert!(error.starts_with(told), "{error}");
            assert!(!error.contains(CANARY), "{error}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_elsewhere_is_refused_before_anything_is_looked_at() {
        let directory = tempfile::tempdir().unwrap();
        for source in
            [Source::Environment, Source::Files(directory.path().join("none")), Source::Command(vec![])]
        {
            for name in ["../berlin", "", "a/b", "Berlin"] {
                let error = Secrets::new(source.clone()).of(name).await.unwrap_err().to_string();
                assert!(error.contains("can't be a name"), "{error}");
            }
        }
    }
}
