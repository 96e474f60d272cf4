//! The scenarios: which fault, at which request, how often, and how patient the connector may be.

use super::account::{Change, TOKEN};
use host_test::mock::{Effect, Place};
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
    /// At so many attempts, from the first one on.
    First(u32),
    /// Until a call has failed.
    Always,
}

const ONCE: Times = Times::First(1);
const TWICE: Times = Times::First(2);

/// One thing that goes wrong at one request.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub request: Request,
    /// `None`: nothing does.
    pub disturbance: Option<Disturbance>,
    pub times: Times,
    pub max_wait_seconds: u32,
    pub read_ahead: u32,
}

impl Scenario {
    pub fn undisturbed() -> Scenario {
        Scenario {
            request: Request { route: String::new(), page: None },
            disturbance: None,
            times: Times::Always,
            max_wait_seconds: 0,
            read_ahead: 1,
        }
    }

    fn new(request: &Request, disturbance: Disturbance, times: Times) -> Scenario {
        Scenario { request: request.clone(), disturbance: Some(disturbance), times, ..Scenario::undisturbed() }
    }

    /// The attempts at which the fault is to fire.
    pub fn attempts(&self) -> Vec<Option<u64>> {
        match self.times {
            Times::First(attempts) => (1..=u64::from(attempts)).map(Some).collect(),
            Times::Always => vec![None],
        }
    }

    /// Whether a page's items aren't the account's: what was read of them goes, and the read begins again.
    pub fn invents(&self) -> bool {
        self.disturbance == Some(Disturbance::Effect(Effect::EndlessFresh))
    }

