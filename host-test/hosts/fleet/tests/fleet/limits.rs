//! The slots and the limit of a credential that accounts share.

use crate::setup::{Fleet, Tenant};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

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
    let _worker = fleet.worker(&[&stuck]);
    fleet.ok(&["run", &stuck.name]);
    fleet.wait_until(&stuck, |state| state["state"] == "running");
    fleet.ok(&["run", &next.name]);
    fleet.wait_until(&next, |state| state["state"] == "waiting");
    assert_eq!(next.mock.request_count(), 0);
    fleet.server.cli(&["workflow", "terminate", "-w", &format!("sync-{}", stuck.name)]);
    let ended = fleet.wait_until_ended(&next);
    assert_eq!(ended["state"], "idle", "{ended}");
    fleet.assert_stored(&next);
}
