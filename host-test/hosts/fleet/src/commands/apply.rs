//! Changes of an account: the same lists, reports and exit codes as those of `host-test apply`.

use super::accounts::name;
use super::state;
use crate::account::Account;
use crate::changes::records::{MOST_BYTES, size};
use crate::changes::{AccountChanges, Answer, Failed, RENEWED, Request};
use crate::engine::{Engine, causes};
use crate::names;
use crate::work::Times;
use clap::Args;
use cloudflare_zero_trust::command::facts::{Pushed, Source, Sources};
use cloudflare_zero_trust::command::failure::{Exit, Failure, MAY_BE_WRITTEN};
use cloudflare_zero_trust::command::help::Help;
use cloudflare_zero_trust::command::input::{Open, standard_input_only};
use cloudflare_zero_trust::command::program::{self, Access, Fault, Program, Target, Wanted};
use cloudflare_zero_trust::command::{ChangesArgs, apply_changes};
use cloudflare_zero_trust::contract::{
    Change, Comparison, Demand, Error, GroupFacts, Manifest, Options, Report, ResourceId, Validation,
    lifecycle,
};
use cloudflare_zero_trust::output::{Counts, Sink, Snapshot, Terminal};
use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use temporalio_client::errors::{WorkflowUpdateError, WorkflowUpdateWithStartError};
use temporalio_client::{Client, WorkflowIdConflictPolicy, WorkflowUpdateWithStartOptions};
use tokio::runtime::Handle;

/// The purpose of the call, for a failure.
const TRIED: &str = "changing who holds what";
/// The time before a request is sent again to a workflow that begins a new run.
const RENEWAL: Duration = Duration::from_millis(500);

/// The options of `fleet apply`.
#[derive(Debug, Args)]
pub(super) struct Apply {
    #[command(flatten)]
    changes: ChangesArgs<AccountArgs>,
    /// The time without a sign of life after which another worker begins anew, in milliseconds
    #[arg(long, hide = true, default_value_t = Times::of_changes().heartbeat_ms)]
    heartbeat_ms: u64,
}

/// The account.
#[derive(Debug, Args)]
pub(super) struct AccountArgs {
    /// The account's name
    #[arg(value_name = "ACCOUNT", value_parser = name)]
    account: String,
}

impl Apply {
    /// Runs the command, and returns its exit code.
    pub(super) fn run(self, engine: &Engine) -> ExitCode {
        let Apply { changes, heartbeat_ms } = self;
        let times = Times { heartbeat_ms, ..Times::of_changes() };
        let program = Fleet { engine: engine.clone(), times };
        let done = tokio::task::block_in_place(|| apply_changes(&program, changes));
        let exit = done.unwrap_or_else(|failure| {
            failure.report();
            failure.exit()
        });
        exit.into()
    }
}

/// The fleet, as a program with the shared command line.
struct Fleet {
    engine: Engine,
    times: Times,
}

/// A failure of the shared command line, or of the fleet.
#[derive(Debug)]
enum ApplyFailure {
    Common(Failure),
    Fleet { message: String, may_be_written: bool },
}

impl ApplyFailure {
    /// Makes a failure before anything was sent.
    fn early(message: impl Display) -> ApplyFailure {
        ApplyFailure::Fleet { message: message.to_string(), may_be_written: false }
    }

    fn exit(&self) -> Exit {
        match self {
            ApplyFailure::Common(failure) => failure.exit(),
            ApplyFailure::Fleet { .. } => Exit::Failed,
        }
    }

    fn report(&self) {
        match self {
            ApplyFailure::Common(failure) if failure.is_broken_pipe() => {}
            ApplyFailure::Common(failure) => eprint!("{}", failure.report()),
            ApplyFailure::Fleet { message, may_be_written } => {
                let then = if *may_be_written { MAY_BE_WRITTEN } else { "Nothing was written." };
                eprintln!("error: {message}\n  {then}");
            }
        }
    }
}

impl From<Failure> for ApplyFailure {
    fn from(failure: Failure) -> ApplyFailure {
        ApplyFailure::Common(failure)
    }
}

impl Fault for ApplyFailure {
    /// Nothing is added: the fleet's answer says itself whether something may be written.
    fn may_be_written(self) -> ApplyFailure {
        self
    }

    fn with_names(self, names: &Snapshot) -> ApplyFailure {
        match self {
            ApplyFailure::Common(failure) => ApplyFailure::Common(failure.with_names(names)),
            ApplyFailure::Fleet { .. } => self,
        }
    }

    fn error(&self) -> Option<&Error> {
        match self {
            ApplyFailure::Common(failure) => failure.error(),
            ApplyFailure::Fleet { .. } => None,
        }
    }
}

impl Target for AccountArgs {
    type Facts = NoMore;

    fn check(&self) -> Result<(), Failure> {
        Ok(())
    }

    fn reads_stdin(&self) -> bool {
        false
    }
}

/// No more arguments. Facts about people aren't given to the fleet in this way.
#[derive(Debug, Args)]
pub(super) struct NoMore {}

impl Sources for NoMore {
    fn files(&self) -> &[PathBuf] {
        &[]
    }

    fn read(self, _: Open) -> Result<Vec<Box<dyn Source>>, Failure> {
        Ok(Vec::new())
    }
}

fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    if path == Path::new("-") { standard_input_only(path) } else { Ok(Box::new(File::open(path)?)) }
}

