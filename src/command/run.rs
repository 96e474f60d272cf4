//! The commands that every program has, and their dispatch. A new command is a file with its
//! arguments and its work, its help in [`super::help`], and two lines here.

use super::failure::Exit;
use super::get::{GetArgs, HeldArgs};
use super::program::Program;
use super::provision::{ApplyArgs, ChangeArgs};
use super::{describe, get, help, provision, validate};
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
    /// Give principals an entitlement
    #[command(after_help = P::after_help(&help::GRANT))]
    Grant(Box<ChangeArgs<P::Target>>),
    /// Take an entitlement from principals
    #[command(after_help = P::after_help(&help::REVOKE))]
    Revoke(Box<ChangeArgs<P::Target>>),
    /// Grant and revoke what a list says
    ///
    /// Each line of the list is a change; lines may be empty:
    ///
    /// {"operation":"grant","entitlement":"group:…:member","principal":{"kind":"user","id":"…"}}
    ///
    /// If a line isn't a change, nothing is sent. Changes of the same resource go out as one write, and
    /// one that fails leaves the others standing. At most 1,000 changes.
    #[command(after_help = P::after_help(&help::APPLY))]
    Apply(Box<ApplyArgs<P::Target>>),
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
            Command::Grant(args) => provision::change(program, Operation::Grant, *args),
            Command::Revoke(args) => provision::change(program, Operation::Revoke, *args),
            Command::Apply(args) => provision::apply(program, *args),
        }
    }
}
