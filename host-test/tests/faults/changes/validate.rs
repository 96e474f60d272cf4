//! The expected result of a check of credentials under any fault, from the answers that each
//! request gets.

use super::expected::{Fate, Word, fate, is_failing};
use super::run::Auth;
use super::scenario::{Request, Scenario, Times};
use connector_host::contract::ErrorKind;
use host_test::mock::Effect;

/// The number of resource types.
const KINDS: usize = 11;
const USERS_TOKEN: &str = "user/tokens/verify";
const ACCOUNTS_TOKEN: &str = "tokens/verify";
/// The number of repetitions while there is patience.
const RETRIES: usize = 3;

/// Computes the result for each resource type.
pub fn expected(troubles: &[&Scenario], auth: Auth) -> Vec<Word> {
    let mut gone = false;
    let mut ask = |route: &str| {
        if gone { Some(Answer::No(ErrorKind::Unavailable)) } else { met(troubles, route, &mut gone) }
    };
    let mut is_known = true;
    if auth != Auth::Key {
        match verify(auth, &mut ask) {
            Verified::Failed(kind) => return vec![Word::FailsAsAWhole(kind); KINDS],
            Verified::NotKnown => is_known = false,
            Verified::Undecided => {}
        }
    }
    // After one of these, nothing more is asked.
    let mut stopped = None;
    let mut ask = |route: &str| {
        let answer = stopped.map(Answer::No).or_else(|| ask(route));
        let kind = answer.map(Answer::kind);
        stopped = kind.filter(|kind| matches!(kind, ErrorKind::Unauthenticated | ErrorKind::RateLimited));
        answer
    };
    let providers = ask("access/identity_providers").map(Answer::kind);
    let groups = match ask("access/groups") {
        Some(answer) => Some(answer.kind()),
        None => match ask("gateway/lists/{id}/items") {
            // This is the rule's fault, and not a missing permission.
            Some(Answer::Unreadable(kind)) if kind != ErrorKind::PermissionDenied => None,
            // A sync goes on without it.
            Some(Answer::Failing(_)) => None,
            answer => answer.map(Answer::kind),
        },
    };
    let [policies, apps] = ["access/policies", "access/apps"].map(|route| ask(route).map(Answer::kind));
    // Permission groups tell the roles where there is no list of them.
    let roles = match ask("roles").map(Answer::kind) {
        Some(ErrorKind::NotFound) => ask("iam/permission_groups").map(|_| ErrorKind::NotFound),
        answer => answer,
    };
    let [user_groups, tokens, members, users] =
        ["iam/user_groups", "access/service_tokens", "members", "access/users"]
            .map(|route| ask(route).map(Answer::kind));
    let probes = [providers, groups, policies, apps, roles, user_groups, tokens, members, users];
    let is_general = |kind: &ErrorKind| !matches!(kind, ErrorKind::PermissionDenied | ErrorKind::NotFound);
    let first = if probes.contains(&Some(ErrorKind::Unauthenticated)) {
        Some(ErrorKind::Unauthenticated)
    } else if probes.iter().all(|probe| probe.as_ref().is_some_and(is_general)) {
        probes[0]
    } else {
        // A token that neither address knows may be good all the same, if something can be read.
        Some(ErrorKind::Unauthenticated).filter(|_| !is_known && !probes.contains(&None))
    };
    if let Some(kind) = first {
        return vec![Word::FailsAsAWhole(kind); KINDS];
    }
    let emails = groups.or(members).or(users);
    let word = |failed: Option<ErrorKind>| failed.map_or(Word::AsUsual, Word::Fails);
    let scoped = roles.or(user_groups).or(members);
    let policies = policies.or(apps);
    let of_account = [roles, user_groups, scoped, tokens, members, users, emails];
    let checks: [_; KINDS] = [&[providers, groups, policies, apps.or(groups)][..], &of_account]
        .concat()
        .try_into()
        .expect("one for each kind");
    checks.map(word).into()
}

/// The API's report about a token.
enum Verified {
    /// No more is asked.
    Failed(ErrorKind),
    /// Neither address knows it.
    NotKnown,
    /// The token is good, or this can't be decided here.
    Undecided,
}

fn verify(auth: Auth, ask: &mut impl FnMut(&str) -> Option<Answer>) -> Verified {
    for (route, owner) in [(USERS_TOKEN, Auth::Token), (ACCOUNTS_TOKEN, Auth::AccountToken)] {
        match ask(route) {
            None if auth == owner => return Verified::Undecided,
            None | Some(Answer::NotKnown) => {}
            Some(Answer::Unreadable(_)) => return Verified::Undecided,
            Some(Answer::No(kind) | Answer::Failing(kind)) => return Verified::Failed(kind),
        }
    }
    Verified::NotKnown
}

/// An answer that isn't the right one.
#[derive(Clone, Copy, PartialEq)]
enum Answer {
    /// This may not be read, or doesn't exist.
    Unreadable(ErrorKind),
    /// The server fails.
    Failing(ErrorKind),
    No(ErrorKind),
    /// The credentials aren't known there.
    NotKnown,
}

impl Answer {
    fn kind(self) -> ErrorKind {
        match self {
            Answer::Unreadable(kind) | Answer::Failing(kind) | Answer::No(kind) => kind,
            Answer::NotKnown => ErrorKind::Unauthenticated,
        }
    }
}

/// Returns the final answer to a request on this route.
fn met(troubles: &[&Scenario], route: &str, gone: &mut bool) -> Option<Answer> {
    let of_it: Vec<&&Scenario> = troubles.iter().filter(|trouble| trouble.request.route == route).collect();
    let hits = |trouble: &Scenario, attempt: u64| {
        let Request { nth, .. } = trouble.request;
        match trouble.times {
            Times::Once => attempt == nth,
            Times::Twice => attempt == nth || attempt == nth + 1,
            Times::Always => true,
        }
    };
    for attempt in 1.. {
        let effect = &of_it.iter().find(|trouble| hits(trouble, attempt))?.effect;
        *gone |= matches!(effect, Effect::GoneAway { .. });
        let (kind, again) = match fate(effect, false, route) {
            Fate::No { kind, again } | Fate::Lost { kind, again, .. } => (kind, again),
            Fate::Fine | Fate::Differs => return None,
        };
        let is_patient = troubles.iter().all(|trouble| trouble.max_wait_seconds > 0);
        if again && is_patient && attempt as usize <= RETRIES {
            continue;
        }
        if matches!(effect, Effect::Status { status: 401, .. }) {
            return Some(Answer::NotKnown);
        }
        let is_400 =
            matches!(effect, Effect::Status { status: 400, .. }) && kind != ErrorKind::Unauthenticated;
        let is_unreadable = is_400 || matches!(kind, ErrorKind::NotFound | ErrorKind::PermissionDenied);
        return Some(match kind {
            kind if is_unreadable => Answer::Unreadable(kind),
            kind if is_failing(effect) => Answer::Failing(kind),
            kind => Answer::No(kind),
        });
    }
    None
}
