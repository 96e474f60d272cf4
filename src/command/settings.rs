//! The flags that say which account to use, and with which credentials.

use super::failure::Failure;
use super::input::Open;
use super::secret::Secret;
use super::shown::file_name;
use crate::error;
use crate::settings::Settings;
use crate::settings::manifest::{
    ACCOUNT_ID, API_KEY, API_TOKEN, BASE_URL_FIELD, EMAIL, MAX_WAIT_SECONDS, READ_AHEAD,
};
use crate::settings::variables::{
    ACCOUNT_ID_VARIABLE, BASE_URL_VARIABLE, EMAIL_VARIABLE, KEY_VARIABLE, TOKEN_VARIABLE,
};
use std::env;
use std::fmt;
use std::path::{Path, PathBuf};

const TOKEN_FILE_FLAG: &str = "--api-token-file";
const KEY_FILE_FLAG: &str = "--api-key-file";

/// A note for components: they see only the variables that their runtime passes on.
const HANDED_ON: &str =
    if cfg!(target_family = "wasm") { " `wasmtime run` hands a variable on with --env NAME." } else { "" };

/// The account and its credentials. Secrets come from CLOUDFLARE_API_TOKEN or CLOUDFLARE_API_KEY,
/// or from a file: everybody on the machine can see a command line.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Account and credentials")]
pub struct ConnectionArgs {
    /// The account's ID: 32 hexadecimal digits
    #[arg(long, value_name = "ID", env = ACCOUNT_ID_VARIABLE, hide_env_values = true)]
    account_id: Option<String>,
    /// The address of the API.
    #[arg(
        long,
        value_name = "URL",
        env = BASE_URL_VARIABLE,
        hide_env_values = true,
        help = "Where the API is, with its path [default: https://api.cloudflare.com/client/v4]; requests go \
                nowhere else"
    )]
    base_url: Option<String>,
    /// The address that a Global API key belongs to
    #[arg(long, value_name = "ADDRESS", env = EMAIL_VARIABLE, hide_env_values = true)]
    email: Option<String>,
    /// A file that holds an API token; - is standard input [instead of the variable
    /// CLOUDFLARE_API_TOKEN]
    #[arg(long, value_name = "FILE")]
    api_token_file: Option<PathBuf>,
    /// A file that holds a Global API key; - is standard input [instead of the variable
    /// CLOUDFLARE_API_KEY]
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
    /// How long a call may wait when Cloudflare asks for patience: 0 to 300; without it, 10
    #[arg(long, value_name = "SECONDS")]
    max_wait_seconds: Option<String>,
    /// How many pages of a list may be on their way at once: 1 to 16; without it, 4; more is
    /// faster where the network is slow
    #[arg(long, value_name = "PAGES")]
    read_ahead: Option<String>,
}

/// The arguments of `session.open`.
pub struct Connection {
    auth_method: &'static str,
    settings: Vec<(String, Secret)>,
}

impl Connection {
    /// Connects to an account at `base_url` with a token.
    #[must_use]
    pub fn with_token(account_id: String, base_url: String, token: &str) -> Connection {
        let settings = [(ACCOUNT_ID, account_id), (BASE_URL_FIELD, base_url), (API_TOKEN, token.to_owned())];
        Connection {
            auth_method: API_TOKEN,
            settings: settings
                .into_iter()
                .map(|(name, value)| (name.to_owned(), Secret::new(value)))
                .collect(),
        }
    }

    /// Adds the waiting time and the read-ahead of these arguments; the account stays the same.
    #[must_use]
    pub fn paced_by(mut self, args: ConnectionArgs) -> Connection {
        self.settings.extend(args.pace());
        self
    }

    /// Returns a setting, unless it is the secret.
    #[must_use]
    pub fn plain(&self, name: &str) -> Option<&str> {
        let is_secret = name == self.auth_method;
        let (_, value) = self.settings.iter().find(|(known, _)| known == name && !is_secret)?;
        Some(value.expose())
    }

