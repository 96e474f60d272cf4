//! The seat that Access users take, as baton's licence profile. No page of a sync has it: it is made of the
//! users, when all of them are there.
//!
//! There is one seat: a user takes it with Access, with Gateway, or with both. Source: OpenAPI, `PATCH
//! /accounts/{account_id}/access/seats`, where both fields are parts of one seat. Cloudflare doesn't tell
//! how many seats are bought.

use super::super::baton::{SEAT, seat};
use super::grants;
use super::messages::{Any, Entitlement, LicenseProfileTrait, Purpose, Resource, ResourceId};
use super::records;
use super::resource_types::ResourceTypes;
use cloudflare_zero_trust::{contract, model};
use prost::Message;
use rusqlite::types::Type;
use rusqlite::{Transaction, params};

/// The id of the seat.
const ID: &str = "zero-trust";
const NAME: &str = "Cloudflare Zero Trust";

/// One of the two parts of the seat.
struct Part {
    /// The field of a user's profile that says whether the user has it.
    field: &'static str,
    slug: &'static str,
    name: &'static str,
}

const PARTS: [Part; 2] = [
    Part { field: "access_seat", slug: "access", name: "Access" },
    Part { field: "gateway_seat", slug: "gateway", name: "Gateway" },
];

impl Part {
    fn entitlement_id(&self) -> String {
        format!("{SEAT}:{ID}:{}", self.slug)
    }

    /// Whether a user has it. Returns `None` if the user's profile doesn't tell.
    fn of(&self, user: &User) -> Option<bool> {
        user.profile.as_ref()?.fields.iter().find(|field| field.key == self.field)?.value?.value
    }
}

/// Writes the seat and who holds it, if a user tells of it. The grants need their unique index.
pub(super) fn write(
    transaction: &Transaction<'_>,
    sync_id: &str,
    now: &str,
    resource_types: &ResourceTypes,
) -> rusqlite::Result<()> {
    // Earlier ones are there if the sync is finished again.
    for table in ["v1_grants", "v1_entitlements", "v1_resources"] {
        // With this condition SQLite uses the unique index.
        let sql = format!("DELETE FROM {table} WHERE external_id BETWEEN '{SEAT}:' AND '{SEAT};'");
        transaction.execute(&sql, [])?;
    }
    transaction.execute("DELETE FROM v1_resource_types WHERE external_id = ?1", [SEAT])?;
    let Some(of) = seat(&resource_types.known) else { return Ok(()) };
    let Some(consumed) = write_grants(transaction, sync_id, now)? else { return Ok(()) };

    let data = records::resource_type(&of).encode_to_vec();
    transaction.execute(
        "INSERT INTO v1_resource_types (external_id, data, sync_id, discovered_at) VALUES (?1, ?2, ?3, ?4)",
        params![SEAT, data, sync_id, now],
    )?;
    let license = LicenseProfileTrait {
        license_name: NAME.to_owned(),
        consumed_seats: consumed,
        entitlement_ids: PARTS.iter().map(Part::entitlement_id).collect(),
    };
    let resource = Resource {
        display_name: format!("{NAME} seat"),
        annotations: vec![Any::of(&license)],
        ..named(SEAT, ID)
    };
    transaction.execute(
        "INSERT INTO v1_resources (resource_type_id, external_id, data, sync_id, discovered_at) \
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![SEAT, format!("{SEAT}:{ID}"), resource.encode_to_vec(), sync_id, now],
    )?;
    let users = resource_types.find(model::Kind::User.as_str());
    for part in PARTS {
        let entitlement = Entitlement {
            resource: Some(Resource { annotations: Vec::new(), ..resource.clone() }),
            id: part.entitlement_id(),
            display_name: format!("{NAME} seat, with {}", part.name),
            description: format!("Takes a seat by the use of {}.", part.name),
            grantable_to: users.map(records::named).into_iter().collect(),
            annotations: Vec::new(),
            purpose: Purpose::Assignment.into(),
            slug: part.slug.to_owned(),
        };
        transaction.execute(
            "INSERT INTO v1_entitlements (resource_type_id, resource_id, external_id, data, sync_id, \
             discovered_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![SEAT, ID, part.entitlement_id(), entitlement.encode_to_vec(), sync_id, now],
        )?;
    }
    Ok(())
}

/// The part of a `Resource` that tells who takes a seat. Everything else is passed over: to read all of it
/// would take a multiple of the time.
#[derive(Clone, PartialEq, Message)]
struct User {
    #[prost(message, optional, tag = "1")]
    id: Option<ResourceId>,
    #[prost(message, optional, tag = "9")]
    profile: Option<Profile>,
}

#[derive(Clone, PartialEq, Message)]
struct Profile {
    #[prost(message, repeated, tag = "1")]
    fields: Vec<Field>,
}

/// A field of a `Struct`, whose map has the form of a list.
#[derive(Clone, PartialEq, Message)]
struct Field {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<Truth>,
}

/// A `Value` that is `true` or `false`. It is empty if it is something else.
#[derive(Clone, Copy, PartialEq, Message)]
struct Truth {
    #[prost(bool, optional, tag = "4")]
    value: Option<bool>,
}

/// Writes who holds the seat, and counts them. Returns `None` if no user tells.
fn write_grants(transaction: &Transaction<'_>, sync_id: &str, now: &str) -> rusqlite::Result<Option<i64>> {
    let mut users = transaction
        .prepare("SELECT data FROM v1_resources WHERE resource_type_id = ?1 AND sync_id = ?2 ORDER BY id")?;
    let on = contract::ResourceId { kind: SEAT.to_owned(), id: ID.to_owned() };
    let mut of_parts = Vec::new();
    for part in PARTS {
        let entitlement = part.entitlement_id();
        let mut rows = grants::Rows::of(transaction, sync_id, now)?;
        // No revoke takes a seat: the step `free-seat` does, and the next login takes it again.
        rows.begin(&entitlement, &on, grants::Shared::immutable(&entitlement, &on))?;
        of_parts.push((part, rows));
    }
    let mut rows = users.query(params![model::Kind::User.as_str(), sync_id])?;
    let mut consumed = None;
    while let Some(row) = rows.next()? {
        let user = User::decode(row.get_ref(0)?.as_blob()?)
            .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, Box::new(error)))?;
        let Some(principal) = &user.id else { continue };
        let mut takes_one = None;
        for (part, rows) in &mut of_parts {
            let Some(has_it) = part.of(&user) else { continue };
            *takes_one.get_or_insert(false) |= has_it;
            if has_it {
                rows.add(&principal.resource_type, &principal.resource)?;
            }
        }
        if let Some(takes_one) = takes_one {
            *consumed.get_or_insert(0) += i64::from(takes_one);
        }
    }
    Ok(consumed)
}

fn named(kind: &str, id: &str) -> Resource {
    let id = ResourceId { resource_type: kind.to_owned(), resource: id.to_owned() };
    Resource { id: Some(id), ..Resource::default() }
}
