//! HTTP through wasi:http, with waki's bindings. waki's own client isn't enough: it sets one timeout
//! of three, sends one request at a time, and its `Response` doesn't report why a body ends.

use crate::cloudflare::pace;
use crate::cloudflare::transport::{Cut, Method, Request, Response, Transport, TransportError};
use http::uri;
use waki::bindings::wasi::clocks::monotonic_clock;
use waki::bindings::wasi::http::outgoing_handler;
use waki::bindings::wasi::http::types::{
    Fields, FutureIncomingResponse, OutgoingBody, OutgoingRequest, RequestOptions, Scheme, http_error_code,
};
use waki::bindings::wasi::io::poll::{Pollable, poll};
use waki::bindings::wasi::io::streams::{self, InputStream, StreamError};
use waki::{ErrorCode, Method as WasiMethod};

/// The time to connect, in nanoseconds.
const CONNECT_TIMEOUT: u64 = 10_000_000_000;
/// The time until the first byte of an answer, in nanoseconds. Cloudflare takes some time for a page
/// of 1,000 (inferred).
const FIRST_BYTE_TIMEOUT: u64 = 60_000_000_000;
/// The time until the whole head of an answer, in nanoseconds: a host may end the other timeouts at
/// the first byte, or not have them.
const HEAD_TIMEOUT: u64 = CONNECT_TIMEOUT + FIRST_BYTE_TIMEOUT + 10_000_000_000;
/// The time between two bytes of a body, in nanoseconds.
const BETWEEN_BYTES_TIMEOUT: u64 = 30_000_000_000;
/// The most memory that is reserved at once for a body of an announced length, in bytes.
const BELIEVED: usize = 8 << 20;
/// The most bytes of a body that are read at once.
const CHUNK: u64 = 1 << 16;
/// The bytes that are kept of a body that didn't come whole. A message quotes fewer.
const KEPT: usize = 1 << 12;
/// The most bytes that `blocking-write-and-flush` takes.
const MOST_WRITTEN: usize = 4096;

/// The host's wasi:http.
#[derive(Clone, Copy)]
pub struct WasiHttp;

impl Transport for WasiHttp {
    type Pending = FutureIncomingResponse;

    fn start(&self, request: Request) -> Result<Self::Pending, TransportError> {
        let invalid = || TransportError::Connection("the request can't be put together".to_owned());
        let fields = Fields::new();
        for (name, value) in &request.headers {
            fields.append(&(*name).to_owned(), &value.clone().into_bytes()).map_err(|_| invalid())?;
        }
        if let Some(body) = &request.body {
            let length = body.len().to_string().into_bytes();
            // Without a length the host would send the body in chunks.
            fields.append(&"content-length".to_owned(), &length).map_err(|_| invalid())?;
            fields
                .append(&"content-type".to_owned(), &b"application/json".to_vec())
                .map_err(|_| invalid())?;
        }
        let outgoing = OutgoingRequest::new(fields);
        let Request { method, scheme, authority, path_and_query, body: content, .. } = request;
        let method = match method {
            Method::Get => WasiMethod::Get,
            Method::Post => WasiMethod::Post,
            Method::Put => WasiMethod::Put,
            Method::Patch => WasiMethod::Patch,
            Method::Delete => WasiMethod::Delete,
        };
        let scheme = if scheme == uri::Scheme::HTTP { Scheme::Http } else { Scheme::Https };
        outgoing.set_method(&method).map_err(|()| invalid())?;
        outgoing.set_scheme(Some(&scheme)).map_err(|()| invalid())?;
        outgoing.set_authority(Some(&authority)).map_err(|()| {
            // A host can know fewer forms of addresses. preview2-shim 0.26.1 knows none of IPv6.
            TransportError::Connection("the host that runs this component refuses the address".to_owned())
        })?;
        outgoing.set_path_with_query(Some(&path_and_query)).map_err(|()| invalid())?;
        let options = RequestOptions::new();
        // A host that doesn't support a timeout applies its own.
        let _ = options.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let _ = options.set_first_byte_timeout(Some(FIRST_BYTE_TIMEOUT));
        let _ = options.set_between_bytes_timeout(Some(BETWEEN_BYTES_TIMEOUT));
        let body = outgoing.body().map_err(|()| invalid())?;
        let pending = outgoing_handler::handle(outgoing, Some(options)).map_err(|code| failure(&code))?;
        // If the body can't be sent, the error in place of an answer says why; or an answer comes
        // nevertheless.
        if content.is_none_or(|content| write(&body, content.as_bytes()).is_ok()) {
            let _ = OutgoingBody::finish(body, None);
        }
        Ok(pending)
    }

