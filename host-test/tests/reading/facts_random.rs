//! Whole syncs of random accounts with random facts about groups of identity providers are the truth, and
//! what is expected is what a login finds. The core runs alone, in this process, so that there can be many.

use crate::common::facts::{compare_with_facts, told};
use crate::common::random_rules::{ADDRESSES, config};
use crate::common::whole::grant_id;
use crate::reach_random::{account, people, read_with};
use cloudflare_zero_trust::identities::GroupFacts;
use connector_host::contract::Basis;
use host_test::mock::{AccessPolicy, Account, Application, Attached, AttachedPolicy, Group};
use host_test::truth::{Entry, Fact, Visitor, log_in};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

/// An address that only facts know.
const ONLY_FACTS: &str = "only.facts@partner.example";

/// Returns rules about groups of identity providers, with the provider and the text of each.
fn groups_of_providers() -> Vec<(Value, &'static str, &'static str)> {
    let rules = [
        (json!({"okta": {"name": "Eng", "identity_provider_id": "i0"}}), "i0", "Eng"),
        (json!({"okta": {"name": "eng", "identity_provider_id": "I0"}}), "i0", "eng"),
        (json!({"okta": {"name": "Eng", "identity_provider_id": "i1"}}), "i1", "Eng"),
        (json!({"azureAD": {"id": "B-1", "identity_provider_id": "i1"}}), "i1", "b-1"),
        (json!({"azureAD": {"id": "b-1", "identity_provider_id": "I1"}}), "I1", "B-1"),
        (
            json!({"gsuite": {"email": "Ops@corp.example", "identity_provider_id": "i1"}}),
            "i1",
            "ops@CORP.example",
        ),
        (
            json!({"github-organization": {"name": "Corp", "team": "sre", "identity_provider_id": "i0"}}),
            "i0",
            "corp/SRE",
        ),
        (json!({"github-organization": {"name": "Corp", "identity_provider_id": "i0"}}), "i0", "corp"),
        (
            json!({"saml": {
                "attribute_name": "dep",
                "attribute_value": "A=b",
                "identity_provider_id": "i0",
            }}),
            "i0",
            "dep=A=b",
        ),
        (
            json!({"oidc": {"claim_name": "dep", "claim_value": "Eng", "identity_provider_id": "i0"}}),
            "i0",
            "dep=Eng",
        ),
        // These name no group of a provider, so nothing can be said about them.
        (json!({"okta": {"name": "Eng"}}), "", "Eng"),
        (json!({"saml": {"attribute_name": "dep", "identity_provider_id": "i0"}}), "i0", "dep"),
    ];
    rules.into()
}

pub fn facts() -> impl Strategy<Value = Vec<Fact>> {
    let plain: Vec<&str> = ADDRESSES.into_iter().filter(|it| it.matches('@').count() == 1).collect();
    let address = select([&plain[..], &[ONLY_FACTS]].concat()).prop_map(str::to_owned);
    let times = [None, Some("2026-11-20T08:00:00Z"), Some("2026-11-20T08:30:00+02:00")];
    let known: Vec<_> = groups_of_providers().into_iter().filter(|(_, id, _)| !id.is_empty()).collect();
    let fact = (
        select(known),
        prop::collection::vec(address, 0..4),
        select(vec!["Okta", "HR"]),
        select(times.to_vec()),
    );
    let fact = fact.prop_map(|((_, provider, group), addresses, source, as_of)| Fact {
        provider: provider.to_owned(),
        group: group.to_owned(),
        addresses,
        source: source.to_owned(),
        as_of: as_of.map(str::to_owned),
    });
    prop::collection::vec(fact, 0..7)
}

