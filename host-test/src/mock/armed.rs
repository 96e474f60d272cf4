//! Faults in place. Every one counts how often it fired, so that a test can tell a fault that was
//! survived from one that never happened.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

use super::account::Account;
use super::connection::{End, Play};
use super::envelope::{Answer, Failure, content_type};
use super::faults::{Effect, Fault, Operation};
use super::server::lock;
use super::{When, lock_read, lock_write};

/// A request, as far as faults look at it.
pub(super) struct Asked<'a> {
    pub method: &'a str,
    pub route: &'a str,
    pub path: &'a str,
    pub page: u64,
}

/// Which requests something is for, and how often each of them came.
struct Aim {
    on: Operation,
    /// By method, path and page.
    attempts: Mutex<HashMap<(String, String, u64), u64>>,
}

impl Aim {
    fn at(on: Operation) -> Aim {
        Aim { on, attempts: Mutex::default() }
    }

    /// Whether this request is meant, which is counted as an attempt.
    fn hits(&self, asked: &Asked) -> bool {
        let on = &self.on;
        let matches = on.method.as_ref().is_none_or(|wanted| wanted == asked.method)
            && on.route.as_ref().is_none_or(|wanted| wanted == asked.route)
            && on.id.as_ref().is_none_or(|wanted| asked.path.split('/').any(|segment| segment == wanted))
            && on.page.is_none_or(|wanted| wanted == asked.page);
        if !matches {
            return false;
        }
        let mut attempts = lock(&self.attempts);
        let attempt =
            attempts.entry((asked.method.to_owned(), asked.path.to_owned(), asked.page)).or_default();
        *attempt += 1;
        on.attempt.is_none_or(|wanted| wanted == *attempt)
    }
}

/// A fault in place, with its counts.
pub(super) struct Armed {
    fault: Fault,
    aim: Aim,
    fired: AtomicU64,
    over: AtomicBool,
}

impl Armed {
    pub fn effect(&self) -> &Effect {
        &self.fault.effect
    }

    pub fn fire(&self) {
        self.fired.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether a request with this fault changes the account.
    pub fn carries_out(&self) -> bool {
        self.fault.carries_out()
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
        Some(answer)
    }

    /// Whether this fault stands instead of the right answer.
    pub fn is_instead(&self) -> bool {
        self.instead().is_some()
    }

    /// Whether this fault is about the connection.
    pub fn is_on_the_wire(&self) -> bool {
        self.play(&Answer { status: StatusCode::OK, headers: Vec::new(), body: "".into() }).is_some()
    }

    /// What is done on the connection instead of sending this answer, if this fault is of that
    /// kind.
    pub fn play(&self, answer: &Answer) -> Option<Play> {
        let play = match self.effect() {
            Effect::GoneAway { back_after_ms } => {
                Play::bytes(Vec::new(), End::GoneAway { back_after_ms: *back_after_ms })
            }
            Effect::Reset { at } => Play::part(answer, *at, End::Reset),
            Effect::Close { at } => Play::part(answer, *at, End::Close),
            Effect::Stall { at } => Play::part(answer, *at, End::Stall),
            Effect::Pause { at, milliseconds } => {
                Play::paused(answer, *at, Duration::from_millis(*milliseconds))
            }
            Effect::Trickle { bytes } => Play::whole(answer, *bytes),
            Effect::NotHttp { text } => Play::bytes(text.clone().into(), End::Close),
            _ => return None,
        };
        Some(play)
    }

    /// Spoils an answer that is ready.
    pub fn spoil(&self, answer: &mut Answer) {
        let fires = match self.effect() {
            Effect::CutOff => {
                answer.body.truncate(answer.body.len() / 2);
                true
            }
            Effect::MoreHeaders { count, bytes } => {
                let more = (0..*count).map(|number| (format!("x-more-{number}"), "x".repeat(*bytes)));
                answer.headers.extend(more);
                true
            }
            Effect::SetField { pointer, value } => edit(answer, pointer, |field| *field = value.clone()),
            Effect::HugeField { pointer, bytes } => {
                edit(answer, pointer, |field| *field = "x".repeat(*bytes).into())
            }
            Effect::DropField { pointer } => {
                let (parent, key) = pointer.rsplit_once('/').unwrap_or_default();
                let mut dropped = false;
                edit(answer, parent, |parent| dropped = drop_key(parent, key)) && dropped
            }
            _ => false,
        };
        if fires {
            self.fire();
        }
    }
}

/// Changes what the pointer leads to, if it leads anywhere. The keys of objects may change their
/// order.
fn edit(answer: &mut Answer, pointer: &str, change: impl FnOnce(&mut Value)) -> bool {
    let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) else { return false };
    let Some(field) = body.pointer_mut(pointer) else { return false };
    change(field);
    answer.body = body.to_string().into();
    true
}

fn drop_key(parent: &mut Value, key: &str) -> bool {
    match parent {
        Value::Object(fields) => fields.remove(&key.replace("~1", "/").replace("~0", "~")).is_some(),
        Value::Array(items) => match key.parse::<usize>() {
            Ok(at) if at < items.len() => {
                items.remove(at);
                true
            }
            _ => false,
        },
        _ => false,
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
        let aim = Aim::at(fault.on.clone());
        let armed = Armed { fault, aim, fired: AtomicU64::new(0), over: AtomicBool::new(false) };
        lock_write(&self.armed).push(Arc::new(armed));
    }

    pub fn fired(&self) -> Vec<u64> {
        lock_read(&self.armed).iter().map(|armed| armed.fired.load(Ordering::Relaxed)).collect()
    }

    pub fn end(&self) {
        lock_read(&self.armed).iter().for_each(|armed| armed.over.store(true, Ordering::Relaxed));
    }

    /// Counts this request as an attempt, and gives the faults that are for it, in the order in
    /// which they were added.
    pub fn of(&self, asked: &Asked) -> Vec<Arc<Armed>> {
        let is_for = |armed: &&Arc<Armed>| !armed.over.load(Ordering::Relaxed) && armed.aim.hits(asked);
        lock_read(&self.armed).iter().filter(is_for).cloned().collect()
    }
}

type Change = Box<dyn FnOnce(&mut Account) + Send>;

/// A change that waits for its request.
struct Meddler {
    aim: Aim,
    when: When,
    /// `None`: it is made.
    change: Mutex<Option<Change>>,
}

/// What other hands do to the account at certain requests.
#[derive(Default)]
pub(super) struct Meddlers(RwLock<Vec<Arc<Meddler>>>);

impl Meddlers {
    pub fn add(&self, on: Operation, when: When, change: Change) {
        let meddler = Meddler { aim: Aim::at(on), when, change: Mutex::new(Some(change)) };
        lock_write(&self.0).push(Arc::new(meddler));
    }

    pub fn done(&self) -> Vec<bool> {
        lock_read(&self.0).iter().map(|meddler| lock(&meddler.change).is_none()).collect()
    }

    /// Counts this request as an attempt of those that wait for this moment, and makes the changes
    /// that it is for.
    pub fn meddle(&self, asked: &Asked, when: When, account: &RwLock<Account>) {
        let waiting: Vec<_> =
            lock_read(&self.0).iter().filter(|meddler| meddler.when == when).cloned().collect();
        for meddler in waiting {
            if meddler.aim.hits(asked)
                && let Some(change) = lock(&meddler.change).take()
            {
                change(&mut lock_write(account));
            }
        }
    }
}
