use super::Given;
use crate::scim::problem::ScimType;
use crate::scim::schema::{Doors, GROUP, ResourceSchema, USER};
use serde_json::{Value, json};

fn parse(body: &Value, schema: &ResourceSchema) -> Given {
    Given::parse(body, schema).unwrap_or_else(|problem| panic!("{body}: {}", problem.detail))
}

#[test]
fn a_whole_user_of_a_platform_is_taken_as_far_as_it_counts() {
    let given = parse(
        &json!({
            "schemas": [
                "urn:ietf:params:scim:schemas:core:2.0:User",
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            ],
            "externalId": "00u1",
            "UserName": "ann@corp.example",
            "name": {"givenName": "Ann", "familyName": "Amt"},
            "emails": [{"primary": true, "value": "other@corp.example", "type": "work"}],
            "displayName": "Ann Amt",
            "password": "x",
            "locale": "en-US",
            "groups": [],
            "active": "True",
            "roles": ["r", {"value": "s", "primary": "x"}, "r"],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "D"},
            "urn:ietf:params:scim:schemas:extension:cloudflare:2.0:User": {"accessSeat": 7},
            "meta": {"resourceType": "User"},
            "custom": 1,
        }),
        &USER,
    );
    assert_eq!((given.required("userName").unwrap(), given.flag("active")), ("ann@corp.example", Some(true)));
    assert_eq!(given.text("displayName"), Some("Ann Amt"));
    assert_eq!(given.items("roles").unwrap(), [json!({"value": "r"}), json!({"value": "s"})]);
    for left_out in ["emails", "groups", "meta", "custom", "password", "externalId"] {
        assert_eq!(given.get(left_out), None, "{left_out}");
    }
}

#[test]
fn absent_is_untouched_and_never_empty() {
    for body in [json!({}), json!({"displayName": "Sales"}), json!({"members": null})] {
        assert_eq!(parse(&body, &GROUP).items("members"), None, "{body}");
    }
    assert_eq!(parse(&json!({"members": []}), &GROUP).items("members"), Some(&[][..]));
    assert_eq!(
        parse(&json!({"schemas": [], "members": {"value": "a"}}), &GROUP).items("members").unwrap().len(),
        1
    );
}

#[test]
fn a_replacement_asks_for_changes_and_changes_no_access_in_silence() {
    const SHUT: Doors = Doors { provisioning: false, lifecycle: false };
    const OPEN: Doors = Doors { provisioning: true, lifecycle: true };
    const ROLES_ALONE: Doors = Doors { provisioning: true, lifecycle: false };
    let ann = json!({"userName": "ann@corp.example", "displayName": "Ann", "active": true, "roles": []});
    for (body, doors, changes, why) in [
        (json!({"userName": "Ann@Corp.example", "active": true, "roles": []}), SHUT, &[][..], None),
        (json!({"displayName": "Another", "emails": [{"value": "x"}], "nope": null}), SHUT, &[], None),
        (json!({"active": "False", "displayName": "Another"}), OPEN, &["active"], None),
        (json!({"active": false}), ROLES_ALONE, &[], Some("CONNECTOR_LIFECYCLE")),
        (json!({"roles": ["r"], "active": true}), ROLES_ALONE, &["roles"], None),
        (json!({"roles": ["r"]}), SHUT, &[], Some("CONNECTOR_PROVISIONING")),
        (json!({"userName": "bob@corp.example", "active": false}), OPEN, &["active"], Some("is set once")),
    ] {
        let patch = parse(&body, &USER).into_patch(&USER, doors);
        let changed: Vec<_> = patch.operations.iter().map(|change| change.target.path()).collect();
        assert_eq!(changed, changes, "{body}");
        let checked = patch.check(&ann);
        let told = checked.as_ref().err().map(|problem| problem.detail.as_str());
        assert_eq!(told.is_some(), why.is_some(), "{body}: {told:?}");
        assert!(why.is_none_or(|why| told.unwrap().contains(why)), "{told:?}");
        assert!(checked.err().is_none_or(|problem| problem.scim_type == Some(ScimType::Mutability)));
    }
    let body = json!({"displayName": "Sales 2", "members": [], "externalId": 7});
    let renamed = parse(&body, &GROUP).into_patch(&GROUP, OPEN);
    let changed: Vec<_> = renamed.operations.iter().map(|change| change.target.path()).collect();
    assert_eq!((changed, renamed.claims.len()), (vec!["displayName".to_owned(), "members".to_owned()], 0));
    let renamed = parse(&body, &GROUP).into_patch(&GROUP, ROLES_ALONE);
    assert!(renamed.operations.len() == 1 && renamed.operations[0].is_of("members"));
    assert!(renamed.check(&json!({"displayName": "Sales"})).is_err(), "a group isn't renamed in silence");
    assert!(renamed.check(&json!({"displayName": "sales 2"})).is_ok());
}

#[test]
fn what_is_no_such_resource_is_refused() {
    use ScimType::{InvalidSyntax, InvalidValue};
    for (body, kind, why) in [
        (json!([]), InvalidSyntax, "has to be a resource"),
        (
            json!({"schemas": ["urn:x"]}),
            InvalidSyntax,
            "have to contain urn:ietf:params:scim:schemas:core:2.0:User.",
        ),
        (json!({"schemas": "urn:x"}), InvalidSyntax, "have to contain"),
        (json!({"userName": 7}), InvalidValue, "userName has to be a text"),
        (json!({"active": "maybe"}), InvalidValue, "active has to be true or false"),
        (json!({"roles": [{}]}), InvalidValue, "needs a \"value\""),
        (json!({"userName": "a", "username": "b"}), InvalidSyntax, "userName is there twice."),
    ] {
        let problem = Given::parse(&body, &USER).unwrap_err();
        assert_eq!(problem.scim_type, Some(kind), "{body}");
        assert!(problem.detail.contains(why), "{}", problem.detail);
    }
    for body in [json!({}), json!({"userName": " "})] {
        assert!(parse(&body, &USER).required("userName").unwrap_err().detail.contains("needs userName"));
    }
}
