//! Answers that the operator lets be reused: what they save, and what never rests on them.

use super::{ANN, BOB, CAT, Scim, account, each, email};
use crate::asking::{Edge, ours};
use host_test::mock::{AccessUser, Account, Effect, Fault, Member, MemberUser};
use http::Method;
use serde_json::{Value, json};

/// A time that no test is over within.
pub const LONG: (&str, &str) = ("SCIM_CACHE_SECONDS", "3600");

/// Starts `host-test serve`, which keeps instances, or what a caller has chosen.
pub async fn keeping(account: Account) -> Scim {
    let _ours = ours();
    Scim::with(account, &[LONG]).await
}

/// An account with more people than two pages of Cloudflare's list have.
pub fn many() -> Account {
    let user = |number: u32| AccessUser {
        id: format!("{number:032x}"),
        email: Some(format!("p{number:04}@corp.example")),
        ..AccessUser::default()
    };
    Account { users: (0..2_500).map(user).collect(), ..account() }
}

/// Returns the requests that Cloudflare got for this one.
pub async fn cost(scim: &Scim, path: &str) -> (u64, Value) {
    let before = scim.edge.mock.request_count();
    let answer = scim.get(path).await;
    (scim.edge.mock.request_count() - before, answer)
}

#[tokio::test]
pub async fn five_pages_of_people_cost_what_one_does() {
    let plain = Scim::new(many()).await;
    let (alone, _) = cost(&plain, "/Users?count=500").await;
    let scim = keeping(many()).await;
    let (mut costs, mut names) = (Vec::new(), Vec::new());
    for page in 0..5 {
        let (cost, answer) = cost(&scim, &format!("/Users?count=500&startIndex={}", page * 500 + 1)).await;
        assert_eq!(answer["totalResults"], 2_504);
        names.extend(each(&answer, "userName").into_iter().map(str::to_owned));
        costs.push(cost);
    }
    assert_eq!(costs, [alone, 0, 0, 0, 0]);
    assert!(names.is_sorted() && names.len() == 2_500, "{}", names.len());
    names.dedup();
    assert_eq!(names.len(), 2_500);
    if scim.edge.server.is_ours() {
        // The log tells what each request cost, although one instance answered them all.
        let told: Vec<u64> = scim.edge.whole_log().lines().filter_map(upstream_of_users).collect();
        assert_eq!(told, costs);
    }
}

/// Returns the requests that a line of the log tells of a list of users.
fn upstream_of_users(line: &str) -> Option<u64> {
    let line: Value = serde_json::from_str(line).unwrap();
    let fields = &line["fields"];
    (fields["route"] == "/scim/v2/Users").then(|| fields["upstream"].as_u64().unwrap_or_default())
}

#[tokio::test]
pub async fn without_the_setting_each_request_reads_anew() {
    for value in ["", "0"] {
        let _ours = ours();
        let scim = Scim::with(account(), &[("SCIM_CACHE_SECONDS", value)]).await;
        let costs = [cost(&scim, "/Users").await.0, cost(&scim, "/Users").await.0];
        assert_eq!(costs, [3, 3]);
    }
}

