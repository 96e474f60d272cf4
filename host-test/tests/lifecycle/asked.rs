//! The steps of a call as they are asked for: their form, the same step twice, and steps that contradict
//! each other.

use crate::common::small_account::account;
use crate::steps::{done, office};
use crate::{METHODS, Setup, add_user, end_sessions, free_seat, id, invite, only, really, remove};
use connector_host::HostError;
use connector_host::contract::lifecycle::{NewUser, Options, Step};
use connector_host::contract::{ErrorKind, Status};
use serde_json::Value;

const DNS: &str = "role:d1:assigned";

#[tokio::test]
async fn a_step_that_is_not_in_the_right_form_is_told_and_sends_nothing() {
    for (step, about) in [
        (invite("eve", &[DNS]), "address"),
        (invite("Eve <eve@corp.example>", &[DNS]), "address"),
        (invite("ève@corp.example", &[DNS]), "address"),
        (invite("eve@corp.example", &[]), "entitlement"),
        (invite("eve@corp.example", &["role:d1"]), "entitlement"),
        (invite("eve@corp.example", &["user-group:e1:member"]), "entitlement"),
        (add_user("eve@"), "address"),
        (remove("email:eve@corp.example"), "id"),
        (remove("group:a1"), "id"),
        (remove("user:../../x"), "id"),
        (end_sessions("role:d1"), "id"),
        (end_sessions("email:eve"), "id"),
        (free_seat("member:1a"), "id"),
    ] {
        let setup = Setup::new(office()).await;
        let report = setup.apply(std::slice::from_ref(&step)).await;
        let error = report.results[0].as_ref().unwrap_err();
        assert_eq!(
            (error.kind, error.about.as_deref()),
            (ErrorKind::InvalidArgument, Some(about)),
            "{step:?}"
        );
        assert_eq!(setup.mock.request_count(), 0, "{step:?}");
    }
}

#[tokio::test]
async fn a_step_that_stands_twice_is_done_once_and_both_have_its_result() {
    let twice = [
        invite("eve@corp.example", &[DNS, "role:d2:assigned"]),
        remove("member:1a"),
        invite("EVE@corp.example", &["role:d2:assigned", DNS]),
        remove("member:1a"),
    ];
    let (setup, report) = done(&office(), &twice).await;
    let outcomes: Vec<String> =
        report.results.iter().map(|it| format!("{:?}", it.as_ref().unwrap())).collect();
    assert_eq!((&outcomes[0], &outcomes[1]), (&outcomes[2], &outcomes[3]));
    assert_eq!(report.results[2].as_ref().unwrap().created.len(), 1);
    assert_eq!(setup.writes(), ["POST members", "DELETE members/1a"]);
    assert_eq!(report.writes.len(), 2);
}

#[tokio::test]
async fn steps_that_contradict_each_other_are_both_refused_and_the_others_are_done() {
    let named = |name: &str| {
        Step::AddUser(NewUser { address: "eve@corp.example".to_owned(), name: Some(name.to_owned()) })
    };
    for [one, other] in [
        [invite("eve@corp.example", &[DNS]), invite("Eve@corp.example", &["role:d2:assigned"])],
        [named("Eve"), named("Eva")],
        [invite("PENDING@corp.example", &[DNS]), remove("member:1c")],
        [remove("user:0a"), add_user("Ann@corp.example")],
    ] {
        let steps = [one, free_seat("user:0a"), other];
        let (setup, report) = done(&office(), &steps).await;
        for at in [0, 2] {
            let error = report.results[at].as_ref().unwrap_err();
            assert_eq!(error.kind, ErrorKind::Refused, "{steps:?}: {error:?}");
            assert!(error.message.contains("Neither was done"), "{}", error.message);
        }
        assert_eq!(report.results[1].as_ref().unwrap().status, Status::Applied);
        assert_eq!(setup.writes(), ["PATCH access/seats"]);
    }
}

#[tokio::test]
async fn the_sessions_of_devices_end_only_if_that_is_asked_for() {
    let sent = |setup: &Setup| -> Value {
        let requests = setup.mock.requests();
        let end = requests.iter().find(|request| request.path.ends_with("/revoke_user")).unwrap();
        serde_json::from_str(&end.body).unwrap()
    };
    for (extra, devices) in
        [("", None), (r#"{"devices":false}"#, None), (r#"{ "devices": true }"#, Some(true))]
    {
        for method in METHODS {
            let options = Options { extra: extra.to_owned(), ..really() };
            let setup = Setup::new(office()).await;
            let steps = [end_sessions("user:0a")];
            let report = setup.session(method).await.apply_steps(&steps, &options).await.unwrap();
            assert_eq!(only(&report).status, Status::Applied);
            let by_steps = sent(&setup);
            let setup = Setup::new(office()).await;
            let person = id("user:0a");
            setup.session(method).await.offboard(&person, &[], &options).await.unwrap();
            for sent in [by_steps, sent(&setup)] {
                assert_eq!(sent.get("devices").and_then(Value::as_bool), devices, "{extra}: {sent}");
            }
        }
    }
}

#[tokio::test]
async fn options_that_this_connector_does_not_have_are_refused_before_anything_is_read() {
    let setup = Setup::new(account([])).await;
    for extra in ["devices", "[]", r#"{"devices":1}"#, r#"{"device":true}"#] {
        let options = Options { extra: extra.to_owned(), ..really() };
        let mut session = setup.session("api-token").await;
        let report = session.apply_steps(&[free_seat("user:0a")], &options).await.unwrap();
        let HostError::Connector(whole) = session.offboard(&id("user:0a"), &[], &options).await.unwrap_err()
        else {
            panic!()
        };
        for error in [report.results[0].as_ref().unwrap_err(), &whole] {
            let told = (error.kind, error.about.as_deref());
            assert_eq!(told, (ErrorKind::InvalidArgument, Some("options.extra")), "{extra}");
        }
    }
    assert_eq!(setup.mock.request_count(), 0);
}
