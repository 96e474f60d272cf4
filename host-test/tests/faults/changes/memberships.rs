//! Every fault at every request of changes of user groups, and of roles and scoped roles by policies. The
//! report is true of the mock's state, nothing else changes, an accepted Super Administrator is left, and
//! the same call again ends as it should.

use super::account::{Operation, SECRET, What};
use super::expected::{Fate, Word, left_of, outcome};
use super::privileges::{ADMINISTRATORS, account, has, operations, without};
use super::run::{Auth, Call, Ended, Observed, observe_natively_on, observe_on};
use super::scenario::{self, Phase, Request, Scenario, Times};
use crate::cases::Cases;
use crate::common::setup::host;
use crate::in_process::Asked;
use connector_host::contract::{Change, ErrorKind, Operation as Way, Status};
use host_test::mock::{Account, Effect, Member, Recorded, SUPER_ADMINISTRATOR};
use host_test::truth;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// The part of the scenarios that also run over HTTP.
const OVER_HTTP: usize = 16;

/// Returns the requests of a run.
fn requests(log: &[Recorded]) -> Vec<Request> {
    let write = log.iter().position(|sent| sent.method != "GET");
    let requests = log.iter().enumerate().map(|(at, sent)| {
        let phase = match write {
            _ if sent.method != "GET" => Phase::Write,
            Some(write) if at > write => Phase::ReadBack,
            _ => Phase::Learn,
        };
        let Asked { method, route, id, page } = Asked::like(sent);
        let is_it = |other: &&Recorded| {
            other.path == sent.path && other.method == method && Asked::like(other).page == page
        };
        let nth = log[..=at].iter().filter(is_it).count() as u64;
        Request { method, route, id, page, nth, phase, is_of_owners: false }
    });
    requests.collect()
}

/// Returns every fault at every request, before and after a write takes effect.
fn scenarios(requests: &[Request]) -> Vec<Scenario> {
    let strange = [
        ("/success", json!(false)),
        ("/result", json!(null)),
        ("/result/id", json!("0".repeat(32))),
        ("/result/id", json!(7)),
    ];
    let strange =
        strange.map(|(pointer, value)| Effect::SetField { pointer: pointer.to_owned(), value }).to_vec();
    let usual = [scenario::refusals(), scenario::answers(), scenario::connections(), scenario::stalling()];
    let usual: Vec<Effect> = usual.into_iter().flatten().collect();
    let patient = [
        Effect::Status { status: 500, code: 1, message: "Later.".to_owned(), headers: Vec::new() },
        Effect::Html { status: 429 },
        Effect::Html { status: 503 },
    ];
    let mut scenarios = Vec::new();
    // Of somebody who left a group, nothing is shown that could be strange.
    let leaves = requests.iter().any(|request| request.method == "DELETE");
    for request in requests {
        let is_object = request.route.ends_with("{id}");
        let strange = strange.iter().filter(|_| request.phase == Phase::ReadBack && is_object && !leaves);
        let impatient = usual.iter().chain(strange).map(|effect| (effect, 0));
        for (effect, max_wait_seconds) in impatient.chain(patient.iter().map(|effect| (effect, 10))) {
            let alone = Scenario { max_wait_seconds, ..Scenario::new(request, effect, Times::Once) };
            let is_limited =
                matches!(effect, Effect::Status { status: 429, .. } | Effect::Html { status: 429 });
            if request.phase == Phase::Write {
                scenarios.push(Scenario { carried_out: Some(false), ..alone.clone() });
                // A write that the limit stops isn't carried out.
                if !is_limited {
                    scenarios.push(Scenario { carried_out: Some(true), ..alone });
                }
            } else {
                scenarios.push(alone);
            }
        }
    }
    scenarios
}

/// Whether the answer says that a membership isn't there, though it is.
fn denies_a_membership(scenario: &Scenario) -> bool {
    let Scenario { request, effect, .. } = scenario;
    request.route == "iam/user_groups/{id}/members/{id}"
        && request.method == "GET"
        && matches!(effect, Effect::Status { status: 404, .. })
}

fn writes(call: &Call) -> BTreeMap<(&str, &str, &str), usize> {
    let mut writes = BTreeMap::new();
    for sent in call.log.iter().filter(|sent| sent.method != "GET") {
        *writes.entry((sent.method.as_str(), sent.path.as_str(), sent.body.as_str())).or_default() += 1;
    }
    writes
}

fn grants(account: &Account) -> BTreeSet<String> {
    truth::account(account).grants.into_keys().collect()
}

