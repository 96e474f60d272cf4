//! Misbehaviour as data: which request goes wrong, and how. Every fault counts how often it fired, so that a test can
//! tell a fault that was survived from one that never happened.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::envelope::{Answer, Failure, content_type};
use super::{lock_read, lock_write};

/// One way in which the mock misbehaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    pub on: Operation,
    pub effect: Effect,
}

/// The requests that a fault is for; what is `None` matches any.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Operation {
    /// `GET`, in capitals.
    pub method: Option<String>,
    /// As in the keys of [`Mock::requests_by_route`](super::Mock::requests_by_route), without the method:
    /// `access/groups/{id}`.
    pub route: Option<String>,
    /// The page that was asked for, from 1. A request that names none asks for the first.
    pub page: Option<u64>,
    /// Counts the requests with the same method, path and page since this fault was added, from 1.
    pub attempt: Option<u64>,
}

/// What goes wrong. The first six stand instead of the answer: the request has no effect on the account. `CutOff`
/// spoils the answer to a request that was carried out. The others bend one page of a list, and do nothing to other
/// answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// A failure in Cloudflare's envelope, with additional headers (say `retry-after`).
    Status { status: u16, code: u64, message: String, headers: Vec<(String, String)> },
    /// A page for people, as an intermediary sends it.
    Html { status: u16 },
    /// No body at all.
    Empty { status: u16 },
    /// This text, sent as JSON whatever it is.
    Body { status: u16, body: String },
    /// 302 to `location`.
    Redirect { location: String },
    /// The first half of the right body, with a content-length that agrees.
    CutOff,
    /// This value in place of the item at that index of the page; fires only where there is one.
    ReplaceItem { at: usize, item: Value },
    /// This value before the item at that index of the page, or at its end where it is shorter.
    InsertItem { at: usize, item: Value },
    /// Pages no longer than this, whatever was asked for; `result_info` says so. Leave the operation's page open.
    SmallerPages { per_page: u64 },
    /// `result_info` without `total_count` and `total_pages`.
    NoTotals,
    /// The last item of the page before comes once more at the start of this one.
    RepeatLast,
    /// From this page on, `total_count` is off by this much.
    TotalChanged { from_page: u64, by: i64 },
    /// Full pages without end and without totals, each item with an id (or, in a list of values, a value) never seen
    /// before.
    EndlessFresh,
    /// The first page again and again, whichever was asked for, without totals.
    EndlessRepeat,
}

impl Fault {
    /// A fault that fires at every request.
    pub fn always(effect: Effect) -> Fault {
        Fault { on: Operation::default(), effect }
    }

    /// A fault that fires at every request on this route: `Fault::on("GET", "access/users", …)`.
    pub fn on(method: &str, route: &str, effect: Effect) -> Fault {
        let on = Operation { method: Some(method.into()), route: Some(route.into()), ..Operation::default() };
        Fault { on, effect }
    }

    /// Only at this page.
    pub fn at_page(mut self, page: u64) -> Fault {
        self.on.page = Some(page);
        self
    }

    /// Only at this attempt.
    pub fn at_attempt(mut self, attempt: u64) -> Fault {
        self.on.attempt = Some(attempt);
        self
    }
}

/// A fault in place, with its counts.
pub(super) struct Armed {
    fault: Fault,
    fired: AtomicU64,
    /// By method, path and page.
    attempts: Mutex<HashMap<(String, String, u64), u64>>,
}

impl Armed {
    /// Whether the fault is for this request, which is counted as an attempt.
    fn is_for(&self, method: &str, route: &str, path: &str, page: u64) -> bool {
        let on = &self.fault.on;
        let matches = on.method.as_ref().is_none_or(|wanted| wanted == method)
            && on.route.as_ref().is_none_or(|wanted| wanted == route)
            && on.page.is_none_or(|wanted| wanted == page);
        if !matches {
            return false;
        }
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let attempt = attempts.entry((method.to_owned(), path.to_owned(), page)).or_default();
        *attempt += 1;
        on.attempt.is_none_or(|wanted| wanted == *attempt)
    }

    pub fn effect(&self) -> &Effect {
        &self.fault.effect
    }

    pub fn fire(&self) {
        self.fired.fetch_add(1, Ordering::Relaxed);
    }

    /// The answer that stands instead of the right one, if this fault is of that kind.
    pub fn instead(&self) -> Option<Answer> {
        let answer = match self.effect() {
            Effect::Status { status, code, message, headers } => {
                Failure { headers: headers.clone(), ..Failure::new(status_code(*status), *code, message) }.into()
            }
            Effect::Html { status } => Answer {
                status: status_code(*status),
                headers: vec![content_type("text/html; charset=UTF-8")],
                body: "<!DOCTYPE html>\n<html><head><title>Error</title></head><body><h1>Error</h1></body></html>\n"
                    .into(),
            },
            Effect::Empty { status } => Answer { status: status_code(*status), headers: Vec::new(), body: "".into() },
            Effect::Body { status, body } => Answer {
                status: status_code(*status),
                headers: vec![content_type("application/json")],
                body: body.clone().into(),
            },
            Effect::Redirect { location } => Answer {
                status: StatusCode::FOUND,
                headers: vec![("location".into(), location.clone())],
                body: "".into(),
            },
            _ => return None,
        };
        self.fire();
        Some(answer)
    }

    /// Spoils an answer that is ready.
    pub fn spoil(&self, answer: &mut Answer) {
        if *self.effect() == Effect::CutOff {
            self.fire();
            answer.body.truncate(answer.body.len() / 2);
        }
    }
}

/// A number that is no status is the scenario's mistake.
fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).expect("a fault's status is between 100 and 999")
}

/// The faults of a mock.
#[derive(Default)]
pub(super) struct Faults {
    armed: RwLock<Vec<Arc<Armed>>>,
}

impl Faults {
    pub fn add(&self, fault: Fault) {
        let armed = Armed { fault, fired: AtomicU64::new(0), attempts: Mutex::default() };
        lock_write(&self.armed).push(Arc::new(armed));
    }

    pub fn fired(&self) -> Vec<u64> {
        lock_read(&self.armed).iter().map(|armed| armed.fired.load(Ordering::Relaxed)).collect()
    }

    /// Counts this request as an attempt, and gives the faults that are for it, in the order in which they were added.
    pub fn of(&self, method: &str, route: &str, path: &str, page: u64) -> Vec<Arc<Armed>> {
        lock_read(&self.armed).iter().filter(|armed| armed.is_for(method, route, path, page)).cloned().collect()
    }
}
