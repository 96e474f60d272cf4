//! The sync of an account: a workflow `sync-<account>`, which waits for a slot of the account's credential
//! and then runs one activity, whatever the number of its pages, attempts and workers.

mod activity;
mod due;
mod progress;

pub use activity::{Job, Syncs};
pub use due::{Passed, SyncIsDue};
pub use progress::{Outcome, Progress};

use crate::account::Account;
use crate::credential::{self, AskFor, Kind, Slot, Slots, asking};
use chrono::DateTime;
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime};
use temporalio_common::RetryPolicy;
use temporalio_common::error::IncomingError;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::workflows::select;
use temporalio_sdk::{
    ActivityCancellationType, ActivityCloseTimeouts, ActivityExecutionError, ActivityOptions,
    ApplicationFailure, SyncWorkflowContext, TimerOptions, WorkflowContext, WorkflowContextView,
    WorkflowResult, WorkflowTermination,
};

/// The time after which somebody who waits for a slot asks again: the workflow that hands them out may have
/// been ended by a person.
const ASK_AGAIN: Duration = Duration::from_secs(600);

/// The times of a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// The time without a sign of life after which another worker goes on, in milliseconds.
    pub heartbeat_ms: u64,
    /// The time after which a sync is given up, in milliseconds. The wait for a slot isn't part of it.
    pub give_up_ms: u64,
    /// The time before the second attempt, in milliseconds. It doubles with each one, up to 10 minutes.
    pub retry_ms: u64,
}

impl Default for Times {
    fn default() -> Self {
        Times { heartbeat_ms: 60_000, give_up_ms: 24 * 3_600_000, retry_ms: 10_000 }
    }
}

/// A sync that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The account.
    pub account: Account,
    /// The times.
    #[serde(default)]
    pub times: Times,
}

/// The workflow of a sync.
#[workflow]
pub struct SyncAccount {
    order: Order,
    slot: Option<Slot>,
}

#[workflow_methods]
impl SyncAccount {
    #[init]
    fn new(_ctx: &WorkflowContextView, order: Order) -> Self {
        SyncAccount { order, slot: None }
    }

    /// Waits for a slot, reads the account, and gives the slot back.
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<Outcome> {
        let done = read(ctx).await;
        let credential = ctx.state(|state| state.order.account.credential.clone());
        let tat = done.as_ref().ok().map(|outcome| outcome.tat);
        credential::release(ctx, &credential, tat).await;
        done
    }

    /// Gives the slot that was asked for.
    #[signal]
    pub fn slot(&mut self, _ctx: &mut SyncWorkflowContext<Self>, slot: Slot) {
        self.slot = Some(slot);
    }
}

async fn read(ctx: &mut WorkflowContext<SyncAccount>) -> WorkflowResult<Outcome> {
    let begun = ctx.workflow_time().unwrap_or(SystemTime::UNIX_EPOCH);
    let Order { account, times } = ctx.state(|state| state.order.clone());
    let slot = wait_for_slot(ctx, &account.credential).await?;
    let started = DateTime::<chrono::Utc>::from(begun);
    let run_id = ctx.run_id().chars().take(8).collect::<String>();
    let run = format!("{}-{run_id}", started.format("%Y%m%dT%H%M%SZ"));
    let job = Job { account, run, started_ms: started.timestamp_millis().unsigned_abs(), slot };
    let retry = RetryPolicy::builder()
        .initial_interval(Duration::from_millis(times.retry_ms))
        .maximum_interval(Duration::from_secs(600))
        .build();
    let whole = ActivityCloseTimeouts::ScheduleToClose(Duration::from_millis(times.give_up_ms));
    let options = ActivityOptions::with_close_timeouts(whole)
        .heartbeat_timeout(Duration::from_millis(times.heartbeat_ms))
        // The slot is free when the activity has really ended.
        .cancellation_type(ActivityCancellationType::WaitCancellationCompleted)
        .retry_policy(retry)
        .build();
    ctx.execute_activity(Syncs::read_account, job, options).await.map_err(failed)
}

async fn wait_for_slot(ctx: &WorkflowContext<SyncAccount>, credential: &str) -> WorkflowResult<Slot> {
    loop {
        let ask = AskFor { credential: credential.to_owned(), kind: Kind::Sync };
        ctx.execute_local_activity(Slots::ask, ask, asking()).await.map_err(failed)?;
        let until = ctx.cancellation_token().child_token();
        let timer = TimerOptions::builder(ASK_AGAIN).cancellation_token(until.clone()).build();
        let came = select! {
            came = ctx.wait_condition(|state: &SyncAccount| state.slot.is_some()) => came,
            _ = ctx.timer(timer) => Ok(()),
        };
        until.cancel();
        came?;
        if let Some(slot) = ctx.state(|state| state.slot) {
            return Ok(slot);
        }
    }
}

/// Turns the failure of an activity into the workflow's own, with the kind of the error as its type.
pub(crate) fn failed(error: ActivityExecutionError) -> WorkflowTermination {
    if error.as_cancelled().is_some() {
        return WorkflowTermination::cancelled();
    }
    let (kind, message) = match &error {
        ActivityExecutionError::Failed(failed) => match failed.cause() {
            Some(IncomingError::Application(why)) => {
                (why.type_name().unwrap_or("failed").to_owned(), why.to_string())
            }
            Some(IncomingError::Timeout(timeout)) => {
                let last = timeout.failure().cause.as_ref().map_or("", |cause| cause.message.as_str());
                let message = format!("no attempt came to its end in time. The last one: {last}");
                ("gave-up".to_owned(), message)
            }
            _ => ("failed".to_owned(), failed.failure().message.clone()),
        },
        _ => ("failed".to_owned(), error.to_string()),
    };
    ApplicationFailure::builder(message).type_name(kind).non_retryable(true).build().into()
}
