//! Roles of people: given and taken, with the memberships that begin and end with them.

use super::{ANN, BOB, CAT, EVE, Scim, account, email};
use host_test::mock::{Account, Effect, Fault, Operation, UserGroup, When};
use http::Method;
use serde_json::{Value, json};

/// Makes Ann the Super Administrator.
fn account_with_two() -> Account {
    let mut account = account();
    account.members[0].roles = vec!["d2".into()];
    account
}

fn add(role: &str) -> Value {
    json!([{"op": "add", "path": "roles", "value": [{"value": role}]}])
}

fn replace(roles: &[&str]) -> Value {
    let roles: Vec<Value> = roles.iter().map(|role| json!({"value": role})).collect();
    json!([{"op": "replace", "path": "roles", "value": roles}])
}

/// Returns the address, the status and the roles of each member at Cloudflare.
fn members(scim: &Scim) -> Vec<(String, String, Vec<String>)> {
    scim.edge.mock.read(|account| {
        let members = account.members.iter();
        members.map(|it| (it.email.clone().unwrap(), it.status.clone(), it.roles.clone())).collect()
    })
}

fn member(name: &str, status: &str, roles: &[&str]) -> (String, String, Vec<String>) {
    let roles = roles.iter().map(|role| (*role).to_owned()).collect();
    (format!("{name}@corp.example"), status.into(), roles)
}

fn ids(user: &Value) -> Vec<&str> {
    let roles = user["roles"].as_array().map(Vec::as_slice).unwrap_or_default();
    roles.iter().map(|role| role["value"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn roles_are_given_and_taken() {
    let scim = Scim::new(account_with_two()).await;
    let path = format!("/Users/{EVE}");
    let (status, user) = scim.patch(&path, add("d1")).await;
    assert_eq!((status, ids(&user)), (200, vec!["d1", "d2"]), "{user}");
    assert_eq!(members(&scim)[1], member("eve", "pending", &["d2", "d1"]));
    let remove = json!([{"op": "remove", "path": "roles[value eq \"d2\"]"}]);
    let (status, user) = scim.patch(&path, remove).await;
    assert_eq!((status, ids(&user)), (200, vec!["d1"]), "{user}");
    assert_eq!(members(&scim)[1], member("eve", "pending", &["d1"]));
    assert_eq!(scim.writes(), 2);
}

/// Programs spell Cloudflare's ids in capitals, too.
#[tokio::test]
async fn an_id_in_capitals_is_the_same_role() {
    const BILLING: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
    let mut account = account_with_two();
    account.roles[0].id = BILLING.into();
    let capitals = BILLING.to_ascii_uppercase();
    let scim = Scim::new(account).await;
    let path = format!("/Users/{EVE}");
    let (given, taken) = (member("eve", "pending", &["d2", BILLING]), member("eve", "pending", &["d2"]));
    let of = |op: &str| json!([{"op": op, "path": "roles", "value": [{"value": capitals}]}]);
    for (operations, expected, writes) in [
        (of("add"), &given, 1),
        (of("add"), &given, 1),
        (replace(&[&capitals, "d2"]), &given, 1),
        (of("remove"), &taken, 2),
        (of("add"), &given, 3),
        (json!([{"op": "remove", "path": format!("roles[value eq \"{capitals}\"]")}]), &taken, 4),
    ] {
        let (status, user) = scim.patch(&path, operations.clone()).await;
        assert_eq!(
            (status, &members(&scim)[1], scim.writes()),
            (200, expected, writes),
            "{operations}: {user}"
        );
    }
    let body = json!({"userName": "fay@corp.example", "roles": [{"value": capitals}, {"value": BILLING}]});
    let answer = scim.ask(Method::POST, "/Users", &body).await;
    assert_eq!((answer.status.as_u16(), ids(&answer.json)), (201, vec![BILLING]), "{}", answer.body);
    assert_eq!(scim.get(&format!("/Roles/{capitals}")).await["id"], BILLING);
}

#[tokio::test]
async fn a_role_that_is_none_does_not_look_like_a_person_who_is_gone() {
    let scim = Scim::new(account_with_two()).await;
    let both = json!([{"op": "add", "path": "roles", "value": [{"value": "d1"}, {"value": "d9"}]}]);
    for (person, operations) in [(EVE, both.clone()), (BOB, both), (EVE, add("no id")), (BOB, add("no id"))] {
        let (status, body) = scim.patch(&format!("/Users/{person}"), operations).await;
        assert_eq!((status, body["scimType"].as_str()), (400, Some("invalidValue")), "{body}");
        assert!(body["detail"].as_str().unwrap().contains("GET /Roles tells"), "{body}");
    }
    assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account_with_two()));
}

#[tokio::test]
async fn the_last_super_administrator_stays() {
    let scim = Scim::new(account_with_two()).await;
    for roles in [&["d1"][..], &[]] {
        let (status, body) = scim.patch(&format!("/Users/{ANN}"), replace(roles)).await;
        assert_eq!((status, body["scimType"].as_str()), (400, Some("mutability")), "{body}");
        assert!(body["detail"].as_str().unwrap().contains("Super Administrator"), "{body}");
    }
    assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account_with_two()));
}

