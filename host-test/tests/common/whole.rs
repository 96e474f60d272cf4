//! A whole read, and whether it is the truth.

// Each test that includes this file uses a part of it.
#![allow(dead_code)]

use connector_host::contract::{Entitlement, Grant, Page, Resource, ResourceId, Warning};
use host_test::mock::Account;
use host_test::truth::{self, Conditions, Held};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that a read gave, in order.
#[derive(Default)]
pub struct Whole {
    pub resources: Vec<Resource>,
    pub entitlements: Vec<Entitlement>,
    /// Each of one principal.
    pub grants: Vec<Grant>,
    pub warnings: Vec<Warning>,
    pub cursors: Vec<String>,
    pub requests: u32,
    /// For each page what it weighs: the bytes of all its texts.
    pub weights: Vec<usize>,
    known_resources: BTreeSet<(String, String)>,
    known_entitlements: BTreeSet<String>,
}

impl Whole {
    /// Takes over a page, having checked that what it names came before it; gives its cursor.
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

    /// Everything that was given, warnings aside, for comparing.
    pub fn facts(&self) -> BTreeSet<String> {
        let resources = self.resources.iter().map(|it| format!("{it:?}"));
        let entitlements = self.entitlements.iter().map(|it| format!("{it:?}"));
        resources.chain(entitlements).chain(self.grants.iter().map(|it| format!("{it:?}"))).collect()
    }

    /// Nothing was given twice.
    pub fn assert_nothing_twice(&self) {
        let resources: BTreeSet<_> = self.resources.iter().map(|it| (&it.id.kind, &it.id.id)).collect();
        assert_eq!(resources.len(), self.resources.len(), "a resource came twice");
        let entitlements: BTreeSet<_> = self.entitlements.iter().map(|it| &it.id).collect();
        assert_eq!(entitlements.len(), self.entitlements.len(), "an entitlement came twice");
        let grants: BTreeSet<_> = self.grants.iter().map(grant_id).collect();
        assert_eq!(grants.len(), self.grants.len(), "a grant came twice");
    }

    pub fn of_kind(&self, kind: &str) -> Vec<&Resource> {
        self.resources.iter().filter(|resource| resource.id.kind == kind).collect()
    }

    /// How many resources of each kind.
    pub fn counts(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for resource in &self.resources {
            *counts.entry(resource.id.kind.as_str()).or_default() += 1;
        }
        counts
    }

    pub fn warned_of(&self, code: &str) -> Vec<&Warning> {
        self.warnings.iter().filter(|warning| warning.code == code).collect()
    }

    pub fn is_incomplete(&self) -> bool {
        self.warnings.iter().any(|warning| warning.incomplete)
    }
}

/// A grant for each of its principals.
pub fn each_grant(grant: &Grant) -> impl Iterator<Item = Grant> {
    grant.principals.iter().map(|principal| Grant { principals: vec![principal.clone()], ..grant.clone() })
}

/// The principal of a grant that has one.
pub fn principal_of(grant: &Grant) -> &ResourceId {
    let [principal] = grant.principals.as_slice() else { panic!("not one principal: {grant:?}") };
    principal
}

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
            let basis: usize = it.basis.iter().map(|basis| basis.rule.len() + basis.value.len()).sum();
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

fn parsed(rules: &[String]) -> Vec<Value> {
    rules.iter().map(|rule| raw_rule(serde_json::from_str(rule).unwrap())).collect()
}

/// The rule as Cloudflare gives it: one that is no object stands in a condition as an object.
pub fn raw_rule(mut condition: Value) -> Value {
    assert!(condition.is_object(), "{condition}");
    match condition.get_mut("not_understood") {
        Some(raw) if !raw.is_object() => raw.take(),
        _ => condition,
    }
}

/// What a grant of the contract's says, or one that the core gives natively: they have the same
/// fields.
macro_rules! held {
    ($grant:expr) => {{
        let grant = $grant;
        let mut basis: Vec<_> =
            grant.basis.iter().map(|basis| (basis.rule.clone(), basis.value.clone())).collect();
        basis.sort();
        let conditions = grant.conditions.as_ref().map(|conditions| Conditions {
            any_of: parsed(&conditions.any_of),
            all_of: parsed(&conditions.all_of),
            none_of: parsed(&conditions.none_of),
        });
        Held { conditions, basis, revocable: grant.revocable }
    }};
}

fn held(grant: &Grant) -> Held {
    held!(grant)
}

pub fn held_natively(grant: &cloudflare_zero_trust::model::Grant) -> Held {
    held!(grant)
}

/// Holds a sync against the truth, grant by grant.
pub fn compare(whole: &Whole, account: &Account) {
    whole.assert_nothing_twice();
    let truth = truth::account(account);
    let given: BTreeMap<String, Held> =
        whole.grants.iter().map(|grant| (grant_id(grant), held(grant))).collect();
    let missing: Vec<_> = truth.grants.keys().filter(|id| !given.contains_key(*id)).take(5).collect();
    let untrue: Vec<_> = given.keys().filter(|id| !truth.grants.contains_key(*id)).take(5).collect();
    assert!(missing.is_empty() && untrue.is_empty(), "missing: {missing:?}, untrue: {untrue:?}");
    for (id, held) in &given {
        assert_eq!(held, &truth.grants[id], "{id}");
    }
    for entitlement in &whole.entitlements {
        let on =
            whole.of_kind(&entitlement.on.kind).into_iter().find(|it| it.id.id == entitlement.on.id).unwrap();
        let (slug, holders): (_, &[&str]) = if on.id.kind == "group" {
            ("member", &["user", "member", "email"])
        } else {
            ("assigned", &["member"])
        };
        assert_eq!(entitlement.id, format!("{}:{}:{slug}", on.id.kind, on.id.id));
        assert_eq!(
            (entitlement.slug.as_str(), entitlement.grantable_to.as_slice()),
            (slug, holders.iter().map(ToString::to_string).collect::<Vec<_>>().as_slice())
        );
        assert!(entitlement.display_name.contains(&on.display_name), "{entitlement:?}");
    }
    let ids =
        |kind: &str| -> BTreeSet<String> { whole.of_kind(kind).iter().map(|it| it.id.id.clone()).collect() };
    let expected = |ids: Vec<&String>| -> BTreeSet<String> { ids.into_iter().cloned().collect() };
    assert_eq!(ids("email"), truth.emails);
    assert_eq!(ids("user"), expected(account.users.iter().map(|it| &it.id).collect()));
    assert_eq!(ids("member"), expected(account.members.iter().map(|it| &it.id).collect()));
    assert_eq!(ids("group"), expected(account.groups.iter().map(|it| &it.id).collect()));
    let held: Vec<&String> = account
        .members
        .iter()
        .filter(|it| it.status != "rejected")
        .flat_map(|member| &member.roles)
        .collect();
    let roles = account.roles.iter().map(|it| &it.id).chain(held).collect();
    assert_eq!(ids("role"), expected(roles));
}
