//! A Cloudflare that stops answering in the middle: the client is told what is known, whichever limit ends
//! the wait, and the account is as the answer says.

use super::{CAT, Scim, account, email};
use crate::asking::{Way, run_by};
use crate::common::edge_server::Manner;
use crate::common::http::Answer;
use host_test::mock::{Effect, Fault, Place};
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;

const GROUP: &str = "/Groups/a3";
const ROUTE: &str = "access/groups/{id}";

/// The time for a request in our own service, from the least: on a slow machine, a request comes to the fault
/// only with more of it.
const TIMES: [Way; 3] = [
    Way::Ours(&["--request-seconds", "2"]),
    Way::Ours(&["--request-seconds", "10"]),
    Way::Ours(&["--request-seconds", "60"]),
];

/// wasmtime's own client gives up before the component does.
const SILENCE: Way = Way::Wasmtime(Manner { requests: 1, silence: Some(Duration::from_secs(2)) });

fn stall(method: &str, at: Place) -> Fault {
    Fault::on(method, ROUTE, Effect::Stall { at })
}

async fn add(scim: &Scim) -> Answer {
    let operations = json!([{"op": "add", "path": "members", "value": [{"value": CAT}]}]);
    scim.ask(Method::PATCH, GROUP, &json!({"Operations": operations})).await
}

fn detail(answer: &Answer) -> &str {
    answer.json["detail"].as_str().unwrap_or_else(|| panic!("{answer:?}"))
}

/// Returns whether Cloudflare has the member who was to be added.
fn is_added(scim: &Scim) -> bool {
    scim.includes(2).contains(&email("cat@corp.example"))
}

/// Starts our service, and asks until the request has met the fault in its time.
async fn cut_short(fault: Fault, is_write: bool) -> (Scim, Answer) {
    for time in TIMES {
        let _chosen = run_by(time);
        let scim = Scim::new(account()).await;
        scim.edge.mock.inject(fault.clone());
        let asked = async {
            match is_write {
                true => add(&scim).await,
                false => scim.ask(Method::GET, GROUP, &Value::Null).await,
            }
        };
        let answer = asked.await;
        if scim.edge.mock.fired() == [1] {
            return (scim, answer);
        }
        assert!(!is_added(&scim), "nothing was sent");
    }
    panic!("a minute isn't enough")
}

#[tokio::test]
async fn our_service_ends_a_read_that_is_never_answered() {
    for at in [Place::BeforeHead, Place::InBody] {
        let (scim, answer) = cut_short(stall("GET", at), false).await;
        assert_eq!(answer.status, 504, "{}", answer.body);
        assert!(detail(&answer).starts_with("This request took longer than"), "{}", answer.body);
        assert!(!answer.body.contains("may have been") && !answer.body.contains("bob"), "{}", answer.body);
        // The service goes on.
        scim.edge.mock.end_faults();
        assert_eq!(scim.get(GROUP).await["displayName"], "Auditors");
    }
}

#[tokio::test]
async fn our_service_says_that_a_change_without_an_answer_may_have_been_made() {
    for (at, is_made) in [(Place::BeforeHead, false), (Place::InHead, true), (Place::InBody, true)] {
        let (scim, answer) = cut_short(stall("PUT", at), true).await;
        assert_eq!(answer.status, 504, "{}", answer.body);
        assert!(detail(&answer).contains("A change may have been made."), "{}", answer.body);
        assert_eq!((is_added(&scim), scim.writes()), (is_made, 1), "{at:?}");
        // Its turn is over with it, and the same request makes the change, or finds it.
        scim.edge.mock.end_faults();
        assert_eq!(add(&scim).await.status, 204);
        assert_eq!((scim.includes(2).len(), is_added(&scim)), (2, true), "{at:?}");
    }
}

#[tokio::test]
async fn a_read_whose_answer_stalls_is_unavailable() {
    let _chosen = run_by(SILENCE);
    for at in [Place::BeforeHead, Place::InHead, Place::InBody] {
        let scim = Scim::new(account()).await;
        scim.edge.mock.inject(stall("GET", at));
        let answer = scim.ask(Method::GET, GROUP, &Value::Null).await;
        assert_eq!(answer.status, 503, "{}", answer.body);
        assert!(detail(&answer).contains("there was no answer in time"), "{}", answer.body);
        scim.edge.mock.end_faults();
        assert_eq!(scim.get(GROUP).await["displayName"], "Auditors");
        scim.edge.server.settle().await;
    }
}

#[tokio::test]
async fn a_write_whose_answer_stalls_is_read_back() {
    let _chosen = run_by(SILENCE);
    for (fault, is_made, writes) in [
        (stall("PUT", Place::InHead), true, 1),
        (stall("PUT", Place::InBody), true, 1),
        // What isn't there is sent again, right after a read.
        (stall("PUT", Place::BeforeHead).at_attempt(1), true, 2),
        (stall("PUT", Place::BeforeHead), false, 4),
    ] {
        let scim = Scim::new(account()).await;
        scim.edge.mock.inject(fault.clone());
        let answer = add(&scim).await;
        assert_eq!((is_added(&scim), scim.writes()), (is_made, writes), "{fault:?}: {}", answer.body);
        assert_eq!(answer.status, if is_made { 204 } else { 504 }, "{fault:?}: {}", answer.body);
        assert!(is_made || detail(&answer).contains("though it may still come"), "{}", answer.body);
        scim.edge.server.settle().await;
    }
}

#[tokio::test]
async fn a_write_that_can_not_be_read_back_is_in_doubt() {
    let _chosen = run_by(SILENCE);
    for is_made in [false, true] {
        let scim = Scim::new(account()).await;
        let at = if is_made { Place::InHead } else { Place::BeforeHead };
        scim.edge.mock.inject(stall("PUT", at));
        // The first read is the one before the write.
        for attempt in 2..6 {
            scim.edge.mock.inject(stall("GET", Place::BeforeHead).at_attempt(attempt));
        }
        let answer = add(&scim).await;
        assert_eq!((answer.status.as_u16(), is_added(&scim)), (504, is_made), "{}", answer.body);
        assert!(detail(&answer).contains("may or may not have been changed"), "{}", answer.body);
        scim.edge.server.settle().await;
    }
}
