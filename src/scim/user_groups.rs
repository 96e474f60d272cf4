//! User groups of the account as SCIM groups, where the operator wants them. Their members have what the
//! policies of the group allow, so nobody may take one for an Access group: the id and the name of each begin
//! with a word that no Access group's has to begin with.

use super::failed::{check, problem};
use super::filter::Filter;
use super::groups::Members;
use super::members::changes_of;
use super::patch::{Change, Edit, Patch};
use super::problem::Problem;
use super::projection::Projection;
use super::schema::{GROUP, GROUP_EXTENSION};
use super::service::{Service, Type, nothing};
use super::user_id;
use super::version::{self, Preconditions};
use crate::cloudflare::client::Client;
use crate::cloudflare::id::Id;
use crate::cloudflare::item::Item;
use crate::cloudflare::listing::{Ahead, Listing};
use crate::cloudflare::member;
use crate::cloudflare::transport::Transport;
use crate::cloudflare::user_group::{self, GroupMember, UserGroup};
use crate::error::{ErrorKind, Result};
use crate::json::value::Json;
use crate::model::Kind;
use crate::provision::errors::listed;
use crate::provision::reading::each_member;
use crate::provision::{self, Operation, Options};
use crate::records::ids::entitlement_id;
use crate::records::scoped_role::name_of;
use crate::roles::{Assignments, KnownGroup, Roles};
use crate::rules::is_address;
use crate::sorted::{Map, Set, sort_by};
use serde_json::{Map as Object, Value, json};

/// The beginning of a user group's id.
const PREFIX: &str = "user-group-";
/// The beginning of a user group's name.
const LABEL: &str = "Account: ";

/// A user group, and its members if they were read: the ids of their memberships by their addresses.
pub(super) struct Known {
    group: UserGroup,
    members: Option<Map<String, Id>>,
}

/// Whether this is the id of a user group, which no Access group has.
pub(super) fn is_id(id: &str) -> bool {
    id.starts_with(PREFIX)
}

/// Returns Cloudflare's own id of a user group.
fn own_id(id: &str) -> Option<Id> {
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
        return match own_id(id).map(|id| one(client, &id, with_members)) {
            None => Ok(Vec::new()),
            Some(Err(error)) if error.kind == ErrorKind::NotFound => Ok(Vec::new()),
            Some(group) => Ok(vec![group?]),
        };
    }
    let name = filter.and_then(|filter| filter.requires("displayName"));
    let is_label = |name: &str| name.get(..LABEL.len()).is_some_and(|it| it.eq_ignore_ascii_case(LABEL));
    if name.is_some_and(|name| !is_label(name)) {
        return Ok(Vec::new());
    }
    let (list, mut groups) = (&user_group::COLLECTION, Vec::new());
    let mut listing = Listing::<UserGroup>::new(list, Ahead::Sent);
    while let Some(page) = listing.next(client)? {
        groups.extend(page.into_new_items());
    }
    if let Some(gap) = listing.gap() {
        return Err(gap.error("Not all user groups could be read, so no group is shown.", list));
    }
    groups.retain(|group| name.is_none_or(|name| display_name(group).eq_ignore_ascii_case(name)));
    sort_by(&mut groups, |a, b| a.id.as_str().cmp(b.id.as_str()));
    let read = |group: UserGroup| {
        let members = with_members.then(|| members(client, &group.id)).transpose()?;
        Ok(Known { group, members })
    };
    groups.into_iter().map(read).collect()
}

/// Reads one user group.
///
/// # Errors
/// `not-found`, or it can't be read.
fn one<T: Transport>(client: &mut Client<T>, id: &Id, with_members: bool) -> Result<Known> {
    let object = user_group::COLLECTION.object(id.clone());
    let raw = client.one(&object)?;
    let group = UserGroup::read(&raw, &client.settings().account_id);
    let group = group.map_err(|fault| object.not_understood(&fault.why))?;
    object.check(&group.id)?;
    let members = with_members.then(|| members(client, id)).transpose()?;
    Ok(Known { group, members })
}

