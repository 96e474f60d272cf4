//! What one holder has, and why.

use super::table::{Roles, is_role};
use super::user_groups::{KnownGroup, UserGroups};
use crate::cloudflare::account_policy::{Access, AccountPolicy, Policies, Reach};
use crate::cloudflare::id::Id;
use crate::cloudflare::member::{Member, Status};
use crate::cloudflare::permission_group::PermissionGroup;
use crate::cloudflare::role::Role;
use crate::sorted::sort_by;
use std::borrow::Cow;

/// The most permission groups, counted once for each part that they reach, that one holder's policies
/// are understood with.
const MOST: usize = 20_000;

// Reasons for a person why something stays.

const DECLINED: &str = "The member has declined the invitation. Invite them again first.";
const ROLES_NOT_TOLD: &str = "Cloudflare doesn't tell all of the member's roles in a form that is understood: \
                              writing them could drop one.";
const NOT_UNDERSTOOD: &str = "The member has a policy that isn't understood: writing roles or policies could \
                              drop it. Change the member in Cloudflare's dashboard.";
const DOUBTFUL: &str = "It can't be told which of the member's roles and policies come from a user group, so \
                        writing them could give one to the member for good. Change the member in Cloudflare's \
                        dashboard.";
const NOT_MIRRORED: &str = "The member has policies beside the roles, and not every role stands in exactly one \
                            policy: writing policies could drop a role. Change the member in Cloudflare's \
                            dashboard.";
const INHERITED: &str = "It comes through a user group: take the member out of that group.";
const DENIED: &str = "A policy denies the same, and no source says which of them decides. Change the member in \
                      Cloudflare's dashboard.";
const INSEPARABLE: &str = "It stands in a policy with other permission groups and other resource groups, and \
                           can't be taken out of it alone. Change the member in Cloudflare's dashboard.";
const OF_GROUP: &str = "The policies of user groups aren't changed. Take members out of the group, or change the \
                        group in Cloudflare's dashboard.";

/// Everything that an account member or a user group holds by roles and policies.
#[derive(Debug)]
pub struct Assignments<'a> {
    /// The roles, and then the scoped roles, each sorted by id.
    pub held: Vec<Held<'a>>,
    /// The holder's own policies that deny something.
    pub denying: Vec<&'a AccountPolicy>,
    /// The ids of the holder's own policies that aren't understood.
    pub unexplained: Vec<&'a str>,
    /// Whether a policy of the holder isn't understood, with or without an id.
    pub is_unexplained: bool,
    /// Whether the member's roles aren't told, or not all of them, and the policies don't tell them either.
    pub lacks_roles: bool,
    /// How what a member has can be changed, or the reason for a person why it can't be.
    pub way: Result<Way, &'static str>,
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
    /// The reasons, each once.
    pub reasons: Vec<Reason<'a>>,
    /// The ids of the policies that deny the same permission group.
    pub denied_by: Vec<&'a str>,
    /// The places of the holder's own policies that give it.
    pub policies: Vec<usize>,
    /// Whether it can be taken out of each of them without anything else.
    pub is_separable: bool,
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

/// The way in which a member's assignments are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The whole list of roles.
    Roles,
    /// The whole list of policies.
    Policies,
}

