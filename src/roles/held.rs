//! A role or a scoped role that somebody holds, and the reasons.

use super::table::is_role;
use crate::cloudflare::account_policy::Reach;
use crate::cloudflare::id::Id;
use crate::cloudflare::permission_group::PermissionGroup;
use crate::cloudflare::role::Role;
use std::borrow::Cow;

const DENIED: &str = "A policy denies the same, and no source says which of them decides. Change the \
                      member in Cloudflare's dashboard.";
const INSEPARABLE: &str = "It stands in a policy with other permission groups and other resource groups, and \
                           can't be taken out of it alone. Change the member in Cloudflare's dashboard.";

/// The way in which a member's assignments are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The whole list of roles.
    Roles,
    /// The whole list of policies.
    Policies,
}

/// The kind of what is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum On {
    /// A role: on the whole account.
    Role,
    /// A scoped role: on a part of the account.
    Scoped,
}

/// A role or a scoped role that is held.
#[derive(Debug)]
pub struct Held<'a> {
    /// The kind.
    pub on: On,
    /// The id of the role or the scoped role.
    pub id: Cow<'a, str>,
    /// The role as the member's list of roles has it.
    pub role: Option<&'a Role>,
    /// A permission group that gives it, and on what.
    pub by: Option<(&'a PermissionGroup, &'a Reach)>,
    /// The reasons, each once, in the order of their rules and then of their ids.
    pub reasons: Vec<Reason<'a>>,
    /// The ids of the policies that deny the same permission group.
    pub denied_by: Vec<&'a str>,
    /// The places in the holder's own policies that give it.
    pub places: Vec<Place>,
    /// Whether it can be taken out of each of them without anything else.
    pub is_separable: bool,
}

/// A place in the holder's own policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The place of the policy.
    pub policy: usize,
    /// The place of the permission group in it.
    pub permission_group: usize,
    /// The place of the resource group in it.
    pub resource_group: usize,
}

/// A reason for which something is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason<'a> {
    /// Its kind.
    pub rule: Rule,
    /// The id of the role, the policy or the user group.
    pub value: &'a str,
}

/// The kind of a reason. The order is that of a basis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// The member's list of roles has it.
    Role,
    /// A policy of the holder gives it.
    Policy,
    /// A user group gives it to its members.
    UserGroup,
}

/// One reason for one thing, before those for the same are put together.
pub(super) struct Cell<'a> {
    pub on: On,
    pub id: Cow<'a, str>,
    pub reason: Reason<'a>,
    pub role: Option<&'a Role>,
    pub by: Option<(&'a PermissionGroup, &'a Reach)>,
    /// The place of the holder's own policy.
    pub place: Option<Place>,
    pub is_separable: bool,
}

impl Rule {
    /// Returns the word of the rule in a basis.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Policy => "policy",
            Self::UserGroup => "user_group",
        }
    }
}

impl<'a> Held<'a> {
    /// Whether the holder has it itself.
    pub fn is_direct(&self) -> bool {
        self.reasons.iter().any(|reason| reason.rule != Rule::UserGroup)
    }

    /// Whether it may stand in the list of roles only because a user group gives it: no policy of the
    /// member's own does.
    pub fn may_mirror(&self) -> bool {
        self.places.is_empty() && self.through().next().is_some()
    }

    /// Returns the reason, for a person, why a write can't take it, or to no purpose.
    pub fn why_it_sticks(&self, way: Way) -> Option<&'static str> {
        match way {
            _ if !self.denied_by.is_empty() => Some(DENIED),
            Way::Policies if !self.is_separable => Some(INSEPARABLE),
            _ => None,
        }
    }

    /// Begins with one reason.
    pub(super) fn new(cell: Cell<'a>) -> Self {
        let Cell { on, id, reason, role, by, place, is_separable } = cell;
        let (reasons, places) = (vec![reason], place.into_iter().collect());
        Self { on, id, role, by, reasons, denied_by: Vec::new(), places, is_separable }
    }

    /// Adds one more reason.
    pub(super) fn add(&mut self, cell: Cell<'a>) {
        // A role of the list and a policy for it are two views of one assignment
        // (terraform-provider-cloudflare, the tests of account members).
        let is_view = cell.reason.rule == Rule::Policy
            && self.reasons.first().is_some_and(|reason| reason.rule == Rule::Role);
        if !is_view && !self.reasons.contains(&cell.reason) {
            self.reasons.push(cell.reason);
        }
        self.role = self.role.or(cell.role);
        self.by = self.by.or(cell.by);
        self.places.extend(cell.place);
        self.is_separable &= cell.is_separable;
    }

    /// Whether it is of this permission group, which is that `role` on the whole account.
    pub(super) fn is_of(&self, group: &PermissionGroup, role: Option<&Id>) -> bool {
        let is_same = |by: &PermissionGroup| {
            by.id.is_some() && by.id == group.id || by.name().is_some() && by.name() == group.name()
        };
        self.by.is_some_and(|(by, _)| is_same(by))
            || self.role.is_some_and(|role| is_role(group, role))
            || self.on == On::Role && role.is_some_and(|role| role.as_str() == self.id)
    }

    /// Returns the ids of the user groups that give it.
    pub fn through(&self) -> impl Iterator<Item = &'a str> {
        let groups = self.reasons.iter().filter(|reason| reason.rule == Rule::UserGroup);
        groups.map(|reason| reason.value)
    }
}
