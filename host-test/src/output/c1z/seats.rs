//! The seat that Access users take, as baton's licence profile. No page of a sync has it: it is made of the
//! users, when all of them are there.
//!
//! There is one seat: a user takes it with Access, with Gateway, or with both. Source: OpenAPI, `PATCH
//! /accounts/{account_id}/access/seats`, where both fields are parts of one seat. Cloudflare doesn't tell
//! how many seats are bought.

use super::super::baton::{SEAT, seat};
use super::messages::{
    Any, Entitlement, Grant, GrantImmutable, Kind, LicenseProfileTrait, Purpose, Resource, ResourceId,
};
use super::records;
use super::resource_types::ResourceTypes;
use super::schema::INSERT_GRANT;
use cloudflare_zero_trust::model;
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
    fn of(&self, user: &Resource) -> Option<bool> {
        match user.profile.as_ref()?.fields.get(self.field)?.kind {
            Some(Kind::Bool(has_it)) => Some(has_it),
            _ => None,
        }
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

/// Writes who holds the seat, and counts them. Returns `None` if no user tells.
fn write_grants(transaction: &Transaction<'_>, sync_id: &str, now: &str) -> rusqlite::Result<Option<i64>> {
    let user = model::Kind::User.as_str();
    let mut users = transaction
        .prepare("SELECT data FROM v1_resources WHERE resource_type_id = ?1 AND sync_id = ?2 ORDER BY id")?;
    let mut insert = transaction.prepare(INSERT_GRANT)?;
    let mut rows = users.query(params![user, sync_id])?;
    let mut consumed = None;
    while let Some(row) = rows.next()? {
        let user = Resource::decode(row.get_ref(0)?.as_blob()?)
            .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, Box::new(error)))?;
        let of_user: Vec<Option<bool>> = PARTS.iter().map(|part| part.of(&user)).collect();
        if of_user.iter().any(Option::is_some) {
            *consumed.get_or_insert(0) += i64::from(of_user.contains(&Some(true)));
        }
        let Some(principal) = user.id else { continue };
        for (part, _) in PARTS.iter().zip(&of_user).filter(|(_, has_it)| **has_it == Some(true)) {
            let entitlement = part.entitlement_id();
            let id = format!("{entitlement}:{}:{}", principal.resource_type, principal.resource);
            let grant = Grant {
                entitlement: Some(Entitlement {
                    resource: Some(named(SEAT, ID)),
                    id: entitlement.clone(),
                    ..Entitlement::default()
                }),
                principal: Some(Resource { id: Some(principal.clone()), ..Resource::default() }),
                id: id.clone(),
                // No revoke takes a seat: the step `free-seat` does, and the next login takes it again.
                annotations: vec![Any::of(&GrantImmutable {})],
                sources: None,
            };
            insert.execute(params![
                SEAT,
                ID,
                entitlement,
                principal.resource_type,
                principal.resource,
                id,
                grant.encode_to_vec(),
                sync_id,
                now
            ])?;
        }
    }
    Ok(consumed)
}

fn named(kind: &str, id: &str) -> Resource {
    let id = ResourceId { resource_type: kind.to_owned(), resource: id.to_owned() };
    Resource { id: Some(id), ..Resource::default() }
}
