//! The routes of the service.

use super::environment::Environment;
use super::failure::Failure;
use super::scim;
use super::v1;
use crate::contract::ErrorKind;
use crate::credential;

/// Whether a request may change something at Cloudflare. A plan that is asked for by POST counts: only its
/// body says that it is one.
pub fn may_write(method: &str, path: &str) -> bool {
    Route::of(path).may_write(method)
}

/// The destination of a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route<'a> {
    Health,
    V1(v1::Route<'a>),
    Scim(scim::Route<'a>),
    /// A path that leads nowhere.
    Unknown(&'a str),
}

impl<'a> Route<'a> {
    pub(super) fn of(path: &'a str) -> Self {
        if path == "/healthz" {
            return Route::Health;
        }
        if let Some(below) = scim::below(path) {
            return Route::Scim(scim::Route::of(below));
        }
        let v1 = path.strip_prefix("/v1/").and_then(v1::Route::of);
        v1.map_or(Route::Unknown(path), Route::V1)
    }

    /// Whether the route is open to everybody.
    pub(super) fn is_public(&self) -> bool {
        match self {
            Route::Health => true,
            Route::V1(route) => route.is_public(),
            Route::Scim(_) | Route::Unknown(_) => false,
        }
    }

    /// Returns the route for a log: the path with placeholders, so that no resource is named. A path
    /// that leads nowhere is shortened, and isn't shown where it looks like a secret.
    pub(super) fn shown(&self, environment: &Environment) -> String {
        const LONGEST: usize = 100;
        const SECRET: &str = "a path that isn't shown: it could hold a secret";
        match self {
            Route::Health => "/healthz".to_owned(),
            Route::V1(route) => format!("/v1/{}", route.path()),
            Route::Scim(route) => format!("/scim/v2/{}", route.path()),
            Route::Unknown(path) if path.split('/').any(credential::is_in) => SECRET.to_owned(),
            Route::Unknown(path) => environment.redacted(path).chars().take(LONGEST).collect(),
        }
    }

    /// Whether such a request may change something.
    pub(super) fn may_write(&self, method: &str) -> bool {
        match self {
            Route::Health | Route::Unknown(_) => false,
            Route::V1(route) => route.may_write(method),
            Route::Scim(route) => route.methods().contains(&method) && !route.only_reads(method),
        }
    }

    pub(super) fn check_method(&self, method: &str) -> Result<(), Failure> {
        let allowed = match self {
            Route::Health => &["GET", "HEAD"],
            Route::V1(route) => route.methods(),
            Route::Scim(scim::Route::Unknown) | Route::Unknown(_) => return Ok(()),
            Route::Scim(route) => route.methods(),
        };
        if allowed.contains(&method) {
            return Ok(());
        }
        let message = format!("This path takes {}.", allowed.join(", "));
        Err(Failure::new(405, ErrorKind::Unsupported, message).header("allow", allowed.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_leads_to_its_route_and_no_other_does() {
        for (path, route) in [
            ("/healthz", Route::Health),
            ("/v1/manifest", Route::V1(v1::Route::Manifest)),
            ("/v1/openapi.json", Route::V1(v1::Route::OpenApi)),
            ("/v1/validate", Route::V1(v1::Route::Validate)),
            ("/v1/sync", Route::V1(v1::Route::Sync)),
            ("/v1/apply", Route::V1(v1::Route::Apply)),
            ("/v1/steps", Route::V1(v1::Route::Steps)),
            ("/v1/offboard", Route::V1(v1::Route::Offboard)),
            ("/v1/resources/user/u1", Route::V1(v1::Route::Resource { kind: "user", id: "u1" })),
            (
                "/v1/resources/email/a%2Fb%40c",
                Route::V1(v1::Route::Resource { kind: "email", id: "a%2Fb%40c" }),
            ),
            (
                "/v1/principals/email/ann%40corp.example/held",
                Route::V1(v1::Route::Held { kind: "email", id: "ann%40corp.example" }),
            ),
            ("/v1/principals/user/held/held", Route::V1(v1::Route::Held { kind: "user", id: "held" })),
        ] {
            assert_eq!(Route::of(path), route);
        }
        for path in [
            "",
            "/",
            "/healthz/",
            "//healthz",
            "/HEALTHZ",
            "/v1",
            "/v1/",
            "/v1/sync/",
            "/v1/resources",
            "/v1/resources/user",
            "/v1/resources/user/",
            "/v1/resources//u1",
            "/v1/resources/user/u1/",
            "/v1/resources/user/a/b",
            "/v1/principals",
            "/v1/principals/held",
            "/v1/principals/user/held",
            "/v1/principals/user//held",
            "/v1/principals//u1/held",
            "/v1/principals/user/u1",
            "/v1/principals/user/u1/",
            "/v1/principals/user/u1/held/",
            "/v1/principals/user/u1held",
            "/v1/principals/user/a/b/held",
            "/v1/%73ync",
            "/v1/manifest/../sync",
        ] {
            assert_eq!(Route::of(path), Route::Unknown(path));
        }
    }

    #[test]
    fn what_may_write_is_known_by_method_and_path() {
        for (method, path) in [
            ("POST", "/v1/apply"),
            ("POST", "/v1/steps"),
            ("POST", "/v1/offboard"),
            ("POST", "/scim/v2/Users"),
            ("PATCH", "/scim/v2/Groups/a1"),
            ("PUT", "/scim/v2/Users/a1"),
            ("DELETE", "/scim/v2/Users/a1"),
        ] {
            assert!(may_write(method, path), "{method} {path}");
        }
        for (method, path) in [
            ("GET", "/scim/v2/Users"),
            ("HEAD", "/v1/manifest"),
            ("POST", "/v1/sync"),
            ("POST", "/v1/validate"),
            ("POST", "/v1/resources/group/a1"),
            ("POST", "/v1/principals/user/a1/held"),
            ("POST", "/scim/v2/.search"),
            ("POST", "/scim/v2/Groups/.search"),
            // Nothing is there.
            ("POST", "/v1/apply/"),
            ("DELETE", "/scim/v2/Users/a1/b2"),
        ] {
            assert!(!may_write(method, path), "{method} {path}");
        }
    }

    #[test]
    fn another_method_hears_which_ones_there_are() {
        for (path, method, allowed) in [
            ("/healthz", "POST", "GET, HEAD"),
            ("/v1/resources/user/u1", "DELETE", "GET, HEAD, POST"),
            ("/v1/principals/user/u1/held", "PUT", "GET, HEAD, POST"),
            ("/v1/identities/wanted", "POST", "GET, HEAD"),
            ("/v1/sync", "GET", "POST"),
            ("/v1/apply", "HEAD", "POST"),
            ("/v1/apply", "post", "POST"),
            ("/v1/steps", "PATCH", "POST"),
            ("/v1/offboard", "DELETE", "POST"),
        ] {
            let failure = Route::of(path).check_method(method).unwrap_err();
            assert_eq!(
                (failure.status, failure.header),
                (405, Some(("allow", allowed.to_owned()))),
                "{method} {path}"
            );
        }
    }
}
