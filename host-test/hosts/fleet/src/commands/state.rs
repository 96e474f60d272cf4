//! The state of an account, as the engine knows it.

use crate::names;
use crate::sync::{Order, Outcome, Progress, SyncAccount};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use std::time::SystemTime;
use temporalio_client::errors::{WorkflowGetResultError, WorkflowInteractionError};
use temporalio_client::schedules::{ScheduleDescription, ScheduleDescriptionAction, ScheduleError};
use temporalio_client::{Client, WorkflowExecutionStatus, WorkflowGetResultOptions};
use temporalio_common::protos::temporal::api::common::v1::Payloads;

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// An account and its syncs.
#[derive(Debug, Serialize)]
pub(super) struct State {
    pub(super) account: String,
    pub(super) account_id: String,
    pub(super) credential: String,
    /// idle, waiting, running, or the way in which the last sync ended badly.
    pub(super) state: String,
    pub(super) paused: bool,
    pub(super) next: Option<String>,
    pub(super) last: Option<LastSync>,
}

/// A sync that is under way, or the last one.
#[derive(Debug, Serialize)]
pub(super) struct LastSync {
    pub(super) begun: Option<String>,
    pub(super) ended: Option<String>,
    /// The folder of a complete run.
    pub(super) run: Option<String>,
    pub(super) pages: Option<u32>,
    pub(super) requests: Option<u64>,
    pub(super) records: Option<u64>,
    pub(super) warnings: Option<u64>,
    pub(super) incomplete: Option<bool>,
    pub(super) attempt: Option<i32>,
    /// The kind and the message of the error of the last attempt.
    pub(super) kind: Option<String>,
    pub(super) error: Option<String>,
}

/// Returns the order of an account, as its schedule has it.
pub(super) async fn order(client: &Client, account: &str) -> Result<(Order, ScheduleDescription), Failed> {
    known(account, found(client, account).await?)
}

/// Returns the state of an account.
pub(super) async fn of(client: &Client, account: &str) -> Result<State, Failed> {
    known(account, if_there(client, account).await?)
}

fn known<T>(account: &str, found: Option<T>) -> Result<T, Failed> {
    found.ok_or_else(|| {
        format!("the fleet has no account {account:?}. `fleet list` shows those it has").into()
    })
}

async fn found(client: &Client, account: &str) -> Result<Option<(Order, ScheduleDescription)>, Failed> {
    let schedule = client.get_schedule_handle(names::sync(account));
    let found = match schedule.describe(Default::default()).await {
        Ok(found) => found,
        Err(ScheduleError::Rpc(status)) if status.code() == temporalio_client::tonic::Code::NotFound => {
            return Err(
                format!("the fleet has no account {account:?}. `fleet list` shows those it has").into()
            );
        }
        Err(error) => return Err(error.into()),
    };
    let ScheduleDescriptionAction::StartWorkflow(action) = found.action() else {
        return Err(format!("the schedule of {account:?} starts no sync. `fleet add` makes it anew").into());
    };
    let Some(order) = action.args().await? else { return Ok(None) };
    Ok(Some((order, found)))
}

/// Returns the state of an account, if the fleet has it.
pub(super) async fn if_there(client: &Client, account: &str) -> Result<Option<State>, Failed> {
    let Some((order, schedule)) = found(client, account).await? else { return Ok(None) };
    let (state, last) = last(client, account).await?;
    Ok(Some(State {
        account: account.to_owned(),
        account_id: order.account.account_id,
        credential: order.account.credential,
        state,
        paused: schedule.paused(),
        next: schedule.future_action_times().first().copied().map(time).filter(|_| !schedule.paused()),
        last,
    }))
}

async fn last(client: &Client, account: &str) -> Result<(String, Option<LastSync>), Failed> {
    let workflow = client.get_workflow_handle::<SyncAccount>(names::sync(account));
    let found = match workflow.describe(Default::default()).await {
        Ok(found) => found,
        Err(WorkflowInteractionError::NotFound(_)) => return Ok(("idle".to_owned(), None)),
        Err(error) => return Err(error.into()),
    };
    let mut sync = LastSync {
        begun: found.start_time().map(time),
        ended: found.close_time().map(time),
        run: None,
        pages: None,
        requests: None,
        records: None,
        warnings: None,
        incomplete: None,
        attempt: None,
        kind: None,
        error: None,
    };
    let state = match found.status() {
        WorkflowExecutionStatus::Running | WorkflowExecutionStatus::Paused => {
            match found.raw().pending_activities.iter().find(|it| it.heartbeat_details.is_some()) {
                None => "waiting",
                Some(activity) => {
                    sync.attempt = Some(activity.attempt);
                    if let Some(failure) = &activity.last_failure {
                        sync.kind = failure.maybe_application_failure().map(|info| info.r#type.clone());
                        sync.error = Some(failure.message.clone());
                    }
                    if let Some(progress) = activity.heartbeat_details.clone().and_then(progress) {
                        sync.pages = Some(progress.pages);
                        sync.requests = Some(progress.requests);
                        sync.records = Some(progress.records.values().sum());
                        sync.warnings = Some(progress.warnings);
                    }
                    "running"
                }
            }
        }
        WorkflowExecutionStatus::Completed => {
            let outcome: Outcome = workflow.get_result(WorkflowGetResultOptions::default()).await?;
            sync.run = Some(outcome.run);
            sync.pages = Some(outcome.pages);
            sync.requests = Some(outcome.requests);
            sync.records = Some(outcome.records.values().sum());
            sync.warnings = Some(outcome.warnings);
            sync.incomplete = Some(outcome.incomplete);
            "idle"
        }
        WorkflowExecutionStatus::Failed => {
            if let Err(WorkflowGetResultError::Failed(why)) = workflow.get_result(Default::default()).await {
                let failure = why.failure();
                sync.kind = failure.maybe_application_failure().map(|info| info.r#type.clone());
                sync.error = Some(failure.message.clone());
            }
            "failed"
        }
        WorkflowExecutionStatus::Canceled => "cancelled",
        WorkflowExecutionStatus::Terminated => "terminated",
        WorkflowExecutionStatus::TimedOut => "timed-out",
        _ => "unknown",
    };
    Ok((state.to_owned(), Some(sync)))
}

/// Reads the details of a heartbeat.
fn progress(details: Payloads) -> Option<Progress> {
    serde_json::from_slice(&details.payloads.into_iter().next()?.data).ok()
}

/// A time as RFC 3339, in UTC.
pub(super) fn time(time: SystemTime) -> String {
    DateTime::<Utc>::from(time).to_rfc3339_opts(SecondsFormat::Secs, true)
}
