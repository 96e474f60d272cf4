//! The scenarios: which fault at which request of which operation, how often, and how long the
//! connector may wait.

use super::account::{Operation, SECRET};
use super::run::Call;
use crate::in_process::Asked;
use host_test::mock::{self, Effect, Fault, Place, Recorded};
use serde_json::{Value, json};

/// The purpose of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The call learns what it needs before a write; in a read, everything.
    Learn,
    /// The resource is read before it is written.
    First,
    Write,
    ReadBack,
}

/// A request of an undisturbed run.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub method: String,
    pub route: String,
    /// The id in its path.
    pub id: Option<String>,
    pub page: u64,
    /// The position among the requests with the same method, path and page, from 1.
    pub nth: u64,
    pub phase: Phase,
    /// Whether it looks for whoever has an address.
    pub is_of_owners: bool,
}

impl Request {
    /// Whether this is a request like that one, at any attempt.
    pub fn is_like(&self, sent: &Recorded) -> bool {
        let Asked { method, route, id, page } = Asked::like(sent);
        (method, route, id, page) == (self.method.clone(), self.route.clone(), self.id.clone(), self.page)
    }

    /// Returns the requests of a run, in their order.
    pub fn all(operation: &Operation, run: &Call) -> Vec<Request> {
        let sent: Vec<_> = run.log.iter().map(Asked::like).collect();
        let by_address = operation.changes().iter().any(|change| change.principal.kind == "email");
        let groups = sent.iter().position(|asked| asked.route == "access/groups");
        let requests = sent.iter().enumerate().map(|(at, asked)| {
            let of_it = |other: &Asked| other.route == asked.route && other.id == asked.id;
            let put = sent.iter().position(|other| other.method == "PUT" && of_it(other));
            let last_before = sent[..put.unwrap_or(sent.len())].iter().rposition(|other| other == asked);
            let is_target = ["access/groups/{id}", "members/{id}"].contains(&asked.route.as_str());
            let phase = match (asked.method.as_str(), put) {
                ("PUT", _) => Phase::Write,
                (_, Some(put)) if at > put => Phase::ReadBack,
                _ if is_target && !operation.changes().is_empty() && last_before == Some(at) => Phase::First,
                _ => Phase::Learn,
            };
            let nth = sent[..=at].iter().filter(|other| *other == asked).count() as u64;
            let is_of_owners = by_address
                && groups.is_some_and(|groups| groups < at)
                && ["access/users", "members"].contains(&asked.route.as_str());
            let Asked { method, route, id, page } = asked.clone();
            Request { method, route, id, page, nth, phase, is_of_owners }
        });
        requests.collect()
    }

    /// Whether the request is about the same group or member as the write.
    pub fn is_of(&self, write: &Request) -> bool {
        write.phase == Phase::Write && self.route == write.route && self.id == write.id
    }
}

/// The number of times that a request is disturbed, from that request on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    Once,
    Twice,
    Always,
}

/// One fault at one request, and perhaps another one when the resource is read back.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub request: Request,
    pub effect: Effect,
    /// For a write: whether it is carried out all the same.
    pub carried_out: Option<bool>,
    pub times: Times,
    pub then: Option<Effect>,
    pub max_wait_seconds: u32,
}

impl Scenario {
    pub fn new(request: &Request, effect: &Effect, times: Times) -> Scenario {
        let (request, effect) = (request.clone(), effect.clone());
        Scenario { request, effect, carried_out: None, times, then: None, max_wait_seconds: 0 }
    }