/// Reads the members of a user group. Nobody without an address is among them.
fn members<T: Transport>(client: &mut Client<T>, group: &Id) -> Result<Map<String, Id>> {
    let list = user_group::members(group);
    let mut listing = Listing::<GroupMember>::new(&list, Ahead::Sent);
    let mut members = Map::default();
    while let Some(page) = listing.next(client)? {
        members.extend(page.into_new_items().filter_map(|GroupMember { id, email, .. }| {
            Some((email.filter(|it| is_address(it))?.to_ascii_lowercase(), id))
        }));
    }
    match listing.gap() {
        None => Ok(members),
        Some(gap) => {
            Err(gap.error("Not all members of a user group could be read, so it isn't shown.", &list))
        }
    }
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
    fn version(&self) -> Option<String> {
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

impl<T: Transport> Service<T> {
    /// Reads a user group by the id that it has here, with its members if they are wanted.
    pub(super) fn user_group(&mut self, id: &str, with_members: bool) -> std::result::Result<Known, Problem> {
        let own = own_id(id).filter(|_| self.switches.user_groups);
        let own = own.ok_or_else(|| nothing(Type::Group))?;
        self.session.ask(|client, _| one(client, &own, with_members)).map_err(|error| match error.kind {
            ErrorKind::NotFound => nothing(Type::Group),
            _ => problem(&error),
        })
    }

    /// Changes who is in a user group. Each membership is a write of its own at Cloudflare.
    pub(super) fn change_user_group(
        &mut self,
        id: &str,
        patch: &Patch,
        preconditions: &Preconditions,
    ) -> std::result::Result<(), Problem> {
        let known = self.user_group(id, true)?;
        preconditions.check(&known.version().unwrap_or_default())?;
        let shown = known.render(&self.base);
        patch.check(&shown)?;
        let renames = |change: &Change| match &change.edit {
            Edit::Replace(name) if change.is_of("displayName") => shown.get("displayName") != Some(name),
            _ => false,
        };
        if patch.operations.iter().any(renames) {
            return Err(Problem::mutability(
                "User groups aren't renamed through this service. Rename it in Cloudflare's dashboard. \
                 Nothing was written.",
            ));
        }
        let theirs = known.members.unwrap_or_default();
        let current = Members {
            addresses: theirs.iter().map(|(address, _)| address.clone()).collect(),
            groups: Vec::new(),
        };
        let of_members = patch.operations.iter().filter(|change| change.is_of("members"));
        let of_members: Vec<Change> = of_members.cloned().collect();
        let changes = changes_of(&known.group.id, &of_members, Some(&current))?;
        let joining = changes.iter().filter(|change| change.operation == Operation::Grant);
        let joining: Set<String> = joining.map(|change| change.principal_id.clone()).collect();
        let found = if joining.is_empty() { Map::default() } else { self.memberships(&joining)? };
        let strangers: Vec<String> =
            joining.iter().filter(|address| !found.contains_key(*address)).cloned().collect();
        if !strangers.is_empty() {
            return Err(Problem::mutability(format!(
                "Only a member of the Cloudflare account can be in a user group, and these people are none: \
                 {}. Give them a role first, which invites them where the operator allows it. Nothing was \
                 written.",
                listed(strangers)
            )));
        }
        let of_member = |change: provision::Change| {
            let places = if change.operation == Operation::Grant { &found } else { &theirs };
            Some(provision::Change {
                entitlement: entitlement_id(Kind::UserGroup, known.group.id.as_str())?,
                principal_kind: Kind::Member.as_str().to_owned(),
                principal_id: places.get(&change.principal_id)?.to_string(),
                ..change
            })
        };
        let changes: Vec<provision::Change> = changes.into_iter().filter_map(of_member).collect();
        if changes.len() > 1 {
            // A membership is judged when it is written, so what is refused is known only then.
            check(&self.session.apply_together(&changes, &Options { dry_run: true, ..Options::default() }))?;
        }
        if changes.is_empty() {
            return Ok(());
        }
        check(&self.session.apply_together(&changes, &Options::default()))
    }

    /// Finds the ids of the memberships with these addresses, as far as there are some.
    fn memberships(&mut self, wanted: &Set<String>) -> std::result::Result<Map<String, Id>, Problem> {
        let found = self.session.ask(|client, _| {
            let mut found = Map::default();
            let gap = each_member(client, None, &|_| true, &mut |member| {
                let address = member.email.as_deref().unwrap_or_default().to_ascii_lowercase();
                if wanted.contains(&address) {
                    found.insert(address, member.id);
                }
                found.iter().count() == wanted.len()
            })?;
            match gap {
                None => Ok(found),
                Some(gap) => {
                    Err(gap.error("Nothing was written: not all members are known.", &member::COLLECTION))
                }
            }
        });
        found.map_err(|error| problem(&error))
    }
}
