//! Roles that members hold by a policy alone, or through a user group. Permission groups have other ids than
//! the roles of the same names, as Cloudflare's have.

use super::user_groups::account_with_user_groups;
use super::{ANN, EVE, Scim, account, each, encoded};
use host_test::mock::{Account, Effect, Fault, Inherited, Member, Policy};
use http::Method;
use serde_json::{Value, json};

/// Makes an account in which a policy alone gives Billing to Ann, and these roles stand in her list. Eve has
/// the role of the Super Administrators.
fn by_policy(roles: &[&str]) -> Account {
    let mut account = Account { has_own_permission_ids: true, ..account() };
    let more = roles.iter().map(|id| account.role(id).unwrap());
    let all: Vec<Policy> =
        more.chain(account.role("d1")).map(|it| account.account_wide_policy("e1", it)).collect();
    account.members[0].roles = roles.iter().map(|role| (*role).to_owned()).collect();
    account.members[0].policies = all;
    account
}

fn add(role: &str) -> Value {
    json!([{"op": "add", "path": "roles", "value": [{"value": role}]}])
}

fn remove(role: &str) -> Value {
    json!([{"op": "remove", "path": format!("roles[value eq \"{role}\"]")}])
}

fn ids(user: &Value) -> Vec<&str> {
    let roles = user["roles"].as_array().map(Vec::as_slice).unwrap_or_default();
    roles.iter().map(|role| role["value"].as_str().unwrap()).collect()
}

/// Returns how often Cloudflare was asked for this.
fn asked(scim: &Scim, route: &str) -> u64 {
    scim.edge.mock.requests_by_route().get(route).copied().unwrap_or_default()
}

#[tokio::test]
async fn the_role_is_shown_and_found_by_its_own_id() {
    let account = by_policy(&[]);
    let permission_group = account.members[0].policies[0].permission_groups[0].id.clone();
    assert_ne!(permission_group, "d1");
    let scim = Scim::new(account).await;
    let uri = format!("http://{}/scim/v2/Roles/d1", scim.edge.server.address);
    let billing = json!([{"value": "d1", "$ref": uri, "display": "Billing"}]);
    assert_eq!(scim.get(&format!("/Users/{ANN}")).await["roles"], billing);
    assert_eq!(scim.get("/Users").await["Resources"][0]["roles"], billing);
    assert_eq!(scim.get("/Roles/d1").await["displayName"], "Billing");
    for (role, holders) in [("d1", &[ANN][..]), ("d2", &[EVE]), (&permission_group, &[])] {
        let filter = encoded(&format!("roles.value eq \"{role}\""));
        let found = scim.get(&format!("/Users?filter={filter}")).await;
        assert_eq!(each(&found, "id"), holders, "{role}");
    }
}

#[tokio::test]
async fn a_permission_group_that_is_no_role_leads_nowhere() {
    let mut account = by_policy(&[]);
    account.roles.remove(0);
    let permission_group = account.members[0].policies[0].permission_groups[0].id.clone();
    let scim = Scim::new(account).await;
    let shown = json!([{"value": permission_group, "display": "Billing"}]);
    assert_eq!(scim.get(&format!("/Users/{ANN}")).await["roles"], shown);
}

#[tokio::test]
async fn the_roles_are_read_once_and_only_for_those_who_need_them() {
    let mut account = by_policy(&[]);
    let billing = account.account_wide_policy("e3", &account.roles[0]);
    let more = (0..120).map(|number| Member {
        id: format!("{number:032x}"),
        status: "accepted".into(),
        email: Some(format!("p{number}@corp.example")),
        roles: vec!["d1".into()],
        policies: vec![billing.clone()],
        ..Member::default()
    });
    account.members.extend(more);
    let scim = Scim::new(account).await;
    scim.get(&format!("/Users/{EVE}")).await;
    assert_eq!(asked(&scim, "GET roles"), 0);
    let members = asked(&scim, "GET members");
    scim.get("/Users").await;
    // The pages behind the one with Ann were sent for before she was seen, and aren't sent for again.
    assert_eq!((asked(&scim, "GET roles"), asked(&scim, "GET members")), (1, members + 3));
    scim.get(&format!("/Users/{ANN}")).await;
    assert_eq!(asked(&scim, "GET roles"), 2);
}

#[tokio::test]
async fn it_is_not_given_again_and_not_taken_in_silence() {
    let scim = Scim::with(by_policy(&[]), &[("CONNECTOR_LIFECYCLE", "")]).await;
    let path = format!("/Users/{ANN}");
    let (status, user) = scim.patch(&path, add("d1")).await;
    assert_eq!((status, ids(&user)), (200, vec!["d1"]), "{user}");
    let (status, body) = scim.patch(&path, remove("d1")).await;
    assert_eq!((status, body["scimType"].as_str()), (400, Some("mutability")), "{body}");
    assert!(body["detail"].as_str().unwrap().contains("all roles of this person"), "{body}");
    assert_eq!((scim.writes(), scim.edge.mock.account()), (0, by_policy(&[])));
}

#[tokio::test]
async fn the_membership_ends_with_it_when_it_is_the_last_role() {
    for operations in [remove("d1"), json!([{"op": "replace", "path": "roles", "value": []}])] {
        let scim = Scim::new(by_policy(&[])).await;
        let (status, user) = scim.patch(&format!("/Users/{ANN}"), operations).await;
        assert_eq!((status, ids(&user)), (200, vec![]), "{user}");
        let left = scim.edge.mock.read(|it| it.members.iter().map(|it| it.id.clone()).collect::<Vec<_>>());
        assert_eq!((left, scim.writes()), (vec!["e2".to_owned()], 1));
    }
}

