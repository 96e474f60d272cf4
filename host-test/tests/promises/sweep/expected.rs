//! What has to come of a scenario. It follows from the scenario alone.

use super::account::{Change, by_list, first_of};
use super::scenario::{Disturbance, Field, Scenario, Times, known_fields};
use host_test::host::contract::ErrorKind;
use host_test::mock::{Effect, Place};
use serde_json::Value;

/// What has to come of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Expected {
    /// What an undisturbed read gives, with a warning of this code that says, or doesn't say, that something is missing.
    Truth { warned: Option<(&'static str, bool)> },
    /// The same, apart from what is about these. With a warning, it may be missing; where it is the upstream's, it may be anything.
    Apart { from: Vec<String>, warned: Option<&'static str>, may_differ: bool },
    /// One call fails, and the read that goes on from there gives the truth.
    Fails { kind: ErrorKind, retryable: bool, retry_after_ms: Option<u32> },
}

const TRUTH: Expected = Expected::Truth { warned: None };
const ITEMS: &str = "gateway/lists/{id}/items";

/// A request that fails.
pub struct Failure {
    pub kind: ErrorKind,
    pub retry_after_ms: Option<u32>,
    /// It is sent again while there is patience.
    again: bool,
    /// No answer came: where it was sent ahead, it is sent again at once.
    unanswered: bool,
    /// For a list that rules name, this is a gap and no failure.
    pub gap: bool,
}

impl Failure {
    fn of(kind: ErrorKind) -> Failure {
        let again = matches!(kind, ErrorKind::Unavailable | ErrorKind::RateLimited);
        Failure { kind, retry_after_ms: None, again, unanswered: false, gap: false }
    }

    fn gap(kind: ErrorKind) -> Failure {
        Failure { gap: true, ..Failure::of(kind) }
    }

    fn unanswered(again: bool) -> Failure {
        Failure { again, unanswered: true, ..Failure::of(ErrorKind::Unavailable) }
    }

    pub fn is_retryable(&self) -> bool {
        matches!(self.kind, ErrorKind::Unavailable | ErrorKind::RateLimited)
    }
}

/// What an effect does to a request, where it makes it fail.
pub fn failure(effect: &Effect) -> Option<Failure> {
    use ErrorKind::*;
    Some(match effect {
        Effect::Status { status, code, headers, .. } => {
            let seconds =
                headers.iter().find_map(|(name, value)| (name == "retry-after").then(|| value.parse::<u32>().ok())?);
            let failure = match (status, code) {
                (400, 6003) | (403, 9103) => Failure::of(Unauthenticated),
                (400, 7003) => Failure::gap(NotFound),
                (400, _) => Failure::gap(InvalidResponse),
                (401, _) => Failure::of(Unauthenticated),
                (403, 9999) | (404, _) => Failure::gap(NotFound),
                (403, _) => Failure::gap(PermissionDenied),
                (409, _) => Failure::of(Conflict),
                (429, _) => Failure::of(RateLimited),
                (408 | 500.., _) => Failure::of(Unavailable),
                _ => Failure::of(InvalidResponse),
            };
            Failure { retry_after_ms: seconds.map(|seconds| seconds * 1000), ..failure }
        }
        Effect::Html { status } | Effect::Empty { status } | Effect::Body { status, .. } => match status {
            429 => Failure::of(RateLimited),
            500.. => Failure::of(Unavailable),
            _ => Failure::of(InvalidResponse),
        },
        Effect::Redirect { .. } | Effect::CutOff => Failure::of(InvalidResponse),
        Effect::GoneAway { .. } => Failure::of(Unavailable),
        Effect::Reset { at: Place::BeforeHead | Place::InHead }
        | Effect::Close { at: Place::BeforeHead | Place::InHead } => Failure::unanswered(true),
        // What broke off may be a proxy's doing.
        Effect::Reset { .. } | Effect::Close { .. } | Effect::Stall { .. } | Effect::NotHttp { .. } => {
            Failure::unanswered(false)
        }
        // The host's limits: a hundred headers, 400 KiB of them.
        Effect::MoreHeaders { count, bytes } if *count > 100 || count * bytes > 400 << 10 => Failure::unanswered(false),
        Effect::EndlessRepeat | Effect::EndlessFresh => Failure::of(InvalidResponse),
        Effect::SetField { pointer, .. } | Effect::DropField { pointer }
            if ["/success", "/result"].contains(&pointer.as_str()) =>
        {
            Failure::of(InvalidResponse)
        }
        _ => return None,
    })
}

/// What has to come of this scenario.
pub fn expected(scenario: &Scenario) -> Expected {
    match &scenario.disturbance {
        None => TRUTH,
        Some(Disturbance::Moved(change)) => moved(scenario, *change),
        Some(Disturbance::Effect(effect)) => match failure(effect) {
            Some(failure) => failed(scenario, effect, &failure),
            None => bent(scenario, effect),
        },
    }
}

fn failed(scenario: &Scenario, effect: &Effect, failure: &Failure) -> Expected {
    if failure.gap && scenario.request.route == ITEMS {
        return Expected::Apart { from: by_list(), warned: Some("list-not-readable"), may_differ: false };
    }
    let was_ahead = scenario.request.page > Some(1);
    if is_survived(scenario, effect, failure, was_ahead) {
        return TRUTH;
    }
    Expected::Fails { kind: failure.kind, retryable: failure.is_retryable(), retry_after_ms: failure.retry_after_ms }
}

/// Whether a request that fails so is sent again until it doesn't.
pub fn is_survived(scenario: &Scenario, effect: &Effect, failure: &Failure, was_ahead: bool) -> bool {
    let Times::First(failing) = scenario.times else { return false };
    let at_once = u32::from(was_ahead && failure.unanswered);
    let patient = scenario.max_wait_seconds * 1000 > failure.retry_after_ms.unwrap_or_default();
    let comes_back = !matches!(effect, Effect::GoneAway { back_after_ms: None });
    let later = if failure.again && patient && comes_back { 3 } else { 0 };
    failing <= at_once + later
}

/// A request that succeeds, with something strange in its answer.
fn bent(scenario: &Scenario, effect: &Effect) -> Expected {
    let not_understood = Expected::Truth { warned: Some(("item-not-understood", true)) };
    match effect {
        Effect::TotalChanged { .. } => Expected::Truth { warned: Some(("list-moved", true)) },
        Effect::InsertItem { .. } => not_understood,
        Effect::ReplaceItem { item, .. } => field(scenario, "/result/0", Some(item)),
        Effect::SetField { pointer, value } => field(scenario, pointer, Some(value)),
        Effect::DropField { pointer } => field(scenario, pointer, None),
        Effect::HugeField { pointer, .. } => field(scenario, pointer, Some(&Value::from("x".repeat(65)))),
        _ => TRUTH,
    }
}

/// `value` stands there instead of the right one; `None`: nothing does.
fn field(scenario: &Scenario, pointer: &str, value: Option<&Value>) -> Expected {
    let Some(item) = pointer.strip_prefix("/result/0") else { return TRUTH };
    let from = vec![first_of(&scenario.request.route, scenario.request.page.unwrap_or(1))];
    let absent = value.is_none_or(Value::is_null);
    let text = value.is_some_and(Value::is_string);
    let known = known_fields(&scenario.request.route).iter().find(|(name, _)| item.strip_prefix('/') == Some(name));
    let warned = match known.map(|(_, kind)| kind) {
        // The whole item. Where it isn't there, the list is shorter than its total.
        None if value.is_none() => Some("list-moved"),
        None | Some(Field::Id) => Some("item-not-understood"),
        Some(Field::Rule) if value.is_none_or(Value::is_object) => None,
        Some(Field::Rule) => Some("rule-not-understood"),
        Some(Field::Role) => Some("roles-not-understood"),
        Some(Field::Text) if absent || text => None,
        Some(Field::Value) if text => None,
        Some(Field::Object | Field::List) if absent => None,
        Some(Field::Roles) if absent => Some("roles-not-understood"),
        Some(Field::PassedOn) => None,
        Some(_) => Some("item-not-understood"),
    };
    // The rest of an item stands, though a part of it isn't understood.
    let in_part = matches!(known, Some((_, Field::Rule | Field::Role)));
    Expected::Apart { from, warned, may_differ: in_part || warned.is_none() }
}

/// The list changes while it is read.
fn moved(scenario: &Scenario, change: Change) -> Expected {
    let page = scenario.request.page.unwrap_or(1);
    match change {
        Change::NewFirst => Expected::Truth { warned: Some(("list-moved", false)) },
        // What would have come first on this page came last on the one before.
        Change::FirstGoes => {
            let from = vec![first_of(&scenario.request.route, page)];
            Expected::Apart { from, warned: Some("list-moved"), may_differ: false }
        }
    }
}
