//! Changes of generated groups in front of generated applications: the applications that a change
//! gives and takes are those that an evaluator without the connector's code finds.

use super::native::{Native, change};
use super::properties::{
    Expected, check_dry_run, entitlement as of_group, expected, firmness as firmness_of_group, timeless,
    with, without,
};
use super::random::{Somebody, account, changes, groups, holdings, somebody};
use super::random_apps::{apps, firmness, reaches, with_apps};
use crate::common::held::raw_rule;
use crate::common::random_rules::config;
use cloudflare_zero_trust::error::ErrorKind;
use cloudflare_zero_trust::model::{Alternative, Basis, Grant, Kind};
use cloudflare_zero_trust::provision::{Change, Operation, Outcome, Status};
use host_test::mock::Account;
use host_test::truth::{Conditions, Passage, Reach, Through};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;

/// Whether a change of groups gives one of the principals that the person is an application, or makes
/// it certain.
fn gains_apps(before: &Account, after: &Account, who: &Somebody) -> bool {
    let people = who.people().into_iter();
    people.flat_map(|person| [person.as_member(), Some(person)]).flatten().any(|person| {
        let (was, is) = (reaches(before, &person), reaches(after, &person));
        is.keys().any(|app| firmness(&is, app) > firmness(&was, app))
    })
}

fn passage(grant: &Grant) -> Passage {
    let parsed = |rules: &[String]| -> Vec<Value> {
        rules.iter().map(|rule| raw_rule(serde_json::from_str(rule).unwrap())).collect()
    };
    let alternative = |Alternative { any_of, all_of, none_of }: &Alternative| Conditions {
        any_of: parsed(any_of),
        all_of: parsed(all_of),
        none_of: parsed(none_of),
    };
    let through = |Basis { rule, value, through }: &Basis| {
        let policy = through.as_ref().unwrap();
        assert_eq!(policy.kind, Kind::Policy);
        Through { policy: policy.id.clone(), rule: rule.clone(), value: value.clone() }
    };
    assert!(!grant.revocable, "{grant:?}");
    Passage {
        alternatives: grant.conditions.iter().map(alternative).collect(),
        basis: grant.basis.iter().map(through).collect(),
    }
}

/// Whether a login can meet an alternative without meeting one of those before.
fn asks_less(had: &Passage, has: &Passage) -> bool {
    let lacks = |rules: &[Value], of: &[Value]| of.iter().any(|rule| !rules.contains(rule));
    has.alternatives.iter().any(|new| {
        had.alternatives.iter().all(|old| {
            let other_include =
                !old.any_of.is_empty() && (new.any_of.is_empty() || lacks(&old.any_of, &new.any_of));
            other_include || lacks(&new.all_of, &old.all_of) || lacks(&new.none_of, &old.none_of)
        })
    })
}

fn is_on_app(entitlement: &str) -> bool {
    entitlement.starts_with("app:")
}

