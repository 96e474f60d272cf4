//! The endpoints that read.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::account::{AccessUser, Account, Group, List, Member};
use super::auth::Token;
use super::endpoints::Call;
use super::envelope::{Failure, Listing, Reply, raw};
use super::paging::Limits;

type Outcome = Result<Reply, Failure>;

pub(super) fn users(account: &Account, call: &Call) -> Outcome {
    let (name, email, search) = (call.query("name"), call.query("email"), call.query("search"));
    let paging = call.paging(Limits::ACCESS)?;
    if name.or(email).or(search).is_none() {
        return Ok(Reply::page(paging.listing(&account.users, raw)));
    }
    let wanted = |user: &&AccessUser| {
        equals(name, user.name.as_deref())
            && equals(email, user.email.as_deref())
            && contains(search, &[user.name.as_deref(), user.email.as_deref()])
    };
    let found: Vec<_> = account.users.iter().filter(wanted).collect();
    Ok(Reply::page(paging.listing(&found, raw)))
}

pub(super) fn user(account: &Account, call: &Call) -> Outcome {
    single(&account.users, |user| user.id == call.id, raw, "User")
}

pub(super) fn groups(account: &Account, call: &Call) -> Outcome {
    let (name, search) = (call.query("name"), call.query("search"));
    let wanted = |group: &&Group| equals(name, Some(&group.name)) && contains(search, &[Some(&group.name)]);
    let found: Vec<_> = account.groups.iter().filter(wanted).collect();
    Ok(Reply::page(call.paging(Limits::ACCESS)?.listing(&found, raw)))
}

pub(super) fn group(account: &Account, call: &Call) -> Outcome {
    single(&account.groups, |group| group.id == call.id, raw, "Group")
}

pub(super) fn members(account: &Account, call: &Call) -> Outcome {
    let one_of = |name: &str, allowed: &[&str]| match call.query(name) {
        Some(value) if !allowed.contains(&value) => {
            Err(Failure::bad_request(1004, format!("invalid {name}")))
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

pub(super) fn member(account: &Account, call: &Call) -> Outcome {
    let write = |member: &Member| raw(&account.member_json(member));
    single(&account.members, |member| member.id == call.id, write, "Member")
}

pub(super) fn roles(account: &Account, call: &Call) -> Outcome {
    Ok(Reply::page(call.paging(Limits::ACCOUNT)?.listing(&account.roles, raw)))
}

/// Inferred: a role that members hold is there, whether or not the list shows it.
pub(super) fn role(account: &Account, call: &Call) -> Outcome {
    let role = account.role(call.id).ok_or_else(|| Failure::not_found("Role"))?;
    Ok(Reply::single(role))
}

pub(super) fn lists(account: &Account, call: &Call) -> Outcome {
    let (kind, search) = (call.query("type"), call.query("search"));
    let wanted = |list: &&List| {
        kind.is_none_or(|kind| list.kind == kind)
            && contains(search, &[Some(&list.name), Some(&list.description)])
    };
    let items = account.lists.iter().filter(wanted).map(|list| raw(&list_json(list))).collect();
    Ok(Reply::page(Listing { items, info: None }))
}

pub(super) fn list(account: &Account, call: &Call) -> Outcome {
    single(&account.lists, |list| list.id == call.id, |list| raw(&list_json(list)), "List")
}

pub(super) fn list_items(account: &Account, call: &Call) -> Outcome {
    let list =
        account.lists.iter().find(|list| list.id == call.id).ok_or_else(|| Failure::not_found("List"))?;
    let write = |value: &String| raw(&json!({ "value": value, "created_at": list.created_at }));
    Ok(Reply::page(call.paging(Limits::LIST_ITEMS)?.listing(&list.items, write)))
}

fn list_json(list: &List) -> Value {
    json!({
        "id": list.id,
        "name": list.name,
        "description": list.description,
        "type": list.kind,
        "count": list.items.len(),
        "created_at": list.created_at,
        "updated_at": list.created_at,
    })
}

pub(super) fn keys(_: &Account, _: &Call) -> Outcome {
    Ok(Reply::single(&json!({
        "key_rotation_interval_days": 30,
        "last_key_rotation_at": "2026-10-28T05:20:00.12345Z",
        "days_until_next_rotation": 11,
    })))
}

pub(super) fn organization(account: &Account, _: &Call) -> Outcome {
    let team: String = account.name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    Ok(Reply::single(&json!({
        "name": account.name,
        "auth_domain": format!("{team}.cloudflareaccess.com"),
        "is_ui_read_only": false,
        "session_duration": "24h",
        "created_at": "2021-03-02T09:14:00Z",
        "updated_at": "2026-09-30T15:02:11.5Z",
    })))
}

/// As Cloudflare does, an active token's answer has code 10000 in a success message.
pub(super) fn verify(token: &Token) -> Reply {
    let status = token.status.as_str();
    let message = match status {
        "active" => "This API Token is valid and active".to_owned(),
        _ => format!("This API Token is {status}"),
    };
    Reply {
        messages: vec![json!({ "code": 10000, "message": message, "type": null })],
        ..Reply::single(&json!({ "id": token.id(), "status": status }))
    }
}

fn single<T>(
    all: &[T],
    is_it: impl Fn(&T) -> bool,
    write: impl Fn(&T) -> Box<RawValue>,
    what: &str,
) -> Outcome {
    let found = all.iter().find(|item| is_it(item)).ok_or_else(|| Failure::not_found(what))?;
    Ok(Reply::single(&write(found)))
}

/// Inferred: `name` and `email` compare the whole value, in any case; `search` looks for a part of
/// one.
fn equals(wanted: Option<&str>, actual: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| actual.is_some_and(|actual| actual.eq_ignore_ascii_case(wanted)))
}

fn contains(wanted: Option<&str>, fields: &[Option<&str>]) -> bool {
    wanted.is_none_or(|wanted| {
        fields.iter().flatten().any(|field| field.to_ascii_lowercase().contains(&wanted.to_ascii_lowercase()))
    })
}
