//! Judges the outcome of a scenario by the mock's state, and shows that it can find faults.

use super::account::{Operation, SECRET, What};
use super::expected::{Expected, Word, are_by_policies, expected, is_answered_no, left_of};
use super::model;
use super::run::{AS_A_WHOLE, Call, Ended, Observed};
use super::scenario::{Phase, Scenario, Times};
use connector_host::contract::{Change, ErrorKind, Operation as Way, Status};
use host_test::mock::{Account, Effect, Recorded};
use host_test::truth;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Returns the resource that a change writes: the kind and the id of a group or a member.
pub fn resource(change: &Change) -> (&'static str, String) {
    let mut parts = change.entitlement.split(':');
    match parts.next() {
        Some("group") => ("group", parts.next().unwrap_or_default().to_owned()),
        _ => ("member", change.principal.id.clone()),
    }
}

/// Whether the principal has the entitlement, by the slow evaluator.
pub fn holds(account: &Account, change: &Change) -> bool {
    let key = format!("{}:{}:{}", change.entitlement, change.principal.kind, change.principal.id);
    truth::account(account).grants.contains_key(&key)
}

pub fn is_so(account: &Account, change: &Change) -> bool {
    holds(account, change) == (change.operation == Way::Grant)
}

/// Counts what a change wrote: the rules for its address, or the role.
fn mark(account: &Account, change: &Change) -> usize {
    let (kind, id) = resource(change);
    if kind == "group" {
        let address = model::address(account, change);
        let rules = account
            .groups
            .iter()
            .filter(|group| group.id == id)
            .flat_map(|group| group.include.iter().flatten());
        return rules.filter(|rule| model::names(rule, &address)).count();
    }
    let role = change.entitlement.split(':').nth(1).unwrap_or_default();
    let roles = account.members.iter().filter(|member| member.id == id).flat_map(|member| &member.roles);
    roles.filter(|held| *held == role).count()
}

/// Returns the account without the fields that Cloudflare sets, and without the order of a member's roles.
pub fn timeless(account: &Account) -> Account {
    let mut account = account.clone();
    account.members.iter_mut().for_each(|member| member.roles.sort());
    account.groups.iter_mut().for_each(|group| group.updated_at = None);
    account.members.iter_mut().flat_map(|member| &mut member.policies).for_each(|policy| policy.id.clear());
    account
}

/// Returns what a member's policies give, and on what, as a write shows it.
fn policies(account: &Account, member: &str) -> Value {
    let Some(member) = account.members.iter().find(|it| it.id == member) else { return Value::Null };
    reduced(&json!({"policies": member.policies}))
}

/// Leaves of policies what a write decides. Cloudflare sets the rest. The order of roles means nothing.
fn reduced(state: &Value) -> Value {
    if let Some(roles) = state["roles"].as_array() {
        let mut roles = roles.clone();
        roles.sort_by_key(ToString::to_string);
        return json!({"roles": roles});
    }
    let Some(policies) = state["policies"].as_array() else { return state.clone() };
    let ids = |policy: &Value, name: &str| -> Vec<Value> {
        policy[name].as_array().into_iter().flatten().map(|it| it["id"].clone()).collect()
    };
    let parts = |policy: &Value| {
        json!([policy["access"], ids(policy, "permission_groups"), ids(policy, "resource_groups")])
    };
    json!({"policies": policies.iter().map(parts).collect::<Vec<_>>()})
}

/// Returns a resource's state, as a write shows it.
pub fn state(account: &Account, (kind, id): &(&str, String)) -> Value {
    if *kind == "group" {
        let Some(group) = account.groups.iter().find(|group| group.id == *id) else { return Value::Null };
        let mut shown = serde_json::to_value(group).unwrap();
        ["id", "created_at", "updated_at"]
            .iter()
            .for_each(|name| drop(shown.as_object_mut().unwrap().remove(*name)));
        return shown;
    }
    let Some(member) = account.members.iter().find(|member| member.id == *id) else { return Value::Null };
    let roles =
        member.roles.iter().map(|id| json!({"id": id, "name": account.role(id).map(|role| &role.name)}));
    json!({"roles": roles.collect::<Vec<_>>()})
}

