//! The access to an application that nobody in particular has: what lets in whoever comes, without a
//! login, or whoever logs in.

use super::application::{Application, Decision, Gate};
use super::fold::{Step, Steps};
use crate::json::{Object, list, quoted};
use crate::rules::{Membership, RuleSet, Section};

/// Returns the `extra` of the application's entitlement, a JSON object. `is_open` says whether the
/// policy at a place can match nobody in particular.
pub(super) fn extra(
    application: &Application,
    steps: &Steps,
    membership: &Membership,
    is_open: impl Fn(usize) -> bool,
) -> String {
    let open = steps.all.iter().filter(|step| {
        let is_without_login = matches!(step.decision, Decision::Bypass | Decision::NonIdentity);
        is_without_login && step.place.is_some_and(&is_open)
    });
    let open: Vec<String> = open.filter_map(|step| Some(open_to(step, step.rules(membership)?))).collect();
    let mut extra = Object::default();
    if !open.is_empty() {
        extra = extra.with("open_to", &list(&open));
    }
    if public_by(steps, membership).is_some() {
        extra = extra.with("public", "true");
    }
    if is_for_whoever_logs_in(application, steps, membership) {
        extra = extra.with("whoever_logs_in", "true");
    }
    extra.end()
}

fn open_to(step: &Step, rules: &RuleSet) -> String {
    let of = |section| list(&rules.texts(section).map(String::from).collect::<Vec<_>>());
    Object::default()
        .with("policy", &quoted(&step.id))
        .with("decision", &quoted(step.decision.word()))
        .with("any_of", &of(Section::Include))
        .with("all_of", &of(Section::Require))
        .with("none_of", &of(Section::Exclude))
        .end()
}

/// Returns the policy that opens an application to everybody, if there is one.
pub(super) fn public_by<'a>(steps: &'a Steps, membership: &Membership) -> Option<&'a Step> {
    let is_public = |step: &&Step| step.decision == Decision::Bypass && is_for_everybody(step, membership);
    steps.all.iter().find(is_public)
}

/// Whether a policy is for everybody, whatever a login shows.
fn is_for_everybody(step: &Step, membership: &Membership) -> bool {
    step.rules(membership).is_some_and(|rules| {
        let is_empty = |section| rules.texts(section).next().is_none();
        rules.includes_everyone() && is_empty(Section::Require) && is_empty(Section::Exclude)
    })
}

/// Whether an application lets whoever logs in in.
fn is_for_whoever_logs_in(application: &Application, steps: &Steps, membership: &Membership) -> bool {
    if matches!(application.gate, Gate::WhoeverLogsIn | Gate::ShownToAll) {
        return true;
    }
    let denies = |step: &&Step| step.decision == Decision::Deny && is_for_everybody(step, membership);
    let before = steps.all.iter().take_while(|step| !denies(step));
    let mut allows = before.filter(|step| step.decision == Decision::Allow && step.approval.is_none());
    allows.any(|step| {
        step.rules(membership).is_some_and(|rules| {
            let includes = rules.includes_everyone() || rules.includes_login_method();
            includes && rules.texts(Section::Require).next().is_none()
        })
    })
}
