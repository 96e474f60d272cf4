//! Syncs: their results, their failures, and what happens when a worker or the server goes away.

use crate::server::{LONGEST, Server};
use crate::setup::{Fleet, wait_until};
use host_test::mock::{DEMO_TOKEN, Effect, Fault, Mock, Token};
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// The first page of people. A sync that goes on from a cursor doesn't read it again.
pub fn first_pages(mock: &Mock) -> usize {
    let is_first =
        |query: Option<&String>| query.is_some_and(|query| query.split('&').any(|it| it == "page=1"));
    let requests = mock.requests();
    requests.iter().filter(|it| it.path.ends_with("/access/users") && is_first(it.query.as_ref())).count()
}

#[test]
fn two_accounts_are_what_a_single_sync_of_each_gives() {
    let Some(fleet) = Fleet::new() else { return };
    let (one, two) = (fleet.add(1, None, &["--paused"]), fleet.add(2, None, &["--paused"]));
    let worker = fleet.worker(&[&one, &two]);
    let told = fleet.ok(&["run", &one.name, &two.name, "--wait"]);
    let outcomes: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (tenant, outcome) in [&one, &two].into_iter().zip(&outcomes) {
        let (expected, requests) = fleet.single_sync(tenant);
        fleet.assert_stored(tenant);
        assert_eq!(tenant.mock.request_count(), requests);
        assert_eq!(outcome["requests"], requests);
        let records: u64 =
            outcome["records"].as_object().unwrap().values().map(|it| it.as_u64().unwrap()).sum();
        assert_eq!(records + outcome["warnings"].as_u64().unwrap(), expected.len() as u64);
        let state = fleet.status(tenant);
        assert_eq!((&state["state"], &state["last"]["run"]), (&"idle".into(), &outcome["run"]), "{state}");
        // The engine keeps what happened, and no secret.
        let account_id = tenant.mock.read(|account| account.id.clone());
        for (workflow, known) in [
            (format!("sync-{}", tenant.name), account_id.as_str()),
            (format!("credential-{}", tenant.credential), "requests_per_window"),
        ] {
            let history = fleet.history_in_the_clear(&workflow);
            assert!(history.contains(known) && !history.contains(DEMO_TOKEN), "{history}");
        }
    }
    assert!(!worker.log().contains(DEMO_TOKEN));
    let list = fleet.ok(&["list", "--format", "jsonl"]);
    assert!(list.contains(&one.name) && list.contains(&two.name), "{list}");
}

#[test]
fn wrong_credentials_are_not_tried_again() {
    let Some(fleet) = Fleet::new() else { return };
    let tenant = fleet.add(3, None, &["--paused"]);
    tenant.mock.configure(|options| options.tokens = vec![Token::new("another-token")]);
    let _worker = fleet.worker(&[&tenant]);
    let done = fleet.run(&["run", &tenant.name, "--wait"]);
    let told = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(1), "{told}");
    assert!(told.contains("the sync failed (unauthenticated): "), "{told}");
    let state = fleet.status(&tenant);
    assert_eq!((&state["state"], &state["last"]["kind"]), (&"failed".into(), &"unauthenticated".into()));
    let history = fleet.history(&format!("sync-{}", tenant.name));
    let history: Value = serde_json::from_str(&history).unwrap();
    let events = history["events"].as_array().unwrap().iter();
    let attempts: Vec<&Value> =
        events.filter_map(|event| event.get("activityTaskStartedEventAttributes")?.get("attempt")).collect();
    assert_eq!(attempts, [1], "{history}");
    // An account without credentials isn't tried again, either, and nothing is asked.
    let requests = tenant.mock.request_count();
    let other = fleet.add(4, None, &["--paused"]);
    let done = fleet.run(&["run", &other.name, "--wait"]);
    let told = String::from_utf8(done.stderr).unwrap();
    assert!(told.contains("the sync failed (secrets): "), "{told}");
    assert_eq!((tenant.mock.request_count(), other.mock.request_count()), (requests, 0));
}

