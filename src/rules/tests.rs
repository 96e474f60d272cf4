//! The worked cases of membership. Tests in host-test compare random cases with an independent
//! evaluator.

mod facts;
mod policies;
mod reported;
mod unclear;

use super::*;
use crate::model::{Kind, ResourceId};
use serde::Deserialize;
use serde_json::Value as Json;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    groups: Vec<Group>,
    principal: Principal,
    expect: BTreeMap<String, Expected>,
    #[serde(default)]
    lists: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct Group {
    id: String,
    #[serde(default)]
    include: Vec<Box<RawValue>>,
    #[serde(default)]
    exclude: Vec<Box<RawValue>>,
    #[serde(default)]
    require: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Principal {
    kind: String,
    email: String,
    status: Option<String>,
}

#[derive(Deserialize)]
struct Expected {
    grant: String,
    #[serde(default)]
    basis: Vec<String>,
    conditions: Option<Json>,
}

fn built(groups: &[Group], lists: Lists) -> Membership {
    let rules = groups.iter().map(|group| {
        let sections = [&group.include, &group.exclude, &group.require].map(Clone::clone);
        RuleSet::new(ResourceId::new(Kind::Group, &group.id), sections, &"0".repeat(32))
    });
    Membership::new(rules.collect(), lists, Default::default())
}

fn parsed(rules: &[std::borrow::Cow<'_, str>]) -> Vec<Json> {
    rules.iter().map(|raw| serde_json::from_str(raw).unwrap()).collect()
}

#[test]
fn the_worked_cases() {
    let cases: Cases = serde_json::from_str(include_str!("membership.json")).unwrap();
    assert!(cases.cases.len() > 25, "the file lost its cases");
    for case in cases.cases {
        let lists =
            case.lists.into_iter().map(|(id, items)| (id, Some(items.into_iter().collect()))).collect();
        let standing = match (case.principal.kind.as_str(), case.principal.status.as_deref()) {
            ("member", Some("accepted")) => Standing::Accepted,
            ("member", Some("rejected")) => Standing::Rejected,
            _ => Standing::None,
        };
        let subject = Subject::Person { address: Some(&case.principal.email), standing };
        let membership = built(&case.groups, lists);
        let held = membership.of(subject, &mut Scratch::default());
        for (group, expected) in &case.expect {
            let name = format!("{}: group {group}", case.name);
            let grant = held.iter().find(|held| held.resource.id == *group);
            let kind = match grant {
                None => "none",
                Some(held) if held.conditions.is_none() => "certain",
                Some(_) => "conditional",
            };
            assert_eq!(kind, expected.grant, "{name}");
            let Some(grant) = grant else { continue };
            let mut basis: Vec<_> = grant.basis.iter().map(|(rule, _)| (*rule).to_owned()).collect();
            basis.sort();
            assert_eq!(basis, expected.basis, "{name}");
            let conditions = grant.conditions.as_ref().map(|open| {
                serde_json::json!({
                    "any_of": parsed(&open.any_of),
                    "all_of": parsed(&open.all_of),
                    "none_of": parsed(&open.none_of),
                })
            });
            assert_eq!(conditions, expected.conditions, "{name}");
        }
    }
}

fn groups(json: Json) -> Vec<Group> {
    serde_json::from_value(json).unwrap()
}

/// The revocable flag of each group that `ann@corp.example` holds.
fn revocable(json: Json) -> BTreeMap<String, bool> {
    let membership = built(&groups(json), Lists::default());
    let ann = Subject::Person { address: Some("Ann@corp.example"), standing: Standing::None };
    membership
        .of(ann, &mut Scratch::default())
        .iter()
        .map(|held| (held.resource.id.clone(), held.revocable))
        .collect()
}

#[test]
fn revocable_only_where_nothing_else_names_the_person() {
    let ann = serde_json::json!({"email": {"email": "ann@corp.example"}});
    let bob = serde_json::json!({"email": {"email": "bob@corp.example"}});
    let held = revocable(serde_json::json!([
        {"id": "alone", "include": [ann]},
        {"id": "twice-alone", "include": [ann, {"email": {"email": "ANN@corp.example"}}]},
        {"id": "beside-bob", "include": [ann, bob]},
        {"id": "twice-beside-bob", "include": [ann, {"email": {"email": "ANN@corp.example"}}, bob]},
        {"id": "beside-okta", "include": [ann, {"okta": {"name": "Eng", "identity_provider_id": "i"}}]},
        {"id": "beside-domain", "include": [ann, {"email_domain": {"domain": "corp.example"}}]},
        {"id": "domain", "include": [{"email_domain": {"domain": "corp.example"}}, bob]},
        {"id": "beside-nested", "include": [ann, {"group": {"id": "alone"}}]},
        {"id": "circle-1", "include": [ann, {"group": {"id": "circle-2"}}]},
        {"id": "circle-2", "include": [{"group": {"id": "circle-1"}}]},
    ]));
    let expected = [
        ("alone", false),
        ("twice-alone", false),
        ("beside-bob", true),
        ("twice-beside-bob", true),
        ("beside-okta", true),
        ("beside-domain", false),
        ("domain", false),
        ("beside-nested", false),
        ("circle-1", true),
        ("circle-2", false),
    ];
    assert_eq!(held, expected.map(|(group, revocable)| (group.to_owned(), revocable)).into());
}

#[test]
fn without_an_address_addresses_are_open_and_name_nobody() {
    let membership = built(
        &groups(serde_json::json!([
            {"id": "everyone-but-bob", "include": [{"everyone": {}}],
                "exclude": [{"email": {"email": "bob@corp.example"}}]},
            {"id": "bob", "include": [{"email": {"email": "bob@corp.example"}}]},
        ])),
        Lists::default(),
    );
    let held =
        membership.of(Subject::Person { address: None, standing: Standing::None }, &mut Scratch::default());
    assert_eq!(held.len(), 1);
    let open = held[0].conditions.as_ref().unwrap();
    assert_eq!(open.none_of, [r#"{"email":{"email":"bob@corp.example"}}"#]);
}

#[test]
fn warnings_say_what_is_left_open() {
    let membership = built(
        &groups(serde_json::json!([
            {"id": "a",
                "include": [{"email": {"email": "\u{212a}im@corp.example"}}, {"everyone": {}, "email": {}}]},
            {"id": "b", "include": [{"group": {"id": "gone"}}], "exclude": [{"group": {"id": "c"}}]},
            {"id": "c", "require": [{"group": {"id": "b"}}]},
        ])),
        Lists::default(),
    );
    let found: Vec<_> =
        membership.warnings().iter().map(|warning| (warning.code.word(), warning.incomplete)).collect();
    let expected = [
        ("rule-not-ascii", false),
        ("rule-not-understood", true),
        ("cycle-through-exclude", false),
        ("group-not-listed", false),
    ];
    assert_eq!(found, expected);
}

/// An evaluation that starts from the baseline gives the same as one that solves every group: for
/// any groups, also in circles, and with any assumed rules.
#[test]
fn the_baseline_gives_what_an_evaluation_of_all_groups_gives() {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 33) as usize % below
    };
    const GROUPS: usize = 6;
    let addresses = ["ann@corp.example", "bob@corp.example", "eve@else.example", ""];
    let (mut compared, mut taken) = (0, 0);
    for _ in 0..400 {
        let mut rule = |of: usize| match random(13) {
            0 => serde_json::json!({"email": {"email": addresses[random(3)]}}),
            1 => serde_json::json!({"email_domain": {"domain": "corp.example"}}),
            2 => serde_json::json!({"everyone": {}}),
            3 => serde_json::json!({"cloudflare_account_member": {}}),
            4 => serde_json::json!({"ip": {"ip": "203.0.113.0/24"}}),
            5 => serde_json::json!({"email_list": {"id": "guests"}}),
            // More often to others than in a circle.
            6 => serde_json::json!({"group": {"id": random(GROUPS).to_string()}}),
            7 => serde_json::json!({"email": {"email": "bob@corp.example; ann@corp.example"}}),
            8 => serde_json::json!({"email_domain": {"domain": "*.example"}}),
            9 => serde_json::json!({"service_token": {"token_id": "t1"}}),
            10 => serde_json::json!({"any_valid_service_token": {}}),
            _ => serde_json::json!({"group": {"id": random(of + 1).to_string()}}),
        };
        let made: Vec<Json> = (0..GROUPS)
            .map(|of| {
                let include = [rule(of), rule(of)];
                let (exclude, require) = (rule(of), rule(of));
                match of % 3 {
                    0 => serde_json::json!({"id": of.to_string(), "include": include}),
                    1 => serde_json::json!({"id": of.to_string(), "include": include, "exclude": [exclude]}),
                    _ => serde_json::json!({"id": of.to_string(), "include": include, "require": [require]}),
                }
            })
            .collect();
        let made = groups(Json::Array(made));
        let lists = || {
            Lists::from_iter([(
                "guests".to_owned(),
                Some(["eve@else.example", " bob@corp.example"].map(str::to_owned).into_iter().collect()),
            )])
        };
        let (quick, mut thorough) = (built(&made, lists()), built(&made, lists()));
        thorough.baseline = Default::default();
        let people = addresses.map(Some).into_iter().chain([None]).flat_map(|address| {
            [Standing::None, Standing::Accepted, Standing::Rejected]
                .map(|standing| Subject::Person { address, standing })
        });
        for subject in people.chain([Subject::Token("t1"), Subject::Token("t2"), Subject::Nobody]) {
            let assumed: Vec<(usize, DirectRule)> = (0..random(3))
                .map(|_| {
                    (random(GROUPS), [DirectRule::AsIs, DirectRule::Removed, DirectRule::Added][random(3)])
                })
                .collect();
            let (mut one, mut other) = (Scratch::default(), Scratch::default());
            let mut quick = quick.evaluate(subject, assumed.clone(), &mut one);
            let mut thorough = thorough.evaluate(subject, assumed.clone(), &mut other);
            for group in 0..GROUPS {
                let says =
                    |of: &Evaluation<'_, '_>| (of.value(group), of.is_named(group), of.own_rules(group));
                assert_eq!(
                    says(&quick),
                    says(&thorough),
                    "group {group} of {made:?} for {subject:?}, {assumed:?}"
                );
                compared += 1;
                taken += usize::from(quick.holds(group));
            }
            assert_eq!(quick.held(), thorough.held(), "{made:?} for {subject:?}, {assumed:?}");
        }
    }
    assert!(taken > compared / 10 && taken < compared, "{taken} of {compared} are memberships");
}
