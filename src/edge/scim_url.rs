//! The address under which the clients of SCIM reach the service, as its operator sets it.

pub(super) const SCIM_URL: &str = "SCIM_URL";

/// Checks that other addresses can be made of the one of SCIM by appending to its path.
///
/// # Errors
/// The sentence about what is wrong, without anything that may be a password.
pub(super) fn check(url: &str) -> Result<(), String> {
    let is_whole = |uri: &http::Uri| {
        let is_web = matches!(uri.scheme_str(), Some("https" | "http"));
        let names_a_host = uri.host().is_some_and(|host| !host.is_empty());
        let has_more = uri.query().is_some() || url.contains('#');
        // Whoever reads a resource would read a password, too.
        let has_user = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
        is_web && names_a_host && !has_more && !has_user
    };
    let Some(uri) = url.parse::<http::Uri>().ok().filter(is_whole) else {
        return Err(format!(
            "{SCIM_URL} is no address with https:// or http://, a host and a path, as \
             https://scim.corp.example/scim/v2 is."
        ));
    };
    // A proxy may map any path. A host alone is most often one whose path was forgotten.
    if uri.path().chars().all(|sign| sign == '/') {
        return Err(format!(
            "{SCIM_URL} is a host without a path. Put /scim/v2 behind the host, as in \
             https://scim.corp.example/scim/v2, or the path under which your proxy has SCIM."
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_can_be_continued() {
        for url in [
            "https://scim.corp.example/scim/v2",
            "http://127.0.0.1:8080/scim/v2/",
            "https://[::1]/scim/v2",
            "https://iga.corp.example/cloudflare",
        ] {
            assert_eq!(check(url), Ok(()), "{url}");
        }
        for url in ["https://scim.corp.example", "https://scim.corp.example/", "https://scim.corp.example//"]
        {
            let told = check(url).expect_err(url);
            assert!(told.contains("Put /scim/v2 behind the host"), "{told}");
        }
        for url in [
            "scim.corp.example",
            "/scim/v2",
            "ftp://scim.corp.example/",
            "https:///scim",
            "https://a/?x",
            "https://a/#x",
            "https://ann:hunter2@scim.corp.example/",
            "https://a b/",
        ] {
            let told = check(url).expect_err(url);
            assert!(told.starts_with("SCIM_URL is no address") && !told.contains("hunter2"), "{told}");
        }
    }
}
