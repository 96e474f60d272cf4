//! `grant`, `revoke` and `apply`: changes, and their outcomes.

use super::actions::{Allowed, DevicesArgs, FormArgs, OwnArgs, run};
use super::changes_file::{self, ONE_STANDARD_INPUT};
use super::facts::Sources;
use super::failure::{Exit, Failure};
use super::ids::{entitlement_id, exact_id};
use super::program::{Program, Target};
use crate::contract::lifecycle::Action;
use crate::contract::{Change, Operation, ResourceId};
use std::path::{Path, PathBuf};

/// An entitlement, and the principals to grant it to or to revoke it from.
#[derive(Debug, clap::Args)]
pub struct ChangeArgs<T: Target> {
    /// What can be held: the id of an entitlement, as sync and get give it
    #[arg(long, value_name = "KIND:ID:SLUG", value_parser = entitlement_id)]
    entitlement: String,
    /// Who: a user, a member or an email, by its id; give it again for more of them, 1,000 at most
    #[arg(long = "principal", required = true, value_name = "KIND:ID", value_parser = exact_id)]
    principals: Vec<ResourceId>,
    #[command(flatten)]
    gains: GainsArgs,
    #[command(flatten)]
    form: FormArgs,
    #[command(flatten)]
    facts: T::Facts,
    #[command(flatten)]
    target: T,
}

/// A list of changes and steps.
#[derive(Debug, clap::Args)]
pub struct ApplyArgs<T: Target> {
    /// Which changes; - is standard input
    #[arg(long, short, value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    gains: GainsArgs,
    #[command(flatten)]
    own: OwnArgs,
    #[command(flatten)]
    devices: DevicesArgs,
    #[command(flatten)]
    form: FormArgs,
    #[command(flatten)]
    facts: T::Facts,
    #[command(flatten)]
    target: T,
}

/// A list of changes alone, for programs that do no steps.
#[derive(Debug, clap::Args)]
pub struct ChangesArgs<T: Target> {
    #[command(flatten)]
    target: T,
    /// Which changes; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    gains: GainsArgs,
    #[command(flatten)]
    form: FormArgs,
}

#[derive(Debug, clap::Args)]
struct GainsArgs {
    /// Also do a revoke that gives its principal something elsewhere; a grant never needs it
    ///
    /// Leaving a group that another one excludes, or that an application denies, lets them into that other
    /// one, or into the application. Without this, it is refused.
    #[arg(long)]
    allow_gains: bool,
}

pub(super) fn change<P: Program>(
    program: &P,
    operation: Operation,
    args: ChangeArgs<P::Target>,
) -> Result<Exit, P::Failure> {
    let ChangeArgs { entitlement, principals, gains, form, facts, target } = args;
    target.check()?;
    let change =
        |principal| Action::Change(Change { operation, entitlement: entitlement.clone(), principal });
    let changes: Vec<Action> = principals.into_iter().map(change).collect();
    form.check(facts.check(target.reads_stdin())?)?;
    let allowed = Allowed { gains: gains.allow_gains, ..Allowed::default() };
    let names = form.read_names(P::OPEN)?;
    let sources = facts.read(P::OPEN)?;
    run(program, &changes, allowed, &form, &names, sources, target)
}

/// Makes the changes of a list, or plans them, and writes their outcomes.
///
/// # Errors
/// Fails when the list can't be read or has a step in it, or when the call as a whole fails.
pub fn apply_changes<P: Program>(program: &P, args: ChangesArgs<P::Target>) -> Result<Exit, P::Failure> {
    let ChangesArgs { target, file, gains, form } = args;
    target.check()?;
    if file == Path::new("-") && target.reads_stdin() {
        return Err(Failure::Usage(ONE_STANDARD_INPUT.to_owned()).into());
    }
    form.check(file == Path::new("-") || target.reads_stdin())?;
    let actions = changes_file::read(&file, P::OPEN)?;
    if actions.iter().any(|action| matches!(action, Action::Step(_))) {
        let problem = "The list has a step in it, and only changes can be made here. Nothing was sent.";
        return Err(Failure::Usage(problem.to_owned()).into());
    }
    let allowed = Allowed { gains: gains.allow_gains, ..Allowed::default() };
    let names = form.read_names(P::OPEN)?;
    run(program, &actions, allowed, &form, &names, Vec::new(), target)
}

pub(super) fn apply<P: Program>(program: &P, args: ApplyArgs<P::Target>) -> Result<Exit, P::Failure> {
    let ApplyArgs { file, gains, own, devices, form, facts, target } = args;
    target.check()?;
    if file == Path::new("-") && target.reads_stdin() {
        return Err(Failure::Usage(ONE_STANDARD_INPUT.to_owned()).into());
    }
    form.check(facts.check(file == Path::new("-") || target.reads_stdin())?)?;
    let actions = changes_file::read(&file, P::OPEN)?;
    let allowed = Allowed { gains: gains.allow_gains, own: own.allow_own, devices: devices.devices };
    let names = form.read_names(P::OPEN)?;
    let sources = facts.read(P::OPEN)?;
    run(program, &actions, allowed, &form, &names, sources, target)
}
