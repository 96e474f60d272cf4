//! Policies beside groups: they are evaluated like groups, and are none.

use super::*;

const PEOPLE: [&str; 3] = ["ann@corp.example", "bob@corp.example", "cid@corp.example"];

fn set(kind: Kind, id: &str, include: Json) -> RuleSet {
    let include: Vec<Box<RawValue>> = serde_json::from_value(include).unwrap();
    RuleSet::new(ResourceId::new(kind, id), [include, Vec::new(), Vec::new()], &"0".repeat(32))
}

fn email(address: &str) -> Json {
    serde_json::json!({"email": {"email": address}})
}

fn group(id: &str) -> Json {
    serde_json::json!({"group": {"id": id}})
}

fn beside_each_other() -> Membership {
    let list = serde_json::json!({"email_list": {"id": "l"}});
    let sets = vec![
        set(Kind::Policy, "a", serde_json::json!([group("b"), email(PEOPLE[0])])),
        set(Kind::Policy, "d", serde_json::json!([email("denied@corp.example"), list])).giving_nothing(),
        // A group and a policy with one id.
        set(Kind::Policy, "b", serde_json::json!([email(PEOPLE[2])])),
        set(Kind::Group, "b", serde_json::json!([email(PEOPLE[1])])),
        set(Kind::Group, "c", serde_json::json!([group("a"), group("b")])),
    ];
    let items = [PEOPLE[1].to_owned(), "listed@corp.example".to_owned()].into_iter().collect();
    Membership::new(sets, Lists::from_iter([("l".to_owned(), Some(items))]), Default::default())
}

#[test]
fn a_group_is_found_by_its_id_and_a_policy_by_its_own() {
    let membership = beside_each_other();
    assert_eq!(membership.group_ids().collect::<Vec<_>>(), ["b", "c"]);
    assert_eq!(membership.groups().len(), 2);
    let resources = membership.groups().iter().map(RuleSet::resource);
    assert!(resources.into_iter().all(|resource| resource.kind == Kind::Group));
    let places = ["a", "b", "c", "d"].map(|id| (membership.place_of(id), membership.place_of_policy(id)));
    assert_eq!(places, [(None, Some(2)), (Some(0), Some(3)), (Some(1), None), (None, Some(4))]);
    assert_eq!(membership.places(), 5);
    for place in 0..6 {
        let is_policy = membership.policy(place).is_some_and(|set| set.resource().kind == Kind::Policy);
        assert_eq!((membership.group(place).is_some(), is_policy), (place < 2, (2..5).contains(&place)));
    }
}

