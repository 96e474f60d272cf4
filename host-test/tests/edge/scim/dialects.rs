//! The requests of platforms as their documentation gives them, with the account before and after.

use super::{ANN, BOB, CAT, DEE, Scim, account, each, email, encoded};
use http::Method;
use serde_json::{Value, json};

/// Returns the id of the user with an address: base64url without padding.
pub fn id_of(address: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: String = address.bytes().map(|byte| format!("{byte:08b}")).collect();
    let chunks = bits.as_bytes().chunks(6).map(|chunk| format!("{:0<6}", str::from_utf8(chunk).unwrap()));
    chunks.map(|chunk| char::from(DIGITS[usize::from_str_radix(&chunk, 2).unwrap()])).collect()
}

#[test]
fn ids_are_those_of_the_account() {
    assert_eq!([id_of("ann@corp.example"), id_of("dee@partner.example")], [ANN, DEE]);
}

#[tokio::test]
pub async fn entra_adds_and_removes_in_capitals() {
    let scim = Scim::new(account()).await;
    let test = scim.get(&format!("/Users?filter={}", encoded("userName eq \"a8f2-not-there\""))).await;
    assert_eq!(test["totalResults"], 0);
    let found = scim.get(&format!("/Users?filter={}", encoded("userName eq \"bob@corp.example\""))).await;
    assert_eq!(each(&found, "id"), [BOB]);
    let group =
        format!("/Groups?excludedAttributes=members&filter={}", encoded("displayName eq \"Engineers\""));
    let group = scim.get(&group).await;
    assert_eq!((each(&group, "id"), &group["Resources"][0]["members"]), (vec!["a1"], &Value::Null));
    let add = json!([{"op": "Add", "path": "members", "value": [{"value": BOB}]}]);
    assert_eq!(scim.patch("/Groups/a1", add).await.0, 204);
    let remove = json!([{"op": "Remove", "path": "members", "value": [{"value": ANN}]}]);
    assert_eq!(scim.patch("/Groups/a1", remove).await.0, 204);
    let expected = [email("dee@partner.example"), json!({"group": {"id": "a2"}}), email("bob@corp.example")];
    assert_eq!(scim.includes(0), expected);
    let inactive = json!([{"op": "Replace", "path": "active", "value": "False"}]);
    let (status, user) = scim.patch(&format!("/Users/{CAT}"), inactive).await;
    assert_eq!((status, user["id"].as_str()), (200, Some(CAT)), "{user}");
    assert_eq!(scim.edge.mock.account().revoked, ["cat@corp.example"]);
}

#[tokio::test]
pub async fn okta_pushes_a_group_and_deactivates() {
    let scim = Scim::new(account()).await;
    let test = scim.get("/Users?startIndex=1&count=2").await;
    assert_eq!((test["totalResults"].as_u64(), each(&test, "id")), (Some(5), vec![ANN, BOB]));
    let found = scim.get(&format!("/Users?filter={}", encoded("userName eq \"cat@corp.example\""))).await;
    assert_eq!(each(&found, "id"), [CAT]);
    let roles = scim.get("/Roles?startIndex=1&count=100").await;
    assert_eq!(each(&roles, "displayName"), ["Billing", "Super Administrator - All Privileges"]);
    let rename = json!([{"op": "replace", "value": {"id": "a1", "displayName": "Engineers"}}]);
    assert_eq!(scim.patch("/Groups/a1", rename).await.0, 204);
    let members = json!([{"value": CAT, "display": "cat@corp.example"}, {"value": BOB}]);
    let push = json!([{"op": "replace", "path": "members", "value": members}]);
    assert_eq!(scim.patch("/Groups/a1", push).await.0, 204);
    let expected = [json!({"group": {"id": "a2"}}), email("bob@corp.example"), email("cat@corp.example")];
    let mut found = scim.includes(0);
    found[1..].sort_by_key(Value::to_string);
    assert_eq!(found, expected);
    let inactive = json!([{"op": "replace", "value": {"active": false}}]);
    assert_eq!(scim.patch(&format!("/Users/{CAT}"), inactive).await.0, 200);
    assert_eq!(scim.includes(0), [json!({"group": {"id": "a2"}}), email("bob@corp.example")]);
    // The wizard's applications send the whole user.
    let whole = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": BOB,
        "userName": "bob@corp.example",
        "displayName": "Bob Lee",
        "name": {"givenName": "Bob", "familyName": "Lee"},
        "emails": [{"primary": true, "value": "bob@corp.example", "type": "work"}],
        "active": true,
        "groups": [],
    });
    let answer = scim.ask(Method::PUT, &format!("/Users/{BOB}"), &whole).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json["displayName"]),
        (200, &json!("bob")),
        "{}",
        answer.body
    );
}

