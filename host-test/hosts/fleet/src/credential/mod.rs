//! The slots of a credential: a workflow `credential-<name>` for each, which lets so many syncs and changes
//! at once send requests, so that the limit of the credential holds over all workers.
//!
//! Whoever wants a slot calls [`wait_for_slot`], which starts that workflow where it isn't there and waits
//! for the signal `slot`, and ends with [`release`]. A holder that was terminated can't release: the workflow
//! looks for such holders as long as somebody waits.

pub mod queue;

pub use queue::{Ask, Held, Holder, Kind, Limits, Queue, Slot};

use crate::names;
use crate::sync::SyncAccount;
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use temporalio_client::errors::WorkflowInteractionError;
use temporalio_client::{
    Client, UntypedWorkflow, WorkflowExecutionStatus, WorkflowIdConflictPolicy, WorkflowStartOptions,
};
use temporalio_common::RetryPolicy;
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::workflows::select;
use temporalio_sdk::{
    ActivityExecutionError, ContinueAsNewOptions, LocalActivityOptions, SignalWorkflowOptions,
    SyncWorkflowContext, TimerOptions, WorkflowCancellationToken, WorkflowContext, WorkflowContextView,
    WorkflowResult,
};

/// The time after which somebody who waits for a slot asks again: the workflow that hands them out may have
/// been ended by a person.
const ASK_AGAIN: Duration = Duration::from_secs(600);

/// A slot that is given back, or a place in the queue that is given up.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Release {
    /// The one who has it.
    pub by: Holder,
    /// The point that their pace has reached, if it is known.
    pub tat: Option<u64>,
}

/// A request for a slot.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskFor {
    /// The credential's name.
    pub credential: String,
    /// The use.
    pub kind: Kind,
}

/// The workflow that hands out the slots of one credential.
#[workflow]
pub struct Credential {
    queue: Queue,
    /// The number of messages so far, which tells whether there was one.
    messages: u64,
}

#[workflow_methods]
impl Credential {
    #[init]
    fn new(_ctx: &WorkflowContextView, queue: Queue) -> Self {
        Credential { queue, messages: 0 }
    }

    /// Gives out slots until it is cancelled.
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<()> {
        loop {
            let seen = ctx.state(|state| state.messages);
            for held in ctx.state_mut(|state| state.queue.grants()) {
                let holder = ctx.external_workflow(&held.by.workflow_id, Some(held.by.run_id.clone()));
                let told = holder.signal(SyncAccount::slot, held.slot, SignalWorkflowOptions::default());
                if told.await.is_err() {
                    // It has ended meanwhile, and has sent nothing.
                    let now = now(ctx);
                    ctx.state_mut(|state| state.queue.release(&held.by, Some(held.slot.tat), now));
                    ctx.state_mut(|state| state.messages += 1);
                }
            }
            if ctx.state(|state| state.messages) != seen {
                continue;
            }
            if ctx.continue_as_new_suggested() {
                let queue = ctx.state(|state| state.queue.clone());
                ctx.continue_as_new(queue, ContinueAsNewOptions::default())?;
            }
            if !message_within_the_time_of_a_check(ctx, seen).await? {
                let held = ctx.state(|state| state.queue.held_up_by());
                // If nobody can tell now, the next look is soon.
                if let Ok(ended) = ctx.execute_local_activity(Slots::ended, held, asking()).await {
                    let now = now(ctx);
                    ctx.state_mut(|state| ended.iter().for_each(|by| state.queue.release(by, None, now)));
                }
            }
        }
    }

    /// Asks for a slot.
    #[signal]
    pub fn ask(&mut self, _ctx: &mut SyncWorkflowContext<Self>, ask: Ask) {
        self.queue.ask(ask);
        self.messages += 1;
    }

    /// Gives back a slot, or a place in the queue.
    #[signal]
    pub fn release(&mut self, ctx: &mut SyncWorkflowContext<Self>, release: Release) {
        self.queue.release(&release.by, release.tat, ms(ctx.workflow_time()));
        self.messages += 1;
    }

    /// Changes the limits.
    #[signal]
    pub fn configure(&mut self, _ctx: &mut SyncWorkflowContext<Self>, limits: Limits) {
        self.queue.configure(limits);
        self.messages += 1;
    }

    /// Returns the slots, and those that wait.
    #[query]
    pub fn state(&self, _ctx: &WorkflowContextView) -> Queue {
        self.queue.clone()
    }
}

/// Waits for a message; while somebody waits for a slot, only until it is time to look for holders that have
/// ended. Reports whether there was a message.
async fn message_within_the_time_of_a_check(
    ctx: &WorkflowContext<Credential>,
    seen: u64,
) -> WorkflowResult<bool> {
    if ctx.state(|state| state.queue.held_up_by().is_empty()) {
        ctx.wait_condition(|state| state.messages != seen).await?;
        return Ok(true);
    }
    let check = Duration::from_millis(ctx.state(|state| state.queue.limits.check_ms));
    // A timer that is left behind would wake the workflow later.
    let until = ctx.cancellation_token().child_token();
    let timer = TimerOptions::builder(check).cancellation_token(until.clone()).build();
    let came = select! {
        came = ctx.wait_condition(|state: &Credential| state.messages != seen) => came.map(|()| true),
        _ = ctx.timer(timer) => Ok(false),
    };
    until.cancel();
    Ok(came?)
}

/// The reason why a workflow has no slot.
#[derive(Debug)]
pub enum NoSlot {
    /// The server took no request for one.
    NotAsked(Box<ActivityExecutionError>),
    /// The workflow was asked to stop meanwhile.
    Cancelled,
}