    /// The auth method, in the manifest's word.
    #[must_use]
    pub fn auth_method(&self) -> &'static str {
        self.auth_method
    }

    /// Returns the checked settings for the connector's core.
    ///
    /// # Errors
    /// Fails as `session.open` does.
    pub fn parse(&self) -> error::Result<Settings> {
        Settings::parse(self.auth_method, self.settings())
    }

    /// The settings in the form of `session.open`, secrets included: don't keep the result.
    #[must_use]
    pub fn settings(&self) -> Vec<(String, String)> {
        self.settings.iter().map(|(name, value)| (name.clone(), value.expose().to_owned())).collect()
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.settings.iter().map(|(name, value)| (name, value))).finish()
    }
}

/// The secrets of the environment.
#[derive(Debug, Default)]
struct Variables {
    token: Option<Secret>,
    key: Option<Secret>,
}

impl Variables {
    fn read() -> Result<Variables, Failure> {
        // CI systems set a variable without a value to the empty text.
        let variable = |name: &str| match env::var(name) {
            Ok(text) if text.is_empty() => Ok(None),
            Ok(text) => Ok(Some(Secret::new(text))),
            Err(env::VarError::NotPresent) => Ok(None),
            Err(env::VarError::NotUnicode(_)) => Err(Failure::Usage(format!("{name} is not UTF-8 text."))),
        };
        Ok(Variables { token: variable(TOKEN_VARIABLE)?, key: variable(KEY_VARIABLE)? })
    }
}

impl ConnectionArgs {
    /// Reads the secrets, and chooses the auth method. The connector checks the values themselves.
    ///
    /// # Errors
    /// Fails without credentials, with two kinds of them, or when a file can't be read.
    pub fn connection(self, open: Open) -> Result<Connection, Failure> {
        self.resolve(Variables::read()?, open)
    }

    /// The files of secrets, each with the flag that names it. `-` is standard input.
    pub fn secret_files(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let files = [(TOKEN_FILE_FLAG, &self.api_token_file), (KEY_FILE_FLAG, &self.api_key_file)];
        files.into_iter().filter_map(|(flag, path)| Some((flag, path.as_deref()?)))
    }

    /// Whether a secret comes from standard input.
    #[must_use]
    pub fn reads_stdin(&self) -> bool {
        self.secret_files().any(|(_, path)| path == Path::new("-"))
    }

    fn resolve(mut self, variables: Variables, open: Open) -> Result<Connection, Failure> {
        let token =
            secret(self.api_token_file.as_deref(), TOKEN_FILE_FLAG, variables.token, TOKEN_VARIABLE, open)?;
        let key = secret(self.api_key_file.as_deref(), KEY_FILE_FLAG, variables.key, KEY_VARIABLE, open)?;
        let (auth_method, secret, email) = match (token, key) {
            (Some((token, _)), None) => (API_TOKEN, token, None),
            (None, Some((key, _))) => (API_KEY, key, self.email.take()),
            (Some((_, token)), Some((_, key))) => {
                return Err(Failure::Usage(format!(
                    "There is both an API token ({token}) and a Global API key ({key}). Give one of \
                     them: the token, if in doubt."
                )));
            }
            (None, None) => {
                return Err(Failure::Usage(format!(
                    "There are no credentials. Set {TOKEN_VARIABLE}, or give --api-token-file; or, for a \
                     Global API key, {KEY_VARIABLE} or --api-key-file, with --email.{HANDED_ON}"
                )));
            }
        };
        let plain =
            [(ACCOUNT_ID, self.account_id.take()), (BASE_URL_FIELD, self.base_url.take()), (EMAIL, email)];
        let settings = given(plain).chain(self.pace()).chain([(auth_method.to_owned(), secret)]).collect();
        Ok(Connection { auth_method, settings })
    }

    /// The settings that are the same for every account.
    fn pace(self) -> impl Iterator<Item = (String, Secret)> {
        given([(MAX_WAIT_SECONDS, self.max_wait_seconds), (READ_AHEAD, self.read_ahead)])
    }
}

fn given<const N: usize>(
    values: [(&str, Option<String>); N],
) -> impl Iterator<Item = (String, Secret)> + use<N> {
    values
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .filter_map(|(name, value)| Some((name, Secret::new(value?))))
}

