//! Changes of generated groups with every rule kind, unknown kinds, lists, nesting and circles. The
//! effect of a change is the one that an evaluator without the connector's code computes, and only
//! the meant rule differs.

use super::native::{Exchange, Fields, Native, change, fields, result_of};
use super::random::{Somebody, account, changes, groups, holdings, somebody, unclear};
use crate::common::held::held;
use crate::common::random_rules::{ACCOUNT, config, is_own};
use cloudflare_zero_trust::error::{Error, ErrorKind};
use cloudflare_zero_trust::model::{Grant, ResourceId};
use cloudflare_zero_trust::provision::{Change, Operation, Outcome, Report, Status};
use host_test::mock::{Account, Group};
use host_test::truth::Held;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const SECTIONS: [&str; 3] = ["include", "exclude", "require"];

pub type Holdings = BTreeMap<String, Held>;

/// Returns the account without the fields that a write sets by itself.
pub fn timeless(mut account: Account) -> Account {
    account.groups.iter_mut().for_each(|group| group.updated_at = None);
    account
}

fn own_rules(account: &Account, group: &str, address: Option<&str>) -> usize {
    let include = find(account, group).include.iter().flatten();
    include.filter(|rule| address.is_some_and(|address| is_own(rule, address))).count()
}

fn find<'a>(account: &'a Account, group: &str) -> &'a Group {
    account.groups.iter().find(|known| known.id == group).unwrap()
}

fn include<'a>(account: &'a mut Account, group: &str) -> &'a mut Vec<Value> {
    account.groups.iter_mut().find(|known| known.id == group).unwrap().include.get_or_insert_default()
}

pub fn without(account: &Account, group: &str, address: Option<&str>) -> Account {
    let mut changed = account.clone();
    if let Some(address) = address
        && own_rules(account, group, Some(address)) > 0
    {
        include(&mut changed, group).retain(|rule| !is_own(rule, address));
    }
    changed
}

pub fn with(account: &Account, group: &str, address: &str) -> Account {
    let mut changed = account.clone();
    if own_rules(account, group, Some(address)) == 0 {
        include(&mut changed, group).push(json!({"email": {"email": address}}));
    }
    changed
}

/// Returns 0 for no membership, 1 for a conditional one, 2 for a certain one.
pub fn firmness(holdings: &Holdings, group: &str) -> u8 {
    holdings.get(group).map_or(0, |held| if held.conditions.is_some() { 1 } else { 2 })
}

#[derive(Debug, PartialEq)]
pub enum Expected {
    Applied,
    Unchanged,
    Refused,
}

/// Computes the outcome of a single change. Where it would write something for an address, whoever
/// has the address decides. So they do for a revoke, because a member can stay without such a write.
pub fn expected(
    account: &Account,
    operation: Operation,
    group: &str,
    who: &Somebody,
    allow_gains: bool,
) -> Expected {
    let of = |person: &Somebody| expected_of(account, operation, group, person, allow_gains);
    let alone = of(who);
    if alone == Expected::Refused || alone == Expected::Unchanged && operation == Operation::Grant {
        return alone;
    }
    let each: Vec<Expected> = who.people().iter().map(of).collect();
    let refused = match operation {
        Operation::Grant => each.iter().all(|it| *it == Expected::Refused),
        Operation::Revoke => each.contains(&Expected::Refused),
    };
    match each.contains(&Expected::Applied) {
        _ if refused => Expected::Refused,
        true => Expected::Applied,
        false => Expected::Unchanged,
    }
}

/// Computes the outcome of a single change of one principal with the slow evaluator.
fn expected_of(
    account: &Account,
    operation: Operation,
    group: &str,
    who: &Somebody,
    allow_gains: bool,
) -> Expected {
    let address = who.address.as_deref();
    let (now, own) = (holdings(account, who), own_rules(account, group, address));
    match operation {
        Operation::Grant => {
            let plain = address.filter(|address| address.matches('@').count() == 1);
            let Some(address) = plain else { return Expected::Refused };
            let then = holdings(&with(account, group, address), who);
            match (firmness(&now, group), firmness(&then, group)) {
                (_, 0) => Expected::Refused,
                (before, after) if before == after => Expected::Unchanged,
                _ => Expected::Applied,
            }
        }
        Operation::Revoke => {
            let left = without(account, group, address);
            // Whether it would work isn't known.
            if unclear(&left, who).contains(group) {
                return Expected::Refused;
            }
            if own == 0 && firmness(&now, group) == 0 {
                return Expected::Unchanged;
            }
            let then = holdings(&left, who);
            // A person may be there twice, and have more as an account member.
            let gains = [Some(who.clone()), who.as_member()].into_iter().flatten().any(|somebody| {
                let (now, then) = (holdings(account, &somebody), holdings(&left, &somebody));
                account.groups.iter().any(|other| firmness(&then, &other.id) > firmness(&now, &other.id))
            });
            let is_empty = find(&left, group).include.iter().flatten().next().is_none();
            if firmness(&then, group) > 0 || is_empty || gains && !allow_gains {
                return Expected::Refused;
            }
            Expected::Applied
        }
    }
}