/// Returns all sections of groups and policies.
fn sections(account: &mut Account) -> Vec<&mut Vec<Value>> {
    let own = account.applications.iter_mut().flat_map(|app| &mut app.policies);
    let own = own.filter_map(|attached| match &mut attached.policy {
        AttachedPolicy::Own(policy) => Some(policy),
        AttachedPolicy::Reusable(_) => None,
    });
    let policies = account.policies.iter_mut().chain(own);
    let of_policies = policies.flat_map(|it| [&mut it.include, &mut it.require, &mut it.exclude]);
    let of_groups =
        account.groups.iter_mut().flat_map(|it| [&mut it.include, &mut it.require, &mut it.exclude]);
    of_groups.chain(of_policies).flatten().collect()
}

/// Makes an account of which every other rule is about a group of an identity provider.
pub fn account_with_providers() -> impl Strategy<Value = Account> {
    let choices = prop::collection::vec(prop::option::of(any::<Index>()), 32);
    (account(), choices).prop_map(|(mut account, choices)| {
        let (known, mut choices) = (groups_of_providers(), choices.into_iter().cycle());
        for rule in sections(&mut account).into_iter().flatten() {
            if let Some(choice) = choices.next().flatten() {
                *rule = choice.get(&known).0.clone();
            }
        }
        account
    })
}

pub fn in_core(facts: &[Fact]) -> Vec<GroupFacts> {
    let of_fact = |fact: &Fact| GroupFacts {
        provider: fact.provider.clone(),
        group: fact.group.clone(),
        addresses: fact.addresses.clone(),
        source: fact.source.clone(),
        as_of: fact.as_of.clone(),
    };
    facts.iter().map(of_fact).collect()
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn a_sync_with_random_facts_is_the_truth_and_facts_only_add(
        account in account_with_providers(),
        facts in facts(),
    ) {
        let with = read_with(account.clone(), &in_core(&facts));
        compare_with_facts(&with, &account, true, &facts);
        let without = read_with(account.clone(), &[]);
        compare_with_facts(&without, &account, true, &[]);
        for grant in &without.grants {
            let same = with.grants.iter().find(|it| grant_id(it) == grant_id(grant)).unwrap();
            prop_assert_eq!(format!("{:?}", same.conditions), format!("{:?}", grant.conditions));
            let is_kept = |basis: &Basis| {
                same.basis.iter().any(|it| (&it.rule, &it.value) == (&basis.rule, &basis.value))
            };
            prop_assert!(grant.basis.iter().all(is_kept), "{:?}", grant);
            prop_assert_eq!(same.revocable, grant.revocable);
        }
    }
}

/// Makes rules that an address or a group of an identity provider decides, or one of so many groups.
fn decided(groups: usize) -> impl Strategy<Value = Vec<Value>> {
    let of_providers: Vec<Value> =
        groups_of_providers().into_iter().take(10).map(|(rule, ..)| rule).collect();
    let email = select(ADDRESSES.to_vec()).prop_map(|address| json!({"email": {"email": address}}));
    let everyone = json!({"everyone": {}});
    let others = vec![everyone.clone(), json!({"email_domain": {"domain": "corp.example"}})];
    let group = (0..groups.max(1)).prop_map(move |number| match groups {
        0 => everyone.clone(),
        _ => json!({"group": {"id": format!("g{number}")}}),
    });
    let rule = prop_oneof![5 => select(of_providers), 2 => email, 1 => select(others), 2 => group];
    prop::collection::vec(rule, 0..4)
}

/// Makes a group with this number. It refers to none behind it, so there is no circle.
fn decided_group(number: usize) -> impl Strategy<Value = Group> {
    let more = || prop::option::of(decided(number));
    (decided(number), more(), more()).prop_map(move |(include, require, exclude)| Group {
        id: format!("g{number}"),
        name: format!("Group {number}"),
        include: Some(include),
        require,
        exclude,
        ..Group::default()
    })
}

