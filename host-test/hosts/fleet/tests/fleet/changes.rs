//! Changes of accounts: their order, their reports, and what happens when a worker goes away or comes back.

use crate::server::Server;
use crate::setup::{Fleet, Tenant, wait_until};
use host_test::mock::{DEMO_TOKEN, Recorded};
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tempfile::NamedTempFile;
use tokio::sync::Semaphore;

/// An address that no account has.
const NEW: &str = "new@elsewhere.example";

/// Gives an account three groups that let in one other address each, and returns their ids.
fn three_groups(tenant: &Tenant) -> [String; 3] {
    tenant.mock.change(|account| {
        [0, 1, 2].map(|n| {
            let group = &mut account.groups[n];
            group.include = Some(vec![rule("known@elsewhere.example")]);
            (group.exclude, group.require) = (None, None);
            group.id.clone()
        })
    })
}

fn rule(address: &str) -> Value {
    json!({"email": {"email": address}})
}

/// Returns how often each of these groups has an address.
fn has(tenant: &Tenant, groups: &[String], address: &str) -> Vec<usize> {
    tenant.mock.read(|account| {
        let of = |id: &str| account.groups.iter().find(|group| group.id == id).unwrap();
        let count = |id: &String| of(id).include.iter().flatten().filter(|it| **it == rule(address)).count();
        groups.iter().map(count).collect()
    })
}

/// Writes a list of grants of an address.
fn list(groups: &[String], address: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    for group in groups {
        let principal = json!({"kind": "email", "id": address});
        let entitlement = format!("group:{group}:member");
        let change = json!({"operation": "grant", "entitlement": entitlement, "principal": principal});
        writeln!(file, "{change}").unwrap();
    }
    file
}

/// A command that makes changes, as a process of its own.
struct Applying {
    process: Child,
    _list: NamedTempFile,
}

/// The output of a command, and its exit code.
struct Applied {
    code: Option<i32>,
    statuses: Vec<String>,
    told: String,
}

impl Applying {
    fn start(fleet: &Fleet, tenant: &Tenant, groups: &[String], address: &str, options: &[&str]) -> Applying {
        let list = list(groups, address);
        let path: PathBuf = list.path().into();
        let mut command = fleet.command(&["apply", &tenant.name]);
        command.arg(path).args(["--format", "jsonl", "--heartbeat-ms", "2000"]).args(options);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Applying { process: command.spawn().unwrap(), _list: list }
    }

    fn ended(self) -> Applied {
        let done = self.process.wait_with_output().unwrap();
        let told = String::from_utf8(done.stderr).unwrap();
        assert!(!told.contains(DEMO_TOKEN), "{told}");
        let status = |line: &str| {
            let line: Value = serde_json::from_str(line).unwrap();
            line["status"].as_str().or(line["kind"].as_str()).unwrap().to_owned()
        };
        let statuses = String::from_utf8(done.stdout).unwrap().lines().map(status).collect();
        Applied { code: done.status.code(), statuses, told }
    }
}

/// Holds one request: the first one behind the first write. It shows what that write has done.
struct Held {
    is_held: Arc<AtomicBool>,
    door: Arc<Semaphore>,
}

impl Held {
    fn behind_the_first_write(tenant: &Tenant) -> Held {
        let held = Held { is_held: Arc::default(), door: Arc::new(Semaphore::new(0)) };
        let (is_held, door) = (Arc::clone(&held.is_held), Arc::clone(&held.door));
        let has_written = AtomicBool::new(false);
        tenant.mock.hold(Box::new(move |headers| {
            // Only a write has a body.
            let is_write = headers.contains_key("content-type");
            let holds = !is_write
                && has_written.load(Ordering::SeqCst)
                && !is_held.swap(has_written.load(Ordering::SeqCst), Ordering::SeqCst);
            has_written.fetch_or(is_write, Ordering::SeqCst);
            let door = Arc::clone(&door);
            Box::pin(async move {
                if holds {
                    door.acquire().await.unwrap().forget();
                }
            })
        }));
        held
    }

    fn wait(&self) {
        wait_until(|| self.is_held.load(Ordering::SeqCst));
    }

    fn open(&self) {
        self.door.add_permits(1);
    }
}

fn writes(tenant: &Tenant) -> Vec<String> {
    let is_write = |request: &Recorded| request.method != "GET";
    let id = |request: Recorded| request.path.rsplit('/').next().unwrap().to_owned();
    tenant.mock.requests().into_iter().filter(is_write).map(id).collect()
}

fn changes_of(tenant: &Tenant) -> String {
    format!("changes-{}", tenant.name)
}

fn accepted(fleet: &Fleet, tenant: &Tenant) -> usize {
    fleet.history(&changes_of(tenant)).matches("workflowExecutionUpdateAcceptedEventAttributes").count()
}

