//! The doors between the shared command line and a program that has it: the program runs the
//! connector, and the commands know only these traits.

use super::facts::{FactsArgs, Pushed, Sources};
use super::failure::{Exit, Failure, READING_HELD, READING_ONE};
use super::help::Help;
use super::input::Open;
use super::settings::ConnectionArgs;
use crate::contract::{
    Change, Comparison, Demand, Error, GroupFacts, Manifest, Options, Report, ResourceId, Validation,
    Warning, lifecycle,
};
use crate::output::{Counts, Sink, Snapshot, Terminal, named, warning_text};
use std::io::{self, Write};
use std::time::Duration;

/// A program with this command line.
pub trait Program {
    /// The flags that say which account at Cloudflare to use, and how to reach it.
    type Upstream: clap::Args;
    /// The flags that say which account to use: one at Cloudflare, or another that the program has.
    type Target: Target + From<Self::Upstream>;
    /// The arguments of `sync`. Each program has its own: they say where results go.
    type SyncArgs: clap::Args;
    /// The connector, opened for one account.
    type Session: Session<Failure = Self::Failure>;
    /// The program's failures.
    type Failure: Fault;

    /// Whether scripts see the numbers of [`Exit`]. Otherwise standard error says in words what the
    /// number would say.
    const EXIT_CODES: bool;
    /// The function that opens the files of arguments.
    const OPEN: Open;
    /// The end of the help of `sync`.
    const SYNC_HELP: Help;

    /// The end of a command's help, in the program's own form.
    fn after_help(help: &Help) -> String;

    /// Standard output.
    fn terminal() -> Terminal;

    /// Writes a warning to standard error, in the form of the program's logs.
    fn warn(warning: &Warning) {
        warn(warning);
    }

    /// Writes the summary of a command to standard error, in the form of the program's logs.
    fn summary(text: &str) {
        // A closed standard error loses no outcome.
        let _: io::Result<()> = writeln!(io::stderr(), "{text}");
    }

    /// Notes in the program's logs why the exit code isn't 0, where standard output tells a person.
    fn note(_exit: Exit, _text: &str) {}

    /// Returns the connector's manifest.
    ///
    /// # Errors
    /// Fails when the connector can't be started.
    fn describe(&self) -> Result<Manifest, Self::Failure>;

    /// Opens a session.
    ///
    /// # Errors
    /// Fails when the credentials can't be read, or the connector doesn't accept the settings.
    fn open(&self, target: Self::Target, access: Access) -> Result<Self::Session, Self::Failure>;

    /// Reads everything, and writes it as the arguments say.
    ///
    /// # Errors
    /// Fails when something can't be read or written.
    fn sync(&self, args: Self::SyncArgs) -> Result<Exit, Self::Failure>;
}

/// The connector, opened for one account.
pub trait Session: Sized {
    /// The program's failures.
    type Failure: Fault;

    /// Checks what the credentials may read and change.
    ///
    /// # Errors
    /// Fails when the credentials are rejected, or the upstream can't be asked.
    fn validate(&mut self) -> Result<Validation, Self::Failure>;

    /// Asks which groups of identity providers rules name.
    ///
    /// # Errors
    /// Fails when what has rules can't be read.
    fn wanted(&mut self) -> Result<Demand, Self::Failure>;

    /// Asks what SCIM pushed of these groups, all of it.
    ///
    /// # Errors
    /// Fails when it can't be read.
    fn pushed(&mut self) -> Result<Pushed, Self::Failure>;

    /// Tells who is in these groups, for all later calls. A piece has a bound: see [`super::facts::Known`].
    ///
    /// # Errors
    /// Fails when there are too many facts.
    fn learn(&mut self, facts: &[GroupFacts]) -> Result<(), Self::Failure>;

    /// Reads to the end, and puts each page into the sink.
    ///
    /// # Errors
    /// Fails when a page can't be read or written.
    fn pages(self, wanted: Wanted, sink: &mut dyn Sink) -> Result<Counts, Self::Failure>;

    /// Reads everything of these kinds, and puts each page into the sink.
    ///
    /// # Errors
    /// Fails when a page can't be read or taken.
    fn list(&mut self, kinds: &[String], sink: &mut dyn Sink) -> Result<(), Self::Failure>;

    /// Compares a part of what the rules say of people with the upstream's verdict.
    ///
    /// # Errors
    /// Fails when the upstream can't be asked, or has nothing to test.
    fn compare(&mut self, subject: &ResourceId, cursor: Option<&str>) -> Result<Comparison, Self::Failure>;

