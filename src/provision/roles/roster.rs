//! The account members who come and go in a call, and what they hold.

use super::facts::Facts;
use super::invitation::{Invitation, Invited};
use super::outcome::PLANNED;
use super::planned_change::PlannedChange;
use super::state::Document;
use super::super_administrators::{may_be_of_theirs, may_be_one};
use super::{RoleChange, RoleChanges};
use crate::cloudflare::id::Id;
use crate::cloudflare::member::{self, Member, Status};
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Grant, Kind, ResourceId, Warning, WarningCode};
use crate::provision::call::Call;
use crate::provision::change::Operation;
use crate::provision::errors::{listed, refused};
use crate::provision::target::PrincipalRef;
use crate::provision::write::fetch;
use crate::records;
use crate::records::ids::entitlement_id;
use crate::records::scoped_role::name_of;
use crate::roles::{Assignments, Held, KnownGroup, On};
use crate::sorted::{Set, sort};

/// The facts about the members who come and go in a call.
#[derive(Default)]
pub(crate) struct Roster {
    facts: Facts,
    /// Whether it isn't known of a group of Super Administrators who is in it.
    has_doubt: bool,
    /// The reason why it isn't known which user groups somebody is in.
    unread: Option<String>,
}

impl Roster {
    /// Reads the roles that invitations are to give, each by the step's place in the call, its kind and its
    /// id. A step of which one can't be read is settled.
    ///
    /// # Errors
    /// Nothing can be decided.
    pub fn learn_given<T: Transport>(
        &mut self,
        call: &mut Call<'_, T>,
        given: Vec<(usize, Kind, String)>,
    ) -> Result<()> {
        let nobody = Id::parse(PLANNED).ok_or_else(|| Error::internal("an id without its form"))?;
        let change = |(index, kind, id)| {
            let (operation, member) = (Operation::Grant, nobody.clone());
            PlannedChange { index, operation, member, kind, id }
        };
        let mut changes = given.into_iter().map(change).collect();
        self.facts.learn_granted(call, &mut changes);
        Ok(())
    }

    /// Puts together an invitation.
    ///
    /// # Errors
    /// A role can't be given.
    pub fn invitation<T: Transport>(
        &mut self,
        call: &mut Call<'_, T>,
        invited: &Invited<'_>,
    ) -> Result<Invitation> {
        self.facts.invitation(call, invited)
    }

    /// Reads the roles that it takes to say what a member holds.
    ///
    /// # Errors
    /// The roles can't be read.
    pub fn learn_roles_of<T: Transport>(&mut self, call: &mut Call<'_, T>, member: &Member) -> Result<()> {
        let of = Assignments::of_member(member, &self.facts.groups, &self.facts.roles);
        if of.held.iter().any(|held| held.on == On::Role && held.role.is_none()) {
            self.facts.learn_roles(call)?;
        }
        Ok(())
    }

    /// Returns the ids of the entitlements that a member holds, sorted, and the grants of roles and scoped
    /// roles for a holder.
    pub fn held(&self, member: &Member, holder: &ResourceId) -> (Vec<String>, Vec<Grant>) {
        let of = Assignments::of_member(member, &self.facts.groups, &self.facts.roles);
        let ids = self.entitlements(member, &of).into_iter().map(|(id, _)| id).collect();
        let grants = of.held.iter().map(|held| {
            let mut grant = records::role::grant(holder, &of, held);
            let planned = grant.basis.iter_mut().filter(|basis| basis.value == PLANNED);
            planned.for_each(|basis| basis.value.clear());
            grant
        });
        (ids, grants.collect())
    }

    /// Describes what a member holds: the ids of the entitlements, with the names that are known.
    pub fn described(&self, member: &Member) -> Vec<String> {
        let of = Assignments::of_member(member, &self.facts.groups, &self.facts.roles);
        let all = self.entitlements(member, &of).into_iter();
        all.map(|(id, name)| name.map_or_else(|| id.clone(), |name| format!("{id} ({name:?})"))).collect()
    }