#[tokio::test]
async fn without_the_switch_nobody_is_invited_and_no_membership_ends() {
    let scim = Scim::with(account(), &[("CONNECTOR_LIFECYCLE", "")]).await;
    for (person, operations, why) in
        [(BOB, replace(&["d1"]), "no member"), (ANN, replace(&[]), "all roles of this person")]
    {
        let (status, body) = scim.patch(&format!("/Users/{person}"), operations).await;
        assert_eq!((status, body["scimType"].as_str()), (400, Some("mutability")), "{body}");
        let detail = body["detail"].as_str().unwrap();
        assert!(detail.contains(why) && detail.contains("CONNECTOR_LIFECYCLE"), "{detail}");
    }
    // Nobody has to be a member to have no role.
    assert_eq!(scim.patch(&format!("/Users/{BOB}"), replace(&[])).await.0, 200);
    assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account()));
}

#[tokio::test]
async fn who_is_no_member_is_invited_with_exactly_these_roles() {
    let without_mail = [("CONNECTOR_WITHOUT_MAIL", "true")];
    for (variables, has_login, status, writes) in [
        (&[][..], true, "pending", 1),
        (&without_mail, true, "accepted", 1),
        // Cloudflare lets nobody join at once who has no login: they get a mail.
        (&without_mail, false, "pending", 2),
    ] {
        let mut account = account_with_two();
        account.lifecycle.logins.extend(has_login.then(|| "bob@corp.example".to_owned()));
        let scim = Scim::with(account, variables).await;
        let (answered, user) = scim.patch(&format!("/Users/{BOB}"), replace(&["d1", "d2"])).await;
        assert_eq!((answered, ids(&user)), (200, vec!["d1", "d2"]), "{user}");
        assert_eq!(user[super::USER]["membershipStatus"], status);
        assert_eq!(members(&scim)[2], member("bob", status, &["d1", "d2"]));
        assert_eq!(scim.writes(), writes);
        // The same once more changes nothing.
        let body = json!({"userName": "bob@corp.example", "roles": [{"value": "d2"}, {"value": "d1"}]});
        let again = scim.ask(Method::PUT, &format!("/Users/{BOB}"), &body).await;
        assert_eq!((again.status.as_u16(), scim.writes()), (200, writes), "{}", again.body);
    }
}

#[tokio::test]
async fn a_new_user_with_roles_is_invited_and_added() {
    let scim = Scim::new(account_with_two()).await;
    let fay = |role: &str| json!({"userName": "Fay@corp.example", "roles": [{"value": role}]});
    let answer = scim.ask(Method::POST, "/Users", &fay("d1")).await;
    assert_eq!((answer.status.as_u16(), ids(&answer.json)), (201, vec!["d1"]), "{}", answer.body);
    assert_eq!(members(&scim)[2], member("fay", "pending", &["d1"]));
    assert_eq!(scim.edge.mock.account().users.len(), 4);
    for body in [fay("d1"), fay("d2"), json!({"userName": "eve@corp.example", "roles": [{"value": "d1"}]})] {
        let again = scim.ask(Method::POST, "/Users", &body).await;
        assert_eq!((again.status.as_u16(), &again.json["scimType"]), (409, &json!("uniqueness")));
        assert!(again.json["detail"].as_str().unwrap().contains("Its id is"), "{}", again.body);
    }
    let none = json!({"userName": "gil@corp.example", "roles": [{"value": "d1"}, {"value": "d9"}]});
    let answer = scim.ask(Method::POST, "/Users", &none).await;
    assert_eq!((answer.status.as_u16(), &answer.json["scimType"]), (400, &json!("invalidValue")));
    assert_eq!((scim.writes(), members(&scim).len()), (2, 3));
}

