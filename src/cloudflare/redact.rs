//! Makes texts from outside safe for messages: removes credentials and control characters, and shortens
//! them.

use crate::redact;
use crate::settings::Credentials;

/// The most characters that are quoted of a text.
const QUOTED: usize = 120;
/// The length in bytes below which a text isn't taken for a secret: no credential is so short, and
/// replacing a letter or two would leave nothing of a message.
const SHORTEST_SECRET: usize = 8;

/// Replaces the secret wherever it stands: servers and proxies echo what they were sent.
pub fn redacted(credentials: &Credentials, text: &str) -> String {
    redact::redacted(secret(credentials), text)
}

fn secret(credentials: &Credentials) -> &str {
    let secret = credentials.secret();
    if secret.len() < SHORTEST_SECRET { "" } else { secret }
}

/// Returns a text as a message may show it.
pub fn shortened(credentials: &Credentials, text: &str) -> String {
    let shown = redacted(credentials, text);
    let mut shown: String = shown.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if let Some((end, _)) = shown.char_indices().nth(QUOTED) {
        shown.truncate(end);
        shown.push('…');
    }
    shown.trim().to_owned()
}

/// Returns how a body begins, in the words of a message; nothing if there is nothing to show.
/// `is_whole` says whether the body was read to its end.
pub fn beginning(credentials: &Credentials, body: &[u8], is_whole: bool) -> String {
    let window = body.get(..8 * QUOTED).unwrap_or(body);
    let text = String::from_utf8_lossy(window);
    let shown = if window.len() < body.len() || !is_whole {
        redact::redacted_beginning(secret(credentials), &text)
    } else {
        redacted(credentials, &text)
    };
    let shown = shortened(credentials, &shown);
    if shown.is_empty() { shown } else { format!(", beginning with {shown:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    const CANARY: &str = "canary-5f3e";

    fn credentials(secret: &str) -> Credentials {
        let given = [("account-id", "a".repeat(32)), ("api-token", secret.to_owned())];
        let given = given.map(|(id, value)| (id.to_owned(), value)).to_vec();
        Settings::parse("api-token", given).unwrap().credentials
    }

    #[test]
    fn the_secret_is_replaced_wherever_it_stands() {
        let text = format!("{CANARY}: no {CANARY}{CANARY}");
        assert_eq!(redacted(&credentials(CANARY), &text), "[redacted]: no [redacted][redacted]");
        assert_eq!(redacted(&credentials("a"), "a banana"), "a banana");
    }

    #[test]
    fn a_strangers_text_is_one_short_line() {
        let credentials = credentials(CANARY);
        assert_eq!(shortened(&credentials, " a\n\u{1b}[31mb "), "a  [31mb");
        let long = shortened(&credentials, &"ä".repeat(QUOTED + 1));
        assert_eq!(long, format!("{}…", "ä".repeat(QUOTED)));
        assert_eq!(shortened(&credentials, &"ä".repeat(QUOTED)), "ä".repeat(QUOTED));
    }

    #[test]
    fn half_a_secret_is_not_quoted() {
        let credentials = credentials(CANARY);
        for before in 0..600 {
            let body = format!("{}{}", "\u{1}".repeat(before), CANARY.repeat(60));
            let whole = beginning(&credentials, body.as_bytes(), true);
            let end = body.len().min(before + CANARY.len() * (before % 3) + before % CANARY.len());
            let cut = beginning(&credentials, &body.as_bytes()[..end], false);
            for shown in [whole, cut] {
                assert!(!shown.contains("can") && !shown.contains("ary"), "{before}: {shown}");
            }
        }
    }
}
