//! The surroundings of a guest: everything that a connector can reach is linked here.

use crate::egress::Egress;
use crate::guest_log::GuestLog;
use crate::http_bounds;
use crate::limits::{Limits, MemoryLimiter};
use crate::request_log;
use wasmtime::component::{Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::p2::bindings::{cli, random};
use wasmtime_wasi::random::{WasiRandom, WasiRandomView};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

/// The state of one guest: its contexts, its way out, its memory.
pub(crate) struct Sandbox {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
    pub(crate) egress: Egress,
    pub(crate) memory: MemoryLimiter,
}

/// Links everything that a component may import. Files and sockets aren't linked; a component that
/// imports them is refused before it runs.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Sandbox>> {
    let mut linker = Linker::new(engine);
    // io, clocks, http, random numbers and std's streams.
    wasmtime_wasi_http::p2::add_to_linker_async(&mut linker)?;
    http_bounds::add_to_linker(&mut linker)?;
    request_log::add_to_linker(&mut linker)?;
    // Rust's standard library imports these too.
    cli::environment::add_to_linker::<_, WasiCli>(&mut linker, Sandbox::cli)?;
    cli::exit::add_to_linker::<_, WasiCli>(&mut linker, Sandbox::cli)?;
    cli::terminal_input::add_to_linker::<_, WasiCli>(&mut linker, Sandbox::cli)?;
    cli::terminal_output::add_to_linker::<_, WasiCli>(&mut linker, Sandbox::cli)?;
    cli::terminal_stdin::add_to_linker::<_, WasiCli>(&mut linker, Sandbox::cli)?;
    cli::terminal_stdout::add_to_linker::<_, WasiCli>(&mut linker, Sandbox::cli)?;
    cli::terminal_stderr::add_to_linker::<_, WasiCli>(&mut linker, Sandbox::cli)?;
    random::insecure_seed::add_to_linker::<_, WasiRandom>(&mut linker, Sandbox::random)?;
    Ok(linker)
}

/// Makes the store of one session.
pub(crate) fn store(engine: &Engine, egress: Egress, limits: &Limits) -> Store<Sandbox> {
    store_in(surroundings().build(), engine, egress, limits)
}

/// Prepares the context of a guest, whose prints go to the debug log. It has no environment, arguments,
/// files, sockets or input.
pub(crate) fn surroundings() -> WasiCtxBuilder {
    let log = GuestLog::new();
    let mut wasi = WasiCtx::builder();
    wasi.stdout(log.clone()).stderr(log);
    wasi
}

/// Makes the store of a guest with this context.
pub(crate) fn store_in(wasi: WasiCtx, engine: &Engine, egress: Egress, limits: &Limits) -> Store<Sandbox> {
    let mut table = ResourceTable::new();
    table.set_max_capacity(limits.handles);
    let memory = MemoryLimiter::new(limits.memory_bytes);
    let sandbox = Sandbox { wasi, http: http_bounds::context(), table, egress, memory };
    let mut store = Store::new(engine, sandbox);
    store.limiter(|sandbox| &mut sandbox.memory);
    store.set_hostcall_fuel(limits.data_bytes);
    store.set_max_component_handles(limits.handles);
    // At each tick a guest that computes yields, so that others run and deadlines pass.
    store.set_epoch_deadline(1);
    store.epoch_deadline_async_yield_and_update(1);
    store
}

impl Sandbox {
    /// Drops everything that the host keeps for a session that is over, above all its requests.
    pub(crate) fn end(&mut self) {
        self.table = ResourceTable::new();
    }
}

impl WasiView for Sandbox {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for Sandbox {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.egress, table: &mut self.table, ctx: &mut self.http }
    }
}