fn decided_account() -> impl Strategy<Value = Account> {
    let more = || prop::option::of(decided(3));
    let decision = select(vec!["allow", "allow", "deny"]);
    let policy = (decided(3), more(), more(), decision).prop_map(|(include, require, exclude, decision)| {
        let decision = Some(decision.to_owned());
        AccessPolicy { decision, include: Some(include), require, exclude, ..AccessPolicy::default() }
    });
    let groups = (decided_group(0), decided_group(1), decided_group(2));
    let apps = prop::collection::vec(prop::collection::vec(policy, 1..4), 1..4);
    (groups, apps).prop_map(|((first, second, third), apps)| {
        let app = |(at, policies): (usize, Vec<AccessPolicy>)| {
            let attached = |(number, policy): (usize, AccessPolicy)| {
                let policy = AccessPolicy { id: format!("a{at}p{number}"), ..policy };
                Attached { policy: AttachedPolicy::Own(policy), precedence: Some(number as i64) }
            };
            Application {
                id: format!("a{at}"),
                kind: Some("self_hosted".to_owned()),
                policies: policies.into_iter().enumerate().map(attached).collect(),
                ..Application::default()
            }
        };
        let applications = apps.into_iter().enumerate().map(app).collect();
        Account { groups: vec![first, second, third], applications, members: Vec::new(), ..people() }
    })
}

proptest! {
    #![proptest_config(config(400))]

    /// Where facts are about every rule that a login decides, and are right, a person comes in exactly if a
    /// grant is certain or expected.
    #[test]
    fn what_is_expected_is_what_a_login_finds(account in decided_account(), facts in facts()) {
        // Each group is known to somebody.
        let known = groups_of_providers().into_iter().take(10).map(|(_, provider, group)| Fact {
            provider: provider.to_owned(),
            group: group.to_owned(),
            addresses: Vec::new(),
            source: "Login".to_owned(),
            as_of: None,
        });
        let facts: Vec<Fact> = facts.into_iter().chain(known).collect();
        let whole = read_with(account.clone(), &in_core(&facts));
        let told = told(&whole);
        for address in ["ann@corp.example", "Bob@CORP.example", "eve@other.example", ONLY_FACTS] {
            let ignores_case = |rule: &Value| {
                ["azureAD", "gsuite", "github-organization"].iter().any(|kind| rule.get(kind).is_some())
            };
            let is_in = |(rule, provider, group): &(Value, &str, &str)| {
                facts.iter().any(|fact| {
                    let is_it = |text: &str| match ignores_case(rule) {
                        true => text.eq_ignore_ascii_case(group),
                        false => text == *group,
                    };
                    fact.provider.eq_ignore_ascii_case(provider)
                        && is_it(&fact.group)
                        && fact.addresses.iter().any(|known| known.eq_ignore_ascii_case(address))
                })
            };
            let known = groups_of_providers().into_iter().take(10);
            let meets = known.filter(is_in).map(|(rule, ..)| rule).collect();
            let visitor = Visitor { address: address.to_owned(), meets, ..Visitor::default() };
            for app in &account.applications {
                let entry = log_in(&mut account.clone(), &app.id, &visitor);
                let grants = whole.grants.iter().filter(|grant| {
                    let principal = &grant.principals[0];
                    let user = account.users.iter().find(|user| user.id == principal.id);
                    let own = user.map_or(Some(principal.id.as_str()), |user| user.email.as_deref());
                    grant.entitlement == format!("app:{}:access", app.id)
                        && own.is_some_and(|own| own.eq_ignore_ascii_case(address))
                });
                let holds = grants.clone().any(|grant| {
                    grant.conditions.is_empty() || told.get(&grant_id(grant)).is_some_and(|it| it.holds)
                });
                let is_in = matches!(entry, Entry::LetIn { .. });
                let why = format!("{address} into {}: {:?}", app.id, grants.collect::<Vec<_>>());
                prop_assert!(is_in || !holds, "is expected: {}", why);
                // A person without an account whom no rule and no fact includes isn't shown.
                let is_user = account.users.iter().any(|user| user.email.as_deref() == Some(address));
                prop_assert!(holds || !is_in || !is_user, "is not expected: {}", why);
            }
        }
    }
}
