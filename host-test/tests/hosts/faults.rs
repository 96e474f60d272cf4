//! Faults on the way are reported as by this project's own host.

use crate::example::Example;
use crate::lines::ascii;
use crate::setup::MockAndOwnHost;
use crate::{NEW, for_each_example};
use host_test::mock::{Account, Effect, Fault, Place};
use std::time::Duration;

for_each_example!(
    what_passes_is_tried_again,
    what_does_not_pass_is_told,
    a_broken_connection_is_told_or_tried_again,
    a_grant_whose_answer_is_lost_is_applied_once,
    an_answer_that_takes_its_time_is_an_answer,
);

/// Makes a fault at the first of these requests.
fn once(method: &str, route: &str, effect: Effect) -> Fault {
    let mut fault = Fault::on(method, route, effect);
    fault.on.attempt = Some(1);
    fault
}

fn status(status: u16, headers: &[(&str, &str)]) -> Effect {
    let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    Effect::Status { status, code: 1, message: "not now".to_owned(), headers }
}

fn what_passes_is_tried_again(example: Example) {
    let (ours, theirs) = (MockAndOwnHost::new(Account::company()), MockAndOwnHost::new(Account::company()));
    for setup in [&ours, &theirs] {
        setup.mock.inject(once("GET", "access/groups", status(500, &[])));
        setup.mock.inject(once("GET", "roles", status(429, &[("retry-after", "0")])));
        setup.mock.inject(once("GET", "members", Effect::Html { status: 502 }));
    }
    let expected = ours.lines();
    let done = theirs.command(example, &["sync"]).run();
    assert_eq!(theirs.mock.fired(), [1, 1, 1]);
    assert_eq!((done.code, done.stdout), (Some(0), ascii(&expected)), "{}", done.stderr);
    assert_eq!(theirs.requests(), ours.requests());
}

fn what_does_not_pass_is_told(example: Example) {
    for effect in [
        Effect::Redirect { location: "http://127.0.0.1:9/".to_owned() },
        Effect::Reset { at: Place::InBody },
        Effect::Close { at: Place::InChunkedBody },
    ] {
        let (ours, theirs) =
            (MockAndOwnHost::new(Account::company()), MockAndOwnHost::new(Account::company()));
        for setup in [&ours, &theirs] {
            setup.mock.inject(once("GET", "access/users", effect.clone()));
        }
        let expected = ours.try_lines().unwrap_err().to_string();
        let done = theirs.command(example, &["sync"]).run();
        let told = done.stderr.trim_end();
        assert_eq!((done.code, without_quote(told)), (Some(1), without_quote(&expected)), "{effect:?}");
        assert_eq!(theirs.requests(), ours.requests(), "{effect:?}");
    }
}

/// Removes the quote of a body from a message. Where a connection breaks, hosts drop earlier bytes
/// sooner or later, so the connector can't promise a quote.
fn without_quote(message: &str) -> String {
    match message.split_once(", beginning with ") {
        Some((before, quote)) => format!("{before}{}", quote.rsplit_once('"').expect("a quote ends").1),
        None => message.to_owned(),
    }
}

fn a_broken_connection_is_told_or_tried_again(example: Example) {
    let setup = MockAndOwnHost::new(Account::company());
    let expected = setup.lines();
    setup.mock.inject(once("GET", "members", Effect::Reset { at: Place::BeforeHead }));
    let done = setup.command(example, &["sync"]).run();
    match example {
        Example::Node => assert_eq!((done.code, done.stdout), (Some(0), ascii(&expected)), "{}", done.stderr),
        // wasmtime calls it a protocol error, as it does for an answer that isn't HTTP.
        Example::Python => {
            assert_eq!(done.code, Some(1), "{done:?}");
            assert!(done.stderr.contains("Try again later"), "{done:?}");
            assert_eq!(setup.command(example, &["sync"]).run().stdout, ascii(&expected));
        }
    }
    assert_eq!(setup.mock.fired(), [1]);
}

fn a_grant_whose_answer_is_lost_is_applied_once(example: Example) {
    for (at, carried_out) in [(Place::BeforeHead, true), (Place::BeforeHead, false), (Place::InBody, true)] {
        let (ours, theirs) =
            (MockAndOwnHost::new(Account::company()), MockAndOwnHost::new(Account::company()));
        for setup in [&ours, &theirs] {
            let fault = once("PUT", "access/groups/{id}", Effect::Reset { at });
            setup.mock.inject(Fault { carried_out: Some(carried_out), ..fault });
        }
        let entitlement = theirs.mock.read(|account| format!("group:{}:member", account.groups[0].id));
        let expected = ours.grant(&entitlement, "email", NEW);
        assert!(expected.contains(r#""status":"applied""#), "{expected}");
        let done = theirs.command(example, &["grant", &entitlement, &format!("email:{NEW}")]).run();
        assert_eq!(
            (done.code, done.stdout),
            (Some(0), ascii(&expected)),
            "{at:?} {carried_out}: {}",
            done.stderr
        );
        assert_eq!(theirs.mock.fired(), [1]);
        assert_eq!(theirs.requests(), ours.requests(), "{at:?} {carried_out}");
        let include = |setup: &MockAndOwnHost| setup.mock.read(|account| account.groups[0].include.clone());
        assert_eq!(include(&theirs), include(&ours));
    }
}

/// The answer takes longer than the connector waits for a connection. A host that takes it for a
/// failed connection reports that nothing was sent, and then it is sent again.
fn an_answer_that_takes_its_time_is_an_answer(example: Example) {
    let setup = MockAndOwnHost::new(Account::company());
    setup.mock.hold(Box::new(|headers| {
        let waits =
            if headers.contains_key("content-type") { Duration::from_secs(11) } else { Duration::ZERO };
        Box::pin(tokio::time::sleep(waits))
    }));
    let entitlement = setup.mock.read(|account| format!("group:{}:member", account.groups[0].id));
    let done = setup.command(example, &["grant", &entitlement, &format!("email:{NEW}")]).run();
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.stdout.contains(r#""status":"applied""#), "{done:?}");
    let written = setup.requests().into_iter().filter(|(method, ..)| method == "PUT");
    assert_eq!(written.count(), 1);
}
