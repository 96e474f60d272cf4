//! Accounts that come into the fleet, and leave it.

use super::Failed;
use crate::account::{Account, check_name};
use crate::engine::Engine;
use crate::names;
use crate::sync::{Order, SyncAccount, SyncIsDue};
use crate::work::Times;
use clap::Args;
use std::time::Duration;
use temporalio_client::errors::WorkflowInteractionError;
use temporalio_client::schedules::{
    CreateScheduleOptions, ScheduleAction, ScheduleError, ScheduleIntervalSpec, ScheduleOverlapPolicy,
    ScheduleSpec, ScheduleUpdate,
};
use temporalio_client::{Client, WorkflowCancelOptions, tonic::Code};

/// The options of `fleet add`.
#[derive(Debug, Args)]
pub(super) struct Add {
    /// The account's name in the fleet
    #[arg(value_parser = name)]
    account: String,
    /// Cloudflare's id of the account
    #[arg(long)]
    account_id: String,
    /// The name of the credential. Without it, the account's name. Accounts that share one share its limit
    #[arg(long, value_parser = name)]
    credential: Option<String>,
    /// Another address of the API than Cloudflare's
    #[arg(long)]
    base_url: Option<String>,
    /// The time between two syncs, in seconds, or with m, h or d: 90, 15m, 6h, 1d
    #[arg(long, default_value = "6h", value_parser = duration)]
    every: Duration,
    /// The longest time by which a sync begins later, so that not all begin at once. Without it, a tenth of
    /// --every, and at most 5 minutes
    #[arg(long, value_parser = duration)]
    jitter: Option<Duration>,
    /// Don't sync by the schedule, only by hand
    #[arg(long)]
    paused: bool,
    #[command(flatten)]
    times: TimeArgs,
}

/// The times of a sync.
#[derive(Debug, Args)]
pub(super) struct TimeArgs {
    /// The time without a sign of life after which another worker goes on
    #[arg(long, default_value = "60", value_parser = duration, value_name = "TIME")]
    heartbeat: Duration,
    /// The time after which a sync is given up
    #[arg(long, default_value = "1d", value_parser = duration, value_name = "TIME")]
    give_up: Duration,
    /// The time before the second attempt. It doubles with each one, up to 10 minutes
    #[arg(long, default_value = "10", value_parser = duration, value_name = "TIME")]
    retry: Duration,
}

/// The options of `fleet remove`.
#[derive(Debug, Args)]
pub(super) struct Remove {
    /// The account's name
    #[arg(value_parser = name)]
    account: String,
}

impl Add {
    pub(super) async fn run(self, engine: &Engine) -> Result<(), Failed> {
        let client = engine.connect().await?;
        let Add { account: name, account_id, credential, base_url, every, jitter, paused, times } = self;
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let order = Order {
            account: Account {
                credential: credential.unwrap_or_else(|| name.clone()),
                name: name.clone(),
                account_id,
                base_url,
            },
            times: Times {
                heartbeat_ms: ms(times.heartbeat),
                give_up_ms: ms(times.give_up),
                retry_ms: ms(times.retry),
            },
        };
        let jitter = jitter.unwrap_or((every / 10).min(Duration::from_secs(300)));
        let spec = ScheduleSpec::builder()
            .intervals(vec![ScheduleIntervalSpec::new(every, None)])
            .jitter(jitter)
            .build();
        let id = names::sync(&name);
        let action = ScheduleAction::start_workflow(SyncIsDue::run, order, &engine.queue, names::due(&name));
        let created = create(&client, &id, &action, &spec).await?;
        // What can be said only of a schedule that exists.
        let set = move |update: &mut ScheduleUpdate| {
            update
                .set_action(action.clone())
                .set_spec(spec.clone())
                .set_overlap_policy(ScheduleOverlapPolicy::Skip)
                .set_catchup_window(every)
                .set_paused(paused);
        };
        let schedule = client.get_schedule_handle(&id);
        let mut update = schedule.describe(Default::default()).await?.into_update();
        set(&mut update);
        schedule.send_update(update, Default::default()).await?;
        eprintln!("{name}: {}", if created { "added" } else { "changed" });
        Ok(())
    }
}

/// Creates a schedule that is paused, and reports whether it is new.
async fn create(
    client: &Client,
    id: &str,
    action: &ScheduleAction,
    spec: &ScheduleSpec,
) -> Result<bool, Failed> {
    let options = CreateScheduleOptions::builder()
        .action(action.clone())
        .spec(spec.clone())
        .overlap_policy(ScheduleOverlapPolicy::Skip)
        .paused(true)
        .build();
    match client.create_schedule(id, options).await {
        Ok(_) => Ok(true),
        Err(ScheduleError::Rpc(status)) if status.code() == Code::AlreadyExists => Ok(false),
        Err(error) => Err(error.into()),
    }
}

impl Remove {
    pub(super) async fn run(self, engine: &Engine) -> Result<(), Failed> {
        let client = engine.connect().await?;
        let id = names::sync(&self.account);
        super::state::order(&client, &self.account).await?;
        client.get_schedule_handle(&id).delete(Default::default()).await?;
        let sync = client.get_workflow_handle::<SyncAccount>(&id);
        let reason =
            WorkflowCancelOptions::builder().reason("the account was taken out of the fleet").build();
        match sync.cancel(reason).await {
            Ok(()) => eprintln!("{}: removed. Its sync that was under way is asked to stop", self.account),
            Err(WorkflowInteractionError::NotFound(_)) => eprintln!("{}: removed", self.account),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

/// Reads a name.
pub(super) fn name(text: &str) -> Result<String, String> {
    check_name(text).map(|()| text.to_owned())
}

/// Reads a time: seconds, or a number with ms, s, m, h or d.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no time. Write seconds, or a number with ms, s, m, h or d");
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let unit = match unit {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(wrong()),
    };
    match number.checked_mul(unit) {
        Some(ms) if ms > 0 => Ok(Duration::from_millis(ms)),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_with_its_unit() {
        for (text, ms) in
            [("90", 90_000), ("500ms", 500), ("2s", 2_000), ("15m", 900_000), ("1d", 86_400_000)]
        {
            assert_eq!(duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "0", "h", "-1", "1.5h", "1 h", "1w", "99999999999999999999d"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
