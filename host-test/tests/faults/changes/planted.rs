//! The judge finds each fault that is planted into the outcome of a run.

use super::account::{EDITORS, GUESTS, Operation, SECRET, group, operations};
use super::judge::{judge, judge_count};
use super::run::{Auth, Ended, Observed, observe};
use super::scenario::{Phase, Request, Scenario, refusals};
use super::undisturbed;
use crate::common::setup::host;
use connector_host::contract::{ErrorKind, Status, Warning, Write};
use host_test::mock::Effect;
use serde_json::json;

type Plant = fn(&mut Observed);

fn batch() -> Operation {
    operations().into_iter().find(|operation| operation.name == "a batch").unwrap()
}

fn badly(kind: ErrorKind) -> Ended {
    Ended::Badly { kind, message: String::new() }
}

fn write(observed: &mut Observed) -> &mut Write {
    &mut observed.calls[0].report.as_mut().unwrap().writes[0]
}

/// Faults to plant into a report or the account of an undisturbed call.
const PLANTS: [(&str, Plant); 25] = [
    ("the fault never fired", |it| it.never_fired = true),
    ("disturbed: the secret shows", |it| it.calls[0].shown.push_str(SECRET)),
    ("third: the secret shows", |it| it.calls[2].shown.push_str(SECRET)),
    ("second: the session is over", |it| it.calls[1].broke = Some("trapped".into())),
    ("disturbed: 9 results", |it| drop(it.calls[0].ended.pop())),
    ("change 0: nothing was applied", |it| {
        it.calls[0].account.groups[EDITORS] = it.before.groups[EDITORS].clone()
    }),
    ("something else in the account changed", |it| it.calls[0].account.groups[4].name.push('!')),
    ("something else in the account changed", |it| it.calls[0].account.members[0].policies.clear()),
    ("something else in the account changed", |it| it.calls[0].account.lists.clear()),
    ("something else in the account changed", |it| {
        it.calls[0].account.groups[EDITORS].include.as_mut().unwrap().swap(0, 1);
    }),
    ("something else in the account changed", |it| {
        it.calls[0].account.groups[GUESTS].extra.insert("alpha".into(), json!(1));
    }),
    ("change 0: it isn't so", |it| {
        it.calls[0].account.groups[EDITORS].exclude = Some(vec![json!({"everyone": {}})])
    }),
    ("change 0: it isn't told", |it| {
        it.calls[0].report.as_mut().unwrap().results[0].as_mut().unwrap().added.clear()
    }),
    ("change 7: it isn't told", |it| {
        it.calls[0].report.as_mut().unwrap().results[7].as_mut().unwrap().removed.clear()
    }),
    ("change 0: it isn't so", |it| it.calls[0].ended[0] = Ended::Well(Status::Unchanged)),
    ("change 5 should end as", |it| it.calls[0].ended[5] = Ended::Well(Status::Applied)),
    ("change 1: planned", |it| it.calls[0].ended[1] = Ended::Well(Status::Planned)),
    ("change 1: ErrorKind::Refused, and it was written", |it| {
        it.calls[0].ended[1] = badly(ErrorKind::Refused)
    }),
    ("0 writes", |it| drop(it.calls[0].report.as_mut().unwrap().writes.remove(0))),
    ("it wasn't so before", |it| write(it).before = r#"{"name":"Editors"}"#.into()),
    ("it isn't so after", |it| write(it).after = r#"{"name":"Editors"}"#.into()),
    ("warned of a write that wasn't read back: true", |it| {
        let warnings = &mut it.calls[0].report.as_mut().unwrap().warnings;
        let code = "not-read-back".to_owned();
        warnings.push(Warning { code, about: None, message: String::new(), incomplete: false });
    }),
    ("call 1: it doesn't end in the same state", |it| it.calls[1].account = it.before.clone()),
    ("call 2, change 3: Well(Status::Applied)", |it| it.calls[2].ended[3] = Ended::Well(Status::Applied)),
    ("the third call writes", |it| it.calls[2].log = it.calls[0].log.clone()),
];

#[tokio::test]
async fn what_is_planted_is_found() {
    let (host, operation) = (host().await, batch());
    let usual = undisturbed(&host, &operation).await;
    let requests = Request::all(&operation, &usual.calls[0]);
    let put = requests.iter().find(|request| request.phase == Phase::Write).unwrap();
    let harmless = Scenario::new(put, &Effect::Trickle { bytes: 1 }, super::scenario::Times::Once);
    let complaints = |plant: Plant| {
        let mut observed = usual.clone();
        plant(&mut observed);
        judge(&harmless, &operation, &observed, &usual)
    };
    assert_eq!(complaints(|_| ()), [""; 0]);
    for (complaint, plant) in PLANTS {
        let found = complaints(plant);
        assert!(found.iter().any(|found| found.contains(complaint)), "{complaint}: {found:#?}");
    }
    let twice = complaints(|it| {
        let put = it.calls[0].log.iter().find(|sent| sent.method == "PUT").unwrap().clone();
        it.calls[0].log.push(put);
    });
    assert!(twice.iter().any(|found| found.starts_with("2 PUTs to")), "{twice:?}");
    let mut observed = usual.clone();
    assert_eq!(judge_count(&[&harmless], &observed), None);
    observed.calls[0].log.pop();
    assert!(judge_count(&[&harmless], &observed).is_some());
}

#[tokio::test]
async fn what_is_planted_after_a_used_up_limit_is_found() {
    let (host, operation) = (host().await, batch());
    let usual = undisturbed(&host, &operation).await;
    let requests = Request::all(&operation, &usual.calls[0]);
    let is_first = |request: &&Request| request.phase == Phase::First && request.id == Some(group(GUESTS));
    let first = requests.iter().find(is_first).unwrap();
    let limited = Scenario::new(first, refusals().last().unwrap(), super::scenario::Times::Once);
    let observed = observe(&host, &operation, Auth::Token, 0, limited.faults()).await;
    assert_eq!(judge(&limited, &operation, &observed, &usual), [""; 0]);
    let complaints = |plant: Plant| {
        let mut observed = observed.clone();
        plant(&mut observed);
        judge(&limited, &operation, &observed, &usual)
    };
    let plants: [(&str, Plant); 3] = [
        ("requests after ErrorKind::RateLimited", |it| {
            let last = it.calls[0].log.last().unwrap().clone();
            it.calls[0].log.push(last);
        }),
        ("it isn't said that this wasn't tried", |it| {
            it.calls[0].ended[8] = Ended::Badly { kind: ErrorKind::RateLimited, message: "Later.".into() };
        }),
        ("change 8 should end as", |it| it.calls[0].ended[8] = badly(ErrorKind::Unavailable)),
    ];
    for (complaint, plant) in plants {
        let found = complaints(plant);
        assert!(found.iter().any(|found| found.contains(complaint)), "{complaint}: {found:#?}");
    }
}
