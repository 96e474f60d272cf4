//! The slots and the limit of a credential.

use super::Failed;
use super::accounts::{duration, name};
use crate::credential::{self, Credential as Workflow, Limits, Queue};
use crate::engine::Engine;
use crate::names;
use clap::Args;
use std::time::Duration;
use temporalio_client::errors::WorkflowQueryError;

/// The options of `fleet credential`.
#[derive(Debug, Args)]
pub(super) struct Credential {
    /// The credential's name
    #[arg(value_parser = name)]
    credential: String,
    /// The syncs at once
    #[arg(long)]
    syncs: Option<u32>,
    /// The changes at once
    #[arg(long)]
    changes: Option<u32>,
    /// The requests in a window of time, of all accounts together. Cloudflare allows 1,200 in 5 minutes
    #[arg(long)]
    requests: Option<u64>,
    /// The window of time
    #[arg(long, value_parser = duration, value_name = "TIME")]
    window: Option<Duration>,
    /// The time between two looks for syncs that were terminated while they held a slot
    #[arg(long, value_parser = duration, value_name = "TIME")]
    check: Option<Duration>,
}

impl Credential {
    pub(super) async fn run(self, engine: &Engine) -> Result<(), Failed> {
        let client = engine.connect().await?;
        let workflow = client.get_workflow_handle::<Workflow>(names::credential(&self.credential));
        let isnt_there = |error: &WorkflowQueryError| matches!(error, WorkflowQueryError::NotFound(_));
        let queue = match workflow.query(Workflow::state, (), Default::default()).await {
            Ok(queue) => queue,
            Err(error) if isnt_there(&error) => Queue::default(),
            Err(error) => return Err(error.into()),
        };
        let Credential { credential, syncs, changes, requests, window, check } = self;
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let before = queue.limits;
        let limits = Limits {
            syncs: syncs.unwrap_or(before.syncs),
            changes: changes.unwrap_or(before.changes),
            requests: requests.unwrap_or(before.requests),
            window_ms: window.map_or(before.window_ms, ms),
            check_ms: check.map_or(before.check_ms, ms),
        };
        if limits == before {
            println!("{}", serde_json::to_string(&queue)?);
            return Ok(());
        }
        credential::signal_credential(&client, &engine.queue, &credential, Workflow::configure, limits)
            .await?;
        eprintln!("{credential}: the limits are changed. They count from the next slot on");
        Ok(())
    }
}
