//! An upstream in memory.

use cloudflare_zero_trust::cloudflare::transport::{Cut, Request, Response, Transport, TransportError};

/// A transport that answers each request by a function.
pub struct Memory<F>(pub F);

impl<F: Fn(&Request) -> Result<Response, TransportError>> Transport for Memory<F> {
    type Pending = Request;

    fn start(&self, request: Request) -> Result<Request, TransportError> {
        let path = request.path_and_query.as_str();
        let account = "/client/v4/accounts/0123456789abcdef0123456789abcdef";
        let below = ["/client/v4/user/tokens/", "/client/v4/memberships?", "/client/v4/accounts?"];
        let is_of_account =
            path.strip_prefix(account).is_some_and(|rest| matches!(rest.get(..1), None | Some("/")));
        assert!(is_of_account || below.iter().any(|root| path.starts_with(root)), "asked of {path}");
        assert!(!path.contains("..") && path.bytes().all(|byte| byte.is_ascii_graphic()), "asked of {path}");
        assert_eq!(request.authority, "api.cloudflare.com");
        Ok(request)
    }

    fn finish(&self, request: Request, limit: usize) -> Result<Response, TransportError> {
        let mut response = self.0(&request)?;
        if response.body.len() <= limit {
            return Ok(response);
        }
        response.body.truncate(limit);
        Err(TransportError::CutShort { why: Cut::TooLarge(limit), came: Box::new(response) })
    }

    fn now(&self) -> u64 {
        0
    }

    fn wait(&self, milliseconds: u32) {
        assert_eq!(milliseconds, 0, "these settings don't wait");
    }
}

/// An answer of the API without headers.
pub fn answer(status: u16, body: String) -> Result<Response, TransportError> {
    Ok(Response { status, headers: Vec::new(), body: body.into_bytes() })
}

/// A whole collection on one page.
pub fn page(items: &[&str]) -> Result<Response, TransportError> {
    let (count, items) = (items.len(), items.join(","));
    let info =
        format!(r#"{{"page":1,"per_page":1000,"count":{count},"total_count":{count},"total_pages":1}}"#);
    answer(
        200,
        format!(r#"{{"success":true,"errors":[],"messages":[],"result":[{items}],"result_info":{info}}}"#),
    )
}

/// An object.
pub fn one(item: &str) -> Result<Response, TransportError> {
    answer(200, format!(r#"{{"success":true,"errors":[],"messages":[],"result":{item}}}"#))
}

/// The answer for an object that doesn't exist.
pub fn none() -> Result<Response, TransportError> {
    answer(
        404,
        r#"{"success":false,"errors":[{"code":11000,"message":"not found"}],"messages":[],"result":null}"#
            .into(),
    )
}
