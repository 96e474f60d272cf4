//! Every fault at every request of every operation, one at a time. The report is true of the mock's
//! state, or says that the state is unknown, and the same call again ends in the same state. The
//! possible outcomes follow from the scenario and an undisturbed run (`expected.rs`). The mock's
//! state decides (`judge.rs`), and the judge can fail too (`planted.rs`).

pub mod account;
mod expected;
pub mod judge;
mod memberships;
mod model;
mod of_apps;
mod pairs;
mod planted;
mod privileges;
pub mod run;
mod scenario;
mod validate;

use crate::common::setup::{host, host_within};
use crate::in_process::Asked;
use account::{Operation, What, operations};
use connector_host::{Host, Limits};
use judge::{judge, judge_any, judge_count, timeless};
use run::{Auth, Observed, observe, observe_natively};
use scenario::{Request, Scenario};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// The number of scenarios at once: most of a scenario is waiting.
const AT_ONCE: usize = 40;

/// Runs these scenarios of these operations, some at once, with both auth methods in turn, and
/// reports all faults.
async fn sweep(host: Host, is_swept: fn(&Operation) -> bool, scenarios: fn(&[Request]) -> Vec<Scenario>) {
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let (mut running, mut count) = (JoinSet::new(), 0);
    for operation in operations().into_iter().filter(is_swept) {
        let usual = Arc::new(undisturbed(&host, &operation).await);
        let requests = Request::all(&operation, &usual.calls[0]);
        // A long operation takes a third of its scenarios: short ones have requests for the same
        // purposes. The third drifts, so that no effect is skipped.
        let is_long = requests.len() > 10;
        let chosen = scenarios(&requests).into_iter().enumerate();
        for (_, scenario) in chosen.filter(|(at, _)| !is_long || (at + at / 7) % 3 == 0) {
            count += 1;
            // Neighbours differ in their request, their effect, or whether it was carried out, so
            // that each has both methods over the whole.
            let in_turn = if count / 2 % 2 == 0 { Auth::Token } else { Auth::Key };
            let auth = operation.auth().unwrap_or(in_turn);
            let (host, room, usual, operation) =
                (host.clone(), Arc::clone(&room), Arc::clone(&usual), operation.clone());
            running.spawn(async move {
                let _turn = room.acquire_owned().await.unwrap();
                let ran = {
                    let (scenario, operation) = (scenario.clone(), operation.clone());
                    let patience = scenario.max_wait_seconds;
                    let faults = scenario.faults();
                    tokio::spawn(async move { observe(&host, &operation, auth, patience, faults).await })
                        .await
                };
                let wrong = match ran {
                    Ok(observed) => {
                        let mut wrong = judge(&scenario, &operation, &observed, &usual);
                        wrong.extend(judge_count(&[&scenario], &observed));
                        wrong
                    }
                    Err(panicked) => vec![panicked.to_string()],
                };
                (!wrong.is_empty()).then(|| {
                    format!(
                        "{}, {auth:?}: {scenario:?}\n  {}",
                        operation.name,
                        wrong[..wrong.len().min(8)].join("\n  ")
                    )
                })
            });
        }
    }
    let wrong: Vec<String> = running.join_all().await.into_iter().flatten().collect();
    let shown: Vec<&str> = wrong.iter().map(String::as_str).take(20).collect();
    assert!(wrong.is_empty(), "{} of {count} scenarios went wrong:\n{}", wrong.len(), shown.join("\n"));
    println!("{count} scenarios");
}

/// Runs the operation undisturbed, and judges it too.
async fn undisturbed(host: &Host, operation: &Operation) -> Observed {
    let auth = operation.auth().unwrap_or(Auth::Token);
    let usual = observe(host, operation, auth, 0, Vec::new()).await;
    let wrong = judge_any(operation, &usual, &usual);
    assert!(wrong.is_empty(), "{}: {wrong:#?}", operation.name);
    if operation.writes() {
        let modelled = model::with(&usual.before, operation.changes().iter());
        assert_eq!(timeless(&usual.calls[0].account), timeless(&modelled), "{}", operation.name);
    }
    for auth in Auth::ALL.into_iter().filter(|_| operation.auth().is_none()) {
        let with_another = observe(host, operation, auth, 0, Vec::new()).await;
        assert_eq!(with_another.calls[0].ended, usual.calls[0].ended, "{}", operation.name);
        assert_eq!(with_another.calls[0].log.len(), usual.calls[0].log.len(), "{}", operation.name);
    }
    usual
}

