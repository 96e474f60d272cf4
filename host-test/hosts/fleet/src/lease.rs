//! The right of one attempt to go on with its activity.
//!
//! A worker that was paused, or cut off from the server, may come back when the server has long given its
//! activity to another one. The server knows whose it is, so whoever is about to write something asks it.

use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use temporalio_client::errors::AsyncActivityError;
use temporalio_client::{ActivityIdentifier, AsyncActivityHandle, Client};
use temporalio_common::protos::TaskToken;
use temporalio_sdk::activities::ActivityContext;

/// The reason why an attempt may not go on.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// Another attempt goes on, or the workflow has ended.
    #[error("the server has given this work to another attempt, or its workflow has ended")]
    Taken,
    /// Somebody asks the workflow to stop.
    #[error("the workflow was asked to stop")]
    Cancelled,
    /// The server didn't answer for as long as it waits for a sign of life itself.
    #[error(
        "the server didn't confirm for {} seconds that this worker still has this work: {why}",
        .after.as_secs()
    )]
    Unknown {
        /// The time.
        after: Duration,
        /// The last answer.
        why: String,
    },
}

/// The time between two questions of a lease, where the server doesn't answer.
const AGAIN: Duration = Duration::from_millis(500);

/// The lease of an activity. Its clones share the details, which are what the next attempt begins with.
#[derive(Clone)]
pub struct Lease(Arc<Shared>);

struct Shared {
    handle: AsyncActivityHandle<Client>,
    ctx: ActivityContext,
    timeout: Duration,
    details: Mutex<Option<Value>>,
}

impl Lease {
    /// Takes up the lease of an activity.
    #[must_use]
    pub fn of(ctx: &ActivityContext) -> Lease {
        let token = TaskToken::from(ctx.info().task_token.clone());
        let handle = ctx.client().get_async_activity_handle(ActivityIdentifier::from_task_token(token));
        Lease(Arc::new(Shared {
            handle,
            ctx: ctx.clone(),
            timeout: ctx.info().heartbeat_timeout.unwrap_or(Duration::from_secs(60)),
            details: Mutex::new(None),
        }))
    }

    /// Keeps what another attempt has to know, and tells the server when it is due.
    pub async fn keep(&self, details: Value) {
        *self.0.details.lock().unwrap_or_else(PoisonError::into_inner) = Some(details);
        self.beat().await;
    }

    /// Shows the server that this attempt is alive, as long as it isn't dropped.
    pub async fn keep_alive(&self) -> std::convert::Infallible {
        loop {
            self.beat().await;
            tokio::time::sleep(self.0.timeout / 4).await;
        }
    }

    /// Confirms that this attempt still has its activity. While the server doesn't answer, it asks again: for
    /// as long as the server itself waits for an attempt.
    ///
    /// # Errors
    /// [`Lost`]: nothing may be written any more.
    pub async fn confirm(&self) -> Result<(), Lost> {
        let start = Instant::now();
        loop {
            let details = self.details();
            let why = match self.0.handle.heartbeat(details, Default::default()).await {
                Ok(answer) if answer.cancel_requested => return Err(Lost::Cancelled),
                Ok(_) => return Ok(()),
                Err(AsyncActivityError::NotFound(_)) => return Err(Lost::Taken),
                Err(error) => error,
            };
            let after = start.elapsed();
            if after >= self.0.timeout {
                return Err(Lost::Unknown { after, why: why.to_string() });
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    fn details(&self) -> Option<Value> {
        self.0.details.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Beats through the SDK, which sends it when it is due, tells of a cancellation, and adds the details to
    /// the report of a failure.
    async fn beat(&self) {
        if let Some(details) = self.details()
            && let Err(error) = self.0.ctx.record_heartbeat(details).await
        {
            tracing::warn!("a heartbeat can't be written: {error}");
        }
    }
}
