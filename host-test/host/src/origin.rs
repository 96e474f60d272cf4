//! The origins that a connector may send requests to.

use http::Uri;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// A scheme, a host and a port, compared exactly.
///
/// | given | read as |
/// |---|---|
/// | `https://api.example.com`, `https://API.example.com:443/` | `https://api.example.com:443` |
/// | `http://127.0.0.1:8080`, `http://[::1]:8080`, `http://localhost:8080` | itself |
/// | `https://[2001:db8::1]` | `https://[2001:db8::1]:443` |
/// | `http://api.example.com` | refused: credentials would travel in the clear |
/// | `https://user@api.example.com`, `https://api.example.com/v4`, `…?a`, `…#a` | refused |
/// | `https://*.example.com`, `api.example.com`, `ftp://api.example.com` | refused |
///
/// `http` is for loopback hosts only. Host names are compared in ASCII lower case; a name with a
/// final dot is another name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: Scheme,
    host: String,
    port: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Scheme {
    Http,
    Https,
}

/// The reason why a text is no origin that a connector can be allowed. The text isn't repeated: a
/// secret can stand in its place by mistake.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("requests can't be allowed to the address that was given: {reason}")]
pub struct OriginError {
    reason: &'static str,
}

impl Origin {
    /// Returns the origin of a URL, which may have a path.
    ///
    /// # Errors
    /// Fails if the URL isn't of the form `scheme://host[:port][/path]`, or if it has the scheme
    /// `http` and no loopback host.
    pub fn of_url(url: &str) -> Result<Origin, OriginError> {
        Self::parse(url, true)
    }

    /// Returns the origin that a request goes to, if it is of a form that can be allowed.
    pub(crate) fn of_request(uri: &Uri) -> Option<Origin> {
        Self::from_uri(uri).ok()
    }

    /// Whether the origin is on this machine.
    pub(crate) fn is_local(&self) -> bool {
        is_loopback(&self.host)
    }

    /// Whether requests to it are encrypted.
    pub(crate) fn is_https(&self) -> bool {
        self.scheme == Scheme::Https
    }

    fn parse(given: &str, path_allowed: bool) -> Result<Origin, OriginError> {
        let refuse = |reason| OriginError { reason };
        // `Uri` drops a fragment without an error.
        if given.contains(['?', '#']) {
            return Err(refuse("a query or fragment doesn't belong there"));
        }
        let uri: Uri = given.parse().map_err(|_| refuse("it is not scheme://host[:port]"))?;
        if !path_allowed && !matches!(uri.path(), "" | "/") {
            return Err(refuse("a path doesn't narrow what is allowed: leave it out"));
        }
        Self::from_uri(&uri).map_err(refuse)
    }

    fn from_uri(uri: &Uri) -> Result<Origin, &'static str> {
        let scheme = match uri.scheme_str() {
            Some("https") => Scheme::Https,
            Some("http") => Scheme::Http,
            Some(_) => return Err("the scheme is neither https nor http"),
            None => return Err("it is not scheme://host[:port]"),
        };
        let authority = uri.authority().ok_or("it has no host")?;
        if authority.as_str().contains('@') {
            return Err("a user name or password doesn't belong there");
        }
        let host = authority.host().to_ascii_lowercase();
        let unusual = |byte: u8| !(byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
        let is_name = !host.is_empty() && !host.bytes().any(unusual);
        if !is_name && in_brackets(&host).is_none() {
            return Err("its host is not a host name or an address");
        }
        let port = match authority.as_str().get(authority.host().len()..) {
            None | Some("") => scheme.default_port(),
            Some(_) => authority
                .port_u16()
                .filter(|port| *port != 0)
                .ok_or("its port is not a number from 1 to 65535")?,
        };
        if scheme == Scheme::Http && !is_loopback(&host) {
            return Err(
                "http is for loopback hosts only, or credentials would travel in the clear: use https",
            );
        }
        Ok(Origin { scheme, host, port })
    }
}

impl Scheme {
    fn default_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(given: &str) -> Result<Origin, OriginError> {
        Self::parse(given, false)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port != self.scheme.default_port() {
            write!(f, ":{}", self.port)?;
        }
        Ok(())
    }
}

