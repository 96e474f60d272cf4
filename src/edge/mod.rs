//! The connector as an HTTP service, for `wasmtime serve` and any other host of wasi:http.
//!
//! It is plain Rust over the core's [`Transport`]: [`serve`] takes one request and the way to its
//! client. Each interface has a module of its own, here `v1` and `scim`. The modules beside it are for all.

mod authentication;
mod body;
mod environment;
mod failure;
mod http;
mod log;
mod percent;
mod reply;
mod route;
mod scim;
mod scim_url;
mod switches;
mod v1;

pub use environment::{Environment, TOKENS, variables};
pub use http::{Answer, Head, Request};
pub use route::may_write;
pub use switches::check_switches;

use crate::cloudflare::cached::Cached;
use crate::cloudflare::transport::Transport;
use crate::scim::Remains;
use failure::{End, Failure};
use reply::Reply;
use route::Route;
use std::io::{self, Write};

/// Returns the description of SCIM's routes, as OpenAPI 3.1.
pub fn scim_description() -> serde_json::Value {
    scim::description()
}

/// Answers a request. A line on `log` reports a refusal or a failure. The transport's cache may hold what
/// earlier requests of the same instance have read.
///
/// # Errors
/// If the answer couldn't be written to its end, because the client is gone.
pub fn serve<T: Transport>(
    environment: &Environment,
    transport: Cached<T>,
    mut request: Request<'_>,
    answer: &mut impl Answer,
    log: &mut dyn Write,
) -> io::Result<()> {
    let (path, query) = match request.target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (request.target, None),
    };
    let route = Route::of(path);
    let method = environment.redacted(request.method);
    let entry = log::Entry { method: &method, route: &route.shown(environment) };
    let mut reply = Reply::new(answer, request.method == "HEAD");
    if matches!(route, Route::Scim(_)) {
        reply.speak_scim();
    }
    let mut remains = None;
    let written = match run(environment, transport, &route, query, &mut request, &mut reply, &mut remains) {
        Ok(()) => Ok(()),
        Err(End::Failed(failure)) => {
            entry.failed(&failure, remains.take().as_ref(), log);
            reply.fail(&failure)
        }
        Err(End::Gone(error)) => Err(error),
    };
    if let Some(remains) = remains {
        entry.remains(reply.status(), &remains, log);
    }
    if let Err(error) = &written {
        entry.gone(error, log);
    }
    written
}

fn run<T: Transport, A: Answer>(
    environment: &Environment,
    transport: Cached<T>,
    route: &Route<'_>,
    query: Option<&str>,
    request: &mut Request<'_>,
    reply: &mut Reply<'_, A>,
    remains: &mut Option<Remains>,
) -> Result<(), End> {
    match route {
        Route::Scim(_) => scim::check(environment, request.headers)?,
        _ if route.is_public() => {}
        _ => authentication::check(&authentication::CONNECTOR, environment.token(), request.headers)?,
    }
    route.check_method(request.method)?;
    if !route.is_public() && !matches!(route, Route::Scim(_)) && query.is_some_and(|query| !query.is_empty())
    {
        return Err(Failure::argument("query", "This route takes no parameters in its query.").into());
    }
    if route.may_write(request.method) {
        // What was read before it must not be told after it.
        transport.cache().take();
    }
    match route {
        Route::Health => Ok(reply.json(200, r#"{"status":"ok"}"#)?),
        Route::V1(route) => v1::answer(route, environment, transport, request, reply),
        Route::Scim(route) => scim::answer(route, environment, transport, query, request, reply, remains),
        Route::Unknown(_) => Err(Failure::no_such_path().into()),
    }
}

#[cfg(test)]
mod tests;
