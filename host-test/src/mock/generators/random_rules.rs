//! The rules of generated groups: everyday memberships, and the features that make membership hard
//! to evaluate.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::mock::access::Group;
use crate::mock::account::Account;
use crate::mock::ids::uuid;

use super::random::{flipped, hex, pick};

/// The objects that rules refer to.
pub(super) struct Material<'a> {
    pub rng: &'a mut ChaCha8Rng,
    /// The account, which has no groups yet.
    pub account: &'a Account,
    pub domains: &'a [String],
    /// The ids of all the groups.
    pub ids: Vec<String>,
}

impl Material<'_> {
    /// Returns the address of a user, or of a member if there are no users.
    fn address(&mut self) -> Option<String> {
        let account = self.account;
        let users = account.users.len();
        match (users, account.members.len()) {
            (0, 0) => None,
            (0, _) => pick(self.rng, &account.members).address().map(str::to_owned),
            _ => pick(self.rng, &account.users).email.clone(),
        }
    }

    /// Returns `email` rules for at most `count` people.
    pub(super) fn emails(&mut self, count: usize) -> Vec<Value> {
        (0..count).filter_map(|_| self.address()).map(|address| email(&address)).collect()
    }

    pub(super) fn domain(&mut self) -> Value {
        json!({ "email_domain": { "domain": pick(self.rng, self.domains) } })
    }

    pub(super) fn group(&mut self) -> Value {
        let id = pick(self.rng, &self.ids).clone();
        group(&id)
    }

    /// Returns a rule with one of the account's lists of addresses, the first of which is empty.
    pub(super) fn list(&mut self) -> Value {
        let lists: Vec<_> = self.account.lists.iter().filter(|list| list.kind == "EMAIL").collect();
        json!({ "email_list": { "id": pick(self.rng, &lists).id } })
    }

    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.rng.random_bool(probability)
    }
}

pub(super) fn email(address: &str) -> Value {
    json!({ "email": { "email": address } })
}

pub(super) fn group(id: &str) -> Value {
    json!({ "group": { "id": id } })
}

/// Adds rules to a section of a group, which may be absent.
fn add(part: &mut Option<Vec<Value>>, rules: impl IntoIterator<Item = Value>) {
    part.get_or_insert_default().extend(rules);
}

/// The service token that rules of groups name. An account need not have it.
pub(super) const RULED_TOKEN: &str = "aa0a4aab-672b-4bdb-bc33-a59f1130a11f";

/// Returns each kind of rule that no identity decides once, with a selector that isn't hollow.
/// OpenAPI: the rules of `GET /accounts/{account_id}/access/groups`.
pub(super) fn login_rules() -> Vec<Value> {
    let idp = "ea85612a-29c8-46c2-bacb-669d65136971";
    vec![
        json!({ "ip": { "ip": "203.0.113.0/24" } }),
        json!({ "ip_list": { "id": "0e7b8a52-6d1d-4c7c-9a3f-0b7f1c9d2e11" } }),
        json!({ "geo": { "country_code": "PT" } }),
        json!({ "certificate": {} }),
        json!({ "common_name": { "common_name": "laptop.corp.example" } }),
        json!({ "service_token": { "token_id": RULED_TOKEN } }),
        json!({ "any_valid_service_token": {} }),
        json!({ "linked_app_token": { "app_uid": "7b1c7d80-3c4e-4c65-b0a1-0f5a4d7c2b10" } }),
        json!({ "login_method": { "id": idp } }),
        json!({ "auth_method": { "auth_method": "mfa" } }),
        json!({ "auth_context": { "id": "c1", "ac_id": "c1", "identity_provider_id": idp } }),
        json!({ "azureAD": { "id": "3f6c0e2e-9a55-4a92-9a0b-3c1f4b5d6e70", "identity_provider_id": idp } }),
        json!({ "okta": { "name": "Engineering", "identity_provider_id": idp } }),
        json!({ "gsuite": { "email": "devs@corp.example", "identity_provider_id": idp } }),
        json!({ "github-organization": { "name": "corp", "team": "sre", "identity_provider_id": idp } }),
        json!({ "saml": {
            "attribute_name": "group",
            "attribute_value": "devs",
            "identity_provider_id": idp,
        } }),
        json!({ "oidc": { "claim_name": "group", "claim_value": "devs", "identity_provider_id": idp } }),
        json!({ "device_posture": { "integration_uid": "2d3f4a5b-1111-4222-8333-444455556666" } }),
        json!({ "external_evaluation": {
            "evaluate_url": "https://eval.example.com",
            "keys_url": "https://eval.example.com/keys",
        } }),
        json!({ "user_risk_score": { "user_risk_score": ["low", "medium"] } }),
    ]
}

