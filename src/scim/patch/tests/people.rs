//! Changes of people, and values that can't be changed.

use super::{ALL, PROVISIONING, SHUT, body, parse, shown};
use crate::scim::patch::Patch;
use crate::scim::problem::ScimType;
use crate::scim::schema::USER;
use serde_json::{Value, json};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

#[test]
fn changes_of_people_as_each_platform_writes_them() {
    for (platform, operations, expected) in [
        ("RFC 7644", json!([{"op": "replace", "path": "active", "value": false}]), vec!["active =false"]),
        ("Okta", json!([{"op": "replace", "value": {"active": false}}]), vec!["active =false"]),
        ("Entra ID", json!([{"op": "Replace", "path": "active", "value": "False"}]), vec!["active =false"]),
        ("Entra ID", json!([{"op": "Add", "path": "active", "value": "True"}]), vec!["active =true"]),
        (
            "Entra ID",
            json!([{"op": "Replace", "path": "active", "value": [{"$ref": null, "value": "False"}]}]),
            vec!["active =false"],
        ),
        (
            "Okta",
            json!([{"op": "add", "path": "roles", "value": [{"value": "r", "display": "R"}]}]),
            vec!["roles +r"],
        ),
        ("Okta", json!([{"op": "remove", "path": "roles[value eq \"r\"]"}]), vec!["roles -r"]),
        (
            "Entra ID",
            json!([{"op": "Add", "path": "roles", "value": [{"primary": "False", "value": "r"}]}]),
            vec!["roles +r"],
        ),
        // Nothing of the usual mapping stands in the way of a deactivation.
        (
            "Entra ID",
            json!([
                {"op": "Replace", "path": "name.givenName", "value": "Ann"},
                {"op": "Add", "path": "addresses[type eq \"work\"].formatted", "value": "1 Road"},
                {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+1"},
                {"op": "Remove", "path": "title"},
                {"op": "Replace", "path": "externalId", "value": "7"},
                {"op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": "m"},
                {"op": "Replace", "value": {
                    "name.familyName": "Amt",
                    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department": "D",
                    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "7"},
                }},
                {"op": "Replace", "path": "active", "value": "False"},
            ]),
            vec!["active =false"],
        ),
    ] {
        let patch =
            parse(&operations, &USER).unwrap_or_else(|problem| panic!("{platform}: {}", problem.detail));
        assert_eq!(shown(&patch), expected, "{platform}: {operations}");
    }
}

#[test]
fn what_was_left_out_is_told() {
    let operations = json!([{"op": "replace", "value": {"title": "Dr", "urn:x:y:z": 1}}]);
    let patch = parse(&operations, &USER).unwrap();
    assert_eq!(patch.not_stored, ["\"title\"", "\"urn:x:y:z\""]);
    assert!(patch.operations.is_empty() && patch.claims.is_empty());
}

fn ann() -> Value {
    json!({
        "id": "YW5u",
        "userName": "ann@corp.example",
        "displayName": "Ann",
        "active": true,
        "emails": [{"value": "ann@corp.example", "type": "work", "primary": true}],
        "roles": [{"value": "r"}],
        "groups": [{"value": "g", "type": "direct"}],
        "urn:ietf:params:scim:schemas:extension:cloudflare:2.0:User": {"accessUserId": "u"},
    })
}

