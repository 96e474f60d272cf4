//! The engine's part in an activity of a sync or of changes: its times, and the way in which it ended badly.

use serde::{Deserialize, Serialize};
use std::time::Duration;
use temporalio_common::RetryPolicy;
use temporalio_common::error::IncomingError;
use temporalio_sdk::{
    ActivityCancellationType, ActivityCloseTimeouts, ActivityExecutionError, ActivityOptions,
};

/// The times of a sync, or of a request of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// The time without a sign of life after which another worker goes on, in milliseconds.
    pub heartbeat_ms: u64,
    /// The time after which the work is given up, in milliseconds. The wait for a slot isn't part of it, and
    /// neither is the wait for other requests.
    pub give_up_ms: u64,
    /// The time before the second attempt, in milliseconds. It doubles with each one.
    pub retry_ms: u64,
}

impl Times {
    /// Returns the times of a sync, unless its account has others.
    #[must_use]
    pub const fn of_sync() -> Times {
        Times { heartbeat_ms: 60_000, give_up_ms: 24 * 3_600_000, retry_ms: 10_000 }
    }

    /// Returns the times of a request of changes: somebody waits for its report.
    #[must_use]
    pub const fn of_changes() -> Times {
        Times { heartbeat_ms: 30_000, give_up_ms: 3_600_000, retry_ms: 2_000 }
    }

    /// Returns how the engine carries out the activity. The time between two attempts grows up to
    /// `longest_retry`.
    pub(crate) fn options(self, longest_retry: Duration) -> ActivityOptions {
        let retry = RetryPolicy::builder()
            .initial_interval(Duration::from_millis(self.retry_ms))
            .maximum_interval(longest_retry)
            .build();
        let whole = ActivityCloseTimeouts::ScheduleToClose(Duration::from_millis(self.give_up_ms));
        ActivityOptions::with_close_timeouts(whole)
            .heartbeat_timeout(Duration::from_millis(self.heartbeat_ms))
            // The slot is given back, and the next one begins, when the activity has really ended.
            .cancellation_type(ActivityCancellationType::WaitCancellationCompleted)
            .retry_policy(retry)
            .build()
    }
}

/// The reason why an activity came to no good end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    /// The kind of the error, or a word for what else failed.
    pub(crate) kind: String,
    /// A text for a person.
    pub(crate) message: String,
}

impl Reason {
    /// Reads an activity's failure. There is no reason where somebody asked it to stop.
    pub(crate) fn of(error: &ActivityExecutionError) -> Option<Reason> {
        if error.as_cancelled().is_some() {
            return None;
        }
        let (kind, message) = match error {
            ActivityExecutionError::Failed(failed) => match failed.cause() {
                Some(IncomingError::Application(why)) => {
                    (why.type_name().unwrap_or("failed").to_owned(), why.to_string())
                }
                Some(IncomingError::Timeout(timeout)) => {
                    let last = timeout.failure().cause.as_ref().map_or("", |cause| cause.message.as_str());
                    (
                        "gave-up".to_owned(),
                        format!("no attempt came to its end in time. The last one: {last}"),
                    )
                }
                _ => ("failed".to_owned(), failed.failure().message.clone()),
            },
            _ => ("failed".to_owned(), error.to_string()),
        };
        Some(Reason { kind, message })
    }
}
