//! The requests that may change something, by method and path. They have turns.

use http::Method;

/// The paths where a POST changes nothing at Cloudflare.
const READ_BY_POST: [&str; 3] = ["/v1/validate", "/v1/sync", "/.search"];
/// The beginnings of paths where a POST only brings facts with it.
const READ_BELOW: [&str; 2] = ["/v1/resources/", "/v1/principals/"];

/// Whether such a request may change something at Cloudflare. A plan that is asked for by POST counts: only
/// its body says that it is one.
pub(crate) fn may_change(method: &Method, path: &str) -> bool {
    match *method {
        Method::GET | Method::HEAD => false,
        Method::POST => {
            !READ_BY_POST.iter().any(|end| path.ends_with(end))
                && !READ_BELOW.iter().any(|start| path.starts_with(start))
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_can_write_has_a_turn() {
        for (method, path) in [
            (Method::POST, "/v1/apply"),
            (Method::POST, "/v1/steps"),
            (Method::POST, "/v1/offboard"),
            (Method::POST, "/scim/v2/Users"),
            (Method::PATCH, "/scim/v2/Groups/a1"),
            (Method::PUT, "/scim/v2/Users/a1"),
            (Method::DELETE, "/scim/v2/Users/.search"),
        ] {
            assert!(may_change(&method, path), "{method} {path}");
        }
        for (method, path) in [
            (Method::GET, "/scim/v2/Users"),
            (Method::HEAD, "/v1/manifest"),
            (Method::POST, "/v1/sync"),
            (Method::POST, "/v1/validate"),
            (Method::POST, "/v1/resources/group/a1"),
            (Method::POST, "/v1/principals/user/a1/held"),
            (Method::POST, "/scim/v2/.search"),
            (Method::POST, "/scim/v2/Groups/.search"),
        ] {
            assert!(!may_change(&method, path), "{method} {path}");
        }
    }
}
