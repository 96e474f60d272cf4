//! Changes of access to an application. There is nothing to write for them: policies decide, and the
//! groups that they name. So each is refused, with the groups or the policies to change instead.

use super::applications::Unseen;
use super::direct_rules::DirectRules;
use super::groups_of_call::GroupsOfCall;
use super::matter::Targets;
use super::verdict::Holds;
use crate::cloudflare::app;
use crate::cloudflare::id::Id;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, Result};
use crate::model::{Basis, Grant, Kind, ResourceId};
use crate::provision::call::Call;
use crate::provision::change::Operation;
use crate::provision::errors::{about, listed, not_found, refused};
use crate::provision::people::Principal;
use crate::provision::target::PrincipalRef;
use crate::records;
use crate::rules::DirectRule;

/// The beginning of every refusal.
const WHY: &str = "Access to an application follows from its policies, and can't be granted or revoked by \
                   itself.";

/// Cloudflare's word for a rule that names a group.
const GROUP: &str = "group";

/// A change of access to an application whose form is right.
pub(in crate::provision) struct AppChange {
    /// Its place in the call.
    pub index: usize,
    pub operation: Operation,
    pub app: Id,
    pub slug: String,
    pub principal: PrincipalRef,
}

/// Refuses changes of access to applications. The errors say what to change instead, as far as that can
/// be read.
pub(in crate::provision) fn refuse<T: Transport>(call: &mut Call<'_, T>, changes: Vec<AppChange>) {
    if changes.is_empty() {
        return;
    }
    call.people.learn(call.client, changes.iter().map(|change| &change.principal));
    let people: Vec<Result<Principal>> =
        changes.iter().map(|change| call.people.principal(&change.principal)).collect();
    let addresses = people.iter().flatten().filter_map(|person| person.address_key().map(str::to_owned));
    let apps = changes.iter().map(|change| change.app.clone()).collect();
    let targets = Targets { apps, ..Targets::default() };
    // Nothing is read for its own sake, so what is odd about it is no news.
    let mut warnings = Vec::new();
    let groups = GroupsOfCall::learn(call.client, targets, addresses.collect(), &mut warnings);
    let mut groups = groups.and_then(|mut groups| {
        groups.learn_applications(call.client, &mut warnings)?;
        Ok(groups)
    });
    for (change, person) in changes.iter().zip(people) {
        let error = match (person, &mut groups) {
            (Err(error), _) => error,
            (Ok(person), Ok(groups)) => explain(groups, change, &person),
            (Ok(_), Err(error)) => not_known(error),
        };
        call.settle(change.index, Err(error.or_about(about(Kind::App, &change.app))));
    }
}

/// The refusal of a change, without what to change instead.
fn not_known(why: &Error) -> Error {
    refused(&format!(
        "{WHY} Which groups and policies let this principal in couldn't be read. {}",
        why.message
    ))
}

fn explain(groups: &mut GroupsOfCall, change: &AppChange, person: &Principal) -> Error {
    let id = change.app.as_str();
    let Some(place) = groups.place_of_app(id) else {
        let object = app::COLLECTION.object(change.app.clone());
        return match groups.unseen() {
            None => not_found(&object),
            Some(Unseen::Denied(error)) => not_known(error),
            Some(Unseen::Gap(gap)) => gap.error(
                &format!("Nothing was written, because it isn't known whether there is an {object}."),
                &app::COLLECTION,
            ),
        };
    };
    let entitlement = groups.entitlement_at(place);
    if entitlement != format!("{}:{id}:{}", Kind::App, change.slug) {
        let message = match entitlement.is_empty() {
            true => {
                "It isn't known what can be held on this application: this connector doesn't know its type."
                    .to_owned()
            }
            false => format!("This application has no such entitlement. It has {entitlement}."),
        };
        return Error::argument("entitlement", message);
    }
    if !groups.is_judged(id) {
        return refused(&format!(
            "{WHY} Which groups and policies let this principal in isn't known: not all of \
                                 its policies could be read."
        ));
    }
    let now = DirectRules::default();
    let held = groups.grants(person, &now, std::iter::once(place)).pop();
    let text = match (held, change.operation) {
        (Some(grant), Operation::Revoke) => ways_out(groups, &grant, person),
        (Some(grant), Operation::Grant) if grant.conditions.is_empty() => {
            let ways = grant.basis.iter().map(|basis| way(groups, basis));
            format!("This principal has it already, through {}.", listed(ways))
        }
        (None, Operation::Revoke) => {
            let open = match groups.is_open(place) {
                true => {
                    " It is open to others than those who are named, as the extra of its entitlement says."
                }
                false => "",
            };
            format!("No policy of the application gives it to this principal by name.{open}")
        }
        (_, Operation::Grant) => ways_in(groups, person, place),
    };
    refused(&format!("{WHY} {text}"))
}

