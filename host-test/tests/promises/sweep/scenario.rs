//! The scenarios: which fault, at which request, how often, and how patient the connector may be.

use super::account::{Change, TOKEN};
use host_test::mock::{Effect, Fault, Operation, Place};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A request that an undisturbed sync sends.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub route: String,
    /// `None`: every page of the route.
    pub page: Option<u64>,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Disturbance {
    Effect(Effect),
    /// Somebody changes the list right before this request.
    Moved(Change),
}

/// How often it goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    First,
    FirstTwo,
    /// At this attempt, from 1.
    At(u64),
    /// Until a call has failed.
    Always,
    /// As long as the account is read.
    Throughout,
}

/// One thing that goes wrong at one request.
#[derive(Clone, Debug)]
pub struct Trouble {
    pub request: Request,
    pub disturbance: Disturbance,
    pub times: Times,
}

impl Trouble {
    /// The attempts at which it is to happen.
    fn attempts(&self) -> Vec<Option<u64>> {
        match self.times {
            Times::First => vec![Some(1)],
            Times::FirstTwo => vec![Some(1), Some(2)],
            Times::At(attempt) => vec![Some(attempt)],
            Times::Always | Times::Throughout => vec![None],
        }
    }

    /// Whether it happens to this attempt at this request.
    pub fn hits(&self, request: &Request, attempt: u64) -> bool {
        self.request.route == request.route
            && self.request.page.is_none_or(|page| request.page == Some(page))
            && self.attempts().iter().any(|at| at.is_none_or(|at| at == attempt))
    }

    fn operation(&self, attempt: Option<u64>) -> Operation {
        let Request { route, page } = &self.request;
        Operation { page: *page, attempt, ..Operation::on("GET", route) }
    }
}

/// What goes wrong, and how the account is read meanwhile.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub troubles: Vec<Trouble>,
    pub max_wait_seconds: u32,
    pub read_ahead: u32,
    /// After a call that failed, another session goes on.
    pub anew: bool,
}

impl Scenario {
    pub fn undisturbed() -> Scenario {
        Scenario { troubles: Vec::new(), max_wait_seconds: 0, read_ahead: 1, anew: false }
    }

    fn new(request: &Request, disturbance: Disturbance, times: Times) -> Scenario {
        let trouble = Trouble { request: request.clone(), disturbance, times };
        Scenario { troubles: vec![trouble], ..Scenario::undisturbed() }
    }

    /// What the mock does wrong.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for trouble in &self.troubles {
            if let Disturbance::Effect(effect) = &trouble.disturbance {
                let on = trouble.attempts().into_iter().map(|attempt| trouble.operation(attempt));
                faults.extend(on.map(|on| Fault { on, ..Fault::always(effect.clone()) }));
            }
        }
        faults
    }

    /// What other hands do meanwhile, and when.
    pub fn changes(&self) -> Vec<(Operation, String, Change)> {
        let moved = self.troubles.iter().filter_map(|trouble| match trouble.disturbance {
            Disturbance::Moved(change) => Some((trouble.operation(None), trouble.request.route.clone(), change)),
            Disturbance::Effect(_) => None,
        });
        moved.collect()
    }

    /// Whether something goes wrong until a call has failed.
    pub fn ends_with_a_failure(&self) -> bool {
        self.troubles.iter().any(|trouble| trouble.times == Times::Always)
    }

    /// Requests beyond those of an undisturbed read, and one more for each that went wrong. `None`: nobody counts.
    pub fn requests_to_spare(&self) -> Option<u64> {
        if self.anew {
            return None;
        }
        let to_spare = |trouble: &Trouble| {
            let Disturbance::Effect(effect) = &trouble.disturbance else { return Some(0) };
            match effect {
                Effect::SmallerPages { .. } => None,
                // What was under way is lost with the connections.
                Effect::GoneAway { .. } => Some(u64::from(self.read_ahead)),
                // Where a total isn't to be believed, the end is a page with nothing on it.
                Effect::NoTotals
                | Effect::TotalChanged { .. }
                | Effect::InsertItem { .. }
                | Effect::SetField { .. }
                | Effect::DropField { .. } => Some(1),
                _ => Some(0),
            }
        };
        self.troubles.iter().map(to_spare).sum()
    }
}

fn status(status: u16, code: u64, headers: &[(&str, &str)]) -> Effect {
    let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    Effect::Status { status, code, message: format!("you sent {TOKEN}"), headers }
}

/// These effects at each request, each so many times.
fn each(requests: &[Request], effects: &[Effect], times: &[Times]) -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    for request in requests {
        for effect in effects {
            for times in times {
                scenarios.push(Scenario::new(request, Disturbance::Effect(effect.clone()), *times));
            }
        }
    }
    scenarios
}

