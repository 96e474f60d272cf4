//! Findings: what a reviewer should look at first. Each is a function of the review alone.

mod accounts;
mod check;
mod openness;
mod roles;
mod rules;
mod tokens;
mod unused;

pub(crate) use check::Finding;

use super::review::Review;

/// Looks for all findings. Those without rows are among them: a reviewer sees what was looked for.
pub(crate) fn all(review: &Review) -> Vec<Finding> {
    let checks =
        [openness::CHECKS, rules::CHECKS, roles::CHECKS, accounts::CHECKS, tokens::CHECKS, unused::CHECKS];
    checks.into_iter().flatten().map(|check| check.find(review)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::kinds::TOKEN;
    use super::super::samples::{resource, review, without};
    use super::*;
    use std::collections::BTreeSet;

    /// Returns the rows of a finding.
    pub(super) fn rows(id: &str, review: &Review) -> Vec<u32> {
        let found = all(review).into_iter().find(|finding| finding.id == id);
        let found = found.unwrap_or_else(|| panic!("there is no finding {id}"));
        assert!(found.is_known, "{}", found.why);
        found.rows
    }

    /// Returns the names of the resources that a finding names.
    pub(super) fn named(id: &str, review: &Review) -> Vec<String> {
        rows(id, review).into_iter().map(|row| review.thing(row).unwrap().name.to_string()).collect()
    }

    #[test]
    fn each_has_an_id_of_its_own_and_says_why() {
        let findings = all(&review(&[]));
        let ids: BTreeSet<&str> = findings.iter().map(|finding| finding.id).collect();
        assert_eq!(ids.len(), findings.len());
        for finding in &findings {
            assert!(finding.why.ends_with('.') && finding.why.len() > 60, "{}", finding.id);
            assert!(finding.rows.is_empty(), "{}", finding.id);
        }
    }

    #[test]
    fn what_was_not_read_is_not_known_and_not_nothing() {
        let token = resource("service-token", "t1", "CI", r#"{"expires_at":"2020-01-01T00:00:00Z"}"#);
        let found = |review: &Review| {
            all(review).into_iter().find(|finding| finding.id == "expiring-tokens").unwrap()
        };
        let known = found(&review(std::slice::from_ref(&token)));
        assert_eq!((known.is_known, known.rows.as_slice()), (true, &[0][..]));
        let unknown = found(&without(&[token], &[TOKEN]));
        assert!(!unknown.is_known && unknown.rows.is_empty());
        assert!(unknown.why.starts_with("Not known: service tokens were not read. "), "{}", unknown.why);
    }
}
