//! User groups of the account, which stand among the groups where the operator wants that.

use super::{ANN, BOB, DEE, EVE, GROUP, Scim, account, each, encoded};
use host_test::mock::{Account, UserGroup};
use http::Method;
use serde_json::{Value, json};

/// The variable that shows user groups.
pub const SHOWN: (&str, &str) = ("SCIM_USER_GROUPS", "true");

/// Adds the user group `0c1`, which has Ann and gives Billing, and `0c2`, which an identity provider manages.
pub fn account_with_user_groups() -> Account {
    let mut account = account();
    let billing = account.account_wide_policy("0c1", &account.roles[0]);
    let group = |id: &str, name: &str, policies, members: &[&str]| UserGroup {
        id: id.into(),
        ..UserGroup::new(name, policies).with_members(members.iter().map(|id| (*id).to_owned()).collect())
    };
    account.user_groups = vec![
        UserGroup { is_managed: true, ..group("0c2", "Engineers", vec![], &["e2"]) },
        group("0c1", "Payers", vec![billing], &["e1"]),
    ];
    account
}

async fn service() -> Scim {
    Scim::with(account_with_user_groups(), &[SHOWN]).await
}

/// Returns the members of `0c1` at Cloudflare.
fn payers(scim: &Scim) -> Vec<String> {
    scim.edge.mock.read(|account| account.user_groups[1].members.clone())
}

fn members(ids: &[&str]) -> Value {
    ids.iter().map(|id| json!({"value": id})).collect()
}

#[tokio::test]
async fn they_are_told_from_access_groups_by_id_name_and_kind() {
    let scim = service().await;
    let groups = scim.get("/Groups").await;
    assert_eq!(each(&groups, "id"), ["a1", "a2", "a3", "user-group-0c1", "user-group-0c2"]);
    let names = ["Engineers", "Corp", "Auditors", "Account: Payers", "Account: Engineers"];
    assert_eq!(each(&groups, "displayName"), names);
    let uri = |path: String| format!("http://{}/scim/v2/{path}", scim.edge.server.address);
    let payers = &groups["Resources"][3];
    let ann = json!({
        "value": ANN,
        "$ref": uri(format!("Users/{ANN}")),
        "display": "ann@corp.example",
        "type": "User",
    });
    assert_eq!(payers["members"], json!([ann]));
    assert_eq!(payers["meta"]["location"], uri("Groups/user-group-0c1".into()));
    assert_eq!(scim.get("/Groups/user-group-0c1").await, *payers);
    let told = scim.get(&format!("/Groups/user-group-0c1?attributes={GROUP}")).await;
    assert_eq!(told[GROUP], json!({"kind": "user-group", "gives": ["Billing on the whole account"]}));
    let access = scim.get(&format!("/Groups/a1?attributes={GROUP}:kind")).await;
    assert_eq!(access[GROUP], json!({"kind": "group"}));
}

#[tokio::test]
async fn without_the_switch_there_are_none() {
    let scim = Scim::new(account_with_user_groups()).await;
    assert_eq!(each(&scim.get("/Groups").await, "id"), ["a1", "a2", "a3"]);
    let add = json!({"Operations": [{"op": "add", "path": "members", "value": members(&[BOB])}]});
    for (method, body) in [(Method::GET, Value::Null), (Method::PATCH, add)] {
        let answer = scim.ask(method, "/Groups/user-group-0c1", &body).await;
        assert_eq!(answer.status, 404, "{}", answer.body);
    }
    let asked = scim.edge.mock.requests();
    assert!(asked.iter().all(|request| !request.path.contains("user_groups")), "{asked:?}");
}