    fn finish(&self, pending: Self::Pending, limit: usize) -> Result<Response, TransportError> {
        let broken = |why: &str| TransportError::BrokenAnswer(why.to_owned());
        let until = self.now().saturating_add(HEAD_TIMEOUT);
        let answer = loop {
            match pending.get() {
                Some(answer) => break answer,
                None if !comes_before(&pending.subscribe(), until) => {
                    return Err(TransportError::Timeout("its head took too long".to_owned()));
                }
                None => {}
            }
        };
        let answer = answer.map_err(|()| broken("it was taken already"))?.map_err(|code| failure(&code))?;
        let status = answer.status();
        let headers = answer.headers().entries().into_iter();
        let headers: Vec<(String, String)> = headers
            .map(|(name, value)| (name.to_ascii_lowercase(), String::from_utf8_lossy(&value).into_owned()))
            .collect();
        let length = headers
            .iter()
            .find(|(name, _)| name == "content-length")
            .and_then(|(_, value)| value.parse().ok());
        let incoming = answer.consume().map_err(|()| broken("its body can't be read"))?;
        let stream = incoming.stream().map_err(|()| broken("its body can't be read"))?;
        // The announced length is used only as far as it is plausible.
        let mut body = Vec::with_capacity(length.unwrap_or(0).min(limit).min(BELIEVED));
        let Err(why) = read(&stream, &mut body, limit) else { return Ok(Response { status, headers, body }) };
        body.truncate(KEPT);
        body.shrink_to_fit();
        Err(TransportError::CutShort { why, came: Box::new(Response { status, headers, body }) })
    }

    fn now(&self) -> u64 {
        monotonic_clock::now()
    }

    fn wait(&self, milliseconds: u32) {
        monotonic_clock::subscribe_duration(u64::from(milliseconds) * 1_000_000).block();
    }
}

/// Waits for one of the two, and returns whether it is ready in time.
fn comes_before(ready: &Pollable, until: u64) -> bool {
    let late = monotonic_clock::subscribe_instant(until);
    poll(&[ready, &late]).contains(&0)
}

/// Reads a body to its end.
fn read(stream: &InputStream, body: &mut Vec<u8>, limit: usize) -> Result<(), Cut> {
    let began = monotonic_clock::now();
    let mut last = began;
    loop {
        let came = match stream.read(CHUNK) {
            Ok(chunk) if append(body, &chunk, limit) => !chunk.is_empty(),
            Ok(_) => return Err(Cut::TooLarge(limit)),
            Err(StreamError::Closed) => return Ok(()),
            Err(StreamError::LastOperationFailed(error)) => return Err(why_cut(&error)),
        };
        if came {
            last = monotonic_clock::now();
        }
        let slow = began.saturating_add(pace::time_for(body.len()));
        let late = last.saturating_add(BETWEEN_BYTES_TIMEOUT);
        if last > slow || !came && !comes_before(&stream.subscribe(), slow.min(late)) {
            return Err(if late < slow { Cut::Late } else { Cut::Slow });
        }
    }
}

/// Appends to a body, and returns whether it is within the limit; keeps no more than the limit.
/// The buffer doubles as it grows, up to the limit: at that moment the old buffer, the new one and
/// the ones that were given back before take twice the limit.
fn append(body: &mut Vec<u8>, chunk: &[u8], limit: usize) -> bool {
    let room = limit.saturating_sub(body.len());
    let (fits, rest) = chunk.split_at_checked(room).unwrap_or((chunk, &[]));
    if body.capacity() - body.len() < fits.len() {
        let most = body.len().max(fits.len()).min(room);
        body.reserve_exact(most);
    }
    body.extend_from_slice(fits);
    rest.is_empty()
}

