//! The slots and the limit of a credential that accounts share.

use crate::server::Server;
use crate::setup::{Fleet, Tenant, wait_until};
use serde_json::{Value, json};
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tempfile::NamedTempFile;

#[test]
fn accounts_of_one_credential_take_turns_and_keep_its_limit() {
    let Some(fleet) = Fleet::new() else { return };
    let tenants: Vec<Tenant> = (10..13).map(|seed| fleet.add(seed, Some("shared"), &["--paused"])).collect();
    let (window, share) = (Duration::from_secs(4), 20);
    // Half of it is the share of changes.
    fleet.ok(&["credential", &tenants[0].credential, "--requests", "40", "--window", "4s"]);
    let sent: Arc<Mutex<Vec<(usize, Instant)>>> = Arc::default();
    for (number, tenant) in tenants.iter().enumerate() {
        let sent = Arc::clone(&sent);
        tenant.mock.hold(Box::new(move |_| {
            sent.lock().unwrap().push((number, Instant::now()));
            Box::pin(async {})
        }));
    }
    let _workers = [fleet.worker(&[&tenants[0]]), fleet.worker(&[&tenants[0]])];
    let names: Vec<&str> = tenants.iter().map(|tenant| tenant.name.as_str()).collect();
    fleet.ok(&[&["run"], &names[..], &["--wait"]].concat());
    tenants.iter().for_each(|tenant| fleet.assert_stored(tenant));
    let sent = sent.lock().unwrap();
    let mut turns: Vec<usize> = sent.iter().map(|(number, _)| *number).collect();
    turns.dedup();
    assert_eq!(turns.len(), tenants.len(), "{turns:?}");
    // The first page of an account is its largest.
    let first_page = 10;
    for (place, (_, at)) in sent.iter().enumerate() {
        let within = sent[place..].iter().take_while(|(_, time)| *time < *at + window).count();
        assert!(within <= share + first_page, "{within} requests within {window:?}");
    }
    assert!(sent.len() > share + first_page, "{} requests don't reach the limit", sent.len());
}

#[test]
fn a_sync_that_was_terminated_holds_nobody_up() {
    let Some(fleet) = Fleet::new() else { return };
    let (stuck, next) =
        (fleet.add(13, Some("both"), &["--paused"]), fleet.add(14, Some("both"), &["--paused"]));
    fleet.ok(&["credential", &stuck.credential, "--check", "1s"]);
    let _door = fleet.hold(&stuck, 0);
    let worker = fleet.worker(&[&stuck]);
    fleet.ok(&["run", &stuck.name]);
    fleet.wait_until(&stuck, |state| state["state"] == "running");
    fleet.ok(&["run", &next.name]);
    fleet.wait_until(&next, |state| state["state"] == "waiting");
    // The credential looks whether the holder is there, and finds it.
    let credential = format!("credential-{}", stuck.credential);
    wait_until(|| fleet.history(&credential).matches("EVENT_TYPE_MARKER_RECORDED").count() > 2);
    assert_eq!(next.mock.request_count(), 0);
    // All the while, its worker has shown the server that it is alive.
    assert!(!worker.log().contains("attempt=2"), "{}", worker.log());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    fleet.server.cli(&["workflow", "terminate", "-w", &format!("sync-{}", stuck.name)]);
    let ended = fleet.wait_until_ended(&next);
    assert_eq!(ended["state"], "idle", "{ended}");
    fleet.assert_stored(&next);
    // Nobody knows what the other one sent. So it counts as all that may be sent at once: a quarter of 500
    // requests, which an even rate takes 100 seconds for.
    let slots = fleet.wait_until_free(&next);
    assert!(u128::from(slots["free"][0][1].as_u64().unwrap()) >= now + 100_000, "{slots}");
}

#[test]
fn changes_keep_their_share_of_the_limit() {
    let Some(fleet) = Fleet::new() else { return };
    let tenant = fleet.add(49, None, &["--paused"]);
    // 10 requests in 4 seconds for changes: 2 at once, and then one each half second.
    fleet.ok(&["credential", &tenant.credential, "--requests", "20", "--window", "4s"]);
    let sent: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let times = Arc::clone(&sent);
    tenant.mock.hold(Box::new(move |_| {
        times.lock().unwrap().push(Instant::now());
        Box::pin(async {})
    }));
    let _worker = fleet.worker(&[&tenant]);
    let group = tenant.mock.read(|account| account.groups[0].id.clone());
    let mut list = NamedTempFile::new().unwrap();
    let principal = json!({"kind": "email", "id": "new@elsewhere.example"});
    let change =
        json!({"operation": "grant", "entitlement": format!("group:{group}:member"), "principal": principal});
    writeln!(list, "{change}").unwrap();
    let mut ends = Vec::new();
    for _ in 0..2 {
        fleet.ok(&["apply", &tenant.name, list.path().to_str().unwrap()]);
        ends.push(sent.lock().unwrap().len());
    }
    let sent = sent.lock().unwrap();
    let between = sent[ends[0]] - sent[ends[0] - 1];
    let requests = u32::try_from(ends[0]).unwrap();
    assert!(requests > 2, "{requests} requests are sent at once");
    let evenly = Duration::from_millis(500) * (requests - 2);
    assert!(between >= evenly, "{between:?} after {requests} requests");
}

