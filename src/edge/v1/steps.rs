//! `/v1/steps`: steps for people who join and leave.

use super::report;
use crate::cloudflare::transport::Transport;
use crate::contract::lifecycle::{Action, Invitation, Options, Report, Step};
use crate::edge::environment::Environment;
use crate::edge::failure::{End, Failure};
use crate::edge::http::Answer;
use crate::edge::reply::Reply;
use crate::lifecycle::check_count;
use crate::output::{Applied, StepLine};
use crate::session::Session;
use serde::Deserialize;

/// The body of a request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    steps: Vec<StepLine>,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    allow_own: bool,
    #[serde(default)]
    devices: bool,
}

/// The options that steps and offboardings share.
#[derive(Clone, Copy)]
pub(super) struct How {
    pub(super) dry_run: bool,
    pub(super) allow_own: bool,
    pub(super) devices: bool,
}

impl How {
    /// Checks that the operator allows it. A plan writes nothing.
    pub(super) fn check(self, environment: &Environment) -> Result<(), Failure> {
        if self.dry_run { Ok(()) } else { environment.check_lifecycle() }
    }

    /// The options of a call.
    pub(super) fn options(self) -> Options {
        let extra = if self.devices { r#"{"devices":true}"# } else { "" };
        Options { dry_run: self.dry_run, allow_own: self.allow_own, extra: extra.to_owned() }
    }
}

/// The steps of a request, of which each is one that the operator allows.
pub(super) struct Checked {
    steps: Vec<Step>,
    how: How,
}

impl Body {
    /// Checks the steps, and that the operator allows them.
    pub(super) fn check(self, environment: &Environment) -> Result<Checked, Failure> {
        let Body { steps, dry_run, allow_own, devices } = self;
        let how = How { dry_run, allow_own, devices };
        how.check(environment)?;
        check_count(steps.len())?;
        let steps = (1..).zip(steps).map(read).collect::<Result<Vec<Step>, Failure>>()?;
        let is_without_mail =
            |step: &Step| matches!(step, Step::Invite(Invitation { without_mail: true, .. }));
        if !how.dry_run && steps.iter().any(is_without_mail) {
            environment.check_without_mail()?;
        }
        Ok(Checked { steps, how })
    }
}

/// Does the steps, and answers with the report.
pub(super) fn answer<T: Transport, A: Answer>(
    session: &mut Session<T>,
    Checked { steps, how }: Checked,
    reply: &mut Reply<'_, A>,
) -> Result<(), End> {
    let report: Report = {
        let steps: Vec<_> = steps.iter().cloned().map(Into::into).collect();
        session.apply_steps(&steps, &how.options().into()).into()
    };
    let steps: Vec<Action> = steps.into_iter().map(Action::Step).collect();
    report::answer(&Applied::new(&steps, &report, how.dry_run), &report, reply)
}

fn read((number, line): (usize, StepLine)) -> Result<Step, Failure> {
    line.try_into().map_err(|problem| {
        Failure::argument("steps", format!("Number {number} of the steps: {problem}. Nothing was sent."))
    })
}
