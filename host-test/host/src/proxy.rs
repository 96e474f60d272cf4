//! The proxy of a company's network: which one, and for which origins.
//!
//! Only origins of `https` are reached through it: `http` is for loopback hosts, and never leaves
//! this machine.

use crate::origin::Origin;
use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;
use std::env;
use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;

/// The variables that name a proxy. The first one that isn't empty counts, as with curl.
const URL_VARIABLES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
/// The variables that list the hosts that are reached without it.
const EXCEPT_VARIABLES: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// The way to origins of `https`: directly, which is the default, or through a proxy.
///
/// The proxy opens a tunnel (`CONNECT`). Encryption goes from end to end through it, so that the
/// proxy sees a host and a port, and nothing of a request. Its user name and its password are sent
/// to the proxy alone. They are in no error, in no log, and not in the output of `Debug`.
///
/// A hostile guest can't reach the proxy itself, and no tunnel leads to an origin that isn't
/// allowed.
#[derive(Clone, Default)]
pub struct Proxy(Option<Arc<Chosen>>);

struct Chosen {
    /// Says whether a host is exempt; and where there is no fault, which proxy it is.
    matcher: Matcher,
    fault: Option<ProxyError>,
}

/// The reason why an address is no proxy that can be used. The address isn't repeated: it may contain
/// a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{given} names no proxy that can be used: {reason}. Its form is http://proxy.example:3128, or \
     http://user:password@proxy.example:3128"
)]
pub struct ProxyError {
    given: &'static str,
    reason: &'static str,
}

/// A proxy, as the way to one origin.
#[derive(Clone)]
pub(crate) struct Via {
    /// `http://host:port` or `https://host:port`.
    pub(crate) address: Uri,
    /// The value of `Proxy-Authorization`.
    pub(crate) credentials: Option<HeaderValue>,
}

impl Via {
    /// The host and the port, as messages name the proxy.
    pub(crate) fn name(&self) -> &str {
        self.address.authority().map_or("", |authority| authority.as_str())
    }
}

impl Proxy {
    /// Makes the way through the proxy at a URL: `http://proxy.example:3128`, or `https://…` if the
    /// proxy itself is reached with TLS. A user name and a password stand before the host as
    /// `user:password@`, with signs such as `@`, `:` and `/` written as `%40`, `%3A` and `%2F`.
    ///
    /// `except` lists hosts that are reached without the proxy, in the form of `NO_PROXY`: names, which
    /// stand for their subdomains too, addresses, networks such as `10.0.0.0/8`, or `*` for every host,
    /// with commas or spaces between them.
    ///
    /// # Errors
    /// Fails if the URL is no address of a proxy.
    pub fn new(url: &str, except: &str) -> Result<Proxy, ProxyError> {
        const GIVEN: &str = "the URL of the proxy";
        let (address, fault) = (url.trim(), fault(url.trim()));
        match fault {
            Some(reason) => Err(ProxyError { given: GIVEN, reason }),
            None => Ok(Self::choose(address, except, None)),
        }
    }

    /// Makes the way that the environment of this process says: `HTTPS_PROXY`, or otherwise
    /// `ALL_PROXY`, and `NO_PROXY`. A name in lower case comes before the same one in upper case, and an
    /// empty variable counts as not set.
    ///
    /// A variable that can't be used is the error of the first session that would need it.
    #[must_use]
    pub fn from_env() -> Proxy {
        Self::from_variables(|name| env::var_os(name))
    }

    fn from_variables(read: impl Fn(&str) -> Option<OsString>) -> Proxy {
        let first = |names: &[&'static str]| {
            let set = names.iter().filter_map(|&name| Some((name, read(name)?)));
            set.into_iter().find(|(_, value)| !value.is_empty())
        };
        let Some((given, url)) = first(&URL_VARIABLES) else { return Proxy::default() };
        let except = first(&EXCEPT_VARIABLES).map(|(_, except)| except).unwrap_or_default();
        let except = except.to_string_lossy();
        let url = url.to_str().map(str::trim);
        let fault = url.map_or(Some("it isn't UTF-8"), fault).map(|reason| ProxyError { given, reason });
        Self::choose(url.unwrap_or_default(), &except, fault)
    }

    fn choose(url: &str, except: &str, fault: Option<ProxyError>) -> Proxy {
        // It is never connected to: it stands for an address that can't be used.
        const UNUSABLE: &str = "http://unusable.invalid";
        let Some(except) = readable(except) else { return Proxy::default() };
        let url = if fault.is_some() { UNUSABLE.to_owned() } else { without_empty_user(url) };
        let matcher = Matcher::builder().https(url).no(except).build();
        Proxy(Some(Arc::new(Chosen { matcher, fault })))
    }

