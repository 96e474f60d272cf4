//! The seat in a c1z, against the users of the lines.

use super::protobuf::Message;
use super::read::{annotation, data, id_of, rows, texts};
use cloudflare_zero_trust::contract::manifest;
use rusqlite::Connection;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const PARTS: [(&str, &str); 2] = [("access_seat", "access"), ("gateway_seat", "gateway")];

/// Asserts that the file has the seat if a user's line tells of it, and grants to those who take it.
pub fn assert_seats(connection: &Connection, resources: &BTreeMap<&str, &Value>) {
    let users: Vec<&Value> =
        resources.values().copied().filter(|line| line["id"]["kind"] == "user").collect();
    let field = |line: &Value, field: &str| line["profile"][field].as_bool();
    let has = |line: &&&Value| PARTS.iter().any(|(of, _)| field(line, of) == Some(true));
    let is_told = users.iter().any(|line| PARTS.iter().any(|(of, _)| field(line, of).is_some()));
    let ids = |table: &str, columns: &str| -> BTreeMap<String, Message> {
        let mut found = rows(connection, table, columns, |row| data(row, 3));
        found.retain(|id, _| id == "seat" || id.starts_with("seat:"));
        found
    };

    let types = ids("v1_resource_types", "data");
    assert_eq!(types.keys().collect::<Vec<_>>(), if is_told { vec!["seat"] } else { vec![] });
    let seats = ids("v1_resources", "data");
    assert_eq!(seats.keys().collect::<Vec<_>>(), if is_told { vec!["seat:zero-trust"] } else { vec![] });
    let expected: BTreeSet<String> = PARTS
        .iter()
        .flat_map(|(of, part)| {
            let who = users.iter().filter(|line| field(line, of) == Some(true));
            who.map(move |line| format!("seat:zero-trust:{part}:user:{}", line["id"]["id"].as_str().unwrap()))
        })
        .collect();
    let grants = ids("v1_grants", "data");
    assert_eq!(grants.keys().cloned().collect::<BTreeSet<_>>(), expected);
    if !is_told {
        return assert!(ids("v1_entitlements", "data").is_empty());
    }

    let of = &types["seat"];
    assert_eq!((of.text(1), of.text(2), of.packed(3)), ("seat".to_owned(), "Seat".to_owned(), vec![10]));
    let known = manifest().resource_types;
    let of_users = known.iter().find(|of| of.id == "user").unwrap();
    let permissions = annotation(of, 4, "CapabilityPermissions").unwrap().messages(1);
    let permissions: Vec<String> = permissions.iter().map(|permission| permission.text(1)).collect();
    let reading = of_users.permissions.iter().filter(|of| !of.provision_only).map(|of| of.name.clone());
    assert_eq!(permissions, reading.collect::<Vec<_>>());

    let seat = &seats["seat:zero-trust"];
    assert_eq!(id_of(seat, 1).unwrap(), "seat:zero-trust");
    let license = annotation(seat, 4, "LicenseProfileTrait").unwrap();
    assert_eq!(license.text(1), "Cloudflare Zero Trust");
    // Somebody with both parts takes one seat. The number of seats that were bought isn't known.
    assert_eq!((license.number(2), license.number(3)), (0, users.iter().filter(has).count() as u64));

    let entitlements = ids("v1_entitlements", "data");
    let named: Vec<&String> = entitlements.keys().collect();
    assert_eq!(named, ["seat:zero-trust:access", "seat:zero-trust:gateway"]);
    assert_eq!(license.texts(6), named.iter().map(|id| id.to_string()).collect::<Vec<_>>());
    for (id, of) in &entitlements {
        assert_eq!((of.text(2), of.number(7)), (id.clone(), 1));
        assert_eq!(id_of(&of.message(1).unwrap(), 1).unwrap(), "seat:zero-trust");
        assert_eq!(id.rsplit(':').next().unwrap(), of.text(8));
        assert_eq!(of.messages(5).iter().map(|of| of.text(1)).collect::<Vec<_>>(), ["user"]);
    }

    let columns = "data, resource_type_id, resource_id, entitlement_id, principal_resource_type_id, \
        principal_resource_id";
    let mut columns = rows(connection, "v1_grants", columns, |row| texts::<5>(row, 4));
    columns.retain(|id, _| id.starts_with("seat:"));
    for (id, grant) in &grants {
        let [of, on, slug, principal, who] = id.split(':').collect::<Vec<_>>().try_into().unwrap();
        let entitlement = [of, on, slug].join(":");
        let expected = [of, on, &entitlement, principal, who].map(|text| Some(text.to_owned()));
        assert_eq!(columns[id], expected);
        let held = grant.message(1).unwrap();
        assert_eq!((held.text(2), grant.text(3)), (entitlement, id.clone()));
        assert_eq!(id_of(&held.message(1).unwrap(), 1).unwrap(), "seat:zero-trust");
        assert_eq!(id_of(&grant.message(2).unwrap(), 1).unwrap(), format!("user:{who}"));
        assert_eq!(grant.annotations(4).len(), 1);
        assert!(annotation(grant, 4, "GrantImmutable").is_some(), "no revoke takes it");
    }
}
