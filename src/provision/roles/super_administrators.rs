//! The accepted Super Administrators of the account: one always stays.

use crate::cloudflare::account_policy::AccountPolicy;
use crate::cloudflare::endpoint::Collection;
use crate::cloudflare::id::Id;
use crate::cloudflare::listing::Gap;
use crate::cloudflare::member::{Member, Status};
use crate::cloudflare::permission_group::PermissionGroup;
use crate::cloudflare::role::Role;
use crate::error::{Error, Result};
use crate::provision::errors::refused;
use crate::roles::{Assignments, Held, KnownGroup, On};
use crate::sorted::Set;

/// The id of *Super Administrator - All Privileges* (inferred: no page states it). The list of roles
/// may leave it out. Without a member that has it, nobody can administer the account any more.
const SUPER_ADMINISTRATOR: &str = "33666b9c79b9a5273fc7344ff42f953d";
/// The name of that role, and of its permission group (terraform-provider-cloudflare, the tests of
/// account members).
const NAME: &str = "Super Administrator - All Privileges";

const NOT_KNOWN: &str =
    "Nothing was written, because it isn't known whether another accepted Super Administrator stays.";

/// Whether a role with this id makes its holder a Super Administrator, whatever its name.
pub(super) fn has_their_id(role: &str) -> bool {
    role == SUPER_ADMINISTRATOR
}

/// Whether a role makes its holder a Super Administrator.
pub(super) fn is_of_super_administrators(role: &Role) -> bool {
    has_their_id(role.id.as_str()) || role.name.as_deref().map(str::trim) == Some(NAME)
}

/// Whether a permission group makes its holder a Super Administrator, on the whole account.
pub(super) fn is_theirs(group: &PermissionGroup) -> bool {
    group.name() == Some(NAME) || group.id.as_ref().is_some_and(|id| has_their_id(id.as_str()))
}

/// Whether what is held makes its holder a Super Administrator.
pub(super) fn is_super_administrator(held: &Held<'_>) -> bool {
    held.on == On::Role
        && (has_their_id(&held.id)
            || held.by.is_some_and(|(group, _)| is_theirs(group))
            || held.role.is_some_and(is_of_super_administrators))
}

/// Whether what is held may make its holder one: a permission group without a name may be theirs.
pub(super) fn may_be_theirs(held: &Held<'_>) -> bool {
    let is_unnamed = |group: &PermissionGroup| group.name().is_none();
    is_super_administrator(held)
        || held.on == On::Role && held.role.is_none() && held.by.is_some_and(|(group, _)| is_unnamed(group))
}

/// Whether a user group may give it in a way that can't be seen.
pub(super) fn may_be_of_theirs(group: &KnownGroup) -> bool {
    let is_unclear = |policy: &AccountPolicy| {
        policy.has_gap || policy.permission_groups.iter().any(|group| group.name().is_none())
    };
    group.policies.has_gap || group.policies.all.iter().any(is_unclear)
}

/// Whether somebody with these roles is a Super Administrator.
pub(super) fn are_theirs(of: &Assignments<'_>) -> bool {
    of.held.iter().any(is_super_administrator)
}

/// Whether somebody with these roles certainly is a Super Administrator: no policy denies it.
pub(super) fn are_theirs_for_certain(of: &Assignments<'_>) -> bool {
    of.held.iter().any(|held| is_super_administrator(held) && held.denied_by.is_empty())
}

/// The accepted Super Administrators that are known.
#[derive(Clone, Default)]
pub(super) struct SuperAdministrators {
    /// All of them, or some with one who loses nothing in this call.
    pub known: Set<Id>,
    /// The error where not all of them are known.
    pub unknown: Option<Error>,
}

impl SuperAdministrators {
    /// Whether another one than this member is known.
    pub fn has_other(&self, member: &Id) -> bool {
        self.known.iter().any(|other| other != member)
    }

    /// Notes why not all of them are known.
    pub fn miss(&mut self, mut why: Error) {
        why.message = [NOT_KNOWN, " ", &why.message].concat();
        self.unknown.get_or_insert(why);
    }

    /// Notes the part of a list that may have more of them.
    pub fn miss_part(&mut self, gap: &Gap, list: &Collection) {
        self.unknown.get_or_insert_with(|| gap.error(NOT_KNOWN, list));
    }

    /// Notes that a member loses it.
    ///
    /// # Errors
    /// `refused` if no other accepted Super Administrator is known; another kind if there may be one that
    /// wasn't seen.
    pub fn loses(&mut self, member: &Member) -> Result<()> {
        // A state that isn't known may be that of somebody who has accepted.
        let counts = matches!(member.status, Status::Accepted | Status::Unknown);
        if counts && !self.has_other(&member.id) {
            return Err(self.unknown.clone().unwrap_or_else(|| {
                refused(
                    "This is the account's last Super Administrator who has accepted: nobody could \
                     administer the account any more.",
                )
            }));
        }
        self.known.remove(&member.id);
        Ok(())
    }
}