fn held_by(grant: &Grant) -> Held {
    let Grant { basis, conditions, revocable, .. } = grant;
    let basis = basis.iter().map(|basis| (basis.rule.clone(), basis.value.clone()));
    assert!(conditions.len() < 2, "a group has at most one alternative: {grant:?}");
    let conditions = conditions.first().map(|it| [&it.any_of[..], &it.all_of[..], &it.none_of[..]]);
    held(basis, conditions, *revocable)
}

fn told(grant: &Grant) -> (String, Held) {
    let group =
        grant.entitlement.strip_prefix("group:").and_then(|rest| rest.strip_suffix(":member")).unwrap();
    (group.to_owned(), held_by(grant))
}

pub fn entitlement(group: &str) -> String {
    format!("group:{group}:member")
}

/// Asserts that an outcome reports the difference that the slow evaluator finds.
fn check_outcome(outcome: &Outcome, who: &Somebody, target: Option<&str>, before: &Account, after: &Account) {
    let people = who.people();
    let ids: BTreeSet<&str> = people.iter().map(|person| person.id.as_str()).collect();
    let principal = |grant: &Grant| {
        let [principal] = grant.principals.as_slice() else { panic!("not one principal: {grant:?}") };
        format!("{}:{}", principal.kind, principal.id)
    };
    assert!(outcome.added.iter().all(|grant| ids.contains(principal(grant).as_str())), "{outcome:?}");
    for person in &people {
        let of_person = outcome.added.iter().filter(|grant| principal(grant) == person.id);
        let count = of_person.clone().count();
        let added: BTreeMap<String, Held> = of_person.map(told).collect();
        assert_eq!(added.len(), count, "a grant is told twice");
        let (was, is) = (holdings(before, person), holdings(after, person));
        for group in after.groups.iter().map(|group| group.id.as_str()) {
            let (old, new) = (firmness(&was, group), firmness(&is, group));
            let is_told = new > old || target == Some(group) && new > 0;
            assert_eq!(
                added.contains_key(group),
                is_told,
                "{group} among those that were added: {outcome:?}"
            );
            if is_told {
                assert_eq!(added[group], is[group], "{group}");
            }
        }
    }
    for group in after.groups.iter().map(|group| group.id.as_str()) {
        let hold = |account| people.iter().any(|person| firmness(&holdings(account, person), group) > 0);
        let lost = outcome.removed.contains(&entitlement(group));
        assert_eq!(lost, hold(before) && !hold(after), "{group} among those that were removed: {outcome:?}");
    }
}

fn puts(said: &[Exchange]) -> Vec<&Exchange> {
    said.iter().filter(|exchange| exchange.method == "PUT").collect()
}

/// Asserts that every PUT repeats the GET before it field by field, except for the include and the
/// fields that Cloudflare sets.
fn check_bodies(said: &[Exchange]) {
    for (at, put) in said.iter().enumerate().filter(|(_, exchange)| exchange.method == "PUT") {
        let read = said[..at]
            .last()
            .filter(|read| read.method == "GET" && read.path == put.path)
            .expect("GET, then PUT");
        assert!(said[at + 1].method == "GET" && said[at + 1].path == put.path, "PUT, then GET");
        let (read, sent) = (result_of(&read.came), fields(&put.sent));
        for ours in ["id", "uid", "created_at", "updated_at"] {
            assert!(!sent.contains_key(ours), "{ours} was sent");
        }
        let mut names: BTreeSet<&String> = read.keys().chain(sent.keys()).collect();
        names.retain(|name| !["id", "uid", "created_at", "updated_at", "include"].contains(&name.as_str()));
        for name in names {
            assert_eq!(read.get(name).map(|raw| raw.get()), sent.get(name).map(|raw| raw.get()), "{name}");
        }
    }
}