/// Whether an accepted member is a Super Administrator, directly or through a user group.
fn is_administered(account: &Account) -> bool {
    let truth = truth::account(account);
    let named = truth.roles.roles.iter().filter(|(_, name)| *name == ADMINISTRATORS);
    let roles: BTreeSet<&str> = named.map(|(id, _)| id.as_str()).chain([SUPER_ADMINISTRATOR]).collect();
    let accepted: Vec<_> = account.members.iter().filter(|member| member.status == "accepted").collect();
    let holds = |role: &&str, member: &Member| {
        truth.grants.contains_key(&format!("role:{role}:assigned:member:{}", member.id))
    };
    roles.iter().any(|role| accepted.iter().any(|member| holds(role, member)))
}

/// Whether a change is in effect.
fn is_done(account: &Account, change: &Change) -> bool {
    has(account, change) == (change.operation == Way::Grant)
}

/// Lists the faults of one call, given the state before it. `lies`: the upstream said something untrue.
fn judge_call(operation: &Operation, before: &Account, call: &Call, lies: bool) -> Vec<String> {
    let What::Apply { changes, dry_run } = &operation.what else { return Vec::new() };
    let mut wrong = Vec::new();
    let mut check = |holds: bool, what: String| {
        if !holds {
            wrong.push(what);
        }
    };
    check(call.broke.is_none(), format!("the session is over: {:?}", call.broke));
    check(!call.shown.contains(SECRET), "the secret shows".to_owned());
    check(is_administered(&call.account), "nobody administers the account any more".to_owned());
    check(
        without(before, changes) == without(&call.account, changes),
        "something else in the account changed".to_owned(),
    );
    check(call.ended.len() == changes.len(), format!("{} results", call.ended.len()));
    for (at, (change, ended)) in changes.iter().zip(&call.ended).enumerate() {
        let (was, is) = (is_done(before, change), is_done(&call.account, change));
        match ended {
            Ended::Well(Status::Applied) => {
                check(!was && is && !dry_run, format!("change {at}: not applied"))
            }
            Ended::Well(Status::Unchanged) => check(was && is || lies, format!("change {at}: it isn't so")),
            Ended::Well(Status::Planned) => check(!was && *dry_run, format!("change {at}: planned")),
            Ended::Badly { kind: ErrorKind::Indeterminate | ErrorKind::Conflict, .. } => {}
            Ended::Badly { kind: ErrorKind::Internal, message } => check(false, message.clone()),
            Ended::Badly { kind, .. } => {
                check(was == is || lies, format!("change {at}: {kind:?}, and written"))
            }
            Ended::Read(_) => check(false, format!("change {at}: a read")),
        }
    }
    check(!dry_run || writes(call).is_empty(), "a dry run writes".to_owned());
    judge_outcomes(changes, before, call, &mut check);
    wrong
}

/// Compares what the outcomes say of all that came and went with the truth.
fn judge_outcomes(changes: &[Change], before: &Account, call: &Call, check: &mut impl FnMut(bool, String)) {
    let is_applied = |ended: &Ended| matches!(ended, Ended::Well(Status::Applied | Status::Unchanged));
    let Some(report) = call.report.as_ref().filter(|_| call.ended.iter().all(is_applied)) else { return };
    let (was, is) = (grants(before), grants(&call.account));
    let principal = |change: &Change| format!(":member:{}", change.principal.id);
    let is_theirs = |id: &&String| changes.iter().any(|change| id.ends_with(&principal(change)));
    let came: BTreeSet<&String> = is.difference(&was).filter(is_theirs).collect();
    let went: BTreeSet<&String> = was.difference(&is).filter(is_theirs).collect();
    let (mut added, mut removed) = (BTreeSet::new(), BTreeSet::new());
    for (change, result) in changes.iter().zip(&report.results) {
        let Ok(outcome) = result else { continue };
        let principal = principal(change);
        added.extend(outcome.added.iter().map(|grant| format!("{}{principal}", grant.entitlement)));
        removed.extend(outcome.removed.iter().map(|entitlement| format!("{entitlement}{principal}")));
    }
    check(added.iter().eq(came.iter().copied()), format!("added: {added:?} instead of {came:?}"));
    check(removed.iter().eq(went.iter().copied()), format!("removed: {removed:?} instead of {went:?}"));
}

