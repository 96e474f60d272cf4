//! HTTP through wasi:http. waki's own client sets one timeout of three and sends one request at a time, so requests go out through its
//! bindings, and its `Response` reads what comes back.

use crate::cloudflare::transport::{Method, Request, Response, Transport, TransportError};
use http::uri;
use waki::bindings::wasi::http::outgoing_handler;
use waki::bindings::wasi::http::types::{
    Fields, FutureIncomingResponse, OutgoingBody, OutgoingRequest, RequestOptions, Scheme,
};
use waki::{ErrorCode, Method as WasiMethod};

/// Nanoseconds until the connection has to stand.
const CONNECT_TIMEOUT: u64 = 10_000_000_000;
/// Nanoseconds until the first byte of an answer: a page of 1,000 takes a while.
const FIRST_BYTE_TIMEOUT: u64 = 60_000_000_000;
/// Nanoseconds between two bytes of a body.
const BETWEEN_BYTES_TIMEOUT: u64 = 30_000_000_000;
/// Bytes that are taken at a time.
const CHUNK: u64 = 1 << 16;

/// The host's wasi:http.
pub struct WasiHttp;

impl Transport for WasiHttp {
    type Pending = FutureIncomingResponse;

    fn start(&self, request: Request) -> Result<Self::Pending, TransportError> {
        let invalid = || TransportError::Connection("the request can't be put together".to_owned());
        let fields = Fields::new();
        for (name, value) in &request.headers {
            fields.append(&(*name).to_owned(), &value.clone().into_bytes()).map_err(|_| invalid())?;
        }
        let outgoing = OutgoingRequest::new(fields);
        let Request { method, scheme, authority, path_and_query, .. } = request;
        let method = match method {
            Method::Get => WasiMethod::Get,
        };
        let scheme = if scheme == uri::Scheme::HTTP { Scheme::Http } else { Scheme::Https };
        outgoing.set_method(&method).map_err(|()| invalid())?;
        outgoing.set_scheme(Some(&scheme)).map_err(|()| invalid())?;
        outgoing.set_authority(Some(&authority)).map_err(|()| invalid())?;
        outgoing.set_path_with_query(Some(&path_and_query)).map_err(|()| invalid())?;
        let options = RequestOptions::new();
        // A host that doesn't know a timeout still has its own.
        let _ = options.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let _ = options.set_first_byte_timeout(Some(FIRST_BYTE_TIMEOUT));
        let _ = options.set_between_bytes_timeout(Some(BETWEEN_BYTES_TIMEOUT));
        let body = outgoing.body().map_err(|()| invalid())?;
        let pending = outgoing_handler::handle(outgoing, Some(options)).map_err(|code| failure(&code))?;
        OutgoingBody::finish(body, None).map_err(|code| failure(&code))?;
        Ok(pending)
    }

    fn finish(&self, pending: Self::Pending, limit: usize) -> Result<Response, TransportError> {
        let broken = |why: &str| TransportError::BrokenAnswer(why.to_owned());
        let answer = loop {
            match pending.get() {
                Some(answer) => break answer,
                None => pending.subscribe().block(),
            }
        };
        let answer = answer.map_err(|()| broken("it was taken already"))?.map_err(|code| failure(&code))?;
        let status = answer.status();
        let headers = answer.headers().entries().into_iter();
        let headers = headers
            .map(|(name, value)| (name.to_ascii_lowercase(), String::from_utf8_lossy(&value).into_owned()))
            .collect();
        let stream = waki::Response::try_from(answer).map_err(|_| broken("its body can't be read"))?;
        let mut body = Vec::new();
        loop {
            match stream.chunk(CHUNK) {
                Ok(Some(chunk)) => {
                    if body.len() + chunk.len() > limit {
                        return Err(TransportError::TooLarge(limit));
                    }
                    body.extend_from_slice(&chunk);
                }
                Ok(None) => return Ok(Response { status, headers, body }),
                Err(_) => return Err(broken("the connection ended within the body")),
            }
        }
    }
}

fn failure(code: &ErrorCode) -> TransportError {
    let why = || {
        // Its Debug names the code and what the host added to it.
        format!("{code:?}").trim_start_matches("ErrorCode::").to_owned()
    };
    match code {
        ErrorCode::HttpRequestDenied => TransportError::Denied,
        ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout
        | ErrorCode::DnsTimeout => TransportError::Timeout(why()),
        ErrorCode::HttpResponseIncomplete
        | ErrorCode::HttpProtocolError
        | ErrorCode::HttpResponseHeaderSectionSize(_)
        | ErrorCode::HttpResponseHeaderSize(_)
        | ErrorCode::HttpResponseBodySize(_)
        | ErrorCode::HttpResponseTransferCoding(_)
        | ErrorCode::HttpResponseContentCoding(_) => TransportError::BrokenAnswer(why()),
        _ => TransportError::Connection(why()),
    }
}
