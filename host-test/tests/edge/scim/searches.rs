//! Searches among all types, and what can't be asked at all: it is refused, and never left out in silence.

use super::{ANN, BASE, BOB, CAT, DEE, EVE, Scim, TOKEN, account, each};
use crate::common::http::Answer;
use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

async fn searched(scim: &Scim, fields: Value) -> Answer {
    let mut body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    scim.ask(Method::POST, "/.search", &body).await
}

#[tokio::test]
async fn an_attribute_that_a_type_lacks_is_one_without_a_value() {
    let scim = Scim::new(account()).await;
    for (filter, expected) in [
        (r#"userName eq "nobody@x.example" or displayName eq "auditors""#, &["a3"][..]),
        (r#"not (userName sw "a")"#, &[BOB, CAT, DEE, EVE, "a1", "a2", "a3", "d1", "d2"]),
        ("userName pr or members pr", &[ANN, BOB, CAT, DEE, EVE, "a1", "a3"]),
        ("userName eq null", &["a1", "a2", "a3", "d1", "d2"]),
        (&format!("userName eq \"ann@corp.example\" or members.value eq \"{BOB}\""), &[ANN, "a3"]),
        (r#"userName ne "ann@corp.example" and displayName co "b""#, &[BOB, "d1"]),
        (r#"urn:ietf:params:scim:schemas:core:2.0:User:displayName co "b""#, &[BOB]),
        (r#"description co "billing""#, &["d1"]),
        (r#"meta.resourceType eq "Group""#, &["a1", "a2", "a3"]),
        (r#"id eq "a2" or id eq "d2""#, &["a2", "d2"]),
        (r#"active pr and description pr"#, &[]),
    ] {
        let answer = searched(&scim, json!({"filter": filter})).await;
        assert_eq!(answer.status, 200, "{filter}: {}", answer.body);
        assert_eq!(each(&answer.json, "id"), expected, "{filter}");
        assert_eq!(answer.json["totalResults"], expected.len(), "{filter}");
    }
}

#[tokio::test]
async fn pages_among_all_types_have_everything_once() {
    let scim = Scim::new(account()).await;
    let (mut cursor, mut all) = (String::new(), Vec::new());
    loop {
        let asked = json!({"filter": r#"not (userName sw "a")"#, "count": 2, "cursor": cursor});
        let page = searched(&scim, asked).await.json;
        all.extend(each(&page, "id").into_iter().map(str::to_owned));
        let Some(next) = page["nextCursor"].as_str() else { break };
        next.clone_into(&mut cursor);
    }
    assert_eq!(all, [BOB, CAT, DEE, EVE, "a1", "a2", "a3", "d1", "d2"]);
}

#[tokio::test]
async fn attributes_among_all_types_are_those_of_each() {
    let scim = Scim::new(account()).await;
    let fields =
        |resource: &Value| -> BTreeSet<String> { resource.as_object().unwrap().keys().cloned().collect() };
    let set = |names: &[&str]| -> BTreeSet<String> { names.iter().map(|it| (*it).to_owned()).collect() };
    let named = ["userName", "description", "members.value"];
    let filter = r#"displayName co "b" or members.value pr"#;
    let found = searched(&scim, json!({"filter": filter, "attributes": named})).await.json;
    assert_eq!(each(&found, "id"), [BOB, "a1", "a3", "d1"]);
    let [bob, engineers, _, billing] = found["Resources"].as_array().unwrap().as_slice() else {
        panic!("{found}")
    };
    assert_eq!(fields(bob), set(&["id", "schemas", "userName"]));
    assert_eq!(fields(engineers), set(&["id", "schemas", "members"]));
    assert_eq!(fields(billing), set(&["id", "schemas", "description"]));
    let without = json!({"filter": filter, "excludedAttributes": ["members", "description"]});
    let found = searched(&scim, without).await.json;
    assert_eq!(each(&found, "displayName"), ["bob", "Engineers", "Auditors", "Billing"]);
    let resources = found["Resources"].as_array().unwrap();
    assert!(resources.iter().all(|it| it["members"].is_null() && it["description"].is_null()), "{found}");
}

#[tokio::test]
async fn a_search_that_one_type_cannot_answer_is_refused_as_a_whole() {
    let scim = Scim::new(account()).await;
    for (filter, why) in [
        (
            r#"meta.lastModified gt "2000-01-01T00:00:00Z""#,
            &["can't be used for a User.", "A search at /Groups/.search takes it."][..],
        ),
        (r#"externalId eq "x""#, &["can't be used for a User. externalId can't be filtered by"]),
        (
            r#"userName pr or members gt 7"#,
            &["can't be used for a Group. members.value can't be compared so"],
        ),
        (
            r#"displayName pr or nickName pr"#,
            &["has no attribute \"nickName\"", "No other type has it either."],
        ),
    ] {
        let answer = searched(&scim, json!({"filter": filter})).await;
        let told = (answer.status.as_u16(), answer.json["scimType"].as_str());
        assert_eq!(told, (400, Some("invalidFilter")), "{filter}: {}", answer.body);
        let detail = answer.json["detail"].as_str().unwrap();
        assert!(why.iter().all(|why| detail.contains(why)), "{filter}: {detail}");
    }
    assert_eq!(scim.edge.mock.request_count(), 0);
}

#[tokio::test]
async fn a_search_reads_nothing_of_a_type_that_cannot_fit() {
    for (filter, requests) in [
        (r#"userName eq "ann@corp.example" and active eq true"#, 2),
        ("members pr and displayName pr", 1),
        (r#"meta.resourceType eq "Group""#, 1),
        ("description pr", 1),
        ("active pr and description pr", 0),
    ] {
        let scim = Scim::new(account()).await;
        let answer = searched(&scim, json!({"filter": filter})).await;
        assert_eq!(answer.status, 200, "{filter}: {}", answer.body);
        let (found, routes) = (scim.edge.mock.request_count(), scim.edge.mock.requests_by_route());
        assert_eq!(found, requests, "{filter}: {routes:?}");
    }
}

#[tokio::test]
async fn a_filter_of_what_is_told_whole_is_forbidden() {
    let scim = Scim::new(account()).await;
    for path in ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"] {
        for query in ["filter=id%20eq%20%22User%22", "count=1&FILTER="] {
            let answer = scim.ask(Method::GET, &format!("{path}?{query}"), &Value::Null).await;
            assert_eq!(answer.status, 403, "{path}?{query}: {}", answer.body);
            assert!(answer.json["detail"].as_str().unwrap().contains("can't be filtered"), "{}", answer.body);
        }
        let whole = scim.get(path).await;
        assert_eq!(scim.get(&format!("{path}?count=1&attributes=id")).await, whole, "{path}");
    }
}

#[tokio::test]
async fn a_key_that_stands_twice_changes_nothing() {
    let scim = Scim::new(account()).await;
    let bearer = format!("Bearer {TOKEN}");
    let client = scim.edge.client(&[("authorization", &bearer), ("content-type", "application/scim+json")]);
    let member = format!(r#"[{{"value": "{BOB}"}}]"#);
    for (method, path, body) in [
        (Method::PUT, "/Groups/a3", format!(r#"{{"displayName": "A", "members": {member}, "members": []}}"#)),
        (Method::PUT, "/Groups/a3", format!(r#"{{"members": {member}, "Members": []}}"#)),
        (
            Method::PATCH,
            "/Groups/a3",
            format!(
                r#"{{"Operations": [{{"op": "add", "path": "members", "value": {member}, "value": []}}]}}"#
            ),
        ),
        (
            Method::POST,
            "/Users",
            r#"{"userName": "a@corp.example", "userName": "b@corp.example"}"#.to_owned(),
        ),
        (Method::POST, "/Users/.search", r#"{"filter": "active pr", "filter": "id pr"}"#.to_owned()),
        (Method::POST, "/.search", r#"{"count": 1, "count": 2}"#.to_owned()),
    ] {
        let answer = client.try_send_text(method.clone(), &format!("{BASE}{path}"), body).await.unwrap();
        let told = (answer.status.as_u16(), answer.json["scimType"].as_str());
        assert_eq!(told, (400, Some("invalidSyntax")), "{method} {path}: {}", answer.body);
        let detail = answer.json["detail"].as_str().unwrap();
        assert!(detail.contains("a key that stands twice in one object, at line 1 column "), "{detail}");
    }
    assert_eq!((scim.edge.mock.request_count(), scim.edge.mock.account()), (0, account()));
}

#[tokio::test]
async fn the_standards_paths_that_are_not_offered_say_so() {
    let scim = Scim::new(account()).await;
    let bulk = json!({"Operations": [{"method": "DELETE", "path": format!("/Users/{CAT}")}]});
    for (method, path, body, why) in [
        (Method::GET, "/Me", Value::Null, "belongs to no person"),
        (Method::PATCH, "/Me", json!({}), "belongs to no person"),
        (Method::DELETE, "/Me?attributes=id", Value::Null, "belongs to no person"),
        (Method::POST, "/Bulk", bulk, "Send each request alone."),
        (Method::GET, "/Bulk", Value::Null, "Send each request alone."),
    ] {
        let answer = scim.ask(method.clone(), path, &body).await;
        assert_eq!(answer.status, 501, "{method} {path}: {}", answer.body);
        assert!(answer.json["detail"].as_str().unwrap().contains(why), "{}", answer.body);
    }
    assert_eq!((scim.edge.mock.request_count(), scim.edge.mock.account()), (0, account()));
}
