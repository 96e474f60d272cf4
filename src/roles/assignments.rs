//! The decision about one holder: everything held, and the reasons.

use super::held::{Cell, Held, On, Reason, Rule, Way};
use super::table::Roles;
use super::user_groups::{KnownGroup, UserGroups};
use super::walk::Walk;
use crate::cloudflare::account_policy::AccountPolicy;
use crate::cloudflare::member::{Member, Status};
use crate::cloudflare::role::Role;
use std::borrow::Cow;

// Reasons for a person why something stays.

const DECLINED: &str = "The member has declined the invitation. Invite them again first.";
const ROLES_NOT_TOLD: &str = "Cloudflare doesn't tell all of the member's roles in a form that is \
                              understood: writing them could drop one.";
const NOT_UNDERSTOOD: &str = "The member has a policy that isn't understood: writing roles or policies could \
                              drop it. Change the member in Cloudflare's dashboard.";
const DOUBTFUL: &str = "It can't be told which of the member's roles and policies come from a user \
                        group, so writing them could give one to the member for good. Change the member \
                        in Cloudflare's dashboard.";
const NOT_MIRRORED: &str = "The member has policies beside the roles, and not every role stands in \
                            exactly one policy: writing policies could drop a role. Change the member in \
                            Cloudflare's dashboard.";
const INHERITED: &str = "It comes through a user group: take the member out of that group.";
const OF_GROUP: &str = "The policies of user groups aren't changed. Take members out of the group, or \
                        change the group in Cloudflare's dashboard.";

/// Everything that an account member or a user group holds by roles and policies.
#[derive(Debug)]
pub struct Assignments<'a> {
    /// The roles, and then the scoped roles, each sorted by id.
    pub held: Vec<Held<'a>>,
    /// The number of them that the holder has itself.
    pub direct: usize,
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

impl<'a> Assignments<'a> {
    /// Decides what a member holds. One who declined the invitation holds nothing (inferred).
    pub fn of_member(member: &'a Member, groups: &'a UserGroups, roles: &'a Roles) -> Self {
        let mut walk = Walk::new(roles);
        if member.status == Status::Rejected {
            return Self::end(walk, &[], Err(DECLINED));
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
                    place: None,
                    is_separable: true,
                });
            }
        }
        // What isn't understood of a group's policies is told of the group.
        let is_unexplained = walk.is_unexplained;
        let mut inherits = false;
        for group in groups.of(&member.id) {
            inherits |= !group.policies.all.is_empty() || group.policies.has_gap;
            walk.policies(&group.policies, &[], &|_| Some(group.id.as_str()));
        }
        walk.is_unexplained = is_unexplained;
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
        Self { lacks_roles, ..Self::end(walk, &member.roles, way) }
    }

    /// Decides what a user group holds. Its policies aren't changed.
    pub fn of_group(group: &'a KnownGroup, roles: &'a Roles) -> Self {
        let mut walk = Walk::new(roles);
        walk.policies(&group.policies, &[], &|_| None);
        Self::end(walk, &[], Err(OF_GROUP))
    }

    fn end(mut walk: Walk<'a>, own: &[Role], way: Result<Way, &'static str>) -> Self {
        let held = walk.held(own);
        let way = way.and_then(|way| checked(way, &held));
        let Walk { denying, unexplained, is_unexplained, .. } = walk;
        let direct = held.iter().filter(|held| held.is_direct()).count();
        Self { held, direct, denying, unexplained, is_unexplained, lacks_roles: false, way }
    }

    /// Returns the role or scoped role with this id, if it is held.
    pub fn get(&self, on: On, id: &str) -> Option<&Held<'a>> {
        self.held.iter().find(|held| held.on == on && held.id == id)
    }

    /// Returns the way in which a member's policies are written, though the roles alone could be.
    ///
    /// # Errors
    /// The reason, for a person, why they can't be.
    pub fn by_policies(&self) -> Result<Way, &'static str> {
        self.way.and_then(|_| checked(Way::Policies, &self.held))
    }

    /// Returns the reason, for a person, why something that a member holds can't be taken from this
    /// member alone, whatever else the member has.
    pub fn why_it_stays(&self, held: &Held<'a>) -> Option<&'static str> {
        match self.way {
            Err(why) => Some(why),
            Ok(_) if held.through().next().is_some() => Some(INHERITED),
            Ok(way) => held.why_it_sticks(way),
        }
    }

    /// Whether it can be taken from this member alone. The last thing that a member has can't be, because
    /// the membership would have to end.
    pub fn is_revocable(&self, held: &Held<'a>) -> bool {
        self.direct > 1 && self.why_it_stays(held).is_none()
    }
}

/// Decides whether roles and policies can be told apart: a role that only the list of roles has may come
/// from a user group, and where policies are written, each role stands in one of them.
fn checked(way: Way, held: &[Held<'_>]) -> Result<Way, &'static str> {
    let is_listed = |held: &Held<'_>| held.reasons.first().is_some_and(|reason| reason.rule == Rule::Role);
    let has_more = held.iter().any(|held| held.is_direct() && !is_listed(held));
    let way = if has_more { Way::Policies } else { way };
    for held in held.iter().filter(|held| is_listed(held)) {
        if held.may_mirror() {
            return Err(DOUBTFUL);
        }
        if way == Way::Policies && held.places.len() != 1 {
            return Err(NOT_MIRRORED);
        }
    }
    Ok(way)
}
