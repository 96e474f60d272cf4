//! People whom only their identity provider knows: the worked cases, and what holds of any facts.

use super::search::{Random, subjects};
use super::*;
use crate::rules::Value;
use std::collections::BTreeSet;

#[test]
fn the_worked_cases() {
    let cases: Json = serde_json::from_str(include_str!("../identities.json")).unwrap();
    let cases = cases["cases"].as_array().unwrap();
    assert!(cases.len() >= 100, "the file lost its cases");
    for case in cases {
        let name = &case["name"];
        let mut json = case.clone();
        json["apps"] = case.get("app").map_or(json!([]), |app| json!([app]));
        let account = Account::new(&json);
        let principal: Principal = serde_json::from_value(case["principal"].clone()).unwrap();
        let subject = principal.subject().unwrap();
        let (groups, access) = (account.groups(subject), account.access(subject).pop());
        for (what, expected) in case["expect"].as_object().unwrap() {
            let held = match what.as_str() {
                "app" => access.as_ref(),
                group => groups.iter().find(|held| held.id == group),
            };
            assert_eq!(told_as_case(held), *expected, "{name}: {what}");
        }
        if let Some(included) = case.get("included") {
            let of = |membership: &Membership| -> Vec<String> {
                let included = membership.included().into_iter();
                included.map(|it| membership.included_address(it).to_ascii_lowercase()).collect()
            };
            assert_eq!(json!(of(&account.membership)), *included, "{name}");
        }
    }
}

/// Puts what somebody holds into the form of the worked cases.
fn told_as_case(held: Option<&Told>) -> Json {
    let Some(held) = held else { return json!({"grant": "none"}) };
    let basis = held.basis.iter().map(|[policy, rule, value]| match policy.as_str() {
        "" => json!({"rule": rule, "value": value}),
        _ => json!({"policy": policy, "rule": rule, "value": value}),
    });
    let mut told = json!({"grant": held.grant(), "basis": basis.collect::<Vec<_>>()});
    if held.grant() == "conditional" {
        told["alternatives"] = held.alternatives.clone();
    }
    for (key, value) in held.extra.as_object().unwrap() {
        told[key] = value.clone();
    }
    told
}

const GROUPS: usize = 5;
const APPS: usize = 5;
const PEOPLE: [&str; 5] = [
    "ann@corp.example",
    "bob@corp.example",
    "eve@else.example",
    "nobody@nowhere.example",
    "kim@else.example",
];
const FACTUAL: [(&str, &str); 4] = [("i", "Eng"), ("i", "Ops"), ("j", "Eng"), ("k", "Corp/Eng")];

fn provider_rule(of: usize) -> Json {
    match of {
        3 => json!({"github-organization": {"name": "CORP", "team": "eng", "identity_provider_id": "k"}}),
        4 => json!({"okta": {"name": "Unknown", "identity_provider_id": "i"}}),
        of => json!({"okta": {"name": FACTUAL[of].1, "identity_provider_id": FACTUAL[of].0}}),
    }
}

fn random_rule(random: &mut Random) -> Json {
    match random.below(16) {
        0 => json!({"email": {"email": PEOPLE[random.below(3)]}}),
        1 => json!({"email_domain": {"domain": "corp.example"}}),
        2 => json!({"everyone": {}}),
        3 => json!({"cloudflare_account_member": {}}),
        4 => json!({"ip": {"ip": "203.0.113.0/24"}}),
        5 => json!({"any_valid_service_token": {}}),
        6 => json!({"email": {"email": "bob@corp.example; ann@corp.example"}}),
        7..12 => provider_rule(random.below(5)),
        _ => json!({"group": {"id": format!("g{}", random.below(GROUPS + 1))}}),
    }
}