/// Asserts that a dry run reports what the real run did, and only reads.
pub fn check_dry_run(dry: &(Report, Vec<Exchange>), real: &Report) {
    assert!(puts(&dry.1).is_empty());
    let shown = |result: &Result<Outcome, Error>| match result {
        Ok(outcome) => {
            Ok((outcome.status == Status::Unchanged, format!("{:?} {:?}", outcome.added, outcome.removed)))
        }
        Err(error) => Err(error.clone()),
    };
    assert_eq!(
        dry.0.results.iter().map(shown).collect::<Vec<_>>(),
        real.results.iter().map(shown).collect::<Vec<_>>()
    );
    let written = |report: &Report| format!("{:?}", report.writes);
    assert_eq!(written(&dry.0), written(real));
    let never_applied =
        |result: &Result<Outcome, Error>| !matches!(result, Ok(outcome) if outcome.status == Status::Applied);
    assert!(dry.0.results.iter().all(never_applied));
}

fn one(operation: Operation, group: &str, who: &Somebody) -> Vec<Change> {
    vec![change(operation, &entitlement(group), &who.id)]
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn one_change_does_what_the_slow_evaluator_says(
        groups in groups(), who in somebody(), grant in any::<bool>(), at in 0..7usize,
        allow_gains in any::<bool>(),
    ) {
        let operation = if grant { Operation::Grant } else { Operation::Revoke };
        let before = account(groups);
        let group = before.groups[at % before.groups.len()].id.clone();
        let native = Native::new(before.clone());
        let asked = one(operation, &group, &who);
        let dry = native.apply(&asked, true, allow_gains);
        prop_assert_eq!(&native.mock.account(), &before, "a dry run changed something");
        let (report, said) = native.apply(&asked, false, allow_gains);
        check_dry_run(&dry, &report);
        check_bodies(&said);
        let after = native.mock.account();

        let expected = expected(&before, operation, &group, &who, allow_gains);
        let found = match &report.results[0] {
            Ok(outcome) if outcome.status == Status::Applied => Expected::Applied,
            Ok(_) => Expected::Unchanged,
            Err(error) if error.kind == ErrorKind::Refused => Expected::Refused,
            Err(error) => panic!("{error:?}"),
        };
        prop_assert_eq!(&found, &expected, "{:?}", report.results[0]);
        if expected != Expected::Applied {
            prop_assert_eq!(&after, &before);
            prop_assert!(puts(&said).is_empty() && report.writes.is_empty());
            return Ok(());
        }
        let meant = match operation {
            Operation::Grant => with(&before, &group, who.address.as_deref().unwrap()),
            Operation::Revoke => without(&before, &group, who.address.as_deref()),
        };
        prop_assert_eq!(timeless(after.clone()), timeless(meant));
        prop_assert_eq!((puts(&said).len(), report.writes.len()), (1, 1));
        prop_assert_eq!(&report.writes[0].after, &puts(&said)[0].sent);
        let target = (operation == Operation::Grant).then_some(group.as_str());
        check_outcome(report.results[0].as_ref().unwrap(), &who, target, &before, &after);
        let (again, said) = native.apply(&asked, false, allow_gains);
        let is_unchanged = matches!(&again.results[0], Ok(outcome) if outcome.status == Status::Unchanged);
            prop_assert!(is_unchanged, "{:?}", again.results);
        prop_assert!(puts(&said).is_empty() && native.mock.account() == after);
    }

    #[test]
    fn a_grant_and_then_a_revoke_give_the_group_as_it_was(
        groups in groups(), who in somebody(), at in 0..7usize,
    ) {
        let before = account(groups);
        let group = before.groups[at % before.groups.len()].id.clone();
        let native = Native::new(before.clone());
        let is_applied = |report: &Report| {
            matches!(&report.results[0], Ok(outcome) if outcome.status == Status::Applied)
        };
        let (granted, first) = native.apply(&one(Operation::Grant, &group, &who), false, false);
        let (revoked, second) = native.apply(&one(Operation::Revoke, &group, &who), false, true);
        if is_applied(&granted) && is_applied(&revoked) {
            prop_assert_eq!(timeless(native.mock.account()), timeless(before));
            let body = |said: &[Exchange], at: usize| {
            let mut of_group = said.iter().filter(|it| it.path.ends_with(&group));
            result_of(&of_group.nth(at).unwrap().came)
        };
            let (was, is) = (body(&first, 0), body(&second, 2));
            for section in SECTIONS {
                let raw = |fields: &Fields| fields.get(section).map(|raw| raw.get().to_owned());
                prop_assert_eq!(raw(&was), raw(&is));
            }
        }
    }
}

