//! All applications of an account.

use super::access::{Access, Through};
use super::application::{Application, Attached, Decision};
use super::fold::{Step, Steps, Why, WithoutGrant};
use super::{exposure, warnings};
use crate::json::{Object, list, quoted};
use crate::model::Warning;
use crate::places::Places;
use crate::rules::{Evaluation, Membership, RuleSet, Scratch, Subject, Unnamed, Value};
use crate::sorted::{Set, sort_by};

/// All applications of an account. Its size is bounded by applications and policies, whatever the
/// number of people. An application is named by its place.
#[derive(Debug)]
pub struct Applications {
    /// Sorted by id, each once.
    all: Vec<Application>,
    /// For each application, its policies.
    steps: Vec<Steps>,
    /// For each policy of the membership, the places of the applications that have it.
    with_policy: Vec<Vec<usize>>,
    /// The first place of a policy.
    first_policy: usize,
    /// The places of the applications that those have access to whom no rule names.
    usual: Unnamed<Places>,
    /// For each policy of the membership, whether it can match nobody in particular.
    open_to_nobody: Vec<bool>,
    warnings: Vec<Warning>,
    /// The identity providers of the account, if they can be read.
    providers: Option<Set<String>>,
}

/// The working memory of a search for applications, kept between subjects.
#[derive(Debug, Default)]
pub struct Search {
    found: Places,
    candidates: Vec<usize>,
}

impl Applications {
    /// Prepares applications for the groups and policies of a membership. Among applications with the
    /// same id, the first one counts; apart from this, their order doesn't matter. `providers` are the
    /// ids of the account's identity providers, if they can be read.
    pub fn new(mut all: Vec<Application>, providers: Option<Set<String>>, membership: &Membership) -> Self {
        sort_by(&mut all, |a, b| a.id.cmp(&b.id));
        all.dedup_by(|later, first| later.id == first.id);
        let mut applications = Self {
            all,
            steps: Vec::new(),
            with_policy: Vec::new(),
            first_policy: 0,
            usual: Unnamed::default(),
            open_to_nobody: Vec::new(),
            warnings: Vec::new(),
            providers,
        };
        applications.bind(membership);
        applications
    }

    /// Prepares the same applications for another membership. Evaluations have to be of the membership
    /// that the applications were prepared for last.
    pub fn bind(&mut self, membership: &Membership) {
        let of = |application: &Application| self.steps_of(application, membership);
        self.steps = self.all.iter().map(of).collect();
        self.first_policy = membership.groups().len();
        self.with_policy = vec![Vec::new(); membership.places() - self.first_policy];
        for (at, steps) in self.steps.iter().enumerate() {
            for place in steps.all.iter().filter_map(|step| step.place) {
                let with_it = self.with_policy.get_mut(place - self.first_policy);
                with_it.into_iter().for_each(|apps| apps.push(at));
            }
        }
        self.usual = Unnamed::new(|subject| self.usual_of(subject, membership));
        let mut scratch = Scratch::default();
        let nobody = membership.evaluate(Subject::Nobody, [], &mut scratch);
        let policies = self.first_policy..membership.places();
        self.open_to_nobody = policies.map(|place| nobody.value(place) != Value::No).collect();
        let all = self.all.iter().zip(&self.steps);
        self.warnings = all.flat_map(|(it, steps)| warnings::of(it, steps, membership)).collect();
    }

    fn steps_of(&self, application: &Application, membership: &Membership) -> Steps {
        if !application.gate.is_by_policies() {
            return Steps::default();
        }
        let mut policies: Vec<&Attached> = application.policies.iter().flatten().collect();
        sort_by(&mut policies, |a, b| {
            (a.precedence.is_none(), a.precedence).cmp(&(b.precedence.is_none(), b.precedence))
        });
        let step = |policy: &Attached| {
            let place = membership.place_of_policy(&policy.id);
            let approval = policy.approval.as_ref();
            Step {
                id: policy.id.as_str().into(),
                // Nothing is known of a policy without rules.
                decision: place.map_or(Decision::Unknown(String::new()), |_| policy.decision.clone()),
                place,
                approval: approval
                    .map(|groups| Object::default().with("approval_required", groups).end().into()),
            }
        };
        let all: Vec<Step> = policies.into_iter().map(step).collect();
        let mut concern_people = Vec::new();
        for step in all.iter().filter(|step| matches!(step.decision, Decision::Allow | Decision::Deny)) {
            concern_people.extend(step.place);
        }
        let evidence = membership.evidence(&concern_people);
        Steps { all, providers: self.providers_of(application), evidence }
    }

