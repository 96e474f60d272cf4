//! A session: a connector at work for one account.

use crate::connector::{Connector, ConnectorPre};
use crate::contract::{
    self, Change, Comparison, Demand, ErrorKind, GroupFacts, Manifest, Options, Page, PushedFacts, Report,
    ResourceId, Validation, lifecycle,
};
use crate::error::{HostError, Limit};
use crate::limits::{Limits, MemoryExceeded};
use crate::network_failure::NetworkFailure;
use crate::sandbox::Sandbox;
use crate::traffic::TrafficReport;
use std::time::Instant;
use wasmtime::Store;
use wasmtime::component::{ResourceAny, ResourceTableError};

/// An instance of a connector, before it has a session.
pub(crate) struct Instance {
    store: Store<Sandbox>,
    connector: Connector,
    limits: Limits,
}

impl Instance {
    pub(crate) async fn new(
        connector: &ConnectorPre,
        mut store: Store<Sandbox>,
        limits: Limits,
    ) -> Result<Instance, HostError> {
        let connector = within(&limits, "instantiate", connector.instantiate(&mut store)).await?;
        Ok(Instance { store, connector, limits })
    }

    pub(crate) async fn describe(mut self) -> Result<Manifest, HostError> {
        let connection = &self.connector.connection;
        let call = connection.call_describe(&mut self.store);
        within(&self.limits, "describe", call).await
    }
}

/// Credentials, and the state that a connector keeps for them. It makes one call at a time. A call
/// that traps, exceeds a limit or is dropped half-way ends the session.
pub struct Session {
    instance: Instance,
    handle: ResourceAny,
    over: Option<String>,
}

/// Calls a function of the contract on the session's own handle. If the call fails, its error ends
/// the session.
macro_rules! call {
    (
        $session:ident, $name:literal, |$connector:ident| $interface:expr,
        $function:ident ( $($argument:expr),* )
    ) => {{
        $session.begin()?;
        let Instance { store, connector: $connector, limits } = &mut $session.instance;
        let outcome =
            within(limits, $name, $interface.$function(store, $session.handle $(, $argument)*)).await;
        $session.finish(outcome)
    }};
}

impl Session {
    pub(crate) async fn open(
        mut instance: Instance,
        auth_method: &str,
        settings: &[(String, String)],
    ) -> Result<Session, HostError> {
        let connection = &instance.connector.connection;
        let session = connection.session();
        let call = session.call_open(&mut instance.store, auth_method, settings);
        let handle = within(&instance.limits, "open", call).await??;
        Ok(Session { instance, handle, over: None })
    }

    /// Calls `connection.session.validate`.
    ///
    /// # Errors
    /// The connector's error about the credentials as a whole or the upstream, or the error that
    /// ends the session.
    pub async fn validate(&mut self) -> Result<Validation, HostError> {
        let validation =
            call!(self, "validate", |connector| connector.connection.session(), call_validate())?;
        validation.map_err(|error| self.explain(error))
    }

    /// Calls `sync.read`.
    ///
    /// # Errors
    /// The connector's error, or the error that ends the session.
    pub async fn read(&mut self, kinds: &[String], cursor: Option<&str>) -> Result<Page, HostError> {
        let page = call!(self, "read", |connector| connector.sync, call_read(kinds, cursor))?;
        with_sound_cursor("read", page.map_err(|error| self.explain(error))?)
    }

    /// Calls `sync.get`.
    ///
    /// # Errors
    /// The connector's error, or the error that ends the session.
    pub async fn get(&mut self, id: &ResourceId, cursor: Option<&str>) -> Result<Page, HostError> {
        let page = call!(self, "get", |connector| connector.sync, call_get(id, cursor))?;
        with_sound_cursor("get", page.map_err(|error| self.explain(error))?)
    }

