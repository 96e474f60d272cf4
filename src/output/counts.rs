//! The numbers of records that a read returned.

use crate::contract::Page;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Counts of records, by type and kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Resources by their kind.
    pub resource: BTreeMap<String, u64>,
    /// Entitlements by the kind of the resource that they are held on.
    pub entitlement: BTreeMap<String, u64>,
    /// Grants by the kinds of the resource and of the principal, as in `group:user`.
    pub grant: BTreeMap<String, u64>,
    /// Warnings by their code.
    pub warning: BTreeMap<String, u64>,
    #[serde(skip)]
    incomplete: bool,
}

impl Counts {
    /// Counts the records of a page.
    pub fn add(&mut self, page: &Page) {
        for resource in &page.resources {
            count(&mut self.resource, &resource.id.kind, 1);
        }
        for entitlement in &page.entitlements {
            count(&mut self.entitlement, &entitlement.on.kind, 1);
        }
        let mut kinds = String::new();
        for grant in &page.grants {
            for alike in grant.principals.chunk_by(|one, other| one.kind == other.kind) {
                let Some(principal) = alike.first() else { continue };
                kinds.clear();
                kinds.push_str(grant.entitlement.split(':').next().unwrap_or_default());
                kinds.push(':');
                kinds.push_str(&principal.kind);
                count(&mut self.grant, &kinds, alike.len() as u64);
            }
        }
        for warning in &page.warnings {
            count(&mut self.warning, &warning.code, 1);
            self.incomplete |= warning.incomplete;
        }
    }

    /// Whether a warning reported missing data.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.incomplete
    }

    /// Returns these counts with an earlier process's answer to [`Counts::is_incomplete`], which
    /// isn't serialized with the rest.
    #[must_use]
    pub fn with_incomplete(self, incomplete: bool) -> Counts {
        Counts { incomplete, ..self }
    }
}

fn count(counts: &mut BTreeMap<String, u64>, key: &str, more: u64) {
    if let Some(count) = counts.get_mut(key) {
        *count += more;
        return;
    }
    // Keys come from the connector, which may make up any number of codes. No sound one has so many.
    const KEYS: usize = 1_000;
    const LONGEST: usize = 200;
    let unheard_of = key.len() > LONGEST || counts.len() >= KEYS;
    let key = if unheard_of { "other" } else { key };
    *counts.entry(key.to_owned()).or_default() += more;
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn everything_is_counted_by_type_and_kind() {
        let page = Page {
            resources: vec![
                samples::group("g1", "One"),
                samples::user("u1", "Ann"),
                samples::user("u2", "Bob"),
            ],
            entitlements: vec![samples::membership("g1")],
            grants: vec![
                samples::grants("g1", &[("user", "u1"), ("user", "u2"), ("member", "m1"), ("user", "u3")]),
                samples::grant("g1", "email", "x@y.example"),
            ],
            warnings: vec![samples::warning("list-moved", false)],
            ..samples::page()
        };
        let mut counts = Counts::default();
        counts.add(&page);
        counts.add(&page);
        assert_eq!(
            serde_json::to_string(&counts).unwrap(),
            concat!(
                r#"{"resource":{"group":2,"user":4},"entitlement":{"group":2},"#,
                r#""grant":{"group:email":2,"group:member":2,"group:user":6},"warning":{"list-moved":2}}"#,
            )
        );
        assert!(!counts.is_incomplete());
        counts
            .add(&Page { warnings: vec![samples::warning("item-not-understood", true)], ..samples::page() });
        assert!(counts.is_incomplete());
    }
}