proptest! {
    #![proptest_config(config(1500))]

    #[test]
    fn a_batch_leaves_what_it_says(groups in groups(), asked in changes(), allow_gains in any::<bool>()) {
        let before = account(groups);
        let asked: Vec<(Operation, String, Somebody)> = asked.into_iter()
            .map(|(operation, at, who)| {
                let group = &before.groups[at % before.groups.len()];
                (operation, group.id.clone(), who)
            })
            .collect();
        let changes: Vec<Change> =
            asked.iter()
                .map(|(operation, group, who)| change(*operation, &entitlement(group), &who.id))
                .collect();
        let native = Native::new(before.clone());
        let dry = native.apply(&changes, true, allow_gains);
        prop_assert_eq!(&native.mock.account(), &before, "a dry run changed something");
        let (report, said) = native.apply(&changes, false, allow_gains);
        check_dry_run(&dry, &report);
        check_bodies(&said);
        let after = native.mock.account();

        let mut meant = before.clone();
        for ((operation, group, who), result) in asked.iter().zip(&report.results) {
            // Without an address, only the rules for everybody decide. Other people's grants may
            // add some.
            let judged = if who.address.is_some() { &after } else { &before };
            let is = firmness(&holdings(judged, who), group);
            match (operation, result) {
                (Operation::Revoke, Ok(outcome)) => {
                    prop_assert_eq!(is, 0, "a revoke was told to be done: {:?}", outcome);
                    for person in who.people() {
                        let is = firmness(&holdings(judged, &person), group);
                        prop_assert_eq!(is, 0, "{} stays: {:?}", person.id, outcome);
                    }
                    if outcome.status == Status::Applied {
                        meant = without(&meant, group, who.address.as_deref());
                    }
                }
                (Operation::Grant, Ok(outcome)) => {
                    prop_assert!(is > 0, "a grant was told to be done: {:?}", outcome);
                    if outcome.status == Status::Applied {
                        meant = with(&meant, group, who.address.as_deref().unwrap());
                    }
                }
                (_, Err(error)) => prop_assert_eq!(error.kind, ErrorKind::Refused, "{:?}", error),
            }
        }
        prop_assert_eq!(timeless(after.clone()), timeless(meant));
        check_what_a_batch_tells(&asked, &report, &before, &after, allow_gains);
        let written: BTreeSet<&str> = puts(&said).iter().map(|put| put.path.as_str()).collect();
        prop_assert_eq!(written.len(), puts(&said).len(), "a group was written twice");

        let (_, said) = native.apply(&changes, false, allow_gains);
        prop_assert!(puts(&said).is_empty(), "the same changes again write something");
        prop_assert_eq!(native.mock.account(), after);
    }

    #[test]
    fn the_order_of_a_batch_does_not_matter(
        groups in groups(),
        asked in changes().prop_flat_map(|asked| (Just(asked.clone()), Just(asked).prop_shuffle())),
    ) {
        let before = account(groups);
        let run = |asked: &[(Operation, usize, Somebody)]| {
            let changes: Vec<Change> = asked.iter().map(|(operation, at, who)| {
                change(*operation, &entitlement(&before.groups[at % before.groups.len()].id), &who.id)
            }).collect();
            let native = Native::new(before.clone());
            let (report, _) = native.apply(&changes, false, false);
            let mut results: Vec<String> = changes.iter().zip(&report.results).map(|(change, result)| {
                let shown = match result {
                    Ok(outcome) => format!("{:?}", outcome.status),
                    Err(error) => format!("{:?} {}", error.kind, error.message),
                };
                format!("{change:?} {shown}")
            }).collect();
            results.sort();
            let mut after = timeless(native.mock.account());
            after.groups.iter_mut().flat_map(|group| &mut group.include).for_each(|rules| {
                // Two principals with one address may spell it differently, and the first one's
                // rule is sent.
                let texts = rules.iter().map(|rule| rule.to_string().to_ascii_lowercase());
                let mut texts: Vec<String> = texts.collect();
                texts.sort();
                *rules = texts.into_iter().map(Value::from).collect();
            });
            (results, after)
        };
        let (asked, shuffled) = asked;
        let (results, after) = run(&asked);
        // Where two changes would together empty an include, the later one is refused.
        prop_assume!(!results.iter().any(|result| result.contains("last include rule")));
        prop_assert_eq!((results, after), run(&shuffled));
    }
}

