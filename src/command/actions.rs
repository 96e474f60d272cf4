//! Changes and steps: how they are carried out, and how their outcomes are written.

use super::args::TextFormat;
use super::exit_of_report::exit;
use super::facts::Source;
use super::failure::{Exit, Failure};
use super::input::Open;
use super::names::NamesArgs;
use super::own_ids::check_step;
use super::program::{Access, Fault, Program, Session};
use super::tell::tell;
use crate::contract::lifecycle::{self, Action, Report, Step};
use crate::contract::{Change, Error, Options};
use crate::lifecycle::check_count as check_steps;
use crate::output::{Applied, SinkError, Snapshot, applied_text};
use crate::provision::check_count;
use std::io::{self, Write};

/// The text for a revoke or a removal that found nothing while data is missing.
const NOT_KNOWN_TO_BE_REVOKED: &str = "A revoke or a removal ended as unchanged while data is missing, so it \
                                       isn't known that nothing was left to revoke: see to the warnings, and \
                                       run the same command again.";

/// Whether anything is written, and the form of the outcome.
#[derive(Debug, clap::Args)]
pub(super) struct FormArgs {
    /// Show what would be written, and write nothing: it is planned with reads only
    #[arg(long)]
    pub(super) dry_run: bool,
    /// For a person, or for a program: one object for each change or step, in their order
    #[arg(long, value_enum, default_value_t = TextFormat::Table)]
    pub(super) format: TextFormat,
    #[command(flatten)]
    names: NamesArgs,
}

impl FormArgs {
    /// Reports flags that contradict each other, before anything is read.
    pub(super) fn check(&self, stdin_is_taken: bool) -> Result<(), Failure> {
        self.names.check(self.format == TextFormat::Table, stdin_is_taken)
    }

    /// Reads the names of a report.
    pub(super) fn read_names(&self, open: Open) -> Result<Snapshot, Failure> {
        self.names.read(open)
    }
}

/// Whether the owner of the credentials may be removed.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct OwnArgs {
    /// Also remove the member whose credentials are used; they stop working with that
    #[arg(long)]
    pub(super) allow_own: bool,
}

/// Whether sessions of devices end.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct DevicesArgs {
    /// End the sessions of the person's devices too, if sessions end
    #[arg(long)]
    pub(super) devices: bool,
}

/// The permissions of a command beyond what is asked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Allowed {
    pub(super) gains: bool,
    pub(super) own: bool,
    pub(super) devices: bool,
}

impl Allowed {
    /// The options of changes.
    fn of_changes(self, dry_run: bool) -> Options {
        Options { dry_run, allow_gains: self.gains, extra: String::new() }
    }

    /// The options of steps.
    pub(super) fn of_steps(self, dry_run: bool) -> lifecycle::Options {
        let extra = if self.devices { r#"{"devices":true}"# } else { "" };
        lifecycle::Options { dry_run, allow_own: self.own, extra: extra.to_owned() }
    }
}

/// The changes and the steps of a command, apart: the contract takes each in a call of its own.
pub(super) struct Apart {
    changes: Vec<Change>,
    steps: Vec<Step>,
}

impl Apart {
    pub(super) fn of(actions: &[Action]) -> Self {
        let mut apart = Self { changes: Vec::new(), steps: Vec::new() };
        for action in actions {
            match action {
                Action::Change(change) => apart.changes.push(change.clone()),
                Action::Step(step) => apart.steps.push(step.clone()),
            }
        }
        apart
    }

    /// Checks their numbers.
    fn check(&self) -> Result<(), Failure> {
        let checked = check_count(self.changes.len()).and_then(|()| check_steps(self.steps.len()));
        checked.map_err(|error| {
            Failure::Usage(format!("{} Nothing was sent: make several calls of them.", error.message))
        })
    }

