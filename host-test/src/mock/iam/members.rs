//! The endpoints of account members.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::json;

use crate::mock::account::Account;
use crate::mock::api::{Call, Failure, INVALID_BODY, Limits, Outcome, Reply, find, position, raw};
use crate::mock::ids::hex_id;

use super::{Member, MemberUser, PermissionGroup, Policy};

// Both codes are inferred: no page names them; issue trackers show them.
const INVALID_ROLE: u64 = 1001;
const MEMBER_EXISTS: u64 = 1008;

/// `OpenAPI: GET /accounts/{account_id}/members`.
pub(super) fn list(account: &Account, call: &Call) -> Outcome {
    let one_of = |name: &str, allowed: &[&str]| match call.query(name) {
        Some(value) if !allowed.contains(&value) => {
            Err(Failure::bad_request(INVALID_BODY, format!("invalid {name}")))
        }
        value => Ok(value),
    };
    let status = one_of("status", &["accepted", "pending", "rejected"])?;
    let order = one_of("order", &["user.first_name", "user.last_name", "user.email", "status"])?;
    let direction = one_of("direction", &["asc", "desc"])?;
    let paging = call.paging(Limits::ACCOUNT)?;

    let mut found: Vec<&Member> =
        account.members.iter().filter(|member| status.is_none_or(|status| member.status == status)).collect();
    if let Some(order) = order {
        found.sort_by_key(|member| order_key(member, order));
    }
    if direction == Some("desc") {
        found.reverse();
    }
    Ok(Reply::page(paging.listing(&found, |member| raw(&account.member_json(member)))))
}

fn order_key(member: &Member, order: &str) -> String {
    let user = member.user.as_ref();
    let key = match order {
        "user.first_name" => user.and_then(|user| user.first_name.clone()),
        "user.last_name" => user.and_then(|user| user.last_name.clone()),
        "user.email" => member.address().map(str::to_owned),
        _ => Some(member.status.clone()),
    };
    key.unwrap_or_default().to_lowercase()
}

