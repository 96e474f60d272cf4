//! The API's address, checked so that credentials are never sent unencrypted over a network.

use super::manifest::BASE_URL_FIELD;
use crate::error::{Error, Result};
use http::Uri;
use http::uri::Scheme;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The path of Cloudflare's API. Source: <https://developers.cloudflare.com/api/>.
const API_PATH: &str = "/client/v4";

/// A checked setting `base-url`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    /// `https`, or `http` on loopback.
    pub scheme: Scheme,
    /// The host and port as given.
    pub authority: String,
    /// The path without a slash at its end; may be empty.
    pub path: String,
}

impl BaseUrl {
    /// Parses an address. Accepts https for every host, and http for this machine's loopback.
    ///
    /// # Errors
    /// Fails with `invalid-settings` about `base-url`, and says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |why: &str| {
            Err(Error::setting(
                BASE_URL_FIELD,
                format!(
                    "base-url {why}. Give an address such as https://api.cloudflare.com/client/v4, or leave \
                     it out."
                ),
            ))
        };
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return wrong("has characters that an address can't have");
        }
        // The parser of URIs would silently drop a fragment.
        if text.contains(['#', '?', '@', '\\']) {
            return wrong("must be scheme, host, port and path only, without credentials, query or fragment");
        }
        let Ok(uri) = text.parse::<Uri>() else {
            return wrong("isn't an address (one of IPv6 stands in brackets, as in http://[::1]:8787)");
        };
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return wrong("needs a scheme and a host");
        };
        let port = authority.as_str().strip_prefix(authority.host());
        if authority.host().is_empty()
            || port.is_none_or(|port| !port.is_empty() && authority.port_u16().is_none())
        {
            return wrong("needs a host, and a port from 0 to 65535 after a colon");
        }
        if !is_host(authority.host()) {
            return wrong("has brackets around something that is no address of IPv6");
        }
        if uri.path().split('/').any(|segment| matches!(segment, "." | "..")) {
            return wrong("must not have . or .. in its path");
        }
        let allowed = *scheme == Scheme::HTTPS || *scheme == Scheme::HTTP && is_loopback(authority.host());
        if !allowed {
            return wrong(
                "must be https (or http on 127.0.0.1, [::1] or localhost): credentials must not travel \
                 in the clear",
            );
        }
        Ok(Self {
            scheme: scheme.clone(),
            authority: authority.as_str().to_owned(),
            path: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    /// Returns the address that may be meant, if this one doesn't have the path of Cloudflare's API once,
    /// at its end.
    pub fn meant(&self) -> Option<String> {
        let Self { scheme, authority, path } = self;
        let before = match path.split_once(API_PATH) {
            Some((_, "")) => return None,
            Some((before, _)) => before,
            None => path,
        };
        Some(format!("{scheme}://{authority}{}{API_PATH}", without_version(before)))
    }
}

/// Returns a path without a `client`, or the version of an API, at its end.
fn without_version(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some((before, last)) if last == "client" || is_version(last) => without_version(before),
        _ => path,
    }
}

