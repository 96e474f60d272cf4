//! Membership against an independent, slow evaluator: nesting, circles, three values, and the order
//! of groups, which never matters.

use crate::common::held::raw_rule;
use crate::common::random_rules::{ACCOUNT, ADDRESSES, config, is_own, rule};
use cloudflare_zero_trust::model::{self, ResourceId};
use cloudflare_zero_trust::rules::{DirectRule, Lists, Membership, RuleSet, Scratch, Standing, Subject};
use host_test::truth::{self, Conditions, Held, Kind};
use proptest::prelude::*;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn rules() -> impl Strategy<Value = Vec<Value>> {
    let known = rule('g', &["readable", "unclear", "empty", "unreadable", "gone"]);
    prop::collection::vec(prop_oneof![20 => known, 1 => Just(json!(null))], 0..4)
}

fn groups() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec((rules(), rules(), rules()), 1..7).prop_map(|groups| {
        let numbered = groups.into_iter().enumerate();
        numbered
            .map(|(n, (include, exclude, require))| {
                json!({"id": format!("g{n}"), "include": include, "exclude": exclude, "require": require})
            })
            .collect()
    })
}

fn principal() -> impl Strategy<Value = truth::Principal> {
    let who = prop::sample::select(vec![
        (Kind::User, None),
        (Kind::Email, None),
        (Kind::Member, Some("accepted")),
        (Kind::Member, Some("pending")),
        (Kind::Member, Some("rejected")),
    ]);
    (who, prop::option::weighted(0.9, prop::sample::select(ADDRESSES.to_vec()))).prop_map(
        |((kind, status), address)| truth::Principal {
            kind,
            address: address.map(str::to_owned),
            status: status.map(str::to_owned),
        },
    )
}

fn lists() -> truth::Lists {
    let readable = ["ANN@corp.example", "ann@corp.example", "eve@other.example"].map(str::to_owned).to_vec();
    let unclear =
        [" bob@corp.example", "bob@corp.example", "Kim@other.example;ANN@corp.example", "@other.example"];
    let unclear = unclear.map(str::to_owned).to_vec();
    BTreeMap::from([
        ("readable".to_owned(), Some(readable)),
        ("unclear".to_owned(), Some(unclear)),
        ("empty".to_owned(), Some(Vec::new())),
        ("unreadable".to_owned(), None),
    ])
}

fn membership(groups: &[Value]) -> Membership {
    let raw = |rules: &Value| -> Vec<Box<RawValue>> {
        rules.as_array().unwrap().iter().map(|rule| to_raw_value(rule).unwrap()).collect()
    };
    let rules = groups.iter().map(|group| {
        let sections = ["include", "exclude", "require"].map(|section| raw(&group[section]));
        RuleSet::new(ResourceId::new(model::Kind::Group, group["id"].as_str().unwrap()), sections, ACCOUNT)
    });
    let lists: Lists =
        lists().into_iter().map(|(id, items)| (id, items.map(|items| items.into_iter().collect()))).collect();
    Membership::new(rules.collect(), lists, Default::default())
}

fn evaluate(membership: &Membership, principal: &truth::Principal) -> BTreeMap<String, Held> {
    let standing = match principal.status.as_deref() {
        Some("accepted") => Standing::Accepted,
        Some("rejected") => Standing::Rejected,
        _ => Standing::None,
    };
    let principal = Subject::Person { address: principal.address.as_deref(), standing };
    let parsed = |rules: &[std::borrow::Cow<'_, str>]| {
        rules.iter().map(|raw| raw_rule(serde_json::from_str(raw).unwrap())).collect()
    };
    let held = membership.of(principal, &mut Scratch::default()).into_iter().map(|held| {
        let mut basis: Vec<_> =
            held.basis.iter().map(|&(kind, value)| (kind.to_owned(), value.to_owned())).collect();
        basis.sort();
        let conditions = held.conditions.map(|open| Conditions {
            any_of: parsed(&open.any_of),
            all_of: parsed(&open.all_of),
            none_of: parsed(&open.none_of),
        });
        (held.resource.id.clone(), Held { conditions, basis, revocable: held.revocable })
    });
    held.collect()
}