    /// Calls `sync.held`.
    ///
    /// # Errors
    /// The connector's error, or the error that ends the session.
    pub async fn held(&mut self, principal: &ResourceId, cursor: Option<&str>) -> Result<Page, HostError> {
        let page = call!(self, "held", |connector| connector.sync, call_held(principal, cursor))?;
        with_sound_cursor("held", page.map_err(|error| self.explain(error))?)
    }

    /// Calls `identities.wanted`.
    ///
    /// # Errors
    /// The connector's error, or the error that ends the session.
    pub async fn wanted(&mut self) -> Result<Demand, HostError> {
        let demand = call!(self, "wanted", |connector| connector.identities, call_wanted())?;
        demand.map_err(|error| self.explain(error))
    }

    /// Calls `identities.learn`. A piece has at most 10,000 addresses.
    ///
    /// # Errors
    /// The connector's error, or the error that ends the session.
    pub async fn learn(&mut self, facts: &[GroupFacts]) -> Result<(), HostError> {
        let learned = call!(self, "learn", |connector| connector.identities, call_learn(facts))?;
        learned.map_err(|error| self.explain(error))
    }

    /// Calls `identities.pushed`: again while there is more.
    ///
    /// # Errors
    /// The connector's error, or the error that ends the session.
    pub async fn pushed(&mut self) -> Result<PushedFacts, HostError> {
        let part = call!(self, "pushed", |connector| connector.identities, call_pushed())?;
        part.map_err(|error| self.explain(error))
    }

    /// Calls `provision.apply`.
    ///
    /// # Errors
    /// [`HostError::Reader`], or the error that ends the session. The error of a single change is in
    /// the report.
    pub async fn apply(&mut self, changes: &[Change], options: &Options) -> Result<Report, HostError> {
        if self.instance.connector.provision.is_none() {
            return Err(HostError::Reader);
        }
        call!(
            self,
            "apply",
            |connector| connector.provision.as_ref().ok_or(HostError::Reader)?,
            call_apply(changes, options)
        )
    }

    /// Calls `verification.compare`.
    ///
    /// # Errors
    /// [`HostError::NoVerification`], the connector's error, or the error that ends the session.
    pub async fn compare(
        &mut self,
        subject: &ResourceId,
        cursor: Option<&str>,
    ) -> Result<Comparison, HostError> {
        if self.instance.connector.verification.is_none() {
            return Err(HostError::NoVerification);
        }
        let compared = call!(
            self,
            "compare",
            |connector| connector.verification.as_ref().ok_or(HostError::NoVerification)?,
            call_compare(subject, cursor)
        )?;
        let comparison = compared.map_err(|error| self.explain(error))?;
        check_cursor("compare", comparison.next.as_ref())?;
        Ok(comparison)
    }

    /// Calls `lifecycle.apply`.
    ///
    /// # Errors
    /// [`HostError::NoManager`], or the error that ends the session. The error of a single step is in
    /// the report.
    pub async fn apply_steps(
        &mut self,
        steps: &[lifecycle::Step],
        options: &lifecycle::Options,
    ) -> Result<lifecycle::Report, HostError> {
        if self.instance.connector.lifecycle.is_none() {
            return Err(HostError::NoManager);
        }
        call!(
            self,
            "apply",
            |connector| connector.lifecycle.as_ref().ok_or(HostError::NoManager)?,
            call_apply(steps, options)
        )
    }

    /// Calls `lifecycle.offboard`.
    ///
    /// # Errors
    /// [`HostError::NoManager`], the connector's error, or the error that ends the session. The error of
    /// a single part is in the result.
    pub async fn offboard(
        &mut self,
        person: &ResourceId,
        keep: &[String],
        options: &lifecycle::Options,
    ) -> Result<lifecycle::Offboarding, HostError> {
        if self.instance.connector.lifecycle.is_none() {
            return Err(HostError::NoManager);
        }
        let offboarding = call!(
            self,
            "offboard",
            |connector| connector.lifecycle.as_ref().ok_or(HostError::NoManager)?,
            call_offboard(person, keep, options)
        )?;
        offboarding.map_err(|error| self.explain(error))
    }

