//! The guard before each write: the server says whether the changes are still this attempt's.

use crate::lease::{Lease, Lost};
use connector_host::WriteGuard;
use std::time::{Duration, Instant};

/// Makes the guard of a session. `heartbeat` is the time for which the server waits for a sign of life.
pub(super) fn guard(lease: &Lease, heartbeat: Duration) -> WriteGuard {
    let lease = lease.clone();
    WriteGuard::new(move |_| {
        let lease = lease.clone();
        async move { still_own(|| lease.confirm(), heartbeat).await.map_err(|lost| lost.to_string()) }
    })
}

/// Asks until there is a fresh answer. If this process is paused while the answer is on its way, the answer
/// is old when it is read, and says nothing of now.
async fn still_own<Asked>(ask: impl Fn() -> Asked, heartbeat: Duration) -> Result<(), Lost>
where
    Asked: Future<Output = Result<(), Lost>>,
{
    loop {
        let asked = Instant::now();
        ask().await?;
        // The server counts from a moment after this one.
        if asked.elapsed() < heartbeat / 2 {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[tokio::test]
    async fn an_old_answer_is_none() {
        let asked = Cell::new(0);
        let answers = || {
            asked.set(asked.get() + 1);
            let n = asked.get();
            async move {
                match n {
                    // As if the process had been paused here.
                    1 => {
                        std::thread::sleep(Duration::from_millis(30));
                        Ok(())
                    }
                    _ => Err(Lost::Taken),
                }
            }
        };
        assert!(matches!(still_own(answers, Duration::from_millis(50)).await, Err(Lost::Taken)));
        assert_eq!(asked.get(), 2);
        assert!(still_own(|| async { Ok(()) }, Duration::from_secs(3600)).await.is_ok());
    }
}
