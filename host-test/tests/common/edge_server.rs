//! The standalone component, served as `wasmtime serve -S cli` does it: an instance for each
//! request, or for several ones, with wasmtime's own WASI and its own HTTP client.

use host_test::STANDALONE;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::{AbortHandle, JoinError, JoinSet};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store, StoreLimits, StoreLimitsBuilder};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::p2::bindings::{Proxy, ProxyPre};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
    default_send_request,
};

/// The most memory of one instance.
pub const MEMORY: usize = 24 << 20;

/// The operator's choices for the service.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// The most requests of an instance, one after another, as `--max-instance-reuse-count` sets it.
    pub requests: u32,
    /// The longest that an answer of Cloudflare may be silent. Without it, the component's own limits count.
    pub silence: Option<Duration>,
}

impl Default for Manner {
    fn default() -> Manner {
        Manner { requests: 1, silence: None }
    }
}

/// The running service.
pub struct Server {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

struct Shared {
    variables: Vec<(String, String)>,
    log: Option<MemoryOutputPipe>,
    manner: Manner,
    /// The instances that wait for a request.
    idle: Mutex<Vec<Live>>,
    /// The number of instances that there have been.
    instances: AtomicUsize,
    calls: Mutex<JoinSet<wasmtime::Result<()>>>,
    /// The number of open connections.
    connections: watch::Sender<usize>,
}

/// An instance, or its store before it is made.
struct Live {
    store: Store<State>,
    proxy: Option<Proxy>,
    requests: u32,
}

struct State {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
    limits: StoreLimits,
    out: Out,
}

/// The way out. wasmtime's own client sends everything.
struct Out {
    silence: Option<Duration>,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.out }
    }
}

type Finished = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for Out {
    fn send_request(
        &mut self,
        request: hyper::Request<WasiBody>,
        options: Option<RequestOptions>,
        _request_failed: Finished,
    ) -> Box<dyn Future<Output = Result<(hyper::Response<WasiBody>, Finished), Error>> + Send> {
        let options = match self.silence {
            None => options,
            Some(silence) => Some(RequestOptions {
                first_byte_timeout: Some(silence),
                between_bytes_timeout: Some(silence),
                ..options.unwrap_or_default()
            }),
        };
        Box::new(async move {
            let (answer, rest) = default_send_request(request, options).await?;
            Ok((answer.map(BodyExt::boxed_unsync), Box::new(rest) as Finished))
        })
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
    pub async fn start(
        variables: Vec<(String, String)>,
        log: Option<MemoryOutputPipe>,
        manner: Manner,
    ) -> Server {
        tokio::task::spawn_blocking(service).await.unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            variables,
            log,
            manner,
            idle: Mutex::default(),
            instances: AtomicUsize::default(),
            calls: Mutex::default(),
            connections: watch::Sender::default(),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared))).abort_handle();
        Server { address, shared, accepting }
    }

    /// Returns the number of instances that there have been.
    pub fn instances(&self) -> usize {
        self.shared.instances.load(Ordering::Relaxed)
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
    let waiting = shared.idle.lock().unwrap().pop();
    let mut live = waiting.unwrap_or_else(|| fresh(&shared));
    live.requests += 1;
    let store = &mut live.store;
    let (sender, answered) = oneshot::channel();
    let request = store.data_mut().http().new_incoming_request(Scheme::Http, request)?;
    let to = store.data_mut().http().new_response_outparam(sender)?;
    {
        let mut calls = shared.calls.lock().unwrap();
        // Finished calls would keep memory until they are joined.
        while let Some(call) = calls.try_join_next() {
            sound(call);
        }
        let shared = Arc::downgrade(&shared);
        calls.spawn(async move {
            let proxy = match live.proxy.take() {
                Some(proxy) => proxy,
                None => service().instantiate_async(&mut live.store).await?,
            };
            proxy.wasi_http_incoming_handler().call_handle(&mut live.store, request, to).await?;
            live.proxy = Some(proxy);
            if let Some(shared) = shared.upgrade().filter(|shared| live.requests < shared.manner.requests) {
                shared.idle.lock().unwrap().push(live);
            }
            Ok(())
        });
    }
    Ok(answered.await??)
}

/// Prepares the store of a new instance.
fn fresh(shared: &Shared) -> Live {
    shared.instances.fetch_add(1, Ordering::Relaxed);
    let mut wasi = WasiCtx::builder();
    wasi.envs(&shared.variables);
    match &shared.log {
        Some(log) => wasi.stderr(log.clone()),
        None => wasi.stderr(tokio::io::empty()),
    };
    let state = State {
        wasi: wasi.build(),
        http: WasiHttpCtx::new(),
        table: ResourceTable::new(),
        limits: StoreLimitsBuilder::new().memory_size(MEMORY).trap_on_grow_failure(true).build(),
        out: Out { silence: shared.manner.silence },
    };
    let mut store = Store::new(service().engine(), state);
    store.limiter(|state| &mut state.limits);
    Live { store, proxy: None, requests: 0 }
}
