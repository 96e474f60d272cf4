//! The parts of an account that a resource group stands for.

use serde_json::Value;
use std::collections::BTreeSet;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// The whole account.
    Account,
    /// Less than the account: what distinguishes it, and the words for a person.
    Part { id: String, words: String },
}

const ACCOUNT: &str = "com.cloudflare.api.account.";

/// Returns the parts of the account that a resource group stands for. Without an id and a scope it is none.
pub(super) fn places(account: &str, group: &Value) -> Vec<Place> {
    let text = |field: &str| group[field].as_str().map(str::trim).filter(|text| !text.is_empty());
    let scopes: Vec<(String, Vec<String>)> = match &group["scope"] {
        Value::Array(all) => all.iter().filter_map(scope).collect(),
        one => scope(one).into_iter().collect(),
    };
    let (id, name) = (text("id"), text("name").filter(|name| !name.starts_with("com.cloudflare.")));
    let is_account = |(key, objects): &(String, Vec<String>)| {
        key.eq_ignore_ascii_case(&format!("{ACCOUNT}{account}")) && objects.iter().any(|object| object == "*")
    };
    let (whole, mut parts): (Vec<_>, Vec<_>) = scopes.into_iter().partition(is_account);
    let mut seen = BTreeSet::new();
    parts.retain(|part| seen.insert(part.clone()));
    let mut places = Vec::new();
    if !whole.is_empty() {
        places.push(Place::Account);
    }
    match id {
        Some(id) if !parts.is_empty() || places.is_empty() => {
            places.push(Place::Part { id: id.to_owned(), words: words(&parts, name, Some(id)) });
        }
        Some(_) => {}
        None => places.extend(parts.into_iter().map(|part| {
            let part = [part];
            Place::Part { id: digest(&part), words: words(&part, name, None) }
        })),
    }
    places
}

fn scope(raw: &Value) -> Option<(String, Vec<String>)> {
    let key = raw["key"].as_str().filter(|key| !key.is_empty())?;
    let objects = raw["objects"].as_array()?.iter().filter_map(|object| object["key"].as_str());
    let objects: BTreeSet<String> = objects.map(str::to_owned).collect();
    Some((key.to_owned(), objects.into_iter().collect()))
}

/// Returns words for parts of the account: names of zones where they are known, else ids. The name of a
/// group of several scopes is that of none of them.
fn words(parts: &[(String, Vec<String>)], name: Option<&str>, id: Option<&str>) -> String {
    let below = |key: &str, kind: &str| {
        key.strip_prefix(ACCOUNT)?.strip_prefix(kind)?.strip_prefix('.').map(|id| format!("{kind} {id}"))
    };
    let last = |key: &str| key.rsplit('.').next().unwrap_or(key).to_owned();
    let mut all: Vec<String> = Vec::new();
    for (key, objects) in parts {
        let single: Vec<&String> = objects.iter().filter(|object| *object != "*").collect();
        match (below(key, "zone"), name.filter(|_| parts.len() == 1)) {
            (Some(_), Some(name)) => all.push(name.to_owned()),
            (Some(zone), None) => all.push(zone),
            (None, _) if single.is_empty() => all.push(last(key)),
            (None, _) => all.extend(single.into_iter().map(|object| {
                let known = below(object, "zone").or_else(|| below(object, "worker"));
                known.unwrap_or_else(|| last(object))
            })),
        }
    }
    if all.is_empty() {
        return name.or(id).unwrap_or_default().to_owned();
    }
    let more = all.len().saturating_sub(3);
    all.truncate(3);
    let shown = all.join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

/// Returns the digest of keys and objects: FNV-1a with lengths, and a last mix. It is the connector's own
/// digest, written again.
fn digest(parts: &[(String, Vec<String>)]) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut add = |text: &str| {
        for byte in (text.len() as u64).to_le_bytes().into_iter().chain(text.bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    };
    for (key, objects) in parts {
        add(key);
        objects.iter().for_each(|object| add(object));
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    format!("{:016x}", hash ^ (hash >> 31))
}
