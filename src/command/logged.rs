//! Requests and waits on standard error, for the program that has no host but its runtime. A line
//! names the route without the ids in it, because a secret may stand there by mistake. Of a query it
//! shows the page alone: a query can also hold a person's address.

use crate::cloudflare::transport::{Method, Request, Response, Transport, TransportError};
use crate::output::clean;

/// A transport that says what it does, if that is wanted.
#[derive(Clone, Copy)]
pub(super) struct Logged<T> {
    transport: T,
    is_on: bool,
}

/// A request that is under way.
pub(super) struct Pending<P> {
    pending: P,
    what: String,
    start: u64,
}

impl<T: Transport> Logged<T> {
    pub(super) const fn new(transport: T, is_on: bool) -> Self {
        Self { transport, is_on }
    }

    fn log(&self, line: impl FnOnce() -> String) {
        if self.is_on {
            eprintln!("debug: {}", line());
        }
    }

    fn ms_since(&self, start: u64) -> u64 {
        self.transport.now().saturating_sub(start) / 1_000_000
    }
}

impl<T: Transport> Transport for Logged<T> {
    type Pending = Pending<T::Pending>;

    fn start(&self, request: Request) -> Result<Self::Pending, TransportError> {
        let what = if self.is_on { route(request.method, &request.path_and_query) } else { String::new() };
        let start = self.transport.now();
        match self.transport.start(request) {
            Ok(pending) => {
                self.log(|| format!("{what}: sent"));
                Ok(Pending { pending, what, start })
            }
            Err(error) => {
                self.log(|| format!("{what}: {}", clean(&error.to_string())));
                Err(error)
            }
        }
    }

    fn finish(&self, of: Self::Pending, limit: usize) -> Result<Response, TransportError> {
        let Pending { pending, what, start } = of;
        let answer = self.transport.finish(pending, limit);
        self.log(|| {
            let ms = self.ms_since(start);
            match &answer {
                Ok(answer) => format!("{what}: {} after {ms} ms, {} bytes", answer.status, answer.body.len()),
                Err(error) => format!("{what}: {} after {ms} ms", clean(&error.to_string())),
            }
        });
        answer
    }

    fn now(&self) -> u64 {
        self.transport.now()
    }

    fn wait(&self, milliseconds: u32) {
        self.log(|| format!("waits {milliseconds} ms for Cloudflare"));
        self.transport.wait(milliseconds);
    }
}

/// Returns the method, the path without the ids in it, and the page that is asked for.
fn route(method: Method, path_and_query: &str) -> String {
    let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
    let is_word =
        |part: &str| part == "v4" || part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let parts: Vec<&str> = path.split('/').map(|part| if is_word(part) { part } else { "{id}" }).collect();
    let shown: Vec<&str> = query.split('&').filter(|part| is_shown(part)).collect();
    let question = if shown.is_empty() { "" } else { "?" };
    format!("{} {}{question}{}", method.as_str(), parts.join("/"), shown.join("&"))
}

/// Whether a part of a query says which page is asked for.
fn is_shown(part: &str) -> bool {
    part.split_once('=').is_some_and(|(name, value)| {
        matches!(name, "page" | "per_page") && value.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_names_no_object() {
        let path = "/client/v4/accounts/0123456789abcdef0123456789abcdef/access/groups?page=1&per_page=50";
        let expected = "GET /client/v4/accounts/{id}/access/groups?page=1&per_page=50";
        assert_eq!(route(Method::Get, path), expected);
        assert_eq!(route(Method::Put, "/members/canary-0f9e8d7c6b5a"), "PUT /members/{id}");
        let path = "/access/users?page=1&per_page=50&email=ann%40corp.example";
        assert_eq!(route(Method::Get, path), "GET /access/users?page=1&per_page=50");
        for query in ["email=12345", "page=ann%40corp.example", "page"] {
            assert_eq!(route(Method::Get, &format!("/members?{query}")), "GET /members");
        }
    }
}