    /// Returns the condition that an application accepts only some of the account's identity providers.
    fn providers_of(&self, application: &Application) -> Option<Box<str>> {
        let allowed = &application.allowed_idps;
        let is_allowed = |id: &String| allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(id));
        // Where an application names some, a list without any isn't believed.
        let is_all = self.providers.as_ref().is_some_and(|all| !all.is_empty() && all.iter().all(is_allowed));
        if allowed.is_empty() || is_all {
            return None;
        }
        let ids: Vec<String> = allowed.iter().map(|id| quoted(id)).collect();
        Some(Object::default().with("allowed_idps", &list(&ids)).end().into())
    }

    fn usual_of(&self, subject: Subject<'_>, membership: &Membership) -> Places {
        let mut scratch = Scratch::default();
        let evaluation = membership.evaluate_unnamed(subject, &mut scratch);
        let (mut why, mut usual) = (Why::default(), Places::default());
        usual.begin(self.all.len(), false);
        let held = (0..self.all.len()).filter(|&at| self.reason(at, &evaluation, &mut why));
        held.for_each(|at| usual.add(at));
        usual
    }

    /// Returns the policies of the application at a place, in the order of evaluation.
    pub(super) fn steps_at(&self, place: usize) -> &[Step] {
        self.steps.get(place).map(|steps| steps.all.as_slice()).unwrap_or_default()
    }

    /// Returns all applications, sorted by id.
    pub fn all(&self) -> &[Application] {
        &self.all
    }

    /// Returns the place of the application with this id.
    pub fn place_of(&self, id: &str) -> Option<usize> {
        self.all.binary_search_by(|application| application.id.as_str().cmp(id)).ok()
    }

    /// Returns the places of the applications that the subject can have access to, sorted. All others
    /// needn't be asked for: for most subjects, those are almost all.
    pub fn candidates<'r>(&self, evaluation: &Evaluation<'_, '_>, search: &'r mut Search) -> &'r [usize] {
        let Search { found, candidates } = search;
        found.begin_as(self.all.len(), self.usual.of(evaluation.subject()));
        for place in evaluation.touched_policies() {
            let with_it = self.with_policy.get(place - self.first_policy);
            with_it.into_iter().flatten().for_each(|&at| found.add(at));
        }
        candidates.clear();
        candidates.extend(found.iter());
        candidates
    }

    /// Replaces `why` with the reason why the subject has access to the application at a place. Returns
    /// whether it has; if not, `why` says nothing.
    pub fn reason(&self, place: usize, evaluation: &Evaluation<'_, '_>, why: &mut Why) -> bool {
        self.steps.get(place).is_some_and(|steps| steps.fold(evaluation, why))
    }

    /// Returns how firmly the subject has access to the application at a place: *open* if it rests on
    /// conditions.
    pub fn value(&self, place: usize, evaluation: &Evaluation<'_, '_>) -> Value {
        let mut why = Why::default();
        match self.reason(place, evaluation, &mut why) {
            false => Value::No,
            true if why.is_certain() => Value::Yes,
            true => Value::Open,
        }
    }

    /// Returns the access that a reason stands for.
    pub fn access_for<'m>(
        &'m self,
        place: usize,
        evaluation: &Evaluation<'m, '_>,
        why: &Why,
    ) -> Option<Access<'m>> {
        let application = self.all.get(place)?;
        let names = (application.id.as_str(), application.gate.slug()?);
        Some(self.steps.get(place)?.access(names, evaluation, why))
    }

    /// Returns the subject's access to the application at a place, if it has any.
    pub fn access<'m>(&'m self, place: usize, evaluation: &Evaluation<'m, '_>) -> Option<Access<'m>> {
        let mut why = Why::default();
        if self.reason(place, evaluation, &mut why) { self.access_for(place, evaluation, &why) } else { None }
    }

    /// Returns the include rules of the application's `allow` policies that can name somebody, in the
    /// order of evaluation: a change of the groups among them changes who has access.
    pub fn ways_in<'m>(&self, place: usize, membership: &'m Membership) -> Vec<Through<'m>> {
        let steps = self.steps.get(place).into_iter().flat_map(|steps| &steps.all);
        let allows = steps.filter(|step| step.decision == Decision::Allow);
        let policies = allows.filter_map(|step| step.rules(membership));
        let ways = |set: &'m RuleSet| {
            membership.naming(set).map(|(rule, value)| Through { rule, value, policy: set.id() })
        };
        policies.flat_map(ways).collect()
    }

    /// Returns what the policies of the application at a place do with a subject who has no grant on it.
    pub fn without_grant(&self, place: usize, evaluation: &Evaluation<'_, '_>) -> WithoutGrant {
        self.steps.get(place).map(|steps| steps.without_grant(evaluation)).unwrap_or_default()
    }

    /// Returns what opens the application at a place to nobody in particular: a JSON object for the
    /// `extra` of its entitlement. Lists of addresses don't matter for it, so they needn't be read.
    pub fn extra(&self, place: usize, membership: &Membership) -> String {
        let (Some(application), Some(steps)) = (self.all.get(place), self.steps.get(place)) else {
            return Object::default().end();
        };
        let is_open = |place: usize| self.open_to_nobody.get(place - self.first_policy) == Some(&true);
        exposure::extra(application, steps, membership, is_open)
    }

    /// Returns the warnings about applications, sorted by application.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}
