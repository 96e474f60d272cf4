//! The forms that other connectors and other releases of the SDK give a file: baton's own files,
//! changed.

use super::super::*;
use super::{Spoiled, change_resources, groups, of, read, sample};
use crate::output::c1z::messages;
use prost::Message;

#[test]
fn a_short_name_that_two_teams_share_is_nobodys() {
    let spoiled = Spoiled::new("github.c1z", |database| {
        change_resources(database, "team", |resource| {
            resource.display_name = format!("Web, {}", resource.display_name)
        });
        change_resources(database, "team", |resource| {
            if resource.display_name.ends_with("web") {
                resource.display_name = "web! site (RELIABILITY)".to_owned();
            }
        });
    });
    let names: Vec<String> =
        groups(&read(&spoiled.path).unwrap(), "github").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["acme", "acme/Web, Site Reliability", "acme/web! site (RELIABILITY)"]);
}

#[test]
fn a_file_of_an_older_release_is_read() {
    let whole = groups(&read(&sample("okta.c1z")).unwrap(), "okta");
    for sql in [
        "ALTER TABLE v1_sync_runs DROP COLUMN sync_type; ALTER TABLE v1_sync_runs DROP COLUMN parent_sync_id;
         DROP INDEX idx_grants_sync_expansion_v1; DROP INDEX idx_grants_sync_needs_expansion_v1;
         ALTER TABLE v1_grants DROP COLUMN expansion; ALTER TABLE v1_grants DROP COLUMN needs_expansion",
        // Newer ones leave out of a grant's message what its columns have.
        "UPDATE v1_grants SET data = x''",
        "DROP TABLE v1_assets; DROP TABLE v1_connector_sessions",
        "PRAGMA journal_mode = WAL",
        "CREATE TABLE more (x); CREATE VIEW bad AS SELECT 1 FROM nowhere",
    ] {
        let spoiled = Spoiled::new("okta.c1z", |database| database.execute_batch(sql).unwrap());
        assert_eq!(groups(&read(&spoiled.path).unwrap(), "okta"), whole, "{sql}");
    }
}

#[test]
fn the_latest_full_sync_is_read() {
    let later = |kind: &str, ended: &str| {
        format!(
            "INSERT INTO v1_sync_runs (sync_id, started_at, ended_at, sync_token, sync_type)
             VALUES ('later', '2027-01-01 00:00:00', {ended}, '', '{kind}')"
        )
    };
    for (kind, ended, is_read) in [
        ("full", "'2027-01-01 00:00:00'", true),
        ("full", "NULL", false),
        ("partial", "'2027-01-01 00:00:00'", false),
        ("resources_only", "'2027-01-01 00:00:00'", false),
        ("full", "'2020-01-01 00:00:00'", false),
    ] {
        let spoiled =
            Spoiled::new("okta.c1z", |database| database.execute_batch(&later(kind, ended)).unwrap());
        let facts = read(&spoiled.path).unwrap().facts(&of("okta"), Serves::Okta);
        assert_eq!(facts.is_empty(), is_read, "{kind} {ended}");
    }
}

#[test]
fn the_address_is_the_primary_one_or_the_only_one_or_the_login() {
    let email = |address: &str, is_primary| messages::Email { address: address.to_owned(), is_primary };
    for (emails, login, address) in [
        (vec![email("A@b.example", true), email("c@d.example", false)], "e@f.example", Some("a@b.example")),
        (vec![email("c@d.example", false), email("a@b.example", true)], "", Some("a@b.example")),
        (vec![email("a@b.example", false)], "e@f.example", Some("a@b.example")),
        (vec![email("", true), email("c@d.example", false)], "", Some("c@d.example")),
        (
            vec![email("no address", true), email("C@d.example", false), email("c@D.example", false)],
            "",
            Some("c@d.example"),
        ),
        (vec![email("a@b.example", false), email("c@d.example", false)], "e@f.example", Some("e@f.example")),
        (vec![email("a@b.example", false), email("c@d.example", false)], "someone", None),
        (vec![], "E@f.example", Some("e@f.example")),
        (vec![], "", None),
        (vec![email("ä@b.example", true), email("Ann <a@b.example>", false)], "two@at@once", None),
    ] {
        let trait_of = messages::UserTrait { emails, login: login.to_owned(), ..Default::default() };
        let spoiled = Spoiled::new("okta.c1z", |database| {
            change_resources(database, "user", |user| user.annotations = vec![messages::Any::of(&trait_of)]);
        });
        let groups = groups(&read(&spoiled.path).unwrap(), "okta");
        let people: Vec<&str> = groups[0].1.iter().map(String::as_str).collect();
        assert_eq!(people, address.into_iter().collect::<Vec<_>>(), "{trait_of:?}");
    }
}

