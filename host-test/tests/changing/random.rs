//! Random groups, people and changes, and the memberships by the slow evaluator.

use crate::common::random_rules::{ACCOUNT, ADDRESSES, rule};
use cloudflare_zero_trust::provision::Operation;
use host_test::mock::{AccessUser, Account, Group, List, Member};
use host_test::truth::{self, Held, Kind, Principal};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Kind and id, address, and a member's status.
const PEOPLE: [(&str, Option<&str>, Option<&str>); 11] = [
    ("user:0a", Some(ADDRESSES[0]), None),
    ("user:0b", Some(ADDRESSES[1]), None),
    ("user:0c", Some(ADDRESSES[2]), None),
    ("user:0d", Some(ADDRESSES[3]), None),
    ("user:0e", None, None),
    ("member:1a", Some("ANN@corp.example"), Some("accepted")),
    ("member:1b", Some(ADDRESSES[1]), Some("accepted")),
    ("member:1c", Some(ADDRESSES[2]), Some("pending")),
    ("member:1d", Some(ADDRESSES[4]), Some("rejected")),
    ("email:ann@corp.example", Some(ADDRESSES[0]), None),
    ("email:kim@other.example", Some(ADDRESSES[4]), None),
];

/// The principal of a change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Somebody {
    /// The id in the form `kind:id`.
    pub id: String,
    pub address: Option<String>,
    pub status: Option<String>,
}

impl Somebody {
    /// Returns a key that is the same for all principals that a change of rules can't tell apart.
    pub fn key(&self) -> String {
        self.address.as_ref().map_or_else(|| self.id.clone(), |address| address.to_ascii_lowercase())
    }

    /// Returns another accepted account member with this address.
    pub fn as_member(&self) -> Option<Somebody> {
        let members = PEOPLE.iter().filter(|(.., status)| *status == Some("accepted"));
        let found = members.map(|&person| Somebody::from(person)).find(|member| member.key() == self.key());
        found.filter(|_| !self.id.starts_with("member:"))
    }
}

impl Somebody {
    /// Returns the principals that a sync shows for the person: an address alone is shown as the user
    /// and the member that have it.
    pub fn people(&self) -> Vec<Somebody> {
        let all = PEOPLE.iter().map(|&person| Somebody::from(person));
        let is_owner = |it: &Somebody| !it.id.starts_with("email:") && it.key() == self.key();
        let owners: Vec<Somebody> = all.filter(|it| self.id.starts_with("email:") && is_owner(it)).collect();
        if owners.is_empty() { vec![self.clone()] } else { owners }
    }
}

impl From<(&str, Option<&str>, Option<&str>)> for Somebody {
    fn from((id, address, status): (&str, Option<&str>, Option<&str>)) -> Self {
        Self { id: id.to_owned(), address: address.map(str::to_owned), status: status.map(str::to_owned) }
    }
}

pub fn somebody() -> impl Strategy<Value = Somebody> {
    prop::sample::select(PEOPLE.to_vec()).prop_map(Somebody::from)
}

/// Makes changes as operation, group and principal. The people are few, so that changes meet.
pub fn changes() -> impl Strategy<Value = Vec<(Operation, usize, Somebody)>> {
    let operation = prop::sample::select(vec![Operation::Grant, Operation::Revoke]);
    let few = prop::collection::vec(somebody(), 1..4);
    few.prop_flat_map(move |people| {
        prop::collection::vec((operation.clone(), 0..7usize, prop::sample::select(people)), 1..9)
    })
}

fn section() -> impl Strategy<Value = Option<Vec<Value>>> {
    prop::option::weighted(0.8, prop::collection::vec(rule('a', &["11", "22", "33", "gone"]), 0..4))
}

pub fn groups() -> impl Strategy<Value = Vec<Group>> {
    let extra = prop::sample::select(vec![
        json!({}),
        json!({"is_default": false}),
        json!({"is_default": true, "session": {"b": [1, 2.5], "a": null}}),
        json!({"zeta": "\u{1f600}", "Include": [{"everyone": {}}]}),
    ]);
    // Excludes and requires are rare, or most groups would have no members.
    let rare = || prop_oneof![3 => Just(None), 2 => section()];
    prop::collection::vec((section(), rare(), rare(), extra), 1..7).prop_map(|groups| {
        let group = |(n, (include, exclude, require, extra)): (usize, (_, _, _, Value))| Group {
            id: format!("a{n}"),
            name: format!("Group {n}"),
            include,
            exclude,
            require,
            created_at: Some("2025-01-01T00:00:00Z".into()),
            updated_at: Some("2025-01-01T00:00:00Z".into()),
            extra: extra.as_object().cloned().unwrap_or_else(Map::new),
        };
        groups.into_iter().enumerate().map(group).collect()
    })
}

/// Makes an account of these groups and all the people.
pub fn account(groups: Vec<Group>) -> Account {
    let mut account = Account { id: ACCOUNT.into(), groups, ..Account::default() };
    for (who, address, status) in PEOPLE {
        let (kind, id) = who.split_once(':').unwrap();
        let (id, email) = (id.to_owned(), address.map(str::to_owned));
        match kind {
            "user" => account.users.push(AccessUser { id, email, ..AccessUser::default() }),
            "member" => {
                let status = status.unwrap().to_owned();
                account.members.push(Member { id, email, status, ..Member::default() });
            }
            _ => {}
        }
    }
    let list = |id: &str, items: &[&str]| List {
        id: id.into(),
        kind: "EMAIL".into(),
        items: items.iter().map(|&item| item.to_owned()).collect(),
        ..List::default()
    };
    account.lists = vec![
        list("11", &["ANN@corp.example", "ann@corp.example", "eve@other.example"]),
        list("22", &[]),
        list("33", &["kim@other.example", "Kim@other.example ", "bob@corp.example, Eve@other.example"]),
    ];
    account
}

/// Returns the memberships of a principal, by the group's id.
pub fn holdings(account: &Account, who: &Somebody) -> BTreeMap<String, Held> {
    let (groups, lists, principal) = asked(account, who);
    let held = truth::evaluate(&account.id, &groups, &lists, &principal);
    held.into_iter().filter_map(|(group, held)| Some((group, held?))).collect()
}

/// Returns the groups with an include rule that isn't one address or one domain, and may mean a
/// principal.
pub fn unclear(account: &Account, who: &Somebody) -> BTreeSet<String> {
    let (groups, lists, principal) = asked(account, who);
    truth::unclear(&account.id, &groups, &lists, &principal)
}

fn asked(account: &Account, who: &Somebody) -> (Vec<Value>, truth::Lists, Principal) {
    let groups: Vec<Value> =
        account.groups.iter().map(|group| serde_json::to_value(group).unwrap()).collect();
    let lists = account.lists.iter().map(|list| (list.id.clone(), Some(list.items.clone()))).collect();
    let kind = match who.id.split_once(':').unwrap().0 {
        "user" => Kind::User,
        "member" => Kind::Member,
        _ => Kind::Email,
    };
    let principal = Principal { kind, address: who.address.clone(), status: who.status.clone() };
    (groups, lists, principal)
}
