//! Facts about the groups of identity providers, as far as the worked cases of applications don't have it.

use super::*;
use crate::identities::{Facts, GroupFacts, ProviderGroup};
use std::rc::Rc;

const ANN: &str = "ann@corp.example";

/// Builds groups for people whom facts put into the Okta group `Eng`.
fn with_facts(json: Json, people: &[&str]) -> Membership {
    let sets: Vec<RuleSet> = built(&groups(json), Lists::default()).groups().to_vec();
    let wanted = sets.iter().flat_map(RuleSet::provider_groups).map(ProviderGroup::normal).collect();
    let facts = GroupFacts {
        provider: "i".to_owned(),
        group: "Eng".to_owned(),
        addresses: people.iter().map(|&address| address.to_owned()).collect(),
        source: "Okta".to_owned(),
        as_of: None,
    };
    let mut known = Facts::default();
    known.learn(&wanted, &[facts]).unwrap();
    Membership::new(sets, Lists::default(), Rc::new(known))
}

const fn user(address: &str) -> Subject<'_> {
    Subject::Person { address: Some(address), standing: Standing::None }
}

fn okta() -> Json {
    serde_json::json!({"okta": {"name": "Eng", "identity_provider_id": "i"}})
}

/// What is left after a revoke rests on the provider's group, which is another grant.
#[test]
fn a_fact_stands_in_the_way_of_no_revoke() {
    let ann = serde_json::json!({"email": {"email": ANN}});
    let membership = with_facts(
        serde_json::json!([
            {"id": "beside", "include": [ann, okta()]},
            {"id": "nested", "include": [ann, {"group": {"id": "only"}}]},
            {"id": "only", "include": [okta()]},
            {"id": "domain", "include": [ann, okta(), {"email_domain": {"domain": "corp.example"}}]},
        ]),
        &[ANN],
    );
    let mut scratch = Scratch::default();
    let held = membership.of(user(ANN), &mut scratch);
    let told: Vec<(&str, bool)> = held.iter().map(|it| (it.resource.id.as_str(), it.revocable)).collect();
    assert_eq!(told, [("beside", true), ("domain", false), ("nested", true), ("only", false)]);
    let place = membership.place_of("beside").unwrap();
    let mut left = membership.evaluate(user(ANN), [(place, DirectRule::Removed)], &mut scratch);
    assert!(left.holds(place) && !left.holds_without_facts(place));
    let left = left.held_of(place).unwrap();
    assert_eq!((left.basis, left.conditions.is_some()), (vec![("okta", "Eng")], true));
}

#[test]
fn the_memory_of_an_evaluation_keeps_both_readings_apart() {
    let json = serde_json::json!([
        {"id": "a", "include": [{"everyone": {}}], "require": [okta()]},
        {"id": "b", "include": [{"everyone": {}}], "exclude": [okta()]},
    ]);
    let (with, without) = (with_facts(json.clone(), &[ANN]), built(&groups(json), Lists::default()));
    let mut scratch = Scratch::default();
    for _ in 0..2 {
        let mut values = |membership: &Membership, subject: Subject<'static>| {
            let evaluation = membership.evaluate(subject, [], &mut scratch);
            [0, 1].map(|place| (evaluation.value(place), evaluation.expected_value(place)))
        };
        let (yes, no) = ((Value::Open, Some(Value::Yes)), (Value::Open, Some(Value::No)));
        assert_eq!(values(&with, user(ANN)), [yes, no]);
        assert_eq!(values(&without, user(ANN)), [(Value::Open, None); 2]);
        assert_eq!(values(&with, user("bob@corp.example")), [no, yes]);
        assert_eq!(values(&with, Subject::Person { address: None, standing: Standing::None }), [no, yes]);
        assert_eq!(values(&with, Subject::Token("t")), [(Value::No, None), (Value::Yes, None)]);
        assert_eq!(values(&with, Subject::Nobody), [(Value::No, None), (Value::Yes, None)]);
    }
}

#[test]
fn another_version_of_a_group_keeps_the_facts() {
    let membership = with_facts(serde_json::json!([{"id": "a", "include": [okta()]}]), &[ANN]);
    let other = groups(serde_json::json!([{"id": "a", "include": [okta(), {"everyone": {}}]},
        {"id": "b", "include": [okta()]}]));
    let other = built(&other, Lists::default()).groups().to_vec();
    let again = membership.with(other, Lists::default());
    let mut scratch = Scratch::default();
    let held = again.of(user(ANN), &mut scratch);
    let basis: Vec<usize> = held.iter().map(|it| it.basis.len()).collect();
    assert_eq!(basis, [2, 1]);
    assert_eq!(again.of(user("bob@corp.example"), &mut scratch).len(), 1);
}

#[test]
fn an_address_has_a_number_if_a_rule_names_the_group_that_facts_put_it_in() {
    let membership = with_facts(
        serde_json::json!([
            {"id": "a", "include": [okta(), {"email": {"email": "Bob@corp.example"}}]},
            {"id": "b", "include": [{"everyone": {}}], "exclude": [okta()]},
        ]),
        &[ANN, "bob@corp.example"],
    );
    let included: Vec<&str> =
        membership.included().into_iter().map(|it| membership.included_address(it)).collect();
    assert_eq!(
        included.iter().map(|it| it.to_ascii_lowercase()).collect::<Vec<_>>(),
        [ANN, "bob@corp.example"]
    );
    let numbers = [ANN, "BOB@corp.example"].map(|address| membership.number_of(address).unwrap());
    assert!(numbers[0] != numbers[1] && numbers.iter().all(|number| *number < membership.addresses()));
    let excluded = with_facts(
        serde_json::json!([{"id": "b", "include": [{"everyone": {}}], "exclude": [okta()]}]),
        &[ANN],
    );
    assert!(excluded.included().is_empty() && excluded.number_of(ANN).is_some());
}

#[test]
fn a_rule_about_a_group_of_a_provider_can_name_somebody_only_where_facts_are_about_it() {
    let other = serde_json::json!({"okta": {"name": "Ops", "identity_provider_id": "i"}});
    let membership = with_facts(serde_json::json!([{"id": "a", "include": [other, okta()]}]), &[]);
    let naming: Vec<_> = membership.naming(membership.group(0).unwrap()).collect();
    assert_eq!(naming, [("okta", "Eng")]);
}
