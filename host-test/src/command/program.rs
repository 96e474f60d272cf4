//! This program's side of the shared command line: it runs the connector's component in the host.

use super::connector;
use super::failure::Failure;
use super::help;
use super::input;
use super::logs;
use super::reading::{Place, read_pages};
use super::signals::Signals;
use super::sync::{self, SyncArgs};
use super::target::{TargetArgs, UpstreamArgs};
use crate::mock::Mock;
use crate::routes;
use cloudflare_zero_trust::command::facts::Pushed;
use cloudflare_zero_trust::command::failure::Exit;
use cloudflare_zero_trust::command::help::Help;
use cloudflare_zero_trust::command::input::Open;
use cloudflare_zero_trust::command::program::{self, Access, Fault, Program, Wanted, exit_of_read};
use cloudflare_zero_trust::contract::{
    Change, Comparison, Demand, GroupFacts, Manifest, Options, Report, ResourceId, Validation, Warning,
    lifecycle,
};
use cloudflare_zero_trust::output::{Counts, Sink, Terminal};
use connector_host::{Authorities, Session};
use std::time::Duration;
use tokio::runtime::{Handle, Runtime};

/// The program `host-test`.
pub(super) struct HostTest {
    pub(super) runtime: Runtime,
}

impl Program for HostTest {
    type Upstream = UpstreamArgs;
    type Target = TargetArgs;
    type SyncArgs = SyncArgs;
    type Session = Opened;
    type Failure = Failure;

    const EXIT_CODES: bool = true;
    const OPEN: Open = input::open;
    const SYNC_HELP: Help = help::SYNC;

    fn after_help(help: &Help) -> String {
        help::end(help)
    }

    fn terminal() -> Terminal {
        Terminal::stdout()
    }

    fn warn(warning: &Warning) {
        logs::warn(warning);
    }

    fn summary(text: &str) {
        logs::summary(text);
    }

    fn note(exit: Exit, text: &str) {
        logs::note(exit, text);
    }

    fn describe(&self) -> Result<Manifest, Failure> {
        let described = async { connector::describe(&connector::host(Authorities::default()).await?).await };
        self.runtime.block_on(described)
    }

    fn open(&self, target: TargetArgs, access: Access) -> Result<Opened, Failure> {
        let writable = match access {
            Access::ReadOnly => &[],
            Access::Provisioning => routes::writable(),
            Access::Lifecycle => routes::for_lifecycle(),
            Access::Verification => routes::for_verification(),
        };
        let opened = async {
            let target = target.open(0).await?;
            let host = connector::host(target.authorities).await?;
            let session = connector::open(writable, &target.connection, &host).await?;
            let (handle, signals) = (self.runtime.handle().clone(), connector::listen()?);
            Ok(Opened { handle, session, signals, _mock: target.mock })
        };
        self.runtime.block_on(opened)
    }

    fn sync(&self, args: SyncArgs) -> Result<Exit, Failure> {
        let (stats, is_in_part) = self.runtime.block_on(sync::run(args))?;
        Ok(exit_of_read::<Self>(&stats.counts, is_in_part))
    }
}

/// A session, and the mock that it may be about.
pub(super) struct Opened {
    handle: Handle,
    session: Session,
    /// Listened to from the beginning: a signal may come between two calls.
    signals: Signals,
    _mock: Option<Mock>,
}

impl program::Session for Opened {
    type Failure = Failure;

    fn validate(&mut self) -> Result<Validation, Failure> {
        self.handle.block_on(connector::validate(&mut self.session))
    }

    fn wanted(&mut self) -> Result<Demand, Failure> {
        let work = connector::wanted(&mut self.session);
        self.handle.block_on(self.signals.unless(work))
    }

    fn pushed(&mut self) -> Result<Pushed, Failure> {
        let work = connector::pushed(&mut self.session);
        self.handle.block_on(self.signals.unless(work))
    }

    fn learn(&mut self, facts: &[GroupFacts]) -> Result<(), Failure> {
        let work = connector::learn(&mut self.session, facts);
        self.handle.block_on(self.signals.unless(work))
    }

    fn pages(mut self, wanted: Wanted, sink: &mut dyn Sink) -> Result<Counts, Failure> {
        let work = read_pages(self.session, wanted, Place::default(), |page, _| Ok(sink.page(page)?));
        Ok(self.handle.block_on(self.signals.unless(work))?.counts)
    }

    fn list(&mut self, kinds: &[String], sink: &mut dyn Sink) -> Result<(), Failure> {
        let work = connector::list(&mut self.session, kinds, sink);
        self.handle.block_on(self.signals.unless(work))
    }

    fn compare(&mut self, subject: &ResourceId, cursor: Option<&str>) -> Result<Comparison, Failure> {
        let work = connector::compare(&mut self.session, subject, cursor);
        self.handle.block_on(self.signals.unless(work))
    }

    fn wait(&mut self, time: Duration) -> Result<(), Failure> {
        self.handle.block_on(self.signals.unless(connector::wait(time)))
    }

    fn apply(&mut self, changes: &[Change], options: &Options) -> Result<Report, Failure> {
        let work = connector::apply(&mut self.session, changes, options);
        self.handle.block_on(self.signals.unless(work))
    }

    fn apply_steps(
        &mut self,
        steps: &[lifecycle::Step],
        options: &lifecycle::Options,
    ) -> Result<lifecycle::Report, Failure> {
        let work = connector::apply_steps(&mut self.session, steps, options);
        self.handle.block_on(self.signals.unless(work))
    }

    fn offboard(
        &mut self,
        person: &ResourceId,
        keep: &[String],
        options: &lifecycle::Options,
    ) -> Result<lifecycle::Offboarding, Failure> {
        let work = connector::offboard(&mut self.session, person, keep, options);
        let offboarding = self.handle.block_on(self.signals.unless(work));
        offboarding.map_err(|failure| match failure {
            Failure::Interrupted(_) if !options.dry_run => failure.may_be_written(),
            other => other,
        })
    }
}
