//! Decides what is left of a membership without the subject's own rules.

use super::Solution;
use crate::rules::addresses::Hit;
use crate::rules::compiled::SetView;
use crate::rules::rule_set::{RuleAt, Section};
use crate::rules::state::{DirectRule, NamedBy, State};
use crate::rules::value::Value;
use crate::sorted::Set;

impl<'m> Solution<'m, '_> {
    /// Whether the membership ends without the subject's own rules, or then rests on facts alone, no other
    /// text of the include or of an included set may mean the subject, and the include isn't empty without
    /// those rules.
    pub fn is_revocable(&mut self, set: SetView<'m>) -> bool {
        let own = self.own_rules(set);
        let rules = set.rules.includes() + usize::from(self.has_added(set));
        let Some((_, component)) = self.compiled.component_of(set.place) else { return false };
        if own == 0 || own == rules {
            return false;
        }
        let before: Vec<(usize, State)> = component.sets.iter().map(|&set| (set, self.state(set))).collect();
        if let Some(state) = self.state_mut(set.place) {
            state.direct = DirectRule::Removed;
        }
        self.judge_set(set);
        self.solve(component);
        let stays = self.held_by(set.place) == NamedBy::Rules || self.doubtful_include(set).is_some();
        for (set, before) in before {
            self.state_mut(set).into_iter().for_each(|state| *state = before);
        }
        !stays
    }

    /// Returns an include rule of which a part may mean the subject: of the set, or of a set that it
    /// includes and that isn't *no*.
    pub fn doubtful_include(&self, set: SetView<'m>) -> Option<RuleAt> {
        let is_doubt =
            |hit: &&Hit| hit.at.section == Section::Include && hit.value == Value::Open && !hit.by_fact;
        // Hardly anybody is meant by such a rule.
        self.hits.iter().find(is_doubt)?;
        let (mut seen, mut waiting) = (Set::default(), vec![set]);
        while let Some(set) = waiting.pop() {
            if let Some(hit) = self.hits_of(set).find(is_doubt) {
                return Some(hit.at);
            }
            let included =
                set.summary.sections.include.references.iter().filter_map(|reference| reference.to);
            let may_hold = included.filter(|&to| self.state(to).value != Value::No && seen.insert(to));
            waiting.extend(may_hold.filter_map(|to| self.compiled.set(to)));
        }
        None
    }
}
