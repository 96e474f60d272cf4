//! The head of a review: whose it is, when it was made and of what, and what is missing.

use super::findings::Finding;
use super::kinds::{APP, GROUP, KINDS, POLICY, PROVIDER, ROLE, SCOPED_ROLE, TOKEN, USER_GROUP};
use super::review::Review;
use super::since::Changes;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The things that a review says of itself.
#[derive(Debug, Default)]
pub(crate) struct Head {
    /// The id of the account; empty if it isn't told.
    pub(crate) account: String,
    /// The source of the records, in words.
    pub(crate) source: String,
    pub(crate) requests: Option<u64>,
    /// The kinds that were read, with the permissions that they take; `None` if nobody says it.
    pub(crate) read: Option<Vec<Value>>,
    /// Whether people are missing from the facts that the read rests on.
    pub(crate) is_in_part: bool,
    /// The kinds that weren't read, and the reason.
    pub(crate) missing: Vec<String>,
}

/// Writes a time as the page shows it.
pub(crate) fn time_in_words(seconds: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(seconds).ok();
    time.and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_default()
}

impl Head {
    pub(crate) fn to_json(&self, review: &Review, findings: &[Finding], changes: &Changes) -> Value {
        let kinds = KINDS.iter().zip(review.read).map(|(kind, read)| {
            json!({"id": kind.id, "one": kind.one, "many": kind.many, "person": kind.is_person, "read": read})
        });
        let warnings = review.warnings.iter().map(|warning| {
            let about = warning.about.as_ref();
            let about = about.and_then(|id| review.place(super::kinds::number(&id.kind)?, &id.id));
            json!({
                "code": warning.code,
                "message": review.wording.message(&warning.message),
                "about": about,
                "incomplete": warning.incomplete,
            })
        });
        let findings = findings.iter().map(|finding| {
            json!({
                "id": finding.id,
                "title": finding.title,
                "why": finding.why,
                "level": finding.level.word(),
                "table": finding.table.word(),
                "count": finding.rows.len(),
                "known": finding.is_known,
            })
        });
        let count = |kind: u8| review.of_kind(kind).count();
        json!({
            "account": {"id": self.account, "name": ""},
            "time": time_in_words(review.time),
            "version": env!("CARGO_PKG_VERSION"),
            "source": self.source,
            "requests": self.requests,
            "read": self.read,
            "incomplete": review.is_incomplete() || self.is_in_part,
            "missing": self.missing,
            "warnings": warnings.collect::<Vec<_>>(),
            "kinds": kinds.collect::<Vec<_>>(),
            "counts": {
                "people": review.people.len(),
                "accounts": review.people.iter().map(|person| person.accounts.len()).sum::<usize>(),
                "applications": count(APP),
                "groups": count(GROUP),
                "policies": count(POLICY),
                "identity_providers": count(PROVIDER),
                "roles": count(ROLE) + count(SCOPED_ROLE),
                "user_groups": count(USER_GROUP),
                "service_tokens": count(TOKEN),
                "entitlements": review.entitlements.len(),
                "reasons": review.reasons.len(),
                "grants": review.grants.len(),
            },
            "findings": findings.collect::<Vec<_>>(),
            "since": changes.to_json(),
        })
    }
}