/// Answers that aren't the right one.
pub fn wrong_answers() -> Vec<Effect> {
    let body = |body: &str| Effect::Body { status: 200, body: body.to_owned() };
    vec![
        status(400, 1, &[]),
        status(400, 6003, &[]),
        status(401, 10000, &[]),
        status(403, 10000, &[]),
        status(403, 9999, &[]),
        status(404, 7003, &[]),
        status(408, 1, &[]),
        status(409, 1, &[]),
        status(429, 971, &[]),
        status(429, 971, &[("retry-after", "240")]),
        status(500, 1, &[]),
        status(503, 1, &[("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT")]),
        status(200, 1, &[]),
        Effect::Html { status: 200 },
        Effect::Html { status: 403 },
        Effect::Html { status: 429 },
        Effect::Html { status: 502 },
        Effect::Empty { status: 200 },
        Effect::Empty { status: 204 },
        Effect::Empty { status: 503 },
        body("[true,[],[],null]"),
        body(&format!("{{\"you\":\"sent {TOKEN}\"}}")),
        body(r#"{"success":true}"#),
        body(r#"{"success":true,"result":{"id":"x"}}"#),
        body(&"[".repeat(100_000)),
        body(&format!(r#"{{"success":true,"result":[{}0]}}"#, "0,".repeat(30_000))),
        Effect::Redirect { location: format!("http://127.0.0.1:1/{TOKEN}") },
        Effect::CutOff,
    ]
}

/// An answer that isn't the right one, to a client without patience.
pub fn answers(requests: &[Request]) -> Vec<Scenario> {
    each(requests, &wrong_answers(), &[Times::First, Times::Always])
}

/// The requests for pages that a total promised. Where no answer comes, they are sent once more at once, so that a call meets a fault twice.
fn sent_ahead(requests: &[Request]) -> Vec<Request> {
    requests.iter().filter(|request| request.page > Some(1)).cloned().collect()
}

const PLACES: [Place; 4] = [Place::BeforeHead, Place::InHead, Place::InBody, Place::InChunkedBody];

/// Connections that are strange, and bring the whole answer.
pub fn strange_connections() -> Vec<Effect> {
    vec![
        Effect::MoreHeaders { count: 60, bytes: 1000 },
        Effect::MoreHeaders { count: 90, bytes: 3000 },
        Effect::Trickle { bytes: 1 },
        Effect::Trickle { bytes: 50 },
    ]
}

/// Connections that bring no answer.
pub fn broken_connections() -> Vec<Effect> {
    let mut broken = vec![
        Effect::NotHttp { text: format!("220 you sent {TOKEN}\r\n") },
        Effect::MoreHeaders { count: 5000, bytes: 1 },
        Effect::MoreHeaders { count: 50, bytes: 100_000 },
    ];
    broken.extend(PLACES.map(|at| Effect::Reset { at }));
    broken.extend(PLACES.map(|at| Effect::Close { at }));
    broken
}

/// Connections on which nothing comes any more.
pub fn stalling() -> Vec<Effect> {
    PLACES.map(|at| Effect::Stall { at }).into()
}

/// A connection that isn't what it should be, to a client without patience.
pub fn connections(requests: &[Request]) -> Vec<Scenario> {
    let harmful = broken_connections();
    let mut scenarios = each(requests, &strange_connections(), &[Times::First, Times::Always]);
    scenarios.extend(each(requests, &harmful, &[Times::First, Times::Always]));
    scenarios.extend(each(&sent_ahead(requests), &harmful, &[Times::FirstTwo]));
    scenarios.extend(each(requests, &[Effect::GoneAway { back_after_ms: None }], &[Times::First]));
    let is_first = |trouble: &Trouble| trouble.times == Times::First && trouble.request.page > Some(1);
    let ahead = scenarios.iter().filter(|it| it.troubles.iter().all(is_first));
    let ahead: Vec<_> = ahead.map(|it| Scenario { read_ahead: 4, ..it.clone() }).collect();
    scenarios.extend(ahead);
    scenarios
}

/// A connection on which nothing comes any more.
pub fn stalls(requests: &[Request]) -> Vec<Scenario> {
    let effects = stalling();
    let mut scenarios = each(requests, &effects, &[Times::First]);
    scenarios.extend(each(&sent_ahead(requests), &effects, &[Times::FirstTwo]));
    scenarios
}

/// What a client with patience survives, and what it doesn't.
pub fn passing(requests: &[Request]) -> Vec<Scenario> {
    let effects = [
        status(500, 1, &[]),
        status(408, 1, &[]),
        status(429, 971, &[("retry-after", "1")]),
        Effect::Html { status: 503 },
        Effect::Close { at: Place::BeforeHead },
        Effect::Reset { at: Place::BeforeHead },
        Effect::Reset { at: Place::InHead },
    ];
    let for_good = [status(429, 971, &[("retry-after", "240")]), status(403, 10000, &[]), Effect::CutOff];
    let mut scenarios = each(requests, &effects, &[Times::First, Times::FirstTwo]);
    scenarios.extend(each(requests, &for_good, &[Times::First]));
    scenarios.extend(each(requests, &[Effect::GoneAway { back_after_ms: Some(600) }], &[Times::First]));
    scenarios.into_iter().map(|scenario| Scenario { max_wait_seconds: 10, ..scenario }).collect()
}

/// How a field is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Without it there is no item.
    Id,
    /// A text that may be absent.
    Text,
    /// An address, which is all that an item of a list is.
    Value,
    /// Whatever it is, it is passed on.
    PassedOn,
    /// An object that may be absent.
    Object,
    /// A list that may be absent.
    List,
    /// A list whose absence is a gap.
    Roles,
}

/// What is known of the items that routes list. A route that isn't here has no fields to spoil.
pub fn known_fields(route: &str) -> &'static [(&'static str, Field)] {
    match route {
        "access/users" => &[
            ("id", Field::Id),
            ("email", Field::Text),
            ("name", Field::Text),
            ("uid", Field::PassedOn),
            ("active_device_count", Field::PassedOn),
        ],
        "access/groups" => &[
            ("id", Field::Id),
            ("name", Field::Text),
            ("include", Field::List),
            ("require", Field::List),
            ("is_default", Field::PassedOn),
        ],
        "members" => &[
            ("id", Field::Id),
            ("status", Field::Text),
            ("email", Field::Text),
            ("user", Field::Object),
            ("roles", Field::Roles),
            ("policies", Field::PassedOn),
        ],
        "roles" => {
            &[("id", Field::Id), ("name", Field::Text), ("description", Field::Text), ("permissions", Field::PassedOn)]
        }
        "gateway/lists/{id}/items" => &[("value", Field::Value)],
        _ => &[],
    }
}

/// Values in the answers to a request that are right otherwise: of the envelope, and of the first item of the page.
pub fn strange_fields(request: &Request) -> Vec<Effect> {
    let strange = || [json!(null), json!(7), json!(["x"]), json!({"x": {}})];
    let spoilt = |pointer: &str, fits: &dyn Fn(&Value) -> bool| {
        let pointer = || pointer.to_owned();
        let strange = strange().into_iter().filter(|value| !fits(value));
        let set = strange.map(|value| Effect::SetField { pointer: pointer(), value });
        set.chain([Effect::DropField { pointer: pointer() }]).collect::<Vec<_>>()
    };
    let mut effects = Vec::new();
    for pointer in
        ["/success", "/result", "/result_info", "/errors", "/result_info/total_count", "/result_info/per_page"]
    {
        // A number would be a total, and a list a page.
        effects.extend(spoilt(pointer, &|value| value.is_number() || value.is_array()));
    }
    effects.extend(spoilt("/result/0", &Value::is_object));
    for (field, kind) in known_fields(&request.route) {
        let pointer = format!("/result/0/{field}");
        effects.extend(spoilt(&pointer, &|value| match kind {
            Field::Object => value.is_object(),
            Field::List | Field::Roles => value.is_array(),
            _ => false,
        }));
        effects.push(Effect::HugeField { pointer, bytes: 1 << 20 });
    }
    effects
}

/// Strange values at each request.
pub fn fields(requests: &[Request]) -> Vec<Scenario> {
    let each_of = |request| each(std::slice::from_ref(request), &strange_fields(request), &[Times::Always]);
    requests.iter().flat_map(each_of).collect()
}

/// What a list as a whole can do, without ever failing.
pub fn strange_lists() -> Vec<Effect> {
    vec![
        Effect::SmallerPages { per_page: 1 },
        Effect::SmallerPages { per_page: 2 },
        Effect::NoTotals,
        Effect::RepeatLast,
        Effect::TotalChanged { from_page: 2, by: -3 },
        Effect::TotalChanged { from_page: 2, by: 4 },
        Effect::TotalChanged { from_page: 3, by: 1 },
    ]
}

/// Items among the others that are none.
pub fn strange_items() -> [Effect; 2] {
    [json!("junk"), json!({"name": "no id"})].map(|item| Effect::InsertItem { at: 1, item })
}

/// Pages that aren't those of a list that holds still.
pub fn lists(requests: &[Request]) -> Vec<Scenario> {
    let routes: BTreeSet<&str> = requests.iter().map(|request| request.route.as_str()).collect();
    let whole: Vec<Request> = routes.into_iter().map(|route| Request { route: route.to_owned(), page: None }).collect();
    let mut effects = strange_lists();
    effects.push(Effect::EndlessRepeat);
    let mut scenarios = each(&whole, &effects, &[Times::Always]);
    scenarios.extend(each(requests, &strange_items(), &[Times::Always]));
    for request in sent_ahead(requests) {
        for change in [Change::FirstGoes, Change::NewFirst] {
            scenarios.push(Scenario::new(&request, Disturbance::Moved(change), Times::First));
        }
    }
    scenarios
}