/// `OpenAPI: GET /accounts/{account_id}/members/{member_id}`.
pub(super) fn get(account: &Account, call: &Call) -> Outcome {
    let member = find(&account.members, |member| member.id == call.id, "Member")?;
    Ok(Reply::single(&account.member_json(member)))
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

#[derive(Deserialize)]
struct PolicyBody {
    access: String,
    permission_groups: Vec<Id>,
    resource_groups: Vec<Id>,
}

/// `OpenAPI: POST /accounts/{account_id}/members`. The schema of the answer has no `roles`.
pub(super) fn create(account: &mut Account, call: &Call) -> Outcome {
    #[derive(Deserialize)]
    struct Body {
        email: String,
        status: Option<String>,
        roles: Option<Vec<String>>,
        policies: Option<Vec<PolicyBody>>,
    }
    let body: Body = call.json(INVALID_BODY)?;
    let status = body.status.unwrap_or_else(|| "pending".into());
    if !body.email.contains('@') || !["accepted", "pending"].contains(&status.as_str()) {
        return Err(Failure::bad_request(INVALID_BODY, "invalid email or status"));
    }
    let is_it =
        |member: &Member| member.address().is_some_and(|address| address.eq_ignore_ascii_case(&body.email));
    if account.members.iter().any(is_it) {
        return Err(Failure::bad_request(MEMBER_EXISTS, "Member already exists for this account"));
    }
    let id = account.fresh_id();
    let (roles, policies) = holdings(account, &id, body.roles, body.policies)?;
    let user = MemberUser {
        id: (status == "accepted").then(|| account.fresh_id()),
        email: Some(body.email.clone()),
        ..MemberUser::default()
    };
    let member = Member { id, status, email: Some(body.email), user: Some(user), roles, policies };
    let mut shown = account.member_json(&member);
    if let Some(shown) = shown.as_object_mut() {
        shown.remove("roles");
    }
    account.members.push(member);
    Ok(Reply::single(&shown))
}

/// `OpenAPI: PUT /accounts/{account_id}/members/{member_id}`. Takes `roles` or `policies`. Inferred:
/// with both, the policies win, and a change of roles makes all policies account-wide.
pub(super) fn change(account: &mut Account, call: &Call) -> Outcome {
    #[derive(Deserialize)]
    struct Body {
        roles: Option<Vec<Id>>,
        policies: Option<Vec<PolicyBody>>,
    }
    let at = position(&account.members, |member| member.id == call.id, "Member")?;
    let body: Body = call.json(INVALID_BODY)?;
    let roles = body.roles.map(|roles| roles.into_iter().map(|role| role.id).collect());
    let (roles, policies) = holdings(account, call.id, roles, body.policies)?;
    account.members[at].roles = roles;
    account.members[at].policies = policies;
    Ok(Reply::single(&account.member_json(&account.members[at])))
}

/// `OpenAPI: DELETE /accounts/{account_id}/members/{member_id}`.
pub(super) fn delete(account: &mut Account, call: &Call) -> Outcome {
    let at = position(&account.members, |member| member.id == call.id, "Member")?;
    let member = account.members.remove(at);
    Ok(Reply::single(&json!({ "id": member.id })))
}

/// Returns the roles and policies that a member has after a write.
///
/// Inferred, since no source says it: empty roles are refused, and a member with given policies has
/// the roles that these policies give on the whole account.
fn holdings(
    account: &Account,
    member: &str,
    roles: Option<Vec<String>>,
    policies: Option<Vec<PolicyBody>>,
) -> Result<(Vec<String>, Vec<Policy>), Failure> {
    let role = |id: &str| account.role(id).ok_or_else(|| Failure::bad_request(INVALID_ROLE, "Invalid role"));
    if let Some(policies) = policies {
        let policies: Vec<_> = policies.iter().map(|body| policy(account, body)).collect::<Result<_, _>>()?;
        let given = account.roles.iter().chain(&account.unlisted_roles).filter(|role| {
            let wide = account.account_wide_policy(member, role);
            policies.iter().any(|policy| {
                policy.permission_groups.iter().any(|group| group.id == role.id)
                    && policy.resource_groups.iter().any(|group| group.scope == wide.resource_groups[0].scope)
            })
        });
        return Ok((given.map(|role| role.id.clone()).collect(), policies));
    }
    let mut ids = roles.unwrap_or_default();
    if ids.is_empty() {
        return Err(Failure::bad_request(INVALID_ROLE, "Invalid role"));
    }
    let mut seen = BTreeSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    let policies: Vec<_> = ids
        .iter()
        .map(|id| Ok(account.account_wide_policy(member, role(id)?)))
        .collect::<Result<_, Failure>>()?;
    Ok((ids, policies))
}

/// Returns the policy that a body names by ids alone: the ids of roles, and of resource groups in any
/// member's policies.
fn policy(account: &Account, body: &PolicyBody) -> Result<Policy, Failure> {
    let known = || account.members.iter().flat_map(|member| &member.policies);
    let mut key = vec!["policy", &body.access];
    let mut permission_groups = Vec::new();
    for Id { id } in &body.permission_groups {
        let role =
            account.role(id).map(|role| PermissionGroup { id: role.id.clone(), name: role.name.clone() });
        let of_a_member =
            || known().flat_map(|policy| &policy.permission_groups).find(|group| group.id == *id).cloned();
        let group = role
            .or_else(of_a_member)
            .ok_or_else(|| Failure::bad_request(INVALID_ROLE, "Invalid permission group"))?;
        permission_groups.push(group);
        key.push(id);
    }
    let mut resource_groups = Vec::new();
    for Id { id } in &body.resource_groups {
        let group = known().flat_map(|policy| &policy.resource_groups).find(|group| group.id == *id).cloned();
        resource_groups
            .push(group.ok_or_else(|| Failure::bad_request(INVALID_BODY, "Invalid resource group"))?);
        key.push(id);
    }
    Ok(Policy { id: hex_id(&key), access: body.access.clone(), permission_groups, resource_groups })
}