    pub fn faults(&self) -> Vec<Fault> {
        let Request { method, route, id, page, nth, .. } = &self.request;
        let on = |method: &str, attempt| mock::Operation {
            method: Some(method.to_owned()),
            route: Some(route.clone()),
            id: id.clone(),
            page: Some(*page),
            attempt,
        };
        let fault = |on, effect: &Effect| Fault { on, effect: effect.clone(), carried_out: None };
        let attempts = match self.times {
            Times::Once => vec![Some(*nth)],
            Times::Twice => vec![Some(*nth), Some(nth + 1)],
            Times::Always => vec![None],
        };
        let attempts = attempts.into_iter();
        let mut faults: Vec<Fault> = attempts
            .map(|attempt| Fault {
                carried_out: self.carried_out,
                ..fault(on(method, attempt), &self.effect)
            })
            .collect();
        if let Some(then) = &self.then {
            // The first GET is the one before the write.
            let attempts = (2..=9).take(if self.times == Times::Once { 1 } else { 8 });
            faults.extend(attempts.map(|attempt| fault(on("GET", Some(attempt)), then)));
        }
        faults
    }

    /// Whether the write takes effect at its first attempt.
    pub fn is_carried_out(&self) -> bool {
        self.carried_out.unwrap_or_else(|| self.effect.is_carried_out())
    }
}

fn status(status: u16, code: u64, headers: &[(&str, &str)]) -> Effect {
    let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    Effect::Status { status, code, message: format!("you sent {SECRET}"), headers }
}

fn body(status: u16, body: &str) -> Effect {
    Effect::Body { status, body: body.to_owned() }
}

/// Returns the API's refusals.
pub fn refusals() -> Vec<Effect> {
    vec![
        status(400, 12130, &[]),
        status(400, 6003, &[]),
        status(401, 1000, &[]),
        status(403, 10000, &[]),
        status(404, 7003, &[]),
        status(409, 1, &[]),
        status(429, 971, &[]),
        status(429, 971, &[("retry-after", "240")]),
        Effect::Html { status: 429 },
    ]
}