/// Returns a random account with facts. About one group nobody says anything.
fn random_account(random: &mut Random) -> Json {
    let mut rules = |id: String| {
        let mut rules = json!({"id": id, "include": [random_rule(random), random_rule(random)]});
        for section in ["exclude", "require"] {
            if random.one_in(3) {
                rules[section] = json!([random_rule(random)]);
            }
        }
        let most = if random.one_in(4) { 7 } else { 4 };
        let decisions = ["allow", "allow", "allow", "deny", "non_identity", "bypass", "quarantine"];
        rules["decision"] = json!(decisions[random.below(most)]);
        rules["approval_required"] = json!(random.one_in(5));
        rules["approval_groups"] = json!([]);
        rules
    };
    let groups: Vec<Json> = (0..GROUPS).map(|at| rules(format!("g{at}"))).collect();
    let policies: Vec<Json> = (0..8).map(|at| rules(format!("p{at}"))).collect();
    let apps: Vec<Json> = (0..APPS)
        .map(|_| {
            let attached: Vec<&Json> =
                (0..1 + random.below(4)).map(|_| &policies[random.below(policies.len())]).collect();
            let allowed = if random.one_in(5) { json!(["i"]) } else { json!([]) };
            json!({"policies": attached, "allowed_idps": allowed})
        })
        .collect();
    let facts: Vec<Json> = (0..random.below(8))
        .map(|_| {
            let (provider, group) = FACTUAL[random.below(4)];
            let addresses: Vec<&str> = PEOPLE.into_iter().filter(|_| random.one_in(3)).collect();
            let source = ["HR", "Okta", "SCIM"][random.below(3)];
            json!({"provider": provider, "group": group, "addresses": addresses, "source": source,
                "as_of": format!("2026-11-0{}T00:00:00Z", 1 + random.below(3))})
        })
        .collect();
    json!({"groups": groups, "apps": apps, "facts": facts, "identity_providers": ["i", "j", "k"]})
}

fn all_subjects() -> Vec<Subject<'static>> {
    let mut all = subjects();
    all.push(person(PEOPLE[4]));
    all
}

/// Runs a check on random accounts.
fn on_random_accounts(mut check: impl FnMut(&Json, &Account, &mut Random)) {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for _ in 0..250 {
        let made = random_account(&mut random);
        check(&made, &Account::new(&made), &mut random);
    }
}

/// Returns the account without facts.
fn without_facts(made: &Json) -> Json {
    let mut made = made.clone();
    made["facts"] = json!([]);
    made
}

#[test]
fn facts_only_add_grants_and_none_of_them_is_certain() {
    let (mut kept, mut added) = (0, 0);
    on_random_accounts(|made, account, _| {
        let bare = Account::new(&without_facts(made));
        for place in 0..APPS {
            assert_eq!(account.extra(place), bare.extra(place), "{made}");
        }
        for subject in all_subjects() {
            let (mut one, mut other) = (Scratch::default(), Scratch::default());
            let with = account.membership.evaluate(subject, [], &mut one);
            let without = bare.membership.evaluate(subject, [], &mut other);
            for place in 0..account.membership.places() {
                assert_eq!(with.value(place), without.value(place), "{subject:?} of {made}");
                let holds = (with.holds_without_facts(place), without.holds(place));
                assert_eq!(holds.0, holds.1, "{subject:?} of {made}");
            }
            for (with, without) in [
                (account.groups(subject), bare.groups(subject)),
                (account.access(subject), bare.access(subject)),
            ] {
                let find = |held: &[Told], id: &str| held.iter().position(|it| it.id == id);
                for before in &without {
                    let now = find(&with, &before.id).map(|at| &with[at]);
                    let now = now.unwrap_or_else(|| panic!("{subject:?} lost {} of {made}", before.id));
                    assert_eq!(now.alternatives, before.alternatives, "{subject:?} of {made}");
                    assert_eq!(now.revocable, before.revocable, "{subject:?} of {made}");
                    let mut rest = now.basis.iter();
                    assert!(before.basis.iter().all(|rule| rest.any(|other| other == rule)), "{made}");
                    assert_eq!(before.extra, json!({}));
                    kept += 1;
                }
                for new in with.iter().filter(|it| find(&without, &it.id).is_none()) {
                    assert!(subject.address().is_some(), "{subject:?} of {made}");
                    assert_eq!((new.grant(), new.revocable), ("conditional", false), "{subject:?} of {made}");
                    assert!(new.extra["expected"].is_boolean(), "{subject:?} of {made}");
                    added += 1;
                }
            }
        }
    });
    assert!(kept > 1000 && added > 1000, "{kept} kept, {added} added");
}

