//! The guard of a session that may write: whoever opened the session is asked before each write.

use crate::limits::Limits;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The question that is asked right before each request that isn't a GET: may it leave now?
///
/// A host that does the same work in several places, one after the other, may find that another place has
/// taken the work over in the meantime. Before a write it can ask here whether the work is still its own.
///
/// The guard is told the method and the path of the request, without ids, as in
/// [`TrafficReport::requests_by_route`](crate::TrafficReport::requests_by_route). Its "no" is a reason for a
/// person, without a secret. Then nothing of the request is sent, the connector learns that, and the
/// session sends no further request but GETs: the guard isn't asked again.
/// [`Session::guard_refusal`](crate::Session::guard_refusal) has the reason.
///
/// A guard that takes longer than [`Limits::guard`] has said no. The time that it takes counts as time of
/// the call.
#[derive(Clone)]
pub struct WriteGuard(Arc<Ask>);

type Ask = dyn Fn(String) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync;

impl WriteGuard {
    /// Makes a guard of a function that is told the request's method and path.
    pub fn new<F, Answer>(ask: F) -> WriteGuard
    where
        F: Fn(String) -> Answer + Send + Sync + 'static,
        Answer: Future<Output = Result<(), String>> + Send + 'static,
    {
        WriteGuard(Arc::new(move |route| Box::pin(ask(route))))
    }
}

impl fmt::Debug for WriteGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WriteGuard")
    }
}

/// The guard of one session, and its "no" once there is one.
pub(crate) struct Guarded {
    guard: WriteGuard,
    longest: Duration,
    refusal: Mutex<Option<String>>,
}

impl Guarded {
    pub(crate) fn new(guard: WriteGuard, limits: &Limits) -> Guarded {
        Guarded { guard, longest: limits.guard, refusal: Mutex::default() }
    }

    /// Asks whether a request may leave. After a "no", nobody is asked any more.
    pub(crate) async fn ask(&self, route: String) -> Result<(), String> {
        self.still_open()?;
        let answer = tokio::time::timeout(self.longest, (self.guard.0)(route)).await;
        let answer =
            answer.unwrap_or_else(|_| Err(format!("the guard gave no answer within {:?}", self.longest)));
        match answer {
            // Another request of this session may have been refused in the meantime.
            Ok(()) => self.still_open(),
            Err(reason) => {
                Err(self.refusal.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(reason).clone())
            }
        }
    }

    pub(crate) fn refusal(&self) -> Option<String> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn still_open(&self) -> Result<(), String> {
        self.refusal().map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn guarded(guard: WriteGuard) -> Guarded {
        Guarded::new(guard, &Limits { guard: Duration::from_millis(20), ..Limits::default() })
    }

    #[tokio::test]
    async fn a_no_is_for_good() {
        let asked = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&asked);
        let guarded = guarded(WriteGuard::new(move |route| {
            let first = count.fetch_add(1, Ordering::Relaxed) == 0;
            async move { if first { Ok(()) } else { Err(format!("{route} is somebody else's")) } }
        }));
        assert_eq!(guarded.ask("PUT groups/{id}".into()).await, Ok(()));
        assert_eq!(guarded.refusal(), None);
        for route in ["PUT members/{id}", "POST groups"] {
            assert_eq!(guarded.ask(route.into()).await.unwrap_err(), "PUT members/{id} is somebody else's");
        }
        assert_eq!(guarded.refusal().unwrap(), "PUT members/{id} is somebody else's");
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_yes_that_comes_after_another_requests_no_counts_for_nothing() {
        let (no_was_said, wait) = tokio::sync::watch::channel(false);
        let guarded = guarded(WriteGuard::new(move |route| {
            let mut wait = wait.clone();
            async move {
                if route == "POST groups" {
                    return Err("no".to_owned());
                }
                wait.wait_for(|said| *said).await.map(|_| ()).map_err(|error| error.to_string())
            }
        }));
        let second = async {
            assert_eq!(guarded.ask("POST groups".into()).await.unwrap_err(), "no");
            no_was_said.send(true).unwrap();
        };
        let (first, ()) = tokio::join!(guarded.ask("PUT groups/{id}".into()), second);
        assert_eq!(first.unwrap_err(), "no");
    }

    #[tokio::test]
    async fn of_two_refusals_the_first_one_is_the_reason_for_both() {
        let (no_was_said, wait) = tokio::sync::watch::channel(false);
        let guarded = guarded(WriteGuard::new(move |route| {
            let mut wait = wait.clone();
            async move {
                if route != "POST groups" {
                    wait.wait_for(|said| *said).await.map_err(|error| error.to_string())?;
                }
                Err(format!("no {route}"))
            }
        }));
        let second = async {
            assert_eq!(guarded.ask("POST groups".into()).await.unwrap_err(), "no POST groups");
            no_was_said.send(true).unwrap();
        };
        let (first, ()) = tokio::join!(guarded.ask("PUT groups/{id}".into()), second);
        assert_eq!(first.unwrap_err(), "no POST groups");
        assert_eq!(guarded.refusal().unwrap(), "no POST groups");
    }

    #[tokio::test]
    async fn a_guard_that_does_not_answer_has_said_no() {
        let guarded = guarded(WriteGuard::new(|_| std::future::pending()));
        let reason = guarded.ask("PUT groups/{id}".into()).await.unwrap_err();
        assert_eq!(reason, "the guard gave no answer within 20ms");
        assert_eq!(guarded.refusal(), Some(reason));
    }
}