fn is_version(segment: &str) -> bool {
    let number = segment.strip_prefix('v').unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the address between a host's brackets.
fn in_brackets(host: &str) -> Option<&str> {
    host.strip_prefix('[')?.strip_suffix(']')
}

/// Whether brackets have an address of IPv6 in them, as RFC 3986 has it in section 3.2.2.
fn is_host(host: &str) -> bool {
    in_brackets(host).is_none_or(|address| address.parse::<Ipv6Addr>().is_ok())
}

fn is_loopback(host: &str) -> bool {
    if let Some(v6) = in_brackets(host) {
        return v6.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback());
    }
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_everywhere_and_http_on_loopback_only() {
        for good in [
            "https://api.cloudflare.com/client/v4",
            "https://api.cloudflare.com/client/v4/",
            "https://proxy.corp.example:8443",
            "HTTPS://proxy.corp.example",
            "http://127.0.0.1:8080/client/v4",
            "http://127.1.2.3",
            "http://[::1]:8080",
            "http://[::1]",
            "http://[0:0:0:0:0:0:0:1]:8080/client/v4",
            "https://[2001:db8::1]/client/v4",
            "https://[2001:DB8::1]:8443/client/v4",
            "http://localhost:8080",
            "http://LOCALHOST",
        ] {
            assert!(BaseUrl::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "api.cloudflare.com",
            "/client/v4",
            "http://api.cloudflare.com",
            "http://127.0.0.1.evil.example",
            "http://127.1",
            "http://2130706433",
            "http://0.0.0.0",
            "http://[::ffff:10.0.0.1]",
            "http://[2001:db8::1]/client/v4",
            "http://::1:8787/client/v4",
            "https://2001:db8::1/client/v4",
            "https://[]/client/v4",
            "https://[::1/client/v4",
            "https://::1]/client/v4",
            "https://[api.cloudflare.com]/client/v4",
            "https://[127.0.0.1]/client/v4",
            "https://[fe80::1%25eth0]/client/v4",
            "https://[::1]8787/client/v4",
            "https://[::1]:/client/v4",
            "http://localhost.evil.example",
            "https://user:pass@api.cloudflare.com",
            "https://api.cloudflare.com@evil.example",
            "http://127.0.0.1@evil.example",
            "https://evil.example\\@api.cloudflare.com",
            "https://api.cloudflare.com?x=1",
            "https://api.cloudflare.com#x",
            "https://api.cloudflare.com/a/../b",
            "https://api.cloudflare.com:",
            "https://api.cloudflare.com:99999",
            "https://:443",
            "https://",
            "https:api.cloudflare.com",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
            "https://api.cloudflare.com/ x",
            "https://api.cloudfl\u{e4}re.com",
            "https://api.cloudflare.com\r\nX-Evil: 1",
        ] {
            let error = BaseUrl::parse(bad).expect_err(bad);
            assert_eq!(error.about.as_deref(), Some(BASE_URL_FIELD), "{bad}");
        }
    }

    #[test]
    fn a_slash_at_the_end_makes_no_difference() {
        let with = BaseUrl::parse("https://api.cloudflare.com/client/v4/").unwrap();
        assert_eq!(with, BaseUrl::parse("https://api.cloudflare.com/client/v4").unwrap());
        assert_eq!((with.authority.as_str(), with.path.as_str()), ("api.cloudflare.com", "/client/v4"));
    }

    #[test]
    fn the_path_of_the_api_is_known() {
        for (given, meant) in [
            ("https://api.cloudflare.com", Some("https://api.cloudflare.com/client/v4")),
            ("https://api.cloudflare.com/client", Some("https://api.cloudflare.com/client/v4")),
            ("https://api.cloudflare.com/client/v4/accounts", Some("https://api.cloudflare.com/client/v4")),
            ("https://api.cloudflare.com/client/v3", Some("https://api.cloudflare.com/client/v4")),
            ("https://api.cloudflare.com/v4", Some("https://api.cloudflare.com/client/v4")),
            ("https://api.cloudflare.com/v4/client", Some("https://api.cloudflare.com/client/v4")),
            ("https://api.cloudflare.com/client/v4/client/v4", Some("https://api.cloudflare.com/client/v4")),
            ("https://api.cloudflare.com/client/v3/client/v3/", Some("https://api.cloudflare.com/client/v4")),
            ("https://api.cloudflare.com/client/v40", Some("https://api.cloudflare.com/client/v4")),
            ("https://proxy.corp.example/vault", Some("https://proxy.corp.example/vault/client/v4")),
            ("https://proxy.corp.example/cf/v", Some("https://proxy.corp.example/cf/v/client/v4")),
            ("https://proxy.corp.example:8443/", Some("https://proxy.corp.example:8443/client/v4")),
            ("http://[::1]:8787/cf", Some("http://[::1]:8787/cf/client/v4")),
            ("https://api.cloudflare.com/client/v4", None),
            ("https://proxy.corp.example/cf/client/v4/", None),
        ] {
            assert_eq!(BaseUrl::parse(given).unwrap().meant().as_deref(), meant, "{given}");
        }
    }
}