/// Returns rules of known kinds whose own selector is null, absent or empty.
pub(super) fn hollow_rules() -> Vec<Value> {
    vec![
        json!({ "common_name": { "common_name": null } }),
        json!({ "okta": { "name": null, "identity_provider_id": "ea85612a-29c8-46c2-bacb-669d65136971" } }),
        json!({ "user_risk_score": { "user_risk_score": [] } }),
        json!({ "email": { "email": "" } }),
        json!({ "email_domain": {} }),
        json!({ "email_list": { "id": null } }),
        json!({ "group": { "id": "" } }),
    ]
}

/// Fills a group as a company does, with at most `most` addresses.
pub(super) fn everyday(material: &mut Material, at: usize, most: usize, into: &mut Group) {
    let people = material.account.users.len().max(material.account.members.len());
    let most = most.min(people / 3 + 1);
    let count = material.rng.random_range(0..=most);
    let mut include = material.emails(count);
    if most > 8 && material.chance(0.55) {
        let count = material.rng.random_range(1..=6);
        include.extend((0..count).map(|_| material.domain()));
    }
    if at > 0 && material.chance(0.12) {
        // Only an earlier group, since cycles are a feature.
        let earlier = material.rng.random_range(0..at);
        include.push(group(&material.ids[earlier].clone()));
    }
    if material.chance(0.08) {
        include.push(material.list());
    }
    if material.chance(0.15) {
        include.push(pick(material.rng, &login_rules()).clone());
    }
    if material.chance(0.2) {
        include.push(email(&format!("guest{at}@outside.example")));
    }
    let mut exclude = Vec::new();
    if material.chance(0.15) {
        exclude.extend(material.emails(3));
    }
    let mut require = Vec::new();
    if material.chance(0.12) {
        require.push(pick(material.rng, &login_rules()).clone());
    }
    (into.include, into.exclude, into.require) = (Some(include), Some(exclude), Some(require));
}

/// A function that adds one feature to the group at an index. Some change the next group too.
pub(super) type Feature = fn(&mut Material, &mut [Group], usize);

pub(super) const FEATURES: [Feature; 22] = [
    everyone,
    login_includes,
    login_requires,
    login_excludes,
    nested,
    nested_elsewhere,
    cycle,
    cycle_through_exclude,
    itself,
    missing_group,
    lists,
    missing_list,
    mixed_case,
    hollow_includes,
    hollow_elsewhere,
    unknown_kind,
    not_understood,
    account_members,
    other_account,
    unmatched,
    non_ascii,
    no_include,
];

/// Includes everyone but some. The stranger of [`unmatched`] who is to have nothing is one of them.
fn everyone(material: &mut Material, groups: &mut [Group], at: usize) {
    add(&mut groups[at].include, [json!({ "everyone": {} })]);
    let few = material.emails(2);
    add(&mut groups[at].exclude, few);
    add(&mut groups[at].exclude, [email("stranger.three@outside.example")]);
}

fn login_includes(material: &mut Material, groups: &mut [Group], at: usize) {
    add(&mut groups[at].include, login_rules());
    let few = material.emails(3);
    add(&mut groups[at].include, few);
}

fn login_requires(material: &mut Material, groups: &mut [Group], at: usize) {
    let few = material.emails(4);
    add(&mut groups[at].include, few);
    add(&mut groups[at].require, login_rules());
}

fn login_excludes(material: &mut Material, groups: &mut [Group], at: usize) {
    let domain = material.domain();
    add(&mut groups[at].include, [domain]);
    add(&mut groups[at].exclude, login_rules());
}

fn nested(material: &mut Material, groups: &mut [Group], at: usize) {
    let inner = [material.group(), material.group()];
    add(&mut groups[at].include, inner);
}

fn nested_elsewhere(material: &mut Material, groups: &mut [Group], at: usize) {
    let domain = material.domain();
    add(&mut groups[at].include, [domain]);
    // Neither leads back here, since that would be another feature.
    let (kept_out, asked_for) = ((at + 1) % groups.len(), (at + 2) % groups.len());
    let inner = |of: usize| group(&groups[of].id);
    let (kept_out, asked_for) = (inner(kept_out), inner(asked_for));
    add(&mut groups[at].exclude, [kept_out]);
    add(&mut groups[at].require, [asked_for]);
}

fn cycle(material: &mut Material, groups: &mut [Group], at: usize) {
    let next = (at + 1) % groups.len();
    let (here, there) = (group(&groups[at].id), group(&groups[next].id));
    let few = material.emails(3);
    add(&mut groups[at].include, few);
    add(&mut groups[at].include, [there]);
    add(&mut groups[next].include, [here]);
}

fn cycle_through_exclude(material: &mut Material, groups: &mut [Group], at: usize) {
    let next = (at + 1) % groups.len();
    let (here, there) = (group(&groups[at].id), group(&groups[next].id));
    let domain = material.domain();
    add(&mut groups[at].include, [domain.clone()]);
    add(&mut groups[next].include, [domain]);
    add(&mut groups[at].exclude, [there]);
    add(&mut groups[next].include, [here]);
}