/// Says how somebody loses a grant.
fn ways_out(groups: &GroupsOfCall, grant: &Grant, person: &Principal) -> String {
    let ways = listed(grant.basis.iter().map(|basis| way(groups, basis)));
    let mut to_leave: Vec<&str> = Vec::new();
    for basis in grant.basis.iter().filter(|basis| basis.rule == GROUP && !person.is_token()) {
        if !to_leave.contains(&basis.value.as_str()) {
            to_leave.push(&basis.value);
        }
    }
    let by_group = listed(to_leave.into_iter().map(records::group::entitlement_id));
    let has_rules = grant.basis.iter().any(|basis| basis.rule != GROUP);
    let advice = match (by_group.is_empty(), has_rules) {
        (false, false) => format!("Revoke {by_group}."),
        (true, _) => "Change this in Cloudflare's dashboard.".to_owned(),
        (false, true) => {
            format!("Revoke {by_group}, and change the policies' own rules in Cloudflare's dashboard.")
        }
    };
    format!("This principal has it through {ways}. {advice}")
}

/// Says how somebody gets access to the application at a place.
fn ways_in(groups: &mut GroupsOfCall, person: &Principal, place: usize) -> String {
    if person.is_token() {
        return "A non_identity policy with a rule for this service token lets it in: add one in Cloudflare's \
                dashboard."
            .to_owned();
    }
    let now = DirectRules::default();
    let before = Holds::of(groups, person, &now).at(place);
    let (named, policies) = groups.ways_into(place);
    let mut useful = Vec::new();
    for group in named.iter().filter(|_| person.address().is_some()) {
        let then = Holds::of(groups, person, &now.with(group, DirectRule::Added)).at(place);
        if then > before {
            let id = records::group::entitlement_id(group.as_str());
            useful.push(named_text(groups, Kind::Group, group.as_str(), &id));
        }
    }
    if !useful.is_empty() {
        return format!("Grant one of these instead: {}.", listed(useful.into_iter()));
    }
    let policies: Vec<String> =
        policies.iter().map(|id| named_text(groups, Kind::Policy, id, &format!("policy:{id}"))).collect();
    if policies.is_empty() {
        return "The application has no allow policy with a rule that could name somebody: add one in \
                Cloudflare's dashboard."
            .to_owned();
    }
    format!(
        "No group that its allow policies name would let this principal in. Change a policy in Cloudflare's \
         dashboard: {}.",
        listed(policies.into_iter())
    )
}

/// Describes the rule through which somebody has access.
fn way(groups: &GroupsOfCall, Basis { rule, value, through }: &Basis) -> String {
    let rule = match rule.as_str() {
        GROUP => named_text(groups, Kind::Group, value, &format!("group:{value}")),
        rule => format!("the rule {rule} {value}").trim_end().to_owned(),
    };
    match through {
        Some(policy) => {
            let policy = named_text(groups, policy.kind, &policy.id, &policy.to_string());
            format!("{rule} in the policy {policy}")
        }
        None => rule,
    }
}

/// Returns a text for a resource with its name, if it has one.
fn named_text(groups: &GroupsOfCall, kind: Kind, id: &str, text: &str) -> String {
    match groups.name_of(&ResourceId::new(kind, id)) {
        Some(name) => format!("{text} ({name:?})"),
        None => text.to_owned(),
    }
}
