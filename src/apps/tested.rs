//! The policies of an application alone, as they can be tested: without what the application asks of
//! everybody, and without what a policy asks beside its rules.

use super::application::Decision;
use super::applications::Applications;
use super::fold::{Step, Steps, Why};
use crate::rules::{Evaluation, Membership, Opinion, RuleSet};

/// The policies of an application that decide over people, in the order of evaluation.
pub struct Tested {
    steps: Steps,
    left_out: Vec<(Box<str>, Decision)>,
}

impl Applications {
    /// Returns the policies of the application at a place that can be tested.
    pub fn tested(&self, place: usize, membership: &Membership) -> Tested {
        let mut tested = Tested { steps: Steps::default(), left_out: Vec::new() };
        for step in self.steps_at(place) {
            let (id, decision) = (step.id.clone(), step.decision.clone());
            match decision {
                Decision::Allow | Decision::Deny => {
                    tested.steps.all.push(Step { id, decision, place: step.place, approval: None });
                }
                _ => tested.left_out.push((id, decision)),
            }
        }
        let places: Vec<usize> = tested.steps.all.iter().filter_map(|step| step.place).collect();
        tested.steps.evidence = membership.evidence(&places);
        tested
    }
}

impl Tested {
    /// Whether one of them lets people in.
    pub fn has_allow(&self) -> bool {
        self.steps.all.iter().any(|step| step.decision == Decision::Allow)
    }

    /// Returns the policies that can't be tested, by their ids, and what they do.
    pub fn left_out(&self) -> &[(Box<str>, Decision)] {
        &self.left_out
    }

    /// Returns those that can, with what they do.
    pub fn policies<'m>(
        &self,
        membership: &'m Membership,
    ) -> impl Iterator<Item = (&'static str, &'m RuleSet)> {
        let word = |step: &Step| if step.decision == Decision::Allow { "allow" } else { "deny" };
        self.steps.all.iter().filter_map(move |step| Some((word(step), step.rules(membership)?)))
    }

    /// Returns whether they let a person in.
    pub fn opinion<'m>(&'m self, evaluation: &Evaluation<'m, '_>) -> Opinion<'m> {
        let mut why = Why::default();
        self.steps.fold(evaluation, &mut why);
        self.steps.opinion(evaluation, &why)
    }
}
