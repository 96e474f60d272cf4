//! Another writer's changes while a change waits: for Cloudflare's limit, after a lost answer, or
//! for something that has to be read first.

use super::native::{Exchange, Native};
use super::*;
use cloudflare_zero_trust::error::ErrorKind as Kind;
use cloudflare_zero_trust::provision as core;

fn native(operation: core::Operation, entitlement: &str, principal: &str) -> core::Change {
    super::native::change(operation, entitlement, principal)
}

fn simple() -> Account {
    account([group("a1", json!({"include": [email("carol@other.example")]}))])
}

fn at_first(route: &str, status: u16, code: u64, headers: &[(&str, &str)]) -> Fault {
    let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    Fault::on("PUT", route, Effect::Status { status, code, message: "no".into(), headers }).at_attempt(1)
}

/// Returns the methods of the exchanges about this object.
fn methods(said: &[Exchange], id: &str) -> Vec<&'static str> {
    said.iter()
        .filter(|exchange| exchange.path.ends_with(&format!("/{id}")))
        .map(|exchange| exchange.method)
        .collect()
}

const ANN: &str = "ann@corp.example";

#[test]
fn a_write_is_sent_again_only_on_what_was_read_after_the_wait() {
    for fault in [
        at_first("access/groups/{id}", 429, 971, &[("retry-after", "7")]),
        at_first("access/groups/{id}", 503, 1, &[]),
        Fault::on("PUT", "access/groups/{id}", Effect::Html { status: 502 }).at_attempt(1),
    ] {
        let grant = [native(core::Operation::Grant, "group:a1:member", "email:ann@corp.example")];
        let native = Native::patient(simple(), fault, |_| {});
        let (report, said) = native.apply(&grant, false, false);
        assert_eq!(report.results[0].as_ref().unwrap().status, core::Status::Applied);
        assert_eq!(methods(&said, "a1"), ["GET", "PUT", "GET", "PUT", "GET"]);
        assert_eq!(*include(&mut native.mock.account(), "a1"), [email("carol@other.example"), email(ANN)]);
    }
}

#[test]
fn what_somebody_else_makes_of_a_group_while_the_limit_is_waited_for_is_not_overwritten() {
    let fault = at_first("access/groups/{id}", 429, 971, &[("retry-after", "7")]);
    let grant = [native(core::Operation::Grant, "group:a1:member", "email:ann@corp.example")];
    let theirs = |account: &mut Account| include(account, "a1").push(email("theirs@else.example"));
    let native = Native::patient(simple(), fault, theirs);
    let (report, said) = native.apply(&grant, false, false);
    let error = report.results[0].as_ref().unwrap_err();
    assert_eq!((error.kind, error.about.as_deref()), (Kind::Conflict, Some("group:a1")));
    for part in ["include also has", "theirs@else.example", "Nothing was written"] {
        assert!(error.message.contains(part), "{part} is missing from {error}");
    }
    assert!(report.writes.is_empty(), "what certainly wasn't written is no write: {:?}", report.writes);
    assert_eq!(methods(&said, "a1"), ["GET", "PUT", "GET"]);
    let mut expected = simple();
    theirs(&mut expected);
    assert_eq!(native.mock.account(), expected);
    // The same call, repeated on the current state.
    let (again, _) = native.apply(&grant, false, false);
    assert_eq!(again.results[0].as_ref().unwrap().status, core::Status::Applied);
    include(&mut expected, "a1").push(email(ANN));
    assert_eq!(timeless(native.mock.account()), timeless(expected));
}

#[test]
fn what_somebody_else_makes_of_a_group_after_a_lost_answer_is_not_overwritten() {
    for fault in [
        at_first("access/groups/{id}", 503, 1, &[]),
        Fault::on("PUT", "access/groups/{id}", Effect::Html { status: 502 }).at_attempt(1),
    ] {
        let grant = [native(core::Operation::Grant, "group:a1:member", "email:ann@corp.example")];
        let theirs = |account: &mut Account| include(account, "a1").push(email("theirs@else.example"));
        let native = Native::patient(simple(), fault, theirs);
        let (report, said) = native.apply(&grant, false, false);
        let error = report.results[0].as_ref().unwrap_err();
        assert_eq!(error.kind, Kind::Conflict, "{error}");
        assert!(error.message.contains("theirs@else.example"), "{error}");
        assert_eq!(methods(&said, "a1"), ["GET", "PUT", "GET"]);
        let mut expected = simple();
        theirs(&mut expected);
        assert_eq!(native.mock.account(), expected);
    }
}

