//! Failures on the way, and what becomes of a run.

use super::worker::{Worker, settings};
use crate::lines::ascii;
use crate::setup::MockAndOwnHost;
use host_test::mock::{Account, DEMO_TOKEN, Effect, Fault, Permission, Place, RateLimit, Token};
use http::Method;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Makes a fault at the first request on a route.
fn once(route: &str, effect: Effect) -> Fault {
    let mut fault = Fault::on("GET", route, effect);
    fault.on.attempt = Some(1);
    fault
}

#[test]
fn redirects_are_not_followed() {
    let Some(worker) = Worker::shared() else { return };
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let setup = MockAndOwnHost::new(Account::company());
    let location = format!("http://{}/", elsewhere.local_addr().unwrap());
    setup.mock.inject(once("access/users", Effect::Redirect { location }));
    worker.add("redirected", &settings(&setup, &json!({})));
    let status = worker.wait_for_end("redirected");
    assert_eq!((&status["state"], &status["last"]["state"]), (&json!("idle"), &json!("failed")), "{status}");
    let error = &status["last"]["error"];
    assert_eq!(
        (&error["kind"], &error["http_status"]),
        (&json!("invalid-response"), &json!(302)),
        "{status}"
    );
    assert!(error["message"].as_str().unwrap().contains("Redirects aren't followed"), "{status}");
    assert!(elsewhere.accept().is_err(), "nobody has come");
    // It isn't tried again at once. The schedule goes on.
    assert_eq!(setup.mock.fired(), [1]);
    assert!(status["next"].is_string(), "{status}");
    assert_eq!(worker.latest("redirected"), None);
}

#[test]
fn what_a_person_has_to_change_is_not_tried_again() {
    let Some(mut worker) = Worker::start() else { return };
    let (unknown, limited) =
        (MockAndOwnHost::new(Account::company()), MockAndOwnHost::new(Account::company()));
    let less = Token::new(DEMO_TOKEN).without(Permission::AuditLogsRead);
    limited.mock.configure(|options| options.tokens = vec![less]);
    worker.add("unknown", &settings(&unknown, &json!({ "api-token": crate::CANARY })));
    worker.add("limited", &settings(&limited, &json!({})));
    for (name, setup, kind) in
        [("unknown", &unknown, "unauthenticated"), ("limited", &limited, "permission-denied")]
    {
        let status = worker.wait_for_end(name);
        assert_eq!((&status["state"], &status["next"]), (&json!("stopped"), &json!(null)), "{status}");
        assert_eq!(status["last"]["error"]["kind"], kind, "{status}");
        assert!(!status.to_string().contains(crate::CANARY), "{status}");
        // What was under way when it failed still comes.
        std::thread::sleep(Duration::from_millis(100));
        setup.requests();
    }
    worker.kill();
    assert!(worker.files_with(crate::CANARY).is_empty(), "{:?}", worker.files_with(crate::CANARY));
    worker.start_as_it_was();
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!((unknown.requests(), limited.requests()), (vec![], vec![]));

    worker.add("unknown", &settings(&unknown, &json!({})));
    assert_eq!(worker.wait_for_end("unknown")["last"]["state"], "complete");
    limited.mock.configure(|options| options.tokens = vec![Token::new(DEMO_TOKEN)]);
    worker.start_run("limited");
    assert_eq!(worker.wait_for_end("limited")["last"]["state"], "complete");
}

