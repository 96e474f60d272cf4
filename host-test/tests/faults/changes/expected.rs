//! The possible outcomes of a scenario for each change, from the scenario and the undisturbed run
//! alone.

use super::account::Operation;
use super::judge::resource;
use super::run::{Call, Ended};
use super::scenario::{Phase, Scenario, Spoilt, Times, spoilt};
use connector_host::contract::{Change, ErrorKind, Operation as Way, Status};
use host_test::mock::{Effect, Place, Recorded};

const ROLE: &str = "roles/{id}";
const PERMISSION_GROUP: &str = "iam/permission_groups/{id}";

/// The way in which a change may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// It ends as without a disturbance.
    AsUsual,
    /// A read emits something, with a gap that is reported.
    WithAGap,
    /// A read emits the same, and reports that Cloudflare has no list of roles any more.
    RolesMoved,
    Fails(ErrorKind),
    /// The credentials fail as a whole, and not for one resource type.
    FailsAsAWhole(ErrorKind),
}

/// The meaning of a disturbed answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It has the effect of a right answer.
    Fine,
    /// It states something untrue.
    Differs,
    /// It refuses. `again`: the request is repeated while there is patience.
    No { kind: ErrorKind, again: bool },
    /// It doesn't show whether the request had an effect. `may_come`: the request may still take
    /// effect later.
    Lost { kind: ErrorKind, again: bool, may_come: bool },
}

impl Fate {
    pub fn kind(self) -> Option<ErrorKind> {
        match self {
            Fate::No { kind, .. } | Fate::Lost { kind, .. } => Some(kind),
            Fate::Fine | Fate::Differs => None,
        }
    }

    pub fn again(self) -> bool {
        matches!(self, Fate::No { again: true, .. } | Fate::Lost { again: true, .. })
    }
}

/// Returns the meaning of an answer on this route under an effect.
pub fn fate(effect: &Effect, is_write: bool, route: &str) -> Fate {
    use ErrorKind::*;
    let no = |kind, again| Fate::No { kind, again };
    let lost = |kind, again, may_come| Fate::Lost { kind, again, may_come };
    match effect {
        Effect::Status { status, code, headers, .. } => {
            let soon = !headers
                .iter()
                .any(|(name, value)| name == "retry-after" && value.parse::<u32>().is_ok_and(|it| it > 10));
            match (status, code) {
                (400, 6003) | (401, _) => no(Unauthenticated, false),
                (400, _) if is_write => no(Refused, false),
                (400, _) => no(InvalidResponse, false),
                (403, _) => no(PermissionDenied, false),
                (404, _) => no(NotFound, false),
                (409, _) => no(Conflict, false),
                (429, _) => no(RateLimited, soon),
                (408 | 500.., _) => lost(Unavailable, soon, false),
                _ => lost(InvalidResponse, false, false),
            }
        }
        Effect::Html { status: 429 } => no(RateLimited, true),
        Effect::Html { status } | Effect::Empty { status } | Effect::Body { status, .. } => {
            let is_api = matches!(effect, Effect::Body { status: 500, .. });
            match status {
                408 | 500.. => lost(Unavailable, true, !is_api),
                300..=499 if is_write => no(InvalidResponse, false),
                _ => lost(InvalidResponse, false, true),
            }
        }
        Effect::Redirect { .. } if is_write => no(InvalidResponse, false),
        Effect::Redirect { .. } | Effect::CutOff | Effect::Encoded { .. } => {
            lost(InvalidResponse, false, true)
        }
        Effect::GoneAway { .. } => lost(Unavailable, false, true),
        Effect::Reset { at: Place::BeforeHead | Place::InHead }
        | Effect::Close { at: Place::BeforeHead | Place::InHead } => lost(Unavailable, true, true),
        Effect::Reset { .. } | Effect::Close { .. } | Effect::Stall { .. } | Effect::NotHttp { .. } => {
            lost(Unavailable, false, true)
        }
        Effect::MoreHeaders { .. } => lost(Unavailable, false, true),
        Effect::SetField { .. } | Effect::DropField { .. } => {
            let found = spoilt(route).into_iter().find(|(spoils, _)| spoils == effect);
            match found.map(|(_, spoilt)| spoilt) {
                Some(Spoilt::Unread) => lost(InvalidResponse, false, false),
                Some(Spoilt::Differs) => Fate::Differs,
                _ => Fate::Fine,
            }
        }
        _ => Fate::Fine,
    }
}

/// Whether the API itself refuses the request, or something between here and there does.
pub fn is_answered_no(scenario: &Scenario) -> bool {
    let Scenario { request, effect, .. } = scenario;
    matches!(fate(effect, request.phase == Phase::Write, &request.route), Fate::No { .. })
}

