//! Folds the policies of an application for one subject.

use super::access::{Access, Through};
use super::application::Decision;
use crate::identities::Evidence;
use crate::rules::{Alternative, Evaluation, Expected, Membership, Opinion, Rule, RuleAt, RuleSet, Value};

/// A policy of an application, in the order of evaluation.
#[derive(Debug)]
pub(super) struct Step {
    pub id: Box<str>,
    pub decision: Decision,
    /// The place of its rules; `None` if they aren't known.
    pub place: Option<usize>,
    /// The condition that it asks for approval, if it does.
    pub approval: Option<Box<str>>,
}

impl Step {
    /// Whether it keeps others behind it from being reached by whom it matches.
    fn is_in_the_way(&self) -> bool {
        self.decision == Decision::Deny || self.decision == Decision::Allow && self.approval.is_some()
    }

    /// Returns the policy's rules, if they are known.
    pub fn rules<'m>(&self, membership: &'m Membership) -> Option<&'m RuleSet> {
        membership.policy(self.place?)
    }

    fn value(&self, evaluation: &Evaluation<'_, '_>) -> Value {
        self.place.map_or(Value::Open, |place| evaluation.value(place))
    }
}

/// The policies of an application, ready to be folded.
#[derive(Debug, Default)]
pub(super) struct Steps {
    /// In the order of evaluation.
    pub all: Vec<Step>,
    /// The condition that the application accepts some identity providers only, if it does.
    pub providers: Option<Box<str>>,
    /// What covers rules of the policies that concern people, if facts do.
    pub evidence: Option<Evidence>,
}

/// The reason for a subject's access to an application, by the places of rules. Subjects with the same
/// reason have the same access.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Why {
    /// The include rules that name the subject, policy by policy.
    basis: Vec<RuleAt>,
    /// The policies that let the subject in if a login decides so. None if it always has access.
    ways: Vec<Way>,
    /// The open rules of these policies.
    open: Vec<RuleAt>,
    /// The open policies that stand in the way of those behind them, by their places among the steps.
    before: Vec<usize>,
    is_always: bool,
    /// Whether one of the ways is expected to let the subject in, if facts say something of them.
    expected: Option<bool>,
    /// Whether an `email` rule of the subject's own is in the basis. Hardly anybody else has such a
    /// reason.
    pub is_own: bool,
}

/// A policy that lets a subject in if a login decides so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Way {
    /// Its place among the steps.
    step: usize,
    /// The ends of its parts of `open` and `before`.
    open: usize,
    before: usize,
}

/// The effect of an application's policies on a person who has no grant on it.
#[derive(Debug, Default)]
pub struct WithoutGrant {
    /// Whether an `allow` that can be reached isn't *no* for the person, though it doesn't name them, or
    /// there are no policies.
    pub can_enter: bool,
    /// The ids of these `allow` policies.
    pub enters_by: Vec<String>,
    /// The policy that keeps the person out whatever a login shows, and its include rules that name them,
    /// as kind and value.
    pub kept_out_by: Option<(String, Vec<(&'static str, String)>)>,
}

impl Why {
    /// Whether the access rests on nothing that only a login decides.
    pub const fn is_certain(&self) -> bool {
        self.is_always
    }

    fn clear(&mut self) {
        self.basis.clear();
        self.forget_conditions();
        (self.is_always, self.expected, self.is_own) = (false, None, false);
    }

    fn forget_conditions(&mut self) {
        self.ways.clear();
        self.open.clear();
        self.before.clear();
    }
}

impl Steps {
    /// Replaces `why` with the reason why the subject has access. Returns whether it has.
    pub fn fold(&self, evaluation: &Evaluation<'_, '_>, why: &mut Why) -> bool {
        why.clear();
        let has_access = if evaluation.subject().is_person() {
            self.fold_for_person(evaluation, why)
        } else {
            self.fold_for_token(evaluation, why);
            true
        };
        if why.is_always {
            why.forget_conditions();
        } else if self.evidence.is_some() {
            why.expected = self.expected(evaluation).map(|value| value != Value::No);
        }
        has_access && !why.basis.is_empty()
    }

    /// Returns whether the policies are expected to let a person in: it isn't *no* if, by the facts, an
    /// `allow` that can be reached isn't. It is for somebody whom no unknown decision concerns.
    fn expected(&self, evaluation: &Evaluation<'_, '_>) -> Option<Value> {
        let mut expected = Value::No;
        for step in self.all.iter().rev() {
            let Some(place) = step.place else { continue };
            let value = evaluation.expected_value(place)?;
            match &step.decision {
                Decision::Allow => expected = expected.max(value),
                Decision::Deny => expected = expected.min(!value),
                _ => {}
            }
        }
        Some(expected)
    }

    /// Returns whether the policies let a person in, whether somebody names the person or not. `why` is what
    /// they were folded to.
    pub fn opinion<'m>(&'m self, evaluation: &Evaluation<'m, '_>, why: &Why) -> Opinion<'m> {
        let value = match why.is_always {
            true => Value::Yes,
            false if why.ways.is_empty() => Value::No,
            false => Value::Open,
        };
        let expected = self.evidence.as_ref().filter(|_| value == Value::Open);
        Opinion {
            value,
            expected: expected.and_then(|_| self.expected(evaluation)),
            conditions: self.alternatives(evaluation, why),
        }
    }