#[test]
fn a_rate_limit_is_waited_for_as_long_as_was_told() {
    let Some(fleet) = Fleet::new() else { return };
    let tenant = fleet.add(5, None, &["--paused"]);
    tenant.mock.inject(Fault::always(Effect::Status {
        status: 429,
        code: 971,
        message: "slow down".to_owned(),
        headers: vec![("retry-after".to_owned(), "290".to_owned())],
    }));
    let worker = fleet.worker(&[&tenant]);
    fleet.ok(&["run", &tenant.name]);
    worker.wait_for("rate-limited");
    let state = fleet.wait_until(&tenant, |state| state["last"]["kind"] == "rate-limited");
    assert_eq!(state["state"], "running", "{state}");
    let described = fleet.described(&format!("sync-{}", tenant.name));
    // The server tells the time until its own clock reaches the next attempt.
    let delay = described["pendingActivities"][0]["currentRetryInterval"].as_str().unwrap();
    assert!(delay.starts_with("290"), "{described}");
}

#[test]
fn another_worker_goes_on_where_a_killed_one_was() {
    let Some(fleet) = Fleet::new() else { return };
    let tenant = fleet.add(6, None, &["--paused"]);
    let (_, whole) = fleet.single_sync(&tenant);
    let door = fleet.hold(&tenant, usize::try_from(whole).unwrap() - 2);
    let first = fleet.worker(&[&tenant]);
    fleet.ok(&["run", &tenant.name]);
    let state = fleet.wait_until(&tenant, |state| state["last"]["pages"].as_u64() > Some(2));
    first.kill();
    let second = fleet.worker(&[&tenant]);
    second.wait_for("attempt=2");
    door.open();
    let ended = fleet.wait_until_ended(&tenant);
    assert_eq!(ended["state"], "idle", "{ended}");
    assert!(!second.log().contains("page=0"), "it was at {state}: {}", second.log());
    assert_eq!(first_pages(&tenant.mock), 1);
    fleet.assert_stored(&tenant);
}

#[test]
fn a_worker_that_is_asked_to_end_hands_over_after_its_page() {
    let Some(fleet) = Fleet::new() else { return };
    let tenant = fleet.add(7, None, &["--paused"]);
    let (_, whole) = fleet.single_sync(&tenant);
    let door = fleet.hold(&tenant, usize::try_from(whole).unwrap() - 2);
    let first = fleet.worker(&[&tenant]);
    fleet.ok(&["run", &tenant.name]);
    fleet.wait_until(&tenant, |state| state["last"]["pages"].as_u64() > Some(2));
    first.terminate();
    first.wait_for("asked to end");
    let second = fleet.worker(&[&tenant]);
    door.open();
    let (status, log) = first.ended();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("the worker has ended"), "{log}");
    let ended = fleet.wait_until_ended(&tenant);
    assert_eq!(ended["state"], "idle", "{ended} {}", second.log());
    assert_eq!(first_pages(&tenant.mock), 1);
    fleet.assert_stored(&tenant);
    assert!(!log.contains("a sync is complete"), "{log}");
    assert!(second.log().contains("a sync is complete"), "{}", second.log());
}

#[test]
fn an_account_is_never_synced_twice_at_once() {
    let Some(fleet) = Fleet::new() else { return };
    let tenant = fleet.add(8, None, &["--every", "2s", "--jitter", "1ms"]);
    let door = fleet.hold(&tenant, 3);
    let _worker = fleet.worker(&[&tenant]);
    // The schedule begins a sync.
    fleet.wait_until(&tenant, |state| state["state"] == "running");
    let begun = fleet.status(&tenant)["last"]["begun"].clone();
    let done = fleet.run(&["run", &tenant.name]);
    let told = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.code() == Some(1) && told.contains("is under way already"), "{told}");
    // The schedule itself passes over its next times.
    let skipped = || {
        let schedule =
            fleet.server.cli(&["schedule", "describe", "-s", &format!("sync-{}", tenant.name), "-o", "json"]);
        let schedule: Value = serde_json::from_str(&schedule).unwrap();
        let skipped = &schedule["info"]["overlapSkipped"];
        skipped.as_str().is_some_and(|skipped| skipped != "0")
    };
    let start = Instant::now();
    while !skipped() {
        assert!(start.elapsed() < LONGEST, "the schedule passes over nothing");
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    assert_eq!(fleet.status(&tenant)["last"]["begun"], begun);
    door.open();
}

