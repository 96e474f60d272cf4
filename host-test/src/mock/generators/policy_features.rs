//! The features of generated applications that make it hard to evaluate who reaches them.

use serde_json::{Value, json};

use crate::mock::access::{AccessPolicy, Application, Embedding};
use crate::mock::ids::uuid;

use super::random::{flipped, hex};

use super::random_rules::{email, group, hollow_rules, login_rules};
use super::workshop::{NOWHERE, Workshop, own, reuse};

/// A function that gives an application policies. The application has none yet.
pub(super) type Feature = fn(&mut Workshop, &mut Application);

pub(super) const FEATURES: [Feature; 30] = [
    denied_first,
    every_login_rule,
    asked_for_in_every_way,
    denied_by_login,
    approved,
    perhaps_approved,
    some_providers,
    all_providers,
    ties_and_gaps,
    unknown_decision,
    unknown_decision_behind,
    public,
    open_to_an_office,
    for_tokens,
    // For the types that no policies gate.
    no_policies,
    all_denied,
    for_any_token,
    tokens_of_a_group,
    whoever_logs_in,
    by_id,
    absent,
    null,
    only_an_id,
    nested,
    lists,
    missing_list,
    strangers,
    not_understood,
    account_members,
    shared,
];

fn everyone() -> Value {
    json!({ "everyone": {} })
}

fn geo() -> Value {
    json!({ "geo": { "country_code": "KP" } })
}

fn okta() -> Value {
    json!({ "okta": { "name": "Eng", "identity_provider_id": NOWHERE } })
}

fn denied_first(shop: &mut Workshop, app: &mut Application) {
    let (few, domain) = (shop.material.emails(4), shop.material.domain());
    own(app, shop.policy("deny", few), 1);
    own(app, shop.allow(vec![domain]), 2);
}

fn every_login_rule(shop: &mut Workshop, app: &mut Application) {
    let mut include = login_rules();
    include.extend(shop.material.emails(4));
    own(app, shop.allow(include), 1);
    own(app, shop.policy("non_identity", login_rules()), 2);
}

/// Requires and excludes rules that only a login decides, in two policies: either suffices.
fn asked_for_in_every_way(shop: &mut Workshop, app: &mut Application) {
    let (domain, few) = (shop.material.domain(), shop.material.emails(3));
    own(app, shop.allow(vec![domain]).requiring(login_rules()), 1);
    own(app, shop.allow(few).excluding(login_rules()), 2);
    own(app, shop.allow(vec![okta()]), 3);
}

fn denied_by_login(shop: &mut Workshop, app: &mut Application) {
    let few = shop.material.emails(5);
    own(app, shop.allow(few), 1);
    own(app, shop.policy("deny", vec![geo()]), 2);
    own(app, shop.allow(vec![everyone()]), 3);
}

fn approvers() -> Value {
    json!([{ "approvals_needed": 2, "email_addresses": ["boss@team00.example", "boss@team01.example"] }])
}

fn approved(shop: &mut Workshop, app: &mut Application) {
    let (domain, few) = (shop.material.domain(), shop.material.emails(6));
    let policy = shop.allow(vec![domain]);
    own(app, policy.with("approval_required", json!(true)).with("approval_groups", approvers()), 1);
    own(app, shop.allow(few), 2);
    let tokens = shop.tokens();
    own(app, shop.policy("non_identity", tokens).with("approval_required", json!(true)), 3);
    let everyone = shop.allow(vec![everyone()]);
    own(app, everyone.with("approval_required", json!(false)).with("approval_groups", approvers()), 4);
}

fn perhaps_approved(shop: &mut Workshop, app: &mut Application) {
    let policy = shop.allow(vec![okta()]).with("approval_required", json!(true));
    own(app, policy.with("approval_groups", json!([])), 1);
    let domain = shop.material.domain();
    own(app, shop.allow(vec![domain]), 2);
}

fn some_providers(shop: &mut Workshop, app: &mut Application) {
    let domain = shop.material.domain();
    own(app, shop.allow(vec![domain]), 1);
    let tokens = shop.tokens();
    own(app, shop.policy("non_identity", tokens), 2);
    app.allowed_idps = shop.providers(1);
}