#[tokio::test]
pub async fn what_is_told_may_be_old_and_what_is_written_never_rests_on_it() {
    let scim = keeping(account()).await;
    let group = scim.get("/Groups/a3").await;
    scim.edge.mock.change(|account| {
        account.groups[2].include.as_mut().unwrap().push(email("cat@corp.example"));
    });
    assert_eq!(scim.get("/Groups/a3").await, group, "the operator allows that");
    // Its own version is old: somebody else has changed the group.
    let version = group["meta"]["version"].as_str().unwrap();
    let body = json!({"Operations": [{"op": "add", "path": "members", "value": [{"value": ANN}]}]});
    let answer = scim.ask_with(&[("if-match", version)], Method::PATCH, "/Groups/a3", &body).await;
    assert_eq!((answer.status.as_u16(), scim.writes()), (412, 0), "{}", answer.body);
    let _ = scim.get("/Groups/a3").await;
    scim.edge.mock.change(|account| {
        account.groups[2].include.as_mut().unwrap().push(email("fay@corp.example"));
    });
    let (status, body) =
        scim.patch("/Groups/a3", json!([{"op": "add", "path": "members", "value": [{"value": ANN}]}])).await;
    assert_eq!((status, scim.includes(2).len()), (204, 4), "{body}");
    let members = scim.get("/Groups/a3").await["members"].clone();
    let ids: Vec<&str> =
        members.as_array().unwrap().iter().map(|member| member["value"].as_str().unwrap()).collect();
    assert_eq!(ids[..2], [BOB, CAT]);
    assert_eq!((ids.len(), ids[3]), (4, ANN));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_write_no_instance_tells_what_it_read_before() {
    let scim = {
        let mock = account();
        keeping(mock).await
    };
    // Both wait for Cloudflare at the same time, so two instances answer them.
    let release = crate::asking::hold_after(&scim.edge.mock, 0);
    let both = async {
        while scim.edge.mock.most_under_way() < 2 {
            tokio::task::yield_now().await;
        }
        release.send(true).unwrap();
    };
    let (first, second, ()) = tokio::join!(scim.get("/Groups/a3"), scim.get("/Groups/a3"), both);
    assert_eq!((&first, first["members"].as_array().unwrap().len()), (&second, 1));
    let (status, _) =
        scim.patch("/Groups/a3", json!([{"op": "add", "path": "members", "value": [{"value": CAT}]}])).await;
    assert_eq!(status, 204);
    let (first, second) = tokio::join!(scim.get("/Groups/a3"), scim.get("/Groups/a3"));
    for group in [first, second, scim.get("/Groups/a3").await] {
        assert_eq!(group["members"].as_array().unwrap().len(), 2, "{group}");
    }
    // The other interface writes too.
    let changes = json!({"changes": [{"operation": "revoke", "entitlement": "group:a3:member",
        "principal": {"kind": "email", "id": "cat@corp.example"}}]});
    let answer = scim.edge.post("/v1/apply", &changes).await;
    assert_eq!(answer.json["results"][0]["status"], "applied", "{}", answer.body);
    assert_eq!(scim.get("/Groups/a3").await["members"].as_array().unwrap().len(), 1);
}

#[tokio::test]
pub async fn a_failure_is_not_kept_and_ends_what_was() {
    let scim = keeping(account()).await;
    let _ = scim.get("/Users").await;
    scim.edge.mock.inject(Fault::on("GET", "roles", Effect::Body { status: 200, body: "{}".into() }));
    let failed = scim.ask(Method::GET, "/Roles", &Value::Null).await;
    assert!(failed.status.is_server_error(), "{}", failed.body);
    scim.edge.mock.end_faults();
    assert_eq!(cost(&scim, "/Roles").await.0, 1);
    assert_eq!(cost(&scim, "/Roles").await.0, 0);
    assert_eq!(cost(&scim, "/Users").await.0, 3);
}

/// A list of which a request has read only the beginning would later consist of old pages and new ones.
#[tokio::test]
pub async fn a_list_that_was_not_read_to_its_end_is_read_again() {
    let mut account = account();
    let ann = account.members[0].clone();
    // Cloudflare has more members than a page, and Ann is on the first one.
    account.members.extend((0..120).map(|number| Member {
        id: format!("f{number:03x}"),
        email: Some(format!("m{number:03}@corp.example")),
        user: Some(MemberUser { email: Some(format!("m{number:03}@corp.example")), ..MemberUser::default() }),
        ..ann.clone()
    }));
    let scim = keeping(account).await;
    let path = format!("/Users/{ANN}");
    let of_members = || scim.edge.mock.requests_by_route()["GET members"];
    let _ = scim.get(&path).await;
    assert_eq!(of_members(), 1);
    let _ = scim.get(&path).await;
    assert_eq!(of_members(), 2, "its end may be another one by now");
    assert_eq!(scim.get("/Users").await["totalResults"], 125);
    let whole = of_members();
    assert!(whole > 3, "{whole}");
    let _ = scim.get(&path).await;
    assert_eq!(scim.get("/Users").await["totalResults"], 125);
    assert_eq!(of_members(), whole, "all of it was read");
}

#[tokio::test]
async fn an_instance_that_was_stopped_is_not_used_again() {
    let _ours = ours();
    let scim = Scim::with(account(), &[LONG]).await;
    let _ = scim.get("/Roles").await;
    // The connection is the client's own, and ends with it, in the middle of the request.
    let release = crate::asking::hold_after(&scim.edge.mock, 0);
    let leaving = scim.edge.client(&[("authorization", &format!("Bearer {}", super::TOKEN))]);
    let asking = tokio::spawn(async move {
        let _ = leaving.begin(Method::GET, "/scim/v2/Users", String::new()).await;
    });
    let before = scim.edge.mock.request_count();
    while scim.edge.mock.request_count() == before {
        tokio::task::yield_now().await;
    }
    asking.abort();
    scim.edge.mock.is_left().await;
    release.send(true).unwrap();
    assert_eq!(cost(&scim, "/Roles").await.0, 1, "the instance is gone, and what it kept");
}

#[tokio::test]
async fn a_time_that_is_none_is_told() {
    let scim = Scim::with(account(), &[("SCIM_CACHE_SECONDS", "half an hour")]).await;
    let answer = scim.ask(Method::GET, "/Users", &Value::Null).await;
    assert_eq!(answer.status, 500);
    let detail = answer.json["detail"].as_str().unwrap();
    assert!(detail.contains("SCIM_CACHE_SECONDS") && !detail.contains("half an hour"), "{detail}");
    assert_eq!(scim.edge.mock.request_count(), 0);
}

/// Answers of the other interface are never kept.
#[tokio::test]
pub async fn a_sync_reads_everything_itself() {
    let scim = keeping(account()).await;
    let edge: &Edge = &scim.edge;
    let mut costs = Vec::new();
    for _ in 0..2 {
        let _ = scim.get("/Groups").await;
        let before = edge.mock.request_count();
        edge.post("/v1/sync", &json!({"kinds": ["group"]})).await;
        costs.push(edge.mock.request_count() - before);
    }
    assert_eq!(costs[0], costs[1]);
    assert!(costs[0] > 0);
}
