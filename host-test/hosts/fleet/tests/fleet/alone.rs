//! A sync of one account by itself, to which what a fleet stores is compared.

use cloudflare_zero_trust::output::{JsonLines, Sink};
use connector_host::Host;
use host_test::contract::Translate;
use host_test::mock::Mock;

/// The settings of a session with a token.
pub fn settings(mock: &Mock, token: &str) -> Vec<(String, String)> {
    [
        ("account-id", mock.read(|account| account.id.clone())),
        ("base-url", mock.base_url()),
        ("api-token", token.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

/// Reads an account to its end, and returns its records, sorted. Two syncs give the same ones, in an order
/// that depends on what came first.
pub async fn read(host: &Host, settings: &[(String, String)]) -> Vec<String> {
    let mut session = host.open("api-token", settings).await.unwrap();
    let (mut lines, mut cursor) = (Vec::new(), None);
    loop {
        let page = session.read(&[], cursor.as_deref()).await.unwrap();
        cursor = page.next.clone();
        JsonLines::new(&mut lines).page(&page.translate()).unwrap();
        if cursor.is_none() {
            return sorted_lines(&lines);
        }
    }
}

/// Sorts records.
pub fn sorted_lines(lines: &[u8]) -> Vec<String> {
    let mut lines: Vec<String> = str::from_utf8(lines).unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}
