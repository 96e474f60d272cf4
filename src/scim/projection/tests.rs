use super::Projection;
use crate::scim::schema::{GROUP, ResourceSchema, USER};
use serde_json::{Value, json};

const OF_USER: &str = "urn:ietf:params:scim:schemas:extension:cloudflare:2.0:User";
const OF_GROUP: &str = "urn:ietf:params:scim:schemas:extension:cloudflare:2.0:Group";

fn of(attributes: &str, excluded: &str, schema: &ResourceSchema) -> Projection {
    Projection::parse(Some(attributes), Some(excluded), schema).unwrap()
}

fn projected(attributes: &str, excluded: &str, schema: &ResourceSchema, mut resource: Value) -> Value {
    of(attributes, excluded, schema).apply(&mut resource, schema);
    resource
}

fn ann() -> Value {
    json!({
        "schemas": ["s"],
        "id": "i",
        "userName": "u",
        "displayName": "d",
        "active": true,
        "emails": [{"value": "v", "type": "work", "primary": true}],
        OF_USER: {"accessSeat": true, "accessUserId": "a"},
        "meta": {"resourceType": "User", "location": "l"},
    })
}

#[test]
fn an_answer_has_what_is_asked_for_and_what_is_always_there() {
    for (attributes, excluded, expected) in [
        ("", "", ann()),
        (" , ", ",", ann()),
        ("displayName", "", json!({"schemas": ["s"], "id": "i", "userName": "u", "displayName": "d"})),
        ("DISPLAYNAME,", "", json!({"schemas": ["s"], "id": "i", "userName": "u", "displayName": "d"})),
        ("nickName,nope", "", json!({"schemas": ["s"], "id": "i", "userName": "u"})),
        (
            "emails.type",
            "",
            json!({"schemas": ["s"], "id": "i", "userName": "u", "emails": [{"type": "work"}]}),
        ),
        (
            "emails.type, emails.value",
            "",
            json!({"schemas": ["s"], "id": "i", "userName": "u", "emails": [{"type": "work", "value": "v"}]}),
        ),
        (
            "emails,emails.type,urn:ietf:params:scim:schemas:core:2.0:User:active",
            "",
            json!({"schemas": ["s"], "id": "i", "userName": "u", "active": true, "emails": ann()["emails"]}),
        ),
        (
            "meta.location",
            "",
            json!({"schemas": ["s"], "id": "i", "userName": "u", "meta": {"location": "l"}}),
        ),
        (OF_USER, "", json!({"schemas": ["s"], "id": "i", "userName": "u", OF_USER: ann()[OF_USER]})),
        (
            &format!("{OF_USER}:accessSeat"),
            "",
            json!({"schemas": ["s"], "id": "i", "userName": "u", OF_USER: {"accessSeat": true}}),
        ),
        (
            "",
            &format!("userName,id,schemas,displayName,meta,emails.type,{OF_USER}:accessUserId,nope"),
            json!({
                "schemas": ["s"],
                "id": "i",
                "userName": "u",
                "active": true,
                "emails": [{"value": "v", "primary": true}],
                OF_USER: {"accessSeat": true},
            }),
        ),
        (
            "",
            &format!("{OF_USER},emails,active,displayName,meta"),
            json!({"schemas": ["s"], "id": "i", "userName": "u"}),
        ),
    ] {
        assert_eq!(projected(attributes, excluded, &USER, ann()), expected, "{attributes} / {excluded}");
    }
    let refused = Projection::parse(Some("id"), Some("meta"), &USER).unwrap_err();
    assert!(refused.detail.contains("this one has both"));
}

#[test]
fn what_is_returned_on_request_is_there_on_request_alone() {
    let group = json!({
        "id": "g",
        "displayName": "Sales",
        OF_GROUP: {"rules": [{"type": "geo", "display": "Country DE"}], "isDefault": false},
    });
    let plain = json!({"id": "g", "displayName": "Sales"});
    assert_eq!(projected("", "", &GROUP, group.clone()), plain);
    assert_eq!(projected("", "members", &GROUP, group.clone()), plain);
    for (attributes, expected) in [
        (OF_GROUP.to_owned(), group[OF_GROUP].clone()),
        (format!("{OF_GROUP}:isDefault"), json!({"isDefault": false})),
        (format!("{OF_GROUP}:rules.type"), json!({"rules": [{"type": "geo"}]})),
        (format!("{OF_GROUP}:rules"), json!({"rules": [{"type": "geo", "display": "Country DE"}]})),
    ] {
        let found = projected(&attributes, "", &GROUP, group.clone());
        assert_eq!(found, json!({"id": "g", OF_GROUP: expected}), "{attributes}");
    }
}

/// An attribute that needn't be read is one that the answer doesn't have.
#[test]
fn what_is_wanted_is_what_is_there() {
    for (attributes, excluded) in [
        ("", ""),
        ("displayName", ""),
        ("emails.value", ""),
        ("", "emails,active"),
        (OF_USER, ""),
        ("", OF_USER),
        ("", "emails.value"),
    ] {
        let projection = of(attributes, excluded, &USER);
        let found = projected(attributes, excluded, &USER, ann());
        for name in ["id", "userName", "displayName", "active", "emails", OF_USER, "meta"] {
            let is_there = found.get(name).is_some();
            assert_eq!(projection.wants(name, &USER), is_there, "{name}: {attributes} / {excluded}");
        }
    }
    let projection = of(&format!("groups.display,{OF_USER}:accessSeat"), "", &USER);
    for (name, expected) in
        [("groups", true), ("roles", false), (OF_USER, true), ("nope", false), ("id", false)]
    {
        assert_eq!(projection.asks_for(name, &USER), expected, "{name}");
    }
    assert!(!of("", "", &USER).asks_for("groups", &USER) && of("", "", &USER).wants("groups", &USER));
    assert!(!of("", "", &GROUP).wants(OF_GROUP, &GROUP) && of(OF_GROUP, "", &GROUP).wants(OF_GROUP, &GROUP));
}