#[test]
fn a_slot_is_given_back_at_each_end_of_a_sync() {
    let Some(fleet) = Fleet::new() else { return };
    let accounts = [40, 41, 42].map(|seed| fleet.add(seed, Some("back"), &["--paused"]));
    let [good, stopped, next] = &accounts;
    // Only a release gives a slot to the next one here.
    fleet.ok(&["credential", &good.credential, "--check", "1h"]);
    let worker = fleet.worker(&[good]);
    let outcome: Value = serde_json::from_str(&fleet.ok(&["run", &good.name, "--wait"])).unwrap();
    // The next holder goes on at the pace of this one.
    assert_eq!(fleet.wait_until_free(good)["free"], json!([["sync", outcome["tat"]]]));

    // A sync that is asked to stop, while another one waits.
    let _door = fleet.hold(stopped, 2);
    fleet.ok(&["run", &stopped.name]);
    fleet.wait_until(stopped, |state| state["last"]["requests"].as_u64() > Some(0));
    fleet.ok(&["run", &next.name]);
    fleet.wait_until(next, |state| state["state"] == "waiting");
    fleet.server.cli(&["workflow", "cancel", "-w", &format!("sync-{}", stopped.name)]);
    assert_eq!(fleet.wait_until_ended(stopped)["state"], "cancelled");
    let ended = fleet.wait_until_ended(next);
    assert_eq!(ended["state"], "idle", "{ended} {}", worker.log());
    // It gave the slot back when its activity had really ended.
    let history = fleet.history(&format!("sync-{}", stopped.name));
    assert!(history.contains("EVENT_TYPE_ACTIVITY_TASK_CANCELED"), "{history}");

    // A sync that fails.
    good.mock.configure(|options| options.tokens.clear());
    assert_eq!(fleet.run(&["run", &good.name, "--wait"]).status.code(), Some(1));
    fleet.wait_until_free(good);
}

#[test]
fn a_sync_that_no_longer_waits_gets_no_slot() {
    let Some(fleet) = Fleet::new() else { return };
    let accounts = [43, 44, 45].map(|seed| fleet.add(seed, Some("gone"), &["--paused"]));
    let [first, gone, next] = &accounts;
    fleet.ok(&["credential", &first.credential, "--check", "1h"]);
    let door = fleet.hold(first, 0);
    let worker = fleet.worker(&[first]);
    fleet.ok(&["run", &first.name]);
    door.wait(1);
    for (place, tenant) in [gone, next].into_iter().enumerate() {
        fleet.ok(&["run", &tenant.name]);
        wait_until(|| fleet.slots(first)["waiting"].as_array().map(Vec::len) == Some(place + 1));
    }
    // It can't give up its place: the slot that it is given comes back by itself.
    fleet.server.cli(&["workflow", "terminate", "-w", &format!("sync-{}", gone.name)]);
    door.open();
    let ended = fleet.wait_until_ended(next);
    assert_eq!(ended["state"], "idle", "{ended} {}", worker.log());
    assert_eq!(gone.mock.request_count(), 0);
    fleet.wait_until_free(first);
}

#[test]
fn a_credential_that_lives_long_goes_on_as_a_new_run_and_forgets_nobody() {
    let short = ["--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=40"];
    let Some(server) = Server::start_with(&short) else { return };
    let fleet = Fleet::at(Arc::new(server));
    let (holds, waits) =
        (fleet.add(46, Some("long"), &["--paused"]), fleet.add(47, Some("long"), &["--paused"]));
    fleet.ok(&["credential", &holds.credential, "--check", "1h"]);
    let door = fleet.hold(&holds, 0);
    let worker = fleet.worker(&[&holds]);
    fleet.ok(&["run", &holds.name]);
    door.wait(1);
    fleet.ok(&["run", &waits.name]);
    wait_until(|| fleet.slots(&holds)["waiting"].as_array().map(Vec::len) == Some(1));
    let before = fleet.slots(&holds);
    let credential = format!("credential-{}", holds.credential);
    let run = || fleet.described(&credential)["workflowExecutionInfo"]["execution"]["runId"].clone();
    let (first, requests) = (run(), AtomicU64::new(1_000));
    wait_until(|| {
        let requests = (requests.fetch_add(1, Ordering::SeqCst) + 1).to_string();
        fleet.ok(&["credential", &holds.credential, "--requests", &requests]);
        run() != first
    });
    let after = fleet.slots(&holds);
    assert_eq!((&after["held"], &after["waiting"]), (&before["held"], &before["waiting"]));
    assert_eq!(after["limits"]["check_ms"], 3_600_000);
    assert_eq!(waits.mock.request_count(), 0);
    door.open();
    for tenant in [&holds, &waits] {
        let ended = fleet.wait_until_ended(tenant);
        assert_eq!(ended["state"], "idle", "{ended} {}", worker.log());
    }
}