#[test]
fn a_schedule_leaves_alone_what_was_begun_by_hand_and_what_it_has_begun_goes_on_without_it() {
    let Some(fleet) = Fleet::new() else { return };
    let tenant = fleet.add(15, None, &["--paused"]);
    let sync = format!("sync-{}", tenant.name);
    let door = fleet.hold(&tenant, 3);
    let _worker = fleet.worker(&[&tenant]);
    // Returns the workflow of the schedule's last time.
    let due = || {
        let before = fleet.server.cli(&["schedule", "describe", "-s", &sync, "-o", "json"]);
        fleet.server.cli(&["schedule", "trigger", "-s", &sync]);
        let id = Mutex::new(None);
        wait_until(|| {
            let schedule = fleet.server.cli(&["schedule", "describe", "-s", &sync, "-o", "json"]);
            let last = |schedule: &str| {
                let schedule: Value = serde_json::from_str(schedule).unwrap();
                let actions = schedule["info"]["recentActions"].as_array().cloned().unwrap_or_default();
                actions.last()?["startWorkflowResult"]["workflowId"].as_str().map(str::to_owned)
            };
            let found = last(&schedule).filter(|found| Some(found) != last(&before).as_ref());
            *id.lock().unwrap() = found.clone();
            found.is_some()
        });
        id.into_inner().unwrap().unwrap()
    };
    let ended = |workflow: &str| {
        wait_until(|| {
            fleet.described(workflow)["workflowExecutionInfo"]["status"]
                != "WORKFLOW_EXECUTION_STATUS_RUNNING"
        });
        fleet.history_in_the_clear(workflow)
    };
    fleet.ok(&["run", &tenant.name]);
    door.wait(1);
    let begun = fleet.status(&tenant)["last"]["begun"].clone();
    let history = ended(&due());
    assert!(history.contains("under-way"), "{history}");
    let state = fleet.status(&tenant);
    assert_eq!((&state["state"], &state["last"]["begun"]), (&"running".into(), &begun), "{state}");
    door.open();
    assert_eq!(fleet.wait_until_ended(&tenant)["state"], "idle");

    // Whoever ends the schedule's workflow doesn't mean the sync.
    let door = fleet.hold(&tenant, 0);
    let due = due();
    door.wait(1);
    fleet.server.cli(&["workflow", "terminate", "-w", &due]);
    ended(&due);
    door.open();
    let state = fleet.wait_until_ended(&tenant);
    assert_eq!(state["state"], "idle", "{state}");
    assert_eq!(fleet.runs(&tenant).len(), 2);
}

#[test]
fn a_sync_that_comes_to_no_end_is_given_up() {
    let Some(fleet) = Fleet::new() else { return };
    let tenant = fleet.add(16, None, &["--paused", "--give-up", "3s"]);
    tenant.mock.inject(Fault::always(Effect::Status {
        status: 429,
        code: 971,
        message: "slow down".to_owned(),
        headers: vec![("retry-after".to_owned(), "290".to_owned())],
    }));
    let _worker = fleet.worker(&[&tenant]);
    let done = fleet.run(&["run", &tenant.name, "--wait"]);
    let told = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.code() == Some(1) && told.contains("the sync failed (rate-limited): "), "{told}");
}

#[test]
fn as_many_complete_runs_stay_as_a_worker_keeps() {
    let Some(fleet) = Fleet::new() else { return };
    let tenant = fleet.add(17, None, &["--paused"]);
    let _worker = fleet.worker_with(&[&tenant], &["--keep", "1"]);
    for _ in 0..2 {
        fleet.ok(&["run", &tenant.name, "--wait"]);
    }
    assert_eq!(fleet.runs(&tenant).len(), 1);
    fleet.assert_stored(&tenant);
}

#[test]
fn a_server_that_was_killed_costs_no_page() {
    let Some(server) = Server::start() else { return };
    let fleet = Fleet::at(Arc::new(server));
    let tenant = fleet.add(9, None, &["--paused"]);
    let door = fleet.hold(&tenant, 4);
    let worker = fleet.worker(&[&tenant]);
    fleet.ok(&["run", &tenant.name]);
    fleet.wait_until(&tenant, |state| {
        state["state"] == "running" && state["last"]["requests"].as_u64() > Some(0)
    });
    fleet.server.restart();
    door.open();
    let ended = fleet.wait_until_ended(&tenant);
    assert_eq!(ended["state"], "idle", "{ended} {}", worker.log());
    assert_eq!(first_pages(&tenant.mock), 1);
    fleet.assert_stored(&tenant);
}