/// Reports a function of the shared command line that `apply` doesn't call.
fn not_here<T>() -> Result<T, ApplyFailure> {
    Err(ApplyFailure::early("the fleet makes changes in this way, and nothing else"))
}

impl Program for Fleet {
    type Upstream = AccountArgs;
    type Target = AccountArgs;
    type SyncArgs = NoMore;
    type Session = Remote;
    type Failure = ApplyFailure;

    const EXIT_CODES: bool = true;
    const OPEN: Open = open;
    const SYNC_HELP: Help = Help::new(&[], &[]);

    fn after_help(_: &Help) -> String {
        String::new()
    }

    fn terminal() -> Terminal {
        Terminal::stdout()
    }

    fn describe(&self) -> Result<Manifest, ApplyFailure> {
        not_here()
    }

    fn open(&self, target: AccountArgs, _: Access) -> Result<Remote, ApplyFailure> {
        let opened = async {
            let client = self.engine.connect().await.map_err(ApplyFailure::early)?;
            let (order, _) = state::order(&client, &target.account).await.map_err(ApplyFailure::early)?;
            let queue = self.engine.queue.clone();
            Ok(Remote { client, queue, account: order.account, times: self.times })
        };
        Handle::current().block_on(opened)
    }

    fn sync(&self, _: NoMore) -> Result<Exit, ApplyFailure> {
        not_here()
    }
}

/// The workflow of an account's changes.
struct Remote {
    client: Client,
    queue: String,
    account: Account,
    times: Times,
}

impl Remote {
    /// Asks for changes, and waits for their report.
    async fn ask(&self, request: &Request) -> Result<Report, ApplyFailure> {
        if size(request) > MOST_BYTES {
            let problem = "these changes are too long for one request: make several lists of them";
            return Err(ApplyFailure::early(problem));
        }
        loop {
            let id = names::changes(&self.account.name);
            let options =
                WorkflowUpdateWithStartOptions::new(&self.queue, id, WorkflowIdConflictPolicy::UseExisting)
                    .build();
            let client = &self.client;
            let answer = client
                .execute_update_with_start_workflow(
                    AccountChanges::run,
                    (),
                    AccountChanges::apply,
                    request.clone(),
                    options,
                )
                .await;
            match answer {
                Ok(answer) => return report(answer),
                Err(error) if is_renewal(&error) => tokio::time::sleep(RENEWAL).await,
                Err(error) => {
                    let message = format!("the request has no answer: {}", causes(&error));
                    return Err(ApplyFailure::Fleet { message, may_be_written: !request.dry_run });
                }
            }
        }
    }
}

/// Whether the workflow refused a request because it goes on as a new run.
fn is_renewal(error: &WorkflowUpdateWithStartError) -> bool {
    let WorkflowUpdateWithStartError::Update(WorkflowUpdateError::Failed(failure)) = error else {
        return false;
    };
    failure.message.contains(RENEWED)
}

fn report(answer: Answer) -> Result<Report, ApplyFailure> {
    match answer {
        Answer::Report { report, attempts } => {
            if attempts > 1 {
                eprintln!(
                    "This is the report of attempt {attempts}. It calls unchanged what an earlier one has \
                     written."
                );
            }
            Ok(report.into())
        }
        Answer::Failed(Failed { error: Some(error), may_be_written: false, .. }) => {
            let error: Error = error.into();
            Err(Failure::Connector { tried: TRIED, error: Box::new(error) }.into())
        }
        Answer::Failed(Failed { kind, message, may_be_written, .. }) => Err(ApplyFailure::Fleet {
            message: format!("{TRIED} failed ({kind}): {message}"),
            may_be_written,
        }),
    }
}

impl program::Session for Remote {
    type Failure = ApplyFailure;

    fn apply(&mut self, changes: &[Change], options: &Options) -> Result<Report, ApplyFailure> {
        let request = Request {
            account: self.account.clone(),
            changes: changes.iter().cloned().map(Into::into).collect(),
            dry_run: options.dry_run,
            allow_gains: options.allow_gains,
            times: self.times,
        };
        Handle::current().block_on(self.ask(&request))
    }

    fn validate(&mut self) -> Result<Validation, ApplyFailure> {
        not_here()
    }

    fn wanted(&mut self) -> Result<Demand, ApplyFailure> {
        not_here()
    }

    fn pushed(&mut self) -> Result<Pushed, ApplyFailure> {
        not_here()
    }

    fn learn(&mut self, _: &[GroupFacts]) -> Result<(), ApplyFailure> {
        not_here()
    }

    fn pages(self, _: Wanted, _: &mut dyn Sink) -> Result<Counts, ApplyFailure> {
        not_here()
    }

    fn list(&mut self, _: &[String], _: &mut dyn Sink) -> Result<(), ApplyFailure> {
        not_here()
    }

    fn compare(&mut self, _: &ResourceId, _: Option<&str>) -> Result<Comparison, ApplyFailure> {
        not_here()
    }

    fn wait(&mut self, _: Duration) -> Result<(), ApplyFailure> {
        not_here()
    }

    fn apply_steps(
        &mut self,
        _: &[lifecycle::Step],
        _: &lifecycle::Options,
    ) -> Result<lifecycle::Report, ApplyFailure> {
        not_here()
    }

    fn offboard(
        &mut self,
        _: &ResourceId,
        _: &[String],
        _: &lifecycle::Options,
    ) -> Result<lifecycle::Offboarding, ApplyFailure> {
        not_here()
    }
}
