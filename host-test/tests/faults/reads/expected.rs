//! The expected outcome of a scenario, from the scenario and the requests of an undisturbed read.

use super::account::{
    Change, by_first_user_group, by_list, by_members_of, by_permission_groups, first_of, providers_from,
    user_groups_from,
};
use super::course::Course;
pub use super::failing::{Failure, failure};
use super::fields::{Field, known_fields};
use super::judge::Broken;
use super::scenario::{Disturbance, Request, Scenario, Times, Trouble, is_single};
use super::user_groups::{GROUP_MEMBERS, Groups, USER_GROUPS};
use connector_host::contract::ErrorKind;
use host_test::mock::Effect;
use serde_json::Value;

/// The expected outcome. In every case the read comes to its end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expected {
    /// The calls that fail, in their order. A read with the same cursor continues.
    pub failures: Vec<Broken>,
    /// The facts that the read may lack, or have otherwise than an undisturbed one.
    pub apart: Vec<Apart>,
    /// The codes of the expected warnings, and whether each says that something is missing.
    pub warned: Vec<(&'static str, bool)>,
    /// The codes of the warnings of an undisturbed read that may be missing.
    pub unwarned: Vec<&'static str>,
    /// Cloudflare has no list of roles.
    pub roles_gone: bool,
    /// The requests for the account that come again with a call that failed behind them.
    pub more_requests: u64,
}

/// The facts about these names.
#[derive(Clone, Debug, PartialEq)]
pub struct Apart {
    pub from: Vec<String>,
    /// The facts are the upstream's and may be anything. Otherwise they may only be missing.
    pub may_differ: bool,
    /// They may not be missing.
    pub must_come: bool,
}

impl Apart {
    /// The facts may be missing.
    fn missing(from: Vec<String>) -> Apart {
        Apart { from, may_differ: false, must_come: false }
    }
}

const ROLES: &str = "roles";
const PERMISSION_GROUPS: &str = "iam/permission_groups";
const ITEMS: &str = "gateway/lists/{id}/items";
const PROVIDERS: &str = "access/identity_providers";
/// The number of repetitions while there is patience.
const RETRIES: u32 = 3;

/// Whether a request that fails this way at its first attempts is repeated until it succeeds.
pub fn is_survived(scenario: &Scenario, trouble: &Trouble, effect: &Effect, failure: &Failure) -> bool {
    let Times::First(failing) = trouble.times else { return false };
    let patient = scenario.max_wait_seconds * 1000 > failure.retry_after_ms.unwrap_or_default();
    let comes_back = !matches!(effect, Effect::GoneAway { back_after_ms: None });
    failing <= if failure.again && patient && comes_back { RETRIES } else { 0 }
}

/// Whether the upstream fails with this for everybody.
pub fn fails(effect: &Effect) -> bool {
    failure(effect).is_some()
}

/// Whether the answer has a total that can be understood, so that the next pages are sent ahead.
fn promises(effect: &Effect) -> bool {
    match effect {
        Effect::SetField { pointer, .. } | Effect::DropField { pointer } => {
            !pointer.starts_with("/result_info")
        }
        Effect::NoTotals | Effect::EndlessFresh | Effect::Unpaged { .. } => false,
        _ => true,
    }
}

/// Whether Cloudflare answers the request for roles so that it has no list of them any more.
pub fn ends_the_list_of_roles(trouble: &Trouble) -> bool {
    let Disturbance::Effect(effect) = &trouble.disturbance else { return false };
    let is_first = trouble.request.page.is_none_or(|page| page == 1);
    let failure = failure(effect).filter(|_| is_first && trouble.request.route == ROLES);
    failure.is_some_and(|failure| failure.kind == ErrorKind::NotFound)
}

