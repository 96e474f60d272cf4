//! Instances that `host-test serve` keeps for further requests, and those that it doesn't keep.

use super::cache::{LONG, cost};
use super::{Scim, account};
use crate::asking::{Way, hold_after, run_by};
use host_test::mock::Mock;
use http::Method;
use serde_json::{Value, json};

/// Starts the service with so much memory for each request, if that is enough for a list of roles.
async fn within(mib: &'static str) -> Option<Scim> {
    let arguments: &'static [&'static str] = Box::leak(Box::new(["--memory-mib", mib]));
    let _chosen = run_by(Way::Ours(arguments));
    let scim = Scim::with(account(), &[LONG]).await;
    let client = scim.edge.client(&[("authorization", &format!("Bearer {}", super::TOKEN))]);
    let answer = client.try_send_text(Method::GET, "/scim/v2/Roles", String::new()).await.unwrap();
    (answer.status == 200).then_some(scim)
}

#[tokio::test]
async fn one_that_takes_more_than_half_of_the_memory_is_not_kept() {
    // The least that is enough is less than twice of what is used.
    let (mut least, mut found) = (["2", "3", "4", "5", "6", "7", "8"].into_iter(), None);
    while found.is_none() {
        found = within(least.next().expect("so little is enough")).await;
    }
    assert_eq!(cost(&found.unwrap(), "/Roles").await.0, 1, "nothing was kept");
    let scim = within("16").await.unwrap();
    assert_eq!(cost(&scim, "/Roles").await.0, 0);
}

/// Asks five times at once, and lets Cloudflare answer when each request has asked for this list.
async fn five_at_once(scim: &Scim, method: &Method, path: &str, body: &Value, list: &str) {
    let mock: &Mock = &scim.edge.mock;
    let asked = || mock.requests().iter().filter(|request| request.path.ends_with(list)).count();
    let before = asked();
    let release = hold_after(mock, 0);
    let all_wait = async {
        while asked() < before + 5 {
            tokio::task::yield_now().await;
        }
        release.send(true).unwrap();
    };
    let ask = || scim.ask(method.clone(), path, body);
    let (one, two, three, four, five, ()) = tokio::join!(ask(), ask(), ask(), ask(), ask(), all_wait);
    for answer in [one, two, three, four, five] {
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

#[tokio::test]
async fn four_are_kept_and_no_more() {
    let _chosen = run_by(Way::Ours(&[]));
    let scim = Scim::with(account(), &[LONG]).await;
    let of_roles = || scim.edge.mock.requests_by_route()["GET roles"];
    five_at_once(&scim, &Method::GET, "/Roles", &Value::Null, "/roles").await;
    assert_eq!(of_roles(), 5);
    // Each of these reads the people first, and then the roles, unless its instance has them.
    five_at_once(&scim, &Method::POST, "/.search", &json!({"count": 100}), "/access/users").await;
    assert_eq!(of_roles(), 6, "four instances had the roles");
}
