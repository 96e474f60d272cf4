//! The differences to an earlier review.

use super::super::run;
use super::super::setup::MockAndFolder;
use super::{findings, open, review};
use host_test::review::Opened;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const LEAVER: &str = "lucas.moreau@northwind.example";
const COMER: &str = "new.person@northwind.example";

/// Takes one person out of a group, and lets another one in.
fn change(setup: &MockAndFolder) {
    setup.mock.change(|account| {
        let group = account.groups.iter_mut().find(|group| group.name == "Engineering").unwrap();
        let include = group.include.as_mut().unwrap();
        include.retain(|rule| rule["email"]["email"] != LEAVER);
        include.push(json!({"email": {"email": COMER}}));
    });
}

/// Returns the differences on one resource: 1 for gained, 2 for lost, 3 for another reason; and the person.
fn on(review: &Opened, name: &str) -> BTreeSet<(u8, String)> {
    let changes = review.bytes("change.kind").into_iter().zip(review.texts("change.person"));
    let all = changes.zip(review.texts("change.on"));
    all.filter(|(_, on)| on == name).map(|(change, _)| change).collect()
}

fn expected() -> BTreeSet<(u8, String)> {
    [(1, COMER.to_owned()), (2, LEAVER.to_owned())].into()
}

#[test]
fn what_people_gained_and_lost_is_shown_against_a_review_and_against_lines() {
    let setup = MockAndFolder::company();
    let before = review(&setup, "before.html", &[], 0);
    assert_eq!(before.head()["since"], Value::Null);
    run(&setup, &["sync", "--format", "jsonl", "--output", "before.jsonl"], 0);
    let same = review(&setup, "same.html", &["--since", "before.html"], 0);
    assert!(same.bytes("change.kind").is_empty());

    change(&setup);
    let since = review(&setup, "since.html", &["--since", "before.html"], 0);
    assert_eq!(on(&since, "Engineering"), expected());
    let head = since.head();
    assert_eq!(
        (&head["since"]["time"], &head["since"]["name"]),
        (&before.head()["time"], &json!("before.html"))
    );
    assert_eq!(head["since"]["digest"].as_str().map(str::len), Some(64));
    assert_eq!(head["since"]["notes"], json!([]));
    let kinds = since.bytes("change.kind");
    for (word, kind) in [("gained", 1), ("lost", 2), ("other", 3)] {
        assert_eq!(head["since"][word], kinds.iter().filter(|it| **it == kind).count(), "{word}");
    }
    // The grant of what was gained is the row with this person.
    let (grants, principals) = (since.numbers("change.grant"), since.numbers("grant.principal"));
    for ((kind, grant), account) in kinds.iter().zip(grants).zip(since.texts("change.account")) {
        assert_eq!(*kind == 2, grant == 0);
        if grant > 0 {
            let holder = &super::accounts(&since)[principals[grant as usize - 1] as usize];
            assert_eq!(*holder, account);
        }
    }

    // The lines of a sync without tokens don't say what tokens held.
    let since = review(&setup, "lines.html", &["--since", "before.jsonl"], 0);
    assert_eq!(on(&since, "Engineering"), expected());
    let notes = since.head()["since"]["notes"].clone();
    assert!(notes[0].as_str().unwrap().contains("service tokens"), "{notes}");
    assert!(!since.texts("change.account").iter().any(|account| account.starts_with("service-token:")));
    assert_eq!(findings(&since), findings(&open(&setup.path("since.html"))));
}

#[test]
fn where_data_is_missing_nothing_passes_for_lost() {
    use host_test::mock::{Effect, Fault};
    let setup = MockAndFolder::company();
    review(&setup, "before.html", &[], 0);
    change(&setup);
    let effect = Effect::Status { status: 404, code: 7003, message: "no".to_owned(), headers: Vec::new() };
    setup.mock.inject(Fault::on("GET", "gateway/lists/{id}/items", effect));
    let since = review(&setup, "since.html", &["--since", "before.html"], 6);
    assert!(on(&since, "Engineering").is_empty());
    let notes = since.head()["since"]["notes"].clone();
    assert!(notes[0].as_str().unwrap().contains("data is missing in this review"), "{notes}");
}

#[test]
fn a_review_that_was_changed_is_not_compared_with() {
    let setup = MockAndFolder::company();
    review(&setup, "before.html", &[], 0);
    let page = setup.read("before.html");
    let at = page.find("data-digest=\"").unwrap() + 13;
    let other = if page[at..].starts_with('0') { "1" } else { "0" };
    std::fs::write(setup.path("forged.html"), format!("{}{other}{}", &page[..at], &page[at + 1..])).unwrap();
    let output = run(&setup, &["review", "--output", "new.html", "--since", "forged.html"], 2);
    let said = super::text(&output.stderr);
    assert!(said.contains("--since: forged.html was changed after it was written"), "{said}");
}

/// The line of `changes.jsonl` that the page writes for a grant.
fn revoke(grant: &str) -> String {
    let (entitlement, principal) = grant.split_once(":member:").unwrap();
    let (kind, id) = principal.split_once(':').unwrap();
    let change = json!({
        "operation": "revoke",
        "entitlement": format!("{entitlement}:member"),
        "principal": {"kind": kind, "id": id},
    });
    format!("{change}\n")
}

#[test]
fn what_is_revoked_by_a_review_is_lost_in_the_next_one() {
    let setup = MockAndFolder::company();
    let before = review(&setup, "before.html", &[], 0);
    let revocable = before.bytes("reason.revocable");
    let group = setup.mock.read(|account| {
        account.groups.iter().find(|group| group.name == "Customer support").unwrap().id.clone()
    });
    let grants = super::grants(&before);
    let of_group = grants.iter().filter(|(id, _)| id.starts_with(&format!("group:{group}:member:")));
    let revoked: Vec<&String> =
        of_group.filter(|(_, reason)| revocable[**reason] == 1).map(|(id, _)| id).collect();
    // Cloudflare keeps no group without a rule.
    let (_, revoked) = revoked.split_last().unwrap();
    assert!(revoked.len() > 1, "{revoked:?}");
    let changes: String = revoked.iter().map(|grant| revoke(grant)).collect();
    std::fs::write(setup.path("changes.jsonl"), changes).unwrap();
    run(&setup, &["apply", "--file", "changes.jsonl", "--dry-run"], 0);
    run(&setup, &["apply", "--file", "changes.jsonl"], 0);
    let after = review(&setup, "after.html", &["--since", "before.html"], 0);
    let lost = on(&after, "Customer support");
    assert!(!lost.is_empty() && lost.iter().all(|(kind, _)| *kind == 2), "{lost:?}");
    let left = super::grants(&after);
    assert!(revoked.iter().all(|grant| !left.contains_key(*grant)));
}