/// Returns answers that don't show whether a write took effect.
pub fn answers() -> Vec<Effect> {
    vec![
        status(408, 1, &[]),
        status(500, 1, &[]),
        status(503, 1, &[("retry-after", "240")]),
        status(200, 1, &[]),
        Effect::Html { status: 200 },
        Effect::Html { status: 403 },
        Effect::Html { status: 502 },
        Effect::Html { status: 504 },
        Effect::Empty { status: 200 },
        Effect::Empty { status: 520 },
        body(200, "[true,[],[],null]"),
        body(200, &format!(r#"{{"you":"sent {SECRET}"}}"#)),
        body(200, r#"{"success":"true","result":{"id":"x"}}"#),
        body(500, r#"{"success":true,"errors":[],"result":null}"#),
        Effect::Redirect { location: format!("http://127.0.0.1:1/{SECRET}") },
        Effect::CutOff,
        Effect::Encoded { encoding: "br".to_owned() },
        body(403, &format!(r#"{{"title":"Error 1020","detail":"you sent {SECRET}","error_code":1020}}"#)),
    ]
}

const PLACES: [Place; 4] = [Place::BeforeHead, Place::InHead, Place::InBody, Place::InChunkedBody];

/// Returns connections that fail.
pub fn connections() -> Vec<Effect> {
    let resets = PLACES.map(|at| Effect::Reset { at });
    let closes = PLACES.map(|at| Effect::Close { at });
    let text = format!("220 you sent {SECRET}\r\n");
    let others = [Effect::NotHttp { text }, Effect::MoreHeaders { count: 5000, bytes: 1 }];
    resets.into_iter().chain(closes).chain(others).collect()
}

pub fn stalling() -> Vec<Effect> {
    PLACES.map(|at| Effect::Stall { at }).into()
}

fn set(pointer: &str, value: Value) -> Effect {
    Effect::SetField { pointer: pointer.to_owned(), value }
}

fn without(pointer: &str) -> Effect {
    Effect::DropField { pointer: pointer.to_owned() }
}

/// The effect of another value at this place in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoilt {
    /// The answer doesn't show the current state.
    Unread,
    /// The answer shows something else than was sent.
    Differs,
    /// The value doesn't matter.
    Same,
}

/// Returns strange values for the fields of one resource's answer, as it is read back.
pub fn spoilt(route: &str) -> Vec<(Effect, Spoilt)> {
    use Spoilt::{Differs, Same, Unread};
    let mut effects = vec![
        (set("/success", json!(false)), Unread),
        (set("/result", json!(null)), Unread),
        (set("/result", json!([])), Unread),
        (without("/result"), Unread),
        (without("/result/id"), Unread),
        (set("/result/id", json!("0".repeat(32))), Unread),
        (without("/errors"), Same),
    ];
    effects.extend(match route {
        "access/groups/{id}" => vec![
            (without("/result/name"), Unread),
            (set("/result/name", json!(7)), Unread),
            (set("/result/name", json!("Another")), Differs),
            (without("/result/include"), Differs),
            (set("/result/include", json!([])), Differs),
            (set("/result/include", json!("x")), Unread),
            (set("/result/include/0", json!({"everyone": {}})), Differs),
            (set("/result/require", json!([{"everyone": {}}])), Differs),
            (without("/result/alpha"), Differs),
            (set("/result/alpha/a", json!(2.75)), Differs),
            (set("/result/is_default", json!(true)), Differs),
            (without("/result/updated_at"), Same),
        ],
        _ => vec![
            (without("/result/roles"), Differs),
            (set("/result/roles", json!(null)), Differs),
            (set("/result/roles", json!([])), Differs),
            (set("/result/roles", json!(7)), Unread),
            (set("/result/roles/0/id", json!("0".repeat(32))), Differs),
            (without("/result/roles/0/id"), Differs),
            (set("/result/status", json!(7)), Unread),
            (without("/result/policies"), Same),
        ],
    });
    effects
}

/// Returns each effect at each request; for a write, carried out and not.
fn each(requests: &[Request], effects: &[Effect], times: &[Times]) -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    for request in requests {
        for effect in effects {
            for times in times {
                let scenario = Scenario::new(request, effect, *times);
                if request.phase == Phase::Write {
                    scenarios.push(Scenario { carried_out: Some(true), ..scenario.clone() });
                    scenarios.push(Scenario { carried_out: Some(false), ..scenario });
                } else {
                    scenarios.push(scenario);
                }
            }
        }
    }
    scenarios
}

fn of_phase(requests: &[Request], phase: Phase) -> Vec<Request> {
    requests.iter().filter(|request| request.phase == phase).cloned().collect()
}

pub fn wrong_answers(requests: &[Request]) -> Vec<Scenario> {
    let mut scenarios = each(requests, &answers(), &[Times::Once]);
    // A write that the limit stops isn't carried out. Anything else can come from something between.
    let limited =
        |effect: &Effect| matches!(effect, Effect::Status { status: 429, .. } | Effect::Html { status: 429 });
    let refused = each(requests, &refusals(), &[Times::Once]).into_iter();
    scenarios.extend(refused.filter(|it| it.carried_out != Some(true) || !limited(&it.effect)));
    scenarios
}

/// Returns refused writes that a read then doesn't show either.
pub fn refused_and_unread(requests: &[Request]) -> Vec<Scenario> {
    let refused =
        [status(400, 12130, &[]), status(401, 1000, &[]), status(403, 10000, &[]), status(404, 7003, &[])];
    let thens = [
        status(403, 10000, &[]),
        status(404, 7003, &[]),
        status(429, 971, &[]),
        status(500, 1, &[]),
        Effect::Html { status: 502 },
        Effect::CutOff,
    ];
    let mut scenarios = Vec::new();
    for scenario in each(&of_phase(requests, Phase::Write), &refused, &[Times::Once]) {
        let thens = thens.iter().cloned();
        scenarios.extend(thens.map(|then| Scenario { then: Some(then), ..scenario.clone() }));
    }
    // Where both say that it isn't there, it isn't.
    scenarios.retain(|it| {
        let is_404 = |effect: &Effect| matches!(effect, Effect::Status { status: 404, .. });
        it.carried_out != Some(true) || !is_404(&it.effect) || !it.then.as_ref().is_some_and(is_404)
    });
    scenarios
}

pub fn failing_connections(requests: &[Request]) -> Vec<Scenario> {
    let mut scenarios = each(requests, &connections(), &[Times::Once]);
    scenarios.extend(each(requests, &[Effect::GoneAway { back_after_ms: None }], &[Times::Once]));
    scenarios.extend(each(requests, &[Effect::Trickle { bytes: 31 }], &[Times::Once]));
    scenarios.retain(|scenario| {
        !matches!(scenario.effect, Effect::Trickle { .. }) || scenario.carried_out != Some(false)
    });
    scenarios
}

pub fn stalls(requests: &[Request]) -> Vec<Scenario> {
    let twice = of_phase(requests, Phase::Write);
    let mut scenarios = each(requests, &stalling(), &[Times::Once]);
    let lost = each(&twice, &stalling()[..1], &[Times::Once]);
    scenarios
        .extend(lost.into_iter().map(|lost| Scenario { then: Some(Effect::Empty { status: 502 }), ..lost }));
    scenarios
}

pub fn spoilt_fields(requests: &[Request]) -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    for request in requests.iter().filter(|request| matches!(request.phase, Phase::ReadBack | Phase::Write)) {
        for (effect, _) in spoilt(&request.route) {
            scenarios.push(Scenario::new(request, &effect, Times::Once));
            if request.phase == Phase::Write {
                let then = Some(Effect::Html { status: 502 });
                scenarios.push(Scenario { then, ..Scenario::new(request, &effect, Times::Once) });
            }
        }
    }
    scenarios
}

/// Returns lost answers to a write whose read-back fails too.
pub fn lost_twice(requests: &[Request]) -> Vec<Scenario> {
    let lost = [
        status(408, 1, &[]),
        status(500, 1, &[]),
        Effect::Html { status: 502 },
        Effect::Empty { status: 200 },
        Effect::CutOff,
        Effect::Reset { at: Place::BeforeHead },
        Effect::Close { at: Place::InBody },
    ];
    let mut thens = refusals();
    thens.extend([status(500, 1, &[]), Effect::Html { status: 200 }, Effect::Reset { at: Place::InHead }]);
    thens.extend([without("/result/id"), without("/result"), Effect::CutOff]);
    let mut scenarios = Vec::new();
    for scenario in each(&of_phase(requests, Phase::Write), &lost, &[Times::Once]) {
        let differs = spoilt(&scenario.request.route)
            .into_iter()
            .filter(|(_, spoilt)| *spoilt == Spoilt::Differs)
            .take(3);
        let thens = thens.iter().cloned().chain(differs.map(|(effect, _)| effect));
        scenarios.extend(thens.map(|then| Scenario { then: Some(then), ..scenario.clone() }));
    }
    scenarios
}

/// Returns faults that a call with patience survives, and faults that it doesn't.
pub fn patient(requests: &[Request]) -> Vec<Scenario> {
    let effects = [
        status(500, 1, &[]),
        status(408, 1, &[]),
        status(429, 971, &[("retry-after", "1")]),
        status(429, 971, &[]),
        Effect::Html { status: 503 },
        Effect::Reset { at: Place::BeforeHead },
    ];
    let mut scenarios = each(requests, &effects, &[Times::Once, Times::Twice]);
    let single: Vec<_> = requests.iter().filter(|request| request.nth == 1).cloned().collect();
    scenarios.extend(each(&single, &effects[..3], &[Times::Always]));
    let for_good = [status(429, 971, &[("retry-after", "240")]), status(400, 12130, &[])];
    scenarios.extend(each(requests, &for_good, &[Times::Once]));
    scenarios.retain(|it| {
        it.carried_out != Some(true) || !matches!(it.effect, Effect::Status { status: 400..=407 | 429, .. })
    });
    // A write that took effect is never repeated.
    scenarios.retain(|it| it.carried_out != Some(true) || it.times == Times::Once);
    scenarios.into_iter().map(|scenario| Scenario { max_wait_seconds: 10, ..scenario }).collect()
}