#[tokio::test]
async fn filters_and_pages_reach_them() {
    let scim = service().await;
    for (filter, expected) in [
        (r#"displayName eq "account: payers""#, &["user-group-0c1"][..]),
        (r#"displayName eq "Payers""#, &[]),
        (r#"displayName eq "Engineers""#, &["a1"]),
        (r#"displayName co "engineers""#, &["a1", "user-group-0c2"]),
        (r#"id eq "user-group-0c2""#, &["user-group-0c2"]),
        (r#"id eq "user-group-0c9""#, &[]),
        (&format!("members.value eq \"{ANN}\""), &["a1", "user-group-0c1"]),
        (&format!("id eq \"user-group-0c1\" and members eq \"{ANN}\""), &["user-group-0c1"]),
        (&format!("id eq \"user-group-0c1\" and members eq \"{BOB}\""), &[]),
    ] {
        let found = scim.get(&format!("/Groups?filter={}", encoded(filter))).await;
        assert_eq!(each(&found, "id"), expected, "{filter}");
    }
    let (mut cursor, mut all) = (String::new(), Vec::new());
    loop {
        let page = scim.get(&format!("/Groups?count=2&cursor={cursor}")).await;
        all.extend(each(&page, "id").into_iter().map(str::to_owned));
        let Some(next) = page["nextCursor"].as_str() else { break };
        next.clone_into(&mut cursor);
    }
    assert_eq!(all, ["a1", "a2", "a3", "user-group-0c1", "user-group-0c2"]);
}

#[tokio::test]
async fn their_members_are_added_removed_and_replaced() {
    let scim = service().await;
    let path = "/Groups/user-group-0c1";
    let add = json!([{"op": "Add", "path": "members", "value": members(&[EVE, ANN])}]);
    assert_eq!(scim.patch(path, add).await, (204, Value::Null));
    assert_eq!((payers(&scim), scim.writes()), (vec!["e1".into(), "e2".into()], 1));
    let remove = json!([{"op": "remove", "path": format!("members[value eq \"{ANN}\"]")}]);
    assert_eq!(scim.patch(path, remove).await, (204, Value::Null));
    assert_eq!(payers(&scim), ["e2"]);
    let body = json!({"displayName": "Account: Payers", "members": members(&[ANN])});
    let answer = scim.ask(Method::PUT, path, &body).await;
    assert_eq!((answer.status.as_u16(), payers(&scim)), (200, vec!["e1".into()]), "{}", answer.body);
    assert_eq!(answer.json["members"][0]["value"], ANN);
    let writes = scim.writes();
    let body = json!({"displayName": "Account: Payers"});
    assert_eq!(scim.ask(Method::PUT, path, &body).await.status, 200);
    assert_eq!((payers(&scim), scim.writes()), (vec!["e1".into()], writes));
    let access = scim.edge.mock.read(|account| account.groups.clone());
    assert_eq!(access, account().groups, "no Access group has changed");
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_nothing_is_written() {
    let scim = service().await;
    let before = scim.edge.mock.account();
    let add = |id: &str| json!([{"op": "add", "path": "members", "value": members(&[EVE, id])}]);
    let rename = json!([{"op": "replace", "path": "displayName", "value": "Account: Others"}]);
    let managed = json!([{"op": "remove", "path": format!("members[value eq \"{EVE}\"]")}]);
    for (group, operations, kind, why) in [
        ("0c1", add(BOB), "mutability", "bob@corp.example"),
        ("0c1", add(DEE), "mutability", "Give them a role first"),
        ("0c1", add("fake-member-id"), "invalidValue", "no id of a user"),
        ("0c1", rename, "mutability", ""),
        ("0c2", managed, "mutability", "the user group \"Engineers\" comes from the identity provider"),
    ] {
        let (status, body) = scim.patch(&format!("/Groups/user-group-{group}"), operations).await;
        assert_eq!((status, body["scimType"].as_str()), (400, Some(kind)), "{body}");
        assert!(body["detail"].as_str().unwrap().contains(why), "{body}");
    }
    let answer = scim.ask(Method::DELETE, "/Groups/user-group-0c1", &Value::Null).await;
    assert_eq!(answer.status, 501, "{}", answer.body);
    assert_eq!(scim.edge.mock.account(), before);
}

#[tokio::test]
async fn who_has_declined_the_invitation_does_not_join() {
    let mut account = account_with_user_groups();
    account.members[1].status = "rejected".into();
    let scim = Scim::with(account, &[SHOWN]).await;
    let add = json!([{"op": "add", "path": "members", "value": members(&[EVE])}]);
    let (status, body) = scim.patch("/Groups/user-group-0c1", add).await;
    assert_eq!((status, scim.writes()), (400, 0), "{body}");
    assert!(body["detail"].as_str().unwrap().contains("eve@corp.example"), "{body}");
}

#[tokio::test]
async fn the_last_super_administrator_stays_in_the_group() {
    let mut account = account_with_user_groups();
    account.user_groups[1].policies = Some(vec![account.account_wide_policy("0c1", &account.roles[1])]);
    let scim = Scim::with(account.clone(), &[SHOWN]).await;
    let remove = json!([{"op": "remove", "path": format!("members[value eq \"{ANN}\"]")}]);
    let (status, body) = scim.patch("/Groups/user-group-0c1", remove).await;
    assert_eq!((status, body["scimType"].as_str()), (400, Some("mutability")), "{body}");
    assert!(body["detail"].as_str().unwrap().contains("Super Administrator"), "{body}");
    assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account));
}

/// Each could go alone, and one of them has to stay.
#[tokio::test]
async fn a_group_of_all_super_administrators_is_not_emptied() {
    let mut account = account_with_user_groups();
    account.user_groups[1].policies = Some(vec![account.account_wide_policy("0c1", &account.roles[1])]);
    account.user_groups[1].members.push("e2".into());
    account.members[1].status = "accepted".into();
    account.members[1].roles = vec!["d1".into()];
    let all = [
        json!([{"op": "replace", "path": "members", "value": []}]),
        json!([{"op": "remove", "path": "members"}]),
    ];
    for operations in all {
        let scim = Scim::with(account.clone(), &[SHOWN]).await;
        let (status, body) = scim.patch("/Groups/user-group-0c1", operations).await;
        assert_eq!((status, body["scimType"].as_str()), (400, Some("mutability")), "{body}");
        let told = "None of the 2 changes was made, because of 1 of them. eve@corp.example: This is the \
                    account's last Super Administrator who has accepted";
        assert!(body["detail"].as_str().unwrap().starts_with(told), "{body}");
        assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account.clone()));
    }
    // With another one who has the role without the group, everybody can be taken out.
    let mut other = account.members[0].clone();
    (other.id, other.email, other.roles) = ("e3".into(), Some("zoe@corp.example".into()), vec!["d2".into()]);
    other.user = None;
    account.members.push(other);
    let scim = Scim::with(account, &[SHOWN]).await;
    let operations = json!([{"op": "replace", "path": "members", "value": []}]);
    assert_eq!(scim.patch("/Groups/user-group-0c1", operations).await, (204, Value::Null));
    assert_eq!(payers(&scim), [""; 0]);
}

#[tokio::test]
async fn they_are_changed_only_as_the_client_knows_them_and_with_the_switch_for_changes() {
    let scim = service().await;
    let version = scim.get("/Groups/user-group-0c1").await["meta"]["version"].as_str().unwrap().to_owned();
    let change =
        |id: &str| json!({"Operations": [{"op": "add", "path": "members", "value": members(&[id])}]});
    let known = [("if-match", version.as_str())];
    for expected in [204, 412] {
        let answer = scim.ask_with(&known, Method::PATCH, "/Groups/user-group-0c1", &change(EVE)).await;
        assert_eq!(answer.status, expected, "{}", answer.body);
    }
    let scim = Scim::with(account_with_user_groups(), &[SHOWN, ("CONNECTOR_PROVISIONING", "")]).await;
    assert_eq!(scim.get("/Groups").await["totalResults"], 5);
    let answer = scim.ask(Method::PATCH, "/Groups/user-group-0c1", &change(EVE)).await;
    assert_eq!((answer.status.as_u16(), scim.writes()), (400, 0), "{}", answer.body);
    assert!(answer.body.contains("CONNECTOR_PROVISIONING"), "{}", answer.body);
}

#[tokio::test]
async fn no_access_group_can_take_the_name_of_one() {
    let scim = service().await;
    let named = json!({"displayName": "account: payers"});
    let rename =
        json!({"Operations": [{"op": "replace", "path": "displayName", "value": "Account: Payers"}]});
    for (method, path, body) in [(Method::POST, "/Groups", named), (Method::PATCH, "/Groups/a1", rename)] {
        let answer = scim.ask(method, path, &body).await;
        assert_eq!((answer.status.as_u16(), answer.json["scimType"].as_str()), (400, Some("invalidValue")));
        assert!(answer.body.contains("user group"), "{}", answer.body);
    }
    assert_eq!(scim.writes(), 0);
    // Without user groups there is nothing to take it for.
    let scim = Scim::new(account_with_user_groups()).await;
    let answer = scim.ask(Method::POST, "/Groups", &json!({"displayName": "Account: Payers"})).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
}

/// Sends the whole group back, with the name that somebody else has given it, as platforms do.
async fn keeps_its_name(name: &str) {
    let mut account = account_with_user_groups();
    account.groups[2].name = name.into();
    let scim = Scim::with(account, &[SHOWN]).await;
    let shown = scim.get("/Groups/a3").await["displayName"].clone();
    let put = json!({"displayName": shown, "members": members(&[BOB, DEE])});
    let patch = json!({"Operations": [
        {"op": "replace", "value": {"displayName": shown, "members": members(&[BOB])}},
    ]});
    for (method, body, writes, members) in [(Method::PUT, put, 1, 2), (Method::PATCH, patch, 2, 1)] {
        let answer = scim.ask(method, "/Groups/a3", &body).await;
        assert!(answer.status.is_success(), "{name:?}: {}", answer.body);
        assert_eq!((scim.writes(), scim.includes(2).len()), (writes, members), "{name:?}");
        assert_eq!(scim.edge.mock.read(|account| account.groups[2].name.clone()), name);
    }
}

#[tokio::test]
async fn a_group_keeps_the_name_that_no_other_one_gets() {
    for name in ["Account: Payers", "account: old"] {
        keeps_its_name(name).await;
    }
}

#[tokio::test]
async fn a_group_keeps_the_blanks_around_its_name() {
    for name in ["  Auditors ", "\tAuditors\n"] {
        keeps_its_name(name).await;
    }
}
