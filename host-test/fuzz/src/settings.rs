//! Settings: accepted values fit into a request, credentials never travel in the clear, and no error
//! shows a value.

use super::SECRET;
use cloudflare_zero_trust::error::ErrorKind;
use cloudflare_zero_trust::settings::{BaseUrl, Credentials, Settings};

/// Runs one input. The first line is the auth method. Each other line is `setting=value`, where a `%`
/// stands for a secret, and a `;` for a line break.
pub fn run(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let text = text.replace(SECRET, "").replace('%', SECRET);
    let mut lines = text.split('\n').map(|line| line.replace(';', "\n"));
    let method = lines.next().unwrap_or_default();
    let given: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once('=').map(|(id, value)| (id.to_owned(), value.to_owned())))
        .collect();
    let settings = match Settings::parse(&method, given.clone()) {
        Ok(settings) => settings,
        Err(error) => {
            assert_eq!(error.kind, ErrorKind::InvalidSettings);
            assert!(error.about.is_some() && !format!("{error:?} {error}").contains(SECRET), "{error:?}");
            return;
        }
    };
    let email = if let Credentials::Key { email, .. } = &settings.credentials { email } else { "" };
    let shown_anyway = format!("{:?} {email}", settings.base_url);
    assert!(!format!("{settings:?}").contains(SECRET) || shown_anyway.contains(SECRET), "{settings:?}");
    assert!(
        settings.account_id.len() == 32
            && settings.account_id.bytes().all(|byte| b"0123456789abcdef".contains(&byte))
    );
    assert!(settings.max_wait_seconds <= 300 && (1..=16).contains(&settings.read_ahead));
    let can_stand_in_a_header =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    assert!(can_stand_in_a_header(settings.credentials.secret()));
    let has_email = matches!(settings.credentials, Credentials::Key { .. });
    assert!(!has_email || can_stand_in_a_header(email) && email.contains('@'));
    check(&settings.base_url);
    assert_eq!(Settings::parse(&method, given).as_ref(), Ok(&settings));
}

fn check(base: &BaseUrl) {
    let whole = format!("{}://{}{}", base.scheme, base.authority, base.path);
    assert_eq!(BaseUrl::parse(&whole).as_ref(), Ok(base), "{whole}");
    let uri: http::Uri = format!("{whole}/accounts/x?page=1").parse().expect("a request goes there");
    assert_eq!(uri.authority().map(http::uri::Authority::as_str), Some(base.authority.as_str()), "{whole}");
    assert_eq!(uri.path(), format!("{}/accounts/x", base.path), "{whole}");
    let host = uri.host().unwrap_or_default().to_ascii_lowercase();
    let loops = host == "localhost" || host == "[::1]" || host.starts_with("127.") || is_loopback(&host);
    assert!(base.scheme == http::uri::Scheme::HTTPS || loops, "{whole} travels in the clear");
    assert!(
        !base.path.split('/').any(|segment| [".", ".."].contains(&segment))
            && !whole.contains(['@', '#', '\\'])
    );
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    address.is_ok_and(|address| address.is_loopback())
}
