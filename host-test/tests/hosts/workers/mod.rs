//! The promises of the Worker: each account's run is one whole sync, whatever ends the Worker, and
//! nobody sees a part of it; the settings stay secret.

mod admin;
mod compressed;
mod failures;
mod limits;
mod worker;

use crate::lines::ascii;
use crate::setup::MockAndOwnHost;
use host_test::mock::{Account, DEMO_TOKEN, Options, Size};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use worker::{ADMIN_TOKEN, Worker, settings};

/// An account whose lists have several pages.
fn paged(seed: u64, users: usize) -> MockAndOwnHost {
    let size = Size { users, members: 110, groups: 40, roles: 60 };
    let lists = ["access/users", "members", "roles", "access/groups"];
    let max_per_page = lists.map(|route| (route.to_owned(), 20)).into();
    MockAndOwnHost::with(Account::generate(seed, size), Options { max_per_page, ..Options::default() })
}

/// Has each request take a moment, and notes the most that are under way at once.
fn count_connections(setup: &MockAndOwnHost) -> Arc<AtomicUsize> {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let noted = Arc::clone(&most);
    setup.mock.hold(Box::new(move |_| {
        noted.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let now = Arc::clone(&now);
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(10)).await;
            now.fetch_sub(1, Ordering::SeqCst);
        })
    }));
    most
}

/// Has requests after so many wait before a door, which a permit opens.
fn door(setup: &MockAndOwnHost, after: usize) -> Arc<Semaphore> {
    let (open, came) = (Arc::new(Semaphore::new(0)), AtomicUsize::new(0));
    let door = Arc::clone(&open);
    setup.mock.hold(Box::new(move |_| {
        let waits = came.fetch_add(1, Ordering::SeqCst) >= after;
        let door = Arc::clone(&door);
        Box::pin(async move {
            if waits {
                drop(door.acquire().await);
            }
        })
    }));
    open
}

