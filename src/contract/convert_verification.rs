//! Conversions between the core's types and the contract's, for comparisons. A reader has none.

use super::verification;
use crate::cloudflare::policy_test::Verdict;
use crate::verification as core;

impl From<core::Comparison> for verification::Comparison {
    fn from(comparison: core::Comparison) -> Self {
        Self {
            people: comparison.people.into_iter().map(Into::into).collect(),
            wait_ms: comparison.wait_ms,
            total: comparison.total,
            warnings: comparison.warnings.into_iter().map(Into::into).collect(),
            requests: comparison.requests,
            rate_limit: comparison.rate_limit.map(Into::into),
            next: comparison.next,
        }
    }
}

impl From<core::Compared> for verification::Compared {
    fn from(person: core::Compared) -> Self {
        Self {
            user: person.user.into(),
            address: person.address,
            display_name: person.display_name,
            claim: match person.claim {
                core::Claim::Certain => verification::Claim::Certain,
                core::Claim::Conditional => verification::Claim::Conditional,
                core::Claim::No => verification::Claim::No,
            },
            expected: person.expected,
            conditions: person.conditions.into_iter().map(Into::into).collect(),
            verdict: match person.verdict {
                Verdict::Approved => verification::Verdict::Approved,
                Verdict::Blocked => verification::Verdict::Blocked,
                Verdict::Error => verification::Verdict::Error,
            },
            agreement: match person.agreement {
                core::Agreement::Agrees => verification::Agreement::Agrees,
                core::Agreement::Depends => verification::Agreement::Depends,
                core::Agreement::Unexpected => verification::Agreement::Unexpected,
                core::Agreement::Impossible => verification::Agreement::Impossible,
                core::Agreement::Changed => verification::Agreement::Changed,
                core::Agreement::NotJudged => verification::Agreement::NotJudged,
            },
        }
    }
}
