//! An Access group as a SCIM group.

use super::groups::{Members, members_of};
use super::projection::Projection;
use super::schema::{GROUP, GROUP_EXTENSION};
use super::user_id;
use super::version;
use crate::cloudflare::group::Group;
use crate::json::entries;
use crate::json::value::Json;
use crate::model::Kind;
use crate::rules::{Rule, Section, kinds};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// The number of people who are in a group.
const EFFECTIVE_MEMBERS: &str = "effectiveMembers";

/// Whether a client asks for the number of people who are in a group.
pub(super) fn asks_for_effective_members(projection: &Projection) -> bool {
    projection.asks_for(&format!("{}:{EFFECTIVE_MEMBERS}", GROUP_EXTENSION.id), &GROUP)
}

/// Adds the number of people who are in a group, which takes many requests to count.
pub(super) fn add_effective_members(shown: &mut Value, members: usize) {
    if let Some(extension) = shown.get_mut(GROUP_EXTENSION.id).and_then(Value::as_object_mut) {
        extension.insert(EFFECTIVE_MEMBERS.to_owned(), members.into());
    }
}

/// Returns a group of the account with this id. `base` is the service's own address.
pub(super) fn render(base: &str, group: &Group, account_id: &str) -> Value {
    let id = group.id.as_str();
    let profile = Json::parse(&group.profile).unwrap_or(Json::Null);
    let mut meta = Map::new();
    for (name, field) in [("created", "created_at"), ("lastModified", "updated_at")] {
        meta.extend(profile.get(field).text().map(|time| (name.to_owned(), time.into())));
    }
    meta.extend([
        ("resourceType".to_owned(), "Group".into()),
        ("location".to_owned(), format!("{base}/Groups/{id}").into()),
        ("version".to_owned(), version_of(group).into()),
    ]);
    let extension = extension(group, account_id, &profile);
    let mut shown = json!({
        "schemas": [GROUP.core.id, GROUP_EXTENSION.id],
        "id": id,
        "displayName": group.name.as_deref().unwrap_or(id),
        "meta": meta,
    });
    let members = members(base, &members_of(group, account_id));
    if let Some(shown) = shown.as_object_mut() {
        if !members.is_empty() {
            shown.insert("members".to_owned(), members.into());
        }
        shown.insert(GROUP_EXTENSION.id.to_owned(), extension);
    }
    shown
}

/// Returns the version of a group: of its name and of all its rules.
pub(super) fn version_of(group: &Group) -> String {
    version::of([group.id.as_str(), group.name.as_deref().unwrap_or_default(), &group.profile])
}

fn members(base: &str, members: &Members) -> Vec<Value> {
    let people = members.addresses.iter().map(|address| {
        let id = user_id::of_address(address);
        json!({"value": id, "$ref": format!("{base}/Users/{id}"), "display": address, "type": "User"})
    });
    let groups = members.groups.iter();
    let groups =
        groups.map(|id| json!({"value": id, "$ref": format!("{base}/Groups/{id}"), "type": "Group"}));
    people.chain(groups).collect()
}

/// Tells what the group has beside the addresses that it names.
fn extension(group: &Group, account_id: &str, profile: &Json) -> Value {
    let mut rules = Vec::new();
    for (section, raw) in Section::ALL.iter().zip(&group.sections) {
        for raw in raw {
            let rule = Rule::parse(raw, account_id);
            let is_member = matches!(&rule, Rule::Email(_)) && !rule.can_be_open();
            if is_member && *section == Section::Include {
                continue;
            }
            rules.push(json!({
                "section": section.word(),
                "type": kind_of(raw),
                "display": Json::parse(raw.get()).map(|rule| rule.to_text()),
                "open": is_open(&rule),
            }));
        }
    }
    let mut shown = json!({"kind": Kind::Group.as_str(), "rules": rules});
    if let (Some(shown), Json::Bool(is_default)) = (shown.as_object_mut(), profile.get("is_default")) {
        shown.insert("isDefault".to_owned(), (*is_default).into());
    }
    shown
}

/// Returns Cloudflare's word for a rule's kind.
fn kind_of(raw: &RawValue) -> Option<String> {
    let rule = entries(raw.get())?;
    kinds(&rule).next().map(|(kind, _)| kind.to_owned())
}

/// Whether only a login decides a rule, for whoever comes.
fn is_open(rule: &Rule) -> bool {
    match rule {
        Rule::Email(_) | Rule::EmailDomain(_) => rule.can_be_open(),
        Rule::Everyone
        | Rule::EmailList(_)
        | Rule::Group(_)
        | Rule::AccountMember(_)
        | Rule::Token(_)
        | Rule::AnyToken
        | Rule::Hollow => false,
        Rule::Provider(_)
        | Rule::NoSelector(_)
        | Rule::Open(_)
        | Rule::NotAscii(_)
        | Rule::NotUnderstood(_) => true,
    }
}