/// Only rules for everybody name a person without an address. Other people's grants may let such a
/// person in, on conditions. No change of theirs causes it, and no other grant is refused for it.
#[test]
fn who_has_no_address_is_judged_by_what_stood_before() {
    let group = |id: &str| Group { id: id.into(), name: id.into(), ..Group::default() };
    let nested = Group {
        include: Some(vec![json!({"everyone": {}})]),
        require: Some(vec![json!({"group": {"id": "a0"}})]),
        ..group("a1")
    };
    let native = Native::new(account(vec![group("a0"), nested]));
    let changes = [
        change(Operation::Grant, &entitlement("a0"), "member:1b"),
        change(Operation::Revoke, &entitlement("a1"), "user:0e"),
    ];
    let (report, _) = native.apply(&changes, false, false);
    let said: Vec<Status> = report.results.into_iter().map(|result| result.unwrap().status).collect();
    assert_eq!(said, [Status::Applied, Status::Unchanged]);
    let nobody = Somebody { id: "user:0e".into(), address: None, status: None };
    assert_eq!(firmness(&holdings(&native.mock.account(), &nobody), "a1"), 1);
    let (again, said) = native.apply(&changes, false, false);
    assert!(puts(&said).is_empty());
    assert_eq!(again.results[1].as_ref().unwrap_err().kind, ErrorKind::Refused);
}

fn check_what_a_batch_tells(
    asked: &[(Operation, String, Somebody)],
    report: &Report,
    before: &Account,
    after: &Account,
    allow_gains: bool,
) {
    let people: BTreeSet<&Somebody> = asked.iter().map(|(.., who)| who).collect();
    // Without an address, only the rules for everybody decide, and other people's changes count
    // too.
    let everybody = people.into_iter().filter(|who| who.address.is_some());
    let everybody = everybody.flat_map(|who| who.people().into_iter().map(move |person| (who, person)));
    for (who, person) in everybody {
        let (was, is) = (holdings(before, &person), holdings(after, &person));
        let of_who = || asked.iter().zip(&report.results).filter(|((.., it), _)| it == who);
        let outcomes = || of_who().filter_map(|(_, result)| result.as_ref().ok());
        // A principal with the same address changes as well, and its outcome reports it.
        let alone = asked.iter().all(|(.., it)| it == who || it.key() != who.key());
        for group in after.groups.iter().map(|group| group.id.as_str()) {
            let (old, new) = (firmness(&was, group), firmness(&is, group));
            let is_told = |grant: &Grant| {
                let of_person = |id: &ResourceId| format!("{}:{}", id.kind, id.id) == person.id;
                grant.entitlement == entitlement(group) && grant.principals.iter().any(of_person)
            };
            let added = outcomes().any(|outcome| outcome.added.iter().any(is_told));
            let removed = outcomes().any(|outcome| outcome.removed.contains(&entitlement(group)));
            let others_hold = who.people().iter().any(|other| firmness(&holdings(after, other), group) > 0);
            assert!(!(added && new == 0), "{} is told to hold {group}, and doesn't", person.id);
            assert!(!(removed && new > 0), "{} is told to have lost {group}, and holds it", person.id);
            if alone {
                assert!(
                    added || !(old == 0 && new > 0),
                    "{} gained {group}, and nothing tells it",
                    person.id
                );
                let lost = old > 0 && new == 0 && !others_hold;
                assert!(removed || !lost, "{} lost {group}, and nothing tells it", person.id);
            }
            let only_loses = asked
                .iter()
                .all(|(operation, _, it)| it.key() != who.key() || *operation == Operation::Revoke);
            assert!(allow_gains || !only_loses || new <= old || old > 0, "a revoke gave {} {group}", who.id);
        }
    }
    assert_eq!(before.id, ACCOUNT);
}