/// Asks for a slot in the name of this workflow, and waits for it. `given` looks whether it has come.
///
/// # Errors
/// [`NoSlot`]. The place in the queue is given up with [`release`].
pub async fn wait_for_slot<W>(
    ctx: &WorkflowContext<W>,
    credential: &str,
    kind: Kind,
    given: fn(&W) -> Option<Slot>,
) -> Result<Slot, NoSlot> {
    loop {
        let ask = AskFor { credential: credential.to_owned(), kind };
        let asked = ctx.execute_local_activity(Slots::ask, ask, asking()).await;
        asked.map_err(|error| NoSlot::NotAsked(Box::new(error)))?;
        let until = ctx.cancellation_token().child_token();
        let timer = TimerOptions::builder(ASK_AGAIN).cancellation_token(until.clone()).build();
        let came = select! {
            came = ctx.wait_condition(|state| given(state).is_some()) => came,
            _ = ctx.timer(timer) => Ok(()),
        };
        until.cancel();
        came.map_err(|_| NoSlot::Cancelled)?;
        if let Some(slot) = ctx.state(given) {
            return Ok(slot);
        }
    }
}

/// Gives a slot back, also after the workflow was cancelled.
pub async fn release<W>(ctx: &WorkflowContext<W>, credential: &str, tat: Option<u64>) {
    let release = Release { by: holder(ctx), tat };
    let always =
        SignalWorkflowOptions::builder().cancellation_token(WorkflowCancellationToken::new()).build();
    let of = ctx.external_workflow(names::credential(credential), None);
    // If nobody hands out slots any more, there is nothing to give back.
    let _ = of.signal(Credential::release, release, always).await;
}

/// Returns the run of this workflow, as it asks for slots.
pub fn holder<W>(ctx: &WorkflowContext<W>) -> Holder {
    Holder { workflow_id: ctx.workflow_id().to_owned(), run_id: ctx.run_id().to_owned() }
}

/// Returns how activities about slots are run: a short word with the server, by the worker that has the
/// workflow, however many syncs it has to do.
fn asking() -> LocalActivityOptions {
    LocalActivityOptions::builder()
        .start_to_close_timeout(Duration::from_secs(30))
        .schedule_to_close_timeout(Duration::from_secs(600))
        .retry_policy(RetryPolicy::builder().maximum_interval(Duration::from_secs(30)).build())
        .build()
}

fn now<W>(ctx: &WorkflowContext<W>) -> u64 {
    ms(ctx.workflow_time())
}

fn ms(time: Option<SystemTime>) -> u64 {
    let since = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The activities about slots.
pub struct Slots;

#[activities]
impl Slots {
    /// Asks for a slot in the name of the workflow that runs this. Asking again changes nothing.
    #[activity]
    pub async fn ask(ctx: ActivityContext, ask: AskFor) -> Result<(), ActivityError> {
        let info = ctx.info();
        let (Some(workflow_id), Some(run_id)) = (info.workflow_id.clone(), info.workflow_run_id.clone())
        else {
            return Err(temporalio_sdk::ApplicationFailure::non_retryable("only a workflow can ask").into());
        };
        let signal = Ask { by: Holder { workflow_id, run_id }, kind: ask.kind };
        let (client, queue) = (ctx.client(), info.task_queue.clone());
        signal_credential(&client, &queue, &ask.credential, Credential::ask, signal).await?;
        Ok(())
    }

    /// Returns which of these runs have ended.
    #[activity]
    pub async fn ended(ctx: ActivityContext, of: Vec<Holder>) -> Result<Vec<Holder>, ActivityError> {
        let client = ctx.client();
        let looks = of.into_iter().map(|by| async { Ok(has_ended(&client, &by).await?.then_some(by)) });
        let ended = try_join_all(looks).await.map_err(|error: WorkflowInteractionError| {
            ActivityError::from(temporalio_sdk::ApplicationFailure::new(error))
        })?;
        Ok(ended.into_iter().flatten().collect())
    }
}

async fn has_ended(client: &Client, by: &Holder) -> Result<bool, WorkflowInteractionError> {
    let info = temporalio_client::WorkflowExecutionInfo::builder()
        .namespace(client.options().namespace.clone())
        .workflow_id(by.workflow_id.clone())
        .run_id(by.run_id.clone())
        .build();
    let handle = temporalio_client::WorkflowHandle::<_, UntypedWorkflow>::new(client.clone(), info);
    match handle.describe(Default::default()).await {
        Ok(found) => Ok(found.status() != WorkflowExecutionStatus::Running
            && found.status() != WorkflowExecutionStatus::Paused),
        Err(WorkflowInteractionError::NotFound(_)) => Ok(true),
        Err(error) => Err(error),
    }
}

/// Signals the workflow of a credential, and starts it where it isn't there.
///
/// # Errors
/// The server's.
pub async fn signal_credential<S>(
    client: &Client,
    queue: &str,
    credential: &str,
    signal: S,
    input: S::Input,
) -> Result<(), temporalio_client::errors::WorkflowStartError>
where
    S: temporalio_common::SignalDefinition<
            Workflow = <Credential as temporalio_common::HasWorkflowDefinition>::Run,
        >,
    S::Input: Send,
{
    let options = WorkflowStartOptions::new(queue, names::credential(credential))
        .id_conflict_policy(WorkflowIdConflictPolicy::UseExisting)
        .build();
    let fresh = Queue::default();
    client.signal_with_start_workflow(Credential::run, fresh, signal, input, options).await?;
    Ok(())
}
