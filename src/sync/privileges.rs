//! The facts that grants on roles and scoped roles rest on: the roles, the user groups, and who is in
//! them. They are bounded, whatever the number of members.

use crate::cloudflare::id::Id;
use crate::cloudflare::paging::Position;
use crate::cloudflare::permission_group::PermissionGroup;
use crate::cloudflare::role::{self, Role};
use crate::cloudflare::user_group::UserGroup;
use crate::digest::Digest;
use crate::error::{Error, ErrorKind, Result};
use crate::roles::{KnownGroup, Roles, UserGroups};

/// The most memberships that are kept, of all user groups together. The message names it.
const MOST_MEMBERSHIPS: usize = 500_000;

/// Everything that grants on roles rest on.
pub struct Privileges {
    /// The roles that are known.
    pub roles: Roles,
    /// The user groups so far, and who is in them.
    pub groups: UserGroups,
    /// The reason why there is no list of roles any more.
    pub no_list: Option<String>,
    /// The roles that members show, where there is no list.
    pub shown: Vec<Role>,
    /// The names to learn next where there is no list: a step, and its page.
    pub names_next: (u32, Position),
    /// The reason why user groups can't be read.
    pub no_groups: Option<String>,
    /// The place of the user group whose members are learned next, and the page of them.
    pub members_next: (usize, Position),
    digest: u64,
    /// Whether the groups of a member can be found.
    is_settled: bool,
}

impl Default for Privileges {
    fn default() -> Self {
        Self {
            roles: Roles::default(),
            groups: UserGroups::default(),
            no_list: None,
            shown: Vec::new(),
            names_next: (Self::OF_MEMBERS, Position::START),
            no_groups: None,
            members_next: (0, Position::START),
            digest: 0,
            is_settled: true,
        }
    }
}

impl Privileges {
    /// The step that learns the names of roles from members.
    pub const OF_MEMBERS: u32 = 0;
    /// The step that learns them from permission groups.
    pub const OF_GROUPS: u32 = 1;
    /// The step behind the last one.
    const DONE: u32 = 2;

    /// Returns the digest of all of it, as far as it is learned.
    pub const fn digest(&self) -> u64 {
        self.digest
    }

    fn note(&mut self, what: &str, id: &str, more: &str) {
        let digest = Digest::new().with(what).with(id).with(more);
        self.digest = self.digest.wrapping_add(digest.finish());
    }

    /// Takes over a role, unless it is known.
    pub fn add_role(&mut self, role: &Role) {
        if !self.roles.has(role.id.as_str()) {
            self.roles.add(&role.id, role.name.as_deref());
            self.note("role", role.id.as_str(), role.name.as_deref().unwrap_or_default());
        }
    }

    /// Takes over a role that a member shows, where there is no list of roles. Beyond the number that a
    /// list could have, a role is known as soon as it is held.
    pub fn show(&mut self, role: &Role) {
        if !self.roles.has(role.id.as_str()) && self.shown.len() < role::COLLECTION.bounds.items as usize {
            self.add_role(role);
            self.shown.push(role.clone());
        }
    }

    /// Takes over a permission group as a role, unless a role has its name. Returns whether none has.
    pub fn stands_alone(&mut self, role: &Role) -> bool {
        let group = PermissionGroup { id: Some(role.id.clone()), name: role.name.clone() };
        let is_new = self.roles.of(&group).is_none();
        if is_new {
            self.add_role(role);
        }
        is_new
    }

    /// Whether names of roles are still to be learned, because there is no list of them.
    pub const fn lacks_names(&self) -> bool {
        self.no_list.is_some() && self.names_next.0 < Self::DONE
    }

    /// Goes on to the next page of names, or to the next step.
    pub fn go_on(&mut self, next: Option<Position>) {
        let (step, _) = self.names_next;
        self.names_next = next.map_or((step + 1, Position::START), |next| (step, next));
    }

    /// Takes over a user group.
    pub fn add_group(&mut self, group: &UserGroup) {
        // The profile has the policies as they were written.
        self.note("user group", group.id.as_str(), &group.profile);
        self.groups.add(group);
        self.is_settled = false;
    }

    /// Makes ready to find the groups of a member, and the group that a policy belongs to.
    pub fn settle(&mut self) {
        if !std::mem::replace(&mut self.is_settled, true) {
            self.groups.settle();
        }
    }

    /// Notes that the user groups can't be read, and why.
    pub fn lack_groups(&mut self, why: String) {
        self.note("no user groups", "", "");
        self.no_groups = Some(why);
    }

    /// Returns the group at a place.
    pub fn group(&self, place: usize) -> Option<&KnownGroup> {
        self.groups.all().get(place)
    }

    /// Returns the place of the group whose members are learned next, and the page of them. Groups that
    /// don't matter are left out.
    pub fn next_group(&self, matters: &dyn Fn(&KnownGroup) -> bool) -> Option<(usize, Position)> {
        let (from, at) = self.members_next;
        let place = self.groups.all().iter().skip(from).position(matters)?;
        Some((from + place, if place == 0 { at } else { Position::START }))
    }

    /// Takes over members of the group at a place. Without members, they can't be read.
    ///
    /// # Errors
    /// `invalid-response` where there are more than can be kept.
    pub fn join(&mut self, place: usize, members: Option<Vec<Id>>, next: Option<Position>) -> Result<()> {
        let group = self.group(place).map_or(String::new(), |group| group.id.as_str().to_owned());
        match members {
            Some(members) => {
                for member in members {
                    self.note("in", &group, member.as_str());
                    self.groups.add_member(place, member);
                }
            }
            None => self.note("unreadable", &group, ""),
        }
        self.members_next = next.map_or((place + 1, Position::START), |next| (place, next));
        self.is_settled = false;
        if self.groups.memberships() <= MOST_MEMBERSHIPS {
            return Ok(());
        }
        let message = "The user groups of this account have more than 500,000 members together, more than \
                       can be kept in memory. Read without the kinds role, scoped-role and user-group.";
        Err(Error::new(ErrorKind::InvalidResponse, message.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_memberships_than_memory_has_room_for_are_a_clear_error() {
        let id = |text: &str| Id::parse(text).unwrap();
        let (name, policies, profile) = Default::default();
        let mut privileges = Privileges::default();
        privileges.add_group(&UserGroup { id: id("k1"), name, policies, profile });
        assert!(privileges.join(0, Some(vec![id("m"); MOST_MEMBERSHIPS]), None).is_ok());
        let error = privileges.join(0, Some(vec![id("m")]), None).unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidResponse);
        assert!(error.message.contains("500,000 members") && error.message.contains("kinds"), "{error}");
        privileges.settle();
        assert_eq!(privileges.groups.of(&id("m")).count(), 1, "each once");
    }
}
