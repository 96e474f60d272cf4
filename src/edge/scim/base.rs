//! The address under which a client reaches the service. SCIM's resources have absolute addresses.

use crate::edge::environment::Environment;
use crate::edge::failure::Failure;

/// Returns the address without a slash at the end: the operator's, or else that of the request's `Host`.
/// A proxy isn't asked for what it says of itself, because anybody can say that. A wrong host misleads only
/// the client that sent it.
///
/// # Errors
/// The operator's can't be meant: resources with it would lead nowhere.
pub(super) fn of(environment: &Environment, headers: &[(String, Vec<u8>)]) -> Result<String, Failure> {
    const BELOW: &str = "/scim/v2";
    if let Some(url) = environment.scim_url()? {
        return Ok(url.to_owned());
    }
    let mut hosts = headers.iter().filter(|(name, _)| name == "host").map(|(_, value)| value.as_slice());
    let host = hosts.next().and_then(|host| str::from_utf8(host).ok()).filter(|host| is_host(host));
    Ok(match host {
        Some(host) if is_loopback(host) => format!("http://{host}{BELOW}"),
        // Tokens go through TLS anywhere else.
        Some(host) => format!("https://{host}{BELOW}"),
        None => BELOW.to_owned(),
    })
}

/// Whether this is a host with or without a port, and nothing else.
fn is_host(host: &str) -> bool {
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    (1..=255).contains(&host.len()) && host.bytes().all(is_sign)
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name == "::1" || name.starts_with("127.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::ErrorKind;

    fn told(url: Option<&str>, host: Option<&str>) -> Result<String, Failure> {
        let environment = Environment::read(|name| url.filter(|_| name == "SCIM_URL").map(str::to_owned));
        let headers: Vec<_> =
            host.map(|host| ("host".to_owned(), host.as_bytes().to_vec())).into_iter().collect();
        of(&environment, &headers)
    }

    fn base(url: Option<&str>, host: Option<&str>) -> String {
        told(url, host).unwrap()
    }

    #[test]
    fn the_operator_decides_and_else_the_host() {
        let url = Some("https://iga.corp.example/scim/v2/");
        assert_eq!(base(url, Some("evil.example")), "https://iga.corp.example/scim/v2");
        for (host, expected) in [
            ("scim.corp.example", "https://scim.corp.example/scim/v2"),
            ("scim.corp.example:8443", "https://scim.corp.example:8443/scim/v2"),
            ("127.0.0.1:8080", "http://127.0.0.1:8080/scim/v2"),
            ("LOCALHOST", "http://LOCALHOST/scim/v2"),
            ("[::1]:8080", "http://[::1]:8080/scim/v2"),
            ("[2001:db8::1]", "https://[2001:db8::1]/scim/v2"),
            ("a/b", "/scim/v2"),
            ("a b", "/scim/v2"),
            ("a@b", "/scim/v2"),
            ("a\"b", "/scim/v2"),
            ("", "/scim/v2"),
        ] {
            assert_eq!(base(None, Some(host)), expected, "{host}");
        }
        assert_eq!(base(None, None), "/scim/v2");
    }

    #[test]
    fn an_address_that_leads_nowhere_is_the_operators_fault() {
        for url in ["https://scim.corp.example", "scim.corp.example/scim/v2", "https://a/?x"] {
            let failure = told(Some(url), Some("scim.corp.example")).unwrap_err();
            assert_eq!((failure.status, failure.error.kind), (500, ErrorKind::InvalidSettings), "{url}");
            assert!(failure.error.message.starts_with("SCIM_URL is "), "{}", failure.error.message);
        }
    }
}