/// One reason for one thing, before those for the same are put together.
struct Cell<'a> {
    on: On,
    id: Cow<'a, str>,
    reason: Reason<'a>,
    role: Option<&'a Role>,
    by: Option<(&'a PermissionGroup, &'a Reach)>,
    /// The place of the holder's own policy.
    policy: Option<usize>,
    is_separable: bool,
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

    fn new(cell: Cell<'a>) -> Self {
        let Cell { on, id, reason, role, by, policy, is_separable } = cell;
        let (reasons, policies) = (vec![reason], policy.into_iter().collect());
        Self { on, id, role, by, reasons, denied_by: Vec::new(), policies, is_separable }
    }

    fn add(&mut self, cell: Cell<'a>) {
        // A role of the list and a policy for it are two views of one assignment
        // (terraform-provider-cloudflare, the tests of account members).
        let is_view = cell.reason.rule == Rule::Policy
            && self.reasons.first().is_some_and(|reason| reason.rule == Rule::Role);
        if !is_view && !self.reasons.contains(&cell.reason) {
            self.reasons.push(cell.reason);
        }
        self.role = self.role.or(cell.role);
        self.by = self.by.or(cell.by);
        self.policies.extend(cell.policy.filter(|policy| self.policies.last() != Some(policy)));
        self.is_separable &= cell.is_separable;
    }

    /// Whether it is of this permission group, which is that `role` on the whole account.
    fn is_of(&self, group: &PermissionGroup, role: Option<&Id>) -> bool {
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

impl<'a> Assignments<'a> {
    /// Decides what a member holds. One who declined the invitation holds nothing (inferred).
    pub fn of_member(member: &'a Member, groups: &'a UserGroups, roles: &'a Roles) -> Self {
        let mut walk = Walk::new(roles);
        if member.status == Status::Rejected {
            return walk.end(&[], Err(DECLINED));
        }
        walk.policies(&member.policies, &member.roles, &|policy| {
            groups.with_policy(policy.id.as_deref()?).map(|group| group.id.as_str())
        });
        let has_inherited = walk.has_inherited;
        for role in &member.roles {
            if !has_inherited || !walk.only_mirrors(role, &member.policies, groups) {
                walk.cells.push(Cell {
                    on: On::Role,
                    id: Cow::Borrowed(role.id.as_str()),
                    reason: Reason { rule: Rule::Role, value: role.id.as_str() },
                    role: Some(role),
                    by: None,
                    policy: None,
                    is_separable: true,
                });
            }
        }
        // A gap of a group's policies is told of the group.
        let own = (walk.denying.len(), walk.unexplained.len(), walk.is_unexplained);
        let mut inherits = false;
        for group in groups.of(&member.id) {
            inherits |= !group.policies.all.is_empty() || group.policies.has_gap;
            walk.policies(&group.policies, &[], &|_| Some(group.id.as_str()));
        }
        walk.denying.truncate(own.0);
        walk.unexplained.truncate(own.1);
        walk.is_unexplained = own.2;
        let is_doubtful = inherits && member.policies.all.iter().any(|policy| policy.id.is_none());
        let way = if member.roles_missing {
            Err(ROLES_NOT_TOLD)
        } else if walk.is_unexplained {
            Err(NOT_UNDERSTOOD)
        } else if is_doubtful {
            Err(DOUBTFUL)
        } else {
            Ok(if has_inherited || !walk.is_plain { Way::Policies } else { Way::Roles })
        };
        let lacks_roles = member.roles_missing && (walk.is_unexplained || !member.policies.are_told);
        Self { lacks_roles, ..walk.end(&member.roles, way) }
    }

    /// Decides what a user group holds. Its policies aren't changed.
    pub fn of_group(group: &'a KnownGroup, roles: &'a Roles) -> Self {
        let mut walk = Walk::new(roles);
        walk.policies(&group.policies, &[], &|_| None);
        walk.end(&[], Err(OF_GROUP))
    }

    /// Returns the role or scoped role with this id, if it is held.
    pub fn get(&self, on: On, id: &str) -> Option<&Held<'a>> {
        self.held.iter().find(|held| held.on == on && held.id == id)
    }

    /// Returns the number of roles and scoped roles that the holder has itself.
    pub fn direct(&self) -> usize {
        self.held.iter().filter(|held| held.is_direct()).count()
    }

    /// Returns the reason, for a person, why something that a member holds can't be taken from this
    /// member alone, whatever else the member has.
    pub fn why_it_stays(&self, held: &Held<'a>) -> Option<&'static str> {
        match self.way {
            Err(why) => Some(why),
            Ok(_) if held.through().next().is_some() => Some(INHERITED),
            Ok(_) if !held.denied_by.is_empty() => Some(DENIED),
            Ok(Way::Policies) if !held.is_separable => Some(INSEPARABLE),
            Ok(_) => None,
        }
    }

    /// Whether it can be taken from this member alone. The last thing that a member has can't be, because
    /// the membership would have to end.
    pub fn is_revocable(&self, held: &Held<'a>) -> bool {
        self.direct() > 1 && self.why_it_stays(held).is_none()
    }
}

/// Collects the reasons for everything that one holder has.
struct Walk<'a> {
    roles: &'a Roles,
    cells: Vec<Cell<'a>>,
    /// What is denied, by the policy with this id.
    denials: Vec<(&'a PermissionGroup, &'a str)>,
    denying: Vec<&'a AccountPolicy>,
    unexplained: Vec<&'a str>,
    is_unexplained: bool,
    /// Whether all policies allow something on the whole account.
    is_plain: bool,
    /// Whether a policy comes from a user group.
    has_inherited: bool,
}