fn all_providers(shop: &mut Workshop, app: &mut Application) {
    let domain = shop.material.domain();
    own(app, shop.allow(vec![domain]), 1);
    app.allowed_idps = shop.providers(usize::MAX);
}

/// Attaches policies with equal numbers, gaps, and without a number, in an order that isn't theirs.
fn ties_and_gaps(shop: &mut Workshop, app: &mut Application) {
    own(app, shop.allow(vec![everyone()]), None);
    for (decision, precedence) in [("deny", 40), ("allow", 7), ("deny", 7), ("allow", 0), ("deny", -3)] {
        let few = shop.material.emails(6);
        own(app, shop.policy(decision, few), precedence);
    }
    let few = shop.material.emails(6);
    own(app, shop.policy("deny", few), None);
}

fn unknown_decision(shop: &mut Workshop, app: &mut Application) {
    let few = shop.material.emails(4);
    own(app, shop.policy("quarantine", few), 1);
    let domain = shop.material.domain();
    own(app, shop.allow(vec![domain]), 2);
}

fn unknown_decision_behind(shop: &mut Workshop, app: &mut Application) {
    let (few, more) = (shop.material.emails(6), shop.material.emails(6));
    own(app, shop.allow(few), 1);
    own(app, shop.policy("deny", more), 2);
    own(app, AccessPolicy { decision: None, ..shop.allow(vec![everyone()]) }, 3);
}

fn public(shop: &mut Workshop, app: &mut Application) {
    let few = shop.material.emails(3);
    own(app, shop.policy("deny", vec![everyone()]), 1);
    own(app, shop.policy("bypass", vec![everyone()]), 2);
    own(app, shop.allow(few), 3);
}

fn open_to_an_office(shop: &mut Workshop, app: &mut Application) {
    let office = || json!({ "ip": { "ip": "203.0.113.0/24" } });
    let domain = shop.material.domain();
    own(app, shop.policy("bypass", vec![office(), everyone()]).requiring(vec![geo()]), 1);
    own(app, shop.policy("bypass", vec![domain.clone()]), 2);
    own(app, shop.policy("non_identity", vec![office()]).excluding(vec![everyone()]), 3);
    let inner = shop.group();
    own(app, shop.policy("non_identity", inner.into_iter().collect()), 4);
    own(app, shop.allow(vec![domain]), 5);
}

fn for_tokens(shop: &mut Workshop, app: &mut Application) {
    own(app, shop.policy("deny", vec![everyone()]), 1);
    let tokens = shop.tokens();
    own(app, shop.policy("non_identity", tokens), 2);
    let more = shop.tokens();
    own(app, shop.policy("non_identity", more).requiring(vec![geo()]), 3);
    let few = shop.material.emails(3);
    own(app, shop.allow(few), 4);
}

fn for_any_token(shop: &mut Workshop, app: &mut Application) {
    let any = json!({ "any_valid_service_token": {} });
    let out = shop.tokens();
    let policy = shop.policy("non_identity", vec![any, everyone()]);
    own(app, policy.requiring(vec![geo()]).excluding(out), 1);
    own(app, shop.policy("non_identity", vec![json!({ "certificate": {} })]), 2);
}

/// Lets in what groups hold, tokens and people: some groups have rules for tokens.
fn tokens_of_a_group(shop: &mut Workshop, app: &mut Application) {
    let ids: Vec<String> = shop.material.ids.clone();
    own(app, shop.policy("non_identity", ids.iter().map(|id| group(id)).collect()), 1);
    let inner = shop.group();
    own(app, shop.allow(inner.into_iter().collect()), 2);
}

fn whoever_logs_in(shop: &mut Workshop, app: &mut Application) {
    let few = shop.material.emails(3);
    own(app, shop.policy("deny", few), 1);
    own(app, shop.allow(vec![json!({ "login_method": { "id": NOWHERE } })]), 2);
    own(app, shop.allow(vec![everyone()]), 3);
}

fn all_denied(shop: &mut Workshop, app: &mut Application) {
    own(app, shop.policy("deny", vec![everyone()]), 1);
    own(app, shop.allow(vec![everyone()]), 2);
}

fn no_policies(_: &mut Workshop, app: &mut Application) {
    app.allowed_idps = Some(Vec::new());
}

