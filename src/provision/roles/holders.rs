//! Changes of roles for principals that can't hold one: only an account member can.

use crate::cloudflare::transport::Transport;
use crate::error::Error;
use crate::provision::call::Call;
use crate::provision::reading::each_member;
use crate::provision::target::PrincipalRef;
use crate::sorted::{Map, Set};

/// The most pages of members that are read to name the membership of a principal.
const PAGES_FOR_A_HINT: u32 = 10;

/// Refuses changes, each by its place in the call, whose principal isn't a member. The error names
/// the membership with the same address, if that is known.
pub(super) fn refuse<T: Transport>(call: &mut Call<'_, T>, changes: &[(usize, PrincipalRef)]) {
    if changes.is_empty() {
        return;
    }
    call.people.learn(call.client, changes.iter().map(|(_, principal)| principal));
    let (mut wanted, mut found) = (Set::default(), Map::default());
    for address in changes.iter().filter_map(|(_, principal)| address(call, principal)) {
        match call.people.member_with(&address) {
            Some(member) => {
                found.insert(address, member.id.clone());
            }
            None => {
                wanted.insert(address);
            }
        }
    }
    if !wanted.is_empty() {
        // If the members can't be read, the error is the same without the hint.
        let _ = each_member(call.client, Some(PAGES_FOR_A_HINT), &|_| false, &mut |member| {
            let address = member.email.as_deref().unwrap_or_default().to_ascii_lowercase();
            if wanted.remove(&address) {
                found.insert(address, member.id);
            }
            wanted.is_empty()
        });
    }
    for (index, principal) in changes {
        let hint = match address(call, principal).and_then(|address| found.get(&address)) {
            Some(member) => format!("The membership with this address is member:{member}."),
            None => "Name the membership of this person, where there is one.".to_owned(),
        };
        let message = format!("Only an account member can hold a role or be in a user group. {hint}");
        call.settle(*index, Err(Error::argument("principal", message)));
    }
}

/// The address of a principal in ASCII lower case, if it is known.
fn address<T: Transport>(call: &Call<'_, T>, principal: &PrincipalRef) -> Option<String> {
    call.people.principal(principal).ok()?.address_key().map(str::to_owned)
}
