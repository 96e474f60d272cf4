//! The routes under `/v1`.

/// The destination of a path under `/v1`.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::edge) enum Route<'a> {
    Manifest,
    OpenApi,
    Validate,
    Sync,
    /// One resource. Its kind and id are as the path has them, percent-encoded.
    Resource {
        kind: &'a str,
        id: &'a str,
    },
    /// Everything that one principal holds.
    Held {
        kind: &'a str,
        id: &'a str,
    },
    Wanted,
    Apply,
    Steps,
    Offboard,
}

impl<'a> Route<'a> {
    /// Reads the part of a path after `/v1/`. Returns `None` if it leads nowhere.
    pub(in crate::edge) fn of(path: &'a str) -> Option<Self> {
        match path {
            "manifest" => Some(Route::Manifest),
            "openapi.json" => Some(Route::OpenApi),
            "validate" => Some(Route::Validate),
            "sync" => Some(Route::Sync),
            "identities/wanted" => Some(Route::Wanted),
            "apply" => Some(Route::Apply),
            "steps" => Some(Route::Steps),
            "offboard" => Some(Route::Offboard),
            _ => match path.strip_prefix("resources/") {
                Some(resource) => pair(resource).map(|(kind, id)| Route::Resource { kind, id }),
                None => pair(path.strip_prefix("principals/")?.strip_suffix("/held")?)
                    .map(|(kind, id)| Route::Held { kind, id }),
            },
        }
    }

    /// Whether the route is open to everybody.
    pub(in crate::edge) fn is_public(&self) -> bool {
        matches!(self, Route::Manifest)
    }

    /// Returns the path after `/v1/` as `openapi.json` has it, with placeholders.
    pub(in crate::edge) fn path(&self) -> &'static str {
        match self {
            Route::Manifest => "manifest",
            Route::OpenApi => "openapi.json",
            Route::Validate => "validate",
            Route::Sync => "sync",
            Route::Resource { .. } => "resources/{kind}/{id}",
            Route::Held { .. } => "principals/{kind}/{id}/held",
            Route::Wanted => "identities/wanted",
            Route::Apply => "apply",
            Route::Steps => "steps",
            Route::Offboard => "offboard",
        }
    }

    /// Whether such a request may change something. Elsewhere a POST only brings what a path has no room for.
    pub(in crate::edge) fn may_write(&self, method: &str) -> bool {
        matches!(self, Route::Apply | Route::Steps | Route::Offboard) && !["GET", "HEAD"].contains(&method)
    }

    /// Returns the methods that the route takes.
    pub(in crate::edge) fn methods(&self) -> &'static [&'static str] {
        match self {
            Route::Manifest | Route::OpenApi | Route::Wanted => &["GET", "HEAD"],
            // A body of facts needs a POST.
            Route::Resource { .. } | Route::Held { .. } => &["GET", "HEAD", "POST"],
            Route::Validate | Route::Sync | Route::Apply | Route::Steps | Route::Offboard => &["POST"],
        }
    }
}

/// Reads two parts of a path, both of which say something.
fn pair(path: &str) -> Option<(&str, &str)> {
    let (kind, id) = path.split_once('/')?;
    let is_pair = !kind.is_empty() && !id.is_empty() && !id.contains('/');
    is_pair.then_some((kind, id))
}