#[test]
fn a_rate_limited_account_waits_as_long_as_it_is_told() {
    let Some(worker) = Worker::shared() else { return };
    let (limited, near, other) = (
        MockAndOwnHost::new(Account::company()),
        MockAndOwnHost::new(Account::company()),
        MockAndOwnHost::new(Account::company()),
    );
    let headers = vec![("retry-after".to_owned(), "3600".to_owned())];
    let refusal = Effect::Status { status: 429, code: 10429, message: "slowly".to_owned(), headers };
    limited.mock.inject(once("access/users", refusal));
    // Its answers say that little is left, for two seconds.
    near.mock.configure(|options| options.rate_limit = Some(RateLimit { quota: 52, window: 2 }));
    for (name, setup) in [("limited", &limited), ("near", &near), ("other", &other)] {
        worker.add(name, &settings(setup, &json!({})));
    }
    let waiting = worker.wait_until("limited", |status| status["state"] == "waiting");
    let run = &waiting["run"];
    assert_eq!((&run["error"]["kind"], &run["failures"]), (&json!("rate-limited"), &json!(1)), "{waiting}");
    // Longer than it would wait without being told.
    let at = |time: &Value| OffsetDateTime::parse(time.as_str().unwrap(), &Rfc3339).unwrap();
    let waits = (at(&waiting["next"]) - at(&run["begun"])).whole_seconds();
    assert!((3600..4200).contains(&waits), "{waits} seconds: {waiting}");
    // Asking for a run doesn't cut the wait short.
    let asked = worker.start_run("limited");
    assert_eq!((&asked["run"]["id"], &asked["next"]), (&run["id"], &waiting["next"]));

    // Whoever is near the limit waits before Cloudflare refuses. Others don't wait.
    assert_eq!(worker.wait_for_end("other")["last"]["state"], "complete");
    assert_eq!(worker.wait_for_end("near")["last"]["state"], "complete");
    assert_eq!(worker.latest("near").unwrap(), ascii(&other.lines()));
    let log = worker.log();
    let waits = |name: &str| {
        let of_it = |line: &&str| line.contains(&format!(r#""account":"{name}""#));
        log.lines().filter(of_it).filter(|line| line.contains(r#""event":"waiting""#)).count()
    };
    assert!(waits("near") > 0 && waits("other") == 0, "{log}");
    assert_eq!(
        (worker.status("limited")["state"].as_str(), limited.mock.fired()),
        (Some("waiting"), vec![1])
    );
}

#[test]
fn what_passes_is_tried_again() {
    let Some(worker) = Worker::shared() else { return };
    let (ours, theirs) = (MockAndOwnHost::new(Account::company()), MockAndOwnHost::new(Account::company()));
    for setup in [&ours, &theirs] {
        let status = Effect::Status { status: 500, code: 1, message: "not now".to_owned(), headers: vec![] };
        setup.mock.inject(once("access/groups", status));
        setup.mock.inject(once("roles", Effect::Html { status: 502 }));
    }
    let expected = ascii(&ours.lines());
    worker.add("passing", &settings(&theirs, &json!({})));
    let status = worker.wait_for_end("passing");
    assert_eq!((&status["last"]["state"], &status["last"]["failures"]), (&json!("complete"), &json!(0)));
    assert_eq!(worker.latest("passing").unwrap(), expected);
    assert_eq!(theirs.requests(), ours.requests());

    // A connection that breaks ends a page, and the page is asked for again later.
    theirs.mock.inject(once("access/users", Effect::Reset { at: Place::InBody }));
    worker.start_run("passing");
    let status = worker.wait_until("passing", |status| status["state"] == "waiting");
    assert_eq!(status["run"]["error"]["kind"], "unavailable", "{status}");
    assert!(status["run"]["error"]["message"].as_str().unwrap().contains("broke off"), "{status}");
    // The run before stays what is there.
    assert_eq!(worker.latest("passing").unwrap(), expected);
    // Whoever goes is forgotten, in the middle of a run too.
    worker.ask(Method::DELETE, "/accounts/passing", "");
    assert_eq!(worker.ask(Method::GET, "/accounts/passing", "").status, 404);
}

/// The answer takes longer than the connector waits for a connection, and shorter than for an answer.
#[test]
fn an_answer_that_takes_its_time_is_an_answer() {
    let Some(worker) = Worker::shared() else { return };
    let setup = MockAndOwnHost::new(Account::company());
    let expected = (ascii(&setup.lines()), setup.requests());
    let is_first = AtomicBool::new(true);
    setup.mock.hold(Box::new(move |_| {
        let is_first = is_first.swap(false, Ordering::SeqCst);
        Box::pin(tokio::time::sleep(if is_first { Duration::from_secs(11) } else { Duration::ZERO }))
    }));
    worker.add("slow", &settings(&setup, &json!({})));
    let status = worker.wait_for_end("slow");
    assert_eq!(status["last"]["state"], "complete", "{status}");
    assert_eq!((worker.latest("slow").unwrap(), setup.requests()), expected);
}