/// Returns the groups as a change of an address's direct rules would leave them.
fn changed(groups: &[Value], assumed: &[(usize, DirectRule)], address: &str) -> Vec<Value> {
    let mut groups = groups.to_vec();
    for &(place, own) in assumed {
        let include = groups[place]["include"].as_array_mut().unwrap();
        match own {
            DirectRule::AsIs => {}
            DirectRule::Removed => include.retain(|rule| !is_own(rule, address)),
            DirectRule::Added => include.push(json!({"email": {"email": address}})),
        }
    }
    groups
}

/// Returns for each group: the value, whether it is named, its direct rules, and the membership.
fn told(
    membership: &Membership,
    principal: Subject<'_>,
    assumed: &[(usize, DirectRule)],
    scratch: &mut Scratch,
) -> Vec<String> {
    let mut evaluation = membership.evaluate(principal, assumed.iter().copied(), scratch);
    let groups = 0..membership.groups().len();
    let told = groups.map(|group| {
        let (value, named, own) =
            (evaluation.value(group), evaluation.is_named(group), evaluation.own_rules(group));
        format!("{value:?} {named} {own} {:?}", evaluation.held_of(group))
    });
    told.collect()
}

proptest! {
    #![proptest_config(config(3000))]

    #[test]
    fn it_is_what_the_slow_evaluator_says(groups in groups(), principal in principal()) {
        let expected = truth::evaluate(ACCOUNT, &groups, &lists(), &principal);
        let expected = expected.into_iter().filter_map(|(id, held)| Some((id, held?)));
        let expected: BTreeMap<String, Held> = expected.collect();
        prop_assert_eq!(evaluate(&membership(&groups), &principal), expected);
    }

    /// This includes people whom no rule names. Their values come from the baseline, which must not
    /// be used where a rule is assumed.
    #[test]
    fn what_is_assumed_of_own_rules_is_as_if_they_stood_there(
        groups in groups(), who in principal(), stranger in any::<bool>(),
        owns in prop::collection::vec(0..3usize, 7),
    ) {
        let known = who.address.as_deref().unwrap_or("eve@other.example");
        let address = if stranger { "stranger@nowhere.example" } else { known };
        let standing = match who.status.as_deref() {
            Some("accepted") => Standing::Accepted,
            Some("rejected") => Standing::Rejected,
            _ => Standing::None,
        };
        let principal = Subject::Person { address: Some(address), standing };
        let rules = [DirectRule::AsIs, DirectRule::Removed, DirectRule::Added];
        let assumed: Vec<(usize, DirectRule)> =
            (0..groups.len()).map(|place| (place, rules[owns[place]])).collect();
        let mut scratch = Scratch::default();
        let membership = membership(&groups);
        let as_assumed = told(&membership, principal, &assumed, &mut scratch);
        let left = self::membership(&changed(&groups, &assumed, address));
        prop_assert_eq!(as_assumed, told(&left, principal, &[], &mut Scratch::default()));
        // An assumption of one evaluation must not last until the next.
        let stands = told(&membership, principal, &[], &mut Scratch::default());
        prop_assert_eq!(told(&membership, principal, &[], &mut scratch), stands);
    }

    #[test]
    fn the_order_of_groups_never_matters(
        groups in groups().prop_flat_map(|groups| (Just(groups.clone()), Just(groups).prop_shuffle())),
        principal in principal(),
    ) {
        let (groups, shuffled) = groups;
        let shuffled = evaluate(&membership(&shuffled), &principal);
        prop_assert_eq!(evaluate(&membership(&groups), &principal), shuffled);
    }

    #[test]
    fn working_memory_holds_nothing_over(groups in groups(), one in principal(), other in principal()) {
        let membership = membership(&groups);
        let mut scratch = Scratch::default();
        let ask = |who: &truth::Principal, scratch: &mut Scratch| {
            let principal = Subject::Person { address: who.address.as_deref(), standing: Standing::None };
            membership.of(principal, scratch).len()
        };
        let fresh = ask(&other, &mut Scratch::default());
        ask(&one, &mut scratch);
        prop_assert_eq!(ask(&other, &mut scratch), fresh);
    }
}