    /// The requests that they need. A dry run can't write, even if the connector would.
    pub(super) fn access(&self, dry_run: bool) -> Access {
        match (dry_run, self.steps.is_empty()) {
            (true, _) => Access::ReadOnly,
            (false, true) => Access::Provisioning,
            (false, false) => Access::Lifecycle,
        }
    }
}

pub(super) fn run<P: Program>(
    program: &P,
    actions: &[Action],
    allowed: Allowed,
    form: &FormArgs,
    names: &Snapshot,
    sources: Vec<Box<dyn Source>>,
    target: P::Target,
) -> Result<Exit, P::Failure> {
    let FormArgs { dry_run, format, .. } = *form;
    let wrong: Vec<Option<Error>> = actions.iter().map(wrong_id).collect();
    let is_sent = |(action, wrong): (&Action, &Option<Error>)| wrong.is_none().then(|| action.clone());
    let sent: Vec<Action> = actions.iter().zip(&wrong).filter_map(is_sent).collect();
    let apart = Apart::of(&sent);
    apart.check()?;
    let mut session = program.open(target, apart.access(dry_run))?;
    tell::<P>(&mut session, sources)?;
    // A write that was sent can't be called back.
    let in_doubt = |cause: P::Failure| if dry_run { cause } else { cause.may_be_written() };
    let mut reports = Vec::new();
    let carried = carry_out(&mut session, &apart, allowed, dry_run, &mut reports);
    let carried = carried.map_err(in_doubt);
    let report = match &carried {
        Err(_) if reports.is_empty() => return carried.map(|()| Exit::Failed),
        // Changes that are made are reported before a failure of the steps.
        Err(_) => joined(actions, reports),
        Ok(()) => with_wrong(joined(&sent, reports), wrong),
    };
    let reported: Vec<Action> = match carried {
        Ok(()) => actions.to_vec(),
        Err(_) => actions.iter().filter(|action| matches!(action, Action::Change(_))).cloned().collect(),
    };
    let applied = Applied::new(&reported, &report, dry_run);
    let table = |to: &mut _| applied_text::write(&applied, names, P::terminal(), to);
    let written = write_as(format, &mut io::stdout().lock(), || applied.json_lines(), table);
    written.map_err(|cause| unreported(cause, dry_run, || applied.in_brief()))?;
    report.warnings.iter().for_each(P::warn);
    P::summary(&applied.summary());
    carried?;
    let exit = exit(&report, actions);
    if exit == Exit::Incomplete {
        P::summary(NOT_KNOWN_TO_BE_REVOKED);
    }
    Ok(exit)
}

/// Makes the changes, and then the steps: a person is out of groups and roles before sessions end, so that
/// no login comes back. Puts each call's report into `reports`.
///
/// # Errors
/// Fails when a call as a whole does.
fn carry_out<S: Session>(
    session: &mut S,
    Apart { changes, steps }: &Apart,
    allowed: Allowed,
    dry_run: bool,
    reports: &mut Vec<Report>,
) -> Result<(), S::Failure> {
    if !changes.is_empty() || steps.is_empty() {
        let report: Report = session.apply(changes, &allowed.of_changes(dry_run))?.into();
        check(&report, changes.len())?;
        reports.push(report);
    }
    if !steps.is_empty() {
        let report = session.apply_steps(steps, &allowed.of_steps(dry_run))?;
        check(&report, steps.len())?;
        reports.push(report);
    }
    Ok(())
}

/// Joins the reports of the changes and of the steps, in the order of what was asked.
fn joined(actions: &[Action], reports: Vec<Report>) -> Report {
    let mut joined =
        Report { results: vec![], writes: vec![], warnings: vec![], requests: 0, rate_limit: None };
    let mut results = Vec::new();
    for report in reports {
        results.push(report.results.into_iter());
        joined.writes.extend(report.writes);
        joined.warnings.extend(report.warnings);
        joined.requests = joined.requests.saturating_add(report.requests);
        joined.rate_limit = report.rate_limit.or(joined.rate_limit);
    }
    let has_both = results.len() > 1;
    for action in actions {
        let of = if has_both && matches!(action, Action::Step(_)) { 1 } else { 0 };
        joined.results.extend(results.get_mut(of).and_then(Iterator::next));
    }
    joined
}

/// Returns the error of a step that isn't sent because of an id in it.
fn wrong_id(action: &Action) -> Option<Error> {
    match action {
        Action::Change(_) => None,
        Action::Step(step) => check_step(step).err().map(Into::into),
    }
}

/// Puts the errors of steps that weren't sent in their places among the results.
fn with_wrong(report: Report, wrong: Vec<Option<Error>>) -> Report {
    let mut results = report.results.into_iter();
    let results = wrong.into_iter().filter_map(|wrong| wrong.map(Err).or_else(|| results.next())).collect();
    Report { results, ..report }
}

/// Writes a result in its format.
///
/// # Errors
/// Fails when `to` can't be written.
pub(super) fn write_as<W: Write>(
    format: TextFormat,
    to: &mut W,
    json_lines: impl FnOnce() -> Result<String, SinkError>,
    table: impl FnOnce(&mut W) -> io::Result<()>,
) -> Result<(), Failure> {
    let written = match format {
        TextFormat::Jsonl => to.write_all(json_lines()?.as_bytes()),
        TextFormat::Table => table(to),
    };
    written.and_then(|()| to.flush()).map_err(Failure::Stdout)
}

/// Makes a failure that tells what was done, unless nothing was written.
pub(super) fn unreported(cause: Failure, is_dry_run: bool, done: impl FnOnce() -> String) -> Failure {
    if is_dry_run { cause } else { Failure::Unreported { cause: Box::new(cause), done: done() } }
}

/// Checks that each change or step has its result.
///
/// # Errors
/// Fails when the report has more results than were asked for, or fewer.
pub fn check(report: &Report, asked: usize) -> Result<(), Failure> {
    let results = report.results.len();
    if results == asked {
        return Ok(());
    }
    Err(Failure::Contract(format!("the connector gave {results} results for {asked} changes or steps")))
}

#[cfg(test)]
mod tests {
    use super::super::exit_of_report::samples::{remove, report, revoke};
    use super::super::program::Wanted;
    use super::*;
    use crate::contract::{self, ErrorKind, ResourceId, Status, Validation};
    use crate::output::{Counts, Sink};
    use std::time::Duration;

