//! Collects the reasons for everything that one holder has.

use super::held::{Cell, Held, On, Place, Reason, Rule};
use super::table::{Roles, is_role};
use super::user_groups::UserGroups;
use crate::cloudflare::account_policy::{Access, AccountPolicy, Policies, Reach};
use crate::cloudflare::permission_group::PermissionGroup;
use crate::cloudflare::role::Role;
use crate::sorted::sort_by;
use std::borrow::Cow;

/// The most permission groups, counted once for each part that they reach, that the policies of one
/// holder are understood with.
const MOST: usize = 20_000;

/// Collects the reasons for everything that one holder has.
pub(super) struct Walk<'a> {
    roles: &'a Roles,
    pub cells: Vec<Cell<'a>>,
    /// The number of them that the policies of this holder may lead to.
    most: usize,
    /// The permission groups that are denied, by the policy with this id.
    denials: Vec<(&'a PermissionGroup, &'a str)>,
    pub denying: Vec<&'a AccountPolicy>,
    pub unexplained: Vec<&'a str>,
    pub is_unexplained: bool,
    /// Whether all policies allow something on the whole account.
    pub is_plain: bool,
    /// Whether a policy comes from a user group.
    pub has_inherited: bool,
}

impl<'a> Walk<'a> {
    /// Begins with nothing.
    pub const fn new(roles: &'a Roles) -> Self {
        Self {
            roles,
            cells: Vec::new(),
            most: MOST,
            denials: Vec::new(),
            denying: Vec::new(),
            unexplained: Vec::new(),
            is_unexplained: false,
            is_plain: true,
            has_inherited: false,
        }
    }

    /// Adds what policies give and deny. `group` returns the id of the user group that a policy comes
    /// from.
    pub fn policies(
        &mut self,
        policies: &'a Policies,
        own: &'a [Role],
        group: &dyn Fn(&AccountPolicy) -> Option<&'a str>,
    ) {
        self.is_unexplained |= policies.has_gap;
        self.most = self.cells.len() + MOST;
        for (place, policy) in policies.all.iter().enumerate() {
            let id = policy.id.as_deref().unwrap_or_default();
            let through = group(policy);
            let (own, reason) = match through {
                None => (own, Reason { rule: Rule::Policy, value: id }),
                // The member has the same as the group.
                Some(group) => (&[][..], Reason { rule: Rule::UserGroup, value: group }),
            };
            self.has_inherited |= through.is_some();
            let is_explained = match policy.access {
                Access::Allow => {
                    self.allow(policy, own, reason, through.is_none().then_some(place)) && !policy.has_gap
                }
                Access::Deny => {
                    self.denials.extend(policy.permission_groups.iter().map(|group| (group, id)));
                    !policy.has_gap
                }
                Access::Unknown => false,
            };
            if through.is_some() {
                continue;
            }
            if policy.access == Access::Deny
                && !policy.reaches.is_empty()
                && !policy.permission_groups.is_empty()
            {
                self.denying.push(policy);
            }
            self.is_plain &= policy.access == Access::Allow && policy.reaches.iter().all(|it| it.is_account);
            if !is_explained {
                self.is_unexplained = true;
                self.unexplained.push(id);
            }
        }
    }

    /// Adds what a policy allows. Returns whether all of it is understood.
    fn allow(
        &mut self,
        policy: &'a AccountPolicy,
        own: &'a [Role],
        reason: Reason<'a>,
        place: Option<usize>,
    ) -> bool {
        let mut is_understood = true;
        let is_one_row = policy.permission_groups.len() == 1 || policy.resource_groups == 1;
        for (permission_group, group) in policy.permission_groups.iter().enumerate() {
            let role = self.roles.resolve(group, own);
            for (at, reach) in policy.reaches.iter().enumerate() {
                let id = if reach.is_account { role } else { group.id.as_ref() };
                let (Some(id), true) = (id, self.cells.len() < self.most) else {
                    is_understood = false;
                    break;
                };
                let has_place = |other: Option<&Reach>| other.is_some_and(|it| it.place == reach.place);
                let is_shared = has_place(policy.reaches.get(at + 1))
                    || at.checked_sub(1).is_some_and(|before| has_place(policy.reaches.get(before)));
                let (on, id) = if reach.is_account {
                    (On::Role, Cow::Borrowed(id.as_str()))
                } else {
                    (On::Scoped, Cow::Owned([id.as_str(), "-", &reach.scope_id()].concat()))
                };
                self.cells.push(Cell {
                    on,
                    id,
                    reason,
                    role: None,
                    by: Some((group, reach)),
                    place: place.map(|policy| Place {
                        policy,
                        permission_group,
                        resource_group: reach.place,
                    }),
                    is_separable: place.is_none() || is_one_row && !is_shared,
                });
            }
        }
        is_understood
    }

    /// Whether the list of roles has this one only because a user group's policy gives it.
    pub fn only_mirrors(&self, role: &Role, policies: &Policies, groups: &UserGroups) -> bool {
        let gives = |policy: &&AccountPolicy| {
            policy.access == Access::Allow
                && policy.reaches.iter().any(|reach| reach.is_account)
                && policy
                    .permission_groups
                    .iter()
                    .any(|group| is_role(group, role) || self.roles.resolve(group, &[]) == Some(&role.id))
        };
        let is_inherited =
            |policy: &AccountPolicy| policy.id.as_deref().is_some_and(|id| groups.with_policy(id).is_some());
        let mut giving = policies.all.iter().filter(gives).peekable();
        giving.peek().is_some() && giving.all(is_inherited)
    }

    /// Puts together the reasons for the same.
    pub fn held(&mut self, own: &[Role]) -> Vec<Held<'a>> {
        let mut cells = std::mem::take(&mut self.cells);
        sort_by(&mut cells, |a, b| (a.on, &a.id, a.reason).cmp(&(b.on, &b.id, b.reason)));
        let mut held: Vec<Held<'a>> = Vec::new();
        for cell in cells {
            match held.last_mut().filter(|last| last.on == cell.on && last.id == cell.id) {
                Some(last) => last.add(cell),
                None => held.push(Held::new(cell)),
            }
        }
        for &(group, policy) in &self.denials {
            let role = self.roles.resolve(group, own);
            for held in &mut held {
                if held.is_of(group, role) && !held.denied_by.contains(&policy) {
                    held.denied_by.push(policy);
                }
            }
        }
        held
    }
}
