//! The accepted Super Administrators of the account: one always stays.

use crate::cloudflare::id::Id;
use crate::cloudflare::listing::Gap;
use crate::cloudflare::member::{self, Member, Status};
use crate::cloudflare::transport::Transport;
use crate::error::{Error, Result};
use crate::provision::call::Call;
use crate::provision::errors::refused;
use crate::provision::reading::each_member;
use crate::sorted::Set;

/// The id of *Super Administrator - All Privileges* (inferred: no page states it). The list of roles
/// may leave it out. Without a member that has it, nobody can administer the account any more.
const SUPER_ADMINISTRATOR: &str = "33666b9c79b9a5273fc7344ff42f953d";

/// Whether a role makes its holder a Super Administrator.
pub(super) fn is_super_administrator(role: &Id) -> bool {
    role.as_str() == SUPER_ADMINISTRATOR
}

/// The accepted Super Administrators that are known.
#[derive(Clone, Default)]
pub(super) struct SuperAdministrators {
    /// All of them, or one more than the call removes.
    known: Set<Id>,
    /// The part of the list of members that may have more of them.
    unseen: Option<Gap>,
}

impl SuperAdministrators {
    /// Finds one more than these members, who are to lose the role, or all.
    ///
    /// # Errors
    /// The members can't be read.
    pub fn learn<T: Transport>(call: &mut Call<'_, T>, losing: &Set<Id>) -> Result<Self> {
        let mut known = Set::default();
        let unseen = each_member(call.client, None, &|_| true, &mut |member| {
            let holds = member.roles.iter().any(|role| is_super_administrator(&role.id));
            if holds && member.status == Status::Accepted {
                known.insert(member.id);
            }
            known.len() > losing.len()
        })?;
        Ok(Self { known, unseen })
    }

    /// Notes that a member gets a role.
    pub fn gets(&mut self, member: &Member, role: &Id) {
        if is_super_administrator(role) && member.status == Status::Accepted {
            self.known.insert(member.id.clone());
        }
    }

    /// Notes that a member loses a role.
    ///
    /// # Errors
    /// `refused` if no other accepted Super Administrator is known; another kind if there may be one
    /// that wasn't seen.
    pub fn loses(&mut self, member: &Member, role: &Id) -> Result<()> {
        if !is_super_administrator(role) {
            return Ok(());
        }
        if member.status == Status::Accepted && !self.known.iter().any(|other| *other != member.id) {
            return Err(self.last());
        }
        self.known.remove(&member.id);
        Ok(())
    }

    fn last(&self) -> Error {
        match &self.unseen {
            None => refused(
                "This is the account's last Super Administrator who has accepted: nobody could administer \
                 the account any more.",
            ),
            Some(gap) => gap.error(
                "Nothing was written, because it isn't known whether another accepted Super Administrator \
                 stays.",
                &member::COLLECTION,
            ),
        }
    }
}
