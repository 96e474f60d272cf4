//! Tests of the draft: it grows, is continued, and takes its place. The command's tests read the
//! file's content.

use super::super::samples;
use super::*;
use cloudflare_zero_trust::contract::{Grant, Resource, ResourceId, manifest};
use prost::Message;
use rusqlite::Connection;

fn begin(place: &Path) -> C1zDraft {
    C1zDraft::begin(place, ResourceTypes::default(), Life::Kept).unwrap()
}

fn page(resources: Vec<Resource>) -> Page {
    Page { resources, ..samples::page() }
}

fn one(name: &str) -> Page {
    page(vec![samples::group("g1", name)])
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Opens the database within a c1z, in a file beside it.
fn opened(place: &Path) -> Connection {
    let file = fs::read(place).unwrap();
    let (magic, zstd) = file.split_at(MAGIC.len());
    assert_eq!(magic, MAGIC);
    let database = place.with_extension("db");
    fs::write(&database, zstd::decode_all(zstd).unwrap()).unwrap();
    Connection::open(database).unwrap()
}

/// Reads the resources' ids and names.
fn resources(connection: &Connection) -> Vec<(String, String)> {
    let mut all =
        connection.prepare("SELECT external_id, data FROM v1_resources ORDER BY external_id").unwrap();
    let rows = all.query_map([], |row| {
        let data: Vec<u8> = row.get(1)?;
        Ok((row.get(0)?, messages::Resource::decode(data.as_slice()).unwrap().display_name))
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

fn complete(draft: C1zDraft) {
    Box::new(draft).complete(false).unwrap();
}

fn row(id: &str, name: &str) -> (String, String) {
    (format!("group:{id}"), name.to_owned())
}

#[test]
fn what_was_safe_is_gone_on_with_and_what_comes_again_replaces_it() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("out");
    let mut draft = begin(&place);
    draft.page(&page(vec![samples::group("g1", "One"), samples::group("g2", "Two")])).unwrap();
    let lengths = draft.secure().unwrap();
    assert_eq!(lengths, [1]);
    // The cursor after this page wasn't stored, so the page comes again, changed.
    draft.page(&one("Lost")).unwrap();
    drop(draft);
    assert_eq!(names(directory.path()).first().unwrap(), "out.partial");

    let mut draft = C1zDraft::resume(&place, ResourceTypes::default(), &lengths).unwrap().unwrap();
    draft.page(&one("Again")).unwrap();
    draft.secure().unwrap();
    complete(draft);
    assert_eq!(names(directory.path()), ["out"]);
    assert_eq!(resources(&opened(&place)), [row("g1", "Again"), row("g2", "Two")]);
}

#[test]
fn a_grant_that_comes_again_replaces_the_earlier_one() {
    let directory = tempfile::tempdir().unwrap();
    let grant = |who: &str, revocable| Grant {
        entitlement: "group:g1:member".to_owned(),
        principals: vec![ResourceId { kind: "user".to_owned(), id: who.to_owned() }],
        basis: vec![],
        conditions: vec![],
        revocable,
        extra: "{}".to_owned(),
    };
    for life in [Life::Kept, Life::Temporary] {
        let place = directory.path().join("out");
        let mut draft = C1zDraft::begin(&place, ResourceTypes::default(), life).unwrap();
        for (who, revocable) in
            [("u1", false), ("u2", false), ("u1", true), ("u3", true), ("u1", false), ("u2", true)]
        {
            draft.page(&Page { grants: vec![grant(who, revocable)], ..samples::page() }).unwrap();
        }
        complete(draft);
        let connection = opened(&place);
        let mut all =
            connection.prepare("SELECT principal_resource_id, data FROM v1_grants ORDER BY 1").unwrap();
        let rows = all.query_map([], |row| {
            let data: Vec<u8> = row.get(1)?;
            Ok((row.get(0)?, messages::Grant::decode(data.as_slice()).unwrap().annotations.len()))
        });
        let rows: Vec<(String, usize)> = rows.unwrap().collect::<Result<_, _>>().unwrap();
        // The second annotation says that it can't be taken away.
        assert_eq!(rows, [("u1".to_owned(), 2), ("u2".to_owned(), 1), ("u3".to_owned(), 1)]);
    }
}

#[test]
fn what_has_fewer_pages_than_it_should_or_is_no_database_is_not_gone_on_with() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("out");
    assert!(C1zDraft::resume(&place, ResourceTypes::default(), &[0]).unwrap().is_none());
    drop(begin(&place));
    assert!(names(directory.path()).is_empty(), "nobody can go on with nothing");
    begin(&place).secure().unwrap();
    assert!(C1zDraft::resume(&place, ResourceTypes::default(), &[1]).unwrap().is_none());
    assert!(C1zDraft::resume(&place, ResourceTypes::default(), &[0, 0]).unwrap().is_none());
    assert!(C1zDraft::resume(&place, ResourceTypes::default(), &[0]).unwrap().is_some());
    for text in [&b"{\"type\":\"grant\"}\n"[..], b""] {
        fs::write(Unfinished::Kept.beside(&place), text).unwrap();
        assert!(C1zDraft::resume(&place, ResourceTypes::default(), &[0]).unwrap().is_none());
    }
    // The next draft removes it.
    fs::write(Unfinished::Kept.beside(&place), "{\"type\":\"grant\"}\n").unwrap();
    complete(begin(&place));
    assert!(resources(&opened(&place)).is_empty());
}

#[test]
fn a_draft_that_was_finished_and_not_put_in_its_place_is_gone_on_with() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("out");
    let mut draft = begin(&place);
    draft.page(&one("One")).unwrap();
    let lengths = draft.secure().unwrap();
    draft.database.take().unwrap().finish(false).unwrap();
    drop(draft);
    complete(C1zDraft::resume(&place, ResourceTypes::default(), &lengths).unwrap().unwrap());
    assert_eq!(resources(&opened(&place)), [row("g1", "One")]);
}

#[test]
fn a_seat_is_counted_again_when_a_sync_is_finished_again() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("out");
    let types = || ResourceTypes { known: manifest().resource_types, kinds: vec![] };
    let user = |id: &str, [access, gateway]: [bool; 2]| Resource {
        id: ResourceId { kind: "user".to_owned(), id: id.to_owned() },
        profile: format!(r#"{{"access_seat":{access},"gateway_seat":{gateway}}}"#),
        ..samples::group(id, id)
    };
    let mut draft = C1zDraft::begin(&place, types(), Life::Kept).unwrap();
    draft.page(&page(vec![user("u1", [true, false]), user("u2", [true, true])])).unwrap();
    let lengths = draft.secure().unwrap();
    draft.database.take().unwrap().finish(false).unwrap();
    drop(draft);

    // The page comes again, and one of them has lost the seat meanwhile.
    let mut draft = C1zDraft::resume(&place, types(), &lengths).unwrap().unwrap();
    draft.page(&page(vec![user("u1", [true, false]), user("u2", [false, false])])).unwrap();
    complete(draft);
    let connection = opened(&place);
    let mut grants = connection.prepare("SELECT external_id FROM v1_grants").unwrap();
    let grants: Vec<String> =
        grants.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(grants, ["seat:zero-trust:access:user:u1"]);
    let sql = "SELECT data FROM v1_resources WHERE external_id = 'seat:zero-trust'";
    let seat: Vec<u8> = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    let seat = messages::Resource::decode(seat.as_slice()).unwrap();
    let license = messages::LicenseProfileTrait::decode(seat.annotations[0].value.as_slice()).unwrap();
    assert_eq!(license.consumed_seats, 1);
}

#[test]
fn two_do_not_write_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("out");
    let mut draft = begin(&place);
    draft.page(&one("One")).unwrap();
    let lengths = draft.secure().unwrap();
    let refused = |draft: io::Result<Option<C1zDraft>>| draft.map(drop).unwrap_err().kind();
    assert_eq!(
        refused(C1zDraft::begin(&place, ResourceTypes::default(), Life::Kept).map(Some)),
        ErrorKind::WouldBlock
    );
    assert_eq!(refused(C1zDraft::resume(&place, ResourceTypes::default(), &lengths)), ErrorKind::WouldBlock);
    drop(draft);
    let mut draft = C1zDraft::resume(&place, ResourceTypes::default(), &lengths).unwrap().unwrap();
    assert_eq!(refused(C1zDraft::resume(&place, ResourceTypes::default(), &lengths)), ErrorKind::WouldBlock);
    draft.page(&page(vec![samples::group("g2", "Two")])).unwrap();
    complete(draft);
    assert_eq!(resources(&opened(&place)).len(), 2);
}