    /// Returns the ids of the entitlements that a member holds, sorted, and their names.
    fn entitlements(&self, member: &Member, of: &Assignments<'_>) -> Vec<(String, Option<String>)> {
        let role = |held: &Held<'_>| {
            let name = match (held.on, held.by) {
                (On::Scoped, Some((group, reach))) => Some(name_of(group, reach)),
                _ => held.role.and_then(|role| role.name.clone()),
            };
            Some((entitlement_id(records::role::kind(held.on), &held.id)?, name))
        };
        let group = |group: &KnownGroup| {
            Some((entitlement_id(Kind::UserGroup, group.id.as_str())?, group.name.clone()))
        };
        let groups = self.facts.groups.of(&member.id).filter_map(group);
        let mut all: Vec<_> = of.held.iter().filter_map(role).chain(groups).collect();
        sort(&mut all);
        all
    }

    /// Names the roles with which a membership begins; each by its id where the name isn't known.
    pub fn named(&self, member: &Member) -> String {
        let of = Assignments::of_member(member, &self.facts.groups, &self.facts.roles);
        let named = of.held.iter().map(|held| {
            let name = held.role.and_then(|role| role.name.as_deref());
            match name.or_else(|| held.by.and_then(|(group, _)| group.name.as_deref())) {
                Some(name) => format!("{name:?}"),
                None => held.id.to_string(),
            }
        });
        let named: Vec<String> = named.collect();
        if named.is_empty() { String::new() } else { [" with ", &listed(named)].concat() }
    }

    /// Reads the user groups, and which of these members, who are to leave the account, are in them.
    ///
    /// # Errors
    /// Nothing can be decided.
    pub fn learn_leavers<T: Transport>(&mut self, call: &mut Call<'_, T>, leavers: &Set<Id>) -> Result<()> {
        leavers.iter().for_each(|member| {
            self.facts.losing.insert(member.clone());
        });
        self.facts.learn_groups(call)?;
        for place in 0..self.facts.groups.all().len() {
            if let Err(error) = self.facts.learn_memberships(call, place, leavers.iter().cloned().collect()) {
                if call.client.stopped().is_some() {
                    return Err(error);
                }
                self.has_doubt |= self.facts.names_super_administrators(place);
                self.unread.get_or_insert_with(|| error.message.clone());
                let group = self.facts.groups.all().get(place);
                let group = group.map(|group| ResourceId::new(Kind::UserGroup, group.id.as_str()));
                let message = format!("Who is in this user group isn't known. {}", error.message);
                call.warnings.push(Warning::new(WarningCode::UserGroupsNotReadable, group, message));
            }
        }
        Ok(())
    }

    /// The name of a user group.
    pub fn name_of_group(&self, id: &str) -> Option<&str> {
        let mut groups = self.facts.groups.all().iter();
        groups.find(|group| group.id.as_str() == id)?.name.as_deref()
    }

    /// Returns the ids of the user groups that a member is known to be in.
    pub fn groups_of(&self, member: &Id) -> Vec<Id> {
        self.facts.groups.of(member).map(|group| group.id.clone()).collect()
    }

    /// Takes a member out of user groups: each with the place of the change in the call.
    pub fn leave_groups<T: Transport>(
        self,
        call: &mut Call<'_, T>,
        changes: impl Iterator<Item = (usize, Id, Id)>,
    ) -> Self {
        let change = |(index, group, member): (usize, Id, Id)| RoleChange {
            index,
            operation: Operation::Revoke,
            kind: Kind::UserGroup,
            id: group.to_string(),
            principal: PrincipalRef::Member(member),
        };
        let changes = changes.map(change).collect();
        let facts = RoleChanges::learn_with(call, changes, self.facts).write_all(call);
        Self { facts, ..self }
    }

    /// Notes that a member stays in a user group: that they leave it was only planned, and couldn't be done.
    pub fn stays_in(&mut self, group: &Id, member: &Id) {
        let place = self.facts.groups.all().iter().position(|known| known.id == *group);
        place.into_iter().for_each(|place| self.facts.set(place, member, true));
    }

    /// Reads a member who is to leave the account; `None` if there is none.
    ///
    /// # Errors
    /// The member can't be read. `refused` if they are the last Super Administrator, and another kind if
    /// that isn't known.
    pub fn leaver<T: Transport>(&mut self, call: &mut Call<'_, T>, id: &Id) -> Result<Option<Member>> {
        let object = member::COLLECTION.object(id.clone());
        loop {
            let document: Document = match fetch(call.client, &object) {
                Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
                document => document?,
            };
            let member = document.member;
            let requests = call.client.requests();
            self.learn_roles_of(call, &member)?;
            // A state that isn't known may be that of somebody who has accepted.
            if matches!(member.status, Status::Accepted | Status::Unknown) {
                self.check_administrators(call, &member)?;
            }
            // While other things were read, somebody else may have changed the member.
            if call.client.requests() == requests {
                return Ok(Some(member));
            }
        }
    }

    /// Checks that a member who is to leave the account has nothing in it but these roles, each by its id.
    ///
    /// # Errors
    /// `refused`: the member has more, which the sentence names, or may have more.
    pub fn check_nothing_but(&self, roles: &Set<String>, member: &Member) -> Result<()> {
        let of = Assignments::of_member(member, &self.facts.groups, &self.facts.roles);
        let is_other = |held: &&Held<'_>| held.on == On::Scoped || !roles.contains(held.id.as_ref());
        let held = of.held.iter().filter(is_other).map(|held| match (held.on, held.by) {
            (On::Scoped, Some((group, reach))) => format!("{:?}", name_of(group, reach)),
            _ => format!("the role {:?}", held.role.and_then(|it| it.name.as_deref()).unwrap_or(&held.id)),
        });
        let groups = self.facts.groups.of(&member.id);
        let groups = groups
            .map(|group| format!("the user group {:?}", group.name.as_deref().unwrap_or(group.id.as_str())));
        let denying = of.denying.iter().map(|_| "a policy that denies something".to_owned());
        let more: Vec<String> = held.chain(groups).chain(denying).collect();
        if !more.is_empty() {
            return Err(refused(&format!(
                "Without these roles the membership would have to end, and this person has more in the \
                 account: {}. Take that from them first, or remove the person.",
                listed(more)
            )));
        }
        let is_understood = !member.roles_missing && !of.is_unexplained && !member.policies.has_gap;
        let unread = self.facts.unread.as_ref().map(|error| &error.message).or(self.unread.as_ref());
        if unread.is_none() && is_understood {
            return Ok(());
        }
        let why = unread.map_or("A role or a policy of the member isn't understood.", String::as_str);
        Err(refused(&format!(
            "Without these roles the membership would have to end, and it isn't known whether this person \
             has more in the account. {why} Remove the person, if that is meant."
        )))
    }

    fn check_administrators<T: Transport>(&mut self, call: &mut Call<'_, T>, member: &Member) -> Result<()> {
        let facts = &mut self.facts;
        let may_be_theirs = may_be_one(&Assignments::of_member(member, &facts.groups, &facts.roles))
            || facts.groups.of(&member.id).any(may_be_of_theirs);
        if !may_be_theirs && !self.has_doubt && facts.unread.is_none() {
            return Ok(());
        }
        facts.learn_super_administrators(call);
        let loses = facts.super_administrators.clone().loses(member);
        loses.map_err(|error| facts.last(call, error))
    }

    /// Notes that a member has left the account, or may have.
    pub fn left(&mut self, member: &Id) {
        self.facts.super_administrators.known.remove(member);
    }
}