fn write(body: &OutgoingBody, content: &[u8]) -> Result<(), ()> {
    let stream = body.write()?;
    content.chunks(MOST_WRITTEN).try_for_each(|chunk| stream.blocking_write_and_flush(chunk)).map_err(|_| ())
}

/// Returns the reason for which the rest of a body doesn't come. wasmtime 48 reports a timeout of a
/// body without a code, in words alone.
fn why_cut(error: &streams::Error) -> Cut {
    let late = match http_error_code(error) {
        Some(code) => matches!(code, ErrorCode::ConnectionReadTimeout | ErrorCode::HttpResponseTimeout),
        None => error.to_debug_string().to_ascii_lowercase().contains("timeout"),
    };
    if late { Cut::Late } else { Cut::Ended }
}

/// Puts a host's error code into words.
fn failure(code: &ErrorCode) -> TransportError {
    let timeout = |what: &str| TransportError::Timeout(what.to_owned());
    let broken = |what: &str| TransportError::BrokenAnswer(what.to_owned());
    let connection = |what: &str| TransportError::Connection(what.to_owned());
    let broken_off = |what: &str| TransportError::BrokenOff(what.to_owned());
    match code {
        ErrorCode::HttpRequestDenied => TransportError::Denied,
        ErrorCode::ConnectionTimeout => connection("connecting took too long"),
        ErrorCode::ConnectionReadTimeout | ErrorCode::HttpResponseTimeout => {
            timeout("its first byte took too long")
        }
        ErrorCode::ConnectionWriteTimeout => timeout("sending took too long"),
        ErrorCode::DnsTimeout => connection("looking up the host's name took too long"),
        ErrorCode::HttpResponseIncomplete => broken_off("it was closed before a whole head came"),
        ErrorCode::HttpProtocolError => broken("it isn't HTTP"),
        ErrorCode::HttpResponseHeaderSectionSize(_) | ErrorCode::HttpResponseHeaderSize(_) => {
            broken("its headers are too long")
        }
        ErrorCode::HttpResponseBodySize(_) => broken("its body is too long for the host"),
        ErrorCode::HttpResponseTransferCoding(_) | ErrorCode::HttpResponseContentCoding(_) => {
            broken("its encoding is broken")
        }
        ErrorCode::DnsError(_) => connection("the host's name can't be found"),
        ErrorCode::DestinationNotFound | ErrorCode::DestinationUnavailable => {
            connection("the host can't be reached")
        }
        ErrorCode::DestinationIpProhibited | ErrorCode::DestinationIpUnroutable => {
            connection("the address can't be reached")
        }
        ErrorCode::ConnectionRefused => connection("it was refused"),
        ErrorCode::ConnectionTerminated => broken_off("it was closed"),
        ErrorCode::ConnectionLimitReached => connection("the host sends no more requests at the moment"),
        // `wasmtime run` and `wasmtime serve` report a certificate that they don't trust so, too. Their
        // library has this code for a failed handshake alone, before a request is sent; it reports a
        // fault of a later record as `HttpProtocolError` (wasmtime-wasi-http 48, `p2_error_from_tls` and
        // `p2_error_from_hyper` in ctx.rs).
        ErrorCode::TlsProtocolError => connection(
            "encryption couldn't be agreed on, or the server's certificate isn't trusted by the host",
        ),
        // The request may have been sent already.
        ErrorCode::TlsAlertReceived(_) => broken_off("the server ended the encryption"),
        ErrorCode::TlsCertificateError => TransportError::Certificate,
        // The request may have been sent.
        ErrorCode::InternalError(Some(why)) => broken_off(&format!("the host says {why:?}")),
        ErrorCode::InternalError(None) | ErrorCode::ConfigurationError => broken_off("the host failed"),
        ErrorCode::LoopDetected => broken_off("it goes round in a loop"),
        ErrorCode::HttpUpgradeFailed => broken_off("the server wants another protocol"),
        ErrorCode::HttpResponseTrailerSectionSize(_) | ErrorCode::HttpResponseTrailerSize(_) => {
            broken_off("what follows its body is too long")
        }
        // The remaining codes are about the request.
        _ => broken_off("the host doesn't take the request as it is"),
    }
}
