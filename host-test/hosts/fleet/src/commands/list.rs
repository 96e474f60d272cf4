//! The list of accounts.

use super::Failed;
use super::state::{self, State};
use super::table::{self, Format};
use crate::engine::Engine;
use crate::names;
use clap::Args;
use futures::{StreamExt, TryStreamExt, stream};
use temporalio_client::schedules::ListSchedulesOptions;

/// The accounts that the cluster is asked about at once.
const AT_ONCE: usize = 16;

/// The options of `fleet list`.
#[derive(Debug, Args)]
pub(super) struct List {
    /// The form of the output. Without it, a table on a terminal, and jsonl elsewhere
    #[arg(long, value_enum)]
    format: Option<Format>,
}

impl List {
    pub(super) async fn run(self, engine: &Engine) -> Result<(), Failed> {
        let client = engine.connect().await?;
        let mut names: Vec<String> = client
            .list_schedules(ListSchedulesOptions::default())
            .try_filter_map(async |found| {
                Ok(names::account_of_sync(found.schedule_id()).map(ToOwned::to_owned))
            })
            .try_collect()
            .await?;
        names.sort();
        let client = &client;
        let states: Vec<State> = stream::iter(names)
            .map(|name| async move { state::if_there(client, &name).await })
            .buffered(AT_ONCE)
            // Somebody may take an account out meanwhile.
            .try_filter_map(async |state| Ok(state))
            .try_collect()
            .await?;
        let headings = [
            "Account",
            "State",
            "Last began",
            "Last ended",
            "Next",
            "Requests",
            "Records",
            "Incomplete",
            "Error",
        ];
        table::write(Format::or_suitable(self.format), &headings, &states, row)?;
        Ok(())
    }
}

fn row(state: &State) -> Vec<String> {
    let last = state.last.as_ref();
    let text = |text: Option<&String>| text.cloned().unwrap_or_default();
    let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    let incomplete = match last.and_then(|last| last.incomplete) {
        Some(true) => "yes",
        Some(false) => "no",
        None => "",
    };
    let next = if state.paused { "paused".to_owned() } else { text(state.next.as_ref()) };
    vec![
        state.account.clone(),
        state.state.clone(),
        text(last.and_then(|last| last.begun.as_ref())),
        text(last.and_then(|last| last.ended.as_ref())),
        next,
        number(last.and_then(|last| last.requests)),
        number(last.and_then(|last| last.records)),
        incomplete.to_owned(),
        text(last.and_then(|last| last.kind.as_ref())),
    ]
}