    #[test]
    fn a_session_may_send_what_it_was_opened_for() {
        for (actions, dry_run, access) in [
            (vec![revoke(), remove("1")], true, Access::ReadOnly),
            (vec![revoke()], false, Access::Provisioning),
            (vec![revoke(), remove("1")], false, Access::Lifecycle),
            (vec![remove("1")], false, Access::Lifecycle),
        ] {
            assert_eq!(Apart::of(&actions).access(dry_run), access, "{actions:?}");
        }
    }

    /// A connector whose changes are made, and whose steps fail as a whole.
    struct StepsFail;

    impl Session for StepsFail {
        type Failure = Failure;

        fn validate(&mut self) -> Result<Validation, Failure> {
            Err(Failure::Contract("not asked".to_owned()))
        }

        fn pages(self, _: Wanted, _: &mut dyn Sink) -> Result<Counts, Failure> {
            Err(Failure::Contract("not asked".to_owned()))
        }

        fn apply(&mut self, changes: &[Change], _: &Options) -> Result<contract::Report, Failure> {
            let outcome = contract::Outcome {
                status: Status::Applied,
                detail: String::new(),
                added: vec![],
                removed: vec![],
            };
            let results = changes.iter().map(|_| Ok(outcome.clone())).collect();
            let (writes, warnings) = (vec![], vec![]);
            Ok(contract::Report { results, writes, warnings, requests: 1, rate_limit: None })
        }

