//! Changes of access to an application. There is nothing to write for them: policies decide, and the
//! groups that they name. So each is refused, with the groups or the policies to change instead.

use super::applications::Unseen;
use super::direct_rules::DirectRules;
use super::groups_of_call::GroupsOfCall;
use super::plan::refusing;
use super::provided::{provided, rule_text};
use super::verdict::{Hold, Holds};
use crate::apps::WithoutGrant;
use crate::cloudflare::app;
use crate::cloudflare::id::Id;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind};
use crate::json::entries;
use crate::model::{Alternative, Basis, Grant, Kind, ResourceId};
use crate::provision::call::Call;
use crate::provision::change::Operation;
use crate::provision::errors::{about, listed, not_found, refused};
use crate::provision::people::Principal;
use crate::provision::target::PrincipalRef;
use crate::records;
use crate::rules::{DirectRule, names_addresses};
use crate::sorted::Set;

/// The beginning of every refusal.
const WHY: &str = "Access to an application follows from its policies, and can't be granted or revoked by \
                   itself.";

/// The end of every advice: a change of a group has other effects too.
const DRY_RUN: &str = "Try that as a dry run first: it shows everything that it gives and takes.";

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

/// The changes of access to applications of a call. Each is refused, and the error says what to change
/// instead, as far as that can be read.
pub(super) struct Refusals(Vec<(AppChange, Principal)>);

impl Refusals {
    /// Finds the principals of changes, which were read. A change whose principal couldn't be is settled.
    pub fn new<T: Transport>(call: &mut Call<'_, T>, changes: Vec<AppChange>) -> Self {
        let mut refusals = Vec::new();
        for change in changes {
            match call.people.principal(&change.principal) {
                Ok(person) => refusals.push((change, person)),
                Err(error) => call.settle(change.index, Err(error)),
            }
        }
        Self(refusals)
    }

    /// Whether there is nothing to refuse.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the ids of the applications.
    pub fn targets(&self) -> Set<Id> {
        self.0.iter().map(|(change, _)| change.app.clone()).collect()
    }

    /// Lists the addresses of the principals.
    pub fn addresses(&self) -> impl Iterator<Item = String> {
        self.0.iter().filter_map(|(_, person)| person.address_key().map(str::to_owned))
    }

    /// Settles the changes by what was read, or by why it couldn't be.
    pub fn settle<T: Transport>(
        self,
        call: &mut Call<'_, T>,
        mut read: std::result::Result<&mut GroupsOfCall, &Error>,
    ) {
        for (change, person) in self.0 {
            let mut error = match &mut read {
                Ok(groups) => explain(groups, &change, &person),
                Err(error) => not_known(error),
            };
            if let Some(why) =
                call.people.doubt(&change.principal).filter(|_| error.kind == ErrorKind::Refused)
            {
                let doubt = " Whether this service token can be used isn't known. ";
                error.message.push_str(doubt);
                error.message.push_str(&why.message);
            }
            call.settle(change.index, Err(error.or_about(about(Kind::App, &change.app))));
        }
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
            "{WHY} Which groups and policies let this principal in isn't known: not all of its policies \
             could be read."
        ));
    }
    let now = DirectRules::default();
    let held = groups.grants(person, &now, &[place]).pop();
    let text = match (held, change.operation) {
        (Some(grant), Operation::Revoke) => {
            let WaysOut { ways, advice, .. } = ways_out(groups, &now, &grant, person);
            format!("This principal has it through {ways}. {advice}")
        }
        (Some(grant), Operation::Grant) => {
            let ways = listed(grant.basis.iter().map(|basis| way(groups, basis)));
            format!(
                "There is nothing to change: this principal has it already, through {ways}.{}",
                conditions(&grant.conditions)
            )
        }
        (None, operation) => {
            let (extra, without) = groups.openness(person, &now, place);
            let open = openness(&extra, &without, change);
            match (operation, open) {
                (Operation::Grant, Some(open)) => format!("There is nothing to change: {open}."),
                (Operation::Grant, None) => ways_in(groups, person, place, without),
                (Operation::Revoke, open) => {
                    let open = open.map(|open| format!(" But {open}.")).unwrap_or_default();
                    format!(
                        "There is nothing to change: no policy of the application gives it to this principal \
                         by name.{open}"
                    )
                }
            }
        }
    };
    refused(&format!("{WHY} {text}"))
}