/// Returns whether a rule is met by a person, if facts cover it.
fn met(made: &Json, subject: Subject<'_>, rule: &Json) -> Option<bool> {
    let (provider, group) = FACTUAL[(0..4).find(|&at| provider_rule(at) == *rule)?];
    let facts = made["facts"].as_array().unwrap().iter();
    let mut about = facts.filter(|it| it["provider"] == provider && it["group"] == group).peekable();
    about.peek()?;
    let has = |fact: &Json| texts(&fact["addresses"]).iter().any(|it| Some(it.as_str()) == subject.address());
    Some(about.any(has))
}

/// Returns the account in which each rule that facts cover is decided for a person: it holds for everybody,
/// or for nobody.
fn decided(made: &Json, subject: Subject<'_>) -> Json {
    let decide = |rules: &mut Json| {
        for section in ["include", "exclude", "require"] {
            for rule in rules.get_mut(section).and_then(Json::as_array_mut).into_iter().flatten() {
                match met(made, subject, rule) {
                    Some(true) => *rule = json!({"everyone": {}}),
                    Some(false) => *rule = json!({"common_name": {"common_name": null}}),
                    None => {}
                }
            }
        }
    };
    let mut decided = without_facts(made);
    decided["groups"].as_array_mut().unwrap().iter_mut().for_each(decide);
    for app in decided["apps"].as_array_mut().unwrap() {
        app["policies"].as_array_mut().unwrap().iter_mut().for_each(decide);
    }
    decided
}

/// Whether an alternative is expected to hold: none of its `all_of` and not all of its `any_of` are known not
/// to hold, and none of its `none_of` is known to. `of` returns the value of a condition, in the account in
/// which the facts decide.
fn is_expected(alternative: &Json, of: &dyn Fn(&Json) -> Value) -> bool {
    let list = |name: &str| alternative[name].as_array().unwrap();
    let any_of = list("any_of");
    list("all_of").iter().all(|it| of(it) != Value::No)
        && list("none_of").iter().all(|it| of(it) != Value::Yes)
        && (any_of.is_empty() || any_of.iter().any(|it| of(it) != Value::No))
}

#[test]
fn what_is_expected_is_what_would_be_if_the_facts_decided() {
    let (mut told, mut yes, mut of_apps) = (0, 0, 0);
    on_random_accounts(|made, account, _| {
        for subject in all_subjects() {
            let if_decided = Account::new(&decided(made, subject));
            let mut scratch = Scratch::default();
            let judged = if_decided.membership.evaluate(subject, [], &mut scratch);
            let place_of = |id: &str| if_decided.membership.place_of(id).unwrap();
            for held in account.groups(subject) {
                let Some(expected) = held.extra.get("expected") else { continue };
                assert!(subject.is_person() && held.grant() == "conditional");
                assert_eq!(*expected, judged.value(place_of(&held.id)) != Value::No, "{subject:?} of {made}");
                (told, yes) = (told + 1, yes + usize::from(*expected == true));
            }
            // Of an application, by each of its alternatives.
            let value = |condition: &Json| {
                let id = |kind: &str| condition.get(kind).and_then(|it| it["id"].as_str());
                let group = id("group").map(|id| if_decided.membership.place_of(id));
                let policy = id("policy").map(|id| if_decided.membership.place_of_policy(id));
                match (group.or(policy), met(made, subject, condition)) {
                    (Some(place), _) => place.map_or(Value::Open, |place| judged.value(place)),
                    (None, Some(true)) => Value::Yes,
                    (None, Some(false)) => Value::No,
                    (None, None) => Value::Open,
                }
            };
            for held in account.access(subject) {
                let Some(expected) = held.extra.get("expected") else { continue };
                assert!(subject.is_person() && held.grant() == "conditional");
                let alternatives = held.alternatives.as_array().unwrap();
                let any = alternatives.iter().any(|it| is_expected(it, &value));
                assert_eq!(*expected, any, "{subject:?}, {} of {made}", held.id);
                (told, yes, of_apps) = (told + 1, yes + usize::from(any), of_apps + 1);
            }
        }
    });
    assert!(yes > told / 5 && yes < told * 9 / 10, "{yes} of {told} are expected");
    assert!(of_apps > told / 5 && of_apps < told, "{of_apps} of {told} are of applications");
}