        fn list(&mut self, _: &[String], _: &mut dyn Sink) -> Result<(), Failure> {
            Err(Failure::Contract("not asked".to_owned()))
        }

        fn compare(&mut self, _: &ResourceId, _: Option<&str>) -> Result<contract::Comparison, Failure> {
            Err(Failure::Contract("not asked".to_owned()))
        }

        fn wait(&mut self, _: Duration) -> Result<(), Failure> {
            Err(Failure::Contract("not asked".to_owned()))
        }

        fn wanted(&mut self) -> Result<contract::Demand, Failure> {
            Err(Failure::Contract("not asked".to_owned()))
        }

        fn pushed(&mut self) -> Result<super::super::facts::Pushed, Failure> {
            Err(Failure::Contract("not asked".to_owned()))
        }

        fn learn(&mut self, _: &[contract::GroupFacts]) -> Result<(), Failure> {
            Err(Failure::Contract("not asked".to_owned()))
        }

        fn apply_steps(&mut self, _: &[Step], _: &lifecycle::Options) -> Result<Report, Failure> {
            Err(Failure::Contract("the steps' call ended".to_owned()))
        }

        fn offboard(
            &mut self,
            _: &ResourceId,
            _: &[String],
            _: &lifecycle::Options,
        ) -> Result<lifecycle::Offboarding, Failure> {
            Err(Failure::Contract("not asked".to_owned()))
        }
    }

    #[test]
    fn changes_that_were_made_are_reported_though_the_steps_fail_as_a_whole() {
        let (mut reports, apart) = (Vec::new(), Apart::of(&[remove("1"), revoke()]));
        let failed = carry_out(&mut StepsFail, &apart, Allowed::default(), false, &mut reports);
        assert_eq!(failed.unwrap_err().to_string(), "the steps' call ended");
        assert_eq!((reports.len(), reports[0].results.len()), (1, 1));
    }

    #[test]
    fn more_than_a_call_takes_is_refused_before_anything_is_sent() {
        let many = |action: fn(usize) -> Action| (0..1_001).map(action).collect::<Vec<_>>();
        for (actions, told) in [
            (many(|n| remove(&n.to_string())), "at most 1000 steps, and these are 1001. Nothing was sent"),
            (many(|_| revoke()), "at most 1000 changes, and these are 1001. Nothing was sent"),
        ] {
            let said = Apart::of(&actions).check().unwrap_err().to_string();
            assert!(said.contains(told), "{said}");
        }
    }

    #[test]
    fn a_step_that_was_not_sent_has_its_error_in_its_place() {
        let actions = [remove("Priya"), revoke(), remove("3f5a"), remove(&"a".repeat(32))];
        let wrong: Vec<Option<Error>> = actions.iter().map(wrong_id).collect();
        let report = with_wrong(report(&[Some(ErrorKind::Conflict), None]), wrong);
        let kinds: Vec<_> = report.results.iter().map(|it| it.as_ref().err().map(|it| it.kind)).collect();
        use ErrorKind::{Conflict, InvalidArgument};
        assert_eq!(kinds, [Some(InvalidArgument), Some(Conflict), Some(InvalidArgument), None]);
    }

    #[test]
    fn results_stand_in_the_order_of_what_was_asked() {
        let actions = [remove("1"), revoke(), remove("2"), revoke()];
        let told = |kinds: &[ErrorKind], requests| {
            let kinds: Vec<_> = kinds.iter().copied().map(Some).collect();
            Report { requests, ..report(&kinds) }
        };
        use ErrorKind::{Conflict, Internal, NotFound, Refused};
        let joined = joined(&actions, vec![told(&[Refused, Conflict], 3), told(&[NotFound, Internal], 4)]);
        let kinds: Vec<ErrorKind> =
            joined.results.iter().filter_map(|result| Some(result.as_ref().err()?.kind)).collect();
        assert_eq!((kinds, joined.requests), (vec![NotFound, Refused, Internal, Conflict], 7));
    }
}
