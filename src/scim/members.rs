//! The changes that a PATCH or a PUT of a group's members asks for.

use super::groups::Members;
use super::patch::{Change, Edit, Which};
use super::problem::{Problem, quoted};
use super::user_id;
use crate::cloudflare::id::Id;
use crate::model::Kind;
use crate::provision::{self, MOST_CHANGES, Operation};
use crate::records;
use crate::sorted::Map;
use serde_json::{Value, json};

/// Whether the changes can't be told without the members that there are.
pub(super) fn need_current(changes: &[Change]) -> bool {
    let is_user = |item: &Value| id_of(item).is_some_and(|id| user_id::address_of(id).is_some());
    changes.iter().any(|change| match &change.edit {
        Edit::Add(items) | Edit::Remove(Which::Items(items)) => !items.iter().all(is_user),
        Edit::Replace(_) | Edit::Remove(Which::All | Which::Matching(_)) => true,
    })
}

/// Returns the grants and revokes that bring a group to where the changes lead. `current` are its members, if
/// they were read. Rules that aren't addresses stay, whatever the changes leave out.
///
/// # Errors
/// An id is none of a user, or a group would have to come or go.
pub(super) fn changes_of(
    group: &Id,
    changes: &[Change],
    current: Option<&Members>,
) -> Result<Vec<provision::Change>, Problem> {
    let nobody = Members::default();
    let known = current.unwrap_or(&nobody);
    // By address: whether it is to be a member.
    let mut wanted: Map<String, bool> = Map::default();
    for change in changes {
        match &change.edit {
            Edit::Add(items) => {
                for item in items {
                    if let Some(address) = address_of(item, known, true)? {
                        wanted.insert(address, true);
                    }
                }
            }
            Edit::Replace(value) => {
                let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
                let mut all: Vec<(String, bool)> =
                    wanted.iter().map(|(address, _)| (address.clone(), false)).collect();
                all.extend(known.addresses.iter().map(|address| (address.clone(), false)));
                for item in items {
                    all.extend(address_of(item, known, true)?.map(|address| (address, true)));
                }
                // Of the same address, the last entry counts.
                wanted = all.into_iter().collect();
            }
            Edit::Remove(Which::Items(items)) => {
                for item in items {
                    if let Some(address) = address_of(item, known, false)? {
                        wanted.insert(address, false);
                    }
                }
            }
            Edit::Remove(which) => {
                let is_meant = |address: &String| match which {
                    Which::Matching(filter) => filter.matches(&shown(address)),
                    _ => true,
                };
                let now: Vec<String> =
                    known.addresses.iter().chain(wanted.iter().map(|(it, _)| it)).cloned().collect();
                for address in now.into_iter().filter(is_meant) {
                    wanted.insert(address, false);
                }
                if let Which::Matching(filter) = which
                    && known.groups.iter().any(|id| filter.matches(&json!({"value": id, "type": "Group"})))
                {
                    return Err(stays());
                }
            }
        }
    }
    let is_news = |(address, is_wanted): &(&String, &bool)| {
        current.is_none_or(|current| current.addresses.contains(address) != **is_wanted)
    };
    let change = |(address, is_wanted): (&String, &bool)| provision::Change {
        operation: if *is_wanted { Operation::Grant } else { Operation::Revoke },
        entitlement: records::group::entitlement_id(group.as_str()),
        principal_kind: Kind::Email.as_str().to_owned(),
        principal_id: address.clone(),
    };
    Ok(wanted.iter().filter(is_news).map(change).collect())
}

fn shown(address: &str) -> Value {
    json!({"value": user_id::of_address(address), "display": address, "type": "User"})
}

fn id_of(item: &Value) -> Option<&str> {
    item.get("value").and_then(Value::as_str)
}

/// Returns the address of a member; `None` for a group that is a member and may stay, and for the removal of
/// what is no member.
fn address_of(item: &Value, known: &Members, is_added: bool) -> Result<Option<String>, Problem> {
    let id = id_of(item).unwrap_or_default();
    if let Some(address) = user_id::address_of(id) {
        return Ok(Some(address));
    }
    let is_member = known.groups.iter().any(|group| group.eq_ignore_ascii_case(id));
    let is_group =
        item.get("type").and_then(Value::as_str).is_some_and(|it| it.eq_ignore_ascii_case("Group"));
    match (is_member, is_added) {
        // Nobody has to be taken out of where they aren't.
        (true, true) | (false, false) => Ok(None),
        (true, false) => Err(stays()),
        (false, true) if is_group => Err(Problem::mutability(
            "Groups become members of a group by a rule that this service doesn't write. Change the group in \
             Cloudflare's dashboard. Nothing was written.",
        )),
        (false, true) => Err(Problem::invalid_value(format!(
            "The member {} is no id of a user of this service. A user's id is told by GET \
             /Users?filter=userName eq \"…\". Nothing was written.",
            quoted(id)
        ))),
    }
}

/// Returns the addresses of the members that a new group is to have, each once.
///
/// # Errors
/// An id is none of a user.
pub(super) fn new_members(items: &[Value]) -> Result<Vec<String>, Problem> {
    let nobody = Members::default();
    let mut addresses: Vec<String> = Vec::new();
    for item in items {
        addresses.extend(address_of(item, &nobody, true)?);
    }
    Ok(addresses)
}