    /// Checks that an origin can be reached in this way.
    pub(crate) fn check(&self, origin: &Origin) -> Result<(), ProxyError> {
        let Some(chosen) = &self.0 else { return Ok(()) };
        let uri: Option<Uri> = origin.to_string().parse().ok();
        let through = uri.is_some_and(|uri| chosen.matcher.intercept(&uri).is_some());
        match &chosen.fault {
            Some(fault) if through => Err(fault.clone()),
            _ => Ok(()),
        }
    }

    /// The proxy for a request to this address, if it doesn't go directly.
    pub(crate) fn for_request_to(&self, uri: &Uri) -> Option<Via> {
        let through = self.0.as_ref()?.matcher.intercept(uri)?;
        Some(Via { address: through.uri().clone(), credentials: through.basic_auth().cloned() })
    }
}

/// Shows where the way leads, and no credential.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_deref() {
            None => f.write_str("Proxy(direct)"),
            Some(Chosen { fault: Some(fault), .. }) => f.debug_tuple("Proxy").field(fault).finish(),
            // The output of the library's own type leaves credentials out.
            Some(Chosen { matcher, .. }) => f.debug_tuple("Proxy").field(matcher).finish(),
        }
    }
}

impl fmt::Debug for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Via").field(&self.address).finish()
    }
}

/// Returns the fault of a proxy's address. The library takes the most of them for no proxy, and a
/// request would go past it.
fn fault(url: &str) -> Option<&'static str> {
    const NO_URL: &str =
        "it is no URL (in a user name or a password, write %40 for @, %3A for :, %2F for / and so on)";
    let Ok(uri) = url.parse::<Uri>() else { return Some(NO_URL) };
    match uri.scheme_str() {
        Some("http" | "https") | None => {}
        Some(scheme) if scheme.starts_with("socks") => return Some("a SOCKS proxy is not supported"),
        Some(_) => return Some("its scheme is neither http nor https"),
    }
    let Some(authority) = uri.authority() else { return Some("it has no host") };
    // A sign such as `/` in a password ends the part that should have the host. With two `@` the
    // library would take a part of the password for the host.
    if url.matches('@').count() != usize::from(authority.as_str().contains('@')) {
        return Some(NO_URL);
    }
    if authority.host().is_empty() {
        return Some("it has no host");
    }
    if !matches!(uri.path(), "" | "/") || uri.query().is_some() || url.contains('#') {
        return Some("a path, a query or a fragment doesn't belong there, and a PAC file is not supported");
    }
    let (user, place) = authority.as_str().rsplit_once('@').unwrap_or(("", authority.as_str()));
    let user = user.split(':').next().unwrap_or_default();
    if user.to_ascii_lowercase().contains("%3a") {
        // RFC 7617, section 2.
        return Some("a user name can't contain a colon");
    }
    let port = place.get(authority.host().len()..).unwrap_or_default();
    let is_number = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    if !port.is_empty() && !port.strip_prefix(':').is_some_and(is_number) {
        return Some("its port is not a number from 1 to 65535");
    }
    None
}

/// Removes an empty user name with an empty password, which the library would send.
fn without_empty_user(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").map_or(("http", url), |(scheme, rest)| (scheme, rest));
    let place = rest.strip_prefix(':').unwrap_or(rest).strip_prefix('@');
    place.map_or_else(|| url.to_owned(), |place| format!("{scheme}://{place}"))
}