/// Lists all faults. `usual` is the undisturbed run of the same operation.
pub fn judge(
    scenario: &Scenario,
    operation: &Operation,
    observed: &Observed,
    usual: &Observed,
) -> Vec<String> {
    let expected = expected(scenario, operation, &usual.calls[0]);
    let mut wrong = judge_any(operation, observed, usual);
    wrong.extend(judge_disturbed(&[scenario], &expected, observed, &usual.calls[0]));
    wrong
}

/// Lists the faults of the call that these scenarios disturbed. Without the last one it would have
/// gone as `without`.
pub fn judge_disturbed(
    scenarios: &[&Scenario],
    expected: &Expected,
    observed: &Observed,
    without: &Call,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut check = |holds: bool, what: String| {
        if !holds {
            wrong.push(what);
        }
    };
    let failed = |ended: &Ended| match ended {
        Ended::Badly { kind, message } => Some((*kind, message.starts_with(AS_A_WHOLE))),
        _ => None,
    };
    let call = &observed.calls[0];
    check(!observed.never_fired, "the fault never fired".to_owned());
    for (at, (ended, word)) in call.ended.iter().zip(&expected.words).enumerate() {
        let fits = match word {
            Word::AsUsual => *ended == without.ended[at],
            Word::WithAGap => matches!(ended, Ended::Read(_)) && call.shown.contains("incomplete: true"),
            Word::RolesMoved => *ended == without.ended[at] && call.shown.contains("\"roles-moved\""),
            Word::Fails(kind) => failed(ended) == Some((*kind, false)),
            Word::FailsAsAWhole(kind) => failed(ended) == Some((*kind, true)),
        };
        check(fits, format!("change {at} should end as {word:?}, and ended as {ended:?}"));
    }
    let warned = call.report.iter().flat_map(|report| &report.warnings).any(|it| it.code == "not-read-back");
    check(warned == expected.not_read_back, format!("warned of a write that wasn't read back: {warned}"));
    let is_written = call.report.iter().flat_map(|report| &report.writes).any(|it| it.on.kind == "member");
    let by_policies = are_by_policies(call);
    check(!is_written || by_policies == expected.by_policies, format!("written by policies: {by_policies}"));
    judge_requests(scenarios, expected, call, &mut check);
    wrong
}

/// Whether a refused write is read back.
fn is_read_back(scenario: &Scenario) -> bool {
    let is_limited = left_of(scenario).kind() == Some(ErrorKind::RateLimited);
    scenario.request.phase == Phase::Write && is_answered_no(scenario) && !is_limited
}

/// Judges which requests were sent, and which were not sent any more.
fn judge_requests(
    scenarios: &[&Scenario],
    expected: &Expected,
    call: &Call,
    check: &mut impl FnMut(bool, String),
) {
    let puts = |path: &str| call.log.iter().filter(|sent| sent.method == "PUT" && sent.path == path).count();
    for sent in call.log.iter().filter(|sent| sent.method == "PUT") {
        // A write that wasn't carried out may be sent again.
        let again = scenarios.iter().filter(|scenario| {
            let disturbed = scenario.request.phase == Phase::Write && scenario.request.is_like(sent);
            disturbed && !scenario.is_carried_out() && scenario.max_wait_seconds > 0
        });
        let most = 1 + again.map(|scenario| if scenario.times == Times::Once { 1 } else { 3 }).sum::<usize>();
        let puts = puts(&sent.path);
        check(puts <= most, format!("{puts} PUTs to {}", sent.path));
    }
    for scenario in scenarios {
        let request = &scenario.request;
        if request.phase == Phase::Write && scenario.max_wait_seconds == 0 && is_answered_no(scenario) {
            let of_it = |sent: &&Recorded| request.id.as_ref().is_some_and(|id| sent.path.ends_with(id));
            let last = call.log.iter().rfind(of_it).map(|sent| sent.method.as_str());
            let (wanted, what) = match is_read_back(scenario) {
                true => ("GET", "a refusal is believed without a read"),
                false => ("PUT", "a write that the limit stopped needs no reading back"),
            };
            check(last == Some(wanted), what.to_owned());
        }
    }
    let (Some(bars), Some(scenario)) = (expected.bars, scenarios.last()) else { return };
    let request = &scenario.request;
    let mut hit = call.log.iter().enumerate().filter(|(_, sent)| request.is_like(sent)).map(|(at, _)| at);
    // A permanent fault hits the first of these.
    let nth = if scenario.times == Times::Always { 1 } else { request.nth };
    let mut hit = hit.nth(nth as usize - 1).unwrap_or(usize::MAX);
    if scenario.then.is_some() || is_read_back(scenario) {
        // A write is followed by the read that ends it.
        hit = hit.saturating_add(1);
    }
    if scenario.max_wait_seconds == 0 {
        let after: Vec<&str> =
            call.log.iter().skip(hit.saturating_add(1)).map(|sent| sent.path.as_str()).collect();
        check(after.is_empty(), format!("requests after {bars:?}: {after:?}"));
    }
    let mut first = None;
    for ended in &call.ended {
        let Ended::Badly { kind, message } = ended else { continue };
        if *kind == bars && !message.contains("not tried") {
            // Changes that failed by themselves have one message.
            let first = first.get_or_insert(message);
            check(first == &message, format!("it isn't said that this wasn't tried: {message}"));
        }
    }
}