/// Every request that the connector can send, in each of its calls, is disturbed here or in the
/// sweep of a read.
#[test]
fn every_request_that_can_be_sent_is_disturbed() {
    let lists = ["access/groups", "access/users", "gateway/lists/{id}/items", "members", "roles"];
    let of_lists = |call: &'static str, lists: &[&'static str]| -> Vec<_> {
        lists.iter().map(|route| (call, "GET".to_owned(), (*route).to_owned())).collect()
    };
    let of_apps = ["access/apps", "access/identity_providers", "access/policies"];
    let mut known = of_lists("read", &lists);
    known.extend(of_lists("read", &of_apps));
    known.extend(of_lists("read", &["accounts/{id}", "iam/user_groups", "iam/user_groups/{id}/members"]));
    known.extend(of_lists("read", &["iam/permission_groups"]));
    known.extend(of_lists("validate", &lists));
    known.extend(of_lists("validate", &of_apps));
    known.extend(of_lists("validate", &["access/service_tokens", "iam/user_groups"]));
    known.extend(of_lists("validate", &["tokens/verify", "user/tokens/verify"]));
    known.extend(of_lists("validate", &["accounts/{id}", "memberships", "tokens/{id}", "user/tokens/{id}"]));
    known.extend(of_lists("get", &lists));
    known.extend(of_lists("get", &["access/apps", "access/users/{id}", "iam/user_groups", "members/{id}"]));
    known.extend(of_lists("apply", &lists));
    known.extend(of_lists("apply", &["access/apps", "access/identity_providers", "iam/user_groups"]));
    known.extend(of_lists(
        "apply",
        &["access/groups/{id}", "access/users/{id}", "members/{id}", "roles/{id}"],
    ));
    let one = "iam/user_groups/{id}/members/{id}";
    known.extend(of_lists(
        "apply",
        &["accounts/{id}", "iam/permission_groups", "iam/user_groups/{id}/members", one],
    ));
    let write = |method: &str, route: &str| ("apply", method.to_owned(), route.to_owned());
    known.extend([write("PUT", "access/groups/{id}"), write("PUT", "members/{id}")]);
    known.extend([write("POST", "iam/user_groups/{id}/members"), write("DELETE", one)]);

    let mut disturbed: BTreeSet<(&str, String, String)> = BTreeSet::new();
    for route in crate::reads::routes() {
        disturbed.insert(("read", "GET".to_owned(), route));
    }
    for operation in operations() {
        let run = observe_natively(&operation, operation.auth().unwrap_or(Auth::Token), 0, Vec::new());
        let call = match operation.what {
            What::Apply { .. } => "apply",
            What::Get(_) => "get",
            What::Validate(_) => "validate",
        };
        let asked = run.calls[0].log.iter().map(Asked::like);
        disturbed.extend(asked.map(|asked| (call, asked.method, asked.route)));
    }
    disturbed.extend(memberships::sent().into_iter().map(|(method, route)| ("apply", method, route)));
    assert_eq!(disturbed, known.into_iter().collect());
}

fn all(_: &Operation) -> bool {
    true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_are_something_else() {
    sweep(host().await, all, scenario::wrong_answers).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_fail() {
    sweep(host().await, all, scenario::failing_connections).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_stall() {
    // On a busy machine a right answer takes its time too.
    let patient = Duration::from_secs(5);
    let limits = Limits { first_byte: patient, between_bytes: patient, ..Limits::default() };
    sweep(host_within(limits).await, all, scenario::stalls).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fields_that_are_read_back_strangely() {
    sweep(host().await, Operation::writes, scenario::spoilt_fields).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_are_lost_and_can_not_be_read_back() {
    sweep(host().await, Operation::writes, scenario::lost_twice).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_that_can_not_be_read_back() {
    sweep(host().await, Operation::writes, scenario::refused_and_unread).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_in_passing_while_there_is_patience() {
    sweep(host().await, all, scenario::patient).await;
}
