//! Files about who is in the groups of identity providers: the facts that are read, written again
//! in each form, are the same, and no error shows a value.

use super::SECRET;
use cloudflare_zero_trust::command::identities_file::{Told, time};
use cloudflare_zero_trust::command::providers::{GroupFacts, Provider, Providers, pieces};
use std::collections::{BTreeMap, BTreeSet};

/// The people of each group: by its provider, its name, and the time.
type People = BTreeMap<(String, String, Option<String>), BTreeSet<String>>;

/// Runs one input, a file of CSV or of JSON Lines. A `%` stands for a secret.
pub fn run(data: &[u8]) {
    let text = match str::from_utf8(data) {
        Ok(text) => text.replace(SECRET, "").replace('%', SECRET).into_bytes(),
        Err(_) => data.to_vec(),
    };
    let Some(facts) = read(&text) else { return };
    let people = people(&facts);
    for ((provider, group, as_of), addresses) in &people {
        assert!(["okta-id", "entra-id", "github-id"].contains(&provider.as_str()));
        assert!(!group.is_empty() && !group.contains(char::is_control), "{group:?}");
        assert!(as_of.as_ref().is_none_or(|as_of| time(as_of).is_ok()), "{as_of:?}");
        for address in addresses {
            let is_plain = address.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase());
            assert!(is_plain && address.matches('@').count() == 1, "{address:?}");
        }
    }
    let (json, csv) = (as_json(&people), as_csv(&people));
    assert_eq!(
        read(json.as_bytes()).map_or_else(People::new, |facts| self::people(&facts)),
        people,
        "{json}"
    );
    // In CSV white space around a value doesn't belong to it.
    if people.keys().all(|(_, group, _)| group.trim() == group) {
        let again = read(csv.as_bytes()).expect("it is CSV");
        assert_eq!(self::people(&again), people, "{csv}");
    }
    let pieces = pieces(facts, 3);
    assert!(
        pieces.iter().all(|piece| piece.iter().map(|facts| facts.addresses.len().max(1)).sum::<usize>() <= 3)
    );
    assert_eq!(self::people(&pieces.concat()), people);
}

/// Reads the facts about three providers. Returns `None` for what is no such file.
fn read(text: &[u8]) -> Option<Vec<GroupFacts>> {
    let told = match Told::parse("the file".to_owned(), "a source".to_owned(), text, None) {
        Ok(told) => told,
        Err(failure) => {
            let report = failure.report().to_string();
            assert!(!report.contains(SECRET), "{report}");
            assert!(report.starts_with("error: --identities: the file") && report.len() < 500, "{report}");
            return None;
        }
    };
    let kinds = [("okta-id", "okta"), ("entra-id", "azureAD"), ("github-id", "github")];
    let providers = kinds.map(|(id, kind)| Provider { id: id.to_owned(), name: None, kind: kind.to_owned() });
    let assigned = told.assign(&Providers::from_iter(providers)).expect("no two are alike");
    assert!(assigned.note.is_none_or(|note| !note.contains(SECRET)));
    Some(assigned.facts)
}

fn people(facts: &[GroupFacts]) -> People {
    let mut people = People::new();
    for GroupFacts { provider, group, addresses, source, as_of } in facts {
        assert_eq!(source, "a source");
        let group = people.entry((provider.clone(), group.clone(), as_of.clone())).or_default();
        group.extend(addresses.iter().cloned());
    }
    people
}

/// Returns a row for each address, and one without an address for each group.
fn rows(people: &People) -> impl Iterator<Item = [&str; 4]> {
    people.iter().flat_map(|((provider, group, as_of), addresses)| {
        let addresses = [""].into_iter().chain(addresses.iter().map(String::as_str));
        addresses.map(move |address| [provider, group, address, as_of.as_deref().unwrap_or_default()])
    })
}

fn as_json(people: &People) -> String {
    let line = |[provider, group, address, as_of]: [&str; 4]| {
        let as_of = Some(as_of).filter(|as_of| !as_of.is_empty());
        let row =
            serde_json::json!({ "provider": provider, "group": group, "address": address, "as_of": as_of });
        format!("{row}\r\n")
    };
    rows(people).map(line).collect()
}

fn as_csv(people: &People) -> String {
    let value = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let line = |row: [&str; 4]| format!("{}\n", row.map(value).join(","));
    ["provider,group,address,as_of\n".to_owned()].into_iter().chain(rows(people).map(line)).collect()
}