/// Says that somebody needs no grant, if that is so. `extra` is the entitlement's.
fn openness(extra: &str, without: &WithoutGrant, change: &AppChange) -> Option<&'static str> {
    let fields = entries(extra).unwrap_or_default();
    let has = |field: &str| fields.iter().any(|(name, _)| name == field);
    let is_token = matches!(change.principal, PrincipalRef::ServiceToken(_));
    match (has("whoever_logs_in") && without.can_enter && !is_token, change.slug.as_str()) {
        _ if has("public") => Some("everybody reaches it without a login, and nobody needs a grant for that"),
        (false, _) => None,
        (true, "visible") => Some("whoever logs in sees it, and nobody needs a grant for that"),
        (true, _) => Some("whoever logs in has access, and nobody needs a grant for that"),
    }
}

/// Describes the conditions of a grant, as sentences that follow another one.
pub(super) fn conditions(alternatives: &[Alternative]) -> String {
    if alternatives.is_empty() {
        return String::new();
    }
    let alternative = |it: &Alternative| {
        let part = |word: &str, rules: &[String]| {
            let rules = listed(rules.iter().map(|rule| rule_text(rule)));
            (!rules.is_empty()).then(|| [word, &rules].concat())
        };
        let parts = [part("any of ", &it.any_of), part("all of ", &it.all_of), part("none of ", &it.none_of)];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" and ")
    };
    let alternatives: Vec<String> = alternatives.iter().map(alternative).collect();
    format!(" It holds if a login shows {}.", alternatives.join(", or else "))
}

/// The ways by which somebody has access, and what ends each.
#[derive(Default)]
struct Exits {
    /// The groups to leave: rules for the person's own address hold them there.
    leave: Vec<Id>,
    /// The rules to change that aren't for them alone.
    rules: Vec<String>,
    /// The groups of identity providers that facts put the person into.
    provided: Vec<String>,
    /// Whether one of them is about a list.
    has_list: bool,
    /// Whether one of them names nobody.
    names_nobody: bool,
    /// Whether one of them names the person, or it isn't known whom it names.
    names_person: bool,
    seen: Set<Id>,
}

impl Exits {
    /// Adds what ends somebody's membership of a group: their own rules there, or what names them in the
    /// groups that it includes.
    fn add(&mut self, groups: &mut GroupsOfCall, rules: &DirectRules, person: &Principal, group: &str) {
        let Some((id, place)) = Id::parse(group).zip(groups.place_of(group)) else {
            self.names_person = true;
            return;
        };
        if !self.seen.insert(id.clone()) {
            return;
        }
        let held = groups.grants(person, rules, &[place]).pop();
        let Some(Grant { basis, revocable, .. }) = held else {
            self.names_person = true;
            return;
        };
        let others = basis.iter().any(|basis| basis.rule != "email");
        for basis in &basis {
            self.names_person |= names_addresses(&basis.rule);
            match basis.rule.as_str() {
                GROUP => self.add(groups, rules, person, &basis.value),
                // Without it, the include would be empty, or another rule may still mean them.
                "email" if revocable || others => self.leave.push(id.clone()),
                _ if self.add_provided(basis) => {}
                _ => {
                    let of = named_text(groups, Kind::Group, group, &format!("group:{group}"));
                    self.change(basis, format!("{} of {of}", way(groups, basis)));
                }
            }
        }
    }

    /// Adds the group of an identity provider that a fact names the person by. Returns whether there is one.
    fn add_provided(&mut self, Basis { rule, value, .. }: &Basis) -> bool {
        let provided = provided(rule, value);
        let is_provided = provided.is_some();
        self.provided.extend(provided);
        is_provided
    }
}

impl Exits {
    /// Adds a rule that is to be changed.
    fn change(&mut self, basis: &Basis, rule: String) {
        self.has_list |= basis.rule == "email_list";
        self.names_nobody |=
            matches!(basis.rule.as_str(), "email_domain" | "everyone" | "cloudflare_account_member");
        self.rules.push(rule);
    }

    /// Says for whom else such changes matter, as sentences that follow another one.
    const fn care(&self) -> &'static str {
        match (self.has_list, self.names_nobody) {
            (false, false) => "",
            (false, true) => " A rule that names nobody lets in others too.",
            (true, false) => " Take the address off the list: its rule lets in others too.",
            (true, true) => {
                " Take the address off the list: its rule lets in others too, as does a rule that names \
                 nobody."
            }
        }
    }
}

/// The ways by which somebody has a grant, as texts.
pub(super) struct WaysOut {
    pub ways: String,
    /// The sentences about how the person loses it.
    pub advice: String,
    /// Whether one of the ways names the person, or it isn't known whom it names.
    pub names_person: bool,
}

