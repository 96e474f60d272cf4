//! One engine and one prepared component for all sessions of a process.

use crate::cache::{Cache, CacheOutcome};
use crate::client::Client;
use crate::config::Config;
use crate::connector::ConnectorPre;
use crate::contract::Manifest;
use crate::egress::Egress;
use crate::error::HostError;
use crate::guard::{Guarded, WriteGuard};
use crate::origin::Origin;
use crate::routes::WritableRoute;
use crate::sandbox;
use crate::session::{Instance, Session};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;
use wasmtime::Engine;

/// The setting that sends a connector elsewhere than its manifest's `origins`: a URL. A host that
/// serves several tenants must not take its value from a tenant.
pub const BASE_URL: &str = "base-url";

/// Runs one connector. It is cheap to clone, and its sessions are independent of each other.
#[derive(Clone)]
pub struct Host(Arc<Shared>);

struct Shared {
    connector: ConnectorPre,
    client: Arc<Client>,
    /// The client of guarded sessions.
    client_once: Arc<Client>,
    config: Config,
    cache_outcome: CacheOutcome,
    manifest: OnceCell<Manifest>,
}

impl Host {
    /// Compiles a component, or loads it from the cache.
    ///
    /// # Errors
    /// [`HostError::Component`] where the component is no connector, or imports more than a
    /// connector needs.
    pub async fn new(component: &[u8], config: Config) -> Result<Host, HostError> {
        let component = component.to_vec();
        let cache = config.cache.clone();
        let (connector, cache_outcome) = tokio::task::spawn_blocking(move || prepare(&component, &cache))
            .await
            .map_err(|error| HostError::Component(error.to_string()))?
            .map_err(|error| HostError::Component(format!("{error:#}")))?;
        Ok(Host(Arc::new(Shared {
            connector,
            client: Arc::new(Client::new(&config)),
            client_once: Arc::new(Client::that_sends_once(&config)),
            config,
            cache_outcome,
            manifest: OnceCell::new(),
        })))
    }

    /// Returns the connector's manifest. The connector is asked once, in a guest that can reach
    /// nothing.
    ///
    /// # Errors
    /// Fails if the connector traps or exceeds a limit.
    pub async fn describe(&self) -> Result<&Manifest, HostError> {
        let describe = || async { self.instance(Vec::new(), Vec::new(), None).await?.describe().await };
        self.0.manifest.get_or_try_init(describe).await
    }

    /// Opens a session that only reads: it sends GETs alone.
    ///
    /// # Errors
    /// The errors of [`Host::open_with`].
    pub async fn open(&self, auth_method: &str, settings: &[(String, String)]) -> Result<Session, HostError> {
        self.open_with(&[], auth_method, settings).await
    }

    /// Opens a session that sends GETs, and the requests of these routes. It reaches the origin of
    /// the setting [`BASE_URL`], or without that setting the origins of the manifest.
    ///
    /// # Errors
    /// The connector's `invalid-settings`; [`HostError::Origin`] where an origin can't be allowed;
    /// [`HostError::Proxy`] where the proxy of [`Config::proxy`] for it can't be used;
    /// [`HostError::Contract`] where the manifest names this machine.
    pub async fn open_with(
        &self,
        writable: &[WritableRoute],
        auth_method: &str,
        settings: &[(String, String)],
    ) -> Result<Session, HostError> {
        self.open_session(writable, None, auth_method, settings).await
    }

    /// Opens a session as [`Host::open_with`] does, whose guard is asked right before each of these
    /// requests leaves. A request waits for the guard with its whole body; between the guard's "yes" and
    /// the request is at most the time in which a connection is made, [`Limits::connect`](crate::Limits).
    ///
    /// # Errors
    /// The errors of [`Host::open_with`].
    pub async fn open_guarded(
        &self,
        writable: &[WritableRoute],
        guard: WriteGuard,
        auth_method: &str,
        settings: &[(String, String)],
    ) -> Result<Session, HostError> {
        self.open_session(writable, Some(guard), auth_method, settings).await
    }

    async fn open_session(
        &self,
        writable: &[WritableRoute],
        guard: Option<WriteGuard>,
        auth_method: &str,
        settings: &[(String, String)],
    ) -> Result<Session, HostError> {
        let base_url = settings.iter().find(|(name, _)| name == BASE_URL);
        let origins = match base_url {
            Some((_, url)) => match Origin::of_url(url) {
                Ok(origin) => vec![origin],
                // The connector has the best words for a wrong setting. Without an origin it
                // reaches nothing.
                Err(error) => {
                    self.open_to(Vec::new(), auth_method, settings).await?;
                    return Err(error.into());
                }
            },
            None => {
                let origins = &self.describe().await?.origins;
                let origins: Vec<Origin> =
                    origins.iter().map(|origin| origin.parse()).collect::<Result<_, _>>()?;
                // Only the operator of this machine may let a connector reach into it.
                if origins.iter().any(Origin::is_local) {
                    let what = "its manifest wants to reach this machine";
                    return Err(HostError::Contract { call: "describe", what });
                }
                origins
            }
        };
        let instance = self.instance(origins, writable.to_vec(), guard).await?;
        Session::open(instance, auth_method, settings).await
    }

    /// Opens a session that only reads, and from these origins alone, whatever its settings and its
    /// manifest say.
    ///
    /// # Errors
    /// The connector's `invalid-settings`; [`HostError::Proxy`] where the proxy that the environment
    /// names for an origin can't be used.
    pub async fn open_to(
        &self,
        origins: Vec<Origin>,
        auth_method: &str,
        settings: &[(String, String)],
    ) -> Result<Session, HostError> {
        let instance = self.instance(origins, Vec::new(), None).await?;
        Session::open(instance, auth_method, settings).await
    }

    /// Reports whether the compiled component came from the cache.
    #[must_use]
    pub fn cache_outcome(&self) -> &CacheOutcome {
        &self.0.cache_outcome
    }

    async fn instance(
        &self,
        origins: Vec<Origin>,
        writable: Vec<WritableRoute>,
        guard: Option<WriteGuard>,
    ) -> Result<Instance, HostError> {
        let Shared { connector, client, client_once, config, .. } = &*self.0;
        origins.iter().try_for_each(|origin| config.proxy.check(origin))?;
        let client = if guard.is_some() { client_once } else { client };
        let mut egress = Egress::new(origins, writable, Arc::clone(client), &config.limits);
        egress.guard = guard.map(|guard| Arc::new(Guarded::new(guard, &config.limits)));
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

/// Makes an engine whose guests are interrupted at each tick. The thread that ticks ends with the
/// last user of the engine.
pub(crate) fn ticking_engine() -> wasmtime::Result<Engine> {
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
