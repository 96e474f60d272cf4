//! The requests besides GETs that a session may send, as data.

use http::{Method, Uri};
use std::fmt;

/// A request that may change something upstream: a method, and a path below the API's base.
///
/// A path is written as words and ids with one `/` between them. A word stands for itself; `{}`
/// stands for an id of 1 to 36 hexadecimal digits and dashes. No part stands for several segments.
///
/// | path | |
/// |---|---|
/// | `accounts/{}/members/{}` | `/accounts/0a1b/members/2c-3d`, `/api/v2/accounts/1/members/2` |
/// | `groups` | `/groups`, `/api/v1/groups` |
/// | `/groups`, `groups/`, `a//b`, `groups/..`, `groups?all`, `gro%75ps` | refused: not words and ids |
/// | `{}/members` | refused: the first part is a word, which ends the base |
/// | `groups/{id}`, `groups/*`, `groups/x-{}` | refused: the one placeholder is `{}`, a whole segment |
///
/// A word consists of ASCII letters, digits, `-`, `_` and `.`; `.` and `..` aren't words. Methods
/// are `POST`, `PUT`, `PATCH` and `DELETE`; a GET needs no route.
///
/// A request matches where its method is the same and its path is a base, then the route, and
/// nothing else: no query, no final slash, no escape. The base may be empty, or words that aren't
/// the route's first word. Servers disagree on the meaning of dots, empty segments and escapes in a
/// path, so a path that has any of them matches no route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WritableRoute {
    method: Method,
    first: String,
    rest: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Word(String),
    Id,
}

/// The reason why a method and a path are no route.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is no route to allow: {reason}")]
pub struct RouteError {
    given: String,
    reason: &'static str,
}

impl WritableRoute {
    /// Checks and makes a route.
    ///
    /// # Errors
    /// Fails if the method or the path has another form than this type's table allows.
    pub fn new(method: &str, path: &str) -> Result<WritableRoute, RouteError> {
        let refuse = |reason| RouteError { given: format!("{method} {path}"), reason };
        let method = match method {
            "POST" => Method::POST,
            "PUT" => Method::PUT,
            "PATCH" => Method::PATCH,
            "DELETE" => Method::DELETE,
            _ => return Err(refuse("its method is none of POST, PUT, PATCH and DELETE")),
        };
        let mut segments = path.split('/').map(|segment| match segment {
            "{}" => Ok(Segment::Id),
            word if is_word(word) => Ok(Segment::Word(word.to_owned())),
            _ => Err(refuse("its path is not words and {} with one / between them")),
        });
        let Some(Segment::Word(first)) = segments.next().transpose()? else {
            return Err(refuse("its path doesn't begin with a word"));
        };
        Ok(WritableRoute { method, first, rest: segments.collect::<Result<_, _>>()? })
    }

    /// Whether a request of this method to this address is one of this route's.
    pub(crate) fn matches(&self, method: &Method, uri: &Uri) -> bool {
        let segments: Vec<&str> = uri.path().split('/').skip(1).collect();
        let base = segments.iter().take_while(|segment| **segment != self.first).count();
        let (base, below) = segments.split_at(base);
        let [_first, rest @ ..] = below else { return false };
        *method == self.method
            && uri.query().is_none()
            && base.iter().all(|segment| is_word(segment))
            && rest.len() == self.rest.len()
            && self.rest.iter().zip(rest).all(|(part, segment)| part.matches(segment))
    }
}

impl fmt::Display for WritableRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.first)?;
        self.rest.iter().try_for_each(|segment| match segment {
            Segment::Word(word) => write!(f, "/{word}"),
            Segment::Id => f.write_str("/{}"),
        })
    }
}

impl Segment {
    fn matches(&self, segment: &str) -> bool {
        match self {
            Segment::Word(word) => word == segment,
            Segment::Id => is_id(segment),
        }
    }
}

fn is_word(segment: &str) -> bool {
    let of_words = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    segment.bytes().all(of_words) && !matches!(segment, "" | "." | "..")
}

fn is_id(segment: &str) -> bool {
    const LONGEST: usize = 36;
    let of_ids = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    (1..=LONGEST).contains(&segment.len()) && segment.bytes().all(of_ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(method: &str, path: &str) -> WritableRoute {
        WritableRoute::new(method, path).unwrap()
    }

    #[test]
    fn a_route_is_words_and_ids() {
        for (method, path) in [
            ("PUT", "accounts/{}/members/{}"),
            ("POST", "groups"),
            ("PATCH", "v2.1/Users/{}"),
            ("DELETE", "a_b-c/{}/{}"),
        ] {
            assert_eq!(route(method, path).to_string(), format!("{method} {path}"));
        }
        for method in ["GET", "HEAD", "OPTIONS", "CONNECT", "TRACE", "PURGE", "put", "PUT ", "", "*"] {
            let error = WritableRoute::new(method, "groups/{}").unwrap_err().to_string();
            assert!(error.contains("its method is none of"), "{method}: {error}");
        }
        for path in [
            "",
            "/",
            "/groups",
            "groups/",
            "groups//members",
            "./groups",
            "groups/..",
            "groups/../{}",
            "groups?all",
            "groups#all",
            "groups/{}?all",
            "gro%75ps",
            "groups;v=4",
            "groups\\members",
            "groups members",
            "gr\u{fc}n",
            "{}",
            "{}/members",
            "groups/{id}",
            "groups/{}{}",
            "groups/x-{}",
            "groups/{",
            "groups/*",
            "groups/**",
            "*",
            "https://evil.example/groups",
        ] {
            let error = WritableRoute::new("PUT", path).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{:?}", format!("PUT {path}"))), "{path}: {error}");
        }
    }

    #[test]
    fn a_route_matches_its_own_length_alone() {
        let matches = |route: &WritableRoute, path: &str| {
            let uri: Uri = format!("https://api.example.com{path}").parse().unwrap();
            route.matches(&route.method, &uri)
        };
        let collection = route("POST", "groups");
        for path in ["/groups", "/v1/groups", "/v1/groups-of/groups"] {
            assert!(matches(&collection, path), "{path}");
        }
        for path in ["", "/", "/groups/", "/groups/1", "/group", "/groups?x", "//groups", "/groups/groups"] {
            assert!(!matches(&collection, path), "{path}");
        }
        let member = route("DELETE", "groups/{}/members/{}");
        assert!(matches(&member, "/groups/0a/members/1b-2c"));
        for path in
            ["/groups/0a/members", "/groups/0a/members/1b/2c", "/groups/0a/1b/members/2c", "/0a/members/1b"]
        {
            assert!(!matches(&member, path), "{path}");
        }
    }
}
