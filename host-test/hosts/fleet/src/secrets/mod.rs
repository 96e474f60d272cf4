//! Credentials from the environment.

use std::fmt;

/// The place of the credentials.
#[derive(Clone, Debug)]
pub enum Source {
    /// The environment.
    Environment,
}

/// Credentials.
pub struct Settings {
    /// The method.
    pub auth_method: &'static str,
    /// The settings.
    pub settings: Vec<(String, String)>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("auth_method", &self.auth_method).finish_non_exhaustive()
    }
}

/// Credentials that aren't there.
#[derive(Debug, thiserror::Error)]
#[error("the environment has no {0}")]
pub struct SecretsError(String);

/// The secrets.
pub struct Secrets(Source);

impl Secrets {
    /// Takes secrets from here.
    #[must_use]
    pub fn new(source: Source) -> Secrets {
        Secrets(source)
    }

    /// Returns a credential.
    ///
    /// # Errors
    /// Fails if it isn't there.
    pub async fn of(&self, credential: &str) -> Result<Settings, SecretsError> {
        let Source::Environment = self.0;
        let name = format!("FLEET_{}_API_TOKEN", credential.to_uppercase().replace('-', "_"));
        let token = std::env::var(&name).map_err(|_| SecretsError(name))?;
        Ok(Settings { auth_method: "api-token", settings: vec![("api-token".to_owned(), token)] })
    }
}