#[tokio::test]
async fn a_new_user_gets_no_roles_without_the_switch_for_them() {
    let scim = Scim::with(account(), &[("CONNECTOR_PROVISIONING", "")]).await;
    let body = json!({"userName": "fay@corp.example", "roles": [{"value": "d1"}]});
    let answer = scim.ask(Method::POST, "/Users", &body).await;
    assert_eq!((answer.status.as_u16(), &answer.json["scimType"]), (400, &json!("mutability")));
    assert!(answer.json["detail"].as_str().unwrap().contains("CONNECTOR_PROVISIONING"), "{}", answer.body);
    assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account()));
}

#[tokio::test]
async fn an_invitation_without_its_user_is_told_and_the_same_request_does_the_rest() {
    let scim = Scim::new(account_with_two()).await;
    let body = json!({"userName": "fay@corp.example", "roles": [{"value": "d1"}]});
    let refused = Effect::Status { status: 400, code: 1, message: "no".into(), headers: vec![] };
    scim.edge.mock.inject(Fault::on("POST", "access/users", refused).at_attempt(1));
    let answer = scim.ask(Method::POST, "/Users", &body).await;
    assert_eq!((answer.status.as_u16(), &answer.json["scimType"]), (409, &Value::Null), "{}", answer.body);
    let detail = answer.json["detail"].as_str().unwrap();
    assert!(detail.contains("was invited") && !detail.contains("Nothing was written"), "{detail}");
    assert_eq!(members(&scim)[2], member("fay", "pending", &["d1"]));
    assert_eq!(scim.edge.mock.account().users.len(), 3);
    let again = scim.ask(Method::POST, "/Users", &body).await;
    assert_eq!((again.status.as_u16(), members(&scim).len()), (201, 3), "{}", again.body);
    assert_eq!(scim.edge.mock.account().users.len(), 4);
}

#[tokio::test]
async fn lost_answers_are_looked_for() {
    let lost = |method, route| {
        let effect = Effect::Status { status: 500, code: 1, message: "no".into(), headers: vec![] };
        Fault::on(method, route, effect).carried_out(true)
    };
    let scim = Scim::new(account_with_two()).await;
    scim.edge.mock.inject(lost("POST", "members"));
    let (status, user) = scim.patch(&format!("/Users/{BOB}"), add("d1")).await;
    assert_eq!((status, ids(&user)), (200, vec!["d1"]), "{user}");
    assert_eq!(members(&scim).len(), 3, "one invitation, and not two");
    scim.edge.mock.inject(lost("DELETE", "members/{id}"));
    let (status, user) = scim.patch(&format!("/Users/{BOB}"), replace(&[])).await;
    assert_eq!((status, ids(&user)), (200, vec![]), "{user}");
    assert_eq!(members(&scim).len(), 2);
}

#[tokio::test]
async fn the_membership_ends_with_the_last_role() {
    let scim = Scim::new(account_with_two()).await;
    // Nothing but the invitation knows Eve, and a PATCH that was done is no failure.
    let (status, user) = scim.patch(&format!("/Users/{EVE}"), replace(&[])).await;
    assert_eq!((status, &user["active"], ids(&user)), (200, &json!(false), vec![]), "{user}");
    assert_eq!(scim.ask(Method::GET, &format!("/Users/{EVE}"), &Value::Null).await.status, 404);
    assert_eq!((members(&scim), scim.writes()), (vec![member("ann", "accepted", &["d2"])], 1));
}