fn itself(_: &mut Material, groups: &mut [Group], at: usize) {
    let here = group(&groups[at].id);
    add(&mut groups[at].include, [here]);
}

fn missing_group(material: &mut Material, groups: &mut [Group], at: usize) {
    let nowhere = group(&uuid(&hex(material.rng)));
    let few = material.emails(3);
    add(&mut groups[at].include, few);
    add(&mut groups[at].include, [nowhere.clone()]);
    add(&mut groups[at].exclude, [nowhere]);
}

fn lists(material: &mut Material, groups: &mut [Group], at: usize) {
    let all: Vec<_> = material.account.lists.iter().filter(|list| list.kind == "EMAIL").collect();
    add(&mut groups[at].include, all.iter().map(|list| json!({ "email_list": { "id": list.id } })));
}

fn missing_list(material: &mut Material, groups: &mut [Group], at: usize) {
    let nowhere = json!({ "email_list": { "id": uuid(&hex(material.rng)) } });
    let domain = material.domain();
    add(&mut groups[at].include, [domain, nowhere.clone()]);
    add(&mut groups[at].exclude, [nowhere]);
}

fn mixed_case(material: &mut Material, groups: &mut [Group], at: usize) {
    let people: Vec<_> = (0..4).filter_map(|_| material.address()).collect();
    add(&mut groups[at].include, people.iter().map(|address| email(&flipped(address))));
    let domain = flipped(pick::<String>(material.rng, material.domains));
    add(&mut groups[at].include, [json!({ "email_domain": { "domain": domain } })]);
}

fn hollow_includes(_: &mut Material, groups: &mut [Group], at: usize) {
    add(&mut groups[at].include, hollow_rules());
}

/// Adds hollow rules elsewhere. In `exclude` they keep nobody out, in `require` they let nobody in.
/// Half of the seeds have the latter.
fn hollow_elsewhere(material: &mut Material, groups: &mut [Group], at: usize) {
    let few = material.emails(3);
    add(&mut groups[at].include, few);
    add(&mut groups[at].exclude, hollow_rules());
    if material.chance(0.5) {
        add(&mut groups[at].require, [json!({ "common_name": { "common_name": null } })]);
    }
}

fn unknown_kind(material: &mut Material, groups: &mut [Group], at: usize) {
    let few = material.emails(3);
    add(&mut groups[at].include, few);
    add(&mut groups[at].include, [json!({ "quantum_badge": { "level": 7 } })]);
    add(&mut groups[at].exclude, [json!({ "quantum_badge": { "level": null } })]);
}

fn not_understood(material: &mut Material, groups: &mut [Group], at: usize) {
    let Some(address) = material.address() else { return };
    add(
        &mut groups[at].include,
        [
            email(&address),
            json!({ "email": { "email": address }, "everyone": {} }),
            json!({ "email": address }),
            json!({ "everyone": null }),
        ],
    );
    add(&mut groups[at].exclude, [json!({}), json!({ "email": { "email": 7 } })]);
}

fn account_members(material: &mut Material, groups: &mut [Group], at: usize) {
    let few = material.emails(2);
    add(&mut groups[at].include, few);
    add(
        &mut groups[at].include,
        [
            json!({ "cloudflare_account_member": {} }),
            json!({ "cloudflare_account_member": { "account_id": material.account.id } }),
        ],
    );
}

fn other_account(material: &mut Material, groups: &mut [Group], at: usize) {
    let domain = material.domain();
    add(&mut groups[at].include, [domain]);
    add(&mut groups[at].include, [json!({ "cloudflare_account_member": { "account_id": "f".repeat(32) } })]);
    add(&mut groups[at].exclude, [json!({ "cloudflare_account_member": {} })]);
}

fn unmatched(_: &mut Material, groups: &mut [Group], at: usize) {
    let strangers =
        ["stranger@outside.example", "Stranger.Two@Outside.example", "stranger.three@outside.example"];
    add(&mut groups[at].include, strangers.map(email));
    add(&mut groups[at].exclude, [email("STRANGER.three@outside.example")]);
}

/// Adds values with non-ASCII letters. The first letter of the second address is a KELVIN SIGN, which
/// Unicode folds to a `k`.
fn non_ascii(material: &mut Material, groups: &mut [Group], at: usize) {
    let few = material.emails(2);
    add(&mut groups[at].include, few);
    add(
        &mut groups[at].include,
        [
            email("zoë@outside.example"),
            email("\u{212a}im@team00.example"),
            json!({ "email_domain": { "domain": "müller.example" } }),
        ],
    );
    add(&mut groups[at].exclude, [json!({ "email_domain": { "domain": "team00\u{2024}example" } })]);
}

fn no_include(_: &mut Material, groups: &mut [Group], at: usize) {
    groups[at].include = None;
    groups[at].require = None;
}
