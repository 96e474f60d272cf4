//! Members of groups by PATCH and PUT.

use super::{ANN, BOB, CAT, DEE, Scim, account, email};
use host_test::mock::{Effect, Fault};
use http::Method;
use serde_json::{Value, json};

fn members(ids: &[&str]) -> Value {
    ids.iter().map(|id| json!({"value": id})).collect()
}

#[tokio::test]
async fn additions_and_removals_of_one_request_are_one_write() {
    let scim = Scim::new(account()).await;
    let operations = json!([
        {"op": "add", "path": "members", "value": members(&[BOB, CAT])},
        {"op": "remove", "path": format!("members[value eq \"{ANN}\"]")},
    ]);
    let (status, body) = scim.patch("/Groups/a1", operations).await;
    assert_eq!((status, body), (204, Value::Null));
    let group = json!({"group": {"id": "a2"}});
    let expected =
        [email("dee@partner.example"), group, email("bob@corp.example"), email("cat@corp.example")];
    assert_eq!(scim.includes(0), expected);
    assert_eq!(scim.writes(), 1);
}

#[tokio::test]
async fn a_replacement_keeps_every_rule_that_is_no_address() {
    let scim = Scim::new(account()).await;
    let operations = json!([{"op": "replace", "path": "members", "value": members(&[CAT, DEE])}]);
    assert_eq!(scim.patch("/Groups/a1", operations).await.0, 204);
    let expected = [email("dee@partner.example"), json!({"group": {"id": "a2"}}), email("cat@corp.example")];
    assert_eq!(scim.includes(0), expected);
    assert_eq!(scim.writes(), 1);
}

#[tokio::test]
async fn a_put_without_members_leaves_them_and_one_with_members_replaces_them() {
    let scim = Scim::new(account()).await;
    let before = scim.edge.mock.account();
    let body = json!({"id": "a1", "displayName": "Engineers"});
    let answer = scim.ask(Method::PUT, "/Groups/a1", &body).await;
    assert_eq!((answer.status.as_u16(), scim.edge.mock.account()), (200, before), "{}", answer.body);
    let body = json!({"displayName": "Engineers", "members": members(&[BOB])});
    let answer = scim.ask(Method::PUT, "/Groups/a1", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json, scim.get("/Groups/a1").await);
    assert_eq!(scim.includes(0), [json!({"group": {"id": "a2"}}), email("bob@corp.example")]);
}

#[tokio::test]
async fn what_is_so_already_writes_nothing() {
    let scim = Scim::new(account()).await;
    for operations in [
        json!([{"op": "add", "path": "members", "value": members(&[ANN])}]),
        json!([{"op": "remove", "path": format!("members[value eq \"{BOB}\"]")}]),
        json!([{"op": "replace", "path": "members", "value": members(&[DEE, ANN, "a2"])}]),
        json!([{"op": "replace", "path": "displayName", "value": "Engineers"}]),
    ] {
        assert_eq!(scim.patch("/Groups/a1", operations.clone()).await.0, 204, "{operations}");
    }
    assert_eq!(scim.writes(), 0);
}

#[tokio::test]
async fn a_revoke_that_cannot_work_names_each_person_and_what_lets_them_in() {
    let mut account = account();
    account.groups[1].include = Some(vec![json!({"email_domain": {"domain": "corp.example"}})]);
    let scim = Scim::new(account.clone()).await;
    let remove = |id: &str| json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")});
    let operations = json!([remove(DEE), remove(ANN), remove(BOB), remove(CAT)]);
    let (status, body) = scim.patch("/Groups/a1", operations).await;
    assert_eq!((status, body["scimType"].as_str()), (400, Some("mutability")));
    let told = "None of the 4 changes was made, because of 3 of them. ann@corp.example, bob@corp.example, \
                cat@corp.example: This person stays a member of the group: group a2 (\"Corp\") still names \
                them. Change that first. Nothing was written.";
    assert_eq!(body["detail"].as_str(), Some(told));
    assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account), "all changes are made, or none");
}

