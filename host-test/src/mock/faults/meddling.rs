//! Other writers: changes of the account that happen at certain requests.

use std::sync::{Arc, Mutex, RwLock};

use crate::mock::account::Account;
use crate::mock::lock::{lock, lock_read, lock_write};

use super::aim::{Aim, RequestLine};
use super::fault::Operation;

/// The moment for a change of [`Mock::meddle`](crate::mock::Mock::meddle).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Before the request is carried out.
    Before,
    /// After it was, or would have been, carried out, and before its answer is sent.
    After,
}

type Change = Box<dyn FnOnce(&mut Account) + Send>;

/// A change that waits for its request.
struct Meddler {
    aim: Aim,
    when: When,
    /// `None` once the change is made.
    change: Mutex<Option<Change>>,
}

/// The changes that wait for their requests.
#[derive(Default)]
pub(crate) struct Meddlers(RwLock<Vec<Arc<Meddler>>>);

impl Meddlers {
    pub fn add(&self, on: Operation, when: When, change: Change) {
        let meddler = Meddler { aim: Aim::at(on), when, change: Mutex::new(Some(change)) };
        lock_write(&self.0).push(Arc::new(meddler));
    }

    pub fn done(&self) -> Vec<bool> {
        lock_read(&self.0).iter().map(|meddler| lock(&meddler.change).is_none()).collect()
    }

    /// Counts this request as an attempt of the changes that wait for this moment, and makes the
    /// changes that it is for.
    pub fn meddle(&self, request: &RequestLine, when: When, account: &RwLock<Account>) {
        let waiting: Vec<_> =
            lock_read(&self.0).iter().filter(|meddler| meddler.when == when).cloned().collect();
        for meddler in waiting {
            if meddler.aim.hits(request)
                && let Some(change) = lock(&meddler.change).take()
            {
                change(&mut lock_write(account));
            }
        }
    }
}
