//! Membership: index, shortcuts and solver give the same as the slow evaluator, in any order of the
//! groups.

use super::ACCOUNT;
use super::evaluator::{self, Conditions, Held, Kind};
use cloudflare_zero_trust::model::{self, ResourceId};
use cloudflare_zero_trust::rules::{
    DirectRule, Lists, Membership, RuleSet, Scratch, Standing, Subject, compare,
};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The input of an evaluation: groups with their rules, lists, and people.
#[derive(Default)]
struct Input {
    groups: Vec<[Vec<Box<RawValue>>; 3]>,
    lists: evaluator::Lists,
    people: BTreeSet<String>,
}

/// Runs one input. Its lines are: `#`, one more group (`0`, `1`, …); `+rule`, `-rule` or `&rule`, a
/// rule in the group's include, exclude or require; `@address`, a person; `=3item`, an item of list
/// 3; and `=3`, the list alone. A rule is JSON, or `*` for everyone, `eADDRESS`, `dDOMAIN`, `l3` for
/// a list, `g0` for a group, `m` for account members.
pub fn run(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let input = Input::read(text);
    let groups = input.groups();
    let membership = input.membership(false);
    let reversed = input.membership(true);
    assert_eq!(membership.warnings(), reversed.warnings());
    check_addresses(&membership, &groups, &input.lists);

    let people = input.people.iter().map(|address| Some(address.as_str())).chain([None]);
    let standings = [
        (Standing::None, Kind::User, None),
        (Standing::None, Kind::Email, None),
        (Standing::Accepted, Kind::Member, Some("accepted")),
        (Standing::Rejected, Kind::Member, Some("rejected")),
    ];
    let mut scratch = Scratch::default();
    for address in people {
        for (standing, kind, status) in standings {
            let principal = Subject::Person { address, standing };
            let held = told(&membership, principal, &mut scratch);
            assert_eq!(
                held,
                told(&reversed, principal, &mut Scratch::default()),
                "the order of groups matters"
            );
            check_in_full(&membership, principal);
            let (address, status) = (address.map(str::to_owned), status.map(str::to_owned));
            let somebody = evaluator::Principal { kind, address, status };
            let slow = evaluator::evaluate(ACCOUNT, &groups, &input.lists, &somebody);
            let slow: BTreeMap<String, Held> =
                slow.into_iter().filter_map(|(id, held)| Some((id, held?))).collect();
            assert_eq!(held, slow, "{} {principal:?}", kind.as_str());
            let evaluation = membership.evaluate(principal, [], &mut scratch);
            let unclear = membership.group_ids().enumerate();
            let unclear = unclear.filter(|(at, _)| evaluation.doubtful_include(*at).is_some());
            let unclear: BTreeSet<String> = unclear.map(|(_, id)| id.to_owned()).collect();
            assert_eq!(unclear, evaluator::unclear(ACCOUNT, &groups, &input.lists, &somebody));
        }
    }
}

impl Input {
    fn read(text: &str) -> Self {
        let mut input = Self::default();
        // The slow evaluator takes cubic time.
        for line in text.lines().take(200) {
            let Some((first, rest)) = line.split_at_checked(1) else { continue };
            let section = match first {
                "#" if input.groups.len() < 12 => {
                    input.groups.push(Default::default());
                    continue;
                }
                "@" if input.people.len() < 8 => {
                    input.people.insert(rest.to_owned());
                    continue;
                }
                "=" => {
                    if let Some((list, item)) = rest.split_at_checked(1) {
                        let items = input.lists.entry(list.to_owned()).or_insert_with(|| Some(Vec::new()));
                        items
                            .iter_mut()
                            .for_each(|items| items.extend((!item.is_empty()).then(|| item.to_owned())));
                    }
                    continue;
                }
                "+" => 0,
                "-" => 1,
                "&" => 2,
                _ => continue,
            };
            if let (Some(group), Some(rule)) = (input.groups.last_mut(), rule(rest)) {
                group[section].push(rule);
            }
        }
        input
    }

    fn membership(&self, reversed: bool) -> Membership {
        let groups = self.groups.iter().enumerate().map(|(at, sections)| {
            RuleSet::new(ResourceId::new(model::Kind::Group, at.to_string()), sections.clone(), ACCOUNT)
        });
        let mut groups: Vec<RuleSet> = groups.collect();
        if reversed {
            groups.reverse();
        }
        let lists = self.lists.iter();
        let lists: Lists = lists
            .map(|(id, items)| (id.clone(), items.as_ref().map(|items| items.iter().cloned().collect())))
            .collect();
        Membership::new(groups, lists, Default::default())
    }

    fn groups(&self) -> Vec<Value> {
        let groups = self.groups.iter().enumerate().map(|(at, sections)| {
            let mut group = serde_json::Map::from_iter([("id".to_owned(), Value::String(at.to_string()))]);
            for (name, rules) in ["include", "exclude", "require"].into_iter().zip(sections) {
                group.insert(name.to_owned(), rules.iter().map(|rule| parsed(rule.get())).collect());
            }
            Value::Object(group)
        });
        groups.collect()
    }
}