/// Lists all faults of a run.
fn wrong_with(
    operation: &Operation,
    scenario: Option<&Scenario>,
    observed: &Observed,
    usual: &Observed,
) -> Vec<String> {
    let What::Apply { changes, .. } = &operation.what else { return Vec::new() };
    let mut wrong = Vec::new();
    if observed.never_fired {
        wrong.push("the fault never fired".to_owned());
    }
    let lies = scenario.is_some_and(denies_a_membership);
    let mut before = &observed.before;
    for (number, call) in observed.calls.iter().enumerate() {
        let found = judge_call(operation, before, call, lies && number == 0);
        wrong.extend(found.into_iter().map(|found| format!("call {number}: {found}")));
        before = &call.account;
    }
    let [disturbed, second, third] = &observed.calls;
    let most = 1 + usize::from(scenario.is_some_and(|it| it.max_wait_seconds > 0 && !it.is_carried_out()));
    for (write, count) in writes(disturbed).into_iter().filter(|(_, count)| *count > most) {
        wrong.push(format!("sent {count} times: {write:?}"));
    }
    if !writes(third).is_empty() {
        wrong.push("the third call writes".to_owned());
    }
    // Where one of several stays, the fault decides which.
    if operation.name != "all Super Administrators" {
        if without(&second.account, &[]) != without(&usual.calls[0].account, &[]) {
            wrong.push("the second call doesn't end in the usual state".to_owned());
        }
        if second.ended.iter().chain(&third.ended).any(|ended| matches!(ended, Ended::Badly { .. })) {
            wrong.push(format!("undisturbed, it ended so: {:?} {:?}", second.ended, third.ended));
        }
    }
    if let (Some(scenario), [_], [ended]) = (scenario, changes.as_slice(), disturbed.ended.as_slice()) {
        wrong.extend(wrong_end(scenario, ended, &usual.calls[0].ended[0], lies));
    }
    wrong
}

/// Judges the end of the one change of a call.
fn wrong_end(scenario: &Scenario, ended: &Ended, usual: &Ended, lies: bool) -> Option<String> {
    let kind = match ended {
        Ended::Badly { kind, .. } => Some(*kind),
        _ => None,
    };
    let is_usual = ended == usual;
    let is_membership = scenario.request.route.starts_with("iam/");
    let fits = match scenario.request.phase {
        // Nobody seems to be in the group.
        _ if lies => is_usual || matches!(kind, None | Some(ErrorKind::Refused)),
        // The answer to the write doesn't show who is in the group.
        Phase::ReadBack if is_membership => match left_of(scenario) {
            Fate::Fine if !is_strange(scenario) => is_usual,
            _ => kind == Some(ErrorKind::Indeterminate),
        },
        // The answer to the write shows the member.
        Phase::ReadBack if is_strange(scenario) => is_usual,
        Phase::Write | Phase::ReadBack => match outcome(scenario).concerned {
            Word::AsUsual => is_usual,
            Word::Fails(expected) => kind == Some(expected),
            other => panic!("{other:?}"),
        },
        _ => is_usual || kind.is_some() && kind == left_of(scenario).kind(),
    };
    (!fits).then(|| format!("it ended so: {ended:?}"))
}

fn is_strange(scenario: &Scenario) -> bool {
    matches!(scenario.effect, Effect::SetField { .. })
}

fn usual(operation: &Operation) -> Observed {
    let usual = observe_natively_on(account(), operation, Auth::Token, 0, Vec::new());
    assert_eq!(wrong_with(operation, None, &usual, &usual), [""; 0], "{}", operation.name);
    let refused = |ended: &Ended| matches!(ended, Ended::Badly { kind: ErrorKind::Refused, .. });
    let refusals = usual.calls[0].ended.iter().filter(|ended| refused(ended)).count();
    let due = usize::from(operation.name == "all Super Administrators");
    assert_eq!(refusals, due, "{}: {:?}", operation.name, usual.calls[0].ended);
    usual
}

#[test]
fn a_leave_that_is_confirmed_and_not_done_is_told_from_the_read() {
    let operation = operations().into_iter().find(|it| it.name == "leave a user group").unwrap();
    let requests = requests(&usual(&operation).calls[0].log);
    let write = requests.iter().find(|request| request.phase == Phase::Write).unwrap();
    let confirmed = json!({"success": true, "errors": [], "result": {"id": write.id}}).to_string();
    let effect = Effect::Body { status: 200, body: confirmed };
    let scenario = Scenario { carried_out: Some(false), ..Scenario::new(write, &effect, Times::Once) };
    let observed = observe_natively_on(account(), &operation, Auth::Token, 0, scenario.faults());
    let Ended::Badly { kind: ErrorKind::Refused, message } = &observed.calls[0].ended[0] else {
        panic!("{:?}", observed.calls[0].ended)
    };
    assert!(message.contains("the next read shows it unchanged"), "{message}");
    assert!(message.contains("identity provider"), "{message}");
}