/// The required checks of Okta's own suite for SCIM services, in their order. It wants a first and a last
/// name of whoever is listed first.
#[tokio::test]
pub async fn oktas_suite_finds_what_it_requires() {
    let mut with_name = account();
    with_name.users[0].name = Some("Ann Mary Lee".into());
    let scim = Scim::with(with_name, &[("CONNECTOR_LIFECYCLE", "true")]).await;
    let first = scim.get("/Users?count=1&startIndex=1").await;
    let name = json!({"formatted": "Ann Mary Lee", "givenName": "Ann Mary", "familyName": "Lee"});
    assert_eq!(first["Resources"][0]["name"], name);
    assert_eq!(scim.get(&format!("/Users/{ANN}")).await["name"], name);
    let by_name = |name: &str| format!("/Users?filter={}", encoded(&format!("userName eq \"{name}\"")));
    for nobody in ["abcdefgh@atko.com", "fay@corp.example"] {
        assert_eq!(scim.get(&by_name(nobody)).await["totalResults"], 0);
    }
    let ask = async |method, path: &str, body: &Value| scim.ask(method, path, body).await.status.as_u16();
    assert_eq!(ask(Method::GET, "/Users/010101001010101011001010101011", &Value::Null).await, 404);
    let parts = json!({"givenName": "Fay", "familyName": "Kern"});
    let mut fay = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "fay@corp.example",
        "name": parts,
        "emails": [{"primary": true, "value": "fay@corp.example", "type": "work"}],
        "displayName": "Fay Kern",
        "active": true,
    });
    let made = scim.ask(Method::POST, "/Users", &fay).await;
    let told = |field: &str| made.json[field].clone();
    assert_eq!((made.status.as_u16(), told("active")), (201, json!(true)), "{}", made.body);
    assert_eq!(told("userName"), fay["userName"]);
    assert_eq!(told("name"), json!({"formatted": "Fay Kern", "givenName": "Fay", "familyName": "Kern"}));
    let path = format!("/Users/{}", told("id").as_str().unwrap());
    assert_eq!(scim.get(&path).await["name"]["familyName"], "Kern");
    assert_eq!(ask(Method::POST, "/Users", &fay).await, 409);
    assert_eq!(scim.get(&by_name("FAY@CORP.EXAMPLE")).await["totalResults"], 1);
    // Without a display name, the parts make one.
    fay["userName"] = json!("gus@corp.example");
    fay.as_object_mut().unwrap().remove("displayName");
    let made = scim.ask(Method::POST, "/Users", &fay).await;
    assert_eq!((made.status.as_u16(), &made.json["displayName"]), (201, &json!("Fay Kern")), "{}", made.body);
}

#[tokio::test]
pub async fn sailpoint_discovers_and_aggregates() {
    let scim = Scim::new(account()).await;
    let before = scim.includes(0);
    for path in ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/Users", "/Groups"] {
        scim.get(path).await;
    }
    let users = scim.get("/Users?startIndex=1&count=50").await;
    assert_eq!(users["Resources"].as_array().unwrap().len(), 5);
    let patch = json!([{"op": "add", "path": "members", "value": [{"value": CAT}]}]);
    assert_eq!(scim.patch("/Groups/a1", patch).await.0, 204);
    let patch = json!([{"op": "remove", "path": format!("members[value eq \"{CAT}\"]")}]);
    assert_eq!(scim.patch("/Groups/a1", patch).await.0, 204);
    assert_eq!((scim.includes(0), scim.writes()), (before, 2));
}

#[tokio::test]
pub async fn midpoint_puts_only_what_changed() {
    let scim = Scim::new(account()).await;
    let body =
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Engineers"});
    assert_eq!(scim.ask(Method::PUT, "/Groups/a1", &body).await.status, 200);
    let body = json!({"userName": "cat@corp.example"});
    assert_eq!(scim.ask(Method::PUT, &format!("/Users/{CAT}"), &body).await.status, 200);
    assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account()), "what is absent stays");
    let page = scim.get("/Users?startIndex=1&count=25").await;
    assert_eq!(page["itemsPerPage"], 5);
}

#[tokio::test]
pub async fn baton_replaces_members_with_the_rest() {
    let scim = Scim::new(account()).await;
    let group = scim.get("/Groups/a1").await;
    let rest: Vec<&Value> =
        group["members"].as_array().unwrap().iter().filter(|member| member["value"] != ANN).collect();
    let replace = json!([{"op": "replace", "path": "members", "value": rest}]);
    assert_eq!(scim.patch("/Groups/a1", replace).await.0, 204);
    assert_eq!(scim.includes(0), [email("dee@partner.example"), json!({"group": {"id": "a2"}})]);
    let page = scim.get("/Groups?startIndex=2&count=1").await;
    let told = [&page["startIndex"], &page["itemsPerPage"], &page["totalResults"]];
    assert_eq!((told, each(&page, "id")), ([&json!(2), &json!(1), &json!(3)], vec!["a2"]));
}