#[test]
fn requests_are_taken_one_after_another_and_each_report_is_true() {
    let Some(fleet) = Fleet::new() else { return };
    let tenant = fleet.add(20, None, &["--paused"]);
    let groups = three_groups(&tenant);
    let held = Held::behind_the_first_write(&tenant);
    let _worker = fleet.worker(&[&tenant]);
    let first = Applying::start(&fleet, &tenant, &groups, NEW, &[]);
    held.wait();
    // Both of these wait for the first, in the order in which they came.
    let same = Applying::start(&fleet, &tenant, &groups[..1], NEW, &[]);
    wait_until(|| accepted(&fleet, &tenant) == 2);
    let other = Applying::start(&fleet, &tenant, &groups[1..], "other@elsewhere.example", &[]);
    wait_until(|| accepted(&fleet, &tenant) == 3);
    assert_eq!(writes(&tenant), groups[..1]);
    held.open();
    let (first, same, other) = (first.ended(), same.ended(), other.ended());
    assert_eq!((first.code, first.statuses), (Some(0), vec!["applied".to_owned(); 3]), "{}", first.told);
    assert_eq!((same.code, same.statuses), (Some(0), vec!["unchanged".to_owned()]), "{}", same.told);
    assert_eq!((other.code, other.statuses), (Some(0), vec!["applied".to_owned(); 2]), "{}", other.told);
    assert_eq!(writes(&tenant), [&groups[..], &groups[1..]].concat());
    assert_eq!(has(&tenant, &groups, NEW), [1, 1, 1]);
    assert_eq!(has(&tenant, &groups, "other@elsewhere.example"), [0, 1, 1]);

    // Each request has a slot of its own: none goes on with what was given to the one before it.
    let history: Value = serde_json::from_str(&fleet.history(&changes_of(&tenant))).unwrap();
    let (mut given, mut begun) = (0, 0);
    for event in history["events"].as_array().unwrap() {
        given += usize::from(event.get("workflowExecutionSignaledEventAttributes").is_some());
        begun += usize::from(event.get("activityTaskScheduledEventAttributes").is_some());
        assert!(begun <= given, "{history}");
    }
    assert_eq!(begun, 3);
    // And each gives it back, with the point that its pace has reached.
    let slots = fleet.wait_until_free(&tenant);
    let free: Vec<_> = slots["free"].as_array().unwrap().iter().map(|slot| &slot[0]).collect();
    assert_eq!(free, ["changes"], "{slots}");
    assert!(slots["free"][0][1].as_u64() > Some(0), "{slots}");

    // What the engine keeps has addresses, and no secret.
    let of_changes = fleet.history_in_the_clear(&changes_of(&tenant));
    assert!(of_changes.contains(NEW) && !of_changes.contains(DEMO_TOKEN), "{of_changes}");
    let credential = format!("credential-{}", tenant.credential);
    let of_credential = fleet.history_in_the_clear(&credential);
    assert!(of_credential.contains(&tenant.name) && !of_credential.contains(DEMO_TOKEN), "{of_credential}");
}