/// The possible outcomes of each change (of a read, its one), and whether a warning must report
/// that a write wasn't read back.
pub struct Expected {
    pub words: Vec<Word>,
    pub not_read_back: bool,
    /// The error that stops the call: nothing more is asked.
    pub bars: Option<ErrorKind>,
    /// A role isn't there, and the permission group with its id is: a member's policies give it.
    pub by_policies: bool,
}

/// Whether a change depends on what this request learns or does.
fn concerns(scenario: &Scenario, change: &Change) -> bool {
    let request = &scenario.request;
    let (is_group, (_, id)) = (change.entitlement.starts_with("group:"), resource(change));
    if request.is_of_owners {
        // Without it, a change is about the address alone.
        return false;
    }
    if request.phase != Phase::Learn {
        return request.id.as_deref() == Some(id.as_str());
    }
    match request.route.as_str() {
        "access/groups" | "access/apps" | "access/identity_providers" | "gateway/lists/{id}/items" => {
            is_group
        }
        "access/users" | "access/users/{id}" => change.principal.kind == "user",
        "members" => {
            change.principal.kind == "member"
                && (is_group || change.operation == Way::Revoke)
                && (is_group || change.entitlement.contains(host_test::mock::SUPER_ADMINISTRATOR))
        }
        "members/{id}" => is_group && request.id.as_ref() == Some(&change.principal.id),
        "iam/user_groups" => !is_group && change.principal.kind == "member",
        "roles" | "iam/permission_groups/{id}" => !is_group && change.operation == Way::Grant,
        "roles/{id}" => !is_group && request.id.as_ref().is_some_and(|id| change.entitlement.contains(id)),
        other => panic!("nobody knows what {other} is for"),
    }
}

/// The outcome of the changes that a fault concerns, and the state of the rest of the call.
pub struct Outcome {
    pub concerned: Word,
    pub not_read_back: bool,
    /// The meanings of the disturbed answers that weren't survived.
    pub fates: Vec<Fate>,
    /// The upstream is gone.
    pub gone_away: bool,
}

/// Returns the meaning that is left of a fault, after the repetitions of a call with patience.
pub fn left_of(scenario: &Scenario) -> Fate {
    let Scenario { request, effect, .. } = scenario;
    let fate = fate(effect, request.phase == Phase::Write, &request.route);
    // A refusal in the middle of a list is asked once more.
    let passes = request.page > 1 && matches!(effect, Effect::Status { status: 403, code: 10000, .. });
    if passes && scenario.times == Times::Once {
        return Fate::Fine;
    }
    let survived = scenario.max_wait_seconds > 0 && fate.again() && scenario.times != Times::Always;
    let is_sent_again = request.phase != Phase::Write || matches!(fate, Fate::No { .. });
    if survived && is_sent_again { Fate::Fine } else { fate }
}

/// Whether the request reads what a change of a group gives and takes elsewhere.
fn is_of_apps(route: &str) -> bool {
    ["access/apps", "access/identity_providers"].contains(&route)
}

/// Whether the request doesn't read what a change of a group gives and takes elsewhere, or what comes
/// through user groups, and the change doesn't fail for it: the applications or user groups may not be
/// read, or the identity providers can't be, and the call goes on. A role that isn't there is looked for
/// among the permission groups, and where there is no list of roles, members tell them.
pub fn is_not_seen(scenario: &Scenario) -> bool {
    let Scenario { request, effect, .. } = scenario;
    let ends = matches!(left_of(scenario).kind(), Some(ErrorKind::RateLimited | ErrorKind::Unauthenticated));
    match request.route.as_str() {
        "access/apps" => matches!(effect, Effect::Status { status: 403, .. }),
        "access/identity_providers" => !ends && !matches!(effect, Effect::GoneAway { .. }),
        "iam/user_groups" => is_unreadable(effect),
        "roles" | ROLE | PERMISSION_GROUP => left_of(scenario).kind() == Some(ErrorKind::NotFound),
        _ => false,
    }
}

/// Whether the API answers that something can't be read, or isn't there.
fn is_unreadable(effect: &Effect) -> bool {
    matches!(effect, Effect::Status { status: 400 | 403 | 404, code, .. } if *code != 6003)
}

/// Whether the request reads a list of addresses without permission, or the server fails for it: then
/// the change doesn't fail.
fn is_gap(Scenario { request, effect, .. }: &Scenario) -> bool {
    request.route == "gateway/lists/{id}/items" && (is_unreadable(effect) || is_failing(effect))
}

/// Whether the server answers that it fails.
pub fn is_failing(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Status { status: 408 | 500.., .. }
            | Effect::Html { status: 500.. }
            | Effect::Empty { status: 500.. }
            | Effect::Body { status: 500.., .. }
    )
}

