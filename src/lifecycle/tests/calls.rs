//! Calls on an account that is kept here, with one request that goes wrong.

use super::cloud::{ACCOUNT, Cloud};
use crate::cloudflare::client::Client;
use crate::cloudflare::transport::{Request, Response, Transport, TransportError};
use crate::error::Result;
use crate::lifecycle::{Offboarding, Options, Step, apply, offboard};
use crate::provision::Report;
use crate::settings::Settings;
use serde_json::{Value as Json, json};
use std::cell::{Cell, RefCell};

/// The thing that goes wrong with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection breaks before the request arrives, and that can't be told.
    LostBefore,
    /// The connection breaks after the request was served.
    LostAfter,
    /// The same, for this request and all others after it.
    AllLostAfter,
    /// The server fails before it serves the request.
    FailsBefore,
    /// The server fails after it served the request.
    FailsAfter,
    /// The request is refused for want of a permission.
    Denied,
    /// The limit is used up.
    Limited,
}

pub const FAULTS: [Fault; 7] = [
    Fault::LostBefore,
    Fault::LostAfter,
    Fault::AllLostAfter,
    Fault::FailsBefore,
    Fault::FailsAfter,
    Fault::Denied,
    Fault::Limited,
];

/// The account behind its API, and what was sent.
pub struct Kept {
    pub cloud: RefCell<Cloud>,
    pub sent: RefCell<Vec<String>>,
    /// The number of the request that goes wrong, from 0, and how.
    fault: Option<(usize, Fault)>,
    number: Cell<usize>,
}

impl Transport for &Kept {
    type Pending = Response;

    fn start(&self, request: Request) -> std::result::Result<Response, TransportError> {
        let (path, query) = request.path_and_query.split_once('?').unwrap_or((&request.path_and_query, ""));
        let prefix = format!("/accounts/{ACCOUNT}");
        let of_account = path.split_once(&prefix).map(|(_, below)| below);
        let method = request.method;
        let body = request.body.as_deref().map_or(Json::Null, |body| serde_json::from_str(body).unwrap());
        self.sent.borrow_mut().push(format!("{} {}", method.as_str(), of_account.unwrap_or(path)));
        let number = self.number.replace(self.number.get() + 1);
        let fault = self.fault.filter(|(at, fault)| match fault {
            Fault::AllLostAfter => *at <= number,
            _ => *at == number,
        });
        let fault = fault.map(|(_, fault)| fault);
        let broken = || Err(TransportError::BrokenOff("test".to_owned()));
        match fault {
            Some(Fault::LostBefore) => return broken(),
            Some(Fault::FailsBefore) => return Ok(response(500, &json!({"code": 1, "message": "fails"}))),
            Some(Fault::Denied) => {
                return Ok(response(403, &json!({"code": 10000, "message": "Authentication error"})));
            }
            Some(Fault::Limited) => return Ok(response(429, &json!({"code": 971, "message": "wait"}))),
            _ => {}
        }
        let (status, result) = match of_account {
            Some(below) => self.cloud.borrow_mut().answer(method, below, query, &body),
            // The tokens of users.
            None if !self.cloud.borrow().is_account_token && path.ends_with("/user/tokens/verify") => {
                (200, json!({"id": "d1", "status": "active"}))
            }
            None if path.ends_with("/v4/user") => match self.cloud.borrow().owner {
                Some(address) => (200, json!({"id": "f0", "email": address})),
                None => (403, json!({"code": 9109, "message": "Unauthorized to access requested resource"})),
            },
            None => (401, json!({"code": 1000, "message": "Invalid API Token"})),
        };
        match fault {
            Some(Fault::LostAfter | Fault::AllLostAfter) => broken(),
            Some(Fault::FailsAfter) => Ok(response(500, &json!({"code": 1, "message": "fails"}))),
            _ => Ok(response(status, &result)),
        }
    }

    fn finish(&self, answer: Response, _limit: usize) -> std::result::Result<Response, TransportError> {
        Ok(answer)
    }

    fn now(&self) -> u64 {
        0
    }

    fn wait(&self, _milliseconds: u32) {}
}

fn response(status: u16, result: &Json) -> Response {
    let is_good = (200..300).contains(&status);
    let body = if is_good {
        let info =
            result.as_array().map(|all| json!({"page": 1, "per_page": 1000, "total_count": all.len()}));
        json!({"success": true, "errors": [], "result": result, "result_info": info})
    } else {
        let error =
            if result.is_object() { result.clone() } else { json!({"code": 1, "message": "not found"}) };
        json!({"success": false, "errors": [error], "result": null})
    };
    Response { status, headers: Vec::new(), body: body.to_string().into_bytes() }
}

/// One call, and what it leaves.
pub struct Called<R> {
    pub result: R,
    pub cloud: Cloud,
    pub sent: Vec<String>,
}

impl<R> Called<R> {
    /// The requests that aren't reads.
    pub fn writes(&self) -> Vec<&str> {
        self.sent.iter().map(String::as_str).filter(|sent| !sent.starts_with("GET ")).collect()
    }
}

fn call<R>(
    cloud: &Cloud,
    fault: Option<(usize, Fault)>,
    key_of: Option<&str>,
    work: impl FnOnce(&mut Client<&Kept>) -> R,
) -> Called<R> {
    let kept =
        Kept { cloud: RefCell::new(cloud.clone()), sent: RefCell::default(), fault, number: Cell::new(0) };
    let mut given = vec![("account-id".to_owned(), ACCOUNT.to_owned())];
    let method = match key_of {
        Some(address) => {
            given.push(("email".to_owned(), address.to_owned()));
            "api-key"
        }
        None => "api-token",
    };
    given.push((method.to_owned(), "canary-secret".to_owned()));
    let mut client = Client::new(Settings::parse(method, given).unwrap(), &kept);
    let result = work(&mut client);
    Called { result, cloud: kept.cloud.into_inner(), sent: kept.sent.into_inner() }
}

/// Does steps with one request that goes wrong.
pub fn run_with(
    cloud: &Cloud,
    steps: &[Step],
    options: &Options,
    fault: Option<(usize, Fault)>,
) -> Called<Report> {
    call(cloud, fault, None, |client| apply(client, steps, options))
}

pub fn run(cloud: &Cloud, steps: &[Step]) -> Called<Report> {
    run_with(cloud, steps, &Options::default(), None)
}

pub fn plan(cloud: &Cloud, steps: &[Step]) -> Called<Report> {
    run_with(cloud, steps, &Options { dry_run: true, ..Options::default() }, None)
}

/// Does steps with the Global API key of this person.
pub fn run_by(cloud: &Cloud, steps: &[Step], options: &Options, address: &str) -> Called<Report> {
    call(cloud, None, Some(address), |client| apply(client, steps, options))
}

/// Offboards a person, who is named as `kind:id`.
pub fn leave_with(
    cloud: &Cloud,
    person: &str,
    keep: &[&str],
    options: &Options,
    fault: Option<(usize, Fault)>,
) -> Called<Result<Offboarding>> {
    let (kind, id) = person.split_once(':').unwrap();
    let keep: Vec<String> = keep.iter().map(|word| (*word).to_owned()).collect();
    call(cloud, fault, None, |client| offboard(client, &std::rc::Rc::default(), kind, id, &keep, options))
}

pub fn leave(cloud: &Cloud, person: &str, keep: &[&str]) -> Called<Result<Offboarding>> {
    leave_with(cloud, person, keep, &Options::default(), None)
}
