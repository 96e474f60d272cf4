//! What a guest finds around it: the whole of what a connector can reach is linked here.

use super::egress::Egress;
use super::guest_log::GuestLog;
use super::http_bounds;
use super::limits::{Limits, MemoryLimiter};
use wasmtime::component::{Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::p2::bindings::{cli, random};
use wasmtime_wasi::random::{WasiRandom, WasiRandomView};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

/// One guest's world.
pub(super) struct Sandbox {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
    pub(super) egress: Egress,
    pub(super) memory: MemoryLimiter,
}

/// Everything that a component may import. It has no filesystem and no sockets to link to; a
/// component that wants them is refused before it runs.
pub(super) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Sandbox>> {
    let mut linker = Linker::new(engine);
    // io, clocks, http, random numbers and std's streams.
    wasmtime_wasi_http::p2::add_to_linker_async(&mut linker)?;
    http_bounds::add_to_linker(&mut linker)?;
    // What Rust's standard library imports beside them.
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

/// A store for one session.
pub(super) fn store(engine: &Engine, egress: Egress, limits: &Limits) -> Store<Sandbox> {
    let log = GuestLog::new();
    // A new context has no environment, arguments, files, sockets or input.
    let wasi = WasiCtx::builder().stdout(log.clone()).stderr(log).build();
    let mut table = ResourceTable::new();
    table.set_max_capacity(limits.handles);
    let memory = MemoryLimiter::new(limits.memory_bytes);
    let sandbox = Sandbox { wasi, http: http_bounds::context(), table, egress, memory };
    let mut store = Store::new(engine, sandbox);
    store.limiter(|sandbox| &mut sandbox.memory);
    store.set_hostcall_fuel(limits.data_bytes);
    store.set_max_component_handles(limits.handles);
    // At every tick a guest that computes lets others run, a deadline among them.
    store.set_epoch_deadline(1);
    store.epoch_deadline_async_yield_and_update(1);
    store
}

impl Sandbox {
    /// Lets go of what a session that is over still has under way: its requests, above all.
    pub(super) fn end(&mut self) {
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
