//! Which path leads where.

use super::environment::Environment;
use super::failure::Failure;
use crate::contract::ErrorKind;

/// Where a path leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route<'a> {
    Health,
    Manifest,
    OpenApi,
    Validate,
    Sync,
    /// As they stand in the path.
    Resource {
        kind: &'a str,
        id: &'a str,
    },
    Apply,
    /// Nowhere; the path itself.
    Unknown(&'a str),
}

impl<'a> Route<'a> {
    pub(super) fn of(path: &'a str) -> Self {
        match path {
            "/healthz" => Route::Health,
            "/v1/manifest" => Route::Manifest,
            "/v1/openapi.json" => Route::OpenApi,
            "/v1/validate" => Route::Validate,
            "/v1/sync" => Route::Sync,
            "/v1/apply" => Route::Apply,
            _ => match path.strip_prefix("/v1/resources/").and_then(|rest| rest.split_once('/')) {
                Some((kind, id)) if !kind.is_empty() && !id.is_empty() && !id.contains('/') => {
                    Route::Resource { kind, id }
                }
                _ => Route::Unknown(path),
            },
        }
    }

    /// Whether anybody may ask.
    pub(super) fn is_public(&self) -> bool {
        matches!(self, Route::Health | Route::Manifest)
    }

    /// For a log: the path as the description has it, without whom it is about; or what leads
    /// nowhere.
    pub(super) fn shown(&self, environment: &Environment) -> String {
        const LONGEST: usize = 100;
        match self {
            Route::Health => "/healthz".to_owned(),
            Route::Manifest => "/v1/manifest".to_owned(),
            Route::OpenApi => "/v1/openapi.json".to_owned(),
            Route::Validate => "/v1/validate".to_owned(),
            Route::Sync => "/v1/sync".to_owned(),
            Route::Resource { .. } => "/v1/resources/{kind}/{id}".to_owned(),
            Route::Apply => "/v1/apply".to_owned(),
            Route::Unknown(path) => environment.redacted(path).chars().take(LONGEST).collect(),
        }
    }

    pub(super) fn check_method(&self, method: &str) -> Result<(), Failure> {
        let allowed: &[&str] = match self {
            Route::Health | Route::Manifest | Route::OpenApi | Route::Resource { .. } => &["GET", "HEAD"],
            Route::Validate | Route::Sync | Route::Apply => &["POST"],
            Route::Unknown(_) => return Ok(()),
        };
        if allowed.contains(&method) {
            return Ok(());
        }
        let message = format!("This path takes {}.", allowed.join(" and "));
        Err(Failure::new(405, ErrorKind::Unsupported, message).header("allow", allowed.join(", ")))
    }

    /// The kind and the id of the resource that is asked for.
    pub(super) fn resource(&self) -> Result<(String, String), Failure> {
        let Route::Resource { kind, id } = self else { return Err(Failure::no_such_path()) };
        let decoded = |name, text| {
            let wrong =
                || Failure::argument(name, format!("The {name} in the path isn't percent-encoded UTF-8."));
            percent_decoded(text).ok_or_else(wrong)
        };
        Ok((decoded("kind", kind)?, decoded("id", id)?))
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_leads_to_its_route_and_no_other_does() {
        for (path, route) in [
            ("/healthz", Route::Health),
            ("/v1/manifest", Route::Manifest),
            ("/v1/openapi.json", Route::OpenApi),
            ("/v1/validate", Route::Validate),
            ("/v1/sync", Route::Sync),
            ("/v1/apply", Route::Apply),
            ("/v1/resources/user/u1", Route::Resource { kind: "user", id: "u1" }),
            ("/v1/resources/email/a%2Fb%40c", Route::Resource { kind: "email", id: "a%2Fb%40c" }),
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
            "/v1/sync/",
            "/v1/resources",
            "/v1/resources/user",
            "/v1/resources/user/",
            "/v1/resources//u1",
            "/v1/resources/user/u1/",
            "/v1/resources/user/a/b",
            "/v1/%73ync",
            "/v1/manifest/../sync",
        ] {
            assert_eq!(Route::of(path), Route::Unknown(path));
        }
    }

    #[test]
    fn an_id_is_percent_decoded() {
        for (given, decoded) in [
            ("ann@corp.example", Some("ann@corp.example")),
            ("ann%40corp.example", Some("ann@corp.example")),
            ("a+b%2Bc", Some("a+b+c")),
            ("%C3%a9%25", Some("é%")),
            ("%", None),
            ("%4", None),
            ("%zz", None),
            ("%+4", None),
            ("%ff", None),
        ] {
            assert_eq!(percent_decoded(given).as_deref(), decoded, "{given}");
        }
        let failure = Route::of("/v1/resources/user/%ff").resource().unwrap_err();
        assert_eq!((failure.status, failure.error.about.as_deref()), (400, Some("id")));
    }

    #[test]
    fn another_method_hears_which_ones_there_are() {
        for (path, method, allowed) in [
            ("/healthz", "POST", "GET, HEAD"),
            ("/v1/resources/user/u1", "DELETE", "GET, HEAD"),
            ("/v1/sync", "GET", "POST"),
            ("/v1/apply", "HEAD", "POST"),
            ("/v1/apply", "post", "POST"),
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
