//! Judges the outcome of a scenario, and shows that it can find faults.

use super::account::TOKEN;
use super::expected::{Apart, Expected};
use super::scenario::Scenario;
use crate::common::whole::{Whole, grant_id};
use connector_host::HostError;
use connector_host::contract::ErrorKind;
use serde_json::Value;
use std::collections::BTreeMap;

/// A call that failed.
#[derive(Clone, Debug, PartialEq)]
pub enum Broken {
    /// The connector reported it.
    Error { kind: ErrorKind, retryable: bool, retry_after_ms: Option<u32> },
    /// It trapped or used up its limits, and the session is over.
    Ended(String),
}

impl Broken {
    pub fn of(error: HostError) -> Broken {
        match error {
            HostError::Connector(error) => Broken::Error {
                kind: error.kind,
                retryable: error.retryable,
                retry_after_ms: error.retry_after_ms,
            },
            other => Broken::Ended(other.to_string()),
        }
    }
}

/// The outcome of a scenario.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// The facts in order, each with the name of its object.
    pub facts: Vec<(String, String)>,
    /// The code of each warning, and whether it says that something is missing.
    pub warnings: Vec<(String, bool)>,
    pub failures: Vec<Broken>,
    /// The read came to its end.
    pub ended: bool,
    /// All that a host could log.
    pub shown: String,
    /// The number of planned faults that happened.
    pub fired: u64,
    /// A planned fault never happened.
    pub never_fired: bool,
    pub requests: u64,
}

impl Observed {
    /// Notes the planned faults that happened, from the mock's counts.
    pub fn happened(&mut self, fired: &[u64], changed: &[bool]) {
        self.fired = fired.iter().sum::<u64>() + changed.iter().filter(|done| **done).count() as u64;
        self.never_fired = fired.contains(&0) || changed.contains(&false);
    }

    pub fn take(&mut self, whole: &Whole) {
        let fact = |key: String, text: String| (key, text);
        self.facts.extend(whole.resources.iter().map(|it| {
            // A fault may have changed the order of the keys in objects.
            let profile: Value = serde_json::from_str(&it.profile).unwrap();
            let text = format!("{:?} {:?} {:?} {profile}", it.parent, it.display_name, it.account);
            fact(format!("resource {}:{}", it.id.kind, it.id.id), text)
        }));
        self.facts.extend(
            whole.entitlements.iter().map(|it| fact(format!("entitlement {}", it.id), format!("{it:?}"))),
        );
        self.facts
            .extend(whole.grants.iter().map(|it| fact(format!("grant {}", grant_id(it)), format!("{it:?}"))));
        self.warnings.extend(whole.warnings.iter().map(|it| (it.code.clone(), it.incomplete)));
    }

    /// Counts each warning.
    fn warned(&self) -> BTreeMap<(&str, bool), usize> {
        let mut warned = BTreeMap::new();
        for (code, incomplete) in &self.warnings {
            *warned.entry((code.as_str(), *incomplete)).or_default() += 1;
        }
        warned
    }
}

/// The outcome of an undisturbed read.
#[derive(Clone, Debug)]
pub struct Truth(Observed);

impl Truth {
    pub fn of(observed: Observed) -> Truth {
        assert!(observed.ended && observed.failures.is_empty() && !observed.facts.is_empty(), "{observed:?}");
        assert!(observed.warnings.iter().all(|(_, incomplete)| !incomplete), "{:?}", observed.warnings);
        Truth(observed)
    }
}

