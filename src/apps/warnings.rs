//! Warnings about applications.

use super::application::{Application, Decision, Gate};
use super::exposure::public_by;
use super::fold::Steps;
use crate::model::{Kind, ResourceId, Warning, WarningCode};
use crate::rules::Membership;

/// Returns the warnings about an application.
pub(super) fn of(application: &Application, steps: &Steps, membership: &Membership) -> Vec<Warning> {
    let id = &application.id;
    let warning = |code, message| Warning::new(code, Some(ResourceId::new(Kind::App, id)), message);
    let mut warnings = Vec::new();
    if application.gate == Gate::Unknown {
        let message = format!(
            "The type of the application {id} isn't known to this connector, so what its policies gate isn't \
             known either: it is given without grants. Look for a newer version of the connector."
        );
        warnings.push(warning(WarningCode::AppNotUnderstood, message));
    }
    for step in &steps.all {
        // A policy without rules is warned of by whoever couldn't read them. One without an include
        // matches nobody.
        if let Decision::Unknown(word) = &step.decision
            && step.rules(membership).is_some_and(|rules| rules.includes() > 0)
        {
            let message = format!(
                "The policy {} of the application {id} has the decision {word:?}, which isn't known to this \
                 connector: whomever it may match has no grant on the application, unless a policy before it \
                 decides. Look for a newer version of the connector.",
                step.id
            );
            warnings.push(warning(WarningCode::AppNotUnderstood, message));
        }
    }
    if let Some(step) = public_by(steps, membership) {
        let message = format!(
            "The application {id} is open to everybody, without a login: its bypass policy {} includes \
             everyone. If that isn't meant, delete the policy, or give it a narrower include.",
            step.id
        );
        warnings.push(warning(WarningCode::AppPublic, message));
    }
    warnings
}
