//! Access groups, and the members that a group names itself.

use super::one::one;
use crate::cloudflare::client::Client;
use crate::cloudflare::group::{self, Group};
use crate::cloudflare::id::Id;
use crate::cloudflare::transport::Transport;
use crate::error::Result;
use crate::lifecycle::groups::is_nobodys;
use crate::provision::whole_lists::all_of;
use crate::rules::{Rule, is_address};
use crate::sorted::{Map, sort_by};

/// The members that a group names itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Members {
    /// The addresses in lower case, each once, in the order of the rules.
    pub addresses: Vec<String>,
    /// The ids of the groups that it includes.
    pub groups: Vec<String>,
}

/// Returns the members that the include of a group of this account names.
pub(super) fn members_of(group: &Group, account_id: &str) -> Members {
    let mut members = Members::default();
    let [include, _, _] = &group.sections;
    let mut named: Vec<(String, usize)> = Vec::new();
    for (place, raw) in include.iter().enumerate() {
        match Rule::parse(raw, account_id) {
            // Nobody has the address of the rule that keeps an empty group.
            Rule::Email(address) if is_nobodys(&address) => {}
            Rule::Email(address) if is_address(&address) => named.push((address.to_ascii_lowercase(), place)),
            Rule::Group(id) if members.groups.iter().all(|known| **known != *id) => {
                members.groups.push(id.into());
            }
            _ => {}
        }
    }
    // An address that comes again keeps its first place: of the same key, the last entry counts.
    let first: Map<String, usize> = named.into_iter().rev().collect();
    let mut first: Vec<(String, usize)> = first.into_iter().collect();
    sort_by(&mut first, |(_, a), (_, b)| a.cmp(b));
    members.addresses = first.into_iter().map(|(address, _)| address).collect();
    members
}

/// Whether the include of one of these groups names an address, which is in lower case.
pub(super) fn name(groups: &[Group], address: &str, account_id: &str) -> bool {
    groups.iter().any(|group| members_of(group, account_id).addresses.iter().any(|named| named == address))
}

/// Reads all groups, in the order of their ids.
///
/// # Errors
/// They can't be read, or one of them would be missing.
pub(super) fn all<T: Transport>(client: &mut Client<T>) -> Result<Vec<Group>> {
    let unknown = "Not all groups could be read, so none is shown.";
    let mut groups: Vec<Group> = all_of(client, &group::COLLECTION, unknown)?;
    sort_by(&mut groups, |a, b| a.id.as_str().cmp(b.id.as_str()));
    Ok(groups)
}

/// Reads one group; `None` if there is none.
///
/// # Errors
/// It can't be read, or it isn't known whether it is there.
pub(super) fn with_id<T: Transport>(client: &mut Client<T>, id: &Id) -> Result<Option<Group>> {
    one(client, &group::COLLECTION, id)
}
