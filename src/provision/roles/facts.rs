//! The facts that the decisions of a call rest on: user groups and who is in them, roles, and the Super
//! Administrators. Each is read when a change first needs it, and only once.

use super::planned_change::PlannedChange;
use super::super_administrators::{SuperAdministrators, are_theirs_for_certain, has_their_id, is_theirs};
use crate::cloudflare::client::gap::is_unreadable;
use crate::cloudflare::id::Id;
use crate::cloudflare::listing::{Ahead, AnyListed, Listing};
use crate::cloudflare::member::{self, Status};
use crate::cloudflare::role::Role;
use crate::cloudflare::transport::Transport;
use crate::cloudflare::user_group::{self, GroupMember, UserGroup};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Kind, Warning, WarningCode};
use crate::provision::call::Call;
use crate::provision::change::Operation;
use crate::provision::errors::{about, not_found};
use crate::provision::reading::{each_member, each_role, find_any};
use crate::provision::target::PrincipalRef;
use crate::roles::{Assignments, KnownGroup, On, Roles, UserGroups};
use crate::sorted::Set;

/// A text that stands for the membership of a member in a user group. No id has a space.
pub(super) fn membership(group: &str, member: &Id) -> String {
    [group, " ", member.as_str()].concat()
}

/// The facts of a call.
#[derive(Default)]
pub(super) struct Facts {
    /// The user groups, and the members that are known to be in them, as the call leaves them so far.
    pub groups: UserGroups,
    has_groups: bool,
    /// The reason why not all user groups are known.
    pub unread: Option<Error>,
    /// The memberships that were asked for, whether there is one or not.
    asked: Set<String>,
    /// The memberships that the call is to end.
    pub leaves: Set<String>,
    /// The memberships that it has begun or ended, and, by their entitlements, the roles that it has given.
    pub done: Set<String>,
    /// The roles by name.
    pub roles: Roles,
    /// The roles that were read.
    listed: Vec<Role>,
    has_all_roles: bool,
    /// The roles and scoped roles that can be given, by their ids.
    pub givable: Vec<(String, Givable)>,
    /// The members who may lose something.
    pub losing: Set<Id>,
    pub super_administrators: SuperAdministrators,
    has_super_administrators: bool,
    /// The sentence about administrators who are in no list of the account, once that was asked.
    others: Option<Option<String>>,
}

/// A role or a scoped role that can be given.
#[derive(Clone, Default)]
pub(super) struct Givable {
    /// The role; `None` for a scoped role.
    pub role: Option<Role>,
    /// Whether only a policy gives it: no list of roles has it.
    pub takes_policy: bool,
    /// The permission group and the resource group as a policy names them, once they were looked for.
    pub parts: Option<Result<[String; 2]>>,
}

impl Facts {
    /// Reads the user groups, and the memberships that the changes are about. A change for which that
    /// fails is settled.
    ///
    /// # Errors
    /// Nothing can be decided.
    pub fn learn<T: Transport>(
        &mut self,
        call: &mut Call<'_, T>,
        changes: &mut Vec<PlannedChange>,
    ) -> Result<()> {
        // A group can also deny something to those who join it.
        let may_lose = |it: &&PlannedChange| it.operation == Operation::Revoke || it.kind == Kind::UserGroup;
        self.losing = changes.iter().filter(may_lose).map(|change| change.member.clone()).collect();
        self.learn_groups(call)?;
        let mut wanted: Vec<Set<Id>> = Vec::new();
        wanted.resize_with(self.groups.all().len(), Set::default);
        for change in changes.iter() {
            if let Some(members) = self.place(change).and_then(|place| wanted.get_mut(place)) {
                members.insert(change.member.clone());
            }
        }
        for (place, members) in wanted.into_iter().enumerate() {
            if let Err(error) = self.learn_memberships(call, place, members) {
                for change in changes.extract_if(.., |change| self.place(change) == Some(place)) {
                    let about = about(Kind::Member, &change.member);
                    call.settle(change.index, Err(error.clone().or_about(about)));
                }
            }
        }
        let is_unknown =
            |change: &mut PlannedChange| change.kind == Kind::UserGroup && self.place(change).is_none();
        for change in changes.extract_if(.., is_unknown) {
            let error = match (&self.unread, Id::parse(&change.id)) {
                (Some(error), _) => error.clone(),
                (None, Some(id)) => not_found(&user_group::COLLECTION.object(id)),
                (None, None) => Error::internal("an id without its form"),
            };
            call.settle(change.index, Err(error.or_about("entitlement")));
        }
        self.learn_people(call, changes);
        let leaves = changes.iter().filter(|change| change.operation == Operation::Revoke);
        let leaves = leaves.filter(|it| self.place(it).is_some_and(|place| self.is_in(place, &it.member)));
        self.leaves = leaves.map(|change| membership(&change.id, &change.member)).collect();
        let is_effective = |change: &PlannedChange| match self.place(change) {
            Some(place) => self.has_policies(place) && self.is_effective(place, change),
            None => !self.groups.are_empty(),
        };
        if changes.iter().any(is_effective) {
            self.learn_roles(call)?;
        }
        // What is known to take it away needs no look at the member before.
        let takes_it = |change: &PlannedChange| {
            change.operation == Operation::Revoke
                && match self.place(change) {
                    Some(place) => self.names_super_administrators(place),
                    None => change.kind == Kind::Role && has_their_id(&change.id),
                }
        };
        if changes.iter().any(takes_it) {
            self.learn_super_administrators(call);
        }
        Ok(())
    }

