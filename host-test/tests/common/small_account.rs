//! A small account with one of each thing, and the parts to build others.

use host_test::mock::{AccessUser, Account, Group, List, Member, Role, SUPER_ADMINISTRATOR};
use serde_json::{Value, json};

pub const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

pub fn email(address: &str) -> Value {
    json!({"email": {"email": address}})
}

pub fn domain(domain: &str) -> Value {
    json!({"email_domain": {"domain": domain}})
}

pub fn okta() -> Value {
    json!({"okta": {"name": "Engineering", "identity_provider_id": "idp"}})
}

/// Makes a group with these rules (`include`, `exclude`, `require`) and any other fields.
pub fn group(id: &str, fields: Value) -> Group {
    let Value::Object(mut fields) = fields else { panic!("{fields}") };
    let mut rules = |name: &str| fields.remove(name).and_then(|rules| rules.as_array().cloned());
    let (include, exclude, require) = (rules("include"), rules("exclude"), rules("require"));
    let time = Some("2025-01-01T00:00:00Z".to_owned());
    let name = format!("Group {id}");
    Group {
        id: id.into(),
        name,
        include,
        exclude,
        require,
        created_at: time.clone(),
        updated_at: time,
        extra: fields,
    }
}

/// Makes an account: the users `0a` Ann, `0b` Bob (spelled `Bob@Corp.example`), `0c` Carol of
/// another domain, and `0d` without an address; four members that [`member`] adds; the list `11`
/// with Ann and Carol.
pub fn account(groups: impl IntoIterator<Item = Group>) -> Account {
    let user = |id: &str, email: Option<&str>| AccessUser {
        id: id.into(),
        email: email.map(str::to_owned),
        name: Some(format!("User {id}")),
        ..AccessUser::default()
    };
    let list = List {
        id: "11".into(),
        kind: "EMAIL".into(),
        items: vec!["ANN@corp.example".into(), "carol@other.example".into()],
        ..List::default()
    };
    let mut account = Account {
        id: ACCOUNT.into(),
        groups: groups.into_iter().collect(),
        users: vec![
            user("0a", Some("ann@corp.example")),
            user("0b", Some("Bob@Corp.example")),
            user("0c", Some("carol@other.example")),
            user("0d", None),
        ],
        lists: vec![list],
        ..Account::default()
    };
    let role = |id: &str, name: &str| Role { id: id.into(), name: name.into(), ..Role::default() };
    account.roles = vec![role("d1", "DNS"), role("d2", "Billing"), role("d3", "Audit")];
    account.unlisted_roles = vec![role(SUPER_ADMINISTRATOR, "Super Administrator - All Privileges")];
    for (id, email, status, roles) in [
        ("1a", "ann@corp.example", "accepted", &["d1", "d2"][..]),
        ("1b", "Bob@Corp.example", "accepted", &["d1"]),
        ("1c", "pending@corp.example", "pending", &["d1", "d2"]),
        ("1d", "declined@corp.example", "rejected", &["d1", "d2"]),
    ] {
        member(&mut account, id, email, status, roles);
    }
    account
}

/// Adds an account member with these roles, each shown as a policy over the account.
pub fn member(account: &mut Account, id: &str, email: &str, status: &str, roles: &[&str]) {
    let mut member =
        Member { id: id.into(), status: status.into(), email: Some(email.into()), ..Member::default() };
    set_roles(account, &mut member, roles);
    account.members.push(member);
}

pub fn set_roles(account: &Account, member: &mut Member, roles: &[&str]) {
    member.roles = roles.iter().map(|&role| role.to_owned()).collect();
    member.policies = roles
        .iter()
        .map(|role| account.account_wide_policy(&member.id, account.role(role).unwrap()))
        .collect();
}

/// Returns the include of a group, to change the account that a test expects.
pub fn include<'a>(account: &'a mut Account, group: &str) -> &'a mut Vec<Value> {
    let found = account.groups.iter_mut().find(|known| known.id == group).unwrap();
    found.include.get_or_insert_default()
}
