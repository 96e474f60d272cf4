//! A plain model of changes: the states that a write may leave.

use super::account::email;
use super::judge::resource;
use connector_host::contract::{Change, Operation as Way};
use host_test::mock::{Account, Role};
use serde_json::Value;

/// Returns the address of a change's principal, in its known spelling.
pub fn address(account: &Account, change: &Change) -> String {
    let id = &change.principal.id;
    let found = match change.principal.kind.as_str() {
        "user" => account.users.iter().find(|user| user.id == *id).and_then(|user| user.email.clone()),
        "member" => {
            account.members.iter().find(|it| it.id == *id).and_then(|it| it.address().map(str::to_owned))
        }
        _ => Some(id.clone()),
    };
    found.unwrap_or_else(|| panic!("nobody knows {id}"))
}

/// Whether a rule is for this address.
pub fn names(rule: &Value, address: &str) -> bool {
    rule.pointer("/email/email").and_then(Value::as_str).is_some_and(|it| it.eq_ignore_ascii_case(address))
}

/// Returns the account after these changes. In a group, rules are removed and added at the end of
/// its include; in a member, roles and their policies.
pub fn with<'c>(account: &Account, changes: impl Iterator<Item = &'c Change>) -> Account {
    let mut after = account.clone();
    for change in changes {
        let (kind, id) = resource(change);
        if kind == "group" {
            let address = address(account, change);
            let group = after.groups.iter_mut().find(|group| group.id == id).unwrap();
            let rules = group.include.get_or_insert_default();
            match change.operation {
                Way::Revoke => rules.retain(|rule| !names(rule, &address)),
                Way::Grant if rules.iter().any(|rule| names(rule, &address)) => {}
                Way::Grant => rules.push(email(&address)),
            }
            continue;
        }
        let role = change.entitlement.split(':').nth(1).unwrap();
        let at = after.members.iter().position(|member| member.id == id).unwrap();
        let roles = &mut after.members[at].roles;
        match change.operation {
            Way::Revoke => roles.retain(|held| held != role),
            Way::Grant if roles.iter().any(|held| held == role) => {}
            Way::Grant => roles.push(role.to_owned()),
        }
        let held: Vec<&Role> = after.members[at].roles.iter().filter_map(|role| after.role(role)).collect();
        let policies = held.into_iter().map(|role| after.account_wide_policy(&id, role)).collect();
        after.members[at].policies = policies;
    }
    after
}