/// Computes the outcome of one fault.
pub fn outcome(scenario: &Scenario) -> Outcome {
    use Word::{AsUsual, Fails};
    let Scenario { request, effect, .. } = scenario;
    let fate = left_of(scenario);
    let patient = scenario.max_wait_seconds > 0;
    let then = scenario.then.as_ref().map(|then| self::fate(then, false, &request.route));
    let mut not_read_back = false;
    let concerned = match (request.phase, fate) {
        (phase, Fate::Fine) if phase != Phase::Write || then.is_none() => AsUsual,
        (Phase::Learn, _) if is_gap(scenario) || is_not_seen(scenario) => AsUsual,
        (Phase::Learn | Phase::First, fate) => Fails(fate.kind().unwrap_or(ErrorKind::Internal)),
        (Phase::Write, Fate::No { kind, .. }) => refused(kind, scenario.is_carried_out(), then),
        // The write is confirmed, in words that can't be understood.
        (Phase::Write, _) if matches!(effect, Effect::SetField { .. } | Effect::DropField { .. }) => {
            match then {
                Some(_) if hides(effect, &request.route) => Fails(ErrorKind::Indeterminate),
                Some(_) => {
                    not_read_back = true;
                    AsUsual
                }
                None => AsUsual,
            }
        }
        (Phase::Write, Fate::Lost { kind, may_come, again }) => match then {
            Some(Fate::No { kind: ErrorKind::NotFound, .. }) => Fails(ErrorKind::Conflict),
            Some(Fate::Differs) => Fails(ErrorKind::Conflict),
            Some(Fate::No { .. } | Fate::Lost { .. }) => Fails(ErrorKind::Indeterminate),
            _ if matches!(effect, Effect::GoneAway { .. }) => Fails(ErrorKind::Indeterminate),
            _ if scenario.is_carried_out() => AsUsual,
            _ if patient && (again && scenario.times != Times::Always || scenario.times == Times::Once) => {
                AsUsual
            }
            _ if may_come => Fails(ErrorKind::Indeterminate),
            _ => Fails(kind),
        },
        (Phase::Write, Fate::Fine | Fate::Differs) => AsUsual,
        (Phase::ReadBack, Fate::No { kind: ErrorKind::NotFound, .. } | Fate::Differs) => {
            Fails(ErrorKind::Conflict)
        }
        (Phase::ReadBack, _) => {
            not_read_back = true;
            AsUsual
        }
    };
    let gone_away = matches!(effect, Effect::GoneAway { .. });
    // What the last answer says counts.
    Outcome { concerned, not_read_back, fates: [then, Some(fate)].into_iter().flatten().collect(), gone_away }
}

/// Computes the end of a write that was refused, and that a read then shows, or doesn't.
pub fn refused(kind: ErrorKind, is_carried_out: bool, then: Option<Fate>) -> Word {
    use ErrorKind::{Conflict, Indeterminate, NotFound, RateLimited};
    match then {
        _ if kind == RateLimited => Word::Fails(kind),
        None | Some(Fate::Fine) if is_carried_out => Word::AsUsual,
        None | Some(Fate::Fine) => Word::Fails(kind),
        Some(Fate::Differs) => Word::Fails(Conflict),
        Some(Fate::No { kind: NotFound, .. }) => Word::Fails(if kind == NotFound { kind } else { Conflict }),
        Some(Fate::No { .. } | Fate::Lost { .. }) => Word::Fails(Indeterminate),
    }
}

pub fn expected(scenario: &Scenario, operation: &Operation, undisturbed: &Call) -> Expected {
    if let Some(auth) = operation.auth() {
        let words = super::validate::expected(&[scenario], auth);
        return Expected { words, not_read_back: false, bars: None, by_policies: false };
    }
    expected_of(scenario, outcome(scenario), operation, undisturbed)
}

