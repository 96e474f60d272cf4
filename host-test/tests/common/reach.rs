//! The comparison of what a read says of applications with the truth.

use crate::common::held::raw_rule;
use crate::common::whole::{Whole, grant_id};
use connector_host::contract::{Alternative, Basis, Entitlement, Grant};
use host_test::mock::{Account, AttachedPolicy};
use host_test::truth::{Conditions, Exposure, Passage, Through, Truth};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

fn passage(grant: &Grant) -> Passage {
    let through = |basis: &Basis| {
        let policy = basis.through.as_ref().expect("a rule of an application belongs to a policy");
        assert_eq!(policy.kind, "policy");
        Through { policy: policy.id.clone(), rule: basis.rule.clone(), value: basis.value.clone() }
    };
    let rules = |rules: &[String]| -> Vec<Value> {
        rules.iter().map(|rule| raw_rule(serde_json::from_str(rule).unwrap())).collect()
    };
    let alternative = |it: &Alternative| Conditions {
        any_of: rules(&it.any_of),
        all_of: rules(&it.all_of),
        none_of: rules(&it.none_of),
    };
    assert!(!grant.revocable, "{grant:?}");
    Passage {
        alternatives: grant.conditions.iter().map(alternative).collect(),
        basis: grant.basis.iter().map(through).collect(),
    }
}

/// Sorts the basis: the order of the rules of one policy means nothing.
fn sorted(passage: &Passage) -> Passage {
    let mut sorted = passage.clone();
    sorted.basis.sort();
    sorted
}

/// Compares the grants on applications with the truth. `has_tokens` says whether service tokens were read.
pub fn compare_passages(whole: &Whole, truth: &Truth, has_tokens: bool) {
    let grants = whole.grants.iter().filter(|grant| grant.entitlement.starts_with("app:"));
    let given: BTreeMap<String, Passage> = grants.map(|grant| (grant_id(grant), passage(grant))).collect();
    let expected: BTreeMap<&String, &Passage> =
        truth.passages.iter().filter(|(id, _)| has_tokens || !id.contains(":service-token:")).collect();
    let missing: Vec<_> = expected.keys().filter(|id| !given.contains_key(**id)).take(5).collect();
    let untrue: Vec<_> = given.keys().filter(|id| !expected.contains_key(id)).take(5).collect();
    assert!(missing.is_empty() && untrue.is_empty(), "missing: {missing:#?}, untrue: {untrue:#?}");
    for (id, passage) in &given {
        assert_eq!(sorted(passage), sorted(expected[id]), "{id}");
    }
}

/// Compares the entitlement of an application with the truth.
pub fn compare_entitlement(entitlement: &Entitlement, account: &Account, truth: &Truth) {
    let id = &entitlement.on.id;
    let application = account.applications.iter().find(|it| it.id == *id).expect("it is in the account");
    let slug = match application.kind.as_deref() {
        Some("bookmark" | "mcp") => "visible",
        _ => "access",
    };
    assert_eq!((&entitlement.id, entitlement.slug.as_str()), (&format!("app:{id}:{slug}"), slug));
    assert_eq!(entitlement.grantable_to, ["user", "member", "email", "service-token"]);
    let extra: Value = serde_json::from_str(&entitlement.extra).unwrap();
    let raw = |mut open: Value| {
        for part in ["any_of", "all_of", "none_of"] {
            open[part].as_array_mut().unwrap().iter_mut().for_each(|rule| *rule = raw_rule(rule.take()));
        }
        open
    };
    let shown = Exposure {
        open_to: extra["open_to"].as_array().cloned().into_iter().flatten().map(raw).collect(),
        public: extra["public"] == true,
        whoever_logs_in: extra["whoever_logs_in"] == true,
    };
    assert_eq!(shown, truth.apps[id], "{id}");
}

/// Compares the resources around applications, and the warnings about them, with the account.
pub fn compare_applications(whole: &Whole, account: &Account, truth: &Truth, has_tokens: bool) {
    let ids = |kind: &str| -> BTreeSet<&str> {
        whole.of_kind(kind).into_iter().map(|it| it.id.id.as_str()).collect()
    };
    let expected: BTreeSet<&str> = account.applications.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids("app"), expected);
    let expected: BTreeSet<&str> = account.identity_providers.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids("identity-provider"), expected);
    let tokens = account.service_tokens.iter().filter(|_| has_tokens).map(|it| it.id.as_str());
    assert_eq!(ids("service-token"), tokens.collect());

    let parents: BTreeMap<&str, Option<&str>> = whole
        .of_kind("policy")
        .into_iter()
        .map(|it| (it.id.id.as_str(), it.parent.as_ref().map(|parent| parent.id.as_str())))
        .collect();
    let own = account.applications.iter().flat_map(|app| {
        let own = app.policies.iter().filter(|it| matches!(it.policy, AttachedPolicy::Own(_)));
        own.map(|attached| (attached.id(), Some(app.id.as_str())))
    });
    let reusable = account.policies.iter().map(|policy| (policy.id.as_str(), None));
    assert_eq!(parents, own.chain(reusable).collect());

    let about = |code: &str| -> BTreeSet<&str> {
        let about = whole.warnings.iter().filter(|it| it.code == code).filter_map(|it| it.about.as_ref());
        about.map(|about| about.id.as_str()).collect()
    };
    let public: BTreeSet<&str> =
        truth.apps.iter().filter(|(_, app)| app.public).map(|(id, _)| id.as_str()).collect();
    assert_eq!(about("app-public"), public);
    let told = about("app-not-understood");
    let silent: Vec<_> = truth.undecided.iter().filter(|id| !told.contains(id.as_str())).collect();
    assert!(silent.is_empty(), "nobody is told that this isn't known: {silent:?}");
}
