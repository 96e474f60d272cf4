//! The changes of an account: one workflow `changes-<account>` that lives long, and takes one request after
//! another.
//!
//! A request is an update of the workflow, and its answer has the report. Each request waits for those that
//! came before it, then for a slot of the account's credential, and is then one activity. The connector
//! reads, writes and reads again, and finds what is so already; so when a worker dies, the next attempt makes
//! the whole request anew, and writes only what isn't there yet. The one thing that would break this is an
//! attempt that goes on when another one has begun. A guard stops that: see [`Changers`].
//!
//! Requests and reports have people's addresses in them, and stay in the workflow's history for as long as
//! the cluster keeps it.

mod activity;
mod guard;
pub mod records;

pub use activity::{Changers, Done, Job};

use crate::account::Account;
use crate::credential::{self, Kind, NoSlot, Slot, wait_for_slot};
use crate::work::{Reason, Times};
use records::{Change, Error, Report};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{
    ActivityExecutionError, ContinueAsNewOptions, SyncWorkflowContext, WaitConditionOptions,
    WorkflowCancellationToken, WorkflowContext, WorkflowContextView, WorkflowResult,
};

/// The longest time between two attempts.
const LONGEST_RETRY: Duration = Duration::from_secs(60);
/// The word that refuses a request for a moment: the workflow goes on as a new run. Whoever asks asks again.
pub const RENEWED: &str = "changes-renewed";

/// Changes that are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The account.
    pub account: Account,
    /// The changes.
    pub changes: Vec<Change>,
    /// Whether they are only planned.
    #[serde(default)]
    pub dry_run: bool,
    /// Whether a revoke may give its principal something elsewhere.
    #[serde(default)]
    pub allow_gains: bool,
    /// The times.
    #[serde(default = "Times::of_changes")]
    pub times: Times,
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It was taken up, and each change has its result.
    Report {
        /// The connector's report, as the last attempt has it.
        report: Report,
        /// The number of attempts. An attempt before the last one may have written what the report calls
        /// unchanged.
        attempts: u32,
    },
    /// It came to no end.
    Failed(Failed),
}

/// The reason why there is no report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// The kind of the error, or a word for what else failed.
    pub kind: String,
    /// A text for a person.
    pub message: String,
    /// Whether changes may have been written.
    pub may_be_written: bool,
    /// The connector's error, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Error>,
}

/// The workflow of an account's changes.
#[workflow]
#[derive(Default)]
pub struct AccountChanges {
    /// The requests that came to this run.
    came: u64,
    /// The requests that were answered, which is the number of the one whose turn it is.
    answered: u64,
    /// The requests that were given up before their turn.
    gone: Vec<u64>,
    slot: Option<Slot>,
    /// Whether the workflow goes on as a new run as soon as all requests are answered.
    is_closing: bool,
}

#[workflow_methods]
impl AccountChanges {
    /// Lives until its history is long, and goes on as a new run.
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<()> {
        let until = ctx.clone();
        let lived = ctx.wait_condition(move |_| until.continue_as_new_suggested()).await;
        // A history has no end otherwise: from here on, only those that came already are answered.
        ctx.state_mut(|state| state.is_closing = true);
        let until = ctx.clone();
        let always =
            WaitConditionOptions::builder().cancellation_token(WorkflowCancellationToken::new()).build();
        ctx.wait_condition_with_options(move |_| until.all_handlers_finished(), always).await?;
        lived?;
        ctx.continue_as_new((), ContinueAsNewOptions::default())?;
        Ok(())
    }

    /// Makes changes, after those that were asked for before.
    #[update]
    pub async fn apply(ctx: &mut WorkflowContext<Self>, request: Request) -> Answer {
        let number = ctx.state_mut(|state| {
            state.came += 1;
            state.came - 1
        });
        let turn = ctx.wait_condition(move |state: &Self| state.answered == number).await;
        let answer = match turn {
            Ok(()) => make(ctx, request).await,
            Err(_) => Answer::Failed(cancelled(false)),
        };
        ctx.state_mut(|state| state.leave(number));
        answer
    }

    #[update_validator(apply)]
    fn may_apply(
        &self,
        _ctx: &WorkflowContextView,
        _request: &Request,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        if self.is_closing { Err(RENEWED.into()) } else { Ok(()) }
    }

    /// Takes a slot of the credential.
    #[signal]
    fn slot(&mut self, _ctx: &mut SyncWorkflowContext<Self>, slot: Slot) {
        self.slot = Some(slot);
    }
}

impl AccountChanges {
    /// Makes room for the request that is next. One that is given up isn't waited for.
    fn leave(&mut self, number: u64) {
        self.gone.push(number);
        while let Some(at) = self.gone.iter().position(|gone| *gone == self.answered) {
            self.gone.swap_remove(at);
            self.answered += 1;
        }
    }
}

async fn make(ctx: &WorkflowContext<AccountChanges>, request: Request) -> Answer {
    let credential = request.account.credential.clone();
    let dry_run = request.dry_run;
    let done = match wait_for_slot(ctx, &credential, Kind::Changes, |state| state.slot).await {
        Ok(slot) => {
            let options = request.times.options(LONGEST_RETRY);
            let done = ctx.execute_activity(Changers::apply_changes, Job { request, slot }, options).await;
            // It was carried out, so something may be written.
            done.map_err(|error| failed(&error, !dry_run))
        }
        Err(NoSlot::NotAsked(error)) => Err(failed(&error, false)),
        Err(NoSlot::Cancelled) => Err(cancelled(false)),
    };
    credential::release(ctx, &credential, done.as_ref().ok().map(|done| done.tat)).await;
    // A slot that was on its way when the wait ended is given back with the others.
    ctx.state_mut(|state| state.slot = None);
    match done {
        Ok(Done { answer, .. }) => answer,
        Err(failed) => Answer::Failed(failed),
    }
}

fn cancelled(may_be_written: bool) -> Failed {
    Failed {
        kind: "cancelled".to_owned(),
        message: "the workflow of the account's changes was asked to stop".to_owned(),
        may_be_written,
        error: None,
    }
}

fn failed(error: &ActivityExecutionError, may_be_written: bool) -> Failed {
    match Reason::of(error) {
        Some(Reason { kind, message }) => Failed { kind, message, may_be_written, error: None },
        None => cancelled(may_be_written),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_is_given_up_before_its_turn_holds_up_nobody() {
        let mut state = AccountChanges { came: 4, ..AccountChanges::default() };
        for (left, answered) in [(2, 0), (0, 1), (1, 3), (3, 4)] {
            state.leave(left);
            assert_eq!(state.answered, answered, "after {left}");
        }
        assert!(state.gone.is_empty());
    }
}
