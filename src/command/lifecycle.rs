//! `invite`, `add-user`, `end-sessions`, `free-seat` and `remove`: steps for people who join and leave.

use super::actions::{Allowed, DevicesArgs, FormArgs, OwnArgs, run};
use super::failure::{Exit, Failure};
use super::ids::{account, address, person, role, user};
use super::names::all_by_name;
use super::program::{Program, Target};
use crate::contract::ResourceId;
use crate::contract::lifecycle::{Action, Invitation, NewUser, Step};
use crate::kinds::ASSIGNED_SLUG;
use crate::output::Snapshot;

/// Somebody to invite.
#[derive(Debug, clap::Args)]
pub struct InviteArgs<T: Target> {
    /// Who: one plain address
    #[arg(value_parser = address)]
    address: String,
    /// A role that the membership begins with: its id, or scoped-role:ID; with --names, its name can stand
    /// for the id; give it again for more of them
    #[arg(id = "role", long = "role", required = true, value_name = "ID", value_parser = role)]
    roles: Vec<ResourceId>,
    /// Let them in at once: Cloudflare sends no mail, and doesn't wait until they accept
    #[arg(long)]
    without_mail: bool,
    #[command(flatten)]
    form: FormArgs,
    #[command(flatten)]
    target: T,
}

/// Somebody to add.
#[derive(Debug, clap::Args)]
pub struct AddUserArgs<T: Target> {
    /// Who: one plain address
    #[arg(value_parser = address)]
    address: String,
    /// Their name
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    form: FormArgs,
    #[command(flatten)]
    target: T,
}

/// People whose sessions end.
#[derive(Debug, clap::Args)]
pub struct EndSessionsArgs<T: Target> {
    /// Whose: addresses, or accounts by kind and id; with --names, a name can stand for an id
    #[arg(required = true, value_name = "ADDRESS|KIND:ID", value_parser = person)]
    people: Vec<ResourceId>,
    #[command(flatten)]
    devices: DevicesArgs,
    #[command(flatten)]
    form: FormArgs,
    #[command(flatten)]
    target: T,
}

/// Users whose seats are given back.
#[derive(Debug, clap::Args)]
pub struct FreeSeatArgs<T: Target> {
    /// Whose: users by kind and id, as in user:…; with --names, a name can stand for an id
    #[arg(required = true, value_name = "user:ID", value_parser = user)]
    whose: Vec<ResourceId>,
    #[command(flatten)]
    form: FormArgs,
    #[command(flatten)]
    target: T,
}

/// Accounts to remove.
#[derive(Debug, clap::Args)]
pub struct RemoveArgs<T: Target> {
    /// Which: members, invitations and users by kind and id, as in member:… or user:…; with --names, a name
    /// can stand for an id
    #[arg(required = true, value_name = "KIND:ID", value_parser = account)]
    accounts: Vec<ResourceId>,
    #[command(flatten)]
    own: OwnArgs,
    #[command(flatten)]
    form: FormArgs,
    #[command(flatten)]
    target: T,
}

pub(super) fn invite<P: Program>(program: &P, args: InviteArgs<P::Target>) -> Result<Exit, P::Failure> {
    let InviteArgs { address, roles, without_mail, form, target } = args;
    steps(program, Allowed::default(), &form, target, |names| {
        let roles = all_by_name(roles, names)?;
        let entitlements = roles.iter().map(|ResourceId { kind, id }| assigned(kind, id)).collect();
        Ok(vec![Step::Invite(Invitation { address, entitlements, without_mail })])
    })
}

fn assigned(kind: &str, id: &str) -> String {
    format!("{kind}:{id}:{ASSIGNED_SLUG}")
}

pub(super) fn add_user<P: Program>(program: &P, args: AddUserArgs<P::Target>) -> Result<Exit, P::Failure> {
    let AddUserArgs { address, name, form, target } = args;
    steps(program, Allowed::default(), &form, target, |_| Ok(vec![Step::AddUser(NewUser { address, name })]))
}

pub(super) fn end_sessions<P: Program>(
    program: &P,
    args: EndSessionsArgs<P::Target>,
) -> Result<Exit, P::Failure> {
    let EndSessionsArgs { people, devices, form, target } = args;
    let allowed = Allowed { devices: devices.devices, ..Allowed::default() };
    steps(program, allowed, &form, target, |names| of_each(people, names, Step::EndSessions))
}

pub(super) fn free_seat<P: Program>(program: &P, args: FreeSeatArgs<P::Target>) -> Result<Exit, P::Failure> {
    let FreeSeatArgs { whose, form, target } = args;
    steps(program, Allowed::default(), &form, target, |names| of_each(whose, names, Step::FreeSeat))
}

pub(super) fn remove<P: Program>(program: &P, args: RemoveArgs<P::Target>) -> Result<Exit, P::Failure> {
    let RemoveArgs { accounts, own, form, target } = args;
    let allowed = Allowed { own: own.allow_own, ..Allowed::default() };
    steps(program, allowed, &form, target, |names| of_each(accounts, names, Step::Remove))
}

/// Makes a step of each, by its id or by the name that an earlier sync has for it.
fn of_each(
    given: Vec<ResourceId>,
    names: &Snapshot,
    step: fn(ResourceId) -> Step,
) -> Result<Vec<Step>, Failure> {
    Ok(all_by_name(given, names)?.into_iter().map(step).collect())
}

fn steps<P: Program>(
    program: &P,
    allowed: Allowed,
    form: &FormArgs,
    target: P::Target,
    steps: impl FnOnce(&Snapshot) -> Result<Vec<Step>, Failure>,
) -> Result<Exit, P::Failure> {
    target.check()?;
    form.check(target.reads_stdin())?;
    let names = form.read_names(P::OPEN)?;
    let steps: Vec<Action> = steps(&names)?.into_iter().map(Action::Step).collect();
    run(program, &steps, allowed, form, &names, Vec::new(), target)
}
