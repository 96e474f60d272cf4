//! The endpoints of account members.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::mock::account::Account;
use crate::mock::api::{Call, Failure, INVALID_BODY, Limits, Outcome, Reply, find, position, raw};

use super::policies::{INVALID_ROLE, Id, PolicyBody, check_dsr, policies as made};
use super::{Member, MemberUser, Policy};

/// Inferred: no page names the code; issue trackers show it.
const MEMBER_EXISTS: u64 = 1008;
/// <https://github.com/app-sre/qontract-reconcile/pull/5079> has code and message.
const NO_DIRECT_ADD: u64 = 1001;

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

/// `OpenAPI: POST /accounts/{account_id}/members`. The body has roles or policies, and never both.
/// The schema of the answer has no `roles`. Without an invitation, only somebody who has a
/// Cloudflare user can be added (terraform-provider-cloudflare, its acceptance tests: *API now
/// throws if the user doesn't exist*).
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
    if body.roles.is_some() && body.policies.is_some() {
        return Err(Failure::bad_request(INVALID_BODY, "either roles or policies must be set"));
    }
    let is_it =
        |member: &Member| member.address().is_some_and(|address| address.eq_ignore_ascii_case(&body.email));
    if account.members.iter().any(is_it) {
        return Err(Failure::bad_request(MEMBER_EXISTS, "Member already exists for this account"));
    }
    if status == "accepted" && !account.has_login(&body.email) {
        let message = "Invalid request: automatic verification of new members is not allowed";
        return Err(Failure::bad_request(NO_DIRECT_ADD, message));
    }
    let id = account.fresh_id();
    let nobody = Member { id: id.clone(), ..Member::default() };
    let (roles, policies) = holdings(account, &nobody, body.roles, body.policies)?;
    let user = MemberUser {
        id: (status == "accepted").then(|| account.fresh_id()),
        email: Some(body.email.clone()),
        ..MemberUser::default()
    };
    let email = Some(body.email);
    let (user, invited) = (Some(user), account.clock());
    let member = Member { id, status, email, user, roles, policies, invited, ..Member::default() };
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
    let (roles, policies) = holdings(account, &account.members[at], roles, body.policies)?;
    account.members[at].roles = roles;
    account.members[at].policies = policies;
    Ok(Reply::single(&account.member_json(&account.members[at])))
}

/// `OpenAPI: DELETE /accounts/{account_id}/members/{member_id}`. It cancels an invitation too
/// (<https://github.com/ConductorOne/baton-cloudflare>).
pub(super) fn delete(account: &mut Account, call: &Call) -> Outcome {
    let at = position(&account.members, |member| member.id == call.id, "Member")?;
    let id = account.members[at].id.clone();
    account.remove_member(&id);
    let shown = if account.lifecycle.has_null_removals { Value::Null } else { json!({ "id": id }) };
    Ok(Reply::single(&shown))
}

/// Returns the roles and policies that a member has after a write. They are two views of one assignment
/// (terraform-provider-cloudflare, its acceptance tests).
///
/// Inferred, since no source says it: a member can't be left with nothing.
fn holdings(
    account: &Account,
    member: &Member,
    roles: Option<Vec<String>>,
    policies: Option<Vec<PolicyBody>>,
) -> Result<(Vec<String>, Vec<Policy>), Failure> {
    if let Some(policies) = policies.filter(|policies| !policies.is_empty()) {
        let policies = made(account, &member.id, &member.policies, &policies)?;
        check_dsr(account, member, &policies)?;
        return Ok((account.roles_of(&policies), policies));
    }
    let role = |id: &str| account.role(id).ok_or_else(|| Failure::bad_request(INVALID_ROLE, "Invalid role"));
    let mut ids = roles.unwrap_or_default();
    if ids.is_empty() {
        return Err(Failure::bad_request(INVALID_ROLE, "Invalid role"));
    }
    let mut seen = BTreeSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    let policies: Vec<_> = ids
        .iter()
        .map(|id| Ok(account.account_wide_policy(&member.id, role(id)?)))
        .collect::<Result<_, Failure>>()?;
    Ok((ids, policies))
}