#[tokio::test]
async fn an_addition_that_an_exclude_undoes_is_refused_with_all_others() {
    let mut account = account();
    account.groups[2].exclude = Some(vec![json!({"group": {"id": "a1"}})]);
    let scim = Scim::new(account).await;
    let operations = json!([{"op": "add", "path": "members", "value": members(&[CAT, ANN])}]);
    let (status, body) = scim.patch("/Groups/a3", operations).await;
    assert_eq!((status, body["scimType"].as_str()), (400, Some("mutability")));
    let told = "None of the 2 changes was made, because of 1 of them. ann@corp.example: A rule of their own \
                would not make them a member of this group: its exclude rule 1 says no (group a1 \
                (\"Engineers\")). Nothing was written.";
    assert_eq!(body["detail"].as_str(), Some(told));
    // Alone, she is named as well.
    let operations = json!([{"op": "add", "path": "members", "value": members(&[ANN])}]);
    let (_, body) = scim.patch("/Groups/a3", operations).await;
    assert!(body["detail"].as_str().unwrap().starts_with("ann@corp.example: A rule of their own"), "{body}");
    assert_eq!(scim.writes(), 0);
}

#[tokio::test]
async fn whoever_stays_as_an_account_member_is_told_so() {
    let mut account = account();
    let rules = [email("ann@corp.example"), json!({"cloudflare_account_member": {}})];
    account.groups[2].include = Some(rules.to_vec());
    let scim = Scim::new(account).await;
    let operations = json!([{"op": "remove", "path": format!("members[value eq \"{ANN}\"]")}]);
    let (status, body) = scim.patch("/Groups/a3", operations).await;
    let told = "ann@corp.example: This person, as an account member, stays a member of the group: \
                cloudflare_account_member still names them. Change that first. Nothing was written.";
    assert_eq!((status, body["detail"].as_str(), scim.writes()), (400, Some(told), 0));
}

#[tokio::test]
async fn groups_and_unknown_ids_become_no_members() {
    let scim = Scim::new(account()).await;
    for (value, expected) in [
        (json!([{"value": "fake-member-id"}]), "invalidValue"),
        (json!([{"value": "a3", "type": "Group"}]), "mutability"),
        (json!([{"value": CAT}, {"value": "Y2F0"}]), "invalidValue"),
    ] {
        let operations = json!([{"op": "add", "path": "members", "value": value}]);
        let (status, body) = scim.patch("/Groups/a1", operations).await;
        assert_eq!((status, body["scimType"].as_str()), (400, Some(expected)), "{body}");
    }
    let nested = json!([{"op": "remove", "path": "members[value eq \"a2\"]"}]);
    let (status, body) = scim.patch("/Groups/a1", nested).await;
    assert_eq!((status, body["scimType"].as_str()), (400, Some("mutability")), "{body}");
    assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account()));
}

#[tokio::test]
async fn a_group_is_changed_only_as_the_client_knows_it() {
    let scim = Scim::new(account()).await;
    let version = scim.get("/Groups/a1").await["meta"]["version"].as_str().unwrap().to_owned();
    let body = json!({"Operations": [{"op": "add", "path": "members", "value": members(&[BOB])}]});
    let headers = [("if-match", version.as_str())];
    let first = scim.ask_with(&headers, Method::PATCH, "/Groups/a1", &body).await;
    assert_eq!(first.status, 204, "{}", first.body);
    let body = json!({"Operations": [{"op": "add", "path": "members", "value": members(&[CAT])}]});
    let second = scim.ask_with(&headers, Method::PATCH, "/Groups/a1", &body).await;
    assert_eq!(second.status, 412, "{}", second.body);
    assert_eq!(scim.writes(), 1);
}

#[tokio::test]
async fn a_write_that_fails_is_told_as_it_is() {
    let add = json!([{"op": "add", "path": "members", "value": members(&[BOB])}]);
    let status = |status, code| Effect::Status {
        status,
        code,
        message: "no".into(),
        headers: vec![("retry-after".into(), "290".into())],
    };
    for (effect, carried_out, expected, is_there) in [
        (status(403, 10000), false, 502, false),
        (status(429, 971), false, 429, false),
        (status(500, 1), true, 204, true),
        (status(400, 1), false, 400, false),
    ] {
        let scim = Scim::new(account()).await;
        scim.edge.mock.inject(Fault::on("PUT", "access/groups/{id}", effect).carried_out(carried_out));
        let (found, body) = scim.patch("/Groups/a1", add.clone()).await;
        assert_eq!(found, expected, "{body}");
        assert_eq!(scim.includes(0).contains(&email("bob@corp.example")), is_there, "{body}");
    }
}
