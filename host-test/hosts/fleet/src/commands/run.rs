//! Syncs by hand.

use super::Failed;
use super::accounts::name;
use super::state;
use crate::engine::Engine;
use crate::names;
use crate::sync::SyncAccount;
use clap::Args;
use temporalio_client::errors::{WorkflowGetResultError, WorkflowStartError};
use temporalio_client::{
    Client, WorkflowGetResultOptions, WorkflowHandle, WorkflowIdConflictPolicy, WorkflowIdReusePolicy,
    WorkflowStartOptions,
};

/// The options of `fleet run`.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// The accounts' names
    #[arg(required = true, value_name = "ACCOUNT", value_parser = name)]
    accounts: Vec<String>,
    /// Wait until the syncs have ended, and write their results, one JSON object a line
    #[arg(long)]
    wait: bool,
}

impl Run {
    pub(super) async fn run(self, engine: &Engine) -> Result<(), Failed> {
        let client = engine.connect().await?;
        let (mut begun, mut failed) = (Vec::new(), 0_usize);
        for account in &self.accounts {
            match start(&client, engine, account).await {
                Ok(sync) => begun.push((account, sync)),
                Err(error) => {
                    eprintln!("{account}: {error}");
                    failed += 1;
                }
            }
        }
        for (account, sync) in begun {
            if !self.wait {
                eprintln!("{account}: a sync has begun");
                continue;
            }
            match sync.get_result(WorkflowGetResultOptions::default()).await {
                Ok(outcome) => {
                    let mut line = serde_json::to_value(&outcome)?;
                    line["account"] = account.as_str().into();
                    println!("{line}");
                }
                Err(error) => {
                    eprintln!("{account}: {}", in_words(error));
                    failed += 1;
                }
            }
        }
        match failed {
            0 => Ok(()),
            failed => {
                Err(format!("{failed} of {} syncs failed, or didn't begin", self.accounts.len()).into())
            }
        }
    }
}

async fn start(
    client: &Client,
    engine: &Engine,
    account: &str,
) -> Result<WorkflowHandle<Client, SyncAccount>, Failed> {
    let (order, _) = state::order(client, account).await?;
    let options = WorkflowStartOptions::new(&engine.queue, names::sync(account))
        .id_reuse_policy(WorkflowIdReusePolicy::AllowDuplicate)
        .id_conflict_policy(WorkflowIdConflictPolicy::Fail)
        .build();
    let begun = match client.start_workflow(SyncAccount::run, order, options).await {
        Ok(begun) => begun,
        Err(WorkflowStartError::AlreadyStarted { .. }) => {
            let refused = "a sync of this account is under way already, and there is only one at a time";
            return Err(refused.into());
        }
        Err(error) => return Err(error.into()),
    };
    Ok(WorkflowHandle::new(client.clone(), begun.info().clone()))
}

fn in_words(error: WorkflowGetResultError) -> String {
    match error {
        WorkflowGetResultError::Failed(why) => {
            let failure = why.failure();
            let kind = failure.maybe_application_failure().map_or("failed", |info| info.r#type.as_str());
            format!("the sync failed ({kind}): {}", failure.message)
        }
        error => crate::engine::causes(&error),
    }
}