    /// Requests beyond those of an undisturbed read, and one more for each that went wrong. `None`: nobody counts.
    pub fn requests_to_spare(&self) -> Option<u64> {
        let Some(Disturbance::Effect(effect)) = &self.disturbance else { return Some(0) };
        match effect {
            Effect::SmallerPages { .. } | Effect::EndlessFresh => None,
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

/// An answer that isn't the right one, to a client without patience.
pub fn answers(requests: &[Request]) -> Vec<Scenario> {
    let body = |body: &str| Effect::Body { status: 200, body: body.to_owned() };
    let effects = [
        status(400, 1, &[]),
        status(400, 6003, &[]),
        status(400, 7003, &[]),
        status(401, 1000, &[]),
        status(401, 10000, &[]),
        status(403, 9103, &[]),
        status(403, 9109, &[]),
        status(403, 9999, &[]),
        status(403, 10000, &[]),
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
        Effect::Html { status: 522 },
        Effect::Empty { status: 200 },
        Effect::Empty { status: 204 },
        Effect::Empty { status: 429 },
        Effect::Empty { status: 503 },
        body("[true,[],[],null]"),
        body(&format!("{{\"you\":\"sent {TOKEN}\"}}")),
        body(r#"{"success":true}"#),
        body(r#"{"success":true,"result":{"id":"x"}}"#),
        body(&"[".repeat(100_000)),
        body(&format!(r#"{{"success":true,"result":[{}0]}}"#, "0,".repeat(30_000))),
        Effect::Redirect { location: format!("http://127.0.0.1:1/{TOKEN}") },
        Effect::CutOff,
    ];
    let mut scenarios = each(requests, &effects, &[ONCE, Times::Always]);
    scenarios.extend(far_ahead(&scenarios));
    scenarios
}

/// The same, where the request was sent while the host was still busy with pages before it.
fn far_ahead(scenarios: &[Scenario]) -> Vec<Scenario> {
    let ahead = scenarios.iter().filter(|it| it.times != Times::Always && it.request.page > Some(1));
    ahead.map(|it| Scenario { read_ahead: 4, ..it.clone() }).collect()
}

/// The requests for pages that a total promised. Where no answer comes, they are sent once more at once, so that a call meets a fault twice.
fn sent_ahead(requests: &[Request]) -> Vec<Request> {
    requests.iter().filter(|request| request.page > Some(1)).cloned().collect()
}

const PLACES: [Place; 4] = [Place::BeforeHead, Place::InHead, Place::InBody, Place::InChunkedBody];

/// A connection that isn't what it should be, to a client without patience.
pub fn connections(requests: &[Request]) -> Vec<Scenario> {
    let mut harmless = vec![
        Effect::MoreHeaders { count: 60, bytes: 1000 },
        Effect::MoreHeaders { count: 90, bytes: 3000 },
        Effect::Trickle { bytes: 1 },
        Effect::Trickle { bytes: 50 },
    ];
    harmless.extend(PLACES.map(|at| Effect::Pause { at, milliseconds: 30 }));
    let mut harmful = vec![
        Effect::NotHttp { text: format!("220 you sent {TOKEN}\r\n") },
        Effect::MoreHeaders { count: 5000, bytes: 1 },
        Effect::MoreHeaders { count: 50, bytes: 100_000 },
    ];
    harmful.extend(PLACES.map(|at| Effect::Reset { at }));
    harmful.extend(PLACES.map(|at| Effect::Close { at }));
    let mut scenarios = each(requests, &harmless, &[ONCE, Times::Always]);
    scenarios.extend(each(requests, &harmful, &[ONCE, Times::Always]));
    scenarios.extend(each(&sent_ahead(requests), &harmful, &[TWICE]));
    scenarios.extend(each(requests, &[Effect::GoneAway { back_after_ms: None }], &[ONCE]));
    scenarios.extend(far_ahead(&scenarios));
    scenarios
}

/// A connection on which nothing comes any more.
pub fn stalls(requests: &[Request]) -> Vec<Scenario> {
    let effects = PLACES.map(|at| Effect::Stall { at });
    let mut scenarios = each(requests, &effects, &[ONCE]);
    scenarios.extend(each(&sent_ahead(requests), &effects, &[TWICE]));
    scenarios
}

/// What a client with patience survives, and what it doesn't.
pub fn passing(requests: &[Request]) -> Vec<Scenario> {
    let effects = [
        status(500, 1, &[]),
        status(408, 1, &[]),
        status(429, 971, &[]),
        status(429, 971, &[("retry-after", "1")]),
        status(503, 1, &[("retry-after", "1")]),
        Effect::Html { status: 503 },
        Effect::Close { at: Place::BeforeHead },
        Effect::Reset { at: Place::BeforeHead },
        Effect::Reset { at: Place::InHead },
    ];
    let for_good = [status(429, 971, &[("retry-after", "240")]), status(403, 10000, &[]), Effect::CutOff];
    let mut scenarios = each(requests, &effects, &[ONCE, TWICE]);
    // Three times more at most, and one more that was sent ahead and that nobody answered.
    let last = [effects[0].clone(), effects[6].clone()];
    scenarios.extend(each(requests, &last, &[3, 4, 5].map(Times::First)));
    scenarios.extend(each(requests, &for_good, &[ONCE]));
    scenarios.extend(each(requests, &[Effect::GoneAway { back_after_ms: Some(600) }], &[ONCE]));
    scenarios.extend(far_ahead(&scenarios));
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
    /// The id of a role that a member holds: without it, that role is a gap.
    Role,
    /// A rule of a group. An object says something, if nothing that is known.
    Rule,
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
            ("include/0", Field::Rule),
            ("exclude", Field::List),
            ("require", Field::List),
            ("is_default", Field::PassedOn),
        ],
        "members" => &[
            ("id", Field::Id),
            ("status", Field::Text),
            ("email", Field::Text),
            ("user", Field::Object),
            ("user/id", Field::PassedOn),
            ("user/email", Field::Text),
            ("roles", Field::Roles),
            ("roles/0/id", Field::Role),
            ("policies", Field::PassedOn),
        ],
        "roles" => {
            &[("id", Field::Id), ("name", Field::Text), ("description", Field::Text), ("permissions", Field::PassedOn)]
        }
        "gateway/lists/{id}/items" => &[("value", Field::Value)],
        _ => &[],
    }
}

/// Values in answers that are right otherwise: of the envelope, and of the first item of the page.
pub fn fields(requests: &[Request]) -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    let strange = || [json!(null), json!(7), json!(["x"]), json!({"x": {}})];
    let spoilt = |pointer: &str, fits: &dyn Fn(&Value) -> bool| {
        let pointer = || pointer.to_owned();
        let strange = strange().into_iter().filter(|value| !fits(value));
        let set = strange.map(|value| Effect::SetField { pointer: pointer(), value });
        set.chain([Effect::DropField { pointer: pointer() }]).collect::<Vec<_>>()
    };
    for request in requests {
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
        scenarios.extend(each(std::slice::from_ref(request), &effects, &[Times::Always]));
    }
    scenarios
}

/// Whether a list may be so long that a read of one without an end takes minutes: people are never too many to be kept.
pub fn is_without_soon_end(route: &str) -> bool {
    ["members", "access/users"].contains(&route)
}

/// Pages that aren't those of a list that holds still.
pub fn lists(requests: &[Request]) -> Vec<Scenario> {
    let routes: BTreeSet<&str> = requests.iter().map(|request| request.route.as_str()).collect();
    let whole: Vec<Request> = routes.into_iter().map(|route| Request { route: route.to_owned(), page: None }).collect();
    let effects = [
        Effect::SmallerPages { per_page: 1 },
        Effect::SmallerPages { per_page: 2 },
        Effect::NoTotals,
        Effect::RepeatLast,
        Effect::EndlessRepeat,
        Effect::TotalChanged { from_page: 2, by: -3 },
        Effect::TotalChanged { from_page: 2, by: 4 },
        Effect::TotalChanged { from_page: 3, by: 1 },
    ];
    let mut scenarios = each(&whole, &effects, &[Times::Always]);
    let soon: Vec<Request> = whole.iter().filter(|it| !is_without_soon_end(&it.route)).cloned().collect();
    scenarios.extend(each(&soon, &[Effect::EndlessFresh], &[Times::Always]));
    let junk = || [json!("junk"), json!({"name": "no id"})];
    scenarios.extend(each(requests, &junk().map(|item| Effect::InsertItem { at: 1, item }), &[Times::Always]));
    scenarios.extend(each(requests, &junk().map(|item| Effect::ReplaceItem { at: 0, item }), &[Times::Always]));
    for request in sent_ahead(requests) {
        for change in [Change::FirstGoes, Change::NewFirst] {
            scenarios.push(Scenario::new(&request, Disturbance::Moved(change), ONCE));
        }
    }
    scenarios
}