/// Reads a rule: JSON, or one of the letters that [`run`] lists.
pub fn rule(text: &str) -> Option<Box<RawValue>> {
    let (first, rest) = text.split_at_checked(1)?;
    let value = match first {
        "*" => serde_json::json!({"everyone": {}}),
        "e" => serde_json::json!({"email": {"email": rest}}),
        "d" => serde_json::json!({"email_domain": {"domain": rest}}),
        "l" => serde_json::json!({"email_list": {"id": rest}}),
        "g" => serde_json::json!({"group": {"id": rest}}),
        "m" => serde_json::json!({"cloudflare_account_member": {}}),
        _ => {
            // The slow evaluator accepts only rules that a parser of values accepts.
            serde_json::from_str::<Value>(text).ok()?;
            return RawValue::from_string(text.to_owned()).ok().filter(|_| !has_key_twice(text));
        }
    };
    to_raw_value(&value).ok()
}

/// Whether a key occurs twice in an object, or in one inside of it. Such a rule isn't understood, and
/// the slow evaluator sees only one of the keys.
fn has_key_twice(text: &str) -> bool {
    struct Entries(Vec<(String, Box<RawValue>)>);

    impl<'de> Deserialize<'de> for Entries {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Collect;

            impl<'de> Visitor<'de> for Collect {
                type Value = Entries;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("an object")
                }

                fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Entries, A::Error> {
                    let mut entries = Vec::new();
                    while let Some(entry) = object.next_entry()? {
                        entries.push(entry);
                    }
                    Ok(Entries(entries))
                }
            }

            deserializer.deserialize_map(Collect)
        }
    }

    let Ok(Entries(entries)) = serde_json::from_str(text) else { return false };
    let keys: BTreeSet<&String> = entries.iter().map(|(key, _)| key).collect();
    keys.len() < entries.len() || entries.iter().any(|(_, value)| has_key_twice(value.get()))
}

pub fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("it was read before")
}

/// Returns a condition in the slow evaluator's form. A rule that isn't an object is unwrapped.
pub fn condition(text: &str) -> Value {
    match parsed(text) {
        Value::Object(mut rule)
            if rule.len() == 1 && rule.get("not_understood").is_some_and(|it| !it.is_object()) =>
        {
            rule.remove("not_understood").unwrap_or_default()
        }
        rule => rule,
    }
}

/// Returns the groups that a subject is a member of.
pub fn told(
    membership: &Membership,
    principal: Subject<'_>,
    scratch: &mut Scratch,
) -> BTreeMap<String, Held> {
    let held = membership.of(principal, scratch).into_iter().map(|held| {
        let basis: BTreeSet<_> =
            held.basis.iter().map(|&(kind, value)| (kind.to_owned(), value.to_owned())).collect();
        assert_eq!(basis.len(), held.basis.len(), "a basis twice");
        let rules = |rules: &[std::borrow::Cow<'_, str>]| rules.iter().map(|rule| condition(rule)).collect();
        let conditions = held.conditions.map(|open| Conditions {
            any_of: rules(&open.any_of),
            all_of: rules(&open.all_of),
            none_of: rules(&open.none_of),
        });
        (
            held.resource.id.clone(),
            Held { conditions, basis: basis.into_iter().collect(), revocable: held.revocable },
        )
    });
    held.collect()
}

/// Checks that an evaluation without shortcuts gives the same. It assumes that the subject's own rules
/// are gone in groups that have none, so that every group is solved and nothing changes.
fn check_in_full(membership: &Membership, principal: Subject<'_>) {
    let count = membership.groups().len();
    let (mut short, mut full) = (Scratch::default(), Scratch::default());
    let mut short = membership.evaluate(principal, [], &mut short);
    let touched: Vec<_> =
        (0..count).filter(|&at| short.own_rules(at) == 0).map(|at| (at, DirectRule::Removed)).collect();
    let mut full = membership.evaluate(principal, touched, &mut full);
    for at in 0..count {
        assert_eq!((short.value(at), short.is_named(at)), (full.value(at), full.is_named(at)), "group {at}");
        assert_eq!(short.refusing(at), full.refusing(at), "group {at}");
        assert_eq!(short.held_of(at), full.held_of(at), "group {at}");
    }
}

/// Compares the index of addresses with a walk over every rule and every item.
fn check_addresses(membership: &Membership, groups: &[Value], lists: &evaluator::Lists) {
    let included = membership.included();
    let spelled: Vec<&str> = included.iter().map(|&address| membership.included_address(address)).collect();
    assert!(spelled.is_sorted_by(|a, b| compare(a, b).is_lt()), "not sorted, or twice: {spelled:?}");
    let slow = evaluator::included_addresses(ACCOUNT, groups, lists);
    assert_eq!(spelled.iter().map(|address| address.to_ascii_lowercase()).collect::<BTreeSet<_>>(), slow);
    for (&address, spelled) in included.iter().zip(spelled) {
        assert!(address.number() < membership.addresses());
        for spelled in [spelled.to_owned(), spelled.to_ascii_uppercase()] {
            assert_eq!(membership.number_of(&spelled), Some(address.number()), "{spelled}");
        }
    }
}