/// Returns the possible outcomes of each change, given the outcome of those that the fault
/// concerns. Everything else goes as in this run.
pub fn expected_of(scenario: &Scenario, outcome: Outcome, operation: &Operation, without: &Call) -> Expected {
    use Word::{AsUsual, Fails, RolesMoved, WithAGap};
    let request = &scenario.request;
    let gap = is_gap(scenario);
    if operation.changes().is_empty() {
        // What comes through user groups is missing, or some names of roles are.
        let lacks = ["iam/user_groups", "iam/permission_groups"].contains(&request.route.as_str());
        let gap = gap || lacks && is_unreadable(&scenario.effect);
        let word = match outcome.fates.iter().find_map(|fate| fate.kind()) {
            None => AsUsual,
            Some(ErrorKind::NotFound) if request.route == "roles" => RolesMoved,
            Some(_) if gap => WithAGap,
            Some(kind) => Fails(kind),
        };
        return Expected { words: vec![word], not_read_back: false, bars: None, by_policies: false };
    }
    let Outcome { concerned, not_read_back, fates, gone_away } = outcome;
    let mut failed = fates.iter().filter_map(|fate| fate.kind());
    let bars = failed.find(|kind| matches!(kind, ErrorKind::RateLimited | ErrorKind::Unauthenticated));
    let bars = bars.filter(|_| !gap);
    let denied = matches!(request.phase, Phase::First | Phase::Write)
        && concerned == Fails(ErrorKind::PermissionDenied);
    let about = |change: &Change| resource(change).0;
    let of_kind = operation.changes().iter().find(|change| concerns(scenario, change)).map(about);
    // The same person's other groups can't be judged any more, where the state of this one is
    // unknown.
    let is_gone = fates.iter().any(|fate| fate.kind() == Some(ErrorKind::NotFound));
    let unknown =
        concerned == Fails(ErrorKind::Indeterminate) || concerned == Fails(ErrorKind::Conflict) && is_gone;
    let mut hit = without.log.iter().enumerate().filter(|(_, sent)| request.is_like(sent)).map(|(at, _)| at);
    let hit = hit.nth(request.nth as usize - 1).unwrap_or_default();
    // The applications are read when it is known which groups are written. If they can't be, no group is
    // read again, and what is so already stays so.
    let first = |route: &str| without.log.iter().position(|sent| sent.path.ends_with(route));
    let apps = first("access/apps");
    let is_late = first("access/groups").is_some_and(|groups| groups < hit) && apps > Some(hit);
    let stops_before_apps = gone_away && request.is_of_owners && is_late;
    let writes_no_group = request.phase != Phase::Learn
        && apps.is_some_and(|apps| apps < hit)
        && !without.log.iter().any(|sent| sent.path.contains("access/groups/"));
    let words = operation.changes().iter().zip(&without.ended).map(|(change, usual)| {
        // A change that failed before this fails as it did. Whether the last Super Administrator would go
        // is told only after the member was read.
        let is_before = request.route == "members/{id}" && request.phase == Phase::First;
        let is_told_first = is_before
            && change.operation == Way::Revoke
            && matches!(concerned, Fails(_))
            && concerns(scenario, change);
        if matches!(usual, Ended::Badly { .. }) && !is_told_first {
            return AsUsual;
        }
        let was_so = *usual == Ended::Well(Status::Unchanged);
        // Nothing is written for it, so nothing is given elsewhere.
        let is_decided = resource(change).0 == "group" && (stops_before_apps || writes_no_group);
        // Without the identity providers the call goes on, and meets an upstream that is gone at the groups.
        let group = format!("access/groups/{}", resource(change).1);
        let goes_on = gone_away && request.route == "access/identity_providers";
        let is_met = goes_on && without.log.iter().skip(hit).any(|sent| sent.path.ends_with(&group));
        let is_out = was_so && is_of_apps(&request.route) && !is_met;
        if was_so && is_decided {
            return AsUsual;
        }
        if is_out && bars.is_none() {
            return AsUsual;
        }
        if concerns(scenario, change) && !is_out {
            let stays = was_so && matches!(request.phase, Phase::Write | Phase::ReadBack);
            return if stays { AsUsual } else { concerned };
        }
        let (kind, id) = resource(change);
        let of_resource = |sent: &Recorded| sent.path.ends_with(&id);
        // Its last request in that run is the one that reads it back.
        if without.log.iter().rposition(of_resource).is_some_and(|last| last < hit) {
            return AsUsual;
        }
        let is_theirs =
            |other: &Change| concerns(scenario, other) && other.principal.id == change.principal.id;
        let follows = unknown
            && kind == "group"
            && of_kind == Some("group")
            && operation.changes().iter().any(is_theirs);
        match bars {
            Some(bars) => Fails(bars),
            None if denied && of_kind == Some(kind) => Fails(ErrorKind::PermissionDenied),
            None if gone_away || follows => Fails(ErrorKind::Unavailable),
            None => AsUsual,
        }
    });
    let is_gone_from = |route: &str| is_gone && request.route == route;
    let by_policies = (is_gone_from(ROLE) || are_by_policies(without)) && !is_gone_from(PERMISSION_GROUP);
    Expected { words: words.collect(), not_read_back, bars, by_policies }
}

/// Whether the writes of members in a call are those of their policies.
pub fn are_by_policies(call: &Call) -> bool {
    let mut of_members =
        call.report.iter().flat_map(|report| &report.writes).filter(|it| it.on.kind == "member");
    of_members.any(|write| write.after.starts_with(r#"{"policies":"#))
}

/// Whether an answer to a write can't be compared with what was sent.
pub fn hides(effect: &Effect, route: &str) -> bool {
    spoilt(route).iter().any(|(spoils, spoilt)| spoils == effect && *spoilt != Spoilt::Same)
}