    /// Reads those who join a group, and those of whom it matters what they hold. A change for which that
    /// fails is settled.
    fn learn_people<T: Transport>(&mut self, call: &mut Call<'_, T>, changes: &mut Vec<PlannedChange>) {
        let matters = |facts: &Self, change: &PlannedChange| {
            facts.place(change).is_some_and(|place| {
                facts.is_effective(place, change)
                    && (change.operation == Operation::Grant || facts.has_policies(place))
            })
        };
        let people = changes.iter().filter(|change| matters(self, change));
        let people: Vec<_> = people.map(|change| PrincipalRef::Member(change.member.clone())).collect();
        call.people.learn(call.client, people.iter());
        changes.retain(|change| {
            let person = call.people.member(&change.member).filter(|_| matters(self, change));
            let Some(Err(error)) = person.cloned() else { return true };
            call.settle(change.index, Err(error.about("principal")));
            false
        });
    }

    /// Whether a change of the membership in the group at a place isn't in effect already.
    fn is_effective(&self, place: usize, change: &PlannedChange) -> bool {
        self.is_in(place, &change.member) != (change.operation == Operation::Grant)
    }

    fn has_policies(&self, place: usize) -> bool {
        self.groups.all().get(place).is_some_and(KnownGroup::has_policies)
    }

    /// Returns the place of the user group that a change is about.
    pub fn place(&self, change: &PlannedChange) -> Option<usize> {
        let is_it = |id: &Id| change.kind == Kind::UserGroup && id.as_str() == change.id;
        self.groups.all().iter().position(|group| is_it(&group.id))
    }

    /// Whether a member is known to be in the group at a place.
    pub fn is_in(&self, place: usize, member: &Id) -> bool {
        let group = self.groups.all().get(place);
        group.is_some_and(|group| self.groups.of(member).any(|theirs| theirs.id == group.id))
    }

    /// Reads the user groups.
    ///
    /// # Errors
    /// Nothing can be decided.
    pub fn learn_groups<T: Transport>(&mut self, call: &mut Call<'_, T>) -> Result<()> {
        if std::mem::replace(&mut self.has_groups, true) {
            return Ok(());
        }
        let list = &user_group::COLLECTION;
        let mut listing = Listing::<UserGroup>::new(list, Ahead::Sent);
        let read = loop {
            match listing.next(call.client) {
                Ok(Some(page)) => page.into_new_items().for_each(|group| {
                    self.groups.add(&group);
                }),
                Ok(None) => break Ok(listing.gap()),
                Err(error) => break Err(error),
            }
        };
        self.groups.settle();
        let why = match read {
            Ok(None) => return Ok(()),
            Ok(Some(gap)) => gap.error("Not all user groups are known.", list),
            Err(error) if is_unreadable(&error) => error,
            Err(error) => return Err(error),
        };
        let message =
            format!("Which roles come through user groups isn't known for these changes. {}", why.message);
        call.warnings.push(Warning::new(WarningCode::UserGroupsNotReadable, None, message));
        self.unread = Some(why);
        Ok(())
    }

    /// Asks which of these members are in the group at a place.
    ///
    /// # Errors
    /// It isn't known of one of them.
    pub fn learn_memberships<T: Transport>(
        &mut self,
        call: &mut Call<'_, T>,
        place: usize,
        members: Set<Id>,
    ) -> Result<()> {
        let Some(group) = self.groups.all().get(place).map(|group| group.id.clone()) else { return Ok(()) };
        let is_new = |member: &Id| !self.asked.contains(&membership(group.as_str(), member));
        let wanted: Set<Id> = members.into_iter().filter(is_new).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let list = user_group::members(&group);
        let object = |member| user_group::MEMBERS.object_of(group.clone(), member);
        let read = AnyListed::read::<GroupMember>;
        let mut failed = Ok(());
        let (found, is_listed) = find_any(call.client, &list, &object, read, wanted, true);
        for (member, found) in found {
            match found {
                // That there is no list of members says nothing of one of them.
                Err(error) if error.kind != ErrorKind::NotFound || !is_listed => {
                    failed = Err(error);
                    continue;
                }
                _ => {}
            }
            self.asked.insert(membership(group.as_str(), &member));
            if found.is_ok() {
                self.groups.add_member(place, member);
            }
        }
        self.groups.settle();
        failed
    }

