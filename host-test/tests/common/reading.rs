//! Reads from the first page to the last.

use crate::common::setup::HostAndMock;
use crate::common::whole::Whole;
use connector_host::contract::{Error, Warning};
use connector_host::{HostError, Session};
use std::collections::BTreeSet;

impl HostAndMock {
    pub async fn session(&self) -> Session {
        self.host.open("api-token", &self.settings()).await.unwrap()
    }

    /// Reads these kinds to the end, in one session.
    pub async fn read(&self, kinds: &[&str]) -> Whole {
        self.try_read(kinds).await.unwrap()
    }

    /// Reads these kinds to the end. Returns the error of a call that failed.
    pub async fn try_read(&self, kinds: &[&str]) -> Result<Whole, Error> {
        read_through(&mut self.session().await, kinds).await
    }

    /// Reads everything with these settings.
    pub async fn try_read_with(&self, settings: &[(String, String)]) -> Result<Whole, Error> {
        read_through(&mut self.host.open("api-token", settings).await.unwrap(), &[]).await
    }
}

impl Whole {
    /// Returns everything that was read except warnings, for comparisons.
    pub fn facts(&self) -> BTreeSet<String> {
        let resources = self.resources.iter().map(|it| format!("{it:?}"));
        let entitlements = self.entitlements.iter().map(|it| format!("{it:?}"));
        resources.chain(entitlements).chain(self.grants.iter().map(|it| format!("{it:?}"))).collect()
    }

    /// Returns the warnings of this code.
    pub fn warned_of(&self, code: &str) -> Vec<&Warning> {
        self.warnings.iter().filter(|warning| warning.code == code).collect()
    }
}

/// Reads these kinds to the end in this session.
pub async fn read_through(session: &mut Session, kinds: &[&str]) -> Result<Whole, Error> {
    let kinds = strings(kinds);
    let (mut whole, mut cursor) = (Whole::default(), None);
    loop {
        let page = session.read(&kinds, cursor.as_deref()).await.map_err(connector_error)?;
        cursor = whole.take(page);
        if cursor.is_none() {
            return Ok(whole);
        }
    }
}

pub fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

pub fn connector_error(error: HostError) -> Error {
    match error {
        HostError::Connector(error) | HostError::Network { error, .. } => *error,
        other => panic!("not the connector's own error: {other}"),
    }
}
