//! The commands that every program has, and their dispatch. A new command is a file with its
//! arguments and its work, its help in [`super::help`], and two lines here.

use super::failure::Exit;
use super::get::{GetArgs, HeldArgs};
use super::lifecycle::{AddUserArgs, EndSessionsArgs, FreeSeatArgs, InviteArgs, RemoveArgs};
use super::offboard::OffboardArgs;
use super::program::Program;
use super::provision::{ApplyArgs, ChangeArgs};
use super::verify::VerifyArgs;
use super::wanted::Identities;
use super::{describe, get, help, lifecycle, offboard, provision, validate, verify};
use crate::contract::Operation;

/// The commands that every program has.
#[derive(clap::Subcommand)]
pub enum Command<P: Program> {
    /// Show what the connector is and needs
    #[command(after_help = P::after_help(&help::DESCRIBE))]
    Describe,
    /// Ask Cloudflare what these credentials may read, and what they may change
    #[command(after_help = P::after_help(&help::VALIDATE))]
    Validate(Box<P::Upstream>),
    /// Read everything: who is there, what can be held, and who holds it
    #[command(after_help = P::after_help(&P::SYNC_HELP))]
    Sync(Box<P::SyncArgs>),
    /// Read one resource, what can be held on it, and who holds it, as they are now
    #[command(after_help = P::after_help(&help::GET))]
    Get(Box<GetArgs<P::Target>>),
    /// Read everything that one principal holds now: groups, roles, applications, and why
    #[command(after_help = P::after_help(&help::HELD))]
    Held(Box<HeldArgs<P::Target>>),
    /// Ask Cloudflare's policy tester about applications and groups, and compare its verdict with the rules
    ///
    /// The tester judges the last login of everybody who has ever logged in. Where the rules say for sure
    /// that somebody gets in, or doesn't, its verdict has to be the same: another one is shown as one that
    /// cannot be. Where they ask for something that only a login shows, both can be; with --identities, the
    /// verdict is compared with what was expected. Nothing is changed. The credentials need the permission
    /// Access: Policy Test Write.
    #[command(after_help = P::after_help(&help::VERIFY))]
    Verify(Box<VerifyArgs<P::Target>>),
    /// Ask what identity providers could tell of people whom only they know
    #[command(subcommand)]
    Identities(Identities<P>),
    /// Give principals an entitlement
    #[command(after_help = P::after_help(&help::GRANT))]
    Grant(Box<ChangeArgs<P::Target>>),
    /// Take an entitlement from principals
    #[command(after_help = P::after_help(&help::REVOKE))]
    Revoke(Box<ChangeArgs<P::Target>>),
    /// Grant and revoke what a list says, and do the steps that it names
    ///
    /// Each line of the list is a change or a step; lines may be empty:
    ///
    /// {"operation":"grant","entitlement":"group:…:member","principal":{"kind":"user","id":"…"}}
    ///
    /// {"step":"invite","address":"ann@corp.example","entitlements":["role:…:assigned"]}
    ///
    /// {"step":"add-user","address":"ann@corp.example","name":"Ann Lee"}
    ///
    /// {"step":"end-sessions","id":{"kind":"email","id":"ann@corp.example"}}, and so free-seat and remove
    ///
    /// If a line is neither, nothing is sent. All changes are made before the first step, and steps in the
    /// order above, whatever the order of the lines. Changes of the same resource go out as one write, and
    /// one that fails leaves the others standing. At most 1,000 changes and 1,000 steps.
    #[command(after_help = P::after_help(&help::APPLY))]
    Apply(Box<ApplyArgs<P::Target>>),
    /// Invite somebody to become an account member
    ///
    /// If the same invitation is open already, nothing is written.
    #[command(after_help = P::after_help(&help::INVITE))]
    Invite(Box<InviteArgs<P::Target>>),
    /// Add an Access user, who holds nothing by that alone
    #[command(after_help = P::after_help(&help::ADD_USER))]
    AddUser(Box<AddUserArgs<P::Target>>),
    /// End all Access sessions of people; it keeps nobody from the next login
    #[command(after_help = P::after_help(&help::END_SESSIONS))]
    EndSessions(Box<EndSessionsArgs<P::Target>>),
    /// Give back the seats of Access users; the users stay
    #[command(after_help = P::after_help(&help::FREE_SEAT))]
    FreeSeat(Box<FreeSeatArgs<P::Target>>),
    /// Remove members, invitations and Access users, with what they hold
    ///
    /// The address still has what rules give to it: offboard takes that away too.
    #[command(after_help = P::after_help(&help::REMOVE))]
    Remove(Box<RemoveArgs<P::Target>>),
    /// Take everything from somebody who leaves, and say first what still lets them in
    ///
    /// It takes away the rules of groups that name the address, and the memberships in user groups. Then it
    /// ends sessions, frees the seat, and removes member and user. What it can't take away is named first,
    /// with what closes it: rules for a domain or for everyone, lists, groups of an identity provider, and
    /// applications that need no login.
    #[command(after_help = P::after_help(&help::OFFBOARD))]
    Offboard(Box<OffboardArgs<P::Target>>),
}

impl<P: Program> Command<P> {
    /// Runs the command, and returns its exit code.
    ///
    /// # Errors
    /// Fails when the command can't do what was asked.
    pub fn run(self, program: &P) -> Result<Exit, P::Failure> {
        match self {
            Command::Describe => describe::run(program),
            Command::Validate(args) => validate::run(program, *args),
            Command::Sync(args) => program.sync(*args),
            Command::Get(args) => get::get(program, *args),
            Command::Held(args) => get::held(program, *args),
            Command::Verify(args) => verify::run(program, *args),
            Command::Identities(command) => command.run(program),
            Command::Grant(args) => provision::change(program, Operation::Grant, *args),
            Command::Revoke(args) => provision::change(program, Operation::Revoke, *args),
            Command::Apply(args) => provision::apply(program, *args),
            Command::Invite(args) => lifecycle::invite(program, *args),
            Command::AddUser(args) => lifecycle::add_user(program, *args),
            Command::EndSessions(args) => lifecycle::end_sessions(program, *args),
            Command::FreeSeat(args) => lifecycle::free_seat(program, *args),
            Command::Remove(args) => lifecycle::remove(program, *args),
            Command::Offboard(args) => offboard::run(program, *args),
        }
    }
}
