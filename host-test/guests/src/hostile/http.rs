//! Requests that a connector should never send.

use super::bindings::exports::iga::connector::{sync, types};
use super::{number, pages};
use std::collections::BTreeMap;
use std::fmt::Debug;
use waki::Method;
use waki::bindings::wasi::http::outgoing_handler;
use waki::bindings::wasi::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, OutgoingBody, OutgoingRequest, RequestOptions, Scheme,
};

type Page = Result<sync::Page, types::Error>;

/// The parts of a request. A part that is `-` is absent.
struct Parts<'a> {
    method: &'a str,
    scheme: &'a str,
    authority: &'a str,
    path: &'a str,
    /// `name: value`
    headers: &'a [&'a str],
}

impl<'a> Parts<'a> {
    fn of(arguments: &'a [&'a str]) -> Parts<'a> {
        let part = |at: usize| arguments.get(at).copied().unwrap_or("-");
        let headers = arguments.get(4..).unwrap_or_default();
        Parts { method: part(0), scheme: part(1), authority: part(2), path: part(3), headers }
    }

    /// Returns the request, or the part that the host refused.
    fn request(&self) -> Result<OutgoingRequest, String> {
        let fields = Fields::new();
        for header in self.headers {
            let (name, value) = header.split_once(": ").unwrap_or((header, ""));
            fields
                .append(&name.to_owned(), &value.as_bytes().to_vec())
                .map_err(|error| refused(&format!("header {name}"), error))?;
        }
        let request = OutgoingRequest::new(fields);
        request.set_method(&method(self.method)).map_err(|()| refused("method", ""))?;
        let scheme = given(self.scheme).map(|scheme| match scheme.as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => Scheme::Other(scheme),
        });
        request.set_scheme(scheme.as_ref()).map_err(|()| refused("scheme", ""))?;
        request.set_authority(given(self.authority).as_deref()).map_err(|()| refused("authority", ""))?;
        request.set_path_with_query(given(self.path).as_deref()).map_err(|()| refused("path", ""))?;
        Ok(request)
    }
}

fn refused(part: &str, why: impl Debug) -> String {
    format!("refused: {part} {why:?}")
}

fn given(part: &str) -> Option<String> {
    (part != "-").then(|| part.to_owned())
}

fn method(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "CONNECT" => Method::Connect,
        "OPTIONS" => Method::Options,
        "TRACE" => Method::Trace,
        "PATCH" => Method::Patch,
        other => Method::Other(other.to_owned()),
    }
}

fn send(request: OutgoingRequest) -> Result<FutureIncomingResponse, String> {
    outgoing_handler::handle(request, Some(RequestOptions::new())).map_err(name)
}

/// Returns the status, or the host's error.
fn outcome(pending: &FutureIncomingResponse) -> String {
    pending.subscribe().block();
    match pending.get() {
        Some(Ok(Ok(response))) => response.status().to_string(),
        Some(Ok(Err(code))) => name(code),
        Some(Err(())) | None => "nothing".to_owned(),
    }
}

fn name(code: ErrorCode) -> String {
    format!("{code:?}").trim_start_matches("ErrorCode::").to_owned()
}

/// Sends one request of these parts.
pub(super) fn one(arguments: &[&str]) -> Page {
    let sent = Parts::of(arguments).request().and_then(send);
    Ok(pages::saying([sent.map_or_else(|refused| refused, |pending| outcome(&pending))]))
}

/// Sends one request with its body finished. Hosts differ in how they treat a body that the guest
/// never asked for.
pub(super) fn ended(arguments: &[&str]) -> Page {
    let said = Parts::of(arguments).request().and_then(|request| {
        let body = request.body().map_err(|()| refused("body", ""))?;
        let pending = send(request)?;
        let _ = OutgoingBody::finish(body, None);
        Ok(outcome(&pending))
    });
    Ok(pages::saying([said.unwrap_or_else(|refused| refused)]))
}

/// Sends as many requests as the first argument says before it looks at an answer. Reports each
/// outcome with its count.
pub(super) fn at_once(arguments: &[&str]) -> Page {
    let parts = Parts::of(arguments.get(1..).unwrap_or_default());
    let sent: Vec<_> = (0..number(arguments)).map(|_| parts.request().and_then(send)).collect();
    Ok(counted(sent.into_iter().map(|sent| sent.map_or_else(|refused| refused, |pending| outcome(&pending)))))
}

/// Sends as many requests as the first argument says, one after the other.
pub(super) fn in_turn(arguments: &[&str]) -> Page {
    let parts = Parts::of(arguments.get(1..).unwrap_or_default());
    let sent = (0..number(arguments)).map(|_| parts.request().and_then(send));
    Ok(counted(sent.map(|sent| sent.map_or_else(|refused| refused, |pending| outcome(&pending)))))
}

/// Sends a request with a body that doesn't end, and reports the outcome, if there is one.
pub(super) fn body(arguments: &[&str]) -> Page {
    let said = Parts::of(arguments).request().and_then(|request| {
        let body = request.body().map_err(|()| refused("body", ""))?;
        let pending = send(request)?;
        let stream = body.write().map_err(|()| refused("stream", ""))?;
        while stream.blocking_write_and_flush(&[b'x'; 4096]).is_ok() {}
        drop(stream);
        let _ = OutgoingBody::finish(body, None);
        Ok(outcome(&pending))
    });
    Ok(pages::saying([said.unwrap_or_else(|refused| refused)]))
}

fn counted(outcomes: impl Iterator<Item = String>) -> sync::Page {
    let mut counts = BTreeMap::<String, usize>::new();
    for outcome in outcomes {
        *counts.entry(outcome).or_default() += 1;
    }
    pages::saying(counts.into_iter().map(|(outcome, count)| format!("{count} {outcome}")))
}