/// Checks that one request can make so many changes. `most` is the number of rules that a group can have, if
/// each member is a rule.
///
/// # Errors
/// There are too many: how many, and what to send instead.
pub(super) fn check_number(changes: &[provision::Change], most: Option<usize>) -> Result<(), Problem> {
    if changes.len() <= MOST_CHANGES {
        return Ok(());
    }
    let added = changes.iter().filter(|change| change.operation == Operation::Grant).count();
    let removed = changes.len() - added;
    let what = match (added, removed) {
        (added, 0) => format!("add {added} members"),
        (0, removed) => format!("remove {removed} members"),
        _ => format!("add {added} members and remove {removed}"),
    };
    let rest = match most {
        Some(most) if added > most => format!(
            "Cloudflare takes at most {most} rules in a group, and each member is one: divide these people \
             among several groups."
        ),
        _ => "Send PATCH requests with some of the members each.".to_owned(),
    };
    Err(Problem::invalid_value(format!(
        "This request would {what}, and one request can change at most {MOST_CHANGES} members. {rest} \
         Nothing was written."
    )))
}

fn stays() -> Problem {
    Problem::mutability(
        "A group that is a member stands there by a rule that this service doesn't change. Change the group \
         in Cloudflare's dashboard. Nothing was written.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::patch::Patch;
    use crate::scim::schema::{Doors, GROUP};

    /// Returns what operations on a group of Ann, Bob and another group come to: the addresses with a sign.
    fn told(operations: Value) -> Result<Vec<String>, &'static str> {
        let address = |name: &str| format!("{name}@corp.example");
        let body: Value = serde_json::from_str(
            &["ann", "bob", "cat", "dee"].iter().fold(operations.to_string(), |body, name| {
                body.replace(&format!("${name}"), &user_id::of_address(&address(name)))
            }),
        )
        .unwrap();
        let doors = Doors { provisioning: true, lifecycle: false };
        let patch = Patch::parse(&json!({"Operations": body}), &GROUP, doors).unwrap();
        let current =
            Members { addresses: vec![address("ann"), address("bob")], groups: vec!["a2".to_owned()] };
        let current = need_current(&patch.operations).then_some(current);
        let group = Id::parse("a1").unwrap();
        let changes = changes_of(&group, &patch.operations, current.as_ref());
        let changes = changes.map_err(|problem| problem.scim_type.unwrap().word())?;
        let sign = |change: &provision::Change| {
            assert_eq!(
                (change.entitlement.as_str(), change.principal_kind.as_str()),
                ("group:a1:member", "email")
            );
            let sign = if change.operation == Operation::Grant { '+' } else { '-' };
            format!("{sign}{}", change.principal_id.trim_end_matches("@corp.example"))
        };
        Ok(changes.iter().map(sign).collect())
    }

    #[test]
    fn operations_come_to_grants_and_revokes() {
        let add = |ids: &[&str]| {
            let items: Vec<Value> = ids.iter().map(|id| json!({"value": id})).collect();
            json!({"op": "add", "path": "members", "value": items})
        };
        let replace = |ids: &[&str]| {
            let mut operation = add(ids);
            operation["op"] = "replace".into();
            operation
        };
        let remove = |id: &str| json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")});
        let all = json!({"op": "remove", "path": "members"});
        let some = json!({"op": "remove", "path": "members[display sw \"b\"]"});
        for (operations, expected) in [
            (json!([add(&["$cat", "$dee"])]), &["+cat", "+dee"][..]),
            // Nothing is read for it, so nobody knows that Ann is there.
            (json!([add(&["$ann"])]), &["+ann"]),
            (json!([remove("$ann"), remove("$cat")]), &["-ann", "-cat"]),
            (json!([add(&["$cat"]), remove("$cat")]), &["-cat"]),
            (json!([remove("$ann"), add(&["$ann"])]), &["+ann"]),
            (json!([replace(&["$bob", "$cat"])]), &["-ann", "+cat"]),
            (json!([replace(&["$ann", "$bob"])]), &[]),
            (json!([replace(&["$ann", "a2"])]), &["-bob"]),
            (json!([replace(&[])]), &["-ann", "-bob"]),
            (json!([add(&["$cat"]), replace(&["$dee"])]), &["-ann", "-bob", "+dee"]),
            (json!([replace(&["$dee"]), add(&["$ann"])]), &["-bob", "+dee"]),
            (json!([all.clone()]), &["-ann", "-bob"]),
            (json!([all, add(&["$bob"])]), &["-ann"]),
            (json!([some]), &["-bob"]),
            (json!([add(&["a2"]), add(&["$cat"])]), &["+cat"]),
            (json!([remove("a3"), remove("nobody")]), &[]),
        ] {
            let told = told(operations.clone()).unwrap();
            assert_eq!(told, expected, "{operations}");
        }
    }

    #[test]
    fn ids_that_are_nobodys_and_groups_are_refused() {
        let add = |value: Value| json!([{"op": "add", "path": "members", "value": [value]}]);
        for (operations, expected) in [
            (add(json!({"value": "fake-member-id"})), "invalidValue"),
            (add(json!({"value": "a3", "type": "Group"})), "mutability"),
            (json!([{"op": "remove", "path": "members[value eq \"a2\"]"}]), "mutability"),
            (json!([{"op": "remove", "path": "members[type eq \"Group\"]"}]), "mutability"),
        ] {
            assert_eq!(told(operations.clone()), Err(expected), "{operations}");
        }
    }
}
