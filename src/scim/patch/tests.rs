mod people;

use super::{Edit, Patch, Which, ids};
use crate::scim::problem::{Problem, ScimType};
use crate::scim::schema::{Doors, GROUP, ROLE, ResourceSchema, USER};
use serde_json::{Value, json};

const SHUT: Doors = Doors { provisioning: false, lifecycle: false };
const PROVISIONING: Doors = Doors { provisioning: true, lifecycle: false };
const ALL: Doors = Doors { provisioning: true, lifecycle: true };

const OF_GROUP: &str = "urn:ietf:params:scim:schemas:extension:cloudflare:2.0:Group";

fn body(operations: &Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
}

fn parse(operations: &Value, schema: &ResourceSchema) -> Result<Patch, Problem> {
    Patch::parse(&body(operations), schema, ALL)
}

/// The changes in short: `members +a,b`, `active =false`.
fn shown(patch: &Patch) -> Vec<String> {
    let list = |items: &[Value]| ids(items).collect::<Vec<_>>().join(",");
    let shown = patch.operations.iter().map(|change| {
        let edit = match &change.edit {
            Edit::Add(items) => format!("+{}", list(items)),
            Edit::Replace(Value::Array(items)) => format!("={}", list(items)),
            Edit::Replace(value) => format!("={value}"),
            Edit::Remove(Which::All) => "-*".to_owned(),
            Edit::Remove(Which::Items(items)) => format!("-{}", list(items)),
            Edit::Remove(Which::Matching(filter)) => format!("-?{}", filter.attributes().join(",")),
        };
        format!("{} {edit}", change.target.path())
    });
    shown.collect()
}

#[test]
fn changes_of_members_as_each_platform_writes_them() {
    for (platform, operations, expected) in [
        (
            "RFC 7644",
            json!([{"op": "add", "path": "members", "value": [{"value": "a", "type": "User"}]}]),
            "members +a",
        ),
        ("RFC 7644", json!([{"op": "remove", "path": "members[value eq \"a\"]"}]), "members -a"),
        ("RFC 7644", json!([{"op": "remove", "path": "members"}]), "members -*"),
        (
            "RFC 7644",
            json!([{"op": "remove", "path": "members[type eq \"Group\" and display sw \"x\"]"}]),
            "members -?type,display",
        ),
        (
            "RFC 7644",
            json!([{"op": "remove", "path": "members[value eq \"a\" or value eq \"b\"]"}]),
            "members -a,b",
        ),
        (
            "Entra ID",
            json!([{"op": "Add", "path": "members", "value": [{"$ref": null, "value": "a"}, "b"]}]),
            "members +a,b",
        ),
        (
            "Entra ID",
            json!([{"op": "Remove", "path": "members", "value": [{"value": "a"}, {"value": "b"}]}]),
            "members -a,b",
        ),
        ("baton-scim", json!([{"op": "replace", "path": "members", "value": null}]), "members ="),
        (
            "Entra ID",
            json!([{"op": "Remove", "path": "members[value eq \"a\"]", "value": null}]),
            "members -a",
        ),
        ("Entra ID", json!([{"op": "Add", "value": {"members": [{"value": "a"}]}}]), "members +a"),
        (
            "Okta",
            json!([{"op": "replace", "path": "members", "value": [{"value": "a", "display": "A"}]}]),
            "members =a",
        ),
        (
            "Okta",
            json!([{"op": "replace", "value": {"members": [{"value": "a"}, {"value": "b"}]}}]),
            "members =a,b",
        ),
        (
            "baton-scim",
            json!([{"op": "replace", "path": "members", "value": [{"value": "a"}, {"value": "c"}]}]),
            "members =a,c",
        ),
        ("baton-scim", json!([{"op": "replace", "path": "members", "value": []}]), "members ="),
        ("SailPoint", json!([{"op": "add", "path": "members", "value": {"value": "a"}}]), "members +a"),
        ("midPoint", json!([{"op": "add", "path": "members", "value": ["a", "b"]}]), "members +a,b"),
        ("any case", json!([{"OP": "aDD", "Path": "Members", "VALUE": [{"Value": "a"}]}]), "members +a"),
        (
            "a URN",
            json!([{"op": "add", "path": format!("{}:members", GROUP.core.id), "value": "a"}]),
            "members +a",
        ),
        (
            "twice the same",
            json!([{"op": "add", "path": "members", "value": [{"value": "a"}, "b", {"value": "a"}]}]),
            "members +a,b",
        ),
    ] {
        let patch =
            parse(&operations, &GROUP).unwrap_or_else(|problem| panic!("{platform}: {}", problem.detail));
        assert_eq!(shown(&patch), [expected], "{platform}: {operations}");
        assert!(patch.claims.is_empty() && patch.not_stored.is_empty());
        // The same, with the door shut, is an error that names the door.
        let problem = Patch::parse(&body(&operations), &GROUP, SHUT);
        if operations[0]["op"].as_str().is_some_and(|op| op.eq_ignore_ascii_case("remove")) {
            let problem = problem.unwrap_err();
            assert_eq!(problem.scim_type, Some(ScimType::Mutability));
            assert!(problem.detail.contains("CONNECTOR_PROVISIONING"), "{}", problem.detail);
        }
    }
}