/// Computes the expected outcome of this scenario.
pub fn expected(scenario: &Scenario, course: &Course) -> Expected {
    let mut walk = Walk {
        scenario,
        expected: Expected { roles_gone: scenario.roles_gone, ..Expected::default() },
        attempts: Vec::new(),
        begun: Vec::new(),
        ahead: None,
        over: false,
        is_gone: false,
    };
    // The lists that can't be read any more.
    let mut unreadable = Vec::new();
    let mut groups = Groups::default();
    let mut way = course.way(scenario.roles_gone);
    let (mut script, mut call, mut at) = (way.from(0), 0, 0);
    while call < script.len() {
        let Some(asked) = script[call].get(at) else {
            (call, at) = (call + 1, 0);
            continue;
        };
        if unreadable.contains(&asked.route) || groups.skip(asked) {
            at += 1;
            continue;
        }
        match walk.ask(asked) {
            Came::Well => {
                groups.came(asked, true);
                at += 1;
            }
            Came::Gap => {
                groups.came(asked, false);
                if asked.route != GROUP_MEMBERS {
                    unreadable.push(asked.route.clone());
                }
                walk.leave_out(asked);
                at += 1;
            }
            // The calls before it are the same.
            Came::Gone => {
                walk.expected.roles_gone = true;
                call += way.calls() - script.len();
                way = course.way(true);
                script = way.from(0);
                at = script[call].len();
            }
            // The same session knows the earlier pages, and continues with this request.
            Came::Failed if !scenario.anew => {
                let account = at.checked_sub(1).filter(|&before| is_single(&script[call][before].route));
                walk.expected.more_requests += u64::from(account.is_some());
                at = account.unwrap_or(at);
            }
            Came::Failed => {
                walk.ahead = None;
                walk.begun.clear();
                groups.read = 0;
                script = way.from(way.calls() - (script.len() - call));
                (call, at) = (0, 0);
            }
        }
    }
    let of_names = |trouble: &Trouble| {
        walk.expected.roles_gone && trouble.request.route == "members" && trouble.times == Times::At(1)
    };
    let (mut parts, mut due) = (Vec::new(), Vec::new());
    for trouble in &scenario.troubles {
        let (apart, warned) = match &trouble.disturbance {
            Disturbance::Moved(change) => moved(&trouble.request, *change),
            Disturbance::Effect(effect) if failure(effect).is_none() => bent(&trouble.request, effect),
            Disturbance::Effect(_) => continue,
        };
        parts.extend(apart);
        // Where members only tell names, nobody looks at their policies.
        due.extend(warned.filter(|(code, _)| *code != "role-not-shown" || !of_names(trouble)));
        // It is gone when its members are read.
        if trouble.disturbance == Disturbance::Moved(Change::FirstGoes)
            && trouble.request.route == USER_GROUPS
        {
            parts.push(Apart::missing(by_first_user_group()));
            due.push(("user-groups-not-readable", true));
        }
    }
    walk.expected.apart.extend(parts);
    walk.expected.warned.extend(due);
    walk.expected
}

/// The end of a request within a call.
enum Came {
    Well,
    /// It fails, and the read only warns of it.
    Gap,
    /// It fails, and the roles are told in another way.
    Gone,
    /// The call fails.
    Failed,
}

/// A read, request by request.
struct Walk<'s> {
    scenario: &'s Scenario,
    expected: Expected,
    /// The number of attempts at each request.
    attempts: Vec<(Request, u64)>,
    /// The lists of which the session has read a page.
    begun: Vec<Request>,
    /// The pages that were sent ahead and not taken yet: their list, the first and the last.
    ahead: Option<(Request, u64, u64)>,
    /// A call has failed.
    over: bool,
    /// The server went away at a request whose failure is none of the read.
    is_gone: bool,
}

