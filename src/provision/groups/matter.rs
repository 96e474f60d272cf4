//! The rules that decide over the changes of a call: those of the groups and applications that a change
//! can concern, and of all groups that these refer to.

use crate::apps::Application;
use crate::cloudflare::id::Id;
use crate::model::Kind;
use crate::rules::RuleSet;
use crate::sorted::{Map, Set};

/// The resources that a call is about.
#[derive(Default)]
pub(super) struct Targets {
    /// The groups that are to be changed.
    pub groups: Set<Id>,
    /// The applications of which it matters who reaches them.
    pub apps: Set<Id>,
    /// Whether all groups and applications are among them.
    pub everything: bool,
}

/// The rule sets of an account by their ids.
pub(super) struct Sets<'g> {
    groups: Map<&'g str, &'g RuleSet>,
    policies: Map<&'g str, &'g RuleSet>,
}

impl<'g> Sets<'g> {
    /// Sorts out groups and policies.
    pub fn new(sets: impl Iterator<Item = &'g RuleSet>) -> Self {
        let (mut groups, mut policies) = (Vec::new(), Vec::new());
        for set in sets {
            let of_kind = if set.resource().kind == Kind::Policy { &mut policies } else { &mut groups };
            of_kind.push((set.id(), set));
        }
        Self { groups: groups.into_iter().collect(), policies: policies.into_iter().collect() }
    }

    /// Returns the applications that a change can concern: a policy of theirs refers to a target, directly
    /// or through groups, or they are targets themselves.
    pub fn apps<'a>(&self, apps: &'a [Application], targets: &Targets) -> Vec<&'a Application> {
        let groups = self.referring(targets);
        let is_concerned = |app: &&Application| {
            if targets.everything {
                return true;
            }
            let mut referred = self.policies_of(app).flat_map(RuleSet::groups);
            referred.any(|group| groups.contains(group))
                || targets.apps.iter().any(|target| target.as_str() == app.id)
        };
        apps.iter().filter(is_concerned).collect()
    }

    /// Returns the lists that can decide whether a change of the targets changes anything: those of
    /// groups that refer to a target, directly or through others, of the policies of the applications
    /// that a change can concern, and of all groups that these refer to.
    pub fn lists(&self, apps: &[Application], targets: &Targets) -> Set<String> {
        let mut sets = Vec::new();
        let mut from: Vec<&str> = self.referring(targets).into_iter().collect();
        for app in self.apps(apps, targets) {
            for policy in self.policies_of(app) {
                from.extend(policy.groups());
                sets.push(policy);
            }
        }
        for id in self.reached_from(from) {
            sets.extend(self.groups.get(id).copied());
        }
        sets.into_iter().flat_map(RuleSet::lists).map(str::to_owned).collect()
    }

    /// Returns the ids of these groups, and of all groups that these refer to, directly or through
    /// others.
    pub fn reached_from<'s>(&'s self, groups: Vec<&'s str>) -> Set<&'s str> {
        reach(groups, &|id, found| {
            if let Some(set) = self.groups.get(id) {
                for group in set.groups() {
                    found.push(group);
                }
            }
        })
    }

    /// Returns the ids of the groups that are targets or refer to one, directly or through others.
    fn referring<'s>(&'s self, targets: &'s Targets) -> Set<&'s str> {
        if targets.everything {
            return self.groups.iter().map(|(id, _)| *id).collect();
        }
        let mut referring: Map<&str, Vec<&str>> = Map::default();
        for group in self.groups.values() {
            for referred in group.groups() {
                referring.get_or_insert_with(referred, Vec::new).push(group.id());
            }
        }
        let targets = targets.groups.iter().map(Id::as_str).collect();
        reach(targets, &|id, found| found.extend_from_slice(referring.get(id).map_or(&[], Vec::as_slice)))
    }

    /// Returns the rules of an application's policies, as far as they are known.
    fn policies_of(&self, app: &Application) -> impl Iterator<Item = &'g RuleSet> {
        let policies = app.policies.iter().flatten();
        policies.filter_map(|policy| self.policies.get(policy.id.as_str()).copied())
    }
}

/// Returns everything that can be reached from these, and these themselves.
fn reach<'a>(mut waiting: Vec<&'a str>, next: &dyn Fn(&'a str, &mut Vec<&'a str>)) -> Set<&'a str> {
    let mut reached = Set::default();
    while let Some(id) = waiting.pop() {
        if reached.insert(id) {
            next(id, &mut waiting);
        }
    }
    reached
}