/// Returns through what somebody with these direct rules has a grant on a group or an application, and how
/// they lose it.
pub(super) fn ways_out(
    groups: &mut GroupsOfCall,
    rules: &DirectRules,
    grant: &Grant,
    person: &Principal,
) -> WaysOut {
    let ways = listed(grant.basis.iter().map(|basis| way(groups, basis)));
    let mut exits = Exits::default();
    let mut parts = grant.entitlement.split(':');
    if let (Some(GROUP), Some(group)) = (parts.next(), parts.next()) {
        exits.add(groups, rules, person, group);
    } else {
        for basis in &grant.basis {
            exits.names_person |= names_addresses(&basis.rule);
            if basis.rule == GROUP {
                exits.add(groups, rules, person, &basis.value);
            } else if !exits.add_provided(basis) {
                exits.change(basis, way(groups, basis));
            }
        }
    }
    let leave = listed(exits.leave.iter().map(|group| membership(groups, group)));
    let care = exits.care();
    let others = listed(exits.rules);
    let mut advice = match (leave.is_empty(), others.is_empty()) {
        (true, true) => String::new(),
        (false, true) => format!("Revoke {leave}. {DRY_RUN}"),
        (true, _) => format!("Change this in Cloudflare's dashboard: {others}.{care}"),
        (false, false) => {
            format!("Revoke {leave}, and change this in Cloudflare's dashboard: {others}.{care} {DRY_RUN}")
        }
    };
    if !exits.provided.is_empty() {
        let provided = listed(exits.provided);
        let also = format!(" Take the person out of this at the identity provider: {provided}.");
        advice = (advice + &also).trim_start().to_owned();
    }
    WaysOut { ways, advice, names_person: exits.names_person }
}

/// Says how somebody gets access to the application at a place.
fn ways_in(groups: &mut GroupsOfCall, person: &Principal, place: usize, without: WithoutGrant) -> String {
    if person.is_token() {
        return "A non_identity policy with a rule for this service token lets it in: add one in Cloudflare's \
                dashboard."
            .to_owned();
    }
    let denied = without.kept_out_by.map(|(policy, basis)| {
        let through = ResourceId::new(Kind::Policy, policy);
        let basis = basis.into_iter().map(|(rule, value)| Basis {
            rule: rule.to_owned(),
            value,
            through: Some(through.clone()),
        });
        format!("This principal is kept out by {}.", listed(basis.map(|basis| way(groups, &basis))))
    });
    let now = DirectRules::default();
    let (named, policies) = groups.ways_into(place);
    let (mut useful, mut useless) = (Vec::new(), Vec::new());
    for group in named.iter().filter(|_| person.address().is_some()) {
        let with = now.with(group, DirectRule::Added);
        let text = membership(groups, group);
        match Holds::of(groups, person, &with).at(place) {
            Hold::Certain => useful.push(text),
            Hold::OnConditions => useful.push(format!("{text}, on conditions")),
            Hold::No => {
                let why = groups.place_of(group.as_str());
                let why = why.map(|place| refusing(groups, person, &with, place));
                useless.extend(why.filter(|why| !why.is_empty()).map(|why| text + &why));
            }
        }
    }
    let useful = listed(useful);
    match denied {
        Some(denied) if useful.is_empty() => return format!("{denied} Change that first. {DRY_RUN}"),
        Some(denied) => {
            return format!(
                "{denied} Membership in one of these lets them in all the same, because its policy comes \
                 first: {useful}. {DRY_RUN}"
            );
        }
        None if !useful.is_empty() => return format!("Grant one of these instead: {useful}. {DRY_RUN}"),
        None => {}
    }
    let policies = policies.iter().map(|id| named_text(groups, Kind::Policy, id, &format!("policy:{id}")));
    let policies = listed(policies);
    if policies.is_empty() {
        return "The application has no allow policy with a rule that could name somebody: add one in \
                Cloudflare's dashboard."
            .to_owned();
    }
    let useless = listed(useless);
    let useless = if useless.is_empty() { useless } else { format!(" {useless}.") };
    format!(
        "No group that its allow policies name would let this principal in.{useless} Change a policy in \
         Cloudflare's dashboard: {policies}."
    )
}

/// Returns the entitlement on a group, with the group's name.
fn membership(groups: &GroupsOfCall, group: &Id) -> String {
    named_text(groups, Kind::Group, group.as_str(), &records::group::entitlement_id(group.as_str()))
}

/// Describes the rule through which somebody has access.
pub(super) fn way(groups: &GroupsOfCall, Basis { rule, value, through }: &Basis) -> String {
    let rule = match rule.as_str() {
        GROUP => named_text(groups, Kind::Group, value, &format!("group:{value}")),
        rule => {
            provided(rule, value).unwrap_or_else(|| format!("the rule {rule} {value}").trim_end().to_owned())
        }
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
pub(super) fn named_text(groups: &GroupsOfCall, kind: Kind, id: &str, text: &str) -> String {
    match groups.name_of(&ResourceId::new(kind, id)) {
        Some(name) => format!("{text} ({name:?})"),
        None => text.to_owned(),
    }
}
