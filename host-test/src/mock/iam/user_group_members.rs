//! The endpoints of the members of a user group.

use serde_json::{Value, json};

use crate::mock::account::Account;
use crate::mock::api::{Call, Failure, INVALID_BODY, Limits, Outcome, Reply, contains, find, now, raw};

use super::policies::{Id, no_dsr};
use super::user_groups::{check_unmanaged, group_at};

/// `OpenAPI: GET /accounts/{account_id}/iam/user_groups/{user_group_id}/members`.
pub(super) fn list(account: &Account, call: &Call) -> Outcome {
    let group = &account.user_groups[group_at(account, call)?];
    let shown = |id: &&String| shown(account, id);
    let wanted = call.query("fuzzyEmail");
    let mut found: Vec<_> =
        group.members.iter().filter(|id| contains(wanted, &[shown(id)["email"].as_str()])).collect();
    if call.query("direction") == Some("desc") {
        found.reverse();
    }
    Ok(Reply::page(call.paging(Limits::USER_GROUPS)?.listing(&found, |id| raw(&shown(id)))))
}

/// `OpenAPI: GET /accounts/{account_id}/iam/user_groups/{user_group_id}/members/{member_id}`.
pub(super) fn get(account: &Account, call: &Call) -> Outcome {
    let group = &account.user_groups[group_at(account, call)?];
    let id = find(&group.members, |id| *id == call.inner, "Member")?;
    Ok(Reply::single(&shown(account, id)))
}

/// `OpenAPI: POST /accounts/{account_id}/iam/user_groups/{user_group_id}/members`. Somebody who is in the
/// group stays there (inferred). It answers with those who were named.
pub(super) fn add(account: &mut Account, call: &Call) -> Outcome {
    let at = group_at(account, call)?;
    let named = members(account, call, at)?;
    let group = &mut account.user_groups[at];
    let new: Vec<String> = named.iter().filter(|id| !group.members.contains(id)).cloned().collect();
    group.members.extend(new);
    group.modified_on = now();
    Ok(Reply::single(&named.iter().map(|id| shown(account, id)).collect::<Value>()))
}

/// `OpenAPI: PUT /accounts/{account_id}/iam/user_groups/{user_group_id}/members`. It replaces them all.
pub(super) fn replace(account: &mut Account, call: &Call) -> Outcome {
    let at = group_at(account, call)?;
    let named = members(account, call, at)?;
    let shown = named.iter().map(|id| shown(account, id)).collect::<Value>();
    let group = &mut account.user_groups[at];
    group.members = named;
    group.modified_on = now();
    Ok(Reply::single(&shown))
}

/// `OpenAPI: DELETE /accounts/{account_id}/iam/user_groups/{user_group_id}/members/{member_id}`.
pub(super) fn remove(account: &mut Account, call: &Call) -> Outcome {
    let at = group_at(account, call)?;
    check_unmanaged(&account.user_groups[at])?;
    let shown = shown(account, find(&account.user_groups[at].members, |id| *id == call.inner, "Member")?);
    let group = &mut account.user_groups[at];
    group.members.retain(|id| id != call.inner);
    group.modified_on = now();
    Ok(Reply::single(&shown))
}

/// Returns the members that a body names, each once, or refuses them. The body is a bare array. The page
/// <https://developers.cloudflare.com/fundamentals/manage-members/user-groups/> shows another form, which
/// OpenAPI doesn't have.
fn members(account: &Account, call: &Call, at: usize) -> Result<Vec<String>, Failure> {
    check_unmanaged(&account.user_groups[at])?;
    let body: Vec<Id> = call.json(INVALID_BODY)?;
    let mut named: Vec<String> = Vec::new();
    for Id { id } in body {
        let member = find(&account.members, |member| member.id == id, "Member")?;
        if member.has_no_dsr {
            return Err(no_dsr(member));
        }
        if !named.contains(&id) {
            named.push(id);
        }
    }
    Ok(named)
}

/// Returns a member of a group as Cloudflare shows it.
fn shown(account: &Account, id: &str) -> Value {
    match account.members.iter().find(|member| member.id == id) {
        Some(member) => json!({ "id": id, "email": member.address(), "status": member.status }),
        None => json!({ "id": id }),
    }
}