fn auth(at: usize) -> Auth {
    if at.is_multiple_of(2) { Auth::Token } else { Auth::Key }
}

/// Returns the methods and routes of all requests that are disturbed here.
pub fn sent() -> BTreeSet<(String, String)> {
    let logs = operations().into_iter().flat_map(|operation| usual(&operation).calls[0].log.clone());
    logs.map(|sent| Asked::like(&sent)).map(|asked| (asked.method, asked.route)).collect()
}

#[test]
fn the_operations_write_in_every_way() {
    let written: BTreeSet<_> = sent().into_iter().filter(|(method, _)| method != "GET").collect();
    let expected = [
        ("DELETE", "iam/user_groups/{id}/members/{id}"),
        ("POST", "iam/user_groups/{id}/members"),
        ("PUT", "members/{id}"),
    ];
    assert_eq!(written, expected.map(|(method, route)| (method.to_owned(), route.to_owned())).into());
}

#[test]
fn every_fault_at_every_request() {
    let mut count = 0;
    for operation in operations() {
        let usual = usual(&operation);
        let scenarios = scenarios(&requests(&usual.calls[0].log));
        let numbered: Vec<_> = scenarios.iter().enumerate().collect();
        count += Cases::each(&numbered, |(at, scenario)| {
            let patience = scenario.max_wait_seconds;
            let observed = observe_natively_on(account(), &operation, auth(*at), patience, scenario.faults());
            told(&operation, scenario, &wrong_with(&operation, Some(scenario), &observed, &usual))
        });
    }
    println!("{count} scenarios");
}

fn told(operation: &Operation, scenario: &Scenario, wrong: &[String]) -> Option<String> {
    let shown = wrong[..wrong.len().min(8)].join("\n  ");
    (!wrong.is_empty()).then(|| format!("{}: {scenario:?}\n  {shown}", operation.name))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_http_too() {
    let (host, mut wrong, mut count) = (host().await, Vec::new(), 0);
    for operation in operations() {
        let usual = usual(&operation);
        let scenarios = scenarios(&requests(&usual.calls[0].log));
        let is_chosen =
            |(at, it): &(usize, Scenario)| at % OVER_HTTP == 3 && !matches!(it.effect, Effect::Stall { .. });
        for (at, scenario) in scenarios.into_iter().enumerate().filter(is_chosen) {
            let (patience, faults) = (scenario.max_wait_seconds, scenario.faults());
            let observed =
                observe_on(account(), &host, &operation, auth(at / OVER_HTTP), patience, faults).await;
            let found = wrong_with(&operation, Some(&scenario), &observed, &usual);
            wrong.extend(told(&operation, &scenario, &found));
            count += 1;
        }
    }
    let shown = wrong[..wrong.len().min(10)].join("\n");
    assert!(wrong.is_empty(), "{} of {count} scenarios went wrong:\n{shown}", wrong.len());
    println!("{count} scenarios");
}

#[test]
fn what_is_planted_is_found() {
    type Plant = fn(&mut Observed);
    let planted: [(&str, Plant); 10] = [
        ("never fired", |it| it.never_fired = true),
        ("the secret shows", |it| it.calls[0].shown.push_str(SECRET)),
        ("the session is over", |it| it.calls[1].broke = Some("trapped".into())),
        ("nobody administers", |it| {
            it.calls[0].account.user_groups[0].members.clear();
            it.calls[0].account.members[..2].iter_mut().for_each(|member| member.roles.clear());
            it.calls[0].account.members[..2].iter_mut().for_each(|member| member.policies.clear());
        }),
        ("something else", |it| it.calls[0].account.user_groups[2].members.clear()),
        ("something else", |it| drop(it.calls[0].account.members[5].policies.pop())),
        ("not applied", |it| it.calls[0].account = it.before.clone()),
        ("removed", |it| {
            it.calls[0].report.as_mut().unwrap().results[0].as_mut().unwrap().removed.pop();
        }),
        ("and written", |it| {
            let (kind, message) = (ErrorKind::Refused, String::new());
            it.calls[0].ended[0] = Ended::Badly { kind, message };
        }),
        ("the third call writes", |it| it.calls[2].log = it.calls[0].log.clone()),
    ];
    let operation = operations().into_iter().find(|it| it.name == "leave a user group").unwrap();
    let usual = usual(&operation);
    for (complaint, plant) in planted {
        let mut observed = usual.clone();
        plant(&mut observed);
        let found = wrong_with(&operation, None, &observed, &usual);
        assert!(found.iter().any(|found| found.contains(complaint)), "{complaint}: {found:?}");
    }
}
