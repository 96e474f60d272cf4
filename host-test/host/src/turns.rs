//! The turns of a service's requests that may change something: they read and write one after another, so
//! that none writes back what it read before another one's change.

use std::sync::Arc;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};

/// The turns of one service.
pub(crate) struct Turns(Arc<Semaphore>);

impl Turns {
    pub(crate) fn new() -> Turns {
        Turns(Arc::new(Semaphore::new(1)))
    }

    /// Makes the turn of a request. It has begun only when the request has waited for it.
    pub(crate) fn next(&self) -> Turn {
        Turn { turns: Arc::clone(&self.0), taken: OnceCell::new() }
    }
}

/// The turn of one request, until this is dropped.
///
/// It begins with the first request to the upstream: a client that sends its body slowly keeps nobody
/// waiting.
pub(crate) struct Turn {
    turns: Arc<Semaphore>,
    taken: OnceCell<Option<OwnedSemaphorePermit>>,
}

impl Turn {
    /// Waits until all those are over that began to wait before.
    pub(crate) async fn wait(&self) {
        let take = || async { Arc::clone(&self.turns).acquire_owned().await.ok() };
        self.taken.get_or_init(take).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::pin::pin;
    use std::task::Poll;

    #[tokio::test]
    async fn a_turn_begins_when_the_one_before_is_over_and_not_before_it_is_asked_for() {
        let turns = Turns::new();
        let (idle, first, second) = (turns.next(), turns.next(), turns.next());
        first.wait().await;
        first.wait().await;
        {
            let mut waiting = pin!(second.wait());
            assert!(poll_fn(|context| Poll::Ready(waiting.as_mut().poll(context).is_pending())).await);
            drop(first);
            waiting.await;
        }
        drop(second);
        idle.wait().await;
    }
}
