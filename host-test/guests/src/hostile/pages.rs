//! Results that no host should accept as they are.

use super::bindings::exports::iga::connector::{sync, types};
use super::number;

/// Returns an empty page, which is the last one.
pub(super) fn empty() -> sync::Page {
    sync::Page {
        resources: Vec::new(),
        entitlements: Vec::new(),
        grants: Vec::new(),
        warnings: Vec::new(),
        progress: sync::Progress { phase: "misbehaving".to_owned(), done: 0, total: None },
        requests: 0,
        rate_limit: None,
        next: None,
    }
}

/// Returns a page that reports the guest's findings.
pub(super) fn saying(messages: impl IntoIterator<Item = String>) -> sync::Page {
    sync::Page { warnings: messages.into_iter().map(warning).collect(), ..empty() }
}

fn warning(message: String) -> types::Warning {
    types::Warning { code: "said".to_owned(), about: None, message, incomplete: false }
}

/// Returns the page or the error of that name. Other names return an empty page.
pub(super) fn page(
    how: &str,
    arguments: &[&str],
    cursor: Option<String>,
) -> Result<sync::Page, types::Error> {
    let size = number(arguments);
    let done: u64 = cursor.as_deref().and_then(|cursor| cursor.parse().ok()).unwrap_or_default();
    Ok(match how {
        "same-cursor" => sync::Page { next: Some("again".to_owned()), ..empty() },
        "two-cursors" => sync::Page { next: Some((1 - done.min(1)).to_string()), ..empty() },
        "new-cursors" => sync::Page { next: Some((done + 1).to_string()), ..empty() },
        "long-cursor" => sync::Page { next: Some("x".repeat(size)), ..empty() },
        "strange-cursor" => sync::Page { next: Some("\x1b[2J".to_owned()), ..empty() },
        "warnings" => saying((0..size).map(|number| number.to_string())),
        "long-name" => sync::Page { resources: vec![resource("x".repeat(size), "{}")], ..empty() },
        "no-json" => sync::Page { resources: vec![resource("A name".to_owned(), "{\"a\":")], ..empty() },
        "error" => return Err(error("x".repeat(size), "{}")),
        "error-without-json" => return Err(error("It failed.\x1b[2J".to_owned(), "\x1b[2J{no json")),
        _ => empty(),
    })
}

fn resource(display_name: String, profile: &str) -> types::Resource {
    types::Resource {
        id: types::ResourceId { kind: "user".to_owned(), id: "1".to_owned() },
        parent: None,
        display_name,
        account: None,
        profile: profile.to_owned(),
    }
}

fn error(message: String, details: &str) -> types::Error {
    types::Error {
        kind: types::ErrorKind::Internal,
        message,
        code: None,
        http_status: None,
        retryable: false,
        retry_after_ms: None,
        about: None,
        details: details.to_owned(),
    }
}