#[tokio::test]
async fn a_membership_with_more_stays_and_what_it_has_is_named() {
    let mut account = account_with_two();
    account.members[0].roles = vec!["d1".into()];
    account.user_groups = vec![UserGroup::new("Operators", vec![]).with_members(vec!["e1".into()])];
    let scim = Scim::new(account.clone()).await;
    let (status, body) = scim.patch(&format!("/Users/{ANN}"), replace(&[])).await;
    assert_eq!((status, body["scimType"].as_str()), (400, Some("mutability")), "{body}");
    assert!(body["detail"].as_str().unwrap().contains("the user group \"Operators\""), "{body}");
    // It isn't known who is in the group.
    let refused = Effect::Status { status: 403, code: 10000, message: "no".into(), headers: vec![] };
    scim.edge.mock.inject(Fault::on("GET", "iam/user_groups/{id}/members/{id}", refused));
    let (status, body) = scim.patch(&format!("/Users/{ANN}"), replace(&[])).await;
    assert_eq!((status, body["scimType"].as_str()), (400, Some("mutability")), "{body}");
    assert!(body["detail"].as_str().unwrap().contains("isn't known whether"), "{body}");
    assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account));
}

#[tokio::test]
async fn a_role_on_a_part_of_the_account_keeps_the_membership() {
    let mut account = account();
    let billing = account.roles[0].clone();
    let policies = [
        account.account_wide_policy("e1", &billing),
        account.zone_policy("e1", &billing, "0123456789abcdef0123456789abcdef", Some("corp.example")),
    ];
    account.members[0].policies = policies.to_vec();
    let scim = Scim::new(account).await;
    let (status, user) = scim.patch(&format!("/Users/{ANN}"), replace(&[])).await;
    assert_eq!((status, ids(&user)), (200, vec![]), "{user}");
    assert_eq!(scim.edge.mock.read(|account| account.members[0].policies.len()), 1);
}

#[tokio::test]
async fn who_is_deactivated_gets_no_roles_and_loses_those_that_are_taken() {
    let mut account = account_with_two();
    account.groups[2].include = Some(vec![email("other@corp.example")]);
    let scim = Scim::new(account).await;
    let body = json!({"userName": "cat@corp.example", "active": false, "roles": [{"value": "d1"}]});
    let answer = scim.ask(Method::PUT, &format!("/Users/{CAT}"), &body).await;
    assert_eq!((answer.status.as_u16(), members(&scim).len()), (200, 2), "{}", answer.body);
    let body = json!({"userName": "eve@corp.example", "active": false, "roles": []});
    let answer = scim.ask(Method::PUT, &format!("/Users/{EVE}"), &body).await;
    assert_eq!((answer.status.as_u16(), members(&scim).len()), (200, 1), "{}", answer.body);
    assert_eq!(answer.json["active"], false);
}

#[tokio::test]
async fn roles_that_stay_keep_nobody_in() {
    let scim = Scim::new(account_with_two()).await;
    let body = json!({"userName": "ann@corp.example", "active": false, "roles": []});
    let answer = scim.ask(Method::PUT, &format!("/Users/{ANN}"), &body).await;
    let detail = answer.json["detail"].as_str().unwrap();
    assert_eq!((answer.status.as_u16(), &answer.json["scimType"]), (409, &Value::Null), "{detail}");
    assert!(detail.contains("(1) The membership member:e1 stays"), "{detail}");
    assert!(
        detail.contains("roles couldn't be changed") && detail.contains("Super Administrator"),
        "{detail}"
    );
    assert_eq!(scim.includes(0), [email("dee@partner.example"), json!({"group": {"id": "a2"}})]);
    assert_eq!(scim.edge.mock.account().revoked, ["ann@corp.example"]);
}

#[tokio::test]
async fn a_role_that_comes_meanwhile_keeps_the_membership() {
    let scim = Scim::new(account_with_two()).await;
    // Somebody gives Eve another role after the members were read, and before she is removed.
    let on = Operation::on("GET", "members").at_attempt(2);
    scim.edge.mock.meddle(on, When::After, |account| account.members[1].roles.push("d1".into()));
    let (status, body) = scim.patch(&format!("/Users/{EVE}"), replace(&[])).await;
    assert_eq!((status, body["scimType"].as_str()), (400, Some("mutability")), "{body}");
    assert!(body["detail"].as_str().unwrap().contains("the role \"Billing\""), "{body}");
    assert_eq!((scim.writes(), members(&scim)[1].clone()), (0, member("eve", "pending", &["d2", "d1"])));
}