/// Returns the address of a host that is written as one of IPv6.
fn in_brackets(host: &str) -> Option<Ipv6Addr> {
    host.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

fn is_loopback(host: &str) -> bool {
    let address = in_brackets(host).map(IpAddr::from).or_else(|| host.parse().ok());
    host == "localhost" || address.is_some_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_normalised() {
        for (given, read_as) in [
            ("https://api.example.com", "https://api.example.com"),
            ("https://API.Example.com:443/", "https://api.example.com"),
            ("https://api.example.com:8443", "https://api.example.com:8443"),
            ("HTTPS://api.example.com", "https://api.example.com"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://127.9.9.9", "http://127.9.9.9"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://[::1]", "http://[::1]"),
            ("https://[2001:DB8::1]:443", "https://[2001:db8::1]"),
            ("https://[2001:db8::1]:8443/", "https://[2001:db8::1]:8443"),
            ("http://localhost:80", "http://localhost"),
            ("https://192.0.2.7", "https://192.0.2.7"),
        ] {
            let origin: Origin = given.parse().unwrap();
            assert_eq!(origin.to_string(), read_as, "{given}");
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for given in [
            "",
            "api.example.com",
            "api.example.com:443",
            "//api.example.com",
            "/v4",
            "ftp://api.example.com",
            "file:///etc/passwd",
            "https://",
            "https://:443",
            "https://api.example.com:0",
            "https://api.example.com:65536",
            "https://api.example.com:",
            "https://api.example.com/v4",
            "https://api.example.com//",
            "https://api.example.com/?a=b",
            "https://api.example.com#fragment",
            "https://user@api.example.com",
            "https://user:secret@api.example.com",
            "https://api.example.com@evil.example",
            "https://*.example.com",
            "https://api.example.com\\@evil.example",
            "https://api.example.com evil.example",
            "https://\u{43a}.example",
            "http://api.example.com",
            "http://192.0.2.7",
            "http://0.0.0.0",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://[2001:db8::1]:80",
            "http://::1:80",
            "https://2001:db8::1",
            "https://[]",
            "https://[api.example.com]",
            "https://[127.0.0.1]",
            "https://[fe80::1%25eth0]",
            "https://[::1]:",
            "https://[::1]:0",
        ] {
            assert!(given.parse::<Origin>().is_err(), "{given}");
        }
    }

    #[test]
    fn an_error_repeats_no_secret() {
        for given in [
            "hunter2",
            "https://user:hunter2@api.example.com",
            "https://api.example.com/hunter2",
            "https://api.example.com?token=hunter2",
            "http://hunter2",
        ] {
            let error = given.parse::<Origin>().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn the_origin_of_a_url_leaves_its_path_out() {
        let origin = Origin::of_url("https://api.example.com/client/v4").unwrap();
        assert_eq!(origin, "https://api.example.com".parse().unwrap());
        let of_ipv6 = Origin::of_url("https://[2001:db8::1]/client/v4").unwrap();
        assert_eq!(of_ipv6, "https://[2001:db8::1]:443".parse().unwrap());
        assert!(!of_ipv6.is_local() && Origin::of_url("http://[::1]:8787/client/v4").unwrap().is_local());
        assert!(Origin::of_url("https://user@api.example.com/client/v4").is_err());
        assert!(Origin::of_url("https://api.example.com/client/v4?x").is_err());
        assert!(Origin::of_url("http://api.example.com/client/v4").is_err());
    }

    #[test]
    fn requests_match_only_the_same_scheme_host_and_port() {
        let allowed: Origin = "https://api.example.com".parse().unwrap();
        let matches = |url: &str| {
            url.parse().ok().and_then(|uri| Origin::of_request(&uri)).is_some_and(|origin| origin == allowed)
        };
        for url in [
            "https://api.example.com/client/v4/x?page=1",
            "https://api.example.com:443/",
            "https://API.EXAMPLE.COM/",
        ] {
            assert!(matches(url), "{url}");
        }
        for url in [
            "http://api.example.com/",
            "https://api.example.com:444/",
            "https://api.example.com./",
            "https://api.example.com.evil.example/",
            "https://evil.example/api.example.com",
            "https://user@api.example.com/",
            "https://example.com/",
            "/relative",
        ] {
            assert!(!matches(url), "{url}");
        }
    }
}
