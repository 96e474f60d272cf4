//! One engine and one prepared component for all of a process's sessions.

use super::cache::{Cache, CacheOutcome};
use super::client::Client;
use super::connector::ConnectorPre;
use super::contract::Manifest;
use super::egress::{Egress, Methods};
use super::error::HostError;
use super::limits::Limits;
use super::origin::Origin;
use super::sandbox;
use super::session::{Instance, Session};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;
use wasmtime::Engine;

/// The setting by which a connector is sent elsewhere than its manifest says.
const BASE_URL: &str = "base-url";

/// How a [`Host`] treats its guests.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// What each session may use up.
    pub limits: Limits,
    /// Where the compiled component is kept.
    pub cache: Cache,
}

/// Runs one connector. It is cheap to clone, and its sessions are independent of each other.
#[derive(Clone)]
pub struct Host(Arc<Shared>);

struct Shared {
    connector: ConnectorPre,
    client: Arc<Client>,
    config: Config,
    cache_outcome: CacheOutcome,
    manifest: OnceCell<Manifest>,
}

impl Host {
    /// Compiles a component, or takes it from the cache.
    ///
    /// # Errors
    /// [`HostError::Component`] where it is no connector, or imports what a connector has no use
    /// for.
    pub async fn new(component: &[u8], config: Config) -> Result<Host, HostError> {
        let component = component.to_vec();
        let cache = config.cache.clone();
        let (connector, cache_outcome) = tokio::task::spawn_blocking(move || prepare(&component, &cache))
            .await
            .map_err(|error| HostError::Component(error.to_string()))?
            .map_err(|error| HostError::Component(format!("{error:#}")))?;
        Ok(Host(Arc::new(Shared {
            connector,
            client: Arc::new(Client::new(config.limits.clone())),
            config,
            cache_outcome,
            manifest: OnceCell::new(),
        })))
    }

    /// What the connector is and needs. Asked once, in a guest that can reach nothing.
    ///
    /// # Errors
    /// Where the connector traps, or uses up its limits.
    pub async fn describe(&self) -> Result<&Manifest, HostError> {
        let describe = || async { self.instance(Vec::new(), Methods::ReadOnly).await?.describe().await };
        self.0.manifest.get_or_try_init(describe).await
    }

    /// Opens a session that reads: no request leaves it that could change anything.
    ///
    /// # Errors
    /// As [`Host::open_with`].
    pub async fn open(&self, auth_method: &str, settings: &[(String, String)]) -> Result<Session, HostError> {
        self.open_with(Methods::ReadOnly, auth_method, settings).await
    }

    /// Opens a session that can reach the origin of the `base-url` among its settings, else the
    /// manifest's origins, with these methods.
    ///
    /// # Errors
    /// The connector's `invalid-settings`; [`HostError::Origin`] where an origin is not one to
    /// allow; [`HostError::Contract`] where the manifest names this machine.
    pub async fn open_with(
        &self,
        methods: Methods,
        auth_method: &str,
        settings: &[(String, String)],
    ) -> Result<Session, HostError> {
        let base_url = settings.iter().find(|(name, _)| name == BASE_URL);
        let origins = match base_url {
            Some((_, url)) => match Origin::of_url(url) {
                Ok(origin) => vec![origin],
                // The connector says best what is wrong with a setting; with no origin it reaches nothing.
                Err(error) => {
                    self.open_to(Vec::new(), auth_method, settings).await?;
                    return Err(error.into());
                }
            },
            None => {
                let origins = &self.describe().await?.origins;
                let origins: Vec<Origin> =
                    origins.iter().map(|origin| origin.parse()).collect::<Result<_, _>>()?;
                // Only whoever runs this machine can say that a connector may reach into it.
                if origins.iter().any(Origin::is_local) {
                    let what = "its manifest wants to reach this machine";
                    return Err(HostError::Contract { call: "describe", what });
                }
                origins
            }
        };
        let instance = self.instance(origins, methods).await?;
        Session::open(instance, auth_method, settings).await
    }

    /// Opens a session that reads from these origins, whatever its settings and its manifest say.
    ///
    /// # Errors
    /// The connector's `invalid-settings`.
    pub async fn open_to(
        &self,
        origins: Vec<Origin>,
        auth_method: &str,
        settings: &[(String, String)],
    ) -> Result<Session, HostError> {
        let instance = self.instance(origins, Methods::ReadOnly).await?;
        Session::open(instance, auth_method, settings).await
    }

    /// Whether the compiled component came from the cache.
    #[must_use]
    pub fn cache_outcome(&self) -> &CacheOutcome {
        &self.0.cache_outcome
    }

    async fn instance(&self, origins: Vec<Origin>, methods: Methods) -> Result<Instance, HostError> {
        let Shared { connector, client, config, .. } = &*self.0;
        let egress = Egress::new(origins, methods, Arc::clone(client), &config.limits);
        let store = sandbox::store(connector.engine(), egress, &config.limits);
        Instance::new(connector, store, config.limits.clone()).await
    }
}

fn prepare(component: &[u8], cache: &Cache) -> wasmtime::Result<(ConnectorPre, CacheOutcome)> {
    let engine = ticking_engine()?;
    let (component, outcome) = cache.compile(&engine, component)?;
    let linked = sandbox::linker(&engine)?.instantiate_pre(&component)?;
    Ok((ConnectorPre::new(linked, &component)?, outcome))
}

/// An engine whose guests are interrupted at every tick. The thread that ticks ends with the last
/// user of the engine.
pub(super) fn ticking_engine() -> wasmtime::Result<Engine> {
    const TICK: Duration = Duration::from_millis(20);
    let mut config = wasmtime::Config::new();
    config.epoch_interruption(true);
    let engine = Engine::new(&config)?;
    let watched = engine.weak();
    let tick = move || {
        while let Some(engine) = watched.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    };
    std::thread::Builder::new().name("epochs".into()).spawn(tick)?;
    Ok(engine)
}