#[test]
fn the_address_of_a_group_is_in_its_profile_or_is_its_id() {
    let text = |text: &str| Some(serde_json::json!(text));
    for (field, value, id, address) in [
        ("group_email", text("x@b.example"), "g", Some("x@b.example")),
        ("email", text("x@b.example"), "g", Some("x@b.example")),
        ("mail", text("nobody"), "y@b.example", Some("y@b.example")),
        ("other", text("x@b.example"), "y@b.example", Some("y@b.example")),
        ("group_email", Some(serde_json::json!(["x@b.example"])), "g", None),
        ("", None, "g", None),
    ] {
        let profile = value.map(|value| serde_json::Map::from_iter([(field.to_owned(), value)]).into());
        for is_in_trait in [false, true] {
            let spoiled = Spoiled::new("google.c1z", |database| {
                change_resources(database, "group", |group| {
                    group.id.as_mut().unwrap().resource = id.to_owned();
                    let of_trait = messages::GroupTrait { profile: profile.clone().filter(|_| is_in_trait) };
                    group.profile = profile.clone().filter(|_| !is_in_trait);
                    group.annotations = vec![messages::Any::of(&of_trait)];
                });
            });
            let groups = groups(&read(&spoiled.path).unwrap(), "google");
            let names: Vec<&str> = groups.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, address.into_iter().collect::<Vec<_>>(), "{field} {id} {is_in_trait}");
        }
    }
}

#[test]
fn owners_are_members_only_if_they_are_that_as_well() {
    use messages::{Entitlement, Purpose};
    let slug = |slug: &str, purpose: Purpose| Entitlement {
        slug: slug.to_owned(),
        purpose: purpose.into(),
        ..Entitlement::default()
    };
    // Everybody has the first of the two entitlements, and nobody the second.
    for (first, second, are_members) in [
        (slug("member", Purpose::Assignment), slug("owner", Purpose::Permission), true),
        (slug("member", Purpose::Permission), slug("member", Purpose::Assignment), false),
        (slug("admin", Purpose::Permission), slug("member", Purpose::Permission), true),
        (slug("Owner", Purpose::Permission), slug("member", Purpose::Permission), false),
        (slug("owners", Purpose::Unspecified), slug("member", Purpose::Permission), false),
        (slug("keeper", Purpose::Ownership), slug("member", Purpose::Permission), false),
        (slug("", Purpose::Unspecified), slug("", Purpose::Unspecified), true),
    ] {
        for is_first in [true, false] {
            let spoiled = Spoiled::new("okta.c1z", |database| {
                let sql = "DELETE FROM v1_entitlements;
                           UPDATE v1_grants SET entitlement_id = resource_id || ':first'";
                database.execute_batch(sql).unwrap();
                let mut entitlements = [("first", first.encode_to_vec()), ("second", second.encode_to_vec())];
                if !is_first {
                    entitlements.reverse();
                }
                for (name, data) in entitlements {
                    let sql = "INSERT INTO v1_entitlements
                               (resource_type_id, resource_id, external_id, data, sync_id, discovered_at)
                               SELECT DISTINCT resource_type_id, resource_id, resource_id || ':' || ?1, ?2,
                               sync_id, '' FROM v1_grants WHERE resource_type_id = 'group'";
                    database.execute(sql, (name, data)).unwrap();
                }
            });
            let groups = groups(&read(&spoiled.path).unwrap(), "okta");
            assert_eq!(!groups[0].1.is_empty(), are_members, "{first:?} {second:?} {is_first}");
        }
    }
    // Entitlements that the file doesn't have are known by the end of their ids.
    for (end, are_members) in [("member", true), ("owner", false), ("owners", false)] {
        let spoiled = Spoiled::new("okta.c1z", |database| {
            let sql = "DELETE FROM v1_entitlements; UPDATE v1_grants SET entitlement_id = 'x:' || ";
            database.execute_batch(&format!("{sql}'{end}'")).unwrap();
        });
        assert_eq!(!groups(&read(&spoiled.path).unwrap(), "okta")[0].1.is_empty(), are_members, "{end}");
    }
}
