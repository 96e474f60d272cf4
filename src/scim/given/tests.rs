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
fn no_replacement_changes_access_through_a_shut_door_in_silence() {
    let ann = json!({"userName": "ann@corp.example", "displayName": "Ann", "active": true, "roles": []});
    let open = Doors { provisioning: true, lifecycle: true };
    let roles_alone = Doors { provisioning: true, lifecycle: false };
    for (body, doors, why) in [
        (json!({"userName": "Ann@Corp.example", "active": true, "roles": []}), Doors::default(), None),
        (json!({"displayName": "Another", "emails": [{"value": "x"}]}), Doors::default(), None),
        (json!({"active": false}), open, None),
        (json!({"active": false}), roles_alone, Some("CONNECTOR_LIFECYCLE")),
        (json!({"roles": ["r"]}), roles_alone, None),
        (json!({"roles": ["r"]}), Doors::default(), Some("CONNECTOR_PROVISIONING")),
        (json!({"userName": "bob@corp.example"}), open, Some("userName is set once")),
    ] {
        let checked = parse(&body, &USER).check(&ann, &USER, doors);
        let told = checked.as_ref().err().map(|problem| problem.detail.as_str());
        assert_eq!(told.is_some(), why.is_some(), "{body}: {told:?}");
        assert!(why.is_none_or(|why| told.unwrap().contains(why)), "{told:?}");
        assert!(checked.err().is_none_or(|problem| problem.scim_type == Some(ScimType::Mutability)));
    }
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
