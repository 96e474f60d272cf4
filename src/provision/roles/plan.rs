//! Decides what each change of a member's roles does, on the member as it was just read.

use super::facts::{Facts, membership};
use super::planned_change::PlannedChange;
use super::super_administrators::may_be_theirs;
use crate::cloudflare::member::{Member, Status};
use crate::error::Error;
use crate::model::Kind;
use crate::provision::change::Operation;
use crate::provision::errors::refused;
use crate::roles::{Assignments, Held, Way};
use crate::sorted::sort;

const LAST: &str = "This is the member's last role: a membership without one would have to be deleted, which \
                    this doesn't do.";

/// The decision on a change.
pub(super) enum Verdict {
    /// Nothing is written: the change is in effect already.
    Unchanged(String),
    /// It is given.
    Add,
    /// It is taken. It also goes with these memberships, which the call ends.
    Take(Vec<String>),
    /// It comes or goes with these memberships, which the call begins or ends, and nothing else has to be
    /// written.
    Follows(Vec<String>),
    /// Nothing is written: the change must not be done, or can't.
    Refused(Error),
    /// The same, because the last Super Administrator would go, or might.
    Last(Error),
}

/// Returns a verdict for each change of one member, and the way in which they are written.
pub(super) fn plan(
    member: &Member,
    of: &Assignments<'_>,
    changes: &[PlannedChange],
    facts: &Facts,
    loses: &mut dyn FnMut() -> Result<(), Error>,
) -> (Way, Vec<Verdict>) {
    let plan = Plan { member, of, facts };
    let mut added: Vec<&str> = Vec::new();
    for change in changes.iter().filter(|change| plan.adds(change)) {
        if !added.contains(&change.id.as_str()) {
            added.push(&change.id);
        }
    }
    let takes_policy = |change: &PlannedChange| {
        change.kind == Kind::ScopedRole || facts.givable(change).is_some_and(|givable| givable.takes_policy)
    };
    let by_policies = changes.iter().any(|change| plan.adds(change) && takes_policy(change));
    let way = if by_policies { of.by_policies() } else { of.way };
    let mut left = of.direct + added.len();
    let mut taken: Vec<&str> = Vec::new();
    let verdicts = changes.iter().map(|change| {
        let held = of.get(change.on(), &change.id);
        let verdict = match change.operation {
            Operation::Grant => plan.grant(change, held, way),
            Operation::Revoke => plan.revoke(change, held, way),
        };
        let (Verdict::Take(_), Some(held)) = (&verdict, held) else { return verdict };
        if taken.contains(&change.id.as_str()) {
            return verdict;
        }
        if left == 1 {
            return Verdict::Refused(refused(LAST));
        }
        if may_be_theirs(held)
            && let Err(error) = loses()
        {
            return Verdict::Last(error);
        }
        left -= 1;
        taken.push(&change.id);
        verdict
    });
    let verdicts = verdicts.collect();
    (way.unwrap_or(Way::Roles), verdicts)
}

struct Plan<'a> {
    member: &'a Member,
    of: &'a Assignments<'a>,
    facts: &'a Facts,
}

impl Plan<'_> {
    /// Whether a change gives the member something that they don't have for good.
    fn adds(&self, change: &PlannedChange) -> bool {
        let stays =
            |held: &Held<'_>| held.is_direct() && !held.may_mirror() || !self.staying(held).is_empty();
        change.operation == Operation::Grant
            && self.why_not_given(change).is_none()
            && !self.of.get(change.on(), &change.id).is_some_and(stays)
    }

    /// Returns the reason why no policy can give what a change asks for, if one would have to.
    fn why_not_given(&self, change: &PlannedChange) -> Option<&Error> {
        self.facts.givable(change)?.parts.as_ref()?.as_ref().err()
    }

    /// Returns the ids of the groups that give it and that the call doesn't take the member out of.
    fn staying<'h>(&self, held: &'h Held<'_>) -> Vec<&'h str> {
        let leaves = |id: &&str| self.facts.leaves.contains(&membership(id, &self.member.id));
        let mut staying: Vec<&str> = held.through().filter(|id| !leaves(id)).collect();
        sort(&mut staying);
        staying
    }

    fn through(&self, held: &Held<'_>) -> Vec<String> {
        held.through().map(|group| membership(group, &self.member.id)).collect()
    }

    fn grant(
        &self,
        change: &PlannedChange,
        held: Option<&Held<'_>>,
        way: Result<Way, &'static str>,
    ) -> Verdict {
        let staying = held.map(|held| self.staying(held)).unwrap_or_default();
        match held {
            Some(held) if held.is_direct() && !held.may_mirror() => {
                Verdict::Unchanged("The member has this role already.".to_owned())
            }
            Some(held) if !staying.is_empty() => {
                let memberships = self.through(held);
                if memberships.iter().all(|it| self.facts.done.contains(it)) {
                    return Verdict::Follows(memberships);
                }
                Verdict::Unchanged(format!(
                    "The member has this role already, through {}.",
                    self.named(&staying)
                ))
            }
            _ => match (way, self.why_not_given(change)) {
                (Err(why), _) => Verdict::Refused(refused(why)),
                (Ok(_), Some(error)) => Verdict::Refused(error.clone()),
                (Ok(_), None) => Verdict::Add,
            },
        }
    }

    fn revoke(
        &self,
        change: &PlannedChange,
        held: Option<&Held<'_>>,
        way: Result<Way, &'static str>,
    ) -> Verdict {
        let Some(held) = held else {
            let is_certain = !self.member.roles_missing
                && !self.of.is_unexplained
                && (self.member.status != Status::Rejected
                    || self.member.roles.iter().all(|role| role.id.as_str() != change.id));
            return match way {
                Err(why) if !is_certain => Verdict::Refused(refused(why)),
                _ => Verdict::Unchanged("The member doesn't have this role.".to_owned()),
            };
        };
        let staying = self.staying(held);
        if !staying.is_empty() {
            return Verdict::Refused(refused(&format!(
                "The member has this role through {}, whose policies aren't changed: take the member out of \
                 the group (revoke {}).",
                self.named(&staying),
                staying.iter().map(|id| format!("user-group:{id}:member")).collect::<Vec<_>>().join(", ")
            )));
        }
        let through = self.through(held);
        if !held.is_direct() {
            return Verdict::Follows(through);
        }
        match way.map_or_else(Some, |way| held.why_it_sticks(way)) {
            Some(why) => Verdict::Refused(refused(why)),
            None => Verdict::Take(through),
        }
    }

    /// Names user groups for a message.
    fn named(&self, ids: &[&str]) -> String {
        let name = |id: &&str| {
            let mut all = self.facts.groups.all().iter();
            match all.find(|group| group.id.as_str() == *id).and_then(|group| group.name.as_deref()) {
                Some(name) => format!("the user group {name:?} ({id})"),
                None => format!("the user group {id}"),
            }
        };
        ids.iter().map(name).collect::<Vec<_>>().join(" and ")
    }
}