#[test]
fn only_groups_are_held_and_only_groups_are_referred_to() {
    let membership = beside_each_other();
    let mut scratch = Scratch::default();
    for (address, groups, policies) in
        [(PEOPLE[0], "", "a"), (PEOPLE[1], "b c", "a d"), (PEOPLE[2], "", "b"), ("x@else.example", "", "")]
    {
        let subject = Subject::Person { address: Some(address), standing: Standing::None };
        let mut evaluation = membership.evaluate(subject, [], &mut scratch);
        let ids = |held: Vec<Held<'_>>| -> String {
            held.iter().map(|held| held.resource.id.as_str()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(ids(evaluation.held()), groups, "{address}");
        let of_policies = (2..5).filter_map(|place| evaluation.held_of(place)).collect();
        assert_eq!(ids(of_policies), policies, "{address}");
        let touched: Vec<&str> = evaluation
            .touched_policies()
            .iter()
            .filter_map(|&place| membership.policy(place))
            .map(RuleSet::id)
            .collect();
        assert_eq!(touched.join(" "), policies, "{address}");
    }
    // The group "c" names a group that isn't there, though a policy has its id.
    let warned: Vec<String> = membership
        .warnings()
        .iter()
        .map(|it| format!("{} {}", it.code.word(), it.about.as_ref().unwrap()))
        .collect();
    assert_eq!(warned, ["group-not-listed group:c"]);
}

#[test]
fn addresses_count_where_they_give_something() {
    let membership = beside_each_other();
    let included: Vec<&str> =
        membership.included().into_iter().map(|it| membership.included_address(it)).collect();
    assert_eq!(included, PEOPLE);
    let again = membership.with(
        vec![set(Kind::Group, "e", serde_json::json!([{"email_list": {"id": "l"}}]))],
        Lists::default(),
    );
    let included: Vec<&str> = again.included().into_iter().map(|it| again.included_address(it)).collect();
    assert_eq!(included, [PEOPLE[0], PEOPLE[1], PEOPLE[2], "listed@corp.example"]);
    assert_eq!(again.places(), 6);
}

#[test]
fn what_is_left_open_in_a_policy_is_told_of_the_policy() {
    let sets = vec![
        set(
            Kind::Policy,
            "p",
            serde_json::json!([group("gone"), {"okta": null}, {}, email("\u{212a}im@corp.example"),
            {"email_domain": {"domain": "@corp.example"}}, email("ann@corp.example, bob@corp.example")]),
        ),
        set(Kind::Policy, "q", serde_json::json!([{"everyone": {}}])),
    ];
    let membership = Membership::new(sets, Lists::default(), Default::default());
    let policy = ResourceId::new(Kind::Policy, "p");
    let mut words = Vec::new();
    for warning in membership.warnings() {
        assert_eq!(warning.about.as_ref(), Some(&policy));
        assert!(warning.message.contains(" of policy p "), "{}", warning.message);
        words.push(warning.code.word());
    }
    let expected = [
        "address-unclear",
        "domain-with-sign",
        "group-not-listed",
        "rule-not-ascii",
        "rule-not-understood",
        "selector-empty",
    ];
    assert_eq!(words, expected);
}

/// A circle of groups is one, whatever policies refer to it.
#[test]
fn a_policy_is_in_no_circle() {
    let sets = vec![
        set(Kind::Group, "a", serde_json::json!([group("b"), email(PEOPLE[0])])),
        set(Kind::Group, "b", serde_json::json!([group("a")])),
        set(Kind::Policy, "a", serde_json::json!([group("a"), group("b")])),
    ];
    let membership = Membership::new(sets, Lists::default(), Default::default());
    let subject = Subject::Person { address: Some(PEOPLE[0]), standing: Standing::None };
    let mut scratch = Scratch::default();
    let mut evaluation = membership.evaluate(subject, [], &mut scratch);
    let held = evaluation.held_of(2).unwrap();
    assert_eq!((held.basis, held.conditions), (vec![("group", "a"), ("group", "b")], None));
}

/// The memory of one evaluation says nothing in the next one, of whatever account it is.
#[test]
fn the_memory_of_an_evaluation_is_of_no_account() {
    let mut scratch = Scratch::default();
    let many: Vec<RuleSet> = (0..130)
        .map(|n| set(Kind::Group, &format!("{n:03}"), serde_json::json!([email(PEOPLE[n % 2])])))
        .collect();
    let accounts = [
        Membership::new(many, Lists::default(), Default::default()),
        beside_each_other(),
        Membership::new(Vec::new(), Lists::default(), Default::default()),
    ];
    for _ in 0..2 {
        for (membership, counts) in accounts.iter().zip([[65, 65, 0], [0, 2, 0], [0, 0, 0]]) {
            for (address, count) in PEOPLE.iter().zip(counts) {
                let subject = Subject::Person { address: Some(address), standing: Standing::None };
                assert_eq!(membership.of(subject, &mut scratch).len(), count, "{address}");
            }
        }
    }
}

/// A solution that is kept is another one's only if the same rules name them in the same account, and
/// nothing was assumed.
#[test]
fn a_solution_is_kept_for_those_who_are_alike() {
    let account = |require: Json| {
        let rules = [serde_json::json!([email(PEOPLE[0])]), serde_json::json!([]), require];
        let sections = rules.map(|rules| serde_json::from_value::<Vec<Box<RawValue>>>(rules).unwrap());
        let group = RuleSet::new(ResourceId::new(Kind::Group, "g"), sections, &"0".repeat(32));
        Membership::new(vec![group], Lists::default(), Default::default())
    };
    let plain = account(serde_json::json!([]));
    let strict = account(serde_json::json!([{"ip": {"ip": "203.0.113.1"}}]));
    let mut scratch = Scratch::default();
    let mut value = |membership: &Membership, address: &str, assumed: Option<DirectRule>| {
        let subject = Subject::Person { address: Some(address), standing: Standing::None };
        membership.evaluate(subject, assumed.map(|rule| (0, rule)), &mut scratch).value(0)
    };
    let [ann, bob, cid] = PEOPLE;
    assert_eq!(value(&plain, ann, None), Value::Yes);
    assert_eq!(value(&strict, ann, None), Value::Open);
    assert_eq!(value(&plain, ann, None), Value::Yes);
    assert_eq!(value(&plain, ann, Some(DirectRule::Removed)), Value::No);
    assert_eq!(value(&plain, ann, None), Value::Yes);
    assert_eq!(value(&plain, bob, None), Value::No);
    assert_eq!(value(&plain, cid, Some(DirectRule::Added)), Value::Yes);
    assert_eq!(value(&plain, cid, None), Value::No);
    assert_eq!(value(&plain, bob, None), Value::No);
}