    /// Waits for the upstream.
    ///
    /// # Errors
    /// Fails when a signal ends the wait.
    fn wait(&mut self, time: Duration) -> Result<(), Self::Failure>;

    /// Makes changes, or plans them.
    ///
    /// # Errors
    /// Fails when the call as a whole does. Each change has its own result in the report.
    fn apply(&mut self, changes: &[Change], options: &Options) -> Result<Report, Self::Failure>;

    /// Does steps for people who join and leave, or plans them.
    ///
    /// # Errors
    /// Fails when the call as a whole does. Each step has its own result in the report.
    fn apply_steps(
        &mut self,
        steps: &[lifecycle::Step],
        options: &lifecycle::Options,
    ) -> Result<lifecycle::Report, Self::Failure>;

    /// Takes everything from a person who leaves, or plans that, except what the words of `keep` name.
    ///
    /// # Errors
    /// Fails when the connector refuses the call as a whole. Then nothing was written. Where the call ended
    /// in another way, the failure says that something may be written.
    fn offboard(
        &mut self,
        person: &ResourceId,
        keep: &[String],
        options: &lifecycle::Options,
    ) -> Result<lifecycle::Offboarding, Self::Failure>;
}

/// The flags that say which account to use.
pub trait Target: clap::Args {
    /// The flags that name sources of facts about people.
    type Facts: Sources;

    /// Reports flags that contradict each other, before anything is read or started.
    ///
    /// # Errors
    /// Fails when they do.
    fn check(&self) -> Result<(), Failure>;

    /// Whether a secret comes from standard input.
    fn reads_stdin(&self) -> bool;
}

impl Target for ConnectionArgs {
    type Facts = FactsArgs;

    fn check(&self) -> Result<(), Failure> {
        Ok(())
    }

    fn reads_stdin(&self) -> bool {
        ConnectionArgs::reads_stdin(self)
    }
}

/// A program's failures: those of every program, and its own.
pub trait Fault: From<Failure> {
    /// The same failure, at a moment when changes may have been written already.
    #[must_use]
    fn may_be_written(self) -> Self;

    /// The same failure, with the names that are known before the ids in its message.
    #[must_use]
    fn with_names(self, names: &Snapshot) -> Self;

    /// The connector's error, if it is one.
    fn error(&self) -> Option<&Error>;
}

impl Fault for Failure {
    fn may_be_written(self) -> Failure {
        Failure::MayBeWritten(Box::new(self))
    }

    fn with_names(mut self, names: &Snapshot) -> Failure {
        if let Failure::Connector { error, .. } = &mut self {
            error.message = named(&error.message, names);
        }
        self
    }

    fn error(&self) -> Option<&Error> {
        match self {
            Failure::Connector { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// The requests that a session may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads alone.
    ReadOnly,
    /// Also writes that change who holds what.
    Provisioning,
    /// Also writes that bring people in and let them go.
    Lifecycle,
    /// Reads, and the one request that has the upstream judge people. It changes nothing.
    Verification,
}

/// The subject of a read.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// Everything of these kinds, or of all kinds if none is named: `sync.read`.
    Kinds(Vec<String>),
    /// One resource, and the grants on it: `sync.get`.
    One(ResourceId),
    /// Everything that one principal holds: `sync.held`.
    Held(ResourceId),
}

impl Wanted {
    /// The purpose of the read, for a failure.
    #[must_use]
    pub fn tried(&self) -> &'static str {
        match self {
            Wanted::Kinds(_) => "reading the account",
            Wanted::One(_) => READING_ONE,
            Wanted::Held(_) => READING_HELD,
        }
    }
}

/// The exit code of a read that came to its end. A gap must not look like a revocation, also to
/// someone who sees the exit code alone. `is_in_part` says that people are missing from the facts that it
/// rests on.
pub fn exit_of_read<P: Program>(counts: &Counts, is_in_part: bool) -> Exit {
    exit_of_gaps::<P>(counts.is_incomplete() || is_in_part)
}

/// The exit code of a read in which data may be missing.
pub(super) fn exit_of_gaps<P: Program>(is_incomplete: bool) -> Exit {
    if !is_incomplete {
        return Exit::Done;
    }
    if !P::EXIT_CODES {
        eprintln!("warning: data is missing: the warnings say which");
    }
    Exit::Incomplete
}

/// Writes a warning to standard error, for a person.
pub fn warn(warning: &Warning) {
    // A closed standard error loses no result.
    let line = Terminal::stderr().line(&format!("warning: {}", warning_text(warning)), 0);
    let _: io::Result<()> = writeln!(io::stderr(), "{line}");
}