impl Walk<'_> {
    /// Sends a request, and repeats it where the connector would.
    fn ask(&mut self, request: &Request) -> Came {
        if is_single(&request.route) {
            return self.pass(request);
        }
        let mut was_ahead = self.take_ahead(request);
        let (mut retries, mut patience) = (0, self.scenario.max_wait_seconds * 1000);
        let mut was_refused = false;
        if std::mem::take(&mut self.is_gone) {
            self.expected.failures.push(Failure::of(ErrorKind::Unavailable).broken());
            self.over = true;
            return Came::Failed;
        }
        loop {
            let troubles = self.send(request);
            let Some((effect, failure)) = self.failing(&troubles, request) else {
                let promises = troubles.iter().all(|trouble| match &trouble.disturbance {
                    Disturbance::Effect(effect) => promises(effect),
                    Disturbance::Moved(_) => true,
                });
                if promises {
                    self.send_ahead(request);
                }
                self.begun.push(request.list());
                return Came::Well;
            };
            let gone = matches!(effect, Effect::GoneAway { back_after_ms: None });
            if std::mem::take(&mut was_ahead) && failure.unanswered {
                continue;
            }
            if failure.passes && !std::mem::replace(&mut was_refused, true) {
                retries += 1;
                continue;
            }
            // A wait that no server asks for takes at most two seconds.
            let wait = failure.retry_after_ms.unwrap_or(0);
            if failure.again && !gone && patience > 0 && wait <= patience && retries < RETRIES {
                (retries, patience) = (retries + 1, patience - wait);
                continue;
            }
            // Without providers, conditions are less exact, and without user groups, some grants are missing.
            // Other failures may pass.
            let is_refused = matches!(failure.kind, ErrorKind::PermissionDenied | ErrorKind::NotFound)
                || matches!(effect, Effect::Status { status: 400, .. });
            let is_gap = match request.route.as_str() {
                ITEMS => failure.gap,
                USER_GROUPS if matches!(effect, Effect::Status { status: 405, .. }) => true,
                PROVIDERS | USER_GROUPS | GROUP_MEMBERS | PERMISSION_GROUPS => failure.gap && is_refused,
                _ => false,
            };
            if is_gap {
                return Came::Gap;
            }
            if request.route == ROLES && request.page == Some(1) && failure.kind == ErrorKind::NotFound {
                return Came::Gone;
            }
            self.expected.failures.push(failure.broken());
            self.over = true;
            return Came::Failed;
        }
    }

    /// Sends a request whose failure is none of the read, unless nothing more is asked after it, and
    /// repeats it where the connector would. Pages that are under way stay so.
    fn pass(&mut self, request: &Request) -> Came {
        let (mut retries, mut patience) = (0, self.scenario.max_wait_seconds * 1000);
        loop {
            let troubles = self.send(request);
            let Some((effect, failure)) = self.failing(&troubles, request) else { return Came::Well };
            if matches!(effect, Effect::GoneAway { back_after_ms: None }) {
                self.is_gone = true;
                return Came::Well;
            }
            let wait = failure.retry_after_ms.unwrap_or(0);
            if failure.again && patience > 0 && wait <= patience && retries < RETRIES {
                (retries, patience) = (retries + 1, patience - wait);
                continue;
            }
            if matches!(failure.kind, ErrorKind::RateLimited | ErrorKind::Unauthenticated) {
                self.expected.failures.push(failure.broken());
                self.over = true;
                return Came::Failed;
            }
            self.expected.unwarned.push("implicit-administrators");
            return Came::Well;
        }
    }

    /// Returns the failing one among the faults of an attempt, and its meaning there.
    fn failing<'t>(&self, troubles: &'t [Trouble], request: &Request) -> Option<(&'t Effect, Failure)> {
        let is_in_the_middle = request.page > Some(1) && self.begun.contains(&request.list());
        let (effect, failure) = troubles.iter().find_map(|trouble| match &trouble.disturbance {
            Disturbance::Effect(effect) => Some((effect, failure(effect)?)),
            Disturbance::Moved(_) => None,
        })?;
        let failure = match effect {
            Effect::Status { code: 10000, .. } if is_in_the_middle => Failure::passing(),
            Effect::Status { code: 10000, .. } if !self.begun.is_empty() => {
                Failure::gap(ErrorKind::PermissionDenied)
            }
            _ => failure,
        };
        Some((effect, failure))
    }

    /// Notes what is missing where this request fails, and only a warning tells it.
    fn leave_out(&mut self, request: &Request) {
        let page = request.page.unwrap_or(1);
        let (from, warned) = match request.route.as_str() {
            USER_GROUPS => (user_groups_from(page), ("user-groups-not-readable", true)),
            GROUP_MEMBERS => {
                let group = request.id.as_deref().expect("a user group");
                (by_members_of(group), ("user-groups-not-readable", true))
            }
            PROVIDERS => (providers_from(page), ("providers-not-readable", false)),
            PERMISSION_GROUPS => {
                self.expected.unwarned.push("roles-moved");
                (by_permission_groups(), ("roles-moved", true))
            }
            _ => (by_list(), ("list-not-readable", true)),
        };
        self.expected.apart.push(Apart::missing(from));
        self.expected.warned.push(warned);
    }

    /// Whether this page is already under way.
    fn take_ahead(&mut self, request: &Request) -> bool {
        let page = request.page.unwrap_or(1);
        match &mut self.ahead {
            Some((list, from, to)) if *list == request.list() => {
                let is_ahead = (*from..=*to).contains(&page);
                *from = page + 1;
                is_ahead
            }
            // Pages of another list are not wanted any more.
            _ => {
                self.ahead = None;
                false
            }
        }
    }

    fn send_ahead(&mut self, request: &Request) {
        let page = request.page.unwrap_or(1);
        self.ahead = Some((request.list(), page + 1, page + u64::from(self.scenario.read_ahead)));
    }

    /// Returns the faults of this attempt.
    fn send(&mut self, request: &Request) -> Vec<Trouble> {
        let attempt = match self.attempts.iter_mut().find(|(known, _)| known == request) {
            Some((_, attempts)) => {
                *attempts += 1;
                *attempts
            }
            None => {
                self.attempts.push((request.clone(), 1));
                1
            }
        };
        let lasts = |trouble: &&Trouble| trouble.times != Times::Always || !self.over;
        let hit = self.scenario.troubles.iter().filter(|trouble| trouble.hits(request, attempt));
        hit.filter(lasts).cloned().collect()
    }
}