#[test]
fn several_operations_keep_their_order() {
    let patch = parse(
        &json!([
            {"op": "remove", "path": "members[value eq \"a\"]"},
            {"op": "add", "path": "members", "value": [{"value": "b"}]},
            {"op": "Remove", "path": "members[value eq \"c\"]"},
        ]),
        &GROUP,
    );
    assert_eq!(shown(&patch.unwrap()), ["members -a", "members +b", "members -c"]);
}

#[test]
fn what_cannot_be_done_is_refused_with_the_reason() {
    use ScimType::{InvalidPath, InvalidSyntax, InvalidValue, Mutability, NoTarget};
    for (schema, operation, kind, why) in [
        (&GROUP, json!("add"), InvalidSyntax, "It has to be an object."),
        (&GROUP, json!({}), InvalidSyntax, "Its \"op\" has to be add, replace or remove"),
        (&GROUP, json!({"op": "delete", "path": "members"}), InvalidSyntax, "and isn't: \"delete\"."),
        (&GROUP, json!({"op": "remove"}), NoTarget, "A removal needs a \"path\""),
        (&GROUP, json!({"op": "remove", "path": "", "value": {"members": []}}), NoTarget, "needs a \"path\""),
        (&GROUP, json!({"op": "add", "path": "members"}), InvalidValue, "needs a \"value\"."),
        (&GROUP, json!({"op": "add", "path": "members", "value": null}), InvalidValue, "needs a \"value\"."),
        (&GROUP, json!({"op": "replace", "path": "members"}), InvalidValue, "needs a \"value\"."),
        (
            &GROUP,
            json!({"op": "replace", "path": "displayName", "value": null}),
            InvalidValue,
            "needs a \"value\".",
        ),
        (
            &USER,
            json!({"op": "remove", "path": "roles", "value": []}),
            InvalidValue,
            "doesn't say which of roles to remove",
        ),
        (&GROUP, json!({"op": "add", "path": 7, "value": 1}), InvalidPath, "has to be a text"),
        (
            &GROUP,
            json!({"op": "add", "value": [{"value": "a"}]}),
            InvalidValue,
            "has to be an object whose keys",
        ),
        (
            &GROUP,
            json!({"op": "add", "path": "member", "value": "a"}),
            InvalidPath,
            "A Group has no attribute \"member\". It has",
        ),
        (&GROUP, json!({"op": "add", "value": {"member": ["a"]}}), InvalidPath, "has no attribute"),
        (&GROUP, json!({"op": "add", "path": "members[", "value": "a"}), InvalidPath, "It ends where"),
        (&GROUP, json!({"op": "remove", "path": "members[value eq a]"}), InvalidPath, "is no text, number"),
        (
            &GROUP,
            json!({"op": "remove", "path": "members[id eq \"a\"]"}),
            InvalidPath,
            "The values of members have no attribute \"id\"",
        ),
        (
            &GROUP,
            json!({"op": "remove", "path": "members[value eq \"a\"].foo"}),
            InvalidPath,
            "no attribute \"foo\"",
        ),
        (&GROUP, json!({"op": "remove", "path": "members[value eq \"a\"] x"}), InvalidPath, "where the end"),
        (
            &GROUP,
            json!({"op": "remove", "path": "displayName[value eq \"a\"]"}),
            InvalidPath,
            "nothing to filter by",
        ),
        (
            &GROUP,
            json!({"op": "add", "path": "members", "value": [{"display": "a"}]}),
            InvalidValue,
            "needs a \"value\"",
        ),
        (&GROUP, json!({"op": "add", "path": "members", "value": [""]}), InvalidValue, "needs a \"value\""),
        (
            &GROUP,
            json!({"op": "add", "path": "members", "value": [7]}),
            InvalidValue,
            "members has to be an object, and isn't: \"7\".",
        ),
        (
            &GROUP,
            json!({"op": "add", "path": "members", "value": [{"value": 7}]}),
            InvalidValue,
            "members.value has to be a text",
        ),
        (
            &GROUP,
            json!({"op": "add", "path": "members", "value": [{"value": "a", "type": "Robot"}]}),
            InvalidValue,
            "has to be User or Group",
        ),
        (&GROUP, json!({"op": "replace", "value": {"members": null}}), InvalidValue, "To empty it, send []."),
        (
            &GROUP,
            json!({"op": "replace", "path": "members[value eq \"a\"]", "value": {"value": "b"}}),
            Mutability,
            "Remove it, and add",
        ),
        (
            &GROUP,
            json!({"op": "remove", "path": "members.value"}),
            Mutability,
            "members.value of a value can't be changed",
        ),
        (&GROUP, json!({"op": "remove", "path": "displayName"}), Mutability, "it always has a value"),
        (
            &GROUP,
            json!({"op": "remove", "path": "urn:ietf:params:scim:schemas:extension:cloudflare:2.0:Group"}),
            Mutability,
            "Cloudflare alone sets",
        ),
        (
            &GROUP,
            json!({"op": "replace", "value": {OF_GROUP: {"colour": 1}}}),
            InvalidPath,
            "has no attribute",
        ),
        (&USER, json!({"op": "remove", "path": "active"}), Mutability, "it always has a value"),
        (&USER, json!({"op": "remove", "path": "groups"}), Mutability, "groups is read-only"),
        (&USER, json!({"op": "remove", "path": "groups[value eq \"g\"]"}), Mutability, "groups is read-only"),
        (
            &USER,
            json!({"op": "replace", "path": "active", "value": "no"}),
            InvalidValue,
            "active has to be true or false, and isn't: \"no\".",
        ),
        (
            &USER,
            json!({"op": "replace", "path": "active", "value": 0}),
            InvalidValue,
            "active has to be true or false",
        ),
        (&USER, json!({"op": "replace", "value": {"active": null}}), InvalidValue, "and isn't: null."),
        (
            &USER,
            json!({"op": "replace", "path": "displayName", "value": ["a"]}),
            InvalidValue,
            "displayName has to be a text, and isn't: a list.",
        ),
        (&ROLE, json!({"op": "remove", "path": "description"}), Mutability, "description is read-only"),
    ] {
        let operations = json!([{"op": "add", "path": "externalId", "value": "x"}, operation]);
        let operations = if std::ptr::eq(schema, &ROLE) { json!([operation]) } else { operations };
        let problem =
            parse(&operations, schema).map(|patch| shown(&patch)).expect_err(&operation.to_string());
        assert_eq!(problem.scim_type, Some(kind), "{operation}: {}", problem.detail);
        let number = operations.as_array().unwrap().len();
        assert!(
            problem.detail.starts_with(&format!("Operation {number} can't be done. ")),
            "{}",
            problem.detail
        );
        assert!(problem.detail.contains(why), "{operation}: {}", problem.detail);
    }
}

