//! Filters, queries and changes of SCIM's clients: what is taken means the same however it is written, and
//! an error is one plain sentence of its kind.

use super::lines;
use cloudflare_zero_trust::scim::filter::Filter;
use cloudflare_zero_trust::scim::given::Given;
use cloudflare_zero_trust::scim::patch::{Edit, Patch, Which, ids};
use cloudflare_zero_trust::scim::problem::{Problem, ScimType};
use cloudflare_zero_trust::scim::query::{MOST, Query, Start};
use cloudflare_zero_trust::scim::schema::{Doors, RESOURCES, ResourceSchema, USER};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SHUT: Doors = Doors { provisioning: false, lifecycle: false };
const OPEN: Doors = Doors { provisioning: true, lifecycle: true };

/// Runs one input. The first line names a resource type. Each line up to an empty one is a filter, and the
/// query of a URL. The rest is the body of a PATCH, a PUT and a search.
pub fn run(data: &[u8]) {
    let Some((head, body)) = lines::split(data) else { return };
    let mut lines = head.lines();
    let name = lines.next().unwrap_or_default();
    let schema = RESOURCES.into_iter().find(|schema| schema.name == name).unwrap_or(&USER);
    for line in lines {
        filter(line, schema);
        among_all(line, schema);
        query(Query::of_url(Some(line), schema), schema);
    }
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return };
    patch(&body, schema);
    query(Query::of_search(&body, schema), schema);
    query(Query::of_search_among_all(&body, schema), schema);
    match Given::parse(&body, schema) {
        Ok(given) => {
            let members = given.items("members").or(given.items("roles")).unwrap_or_default();
            assert!(ids(members).count() == members.len(), "an item without an id");
            let shut = given.clone().into_patch(schema, SHUT);
            assert!(shut.operations.is_empty(), "a replacement goes through a shut door");
            changes(&given.into_patch(schema, OPEN), schema);
        }
        Err(problem) => is_plain(&problem),
    }
}

/// Resources with and without values.
fn resources() -> [Value; 3] {
    [
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "id": "YW5u",
            "userName": "ann@corp.example",
            "displayName": "Ann",
            "description": "All",
            "active": true,
            "emails": [{"value": "ann@corp.example", "type": "work", "primary": true}],
            "groups": [{"value": "g", "type": "direct"}, {"value": "h", "type": "indirect"}],
            "roles": [{"value": "r"}],
            "members": [{"value": "YW5u", "type": "User"}, {"value": "h", "type": "Group"}],
            "urn:ietf:params:scim:schemas:extension:cloudflare:2.0:User": {
                "accessSeat": true,
                "lastLogin": "2026-11-23T18:54:26.5Z",
            },
            "urn:ietf:params:scim:schemas:extension:cloudflare:2.0:Group": {
                "rules": [{"section": "include", "type": "geo", "open": true}],
            },
            "meta": {"resourceType": "User", "created": "2026-01-31T08:00:00Z", "version": "W/\"1\""},
        }),
        json!({"id": "", "userName": null, "members": [], "emails": {}, "active": 7, "meta": "none"}),
        Value::Null,
    ]
}

fn is_plain(problem: &Problem) {
    let detail = &problem.detail;
    assert!(detail.ends_with(['.', '…']) && detail.len() < 2_000, "{detail}");
    assert!(!detail.chars().any(char::is_control), "{detail:?}");
    assert_eq!(problem.to_json()["status"], problem.status.to_string());
}

fn filter(text: &str, schema: &ResourceSchema) {
    let filter = match Filter::parse(text, schema) {
        Ok(filter) => filter,
        Err(problem) => {
            assert_eq!(problem.scim_type, Some(ScimType::InvalidFilter));
            return is_plain(&problem);
        }
    };
    for path in filter.attributes() {
        assert!(schema.attribute(&path).is_some() && filter.reads(&path), "{path}");
    }
    let around = [format!("({text})"), format!("not ({text})"), format!("({text}) and ({text})")];
    let [same, opposite, both] = around.map(|text| Filter::parse(&text, schema).ok());
    for resource in resources() {
        let fits = filter.matches(&resource);
        assert!(same.as_ref().is_none_or(|same| same.matches(&resource) == fits), "{text}");
        assert!(opposite.as_ref().is_none_or(|opposite| opposite.matches(&resource) != fits), "{text}");
        assert!(both.as_ref().is_none_or(|both| both.matches(&resource) == fits), "{text}");
        for path in ["id", "userName", "displayName", "members.value"] {
            let Some(target) = schema.attribute(path) else { continue };
            let has = |wanted: &str| {
                target.values(&resource).into_iter().filter_map(Value::as_str).any(|value| {
                    if target.last().is_exact { value == wanted } else { value.eq_ignore_ascii_case(wanted) }
                })
            };
            assert!(filter.only_equals(path).is_none_or(|wanted| has(wanted) == fits), "{text}");
            assert!(filter.requires(path).is_none_or(|wanted| has(wanted) || !fits), "{text}");
            let one_of = filter.one_of(path);
            assert!(one_of.is_none_or(|wanted| wanted.into_iter().any(has) == fits), "{text}");
        }
    }
}

