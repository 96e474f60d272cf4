//! The routes under `/scim/v2`.

use crate::scim::Type;

/// The destination of a path under `/scim/v2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::edge) enum Route<'a> {
    /// The description of all others for programs.
    OpenApi,
    ServiceProviderConfig,
    ResourceTypes,
    /// One resource type, by its id as the path has it.
    ResourceType(&'a str),
    Schemas,
    /// One schema, by its URN as the path has it.
    Schema(&'a str),
    /// All resources of a type.
    All(Type),
    /// A search by POST among those of a type.
    SearchOf(Type),
    /// One resource, by its id as the path has it.
    One(Type, &'a str),
    /// A search by POST among resources of every type.
    Search,
    /// The person whom the token belongs to, which the standard has and this service doesn't.
    Me,
    /// Several requests in one, which the standard has and this service doesn't.
    Bulk,
    /// A path that leads nowhere.
    Unknown,
}

/// Returns the part of a path below the service, if it is below it.
pub(in crate::edge) fn below(path: &str) -> Option<&str> {
    let below = path.strip_prefix("/scim/v2")?;
    if below.is_empty() { Some(below) } else { below.strip_prefix('/') }
}

impl<'a> Route<'a> {
    /// Reads the part of a path below the service. A slash at its end makes no difference: people and
    /// libraries put one there, and no resource has an empty id.
    pub(in crate::edge) fn of(path: &'a str) -> Self {
        let path = path.strip_suffix('/').unwrap_or(path);
        let (first, rest) = match path.split_once('/') {
            Some((first, rest)) => (first, Some(rest)),
            None => (path, None),
        };
        let of = match first {
            "Users" => Some(Type::User),
            "Groups" => Some(Type::Group),
            "Roles" => Some(Type::Role),
            _ => None,
        };
        match (first, of, rest) {
            (_, _, Some(rest)) if rest.is_empty() || rest.contains('/') => Self::Unknown,
            (_, Some(of), None) => Self::All(of),
            (_, Some(of), Some(".search")) => Self::SearchOf(of),
            (_, Some(of), Some(id)) => Self::One(of, id),
            ("openapi.json", None, None) => Self::OpenApi,
            ("ServiceProviderConfig", None, None) => Self::ServiceProviderConfig,
            ("ResourceTypes", None, None) => Self::ResourceTypes,
            ("ResourceTypes", None, Some(id)) => Self::ResourceType(id),
            ("Schemas", None, None) => Self::Schemas,
            ("Schemas", None, Some(id)) => Self::Schema(id),
            (".search", None, None) => Self::Search,
            ("Me", None, None) => Self::Me,
            ("Bulk", None, None) => Self::Bulk,
            _ => Self::Unknown,
        }
    }

    /// Returns the path below the service with placeholders, for a log.
    pub(in crate::edge) fn path(&self) -> &'static str {
        match self {
            Self::OpenApi => "openapi.json",
            Self::ServiceProviderConfig => "ServiceProviderConfig",
            Self::ResourceTypes => "ResourceTypes",
            Self::ResourceType(_) => "ResourceTypes/{id}",
            Self::Schemas => "Schemas",
            Self::Schema(_) => "Schemas/{id}",
            Self::All(Type::User) => "Users",
            Self::All(Type::Group) => "Groups",
            Self::All(Type::Role) => "Roles",
            Self::SearchOf(Type::User) => "Users/.search",
            Self::SearchOf(Type::Group) => "Groups/.search",
            Self::SearchOf(Type::Role) => "Roles/.search",
            Self::One(Type::User, _) => "Users/{id}",
            Self::One(Type::Group, _) => "Groups/{id}",
            Self::One(Type::Role, _) => "Roles/{id}",
            Self::Search => ".search",
            Self::Me => "Me",
            Self::Bulk => "Bulk",
            Self::Unknown => "{path}",
        }
    }

    /// Whether such a request changes nothing.
    pub(in crate::edge) fn only_reads(&self, method: &str) -> bool {
        ["GET", "HEAD"].contains(&method)
            || matches!(self, Self::SearchOf(_) | Self::Search | Self::Me | Self::Bulk)
    }

    /// Returns the methods that the route takes.
    pub(in crate::edge) fn methods(&self) -> &'static [&'static str] {
        match self {
            Self::OpenApi
            | Self::ServiceProviderConfig
            | Self::ResourceTypes
            | Self::ResourceType(_)
            | Self::Schemas
            | Self::Schema(_)
            | Self::All(Type::Role)
            | Self::One(Type::Role, _) => &["GET", "HEAD"],
            Self::All(_) => &["GET", "HEAD", "POST"],
            Self::One(..) => &["GET", "HEAD", "PUT", "PATCH", "DELETE"],
            Self::SearchOf(_) | Self::Search => &["POST"],
            // Whatever is asked, the answer is the same.
            Self::Me | Self::Bulk => &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
            Self::Unknown => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_leads_to_its_route_and_no_other_does() {
        for (path, route) in [
            ("/scim/v2/ServiceProviderConfig", Route::ServiceProviderConfig),
            ("/scim/v2/openapi.json", Route::OpenApi),
            ("/scim/v2/ResourceTypes", Route::ResourceTypes),
            ("/scim/v2/ResourceTypes/User", Route::ResourceType("User")),
            ("/scim/v2/Schemas", Route::Schemas),
            ("/scim/v2/Schemas/urn:x", Route::Schema("urn:x")),
            ("/scim/v2/Users", Route::All(Type::User)),
            ("/scim/v2/Users/", Route::All(Type::User)),
            ("/scim/v2/Users/YUBi/", Route::One(Type::User, "YUBi")),
            ("/scim/v2/Groups/.search/", Route::SearchOf(Type::Group)),
            ("/scim/v2/Schemas/urn:x/", Route::Schema("urn:x")),
            ("/scim/v2/ServiceProviderConfig/", Route::ServiceProviderConfig),
            ("/scim/v2/Users/YUBi", Route::One(Type::User, "YUBi")),
            ("/scim/v2/Users/.search", Route::SearchOf(Type::User)),
            ("/scim/v2/Groups/.search", Route::SearchOf(Type::Group)),
            ("/scim/v2/Groups/g%31", Route::One(Type::Group, "g%31")),
            ("/scim/v2/Roles", Route::All(Type::Role)),
            ("/scim/v2/.search", Route::Search),
            ("/scim/v2/Me", Route::Me),
            ("/scim/v2/Me/", Route::Me),
            ("/scim/v2/Bulk", Route::Bulk),
        ] {
            assert_eq!(below(path).map(Route::of), Some(route), "{path}");
        }
        for path in [
            "/scim/v2",
            "/scim/v2/",
            "/scim/v2/users",
            "/scim/v2/Users//",
            "/scim/v2/Users/a//",
            "/scim/v2/Users/a/b",
            "/scim/v2/Users/a/b/",
            "/scim/v2//Users",
            "/scim/v2/Bulk/x",
            "/scim/v2/.search/x",
            "/scim/v2/ServiceProviderConfig/x",
        ] {
            assert_eq!(below(path).map(Route::of), Some(Route::Unknown), "{path}");
        }
        for path in ["/scim", "/scim/", "/scim/v1/Users", "/scim/v20/Users", "/v1/scim/v2/Users"] {
            assert_eq!(below(path), None, "{path}");
        }
    }
}