#[test]
fn cleared_is_as_new() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("out");
    let mut draft = begin(&place);
    let new = draft.secure().unwrap();
    draft.page(&one("A name that was deleted")).unwrap();
    draft.clear().unwrap();
    assert_eq!(draft.secure().unwrap(), new);
    draft.page(&page(vec![samples::group("g2", "Two")])).unwrap();
    complete(draft);
    assert_eq!(resources(&opened(&place)), [row("g2", "Two")]);
    let database = fs::read(place.with_extension("db")).unwrap();
    assert!(!database.windows(7).any(|bytes| bytes == b"deleted"));
}

#[test]
fn a_page_that_can_not_be_written_leaves_nothing_of_itself() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("out");
    let mut draft = begin(&place);
    let mut bad = samples::group("g2", "Bad");
    bad.profile = "nope".to_owned();
    let error = draft.page(&page(vec![samples::group("g1", "Good"), bad])).unwrap_err();
    assert!(error.to_string().contains("profile of group:g2"), "{error}");
    assert_eq!(draft.secure().unwrap(), [0]);
    complete(draft);
    assert!(resources(&opened(&place)).is_empty());
}

#[test]
fn a_temporary_one_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("out");
    let mut draft = C1zDraft::begin(&place, ResourceTypes::default(), Life::Temporary).unwrap();
    draft.page(&one("One")).unwrap();
    drop(draft);
    assert!(names(directory.path()).is_empty());

    let mut draft = C1zDraft::begin(&place, ResourceTypes::default(), Life::Temporary).unwrap();
    draft.page(&one("One")).unwrap();
    complete(draft);
    assert_eq!(names(directory.path()), ["out"]);
    assert_eq!(resources(&opened(&place)), [row("g1", "One")]);
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_it_and_no_link_is_followed() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let directory = tempfile::tempdir().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let place = directory.path().join("out");
    let draft = begin(&place);
    assert_eq!(mode(&Unfinished::Kept.beside(&place)), 0o600);
    complete(draft);
    assert_eq!(mode(&place), 0o600);
    let temporary = C1zDraft::begin(&place, ResourceTypes::default(), Life::Temporary).unwrap();
    assert_eq!(mode(&temporary.beside), 0o600);

    let (link, target) = (directory.path().join("link"), directory.path().join("target"));
    fs::write(&target, "kept").unwrap();
    symlink(&target, Unfinished::Kept.beside(&link)).unwrap();
    assert!(C1zDraft::begin(&link, ResourceTypes::default(), Life::Kept).is_err());
    assert!(C1zDraft::resume(&link, ResourceTypes::default(), &[0]).is_err());
    assert_eq!(fs::read_to_string(target).unwrap(), "kept");
    assert!(
        C1zDraft::begin(directory.path(), ResourceTypes::default(), Life::Kept).is_err(),
        "a directory stays"
    );
}