    /// Asks for a member in all groups that give or deny something of what is `wanted`.
    pub fn learn_relevant<T: Transport>(
        &mut self,
        call: &mut Call<'_, T>,
        member: &Id,
        wanted: &dyn Fn(On, &str) -> bool,
    ) -> Result<()> {
        let is_relevant = |place: &usize| {
            let groups = self.groups.all().get(*place);
            groups.filter(|group| group.has_policies()).is_some_and(|group| {
                let of = Assignments::of_group(group, &self.roles);
                of.is_unexplained
                    || !of.denying.is_empty()
                    || of.held.iter().any(|held| wanted(held.on, &held.id))
            })
        };
        let places: Vec<usize> = (0..self.groups.all().len()).filter(is_relevant).collect();
        let ask = |place| self.learn_memberships(call, place, [member.clone()].into_iter().collect());
        places.into_iter().try_for_each(ask)
    }

    /// Reads the list of roles. Where Cloudflare has none any more, the members tell the ids.
    pub fn learn_roles<T: Transport>(&mut self, call: &mut Call<'_, T>) -> Result<()> {
        if std::mem::replace(&mut self.has_all_roles, true) {
            return Ok(());
        }
        each_role(call.client, Ahead::Sent, &mut |role| self.add_role(role))?;
        Ok(())
    }

    fn add_role(&mut self, role: Role) {
        self.roles.add(&role.id, role.name.as_deref());
        self.listed.push(role);
    }

    /// Returns a role that was read.
    pub fn listed(&self, id: &str) -> Option<&Role> {
        self.listed.iter().find(|role| role.id.as_str() == id)
    }

    /// Whether the policies of the group at a place name Super Administrators, to allow or to deny.
    pub fn names_super_administrators(&self, place: usize) -> bool {
        self.groups.all().get(place).is_some_and(|group| {
            let mut named = group.policies.all.iter().flat_map(|policy| &policy.permission_groups);
            group.policies.has_gap || named.any(is_theirs)
        })
    }

    /// Finds the accepted Super Administrators, or some with one who loses nothing in this call.
    pub fn learn_super_administrators<T: Transport>(&mut self, call: &mut Call<'_, T>) {
        if std::mem::replace(&mut self.has_super_administrators, true) {
            return;
        }
        if let Some(why) = &self.unread {
            self.super_administrators.miss(why.clone());
        }
        for place in 0..self.groups.all().len() {
            if self.names_super_administrators(place)
                && let Err(error) = self.learn_members_of(call, place)
            {
                self.super_administrators.miss(error);
            }
        }
        let Self { groups, roles, losing, super_administrators: found, .. } = self;
        let read = each_member(call.client, None, &|_| true, &mut |member| {
            let of = Assignments::of_member(&member, groups, roles);
            if member.status != Status::Accepted || !are_theirs_for_certain(&of) {
                return false;
            }
            let stays = !losing.contains(&member.id);
            found.known.insert(member.id);
            stays
        });
        match read {
            Ok(None) => {}
            Ok(Some(gap)) => found.miss_part(&gap, &member::COLLECTION),
            Err(error) => found.miss(error),
        }
    }

    /// Reads all members of the group at a place.
    fn learn_members_of<T: Transport>(&mut self, call: &mut Call<'_, T>, place: usize) -> Result<()> {
        let Some(group) = self.groups.all().get(place).map(|group| group.id.clone()) else { return Ok(()) };
        let list = user_group::members(&group);
        let mut listing = Listing::<GroupMember>::new(&list, Ahead::Sent);
        while let Some(page) = listing.next(call.client)? {
            for GroupMember { id, .. } in page.into_new_items() {
                // What this call did since is known better.
                if self.asked.insert(membership(group.as_str(), &id)) {
                    self.groups.add_member(place, id);
                }
            }
        }
        self.groups.settle();
        listing.gap().map_or(Ok(()), |gap| Err(gap.error("", &list)))
    }

    /// Returns the error for a change that would take the last Super Administrator away, with who else
    /// administers the account.
    pub fn last<T: Transport>(&mut self, call: &mut Call<'_, T>, mut error: Error) -> Error {
        if error.kind != ErrorKind::Refused {
            return error;
        }
        let others = self.others.get_or_insert_with(|| {
            let parent = call.client.parent_of_account().ok().flatten()?;
            let name = if parent.name.is_empty() { parent.id } else { parent.name };
            Some(format!(
                " The organization {name:?} manages this account: its administrators can't be counted, \
                 because they are in no list of the account."
            ))
        });
        error.message.push_str(others.as_deref().unwrap_or_default());
        error
    }
}
