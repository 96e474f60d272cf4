//! Many clients of SCIM at once: a slow one, one with a wrong token, readers, and writers of one group and of
//! several.

use super::{BASE, Scim, TOKEN, account, each, email, group};
use crate::asking::{TOKEN as OWN_TOKEN, ours};
use crate::scim::dialects::id_of;
use futures::future::join_all;
use host_test::mock::Account;
use http::Method;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;

/// The number of writers, of whom each adds one person.
const WRITERS: usize = 10;

fn person(number: usize) -> String {
    format!("p{number}@corp.example")
}

fn patch_of(number: usize) -> Value {
    let value = json!([{"value": id_of(&person(number))}]);
    json!({"Operations": [{"op": "add", "path": "members", "value": value}]})
}

/// Makes an account that also has a group for each writer.
fn with_groups() -> Account {
    let mut account = account();
    let other = |number| {
        let id = format!("b{number}");
        group(&id, &format!("Team {number}"), json!([email("lead@corp.example")]), json!([]))
    };
    account.groups.extend((0..WRITERS).map(other));
    account
}

/// A client that has sent its head and half of its body.
struct Slow {
    socket: TcpStream,
    rest: String,
}

impl Slow {
    fn begin(scim: &Scim, group: &str, body: &Value) -> Slow {
        let body = body.to_string();
        let (now, later) = body.split_at(body.len() / 2);
        let mut socket = TcpStream::connect(scim.edge.server.address).unwrap();
        let head = format!(
            "PATCH {BASE}/Groups/{group} HTTP/1.1\r\nhost: slow\r\nauthorization: Bearer {TOKEN}\r\n\
             content-type: application/scim+json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{now}",
            body.len()
        );
        socket.write_all(head.as_bytes()).unwrap();
        Slow { socket, rest: later.to_owned() }
    }

    /// Sends the rest, and returns the status of the answer.
    fn end(mut self) -> String {
        self.socket.write_all(self.rest.as_bytes()).unwrap();
        let mut answer = String::new();
        self.socket.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().to_owned()
    }
}

/// Has all clients ask at once, of whom the writers change these groups. Asserts everything that is true of
/// any host.
async fn at_once(scim: &Scim, group_of: impl Fn(usize) -> String) {
    let slow = Slow::begin(scim, "a2", &patch_of(100));
    let wrong = scim.edge.client(&[("authorization", "Bearer another-token")]);
    let wrongs = join_all((0..3).map(|_| async {
        let path = format!("{BASE}/Groups/a3");
        wrong.try_send_text(Method::PATCH, &path, patch_of(200).to_string()).await.unwrap().status
    }));
    let group_of = &group_of;
    let writers = join_all((0..WRITERS).map(|number| async move {
        let path = format!("/Groups/{}", group_of(number));
        scim.ask(Method::PATCH, &path, &patch_of(number)).await
    }));
    let readers = join_all((0..4).map(|_| scim.get("/Users")));
    let groups = join_all((0..4).map(|_| scim.get("/Groups/a1")));
    let (wrongs, writers, readers, groups) = tokio::join!(wrongs, writers, readers, groups);
    assert!(wrongs.iter().all(|status| *status == 401), "{wrongs:?}");
    for answer in &writers {
        assert_eq!(answer.status, 204, "{}", answer.body);
    }
    let known = ["ann@corp.example", "bob@corp.example", "cat@corp.example", "eve@corp.example"];
    for users in &readers {
        let names = each(users, "userName");
        assert!(known.iter().all(|name| names.contains(name)), "{names:?}");
    }
    assert!(groups.iter().all(|group| *group == groups[0]), "nobody writes this group");
    assert_eq!(slow.end(), "204");
    assert!(includes(scim, "a2").contains(&email(&person(100))));
    assert!(!includes(scim, "a3").contains(&email(&person(200))));
    scim.edge.server.settle().await;
}

/// Returns the include of the group with this id at Cloudflare.
fn includes(scim: &Scim, id: &str) -> Vec<Value> {
    let of = |account: &Account| account.groups.iter().find(|group| group.id == id).unwrap().include.clone();
    scim.edge.mock.read(of).unwrap()
}

fn each_is_in(scim: &Scim, group_of: impl Fn(usize) -> String) {
    for number in 0..WRITERS {
        let group = group_of(number);
        assert!(includes(scim, &group).contains(&email(&person(number))), "{number} isn't in {group}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_of_several_groups_do_not_hinder_each_other() {
    let scim = Scim::new(with_groups()).await;
    let group_of = |number| format!("b{number}");
    at_once(&scim, group_of).await;
    each_is_in(&scim, group_of);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_our_host_writers_of_one_group_lose_nothing() {
    for cache in ["", "60"] {
        let scim = {
            let _ours = ours();
            Scim::with(with_groups(), &[("SCIM_CACHE_SECONDS", cache)]).await
        };
        let one = |_| "a3".to_owned();
        at_once(&scim, one).await;
        each_is_in(&scim, one);
        assert_eq!(includes(&scim, "a3").len(), 1 + WRITERS);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_our_host_both_interfaces_take_turns() {
    let scim = {
        let _ours = ours();
        Scim::new(account()).await
    };
    let own = scim
        .edge
        .client(&[("authorization", &format!("Bearer {OWN_TOKEN}")), ("content-type", "application/json")]);
    let own = &own;
    let grants = join_all((0..WRITERS).map(|number| async move {
        let principal = json!({"kind": "email", "id": person(1000 + number)});
        let change = json!({"operation": "grant", "entitlement": "group:a3:member", "principal": principal});
        let body = json!({"changes": [change]}).to_string();
        own.try_send_text(Method::POST, "/v1/apply", body).await.unwrap().json
    }));
    let patches =
        join_all((0..WRITERS).map(|number| scim.patch("/Groups/a3", patch_of(number)["Operations"].clone())));
    let (grants, patches) = tokio::join!(grants, patches);
    assert!(grants.iter().all(|report| report["results"][0]["status"] == "applied"), "{grants:?}");
    assert!(patches.iter().all(|(status, _)| *status == 204), "{patches:?}");
    assert_eq!(includes(&scim, "a3").len(), 1 + 2 * WRITERS);
}
