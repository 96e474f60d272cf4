//! Findings about service tokens.

use super::check::{Check, DAY, Level, Table};
use crate::review::kinds::TOKEN;
use crate::review::review::Review;
use crate::review::thing::seconds;
use serde::Deserialize;

/// The days before its end in which a token is looked at.
const SOON: i64 = 30;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "expiring-tokens",
        title: "Service tokens that expire soon or have expired",
        why: "These tokens end within 30 days, or have ended. The programs that use them stop then: renew \
              those that are needed, and delete the others.",
        level: Level::Medium,
        table: Table::Resource,
        needs: &[TOKEN],
        rows: |review| tokens(review, |token, now| token.end().is_some_and(|end| end - now < SOON * DAY)),
    },
    Check {
        id: "everlasting-tokens",
        title: "Service tokens that never expire",
        why: "A token that is copied from one of these programs opens what it opens for ever. Give it an \
              end, and renew it before that.",
        level: Level::Medium,
        table: Table::Resource,
        needs: &[TOKEN],
        rows: |review| tokens(review, |token, _| token.is_everlasting()),
    },
    Check {
        id: "unused-tokens",
        title: "Service tokens that were never used",
        why: "Cloudflare has seen no login with these tokens. Whoever has one can still use it: delete \
              those that nobody waits for.",
        level: Level::Low,
        table: Table::Resource,
        needs: &[TOKEN],
        rows: |review| tokens(review, |token, _| token.last_use() == 0),
    },
];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Token {
    expires_at: Option<String>,
    last_seen_at: Option<String>,
    duration: Option<String>,
    enabled: Option<bool>,
}

impl Token {
    /// Returns the time from which on it can't be used, if it is told.
    fn end(&self) -> Option<i64> {
        let end = seconds(self.expires_at.as_deref()?);
        (end > 0).then(|| i64::from(end))
    }

    /// Whether Cloudflare says that it never ends: by its duration, or by the zero time (inferred).
    fn is_everlasting(&self) -> bool {
        let is_zero = self.expires_at.as_deref().is_some_and(|end| end.starts_with("0001-01-01T"));
        self.end().is_none() && (is_zero || self.duration.as_deref() == Some("forever"))
    }

    fn last_use(&self) -> u32 {
        self.last_seen_at.as_deref().map_or(0, seconds)
    }
}

/// Returns the tokens of which this is so at the review's time. One that is disabled opens nothing.
fn tokens(review: &Review, is_so: fn(&Token, i64) -> bool) -> Vec<u32> {
    let found = review.of_kind(TOKEN).filter(|(_, thing)| {
        let token: Token = serde_json::from_str(&thing.profile).unwrap_or_default();
        token.enabled != Some(false) && is_so(&token, review.time)
    });
    found.map(|(place, _)| place).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::named;
    use crate::review::samples::{resource, review};

    #[test]
    fn each_state_of_a_token_is_told_apart() {
        let token = |name: &str, profile: &str| resource("service-token", name, name, profile);
        let review = review(&[
            token("soon", r#"{"expires_at":"2026-12-20T00:00:00Z","last_seen_at":"2026-11-20T00:00:00Z"}"#),
            token(
                "expired",
                r#"{"expires_at":"2026-01-01T00:00:00Z","last_seen_at":"2026-11-20T00:00:00Z"}"#,
            ),
            token("later", r#"{"expires_at":"2027-06-01T00:00:00Z","last_seen_at":"2026-11-20T00:00:00Z"}"#),
            token("zero", r#"{"expires_at":"0001-01-01T00:00:00Z","last_seen_at":"2026-11-20T00:00:00Z"}"#),
            token("forever", r#"{"duration":"forever","last_seen_at":"2026-11-20T00:00:00Z"}"#),
            token("unused", r#"{"expires_at":"2027-06-01T00:00:00Z","last_seen_at":"0001-01-01T00:00:00Z"}"#),
            token("unused too", r#"{"expires_at":"2027-06-01T00:00:00Z"}"#),
            token("disabled", r#"{"enabled":false,"expires_at":"2026-12-20T00:00:00Z"}"#),
        ]);
        assert_eq!(named("expiring-tokens", &review), ["soon", "expired"]);
        assert_eq!(named("everlasting-tokens", &review), ["zero", "forever"]);
        assert_eq!(named("unused-tokens", &review), ["unused", "unused too"]);
    }
}
