//! A request and its answer, free of any host.

use std::io::{self, Read, Write};

/// A client's request.
pub struct Request<'a> {
    /// The method as HTTP spells it.
    pub method: &'a str,
    /// The path and the query as they were sent.
    pub target: &'a str,
    /// The headers. Their names are in lower case.
    pub headers: &'a [(String, Vec<u8>)],
    /// The body. It is read only as far as it is needed.
    pub body: &'a mut dyn Read,
}

/// The part of an answer before its body.
pub struct Head {
    /// HTTP's status.
    pub status: u16,
    /// The headers. Their names are in lower case.
    pub headers: Vec<(&'static str, String)>,
}

/// The way to the client. It takes the head first, once, and then the body piece by piece. Bytes
/// that were flushed are on their way.
pub trait Answer: Write {
    /// Sends the head.
    ///
    /// # Errors
    /// If the client is gone.
    fn begin(&mut self, head: Head) -> io::Result<()>;
}