/// The search starts from what holds for everybody, in both readings.
#[test]
fn the_search_gives_what_asking_for_everything_gives() {
    let mut search = Search::default();
    let (mut scratch, mut differing) = (Scratch::default(), 0);
    on_random_accounts(|made, account, _| {
        for subject in all_subjects() {
            let evaluation = account.membership.evaluate(subject, [], &mut scratch);
            let found = account.applications.candidates(&evaluation, &mut search).iter();
            let found = found.filter_map(|&place| account.applications.access(place, &evaluation));
            let found: Vec<Told> = found.map(Told::of).collect();
            let places = 0..account.membership.places();
            let of = |evaluation: &crate::rules::Evaluation<'_, '_>| -> Vec<_> {
                places.clone().map(|it| (evaluation.value(it), evaluation.expected_value(it))).collect()
            };
            let values = of(&evaluation);

            // Every set is touched, so that everything is solved anew.
            let all = places.clone().map(|place| (place, crate::rules::DirectRule::AsIs));
            let mut fresh = Scratch::default();
            let thorough = account.membership.evaluate(subject, all, &mut fresh);
            assert_eq!(values, of(&thorough), "{subject:?} of {made}");
            let asked = (0..APPS).filter_map(|place| account.applications.access(place, &thorough));
            assert_eq!(found, asked.map(Told::of).collect::<Vec<_>>(), "{subject:?} of {made}");
            differing += values.iter().filter(|(value, it)| it.is_some_and(|it| it != *value)).count();
        }
    });
    assert!(differing > 1000, "{differing}");
}

#[test]
fn neither_the_order_of_facts_nor_their_pieces_matter() {
    on_random_accounts(|made, account, random| {
        let mut digests = BTreeSet::new();
        for _ in 0..3 {
            let mut facts = told_facts(made);
            // Each address by itself, and some twice.
            let mut pieces: Vec<GroupFacts> = Vec::new();
            for fact in facts.drain(..) {
                pieces.push(GroupFacts { addresses: Vec::new(), ..fact.clone() });
                for address in &fact.addresses {
                    let address =
                        if random.one_in(2) { address.to_ascii_uppercase() } else { address.clone() };
                    let one = GroupFacts { addresses: vec![address], ..fact.clone() };
                    pieces.extend(std::iter::repeat_n(one, 1 + random.below(2)));
                }
            }
            for at in (1..pieces.len()).rev() {
                pieces.swap(at, random.below(at + 1));
            }
            let again = Account::with(made, |facts, sets| {
                for piece in pieces.chunks(1 + random.below(5)) {
                    facts.learn(&wanted(sets), piece).unwrap();
                }
                digests.insert(facts.digest());
            });
            for subject in all_subjects() {
                assert_eq!(again.groups(subject), account.groups(subject));
                assert_eq!(again.access(subject), account.access(subject));
            }
        }
        assert_eq!(digests.len(), 1);
    });
}

/// People share a grant only if the same is expected of them.
#[test]
fn the_expectation_is_part_of_the_reason() {
    let okta = |name: &str| json!({"okta": {"name": name, "identity_provider_id": "i"}});
    let domain = json!([{"email_domain": {"domain": "corp.example"}}]);
    let account = Account::new(&json!({
        "groups": [{"id": "g", "include": domain, "require": [okta("Eng")]}],
        "apps": [{"policies": [{"id": "p", "include": domain, "require": [okta("Eng")]}]}],
        "facts": [{"provider": "i", "group": "Eng", "addresses": [PEOPLE[0]], "source": "Okta"}],
    }));
    let reasons = [PEOPLE[0], PEOPLE[1], "cid@corp.example"].map(|address| {
        let mut scratch = Scratch::default();
        let mut evaluation = account.membership.evaluate(person(address), [], &mut scratch);
        let (mut reason, mut why) = (crate::rules::Reason::default(), Why::default());
        assert!(account.applications.reason(0, &evaluation, &mut why) && evaluation.reason(0, &mut reason));
        (reason, why)
    });
    let [ann, bob, cid] = reasons;
    assert!(ann.0 != bob.0 && ann.1 != bob.1);
    assert_eq!(bob, cid);
}