    /// Returns whether it is known what happens to the person.
    fn fold_for_person(&self, evaluation: &Evaluation<'_, '_>, why: &mut Why) -> bool {
        let mut is_decided = false;
        for (at, step) in self.all.iter().enumerate() {
            let value = match step.decision {
                Decision::Bypass | Decision::NonIdentity => continue,
                _ => step.value(evaluation),
            };
            if value == Value::No {
                continue;
            }
            match step.decision {
                Decision::Unknown(_) if is_decided => continue,
                Decision::Unknown(_) => return false,
                Decision::Allow => self.add(at, step, evaluation, why),
                _ => {}
            }
            is_decided |= value == Value::Yes;
            if step.is_in_the_way() {
                if value == Value::Yes {
                    break;
                }
                why.before.push(at);
            }
        }
        true
    }

    /// Returns what the policies do with a person who has no grant.
    pub fn without_grant(&self, evaluation: &Evaluation<'_, '_>) -> WithoutGrant {
        let mut without = WithoutGrant { can_enter: self.all.is_empty(), ..WithoutGrant::default() };
        for step in &self.all {
            let value = match step.decision {
                Decision::Allow | Decision::Deny => step.value(evaluation),
                _ => continue,
            };
            if step.decision == Decision::Allow && value != Value::No {
                without.can_enter = true;
                without.enters_by.push(step.id.as_ref().to_owned());
            }
            if value == Value::Yes && step.is_in_the_way() {
                let basis = step.place.map(|place| evaluation.basis(place)).unwrap_or_default();
                let basis = basis.into_iter().map(|(rule, value)| (rule, value.to_owned()));
                without.kept_out_by = Some((step.id.as_ref().to_owned(), basis.collect()));
                break;
            }
        }
        without
    }

    fn fold_for_token(&self, evaluation: &Evaluation<'_, '_>, why: &mut Why) {
        for (at, step) in self.all.iter().enumerate() {
            if step.decision == Decision::NonIdentity && step.value(evaluation) != Value::No {
                self.add(at, step, evaluation, why);
            }
        }
    }

    /// Adds a policy that lets the subject in, and isn't *no*.
    fn add(&self, at: usize, step: &Step, evaluation: &Evaluation<'_, '_>, why: &mut Why) {
        let Some(place) = step.place else { return };
        if evaluation.is_named(place) {
            evaluation.add_basis(place, &mut why.basis);
            why.is_own |= evaluation.own_rules(place) > 0;
        }
        if why.is_always {
            return;
        }
        let start = why.open.len();
        if evaluation.value(place) == Value::Open {
            evaluation.add_open(place, &mut why.open);
        }
        let (open, before) = (why.open.len(), why.before.len());
        let has_gate = self.providers.is_some() && evaluation.subject().is_person();
        why.is_always = open == start && before == 0 && !has_gate && step.approval.is_none();
        why.ways.push(Way { step: at, open, before });
    }

    /// Returns the access that a reason stands for.
    pub fn access<'m>(
        &'m self,
        (id, slug): (&'m str, &'static str),
        evaluation: &Evaluation<'m, '_>,
        why: &Why,
    ) -> Access<'m> {
        let mut basis = Vec::with_capacity(why.basis.len());
        for &at in &why.basis {
            if let Some((rule, value, policy)) = evaluation.named_by(at) {
                let through = Through { rule, value, policy: &policy.id };
                if !basis.contains(&through) {
                    basis.push(through);
                }
            }
        }
        let expected = why.expected.zip(self.evidence.clone());
        let expected = expected.map(|(holds, evidence)| Expected { holds, evidence });
        Access { id, slug, alternatives: self.alternatives(evaluation, why), basis, expected }
    }

    /// Returns the ways in which a login lets the subject in.
    fn alternatives<'m>(&'m self, evaluation: &Evaluation<'m, '_>, why: &Why) -> Vec<Alternative<'m>> {
        let providers = self.providers.as_deref().filter(|_| evaluation.subject().is_person());
        let mut start = 0;
        let alternatives = why.ways.iter().map(|way| {
            let open = why.open.get(start..way.open).unwrap_or_default();
            let mut alternative = evaluation.alternative(open);
            start = way.open;
            let approval = self.all.get(way.step).and_then(|step| step.approval.as_deref());
            alternative.all_of.extend(providers.into_iter().chain(approval).map(Into::into));
            let before = why.before.get(..way.before).unwrap_or_default();
            let before = before.iter().filter_map(|&at| self.all.get(at));
            alternative.none_of.extend(before.map(|step| Rule::text("policy", "id", &step.id).into()));
            alternative
        });
        alternatives.collect()
    }
}
