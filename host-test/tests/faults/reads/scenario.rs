//! The scenarios: which fault, at which request, how often, and how long the connector may wait.

use super::account::{Change, TOKEN};
use super::fields::strange_fields;
use crate::in_process::Asked;
use host_test::mock::{Effect, Fault, Operation, Place};
use serde_json::json;
use std::collections::BTreeSet;

/// A request that an undisturbed sync sends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request {
    pub route: String,
    /// The id in its path. `None`: every request of the route.
    pub id: Option<String>,
    /// The page. `None`: every page of the route.
    pub page: Option<u64>,
}

impl Request {
    /// Returns the requests of a route, or those for one page.
    pub fn on(route: &str, page: Option<u64>) -> Request {
        Request { route: route.to_owned(), id: None, page }
    }

    /// Returns exactly this request.
    pub fn of(Asked { route, id, page, .. }: Asked) -> Request {
        Request { route, id, page: Some(page) }
    }

    /// Returns the list of which this is a page.
    pub fn list(&self) -> Request {
        Request { page: None, ..self.clone() }
    }
}

/// A fault, or a change of the list.
#[derive(Clone, Debug, PartialEq)]
pub enum Disturbance {
    Effect(Effect),
    /// Another writer changes the list right before this request.
    Moved(Change),
}

/// The number of times that a request is disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// At this many attempts, from the first one on.
    First(u32),
    /// At this attempt, from 1.
    At(u64),
    /// Until a call has failed.
    Always,
    /// As long as the account is read.
    Throughout,
}

const ONCE: Times = Times::First(1);
const TWICE: Times = Times::First(2);

/// One disturbance at one request.
#[derive(Clone, Debug)]
pub struct Trouble {
    pub request: Request,
    pub disturbance: Disturbance,
    pub times: Times,
}

impl Trouble {
    /// Returns the attempts that are disturbed.
    fn attempts(&self) -> Vec<Option<u64>> {
        match self.times {
            Times::First(attempts) => (1..=u64::from(attempts)).map(Some).collect(),
            Times::At(attempt) => vec![Some(attempt)],
            Times::Always | Times::Throughout => vec![None],
        }
    }

    /// Whether it disturbs this attempt at this request.
    pub fn hits(&self, request: &Request, attempt: u64) -> bool {
        let Request { route, id, page } = &self.request;
        *route == request.route
            && (id.is_none() || *id == request.id)
            && page.is_none_or(|page| request.page == Some(page))
            && self.attempts().iter().any(|at| at.is_none_or(|at| at == attempt))
    }

    fn operation(&self, attempt: Option<u64>) -> Operation {
        let Request { route, id, page } = &self.request;
        Operation { id: id.clone(), page: *page, attempt, ..Operation::on("GET", route) }
    }
}

/// The disturbances, and the way in which the account is read meanwhile.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub troubles: Vec<Trouble>,
    pub max_wait_seconds: u32,
    pub read_ahead: u32,
    /// After a failed call, another session continues.
    pub anew: bool,
    /// Cloudflare has no list of roles from the beginning.
    pub roles_gone: bool,
}

impl Scenario {
    pub fn undisturbed() -> Scenario {
        Scenario { troubles: Vec::new(), max_wait_seconds: 0, read_ahead: 1, anew: false, roles_gone: false }
    }

    fn new(request: &Request, disturbance: Disturbance, times: Times) -> Scenario {
        let trouble = Trouble { request: request.clone(), disturbance, times };
        Scenario { troubles: vec![trouble], ..Scenario::undisturbed() }
    }

    /// Returns the disturbance, if it is the only one.
    pub fn only(&self) -> Option<&Trouble> {
        self.troubles.first().filter(|_| self.troubles.len() == 1)
    }

    /// Whether a page has items that aren't the account's. What was read of them is dropped, and
    /// the read begins again.
    pub fn invents(&self) -> bool {
        self.troubles.iter().any(|trouble| trouble.disturbance == Disturbance::Effect(Effect::EndlessFresh))
    }

    /// Returns the mock's faults.
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

    /// Returns the changes that other writers make meanwhile, and when.
    pub fn changes(&self) -> Vec<(Operation, String, Change)> {
        let moved = self.troubles.iter().filter_map(|trouble| match trouble.disturbance {
            Disturbance::Moved(change) => {
                Some((trouble.operation(None), trouble.request.route.clone(), change))
            }
            Disturbance::Effect(_) => None,
        });
        moved.collect()
    }

    /// Whether a disturbance lasts until a call has failed.
    pub fn ends_with_a_failure(&self) -> bool {
        self.troubles.iter().any(|trouble| trouble.times == Times::Always)
    }

