//! Instances that wasmtime uses for several requests, as `--max-instance-reuse-count` has it: what a request
//! leaves behind for the next one is what the operator lets be reused, and nothing else.

use super::cache::{self, cost, keeping};
use super::{ANN, BOB, CAT, Scim, TOKEN, account, each, email};
use crate::asking::{self, Way, run_by};
use crate::common::edge_server::Manner;
use http::Method;
use serde_json::{Value, json};

/// More requests than a test has.
const OFTEN: Way = Way::Wasmtime(Manner { requests: 10_000, silence: None });

macro_rules! cases {
    ($($case:ident),+) => {
        $(#[test]
        fn $case() {
            let _chosen = run_by(OFTEN);
            cache::$case();
        })+
    };
}

cases! {
    five_pages_of_people_cost_what_one_does,
    without_the_setting_each_request_reads_anew,
    what_is_told_may_be_old_and_what_is_written_never_rests_on_it,
    a_failure_is_not_kept_and_ends_what_was,
    a_list_that_was_not_read_to_its_end_is_read_again,
    a_sync_reads_everything_itself
}

fn ids(group: &Value) -> Vec<&str> {
    group["members"].as_array().unwrap().iter().map(|member| member["value"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_read_after_a_change_tells_the_new_state() {
    let _chosen = run_by(OFTEN);
    // Without the setting, nothing is kept. With it, a change ends what was.
    for (scim, is_kept) in [(Scim::new(account()).await, false), (keeping(account()).await, true)] {
        let path = "/Groups/a3";
        assert_eq!(ids(&scim.get(path).await), [BOB]);
        let changed = scim.edge.mock.read(|account| account.groups[2].include.clone().unwrap());
        scim.edge.mock.change(|account| {
            account.groups[2].include.as_mut().unwrap().push(email("cat@corp.example"));
        });
        let known = if is_kept { vec![BOB] } else { vec![BOB, CAT] };
        assert_eq!(ids(&scim.get(path).await), known);
        scim.edge.mock.change(|account| account.groups[2].include = Some(changed));
        let add = |id: &str| json!([{"op": "add", "path": "members", "value": [{"value": id}]}]);
        let (status, body) = scim.patch(path, add(ANN)).await;
        assert_eq!((status, ids(&scim.get(path).await)), (204, vec![BOB, ANN]), "{body}");
        // A request that is refused may have been about to change something, too.
        scim.edge.mock.change(|account| {
            account.groups[2].include.as_mut().unwrap().push(email("cat@corp.example"));
        });
        let (status, _) = scim.patch(path, add("fake-member-id")).await;
        assert_eq!((status, ids(&scim.get(path).await)), (400, vec![BOB, ANN, CAT]));
        let answer = scim.ask(Method::DELETE, path, &Value::Null).await;
        let gone = scim.ask(Method::GET, path, &Value::Null).await;
        assert_eq!((answer.status.as_u16(), gone.status.as_u16()), (204, 404), "{}", answer.body);
        assert_eq!(each(&scim.get("/Groups").await, "id"), ["a1", "a2"]);
        assert_eq!(scim.edge.server.instances(), 1);
    }
}

#[tokio::test]
async fn whoever_asked_before_lends_nobody_a_token() {
    let _chosen = run_by(OFTEN);
    let scim = keeping(account()).await;
    let (server, mock) = (&scim.edge.server, &scim.edge.mock);
    let people = scim.get("/Users").await;
    let asked = mock.request_count();
    for token in [None, Some("another-one"), Some(asking::TOKEN), Some("")] {
        let token = token.map(|token| format!("Bearer {token}"));
        let headers: Vec<(&str, &str)> = token.iter().map(|it| ("authorization", it.as_str())).collect();
        let answer = scim.edge.client(&headers);
        let answer = answer.try_send_text(Method::GET, "/scim/v2/Users", String::new()).await.unwrap();
        server.rests().await;
        assert_eq!(answer.status, 401, "{token:?}: {}", answer.body);
        assert!(!answer.body.contains("corp.example"), "{}", answer.body);
        // The next one who has the token is answered from what was read before.
        assert_eq!(cost(&scim, "/Users").await, (0, people.clone()));
    }
    let own = scim.edge.client(&[("authorization", &format!("Bearer {TOKEN}"))]);
    let answer = own.try_send_text(Method::POST, "/v1/sync", "{}".to_owned()).await.unwrap();
    server.rests().await;
    assert_eq!((answer.status.as_u16(), answer.json["type"].as_str()), (401, Some("error")));
    // An error of one interface isn't told in the form of the other.
    let missing = scim.ask(Method::GET, "/Groups/a9", &Value::Null).await;
    assert_eq!(missing.status, 404);
    assert_eq!((scim.edge.get("/v1/manifest").await.status.as_u16(), mock.request_count()), (200, asked + 1));
    assert_eq!(server.instances(), 1);
}

#[tokio::test]
async fn many_requests_leave_no_memory_behind() {
    let _chosen = run_by(OFTEN);
    let scim = Scim::new(cache::many()).await;
    let alone = cost(&scim, "/Users?count=1").await;
    // If a tenth of what the first one took stayed behind, the instance would trap.
    for _ in 0..30 {
        assert_eq!(cost(&scim, "/Users?count=1").await, alone);
    }
    assert_eq!(scim.edge.server.instances(), 1);
}
