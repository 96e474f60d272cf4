//! A service: a component that answers HTTP requests (`wasi:http/incoming-handler`), in the same
//! surroundings as a connector, with an instance for each request, or with instances that are kept for
//! several ones.

use crate::asked::Asked;
use crate::cache::CacheOutcome;
use crate::client::Client;
use crate::config::Config;
use crate::egress::Egress;
use crate::engine::ticking_engine;
use crate::error::HostError;
use crate::guest_lines::GuestLines;
use crate::kept_instances::{KeepInstances, KeptInstances, Live};
use crate::network_failure::{LastFailure, NetworkFailure};
use crate::origin::Origin;
use crate::routes::WritableRoute;
use crate::sandbox::{self, Sandbox};
use crate::session::within;
use crate::traffic::{Traffic, TrafficReport};
use crate::turns::Turns;
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use wasmtime_wasi_http::p2::bindings::ProxyPre;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::{WasiBody, WasiHttpView};

/// The contract's word for the call that answers a request, in errors.
const HANDLE: &str = "handle";

/// Everything that a service is given besides the requests of its clients. It contains secrets, so it has
/// no `Debug`.
pub struct ServiceConfig {
    /// The configuration that a connector's host has, too. [`Limits::call`](crate::Limits::call) is the
    /// longest time of a request, from its head to the end of its answer.
    pub config: Config,
    /// The origins that the service may send requests to.
    pub origins: Vec<Origin>,
    /// The requests besides GETs that it may send there.
    pub writable: Vec<WritableRoute>,
    /// Its environment: these variables, and no other ones of this process.
    pub variables: Vec<(String, String)>,
    /// The most bytes of a client's body. The service sees a body that breaks off there.
    pub body_bytes: usize,
    /// The longest time that a client takes to send its body, while the service waits for it.
    pub body_time: Duration,
    /// The way in which instances are kept for further requests. With `None`, each request has an instance of
    /// its own, and sees nothing of the memory of others.
    pub keep: Option<KeepInstances>,
    /// Tells by method and path whether a client's request may change something. Such requests have turns:
    /// one sends its first request only when the ones before it are over, so that none overwrites what
    /// another has just written. With `None`, all requests run at the same time.
    pub takes_turns: Option<fn(&Method, &str) -> bool>,
}

/// Runs one service. It is cheap to clone.
#[derive(Clone)]
pub struct Service(Arc<Shared>);

struct Shared {
    proxy: ProxyPre<Sandbox>,
    client: Arc<Client>,
    given: ServiceConfig,
    kept: Arc<KeptInstances>,
    turns: Turns,
    cache_outcome: CacheOutcome,
}

/// The answer to a request, and what it cost.
pub struct Answer {
    /// The answer. Dropping its body before the end ends the instance.
    pub response: Response<AnswerBody>,
    /// The requests that it sends.
    pub cost: Cost,
}

/// The requests of one instance, also after its end.
#[derive(Clone)]
pub struct Cost {
    traffic: Arc<Traffic>,
    last_failure: Arc<LastFailure>,
}

impl Cost {
    /// Reports the requests and bytes so far.
    #[must_use]
    pub fn traffic(&self) -> TrafficReport {
        self.traffic.report()
    }

    /// Returns why the request that failed last got no answer, where the host knows more of it than it could
    /// tell the service. It may have been sent again, and answered then.
    #[must_use]
    pub fn network_failure(&self) -> Option<NetworkFailure> {
        self.last_failure.get()
    }
}

impl Service {
    /// Compiles a component, or loads it from the cache.
    ///
    /// # Errors
    /// [`HostError::Component`] where the component is no service, or imports more than a connector and the
    /// environment; [`HostError::Proxy`] where the proxy for one of the origins can't be used.
    pub async fn new(component: &[u8], given: ServiceConfig) -> Result<Service, HostError> {
        given.origins.iter().try_for_each(|origin| given.config.proxy.check(origin))?;
        let (component, cache) = (component.to_vec(), given.config.cache.clone());
        let prepare = move || -> wasmtime::Result<_> {
            let engine = ticking_engine()?;
            let (component, outcome) = cache.compile(&engine, &component)?;
            let linked = sandbox::linker(&engine)?.instantiate_pre(&component)?;
            Ok((ProxyPre::new(linked)?, outcome))
        };
        let (proxy, cache_outcome) = tokio::task::spawn_blocking(prepare)
            .await
            .map_err(|error| HostError::Component(error.to_string()))?
            .map_err(|error| HostError::Component(format!("{error:#}")))?;
        let client = Arc::new(Client::new(&given.config));
        let kept = KeptInstances::new(given.keep);
        let turns = Turns::new();
        Ok(Service(Arc::new(Shared { proxy, client, given, kept, turns, cache_outcome })))
    }

    /// Reports whether the compiled component came from the cache.
    #[must_use]
    pub fn cache_outcome(&self) -> &CacheOutcome {
        &self.0.cache_outcome
    }