/// A search among all types takes what one of them takes, and finds the same among its resources.
fn among_all(text: &str, schema: &ResourceSchema) {
    let alone = Filter::parse(text, schema).ok();
    let filter = match Filter::among_all(text, schema) {
        Ok(filter) => filter,
        Err(problem) => {
            assert_eq!(problem.scim_type, Some(ScimType::InvalidFilter));
            assert!(alone.is_none(), "{text}: {}", problem.detail);
            return is_plain(&problem);
        }
    };
    for path in filter.attributes() {
        assert!(schema.attribute(&path).is_some(), "{path} is compared, and there is none");
    }
    let opposite = Filter::among_all(&format!("not ({text})"), schema).ok();
    for resource in resources() {
        let fits = filter.matches(&resource);
        assert!(alone.as_ref().is_none_or(|alone| alone.matches(&resource) == fits), "{text}");
        assert!(opposite.as_ref().is_none_or(|opposite| opposite.matches(&resource) != fits), "{text}");
        let is_of_type = resource["meta"]["resourceType"] == schema.name;
        assert!(filter.can_fit(schema) || !fits || !is_of_type, "{text}");
    }
}

fn query(query: Result<Query, Problem>, schema: &ResourceSchema) {
    let query = match query {
        Ok(query) => query,
        Err(problem) => return is_plain(&problem),
    };
    assert!(query.count <= MOST && !matches!(query.start, Start::Index(0)));
    for resource in resources() {
        let mut shown = resource.clone();
        query.projection.apply(&mut shown, schema);
        assert_eq!(shown.get("id"), resource.get("id"), "an answer has lost its id");
        let once = shown.clone();
        query.projection.apply(&mut shown, schema);
        assert_eq!(shown, once, "the same again takes more away");
        for name in
            ["displayName", "meta", "members", "groups"].into_iter().filter(|name| shown.get(name).is_some())
        {
            let is_known = schema.attribute(name).is_some();
            assert!(!is_known || query.projection.wants(name, schema), "{name} wasn't wanted");
        }
    }
}

fn patch(body: &Value, schema: &ResourceSchema) {
    match Patch::parse(body, schema, SHUT) {
        Ok(patch) => assert!(patch.operations.is_empty(), "a change goes through a shut door"),
        Err(problem) => is_plain(&problem),
    }
    let patch = match Patch::parse(body, schema, OPEN) {
        Ok(patch) => patch,
        Err(problem) => return is_plain(&problem),
    };
    changes(&patch, schema);
}

fn changes(patch: &Patch, schema: &ResourceSchema) {
    for resource in resources() {
        if let Err(problem) = patch.check(&resource) {
            assert_eq!(problem.scim_type, Some(ScimType::Mutability));
            is_plain(&problem);
        }
    }
    for change in &patch.operations {
        let target = change.target;
        let items = match &change.edit {
            Edit::Add(items) | Edit::Replace(Value::Array(items)) | Edit::Remove(Which::Items(items)) => {
                items
            }
            Edit::Replace(Value::Bool(_)) => {
                assert!(change.is_of("active"));
                continue;
            }
            Edit::Replace(Value::String(_)) => {
                assert!(change.is_of("displayName") && schema.name == "Group");
                continue;
            }
            Edit::Remove(_) => continue,
            Edit::Replace(other) => panic!("{} becomes {other}", target.path()),
        };
        assert!(schema.attribute(&target.path()).is_some());
        assert!(target.attribute.is_list && target.sub.is_none() && patch.reads(target.attribute.name));
        let known: BTreeSet<&str> = ids(items).collect();
        assert_eq!(known.len(), items.len(), "an id is there twice, or not at all");
        for name in items.iter().filter_map(Value::as_object).flat_map(|item| item.keys()) {
            assert!(target.attribute.subs().iter().any(|sub| sub.name == name), "{name} isn't of the table");
        }
    }
}