/// Lists the faults of a run under any disturbance.
pub fn judge_any(operation: &Operation, observed: &Observed, usual: &Observed) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut check = |holds: bool, what: String| {
        if !holds {
            wrong.push(what);
        }
    };
    let (before, done) = (timeless(&observed.before), timeless(&usual.calls[0].account));
    for (name, call) in ["disturbed", "second", "third"].iter().zip(&observed.calls) {
        check(call.broke.is_none(), format!("{name}: the session is over: {:?}", call.broke));
        check(!call.shown.contains(SECRET), format!("{name}: the secret shows"));
        check(
            call.ended.len() == usual.calls[0].ended.len(),
            format!("{name}: {} results", call.ended.len()),
        );
    }
    judge_state(operation, &observed.calls[0], &before, &mut check);
    for (number, call) in observed.calls.iter().enumerate().skip(1) {
        check(timeless(&call.account) == done, format!("call {number}: it doesn't end in the same state"));
        for (at, (ended, usual)) in call.ended.iter().zip(&usual.calls[0].ended).enumerate() {
            let is_well = match ended {
                Ended::Well(Status::Unchanged) => operation.writes() || *usual == *ended,
                Ended::Well(Status::Applied) => number == 1 && operation.writes(),
                Ended::Well(Status::Planned) => !operation.writes(),
                Ended::Read(_) => ended == usual,
                Ended::Badly { .. } => false,
            };
            check(is_well, format!("call {number}, change {at}: {ended:?}"));
        }
    }
    let puts = |call: &Call| call.log.iter().filter(|sent| sent.method == "PUT").count();
    check(puts(&observed.calls[2]) == 0, "the third call writes".to_owned());
    check(
        operation.writes() || observed.calls.iter().all(|call| puts(call) == 0),
        "a read writes".to_owned(),
    );
    wrong
}

/// Compares a report with the state that the call has left.
fn judge_state(operation: &Operation, call: &Call, before: &Account, check: &mut impl FnMut(bool, String)) {
    let after = timeless(&call.account);
    // The state that was to be written, for each resource: all changes that went well, and perhaps
    // those in doubt.
    let wanted = |with_doubtful: bool| {
        let all = operation.changes().iter().zip(&call.ended);
        let wanted = all.filter(|(_, ended)| match ended {
            Ended::Well(_) => true,
            Ended::Badly { kind, .. } => {
                with_doubtful && matches!(kind, ErrorKind::Indeterminate | ErrorKind::Conflict)
            }
            Ended::Read(_) => false,
        });
        timeless(&model::with(before, wanted.map(|(change, _)| change)))
    };
    let to_be = wanted(true);
    let mut allowed = before.clone();
    for to_be in [&to_be, &wanted(false)].into_iter().filter(|_| operation.writes()) {
        for (at, group) in
            after.groups.iter().enumerate().filter(|(at, group)| to_be.groups.get(*at) == Some(group))
        {
            allowed.groups[at] = group.clone();
        }
        for (at, member) in
            after.members.iter().enumerate().filter(|(at, it)| to_be.members.get(*at) == Some(it))
        {
            allowed.members[at] = member.clone();
        }
    }
    check(after == allowed, "something else in the account changed".to_owned());
    let Some(report) = &call.report else { return };
    let dry_run = matches!(operation.what, What::Apply { dry_run: true, .. });
    let mut resources = BTreeSet::new();
    for (at, (change, ended)) in operation.changes().iter().zip(&call.ended).enumerate() {
        let on = resource(change);
        let was_written = mark(&after, change) != mark(before, change);
        match ended {
            Ended::Well(Status::Applied) => {
                check(was_written && !dry_run, format!("change {at}: nothing was applied"));
                check(!is_so(before, change), format!("change {at}: it was so before"));
                check(is_so(&after, change), format!("change {at}: it isn't so"));
                let outcome = report.results[at].as_ref().unwrap();
                let told = match change.operation {
                    Way::Grant => outcome.added.iter().any(|grant| grant.entitlement == change.entitlement),
                    Way::Revoke => outcome.removed.contains(&change.entitlement),
                };
                check(told, format!("change {at}: it isn't told: {outcome:?}"));
            }
            Ended::Well(Status::Unchanged) => {
                check(is_so(before, change) && is_so(&after, change), format!("change {at}: it isn't so"));
            }
            Ended::Well(Status::Planned) => check(dry_run, format!("change {at}: planned")),
            Ended::Badly { kind: ErrorKind::Indeterminate | ErrorKind::Conflict, .. } => {}
            Ended::Badly { kind, .. } => {
                check(!was_written, format!("change {at}: {kind:?}, and it was written"))
            }
            Ended::Read(_) => check(false, format!("change {at}: a read")),
        }
        resources.insert(on);
    }
    for on in resources {
        judge_write(operation, call, on, [before, &after, &to_be], check);
    }
}

