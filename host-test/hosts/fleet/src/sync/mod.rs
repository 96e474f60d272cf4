//! The sync of an account: a workflow `sync-<account>`, which waits for a slot of the account's credential
//! and then runs one activity, whatever the number of its pages, attempts and workers.

mod activity;
mod due;
mod progress;

pub use activity::{Job, Syncs};
pub use due::{Passed, SyncIsDue};
pub use progress::{Outcome, Progress};

use crate::account::Account;
use crate::credential::{self, Kind, NoSlot, Slot, wait_for_slot};
use crate::work::{Reason, Times};
use chrono::DateTime;
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{
    ActivityExecutionError, ApplicationFailure, SyncWorkflowContext, WorkflowContext, WorkflowContextView,
    WorkflowResult, WorkflowTermination,
};

/// The longest time between two attempts.
const LONGEST_RETRY: Duration = Duration::from_secs(600);

/// A sync that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The account.
    pub account: Account,
    /// The times.
    #[serde(default = "Times::of_sync")]
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
    let slot = match wait_for_slot(ctx, &account.credential, Kind::Sync, |state| state.slot).await {
        Ok(slot) => slot,
        Err(NoSlot::NotAsked(error)) => return Err(failed(*error)),
        Err(NoSlot::Cancelled) => return Err(WorkflowTermination::cancelled()),
    };
    let started = DateTime::<chrono::Utc>::from(begun);
    let run_id = ctx.run_id().chars().take(8).collect::<String>();
    let run = format!("{}-{run_id}", started.format("%Y%m%dT%H%M%SZ"));
    let job = Job { account, run, started_ms: started.timestamp_millis().unsigned_abs(), slot };
    ctx.execute_activity(Syncs::read_account, job, times.options(LONGEST_RETRY)).await.map_err(failed)
}

/// Turns the failure of an activity into the workflow's own, with the kind of the error as its type.
fn failed(error: ActivityExecutionError) -> WorkflowTermination {
    let Some(Reason { kind, message }) = Reason::of(&error) else { return WorkflowTermination::cancelled() };
    ApplicationFailure::builder(message).type_name(kind).non_retryable(true).build().into()
}
