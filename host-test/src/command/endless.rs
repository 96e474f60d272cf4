//! Tells a read that goes nowhere from a long one.

use crate::host::contract::Page;

/// The way that a read's cursors take.
#[derive(Default)]
pub(super) struct Course {
    /// An earlier cursor. A circle of any length comes by it again, as it moves on ever more slowly
    /// (Brent's algorithm).
    milestone: Option<String>,
    pages: u64,
    requests: u64,
    idle: u32,
}

impl Course {
    /// Pages in a row that gave nothing and asked the upstream nothing: more than there are phases
    /// in any connector.
    const MOST_IDLE: u32 = 1_000;

    /// A course that begins with this cursor.
    pub(super) fn from(cursor: Option<&str>) -> Course {
        Course { milestone: cursor.map(str::to_owned), ..Course::default() }
    }

    /// Whether it leads nowhere, now that this page came, after so many requests in all.
    pub(super) fn is_endless(&mut self, page: &Page, requests: u64) -> bool {
        let Some(next) = &page.next else { return false };
        let gave = !(page.resources.is_empty() && page.entitlements.is_empty() && page.grants.is_empty());
        self.idle = if gave || requests > self.requests { 0 } else { self.idle + 1 };
        self.requests = requests;
        if self.idle > Self::MOST_IDLE || self.milestone.as_ref() == Some(next) {
            return true;
        }
        self.pages += 1;
        if self.pages.is_power_of_two() {
            self.milestone = Some(next.clone());
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::failure::Failure;
    use super::super::reading::read_all;
    use super::*;
    use crate::host::{Cache, Config, Host, HostError, Session};
    use crate::output::samples;
    use cloudflare_zero_trust::command::program::Wanted;
    use cloudflare_zero_trust::output::JsonLines;

    async fn hostile() -> Session {
        let config = Config { cache: Cache::Off, ..Config::default() };
        let host = Host::new(guests::HOSTILE, config).await.unwrap();
        host.open_to(Vec::new(), "", &[]).await.unwrap()
    }

    async fn read(words: &[&str]) -> Failure {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let mut written = Vec::new();
        let failure = read_all(hostile().await, Wanted::Kinds(words), &mut JsonLines::new(&mut written))
            .await
            .unwrap_err();
        assert!(written.is_empty());
        let report = failure.report().to_string();
        assert!(!report.contains(|sign: char| sign.is_control() && sign != '\n'), "{report:?}");
        failure
    }

    #[tokio::test]
    async fn a_read_that_goes_nowhere_is_given_up() {
        for how in ["same-cursor", "two-cursors", "new-cursors"] {
            let failure = read(&[how]).await;
            assert!(matches!(failure, Failure::Endless), "{how}: {failure}");
        }
    }

    #[tokio::test]
    async fn a_cursor_that_cannot_be_kept_is_refused() {
        for words in [&["long-cursor", "4097"][..], &["strange-cursor"]] {
            let failure = read(words).await;
            let contract =
                matches!(failure, Failure::Host { error: HostError::Contract { call: "read", .. }, .. });
            assert!(contract, "{words:?}: {failure}");
        }
    }

    #[tokio::test]
    async fn what_is_no_json_is_not_written() {
        let failure = read(&["no-json"]).await;
        assert!(failure.to_string().contains("no JSON object as profile"), "{failure}");
    }

    #[tokio::test]
    async fn an_error_of_a_hostile_connector_is_safe_to_show() {
        let report = read(&["error-without-json"]).await.report().to_string();
        assert!(report.starts_with("error: reading the account failed: It failed.\u{fffd}[2J\n"), "{report}");
    }

    #[test]
    fn a_long_course_is_not_endless() {
        let mut course = Course::from(None);
        for number in 1..100_000_u32 {
            let page = Page { next: Some(number.to_string()), ..samples::page() };
            // One in a thousand asks the upstream something.
            assert!(!course.is_endless(&page, u64::from(number / 1_000)), "{number}");
        }
    }

    #[test]
    fn a_long_circle_is_found() {
        let mut course = Course::from(None);
        let found = (0..1_000_u32).position(|number| {
            let page = Page { next: Some((number % 100).to_string()), ..samples::page() };
            course.is_endless(&page, u64::from(number))
        });
        assert!(found.is_some_and(|pages| pages < 300), "{found:?}");
    }
}
