//! The directory in the database of a c1z: its groups, and the people in them. Only what is needed
//! is decoded.

use super::as_of::ended_at;
use super::unread::Unread;
use crate::output::baton::Trait;
use crate::output::c1z::messages::{
    self, Entitlement, GroupTrait, Kind, Named, Purpose, Resource, ResourceId, ResourceType, Struct,
    UserTrait,
};
use cloudflare_zero_trust::rules::is_address;
use prost::Message;
use rusqlite::types::FromSqlError;
use rusqlite::{Connection, OptionalExtension, Row};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The most memberships of a file.
const MOST_MEMBERSHIPS: usize = 10_000_000;

/// The columns that are read, by table. Source: baton-sdk, `pkg/dotc1z`.
const TABLES: [(&str, &[&str]); 5] = [
    (SYNCS, &["sync_id", "started_at", "ended_at"]),
    (TYPES, &["data", "sync_id"]),
    (RESOURCES, &["resource_type_id", "data", "sync_id"]),
    (ENTITLEMENTS, &["resource_type_id", "resource_id", "external_id", "data", "sync_id"]),
    (
        GRANTS,
        &[
            "resource_type_id",
            "resource_id",
            "entitlement_id",
            "principal_resource_type_id",
            "principal_resource_id",
            "sync_id",
        ],
    ),
];
const SYNCS: &str = "v1_sync_runs";
const TYPES: &str = "v1_resource_types";
const RESOURCES: &str = "v1_resources";
const ENTITLEMENTS: &str = "v1_entitlements";
const GRANTS: &str = "v1_grants";

/// A directory as a connector has read it.
#[derive(Debug, Default)]
pub(super) struct Directory {
    /// The time at which the read was complete, in RFC 3339, if it can be told.
    pub(super) as_of: Option<String>,
    /// The groups, and what they belong to.
    pub(super) groups: Vec<Group>,
    /// The address of each person.
    pub(super) people: Vec<Option<String>>,
    /// The number of members of whom the file has nothing but the id.
    pub(super) strangers: usize,
}

/// A resource that has members.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) name: String,
    /// The group's own address.
    pub(super) address: Option<String>,
    /// The place of the resource that it belongs to.
    pub(super) parent: Option<usize>,
    /// Whether it is a group, and not only what groups belong to.
    pub(super) is_group: bool,
    /// The places of its members.
    pub(super) members: Vec<u32>,
    entitlements: Entitlements,
}

/// The entitlements of a group.
#[derive(Debug, Default)]
struct Entitlements {
    /// Whether each makes a member, by its id.
    of_members: HashMap<String, bool>,
    has_assignment: bool,
}

/// The type and the id of a resource.
type Id = (String, String);

/// Reads the latest full sync that came to its end.
pub(super) fn read(connection: &Connection) -> Result<Directory, Unread> {
    check(connection)?;
    let (sync, as_of) = latest(connection)?;
    let mut reading = Reading::new(connection, sync);
    reading.directory.as_of = as_of;
    reading.types()?;
    reading.resources()?;
    reading.parents()?;
    reading.entitlements()?;
    reading.grants()?;
    Ok(reading.directory)
}

/// Checks that the tables are tables and have their columns. A view or a column that is computed
/// would run what a stranger wrote.
fn check(connection: &Connection) -> Result<(), Unread> {
    for (table, columns) in TABLES {
        let sql = "SELECT count(*) FROM sqlite_schema WHERE name = ?1 AND type = 'table' AND rootpage > 0";
        let count: i64 = connection.query_row(sql, [table], |row| row.get(0))?;
        if count != 1 {
            return Err(Unread::Schema(format!("the table {table} is missing")));
        }
        let stored = stored_columns(connection, table)?;
        if let Some(column) = columns.iter().find(|column| !stored.contains(**column)) {
            return Err(Unread::Schema(format!("the table {table} has no column {column}")));
        }
    }
    Ok(())
}