#[tokio::test]
async fn it_is_taken_alone_from_whoever_has_more() {
    let scim = Scim::new(by_policy(&["d2"])).await;
    let (status, user) = scim.patch(&format!("/Users/{ANN}"), remove("d1")).await;
    assert_eq!((status, ids(&user)), (200, vec!["d2"]), "{user}");
    let ann = scim.edge.mock.read(|account| account.members[0].clone());
    assert_eq!((ann.roles, ann.policies.len(), scim.writes()), (vec!["d2".to_owned()], 1, 1));
}

#[tokio::test]
async fn a_policy_that_denies_the_same_is_the_reason_why_it_stays() {
    let mut account = by_policy(&["d2"]);
    let billing = account.account_wide_policy("denying", &account.roles[0]);
    account.members[0].policies.push(Policy { access: "deny".into(), ..billing });
    let scim = Scim::new(account.clone()).await;
    let (status, body) = scim.patch(&format!("/Users/{ANN}"), remove("d1")).await;
    assert_eq!((status, body["scimType"].as_str()), (400, Some("mutability")), "{body}");
    assert!(body["detail"].as_str().unwrap().contains("A policy denies the same"), "{body}");
    assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account));
}

#[tokio::test]
async fn it_goes_with_a_user_who_is_deleted() {
    let scim = Scim::new(by_policy(&[])).await;
    let answer = scim.ask(Method::DELETE, &format!("/Users/{ANN}"), &Value::Null).await;
    assert_eq!(answer.status, 204, "{}", answer.body);
    assert!(scim.edge.mock.read(|account| account.members.iter().all(|member| member.id != "e1")));
    assert_eq!(scim.ask(Method::GET, &format!("/Users/{ANN}"), &Value::Null).await.status, 404);
}

#[tokio::test]
async fn a_role_through_a_user_group_is_refused_whether_members_show_it_or_not() {
    for (inherited, shown) in [
        (Inherited::Hidden, &["d2"][..]),
        (Inherited::InPolicies, &["d1", "d2"]),
        (Inherited::InRoles, &["d1", "d2"]),
    ] {
        // Payers, a user group that Ann is in, gives Billing.
        let mut account = Account { inherited, has_own_permission_ids: true, ..account_with_user_groups() };
        let [billing, all] = [0, 1].map(|at| account.roles[at].clone());
        account.user_groups[1].policies = Some(vec![account.account_wide_policy("0c1", &billing)]);
        account.members[0].policies = vec![account.account_wide_policy("e1", &all)];
        account.members[0].roles = vec![all.id];
        let scim = Scim::new(account.clone()).await;
        let path = format!("/Users/{ANN}");
        assert_eq!(ids(&scim.get(&path).await), shown);
        let (status, body) = scim.patch(&path, remove("d1")).await;
        assert_eq!((status, body["scimType"].as_str()), (400, Some("mutability")), "{body}");
        assert!(body["detail"].as_str().unwrap().contains("the user group \"Payers\""), "{body}");
        let (status, user) = scim.patch(&path, add("d1")).await;
        assert_eq!((status, ids(&user)), (200, shown.to_vec()), "{user}");
        assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account));
    }
}

#[tokio::test]
async fn what_nobody_gives_needs_not_be_taken() {
    let scim = Scim::new(account_with_user_groups()).await;
    let (status, user) = scim.patch(&format!("/Users/{EVE}"), remove("d1")).await;
    assert_eq!((status, ids(&user), scim.writes()), (200, vec!["d2"], 0), "{user}");
}

#[tokio::test]
async fn without_the_roles_nobody_is_shown_who_needs_them() {
    let scim = Scim::new(by_policy(&[])).await;
    let refused = Effect::Status { status: 403, code: 10000, message: "no".into(), headers: vec![] };
    scim.edge.mock.inject(Fault::on("GET", "roles", refused));
    let ann = format!("/Users/{ANN}");
    for (method, path, body) in [
        (Method::GET, "/Users", Value::Null),
        (Method::GET, &ann, Value::Null),
        (Method::PATCH, &ann, json!({"Operations": remove("d1")})),
    ] {
        let answer = scim.ask(method, path, &body).await;
        assert_eq!(answer.status, 502, "{path}: {}", answer.body);
    }
    assert_eq!(ids(&scim.get(&format!("/Users/{EVE}")).await), ["d2"]);
    assert_eq!((scim.writes(), scim.edge.mock.account()), (0, by_policy(&[])));
}

#[tokio::test]
async fn the_members_tell_the_roles_where_cloudflare_lists_none() {
    let mut account = by_policy(&[]);
    account.roles_gone = Some((410, 1000));
    let permission_group = account.members[0].policies[0].permission_groups[0].id.clone();
    for (eve, shown) in [("d1", "d1"), ("d2", permission_group.as_str())] {
        account.members[1].roles = vec![eve.into()];
        let scim = Scim::new(account.clone()).await;
        assert_eq!(ids(&scim.get(&format!("/Users/{ANN}")).await), [shown], "Eve has {eve}");
    }
}
