//! The export for HTTP: converts a request of wasi:http to one of [`crate::edge`], and sends the
//! answer as it is written.

use super::transport::WasiHttp;
use crate::cloudflare::cached::{Cache, Cached};
use crate::edge::{self, Answer, Environment, Head};
use std::cell::RefCell;
use std::env;
use std::io::{self, Read, Write};
use std::rc::Rc;
use waki::bindings::exports::wasi::http::incoming_handler;
use waki::bindings::wasi::http::types::{
    Fields, IncomingBody, IncomingRequest, Method, OutgoingBody, OutgoingResponse, ResponseOutparam,
};
use waki::bindings::wasi::io::streams::{InputStream, OutputStream, StreamError};

thread_local! {
    /// The answers that an instance keeps, where the host uses it for several requests.
    static CACHE: Rc<RefCell<Cache>> = Rc::default();
}

struct Edge;

#[allow(unsafe_code, reason = "generated: the canonical ABI's entry points")]
mod export {
    use super::Edge;
    use waki::bindings;
    bindings::export!(Edge with_types_in bindings);
}

impl incoming_handler::Guest for Edge {
    fn handle(request: IncomingRequest, to: ResponseOutparam) {
        let method = spelled(request.method());
        let target = request.path_with_query().unwrap_or_else(|| "/".to_owned());
        let headers = request.headers().entries().into_iter();
        let mut headers: Vec<_> = headers.map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        // A host of wasi:http keeps this header to itself, and tells what it says.
        if let Some(authority) =
            request.authority().filter(|_| headers.iter().all(|(name, _)| name != "host"))
        {
            headers.push(("host".to_owned(), authority.into_bytes()));
        }
        let mut body = Incoming::of(&request);
        let mut outgoing = Outgoing::Unbegun(Some(to));
        let asked = edge::Request { method: &method, target: &target, headers: &headers, body: &mut body };
        let environment = Environment::read(|name| env::var(name).ok());
        let transport = Cached::new(WasiHttp, CACHE.with(Rc::clone));
        if edge::serve(&environment, transport, asked, &mut outgoing, &mut io::stderr()).is_ok() {
            outgoing.finish();
        }
    }
}

fn spelled(method: Method) -> String {
    let known = match method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
        Method::Connect => "CONNECT",
        Method::Options => "OPTIONS",
        Method::Trace => "TRACE",
        Method::Patch => "PATCH",
        Method::Other(other) => return other,
    };
    known.to_owned()
}

/// A request's body.
struct Incoming {
    // A stream must be dropped before the body that it belongs to, so it is the first field.
    stream: Option<InputStream>,
    _body: Option<IncomingBody>,
}

impl Incoming {
    fn of(request: &IncomingRequest) -> Self {
        let body = request.consume().ok();
        Self { stream: body.as_ref().and_then(|body| body.stream().ok()), _body: body }
    }
}

impl Read for Incoming {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let Some(stream) = &self.stream else { return Ok(0) };
        match stream.blocking_read(to.len() as u64) {
            Ok(chunk) => {
                // The chunk is no longer than `to`.
                to.iter_mut().zip(&chunk).for_each(|(to, byte)| *to = *byte);
                Ok(chunk.len())
            }
            Err(StreamError::Closed) => Ok(0),
            Err(StreamError::LastOperationFailed(error)) => Err(io::Error::other(error.to_debug_string())),
        }
    }
}

/// An answer. Without [`Outgoing::finish`] a client sees that it was cut off.
enum Outgoing {
    Unbegun(Option<ResponseOutparam>),
    Begun { stream: OutputStream, body: OutgoingBody },
}

impl Outgoing {
    fn finish(self) {
        if let Outgoing::Begun { stream, body } = self {
            drop(stream);
            // It fails if the client has just gone.
            let _ = OutgoingBody::finish(body, None);
        }
    }
}

fn impossible(what: &str) -> io::Error {
    io::Error::other(format!("the host doesn't take {what}"))
}

fn closed(error: StreamError) -> io::Error {
    match error {
        StreamError::Closed => io::ErrorKind::BrokenPipe.into(),
        StreamError::LastOperationFailed(error) => io::Error::other(error.to_debug_string()),
    }
}

impl Answer for Outgoing {
    fn begin(&mut self, head: Head) -> io::Result<()> {
        let Outgoing::Unbegun(to) = self else { return Err(impossible("a second answer")) };
        let to = to.take().ok_or_else(|| impossible("a second answer"))?;
        let fields = Fields::new();
        for (name, value) in head.headers {
            fields.append(&name.to_owned(), &value.into_bytes()).map_err(|_| impossible(name))?;
        }
        let response = OutgoingResponse::new(fields);
        response.set_status_code(head.status).map_err(|()| impossible("this status"))?;
        let body = response.body().map_err(|()| impossible("a body"))?;
        ResponseOutparam::set(to, Ok(response));
        let stream = body.write().map_err(|()| impossible("a body"))?;
        *self = Outgoing::Begun { stream, body };
        Ok(())
    }
}

impl Write for Outgoing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Outgoing::Begun { stream, .. } = self else { return Err(impossible("a body before a head")) };
        loop {
            let room = stream.check_write().map_err(closed)?;
            if room > 0 {
                let room = usize::try_from(room).unwrap_or(usize::MAX);
                let (now, _) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
                stream.write(now).map_err(closed)?;
                return Ok(now.len());
            }
            stream.subscribe().block();
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Outgoing::Begun { stream, .. } => stream.blocking_flush().map_err(closed),
            Outgoing::Unbegun(_) => Ok(()),
        }
    }
}