impl<'a> Walk<'a> {
    const fn new(roles: &'a Roles) -> Self {
        Self {
            roles,
            cells: Vec::new(),
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
    fn policies(
        &mut self,
        policies: &'a Policies,
        own: &'a [Role],
        group: &dyn Fn(&AccountPolicy) -> Option<&'a str>,
    ) {
        self.is_unexplained |= policies.has_gap;
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
            if policy.access == Access::Deny {
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
        for group in &policy.permission_groups {
            let role = self.roles.resolve(group, own);
            for (at, reach) in policy.reaches.iter().enumerate() {
                let (Some(role), true) = (role, self.cells.len() < MOST) else {
                    is_understood = false;
                    break;
                };
                let has_place = |other: Option<&Reach>| other.is_some_and(|it| it.place == reach.place);
                let is_shared = has_place(policy.reaches.get(at + 1))
                    || at.checked_sub(1).is_some_and(|before| has_place(policy.reaches.get(before)));
                let (on, id) = if reach.is_account {
                    (On::Role, Cow::Borrowed(role.as_str()))
                } else {
                    let group = group.id.as_ref().unwrap_or(role);
                    (On::Scoped, Cow::Owned([group.as_str(), "-", &reach.scope_id()].concat()))
                };
                self.cells.push(Cell {
                    on,
                    id,
                    reason,
                    role: None,
                    by: Some((group, reach)),
                    policy: place,
                    is_separable: place.is_none() || is_one_row && !is_shared,
                });
            }
        }
        is_understood
    }

    /// Whether the list of roles has this one only because a user group's policy gives it.
    fn only_mirrors(&self, role: &Role, policies: &Policies, groups: &UserGroups) -> bool {
        let gives = |policy: &&AccountPolicy| {
            policy.access == Access::Allow
                && policy.reaches.iter().any(|reach| reach.is_account)
                && policy.permission_groups.iter().any(|group| {
                    is_role(group, role) || self.roles.of(group).is_some_and(|id| *id == role.id)
                })
        };
        let is_inherited =
            |policy: &AccountPolicy| policy.id.as_deref().is_some_and(|id| groups.with_policy(id).is_some());
        let mut giving = policies.all.iter().filter(gives).peekable();
        giving.peek().is_some() && giving.all(is_inherited)
    }

    /// Puts together the reasons for the same.
    fn end(mut self, own: &[Role], way: Result<Way, &'static str>) -> Assignments<'a> {
        sort_by(&mut self.cells, |a, b| (a.on, &a.id, a.reason.rule).cmp(&(b.on, &b.id, b.reason.rule)));
        let mut held: Vec<Held<'a>> = Vec::new();
        for cell in self.cells {
            match held.last_mut().filter(|last| last.on == cell.on && last.id == cell.id) {
                Some(last) => last.add(cell),
                None => held.push(Held::new(cell)),
            }
        }
        for &(group, policy) in &self.denials {
            let role = self.roles.find(group, own);
            for held in &mut held {
                if held.is_of(group, role) && !held.denied_by.contains(&policy) {
                    held.denied_by.push(policy);
                }
            }
        }
        let way = way.and_then(|way| checked(way, &held));
        Assignments {
            held,
            denying: self.denying,
            unexplained: self.unexplained,
            is_unexplained: self.is_unexplained,
            lacks_roles: false,
            way,
        }
    }
}

/// Decides whether roles and policies can be told apart: a role that only the list of roles has may come
/// from a user group, and where policies are written, each role stands in one of them.
fn checked(way: Way, held: &[Held<'_>]) -> Result<Way, &'static str> {
    let is_listed = |held: &Held<'_>| held.reasons.first().is_some_and(|reason| reason.rule == Rule::Role);
    let has_more = held.iter().any(|held| held.is_direct() && !is_listed(held));
    let way = if has_more { Way::Policies } else { way };
    for held in held.iter().filter(|held| is_listed(held)) {
        if held.policies.is_empty() && held.through().next().is_some() {
            return Err(DOUBTFUL);
        }
        if way == Way::Policies && held.policies.len() != 1 {
            return Err(NOT_MIRRORED);
        }
    }
    Ok(way)
}
