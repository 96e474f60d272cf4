//! The standalone component, served as `wasmtime serve -S cli` does it: an instance for each
//! request, with wasmtime's own WASI and its own HTTP client.

use host_test::STANDALONE;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::{AbortHandle, JoinError, JoinSet};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store, StoreLimits, StoreLimitsBuilder};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::p2::bindings::ProxyPre;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

/// The most memory of one request.
pub const MEMORY: usize = 24 << 20;

/// The running service.
pub struct Server {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

struct Shared {
    variables: Vec<(String, String)>,
    log: Option<MemoryOutputPipe>,
    calls: Mutex<JoinSet<wasmtime::Result<()>>>,
    /// The number of open connections.
    connections: watch::Sender<usize>,
}

struct State {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
    limits: StoreLimits,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: Default::default() }
    }
}

/// Compiles the service once.
fn service() -> &'static ProxyPre<State> {
    static SERVICE: OnceLock<ProxyPre<State>> = OnceLock::new();
    SERVICE.get_or_init(|| {
        let engine = Engine::default();
        let component = Component::new(&engine, STANDALONE).unwrap();
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker).unwrap();
        ProxyPre::new(linker.instantiate_pre(&component).unwrap()).unwrap()
    })
}

impl Server {
    /// Starts the service with these variables. Its standard error goes into `log`, or nowhere.
    pub async fn start(variables: Vec<(String, String)>, log: Option<MemoryOutputPipe>) -> Server {
        tokio::task::spawn_blocking(service).await.unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            variables,
            log,
            calls: Mutex::default(),
            connections: watch::Sender::default(),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared))).abort_handle();
        Server { address, shared, accepting }
    }

    /// Waits until no client is connected any more.
    pub async fn is_left(&self) {
        let mut connections = self.shared.connections.subscribe();
        connections.wait_for(|connections| *connections == 0).await.unwrap();
    }

    /// Waits until every request is finished, and asserts that none trapped.
    pub async fn settle(&self) {
        let mut calls = std::mem::take(&mut *self.shared.calls.lock().unwrap());
        while let Some(call) = calls.join_next().await {
            sound(call);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Asserts that a finished call didn't trap.
fn sound(call: Result<wasmtime::Result<()>, JoinError>) {
    call.unwrap().unwrap_or_else(|trap| panic!("{trap:?}"));
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        connections.spawn(converse(socket, Arc::clone(&shared)));
    }
}

async fn converse(socket: TcpStream, shared: Arc<Shared>) {
    shared.connections.send_modify(|connections| *connections += 1);
    let asked = Arc::clone(&shared);
    let answer = service_fn(move |request| answer(request, Arc::clone(&asked)));
    // A client may disconnect.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(socket), answer).await;
    shared.connections.send_modify(|connections| *connections -= 1);
}

async fn answer(
    request: hyper::Request<Incoming>,
    shared: Arc<Shared>,
) -> wasmtime::Result<hyper::Response<HyperOutgoingBody>> {
    let mut wasi = WasiCtx::builder();
    wasi.envs(&shared.variables);
    match &shared.log {
        Some(log) => wasi.stderr(log.clone()),
        None => wasi.stderr(tokio::io::empty()),
    };
    let wasi = wasi.build();
    let limits = StoreLimitsBuilder::new().memory_size(MEMORY).trap_on_grow_failure(true).build();
    let state = State { wasi, http: WasiHttpCtx::new(), table: ResourceTable::new(), limits };
    let mut store = Store::new(service().engine(), state);
    store.limiter(|state| &mut state.limits);
    let (sender, answered) = oneshot::channel();
    let request = store.data_mut().http().new_incoming_request(Scheme::Http, request)?;
    let to = store.data_mut().http().new_response_outparam(sender)?;
    {
        let mut calls = shared.calls.lock().unwrap();
        // Finished calls would keep memory until they are joined.
        while let Some(call) = calls.try_join_next() {
            sound(call);
        }
        calls.spawn(async move {
            let proxy = service().instantiate_async(&mut store).await?;
            proxy.wasi_http_incoming_handler().call_handle(store, request, to).await
        });
    }
    Ok(answered.await??)
}
