//! The endpoints that write.

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::account::{Account, Group, Member, MemberUser, PermissionGroup, Policy, uuid};
use super::endpoints::Call;
use super::envelope::{Failure, Reply};

type Outcome = Result<Reply, Failure>;

/// `access.api.error.invalid_request`.
const INVALID_GROUP: u64 = 12130;
const INVALID_ROLE: u64 = 1001;
const MEMBER_EXISTS: u64 = 1008;
/// Inferred: no source tells how a body is refused that is no JSON, or lacks what it must have.
const INVALID_BODY: u64 = 1004;

/// Cloudflare's limit on the rules of a group.
const MAX_RULES: usize = 1000;

pub(super) fn create_group(account: &mut Account, call: &Call) -> Outcome {
    let now = now();
    let body = group_body(call)?;
    let id = uuid(&account.fresh_id());
    let group = Group { id, created_at: Some(now.clone()), updated_at: Some(now), ..body };
    account.groups.push(group.clone());
    Ok(Reply::single(&group).with_status(StatusCode::CREATED))
}

/// Replaces: what the body leaves out is gone afterwards.
pub(super) fn replace_group(account: &mut Account, call: &Call) -> Outcome {
    let group = account
        .groups
        .iter_mut()
        .find(|group| group.id == call.id)
        .ok_or_else(|| Failure::not_found("Group"))?;
    let body = group_body(call)?;
    *group =
        Group { id: group.id.clone(), created_at: group.created_at.take(), updated_at: Some(now()), ..body };
    Ok(Reply::single(group))
}

pub(super) fn delete_group(account: &mut Account, call: &Call) -> Outcome {
    let at = account
        .groups
        .iter()
        .position(|group| group.id == call.id)
        .ok_or_else(|| Failure::not_found("Group"))?;
    let group = account.groups.remove(at);
    Ok(Reply::single(&json!({ "id": group.id })).with_status(StatusCode::ACCEPTED))
}

/// A group as a body describes it, without id and times.
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

/// The answer lacks `roles`, as Cloudflare's does.
pub(super) fn create_member(account: &mut Account, call: &Call) -> Outcome {
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
    let exists =
        |member: &Member| member.address().is_some_and(|address| address.eq_ignore_ascii_case(&body.email));
    if account.members.iter().any(exists) {
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

/// Takes `roles` or `policies`; given both, the policies win. A change of roles makes all policies
/// account-wide ones.
pub(super) fn change_member(account: &mut Account, call: &Call) -> Outcome {
    #[derive(Deserialize)]
    struct Body {
        roles: Option<Vec<Id>>,
        policies: Option<Vec<PolicyBody>>,
    }
    let at = position(account, call.id)?;
    let body: Body = call.json(INVALID_BODY)?;
    let roles = body.roles.map(|roles| roles.into_iter().map(|role| role.id).collect());
    let (roles, policies) = holdings(account, call.id, roles, body.policies)?;
    account.members[at].roles = roles;
    account.members[at].policies = policies;
    Ok(Reply::single(&account.member_json(&account.members[at])))
}

pub(super) fn delete_member(account: &mut Account, call: &Call) -> Outcome {
    let at = position(account, call.id)?;
    let member = account.members.remove(at);
    Ok(Reply::single(&json!({ "id": member.id })))
}

fn position(account: &Account, id: &str) -> Result<usize, Failure> {
    account.members.iter().position(|member| member.id == id).ok_or_else(|| Failure::not_found("Member"))
}

/// The roles and policies that a write leaves a member with.
///
/// Inferred: empty roles are refused (no source tells), and a member that was given policies has
/// the roles that these give on the whole account.
fn holdings(
    account: &Account,
    member: &str,
    roles: Option<Vec<String>>,
    policies: Option<Vec<PolicyBody>>,
) -> Result<(Vec<String>, Vec<Policy>), Failure> {
    let role = |id: &str| account.role(id).ok_or_else(|| Failure::bad_request(INVALID_ROLE, "Invalid role"));
    if let Some(policies) = policies {
        let policies: Vec<_> = policies.iter().map(|body| policy(account, body)).collect::<Result<_, _>>()?;
        let held = account.roles.iter().chain(&account.unlisted_roles).filter(|role| {
            let wide = account.account_wide_policy(member, role);
            policies.iter().any(|policy| {
                policy.permission_groups.iter().any(|group| group.id == role.id)
                    && policy.resource_groups.iter().any(|group| group.scope == wide.resource_groups[0].scope)
            })
        });
        return Ok((held.map(|role| role.id.clone()).collect(), policies));
    }
    let mut ids = roles.unwrap_or_default();
    if ids.is_empty() {
        return Err(Failure::bad_request(INVALID_ROLE, "Invalid role"));
    }
    let mut seen = std::collections::BTreeSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    let policies: Vec<_> = ids
        .iter()
        .map(|id| Ok(account.account_wide_policy(member, role(id)?)))
        .collect::<Result<_, Failure>>()?;
    Ok((ids, policies))
}

/// A policy as a body names it, by ids alone: of roles, and of resource groups that some member's
/// policy has.
fn policy(account: &Account, body: &PolicyBody) -> Result<Policy, Failure> {
    let known = || account.members.iter().flat_map(|member| &member.policies);
    let mut key = vec!["policy", &body.access];
    let mut permission_groups = Vec::new();
    for Id { id } in &body.permission_groups {
        let role =
            account.role(id).map(|role| PermissionGroup { id: role.id.clone(), name: role.name.clone() });
        let held =
            || known().flat_map(|policy| &policy.permission_groups).find(|group| group.id == *id).cloned();
        let group = role
            .or_else(held)
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
    Ok(Policy {
        id: super::account::hex_id(&key),
        access: body.access.clone(),
        permission_groups,
        resource_groups,
    })
}

pub(super) fn change_seats(account: &mut Account, call: &Call) -> Outcome {
    #[derive(Deserialize)]
    struct Seat {
        seat_uid: String,
        access_seat: bool,
        gateway_seat: bool,
    }
    let seats: Vec<Seat> = call.json(INVALID_BODY)?;
    let has =
        |seat: &Seat| account.users.iter().position(|user| user.seat_uid.as_deref() == Some(&seat.seat_uid));
    let at: Option<Vec<_>> = seats.iter().map(has).collect();
    let mut changed = Vec::new();
    for (seat, at) in seats.iter().zip(at.ok_or_else(|| Failure::not_found("Seat"))?) {
        let user = &mut account.users[at];
        user.access_seat = Some(seat.access_seat);
        user.gateway_seat = Some(seat.gateway_seat);
        user.updated_at = Some(now());
        changed.push(json!({
            "seat_uid": user.seat_uid,
            "access_seat": user.access_seat,
            "gateway_seat": user.gateway_seat,
            "created_at": user.created_at,
            "updated_at": user.updated_at,
        }));
    }
    Ok(Reply::single(&changed))
}

/// Inferred: an address that nobody has is no error.
pub(super) fn revoke_user(account: &mut Account, call: &Call) -> Outcome {
    #[derive(Deserialize)]
    struct Body {
        email: String,
    }
    let body: Body = call.json(INVALID_BODY)?;
    account.revoked.push(body.email);
    Ok(Reply::single(&true))
}

fn now() -> String {
    OffsetDateTime::now_utc().format(&Rfc3339).expect("the year has four digits")
}
