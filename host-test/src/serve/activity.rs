//! The requests under way on one connection, and when the connection has lasted long enough.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// The requests under way on one connection.
pub(super) struct Activity {
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    /// The beginnings of requests, by number.
    under_way: BTreeMap<u64, Instant>,
    idle_since: Instant,
}

/// The times after which a connection is closed.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    /// Without a request: before the first one, in the middle of a head, and between two.
    pub(super) idle: Duration,
    /// With one request: a client that doesn't take its answer keeps it longer than its instance lasts.
    pub(super) request: Duration,
}

/// A request that is under way until this is dropped.
pub(super) struct UnderWay {
    activity: Arc<Activity>,
    number: u64,
}

impl Activity {
    pub(super) fn new() -> Arc<Activity> {
        let state = State { under_way: BTreeMap::new(), idle_since: Instant::now() };
        Arc::new(Activity { state: Mutex::new(state), changed: Notify::new() })
    }

    pub(super) fn begin(self: &Arc<Self>, number: u64) -> UnderWay {
        self.change(|state| {
            state.under_way.insert(number, Instant::now());
        });
        UnderWay { activity: Arc::clone(self), number }
    }

    /// Waits until the connection has lasted long enough.
    pub(super) async fn tries(&self, patience: Patience) {
        loop {
            let due = self.due(patience);
            if due <= Instant::now() {
                return;
            }
            tokio::select! {
                () = sleep_until(due) => {}
                () = self.changed.notified() => {}
            }
        }
    }

    fn due(&self, patience: Patience) -> Instant {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.under_way.values().min() {
            Some(first) => *first + patience.request,
            None => state.idle_since + patience.idle,
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_one();
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.activity.change(|state| {
            state.under_way.remove(&self.number);
            state.idle_since = Instant::now();
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::task::{Context, Poll};

    const PATIENCE: Patience = Patience { idle: Duration::from_secs(30), request: Duration::from_secs(600) };

    #[test]
    fn a_connection_is_due_after_its_last_request_or_when_one_never_ends() {
        let activity = Activity::new();
        let idle = |activity: &Activity| activity.due(PATIENCE) - activity.state.lock().unwrap().idle_since;
        assert_eq!(idle(&activity), PATIENCE.idle);
        let first = activity.begin(1);
        let begun = *activity.state.lock().unwrap().under_way.get(&1).unwrap();
        let second = activity.begin(2);
        assert_eq!(activity.due(PATIENCE), begun + PATIENCE.request, "the first one counts");
        drop(first);
        assert!(activity.due(PATIENCE) >= begun + PATIENCE.request);
        drop(second);
        assert_eq!(idle(&activity), PATIENCE.idle);
    }

    #[tokio::test]
    async fn an_idle_connection_tries_our_patience_and_one_at_work_does_not() {
        let activity = Activity::new();
        let short = Patience { idle: Duration::ZERO, ..PATIENCE };
        activity.tries(short).await;
        let at_work = activity.begin(1);
        let waiting = activity.tries(short);
        tokio::pin!(waiting);
        let is_pending = |context: &mut Context<'_>| Poll::Ready(waiting.as_mut().poll(context).is_pending());
        assert!(poll_fn(is_pending).await);
        drop(at_work);
        waiting.await;
    }
}