#[test]
fn a_plan_writes_nothing_and_exit_codes_are_those_of_a_single_host() {
    let Some(fleet) = Fleet::new() else { return };
    let tenant = fleet.add(21, None, &["--paused"]);
    let groups = three_groups(&tenant);
    let worker = fleet.worker(&[&tenant]);
    let planned = Applying::start(&fleet, &tenant, &groups, NEW, &["--dry-run"]).ended();
    assert_eq!(
        (planned.code, planned.statuses),
        (Some(0), vec!["planned".to_owned(); 3]),
        "{}",
        planned.told
    );
    assert!(writes(&tenant).is_empty());
    // One group isn't there. The others are changed.
    let missing = [groups[0].clone(), "00000000-0000-4000-8000-000000000000".to_owned()];
    let in_part = Applying::start(&fleet, &tenant, &missing, NEW, &[]).ended();
    assert_eq!(in_part.code, Some(5), "{}", in_part.told);
    assert_eq!(in_part.statuses, ["applied", "not-found"]);
    // Nothing is asked for a list that is wrong.
    let requests = tenant.mock.request_count();
    let mut wrong = NamedTempFile::new().unwrap();
    writeln!(wrong, "{{\"step\":\"remove\",\"id\":{{\"kind\":\"user\",\"id\":\"1\"}}}}").unwrap();
    let done = fleet.run(&["apply", &tenant.name, wrong.path().to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(2));
    assert!(String::from_utf8(done.stderr).unwrap().contains("Nothing was sent."));
    assert_eq!(tenant.mock.request_count(), requests);
    drop(worker);
    // A credential that isn't accepted: the exit code says so.
    tenant.mock.configure(|options| options.tokens.clear());
    let _worker = fleet.worker(&[&tenant]);
    let refused = Applying::start(&fleet, &tenant, &groups[1..], NEW, &[]).ended();
    assert_eq!(refused.code, Some(3), "{}", refused.told);
    assert_eq!(writes(&tenant), groups[..1]);
}

#[test]
fn a_paused_worker_writes_nothing_when_it_wakes_and_another_has_done_the_work() {
    let Some(fleet) = Fleet::new() else { return };
    let tenant = fleet.add(22, None, &["--paused"]);
    let groups = three_groups(&tenant);
    let held = Held::behind_the_first_write(&tenant);
    let paused = fleet.worker(&[&tenant]);
    let applying = Applying::start(&fleet, &tenant, &groups, NEW, &[]);
    held.wait();
    paused.signal("STOP");
    let second = fleet.worker(&[&tenant]);
    let applied = applying.ended();
    let log = second.log();
    assert_eq!(applied.code, Some(0), "{} {log}", applied.told);
    assert_eq!(applied.statuses, ["unchanged", "applied", "applied"]);
    assert!(applied.told.contains("This is the report of attempt"), "{}", applied.told);
    assert_eq!(writes(&tenant), groups);
    // Meanwhile somebody takes the addresses out again. For the paused worker there is something to write.
    tenant.mock.change(|account| {
        for group in &mut account.groups {
            group.include.iter_mut().for_each(|rules| rules.retain(|it| *it != rule(NEW)));
        }
    });
    let asked = tenant.mock.request_count();
    held.open();
    paused.signal("CONT");
    wait_until(|| {
        let log = paused.log();
        log.contains("the server takes changes back") || log.contains("changes aren't made, or not all")
    });
    // It ends by itself, so nothing of it is under way any more.
    paused.terminate();
    let (status, log) = paused.ended();
    assert_eq!(status.code(), Some(0), "{log}");
    assert_eq!(writes(&tenant), groups, "after {asked} requests: {log}");
    assert_eq!(has(&tenant, &groups, NEW), [0, 0, 0]);
}

#[test]
fn after_a_killed_worker_nothing_is_lost_and_nothing_comes_twice() {
    let Some(fleet) = Fleet::new() else { return };
    let tenant = fleet.add(23, None, &["--paused"]);
    let groups = three_groups(&tenant);
    let held = Held::behind_the_first_write(&tenant);
    let first = fleet.worker(&[&tenant]);
    let applying = Applying::start(&fleet, &tenant, &groups, NEW, &[]);
    held.wait();
    first.kill();
    held.open();
    let second = fleet.worker(&[&tenant]);
    let applied = applying.ended();
    assert_eq!(applied.code, Some(0), "{} {}", applied.told, second.log());
    assert_eq!(applied.statuses, ["unchanged", "applied", "applied"]);
    assert!(applied.told.contains("This is the report of attempt"), "{}", applied.told);
    assert_eq!(has(&tenant, &groups, NEW), [1, 1, 1]);
    assert_eq!(writes(&tenant), groups);
}

#[test]
fn a_worker_that_is_asked_to_end_hands_changes_over() {
    let Some(fleet) = Fleet::new() else { return };
    let tenant = fleet.add(25, None, &["--paused"]);
    let groups = three_groups(&tenant);
    let held = Held::behind_the_first_write(&tenant);
    let first = fleet.worker_with(&[&tenant], &["--grace", "1"]);
    let applying = Applying::start(&fleet, &tenant, &groups, NEW, &[]);
    held.wait();
    first.terminate();
    let (status, log) = first.ended();
    assert_eq!(status.code(), Some(0), "{log}");
    held.open();
    let second = fleet.worker(&[&tenant]);
    let applied = applying.ended();
    assert_eq!(applied.code, Some(0), "{} {}", applied.told, second.log());
    assert_eq!(applied.statuses, ["unchanged", "applied", "applied"]);
    assert_eq!(writes(&tenant), groups);
    // The server was told so, and didn't have to find out that nobody was there any more.
    let history = fleet.history(&changes_of(&tenant));
    assert!(history.contains("the worker was asked to end. Another one goes on"), "{history}");
}

#[test]
fn a_workflow_that_lives_long_goes_on_as_a_new_run_and_loses_no_request() {
    let short = ["--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=40"];
    let Some(server) = Server::start_with(&short) else { return };
    let fleet = Fleet::at(Arc::new(server));
    let tenant = fleet.add(24, None, &["--paused"]);
    let groups = three_groups(&tenant);
    let _worker = fleet.worker(&[&tenant]);
    let run = || {
        let described = fleet.described(&changes_of(&tenant));
        described["workflowExecutionInfo"]["execution"]["runId"].as_str().unwrap().to_owned()
    };
    let runs: Mutex<Vec<String>> = Mutex::default();
    for round in 0..3 {
        let address = |n: usize| format!("person{n}@round{round}.example");
        let applying: Vec<Applying> =
            (0..4).map(|n| Applying::start(&fleet, &tenant, &groups[..1], &address(n), &[])).collect();
        for (n, applying) in applying.into_iter().enumerate() {
            let applied = applying.ended();
            assert_eq!(
                (applied.code, applied.statuses),
                (Some(0), vec!["applied".to_owned()]),
                "{}",
                applied.told
            );
            assert_eq!(has(&tenant, &groups[..1], &address(n)), [1]);
        }
        runs.lock().unwrap().push(run());
    }
    let runs = runs.into_inner().unwrap();
    assert_ne!(runs.first(), runs.last(), "one run");
    assert_eq!(writes(&tenant).len(), 12);
}