#[test]
fn runs_of_two_accounts_are_the_same_as_two_syncs() {
    // Alarms hand over after each page or two, while pages that are read ahead are under way.
    let Some(mut worker) = Worker::start_with(&[("ALLOW_BASE_URL", "true"), ("SLICE_MS", "20")]) else {
        return;
    };
    let accounts = [("northwind", MockAndOwnHost::new(Account::company())), ("paged-4", paged(4, 230))];
    let mut expected = Vec::new();
    for (_, setup) in &accounts {
        expected.push((ascii(&setup.lines()), setup.requests()));
    }
    let most = accounts.each_ref().map(|(_, setup)| count_connections(setup));
    for (name, setup) in &accounts {
        worker.add(name, &settings(setup, &json!({})));
    }
    let mut manifests = Vec::new();
    for ((name, setup), (lines, requests)) in accounts.iter().zip(&expected) {
        let status = worker.wait_for_end(name);
        let last = &status["last"];
        assert_eq!((&status["state"], &last["state"]), (&json!("idle"), &json!("complete")), "{status}");
        assert!(status["next"].is_string(), "{status}");
        let (given, wanted) = (worker.latest(name).unwrap(), lines.lines());
        let differs = given.lines().zip(wanted.clone()).find(|(given, wanted)| given != wanted);
        assert_eq!((differs, given.lines().count()), (None, wanted.count()));
        assert_eq!(setup.requests(), *requests);
        assert_eq!(last["requests"], json!(requests.len()), "{status}");
        assert_eq!(last["records"], json!(lines.lines().count()), "{status}");
        manifests.push((format!("{name}/{}", last["id"].as_str().unwrap()), last.clone()));
    }
    // A Worker has six connections at once, and one more is for R2.
    let most = most.map(|most| most.load(Ordering::SeqCst));
    assert!(most.iter().all(|&most| most <= 5) && most.contains(&4), "{most:?}");

    let logged = worker.log();
    assert!(logged.contains(r#""event":"complete""#), "{logged}");
    worker.kill();
    for secret in [DEMO_TOKEN, ADMIN_TOKEN] {
        assert_eq!(worker.files_with(secret), Vec::<std::path::PathBuf>::new());
    }
    assert!(!worker.files_with("paged-4").is_empty(), "what is stored is found");

    let (run, last) = &manifests[0];
    let manifest: Value =
        serde_json::from_str(&worker.object(&format!("{run}/manifest.json")).unwrap()).unwrap();
    for field in ["begun", "pages", "records", "requests", "incomplete"] {
        assert_eq!(manifest[field], last[field], "{field} of {manifest}");
    }
    assert_eq!(manifest["account"], "northwind");
    assert_eq!(manifest["connector"]["id"], "cloudflare-zero-trust");
    let page = worker.object(&format!("{run}/000001.jsonl")).unwrap();
    assert!(expected[0].0.contains(&page) && !page.is_empty(), "{page}");
}

#[test]
fn a_killed_worker_goes_on_where_it_was() {
    let Some(mut worker) = Worker::start() else { return };
    let setup = paged(4, 600);
    let (expected, once) = (ascii(&setup.lines()), setup.requests().len());
    let open = door(&setup, once - 10);
    worker.add("killed", &settings(&setup, &json!({})));
    let before = worker.wait_until("killed", |status| {
        let progress = &status["run"]["progress"];
        progress["phase"] == "users" && progress["done"].as_u64() >= Some(200)
    });
    assert_eq!(worker.latest("killed"), None, "a part of a run isn't there");
    worker.kill();
    let sent = setup.requests().len();
    assert!(sent < once, "it was in the middle: {sent} of {once}");

    open.add_permits(1);
    worker.start_as_it_was();
    let after = worker.wait_for_end("killed");
    assert_eq!(after["last"]["state"], "complete", "{after}");
    assert_eq!(after["last"]["id"], before["run"]["id"], "it is the same run");
    assert_eq!(worker.latest("killed").unwrap(), expected);
    // The session that goes on reads again what its cursor rests on, and no page of users.
    let again = setup.requests();
    let pages = again.iter().filter(|(_, path, _)| path.contains("access/users?")).count();
    assert!((1..=20).contains(&pages) && again.len() < once, "{pages} pages, {} of {once}", again.len());
}

#[test]
fn a_run_whose_cursor_is_not_valid_any_more_begins_again() {
    let Some(mut worker) = Worker::start() else { return };
    let setup = paged(5, 230);
    let once = {
        setup.lines();
        setup.requests().len()
    };
    let open = door(&setup, once - 4);
    worker.add("changed", &settings(&setup, &json!({})));
    // Users are read, by what groups say of them.
    let users = |status: &Value| status["run"]["progress"]["phase"] == "users";
    let before = worker.wait_until("changed", users);
    worker.kill();
    setup.mock.change(|account| {
        account.groups[0].include = Some(vec![json!({ "email": { "email": "new@corp.example" } })]);
    });
    open.add_permits(1);
    worker.start_as_it_was();
    let after = worker.wait_for_end("changed");
    assert_eq!(after["last"]["state"], "complete", "{after}");
    assert_ne!(after["last"]["id"], before["run"]["id"], "it is another run");
    assert_eq!(after["last"]["restarts"], 1, "{after}");
    assert!(worker.log().contains(r#""kind":"invalid-cursor""#), "{}", worker.log());
    assert_eq!(worker.latest("changed").unwrap(), ascii(&setup.lines()));
}

#[test]
fn a_page_in_which_the_worker_ends_again_and_again_ends_the_run() {
    let Some(mut worker) = Worker::start() else { return };
    let setup = MockAndOwnHost::new(Account::company());
    let open = door(&setup, 0);
    worker.add("dying", &settings(&setup, &json!({})));
    for _ in 0..3 {
        let asked = |_: &Value| setup.mock.request_count() > 0;
        worker.wait_until("dying", asked);
        worker.kill();
        setup.mock.forget_requests();
        worker.start_as_it_was();
    }
    let status = worker.wait_for_end("dying");
    assert_eq!((&status["state"], &status["last"]["state"]), (&json!("idle"), &json!("failed")), "{status}");
    let message = status["last"]["error"]["message"].as_str().unwrap();
    assert!(message.contains("the Worker ended several times"), "{status}");
    assert!(status["next"].is_string(), "the schedule goes on: {status}");
    open.add_permits(1);
    worker.start_run("dying");
    assert_eq!(worker.wait_for_end("dying")["last"]["state"], "complete");
}

#[test]
fn a_start_during_a_run_begins_another_one_after_it() {
    let Some(worker) = Worker::shared() else { return };
    let setup = MockAndOwnHost::new(Account::company());
    let once = {
        setup.lines();
        setup.requests()
    };
    let open = door(&setup, 0);
    worker.add("asked", &settings(&setup, &json!({})));
    let first = worker.status("asked")["run"]["id"].clone();
    for _ in 0..3 {
        let status = worker.start_run("asked");
        assert_eq!((&status["again"], &status["run"]["id"]), (&json!(true), &first), "{status}");
    }
    open.add_permits(1);
    let second =
        worker.wait_until("asked", |status| status["run"].is_null() && status["last"]["id"] != first);
    assert_eq!((&second["again"], &second["last"]["state"]), (&json!(false), &json!("complete")), "{second}");
    let twice = setup.requests();
    assert_eq!(twice.len(), 2 * once.len(), "two runs, one after the other");

    // Whoever sets an account anew gives up its run.
    drop(open.try_acquire().map(tokio::sync::SemaphorePermit::forget));
    worker.start_run("asked");
    let given_up = worker.status("asked")["run"]["id"].clone();
    worker.add("asked", &settings(&setup, &json!({ "read-ahead": "1" })));
    open.add_permits(1);
    let third = worker.wait_for_end("asked");
    assert_ne!(third["last"]["id"], given_up, "{third}");
    assert_eq!(third["complete"], third["last"]["id"]);
}

/// Shows that Cloudflare's own tool takes the Worker as it is, and how large it is. Nothing is sent.
#[test]
fn it_can_be_deployed() {
    let Some(done) = worker::wrangler(&["deploy", "--dry-run"]) else { return };
    let told = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success(), "{told} {}", String::from_utf8_lossy(&done.stderr));
    for binding in ["env.ACCOUNTS (Account)", "env.DIRECTORY (Directory)", "env.OUTPUT (who-holds-what)"] {
        assert!(told.contains(binding), "{told}");
    }
    let size = told.split_once("gzip: ").and_then(|(_, behind)| behind.split_once(" KiB"));
    let kibibytes: f64 = size.unwrap_or_else(|| panic!("{told}")).0.parse().unwrap();
    // The plan without costs takes 3 MB.
    assert!(kibibytes < 1024.0, "{told}");
}

/// 50,000 people, with V8's old space held to 24 MiB: with 8, workerd ends. It takes a minute or two.
#[test]
#[ignore = "slow: run it alone, with --ignored"]
fn fifty_thousand_people_in_a_small_heap() {
    let size = Size { users: 50_000, members: 5_000, groups: 300, roles: 80 };
    let setup = MockAndOwnHost::new(Account::generate(1, size));
    let expected = ascii(&setup.lines());
    let Some(worker) = Worker::start_within("--max-old-space-size=24", &[("ALLOW_BASE_URL", "true")]) else {
        return;
    };
    worker.add("large", &settings(&setup, &json!({})));
    let status = worker.wait_for_end("large");
    println!("{status}");
    assert_eq!(status["last"]["state"], "complete", "{status}");
    assert_eq!(status["last"]["records"], json!(expected.lines().count()));
    assert!(worker.latest("large").unwrap() == expected, "the records differ");
}