/// Asserts that an outcome reports the difference on applications that the slow evaluator finds.
fn check_apps(outcome: &Outcome, who: &Somebody, before: &Account, after: &Account) {
    let people = who.people();
    let mut told: Vec<(String, String, Passage)> = Vec::new();
    for grant in outcome.added.iter().filter(|grant| is_on_app(&grant.entitlement)) {
        let [principal] = &grant.principals[..] else { panic!("{grant:?}") };
        told.push((grant.entitlement.clone(), principal.to_string(), passage(grant)));
    }
    let (mut gained, mut lost, mut kept) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for person in &people {
        let (was, is) = (reaches(before, person), reaches(after, person));
        for (app, reach) in &is {
            let (old, new) = (firmness(&was, app), firmness(&is, app));
            if let Reach::Granted(passage) = reach {
                kept.insert(app.clone());
                let asks_less = match &was[app] {
                    Reach::Granted(had) => old == 1 && new == 1 && asks_less(had, passage),
                    _ => false,
                };
                if new > old || asks_less {
                    gained.push((app.clone(), person.id.clone(), passage.clone()));
                }
            } else if old > 0 {
                lost.insert(app.clone());
            }
        }
    }
    told.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    gained.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    assert_eq!(told, gained, "{outcome:?}");
    let removed: BTreeSet<String> = outcome.removed.iter().filter(|id| is_on_app(id)).cloned().collect();
    assert_eq!(removed, &lost - &kept, "{outcome:?}");
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn one_change_gives_and_takes_the_applications_that_the_slow_evaluator_says(
        groups in groups(), apps in apps(), who in somebody(), grant in any::<bool>(), at in 0..7usize,
        allow_gains in any::<bool>(),
    ) {
        let operation = if grant { Operation::Grant } else { Operation::Revoke };
        let before = with_apps(account(groups), apps);
        let group = before.groups[at % before.groups.len()].id.clone();
        let native = Native::new(before.clone());
        let asked = [change(operation, &of_group(&group), &who.id)];
        let dry = native.apply(&asked, true, allow_gains);
        let (report, _) = native.apply(&asked, false, allow_gains);
        check_dry_run(&dry, &report);
        let after = native.mock.account();

        let meant = match (operation, who.address.as_deref()) {
            (Operation::Grant, Some(address)) => with(&before, &group, address),
            (_, address) => without(&before, &group, address),
        };
        let gains = operation == Operation::Revoke && !allow_gains && gains_apps(&before, &meant, &who);
        let expected = match expected(&before, operation, &group, &who, allow_gains) {
            Expected::Applied if gains => Expected::Refused,
            expected => expected,
        };
        match &report.results[0] {
            Ok(outcome) if outcome.status == Status::Applied => {
                prop_assert_eq!(expected, Expected::Applied, "{:?}", outcome);
                prop_assert_eq!(timeless(after.clone()), timeless(meant));
                check_apps(outcome, &who, &before, &after);
            }
            Ok(outcome) => prop_assert_eq!(expected, Expected::Unchanged, "{:?}", outcome),
            Err(error) => {
                prop_assert_eq!(error.kind, ErrorKind::Refused, "{:?}", error);
                prop_assert_eq!(expected, Expected::Refused, "{:?}", error);
                prop_assert_eq!(&after, &before);
            }
        }
    }

    #[test]
    fn a_batch_gives_and_takes_the_applications_that_it_says(
        groups in groups(), apps in apps(), asked in changes(), allow_gains in any::<bool>(),
    ) {
        let before = with_apps(account(groups), apps);
        let asked: Vec<(Operation, String, Somebody)> = asked.into_iter()
            .map(|(operation, at, who)| {
                (operation, before.groups[at % before.groups.len()].id.clone(), who)
            })
            .collect();
        let changes = asked.iter().map(|(operation, group, who)| {
            change(*operation, &of_group(group), &who.id)
        });
        let changes: Vec<Change> = changes.collect();
        let native = Native::new(before.clone());
        let dry = native.apply(&changes, true, allow_gains);
        let (report, _) = native.apply(&changes, false, allow_gains);
        check_dry_run(&dry, &report);
        let after = native.mock.account();
        let people: BTreeSet<&Somebody> = asked.iter().map(|(.., who)| who).collect();
        for who in people.into_iter().filter(|who| who.address.is_some()) {
            // A principal with the same address changes as well, and its outcome reports it.
            let alone = asked.iter().all(|(.., it)| it == who || it.key() != who.key());
            let of_who = || asked.iter().zip(&report.results).filter(|((.., it), _)| it == who);
            let outcomes: Vec<&Outcome> = of_who().filter_map(|(_, result)| result.as_ref().ok()).collect();
            let people = who.people();
            let only_loses = asked.iter().all(|(operation, _, it)| {
                it.key() != who.key() || *operation == Operation::Revoke
            });
            let reached: Vec<_> =
                people.iter().map(|person| (reaches(&before, person), reaches(&after, person))).collect();
            for (person, (was, is)) in people.iter().zip(&reached) {
                for app in is.keys() {
                    let (old, new) = (firmness(was, app), firmness(is, app));
                    let is_told = |grant: &Grant| {
                        grant.entitlement == *app
                            && grant.principals.iter().any(|id| id.to_string() == person.id)
                    };
                    let added = outcomes.iter().any(|outcome| outcome.added.iter().any(is_told));
                    let removed = outcomes.iter().any(|outcome| outcome.removed.contains(app));
                    let others_hold = reached.iter().any(|(_, is)| firmness(is, app) > 0);
                    prop_assert!(!(added && new == 0), "{} is told to hold {}", person.id, app);
                    prop_assert!(!(removed && new > 0), "{} is told to have lost {}", person.id, app);
                    if alone {
                        prop_assert!(added || !(old == 0 && new > 0), "nothing tells that {app} is gained");
                        let lost = old > 0 && new == 0 && !others_hold;
                        prop_assert!(removed || !lost, "nothing tells that {app} is lost");
                    }
                    let has_gained = only_loses && !allow_gains && old == 0 && new > 0;
                    prop_assert!(!has_gained, "a revoke gave {} {}", person.id, app);
                }
            }
        }
        // What is refused is not done.
        for ((operation, group, who), result) in asked.iter().zip(&report.results) {
            if *operation == Operation::Revoke && result.is_ok() {
                let judged = if who.address.is_some() { &after } else { &before };
                prop_assert_eq!(firmness_of_group(&holdings(judged, who), group), 0);
            }
        }
    }
}