#[test]
fn what_is_no_patch_is_refused() {
    let many = vec![json!({"op": "remove", "path": "members"}); 1_001];
    for (body, why) in [
        (json!([]), "has to be an object"),
        (json!({}), "needs \"Operations\""),
        (json!({"Operations": []}), "needs \"Operations\""),
        (json!({"Operations": {}}), "needs \"Operations\""),
        (json!({"Operations": many}), "1000 operations at most"),
        (
            json!({"schemas": ["urn:x"], "Operations": [{"op": "remove", "path": "members"}]}),
            "have to contain urn:ietf:params:scim:api:messages:2.0:PatchOp",
        ),
    ] {
        let problem = Patch::parse(&body, &GROUP, ALL).unwrap_err();
        assert_eq!(problem.scim_type, Some(ScimType::InvalidSyntax));
        assert!(problem.detail.contains(why), "{}", problem.detail);
    }
    assert!(Patch::parse(&json!({"operations": [{"op": "remove", "path": "members"}]}), &GROUP, ALL).is_ok());
}

#[test]
fn no_error_shows_what_looks_like_a_secret() {
    const SECRET: &str = "Xk3_9dQzT7-aaBcD0eFgHiJkLmNoPqRsTuVwXy12";
    for operation in [
        json!({"op": SECRET}),
        json!({"op": "add", "path": SECRET, "value": 1}),
        json!({"op": "add", "value": {SECRET: 1}}),
        json!({"op": "replace", "path": "active", "value": SECRET}),
        json!({"op": "remove", "path": format!("members[{SECRET} pr]")}),
        json!({"op": "add", "path": "members", "value": [{"value": "a", "type": SECRET}]}),
    ] {
        let schema = if operation["path"] == "active" { &USER } else { &GROUP };
        let detail = parse(&json!([operation]), schema).unwrap_err().detail;
        assert!(!detail.contains("9dQzT7"), "{detail}");
    }
    let left_out =
        parse(&json!([{"op": "add", "path": format!("urn:{SECRET}:a"), "value": 1}]), &USER).unwrap();
    assert!(!left_out.not_stored.concat().contains("9dQzT7"));
}
