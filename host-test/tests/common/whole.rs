//! The pages of a read, put together.

use crate::common::principal_of::principal_of;
use connector_host::contract::{Basis, Entitlement, Grant, Page, Resource, Warning};
use std::collections::BTreeSet;

/// Everything that was read, in order.
#[derive(Default)]
pub struct Whole {
    pub resources: Vec<Resource>,
    pub entitlements: Vec<Entitlement>,
    /// The grants, each with one principal.
    pub grants: Vec<Grant>,
    pub warnings: Vec<Warning>,
    pub cursors: Vec<String>,
    pub requests: u32,
    /// The weight of each page: the bytes of all its texts.
    pub weights: Vec<usize>,
    known_resources: BTreeSet<(String, String)>,
    known_entitlements: BTreeSet<String>,
}

impl Whole {
    /// Adds a page, and returns its cursor. Asserts that everything that the page names came before
    /// it.
    pub fn take(&mut self, page: Page) -> Option<String> {
        self.weights.push(weight(&page));
        self.known_resources.extend(page.resources.iter().map(|it| (it.id.kind.clone(), it.id.id.clone())));
        self.known_entitlements.extend(page.entitlements.iter().map(|it| it.id.clone()));
        for entitlement in &page.entitlements {
            let on = (entitlement.on.kind.clone(), entitlement.on.id.clone());
            assert!(self.known_resources.contains(&on), "{}", entitlement.id);
        }
        for grant in &page.grants {
            assert!(self.known_entitlements.contains(&grant.entitlement), "{grant:?}");
            assert!(!grant.principals.is_empty(), "{grant:?}");
            for principal in &grant.principals {
                let principal = (principal.kind.clone(), principal.id.clone());
                assert!(self.known_resources.contains(&principal), "{principal:?} of {grant:?}");
            }
        }
        self.resources.extend(page.resources);
        self.entitlements.extend(page.entitlements);
        self.grants.extend(page.grants.iter().flat_map(each_grant));
        self.warnings.extend(page.warnings);
        self.requests += page.requests;
        self.cursors.extend(page.next.clone());
        page.next
    }

    /// Asserts that nothing came twice.
    pub fn assert_nothing_twice(&self) {
        let mut resources = BTreeSet::new();
        for resource in &self.resources {
            assert!(resources.insert((&resource.id.kind, &resource.id.id)), "came twice: {resource:?}");
        }
        let entitlements: BTreeSet<_> = self.entitlements.iter().map(|it| &it.id).collect();
        assert_eq!(entitlements.len(), self.entitlements.len(), "an entitlement came twice");
        let grants: BTreeSet<_> = self.grants.iter().map(grant_id).collect();
        assert_eq!(grants.len(), self.grants.len(), "a grant came twice");
    }

    pub fn of_kind(&self, kind: &str) -> Vec<&Resource> {
        self.resources.iter().filter(|resource| resource.id.kind == kind).collect()
    }
}

/// Splits a grant into one for each of its principals.
pub fn each_grant(grant: &Grant) -> impl Iterator<Item = Grant> {
    grant.principals.iter().map(|principal| Grant { principals: vec![principal.clone()], ..grant.clone() })
}

/// Returns the id that JSON Lines give this grant of one principal.
pub fn grant_id(grant: &Grant) -> String {
    let principal = principal_of(grant);
    format!("{}:{}:{}", grant.entitlement, principal.kind, principal.id)
}

fn weight(page: &Page) -> usize {
    let resources: usize =
        page.resources.iter().map(|it| it.id.id.len() + it.display_name.len() + it.profile.len()).sum();
    let entitlements: usize = page.entitlements.iter().map(|it| it.id.len() + it.description.len()).sum();
    let grants: usize = page
        .grants
        .iter()
        .map(|it| {
            let through = |basis: &Basis| basis.through.as_ref().map_or(0, |through| through.id.len());
            let basis: usize =
                it.basis.iter().map(|basis| basis.rule.len() + basis.value.len() + through(basis)).sum();
            let conditions: usize = it
                .conditions
                .iter()
                .flat_map(|it| it.any_of.iter().chain(&it.all_of).chain(&it.none_of).map(String::len))
                .sum();
            let principals: usize = it.principals.iter().map(|principal| principal.id.len()).sum();
            it.entitlement.len() + principals + basis + conditions
        })
        .sum();
    let warnings: usize = page.warnings.iter().map(|it| it.message.len()).sum();
    resources + entitlements + grants + warnings
}