/// Returns the secret, and the flag or variable that it came from. A file on the command line goes
/// before a variable.
fn secret(
    file: Option<&Path>,
    flag: &'static str,
    variable: Option<Secret>,
    name: &'static str,
    open: Open,
) -> Result<Option<(Secret, &'static str)>, Failure> {
    let Some(path) = file else {
        return Ok(variable.map(|secret| (secret, name)));
    };
    match Secret::read(path, open) {
        Ok(secret) => Ok(Some((secret, flag))),
        Err(error) => Err(Failure::Usage(format!("{flag}: {} can't be read: {error}.", file_name(path)))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::input::standard_input_only;
    use super::*;

    fn some(text: &str) -> Option<Secret> {
        Some(Secret::new(text.to_owned()))
    }

    fn settings(connection: &Connection) -> Vec<(String, String)> {
        let mut settings = connection.settings();
        settings.sort();
        settings
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_token_from_the_environment() {
        let args = ConnectionArgs {
            account_id: Some("a".to_owned()),
            // The variable may be set for other tools; a token needs no address.
            email: Some("ann@corp.example".to_owned()),
            ..ConnectionArgs::default()
        };
        let connection =
            args.resolve(Variables { token: some("t"), key: None }, standard_input_only).unwrap();
        assert_eq!(connection.auth_method, "api-token");
        assert_eq!(settings(&connection), pairs(&[("account-id", "a"), ("api-token", "t")]));
    }

    #[test]
    fn a_key_with_its_address() {
        let args = ConnectionArgs {
            email: Some("ann@corp.example".to_owned()),
            base_url: Some("https://api.example.com".to_owned()),
            max_wait_seconds: Some("5".to_owned()),
            read_ahead: Some("16".to_owned()),
            ..ConnectionArgs::default()
        };
        let connection =
            args.resolve(Variables { token: None, key: some("k") }, standard_input_only).unwrap();
        assert_eq!(connection.auth_method, "api-key");
        let expected = [
            ("api-key", "k"),
            ("base-url", "https://api.example.com"),
            ("email", "ann@corp.example"),
            ("max-wait-seconds", "5"),
            ("read-ahead", "16"),
        ];
        assert_eq!(settings(&connection), pairs(&expected));
    }

    #[test]
    fn a_file_that_is_named_goes_before_the_environment() {
        let args = ConnectionArgs { api_token_file: Some("token".into()), ..ConnectionArgs::default() };
        let connection = args
            .resolve(Variables { token: some("from the environment"), key: None }, |_| {
                Ok(Box::new(&b"from the file\n"[..]))
            })
            .unwrap();
        assert_eq!(settings(&connection), pairs(&[("api-token", "from the file")]));
    }

    #[test]
    fn both_none_and_unreadable_are_usage_errors_without_the_secret() {
        let both = Variables { token: some("hunter2"), key: some("hunter3") };
        let missing =
            ConnectionArgs { api_key_file: Some("/nowhere/at/all".into()), ..ConnectionArgs::default() };
        for (args, variables, told) in [
            (
                ConnectionArgs::default(),
                both,
                "CLOUDFLARE_API_TOKEN) and a Global API key (CLOUDFLARE_API_KEY)",
            ),
            (ConnectionArgs::default(), Variables::default(), "no credentials"),
            (missing, Variables::default(), "--api-key-file: /nowhere/at/all"),
        ] {
            let failure = args.resolve(variables, standard_input_only).unwrap_err();
            let text = format!("{failure} {failure:?}");
            assert!(text.contains(told), "{text}");
            assert!(matches!(failure, Failure::Usage(_)), "{text}");
            assert!(!text.contains("hunter"), "{text}");
        }
    }

    #[test]
    fn a_connection_does_not_show_its_values() {
        let connection = Connection::with_token("a".repeat(32), "http://127.0.0.1".to_owned(), "hunter2");
        assert!(!format!("{connection:?}").contains("hunter2"));
        assert_eq!(connection.plain("base-url"), Some("http://127.0.0.1"));
        assert_eq!(connection.plain("api-token"), None);
    }
}
