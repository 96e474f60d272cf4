//! User groups of the account as SCIM groups, where the operator wants them. Their members have what the
//! policies of the group allow, so nobody may take one for an Access group: the id and the name of each begin
//! with a word that no Access group's has to begin with.

use super::filter::Filter;
use super::one::one;
use super::problem::Problem;
use super::projection::Projection;
use super::schema::{GROUP, GROUP_EXTENSION};
use super::user_id;
use super::version;
use crate::cloudflare::client::Client;
use crate::cloudflare::id::Id;
use crate::cloudflare::transport::Transport;
use crate::cloudflare::user_group::{self, GroupMember, UserGroup};
use crate::error::Result;
use crate::json::value::Json;
use crate::model::Kind;
use crate::provision::whole_lists::all_of;
use crate::records::scoped_role::name_of;
use crate::roles::{Assignments, KnownGroup, Roles};
use crate::rules::is_address;
use crate::sorted::{Map, sort_by};
use serde_json::{Map as Object, Value, json};

/// The beginning of a user group's id.
const PREFIX: &str = "user-group-";
/// The beginning of a user group's name.
const LABEL: &str = "Account: ";

/// A user group, and its members if they were read: the ids of their memberships by their addresses.
pub(super) struct Known {
    pub group: UserGroup,
    pub members: Option<Map<String, Id>>,
}

/// Whether this is the id of a user group, which no Access group has.
pub(super) fn is_id(id: &str) -> bool {
    id.starts_with(PREFIX)
}

/// Whether a name looks like that of a user group.
pub(super) fn is_name(name: &str) -> bool {
    name.get(..LABEL.len()).is_some_and(|it| it.eq_ignore_ascii_case(LABEL))
}

/// Returns Cloudflare's own id of a user group.
pub(super) fn own_id(id: &str) -> Option<Id> {
    Id::asked(id.strip_prefix(PREFIX)?)
}

/// Whether an answer, or a filter, has members of groups.
pub(super) fn needs_members(projection: &Projection, filter: Option<&Filter>) -> bool {
    projection.wants("members", &GROUP) || filter.is_some_and(|filter| filter.reads("members"))
}

/// Returns the user groups among which those are that fit, in the order of their ids, if there can be some.
///
/// # Errors
/// They can't be read, or one of them would be missing.
pub(super) fn all<T: Transport>(
    client: &mut Client<T>,
    filter: Option<&Filter>,
    with_members: bool,
) -> Result<Vec<Known>> {
    if let Some(id) = filter.and_then(|filter| filter.requires("id")) {
        let group = own_id(id).map(|id| with_id(client, &id, with_members)).transpose()?;
        return Ok(group.flatten().into_iter().collect());
    }
    let name = filter.and_then(|filter| filter.requires("displayName"));
    if name.is_some_and(|name| !is_name(name)) {
        return Ok(Vec::new());
    }
    let unknown = "Not all user groups could be read, so no group is shown.";
    let mut groups: Vec<UserGroup> = all_of(client, &user_group::COLLECTION, unknown)?;
    groups.retain(|group| name.is_none_or(|name| display_name(group).eq_ignore_ascii_case(name)));
    sort_by(&mut groups, |a, b| a.id.as_str().cmp(b.id.as_str()));
    let read = |group: UserGroup| {
        let members = with_members.then(|| members(client, &group.id)).transpose()?;
        Ok(Known { group, members })
    };
    groups.into_iter().map(read).collect()
}

/// Reads one user group; `None` if there is none.
///
/// # Errors
/// It can't be read, or it isn't known whether it is there.
pub(super) fn with_id<T: Transport>(
    client: &mut Client<T>,
    id: &Id,
    with_members: bool,
) -> Result<Option<Known>> {
    let Some(group) = one(client, &user_group::COLLECTION, id)? else { return Ok(None) };
    let members = with_members.then(|| members(client, id)).transpose()?;
    Ok(Some(Known { group, members }))
}

/// Reads the members of a user group. Nobody without an address is among them.
fn members<T: Transport>(client: &mut Client<T>, group: &Id) -> Result<Map<String, Id>> {
    let unknown = "Not all members of a user group could be read, so it isn't shown.";
    let members: Vec<GroupMember> = all_of(client, &user_group::members(group), unknown)?;
    let with_address =
        |GroupMember { id, email, .. }| Some((email.filter(|it| is_address(it))?.to_ascii_lowercase(), id));
    Ok(members.into_iter().filter_map(with_address).collect())
}

/// The problem of a user group that is to be deleted.
pub(super) fn stays() -> Problem {
    Problem::new(
        501,
        "User groups aren't deleted through this service: everybody in one would lose what it gives. Delete \
         it in Cloudflare's dashboard.",
    )
}

fn display_name(group: &UserGroup) -> String {
    [LABEL, group.name.as_deref().unwrap_or(group.id.as_str())].concat()
}

impl Known {
    /// Returns the key of the group in lists, which is behind those of all Access groups.
    pub fn key(&self) -> String {
        ["~", self.group.id.as_str()].concat()
    }

    /// Returns the group. `base` is the service's own address.
    pub fn render(&self, base: &str) -> Value {
        let group = &self.group;
        let id = [PREFIX, group.id.as_str()].concat();
        let profile = Json::parse(&group.profile).unwrap_or(Json::Null);
        let mut meta = Object::new();
        for (name, field) in [("created", "created_on"), ("lastModified", "modified_on")] {
            meta.extend(profile.get(field).text().map(|time| (name.to_owned(), time.into())));
        }
        meta.insert("resourceType".to_owned(), GROUP.name.into());
        meta.insert("location".to_owned(), format!("{base}{}/{id}", GROUP.endpoint).into());
        if let Some(version) = self.version() {
            meta.insert("version".to_owned(), version.into());
        }
        let mut shown = json!({
            "schemas": [GROUP.core.id, GROUP_EXTENSION.id],
            "id": id,
            "displayName": display_name(group),
            "meta": meta,
        });
        let member = |address: &String| {
            let id = user_id::of_address(address);
            json!({"value": id, "$ref": format!("{base}/Users/{id}"), "display": address, "type": "User"})
        };
        let members = self.members.iter().flat_map(Map::iter).map(|(address, _)| member(address));
        let members: Vec<Value> = members.collect();
        if let Some(shown) = shown.as_object_mut() {
            if !members.is_empty() {
                shown.insert("members".to_owned(), members.into());
            }
            let extension = json!({"kind": Kind::UserGroup.as_str(), "gives": gives(group)});
            shown.insert(GROUP_EXTENSION.id.to_owned(), extension);
        }
        shown
    }

    /// Returns the version, if everything is known that it is of.
    pub fn version(&self) -> Option<String> {
        let members = self.members.as_ref()?.iter().map(|(address, _)| address.as_str());
        let group = &self.group;
        let of_group = [group.id.as_str(), group.name.as_deref().unwrap_or_default(), &group.profile];
        Some(version::of(of_group.into_iter().chain(members)))
    }
}

/// Tells what a user group gives to its members.
fn gives(group: &UserGroup) -> Vec<String> {
    let (known, roles) = (KnownGroup::from(group), Roles::default());
    let of = Assignments::of_group(&known, &roles);
    let named = of.held.iter().map(|held| match held.by {
        Some((group, reach)) => name_of(group, reach),
        None => held.id.to_string(),
    });
    let mut all: Vec<String> = named.collect();
    if !of.denying.is_empty() {
        all.push("a policy that denies something".to_owned());
    }
    if of.is_unexplained {
        all.push("a policy that isn't understood".to_owned());
    }
    all
}
