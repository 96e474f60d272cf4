//! The way out: to one address, and only what the operator's switches allow.

use super::{Ours, variables};
use crate::asking::{failed, lines};
use bytes::Bytes;
use connector_host::{Config, Limits, Service, ServiceConfig, WritableRoute};
use host_test::STANDALONE;
use host_test::mock::{Account, Effect, Fault, Mock, Options};
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let ours = Ours::with(Account::company(), &[]).await;
    let elsewhere = Mock::start(Account::company(), Options::default()).await.unwrap();
    ours.mock.inject(Fault::always(Effect::Redirect { location: elsewhere.base_url() }));
    let answer = ours.trusted().try_send_text(Method::POST, "/v1/sync", "{}".to_owned()).await.unwrap();
    assert_eq!(failed(&answer), (502, "invalid-response"));
    assert_eq!(elsewhere.request_count(), 0);
}

/// Asks a service that reaches this origin alone, with these routes for writes. Returns the answer, and the
/// lines of its log.
async fn asked(origin: &str, writable: &[WritableRoute], of: &Mock, body: &Value) -> (Vec<Value>, String) {
    let given = ServiceConfig {
        config: Config { limits: Limits::default(), ..Config::default() },
        origins: vec![connector_host::Origin::of_url(origin).unwrap()],
        writable: writable.to_vec(),
        variables: variables(of),
        body_bytes: 1 << 20,
        body_time: Duration::from_secs(60),
        keep: None,
        takes_turns: None,
    };
    let service = Service::new(STANDALONE, given).await.unwrap();
    let request = Request::post("/v1/apply")
        .header("host", "edge")
        .header("authorization", format!("Bearer {}", crate::asking::TOKEN))
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body.to_string())))
        .unwrap();
    let log = Arc::<Mutex<String>>::default();
    let kept = Arc::clone(&log);
    let answer =
        service.answer(false, request, move |line| kept.lock().unwrap().push_str(line)).await.unwrap();
    let body = answer.response.into_body().collect().await.unwrap().to_bytes();
    let log = log.lock().unwrap().clone();
    (vec![serde_json::from_slice(&body).unwrap()], log)
}

fn change(mock: &Mock) -> Value {
    let group = mock.read(|account| account.groups[0].id.clone());
    json!({"changes": [{
        "operation": "grant",
        "entitlement": format!("group:{group}:member"),
        "principal": {"kind": "email", "id": "new@corp.example"},
    }]})
}

#[tokio::test]
async fn nothing_goes_to_another_address() {
    let of = Mock::start(Account::company(), Options::default()).await.unwrap();
    let allowed = Mock::start(Account::company(), Options::default()).await.unwrap();
    let (answer, _) = asked(&allowed.base_url(), &[], &of, &change(&of)).await;
    assert!(answer[0].to_string().contains("unavailable"), "{}", answer[0]);
    assert_eq!((of.request_count(), allowed.request_count()), (0, 0));
}

#[tokio::test]
async fn the_host_lets_no_write_out_that_it_was_not_told_of() {
    let of = Mock::start(Account::company(), Options::default()).await.unwrap();
    let before = of.account();
    let (answer, _) = asked(&of.base_url(), &[], &of, &change(&of)).await;
    assert!(!answer[0].to_string().contains(r#""status":"applied""#), "{}", answer[0]);
    assert!(of.requests().iter().all(|request| request.method == "GET"));
    assert_eq!(of.account(), before);
    let writable = [WritableRoute::new("PUT", "accounts/{}/access/groups/{}").unwrap()];
    let (answer, log) = asked(&of.base_url(), &writable, &of, &change(&of)).await;
    assert!(answer[0].to_string().contains(r#""status":"applied""#), "{}\n{log}", answer[0]);
    assert_ne!(of.account(), before);
}

#[tokio::test]
async fn a_service_that_only_reads_lets_no_write_out_whatever_its_component_says() {
    let mock = Mock::start(Account::company(), Options::default()).await.unwrap();
    let mut without = variables(&mock);
    without.retain(|(name, _)| name != "CONNECTOR_PROVISIONING");
    let served = crate::common::served::Served::start(&[], &without);
    let ours = Ours { mock, served };
    let body = change(&ours.mock).to_string();
    let answer = ours.trusted().try_send_text(Method::POST, "/v1/apply", body).await.unwrap();
    assert_eq!(failed(&answer), (403, "permission-denied"));
    let answer = ours.trusted().try_send_text(Method::POST, "/v1/sync", "{}".to_owned()).await.unwrap();
    assert_eq!(lines(&answer).last().unwrap()["type"], "end");
    assert!(ours.mock.requests().iter().all(|request| request.method == "GET"));
}
