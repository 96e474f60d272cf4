//! The groups that Okta pushed for the small company: who is in its groups for sales.

use crate::mock::access::{Scim, ScimGroup, ScimShows, ScimUser};
use crate::mock::account::Account;
use crate::mock::ids::{hex_id, uuid};

use super::company_names::{address, identity_provider};

/// The people, by the local parts of their addresses, or the address of somebody from elsewhere.
const EMEA: [&str; 4] = ["jonas.weber", "rosa.jimenez", "former.seller", "paula@reseller.example"];
const AMERICAS: [&str; 2] = ["ben.carter", "daniel.osei"];
/// A person whom Okta has deactivated, and left in the group.
const INACTIVE: &str = "former.seller";

/// Adds what was pushed.
pub(super) fn add(account: &mut Account) {
    let people = [&EMEA[..], &AMERICAS].concat();
    account.scim = vec![Scim {
        provider: identity_provider(),
        groups: vec![
            group("Everyone", &people),
            group("Sales EMEA", &EMEA),
            group("Sales Americas", &AMERICAS),
        ],
        users: people.iter().map(|local| user(local)).collect(),
        shows: ScimShows::InGroups,
    }];
}

fn user_id(local: &str) -> String {
    uuid(&hex_id(&["scim user", local]))
}

fn user(local: &str) -> ScimUser {
    ScimUser {
        id: user_id(local),
        external_id: Some(hex_id(&["okta user", local])[..20].to_owned()),
        user_name: Some(address(local)),
        email: Some(address(local)),
        is_inactive: local == INACTIVE,
        ..ScimUser::default()
    }
}

fn group(name: &str, members: &[&str]) -> ScimGroup {
    ScimGroup {
        id: uuid(&hex_id(&["scim group", name])),
        display_name: Some(name.to_owned()),
        external_id: Some(hex_id(&["okta group", name])[..20].to_owned()),
        members: members.iter().map(|local| user_id(local)).collect(),
        ..ScimGroup::default()
    }
}
