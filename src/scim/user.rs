//! A person as a SCIM user.

use super::membership::{HeldRole, Membership};
use super::name;
use super::people::{Account, Person};
use super::schema::{USER, USER_EXTENSION};
use super::user_id;
use super::version;
use crate::cloudflare::member::Status;
use serde_json::{Map, Value, json};

/// A group that a person is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GroupOf {
    pub id: String,
    pub name: String,
    /// Whether a rule of the group names the address itself.
    pub is_direct: bool,
}

/// Returns the user with this address, which is in lower case. `base` is the service's own address.
/// `groups` are those that the person is in, if they are known.
pub(super) fn render(base: &str, address: &str, person: &Person, groups: Option<&[GroupOf]>) -> Value {
    let id = user_id::of_address(address);
    let (user, member) = (person.users.first(), person.member.as_ref());
    let mut shown = Map::new();
    let mut set = |name: &str, value: Value| {
        if !value.is_null() {
            shown.insert(name.to_owned(), value);
        }
    };
    let name = person.users.iter().find_map(|user| user.name.as_deref());
    let active = person.is_active();
    set("userName", address.into());
    let name = name.or(member.and_then(|member| member.name.as_deref()));
    set("displayName", name.into());
    set("name", name.filter(|name| !name.trim().is_empty()).map(name::in_parts).into());
    set("active", active.into());
    set("emails", json!([{"value": address, "type": "work", "primary": true}]));
    let roles = member.map_or(&[][..], |member| &member.roles);
    if !roles.is_empty() {
        let role = |HeldRole { id, name, is_listed }: &HeldRole| match is_listed {
            true => json!({"value": id, "$ref": format!("{base}/Roles/{id}"), "display": name}),
            false => json!({"value": id, "display": name}),
        };
        set("roles", roles.iter().map(role).collect());
    }
    if let Some(groups) = groups.filter(|groups| !groups.is_empty()) {
        let group = |group: &GroupOf| {
            let kind = if group.is_direct { "direct" } else { "indirect" };
            let uri = format!("{base}/Groups/{}", group.id);
            json!({"value": group.id, "$ref": uri, "display": group.name, "type": kind})
        };
        set("groups", groups.iter().map(group).collect());
    }
    let extension = extension(user, member);
    let mut schemas = vec![USER.core.id];
    if !extension.is_empty() {
        schemas.push(USER_EXTENSION.id);
        set(USER_EXTENSION.id, extension.into());
    }
    set("schemas", schemas.into());
    let mut meta = json!({
        "resourceType": "User",
        "location": format!("{base}/Users/{id}"),
        "version": version_of(address, person, active),
    });
    if let Some(meta) = meta.as_object_mut() {
        let times = [
            ("created", user.and_then(|user| user.created.as_ref())),
            ("lastModified", user.and_then(|user| user.updated.as_ref())),
        ];
        let known =
            times.into_iter().filter_map(|(name, time)| Some((name.to_owned(), time?.clone().into())));
        meta.extend(known);
    }
    set("meta", meta);
    set("id", id.into());
    shown.into()
}

fn extension(user: Option<&Account>, member: Option<&Membership>) -> Map<String, Value> {
    let mut shown = Map::new();
    let mut set = |name: &str, value: Value| {
        if !value.is_null() {
            shown.insert(name.to_owned(), value);
        }
    };
    if let Some(user) = user {
        set("accessUserId", user.id.as_str().into());
        set("accessSeat", user.has_access_seat.into());
        set("gatewaySeat", user.has_gateway_seat.into());
        set("lastLogin", user.last_login.as_deref().into());
    }
    if let Some(member) = member {
        set("membershipId", member.id.as_str().into());
        set("membershipStatus", word(member.status).into());
        set("twoFactorAuthentication", member.two_factor.into());
    }
    shown
}

const fn word(status: Status) -> &'static str {
    match status {
        Status::Accepted => "accepted",
        Status::Pending => "pending",
        Status::Rejected => "rejected",
        Status::Unknown => "unknown",
    }
}

/// The version rests on the accounts, and not on groups: it is the same whatever is asked for.
fn version_of(address: &str, person: &Person, active: Option<bool>) -> String {
    let flag = |flag: Option<bool>| match flag {
        None => "",
        Some(false) => "no",
        Some(true) => "yes",
    };
    let mut parts: Vec<&str> = vec![address, flag(active)];
    for user in &person.users {
        let texts = [&user.name, &user.last_login, &user.created, &user.updated];
        parts.push(user.id.as_str());
        parts.extend(texts.into_iter().map(|text| text.as_deref().unwrap_or_default()));
        parts.extend([flag(Some(user.has_access_seat)), flag(Some(user.has_gateway_seat))]);
    }
    if let Some(member) = &person.member {
        parts.push("member");
        let name = member.name.as_deref().unwrap_or_default();
        parts.extend([member.id.as_str(), word(member.status), name, flag(member.two_factor)]);
        parts.extend(member.roles.iter().flat_map(|role| [role.id.as_str(), &role.name]));
    }
    version::of(parts)
}