/// The facts that may differ, and the expected warning.
type Bent = (Option<Apart>, Option<(&'static str, bool)>);

/// Returns the consequences of a request that succeeds with something strange in its answer.
fn bent(request: &Request, effect: &Effect) -> Bent {
    match effect {
        Effect::TotalChanged { .. } => (None, Some(("list-moved", true))),
        Effect::InsertItem { .. } => (None, Some(("item-not-understood", true))),
        Effect::ReplaceItem { item, .. } => field(request, "/result/0", Some(item)),
        Effect::SetField { pointer, value } => field(request, pointer, Some(value)),
        Effect::DropField { pointer } => field(request, pointer, None),
        Effect::HugeField { pointer, .. } => field(request, pointer, Some(&Value::from("x".repeat(65)))),
        _ => (None, None),
    }
}

/// Returns the consequences of `value` at this place instead of the right one. `None`: the field is
/// missing.
fn field(request: &Request, pointer: &str, value: Option<&Value>) -> Bent {
    let Some(item) = pointer.strip_prefix("/result/0") else { return (None, None) };
    let from = vec![first_of(&request.route, request.page.unwrap_or(1))];
    let absent = value.is_none_or(Value::is_null);
    let text = value.is_some_and(Value::is_string);
    let known = known_fields(&request.route).iter().find(|(name, _)| item.strip_prefix('/') == Some(name));
    let warned = match known.map(|(_, kind)| kind) {
        // The whole item is missing, so the list is shorter than its total.
        None if value.is_none() => Some("list-moved"),
        None | Some(Field::Id) => Some("item-not-understood"),
        Some(Field::Rule) if value.is_none_or(Value::is_object) => None,
        Some(Field::Rule) => Some("rule-not-understood"),
        Some(Field::Role) => None,
        Some(Field::Text) if absent || text => None,
        Some(Field::Value) if text => None,
        Some(Field::Object | Field::List | Field::Roles) if absent => None,
        Some(Field::PassedOn) => None,
        Some(Field::Type) if absent || text => Some("app-not-understood"),
        Some(Field::Policies) if absent => None,
        Some(Field::Policies) => Some("role-not-shown"),
        Some(_) => Some("item-not-understood"),
    };
    // The rest of an item is kept, though a part of it isn't understood.
    let in_part = matches!(known, Some((_, Field::Rule | Field::Role | Field::Policies | Field::Type)));
    // The member's policies tell the same roles.
    let must_come = matches!(known, Some((_, Field::Roles | Field::Role))) && warned.is_none();
    let may_differ = in_part || warned.is_none();
    (Some(Apart { from, may_differ, must_come }), warned.map(|code| (code, true)))
}

/// Returns the consequences of a list that changes while it is read.
fn moved(request: &Request, change: Change) -> Bent {
    let page = request.page.unwrap_or(1);
    match change {
        // An item came again, so the new one is missing.
        Change::NewFirst => (None, Some(("list-moved", true))),
        // The first item of this page moved to the end of the page before.
        Change::FirstGoes => {
            let from = vec![first_of(&request.route, page)];
            (Some(Apart::missing(from)), Some(("list-moved", true)))
        }
    }
}
