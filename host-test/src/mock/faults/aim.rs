//! The requests that something is for, with the attempts of each.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::mock::lock::lock;

use super::fault::Operation;

/// The parts of a request that faults look at.
pub(crate) struct RequestLine<'a> {
    pub method: &'a str,
    pub route: &'a str,
    pub path: &'a str,
    pub page: u64,
}

/// An operation, with the attempts of each request that it is for.
pub(super) struct Aim {
    on: Operation,
    /// By method, path and page.
    attempts: Mutex<HashMap<(String, String, u64), u64>>,
}

impl Aim {
    pub fn at(on: Operation) -> Aim {
        Aim { on, attempts: Mutex::default() }
    }

    /// Counts a request that the operation is for as an attempt, and returns whether it is the
    /// wanted one.
    pub fn hits(&self, request: &RequestLine) -> bool {
        let on = &self.on;
        let matches = on.method.as_ref().is_none_or(|wanted| wanted == request.method)
            && on.route.as_ref().is_none_or(|wanted| wanted == request.route)
            && on.id.as_ref().is_none_or(|wanted| request.path.split('/').any(|segment| segment == wanted))
            && on.page.is_none_or(|wanted| wanted == request.page);
        if !matches {
            return false;
        }
        let mut attempts = lock(&self.attempts);
        let attempt =
            attempts.entry((request.method.to_owned(), request.path.to_owned(), request.page)).or_default();
        *attempt += 1;
        on.attempt.is_none_or(|wanted| wanted == *attempt)
    }
}
