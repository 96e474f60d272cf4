//! The applications that the generators make.

use std::collections::BTreeSet;

use host_test::mock::{AccessPolicy, AccessSize, Account, AttachedPolicy, Embedding, SECRET_INSIDE, Size};
use host_test::truth;
use serde_json::Value;

const SIZE: Size = Size { users: 120, members: 40, groups: 30, roles: 5 };
const ACCESS: AccessSize =
    AccessSize { applications: 60, policies: 30, identity_providers: 5, service_tokens: 10 };

fn generated(seed: u64) -> Account {
    Account::generate(seed, SIZE).with_access(seed, ACCESS)
}

fn policies(account: &Account) -> impl Iterator<Item = &AccessPolicy> {
    let attached = account.applications.iter().flat_map(|application| &application.policies);
    let own = attached.filter_map(|attached| match &attached.policy {
        AttachedPolicy::Own(policy) => Some(policy),
        AttachedPolicy::Reusable(_) => None,
    });
    account.policies.iter().chain(own)
}

#[test]
fn the_same_seed_gives_the_same_ones_and_changes_nothing_else() {
    assert_eq!(generated(7), generated(7));
    assert_ne!(generated(7).applications, generated(8).applications);
    let (before, after) = (Account::generate(7, SIZE), generated(7));
    assert!(before.applications.is_empty());
    assert_eq!(
        (&before.users, &before.members, &before.groups),
        (&after.users, &after.members, &after.groups)
    );
    assert_eq!(before.lists, after.lists[..before.lists.len()]);
}

#[test]
fn sizes_are_exact_and_ids_unique() {
    for sizes in [[0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 3], [3, 2, 1, 0], [29, 0, 1, 1], [500, 500, 50, 50]] {
        let [applications, policies, identity_providers, service_tokens] = sizes;
        let access = AccessSize { applications, policies, identity_providers, service_tokens };
        for people in [Size::default(), SIZE] {
            let account = Account::generate(3, people).with_access(3, access);
            let lengths = [
                account.applications.len(),
                account.policies.len(),
                account.identity_providers.len(),
                account.service_tokens.len(),
            ];
            assert_eq!(lengths, sizes);
            let ids = account.applications.iter().map(|it| &it.id);
            let ids = ids.chain(self::policies(&account).map(|it| &it.id));
            let ids = ids.chain(account.identity_providers.iter().map(|it| &it.id));
            let ids: Vec<_> = ids.chain(account.service_tokens.iter().map(|it| &it.id)).collect();
            assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
        }
    }
}

#[test]
fn every_type_decision_and_rule_kind_is_there() {
    let account = generated(1);
    let types: BTreeSet<_> = account.applications.iter().filter_map(|it| it.kind.as_deref()).collect();
    assert_eq!(types.len(), 16, "{types:?}");
    let decisions: BTreeSet<_> = policies(&account).map(|policy| policy.decision.as_deref()).collect();
    let known = [None, Some("allow"), Some("bypass"), Some("deny"), Some("non_identity"), Some("quarantine")];
    assert_eq!(decisions, known.into());
    let rules = policies(&account).flat_map(|it| [&it.include, &it.exclude, &it.require]).flatten().flatten();
    let kinds: BTreeSet<&str> =
        rules.filter_map(Value::as_object).flat_map(|rule| rule.keys().map(String::as_str)).collect();
    assert_eq!(kinds.len(), 27, "26 that are known, and one that isn't: {kinds:?}");
    let precedences = account
        .applications
        .iter()
        .flat_map(|it| it.policies.iter().map(|it| it.precedence).collect::<Vec<_>>());
    let precedences: BTreeSet<_> = precedences.collect();
    assert!(precedences.contains(&None) && precedences.contains(&Some(0)) && precedences.contains(&Some(40)));
    for embedding in [Embedding::Whole, Embedding::ById, Embedding::Absent, Embedding::Null] {
        assert!(account.applications.iter().any(|it| it.embedding == embedding && !it.policies.is_empty()));
    }
}