#[test]
fn what_somebody_else_makes_of_a_members_roles_while_the_limit_is_waited_for_is_not_overwritten() {
    let fault = at_first("members/{id}", 429, 971, &[("retry-after", "7")]);
    let take = [native(core::Operation::Revoke, "role:d1:assigned", "member:1a")];
    let theirs = |account: &mut Account| {
        let mut member = account.members[0].clone();
        set_roles(account, &mut member, &["d1", "d2", "d3"]);
        account.members[0] = member;
    };
    let native = Native::patient(simple(), fault, theirs);
    let (report, said) = native.apply(&take, false, false);
    let error = report.results[0].as_ref().unwrap_err();
    assert_eq!((error.kind, error.about.as_deref()), (Kind::Conflict, Some("member:1a")));
    assert!(error.message.contains("also has the role d3"), "{error}");
    assert!(report.writes.is_empty());
    assert_eq!(methods(&said, "1a"), ["GET", "PUT", "GET"]);
    assert_eq!(native.mock.account().members[0].roles, ["d1", "d2", "d3"]);
}

#[test]
fn a_group_that_goes_away_while_the_limit_is_waited_for_is_not_found() {
    let fault = at_first("access/groups/{id}", 429, 971, &[("retry-after", "7")]);
    let grant = [native(core::Operation::Grant, "group:a1:member", "email:ann@corp.example")];
    let native = Native::patient(simple(), fault, |account| account.groups.clear());
    let (report, _) = native.apply(&grant, false, false);
    assert_eq!(report.results[0].as_ref().unwrap_err().kind, Kind::NotFound);
    assert!(report.writes.is_empty());
}

/// A list that matters only since the group was read takes requests of its own. A change of the
/// group meanwhile is kept.
#[tokio::test]
async fn a_group_is_read_once_more_where_more_had_to_be_learned_since() {
    let groups = [
        group("a1", json!({"include": [okta()]})),
        group("a2", json!({"include": [{"email_list": {"id": "11"}}]})),
    ];
    for auth in ["api-token", "api-key"] {
        let setup = HostAndMock::new(account(groups.clone())).await;
        let mut session = setup.writer(auth).await;
        let on = |route| host_test::mock::Operation::on("GET", route).at_attempt(1);
        let after = host_test::mock::When::After;
        setup.mock.meddle(on("access/groups"), after, |account| include(account, "a1").push(inner("a2")));
        setup
            .mock
            .meddle(on("gateway/lists/{id}/items"), after, |account| include(account, "a1").push(network()));
        let options = Options { dry_run: false, allow_gains: false, extra: String::new() };
        let report = session.apply(&[grant("a1", "email:new@else.example")], &options).await.unwrap();
        assert_eq!(report.results[0].as_ref().unwrap().status, Status::Applied);
        assert_eq!(setup.mock.meddled(), [true, true]);
        let mut left = setup.mock.account();
        assert_eq!(*include(&mut left, "a1"), [okta(), inner("a2"), network(), email("new@else.example")]);
        assert_eq!(setup.mock.requests_by_route()["GET access/groups/{id}"], 3);
    }
}

/// Leaving `a2` lets an account member who is in `a1` into `a3`. Nobody of them is in `a1` at first.
#[test]
fn what_somebody_else_makes_of_one_group_decides_on_the_changes_of_the_others() {
    let groups = [
        group("a1", json!({"include": [email("carol@other.example")]})),
        group("a2", json!({"include": [email("bob@corp.example"), okta()]})),
        group(
            "a3",
            json!({
                "include": [json!({"cloudflare_account_member": {}})],
                "require": [inner("a1")],
                "exclude": [inner("a2")],
            }),
        ),
    ];
    let fault = at_first("access/groups/{id}", 429, 971, &[("retry-after", "7")]);
    let changes = [
        native(core::Operation::Grant, "group:a1:member", "email:new@else.example"),
        native(core::Operation::Revoke, "group:a2:member", "user:0b"),
    ];
    let theirs = |account: &mut Account| include(account, "a1").push(domain("corp.example"));
    let native = Native::patient(account(groups), fault, theirs);
    let (report, said) = native.apply(&changes, false, false);
    assert_eq!(report.results[0].as_ref().unwrap_err().kind, Kind::Conflict);
    let error = report.results[1].as_ref().unwrap_err();
    assert_eq!((error.kind, error.about.as_deref()), (Kind::Refused, Some("group:a2")));
    for part in ["as an account member", "group:a3:member"] {
        assert!(error.message.contains(part), "{part} is missing from {error}");
    }
    assert!(!methods(&said, "a2").contains(&"PUT"));
}