    /// Returns why the request of the latest call that failed last got no answer, where the host knows
    /// more of it than it could tell the connector. It may have been sent again, and answered then.
    /// [`HostError::Network`] has it already; a report of changes hasn't.
    #[must_use]
    pub fn network_failure(&self) -> Option<NetworkFailure> {
        self.instance.store.data().egress.last_failure.get()
    }

    /// Returns why the guard of this session said no, if it has. Since then the session has sent no request
    /// but GETs.
    #[must_use]
    pub fn guard_refusal(&self) -> Option<String> {
        self.instance.store.data().egress.guard.as_ref()?.refusal()
    }

    /// Adds to a connector's error what the host knows of the network.
    fn explain(&self, error: contract::Error) -> HostError {
        let is_unanswered = error.http_status.is_none()
            && matches!(error.kind, ErrorKind::Unavailable | ErrorKind::Indeterminate);
        match self.network_failure().filter(|_| is_unanswered) {
            Some(failure) => HostError::Network { error: Box::new(error), failure },
            None => error.into(),
        }
    }

    /// Reports the requests and bytes so far.
    #[must_use]
    pub fn traffic(&self) -> TrafficReport {
        self.instance.store.data().egress.traffic.report()
    }

    /// Reports the peak of the guest's memory so far, in bytes.
    #[must_use]
    pub fn memory_peak(&self) -> usize {
        self.instance.store.data().memory.peak()
    }

    /// Begins a call. Until [`Self::finish`], the session counts as over: a guest whose call was
    /// dropped can't be entered again.
    fn begin(&mut self) -> Result<(), HostError> {
        match &self.over {
            Some(reason) => Err(HostError::SessionOver(reason.clone())),
            None => {
                self.over = Some("a call was cut short".to_owned());
                self.instance.store.data().egress.last_failure.set(None);
                Ok(())
            }
        }
    }

    fn finish<T>(&mut self, outcome: Result<T, HostError>) -> Result<T, HostError> {
        self.over = outcome.as_ref().err().map(ToString::to_string);
        if self.over.is_some() {
            self.instance.store.data_mut().end();
        }
        outcome
    }
}

/// Runs a call up to its deadline. A guest that computes without an end is interrupted by epochs, so
/// that the deadline is noticed.
pub(crate) async fn within<T>(
    limits: &Limits,
    call: &'static str,
    work: impl Future<Output = wasmtime::Result<T>>,
) -> Result<T, HostError> {
    let start = Instant::now();
    let ended = tokio::time::timeout(limits.call, work).await;
    let ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(call, ms, "a call ended");
    let limit = match ended {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(error)) => match exceeded(&error, limits) {
            Some(limit) => limit,
            None => {
                tracing::debug!(call, "the guest trapped: {error:?}");
                return Err(HostError::Trap { call, reason: error.root_cause().to_string() });
            }
        },
        Err(_) => Limit::Time(limits.call),
    };
    Err(HostError::LimitExceeded { call, limit })
}

/// Returns the page if its cursor is sound.
fn with_sound_cursor(call: &'static str, page: Page) -> Result<Page, HostError> {
    check_cursor(call, page.next.as_ref())?;
    Ok(page)
}

/// Checks a cursor, which hosts store, against the contract's bounds.
fn check_cursor(call: &'static str, next: Option<&String>) -> Result<(), HostError> {
    const LONGEST: usize = 4 * 1024;
    let sound =
        |cursor: &String| cursor.len() <= LONGEST && cursor.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if next.is_none_or(sound) {
        return Ok(());
    }
    Err(HostError::Contract { call, what: "its cursor is longer than 4 KiB, or not printable ASCII" })
}