/// Returns the applications and identity providers as Cloudflare shows them.
fn shown(account: &Account) -> String {
    let applications: Vec<Value> =
        account.applications.iter().map(|it| account.application_json(it)).collect();
    serde_json::to_string(&(applications, &account.identity_providers)).unwrap()
}

#[test]
fn secrets_are_inside_and_marked() {
    for account in [Account::company(), generated(2)] {
        let shown = shown(&account);
        assert!(shown.matches(SECRET_INSIDE).count() >= 3);
        for field in ["client_secret", "password", "private_key", "token", "secret"] {
            let marked = format!(r#""{field}":"{SECRET_INSIDE}"#);
            let all = format!(r#""{field}":""#);
            assert_eq!(shown.matches(&marked).count(), shown.matches(&all).count(), "{field}");
        }
    }
}

#[test]
fn they_are_reached_in_every_way() {
    for seed in 0..3 {
        let truth = truth::account(&generated(seed));
        let of = |kind: &str, is_certain: bool| {
            let wanted = format!(":{kind}:");
            let found = truth.passages.iter().filter(|(id, passage)| {
                id.contains(&wanted) && passage.alternatives.is_empty() == is_certain
            });
            found.count()
        };
        for (kind, certain, conditional) in
            [("user", 500, 200), ("member", 100, 50), ("email", 10, 2), ("service-token", 5, 2)]
        {
            assert!(of(kind, true) > certain, "{seed}, {kind}: {}", of(kind, true));
            assert!(of(kind, false) > conditional, "{seed}, {kind}: {}", of(kind, false));
        }
        assert!(truth.passages.values().any(|passage| passage.alternatives.len() > 1));
        assert!(truth.passages.keys().any(|id| id.contains(":visible:")));
        assert!(!truth.undecided.is_empty());
        assert!(
            truth.apps.values().any(|app| app.public) && truth.apps.values().any(|app| app.whoever_logs_in)
        );
        assert!(truth.apps.values().filter(|app| !app.open_to.is_empty()).count() > 3);
        let tokens = truth.grants.keys().filter(|id| id.contains(":member:service-token:"));
        assert!(tokens.count() > 3, "groups hold tokens");
        assert!(truth.emails.contains("policy.stranger@outside.example"));
        assert!(!truth.emails.contains("machine.stranger@outside.example"), "no allow names it");
    }
}

#[test]
fn the_company_answers_who_can_reach_payroll() {
    let account = Account::company();
    let truth = truth::account(&account);
    let payroll = &account.applications.iter().find(|it| it.name.as_deref() == Some("Payroll")).unwrap();
    let user = |name: &str| account.users.iter().find(|it| it.name.as_deref() == Some(name)).unwrap();
    let passage = |name: &str| {
        truth.passages.get(&format!("app:{}:access:user:{}", payroll.id, user(name).id)).cloned()
    };
    let reached =
        account.users.iter().filter_map(|user| user.name.as_deref()).filter(|it| passage(it).is_some());
    let reached: Vec<&str> = reached.collect();
    assert_eq!(
        reached,
        ["Grace Whitfield", "Emil Novák", "Chiara Conti", "Amara Nwosu", "Elif Kaya", "Anna Kowalska"]
    );
    let grace = passage("Grace Whitfield").unwrap();
    assert_eq!(grace.basis.len(), 1);
    assert_eq!(grace.alternatives.len(), 1, "the office, Okta, and no deny");
    assert_eq!(grace.alternatives[0].all_of.len(), 1);
    assert_eq!(grace.alternatives[0].none_of.len(), 1);
    let status = account.applications.iter().find(|it| it.name.as_deref() == Some("Status page")).unwrap();
    assert!(truth.apps[&status.id].public);
    let handbook = account.applications.iter().find(|it| it.kind.as_deref() == Some("bookmark")).unwrap();
    assert!(truth.apps[&handbook.id].whoever_logs_in);
    let deploys = &account.service_tokens[0].id;
    let of_token: Vec<_> = truth.passages.keys().filter(|id| id.ends_with(deploys.as_str())).collect();
    assert_eq!(of_token.len(), 1, "git: {of_token:?}");
    assert!(!truth.passages.keys().any(|id| id.ends_with(account.service_tokens[1].id.as_str())), "expired");
}
