//! The connection with the Temporal cluster. Its settings are those of each Temporal program: the variables
//! `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS…`, or a `temporal.toml`.

use crate::names;
use std::time::Duration;
use temporalio_client::envconfig::LoadClientConfigProfileOptions;
use temporalio_client::{Client, ClientOptions, Connection, Url};

/// The cluster, and the queue of the fleet.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "The Temporal cluster")]
pub struct Engine {
    /// The cluster's address, host:port. Without it, TEMPORAL_ADDRESS or temporal.toml decides
    #[arg(long, global = true, value_name = "HOST:PORT")]
    address: Option<String>,
    /// The namespace. Without it, TEMPORAL_NAMESPACE or temporal.toml decides
    #[arg(long, global = true)]
    namespace: Option<String>,
    /// The task queue that all workers of the fleet share
    #[arg(long, global = true, env = "FLEET_QUEUE", default_value = names::QUEUE)]
    pub queue: String,
}

/// A cluster that can't be reached, or whose settings are wrong.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The settings can't be used.
    #[error("the settings of the Temporal cluster can't be used: {0}")]
    Settings(String),
    /// There is no connection.
    #[error(
        "the Temporal cluster at {address} can't be reached: {why}. Is --address right, or TEMPORAL_ADDRESS?"
    )]
    Unreachable {
        /// The address.
        address: String,
        /// The reason.
        why: String,
    },
}

impl Engine {
    /// Connects with the cluster.
    ///
    /// # Errors
    /// [`EngineError`].
    pub async fn connect(&self) -> Result<Client, EngineError> {
        let settings = |error: &dyn std::fmt::Display| EngineError::Settings(error.to_string());
        let load = LoadClientConfigProfileOptions::default();
        let (mut connection, mut client) = ClientOptions::load_from_config(load).map_err(|e| settings(&e))?;
        if let Some(address) = &self.address {
            let scheme = if connection.tls_options.is_some() { "https" } else { "http" };
            let url = if address.contains("://") { address.clone() } else { format!("{scheme}://{address}") };
            connection.target = Url::parse(&url).map_err(|error| settings(&error))?;
        }
        if let Some(namespace) = &self.namespace {
            client.namespace.clone_from(namespace);
        }
        connection.connect_timeout.get_or_insert(Duration::from_secs(10));
        let address = connection.target.to_string();
        let unreachable = |why: String| EngineError::Unreachable { address: address.clone(), why };
        let connection =
            Connection::connect(connection).await.map_err(|error| unreachable(causes(&error)))?;
        Client::new(connection, client).map_err(|error| settings(&error))
    }
}

/// Writes an error with what caused it.
#[must_use]
pub fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let more = cause.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        source = cause.source();
    }
    text
}
