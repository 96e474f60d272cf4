//! A change or a step, in words and as JSON.

use super::lines::IdLine;
use super::names::resource_name;
use super::snapshot::Snapshot;
use super::words::kind;
use crate::contract::lifecycle::{Action, Invitation, NewUser, Step};
use crate::contract::{Change, Operation, ResourceId};
use serde::Serialize;

/// The fields of a change or a step.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum ActionFields<'a> {
    Change { operation: &'static str, entitlement: &'a str, principal: IdLine<'a> },
    Step(StepFields<'a>),
}

/// The fields of a step. [`super::StepLine`] reads the same.
#[derive(Serialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub(super) enum StepFields<'a> {
    Invite { address: &'a str, entitlements: &'a [String], without_mail: bool },
    AddUser { address: &'a str, name: Option<&'a str> },
    EndSessions { id: IdLine<'a> },
    FreeSeat { id: IdLine<'a> },
    Remove { id: IdLine<'a> },
}

impl<'a> From<&'a Action> for ActionFields<'a> {
    fn from(action: &'a Action) -> Self {
        match action {
            Action::Change(Change { operation: of, entitlement, principal }) => {
                ActionFields::Change { operation: operation(*of), entitlement, principal: principal.into() }
            }
            Action::Step(step) => ActionFields::Step(step.into()),
        }
    }
}

impl<'a> From<&'a Step> for StepFields<'a> {
    fn from(step: &'a Step) -> Self {
        match step {
            Step::Invite(Invitation { address, entitlements, without_mail }) => {
                StepFields::Invite { address, entitlements, without_mail: *without_mail }
            }
            Step::AddUser(NewUser { address, name }) => {
                StepFields::AddUser { address, name: name.as_deref() }
            }
            Step::EndSessions(id) => StepFields::EndSessions { id: id.into() },
            Step::FreeSeat(id) => StepFields::FreeSeat { id: id.into() },
            Step::Remove(id) => StepFields::Remove { id: id.into() },
        }
    }
}

pub(super) fn operation(operation: Operation) -> &'static str {
    match operation {
        Operation::Grant => "grant",
        Operation::Revoke => "revoke",
    }
}

/// Says what is asked for.
pub(super) fn in_words(action: &Action, names: &Snapshot) -> String {
    match action {
        Action::Change(Change { operation: of, entitlement, principal }) => {
            let direction = match of {
                Operation::Grant => "to",
                Operation::Revoke => "from",
            };
            let (entitlement, principal) = (held(entitlement, names), known(principal, names));
            format!("{} {entitlement} {direction} {principal}", operation(*of))
        }
        Action::Step(Step::Invite(Invitation { address, entitlements, without_mail })) => {
            let with: Vec<String> = entitlements.iter().map(|id| held(id, names)).collect();
            let with = if with.is_empty() { "no role".to_owned() } else { with.join(", ") };
            let how = if *without_mail { ", without a mail" } else { "" };
            format!("invite {address} with {with}{how}")
        }
        Action::Step(Step::AddUser(NewUser { address, name: None })) => format!("add the user {address}"),
        Action::Step(Step::AddUser(NewUser { address, name: Some(name) })) => {
            format!("add the user {address} ({name})")
        }
        Action::Step(Step::EndSessions(id)) => format!("end the sessions of {}", somebody(id, names)),
        Action::Step(Step::FreeSeat(id)) => format!("free the seat of {}", somebody(id, names)),
        Action::Step(Step::Remove(id)) => format!("remove {}", somebody(id, names)),
    }
}

/// Names an entitlement by the resource that it is held on, or by its id if that isn't known.
pub(super) fn held(entitlement: &str, names: &Snapshot) -> String {
    let named = names.held_on(entitlement).and_then(|on| Some((on, names.known_name(&on.kind, &on.id)?)));
    named.map_or_else(|| entitlement.to_owned(), |(on, name)| format!("{} “{name}”", kind(&on.kind, false)))
}

/// Names a principal, or returns its id if the name isn't known.
pub(super) fn known(id: &ResourceId, names: &Snapshot) -> String {
    let name = names.known_name(&id.kind, &id.id);
    name.map_or_else(|| resource_name(id), |name| format!("{} {name}", kind(&id.kind, false)))
}

/// Names a person by an account, or by the address alone.
pub(super) fn somebody(id: &ResourceId, names: &Snapshot) -> String {
    if id.kind == "email" { id.id.clone() } else { known(id, names) }
}

/// The noun for several actions: changes, steps, or both.
pub(super) fn noun<'a>(actions: impl Iterator<Item = &'a Action>) -> &'static str {
    let (mut changes, mut steps) = (false, false);
    for action in actions {
        match action {
            Action::Change(_) => changes = true,
            Action::Step(_) => steps = true,
        }
    }
    match (changes, steps) {
        (true, true) => "changes and steps",
        (false, true) => "steps",
        _ => "changes",
    }
}