#[test]
fn a_value_that_is_there_already_is_no_change() {
    let work = "emails[type eq \"work\"].value";
    let own = "urn:ietf:params:scim:schemas:extension:cloudflare:2.0:User";
    for (operation, doors, is_there) in [
        (json!({"op": "replace", "value": {"id": "YW5u", "userName": "Ann@corp.example"}}), ALL, true),
        (json!({"op": "replace", "value": {"id": "yw5u"}}), ALL, false),
        (json!({"op": "replace", "value": {"schemas": ["x"], "meta": {"version": "1"}}}), ALL, true),
        (json!({"op": "replace", "path": "userName", "value": "bob@corp.example"}), ALL, false),
        (json!({"op": "replace", "path": "displayName", "value": "Ann"}), ALL, true),
        (json!({"op": "add", "path": "displayName", "value": "Bob"}), ALL, false),
        (json!({"op": "replace", "path": work, "value": "ANN@corp.example"}), ALL, true),
        (json!({"op": "replace", "path": work, "value": "bob@corp.example"}), ALL, false),
        (json!({"op": "replace", "path": "emails[value eq \"x\"].value", "value": "x"}), ALL, false),
        (json!({"op": "replace", "path": "emails", "value": {"value": "Ann@corp.example"}}), ALL, true),
        (
            json!({"op": "add", "path": "emails", "value": {"value": "ann@corp.example", "primary": false}}),
            ALL,
            false,
        ),
        (json!({"op": "replace", "path": "emails", "value": []}), ALL, false),
        (json!({"op": "add", "path": "emails", "value": []}), ALL, true),
        (json!({"op": "add", "path": "groups", "value": [{"value": "g"}]}), ALL, true),
        (json!({"op": "add", "path": "groups", "value": [{"value": "h"}]}), ALL, false),
        (json!({"op": "replace", "path": "active", "value": "True"}), PROVISIONING, true),
        (json!({"op": "replace", "path": "active", "value": false}), PROVISIONING, false),
        (json!({"op": "replace", "path": "roles", "value": [{"value": "r"}]}), SHUT, true),
        (json!({"op": "add", "path": "roles", "value": [{"value": "s"}]}), SHUT, false),
        (json!({"op": "replace", "path": own, "value": {"accessUserId": "u"}}), ALL, true),
        (json!({"op": "replace", "value": {own: {"accessUserId": "v"}}}), ALL, false),
        (json!({"op": "add", "path": own, "value": {"schemas": [own], "accessSeat": null}}), ALL, true),
        (json!({"op": "add", "path": own, "value": {}}), ALL, true),
        (json!({"op": "replace", "path": format!("{own}:accessSeat"), "value": "True"}), ALL, false),
    ] {
        let patch = Patch::parse(&body(&json!([operation])), &USER, doors)
            .unwrap_or_else(|problem| panic!("{operation}: {}", problem.detail));
        assert!(patch.operations.is_empty(), "{operation}");
        let checked = patch.check(&ann());
        assert_eq!(checked.is_ok(), is_there, "{operation} {checked:?}");
        if let Err(problem) = checked {
            assert_eq!((problem.status, problem.scim_type), (400, Some(ScimType::Mutability)));
        }
    }
    let patch = parse(&json!([{"op": "replace", "path": "displayName", "value": "Ann"}]), &USER).unwrap();
    assert!(!patch.deactivates() && patch.reads("displayName") && !patch.reads("groups"));
}

/// A platform that has another name for somebody sends it again with every change.
#[test]
fn nobody_stays_in_because_of_a_name() {
    let work = "emails[type eq \"work\"].value";
    let parsed = |active: bool, identity: &str| {
        let operations = json!([
            {"op": "replace", "path": "userName", "value": identity},
            {"op": "replace", "path": "displayName", "value": "Another name"},
            {"op": "replace", "path": work, "value": "another@corp.example"},
            {"op": "replace", "path": "active", "value": active},
        ]);
        parse(&operations, &USER).unwrap()
    };
    assert!(parsed(false, "ann@corp.example").deactivates());
    assert_eq!(parsed(false, "ann@corp.example").check(&ann()), Ok(()));
    assert!(parsed(true, "ann@corp.example").check(&ann()).is_err());
    assert!(parsed(false, "bob@corp.example").check(&ann()).is_err());
    let twice = json!([
        {"op": "replace", "path": "active", "value": false},
        {"op": "replace", "path": "active", "value": true},
    ]);
    assert!(!parse(&twice, &USER).unwrap().deactivates());
}