fn by_id(shop: &mut Workshop, app: &mut Application) {
    shop.usual(app);
    app.embedding = Embedding::ById;
}

fn absent(shop: &mut Workshop, app: &mut Application) {
    shop.usual(app);
    app.embedding = Embedding::Absent;
}

fn null(shop: &mut Workshop, app: &mut Application) {
    shop.usual(app);
    app.embedding = Embedding::Null;
}

/// Attaches a reusable policy that isn't there, behind one that decides for some.
fn only_an_id(shop: &mut Workshop, app: &mut Application) {
    let few = shop.material.emails(5);
    own(app, shop.allow(few), 1);
    let nowhere = uuid(&hex(shop.material.rng));
    reuse(app, &nowhere, 2);
    own(app, shop.allow(vec![everyone()]), 3);
}

fn nested(shop: &mut Workshop, app: &mut Application) {
    let [one, other, out, asked] = [(); 4].map(|()| shop.group());
    let missing = group(NOWHERE);
    let include = one.into_iter().chain(other).chain([missing.clone()]).collect();
    own(app, shop.policy("deny", vec![missing]), 2);
    own(app, shop.allow(include).excluding(out.into_iter().collect()), 1);
    let domain = shop.material.domain();
    own(app, shop.allow(vec![domain]).requiring(asked.into_iter().collect()), 3);
}

fn lists(shop: &mut Workshop, app: &mut Application) {
    let all: Vec<Value> = shop
        .material
        .account
        .lists
        .iter()
        .filter(|list| list.kind == "EMAIL")
        .map(|list| json!({ "email_list": { "id": list.id } }))
        .collect();
    own(app, shop.allow(all.clone()), 2);
    own(app, shop.policy("deny", all.last().cloned().into_iter().collect()), 1);
}

fn missing_list(shop: &mut Workshop, app: &mut Application) {
    let domain = shop.material.domain();
    let missing = json!({ "email_list": { "id": NOWHERE } });
    own(app, shop.allow(vec![domain]).excluding(vec![missing]), 1);
}

/// Names addresses that nobody has: only an *allow* makes them known.
fn strangers(shop: &mut Workshop, app: &mut Application) {
    let named = ["policy.stranger@outside.example", "Policy.Stranger.Two@Outside.example"];
    own(app, shop.allow(named.map(email).to_vec()), 2);
    own(app, shop.policy("deny", vec![email("policy.stranger.two@outside.example")]), 1);
    own(app, shop.policy("deny", vec![email("denied.stranger@outside.example")]), 3);
    own(app, shop.policy("non_identity", vec![email("machine.stranger@outside.example")]), 4);
    own(app, shop.allow(vec![everyone()]), 5);
}

fn not_understood(shop: &mut Workshop, app: &mut Application) {
    let people = shop.material.emails(4);
    let mut include: Vec<Value> = people.clone();
    include.extend(hollow_rules());
    include.extend([
        json!({ "email": "no object" }),
        json!({ "email_domain": { "domain": 7 } }),
        json!({ "quantum_badge": { "level": 7 } }),
        json!({ "everyone": {}, "ip": { "ip": "192.0.2.1" } }),
        json!({}),
        email("zoë@outside.example"),
    ]);
    let of_people = people.iter().filter_map(|rule| rule["email"]["email"].as_str());
    include.extend(of_people.map(|address| email(&flipped(address))));
    own(app, shop.allow(include.clone()), 1);
    own(app, shop.policy("non_identity", include), 2);
    let domain = shop.material.domain();
    own(app, shop.allow(vec![domain]).requiring(hollow_rules()), 3);
}

fn account_members(shop: &mut Workshop, app: &mut Application) {
    own(app, shop.allow(vec![json!({ "cloudflare_account_member": {} })]), 1);
    let other = json!({ "cloudflare_account_member": { "account_id": "f".repeat(32) } });
    own(app, shop.policy("deny", vec![other]), 2);
    let few = shop.material.emails(5);
    own(app, shop.allow(few), 3);
}

/// Attaches the first reusable policies backwards.
fn shared(shop: &mut Workshop, app: &mut Application) {
    let first: Vec<String> = shop.reusable.iter().take(4).cloned().collect();
    for (id, precedence) in first.iter().zip([9, 6, 3, 1]) {
        reuse(app, id, precedence);
    }
}
