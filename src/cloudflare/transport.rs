//! How requests reach the network: the one thing that the core needs from its host.

use std::fmt;

/// The HTTP method of a request to the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Adds an object, or runs an action.
    Post,
    /// Replaces an object.
    Put,
    /// Changes a part of an object.
    Patch,
    /// Removes an object.
    Delete,
}

impl Method {
    /// The method as HTTP spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

/// A request, complete but for the connection.
#[derive(Clone)]
pub struct Request {
    /// GET, or another method where something is written.
    pub method: Method,
    /// `https`, or `http` on loopback.
    pub scheme: http::uri::Scheme,
    /// The host and port.
    pub authority: String,
    /// The path and the query, beginning with a slash.
    pub path_and_query: String,
    /// Names in lower case, with values. They include credentials, so a request has no `Debug`.
    pub headers: Vec<(&'static str, String)>,
    /// JSON, where something is written.
    pub body: Option<String>,
}

/// An answer, its body read to the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case, with values.
    pub headers: Vec<(String, String)>,
    /// The body, at most as long as the limit that was given.
    pub body: Vec<u8>,
}

impl Response {
    /// The encoding of the body, if it has one. The client asks for none.
    pub fn encoding(&self) -> Option<&str> {
        let encoding = self.header("content-encoding").map(str::trim)?;
        (!encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity")).then_some(encoding)
    }

    /// The first header with this name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// The reason why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransportError {
    /// The connection couldn't be made: nothing was sent.
    Connection(String),
    /// The host doesn't trust the server's certificate: nothing was sent.
    Certificate,
    /// The connection broke before an answer: the request may have arrived.
    BrokenOff(String),
    /// One of the three timeouts ran out: connecting, the first byte, between two bytes.
    Timeout(String),
    /// The host doesn't let the component send this.
    Denied,
    /// The answer's head broke off, or it wasn't HTTP.
    BrokenAnswer(String),
    /// The body didn't come whole.
    CutShort {
        /// The reason.
        why: Cut,
        /// The part that came, with the beginning of the body.
        came: Box<Response>,
    },
}

/// The reason why the rest of a body is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The connection ended.
    Ended,
    /// Nothing more came for too long.
    Late,
    /// It comes, but so slowly that it has no end.
    Slow,
    /// It is longer than the limit, in bytes.
    TooLarge(usize),
}

impl TransportError {
    /// Whether the same request, sent on a new connection, may succeed at once. A body that came too
    /// slowly was waited for: the next one would come as slowly.
    pub fn is_passing(&self) -> bool {
        !self.is_lasting()
            && !self.is_slow()
            && !matches!(self, TransportError::CutShort { why: Cut::TooLarge(_), .. })
    }

    /// Whether a body came, too slowly to have an end.
    pub fn is_slow(&self) -> bool {
        matches!(self, TransportError::CutShort { why: Cut::Slow, .. })
    }

    /// Whether no request will succeed as long as nothing is changed here.
    pub fn is_lasting(&self) -> bool {
        matches!(self, TransportError::Denied | TransportError::Certificate)
    }

    /// Whether the request certainly didn't arrive.
    pub fn is_unsent(&self) -> bool {
        self.is_lasting() || matches!(self, TransportError::Connection(_))
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TransportError::Connection(why) => write!(f, "the connection failed ({why})"),
            TransportError::Certificate => f.write_str(
                "the server's certificate isn't trusted: it has expired, it is for another name, or its \
                 authority isn't known here",
            ),
            TransportError::BrokenOff(why) => write!(f, "the connection broke off ({why})"),
            TransportError::Timeout(why) => write!(f, "there was no answer in time ({why})"),
            TransportError::Denied => f.write_str("the host doesn't allow this request"),
            TransportError::BrokenAnswer(why) => write!(f, "the answer broke off or wasn't HTTP ({why})"),
            TransportError::CutShort { why, .. } => match why {
                Cut::Ended => f.write_str("the answer broke off (the connection ended within the body)"),
                Cut::Late => f.write_str("there was no answer in time (the rest of its body took too long)"),
                Cut::Slow => f.write_str("the answer comes too slowly (its body drips)"),
                Cut::TooLarge(limit) => write!(f, "the answer is longer than {limit} bytes"),
            },
        }
    }
}

/// Sends requests, in two steps, so that several can be under way at once.
///
/// A transport sets all three timeouts, follows no redirect, retries nothing, reads no body past the
/// limit, and waits for none that comes slower than `pace` allows.
pub trait Transport {
    /// A request that is under way.
    type Pending;

    /// Sends a request without waiting for its answer.
    ///
    /// # Errors
    /// The reason why it couldn't be sent.
    fn start(&self, request: Request) -> Result<Self::Pending, TransportError>;

    /// Waits for the answer and reads its body, of at most `limit` bytes.
    ///
    /// # Errors
    /// The reason why there is no answer.
    fn finish(&self, pending: Self::Pending, limit: usize) -> Result<Response, TransportError>;

    /// Nanoseconds on a clock that only goes forward, from any beginning.
    fn now(&self) -> u64;

    /// Does nothing for this many milliseconds.
    fn wait(&self, milliseconds: u32);
}
