//! A platform that pushes one member after another, until Cloudflare's limit is used up, and goes on.

use super::dialects::id_of;
use super::{Scim, account, each, email, encoded};
use crate::asking::ours;
use host_test::mock::{AccessUser, Account, Effect, Fault};
use http::Method;
use serde_json::{Value, json};

fn address(number: usize) -> String {
    format!("p{number:02}@corp.example")
}

fn patch_of(number: usize) -> Value {
    let value = json!([{"value": id_of(&address(number))}]);
    json!({"Operations": [{"op": "add", "path": "members", "value": value}]})
}

fn used_up() -> Effect {
    let headers = vec![("retry-after".to_owned(), "290".to_owned())];
    Effect::Status { status: 429, code: 971, message: "Please wait".into(), headers }
}

#[tokio::test]
async fn at_the_limit_nothing_is_half_done_and_the_push_goes_on() {
    let scim = Scim::new(account()).await;
    // One limit for each request of a change before it is done: all groups, the group, and the write.
    let limits = [
        Fault::on("GET", "access/groups", used_up()),
        Fault::on("GET", "access/groups/{id}", used_up()),
        Fault::on("PUT", "access/groups/{id}", used_up()).carried_out(false),
    ];
    let mut expected = vec![email("bob@corp.example")];
    for number in 0..12 {
        if let Some(limit) = limits.get(number % 4) {
            scim.edge.mock.inject(limit.clone());
            let (writes, before) = (scim.writes(), scim.includes(2));
            let answer = scim.ask(Method::PATCH, "/Groups/a3", &patch_of(number)).await;
            assert_eq!(answer.status, 429, "{number}: {}", answer.body);
            assert_eq!(answer.headers["retry-after"], "290");
            assert_eq!(scim.includes(2), before);
            assert!(scim.writes() <= writes + 1);
            scim.edge.mock.end_faults();
        }
        let answer = scim.ask(Method::PATCH, "/Groups/a3", &patch_of(number)).await;
        assert_eq!(answer.status, 204, "{}", answer.body);
        expected.push(email(&address(number)));
        assert_eq!(scim.includes(2), expected);
    }
}

#[tokio::test]
async fn a_write_that_cannot_be_read_back_at_the_limit_is_not_told_as_undone() {
    let scim = Scim::new(account()).await;
    let read_back = Fault::on("GET", "access/groups/{id}", used_up()).at_attempt(2);
    scim.edge.mock.inject(read_back);
    let answer = scim.ask(Method::PATCH, "/Groups/a3", &patch_of(0)).await;
    assert_eq!(answer.status, 204, "{}", answer.body);
    assert_eq!(scim.includes(2), [email("bob@corp.example"), email(&address(0))]);
}

#[tokio::test]
async fn a_push_of_single_members_takes_four_requests_each() {
    let scim = Scim::new(account()).await;
    for number in 0..25 {
        let answer = scim.ask(Method::PATCH, "/Groups/a3", &patch_of(number)).await;
        assert_eq!(answer.status, 204, "{}", answer.body);
    }
    let routes = scim.edge.mock.requests_by_route();
    assert_eq!(scim.edge.mock.request_count(), 4 * 25, "{routes:?}");
    assert_eq!(scim.includes(2).len(), 26);
}

/// An account's members can be thousands, 50 in a request. They are read only where a rule is about them.
#[tokio::test]
async fn members_of_the_account_are_read_where_they_decide() {
    let revoke =
        json!([{"op": "remove", "path": "members", "value": [{"value": id_of("bob@corp.example")}]}]);
    let mut with_rule = account();
    let include = with_rule.groups[2].include.as_mut().unwrap();
    include.push(email("other@corp.example"));
    let plain = with_rule.clone();
    with_rule.groups[2].include.as_mut().unwrap().push(json!({"cloudflare_account_member": {}}));
    for (account, reads) in [(plain, 0), (with_rule, 1)] {
        let scim = Scim::new(account).await;
        let (status, body) = scim.patch("/Groups/a3", revoke.clone()).await;
        assert_eq!(status, 204, "{body}");
        let routes = scim.edge.mock.requests_by_route();
        assert_eq!(routes.get("GET members").copied().unwrap_or_default(), reads, "{routes:?}");
    }
}

/// An account with these Access users beside those of the tests.
fn crowd(users: usize) -> Account {
    let user = |number: usize| AccessUser {
        id: format!("{number:032x}"),
        email: Some(address(number)),
        ..AccessUser::default()
    };
    let mut crowd = account();
    crowd.users.extend((0..users).map(user));
    crowd
}

/// Cloudflare takes 1,200 requests in 5 minutes: for a push of 1,000 people, that is six for five of them. A
/// platform looks each person up before it sends their ids, and the operator lets answers be reused.
#[tokio::test]
async fn a_push_with_a_search_for_each_person_stays_within_the_limit() {
    const PEOPLE: usize = 50;
    let scim = {
        let _ours = ours();
        Scim::with(crowd(PEOPLE), &[("SCIM_CACHE_SECONDS", "3600")]).await
    };
    let mut ids = Vec::new();
    for number in 0..PEOPLE {
        let filter = encoded(&format!("userName eq \"{}\"", address(number)));
        let found = scim.get(&format!("/Users?filter={filter}")).await;
        ids.extend(each(&found, "id").into_iter().map(|id| json!({"value": id})));
    }
    assert_eq!(ids.len(), PEOPLE);
    let (status, body) =
        scim.patch("/Groups/a3", json!([{"op": "add", "path": "members", "value": ids}])).await;
    assert_eq!((status, scim.includes(2).len()), (204, PEOPLE + 1), "{body}");
    let requests = scim.edge.mock.request_count();
    assert!(requests <= (PEOPLE * 6 / 5) as u64, "{requests}: {:?}", scim.edge.mock.requests_by_route());
}