/// Writes a list of exempt hosts as the library reads it: with commas alone between them, without the
/// brackets of IPv6, without a dot at the end, and `.example` for `*.example`. `None`: every host is exempt.
fn readable(except: &str) -> Option<String> {
    let entries = except.split([',', ' ', '\t']).map(|entry| entry.trim().trim_end_matches('.'));
    let entries = entries.filter(|entry| !entry.is_empty());
    let mut list: Vec<&str> = Vec::new();
    for entry in entries {
        let entry = match entry.strip_prefix('*') {
            Some("") => return None,
            Some(domain) if domain.starts_with('.') => domain,
            _ => entry,
        };
        let address = entry.strip_prefix('[').and_then(|entry| entry.strip_suffix(']'));
        list.push(address.unwrap_or(entry));
    }
    Some(list.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const SECRET: &str = "hunter2-canary";

    fn environment(variables: &[(&str, &str)]) -> Proxy {
        let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
        Proxy::from_variables(|name| variables.get(name).map(OsString::from))
    }

    /// The address and the credentials of the proxy for a request.
    fn way(proxy: &Proxy, to: &str) -> Option<(String, Option<String>)> {
        let via = proxy.for_request_to(&to.parse().unwrap())?;
        let credentials = via.credentials.map(|header| header.to_str().unwrap().to_owned());
        Some((via.address.to_string(), credentials))
    }

    fn goes_through(proxy: &Proxy, to: &str) -> bool {
        way(proxy, to).is_some()
    }

    #[test]
    fn addresses_of_proxies_are_read() {
        for (given, address, credentials) in [
            ("http://proxy.example:3128", "http://proxy.example:3128/", None),
            (" http://proxy.example:3128/ ", "http://proxy.example:3128/", None),
            ("proxy.example:3128", "http://proxy.example:3128/", None),
            ("proxy.example", "http://proxy.example/", None),
            ("https://proxy.example:8443", "https://proxy.example:8443/", None),
            ("http://[::1]:3128", "http://[::1]:3128/", None),
            ("http://ann:secret@proxy.example:3128", "http://proxy.example:3128/", Some("YW5uOnNlY3JldA==")),
            ("ann:secret@proxy.example:3128", "http://proxy.example:3128/", Some("YW5uOnNlY3JldA==")),
            ("http://@proxy.example:3128", "http://proxy.example:3128/", None),
            ("http://:@proxy.example:3128", "http://proxy.example:3128/", None),
            // "CORP\ann" and "p@ss:w/rd%"
            (
                "http://CORP%5Cann:p%40ss%3Aw%2Frd%25@proxy.example",
                "http://proxy.example/",
                Some("Q09SUFxhbm46cEBzczp3L3JkJQ=="),
            ),
            ("http://ann@proxy.example", "http://proxy.example/", Some("YW5uOg==")),
        ] {
            let proxy = Proxy::new(given, "").unwrap();
            let credentials = credentials.map(|encoded| format!("Basic {encoded}"));
            assert_eq!(
                way(&proxy, "https://api.example"),
                Some((address.to_owned(), credentials)),
                "{given}"
            );
        }
    }

    #[test]
    fn what_is_no_proxy_is_refused_and_not_repeated() {
        for (given, reason) in [
            ("socks5://ann:hunter2-canary@proxy.example:1080", "SOCKS"),
            ("socks5h://hunter2-canary", "SOCKS"),
            ("ftp://hunter2-canary", "scheme"),
            ("http://ann:hunter2-canary@", "no URL"),
            ("http://ann:hunter2-canary@:3128", "no host"),
            ("http://", "no URL"),
            ("/hunter2-canary", "no host"),
            ("http://hunter2-canary:0", "port"),
            ("http://hunter2-canary:65536", "port"),
            ("http://ann:pw@hunter2-canary:99999", "port"),
            ("http://hunter2-canary:", "port"),
            ("http://hunter2-canary:http", "port"),
            ("http://ann:hunter2-canary@x@proxy.example", "no URL"),
            ("http://ann:hunter2-canary/x@proxy.example:3128", "no URL"),
            ("http://ann:hunter2-canary#x@proxy.example:3128", "no URL"),
            ("http://a%3Ab:hunter2-canary@proxy.example", "colon"),
            ("http://proxy.example/hunter2-canary.pac", "PAC"),
            ("http://proxy.example?hunter2-canary", "PAC"),
            ("http://proxy.example#hunter2-canary", "PAC"),
            ("\"http://hunter2-canary\"", "no URL"),
            ("hunter2-canary hunter2-canary", "no URL"),
            ("PROXY proxy.example:3128; DIRECT hunter2-canary", "no URL"),
        ] {
            let error = Proxy::new(given, "").unwrap_err();
            assert!(error.reason.contains(reason), "{given}: {error}");
            assert!(!format!("{error} {error:?}").contains(SECRET), "{error}");
        }
    }

    #[test]
    fn the_first_variable_that_is_set_counts() {
        for (variables, expected) in [
            (&[][..], None),
            (&[("HTTP_PROXY", "http://a"), ("http_proxy", "http://b")], None),
            (&[("HTTPS_PROXY", "http://a")], Some("http://a/")),
            (&[("HTTPS_PROXY", "http://a"), ("https_proxy", "http://b")], Some("http://b/")),
            (&[("HTTPS_PROXY", "http://a"), ("https_proxy", "")], Some("http://a/")),
            (&[("HTTPS_PROXY", "http://a"), ("ALL_PROXY", "http://c")], Some("http://a/")),
            (&[("HTTPS_PROXY", ""), ("ALL_PROXY", "http://c")], Some("http://c/")),
            (&[("all_proxy", "http://d"), ("ALL_PROXY", "http://c")], Some("http://d/")),
            (&[("HTTPS_PROXY", "http://a"), ("NO_PROXY", "api.example")], None),
            (
                &[("HTTPS_PROXY", "http://a"), ("NO_PROXY", "api.example"), ("no_proxy", "x")],
                Some("http://a/"),
            ),
            (&[("HTTPS_PROXY", "http://a"), ("NO_PROXY", "api.example"), ("no_proxy", "")], None),
        ] {
            let proxy = environment(variables);
            let address = way(&proxy, "https://api.example/x").map(|(address, _)| address);
            assert_eq!(address.as_deref(), expected, "{variables:?}");
        }
    }

    #[test]
    fn http_goes_directly_and_loopback_goes_as_the_variables_say() {
        let proxy = environment(&[("HTTPS_PROXY", "http://a"), ("ALL_PROXY", "http://a")]);
        for to in ["http://127.0.0.1:8787/x", "http://localhost", "http://[::1]:80/"] {
            assert!(!goes_through(&proxy, to), "{to}");
        }
        for to in ["https://localhost:8443", "https://127.0.0.1", "https://[::1]"] {
            assert!(goes_through(&proxy, to), "{to}");
        }
    }

    #[test]
    fn exempt_hosts_go_directly() {
        for (except, exempt, others) in [
            (
                "api.example",
                &["https://api.example", "https://API.example:8443", "https://eu.api.example"][..],
                &["https://notapi.example", "https://example"][..],
            ),
            (
                ".corp.example",
                &["https://api.corp.example", "https://corp.example"],
                &["https://notcorp.example"],
            ),
            ("*.corp.example", &["https://api.corp.example"], &["https://notcorp.example"]),
            (
                "localhost 127.0.0.1\t10.0.0.0/8",
                &["https://localhost", "https://127.0.0.1:1", "https://10.1.2.3"],
                &["https://127.0.0.2", "https://11.0.0.1"],
            ),
            ("localhost, ::1", &["https://localhost", "https://[::1]:8443"], &["https://[::2]"]),
            ("[::1],[fd00::]/8", &["https://[::1]"], &["https://[::2]"]),
            ("fd00::/8", &["https://[fd00::7]"], &["https://[fe00::7]"]),
            ("*", &["https://api.example", "https://127.0.0.1", "https://[::1]"], &[]),
            ("api.example.", &["https://api.example", "https://eu.api.example"], &["https://example"]),
            // A lone dot stands for no host.
            (".", &[], &["https://api.example"]),
            ("*test.example", &[], &["https://api.test.example", "https://test.example"]),
            (" , ,", &[], &["https://api.example"]),
            ("", &[], &["https://api.example"]),
            // As with curl, an entry has no port.
            ("api.example:443", &[], &["https://api.example"]),
        ] {
            let proxy = Proxy::new("http://proxy.example:3128", except).unwrap();
            assert!(exempt.iter().all(|to| !goes_through(&proxy, to)), "{except}");
            assert!(others.iter().all(|to| goes_through(&proxy, to)), "{except}");
        }
    }

    #[test]
    fn a_variable_that_cannot_be_used_is_a_fault_only_where_it_would_be() {
        let reaches = |proxy: &Proxy, origin: &str| proxy.check(&origin.parse().unwrap());
        let proxy =
            environment(&[("ALL_PROXY", "socks5://hunter2-canary"), ("NO_PROXY", "localhost,.corp.example")]);
        for origin in ["http://127.0.0.1:8787", "https://localhost:8443", "https://api.corp.example"] {
            assert_eq!(reaches(&proxy, origin), Ok(()), "{origin}");
        }
        let error = reaches(&proxy, "https://api.example").unwrap_err();
        assert_eq!(
            error.to_string(),
            "ALL_PROXY names no proxy that can be used: a SOCKS proxy is not supported. Its form is \
             http://proxy.example:3128, or http://user:password@proxy.example:3128"
        );
        let proxy = environment(&[("https_proxy", "http://proxy.example")]);
        assert_eq!(reaches(&proxy, "https://api.example"), Ok(()));
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_no_text_is_a_fault() {
        use std::os::unix::ffi::OsStringExt;
        let proxy = Proxy::from_variables(|name| {
            (name == "HTTPS_PROXY").then(|| OsString::from_vec(b"http://a\xff".to_vec()))
        });
        let error = proxy.check(&"https://api.example".parse().unwrap()).unwrap_err();
        assert!(error.to_string().starts_with("HTTPS_PROXY names no proxy"), "{error}");
    }

    #[test]
    fn debug_shows_no_credential() {
        let proxy = Proxy::new("http://ann:hunter2-canary@proxy.example:3128", "localhost").unwrap();
        let via = proxy.for_request_to(&"https://api.example".parse().unwrap()).unwrap();
        let shown = format!("{proxy:?} {via:?} {:?}", via.credentials);
        assert!(shown.contains("proxy.example:3128"), "{shown}");
        // "YW5uOm" is how "ann:" begins in Base64.
        assert!(!shown.contains(SECRET) && !shown.contains("YW5uOm") && !shown.contains("ann"), "{shown}");
        let faulty = environment(&[("HTTPS_PROXY", "socks5://ann:hunter2-canary@proxy.example")]);
        let shown = format!("{faulty:?} {:?}", Proxy::default());
        assert!(!shown.contains(SECRET), "{shown}");
    }
}