/// Lists all faults.
pub fn judge(scenario: &Scenario, expected: &Expected, observed: &Observed, truth: &Truth) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut check = |holds: bool, what: String| {
        if !holds {
            wrong.push(what);
        }
    };
    check(!observed.never_fired, "the fault never fired".to_owned());
    check(!observed.shown.contains(TOKEN), "the token shows".to_owned());
    check(observed.ended, "the read didn't come to its end".to_owned());
    check(observed.failures == expected.failures, format!("the calls failed so: {:?}", observed.failures));

    let facts: BTreeMap<&str, &str> =
        observed.facts.iter().map(|(key, text)| (key.as_str(), text.as_str())).collect();
    check(facts.len() == observed.facts.len(), "something was given twice".to_owned());
    let names = |apart: &Apart, key: &str| apart.from.iter().any(|needle| key.contains(needle));
    let may_lack = |key: &str| expected.apart.iter().any(|apart| !apart.must_come && names(apart, key));
    let may_differ = |key: &str| expected.apart.iter().any(|apart| apart.may_differ && names(apart, key));
    let true_facts: BTreeMap<&str, &str> =
        truth.0.facts.iter().map(|(key, text)| (key.as_str(), text.as_str())).collect();
    for (key, text) in &true_facts {
        match facts.get(key) {
            None => check(may_lack(key), format!("missing: {key}")),
            Some(given) => {
                check(given == text || may_differ(key), format!("untrue: {key}: {}", shortened(given)))
            }
        }
    }
    for key in facts.keys().filter(|key| !true_facts.contains_key(*key)) {
        check(may_differ(key), format!("invented: {key}"));
    }

    let usual = truth.0.warned();
    let more: Vec<(&str, bool)> = observed
        .warned()
        .into_iter()
        .filter(|(warning, count)| usual.get(warning).is_none_or(|usual| usual < count))
        .map(|(warning, _)| warning)
        .collect();
    let warned = observed.warned();
    for (warning, count) in &usual {
        let comes = warned.get(warning).is_some_and(|given| given >= count);
        check(comes || expected.unwarned.contains(&warning.0), format!("the usual {warning:?} is missing"));
    }
    for due in &expected.warned {
        check(more.contains(due), format!("the warning {due:?} is missing among {more:?}"));
    }
    let is_due = |code: &str| expected.warned.iter().any(|(due, _)| *due == code);
    let undue: Vec<_> = more.iter().filter(|(code, incomplete)| *incomplete && !is_due(code)).collect();
    check(undue.is_empty(), format!("warnings without a reason: {undue:?}"));

    if let Some(spare) = scenario.requests_to_spare() {
        let most = truth.0.requests + observed.fired + expected.more_requests + spare;
        check(observed.requests <= most, format!("{} requests where {most} would do", observed.requests));
    }
    wrong
}