/// The limit that made wasmtime stop a guest, if the cause was a limit.
fn exceeded(error: &wasmtime::Error, limits: &Limits) -> Option<Limit> {
    if let Some(MemoryExceeded { limit }) = error.downcast_ref() {
        return Some(Limit::Memory(*limit));
    }
    if let Some(ResourceTableError::Full) = error.downcast_ref() {
        return Some(Limit::Handles(limits.handles));
    }
    // wasmtime has no public type for these, so their texts decide.
    let cause = error.root_cause().to_string();
    if cause.ends_with("fuel allocated for hostcalls has been exhausted") {
        return Some(Limit::Data(limits.data_bytes));
    }
    cause.ends_with("store handle limit exceeded").then_some(Limit::Handles(limits.handles))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Client;
    use crate::config::Config;
    use crate::egress::Egress;
    use crate::limits::Limits;
    use crate::{engine, sandbox};
    use std::sync::Arc;
    use std::time::Duration;
    use wasmtime::Module;

    /// `(func (export "f") (loop (br 0)))`
    const COMPUTES_FOREVER: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x05\x01\x01f\0\0\
        \x0a\x09\x01\x07\0\x03\x40\x0c\0\x0b\x0b";
    /// `(memory 1) (func (export "f") (loop (drop (memory.grow (i32.const 16))) (br 0)))`
    const GROWS_FOREVER: &[u8] =
        b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x05\x03\x01\0\x01\x07\x05\x01\x01f\0\0\
        \x0a\x0e\x01\x0c\0\x03\x40\x41\x10\x40\0\x1a\x0c\0\x0b\x0b";
    /// `(func (export "f") unreachable)`
    const TRAPS: &[u8] =
        b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x05\x01\x01f\0\0\x0a\x05\x01\x03\0\0\x0b";

    /// `(table 0 funcref) (func (export "f") (loop (br_if 0 (i32.ne (table.grow (ref.null func)
    /// (i32.const 1000)) (i32.const -1)))) unreachable)`
    const GROWS_A_TABLE: &[u8] =
        b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x04\x04\x01\x70\0\0\x07\x05\x01\x01f\0\0\
        \x0a\x15\x01\x13\0\x03\x40\xd0\x70\x41\xe8\x07\xfc\x0f\0\x41\x7f\x47\x0d\0\x0b\0\x0b";

    async fn run(module: &[u8]) -> HostError {
        let limits = Limits { memory_bytes: 16 << 20, call: Duration::from_millis(100), ..Limits::default() };
        let egress = Egress::new(Vec::new(), Vec::new(), Arc::new(Client::new(&Config::default())), &limits);
        let engine = engine::ticking_engine().unwrap();
        let mut store = sandbox::store(&engine, egress, &limits);
        let module = Module::new(&engine, module).unwrap();
        let instance = wasmtime::Instance::new_async(&mut store, &module, &[]).await.unwrap();
        let function = instance.get_typed_func::<(), ()>(&mut store, "f").unwrap();
        within(&limits, "f", function.call_async(&mut store, ())).await.unwrap_err()
    }

    #[tokio::test]
    async fn a_guest_that_computes_forever_is_stopped() {
        let error = run(COMPUTES_FOREVER).await;
        assert!(matches!(error, HostError::LimitExceeded { call: "f", limit: Limit::Time(_) }), "{error}");
    }

    #[tokio::test]
    async fn a_guest_that_grows_forever_is_stopped() {
        let error = run(GROWS_FOREVER).await;
        let limit = Limit::Memory(16 << 20);
        assert!(matches!(error, HostError::LimitExceeded { call: "f", limit: of } if of == limit), "{error}");
    }

    #[tokio::test]
    async fn a_table_that_grows_forever_is_refused() {
        let error = run(GROWS_A_TABLE).await;
        assert!(matches!(error, HostError::Trap { .. }), "{error}");
    }

    #[tokio::test]
    async fn a_trap_says_what_happened() {
        let error = run(TRAPS).await.to_string();
        assert!(error.contains("trapped in `f`") && error.contains("unreachable"), "{error}");
    }
}
