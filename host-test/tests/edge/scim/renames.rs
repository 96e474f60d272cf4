//! Other names for groups, alone and together with other members.

use super::{ANN, BOB, CAT, Scim, account, email};
use host_test::mock::{Account, Effect, Fault};
use http::Method;
use serde_json::{Value, json};

/// Takes the time of the last change from a group of an account.
fn timeless(mut account: Account) -> Account {
    account.groups.iter_mut().for_each(|group| group.updated_at = None);
    account
}

fn renamed(name: &str) -> Value {
    json!({"op": "replace", "path": "displayName", "value": name})
}

#[tokio::test]
async fn a_name_changes_and_nothing_else() {
    let mut before = account();
    before.groups[0].extra.insert("is_default".into(), json!(true));
    before.groups[0].extra.insert("of_tomorrow".into(), json!({"b": [1, 2.50], "a": null}));
    let mut after = before.clone();
    after.groups[0].name = "Makers".into();
    for (method, body) in [
        (Method::PATCH, json!({"Operations": [renamed(" Makers ")]})),
        (
            Method::PATCH,
            json!({"Operations": [{"op": "Add", "value": {"id": "a1", "displayName": "Makers"}}]}),
        ),
        (Method::PUT, json!({"displayName": "Makers", "externalId": "7"})),
    ] {
        let scim = Scim::new(before.clone()).await;
        let answer = scim.ask(method, "/Groups/a1", &body).await;
        assert!(answer.status.is_success(), "{body}: {}", answer.body);
        assert_eq!((scim.writes(), timeless(scim.edge.mock.account())), (1, after.clone()), "{body}");
        assert_eq!(scim.get("/Groups/a1").await["displayName"], "Makers");
    }
}

#[tokio::test]
async fn a_name_and_members_are_one_write() {
    let scim = Scim::new(account()).await;
    let operations = json!([
        renamed("Makers"),
        {"op": "add", "path": "members", "value": [{"value": CAT}]},
        {"op": "remove", "path": format!("members[value eq \"{ANN}\"]")},
    ]);
    let (status, body) = scim.patch("/Groups/a1", operations).await;
    assert_eq!((status, scim.writes()), (204, 1), "{body}");
    let expected = [email("dee@partner.example"), json!({"group": {"id": "a2"}}), email("cat@corp.example")];
    assert_eq!(scim.includes(0), expected);
    assert_eq!(scim.edge.mock.account().groups[0].name, "Makers");
}

#[tokio::test]
async fn a_name_is_not_changed_where_a_member_is_refused() {
    let mut account = account();
    account.groups[2].exclude = Some(vec![json!({"group": {"id": "a1"}})]);
    let scim = Scim::new(account.clone()).await;
    for member in [ANN, "fake-member-id"] {
        let add = json!({"op": "add", "path": "members", "value": [{"value": member}]});
        let (status, body) = scim.patch("/Groups/a3", json!([renamed("Judges"), add])).await;
        assert_eq!(status, 400, "{body}");
    }
    assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account));
}

#[tokio::test]
async fn a_name_that_another_group_has_is_taken() {
    let scim = Scim::new(account()).await;
    let (status, body) = scim.patch("/Groups/a3", json!([renamed("engineers")])).await;
    assert_eq!((status, body["scimType"].as_str()), (409, Some("uniqueness")), "{body}");
    assert!(body["detail"].as_str().unwrap().contains("Its id is a1."), "{body}");
    let (status, body) = scim.patch("/Groups/a3", json!([renamed("  ")])).await;
    assert_eq!((status, body["scimType"].as_str()), (400, Some("invalidValue")), "{body}");
    assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account()));
    let (status, body) = scim.patch("/Groups/a1", json!([renamed("engineers")])).await;
    assert_eq!((status, scim.edge.mock.account().groups[0].name.as_str()), (204, "engineers"), "{body}");
}

#[tokio::test]
async fn each_switch_opens_its_own_part_of_a_group() {
    let add = json!({"op": "add", "path": "members", "value": [{"value": BOB}]});
    let off = |switch| [(switch, "false")];
    for (switch, refused, done) in [
        ("CONNECTOR_LIFECYCLE", renamed("Makers"), add.clone()),
        ("CONNECTOR_PROVISIONING", add, renamed("Makers")),
    ] {
        let scim = Scim::with(account(), &off(switch)).await;
        for operations in [json!([refused.clone()]), json!([done.clone(), refused.clone()])] {
            let (status, body) = scim.patch("/Groups/a1", operations).await;
            assert_eq!((status, body["scimType"].as_str()), (400, Some("mutability")), "{body}");
            assert!(body["detail"].as_str().unwrap().contains(switch), "{body}");
        }
        assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account()));
        let (status, body) = scim.patch("/Groups/a1", json!([done])).await;
        assert_eq!((status, scim.writes()), (204, 1), "{body}");
        let schema = scim.get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group").await;
        let mutability = |name: &str| {
            let attributes = schema["attributes"].as_array().unwrap();
            attributes.iter().find(|it| it["name"] == name).unwrap()["mutability"].clone()
        };
        let [name, members] = ["displayName", "members"].map(mutability);
        let is_renamed = switch == "CONNECTOR_PROVISIONING";
        assert_eq!((name == "readWrite", members == "readWrite"), (is_renamed, !is_renamed));
        assert_eq!((mutability("externalId"), name != members), (json!("readOnly"), true));
    }
}

#[tokio::test]
async fn a_write_of_a_name_that_fails_is_told_as_it_is() {
    let status = |status, code| Effect::Status { status, code, message: "no".into(), headers: vec![] };
    let members = json!({"op": "add", "path": "members", "value": [{"value": CAT}]});
    for with_members in [false, true] {
        for (effect, carried_out, expected) in [
            (status(403, 10000), false, 502),
            (status(400, 1), false, 400),
            (status(500, 1), true, 204),
            (Effect::Html { status: 502 }, true, 204),
        ] {
            let scim = Scim::new(account()).await;
            scim.edge.mock.inject(Fault::on("PUT", "access/groups/{id}", effect).carried_out(carried_out));
            let mut operations = vec![renamed("Makers")];
            operations.extend(with_members.then(|| members.clone()));
            let (found, body) = scim.patch("/Groups/a1", operations.into()).await;
            assert_eq!(found, expected, "{body}");
            let name = scim.edge.mock.read(|account| account.groups[0].name.clone());
            assert_eq!(name, if expected == 204 { "Makers" } else { "Engineers" });
            if expected == 204 {
                assert_eq!(scim.writes(), 1);
            } else {
                assert_eq!(scim.edge.mock.account(), account());
            }
        }
    }
}

#[tokio::test]
async fn a_group_is_renamed_only_as_the_client_knows_it() {
    let scim = Scim::new(account()).await;
    let version = scim.get("/Groups/a1").await["meta"]["version"].as_str().unwrap().to_owned();
    for (name, expected) in [("Makers", 204), ("Others", 412)] {
        let body = json!({"Operations": [renamed(name)]});
        let answer = scim.ask_with(&[("if-match", &version)], Method::PATCH, "/Groups/a1", &body).await;
        assert_eq!(answer.status, expected, "{}", answer.body);
    }
    assert_eq!(scim.edge.mock.account().groups[0].name, "Makers");
}