fn shortened(text: &str) -> String {
    text.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::super::scenario::Scenario;
    use super::*;

    fn right() -> Observed {
        let fact = |key: &str| (key.to_owned(), format!("all about {key}"));
        let facts = [
            "resource user:a",
            "resource user:b",
            "entitlement group:g:member",
            "grant group:g:member:user:a",
        ];
        Observed {
            facts: facts.map(fact).into(),
            warnings: vec![("rule-not-understood".into(), false)],
            ended: true,
            requests: 10,
            ..Observed::default()
        }
    }

    fn complaints(expected: &Expected, planted: impl FnOnce(&mut Observed)) -> Vec<String> {
        let mut observed = right();
        planted(&mut observed);
        judge(&Scenario::undisturbed(), expected, &observed, &Truth::of(right()))
    }

    const TRUE: Expected = Expected {
        failures: Vec::new(),
        apart: Vec::new(),
        warned: Vec::new(),
        unwarned: Vec::new(),
        roles_gone: false,
        more_requests: 0,
    };

    fn failed() -> Expected {
        Expected { failures: vec![failure(ErrorKind::Unavailable, true)], ..TRUE }
    }

    /// Allows the facts about `user:a` to be missing, with this warning. Without a warning they may
    /// be anything.
    fn apart(warned: Option<&'static str>) -> Expected {
        let may_differ = warned.is_none();
        let apart = vec![Apart { from: vec!["user:a".into()], may_differ, must_come: false }];
        Expected { apart, warned: warned.map(|code| (code, true)).into_iter().collect(), ..TRUE }
    }

    fn failure(kind: ErrorKind, retryable: bool) -> Broken {
        Broken::Error { kind, retryable, retry_after_ms: None }
    }

    #[test]
    fn what_is_right_is_right() {
        assert_eq!(complaints(&TRUE, |_| ()), [""; 0]);
        assert_eq!(
            complaints(&failed(), |it| it.failures.push(failure(ErrorKind::Unavailable, true))),
            [""; 0]
        );
        let apart = apart(Some("item-not-understood"));
        let left_out = |it: &mut Observed| {
            it.facts.retain(|(key, _)| !key.contains("user:a"));
            it.warnings.push(("item-not-understood".into(), true));
        };
        assert_eq!(complaints(&apart, left_out), [""; 0]);
    }

    #[test]
    fn what_is_planted_is_found() {
        type Plant = fn(&mut Observed);
        let of_truth: [(&str, Plant); 13] = [
            ("never fired", |it| it.never_fired = true),
            ("the token shows", |it| it.shown = format!("sent {TOKEN}")),
            ("to its end", |it| it.ended = false),
            ("failed so", |it| it.failures.push(failure(ErrorKind::Unavailable, true))),
            ("failed so", |it| it.failures.push(Broken::Ended("trapped in `read`".into()))),
            ("given twice", |it| it.facts.push(it.facts[3].clone())),
            ("missing: grant", |it| drop(it.facts.pop())),
            ("untrue: resource user:b", |it| it.facts[1].1.push('!')),
            ("invented: grant group:g:member:user:b", |it| {
                it.facts.push(("grant group:g:member:user:b".into(), String::new()));
            }),
            ("without a reason", |it| it.warnings.push(("list-moved".into(), true))),
            ("requests where", |it| it.requests = 11),
            ("without a reason", |it| it.warnings.push((it.warnings[0].0.clone(), true))),
            ("the usual", |it| it.warnings.clear()),
        ];
        for (complaint, plant) in of_truth {
            let found = complaints(&TRUE, plant);
            assert!(found.len() == 1 && found[0].contains(complaint), "{complaint}: {found:?}");
        }
        let of_failure: [Plant; 4] = [
            |_| (),
            |it| it.failures.push(failure(ErrorKind::Internal, true)),
            |it| it.failures.push(failure(ErrorKind::Unavailable, false)),
            |it| it.failures = vec![failure(ErrorKind::Unavailable, true); 2],
        ];
        for plant in of_failure {
            assert_eq!(complaints(&failed(), plant).len(), 1);
        }
    }

    #[test]
    fn a_gap_has_to_be_told_and_to_be_no_larger() {
        let told = Some("item-not-understood");
        let lose =
            |what: &'static str| move |it: &mut Observed| it.facts.retain(|(key, _)| !key.contains(what));
        assert!(complaints(&apart(told), lose("user:a"))[0].contains("is missing among"));
        let more = complaints(&apart(None), lose("user:b"));
        assert!(more.len() == 1 && more[0].contains("missing: resource user:b"), "{more:?}");
        let untrue = |it: &mut Observed| {
            it.facts[0].1.push('!');
            it.warnings.push(("item-not-understood".into(), true));
        };
        assert!(complaints(&apart(told), untrue)[0].contains("untrue: resource user:a"));
        assert_eq!(complaints(&apart(None), |it| it.facts[0].1.push('!')), [""; 0]);
        let must_come = Apart { must_come: true, ..apart(None).apart.remove(0) };
        let told_otherwise = Expected { apart: vec![must_come], ..TRUE };
        assert_eq!(complaints(&told_otherwise, |it| it.facts[0].1.push('!')), [""; 0]);
        assert!(complaints(&told_otherwise, lose("resource user:a"))[0].contains("missing: resource user:a"));
        assert!(complaints(&TRUE, |it| it.warnings.clear())[0].contains("the usual"));
        let unwarned = Expected { unwarned: vec!["rule-not-understood"], ..TRUE };
        assert_eq!(complaints(&unwarned, |it| it.warnings.clear()), [""; 0]);
        let warned = Expected { warned: vec![("list-moved", false)], ..TRUE };
        assert!(complaints(&warned, |_| ())[0].contains("is missing among"));
        assert_eq!(complaints(&warned, |it| it.warnings.push(("list-moved".into(), false))), [""; 0]);
    }
}
