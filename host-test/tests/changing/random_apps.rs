//! Random applications in front of random groups, and who reaches them, by the slow evaluator.

use super::random::Somebody;
use crate::common::random_rules::rule;
use host_test::mock::{
    AccessPolicy, Account, Application, Attached, AttachedPolicy, Embedding, IdentityProvider,
};
use host_test::truth::{Asking, Kind, Lists, Principal, Reach, Setting};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const PROVIDERS: [&str; 2] = ["1d", "2d"];

/// Half of the rules name a group: those are what a change of a group is about.
fn section(least: usize) -> impl Strategy<Value = Vec<Value>> {
    let nested = (0..6usize).prop_map(|n| json!({"group": {"id": format!("a{n}")}}));
    prop::collection::vec(prop_oneof![1 => nested, 1 => rule('a', &["11", "22", "33", "gone"])], least..3)
}

fn policy() -> impl Strategy<Value = (AccessPolicy, Option<i64>)> {
    let decision = prop_oneof![
        12 => Just("allow"), 8 => Just("deny"), 1 => Just("bypass"), 1 => Just("non_identity"),
        1 => Just("quarantine"),
    ];
    let rare = || prop_oneof![3 => Just(Vec::new()), 1 => section(0)];
    let approval = prop_oneof![6 => Just(false), 1 => Just(true)];
    let precedence = prop_oneof![5 => (1..5i64).prop_map(Some), 1 => Just(None)];
    (decision, section(1), rare(), rare(), approval, precedence).prop_map(
        |(decision, include, exclude, require, approval, precedence)| {
            let policy = AccessPolicy::new("Policy", decision, include).requiring(require).excluding(exclude);
            let policy = match approval {
                true => policy.with("approval_required", json!(true)).with("approval_groups", json!([])),
                false => policy,
            };
            (policy, precedence)
        },
    )
}

/// Makes applications, whose policies Cloudflare's list may leave out.
pub fn apps() -> impl Strategy<Value = Vec<Application>> {
    let kind = prop_oneof![
        8 => Just("self_hosted"), 1 => Just("bookmark"), 1 => Just("mcp"), 1 => Just("end_user"),
        1 => Just("new_type"),
    ];
    let embedding = prop_oneof![
        6 => Just(Embedding::Whole), 1 => Just(Embedding::ById), 1 => Just(Embedding::Absent),
        1 => Just(Embedding::Null),
    ];
    let allowed = prop_oneof![
        4 => Just(None), 1 => Just(Some(vec!["1d".to_owned()])),
        1 => Just(Some(PROVIDERS.map(str::to_owned).to_vec())),
    ];
    let app = (kind, embedding, allowed, prop::collection::vec(policy(), 0..4));
    prop::collection::vec(app, 1..4).prop_map(|apps| {
        let app = |(n, (kind, embedding, allowed_idps, policies)): (usize, (&str, _, _, Vec<_>))| {
            let attach = |(m, (policy, precedence)): (usize, (AccessPolicy, Option<i64>))| {
                let policy = AccessPolicy { id: format!("f{n}{m}"), ..policy };
                Attached { policy: AttachedPolicy::Own(policy), precedence }
            };
            Application {
                id: format!("e{n}"),
                name: Some(format!("Application {n}")),
                kind: Some(kind.to_owned()),
                allowed_idps,
                policies: policies.into_iter().enumerate().map(attach).collect(),
                embedding,
                ..Application::default()
            }
        };
        apps.into_iter().enumerate().map(app).collect()
    })
}

/// Returns the account with these applications, and identity providers.
pub fn with_apps(account: Account, applications: Vec<Application>) -> Account {
    let provider = |id: &str| IdentityProvider {
        id: id.to_owned(),
        name: Some("Okta".to_owned()),
        ..Default::default()
    };
    Account { applications, identity_providers: PROVIDERS.map(provider).to_vec(), ..account }
}

/// Returns the application's entitlement that grants are on.
pub fn entitlement(app: &Application) -> String {
    let slug = if matches!(app.kind.as_deref(), Some("bookmark" | "mcp")) { "visible" } else { "access" };
    format!("app:{}:{slug}", app.id)
}

/// Returns who reaches what, by the entitlement's id.
pub fn reaches(account: &Account, who: &Somebody) -> BTreeMap<String, Reach> {
    let groups: Vec<Value> =
        account.groups.iter().map(|group| serde_json::to_value(group).unwrap()).collect();
    let lists: Lists = account.lists.iter().map(|list| (list.id.clone(), Some(list.items.clone()))).collect();
    let providers: Vec<String> = account.identity_providers.iter().map(|it| it.id.clone()).collect();
    let apps: Vec<Value> =
        account.applications.iter().map(|app| account.whole_application_json(app)).collect();
    let setting = Setting::new(&account.id, &groups, &lists, Some(&providers), &apps);
    let kind = match who.id.split_once(':').unwrap().0 {
        "user" => Kind::User,
        "member" => Kind::Member,
        _ => Kind::Email,
    };
    let principal = Principal { kind, address: who.address.clone(), status: who.status.clone() };
    let reach = setting.apps(Asking::Person(&principal));
    account.applications.iter().map(|app| (entitlement(app), reach[&app.id].clone())).collect()
}

/// Returns 0 where there is no grant, 1 for a conditional one, 2 for a certain one.
pub fn firmness(reaches: &BTreeMap<String, Reach>, entitlement: &str) -> u8 {
    match &reaches[entitlement] {
        Reach::None | Reach::Undecided => 0,
        Reach::Granted(passage) if passage.alternatives.is_empty() => 2,
        Reach::Granted(_) => 1,
    }
}
