//! The groups that only keep people out: policies and other groups exclude their members, and nothing lets
//! them in.

use crate::apps::{Application, Decision, Gate};
use crate::rules::{Membership, RuleSet, Section};
use crate::sorted::sort;

/// The rules that name groups, and the applications behind them. A set is a group or a policy, and is named
/// by its place in the membership.
#[derive(Default)]
pub(super) struct Uses {
    /// For each set, the sets whose rules name it. Each comes with whether its members are among those whom
    /// that set matches, or are the ones whom it doesn't match.
    named_in: Vec<Vec<(usize, bool)>>,
    /// The policies of applications.
    policies: Vec<UsedPolicy>,
    /// The number of groups. They come before the policies.
    groups: usize,
}

/// A policy as an application has it.
struct UsedPolicy {
    place: usize,
    decision: Decision,
    /// The place of the application behind all groups.
    app: usize,
}

impl Uses {
    /// Collects them. There are none if a policy of an application isn't known: it could let in whomever the
    /// others keep out.
    pub fn new(membership: &Membership, applications: &[Application]) -> Self {
        let groups = membership.groups().len();
        let mut policies = Vec::new();
        for (at, app) in applications.iter().enumerate() {
            if matches!(app.gate, Gate::WhoeverLogsIn | Gate::ShownToAll) {
                continue;
            }
            let Some(attached) = &app.policies else { return Self::default() };
            for policy in attached {
                let Some(place) = membership.place_of_policy(&policy.id) else { return Self::default() };
                policies.push(UsedPolicy { place, decision: policy.decision.clone(), app: groups + at });
            }
        }
        let mut named_in = vec![Vec::new(); membership.places()];
        let sets = membership.groups().iter().enumerate();
        let of_policies = (groups..membership.places()).filter_map(|at| Some((at, membership.policy(at)?)));
        for (place, set) in sets.chain(of_policies) {
            note(set, place, membership, &mut named_in);
        }
        Self { named_in, policies, groups }
    }

    /// Returns the places of what the group at a place keeps its members out of, if it does that and gives
    /// them nothing: the applications, or groups where it comes to no application. Returns nothing for every
    /// other group.
    pub fn kept_out_of(&self, group: usize) -> Option<Vec<usize>> {
        // By set and sign: whether the members are those whom the set matches.
        let mut is_reached = vec![[false; 2]; self.named_in.len()];
        let mut waiting = vec![(group, true)];
        let (mut from_apps, mut from_groups, mut gives_group) = (Vec::new(), Vec::new(), false);
        while let Some((place, matches)) = waiting.pop() {
            match is_reached.get_mut(place).and_then(|reached| reached.get_mut(usize::from(matches))) {
                Some(reached) if !*reached => *reached = true,
                _ => continue,
            }
            if place < self.groups && place != group {
                if matches { gives_group = true } else { from_groups.push(place) }
            }
            for used in self.policies.iter().filter(|used| used.place == place) {
                match gives(&used.decision, matches) {
                    Some(true) => return None,
                    Some(false) => from_apps.push(used.app),
                    None => {}
                }
            }
            let named_in = self.named_in.get(place).into_iter().flatten();
            waiting.extend(named_in.map(|&(by, is_same)| (by, is_same == matches)));
        }
        let mut from = if from_apps.is_empty() && !gives_group { from_groups } else { from_apps };
        sort(&mut from);
        from.dedup();
        Some(from).filter(|from| !from.is_empty())
    }
}

/// Notes the groups that a set's rules name.
fn note(set: &RuleSet, place: usize, membership: &Membership, named_in: &mut [Vec<(usize, bool)>]) {
    for section in Section::ALL {
        for group in set.groups_in(section).filter_map(|group| membership.place_of(group)) {
            named_in.get_mut(group).into_iter().for_each(|by| by.push((place, section != Section::Exclude)));
        }
    }
}

/// Whether a policy gives something to those whom it matches, or whom it doesn't; `None` if it does nothing
/// for them.
const fn gives(decision: &Decision, matches: bool) -> Option<bool> {
    match (decision, matches) {
        (Decision::Allow, matches) => Some(matches),
        (Decision::Deny, matches) => Some(!matches),
        // They ask nobody for a login, so they exclude no person. What they let in could be one.
        // <https://developers.cloudflare.com/cloudflare-one/access-controls/policies/>.
        (Decision::Bypass | Decision::NonIdentity, false) => None,
        (Decision::Bypass | Decision::NonIdentity | Decision::Unknown(_), _) => Some(true),
    }
}