fn stored_columns(connection: &Connection, table: &str) -> Result<BTreeSet<String>, Unread> {
    let mut columns = connection.prepare("SELECT name FROM pragma_table_xinfo(?1) WHERE hidden = 0")?;
    let names = columns.query_map([table], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// Finds the id and the end of the latest sync, as baton does for its own readers: by its end, and
/// then by its id. Source: baton-sdk, `pkg/dotc1z/sync_runs.go`.
fn latest(connection: &Connection) -> Result<(String, Option<String>), Unread> {
    // Older releases of the SDK had full syncs alone.
    let has_types = stored_columns(connection, SYNCS)?.contains("sync_type");
    let of_type = if has_types { "AND sync_type = 'full'" } else { "" };
    let sql = format!(
        "SELECT sync_id, started_at, ended_at FROM {SYNCS} WHERE ended_at IS NOT NULL {of_type} \
         ORDER BY ended_at DESC, sync_id DESC LIMIT 1"
    );
    let found = connection.query_row(&sql, [], |row| {
        let (id, started, ended): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let as_of = ended_at(&id, &started, &ended);
        Ok((id, as_of))
    });
    found.optional()?.ok_or(Unread::Unfinished)
}

struct Reading<'c> {
    connection: &'c Connection,
    sync: String,
    directory: Directory,
    of_people: HashSet<String>,
    of_groups: HashSet<String>,
    people: HashMap<Id, u32>,
    groups: HashMap<Id, usize>,
    /// What groups belong to and isn't a group itself, with those groups.
    parents: BTreeMap<Id, Vec<usize>>,
}

impl<'c> Reading<'c> {
    fn new(connection: &'c Connection, sync: String) -> Self {
        Reading {
            connection,
            sync,
            directory: Directory::default(),
            of_people: HashSet::new(),
            of_groups: HashSet::new(),
            people: HashMap::new(),
            groups: HashMap::new(),
            parents: BTreeMap::new(),
        }
    }

    /// Takes each row that this sync has in a table.
    fn each(
        &mut self,
        table: &'static str,
        columns: &str,
        mut take: impl FnMut(&mut Self, &Row<'_>) -> Result<(), Unread>,
    ) -> Result<(), Unread> {
        let sql = format!("SELECT {columns} FROM {table} WHERE sync_id = ?1 ORDER BY id");
        let mut statement = self.connection.prepare(&sql)?;
        let mut rows = statement.query([self.sync.clone()])?;
        while let Some(row) = rows.next()? {
            take(self, row)?;
        }
        Ok(())
    }

    fn types(&mut self) -> Result<(), Unread> {
        self.each(TYPES, "data", |it, row| {
            let ResourceType { id, traits, .. } = decode(row, 0, TYPES)?;
            if traits.contains(&(Trait::User as i32)) {
                it.of_people.insert(id.clone());
            }
            if traits.contains(&(Trait::Group as i32)) {
                it.of_groups.insert(id);
            }
            Ok(())
        })
    }

    fn resources(&mut self) -> Result<(), Unread> {
        let mut of_parents: Vec<(usize, Id)> = Vec::new();
        self.each(RESOURCES, "resource_type_id, data", |it, row| {
            let kind = text(row, 0)?;
            let (is_person, is_group) = (it.of_people.contains(kind), it.of_groups.contains(kind));
            if !is_person && !is_group {
                return Ok(());
            }
            let resource: Resource = decode(row, 1, RESOURCES)?;
            let Some(id) = resource.id.clone().map(key) else { return Ok(()) };
            if is_person {
                let address = address(&resource)?;
                let place = u32::try_from(it.directory.people.len())
                    .map_err(|_| Unread::TooMany(MOST_MEMBERSHIPS))?;
                it.directory.people.push(address);
                it.people.insert(id.clone(), place);
            }
            if is_group {
                let place = it.directory.groups.len();
                if let Some(parent) = resource.parent_resource_id.clone().map(key) {
                    of_parents.push((place, parent));
                }
                it.directory.groups.push(group(resource, true)?);
                it.groups.insert(id, place);
            }
            Ok(())
        })?;
        for (place, parent) in of_parents {
            match self.groups.get(&parent) {
                Some(parent) => self.directory.groups[place].parent = Some(*parent),
                None => self.parents.entry(parent).or_default().push(place),
            }
        }
        Ok(())
    }

    /// Reads what groups belong to, as an organization of GitHub, which isn't a group itself.
    fn parents(&mut self) -> Result<(), Unread> {
        if self.parents.is_empty() {
            return Ok(());
        }
        self.each(RESOURCES, "resource_type_id, data", |it, row| {
            let kind = text(row, 0)?;
            if !it.parents.keys().any(|(of, _)| of == kind) {
                return Ok(());
            }
            let resource: Resource = decode(row, 1, RESOURCES)?;
            let Some(id) = resource.id.clone().map(key) else { return Ok(()) };
            if let Some(groups) = it.parents.remove(&id) {
                let place = it.directory.groups.len();
                it.directory.groups.push(group(resource, false)?);
                it.groups.insert(id, place);
                groups.into_iter().for_each(|group| it.directory.groups[group].parent = Some(place));
            }
            Ok(())
        })
    }

    /// Finds the entitlements that make a member: those of assignment. A group that has none, as a
    /// team of GitHub, has members through each but those of an owner.
    fn entitlements(&mut self) -> Result<(), Unread> {
        self.each(ENTITLEMENTS, "resource_type_id, resource_id, external_id, data", |it, row| {
            let of = (text(row, 0)?.to_owned(), text(row, 1)?.to_owned());
            let Some(group) = it.groups.get(&of).and_then(|place| it.directory.groups.get_mut(*place)) else {
                return Ok(());
            };
            let Entitlement { purpose, slug, .. } = decode(row, 3, ENTITLEMENTS)?;
            let is_assignment = purpose == Purpose::Assignment as i32;
            let Entitlements { of_members, has_assignment } = &mut group.entitlements;
            if is_assignment && !std::mem::replace(has_assignment, true) {
                of_members.values_mut().for_each(|is_of_members| *is_of_members = false);
            }
            let is_of_members = if *has_assignment {
                is_assignment
            } else {
                purpose != Purpose::Ownership as i32 && !is_owner(&slug)
            };
            of_members.insert(text(row, 2)?.to_owned(), is_of_members);
            Ok(())
        })
    }

    /// Reads who is in the groups. baton has followed the groups in groups already, and so does a
    /// login:
    /// <https://developers.cloudflare.com/cloudflare-one/integrations/identity-providers/entra-id/>,
    /// "Nested groups" (for the other providers inferred).
    fn grants(&mut self) -> Result<(), Unread> {
        const COLUMNS: &str = "resource_type_id, resource_id, entitlement_id, principal_resource_type_id, \
                               principal_resource_id";
        let (mut count, mut strangers) = (0, HashSet::new());
        self.each(GRANTS, COLUMNS, |it, row| {
            let kind = text(row, 3)?;
            let of = (text(row, 0)?.to_owned(), text(row, 1)?.to_owned());
            let group = it.groups.get(&of).and_then(|place| it.directory.groups.get_mut(*place));
            let Some(group) = group.filter(|_| it.of_people.contains(kind)) else { return Ok(()) };
            if !group.entitlements.makes_a_member(text(row, 2)?) {
                return Ok(());
            }
            let principal = (kind.to_owned(), text(row, 4)?.to_owned());
            match it.people.get(&principal) {
                Some(person) => group.members.push(*person),
                None => {
                    strangers.insert(principal);
                }
            }
            count += 1;
            if count > MOST_MEMBERSHIPS { Err(Unread::TooMany(MOST_MEMBERSHIPS)) } else { Ok(()) }
        })?;
        self.directory.strangers = strangers.len();
        Ok(())
    }
}

impl Entitlements {
    fn makes_a_member(&self, entitlement: &str) -> bool {
        let slug = || entitlement.rsplit(':').next().unwrap_or_default();
        let is_of_members = self.of_members.get(entitlement).copied();
        is_of_members.unwrap_or_else(|| self.of_members.is_empty() && !is_owner(slug()))
    }
}

/// Whether an entitlement is that of an owner, who needn't be a member.
fn is_owner(slug: &str) -> bool {
    ["owner", "owners"].iter().any(|word| slug.eq_ignore_ascii_case(word))
}

fn key(ResourceId { resource_type, resource }: ResourceId) -> Id {
    (resource_type, resource)
}

fn group(resource: Resource, is_group: bool) -> Result<Group, Unread> {
    let profile = match resource.profile.clone() {
        Some(profile) => Some(profile),
        None => annotation::<GroupTrait>(&resource)?.and_then(|it| it.profile),
    };
    let id = resource.id.map(|id| id.resource).unwrap_or_default();
    let in_profile = profile.as_ref().and_then(address_of_group);
    let address = in_profile.or_else(|| Some(id.clone())).filter(|it| is_plain(it));
    Ok(Group { id, name: resource.display_name, address, is_group, ..Group::default() })
}

/// Reads the address of a group in its profile. Source: baton-google-workspace, `groupProfile` in
/// `pkg/connector/group.go`; the other names are inferred.
fn address_of_group(profile: &Struct) -> Option<String> {
    ["group_email", "email", "mail"].into_iter().find_map(|name| {
        match profile.fields.get(name)?.kind.as_ref()? {
            Kind::String(text) => Some(text.clone()).filter(|it| is_plain(it)),
            _ => None,
        }
    })
}

/// Returns the address of a person: the primary one; the only one; or the login, if that is an
/// address. Whether the person is disabled doesn't count: they are in the group.
fn address(resource: &Resource) -> Result<Option<String>, Unread> {
    let Some(UserTrait { emails, login, .. }) = annotation::<UserTrait>(resource)? else { return Ok(None) };
    let plain = || emails.iter().filter(|it| is_plain(&it.address));
    let primary = plain().find(|it| it.is_primary).map(|it| it.address.clone());
    let only = || {
        let mut all: BTreeSet<_> = plain().map(|it| it.address.to_ascii_lowercase()).collect();
        all.pop_first().filter(|_| all.is_empty())
    };
    let address = primary.or_else(only).or_else(|| Some(login).filter(|login| is_plain(login)));
    Ok(address.map(|it| it.to_ascii_lowercase()))
}

fn is_plain(address: &str) -> bool {
    const LONGEST: usize = 254;
    address.is_ascii() && address.len() <= LONGEST && is_address(address)
}

fn annotation<M: Named + Default>(resource: &Resource) -> Result<Option<M>, Unread> {
    let is_it = |any: &&messages::Any| any.type_url.rsplit('/').next() == Some(M::NAME);
    let found = resource.annotations.iter().find(is_it).map(|any| M::decode(any.value.as_slice()));
    found.transpose().map_err(|cause| Unread::Message { table: RESOURCES, cause })
}

fn text<'r>(row: &'r Row<'_>, at: usize) -> Result<&'r str, Unread> {
    let failed = |cause: FromSqlError| Unread::Schema(format!("a column has another type: {cause}"));
    row.get_ref(at)?.as_str().map_err(failed)
}

fn decode<M: Message + Default>(row: &Row<'_>, at: usize, table: &'static str) -> Result<M, Unread> {
    let failed =
        |cause: FromSqlError| Unread::Schema(format!("a column of {table} has another type: {cause}"));
    let bytes = row.get_ref(at)?.as_bytes().map_err(failed)?;
    M::decode(bytes).map_err(|cause| Unread::Message { table, cause })
}
