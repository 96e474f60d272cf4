//! The time of a sync, as a schedule tells it: a workflow `due-<account>-<time>`, which begins the sync and
//! waits for its end.
//!
//! A schedule puts the time into the id of what it starts. Its option to keep the id changed nothing in a
//! server of Temporal 1.32 (tried). So the schedule doesn't start the sync itself, whose id has to be the
//! same each time. It skips its next times as long as this workflow waits.

use super::{Order, SyncAccount};
use crate::names;
use serde::{Deserialize, Serialize};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::error::ChildWorkflowStartError;
use temporalio_sdk::{
    ChildWorkflowOptions, ParentClosePolicy, StartChildWorkflowExecutionFailedCause, WorkflowContext,
    WorkflowResult,
};

/// The way in which the time of a sync passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Passed {
    /// The sync came to its end.
    Synced,
    /// The sync ended badly. Its own workflow says how.
    Failed,
    /// A sync that somebody began by hand was under way.
    UnderWay,
}

/// The workflow that a schedule starts.
#[workflow]
#[derive(Default)]
pub struct SyncIsDue;

#[workflow_methods]
impl SyncIsDue {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, order: Order) -> WorkflowResult<Passed> {
        let options = ChildWorkflowOptions::builder()
            .workflow_id(names::sync(&order.account.name))
            // Whoever ends this one doesn't mean the sync.
            .parent_close_policy(ParentClosePolicy::Abandon)
            .build();
        match ctx.start_child_workflow(SyncAccount::run, order, options).await {
            Ok(sync) => Ok(sync.result().await.map_or(Passed::Failed, |_| Passed::Synced)),
            Err(ChildWorkflowStartError::StartFailed {
                cause: StartChildWorkflowExecutionFailedCause::WorkflowAlreadyExists,
                ..
            }) => Ok(Passed::UnderWay),
            Err(error) => Err(error.into()),
        }
    }
}
