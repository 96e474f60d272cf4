//! The connector as an HTTP service, for `wasmtime serve` and any other host of wasi:http.
//!
//! Plain Rust, over the core's [`Transport`]: [`serve`] is given one request and where its answer
//! goes. `openapi.json` says what each route takes and gives.

mod apply;
mod authentication;
mod body;
mod environment;
mod failure;
mod log;
mod manifest;
mod reply;
mod route;
mod stream;
mod validate;

pub use environment::Environment;

use crate::cloudflare::transport::Transport;
use crate::session::Session;
use crate::settings::manifest::VERSION;
use failure::{End, Failure};
use reply::Reply;
use route::Route;
use std::io::{self, Read, Write};

/// What a client asks.
pub struct Request<'a> {
    /// As HTTP spells it.
    pub method: &'a str,
    /// Path and query, as they were sent.
    pub target: &'a str,
    /// Names in lower case.
    pub headers: &'a [(String, Vec<u8>)],
    /// Read only as far as it is needed.
    pub body: &'a mut dyn Read,
}

/// What comes before an answer's body.
pub struct Head {
    /// HTTP's status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
}

/// Where an answer goes: its head first, once, and then its body piece by piece. What was flushed
/// is on its way to the client.
pub trait Answer: Write {
    /// Sends the head.
    ///
    /// # Errors
    /// Where the client is gone.
    fn begin(&mut self, head: Head) -> io::Result<()>;
}

/// Answers a request. What was refused or failed is told in a line on `log`.
///
/// # Errors
/// Where the answer couldn't be written to its end: a client that is gone.
pub fn serve<T: Transport>(
    environment: &Environment,
    transport: T,
    mut request: Request<'_>,
    answer: &mut impl Answer,
    log: &mut dyn Write,
) -> io::Result<()> {
    let (path, query) = match request.target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (request.target, None),
    };
    let route = Route::of(path);
    let asked =
        log::Asked { method: &environment.redacted(request.method), route: &route.shown(environment) };
    let mut reply = Reply::new(answer, request.method == "HEAD");
    let written = match run(environment, transport, &route, query, &mut request, &mut reply) {
        Ok(()) => Ok(()),
        Err(End::Failed(failure)) => {
            asked.failed(&failure, log);
            reply.fail(&failure)
        }
        Err(End::Gone(error)) => Err(error),
    };
    if let Err(error) = &written {
        asked.gone(error, log);
    }
    written
}

fn run<T: Transport, A: Answer>(
    environment: &Environment,
    transport: T,
    route: &Route<'_>,
    query: Option<&str>,
    request: &mut Request<'_>,
    reply: &mut Reply<'_, A>,
) -> Result<(), End> {
    if !route.is_public() {
        authentication::check(environment.token(), request.headers)?;
    }
    route.check_method(request.method)?;
    if !route.is_public() && query.is_some_and(|query| !query.is_empty()) {
        return Err(Failure::argument("query", "This route takes no parameters in its query.").into());
    }
    let session = || Ok::<_, Failure>(Session::new(environment.settings()?, transport));
    match route {
        Route::Health => Ok(reply.json(200, r#"{"status":"ok"}"#)?),
        Route::Manifest => Ok(reply.json(200, &manifest::json_text()?)?),
        Route::OpenApi => Ok(reply.json(200, &description())?),
        Route::Validate => {
            body::read::<validate::Asked>(request)?;
            validate::answer(&mut session()?, reply)
        }
        Route::Sync => {
            let asked = body::read(request)?;
            stream::sync(&mut session()?, asked, reply)
        }
        Route::Resource { .. } => {
            let (kind, id) = route.resource()?;
            stream::resource(&mut session()?, &kind, &id, reply)
        }
        Route::Apply => {
            environment.check_provisioning()?;
            let asked = body::read(request)?;
            apply::answer(&mut session()?, asked, reply)
        }
        Route::Unknown(_) => Err(Failure::no_such_path().into()),
    }
}

/// What `openapi.json` says, of this version.
fn description() -> String {
    include_str!("openapi.json").replacen("{version}", VERSION, 1)
}

#[cfg(test)]
mod tests;