    /// Answers a request with an instance that no other request has at the same time. `take_line` gets what
    /// the instance writes on its standard error, line by line. An instance whose answer is no longer awaited
    /// is ended: where this future or the answer's body is dropped.
    ///
    /// # Errors
    /// The trap or the limit that ended the instance before it answered; [`HostError::Contract`] where it
    /// ended without an answer, or where the request has no host. What ends it later is an error of the
    /// answer's body.
    pub async fn answer<B>(
        &self,
        is_encrypted: bool,
        request: Request<B>,
        take_line: impl Fn(&str) + Send + Sync + 'static,
    ) -> Result<Answer, HostError>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let given = &self.0.given;
        let takes_turns = given.takes_turns.is_some_and(|may| may(request.method(), request.uri().path()));
        let turn = takes_turns.then(|| self.0.turns.next());
        let request = request.map(|body| Asked::new(body, given.body_bytes, given.body_time));
        let mut live = self.0.kept.take().unwrap_or_else(|| self.fresh());
        live.begin(Arc::new(take_line), turn);
        let store = &mut live.store;
        let Egress { traffic, last_failure, .. } = &store.data().egress;
        let cost = Cost { traffic: Arc::clone(traffic), last_failure: Arc::clone(last_failure) };
        let (tell, told) = oneshot::channel();
        let scheme = if is_encrypted { Scheme::Https } else { Scheme::Http };
        let http = &mut store.data_mut().http();
        let asked = http.new_incoming_request(scheme, request).map_err(|_| broken("it has no host"))?;
        let to = http
            .new_response_outparam(tell)
            .map_err(|error| HostError::Trap { call: HANDLE, reason: error.root_cause().to_string() })?;
        let shared = Arc::clone(&self.0);
        let mut instance = Instance(tokio::spawn(async move {
            let handled = async {
                let proxy = match live.proxy.take() {
                    Some(proxy) => proxy,
                    None => shared.proxy.instantiate_async(&mut live.store).await?,
                };
                proxy.wasi_http_incoming_handler().call_handle(&mut live.store, asked, to).await?;
                Ok(proxy)
            };
            // An instance that trapped or took too long is gone with its store.
            live.proxy = Some(within(&shared.given.config.limits, HANDLE, handled).await?);
            shared.kept.put(live);
            Ok(())
        }));
        match told.await {
            Ok(Ok(response)) => {
                let response = response.map(|content| AnswerBody { content, rest: None, instance });
                Ok(Answer { response, cost })
            }
            Ok(Err(_)) => Err(broken("it answered with an error of its own")),
            Err(_) => {
                instance.ended().await?;
                Err(broken("it ended without an answer"))
            }
        }
    }

    /// Prepares the store of a new instance.
    fn fresh(&self) -> Live {
        let Shared { proxy, client, given, kept, .. } = &*self.0;
        let (origins, writable) = (given.origins.clone(), given.writable.clone());
        let mut egress = Egress::new(origins, writable, Arc::clone(client), &given.config.limits);
        egress.changes = given.keep.map(|_| kept.changes());
        let lines = GuestLines::new(Arc::new(|_| {}));
        let mut wasi = sandbox::surroundings();
        wasi.envs(&given.variables).stderr(lines.clone());
        let store = sandbox::store_in(wasi.build(), proxy.engine(), egress, &given.config.limits);
        kept.fresh(store, lines)
    }
}

fn broken(what: &'static str) -> HostError {
    HostError::Contract { call: HANDLE, what }
}

/// An instance at work. Dropping it ends it.
struct Instance(JoinHandle<Result<(), HostError>>);

impl Instance {
    async fn ended(&mut self) -> Result<(), HostError> {
        std::future::poll_fn(|context| self.poll_ended(context)).await
    }

    fn poll_ended(&mut self, context: &mut Context<'_>) -> Poll<Result<(), HostError>> {
        let ended = ready!(Pin::new(&mut self.0).poll(context));
        Poll::Ready(
            ended.unwrap_or_else(|error| Err(HostError::Trap { call: HANDLE, reason: error.to_string() })),
        )
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The body of an answer. It ends when its instance has ended: with an error if the instance trapped,
/// exceeded a limit, or left its answer unfinished.
pub struct AnswerBody {
    content: WasiBody,
    /// The end of the content, while the instance is still at work.
    rest: Option<Result<(), HostError>>,
    instance: Instance,
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = HostError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HostError>>> {
        let this = &mut *self;
        if this.rest.is_none() {
            match ready!(Pin::new(&mut this.content).poll_frame(context)) {
                Some(Ok(frame)) => return Poll::Ready(Some(Ok(frame))),
                Some(Err(_)) => this.rest = Some(Err(broken("it left its answer unfinished"))),
                None => this.rest = Some(Ok(())),
            }
        }
        let ended = ready!(this.instance.poll_ended(context));
        let rest = this.rest.take().unwrap_or(Ok(()));
        Poll::Ready(ended.and(rest).err().map(Err))
    }

    /// The end is known only once the instance has ended.
    fn is_end_stream(&self) -> bool {
        false
    }

    fn size_hint(&self) -> SizeHint {
        self.content.size_hint()
    }
}
