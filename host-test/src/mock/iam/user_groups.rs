//! The endpoints of user groups.

use serde::Deserialize;
use serde_json::json;

use crate::mock::account::Account;
use crate::mock::api::{
    Call, Failure, INVALID_BODY, Limits, Outcome, Reply, contains, equals, find, now, position, raw,
};

use super::UserGroup;
use super::policies::{PolicyBody, policies as made};

/// The code for a group that an identity provider manages (inferred: no page names it).
const MANAGED: u64 = 1020;

/// `OpenAPI: GET /accounts/{account_id}/iam/user_groups`.
pub(super) fn list(account: &Account, call: &Call) -> Outcome {
    let (id, name, part) = (call.query("id"), call.query("name"), call.query("fuzzyName"));
    let is_wanted = |group: &&UserGroup| {
        equals(id, Some(&group.id)) && equals(name, Some(&group.name)) && contains(part, &[Some(&group.name)])
    };
    let mut found: Vec<_> = account.user_groups.iter().filter(is_wanted).collect();
    if call.query("direction") == Some("desc") {
        found.reverse();
    }
    Ok(Reply::page(call.paging(Limits::USER_GROUPS)?.listing(&found, raw)))
}

/// `OpenAPI: GET /accounts/{account_id}/iam/user_groups/{user_group_id}`.
pub(super) fn get(account: &Account, call: &Call) -> Outcome {
    find(&account.user_groups, |group| group.id == call.id, "User group").map(Reply::single)
}

/// `OpenAPI: POST /accounts/{account_id}/iam/user_groups`. Names that begin with *CF* are refused.
/// <https://developers.cloudflare.com/fundamentals/manage-members/user-groups/>
pub(super) fn create(account: &mut Account, call: &Call) -> Outcome {
    #[derive(Deserialize)]
    struct Body {
        name: String,
        #[serde(default)]
        policies: Vec<PolicyBody>,
    }
    let body: Body = call.json(INVALID_BODY)?;
    if body.name.is_empty() || body.name.starts_with("CF") {
        return Err(Failure::bad_request(INVALID_BODY, "invalid name"));
    }
    let id = account.fresh_id();
    let policies = Some(made(account, &id, &[], &body.policies)?);
    let (name, created_on, modified_on) = (body.name, now(), now());
    let group = UserGroup { id, name, created_on, modified_on, policies, ..UserGroup::default() };
    account.user_groups.push(group.clone());
    Ok(Reply::single(&group))
}

/// `OpenAPI: PUT /accounts/{account_id}/iam/user_groups/{user_group_id}`. What the body leaves out stays
/// (inferred from the schema, which requires nothing).
pub(super) fn change(account: &mut Account, call: &Call) -> Outcome {
    #[derive(Deserialize)]
    struct Body {
        name: Option<String>,
        policies: Option<Vec<PolicyBody>>,
    }
    let at = group_at(account, call)?;
    let body: Body = call.json(INVALID_BODY)?;
    if body.name.is_some() {
        check_unmanaged(&account.user_groups[at])?;
    }
    let before = account.user_groups[at].policies.as_deref().unwrap_or_default();
    let policies = body.policies.map(|bodies| made(account, call.id, before, &bodies)).transpose()?;
    let group = &mut account.user_groups[at];
    group.name = body.name.unwrap_or_else(|| group.name.clone());
    group.policies = policies.or_else(|| group.policies.take());
    group.modified_on = now();
    Ok(Reply::single(group))
}

/// `OpenAPI: DELETE /accounts/{account_id}/iam/user_groups/{user_group_id}`.
pub(super) fn delete(account: &mut Account, call: &Call) -> Outcome {
    let at = group_at(account, call)?;
    check_unmanaged(&account.user_groups[at])?;
    let group = account.user_groups.remove(at);
    Ok(Reply::single(&json!({ "id": group.id })))
}

pub(super) fn group_at(account: &Account, call: &Call) -> Result<usize, Failure> {
    position(&account.user_groups, |group| group.id == call.id, "User group")
}

/// Refuses to change a group that an identity provider manages. The words are inferred.
pub(super) fn check_unmanaged(group: &UserGroup) -> Result<(), Failure> {
    if group.is_managed {
        return Err(Failure::bad_request(MANAGED, "user group is managed by SCIM and cannot be modified"));
    }
    Ok(())
}