    /// Returns the most requests beyond those of an undisturbed read, and one more for each fault.
    /// `None`: the number has no limit.
    pub fn requests_to_spare(&self) -> Option<u64> {
        if self.anew {
            return None;
        }
        let to_spare = |trouble: &Trouble| {
            let Disturbance::Effect(effect) = &trouble.disturbance else { return Some(0) };
            match effect {
                Effect::SmallerPages { .. } | Effect::EndlessFresh => None,
                // The requests that were under way are lost with the connections.
                Effect::GoneAway { .. } => Some(u64::from(self.read_ahead)),
                // Where a total can't be believed, the end is a page without items.
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

/// Returns these effects at each request, each this many times.
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

/// Returns answers that aren't the right one.
pub fn wrong_answers() -> Vec<Effect> {
    let body = |body: &str| Effect::Body { status: 200, body: body.to_owned() };
    vec![
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
        status(405, 1, &[]),
        status(410, 1, &[]),
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
        Effect::Encoded { encoding: "gzip".to_owned() },
        problem(403, None),
        problem(429, Some(240)),
        problem(530, None),
    ]
}

/// Returns an answer of Cloudflare's edge, in place of the API's.
pub fn problem(status: u16, retry_after: Option<u32>) -> Effect {
    let body = json!({
        "type": "https://developers.cloudflare.com/support/", "title": "Error 1020: Access denied",
        "status": status, "detail": format!("you sent {TOKEN}"), "error_code": 1020,
        "cloudflare_error": true, "retry_after": retry_after,
    });
    Effect::Body { status, body: body.to_string() }
}

/// Returns answers that aren't the right one, to a client without patience.
pub fn answers(requests: &[Request]) -> Vec<Scenario> {
    let mut scenarios = each(requests, &wrong_answers(), &[ONCE, Times::Always]);
    scenarios.extend(far_ahead(&scenarios));
    scenarios
}

/// Returns the same scenarios with requests that were sent while the host was still busy with
/// earlier pages.
fn far_ahead(scenarios: &[Scenario]) -> Vec<Scenario> {
    let is_ahead = |trouble: &Trouble| trouble.times != Times::Always && trouble.request.page > Some(1);
    let ahead = scenarios.iter().filter(|it| it.troubles.iter().all(is_ahead));
    ahead.map(|it| Scenario { read_ahead: 4, ..it.clone() }).collect()
}

/// Returns the requests for pages that a total promised. Without an answer they are sent once more
/// at once, so that a call meets a fault twice.
fn sent_ahead(requests: &[Request]) -> Vec<Request> {
    requests.iter().filter(|request| request.page > Some(1)).cloned().collect()
}

/// Returns the requests for the last page of each route.
fn last_pages(requests: &[Request]) -> Vec<Request> {
    let is_last = |(place, request): &(usize, &Request)| {
        !requests.iter().skip(place + 1).any(|later| later.list() == request.list())
    };
    requests.iter().enumerate().filter(is_last).map(|(_, request)| request.clone()).collect()
}

const PLACES: [Place; 4] = [Place::BeforeHead, Place::InHead, Place::InBody, Place::InChunkedBody];

/// Returns strange connections that deliver the whole answer.
pub fn strange_connections() -> Vec<Effect> {
    let mut strange = vec![
        Effect::MoreHeaders { count: 60, bytes: 1000 },
        Effect::MoreHeaders { count: 90, bytes: 3000 },
        Effect::Trickle { bytes: 31 },
        Effect::Trickle { bytes: 50 },
    ];
    strange.extend(PLACES.map(|at| Effect::Pause { at, milliseconds: 30 }));
    strange
}

/// Returns connections that deliver no answer.
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

/// Returns connections on which nothing comes any more.
pub fn stalling() -> Vec<Effect> {
    PLACES.map(|at| Effect::Stall { at }).into()
}

/// Returns connections on which an answer comes, and never to its end.
pub fn dripping() -> Vec<Effect> {
    let drip = |at| Effect::Drip { at, bytes: 1, milliseconds: 1000 };
    [Place::BeforeHead, Place::InBody].map(drip).into()
}

/// Returns faulty connections, to a client without patience.
pub fn connections(requests: &[Request]) -> Vec<Scenario> {
    let harmful = broken_connections();
    let mut scenarios = each(requests, &strange_connections(), &[ONCE, Times::Always]);
    scenarios.extend(each(requests, &harmful, &[ONCE, Times::Always]));
    scenarios.extend(each(&sent_ahead(requests), &harmful, &[TWICE]));
    scenarios.extend(each(requests, &[Effect::GoneAway { back_after_ms: None }], &[ONCE]));
    // It takes time to read as much as a page may have.
    scenarios.extend(each(&last_pages(requests), &[Effect::EndlessBody], &[ONCE]));
    scenarios.extend(far_ahead(&scenarios));
    scenarios
}

/// Returns connections on which nothing comes any more.
pub fn stalls(requests: &[Request]) -> Vec<Scenario> {
    let effects = stalling();
    let mut scenarios = each(requests, &effects, &[ONCE]);
    scenarios.extend(each(&sent_ahead(requests), &effects, &[TWICE]));
    scenarios.extend(each(requests, &dripping(), &[ONCE]));
    scenarios
}

/// Returns faults that a client with patience survives, and faults that it doesn't.
pub fn passing(requests: &[Request]) -> Vec<Scenario> {
    let effects = [
        status(500, 1, &[]),
        status(408, 1, &[]),
        status(429, 971, &[]),
        status(429, 971, &[("retry-after", "1")]),
        status(503, 1, &[("retry-after", "1")]),
        Effect::Html { status: 503 },
        problem(429, Some(1)),
        Effect::Close { at: Place::BeforeHead },
        Effect::Reset { at: Place::BeforeHead },
        Effect::Reset { at: Place::InHead },
    ];
    let for_good = [status(429, 971, &[("retry-after", "240")]), status(403, 10000, &[]), Effect::CutOff];
    let mut scenarios = each(requests, &effects, &[ONCE, TWICE]);
    // Three repetitions at most, and one of a request that was sent ahead and not answered.
    let last = [effects[0].clone(), effects[7].clone()];
    scenarios.extend(each(requests, &last, &[3, 4].map(Times::First)));
    // The account is given up after four such answers, and so is a list that rules name: no call fails, and
    // none comes again.
    let lists: Vec<Request> = requests.iter().filter(|it| !is_single(&it.route)).cloned().collect();
    let given_up = |request: &&Request| request.route == "gateway/lists/{id}/items";
    let others: Vec<Request> = lists.iter().filter(|it| !given_up(it)).cloned().collect();
    scenarios.extend(each(&others, &last[..1], &[Times::First(5)]));
    scenarios.extend(each(&lists, &last[1..], &[Times::First(5)]));
    scenarios.extend(each(requests, &for_good, &[ONCE]));
    scenarios.extend(each(requests, &[Effect::GoneAway { back_after_ms: Some(600) }], &[ONCE]));
    scenarios.extend(far_ahead(&scenarios));
    scenarios.into_iter().map(|scenario| Scenario { max_wait_seconds: 10, ..scenario }).collect()
}

/// Returns strange values at each request.
pub fn fields(requests: &[Request]) -> Vec<Scenario> {
    let each_of = |request| each(std::slice::from_ref(request), &strange_fields(request), &[Times::Always]);
    requests.iter().flat_map(each_of).collect()
}

/// Returns the strange things that a list can do without ever failing.
pub fn strange_lists() -> Vec<Effect> {
    vec![
        Effect::SmallerPages { per_page: 1 },
        Effect::SmallerPages { per_page: 2 },
        Effect::NoTotals,
        Effect::RepeatLast,
        Effect::TotalChanged { from_page: 2, by: -3 },
        Effect::TotalChanged { from_page: 2, by: 4 },
        Effect::TotalChanged { from_page: 3, by: 1 },
        Effect::Unpaged { info: false },
        Effect::Unpaged { info: true },
    ]
}

/// Returns items that are none, among the others and in place of one.
pub fn strange_items() -> Vec<Effect> {
    let junk = || [json!("junk"), json!({"name": "no id"})];
    let inserted = junk().map(|item| Effect::InsertItem { at: 1, item });
    inserted.into_iter().chain(junk().map(|item| Effect::ReplaceItem { at: 0, item })).collect()
}

/// Whether a list may be so long that an endless one takes minutes: people are never too many to be
/// kept.
pub fn is_without_soon_end(route: &str) -> bool {
    ["members", "access/users"].contains(&route)
}

/// Whether the route has one object, and no list.
pub fn is_single(route: &str) -> bool {
    route == "accounts/{id}"
}

/// Whether an effect of this name needs a list.
pub fn bends_a_list(effect: &str) -> bool {
    [
        "ReplaceItem",
        "InsertItem",
        "HugeField",
        "SmallerPages",
        "NoTotals",
        "RepeatLast",
        "TotalChanged",
        "EndlessFresh",
        "EndlessRepeat",
        "Unpaged",
    ]
    .contains(&effect)
}

/// Returns pages that aren't those of an unchanging list.
pub fn lists(requests: &[Request]) -> Vec<Scenario> {
    let requests: Vec<Request> = requests.iter().filter(|it| !is_single(&it.route)).cloned().collect();
    let requests = requests.as_slice();
    let routes: BTreeSet<&str> = requests.iter().map(|request| request.route.as_str()).collect();
    let whole: Vec<Request> = routes.into_iter().map(|route| Request::on(route, None)).collect();
    let mut effects = strange_lists();
    effects.push(Effect::EndlessRepeat);
    let mut scenarios = each(&whole, &effects, &[Times::Always]);
    let soon: Vec<Request> = whole.iter().filter(|it| !is_without_soon_end(&it.route)).cloned().collect();
    scenarios.extend(each(&soon, &[Effect::EndlessFresh], &[Times::Always]));
    scenarios.extend(each(requests, &strange_items(), &[Times::Always]));
    for request in sent_ahead(requests) {
        for change in [Change::FirstGoes, Change::NewFirst] {
            scenarios.push(Scenario::new(&request, Disturbance::Moved(change), ONCE));
        }
    }
    scenarios
}
