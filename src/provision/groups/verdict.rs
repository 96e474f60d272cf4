//! A change of a group whose principal is known, and the words in which it is judged.

use super::direct_rules::DirectRules;
use super::groups_of_call::GroupsOfCall;
use crate::cloudflare::id::Id;
use crate::error::Error;
use crate::model::Kind;
use crate::provision::change::Operation;
use crate::provision::errors;
use crate::provision::people::Principal;
use crate::rules::{DirectRule, Value};

/// A change of a group whose principal is known.
#[derive(Clone, Debug)]
pub(super) struct PlannedChange {
    /// Its place in the call.
    pub index: usize,
    pub operation: Operation,
    pub group: Id,
    pub principal: Principal,
    /// The users and members that have the address, if the principal is an address alone and they
    /// are known.
    pub owners: Vec<Principal>,
}

/// A planned change with its verdict.
#[derive(Debug)]
pub(super) struct Decided {
    pub change: PlannedChange,
    pub verdict: Verdict,
}

/// The decision on a change.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    /// Nothing is written: the change is in effect already.
    Unchanged(String),
    /// A rule for the address is added.
    Add,
    /// The address's rules are removed.
    Take,
    /// Nothing is written: another change of the call removes the rule that names the person.
    Follows,
    /// Nothing is written: the change must not be done, or can't.
    Refused(Error),
    /// Nothing is written: the revoke would give its principal something else.
    Gains(Error),
}

/// How firmly a principal holds a group, or an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hold {
    No,
    OnConditions,
    Certain,
}

/// How firmly a principal holds each group and each application, by place.
pub(super) struct Holds(Vec<Hold>);

impl PlannedChange {
    /// The principals that a sync shows for the person: the change is judged and reported for them.
    pub fn people(&self) -> &[Principal] {
        if self.owners.is_empty() { std::slice::from_ref(&self.principal) } else { &self.owners }
    }

    /// Returns the same change for one of the principals that are the person.
    pub fn of(&self, person: &Principal) -> Self {
        Self { principal: person.clone(), owners: Vec::new(), ..self.clone() }
    }

    /// Counts the principal's direct rules in the group, where they are as `rules` assumes.
    pub fn direct_rules(&self, groups: &mut GroupsOfCall, rules: &DirectRules) -> usize {
        let Some(place) = groups.place_of(self.group.as_str()) else { return 0 };
        groups.evaluate(&self.principal, rules).own_rules(place)
    }

    /// Refuses the change.
    pub fn refused(&self, why: &str) -> Verdict {
        Verdict::Refused(self.refusal(why))
    }

    /// Returns the error for the change if it is refused.
    pub fn refusal(&self, why: &str) -> Error {
        errors::refused(why).about(errors::about(Kind::Group, &self.group))
    }
}

impl Verdict {
    /// Returns what its write makes of the principal's direct rules, if it writes anything.
    pub const fn direct_rule(&self) -> Option<DirectRule> {
        match self {
            Verdict::Add => Some(DirectRule::Added),
            Verdict::Take => Some(DirectRule::Removed),
            _ => None,
        }
    }

    /// Whether the change gives or takes something.
    pub const fn is_effective(&self) -> bool {
        matches!(self, Verdict::Add | Verdict::Take | Verdict::Follows)
    }

    /// Whether it matters which applications the change gives or takes: for its outcome, or for what a
    /// refusal says.
    pub const fn concerns_applications(&self) -> bool {
        self.is_effective() || matches!(self, Verdict::Gains(_))
    }

    /// Whether the change is refused.
    pub const fn is_refused(&self) -> bool {
        matches!(self, Verdict::Refused(_) | Verdict::Gains(_))
    }
}

impl Holds {
    /// Evaluates all groups and applications for a principal with these direct rules.
    pub fn of(groups: &mut GroupsOfCall, principal: &Principal, rules: &DirectRules) -> Self {
        let hold = |value| match value {
            Value::No => Hold::No,
            Value::Open => Hold::OnConditions,
            Value::Yes => Hold::Certain,
        };
        Self(groups.held(principal, rules).into_iter().map(hold).collect())
    }

    /// Returns how firmly the group or application at a place is held.
    pub fn at(&self, place: usize) -> Hold {
        self.0.get(place).copied().unwrap_or(Hold::No)
    }

    /// Lists the places of what is held.
    pub fn places(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().filter(|(_, hold)| **hold > Hold::No).map(|(place, _)| place)
    }

    /// Lists the places of what is held more firmly than in `other`.
    pub fn firmer_than(&self, other: &Self) -> impl Iterator<Item = usize> {
        self.places().filter(|&place| self.at(place) > other.at(place))
    }
}
