//! The endpoints of Access groups.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::mock::account::Account;
use crate::mock::api::{Call, Failure, Limits, Outcome, Reply, contains, equals, find, now, position, raw};
use crate::mock::ids::uuid;

use super::Group;

/// The code of `access.api.error.invalid_request` (inferred: no page names it; issue trackers show it).
const INVALID_GROUP: u64 = 12130;

/// The most rules of a group.
/// <https://developers.cloudflare.com/cloudflare-one/account-limits/>
const MAX_RULES: usize = 1000;

/// `OpenAPI: GET /accounts/{account_id}/access/groups`.
pub(super) fn list(account: &Account, call: &Call) -> Outcome {
    let (name, search) = (call.query("name"), call.query("search"));
    let is_wanted =
        |group: &&Group| equals(name, Some(&group.name)) && contains(search, &[Some(&group.name)]);
    let found: Vec<_> = account.groups.iter().filter(is_wanted).collect();
    Ok(Reply::page(call.paging(Limits::ACCESS)?.listing(&found, raw)))
}

/// `OpenAPI: GET /accounts/{account_id}/access/groups/{group_id}`.
pub(super) fn get(account: &Account, call: &Call) -> Outcome {
    find(&account.groups, |group| group.id == call.id, "Group").map(Reply::single)
}

/// `OpenAPI: POST /accounts/{account_id}/access/groups`; it answers with 201.
pub(super) fn create(account: &mut Account, call: &Call) -> Outcome {
    let now = now();
    let body = group_body(call)?;
    let id = uuid(&account.fresh_id());
    let group = Group { id, created_at: Some(now.clone()), updated_at: Some(now), ..body };
    account.groups.push(group.clone());
    Ok(Reply::single(&group).with_status(StatusCode::CREATED))
}

/// `OpenAPI: PUT /accounts/{account_id}/access/groups/{group_id}`. Fields that the body doesn't have
/// are cleared (inferred: no source says what becomes of them).
pub(super) fn replace(account: &mut Account, call: &Call) -> Outcome {
    let at = position(&account.groups, |group| group.id == call.id, "Group")?;
    let body = group_body(call)?;
    let group = &mut account.groups[at];
    *group =
        Group { id: group.id.clone(), created_at: group.created_at.take(), updated_at: Some(now()), ..body };
    Ok(Reply::single(group))
}

/// `OpenAPI: DELETE /accounts/{account_id}/access/groups/{group_id}`; it answers with 202.
pub(super) fn delete(account: &mut Account, call: &Call) -> Outcome {
    let at = position(&account.groups, |group| group.id == call.id, "Group")?;
    let group = account.groups.remove(at);
    Ok(Reply::single(&json!({ "id": group.id })).with_status(StatusCode::ACCEPTED))
}

/// Reads a group from a body, without id and times.
fn group_body(call: &Call) -> Result<Group, Failure> {
    let refuse =
        |why: &str| Failure::bad_request(INVALID_GROUP, format!("access.api.error.invalid_request: {why}"));
    let mut body: Map<String, Value> = call.json(INVALID_GROUP)?;
    let name = match body.remove("name") {
        Some(Value::String(name)) if !name.is_empty() => name,
        _ => return Err(refuse("name is required")),
    };
    let mut rules = |field: &str| match body.remove(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(rules)) if rules.iter().all(Value::is_object) => Ok(Some(rules)),
        Some(_) => Err(refuse(&format!("{field} must be an array of rules"))),
    };
    let (include, exclude, require) = (rules("include")?, rules("exclude")?, rules("require")?);
    // The schema requires `include`; that an empty one is refused is inferred.
    if include.as_ref().is_none_or(Vec::is_empty) {
        return Err(refuse("include must not be empty"));
    }
    if [&include, &exclude, &require].into_iter().flatten().map(Vec::len).sum::<usize>() > MAX_RULES {
        return Err(refuse("too many rules"));
    }
    if body.get("is_default").is_some_and(|is_default| !is_default.is_boolean()) {
        return Err(refuse("is_default must be a boolean"));
    }
    for ours in ["id", "uid", "created_at", "updated_at"] {
        body.remove(ours);
    }
    Ok(Group { name, include, exclude, require, extra: body, ..Group::default() })
}