/// Judges the write of a resource, if there was one: its before and after are true.
fn judge_write(
    operation: &Operation,
    call: &Call,
    on: (&'static str, String),
    [before, after, to_be]: [&Account; 3],
    check: &mut impl FnMut(bool, String),
) {
    let Some(report) = &call.report else { return };
    let ended = operation.changes().iter().zip(&call.ended).filter(|(change, _)| resource(change) == on);
    let ended: Vec<&Ended> = ended.map(|(_, ended)| ended).collect();
    let any = |is: fn(&Ended) -> bool| ended.iter().any(|ended| is(ended));
    let written = any(|ended| matches!(ended, Ended::Well(Status::Applied | Status::Planned)));
    let conflict = any(|ended| matches!(ended, Ended::Badly { kind: ErrorKind::Conflict, .. }));
    let unknown = any(|ended| matches!(ended, Ended::Badly { kind: ErrorKind::Indeterminate, .. }));
    let writes: Vec<_> =
        report.writes.iter().filter(|write| write.on.kind == on.0 && write.on.id == on.1).collect();
    // A conflict that Cloudflare itself reports precedes any write.
    let due = usize::from(written || unknown);
    check(
        writes.len() == due || conflict && writes.len() < 2,
        format!("{on:?}: {} writes, {ended:?}", writes.len()),
    );
    let Some(write) = writes.first() else { return };
    let parsed = |text: &str| reduced(&serde_json::from_str::<Value>(text).unwrap_or_default());
    let by_policies = parsed(&write.after).get("policies").is_some();
    let state = |account: &Account, on: &(&'static str, String)| match by_policies {
        true => policies(account, &on.1),
        false => reduced(&state(account, on)),
    };
    check(
        parsed(&write.before) == state(before, &on),
        format!("{on:?}: it wasn't so before: {}", write.before),
    );
    let expected = match operation.writes() {
        true if written => state(after, &on),
        _ => state(to_be, &on),
    };
    check(
        conflict || parsed(&write.after) == expected,
        format!("{on:?}: it isn't so after: {}", write.after),
    );
}

/// Whether the mock may have received fewer requests than were sent.
pub fn loses_requests(effect: &Effect) -> bool {
    matches!(effect, Effect::GoneAway { .. })
}

/// Compares the connector's count of requests with the mock's.
pub fn judge_count(scenarios: &[&Scenario], observed: &Observed) -> Option<String> {
    let call = &observed.calls[0];
    let counted = call.report.as_ref()?.requests as usize;
    let wrong =
        counted != call.log.len() && !scenarios.iter().any(|scenario| loses_requests(&scenario.effect));
    wrong.then(|| {
        let sent: Vec<String> =
            call.log.iter().map(|sent| format!("{} {}", sent.method, sent.path)).collect();
        format!("{counted} requests counted, and {} sent: {}", sent.len(), sent.join(", "))
    })
}
