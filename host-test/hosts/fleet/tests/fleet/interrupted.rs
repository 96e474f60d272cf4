//! Syncs whose worker, store or cursor fails them in the middle.

use crate::setup::{Fleet, folders};
use crate::syncs::first_pages;
use clap::Parser;
use fleet::engine::Engine;
use fleet::sync::Progress;
use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;
use temporalio_client::ActivityIdentifier;

#[test]
fn a_paused_worker_stores_nothing_when_it_wakes_and_another_has_done_the_work() {
    let Some(fleet) = Fleet::new() else { return };
    let tenant = fleet.add(30, None, &["--paused"]);
    let (_, whole) = fleet.single_sync(&tenant);
    let door = fleet.hold(&tenant, usize::try_from(whole).unwrap() - 2);
    let paused = fleet.worker(&[&tenant]);
    fleet.ok(&["run", &tenant.name]);
    door.wait(1);
    paused.signal("STOP");
    let second = fleet.worker(&[&tenant]);
    door.wait(2);
    door.open();
    let ended = fleet.wait_until_ended(&tenant);
    assert_eq!(ended["state"], "idle", "{ended} {}", second.log());
    let run = fleet.runs(&tenant).remove(0);
    let files = || -> Vec<(PathBuf, SystemTime)> {
        let mut files = folders(&run);
        files.sort();
        files
            .into_iter()
            .map(|file| (file.clone(), fs::metadata(file).unwrap().modified().unwrap()))
            .collect()
    };
    let before = files();
    // The answer that it was waiting for is there when it wakes.
    paused.signal("CONT");
    paused.wait_for("the server takes a sync back");
    paused.terminate();
    let (status, log) = paused.ended();
    assert_eq!(status.code(), Some(0), "{log}");
    assert_eq!(files(), before, "{log}");
    fleet.assert_stored(&tenant);
}

#[test]
fn a_page_that_could_not_be_stored_is_read_again_and_no_other() {
    let Some(fleet) = Fleet::new() else { return };
    let tenant = fleet.add(31, None, &["--paused"]);
    let (_, whole) = fleet.single_sync(&tenant);
    let door = fleet.hold(&tenant, usize::try_from(whole).unwrap() - 3);
    let worker = fleet.worker(&[&tenant]);
    fleet.ok(&["run", &tenant.name]);
    door.wait(1);
    let run = fleet.runs(&tenant).remove(0);
    // Where the next page belongs, there is something else.
    let place = run.join(format!("{:06}.jsonl.zst", folders(&run).len()));
    fs::create_dir(&place).unwrap();
    door.open();
    let state = fleet.wait_until(&tenant, |state| state["last"]["kind"] == "store");
    assert_eq!(state["state"], "running", "{state}");
    fs::remove_dir(&place).unwrap();
    let ended = fleet.wait_until_ended(&tenant);
    assert_eq!(ended["state"], "idle", "{ended} {}", worker.log());
    assert_eq!(first_pages(&tenant.mock), 1, "{}", worker.log());
    assert!(!worker.log().contains("from the start"), "{}", worker.log());
    fleet.assert_stored(&tenant);
}

#[test]
fn a_cursor_that_is_of_no_use_any_more_costs_a_new_beginning() {
    let Some(fleet) = Fleet::new() else { return };
    let tenant = fleet.add(32, None, &["--paused"]);
    let (_, whole) = fleet.single_sync(&tenant);
    let door = fleet.hold(&tenant, usize::try_from(whole).unwrap() - 2);
    let first = fleet.worker(&[&tenant]);
    fleet.ok(&["run", &tenant.name]);
    door.wait(1);
    first.kill();
    // As if a worker of another version had left it.
    let requests = 1_000;
    let left =
        Progress { cursor: Some("of another version".to_owned()), pages: 1, requests, ..Progress::default() };
    let workflow = format!("sync-{}", tenant.name);
    let described = fleet.described(&workflow);
    let activity = described["pendingActivities"][0]["activityId"].as_str().unwrap();
    let of = ActivityIdentifier::by_id_workflow(&workflow, "", activity);
    let address = fleet.server.address.to_string();
    fleet.runtime.block_on(async {
        let client = Cluster::parse_from(["test", "--address", &address]).engine.connect().await.unwrap();
        client.get_async_activity_handle(of).heartbeat(Some(left), Default::default()).await.unwrap();
    });
    door.open();
    let second = fleet.worker(&[&tenant]);
    let ended = fleet.wait_until_ended(&tenant);
    assert_eq!(ended["state"], "idle", "{ended} {}", second.log());
    assert!(second.log().contains("a sync begins again from the start"), "{}", second.log());
    assert_eq!(ended["last"]["requests"], requests + whole);
    assert_eq!(first_pages(&tenant.mock), 2);
    fleet.assert_stored(&tenant);
}

/// The way to a server, as the command line has it.
#[derive(Parser)]
struct Cluster {
    #[command(flatten)]
    engine: Engine,
}
